//! How much one person makes in a day: organisations, books and invitations.

use crate::service::{Answer, Person, Service};
use actix_web::http::Method;
use futures_util::future::join_all;
use jiff::Timestamp;
use ledger::testing::{Ground, address};
use serde_json::{Value, json};
use tokio_postgres::Client;

/// So many of each a day, in these tests.
const A_DAY: usize = 3;

const SETTINGS: &[&str] = &["--organisations-per-day=3", "--books-per-day=3", "--invitations-per-day=3"];

/// What is bounded, by the name in the problem, and the table that holds what was made.
const KINDS: &[(&str, &str)] = &[("organisations", "organisation"), ("books", "book"), ("invitations", "invitation")];

struct Scene {
    service: Service,
    database: Client,
    owner: Person,
}

impl Scene {
    async fn set() -> Scene {
        let service = Service::with(Ground::at(Timestamp::now()).await, SETTINGS).await;
        let owner = service.signed_in(service.ground.owner).await;
        let database = service.ground.database_owner().await;
        Scene { service, database, owner }
    }

    /// Where something of a kind is made, and the body of the request for the nth.
    fn request(&self, kind: &str, nth: usize) -> (String, Value) {
        let host = self.service.ground.book.organisation;
        match kind {
            "organisations" => {
                ("/v1/organisations".into(), json!({"name": format!("Team {nth}"), "kind": "project_team"}))
            }
            "books" => {
                let book = json!({"organisation": host, "name": format!("Book {nth}"), "currency": "USD", "mode": "sandbox",
                                  "zone": "Europe/Berlin"});
                ("/v1/books".into(), book)
            }
            "invitations" => {
                let invitation = json!({"email": address(&format!("guest{nth}")).as_str(), "role": "reviewer"});
                (format!("/v1/organisations/{host}/invitations"), invitation)
            }
            other => panic!("no kind {other}"),
        }
    }

    /// Asks for the nth of a kind, with a key that is the same each time.
    async fn make(&self, kind: &str, nth: usize, by: &Person) -> Answer {
        let (path, body) = self.request(kind, nth);
        self.service.ask(Method::POST, &path, &by.token, &format!("{kind}-{nth}"), Some(&body)).await
    }

    async fn count(&self, table: &str) -> i64 {
        self.database.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }

    /// All that making something writes.
    async fn rows(&self) -> Vec<i64> {
        let mut rows = Vec::new();
        for table in
            ["organisation", "membership", "book", "book_head", "invitation", "job", "activity", "caller_reply"]
        {
            rows.push(self.count(table).await);
        }
        rows
    }
}

fn assert_used_up(refused: &Answer, kind: &str) {
    assert_eq!(refused.kind(), (429, "/problems/quota"), "{kind}: {}", refused.body);
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains(kind) && detail.contains("3 a day"), "{detail}");
    let again_in_s = refused.again_in_s.expect("it says when to come back");
    let day_s = 24 * 60 * 60;
    assert!((1..=day_s + 1).contains(&again_in_s), "{again_in_s}");
}

