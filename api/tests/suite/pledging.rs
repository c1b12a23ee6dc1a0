//! Campaigns, pledges and charges over HTTP: who sees what, and what a partner's mistakes are answered with.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use api::config::ServeConfig;
use api::keys::{self, Subject};
use api::state::State;
use clap::Parser;
use jiff::Timestamp;
use ledger::books::operations::books;
use ledger::engine::store::books as book_rows;
use ledger::engine::store::books::{Book, Mode, Visibility};
use ledger::id::{OrganisationId, PersonId, PledgeId};
use ledger::money::Currency;
use ledger::parties::operations::{organisations as parties, sign_in};
use ledger::parties::rules::role::{self, OrganisationKind, Role, Scope};
use ledger::parties::store::organisations;
use ledger::pledging::operations::charges;
use migrations::testing::TestDatabase;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    serve: ServeConfig,
}

/// A private sandbox book with a treasurer and one admitted partner.
struct Scene {
    state: Data<State>,
    book: Book,
    treasurer: String,
    partner: String,
    _database: TestDatabase,
}

struct Answer {
    status: u16,
    body: Value,
    replayed: bool,
}

impl Answer {
    fn kind(&self) -> (u16, &str) {
        (self.status, self.body["type"].as_str().unwrap_or_default())
    }
}

impl Scene {
    async fn new() -> Scene {
        let database = TestDatabase::create().await.unwrap();
        let signing_key = format!("--signing-key={}", keys::generate().expose_secret());
        let config = Program::parse_from(["commonpurse", "--database-url", &database.url, &signing_key]).serve;
        let state = Data::new(api::serve::state(config, "http://purse.test").unwrap());
        let wall = Timestamp::now();
        let mut client = state.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let operator = sign_in::ensure_operator(&tx, &"operator@example.org".parse().unwrap(), wall).await.unwrap();
        let kind = OrganisationKind::FiscalHost;
        let host = parties::create_organisation(&tx, operator, "Host", kind, wall).await.unwrap().id;
        let treasurer = sign_in::ensure_person(&tx, &"t@example.org".parse().unwrap(), wall).await.unwrap().id;
        organisations::insert_role(&tx, host, treasurer, Role::Treasurer, operator, wall).await.unwrap();
        let asked = books::OpenBook {
            organisation: host,
            name: "Host".into(),
            currency: Currency::USD,
            mode: Mode::Sandbox,
            zone: "Europe/Berlin".into(),
            visibility: Visibility::Private,
        };
        let book = books::open(&tx, asked, wall).await.unwrap();
        tx.commit().await.unwrap();
        let mut scene = Scene { state, book, treasurer: String::new(), partner: String::new(), _database: database };
        scene.treasurer = scene.person(treasurer);
        scene.partner = scene.partner_of(operator, role::Mode::Sandbox, true).await.1;
        scene
    }

    fn person(&self, id: PersonId) -> String {
        self.state.keys.issue(&Subject::Person(id), Timestamp::now())
    }

    /// A new partner platform and a token of it with all scopes.
    async fn partner_of(&self, operator: PersonId, mode: role::Mode, admitted: bool) -> (OrganisationId, String) {
        let wall = Timestamp::now();
        let mut client = self.state.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let kind = OrganisationKind::PartnerPlatform;
        let partner = parties::create_organisation(&tx, operator, "Fans", kind, wall).await.unwrap().id;
        let new = parties::NewCredential {
            organisation: partner,
            mode,
            scopes: Scope::ALL,
            name: "test",
            created_by: operator,
        };
        let credential = parties::create_credential(&tx, &new, "secret", wall).await.unwrap();
        if admitted {
            book_rows::admit_partner(&tx, self.book.id, partner, operator, wall).await.unwrap();
        }
        tx.commit().await.unwrap();
        let scopes = Scope::ALL.iter().map(|scope| scope.as_str().to_owned()).collect();
        (partner, self.state.keys.issue(&Subject::Partner(credential.id, scopes), wall))
    }

