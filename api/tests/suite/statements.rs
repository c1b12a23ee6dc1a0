//! What a request asks of PostgreSQL, by the server's own log: every statement is a round trip, and is named by its comment.

use crate::service::{Answer, Service};
use jiff::Timestamp;
use ledger::testing::Host;
use migrations::testing::TestDatabase;
use migrations::{Durability, PrivateServer};
use serde_json::json;
use std::io::{Read as _, Seek as _, SeekFrom};

/// The log of a server that writes down whatever it is asked.
struct Log<'a>(&'a PrivateServer);

impl Log<'_> {
    /// The statements of a request that succeeds: a query by its name, what has none by its text, what is only prepared as such.
    async fn of(&self, request: impl Future<Output = Answer>) -> Vec<String> {
        let mut log = std::fs::File::open(self.0.log_file()).unwrap();
        log.seek(SeekFrom::End(0)).unwrap();
        request.await.ok();
        let mut written = String::new();
        log.read_to_string(&mut written).unwrap();
        // Such as `… ms  execute s3: -- people::list`; a bind travels with the execution that follows it.
        let messages = written.lines().filter_map(|line| line.split_once("LOG:  duration: ")?.1.split_once(" ms  "));
        let messages = messages.filter_map(|(_, message)| message.split_once(": "));
        let messages = messages.filter(|(what, _)| !what.starts_with("bind"));
        messages
            .map(|(what, text)| match text.strip_prefix("-- ") {
                Some(name) if what.starts_with("execute") => name.to_owned(),
                Some(_) | None => format!("{what}: {text}"),
            })
            .collect()
    }
}

#[actix_web::test]
async fn a_request_that_posts_an_entry_asks_postgresql_three_times_and_an_empty_one_once() {
    let home = tempfile::tempdir().unwrap();
    let server = PrivateServer::start(home.path(), Durability::Throwaway).await.unwrap();
    let database = TestDatabase::create_on(&server, "statements").await.unwrap();
    let owner = migrations::connect(&database.url.parse().unwrap()).await.unwrap();
    owner.batch_execute("ALTER DATABASE statements SET log_min_duration_statement = 0").await.unwrap();
    let service = Service::on(Host::default().open_in(database, Timestamp::now()).await).await;
    let (treasurer, book) = (&service.treasurer.token, service.ground.book.reference());
    for (code, class) in [("assets:bank", "asset"), ("equity:own", "equity")] {
        let body = json!({"code": code, "class": class, "currency": "USD"});
        service.post(&format!("/v1/books/{book}/accounts"), treasurer, &body).await.ok();
    }
    let entries = format!("/v1/books/{book}/journal-entries");
    let amount = json!({"amount": "5.00", "currency": "USD"});
    let entry = json!({"lines": [{"debit": "assets:bank", "credit": "equity:own", "amount": amount}]});
    let log = Log(&server);
    let posted = async || log.of(service.post(&entries, treasurer, &entry)).await;
    let empty = async || log.of(service.get("/livez", treasurer)).await;
    // Until the connections have prepared their statements, and the lane, which has met no other writer, trusts its memory.
    for _ in 0..20 {
        posted().await;
    }
    for _ in 0..3 {
        assert_eq!(posted().await, ["sessions::list_live", "readers::list_with_roles", "journal::write_lone"]);
        assert_eq!(empty().await, ["sessions::list_live"]);
    }
}
