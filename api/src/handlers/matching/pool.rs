//! Contributions of sponsors to the pool of a matching round, brought by partners or by the host itself. A partner sees its own.

use crate::auth::{Caller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, custodian};
use crate::wire::{BalanceBody, MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::evidence::Digest;
use ledger::id::{MatchingRoundId, OrganisationId, PoolContributionId, SettlementId};
use ledger::matching::operations::pool as operations;
use ledger::matching::rules::round::{PoolContribution, PoolContributionState};
use ledger::matching::store::contributions;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a sponsor gave, and the one who reports it has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPoolContribution {
    /// The organisation that gives it.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    sponsor: String,
    /// What the partner or the host calls it; unique for each of them.
    #[schema(min_length = 1, max_length = 200, example = "grant-2031-04")]
    reference: String,
    /// How the payment is named where it was made; unique for each of them.
    #[schema(min_length = 1, max_length = 200, example = "wire-4711")]
    provider_reference: String,
    /// How much, in the currency of the round.
    amount: MoneyBody,
    /// SHA-256 of the terms that the sponsor agrees to.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    terms_sha256: String,
}

/// What a sponsor gave to a pool.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PoolContribution)]
pub struct PoolContributionBody {
    #[schema(value_type = String)]
    id: PoolContributionId,
    #[schema(value_type = String)]
    round: MatchingRoundId,
    #[schema(value_type = String)]
    sponsor: OrganisationId,
    /// The custodian: who brought it.
    #[schema(value_type = String)]
    partner: OrganisationId,
    reference: String,
    provider_reference: String,
    amount: MoneyBody,
    /// Gone back to the sponsor, of what the round did not use.
    returned: BalanceBody,
    /// `captured`, `settled` or `returned`.
    #[schema(value_type = String)]
    state: PoolContributionState,
    /// Day of the capture in the book's zone.
    #[schema(value_type = String, format = "date")]
    captured_on: Date,
    /// With which it arrives as cash.
    #[schema(value_type = String)]
    settlement: SettlementId,
    /// Number of the journal entry of the capture.
    entry: i64,
    /// When it was brought, by the book's clock.
    created_at: Timestamp,
}

impl From<PoolContribution> for PoolContributionBody {
    fn from(it: PoolContribution) -> PoolContributionBody {
        PoolContributionBody {
            id: it.id,
            round: it.round,
            sponsor: it.sponsor,
            partner: it.partner,
            reference: it.reference,
            provider_reference: it.provider_reference,
            returned: BalanceBody::new(it.returned, it.amount.currency()),
            amount: it.amount.into(),
            state: it.state,
            captured_on: it.captured_on,
            settlement: it.settlement,
            entry: it.entry,
            created_at: it.created_at,
        }
    }
}

/// Reports what a sponsor gave to the pool of an open round. It agrees to the terms by their SHA-256.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = NewPoolContribution,
    responses((status = 201, description = "It stands in the pool", body = PoolContributionBody),
              (status = 200, description = "It was reported before, just so", body = PoolContributionBody)))]
#[post("/v1/matching-rounds/{id}/contributions")]
pub(crate) async fn contribute(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<NewPoolContribution>,
) -> Result<HttpResponse, Problem> {
    let body = &request.body;
    let sponsor: OrganisationId = parse("/sponsor", &body.sponsor)?;
    let terms: Digest = parse("/terms_sha256", &body.terms_sha256)?;
    let reference = bounded("/reference", &body.reference, text::REFERENCE)?;
    let provider_reference = bounded("/provider_reference", &body.provider_reference, text::REFERENCE)?;
    let amount = body.amount.parse("/amount")?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "matching round").await?;
        let new = operations::NewContribution {
            round: *id,
            sponsor,
            partner: custodian(tx, &caller, &book, "matching round").await?,
            reference: reference.clone(),
            provider_reference: provider_reference.clone(),
            amount,
            terms,
        };
        let (made, was_known) = operations::contribute(tx, new, actor(&caller), ledger::calendar::now()).await?;
        let body = PoolContributionBody::from(made);
        Ok(if was_known { Reply::ok(&body) } else { Reply::created(&body) })
    })
    .await
}

/// Lists what sponsors gave to a pool; a partner sees what it brought.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PoolContributionBody>)))]
#[get("/v1/matching-rounds/{id}/contributions")]
pub(crate) async fn list_contributions(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "matching round").await?;
    let custodian = custodian(&client, &caller, &book, "matching round").await?;
    let of = match &caller.who {
        Who::Partner(_) => Some(custodian),
        Who::Person(_) => None,
    };
    let rows = contributions::list(&client, *id, of, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, PoolContributionBody::from).respond(&http))
}
