//! Campaigns, pledges and charges over HTTP: who sees what, and what a partner's mistakes are answered with.

use crate::service::{Answer, Service};
use actix_web::http::Method;
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::id::PledgeId;
use ledger::parties::rules::role::Scope;
use ledger::pledging::operations::charges;
use ledger::pledging::rules::sandbox_token::SandboxToken;
use serde_json::{Value, json};

/// A live campaign, as the API shows it.
async fn campaign(service: &Service, slug: &str) -> Value {
    let new = json!({
        "book": service.ground.book.reference().to_string(), "slug": slug, "title": "An open press",
        "terms": "For the milestones of the press, and for nothing else.",
        "monthly_goal": {"amount": "3000.00", "currency": "USD"},
    });
    let made = service.post("/v1/campaigns", &service.treasurer.token, &new).await;
    assert_eq!((made.status, &made.body["state"]), (201, &json!("draft")), "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    let live = service.post(&format!("/v1/campaigns/{id}:publish"), &service.treasurer.token, &json!({})).await;
    assert_eq!((live.status, &live.body["state"]), (200, &json!("live")), "{}", live.body);
    live.body
}

fn pledge(campaign: &Value, reference: &str, rail: &str) -> Value {
    json!({
        "reference": reference,
        "donor": {"reference": "fan-1", "name": "Ada", "email": "ada@example.org", "privacy": "host_only"},
        "amount": {"amount": "10.00", "currency": "USD"},
        "schedule": {"interval": "monthly", "payments": 24},
        "rail": rail, "token": "sandbox_ok", "terms_sha256": campaign["terms_sha256"],
    })
}

fn path(campaign: &Value) -> String {
    format!("/v1/campaigns/{}/pledges", campaign["id"].as_str().unwrap())
}

#[actix_web::test]
async fn p4_a_pledge_is_placed_once_however_often_it_is_sent() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let (path, new) = (path(&campaign), pledge(&campaign, "order-1", "sandbox"));
    let first = service.ask(Method::POST, &path, &service.partner, "key-1", Some(&new)).await;
    assert_eq!((first.status, &first.body["state"]), (201, &json!("active")), "{}", first.body);
    assert!(!first.body.to_string().contains("sandbox_ok"), "a token is never shown");
    let replayed = service.ask(Method::POST, &path, &service.partner, "key-1", Some(&new)).await;
    assert!(replayed.replayed && replayed.status == 201 && replayed.body == first.body);
    let again = service.post(&path, &service.partner, &new).await;
    assert_eq!((again.status, &again.body), (200, &first.body), "the same reference is the same pledge");
    let mut other = new.clone();
    other["amount"]["amount"] = json!("10.01");
    let reused = service.ask(Method::POST, &path, &service.partner, "key-1", Some(&other)).await;
    assert_eq!(reused.kind(), (422, "/problems/idempotency-key-reused"));
    assert_eq!(service.post(&path, &service.partner, &other).await.kind(), (409, "/problems/reference-taken"));
    let found = service.get("/v1/pledges?reference=order-1", &service.partner).await;
    assert_eq!(found.body["items"], json!([first.body]));
    assert_eq!(service.get("/v1/pledges?reference=order-2", &service.partner).await.body["items"], json!([]));
}

#[actix_web::test]
async fn a_wrong_pledge_names_the_field() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
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
        let answer = service.post(&path(&campaign), &service.partner, &body).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{}",
            answer.body
        );
    }
    let mut body = pledge(&campaign, "order-1", "sandbox");
    body["terms_sha256"] = json!("0".repeat(64));
    assert_eq!(service.post(&path(&campaign), &service.partner, &body).await.kind(), (409, "/problems/terms-mismatch"));
}

