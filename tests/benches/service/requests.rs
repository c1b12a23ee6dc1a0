//! Requests as they stand on the wire.

use crate::load::{ACCOUNTS, Dice, Shape};
use crate::{Service, book};
use api::demo::cast;
use api::demo::client::Client;
use ledger::id::BookRef;
use serde_json::json;
use uuid::Uuid;

/// A book with many accounts, all of which the service has seen once; answers its path.
pub(crate) async fn open_book(service: &Service, owner: &Client, name: &str) -> anyhow::Result<String> {
    let organisation = cast::organisation(&service.operator, name, "cooperative").await?;
    let id: BookRef = cast::sandbox_book(&service.operator, &organisation, name).await?.parse()?;
    book::open_accounts(&service.url, id.book).await;
    let path = format!("/v1/books/{id}");
    let numbers: Vec<u64> = (1..ACCOUNTS).step_by(2).collect();
    for some in numbers.chunks(1_000) {
        let entries = some.iter().map(|number| {
            let line = json!({
                "debit": format!("assets:bench:{number}"), "credit": format!("assets:bench:{}", number + 1),
                "amount": cast::usd("0.01"),
            });
            json!({"key": format!("warm-{number}"), "entry": {"lines": [line]}})
        });
        let batch = json!({"on_error": "continue", "entries": entries.collect::<Vec<_>>()});
        owner.post(&format!("{path}/journal-entries:batch"), &batch).await?.ok()?;
    }
    Ok(path)
}

/// The lines of a head that every request of a caller has.
pub(crate) fn head(base: &str, token: &str) -> String {
    format!("Host: {}\r\nAuthorization: Bearer {token}\r\n", base.trim_start_matches("http://"))
}

/// A GET.
pub(crate) fn get(path: &str, head: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n{head}\r\n")
}

/// A POST under a fresh key.
pub(crate) fn post(path: &str, head: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\nIdempotency-Key: {}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        Uuid::now_v7(),
        body.len()
    )
}

/// An entry between two accounts of a book.
pub(crate) fn entry(dice: &mut Dice) -> String {
    let ((debit, credit), cents) = (dice.pair(Shape::Uniform), 1 + dice.below(99));
    format!(
        "{{\"lines\":[{{\"debit\":\"assets:bench:{debit}\",\"credit\":\"assets:bench:{credit}\",\
         \"amount\":{{\"amount\":\"0.{cents:02}\",\"currency\":\"USD\"}}}}],\"memo\":\"Boards\"}}"
    )
}

/// The largest batch that a book takes at once.
pub(crate) fn batch(dice: &mut Dice) -> String {
    let items: Vec<String> =
        (0..1_000).map(|_| format!("{{\"key\":\"{}\",\"entry\":{}}}", Uuid::now_v7(), entry(dice))).collect();
    format!("{{\"on_error\":\"continue\",\"entries\":[{}]}}", items.join(","))
}
