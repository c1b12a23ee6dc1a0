//! Changes of a running plan: asked for by the partner, consented to by the donor where they cost more.

use super::pledges::concerned;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::keys;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::engine::store::books::Book;
use ledger::id::{OrganisationId, PlanChangeId, PledgeId};
use ledger::pledging::operations::plan_changes::{self, AskedChange, Attested};
use ledger::pledging::rules::plan_change::{Consent, Outcome, PlanChange, Terms};
use ledger::pledging::rules::pledge::Pledge;
use ledger::pledging::store::plan_changes as changes;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The donor's consent, as the partner attests it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedConsent {
    /// When the donor consented: after the pledge was made, and not later than now, by the book's clock.
    consented_at: Timestamp,
    /// SHA-256 of the terms that the donor was shown, in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    shown_sha256: String,
}

impl AttestedConsent {
    pub(super) fn parse(&self) -> Result<Attested, Problem> {
        let mut shown = [0; 32];
        hex::decode_to_slice(&self.shown_sha256, &mut shown)
            .map_err(|_| Problem::invalid("/consent/shown_sha256", "must be 64 hexadecimal digits"))?;
        Ok(Attested { at: self.consented_at, shown })
    }
}

/// What is to change of a plan: the amount, the interval or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlanRequest {
    /// One payment, in the currency of the pledge; as it is when not given.
    amount: Option<MoneyBody>,
    /// `monthly`, `quarterly` or `yearly`; as it is when not given.
    #[schema(pattern = "^(monthly|quarterly|yearly)$", example = "quarterly")]
    interval: Option<String>,
    /// The donor's consent, if you have it. Without it, a change that needs consent waits for the donor, who is mailed a link.
    consent: Option<AttestedConsent>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

impl ChangePlanRequest {
    fn parse(&self) -> Result<AskedChange, Problem> {
        Ok(AskedChange {
            amount: self.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?,
            interval: self.interval.as_deref().map(|interval| parse("/interval", interval)).transpose()?,
            consent: self.consent.as_ref().map(AttestedConsent::parse).transpose()?,
        })
    }
}

/// What a plan costs, and how often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanTerms)]
pub struct TermsBody {
    /// One payment.
    amount: MoneyBody,
    /// `monthly`, `quarterly` or `yearly`.
    interval: String,
}

impl From<Terms> for TermsBody {
    fn from(it: Terms) -> TermsBody {
        TermsBody { amount: it.amount.into(), interval: it.interval.as_str().to_owned() }
    }
}

/// A change of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanChange)]
pub struct PlanChangeBody {
    #[schema(value_type = String)]
    id: PlanChangeId,
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// `pending` (the donor has not consented yet), `applied`, `replaced` by a later change, `withdrawn` or `lapsed`.
    state: String,
    /// The partner that asked, for the donor.
    #[schema(value_type = String)]
    asked_by: OrganisationId,
    /// When it was asked for, by the book's clock.
    asked_at: Timestamp,
    /// Why; may be empty.
    reason: String,
    /// The terms before.
    from: TermsBody,
    /// The terms after it.
    to: TermsBody,
    /// How the donor consents: `not_needed` (no higher amount, no shorter interval), `attested` by the partner, or by
    /// `link`.
    consent: String,
    /// When the donor consented, by the book's clock; null while nobody has, and when nobody had to.
    consented_at: Option<Timestamp>,
    /// SHA-256 of the terms that the donor was shown; null unless attested.
    shown_sha256: Option<String>,
    /// When the link in the mail to the donor ceases to work, by the book's clock; null when none was needed.
    lapses_at: Option<Timestamp>,
    /// The first due date at the new terms; null unless it is applied.
    #[schema(value_type = Option<String>, format = "date")]
    applies_from: Option<Date>,
    /// When it was applied, replaced or withdrawn, by the book's clock; null otherwise.
    ended_at: Option<Timestamp>,
}

