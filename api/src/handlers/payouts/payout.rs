//! Payouts: asked for, approved, sent and given up by people of the host; read by them and by the payee.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept};
use crate::wire::{BalanceBody, ChangeStateRequest, MoneyBody, bounded, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::evidence::Digest;
use ledger::id::{BankAccountId, BookRef, ClaimId, OrganisationId, PayoutId, PersonId};
use ledger::parties::operations::standing::standing;
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::payouts::{self as operations, NewPayout, Verdict};
use ledger::payouts::rules::bank_account::BankAccount;
use ledger::payouts::rules::payout::{Payout, PayoutState};
use ledger::payouts::store::{bank_accounts, payouts};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who of the host sees payouts.
const HOST_READERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Auditor];

/// Which release of a claim is paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutRelease {
    #[schema(pattern = "^clm_[a-z2-7]{32}$")]
    claim: String,
    /// The number of the release, from 1.
    #[schema(minimum = 1, maximum = 1000000, example = 1)]
    number: i32,
}

/// A payout to be asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutBody {
    /// The team that is paid.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    payee: String,
    /// `team`: what milestones released to it; `prize`: what challenges awarded to it.
    #[schema(pattern = "^(team|prize)$", example = "team")]
    source: String,
    /// Of what is owed.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// Leave it out for all that is owed and not being paid, or for all of the release.
    amount: Option<MoneyBody>,
    /// The release that it pays: twice is one payout. A payout that names one is of all of it.
    release: Option<NewPayoutRelease>,
    /// The organisation from whose cash it is paid: the host when it is left out, or a partner platform.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// What the payee reads beside it, without personal data.
    #[serde(default)]
    #[schema(max_length = 200, example = "Second prototype")]
    memo: String,
}

/// Where a payout goes, as far as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutAccount {
    #[schema(value_type = String)]
    id: BankAccountId,
    /// Where the bank is, of ISO 3166-1.
    country: String,
    last_four: String,
    /// Since when payouts go to it, by the book's clock.
    active_at: Option<Timestamp>,
}

/// A release that a payout pays.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutRelease {
    #[schema(value_type = String)]
    claim: ClaimId,
    number: i32,
}

/// A payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub struct PayoutBody {
    #[schema(value_type = String)]
    id: PayoutId,
    #[schema(value_type = String)]
    payee: OrganisationId,
    /// `team` or `prize`.
    source: String,
    /// The organisation from whose cash it is paid.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The release that it pays; null when it names none.
    release: Option<PayoutRelease>,
    amount: MoneyBody,
    /// What the bank kept of it: the payee has borne it.
    fee: BalanceBody,
    /// What came back.
    returned: BalanceBody,
    /// The end-to-end id by which a bank knows it: order it with this, and its line is matched.
    reference: String,
    memo: String,
    /// `requested`, `approved`, `screened`, `sent`, `settled`; `held`: screening has a hit, and an operator decides; `failed`: it was
    /// not accepted, `returned`: it came back, in both cases what is owed is owed again; `cancelled`: it was given up unsent.
    state: String,
    /// What it waits for: `bank_account`, `approval`, `screening`, `operator`, `sending` or `bank`; null when it is over.
    waits_for: Option<String>,
    /// When it is cancelled while nobody sends it, by the book's clock; null once it was sent.
    until: Option<Timestamp>,
    /// Why it is held, failed or cancelled; empty otherwise.
    reason: String,
    /// Where it goes, or would go by now; null while the payee has no bank account in the currency.
    bank_account: Option<PayoutAccount>,
    /// What an approval restates: SHA-256 of payee, amount and bank account; null while there is no account.
    digest: Option<String>,
    /// What screening said: `none` when this installation has none, `clear`, `hit`, or `released` by an operator; null before.
    screening: Option<String>,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// By the book's clock.
    requested_at: Timestamp,
    /// Null before, and after the approval fell because the bank account has changed.
    #[schema(value_type = Option<String>)]
    approved_by: Option<PersonId>,
    #[schema(value_type = Option<String>)]
    sent_by: Option<PersonId>,
    #[schema(value_type = Option<String>, format = "date")]
    sent_on: Option<Date>,
    /// The first day on which it counts as late while no line of a statement has it.
    #[schema(value_type = Option<String>, format = "date")]
    late_from: Option<Date>,
    /// The value day of the line by which it settled.
    #[schema(value_type = Option<String>, format = "date")]
    settled_on: Option<Date>,
    /// Record number of the entry by which it was sent.
    sent_entry: Option<i64>,
    /// Record number of the last entry that settled, failed or returned it.
    end_entry: Option<i64>,
}

