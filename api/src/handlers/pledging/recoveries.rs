//! The risk reserve of a book, and what teams owe back.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, kept};
use crate::wire::{BalanceBody, MoneyBody, bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use ledger::engine::store::books;
use ledger::id::{BookRef, OrganisationId};
use ledger::pledging::operations::recoveries::{self as operations, Received};
use ledger::pledging::store::recoveries::{self, Receivable};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Money that came.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivedRequest {
    amount: MoneyBody,
    /// The organisation that holds it: that of the book when it is left out. A chargeback takes the cash of the partner that
    /// brought its pledge.
    #[schema(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// How the bank names the payment.
    #[schema(min_length = 1, max_length = 200, example = "bank-2027-114")]
    reference: String,
}

impl ReceivedRequest {
    pub(crate) fn parse(&self) -> Result<Received, Problem> {
        Ok(Received {
            amount: self.amount.parse("/amount")?,
            custodian: self.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?,
            reference: bounded("/reference", &self.reference, text::REFERENCE)?,
        })
    }
}

/// The risk reserve after it was funded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RiskReserve)]
pub struct ReserveBody {
    /// Record number of the journal entry.
    entry: i64,
    /// What the reserve has now, before the chargebacks that waited for it are borne.
    reserve: BalanceBody,
}

/// Funds the risk reserve with the host's own money. Lost chargebacks that waited for it are borne.
#[utoipa::path(tag = "receivables", params(("book" = String, Path, description = "The book")),
    request_body = ReceivedRequest, responses((status = 201, description = "Funded", body = ReserveBody)))]
#[post("/v1/books/{book}/risk-reserve:fund")]
pub(crate) async fn fund_reserve(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<ReceivedRequest>,
) -> Result<HttpResponse, Problem> {
    let received = request.body.parse()?;
    let by = actor(&caller);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let (entry, reserve) = operations::fund_reserve(tx, &book, &received, by, ledger::calendar::now()).await?;
        let reserve = BalanceBody::new(reserve, received.amount.currency());
        Ok(Reply::created(&ReserveBody { entry, reserve }))
    })
    .await
}

/// What a team owes back, in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TeamReceivable)]
pub struct ReceivableBody {
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Code of the account, whose statement shows how it came to be.
    account: String,
    /// What it owes now.
    owed: BalanceBody,
    /// What was set off against releases, paid back or given up so far.
    settled: BalanceBody,
}

impl From<Receivable> for ReceivableBody {
    fn from(it: Receivable) -> ReceivableBody {
        let Receivable { team, code, currency, owed, settled, .. } = it;
        let balance = |minor| BalanceBody::new(minor, currency);
        ReceivableBody { team, account: code, owed: balance(owed), settled: balance(settled) }
    }
}

/// Which receivables of a book.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfTeam {
    /// What this team owes; of all teams when it is left out, which people of the host see.
    #[param(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    team: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists what teams owe back, of charges that were lost after the teams were paid of them. People of a team see what it owes.
#[utoipa::path(tag = "receivables", params(("book" = String, Path, description = "The book"), OfTeam),
    responses((status = 200, description = "A page, the oldest account first", body = Page<ReceivableBody>)))]
#[get("/v1/books/{book}/receivables")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<OfTeam>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let team: Option<OrganisationId> = query.0.team.as_ref().map(|team| parse("/team", team)).transpose()?;
    let window = Window::<i32>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, *id).await?;
    Reader::of(&client, Some(&caller), &book).await?.require_team(team, false, "book").await?;
    let rows = recoveries::list(&client, book.id, team, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.account.0, ReceivableBody::from).respond(&http))
}

/// What a team owes after something of it was paid or given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TeamOwes)]
pub struct OwesBody {
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Record number of the journal entry.
    entry: i64,
    /// What it owes now.
    owed: BalanceBody,
}

/// Records that a team paid what it owed, or a part.
#[utoipa::path(tag = "receivables",
    params(("book" = String, Path, description = "The book"), ("team" = String, Path, description = "The team")),
    request_body = ReceivedRequest, responses((status = 200, description = "Recorded", body = OwesBody)))]
#[post("/v1/books/{book}/receivables/{team}:recover")]
pub(crate) async fn recover(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<ReceivedRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, team) = path.into_inner();
    let received = request.body.parse()?;
    let by = actor(&caller);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let (entry, owed) = operations::recover(tx, &book, team, &received, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&OwesBody { team, entry, owed: BalanceBody::new(owed, received.amount.currency()) }))
    })
    .await
}

/// What is given up of what a team owes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOffRequest {
    amount: MoneyBody,
    /// Why; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Gives up what a team owes, or a part of it: the risk reserve bears it.
#[utoipa::path(tag = "receivables",
    params(("book" = String, Path, description = "The book"), ("team" = String, Path, description = "The team")),
    request_body = WriteOffRequest, responses((status = 200, description = "Given up", body = OwesBody)))]
#[post("/v1/books/{book}/receivables/{team}:write-off")]
pub(crate) async fn write_off(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<WriteOffRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, team) = path.into_inner();
    let amount = request.body.amount.parse("/amount")?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    let by = actor(&caller);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let (entry, owed) =
            operations::write_off(tx, &book, team, amount, &reason, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&OwesBody { team, entry, owed: BalanceBody::new(owed, amount.currency()) }))
    })
    .await
}