impl PlanChangeBody {
    fn new(it: PlanChange, pledge: &Pledge, book: &Book, wall: Timestamp) -> PlanChangeBody {
        let now = book.now(wall);
        let state = it.state(pledge.state.at(now).is_over(), now);
        let applied = it.end.and_then(|(outcome, at)| match outcome {
            Outcome::Applied { starts_on, .. } => Some((starts_on, at)),
            Outcome::Replaced | Outcome::Withdrawn => None,
        });
        let (consented_at, shown, lapses_at) = match it.consent {
            Consent::NotNeeded => (None, None, None),
            Consent::Attested { at, shown } => (Some(at), Some(hex::encode(shown)), None),
            Consent::Link { until, .. } => (applied.map(|(_, at)| at), None, Some(until)),
        };
        PlanChangeBody {
            id: it.id,
            pledge: it.pledge,
            state: state.as_str().to_owned(),
            asked_by: it.asked_by,
            asked_at: it.asked_at,
            reason: it.reason,
            from: it.from.into(),
            to: it.to.into(),
            consent: it.consent.as_str().to_owned(),
            consented_at,
            shown_sha256: shown,
            lapses_at,
            applies_from: applied.map(|(starts_on, _)| starts_on),
            ended_at: it.end.map(|(_, at)| at),
        }
    }
}

/// Changes amount or interval of a running plan from its next due date on: the first one after today, which stays where it is. From
/// there the new interval counts, on the same day of the month; the number of payments stays.
///
/// A higher amount or a shorter interval needs the donor's consent, whatever else changes with it. Attest it in `consent`, or leave
/// it out: then a link is mailed to the donor, which works for 14 days, and nothing changes before the donor agrees to it. Less,
/// or less often, needs none and is applied at once. A change that is asked for while another one waits takes its place. The
/// donor is told by mail before the first charge at the new terms.
///
/// No change moves what is due already: a payment that is being tried, or was declined and is tried again on days 1, 3 and 7,
/// keeps its amount. The plan of a paused pledge, and of one that needs action, changes from the first due date after the
/// change at which it is charged again; a lapsed one is resumed first, and in place of one that is over a new one is placed.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = ChangePlanRequest,
    responses((status = 201, description = "Applied, or pending until the donor consents", body = PlanChangeBody)))]
#[post("/v1/pledges/{id}:change")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<ChangePlanRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = request.body.parse()?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    let secret = keys::secret();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        let pledge = concerned(tx, &caller, &book, *id).await?;
        let (wall, by) = (ledger::calendar::now(), Change { version: None, actor: actor(&caller), reason: &reason });
        let asked = plan_changes::ask(tx, *id, asked, &secret, by, wall).await?;
        Ok(Reply::created(&PlanChangeBody::new(asked, &pledge, &book, wall)))
    })
    .await
}

/// Lists the changes of a pledge's plan: who asked for what and when, how the donor consented, and what came of it.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PlanChangeBody>)))]
#[get("/v1/pledges/{id}/changes")]
pub(crate) async fn list_changes(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let pledge = concerned(&client, &caller, &book, *id).await?;
    let rows = changes::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let wall = ledger::calendar::now();
    let page = window.page(rows, |row| row.id.object, |row| PlanChangeBody::new(row, &pledge, &book, wall));
    Ok(page.respond(&http))
}

/// Why a change is taken back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WithdrawChangeRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Takes back a change that waits for the donor: its link works no more. One that was replaced, has lapsed or was withdrawn before
/// stays as it is.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The change")),
    request_body = WithdrawChangeRequest,
    responses((status = 200, description = "Withdrawn, or over before", body = PlanChangeBody)))]
#[post("/v1/plan-changes/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<PlanChangeId>,
    request: Keyed<WithdrawChangeRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "change of a plan").await?;
        let pledge = changes::get(tx, *id).await?.pledge;
        let pledge = concerned(tx, &caller, &book, pledge).await?;
        let (wall, by) = (ledger::calendar::now(), Change { version: None, actor: actor(&caller), reason: &reason });
        let withdrawn = plan_changes::withdraw(tx, *id, by, wall).await?;
        Ok(Reply::ok(&PlanChangeBody::new(withdrawn, &pledge, &book, wall)))
    })
    .await
}
