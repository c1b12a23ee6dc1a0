//! What exchange accounts gained or lost.

use super::entries::JournalEntryBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note};
use crate::wire::{BalanceBody, book_day, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use jiff::civil::Date;
use ledger::books::operations::exchange::{self as operations, Revaluation};
use ledger::books::operations::journal_entries;
use ledger::id::BookRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A pair of exchange accounts and a rate. Every pair of currencies has a pair of accounts of its own: two that an entry, or
/// this, has moved together belong to each other for ever, and another partner is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExchangeResult {
    /// Code of the exchange account whose balance is valued.
    #[schema(min_length = 3, max_length = 650, example = "equity:exchange:eur-usd:eur")]
    account: String,
    /// Code of the exchange account in whose currency the result is posted.
    #[schema(min_length = 3, max_length = 650, example = "equity:exchange:eur-usd:usd")]
    against: String,
    /// What one of the currency of `account` was worth in that of `against`.
    #[schema(pattern = r"^[0-9]{1,9}(\.[0-9]{1,9})?$", max_length = 19, example = "1.12")]
    rate: String,
    /// At the end of which day; the result counts on it.
    date: Date,
}

/// What the pair gained, and the entry that makes it even.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExchangeResult {
    /// A loss is below zero.
    gain: BalanceBody,
    /// Null when the pair was even.
    entry: Option<JournalEntryBody>,
}

/// Posts what a pair of exchange accounts gained or lost by a day, so that the pair is even at the rate. Again at the same
/// rate it finds nothing; at another one, the difference.
#[utoipa::path(tag = "units", params(("book" = String, Path, description = "The book")), request_body = NewExchangeResult,
    responses((status = 201, description = "Posted", body = ExchangeResult),
              (status = 200, description = "The pair was even", body = ExchangeResult)))]
#[post("/v1/books/{book}/exchange-results")]
pub(crate) async fn post_exchange_result(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewExchangeResult>,
) -> Result<HttpResponse, Problem> {
    let body = request.body;
    let rate = parse("/rate", &body.rate)?;
    let asked = Revaluation {
        account: body.account,
        against: body.against,
        rate,
        rate_text: body.rate,
        day: book_day("/date", body.date)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let wall = ledger::calendar::now();
        let found = operations::post_result(tx, &book, &asked, wall).await?;
        let gain = BalanceBody::new(found.gain, found.against.unit);
        let Some(posted) = found.posted else { return Ok(Reply::ok(&ExchangeResult { gain, entry: None })) };
        note(tx, &caller, &book, &format!("entry {}", posted.number), "exchange_result_posted", wall).await?;
        let entry = JournalEntryBody::new(journal_entries::journal_entry(tx, &book, posted.number).await?);
        Ok(Reply::created(&ExchangeResult { gain, entry }))
    })
    .await
}
