//! Sessions, and who is kept out: what a token is worth once it was taken back.

use crate::service::{Answer, Service};
use jiff::Timestamp;
use ledger::id::{BookId, PersonId};
use ledger::parties::operations::sign_in;
use ledger::parties::rules::role::Role;
use ledger::parties::store::tokens::{self, Holder};
use ledger::service::store::activity;
use serde_json::{Value, json};

/// Mails a person a link, without the mail; answers its token.
async fn link(service: &Service, person: PersonId, token: &str) -> Value {
    let expires_at = Timestamp::now() + sign_in::LINK_LIFETIME;
    let digest = sign_in::digest(token);
    service
        .ground
        .run(async |tx| tokens::insert_sign_in(tx, &digest, &Holder::Person(person), expires_at).await)
        .await
        .unwrap();
    json!({"token": token})
}

/// Signs a person in; answers access token and refresh token.
async fn sign_in(service: &Service, person: PersonId) -> (String, String) {
    let link = link(service, person, &uuid::Uuid::now_v7().to_string()).await;
    tokens_of(service.post("/v1/sign-in/confirm", "", &link).await)
}

fn tokens_of(answer: Answer) -> (String, String) {
    let body = answer.ok();
    let token = |name: &str| body[name].as_str().unwrap().to_owned();
    (token("access_token"), token("refresh_token"))
}

async fn refresh(service: &Service, token: &str) -> Answer {
    service.post("/v1/tokens/refresh", "", json!({"refresh_token": token})).await
}

async fn is_in(service: &Service, token: &str) -> bool {
    let answer = service.get("/v1/me", token).await;
    assert!([200, 401].contains(&answer.status), "{} {}", answer.status, answer.body);
    answer.status == 200
}

/// Lets so many days pass for every session and its refresh tokens.
async fn days_pass(service: &Service, days: i32) {
    let owner = service.ground.database_owner().await;
    for sql in [
        "UPDATE refresh_family SET created_at = created_at - make_interval(days => $1)",
        "UPDATE refresh_token SET expires_at = expires_at - make_interval(days => $1)",
    ] {
        owner.execute(sql, &[&days]).await.unwrap();
    }
}

#[actix_web::test]
async fn t5_signing_out_ends_the_access_tokens_of_that_session_at_once_and_of_no_other() {
    let service = Service::start().await;
    let ada = service.ground.stranger("ada").await;
    let (access, first) = sign_in(&service, ada).await;
    let (access_later, second) = tokens_of(refresh(&service, &first).await);
    let (elsewhere, _) = sign_in(&service, ada).await;
    let gone = service.post("/v1/tokens/revoke", "", json!({"refresh_token": second})).await;
    assert_eq!(gone.status, 204);
    assert!(!is_in(&service, &access).await && !is_in(&service, &access_later).await);
    assert!(is_in(&service, &elsewhere).await);
}

/// Lets so many seconds pass since every use of a refresh token.
async fn seconds_pass(service: &Service, seconds: f64) {
    let owner = service.ground.database_owner().await;
    let sql = "UPDATE refresh_token SET used_at = used_at - make_interval(secs => $1)";
    owner.execute(sql, &[&seconds]).await.unwrap();
}

#[actix_web::test]
async fn fl40_two_windows_that_refresh_at_once_both_stay_in() {
    let service = Service::start().await;
    let (_, first) = sign_in(&service, service.ground.stranger("ada").await).await;
    let (here, there) = tokio::join!(refresh(&service, &first), refresh(&service, &first));
    let ((here, here_next), (there, there_next)) = (tokens_of(here), tokens_of(there));
    assert!(here_next != there_next && is_in(&service, &here).await && is_in(&service, &there).await);
    seconds_pass(&service, 3600.0).await;
    tokens_of(refresh(&service, &here_next).await);
    tokens_of(refresh(&service, &there_next).await);
}

#[actix_web::test]
async fn fl40_a_refresh_token_that_is_used_again_after_its_grace_ends_the_access_tokens_too() {
    let service = Service::start().await;
    let (_, first) = sign_in(&service, service.ground.stranger("ada").await).await;
    let (access, second) = tokens_of(refresh(&service, &first).await);
    seconds_pass(&service, 11.0).await;
    assert_eq!(refresh(&service, &first).await.status, 401, "somebody else has it as well");
    assert!(!is_in(&service, &access).await);
    assert_eq!(refresh(&service, &second).await.status, 401);
}

