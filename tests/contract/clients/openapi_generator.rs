//! Posts an entry with the client that openapi-generator makes of the contract (rust).

use client::apis::Error;
use client::apis::books_api::books_show;
use client::apis::configuration::Configuration;
use client::apis::identity_api::identity_confirm;
use client::apis::journal_entries_api::{journal_entries_create, journal_entries_show};
use client::models::{Amount, NewJournalEntry, NewLine, TokenRequest};
use serde_json::{Value, json};
use std::env::var;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (book_id, debit, credit) = (var("BOOK")?, var("DEBIT")?, var("CREDIT")?);
    let mut service = Configuration { base_path: var("BASE_URL")?, ..Configuration::new() };
    let tokens = identity_confirm(&service, TokenRequest::new(var("SIGN_IN_TOKEN")?)).await?;
    service.bearer_access_token = Some(tokens.access_token);

    let book = books_show(&service, &book_id).await?;
    let entry = |debit: &str, credit: &str, amount: &str| {
        let amount = Amount::new(amount.to_owned(), book.currency.to_string());
        let line = NewLine::new(amount, credit.to_owned(), debit.to_owned());
        let memo = Some("Posted by a generated client".to_owned());
        Some(NewJournalEntry { memo, lines: Some(vec![line]), ..NewJournalEntry::new() })
    };

    let paid_in = entry(&debit, &credit, "7.50");
    let posted = journal_entries_create(&service, &book_id, "entry", None, paid_in).await?;
    let read = journal_entries_show(&service, &book_id, posted.number).await?;
    let too_much = entry(&credit, &debit, "8.00");
    let refused = journal_entries_create(&service, &book_id, "refused", None, too_much).await;
    let Err(Error::ResponseError(refusal)) = refused else { return Err(format!("{refused:?}").into()) };
    let problem: Value = serde_json::to_value(refusal.entity.ok_or("a refusal of no kind that the client knows")?)?;

    let (mode, amount) = (book.mode, &read.lines[0].amount.amount);
    let seen = json!({
        "mode": mode, "number": posted.number, "memo": read.memo, "amount": amount, "problem": problem["type"],
    });
    println!("{seen}");
    Ok(())
}