#[actix_web::test]
async fn strangers_other_partners_and_live_credentials_are_told_that_there_is_nothing() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let placed = service.post(&path(&campaign), &service.partner, &pledge(&campaign, "order-1", "sandbox")).await.body;
    let another = async |mode, is_admitted| {
        service.partner_token(service.ground.another_partner(is_admitted).await, mode, Scope::ALL).await
    };
    let not_admitted = another(Mode::Sandbox, false).await;
    let live = another(Mode::Live, true).await;
    let neighbour = another(Mode::Sandbox, true).await;
    let shown = format!("/v1/pledges/{}", placed["id"].as_str().unwrap());
    let campaign_path = format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap());
    let charges = format!("{shown}/charges");
    for token in [&not_admitted, &live] {
        for path in [&campaign_path, &format!("{campaign_path}/totals"), &path(&campaign), &shown, &charges] {
            assert_eq!(service.get(path, token).await.status, 404, "{path}");
        }
        let answer = service.post(&path(&campaign), token, &pledge(&campaign, "order-2", "sandbox")).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(service.get(&campaign_path, &neighbour).await.status, 200);
    assert_eq!(service.get(&path(&campaign), &neighbour).await.body["items"], json!([]));
    for path in [&shown, &charges] {
        assert_eq!(service.get(path, &neighbour).await.status, 404);
        assert_eq!(service.get(path, "").await.status, 401);
    }
    assert_eq!(service.post(&format!("{shown}:cancel"), &neighbour, &json!({})).await.status, 404);
    assert_eq!(service.get(&campaign_path, "").await.status, 404, "a private book is not for everybody");
}

#[actix_web::test]
async fn u5_a_token_that_the_sandbox_does_not_know_is_refused_with_the_list() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let with_token = |rail: &str, token: &str| {
        let mut new = pledge(&campaign, &format!("order-{rail}-{token}"), rail);
        new["token"] = json!(token);
        new
    };
    let is_refused = |answer: &Answer| {
        assert_eq!(answer.kind(), (422, "/problems/invalid"), "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/token");
        for known in SandboxToken::ALL {
            assert!(answer.body["detail"].as_str().unwrap().contains(known.as_str()), "{}", answer.body);
        }
    };
    is_refused(&service.post(&path(&campaign), &service.partner, &with_token("sandbox", "tok_visa")).await);
    let odd = service.post(&path(&campaign), &service.partner, &with_token("stripe", "pm_1")).await;
    assert_eq!((odd.status, &odd.body["errors"][0]["pointer"]), (422, &json!("/token")), "{}", odd.body);
    let not_here = service.post(&path(&campaign), &service.partner, &with_token("stripe", "cus_1/pm_1")).await;
    assert_eq!(not_here.kind(), (409, "/problems/rail-not-offered"), "{}", not_here.body);
    let mut placed = Vec::new();
    for (rail, token) in [("sandbox", "sandbox_expired_card"), ("partner", "tok_visa")] {
        let answer = service.post(&path(&campaign), &service.partner, &with_token(rail, token)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        placed.push(format!("/v1/pledges/{}", answer.body["id"].as_str().unwrap()));
    }
    for at in &placed {
        let paused = service.post(&format!("{at}:pause"), &service.partner, &json!({})).await;
        assert_eq!(paused.status, 200, "{}", paused.body);
    }
    let token = json!({"token": "tok_visa"});
    is_refused(&service.post(&format!("{}:resume", placed[0]), &service.partner, &token).await);
    assert_eq!(service.post(&format!("{}:resume", placed[1]), &service.partner, &token).await.status, 200);
}

#[actix_web::test]
async fn the_host_sees_a_name_only_as_far_as_the_donor_lets_it_be_seen() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let mut anonymous = pledge(&campaign, "order-2", "sandbox");
    anonymous["donor"] = json!({"reference": "fan-2", "name": "Grace"});
    for new in [pledge(&campaign, "order-1", "sandbox"), anonymous] {
        assert_eq!(service.post(&path(&campaign), &service.partner, &new).await.status, 201);
    }
    let names = |answer: Answer| {
        let items = answer.body["items"].as_array().unwrap().clone();
        items.iter().map(|item| (item["donor"]["name"].clone(), item["donor"]["reference"].clone())).collect::<Vec<_>>()
    };
    let by_host = names(service.get(&path(&campaign), &service.treasurer.token).await);
    assert_eq!(by_host, [(json!("Ada"), Value::Null), (Value::Null, Value::Null)]);
    let by_partner = names(service.get(&path(&campaign), &service.partner).await);
    assert_eq!(by_partner, [(json!("Ada"), json!("fan-1")), (json!("Grace"), json!("fan-2"))]);
    let first = service.get(&format!("{}?limit=1", path(&campaign)), &service.partner).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = service.get(&format!("{}?limit=1&cursor={cursor}", path(&campaign)), &service.partner).await.body;
    assert_eq!((&second["items"][0]["reference"], &second["next_cursor"]), (&json!("order-2"), &Value::Null));
}