impl PayoutBody {
    fn new(it: Payout, account: Option<BankAccount>) -> PayoutBody {
        let currency = it.amount.currency();
        let waits_for = match it.state.word() {
            PayoutState::Requested if account.is_none() => Some("bank_account"),
            PayoutState::Requested => Some("approval"),
            PayoutState::Approved => Some("screening"),
            PayoutState::Held => Some("operator"),
            PayoutState::Screened => Some("sending"),
            PayoutState::Sent => Some("bank"),
            PayoutState::Settled | PayoutState::Failed | PayoutState::Returned | PayoutState::Cancelled => None,
        };
        PayoutBody {
            digest: account.as_ref().map(|account| it.digest(account).to_string()),
            bank_account: account.map(|account| PayoutAccount {
                id: account.id,
                country: account.country,
                last_four: account.last_four,
                active_at: account.active_at,
            }),
            id: it.id,
            payee: it.payee,
            source: it.source.to_string(),
            custodian: it.custodian,
            release: it.release.map(|(claim, number)| PayoutRelease { claim, number }),
            amount: it.amount.into(),
            fee: BalanceBody::new(it.fee, currency),
            returned: BalanceBody::new(it.returned, currency),
            reference: it.reference,
            memo: it.memo,
            waits_for: waits_for.map(str::to_owned),
            until: it.state.until(),
            reason: it.state.reason().to_owned(),
            state: it.state.word().to_string(),
            screening: it.screening.map(|answer| answer.to_string()),
            requested_by: it.requested_by,
            requested_at: it.requested_at,
            approved_by: it.approval.map(|approval| approval.by),
            sent_by: it.sending.map(|sending| sending.by),
            sent_on: it.sending.map(|sending| sending.on),
            late_from: it.sending.map(|sending| sending.late_from),
            settled_on: it.settled_on,
            sent_entry: it.sending.map(|sending| sending.entry),
            end_entry: Some(it.end_entry).filter(|entry| *entry > 0),
        }
    }
}

/// A payout with the account that it goes to, or would go to by now.
async fn body(client: &impl GenericClient, it: Payout) -> Result<PayoutBody, Error> {
    let account = match it.approval {
        Some(approval) => Some(bank_accounts::get(client, approval.account).await?),
        None => bank_accounts::active(client, it.id.book, it.payee, it.amount.currency()).await?,
    };
    Ok(PayoutBody::new(it, account))
}

/// Asks for a payout of what is owed to a team. The same release twice is one payout. Nothing moves before it is sent.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book")), request_body = NewPayoutBody,
    responses((status = 201, description = "Asked for, now or before by the same release", body = PayoutBody)))]
#[post("/v1/books/{book}/payouts")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewPayoutBody>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let asked = &request.body;
    let read = |asked: &NewPayoutRelease| Ok::<_, Problem>((parse("/release/claim", &asked.claim)?, asked.number));
    let paid: Option<(ClaimId, i32)> = asked.release.as_ref().map(read).transpose()?;
    if paid.is_some_and(|(claim, _)| claim.book != book.book) {
        return Err(Error::invalid("/release/claim", "a claim of another book").into());
    }
    let new = NewPayout {
        book: book.book,
        payee: parse("/payee", &asked.payee)?,
        source: parse("/source", &asked.source)?,
        currency: parse_currency("/currency", &asked.currency)?,
        amount: asked.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?,
        release: paid,
        custodian: asked.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?,
        memo: bounded("/memo", &asked.memo, text::REFERENCE_OR_NONE)?,
    };
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, &caller, *book).await?;
        let made = operations::request(tx, new.clone(), by, Timestamp::now()).await?;
        Ok(Reply::created(&body(tx, made).await?))
    })
    .await
}

/// Lists the payouts of a book: all of them for people of the host, for others those to their own organisations.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book"), OfPayee),
    responses((status = 200, description = "A page, the oldest first", body = Page<PayoutBody>)))]
#[get("/v1/books/{book}/payouts")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<OfPayee>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfPayee { payee, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let payee: Option<OrganisationId> = payee.map(|id| parse("/payee", &id)).transpose()?;
    let client = state.client().await?;
    let book = books::resolve(&client, *book).await?;
    require_reader(&client, &caller, &book, payee, "book").await?;
    let mut rows = Vec::new();
    for found in payouts::list(&client, book.id, payee, window.after.unwrap_or_default(), window.fetch()).await? {
        rows.push(body(&client, found).await?);
    }
    Ok(window.page(rows, |row| row.id.object, |row| row).respond(&http))
}

/// Of which payouts a page is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfPayee {
    /// Only those to this organisation.
    #[param(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    payee: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Refuses who neither keeps the book nor belongs to the payee; operators see payouts too, since they decide about held ones.
