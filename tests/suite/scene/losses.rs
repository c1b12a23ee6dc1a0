//! A team that owes, and a reserve that bears what is given up.

use super::{Known, Outcome};
use anyhow::Context as _;
use api::demo::cast::{Cast, usd};
use jiff::Timestamp;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::{accounts, books};
use ledger::id::BookRef;
use serde_json::json;
use tests::TestApp;

pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let book = json!({"book": cast.book});
    let of_team = json!({"book": cast.book, "team": cast.team});
    let received = json!({"amount": usd("500.00"), "reference": "bank-1"});
    cast.treasurer.post(&format!("/v1/books/{}/risk-reserve:fund", cast.book), &received).await?.ok()?;
    known.example("POST /v1/books/{book}/risk-reserve:fund", book.clone(), received);
    known.example("GET /v1/books/{book}/receivables", book, serde_json::Value::Null);
    let path = "/v1/books/{book}/receivables/{team}";
    let paid = json!({"amount": usd("1.00"), "reference": "bank-2"});
    known.example(&format!("POST {path}:recover"), of_team.clone(), paid);
    let given_up = json!({"amount": usd("1.00"), "reason": "The team has dissolved"});
    known.example(&format!("POST {path}:write-off"), of_team, given_up);
    Ok(())
}

/// The team owes 10.00 from before: it would owe from a chargeback only after it was paid out, which no operation does yet.
pub(super) async fn owes(app: &TestApp, cast: &Cast) -> Outcome {
    let number = cast.book.parse::<BookRef>()?.book;
    let mut client = app.connection().await?;
    let tx = client.transaction().await?;
    let (book, wall) = (books::get(&tx, number).await?, Timestamp::now());
    let open = async |code: &str, class| accounts::open(&tx, number, code, class, "USD", None, wall).await;
    let debit = open(&format!("assets:receivable:team:{}", cast.team), AccountClass::TeamReceivable).await?;
    let credit = open("equity:opening", AccountClass::OpeningEquity).await?;
    let line = Line { kind: MovementKind::OpeningBalance, debit, credit, amount: 1_000 };
    let entry = Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: None };
    posting::post(&tx, &book, entry, wall).await.context("an opening balance")?;
    Ok(tx.commit().await?)
}
