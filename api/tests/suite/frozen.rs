//! A frozen book over HTTP: what posts is refused for the time being, a reported capture is kept, reading goes on.

use crate::service::Service;
use actix_web::http::Method;
use api::operators::{frozen_books, release_book};
use jiff::Timestamp;
use ledger::engine::store::checks;
use ledger::pledging::operations::charges;
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::pledging::rules::pledge::Rail;
use serde_json::json;

#[actix_web::test]
async fn t11_a_frozen_book_answers_so_keeps_reported_captures_and_goes_on_after_its_release() {
    let service = Service::start().await;
    let (ground, treasurer) = (&service.ground, &service.treasurer.token);
    let (book, named) = (ground.book.id, ground.book.reference().to_string());
    let at = |path: &str| format!("/v1/books/{named}{path}");
    for (code, class) in [("assets:bank", "asset"), ("equity:own", "equity")] {
        let body = json!({"code": code, "class": class, "currency": "USD"});
        service.post(&at("/accounts"), treasurer, &body).await.ok();
    }
    let campaign = ground.campaign("loom").await;
    let asked = PlacePledge { rail: Rail::Partner, ..ground.ask(&campaign, "one", "30.00") };
    let pledge = ground.run(async |tx| pledges::place(tx, asked, Timestamp::now()).await).await.unwrap().pledge.id;
    ground.run(async |tx| charges::begin(tx, pledge, 1, Timestamp::now()).await).await.unwrap();
    let charge = service.get(&format!("/v1/pledges/{pledge}/charges"), &service.partner).await.ok();
    let charge = charge["items"][0]["id"].as_str().unwrap().to_owned();
    let amount = json!({"amount": "5.00", "currency": "USD"});
    let entry = json!({"lines": [{"debit": "assets:bank", "credit": "equity:own", "amount": amount}]});
    let posted = service.post(&at("/journal-entries"), treasurer, &entry).await.ok();
    let reverse = format!("/journal-entries/{}:reverse", posted["number"]);

    let owner = ground.database_owner().await;
    let alter = "UPDATE balance SET debits = debits + $2 WHERE book_id = $1 AND debits > 0";
    owner.execute(alter, &[&book.0, &7_i64]).await.unwrap();
    let slice = ground.run(async |tx| checks::compare(tx, book, checks::TRANSFERS_MAX).await).await.unwrap();
    assert_eq!(slice.freeze, Some(1));

    let ready = service.get("/readyz", "").await;
    assert_eq!((ready.status, &ready.body["frozen_books"]), (200, &json!([named])), "{}", ready.body);
    let post = async |key: &str| service.ask(Method::POST, &at("/journal-entries"), treasurer, key, Some(&entry)).await;
    assert_eq!(post("key-1").await.kind(), (503, "/problems/book-frozen"));
    assert_eq!(post("key-1").await.kind(), (503, "/problems/book-frozen"), "it is kept with no key");
    let reversed = service.post(&at(&reverse), treasurer, &json!({"reason": "twice"})).await;
    assert_eq!(reversed.kind(), (503, "/problems/book-frozen"));
    let told = service.get("/problems/book-frozen", "").await.ok();
    assert!(told["description"].as_str().unwrap().contains("operator"), "{told}");
    let items = service.get(&at("/journal-entries"), treasurer).await.ok()["items"].as_array().unwrap().len();
    assert_eq!(items, 2, "the promise and the entry");

    let path = format!("/v1/charges/{charge}:capture");
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    let capture = async || service.ask(Method::POST, &path, &service.partner, "key-2", Some(&report)).await;
    let kept = capture().await;
    assert_eq!((kept.status, &kept.body["state"]), (202, &json!("processing")), "{}", kept.body);
    let again = capture().await;
    assert!(again.status == 202 && again.replayed);
    let by_another_key = service.post(&path, &service.partner, &report).await;
    assert_eq!(by_another_key.status, 202);
    let wrong = json!({"event_id": "", "provider_reference": "pay-1"});
    assert_eq!(service.post(&path, &service.partner, &wrong).await.status, 422, "what is wrong is not kept");
    let jobs = "SELECT count(*) FROM job WHERE book_id = $1 AND kind = 'record_capture'";
    assert_eq!(owner.query_one(jobs, &[&book.0]).await.unwrap().get::<_, i64>(0), 1, "the same report is one job");

    let url = &ground.database.url;
    let frozen = frozen_books(url).await.unwrap();
    assert!(frozen.len() == 1 && frozen[0].found[0].contains("balance 507/0"), "{frozen:?}");
    assert!(release_book(&ground.database.service_url, frozen[0].book, "mine").await.is_err(), "only the owner may");
    assert!(release_book(url, frozen[0].book, "  ").await.is_err(), "a reason is needed");
    owner.execute(alter, &[&book.0, &-7_i64]).await.unwrap();
    assert_eq!(release_book(url, frozen[0].book, "a hand had slipped").await.unwrap(), 1);
    assert!(release_book(url, frozen[0].book, "again").await.is_err(), "it is not frozen");
    assert_eq!(service.get("/readyz", "").await.ok()["frozen_books"], json!([]));
    assert_eq!(post("key-1").await.ok()["number"], 3);
    let happened =
        "SELECT count(*) FROM activity WHERE book_id = $1 AND action = 'released' AND reason = 'a hand had slipped'";
    assert_eq!(owner.query_one(happened, &[&book.0]).await.unwrap().get::<_, i64>(0), 1);
}