async fn require_reader(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    payee: Option<OrganisationId>,
    what: &'static str,
) -> Result<(), Error> {
    let person = caller.person()?.id;
    let standing = standing(client, book, payee.unwrap_or(book.organisation), person).await?;
    let of_payee = payee.is_some() && standing.is_team();
    if standing.operator || of_payee || standing.is_host(HOST_READERS) { Ok(()) } else { Err(Error::NotFound(what)) }
}

/// Shows a payout, with the bank account that it goes to by its last four characters.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    responses((status = 200, description = "The payout, with its ETag", body = PayoutBody, headers(("ETag" = String)))))]
#[get("/v1/payouts/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PayoutId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "payout").await?;
    let found = payouts::get(&client, *id).await?;
    require_reader(&client, &caller, &book, Some(found.payee), "payout").await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body(&client, found).await?))
}

/// What an approval restates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePayoutRequest {
    /// The `digest` of the payout as you have read it.
    #[schema(pattern = "^[0-9a-f]{64}$", example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    digest: String,
}

/// Approves a payout: payee, amount and bank account, as you have read them. Whoever asked for it does not, nor whoever belongs to the
/// payee. The approval falls when the bank account changes before it is sent.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    request_body = ApprovePayoutRequest, responses((status = 200, description = "Approved", body = PayoutBody)))]
#[post("/v1/payouts/{id}:approve")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<ApprovePayoutRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let seen: Digest = parse("/digest", &request.body.digest)?;
    step(&state, &caller, *id, &request, async |tx, wall| operations::approve(tx, *id, seen, by, wall).await).await
}

/// Sends a payout that is approved and screened: it leaves what is owed, and is on its way until a line of a bank statement says more.
/// Above the threshold of the book, neither who asked for it nor who approved it sends it. In a sandbox book the bank of the sandbox
/// answers; of a live book order it at the bank with its `reference`.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")), request_body = Nothing,
    responses((status = 200, description = "Sent", body = PayoutBody)))]
#[post("/v1/payouts/{id}:send")]
pub(crate) async fn send(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    step(&state, &caller, *id, &request, async |tx, wall| operations::send(tx, *id, by, wall).await).await
}

/// Says that the bank did not accept a payout, with its reason: what is owed is owed again. Another try is another payout, with a
/// reference of its own.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    request_body = ChangeStateRequest, responses((status = 200, description = "Failed", body = PayoutBody)))]
#[post("/v1/payouts/{id}:fail")]
pub(crate) async fn fail(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request);
    step(&state, &caller, *id, &request, async |tx, wall| operations::fail(tx, *id, change, wall).await).await
}

/// Gives a payout up that was not sent, with a reason. What is owed stays owed.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    request_body = ChangeStateRequest, responses((status = 200, description = "Cancelled", body = PayoutBody)))]
#[post("/v1/payouts/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request);
    step(&state, &caller, *id, &request, async |tx, wall| operations::cancel(tx, *id, change, wall).await).await
}

/// Lets a payout go on that screening holds, with a reason.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    request_body = ChangeStateRequest, responses((status = 200, description = "It goes on", body = PayoutBody)))]
#[post("/v1/payouts/{id}:release")]
pub(crate) async fn release(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request);
    let decide = async |tx: &Transaction<'_>, wall| operations::decide(tx, *id, Verdict::Release, change, wall).await;
    step(&state, &caller, *id, &request, decide).await
}

/// Refuses a payout that screening holds, with a reason: it is cancelled, and what is owed stays owed.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    request_body = ChangeStateRequest, responses((status = 200, description = "Cancelled", body = PayoutBody)))]
#[post("/v1/payouts/{id}:refuse")]
pub(crate) async fn refuse(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request);
    let decide = async |tx: &Transaction<'_>, wall| operations::decide(tx, *id, Verdict::Refuse, change, wall).await;
    step(&state, &caller, *id, &request, decide).await
}

fn change<'a>(caller: &Caller, request: &'a Keyed<ChangeStateRequest>) -> Change<'a> {
    Change { version: None, actor: actor(caller), reason: &request.body.reason }
}

/// A step of a payout, by people of the host or operators, as the table of who may do what has it.
async fn step<T>(
    state: &State,
    caller: &Caller,
    id: PayoutId,
    request: &Keyed<T>,
    take: impl AsyncFn(&Transaction<'_>, Timestamp) -> Result<Payout, Error>,
) -> Result<HttpResponse, Problem> {
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "payout").await?;
        caller.require_role(tx, book.organisation, "payout").await?;
        let taken = take(tx, Timestamp::now()).await?;
        Ok(Reply::ok(&body(tx, taken).await?))
    })
    .await
}