    async fn operator(&self) -> PersonId {
        let mut client = self.state.pool.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let address = "operator@example.org".parse().unwrap();
        let operator = sign_in::ensure_operator(&tx, &address, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        operator
    }

    async fn ask(&self, method: Method, path: &str, token: &str, key: &str, body: Option<&Value>) -> Answer {
        let service = init_service(api::app(self.state.clone())).await;
        let mut request = TestRequest::with_uri(path).method(method);
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.insert_header(("idempotency-key", key)).set_json(body);
        }
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotent-replayed");
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
        Answer { status, body, replayed }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::GET, path, token, "", None).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, token, &uuid::Uuid::now_v7().to_string(), Some(body)).await
    }

    /// A live campaign, as the API shows it.
    async fn campaign(&self, slug: &str) -> Value {
        let new = json!({
            "book": self.book.reference().to_string(), "slug": slug, "title": "An open press",
            "terms": "For the milestones of the press, and for nothing else.",
            "monthly_goal": {"amount": "3000.00", "currency": "USD"},
        });
        let made = self.post("/v1/campaigns", &self.treasurer, &new).await;
        assert_eq!((made.status, &made.body["state"]), (201, &json!("draft")), "{}", made.body);
        let id = made.body["id"].as_str().unwrap();
        let live = self.post(&format!("/v1/campaigns/{id}:publish"), &self.treasurer, &json!({})).await;
        assert_eq!((live.status, &live.body["state"]), (200, &json!("live")), "{}", live.body);
        live.body
    }
}

fn pledge(campaign: &Value, reference: &str, rail: &str) -> Value {
    json!({
        "reference": reference,
        "donor": {"reference": "fan-1", "name": "Ada", "email": "ada@example.org", "privacy": "host_only"},
        "amount": {"amount": "10.00", "currency": "USD"},
        "schedule": {"interval": "monthly", "payments": 24},
        "rail": rail, "token": "card", "terms_sha256": campaign["terms_sha256"],
    })
}

fn path(campaign: &Value) -> String {
    format!("/v1/campaigns/{}/pledges", campaign["id"].as_str().unwrap())
}

#[actix_web::test]
async fn p4_a_pledge_is_placed_once_however_often_it_is_sent() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let (path, new) = (path(&campaign), pledge(&campaign, "order-1", "sandbox"));
    let first = scene.ask(Method::POST, &path, &scene.partner, "key-1", Some(&new)).await;
    assert_eq!((first.status, &first.body["state"]), (201, &json!("active")), "{}", first.body);
    assert!(!first.body.to_string().contains("card"), "a token is never shown");
    let replayed = scene.ask(Method::POST, &path, &scene.partner, "key-1", Some(&new)).await;
    assert!(replayed.replayed && replayed.status == 201 && replayed.body == first.body);
    let again = scene.post(&path, &scene.partner, &new).await;
    assert_eq!((again.status, &again.body), (200, &first.body), "the same reference is the same pledge");
    let mut other = new.clone();
    other["amount"]["amount"] = json!("10.01");
    let reused = scene.ask(Method::POST, &path, &scene.partner, "key-1", Some(&other)).await;
    assert_eq!(reused.kind(), (422, "/problems/idempotency-key-reused"));
    assert_eq!(scene.post(&path, &scene.partner, &other).await.kind(), (409, "/problems/reference-taken"));
    let found = scene.get("/v1/pledges?reference=order-1", &scene.partner).await;
    assert_eq!(found.body["items"], json!([first.body]));
    assert_eq!(scene.get("/v1/pledges?reference=order-2", &scene.partner).await.body["items"], json!([]));
}

