//! Payouts: asked for, approved, sent and given up by people of the host; read by them and by the payee.

use super::payout_body::{PayoutBody, body};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept};
use crate::who_may::PAYOUT_READERS;
use crate::wire::{ChangeStateRequest, MoneyBody, bounded, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::is_short_name;
use ledger::cooperatives::store::members;
use ledger::engine::store::books::{self, Book};
use ledger::evidence::Digest;
use ledger::id::{BookId, BookRef, ClaimId, MemberId, OrganisationId, PayoutId, PayoutRunId};
use ledger::parties::operations::standing::standing;
use ledger::payouts::operations::payouts::{self as operations, NewPayout, Verdict};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::rules::payout::{Payout, Source};
use ledger::payouts::store::payouts;
use ledger::service::change::Change;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// The team that is paid, with the sources `team` and `prize`.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    payee: Option<String>,
    /// The membership whose shares are paid, with the source `member`.
    #[schema(pattern = "^mbr_[a-z2-7]{32}$")]
    member: Option<String>,
    /// The short name of the lender that is paid, with the source `lender`: to whoever stands behind it.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "seed-fund")]
    lender: Option<String>,
    /// `team`: what milestones released to the payee; `prize`: what challenges awarded to it; `member` and `lender`: shares of the
    /// surpluses of a cooperative.
    #[schema(pattern = "^(team|prize|member|lender)$", example = "team")]
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
    /// The short name of the cash of a cooperative from which it is paid, as `party` of its proceeds has it; leave it out for the cash
    /// that is called after the custodian.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "bank")]
    cash: Option<String>,
    /// What the payee reads beside it, without personal data.
    #[serde(default)]
    #[schema(max_length = 200, example = "Second prototype")]
    memo: String,
}

/// To whom something is owed, as a request names them.
enum Whom {
    Owed(Owed),
    Member(MemberId),
}

impl NewPayoutBody {
    /// Exactly the field that goes with the source.
    fn whom(&self, book: BookId) -> Result<Whom, Problem> {
        let source: Source = parse("/source", &self.source)?;
        for (field, is_given, goes_with) in [
            ("/payee", self.payee.is_some(), matches!(source, Source::Team | Source::Prize)),
            ("/member", self.member.is_some(), source == Source::Member),
            ("/lender", self.lender.is_some(), source == Source::Lender),
        ] {
            if is_given != goes_with {
                let said = if is_given { "it does not go with the source" } else { "the source asks for it" };
                return Err(Problem::invalid(field, said));
            }
        }
        let payee = self.payee.as_deref().unwrap_or_default();
        let (member, lender) = (self.member.as_deref().unwrap_or_default(), self.lender.as_deref().unwrap_or_default());
        Ok(match source {
            Source::Team => Whom::Owed(Owed::Team(parse("/payee", payee)?)),
            Source::Prize => Whom::Owed(Owed::Prize(parse("/payee", payee)?)),
            Source::Lender if !is_short_name(lender) => return Err(Problem::invalid("/lender", "no short name")),
            Source::Lender => Whom::Owed(Owed::Lender(lender.to_owned())),
            Source::Member => {
                let member: MemberId = parse("/member", member)?;
                if member.book != book {
                    return Err(Problem::invalid("/member", "a member of another book"));
                }
                Whom::Member(member)
            }
        })
    }
}

/// The short name of a cooperative's cash; empty when it is left out.
pub(super) fn cash_of(name: Option<&str>) -> Result<String, Problem> {
    match name {
        Some(name) if !is_short_name(name) => Err(Problem::invalid("/cash", "no short name")),
        Some(name) => Ok(name.to_owned()),
        None => Ok(String::new()),
    }
}

/// Asks for a payout of what is owed to a team, to a member or to a lender of a cooperative. The same release twice is one payout.
/// Nothing moves before it is sent.
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
    let whom = asked.whom(book.book)?;
    let currency = parse_currency("/currency", &asked.currency)?;
    let amount = asked.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?;
    let custodian: Option<OrganisationId> = asked.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?;
    let cash = cash_of(asked.cash.as_deref())?;
    let memo = bounded("/memo", &asked.memo, text::REFERENCE_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, &caller, *book).await?;
        let owed = match &whom {
            Whom::Owed(owed) => owed.clone(),
            Whom::Member(member) => Owed::Member(members::get(tx, *member).await?.number),
        };
        let new = NewPayout {
            book: book.book,
            owed,
            currency,
            amount,
            release: paid,
            custodian,
            cash: cash.clone(),
            memo: memo.clone(),
        };
        let made = operations::request(tx, new, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&body(tx, made).await?))
    })
    .await
}