/// The partner reports that it has paid over a charge: wrongly, twice, and in a list for who may see it.
async fn settle(service: &Service, charge: &Value) {
    let (id, day) = (&charge["id"], &charge["captured_on"]);
    let body = |reference: &str, amount: &str| {
        json!({"book": service.ground.book.reference().to_string(), "reference": reference, "date": day,
               "amount": {"amount": amount, "currency": "USD"}, "lines": [{"charge": id, "amount": amount, "fee": "0.00"}]})
    };
    let report = async |body: &Value| service.post("/v1/settlements", &service.partner, body).await;
    let wrong = report(&body("out-1", "10.01")).await;
    assert_eq!(wrong.kind(), (409, "/problems/settlement-differs"));
    assert!(wrong.body["detail"].as_str().unwrap().contains("10.01 of 10.00 USD"), "{}", wrong.body);
    let mut short = body("out-2", "9.00");
    short["accept_difference"] = json!(true);
    assert_eq!(report(&short).await.body["errors"][0]["pointer"], "/reason");
    short["reason"] = json!("the bank kept a dollar");
    let stated = report(&short).await.ok();
    assert_eq!((&stated["missing"]["amount"], &stated["reason"]), (&json!("1.00"), &json!("the bank kept a dollar")));
    let rest = report(&body("out-3", "1.00")).await.ok();
    assert_eq!((&rest["state"], &rest["by"], &rest["method"]), (&json!("settled"), &json!("report"), &Value::Null));
    assert_eq!(report(&body("out-3", "1.00")).await.ok()["id"], rest["id"]);
    for token in [&service.partner, &service.treasurer.token] {
        let all = service.get(&format!("/v1/settlements?book={}", service.ground.book.reference()), token).await.ok();
        assert_eq!(all["items"].as_array().unwrap().len(), 3, "{all}");
        let at = format!("/v1/settlements/{}", rest["id"].as_str().unwrap());
        assert_eq!(service.get(&at, token).await.ok()["amount"]["amount"], "1.00");
        let of = service.get(&format!("{at}/charges"), token).await.ok();
        assert_eq!((&of["items"][0]["charge"], &of["items"][0]["arrived"]["amount"]), (id, &json!("1.00")));
    }
    let by = format!("/v1/books/{}/partners/{}:settle-by", service.ground.book.reference(), service.ground.partner);
    let said = json!({"settles_by": "report"});
    assert_eq!(service.post(&by, &service.partner, &said).await.status, 403);
    assert_eq!(service.post(&by, &service.treasurer.token, &said).await.ok()["settles_by"], "report");
}

