//! A person confirms a bank account of theirs, by the link of a mail. As with a sign-in, opening the link uses nothing up.

use super::{page, written};
use crate::extract::Form;
use crate::problem::Problem;
use crate::state::State;
use crate::wire::bounded;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::BankAccountId;
use ledger::payouts::operations::bank_accounts;
use ledger::payouts::rules::bank_account::{State as AccountState, link_invalid};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "bank_account.html")]
struct BankAccountPage<'a> {
    id: &'a str,
    secret: &'a str,
    last_four: &'a str,
    country: &'a str,
    currency: &'a str,
    is_confirmed: bool,
}

#[derive(Template)]
#[template(path = "bank_account_confirmed.html")]
struct Confirmed<'a> {
    last_four: &'a str,
    /// From when on payouts go there; none when they do already.
    from: Option<String>,
}

/// An id that is none leads nowhere, as one that is not known does.
fn account_of(id: &str) -> Result<BankAccountId, Error> {
    id.parse().map_err(|_| link_invalid().into())
}

/// The page of a link: which bank account, and a button.
#[route("/bank-accounts/{id}/{secret}", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, secret) = path.into_inner();
    let client = state.client().await?;
    let account = bank_accounts::linked(&client, account_of(&id)?, &secret).await?;
    drop(client);
    let shown = BankAccountPage {
        id: &id,
        secret: &secret,
        last_four: &account.last_four,
        country: &account.country,
        currency: account.currency.code(),
        is_confirmed: account.confirmed.is_some(),
    };
    page(StatusCode::OK, &shown)
}

/// Which bank account, and the secret of its link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirming {
    id: String,
    secret: String,
}

/// Confirms: three days later payouts go there.
#[post("/bank-accounts/confirm")]
pub(super) async fn confirm(state: Data<State>, form: Form<Confirming>) -> Result<HttpResponse, Problem> {
    let (id, secret) = (account_of(&form.0.id)?, bounded("/secret", &form.0.secret, 1..=200)?);
    let (account, book) = state
        .in_transaction(async |tx| {
            let account = bank_accounts::confirm_by_link(tx, id, &secret, ledger::calendar::now()).await?;
            Ok::<_, Error>((account, books::get(tx, id.book).await?))
        })
        .await?;
    let from = match account.state {
        AccountState::Waiting { until } => Some(written(book.day_of(until))),
        AccountState::Proposed { .. }
        | AccountState::Active
        | AccountState::Replaced
        | AccountState::Rejected { .. } => None,
    };
    page(StatusCode::OK, &Confirmed { last_four: &account.last_four, from })
}