#[actix_web::test]
async fn a_wrong_pledge_names_the_field() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let cases = [
        ("/amount/amount", json!("10.001")),
        ("/amount/currency", json!("EUR")),
        ("/schedule/interval", json!("weekly")),
        ("/schedule/start", json!("2020-01-01")),
        ("/schedule/payments", json!("24")),
        ("/donor/email", json!("nobody")),
        ("/donor/privacy", json!("secret")),
        ("/reference", json!("")),
        ("/rail", json!("cash")),
        ("/terms_sha256", json!("00")),
    ];
    for (pointer, wrong) in cases {
        let mut body = pledge(&campaign, "order-1", "sandbox");
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[field] = wrong;
        let answer = scene.post(&path(&campaign), &scene.partner, &body).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{}",
            answer.body
        );
    }
    let mut body = pledge(&campaign, "order-1", "sandbox");
    body["terms_sha256"] = json!("0".repeat(64));
    assert_eq!(scene.post(&path(&campaign), &scene.partner, &body).await.kind(), (409, "/problems/terms-mismatch"));
}

#[actix_web::test]
async fn strangers_other_partners_and_live_credentials_are_told_that_there_is_nothing() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let placed = scene.post(&path(&campaign), &scene.partner, &pledge(&campaign, "order-1", "sandbox")).await.body;
    let operator = scene.operator().await;
    let (_, not_admitted) = scene.partner_of(operator, role::Mode::Sandbox, false).await;
    let (_, live) = scene.partner_of(operator, role::Mode::Live, true).await;
    let (_, neighbour) = scene.partner_of(operator, role::Mode::Sandbox, true).await;
    let shown = format!("/v1/pledges/{}", placed["id"].as_str().unwrap());
    let campaign_path = format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap());
    let charges = format!("{shown}/charges");
    for token in [&not_admitted, &live] {
        for path in [&campaign_path, &format!("{campaign_path}/totals"), &path(&campaign), &shown, &charges] {
            assert_eq!(scene.get(path, token).await.status, 404, "{path}");
        }
        let answer = scene.post(&path(&campaign), token, &pledge(&campaign, "order-2", "sandbox")).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(scene.get(&campaign_path, &neighbour).await.status, 200);
    assert_eq!(scene.get(&path(&campaign), &neighbour).await.body["items"], json!([]));
    for path in [&shown, &charges] {
        assert_eq!(scene.get(path, &neighbour).await.status, 404);
        assert_eq!(scene.get(path, "").await.status, 401);
    }
    assert_eq!(scene.post(&format!("{shown}:cancel"), &neighbour, &json!({})).await.status, 404);
    assert_eq!(scene.get(&campaign_path, "").await.status, 404, "a private book is not for everybody");
}

#[actix_web::test]
async fn the_host_sees_a_name_only_as_far_as_the_donor_lets_it_be_seen() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let mut anonymous = pledge(&campaign, "order-2", "sandbox");
    anonymous["donor"] = json!({"reference": "fan-2", "name": "Grace"});
    for new in [pledge(&campaign, "order-1", "sandbox"), anonymous] {
        assert_eq!(scene.post(&path(&campaign), &scene.partner, &new).await.status, 201);
    }
    let names = |answer: Answer| {
        let items = answer.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| (item["donor"]["name"].clone(), item["donor"]["reference"].clone())).collect::<Vec<_>>()
    };
    let by_host = names(scene.get(&path(&campaign), &scene.treasurer).await);
    assert_eq!(by_host, [(json!("Ada"), Value::Null), (Value::Null, Value::Null)]);
    let by_partner = names(scene.get(&path(&campaign), &scene.partner).await);
    assert_eq!(by_partner, [(json!("Ada"), json!("fan-1")), (json!("Grace"), json!("fan-2"))]);
    let first = scene.get(&format!("{}?limit=1", path(&campaign)), &scene.partner).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = scene.get(&format!("{}?limit=1&cursor={cursor}", path(&campaign)), &scene.partner).await.body;
    assert_eq!((&second["items"][0]["reference"], &second["next_cursor"]), (&json!("order-2"), &Value::Null));
}

