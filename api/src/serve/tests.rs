//! What holds for every route, without a database.

use super::*;
use crate::keys::{self, Subject};
use crate::limits::shares::Holder;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service, read_body, read_body_json};
use clap::Parser;
use jiff::Timestamp;
use ledger::id::{PersonId, SessionId};
use serde_json::Value;
use std::net::Ipv4Addr;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    serve: ServeConfig,
}

/// A state whose database is away: nobody listens on port 1.
fn without_database() -> Data<State> {
    let key = keys::generate();
    let flags = ["commonpurse", "--database-url", "postgresql://nobody@127.0.0.1:1/none"];
    let signing_key = format!("--signing-key={}", key.expose_secret());
    let home = tempfile::tempdir().unwrap();
    let bank_keys = format!("--bank-key-dir={}", home.path().display());
    let flags = [&flags[..], &[signing_key.as_str(), bank_keys.as_str(), "--guesses-per-minute", "2"]].concat();
    let config = Program::try_parse_from(flags).unwrap().serve;
    Data::new(state(config, "http://purse.test").unwrap())
}

/// Status, body and headers of an answer.
async fn ask(state: &Data<State>, request: TestRequest) -> (u16, Value, HeaderMap) {
    let service = init_service(app(state.clone())).await;
    let response = call_service(&service, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, read_body_json(response).await, headers)
}