#[actix_web::test]
async fn p1_a_partner_reports_a_capture_and_the_totals_say_so_once() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let placed = service.post(&path(&campaign), &service.partner, &pledge(&campaign, "order-1", "partner")).await.body;
    let id: PledgeId = placed["id"].as_str().unwrap().parse().unwrap();
    service.ground.run(async |tx| charges::begin(tx, id, 1, Timestamp::now()).await).await.unwrap();
    let listed = service.get(&format!("/v1/pledges/{id}/charges"), &service.partner).await.body;
    assert_eq!(listed["items"][0]["state"], "processing");
    let charge = format!("/v1/charges/{}", listed["items"][0]["id"].as_str().unwrap());
    let decline = json!({"event_id": "evt-0", "kind": "soft", "code": "insufficient_funds"});
    for _ in 0..2 {
        let declined = service.post(&format!("{charge}:decline"), &service.partner, &decline).await.body;
        assert_eq!(
            (&declined["state"], &declined["decline_kind"], &declined["attempt"]),
            (&json!("declined"), &json!("soft"), &json!(1))
        );
    }
    let mut report =
        json!({"event_id": "evt-1", "provider_reference": "pay-1", "amount": {"amount": "9.00", "currency": "USD"}});
    let wrong = service.post(&format!("{charge}:capture"), &service.partner, &report).await;
    assert_eq!(wrong.kind(), (409, "/problems/capture-amount"));
    let detail = wrong.body["detail"].as_str().unwrap();
    assert!(detail.contains("9.00 USD") && detail.contains("10.00 USD"), "{detail}");
    report["amount"]["amount"] = json!("10.00");
    for _ in 0..2 {
        let captured = service.post(&format!("{charge}:capture"), &service.partner, &report).await;
        assert_eq!((captured.status, &captured.body["state"]), (200, &json!("captured")), "{}", captured.body);
    }
    settle(&service, &service.get(&charge, &service.partner).await.body).await;
    let late = json!({"event_id": "evt-2", "code": "account_closed"});
    let refused = service.post(&format!("{charge}:cannot-collect"), &service.partner, &late).await;
    assert_eq!(refused.kind(), (409, "/problems/charge-captured"));
    let shown = service.get(&charge, &service.treasurer.token).await.body;
    assert_eq!((&shown["attempts"][0]["state"], &shown["entry"]), (&json!("captured"), &json!(2)), "after the promise");
    let totals =
        service.get(&format!("/v1/campaigns/{}/totals", campaign["id"].as_str().unwrap()), &service.partner).await;
    for (name, amount) in [("pledged", "240.00"), ("collected", "10.00"), ("settled", "10.00"), ("available", "10.00")]
    {
        assert_eq!(totals.body[name]["amount"], amount, "{name}");
    }
}

#[actix_web::test]
async fn a_pledge_is_paused_resumed_redirected_and_cancelled() {
    let service = Service::start().await;
    let (campaign, other) = (campaign(&service, "press").await, campaign(&service, "drill").await);
    let placed = service.post(&path(&campaign), &service.partner, &pledge(&campaign, "order-1", "sandbox")).await.body;
    let at = format!("/v1/pledges/{}", placed["id"].as_str().unwrap());
    let step = async |verb: &str, body: Value| service.post(&format!("{at}:{verb}"), &service.partner, &body).await;
    let paused = step("pause", json!({"reason": "travelling"})).await;
    assert_eq!((&paused.body["state"], &paused.body["state_detail"]), (&json!("paused"), &json!("lapse")));
    assert_eq!(step("pause", json!({})).await.kind(), (409, "/problems/pledge-state"));
    assert_eq!(step("resume", json!({})).await.body["state"], "active");
    let redirected = step("redirect", json!({"campaign": other["id"], "move_settled": true})).await;
    assert_eq!(redirected.body["pledge"]["campaign"], other["id"], "{}", redirected.body);
    assert_eq!(redirected.body["moved"], Value::Null);
    let cancelled =
        service.post(&format!("{at}:cancel"), &service.treasurer.token, &json!({"reason": "the host asks"})).await;
    assert_eq!((cancelled.status, &cancelled.body["state"]), (200, &json!("cancelled")));
    assert_eq!(cancelled.body["schedule"]["next_due_on"], Value::Null);
    assert_eq!(step("cancel", json!({})).await.kind(), (409, "/problems/pledge-state"));
}

#[actix_web::test]
async fn p15_a_draft_or_closed_campaign_takes_no_pledge() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let closing = format!("/v1/campaigns/{}:close", campaign["id"].as_str().unwrap());
    assert_eq!(service.post(&closing, &service.partner, &json!({})).await.status, 403, "a partner closes nothing");
    assert_eq!(
        service.post(&closing, &service.treasurer.token, &json!({"reason": "done"})).await.body["state"],
        "closed"
    );
    let refused = service.post(&path(&campaign), &service.partner, &pledge(&campaign, "order-1", "sandbox")).await;
    assert_eq!(refused.kind(), (409, "/problems/campaign-not-live"));
    let taken = json!({
        "book": service.ground.book.reference().to_string(), "slug": "press", "title": "Again", "terms": "None.",
        "monthly_goal": {"amount": "1.00", "currency": "USD"},
    });
    assert_eq!(
        service.post("/v1/campaigns", &service.treasurer.token, &taken).await.kind(),
        (409, "/problems/slug-taken")
    );
}

