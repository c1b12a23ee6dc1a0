//! Entries of teams to a challenge, and their fees.

use super::challenge_body::challenge_of;
use super::purses::{CapturePaymentRequest, custodian};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent, or_kept};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::who_may::ANY_ROLE;
use crate::wire::{BalanceBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::submissions as operations;
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::entering::Answer;
use ledger::challenges::rules::entrant::{Entrant, WithdrawnBy};
use ledger::challenges::rules::purse::FeeState;
use ledger::challenges::store::{challenges, consents, entrants};
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use ledger::parties::rules::role::Role;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A team that enters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// The organisation that enters.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) team: String,
    /// SHA-256 of the rules that the team agrees to.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub(crate) rules_sha256: String,
    /// The partner platform that takes the fee; the host takes it when this is not given.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) collector: Option<String>,
    /// What the team answers to the questions of the rules, each once.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(crate) answers: Vec<NewAnswer>,
}

/// What a team answers to a question of the rules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// Name of the question.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "adult")]
    pub(crate) question: String,
    /// Where the rules ask so `yes` or `no`, else a text.
    #[schema(min_length = 1, max_length = 1000, example = "yes")]
    pub(crate) answer: String,
}

/// What a team answered to a question of the rules.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryAnswer)]
pub struct AnswerBody {
    question: String,
    answer: String,
}

/// The entry of a team to a challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChallengeEntry)]
pub struct EntryBody {
    #[schema(value_type = String)]
    id: EntrantId,
    #[schema(value_type = String)]
    challenge: ChallengeId,
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Who agreed to the rules for it.
    #[schema(value_type = String)]
    entered_by: PersonId,
    /// The partner platform that takes the fee; null when the host takes it.
    #[schema(value_type = Option<String>)]
    collector: Option<OrganisationId>,
    rules_version: i32,
    #[schema(value_type = String)]
    rules_sha256: Digest,
    fee: BalanceBody,
    /// `free`, `due`, `captured`, `settled`, `closed`: it went where the rules say, or `returned` with the entry.
    #[schema(value_type = String)]
    fee_state: FeeState,
    /// `entered` or `withdrawn`.
    state: String,
    /// Whether the team has agreed to the rules in force.
    agrees: bool,
    /// `team`, which did not agree to rules that were changed, or `silence`; null while the entry stands.
    #[schema(value_type = Option<String>)]
    withdrawn_by: Option<WithdrawnBy>,
    /// When the entry was withdrawn, by the book's clock; null while it stands.
    withdrawn_at: Option<Timestamp>,
    /// What the team answered, for itself and the people of the host; left out for others and in answers about something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<AnswerBody>>,
    /// When the team entered, by the book's clock.
    entered_at: Timestamp,
}

impl EntryBody {
    pub(super) fn new(it: Entrant, of: &Challenge, answers: Option<Vec<Answer>>) -> EntryBody {
        let answer = |Answer { question, answer }| AnswerBody { question, answer };
        EntryBody {
            id: it.id,
            challenge: it.challenge,
            team: it.team,
            entered_by: it.entered_by,
            collector: it.collector,
            rules_version: it.rules_version,
            rules_sha256: it.rules,
            fee: BalanceBody::new(it.fee, of.purse.currency()),
            fee_state: it.fee_state,
            state: if it.withdrawn.is_some() { "withdrawn" } else { "entered" }.to_owned(),
            agrees: it.rules_version == of.rules_version,
            withdrawn_by: it.withdrawn.map(|withdrawn| withdrawn.by),
            withdrawn_at: it.withdrawn.map(|withdrawn| withdrawn.at),
            answers: answers.map(|answers| answers.into_iter().map(answer).collect()),
            entered_at: it.entered_at,
        }
    }
}

/// What somebody is to the work in a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insight {
    /// Of the host, or an operator: sees all of it.
    Host,
    /// Of a team that has entered: sees what was handed in, and its own.
    Entrant,
}

/// Refuses whoever is neither of the host nor of a team that has entered.
pub(super) async fn insight(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    challenge: &Challenge,
) -> Result<Insight, Error> {
    let person = caller.person()?;
    if person.is_operator || caller.has_role(client, book.organisation, ANY_ROLE).await? {
        return Ok(Insight::Host);
    }
    if entrants::includes(client, challenge.id, person.id).await? {
        return Ok(Insight::Entrant);
    }
    Err(Error::NotFound("challenge"))
}