/// Lists the payouts of a book, or those of a run: all of them for people of the host, for others those to themselves, or to their own
/// organisations.
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
    let OfPayee { payee, run, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let payee: Option<Payee> = payee.map(|id| parse("/payee", &id)).transpose()?;
    let run: Option<PayoutRunId> = run.map(|id| parse("/run", &id)).transpose()?;
    let client = state.client().await?;
    let book = books::resolve(&client, *book).await?;
    require_reader(&client, &caller, &book, payee, "book").await?;
    if run.is_some_and(|run| run.book != book.id) {
        return Err(Error::invalid("/run", "a run of another book").into());
    }
    let mut rows = Vec::new();
    for found in payouts::list(&client, book.id, payee, run, window.after.unwrap_or_default(), window.fetch()).await? {
        rows.push(body(&client, found).await?);
    }
    Ok(window.page(rows, |row| row.id.object, |row| row).respond(&http))
}

/// Of which payouts a page is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfPayee {
    /// Only those to this organisation or person.
    #[param(max_length = 30, pattern = "^(org|psn)_[a-z2-7]{26}$")]
    payee: Option<String>,
    /// Only those of this run.
    #[param(max_length = 36, pattern = "^prn_[a-z2-7]{32}$")]
    run: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Refuses who neither keeps the book nor is the payee or belongs to it; operators see payouts too, since they decide about held ones.
pub(crate) async fn require_reader(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    payee: Option<Payee>,
    what: &'static str,
) -> Result<(), Error> {
    let person = caller.person()?.id;
    let organisation = payee.and_then(Payee::organisation);
    let standing = standing(client, book, organisation.unwrap_or(book.organisation), person).await?;
    let of_payee = payee == Some(Payee::Person(person)) || (organisation.is_some() && standing.is_team());
    if standing.operator || of_payee || standing.is_host(PAYOUT_READERS) { Ok(()) } else { Err(Error::NotFound(what)) }
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
    let seen: Digest = parse("/digest", &request.body.digest)?;
    go_on(&state, &caller, *id, &request.key, &Step::Approve(seen)).await
}

/// Sends a payout that is approved and screened: it leaves what is owed, and is on its way until a line of a bank statement says more.
/// Above the threshold of the book, neither who asked for it nor who approved it sends it. In a sandbox book the bank of the sandbox
/// answers by itself; of a live book order it at the bank with its `reference`.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")), request_body = Nothing,
    responses((status = 200, description = "Sent", body = PayoutBody)))]
#[post("/v1/payouts/{id}:send")]
pub(crate) async fn send(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    go_on(&state, &caller, *id, &request.key, &Step::Send).await
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
    let change = change(&caller, &request.body.reason);
    step(&state, &caller, *id, &request.key, async |tx, wall| operations::fail(tx, *id, change, wall).await).await
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
    let change = change(&caller, &request.body.reason);
    step(&state, &caller, *id, &request.key, async |tx, wall| operations::cancel(tx, *id, change, wall).await).await
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
    go_on(&state, &caller, *id, &request.key, &Step::Decide(Verdict::Release, &request.body.reason)).await
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
    go_on(&state, &caller, *id, &request.key, &Step::Decide(Verdict::Refuse, &request.body.reason)).await
}

fn change<'a>(caller: &Caller, reason: &'a str) -> Change<'a> {
    Change { version: None, actor: actor(caller), reason }
}

/// A step of a payout that people take by the API and on a desk.
pub(crate) enum Step<'a> {
    /// Approves what has this digest.
    Approve(Digest),
    /// Sends it.
    Send,
    /// Decides about one that screening holds, with a reason.
    Decide(Verdict, &'a str),
}

/// Takes a step, once for its key: that of a request, or of a form.
pub(crate) async fn go_on(
    state: &State,
    caller: &Caller,
    id: PayoutId,
    key: &IdempotencyKey,
    what: &Step<'_>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let take = async |tx: &Transaction<'_>, wall| match *what {
        Step::Approve(seen) => operations::approve(tx, id, seen, by, wall).await,
        Step::Send => operations::send(tx, id, by, wall).await,
        Step::Decide(verdict, reason) => operations::decide(tx, id, verdict, change(caller, reason), wall).await,
    };
    step(state, caller, id, key, take).await
}

/// A step of a payout, by people of the host or operators, as the table of who may do what has it.
async fn step(
    state: &State,
    caller: &Caller,
    id: PayoutId,
    key: &IdempotencyKey,
    take: impl AsyncFn(&Transaction<'_>, Timestamp) -> Result<Payout, Error>,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "payout").await?;
        caller.require_role(tx, book.organisation, "payout").await?;
        let taken = take(tx, ledger::calendar::now()).await?;
        Ok(Reply::ok(&body(tx, taken).await?))
    })
    .await
}
