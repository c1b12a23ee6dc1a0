//! An admission and the running of the installation, given and taken back.

use crate::service::Service;
use actix_web::http::Method;
use api::operators::{add_operator, list_operators, remove_operator};
use jiff::Timestamp;
use ledger::pledging::operations::charges;
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::pledging::rules::pledge::Rail;
use ledger::testing::address;
use serde_json::{Value, json};

/// Whether a partner is let in to a campaign, a pledge and a charge of its own: reading first, then writing.
async fn let_in(service: &Service, campaign: &str, pledge: &str, charge: &str) -> Vec<bool> {
    let token = &service.partner;
    let mut answers = Vec::new();
    for path in [
        format!("/v1/campaigns/{campaign}"),
        format!("/v1/campaigns/{campaign}/pledges"),
        format!("/v1/pledges/{pledge}"),
        format!("/v1/pledges/{pledge}/charges"),
        format!("/v1/charges/{charge}"),
    ] {
        answers.push(service.get(&path, token).await.status);
    }
    let found = service.get("/v1/pledges?reference=one", token).await.ok();
    answers.push(if found["items"] == json!([]) { 404 } else { 200 });
    for step in ["pause", "resume"] {
        let body = json!({"reason": "The donor asked for it"});
        answers.push(service.post(&format!("/v1/pledges/{pledge}:{step}"), token, body).await.status);
    }
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    answers.push(service.post(&format!("/v1/charges/{charge}:capture"), token, report).await.status);
    // A plan of one payment that is under way is neither paused nor resumed: who is told so was let in.
    assert!(answers.iter().all(|status| [200, 409, 404].contains(status)), "{answers:?}");
    answers.into_iter().map(|status| status != 404).collect()
}

#[actix_web::test]
async fn t5_a_partner_whose_admission_is_withdrawn_neither_reads_nor_writes_there_until_it_is_admitted_again() {
    let service = Service::start().await;
    let (ground, treasurer) = (&service.ground, &service.treasurer.token);
    let campaign = ground.campaign("loom").await;
    let ask = PlacePledge { rail: Rail::Partner, ..ground.ask(&campaign, "one", "30.00") };
    let pledge = ground.run(async |tx| pledges::place(tx, ask, Timestamp::now()).await).await.unwrap().pledge.id;
    ground.run(async |tx| charges::begin(tx, pledge, 1, Timestamp::now()).await).await.unwrap();
    let charge = service.get(&format!("/v1/pledges/{pledge}/charges"), &service.partner).await.ok();
    let charge = charge["items"][0]["id"].as_str().unwrap().to_owned();
    let (campaign, pledge) = (campaign.id.to_string(), pledge.to_string());
    let all = async || let_in(&service, &campaign, &pledge, &charge).await;
    assert_eq!(all().await, [true; 9]);

    let partners = format!("/v1/books/{}/partners", ground.book.reference());
    let listed = async || service.get(&partners, treasurer).await.ok()["items"].as_array().unwrap().len();
    assert_eq!(listed().await, 1);
    let withdrawn = format!("{partners}/{}", ground.partner);
    let withdraw = async |token: &str| service.ask(Method::DELETE, &withdrawn, token, "", None).await.status;
    assert_eq!(withdraw(&service.partner).await, 403, "people only");
    assert_eq!(withdraw(treasurer).await, 204);
    assert_eq!(withdraw(treasurer).await, 404, "it is not admitted");
    assert_eq!(listed().await, 0);
    assert_eq!(all().await, [false; 9]);

    let settles =
        "SELECT count(*) FROM job WHERE kind = 'settle_receivable' AND finished_at IS NULL AND dead_at IS NULL";
    let owner = ground.database_owner().await;
    assert_eq!(owner.query_one(settles, &[]).await.unwrap().get::<_, i64>(0), 1, "what it collected is settled");
    let seen = service.get(&format!("/v1/charges/{charge}"), treasurer).await;
    assert!([200, 403].contains(&seen.status), "{}", seen.body);

    let admit = async || service.post(&partners, treasurer, json!({"organisation": ground.partner})).await.status;
    assert_eq!(admit().await, 201);
    assert_eq!(admit().await, 200);
    assert_eq!(all().await, [true; 9]);
}

#[actix_web::test]
async fn t5_an_operator_is_one_until_the_owner_of_the_database_says_otherwise_and_the_last_one_stays() {
    let service = Service::start().await;
    let (url, first) = (&service.ground.database.url, address("operator"));
    let second = service.ground.stranger("second").await;
    assert_eq!(add_operator(url, &address("second")).await.unwrap(), second);
    let token = service.signed_in(second).await.token;
    assert_eq!(service.get("/v1/persons", &token).await.status, 200);
    let names = async || -> Vec<String> {
        list_operators(url).await.unwrap().into_iter().map(|operator| operator.email).collect()
    };
    assert_eq!(names().await.len(), 2);
    assert!(remove_operator(&service.ground.database.service_url, &first, true).await.is_err(), "only the owner may");
    assert_eq!(remove_operator(url, &address("second"), false).await.unwrap(), second);
    assert_eq!(service.get("/v1/persons", &token).await.status, 403, "from the next request on");
    assert_eq!(service.get("/v1/me", &token).await.ok()["operator"], Value::Bool(false));
    assert_eq!(names().await, [first.as_str()]);

    let refused = remove_operator(url, &first, false).await.unwrap_err().to_string();
    assert!(refused.contains("nobody else runs the installation"), "{refused}");
    assert!(remove_operator(url, &address("second"), true).await.is_err(), "she is none");
    remove_operator(url, &first, true).await.unwrap();
    assert_eq!(names().await, [""; 0]);
}

#[actix_web::test]
async fn l8_a_book_is_public_by_leave_of_an_operator_only_and_its_keepers_may_take_that_back() {
    let service = Service::start().await;
    let (ground, treasurer) = (&service.ground, &service.treasurer.token);
    let operator = service.signed_in(ground.operator).await.token;
    let new = json!({
        "organisation": ground.book.organisation, "name": "Buy cheap watches", "currency": "USD", "mode": "sandbox",
        "zone": "Europe/Berlin", "visibility": "public",
    });
    assert_eq!(service.post("/v1/books", treasurer, &new).await.kind(), (403, "/problems/forbidden"));
    let path = format!("/v1/books/{}", ground.book.reference());
    let change = async |token: &str, visibility: &str, seen: &str| {
        service.change(&path, token, seen, &json!({"visibility": visibility})).await
    };
    let listed = async || service.get("/v1/books", "").await.ok()["items"].as_array().unwrap().len();
    assert_eq!(change(treasurer, "public", "\"v1\"").await.kind(), (403, "/problems/forbidden"));
    assert_eq!((listed().await, service.get(&path, "").await.status), (0, 404));
    assert_eq!(change(&operator, "public", "\"v1\"").await.status, 200);
    assert_eq!((listed().await, service.get(&path, "").await.status), (1, 200));
    assert_eq!(change(treasurer, "members", "\"v1\"").await.kind(), (412, "/problems/stale"));
    assert_eq!(change(treasurer, "members", "\"v2\"").await.ok()["visibility"], "members");
    assert_eq!((listed().await, service.get(&path, "").await.status), (0, 404), "from the next request on");
}