#[actix_web::test]
async fn t5_signing_out_everywhere_ends_every_session_of_that_person_only() {
    let service = Service::start().await;
    let ada = service.ground.stranger("ada").await;
    let (here, _) = sign_in(&service, ada).await;
    let (there, there_refresh) = sign_in(&service, ada).await;
    let (other, _) = sign_in(&service, service.ground.stranger("bea").await).await;
    let out = service.post("/v1/me:sign-out", &here, json!({})).await.ok();
    assert_eq!(out, json!({"sessions": 2}));
    assert!(!is_in(&service, &here).await && !is_in(&service, &there).await);
    assert_eq!(refresh(&service, &there_refresh).await.status, 401);
    assert!(is_in(&service, &other).await);
    assert!(is_in(&service, &sign_in(&service, ada).await.0).await, "who signed out may come back");
}

#[actix_web::test]
async fn t5_a_session_is_over_30_days_after_its_sign_in_however_often_it_is_refreshed() {
    let service = Service::start().await;
    let (_, mut token) = sign_in(&service, service.ground.stranger("ada").await).await;
    let mut access = String::new();
    for _ in 0..2 {
        days_pass(&service, 13).await;
        (access, token) = tokens_of(refresh(&service, &token).await);
    }
    assert!(is_in(&service, &access).await, "26 days");
    days_pass(&service, 4).await;
    assert!(!is_in(&service, &access).await, "the access token of a session that is over");
    assert_eq!(refresh(&service, &token).await.status, 401, "used every few days, by whoever has it");
}

#[actix_web::test]
async fn a_session_that_nobody_refreshes_for_14_days_is_not_taken_up_again() {
    let service = Service::start().await;
    let (_, token) = sign_in(&service, service.ground.stranger("ada").await).await;
    days_pass(&service, 14).await;
    assert_eq!(refresh(&service, &token).await.status, 401);
}

#[actix_web::test]
async fn t5_a_person_who_is_disabled_is_out_at_once_and_comes_back_with_the_same_roles() {
    let service = Service::start().await;
    let operator = service.signed_in(service.ground.operator).await.token;
    let auditor = service.ground.person("auditor", Role::Auditor).await;
    let book = format!("/v1/books/{}", service.ground.book.reference());
    let (access, refresh_token) = sign_in(&service, auditor).await;
    let unused = link(&service, auditor, "unused").await;
    assert_eq!(service.get(&book, &access).await.status, 200);
    let step = async |who: PersonId, what: &str, token: &str| {
        service.post(&format!("/v1/persons/{who}:{what}"), token, json!({"reason": "The mailbox was taken over"})).await
    };
    assert_eq!(step(auditor, "disable", &service.treasurer.token).await.status, 403, "operators only");
    let disabled = step(auditor, "disable", &operator).await.ok();
    assert!(disabled["disabled_at"].is_string(), "{disabled}");

    assert!(!is_in(&service, &access).await);
    assert_eq!(refresh(&service, &refresh_token).await.status, 401);
    assert_eq!(service.post("/v1/sign-in/confirm", "", &unused).await.kind(), (409, "/problems/sign-in-link-invalid"));
    assert_eq!(service.get(&book, &service.treasurer.token).await.status, 200, "nobody else is touched");
    let organisation = service.ground.book.organisation;
    let roles = service.get(&format!("/v1/organisations/{organisation}/memberships"), &operator).await.ok();
    let of_auditor = |role: &Value| role["person"] == auditor.to_string();
    assert!(roles["items"].as_array().unwrap().iter().any(of_auditor), "the record stays: {roles}");

    let enabled = step(auditor, "enable", &operator).await.ok();
    assert_eq!(enabled["disabled_at"], Value::Null);
    assert!(!is_in(&service, &access).await, "what was ended stays ended");
    let (access, _) = sign_in(&service, auditor).await;
    assert_eq!(service.get(&book, &access).await.status, 200);
    let client = service.ground.client().await;
    let done = activity::list_of_object(&client, BookId::INSTALLATION, &auditor.to_string(), uuid::Uuid::nil(), 10)
        .await
        .unwrap();
    let done: Vec<_> = done.iter().map(|done| (done.action.as_str(), done.reason.as_str())).collect();
    assert_eq!(done, [("disabled", "The mailbox was taken over"), ("enabled", "The mailbox was taken over")]);
}

#[actix_web::test]
async fn an_operator_is_not_disabled_by_another_one() {
    let service = Service::start().await;
    let operator = service.signed_in(service.ground.operator).await.token;
    let path = format!("/v1/persons/{}:disable", service.ground.operator);
    let refused = service.post(&path, &operator, json!({"reason": "A quarrel"})).await;
    assert_eq!(refused.kind(), (409, "/problems/person-is-operator"));
    assert!(is_in(&service, &operator).await);
}
