//! What every request meets before a handler: paths, methods, encodings, forms, and all that is wrong with a body at once.

use crate::service::Service;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
    WWW_AUTHENTICATE,
};
use actix_web::test::TestRequest;
use api::who_may;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::book::Mode;
use ledger::parties::rules::role::Scope;
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

fn header(headers: &HeaderMap, name: impl actix_web::http::header::AsHeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn fl29_l1_a_path_or_a_parameter_with_u_0000_leads_nowhere_with_a_token_or_without() {
    let service = Service::start().await;
    let book = service.ground.book.reference();
    let operator = service.signed_in(service.ground.operator).await.token;
    let mut paths = Vec::new();
    for path in [
        format!("/v1/books/{book}/accounts/%00/balance"),
        format!("/v1/books/{book}/accounts/assets%3A%00/statement?from=2027-01-01&to=2027-01-31"),
        format!("/v1/books/{book}/units/A%00"),
        "/v1/books/%00".to_owned(),
        "/v1/organisations/org_%00".to_owned(),
        "/problems/%00".to_owned(),
        "/%00".to_owned(),
        format!("/v1/pledges?book={book}&reference=%00"),
        format!("/v1/books/{book}/accounts?cursor=ImFcdTAwMDAi"),
        format!("/v1/books/{book}/accounts?cursor=%00"),
        format!("/v1/books/{book}/accounts/%FF/balance"),
    ] {
        paths.push(path);
    }
    let tokens = ["", &*service.treasurer.token, &*operator, &*service.partner];
    let asked: Vec<_> = paths.iter().flat_map(|path| tokens.iter().map(move |token| (path, *token))).collect();
    let request = |(path, token): &(&String, &str)| {
        let request = TestRequest::get().uri(path);
        if token.is_empty() { request } else { request.insert_header((AUTHORIZATION, format!("Bearer {token}"))) }
    };
    for ((path, token), (status, _, body)) in asked.iter().zip(service.send_all(asked.iter().map(request)).await) {
        let allowed: &[u16] = if token.is_empty() { &[401, 404, 422] } else { &[403, 404, 422] };
        assert!(allowed.contains(&status), "{path}: {status} {body}");
    }
}

#[actix_web::test]
async fn fl41_head_is_answered_wherever_get_is() {
    let service = Service::start().await;
    let gets = who_may::TABLE.iter().filter(|(method, ..)| *method == "GET");
    let paths: Vec<String> =
        gets.map(|(_, path, _)| path.replace("{code}", "invalid").replace(['{', '}'], "x")).collect();
    let ask = async |method: Method| {
        let requests = paths.iter().map(|path| TestRequest::with_uri(path).method(method.clone()));
        service.send_all(requests).await.into_iter().map(|(status, ..)| status).collect::<Vec<_>>()
    };
    let (got, headed) = (ask(Method::GET).await, ask(Method::HEAD).await);
    let differs: Vec<_> =
        paths.iter().zip(got.iter().zip(&headed)).filter(|(_, (got, headed))| got != headed).collect();
    assert!(differs.is_empty() && got.contains(&200), "{differs:?}");
    let (status, headers, _) = service.send(TestRequest::with_uri("/v1/me").method(Method::DELETE)).await;
    assert_eq!((status, header(&headers, ALLOW)), (405, "GET, PATCH, HEAD"));
    let (status, ..) = service.send(TestRequest::with_uri("/v1/sign-in").method(Method::HEAD)).await;
    assert_eq!(status, 405, "there is no GET");
}

#[actix_web::test]
async fn l10_a_body_that_is_packed_is_refused_and_told_how_to_come() {
    let service = Service::start().await;
    for (path, kind) in
        [("/v1/sign-in", "application/json"), ("/v1/oauth/token", FORM), ("/v1/organisations", "application/json")]
    {
        for coding in ["gzip", "br", "deflate, gzip"] {
            let request = TestRequest::post().uri(path).insert_header((CONTENT_TYPE, kind)).set_payload("packed");
            let request = request.insert_header((CONTENT_ENCODING, coding));
            let (status, headers, body) = service.send(request).await;
            assert_eq!((status, &body["type"]), (415, &json!("/problems/content-encoding")), "{path}");
            assert_eq!(header(&headers, ACCEPT_ENCODING), "identity");
        }
    }
    let plain = TestRequest::post().uri("/v1/sign-in").insert_header((CONTENT_ENCODING, "identity"));
    assert_eq!(service.send(plain.set_json(json!({"email": "ada@example.org"}))).await.0, 202);
}

#[actix_web::test]
async fn fl38_the_token_endpoint_refuses_as_its_rfc_says_and_as_a_problem() {
    let service = Service::start().await;
    let (id, secret) = service.credential(Mode::Sandbox, &[Scope::PledgesRead]).await;
    let right = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let wrong = format!("grant_type=client_credentials&client_id={id}&client_secret=wrong");
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let by_basic = "grant_type=client_credentials";
    let twice = "grant_type=client_credentials&grant_type=client_credentials";
    for (form, kind, authorization, status, error) in [
        (right.as_str(), FORM, None, 200, ""),
        (by_basic, FORM, Some(basic(&id, &secret)), 200, ""),
        (
            &format!("{right}&resource=https%3A%2F%2Fa.example&scope="),
            "application/x-www-form-urlencoded; charset=UTF-8",
            None,
            200,
            "",
        ),
        (&wrong, FORM, None, 401, "invalid_client"),
        (by_basic, FORM, Some(basic(&id, "wrong")), 401, "invalid_client"),
        (by_basic, FORM, Some("Basic !".to_owned()), 401, "invalid_client"),
        (by_basic, FORM, None, 401, "invalid_client"),
        (&right, FORM, Some(basic(&id, &secret)), 400, "invalid_request"),
        (&right, "application/json", None, 400, "invalid_request"),
        (twice, FORM, Some(basic(&id, &secret)), 400, "invalid_request"),
        ("scope=pledges%3Aread", FORM, Some(basic(&id, &secret)), 400, "invalid_request"),
        ("", FORM, None, 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", FORM, None, 400, "unsupported_grant_type"),
        (&format!("{right}&scope=pledges%3Awrite"), FORM, None, 400, "invalid_scope"),
        (&format!("{right}&scope=%22%5C%C3%BC"), FORM, None, 400, "invalid_scope"),
    ] {
        let mut request = TestRequest::post().uri("/v1/oauth/token").insert_header((CONTENT_TYPE, kind));
        if let Some(authorization) = &authorization {
            request = request.insert_header((AUTHORIZATION, authorization.as_str()));
        }
        let (found, headers, body) = service.send(request.set_payload(form.to_owned())).await;
        assert_eq!((found, header(&headers, CONTENT_TYPE)), (status, "application/json"), "{form}: {body}");
        assert_eq!(header(&headers, CACHE_CONTROL), "no-store", "{form}");
        if status == 200 {
            assert!(body["access_token"].is_string() && body.get("error").is_none(), "{form}: {body}");
            continue;
        }
        assert_eq!(body["error"], error, "{form}: {body}");
        assert_eq!(body["type"], format!("/problems/{}", error.replace('_', "-")), "{form}: {body}");
        assert!(body["request_id"].is_string() && body["status"] == status, "{form}: {body}");
        let description = body["error_description"].as_str().unwrap();
        let allowed = |letter: char| (' '..='~').contains(&letter) && letter != '"' && letter != '\\';
        assert!(!description.is_empty() && description.chars().all(allowed), "{form}: {description}");
        let asks_for_basic = header(&headers, WWW_AUTHENTICATE).starts_with("Basic ");
        assert_eq!(asks_for_basic, status == 401, "{form}");
    }
}

#[actix_web::test]
async fn u1_all_wrong_fields_of_a_refused_body_are_named_at_once() {
    let service = Service::start().await;
    let wrong = json!({
        "organisation": "org_1", "name": "   ", "currency": "usd", "mode": "sandbox", "zone": 7, "visibility": "secret",
        "colour": "red",
    });
    let answer = service.post("/v1/books", &service.treasurer.token, &wrong).await;
    assert_eq!(answer.kind(), (422, "/problems/invalid"), "{}", answer.body);
    let errors = answer.body["errors"].as_array().unwrap();
    let mut pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/colour", "/currency", "/organisation", "/visibility", "/zone"]);
    assert!(errors.iter().all(|error| error["message"].as_str().is_some_and(|text| !text.is_empty())), "{errors:?}");
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("names all 5 fields"), "{detail}");

    // What the handler alone knows is named too, first, and a repetition hears the same.
    let wrong = json!({
        "organisation": service.ground.book.organisation, "name": "Book", "currency": "USD", "mode": "sandbox",
        "zone": "localtime",
    });
    let body = json!(wrong);
    let first = service.ask(Method::POST, "/v1/books", &service.treasurer.token, "again", Some(&body)).await;
    assert_eq!(first.kind(), (422, "/problems/invalid"), "{}", first.body);
    assert_eq!(first.body["errors"].as_array().map(Vec::len), Some(1), "{}", first.body);
    assert_eq!(first.body["errors"][0]["pointer"], "/zone", "{}", first.body);
    let again = service.ask(Method::POST, "/v1/books", &service.treasurer.token, "again", Some(&body)).await;
    assert!(again.replayed && again.body["errors"] == first.body["errors"], "{}", again.body);
}

#[actix_web::test]
async fn u2_every_kind_of_problem_is_explained_and_an_unknown_one_is_none() {
    let service = Service::start().await;
    let all = service.get("/problems", "").await.ok();
    let kinds = all["items"].as_array().unwrap();
    let request = |kind: &Value| TestRequest::get().uri(kind["type"].as_str().unwrap());
    for (kind, (status, _, text)) in kinds.iter().zip(service.send_all(kinds.iter().map(request)).await) {
        assert_eq!((status, &serde_json::from_str::<Value>(&text).unwrap()), (200, kind));
    }
    let page = |kind| request(kind).insert_header((ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8"));
    for (status, headers, text) in service.send_all(kinds.iter().map(page)).await {
        assert_eq!((status, header(&headers, CONTENT_TYPE)), (200, "text/html; charset=utf-8"), "{text}");
        assert!(text.contains("What to do") && text.contains("<h1>"), "{text}");
    }
    assert!(all["items"].as_array().map_or(0, Vec::len) > 120);
    for unknown in ["/problems/foo-bar", "/problems/", "/problems/INVALID", "/problems/null"] {
        assert_eq!(service.get(unknown, "").await.status, 404, "{unknown}");
    }
}

#[actix_web::test]
async fn fl31_no_name_is_taken_that_shows_nothing() {
    let service = Service::start().await;
    let operator = service.signed_in(service.ground.operator).await.token;
    for name in ["   ", "\u{200b}", "\u{3164}", "\u{2800}", "a\u{202e}b", "a\u{200b}"] {
        let new = json!({"name": name, "kind": "sponsor"});
        let answer = service.post("/v1/organisations", &operator, &new).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!("/name")), "{name:?}");
    }
    let new = json!({"name": "Ünïon der Bäcker", "kind": "sponsor"});
    assert_eq!(service.post("/v1/organisations", &operator, &new).await.status, 201);
}

#[actix_web::test]
async fn fl36_t8_a_donor_whom_no_mail_reaches_is_refused_at_the_field() {
    let service = Service::start().await;
    let campaign = service.ground.campaign("press").await;
    let pledge = |number: usize, email: &str| {
        json!({
            "reference": format!("order-{number}"), "donor": {"reference": format!("fan-{number}"), "email": email},
            "amount": {"amount": "30.00", "currency": "USD"}, "schedule": {"interval": "once"}, "rail": "sandbox",
            "token": "sandbox_ok", "terms_sha256": hex::encode(campaign.terms_digest),
        })
    };
    let path = format!("/v1/campaigns/{}/pledges", campaign.id);
    let wrong =
        [" a@donors.example", "a@", "a,b@donors.example", "<a@x.example>", "a@[127.0.0.1]", "a", "a@b@c.example"];
    for (number, email) in wrong.iter().enumerate() {
        let answer = service.post(&path, &service.partner, &pledge(number, email)).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (422, &json!("/donor/email")),
            "{}",
            answer.body
        );
    }
    for (number, email) in ["", "Fan.1017@Donors.Example"].iter().enumerate() {
        let answer = service.post(&path, &service.partner, &pledge(100 + number, email)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

#[actix_web::test]
async fn fl43_a_book_counts_its_days_in_a_zone_of_the_database() {
    let service = Service::start().await;
    for (zone, status) in [("localtime", 422), ("posixrules", 422), ("Etc/Unknown", 422), ("America/Lima", 201)] {
        let new: Value = json!({
            "organisation": service.ground.book.organisation, "name": "Book", "currency": "USD", "mode": "sandbox",
            "zone": zone,
        });
        let answer = service.post("/v1/books", &service.treasurer.token, &new).await;
        assert_eq!(answer.status, status, "{zone}: {}", answer.body);
    }
}

#[actix_web::test]
async fn f22_a_day_before_the_first_one_of_books_is_said_to_be_one() {
    let service = Service::start().await;
    let path = format!("/v1/books/{}/journal-entries", service.ground.book.reference());
    let amount = json!({"amount": "1.00", "currency": "USD"});
    let entry =
        json!({"effective": "0001-01-01", "lines": [{"debit": "assets:a", "credit": "equity:b", "amount": amount}]});
    let answer = service.post(&path, &service.treasurer.token, &entry).await;
    assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!("/effective")), "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains("books begin on 0001-01-02"), "{}", answer.body);
}

#[actix_web::test]
async fn f22_a_day_of_a_year_that_no_database_holds_is_refused_where_a_day_is_asked_for() {
    let service = Service::start().await;
    let book = service.ground.book.reference();
    for path in
        ["account-tree?as_of=", "reports/trial-balance?as_of=", "reports/funds?as_of=", "accounts/a/balance?as_of="]
    {
        let answer = service.get(&format!("/v1/books/{book}/{path}-009999-01-01"), &service.treasurer.token).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (422, &json!("/as_of")),
            "{path}: {}",
            answer.body
        );
    }
    let amount = json!({"amount": "1.00", "currency": "USD"});
    let hold = json!({"account": "equity:own", "amount": amount, "expires_at": "-009999-01-02T00:00:00Z"});
    let path = format!("/v1/books/{book}/holds");
    let answer = service.post(&path, &service.treasurer.token, &hold).await;
    assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!("/expires_at")), "{}", answer.body);
    // The same in a text is a text.
    let entry = json!({
        "reference": "-009999-01-02", "lines": [{"debit": "assets:a", "credit": "equity:b", "amount": hold["amount"]}],
    });
    let path = format!("/v1/books/{book}/journal-entries");
    let answer = service.post(&path, &service.treasurer.token, &entry).await;
    assert_eq!(answer.body["errors"][0]["pointer"], "/lines/0/debit", "{}", answer.body);
}

#[actix_web::test]
async fn f21_the_pointer_of_a_schedule_names_the_field_that_there_is() {
    let service = Service::start().await;
    let campaign = service.ground.campaign("press").await;
    for interval in ["once", "monthly"] {
        let pledge = json!({
            "reference": "order-1", "donor": {"reference": "fan-1"}, "rail": "sandbox", "token": "sandbox_ok",
            "amount": {"amount": "30.00", "currency": "USD"}, "terms_sha256": hex::encode(campaign.terms_digest),
            "schedule": {"interval": interval, "start": "2001-01-01"},
        });
        let answer = service.post(&format!("/v1/campaigns/{}/pledges", campaign.id), &service.partner, &pledge).await;
        assert_eq!(answer.body["errors"][0]["pointer"], "/schedule/start", "{}", answer.body);
    }
}