/// Whether somebody sees no teams: a challenge is judged blind, its ranking is not provisional yet, and they judge for the host.
pub(crate) async fn is_blind(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    challenge: &Challenge,
) -> Result<bool, Error> {
    Ok(challenge.hides_teams() && caller.has_role(client, book.organisation, &[Role::Judge]).await?)
}

/// Enters a team. A member of it agrees to the rules by their SHA-256, and answers what they ask; a fee is due before work is handed in.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The challenge")), request_body = NewEntry,
    responses((status = 201, description = "Entered", body = EntryBody)))]
#[post("/v1/challenges/{id}/entries")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewEntry>,
) -> Result<HttpResponse, Problem> {
    enter_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Enters a team, once for its key: that of a request, or of a form.
pub(crate) async fn enter_once(
    state: &State,
    caller: &Caller,
    id: ChallengeId,
    key: &IdempotencyKey,
    entry: &NewEntry,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/team", &entry.team)?;
    let rules: Digest = parse("/rules_sha256", &entry.rules_sha256)?;
    let collector = entry.collector.as_deref();
    let collector: Option<OrganisationId> = collector.map(|id| parse("/collector", id)).transpose()?;
    let answers = entry.answers.iter();
    let answers = answers.map(|it| Answer { question: it.question.clone(), answer: it.answer.clone() }).collect();
    let new = operations::NewEntry { challenge: id, team, rules, collector, answers };
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, challenge) = challenge_of(tx, id).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge"));
        }
        let entered = operations::enter(tx, new.clone(), by, ledger::calendar::now()).await?;
        let answers = consents::answers(tx, id.book, &[entered.id]).await?.remove(&entered.id).unwrap_or_default();
        Ok(Reply::created(&EntryBody::new(entered, &challenge, Some(answers))))
    })
    .await
}

/// Lists the entries, for people of the host and of teams that have entered; to those of the host with what the teams answered. Who judges
/// blind sees them when the ranking is provisional.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<EntryBody>)))]
#[get("/v1/challenges/{id}/entries")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    let insight = insight(&client, &caller, &book, &challenge).await?;
    if is_blind(&client, &caller, &book, &challenge).await? {
        return Err(Error::Forbidden("the challenge is judged blind: judges see its teams with the ranking").into());
    }
    let rows = entrants::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let ids: Vec<EntrantId> = rows.iter().map(|row| row.id).collect();
    let answers = consents::answers(&client, id.book, &ids).await?;
    let body = |row: Entrant| {
        let answers = answers.get(&row.id).cloned().unwrap_or_default();
        EntryBody::new(row, &challenge, (insight == Insight::Host).then_some(answers))
    };
    Ok(window.page(rows, |row| row.id.object, body).respond(&http))
}

/// Reports that the fee of an entry is there: by the partner that the team named as its collector, or by the host's treasurer. While the book is frozen, the
/// report is kept; it is captured after the release, as of the day of the report.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The entry")),
    request_body = CapturePaymentRequest,
    responses((status = 200, description = "Captured", body = EntryBody),
        (status = 202, description = "Kept until the book is released", body = EntryBody)))]
#[post("/v1/entrants/{id}:capture-fee")]
pub(crate) async fn capture_fee(
    state: Data<State>,
    caller: Caller,
    id: Path<EntrantId>,
    request: Keyed<CapturePaymentRequest>,
) -> Result<HttpResponse, Problem> {
    let paid = bounded("/provider_reference", &request.body.provider_reference, text::REFERENCE)?;
    let scope = Scope::Book(id.book);
    let captured = idempotent(&state, &request.key, scope, caller.id(), async |tx| {
        let book = book_of(tx, id.book, "entry").await?;
        let custodian = custodian(tx, &caller, &book, "entry").await?;
        let captured =
            operations::capture_fee(tx, *id, custodian, &paid, actor(&caller), None, ledger::calendar::now()).await?;
        let challenge = challenges::get(tx, captured.challenge).await?;
        Ok(Reply::ok(&EntryBody::new(captured, &challenge, None)))
    })
    .await;
    or_kept(captured, &state, &request.key, scope, caller.id(), async |tx| {
        let book = book_of(tx, id.book, "entry").await?;
        let custodian = custodian(tx, &caller, &book, "entry").await?;
        let kept = operations::keep_report(tx, *id, custodian, &paid, actor(&caller), ledger::calendar::now()).await?;
        let challenge = challenges::get(tx, kept.challenge).await?;
        Ok(Reply::accepted(&EntryBody::new(kept, &challenge, None)))
    })
    .await
}
