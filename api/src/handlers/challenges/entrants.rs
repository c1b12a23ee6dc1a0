//! Entries of teams to a challenge, and their fees.

use super::challenge_body::challenge_of;
use super::purses::{CapturePaymentRequest, custodian};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent, or_kept};
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
use ledger::challenges::rules::entrant::Entrant;
use ledger::challenges::rules::purse::FeeState;
use ledger::challenges::store::{challenges, entrants};
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use ledger::money::Currency;
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
    team: String,
    /// SHA-256 of the rules that the team agrees to.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    rules_sha256: String,
    /// The partner platform that takes the fee; the host takes it when this is not given.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    collector: Option<String>,
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
    /// `free`, `due`, `captured`, `settled`, or `closed`: it went where the rules say.
    #[schema(value_type = String)]
    fee_state: FeeState,
    /// When the team entered, by the book's clock.
    entered_at: Timestamp,
}

impl EntryBody {
    fn new(it: Entrant, currency: Currency) -> EntryBody {
        EntryBody {
            id: it.id,
            challenge: it.challenge,
            team: it.team,
            entered_by: it.entered_by,
            collector: it.collector,
            rules_version: it.rules_version,
            rules_sha256: it.rules,
            fee: BalanceBody::new(it.fee, currency),
            fee_state: it.fee_state,
            entered_at: it.entered_at,
        }
    }
}

/// What somebody is to the work in a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insight {
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

/// Enters a team. A member of it agrees to the rules by their SHA-256; a fee is due before work is handed in.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The challenge")), request_body = NewEntry,
    responses((status = 201, description = "Entered", body = EntryBody)))]
#[post("/v1/challenges/{id}/entries")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewEntry>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/team", &request.body.team)?;
    let rules: Digest = parse("/rules_sha256", &request.body.rules_sha256)?;
    let collector = request.body.collector.as_deref();
    let collector: Option<OrganisationId> = collector.map(|id| parse("/collector", id)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, challenge) = challenge_of(tx, *id).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge"));
        }
        let entered = operations::enter(tx, *id, team, rules, collector, by, Timestamp::now()).await?;
        Ok(Reply::created(&EntryBody::new(entered, challenge.purse.currency())))
    })
    .await
}

/// Lists the entries, for people of the host and of teams that have entered.
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
    insight(&client, &caller, &book, &challenge).await?;
    let rows = entrants::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let currency = challenge.purse.currency();
    Ok(window.page(rows, |row| row.id.object, |row| EntryBody::new(row, currency)).respond(&http))
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
            operations::capture_fee(tx, *id, custodian, &paid, actor(&caller), None, Timestamp::now()).await?;
        let currency = challenges::get(tx, captured.challenge).await?.purse.currency();
        Ok(Reply::ok(&EntryBody::new(captured, currency)))
    })
    .await;
    or_kept(captured, &state, &request.key, scope, caller.id(), async |tx| {
        let book = book_of(tx, id.book, "entry").await?;
        let custodian = custodian(tx, &caller, &book, "entry").await?;
        let kept = operations::keep_report(tx, *id, custodian, &paid, actor(&caller), Timestamp::now()).await?;
        let currency = challenges::get(tx, kept.challenge).await?.purse.currency();
        Ok(Reply::accepted(&EntryBody::new(kept, currency)))
    })
    .await
}
