//! Contributions of sponsors to the purse of a challenge, brought by partners or by the host itself. A partner sees its own.

use crate::auth::{Caller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent, or_kept};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
pub(super) use crate::visibility::custodian;
use crate::visibility::{actor, book_of};
use crate::wire::{BalanceBody, MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::challenges::operations::purses as operations;
use ledger::challenges::rules::purse::{Contribution, ContributionState};
use ledger::challenges::store::contributions;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, OrganisationId, PurseContributionId, SettlementId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a sponsor gives.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPurseContribution {
    /// The organisation that gives it.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    sponsor: String,
    /// What the partner or the host calls it; unique for each of them.
    #[schema(min_length = 1, max_length = 200, example = "grant-2027-04")]
    reference: String,
    /// How much, at most what the purse still wants.
    amount: MoneyBody,
    /// SHA-256 of the rules that the sponsor agrees to.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    rules_sha256: String,
    /// How the payment is named where it was made, when the money is there already; it is captured at once.
    #[schema(min_length = 1, max_length = 200)]
    provider_reference: Option<String>,
}

/// That a custodian has the money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapturePaymentRequest {
    /// How the payment is named where it was made.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) provider_reference: String,
}

/// What a sponsor gave for a purse.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PurseContribution)]
pub struct PurseContributionBody {
    #[schema(value_type = String)]
    id: PurseContributionId,
    #[schema(value_type = String)]
    challenge: ChallengeId,
    #[schema(value_type = String)]
    sponsor: OrganisationId,
    /// The custodian: who brought it.
    #[schema(value_type = String)]
    partner: OrganisationId,
    reference: String,
    amount: MoneyBody,
    /// Gone back to the sponsor.
    returned: BalanceBody,
    /// Gone on to another challenge, as nobody had won it.
    rolled_over: BalanceBody,
    /// The contribution of which it is what nobody won; null when it was given for this challenge.
    #[schema(value_type = Option<String>)]
    rolled_from: Option<PurseContributionId>,
    rules_version: i32,
    #[schema(value_type = String)]
    rules_sha256: Digest,
    /// Whether the sponsor agreed to these rules; not where money rolled over.
    agreed: bool,
    /// `pledged`, `captured`, `settled` or `returned`.
    #[schema(value_type = String)]
    state: ContributionState,
    /// Null before the capture.
    provider_reference: Option<String>,
    /// Day of the capture in the book's zone; null before.
    #[schema(value_type = Option<String>, format = Date)]
    captured_on: Option<Date>,
    /// With which it arrives as cash; null before the capture.
    #[schema(value_type = Option<String>)]
    settlement: Option<SettlementId>,
    /// Number of the journal entry of the capture; null before.
    entry: Option<i64>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl From<Contribution> for PurseContributionBody {
    fn from(it: Contribution) -> PurseContributionBody {
        let paid = it.capture.as_ref();
        PurseContributionBody {
            id: it.id,
            challenge: it.challenge,
            sponsor: it.sponsor,
            partner: it.partner,
            amount: it.amount.into(),
            returned: BalanceBody::new(it.returned, it.amount.currency()),
            rolled_over: BalanceBody::new(it.rolled, it.amount.currency()),
            rolled_from: it.rolled_from,
            agreed: it.is_agreed,
            rules_version: it.rules_version,
            rules_sha256: it.rules,
            state: it.state,
            captured_on: paid.map(|paid| paid.on),
            settlement: paid.map(|paid| paid.settlement),
            entry: paid.map(|paid| paid.entry),
            provider_reference: it.capture.map(|paid| paid.provider_reference),
            reference: it.reference,
            created_at: it.created_at,
        }
    }
}

/// Brings a sponsor's contribution. It agrees to the rules by their SHA-256.
#[utoipa::path(tag = "purses", params(("id" = String, Path, description = "The challenge")),
    request_body = NewPurseContribution,
    responses((status = 201, description = "Pledged, or captured", body = PurseContributionBody),
              (status = 200, description = "It was brought before, just so", body = PurseContributionBody)))]
#[post("/v1/challenges/{id}/contributions")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewPurseContribution>,
) -> Result<HttpResponse, Problem> {
    let body = &request.body;
    let sponsor: OrganisationId = parse("/sponsor", &body.sponsor)?;
    let rules: Digest = parse("/rules_sha256", &body.rules_sha256)?;
    let reference = bounded("/reference", &body.reference, text::REFERENCE)?;
    let amount = body.amount.parse("/amount")?;
    let paid = body.provider_reference.as_deref();
    let paid = paid.map(|paid| bounded("/provider_reference", paid, text::REFERENCE)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        let new = operations::NewContribution {
            challenge: *id,
            sponsor,
            partner: custodian(tx, &caller, &book, "challenge").await?,
            reference: reference.clone(),
            amount,
            rules,
            provider_reference: paid.clone(),
        };
        let made = operations::contribute(tx, new, actor(&caller), ledger::calendar::now()).await?;
        let body = PurseContributionBody::from(made.contribution);
        Ok(if made.was_known { Reply::ok(&body) } else { Reply::created(&body) })
    })
    .await
}

/// Lists what sponsors gave; a partner sees what it brought.
#[utoipa::path(tag = "purses", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PurseContributionBody>)))]
#[get("/v1/challenges/{id}/contributions")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "challenge").await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let custodian = custodian(&client, &caller, &book, "challenge").await?;
    let rows = match &caller.who {
        Who::Partner(_) => contributions::list_of_partner(&client, *id, custodian, after, limit).await?,
        Who::Person(_) => contributions::list(&client, *id, after, limit).await?,
    };
    Ok(window.page(rows, |row| row.id.object, PurseContributionBody::from).respond(&http))
}

/// Reports that the money of a contribution is there. Reported again by the same payment, it changes nothing. While the book is
/// frozen, the report is kept; it is captured after the release, as of the day of the report.
#[utoipa::path(tag = "purses", params(("id" = String, Path, description = "The contribution")),
    request_body = CapturePaymentRequest,
    responses((status = 200, description = "Captured", body = PurseContributionBody),
        (status = 202, description = "Kept until the book is released", body = PurseContributionBody)))]
#[post("/v1/purse-contributions/{id}:capture")]
pub(crate) async fn capture(
    state: Data<State>,
    caller: Caller,
    id: Path<PurseContributionId>,
    request: Keyed<CapturePaymentRequest>,
) -> Result<HttpResponse, Problem> {
    let paid = bounded("/provider_reference", &request.body.provider_reference, text::REFERENCE)?;
    let scope = Scope::Book(id.book);
    let captured = idempotent(&state, &request.key, scope, caller.id(), async |tx| {
        let book = book_of(tx, id.book, "contribution").await?;
        let custodian = custodian(tx, &caller, &book, "contribution").await?;
        if contributions::get(tx, *id).await?.partner != custodian {
            return Err(Error::NotFound("contribution"));
        }
        let captured =
            operations::capture(tx, *id, paid.clone(), actor(&caller), None, ledger::calendar::now()).await?;
        Ok(Reply::ok(&PurseContributionBody::from(captured)))
    })
    .await;
    or_kept(captured, &state, &request.key, scope, caller.id(), async |tx| {
        let kept = operations::keep_report(tx, *id, paid.clone(), actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::accepted(&PurseContributionBody::from(kept)))
    })
    .await
}
