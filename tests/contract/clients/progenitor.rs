//! Posts an entry with the client that progenitor makes of the contract.

use futures::TryStreamExt;
use progenitor_client::Error;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;
use std::env::var;

mod client {
    progenitor::generate_api!(spec = "contract.json", interface = Builder, tags = Separate);
}

use client::prelude::*;
use client::types::{Amount, NewJournalEntry, NewJournalEntryMemo, NewLine, Problem, TokenRequest};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (base, book_id, debit, credit) = (var("BASE_URL")?, var("BOOK")?, var("DEBIT")?, var("CREDIT")?);
    let link: TokenRequest = TokenRequest::builder().token(var("SIGN_IN_TOKEN")?).try_into()?;
    let tokens = client::Client::new(&base).identity_confirm().body(link).send().await?.into_inner();
    let bearer = format!("Bearer {}", tokens.access_token).parse()?;
    let http = reqwest::Client::builder().default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)])).build()?;
    let service = client::Client::new_with_client(&base, http);

    let book = service.books_show().book(&*book_id).send().await?.into_inner();
    let memo: NewJournalEntryMemo = "Posted by a generated client".parse()?;
    let post = async |debit: &str, credit: &str, amount: &str, key: &str| {
        let amount = Amount::builder().amount(amount).currency(book.currency.to_string());
        let line = NewLine::builder().amount(amount).credit(credit).debit(debit).try_into().unwrap();
        let entry = NewJournalEntry::builder().memo(memo.clone()).lines(vec![line]);
        service.journal_entries_create().book(&*book_id).idempotency_key(key).body(entry).send().await
    };

    let posted = post(&debit, &credit, "7.50", "entry").await?.into_inner();
    let read =
        service.journal_entries_show().book(&*book_id).number(u64::try_from(posted.number)?).send().await?.into_inner();
    let problem: Problem = match post(&credit, &debit, "8.00", "refused").await {
        Err(Error::ErrorResponse(answer)) => {
            let parts: Vec<_> = answer.into_inner().into_inner().try_collect().await?;
            serde_json::from_slice(&parts.concat())?
        }
        other => return Err(format!("{other:?}").into()),
    };

    let seen = json!({
        "mode": book.mode, "number": posted.number, "memo": read.memo, "amount": read.lines[0].amount.amount,
        "problem": problem.type_,
    });
    println!("{seen}");
    Ok(())
}