#[actix_web::test]
async fn every_refusal_is_a_problem_with_the_name_of_the_request() {
    let state = without_database();
    let json =
        |body: &str| TestRequest::post().insert_header((CONTENT_TYPE, "application/json")).set_payload(body.to_owned());
    let cases = [
        (TestRequest::get().uri("/nowhere"), 404, "not-found"),
        (TestRequest::get().uri("/v1/organisations/%2e%2e"), 401, "unauthorized"),
        (TestRequest::delete().uri("/v1/me"), 405, "method-not-allowed"),
        (TestRequest::get().uri("/v1/me"), 401, "unauthorized"),
        (TestRequest::get().uri("/problems/N%20O"), 404, "not-found"),
        (json("{").uri("/v1/sign-in"), 400, "malformed-json"),
        (json(r#"{"email": 1}"#).uri("/v1/sign-in"), 422, "invalid"),
        (json(r#"{"email": "ada@example.org"}"#).uri("/v1/sign-in"), 429, "too-many-requests"),
    ];
    for (request, status, code) in cases {
        let (found, body, headers) = ask(&state, request.insert_header(("x-request-id", "probe-7"))).await;
        assert_eq!((found, body["type"].as_str()), (status, Some(format!("/problems/{code}").as_str())), "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], "probe-7");
        assert_eq!(headers.get("x-request-id").unwrap(), "probe-7");
        assert_eq!(headers.get(CONTENT_TYPE).unwrap(), "application/problem+json");
        assert_eq!(headers.contains_key(WWW_AUTHENTICATE), status == 401);
        assert_eq!(headers.contains_key(ALLOW), status == 405);
    }
}

#[actix_web::test]
async fn a_database_that_is_away_is_a_503_which_says_nothing_of_it() {
    let state = without_database();
    let token = state.keys.issue(&Subject::Person(PersonId::generate(), SessionId::generate(), None), Timestamp::now());
    let request = TestRequest::get().uri("/v1/me").insert_header(("authorization", format!("Bearer {token}")));
    let (status, body, headers) = ask(&state, request).await;
    assert_eq!(status, 503);
    assert!(headers.contains_key("retry-after"));
    assert!(!body.to_string().contains("127.0.0.1"), "{body}");
}

#[actix_web::test]
async fn l2_a_service_that_is_not_ready_says_all_the_same_what_it_looked_at() {
    let state = without_database();
    let (status, body, headers) = ask(&state, TestRequest::get().uri("/readyz")).await;
    assert_eq!((status, headers.get(CONTENT_TYPE).unwrap().to_str().unwrap()), (503, "application/json"));
    assert!(body["ready"] == false && body["database"] == false && body["clock"].is_boolean(), "{body}");
}

#[actix_web::test]
async fn who_comes_while_as_much_is_in_work_as_may_be_hears_so_at_once_and_health_is_answered() {
    let state = without_database();
    let ask_for_a_book = || TestRequest::get().uri("/v1/books/none");
    let networks = (0..2_000_u32).map(|number| Holder::Network(Ipv4Addr::from(number).into()));
    let in_work: Vec<_> = networks.map_while(|network| state.in_work.at_once(vec![network])).collect();
    assert_eq!(in_work.len(), 1_024);
    let service = init_service(app(state.clone())).await;
    for _ in 0..3 {
        let (status, body, headers) = ask(&state, ask_for_a_book()).await;
        assert_eq!((status, body["type"].as_str()), (429, Some("/problems/overloaded")), "{body}");
        assert!(headers.contains_key("retry-after"));
        // Before the database is asked who that is, which is away here.
        let subject = Subject::Person(PersonId::generate(), SessionId::generate(), None);
        let token = format!("Bearer {}", state.keys.issue(&subject, Timestamp::now()));
        let with_token = TestRequest::get().uri("/v1/me").insert_header(("authorization", token));
        assert_eq!(ask(&state, with_token).await.0, 429);
        let health = call_service(&service, TestRequest::get().uri("/livez").to_request()).await;
        assert_eq!(health.status(), 200);
    }
    drop(in_work);
    for _ in 0..1_000 {
        let response = call_service(&service, ask_for_a_book().to_request()).await;
        assert_eq!(response.status(), 404, "each gives its place back");
    }
}

#[actix_web::test]
async fn every_route_that_is_not_open_refuses_who_has_no_token() {
    let service = init_service(app(without_database())).await;
    for (method, path, access) in crate::who_may::TABLE {
        let method: Method = method.parse().unwrap();
        let path = path.replace(['{', '}'], "x");
        if !access.is_open() {
            let response = call_service(&service, TestRequest::with_uri(&path).method(method).to_request()).await;
            assert_eq!(response.status(), 401, "{path}");
        }
    }
}

#[actix_web::test]
async fn the_contract_and_its_pages_are_served_from_the_binary() {
    let state = without_database();
    for (path, version) in [
        ("/openapi.json", "3.1.0"),
        ("/openapi/partner.json", "3.1.0"),
        ("/openapi/public.json", "3.1.0"),
        ("/openapi-3.0.json", "3.0.3"),
        ("/openapi/partner-3.0.json", "3.0.3"),
    ] {
        let (status, contract, headers) = ask(&state, TestRequest::get().uri(path)).await;
        assert_eq!((status, contract["openapi"].as_str()), (200, Some(version)), "{path}");
        assert!(headers.contains_key("x-request-id") && headers.contains_key("ratelimit"), "{path}");
    }
}

/// Every script and style sheet of the page is a file of its own: the policy allows no script that stands in a page.
#[actix_web::test]
async fn l13_the_pages_of_the_contract_may_load_and_call_nothing_but_this_service() {
    let service = init_service(app(without_database())).await;
    let mut files = vec!["/docs/".to_owned()];
    while let Some(path) = files.pop() {
        let response = call_service(&service, TestRequest::get().uri(&path).to_request()).await;
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers().get(CONTENT_SECURITY_POLICY).expect("each answer has one").to_str().unwrap();
        let scripts = policy.split("; ").find(|directive| directive.starts_with("script-src")).unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && scripts == "script-src 'self'", "{policy}");
        if path == "/docs/" {
            let page = String::from_utf8(read_body(response).await.to_vec()).unwrap();
            let of_scripts = page.split("<script").skip(1);
            files.extend(of_scripts.map(|script| {
                let (_, rest) = script.split_once("src=\"./").expect("a script in the page itself would not run");
                format!("/docs/{}", rest.split_once('"').unwrap().0)
            }));
            assert!(files.len() > 1, "{page}");
        }
    }
}
