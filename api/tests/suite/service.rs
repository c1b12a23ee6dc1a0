//! What the tests of this crate share: the service in this process, on the ground of `ledger::testing`.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use api::config::ServeConfig;
use api::keys::{self, Subject};
use api::state::State;
use clap::Parser;
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::engine::vitals::Vitals;
use ledger::id::{OrganisationId, PersonId};
use ledger::parties::rules::role::{Role, Scope};
use ledger::testing::Ground;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    serve: ServeConfig,
}

/// The service over a private sandbox book with a treasurer and one admitted partner.
pub(crate) struct Service {
    pub(crate) ground: Ground,
    pub(crate) treasurer: Person,
    /// A token of the partner with all scopes.
    pub(crate) partner: String,
    state: Data<State>,
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) replayed: bool,
    /// After how many seconds to ask again, when it says so.
    pub(crate) again_in_s: Option<u64>,
}

impl Answer {
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    pub(crate) fn kind(&self) -> (u16, &str) {
        (self.status, self.body["type"].as_str().unwrap_or_default())
    }
}

impl Service {
    pub(crate) async fn start() -> Service {
        Service::on(Ground::at(Timestamp::now()).await).await
    }

    pub(crate) async fn on(ground: Ground) -> Service {
        Service::with(ground, &[]).await
    }

    /// With settings of its own.
    pub(crate) async fn with(ground: Ground, settings: &[&str]) -> Service {
        let signing_key = format!("--signing-key={}", keys::generate().expose_secret());
        let home = tempfile::tempdir().unwrap();
        let bank_keys = format!("--bank-key-dir={}", home.path().display());
        // Tests that are slow together must not be refused.
        let patience = "--patience-ms=60000";
        let (rate, guesses) = ("--rate-per-second=100000", "--guesses-per-minute=100000");
        let database = &ground.database.service_url;
        let flags = ["commonpurse", "--database-url", database, &signing_key, &bank_keys, patience, rate, guesses];
        let config = Program::parse_from(flags.iter().chain(settings)).serve;
        let state = Data::new(api::serve::state(config, "http://purse.test").unwrap());
        let treasurer = ground.person("treasurer", Role::Treasurer).await;
        let treasurer = signed_in(&ground, &state, treasurer).await;
        let mut service = Service { ground, treasurer, partner: String::new(), state };
        service.partner = service.partner_token(service.ground.partner, Mode::Sandbox, Scope::ALL).await;
        service
    }

    /// What the service is made of.
    pub(crate) fn state(&self) -> Data<State> {
        self.state.clone()
    }

    /// What the service knows of its database.
    pub(crate) fn vitals(&self) -> &Vitals {
        self.state.vitals()
    }

    /// Signs a person in.
    pub(crate) async fn signed_in(&self, id: PersonId) -> Person {
        signed_in(&self.ground, &self.state, id).await
    }

    /// A token of a new credential of a partner platform.
    pub(crate) async fn partner_token(&self, partner: OrganisationId, mode: Mode, scopes: &[Scope]) -> String {
        let credential = self.ground.credential(partner, mode, scopes).await;
        self.state.keys.issue(&Subject::Partner(credential.id, credential.scopes), Timestamp::now())
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, token: &str, key: &str, body: Option<&Value>) -> Answer {
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
        let again_in_s =
            response.headers().get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap());
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
        Answer { status, body, replayed, again_in_s }
    }

    /// PATCH of what was seen with this `ETag`.
    pub(crate) async fn change(&self, path: &str, token: &str, seen: &str, body: &Value) -> Answer {
        let service = init_service(api::app(self.state.clone())).await;
        let request = TestRequest::with_uri(path).method(Method::PATCH).set_json(body);
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        let response = call_service(&service, request.insert_header(("if-match", seen)).to_request()).await;
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or(Value::Null);
        Answer { status, body, replayed: false, again_in_s: None }
    }

    /// A new credential of the admitted partner: its id and its secret.
    pub(crate) async fn credential(&self, mode: Mode, scopes: &[Scope]) -> (String, String) {
        let credential = self.ground.credential(self.ground.partner, mode, scopes).await;
        (credential.id.to_string(), "secret".to_owned())
    }

    /// Sends a request as it is; answers status, headers and body.
    pub(crate) async fn send(&self, request: TestRequest) -> (u16, HeaderMap, Value) {
        let (status, headers, text) = self.send_all([request]).await.remove(0);
        (status, headers, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Sends requests one after the other to one application, since making one takes longer than an answer; the bodies stand
    /// as they came.
    pub(crate) async fn send_all(
        &self,
        requests: impl IntoIterator<Item = TestRequest>,
    ) -> Vec<(u16, HeaderMap, String)> {
        let service = init_service(api::app(self.state.clone())).await;
        let mut answers = Vec::new();
        for request in requests {
            let response = call_service(&service, request.to_request()).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            answers.push((status, headers, String::from_utf8_lossy(&read_body(response).await).into_owned()));
        }
        answers
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::GET, path, token, "", None).await
    }

    /// Under a key of its own.
    pub(crate) async fn post(&self, path: &str, token: &str, body: impl Serialize) -> Answer {
        let (key, body) = (uuid::Uuid::now_v7().to_string(), serde_json::to_value(body).unwrap());
        self.ask(Method::POST, path, token, &key, Some(&body)).await
    }
}

async fn signed_in(ground: &Ground, state: &State, id: PersonId) -> Person {
    let session = ground.session(id).await;
    Person { id, token: state.keys.issue(&Subject::Person(id, session, None), Timestamp::now()) }
}
