//! Challenges: made, funded, announced, opened, judged and awarded by their host; seen by everybody who is signed in from
//! the announcement on.

use super::challenge_body::{ChallengeBody, challenge_of, require_reader};
use super::rules_schema::RulesSchema;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, book_of};
use crate::wire::{ChangeStateRequest, MoneyBody, OfBook, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::{awards as awarding, challenges as operations, judging, purses};
use ledger::challenges::rules::award::Award;
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::rulebook::Rules;
use ledger::challenges::store::{awards, challenges};
use ledger::engine::store::books;
use ledger::id::{AwardId, BookRef, ChallengeId, OrganisationId, SharePlanId, SubmissionId};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A challenge to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChallenge {
    /// In which book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// Name in addresses and in the codes of its accounts; never changes.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{1,62}$", example = "open-drill")]
    slug: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "An open cordless drill")]
    title: String,
    /// What it is about.
    #[serde(default)]
    #[schema(max_length = 4000)]
    summary: String,
    /// What its prizes sum to.
    purse: MoneyBody,
    /// Its rules, with its prizes.
    #[schema(value_type = RulesSchema)]
    rules: Rules,
}

/// Makes a challenge, as a draft. Its prizes must sum to its purse.
#[utoipa::path(tag = "challenges", request_body = NewChallenge,
    responses((status = 201, description = "Made", body = ChallengeBody)))]
#[post("/v1/challenges")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewChallenge>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, &request.body).await
}

/// Makes a challenge, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &NewChallenge,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let book: BookRef = parse("/book", &body.book)?;
    let new = operations::NewChallenge {
        book: book.book,
        slug: body.slug.clone(),
        title: bounded("/title", &body.title, text::NAME)?,
        summary: paragraphs("/summary", &body.summary, text::STATEMENT_OR_NONE)?,
        purse: body.purse.parse("/purse")?,
        rules: body.rules.clone(),
    };
    idempotent(state, key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        caller.require_role(tx, book.organisation, "book").await?;
        let made = operations::create(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ChallengeBody::new(made, &book, None)))
    })
    .await
}

/// Lists the challenges of a book, for those who may read its campaigns.
#[utoipa::path(tag = "challenges", params(OfBook),
    responses((status = 200, description = "A page, the oldest first", body = Page<ChallengeBody>)))]
#[get("/v1/challenges")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Option<Caller>,
    query: Params<OfBook>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let book: BookRef = parse("/book", &query.0.book)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, book).await?;
    Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("book").await?;
    let rows = challenges::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| ChallengeBody::new(row, &book, None)).respond(&http))
}

/// Shows a challenge, and what its purse holds.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    responses((status = 200, description = "The challenge, with its ETag", body = ChallengeBody,
        headers(("ETag" = String)))))]
#[get("/v1/challenges/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let purse = purses::state(&client, &challenge).await?;
    let tag = etag(challenge.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(ChallengeBody::new(challenge, &book, Some(purse))))
}

/// Opens a draft for sponsors, with a purse account of its own. From now on its rules change within what was promised with them only.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Being funded", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:publish")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::publish(tx, *id, change, wall).await)
        .await
}

/// Tells everybody who is signed in; teams may enter.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Announced", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:announce")]
pub(crate) async fn announce(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::announce(tx, *id, change, wall).await)
        .await
}

/// Opens it for submissions. Refused while less than the whole purse has settled (`purse-short`), or nothing, where its rules say that it
/// may be `underfunded`; and where an entry fee lacks what must be said with it (`fee-needs-disclosure`).
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Open", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:open")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::open(tx, *id, change, wall).await).await
}

/// Ends the time for submissions, once it has passed; the worker does the same. Drafts are incomplete, and not judged.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Being judged", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:close-submissions")]
pub(crate) async fn close_submissions(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| {
        operations::close_submissions(tx, *id, change, wall).await
    })
    .await
}

/// Publishes the provisional ranking, once all scores are there (`scores-missing`); the time for appeals begins.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Provisional", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:rank")]
pub(crate) async fn rank(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| judging::rank(tx, *id, change, wall).await).await
}

/// Gives a challenge up before its work is judged; its purse goes back to its sponsors, and each entry fee to its team. A reason is
/// needed. Once submissions have closed, nothing but its rules ends it.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Cancelled", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::cancel(tx, *id, change, wall).await).await
}

async fn step(
    state: &State,
    caller: &Caller,
    id: ChallengeId,
    request: &Keyed<ChangeStateRequest>,
    run: impl AsyncFnOnce(&Transaction<'_>, Change<'_>, Timestamp) -> Result<Challenge, Error>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let change = Change { version: None, actor: actor(caller), reason: &reason };
        let changed = run(tx, change, ledger::calendar::now()).await?;
        let purse = purses::state(tx, &changed).await?;
        Ok(Reply::ok(&ChallengeBody::new(changed, &book, Some(purse))))
    })
    .await
}

/// A prize, or a part of one, that a team won.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Award)]
pub struct AwardBody {
    #[schema(value_type = String)]
    id: AwardId,
    /// Number of the tier in the rules, from 1.
    prize: i16,
    /// Which prize of the tier, from 1.
    number: i32,
    /// Which part of the prize, from 1; 1 where it is whole.
    part: i16,
    /// The fixed share plan that divided it; null where none did.
    #[schema(value_type = Option<String>)]
    share_plan: Option<SharePlanId>,
    #[schema(value_type = String)]
    submission: SubmissionId,
    #[schema(value_type = String)]
    team: OrganisationId,
    amount: MoneyBody,
    /// Number of the journal entry: one for 500 awards of the challenge.
    entry: i64,
    /// When it was awarded, by the book's clock.
    awarded_at: Timestamp,
}

impl From<Award> for AwardBody {
    fn from(it: Award) -> AwardBody {
        AwardBody {
            id: it.id,
            prize: it.prize,
            number: it.number,
            part: it.part,
            share_plan: it.plan,
            submission: it.submission,
            team: it.team,
            amount: it.amount.into(),
            entry: it.entry,
            awarded_at: it.awarded_at,
        }
    }
}

/// The prizes of a challenge that became payable.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Awarded)]
pub struct AwardedBody {
    challenge: ChallengeBody,
    /// The first 500; the list has all.
    awards: Vec<AwardBody>,
}

/// Makes the prizes payable, 500 awards in a journal entry, once the time for appeals has passed and no appeal is open; the worker does
/// the same. A secret rubric is shown first: the prizes wait for it for 14 days. They wait too for share plans of what won, as long as
/// the rules say (`share_days`): a fixed one divides each prize of its submission; without one they go to its team whole.
/// Asked again, it answers what was awarded.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "What was awarded", body = AwardedBody)))]
#[post("/v1/challenges/{id}/award")]
pub(crate) async fn award(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let (challenge, won) = awarding::award(tx, *id, change, ledger::calendar::now()).await?;
        let purse = purses::state(tx, &challenge).await?;
        let challenge = ChallengeBody::new(challenge, &book, Some(purse));
        Ok(Reply::ok(&AwardedBody { challenge, awards: won.into_iter().map(AwardBody::from).collect() }))
    })
    .await
}

/// Lists what was awarded, by the tiers of the rules.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, by tier, number and part", body = Page<AwardBody>)))]
#[get("/v1/challenges/{id}/award")]
pub(crate) async fn list_awards(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(i16, i32, i16)>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let rows = awards::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| (row.prize, row.number, row.part), AwardBody::from).respond(&http))
}