#[actix_web::test]
async fn fl19_a_change_of_a_plan_is_the_partners_names_wrong_fields_and_happens_once() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    let placed = service.post(&path(&campaign), &service.partner, &pledge(&campaign, "order-1", "sandbox")).await.body;
    let shown = format!("/v1/pledges/{}", placed["id"].as_str().unwrap());
    let (change, changes) = (format!("{shown}:change"), format!("{shown}/changes"));
    let consented =
        |at: &str, digest: &str| json!({"interval": "yearly", "consent": {"consented_at": at, "shown_sha256": digest}});
    for (body, pointer) in [
        (json!({}), "/amount"),
        (json!({"amount": {"amount": "10.001", "currency": "USD"}}), "/amount/amount"),
        (json!({"amount": {"amount": "10.00", "currency": "EUR"}}), "/amount/currency"),
        (json!({"interval": "weekly"}), "/interval"),
        (json!({"interval": "once"}), "/interval"),
        (json!({"interval": "yearly", "reason": "x".repeat(1_001)}), "/reason"),
        (consented("2020-01-01T00:00:00Z", &"a".repeat(64)), "/consent/consented_at"),
        (consented("2999-01-01T00:00:00Z", &"a".repeat(64)), "/consent/consented_at"),
        (consented("2020-01-01T00:00:00Z", "a"), "/consent/shown_sha256"),
    ] {
        let answer = service.post(&change, &service.partner, &body).await;
        let found = (answer.status, answer.body["errors"][0]["pointer"].as_str());
        assert_eq!(found, (422, Some(pointer)), "{body}: {}", answer.body);
    }
    let neighbour = service.ground.another_partner(true).await;
    let neighbour = service.partner_token(neighbour, Mode::Sandbox, Scope::ALL).await;
    let yearly = json!({"interval": "yearly"});
    assert_eq!(service.post(&change, &neighbour, &yearly).await.status, 404);
    assert_eq!(service.get(&changes, &neighbour).await.status, 404);
    assert_eq!(service.post(&change, &service.treasurer.token, &yearly).await.status, 403);

    let first = service.ask(Method::POST, &change, &service.partner, "key-1", Some(&yearly)).await;
    assert_eq!((first.status, &first.body["state"]), (201, &json!("applied")), "{}", first.body);
    let again = service.ask(Method::POST, &change, &service.partner, "key-1", Some(&yearly)).await;
    assert!(again.replayed && again.body == first.body);
    assert_eq!(service.post(&change, &service.partner, &yearly).await.kind(), (409, "/problems/same-terms"));
    for reader in [&service.partner, &service.treasurer.token] {
        assert_eq!(service.get(&changes, reader).await.body["items"], json!([first.body]));
    }
    let withdraw = format!("/v1/plan-changes/{}:withdraw", first.body["id"].as_str().unwrap());
    assert_eq!(service.post(&withdraw, &neighbour, &json!({})).await.status, 404);
    let shown = service.get(&shown, &service.partner).await.body;
    assert_eq!((&shown["schedule"]["interval"], &shown["schedule"]["payments"]), (&json!("yearly"), &json!(24)));
}

#[actix_web::test]
async fn fl19_a_plan_of_each_quarter_or_year_is_placed_and_shown() {
    let service = Service::start().await;
    let campaign = campaign(&service, "press").await;
    for interval in ["quarterly", "yearly"] {
        let mut new = pledge(&campaign, interval, "sandbox");
        new["schedule"]["interval"] = json!(interval);
        let placed = service.post(&path(&campaign), &service.partner, &new).await;
        assert_eq!((placed.status, &placed.body["schedule"]["interval"]), (201, &json!(interval)), "{}", placed.body);
        assert_eq!(service.post(&path(&campaign), &service.partner, &new).await.status, 200, "the same again");
    }
    let totals = format!("/v1/campaigns/{}/totals", campaign["id"].as_str().unwrap());
    let totals = service.get(&totals, &service.treasurer.token).await.body;
    assert_eq!(totals["monthly"]["amount"], "4.16", "a third and a twelfth of 10.00, rounded down");
}