#[actix_web::test]
async fn l8_requests_at_the_same_moment_make_no_more_than_a_day_holds_and_who_is_refused_leaves_nothing_behind() {
    let scene = Scene::set().await;
    for (kind, table) in KINDS {
        let before = scene.count(table).await;
        let answers = join_all((0..3 * A_DAY).map(|nth| scene.make(kind, nth, &scene.owner))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!(made.len(), A_DAY, "{kind}");
        refused.iter().for_each(|refused| assert_used_up(refused, kind));
        assert_eq!(scene.count(table).await - before, A_DAY as i64, "{kind}");

        let rows = scene.rows().await;
        assert_used_up(&scene.make(kind, 100, &scene.owner).await, kind);
        assert_eq!(scene.rows().await, rows, "{kind}");
    }
    assert_eq!(scene.count("quota_use").await, KINDS.len() as i64, "a row a person and kind, not one a request");
}

#[actix_web::test]
async fn l8_a_day_counts_what_was_made_once_and_the_next_day_begins_anew() {
    let scene = Scene::set().await;
    for (kind, _) in KINDS {
        for nth in 0..A_DAY {
            let made = scene.make(kind, nth, &scene.owner).await;
            let again = scene.make(kind, nth, &scene.owner).await;
            assert_eq!((made.status, again.status, again.replayed), (201, 201, true), "{kind}: {}", made.body);
            assert_eq!(made.body, again.body);
            if nth + 1 == A_DAY {
                break;
            }
            // What is refused for another reason was not made.
            let (path, mut body) = scene.request(kind, nth);
            body["surplus"] = json!("field");
            assert_eq!(scene.service.post(&path, &scene.owner.token, &body).await.status, 422, "{kind}");
            body.as_object_mut().unwrap().remove("surplus");
            match *kind {
                "organisations" => body["kind"] = json!("fiscal_host"),
                "books" => body["zone"] = json!("Nowhere/Else"),
                _ => {}
            }
            let refused = scene.service.post(&path, &scene.owner.token, &body).await.status;
            assert!([403, 409, 422].contains(&refused), "{kind}: {refused}");
        }
        assert_used_up(&scene.make(kind, A_DAY, &scene.owner).await, kind);
        assert_eq!(
            scene.make(kind, 0, &scene.owner).await.status,
            201,
            "{kind}: the first answer again, whatever is left"
        );

        scene.database.execute("UPDATE quota_use SET day = day - 1", &[]).await.unwrap();
        let first = scene.make(kind, A_DAY, &scene.owner).await;
        assert_eq!(first.status, 201, "{kind}: the same key succeeds the next day: {}", first.body);
        for nth in 1..A_DAY {
            assert_eq!(scene.make(kind, A_DAY + nth, &scene.owner).await.status, 201, "{kind}");
        }
        assert_used_up(&scene.make(kind, 2 * A_DAY, &scene.owner).await, kind);
    }
}

#[actix_web::test]
async fn l8_a_quota_is_one_persons_own_and_operators_have_none() {
    let scene = Scene::set().await;
    let second = scene.service.ground.person("second", ledger::parties::rules::role::Role::Owner).await;
    let second = scene.service.signed_in(second).await;
    let operator = scene.service.signed_in(scene.service.ground.operator).await;
    for (kind, _) in KINDS {
        for (who, from) in [(&scene.owner, 0), (&second, 10)] {
            for nth in from..from + A_DAY {
                assert_eq!(scene.make(kind, nth, who).await.status, 201, "{kind}");
            }
            assert_used_up(&scene.make(kind, from + A_DAY, who).await, kind);
        }
        for nth in 20..20 + 2 * A_DAY {
            assert_eq!(scene.make(kind, nth, &operator).await.status, 201, "{kind}");
        }
    }
}

#[actix_web::test]
async fn l8_no_request_of_a_stranger_makes_a_person() {
    let scene = Scene::set().await;
    let before = scene.count("person").await;
    for nth in 0..5 {
        let asked = json!({"email": address(&format!("unknown{nth}")).as_str()});
        assert_eq!(scene.service.post("/v1/sign-in", "", asked).await.status, 202);
        scene.service.post("/v1/sign-in/confirm", "", json!({"token": format!("made up {nth}")})).await;
    }
    for nth in 0..A_DAY {
        assert_eq!(scene.make("invitations", nth, &scene.owner).await.status, 201);
    }
    assert_eq!(scene.count("person").await, before, "not before somebody who was invited signs in");
}

#[actix_web::test]
async fn l8_a_book_has_so_many_accounts_and_units_that_people_open() {
    let scene = Scene::set().await;
    let book = scene.service.ground.book.reference();
    let full = "UPDATE book_head SET next_account = 100000";
    scene.database.execute(full, &[]).await.unwrap();
    let open = async |code: &str| {
        let account = json!({"code": code, "class": "asset", "currency": "USD"});
        scene.service.post(&format!("/v1/books/{book}/accounts"), &scene.service.treasurer.token, account).await
    };
    assert_eq!(open("assets:last").await.status, 201);
    let before = scene.count("account").await;
    assert_eq!(open("assets:one-too-many").await.kind(), (409, "/problems/too-many-accounts"));
    assert_eq!(scene.count("account").await, before);
    let fill = format!(
        "INSERT INTO unit (book_id, code, exponent, name, counts, created_at)
         SELECT {}, 'U' || n, 0, 'Unit', 'other', now() FROM generate_series(1, 1000) n",
        scene.service.ground.book.id
    );
    scene.database.batch_execute(&fill).await.unwrap();
    let unit = json!({"code": "ONEMORE", "exponent": 0, "name": "One more", "counts": "other"});
    let refused = scene.service.post(&format!("/v1/books/{book}/units"), &scene.service.treasurer.token, unit).await;
    assert_eq!(refused.kind(), (409, "/problems/too-many-units"), "{}", refused.body);
}