#[actix_web::test]
async fn p1_a_partner_reports_a_capture_and_the_totals_say_so_once() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let placed = scene.post(&path(&campaign), &scene.partner, &pledge(&campaign, "order-1", "partner")).await.body;
    let id: PledgeId = placed["id"].as_str().unwrap().parse().unwrap();
    let mut client = scene.state.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    charges::begin(&tx, id, 1, Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    let listed = scene.get(&format!("/v1/pledges/{id}/charges"), &scene.partner).await.body;
    assert_eq!(listed["items"][0]["state"], "processing");
    let charge = format!("/v1/charges/{}", listed["items"][0]["id"].as_str().unwrap());
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    for _ in 0..2 {
        let captured = scene.post(&format!("{charge}:capture"), &scene.partner, &report).await;
        assert_eq!((captured.status, &captured.body["state"]), (200, &json!("captured")), "{}", captured.body);
    }
    let shown = scene.get(&charge, &scene.treasurer).await.body;
    assert_eq!((&shown["attempts"][0]["state"], &shown["entry"]), (&json!("captured"), &json!(1)));
    let totals = scene.get(&format!("/v1/campaigns/{}/totals", campaign["id"].as_str().unwrap()), &scene.partner).await;
    for (name, amount) in [("pledged", "10.00"), ("collected", "10.00"), ("settled", "0.00"), ("available", "0.00")] {
        assert_eq!(totals.body[name]["amount"], amount, "{name}");
    }
}

#[actix_web::test]
async fn a_pledge_is_paused_resumed_redirected_and_cancelled() {
    let scene = Scene::new().await;
    let (campaign, other) = (scene.campaign("press").await, scene.campaign("drill").await);
    let placed = scene.post(&path(&campaign), &scene.partner, &pledge(&campaign, "order-1", "sandbox")).await.body;
    let at = format!("/v1/pledges/{}", placed["id"].as_str().unwrap());
    let step = async |verb: &str, body: Value| scene.post(&format!("{at}:{verb}"), &scene.partner, &body).await;
    let paused = step("pause", json!({"reason": "travelling"})).await;
    assert_eq!((&paused.body["state"], &paused.body["state_detail"]), (&json!("paused"), &json!("lapse")));
    assert_eq!(step("pause", json!({})).await.kind(), (409, "/problems/pledge-state"));
    assert_eq!(step("resume", json!({})).await.body["state"], "active");
    let redirected = step("redirect", json!({"campaign": other["id"], "move_settled": true})).await;
    assert_eq!(redirected.body["pledge"]["campaign"], other["id"], "{}", redirected.body);
    assert_eq!(redirected.body["moved"], Value::Null);
    let cancelled = scene.post(&format!("{at}:cancel"), &scene.treasurer, &json!({"reason": "the host asks"})).await;
    assert_eq!((cancelled.status, &cancelled.body["state"]), (200, &json!("cancelled")));
    assert_eq!(cancelled.body["schedule"]["next_due_on"], Value::Null);
    assert_eq!(step("cancel", json!({})).await.kind(), (409, "/problems/pledge-state"));
}

#[actix_web::test]
async fn p15_a_draft_or_closed_campaign_takes_no_pledge() {
    let scene = Scene::new().await;
    let campaign = scene.campaign("press").await;
    let closing = format!("/v1/campaigns/{}:close", campaign["id"].as_str().unwrap());
    assert_eq!(scene.post(&closing, &scene.partner, &json!({})).await.status, 403, "a partner closes nothing");
    assert_eq!(scene.post(&closing, &scene.treasurer, &json!({"reason": "done"})).await.body["state"], "closed");
    let refused = scene.post(&path(&campaign), &scene.partner, &pledge(&campaign, "order-1", "sandbox")).await;
    assert_eq!(refused.kind(), (409, "/problems/campaign-not-live"));
    let taken = json!({
        "book": scene.book.reference().to_string(), "slug": "press", "title": "Again", "terms": "None.",
        "monthly_goal": {"amount": "1.00", "currency": "USD"},
    });
    assert_eq!(scene.post("/v1/campaigns", &scene.treasurer, &taken).await.kind(), (409, "/problems/slug-taken"));
}
