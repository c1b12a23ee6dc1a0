//! Plans that move to another partner or rail: asked for by the host or the new partner, consented to by the donor, and done once
//! the old mandate has ended.

use super::payers::{Payer, Tries};
use super::plan_changes::AttestedConsent;
use super::pledges::{collected, require_offered_rail};
use crate::auth::{Caller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::keys;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, require_admitted};
use crate::wire::{bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{OrganisationId, PlanMoveId, PledgeId};
use ledger::pledging::operations::moving::asking::{self, AskedMove};
use ledger::pledging::operations::moving::steps::{self, Confirmed};
use ledger::pledging::rules::plan_change::Consent;
use ledger::pledging::rules::plan_move::{Collector, EndedBy, MoveState, PlanMove};
use ledger::pledging::rules::pledge::{Rail, Token};
use ledger::pledging::store::{plan_moves, pledges};
use ledger::service::change::Change;
use ledger::text;
use ledger::treasury::rules::settlement::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a plan is to move: to another partner, another rail, or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePledgeRequest {
    /// The partner platform that collects it from then on, which the book has admitted. A partner that asks moves it to itself; the one
    /// that it has when the host leaves it out.
    #[schema(min_length = 36, max_length = 36, pattern = "^org_[a-z2-7]{32}$")]
    to_partner: Option<String>,
    /// `sandbox`, `partner` or `stripe`; as it is when not given.
    #[schema(pattern = "^(sandbox|partner|stripe)$", example = "sandbox")]
    rail: Option<String>,
    /// `card`, `debit` or `transfer`; as it is when not given.
    #[schema(pattern = "^(card|debit|transfer)$")]
    method: Option<String>,
    /// The means of payment with the new provider; needed for a rail on which the pledge is not yet, but for `partner`.
    #[schema(min_length = 1, max_length = 200, example = "sandbox_ok")]
    token: Option<String>,
    /// What the new partner calls the pledge; its id when not given, and as it is when the partner stays.
    #[schema(min_length = 1, max_length = 200)]
    reference: Option<String>,
    /// The donor's consent, if the new partner has it. Without it, the donor is mailed a link.
    consent: Option<AttestedConsent>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

impl MovePledgeRequest {
    fn parse(&self) -> Result<AskedMove, Problem> {
        let line = |pointer: &str, text: &String| bounded(pointer, text, text::REFERENCE);
        Ok(AskedMove {
            to_partner: self.to_partner.as_deref().map(|id| parse("/to_partner", id)).transpose()?,
            rail: self.rail.as_deref().map(|rail| parse("/rail", rail)).transpose()?,
            method: self.method.as_deref().map(|method| parse("/method", method)).transpose()?,
            token: self.token.as_ref().map(|token| line("/token", token)).transpose()?.map(Token),
            reference: self.reference.as_ref().map(|reference| line("/reference", reference)).transpose()?,
            consent: self.consent.as_ref().map(AttestedConsent::parse).transpose()?,
        })
    }
}

/// Who collects a plan, and how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Collector)]
pub struct CollectorBody {
    /// The partner platform.
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// `sandbox`, `partner` or `stripe`.
    #[schema(value_type = String)]
    rail: Rail,
    /// `card`, `debit` or `transfer`.
    #[schema(value_type = String)]
    method: Method,
}

impl From<Collector> for CollectorBody {
    fn from(Collector { partner, rail, method }: Collector) -> CollectorBody {
        CollectorBody { partner, rail, method }
    }
}

/// A move of a plan to another partner or rail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanMove)]
pub struct PlanMoveBody {
    #[schema(value_type = String)]
    id: PlanMoveId,
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// `asked`: it waits for the donor; `consented`: it waits until the old partner, or the host when that is gone, confirms that the old
    /// mandate has ended; `active`: it is collected in the new way; `declined`; `expired`: nobody answered in time, or the pledge ended.
    #[schema(value_type = String)]
    state: MoveState,
    /// The organisation that asked: the host, or the new partner.
    #[schema(value_type = String)]
    asked_by: OrganisationId,
    /// When it was asked for, by the book's clock.
    asked_at: Timestamp,
    /// Why; may be empty.
    reason: String,
    /// Who collects the plan until then.
    from: CollectorBody,
    /// Who collects it from then on.
    to: CollectorBody,
    /// How the donor consents: `attested` by the new partner, or by `link`.
    consent: String,
    /// When the donor consented, by the book's clock; null before.
    consented_at: Option<Timestamp>,
    /// SHA-256 of the text that the donor agreed to; null unless attested.
    shown_sha256: Option<String>,
    /// When it expires, by the book's clock; null when it does not wait.
    until: Option<Timestamp>,
    /// Since when it stands so, by the book's clock.
    since: Timestamp,
    /// Who said that the old mandate has ended: the old `partner`, the `host`, or the `service`, whose plan it was; null before.
    #[schema(value_type = Option<String>)]
    ended_by: Option<EndedBy>,
    /// How the old partner names what it ended, or why the host says so; may be empty.
    ended_note: String,
    /// The due date that is collected first in the new way; null unless it is active, and while the plan rests.
    #[schema(value_type = Option<String>, format = "date")]
    first_on: Option<Date>,
}

impl PlanMoveBody {
    /// As it stands now. `pledge_is_over`: nothing is collected of it any more.
    fn new(it: PlanMove, pledge_is_over: bool, now: Timestamp) -> PlanMoveBody {
        let state = it.state_at(pledge_is_over, now);
        let is_written = state == it.state;
        let (ended_by, ended_note) = it.ended.unzip();
        PlanMoveBody {
            id: it.id,
            pledge: it.pledge,
            state,
            asked_by: it.asked_by,
            asked_at: it.asked_at,
            reason: it.reason,
            from: it.from.into(),
            to: it.to.into(),
            consent: it.consent.as_str().to_owned(),
            consented_at: it.consented_at,
            shown_sha256: match it.consent {
                Consent::Attested { shown, .. } => Some(hex::encode(shown)),
                Consent::Link { .. } | Consent::NotNeeded => None,
            },
            since: it.until.filter(|until| !is_written && *until <= now).unwrap_or(it.since),
            until: it.until.filter(|_| is_written),
            ended_by,
            ended_note: ended_note.unwrap_or_default(),
            first_on: it.first_on,
        }
    }

    async fn shown(client: &impl GenericClient, it: PlanMove, book: &Book) -> Result<PlanMoveBody, Error> {
        let now = book.now(ledger::calendar::now());
        let pledge = pledges::get(client, it.pledge).await?;
        Ok(PlanMoveBody::new(it, pledge.state.at(now).is_over(), now))
    }
}

/// The organisation that speaks: the partner that calls, which the book has admitted, or the host for its own people.
async fn speaker(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    what: &'static str,
) -> Result<OrganisationId, Error> {
    match &caller.who {
        Who::Partner(partner) => {
            require_admitted(client, partner, book, what).await?;
            Ok(partner.organisation)
        }
        Who::Person(_) => {
            caller.require_role(client, book.organisation, what).await?;
            Ok(book.organisation)
        }
    }
}

/// Moves a pledge's plan to another partner platform or another rail, for the host of its book or for the new partner. The donor
/// consents: by a link in a mail, which works for 14 days, or where the new partner shows them who collects from then on, what, when
/// first, and that the old mandate ends; it attests that in `consent`. Then the old mandate ends. What the service drives itself (`sandbox`,
/// `stripe`) ends with the consent, unless another partner attests it, which the old one or the book's owner confirms; of what a partner
/// drives, that partner confirms it (`POST /v1/plan-moves/{id}:confirm-ended`), or the book's owner when the partner is withdrawn,
/// within 30 days. From the next due date on the plan is collected in the new way.
///
/// Until then all stays as it is: due dates are collected in the old way, or wait as they did. A due date is charged once over both. What
/// was begun in the old way ends there, with its refunds and chargebacks; what was declined there is not tried again. A pledge that needs
/// action for its collector or its means, or has lapsed, goes on; a paused one stays paused. A pledge can be paused, redirected and
/// cancelled meanwhile; its terms stay from the consent on.
#[utoipa::path(tag = "pledges", operation_id = "move_plan_of",
    params(("id" = String, Path, description = "The pledge")), request_body = MovePledgeRequest,
    responses((status = 201, description = "Asked for, or as far as the consent goes", body = PlanMoveBody)))]
#[post("/v1/pledges/{id}:move")]
pub(crate) async fn move_plan(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<MovePledgeRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = request.body.parse()?;
    if let Some(rail) = asked.rail {
        require_offered_rail(&state, rail)?;
    }
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    if caller.partner().is_some() && asked.token.is_some() {
        let client = state.client().await?;
        let book = book_of(&client, id.book, "pledge").await?;
        speaker(&client, &caller, &book, "pledge").await?;
        drop(client);
        let tries = Tries::of(&state, &caller, &book)?;
        tries.require(&request.key, tries.subjects(&Payer::default(), Some(*id))).await?;
    }
    let secret = keys::secret();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        let by = speaker(tx, &caller, &book, "pledge").await?;
        let asked = spoken(&caller, by, asked.clone())?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let made = asking::ask(tx, *id, asked, by, &secret, change, ledger::calendar::now()).await?;
        Ok(Reply::created(&PlanMoveBody::shown(tx, made, &book).await?))
    })
    .await
}

/// A partner speaks for itself: it moves a plan to itself, and attests what it has shown. The host attests nothing.
fn spoken(caller: &Caller, by: OrganisationId, asked: AskedMove) -> Result<AskedMove, Error> {
    match caller.who {
        Who::Partner(_) if asked.to_partner.is_some_and(|to| to != by) => {
            Err(Error::invalid("/to_partner", "a partner moves a plan to itself"))
        }
        Who::Partner(_) => Ok(AskedMove { to_partner: Some(by), ..asked }),
        Who::Person(_) if asked.consent.is_some() => {
            Err(Error::invalid("/consent", "the new partner attests it; without it, the donor is mailed a link"))
        }
        Who::Person(_) => Ok(asked),
    }
}

/// Lists the moves of a pledge's plan. A partner sees those from it and to it.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PlanMoveBody>)))]
#[get("/v1/pledges/{id}/moves")]
pub(crate) async fn list_moves(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let pledge = collected(&client, &caller, &book, *id).await?;
    let now = book.now(ledger::calendar::now());
    let is_over = pledge.state.at(now).is_over();
    let only = caller.partner().map(|partner| partner.organisation);
    let rows = plan_moves::list(&client, *id, only, window.after.unwrap_or_default(), window.fetch()).await?;
    let page = window.page(rows, |row| row.id.object, |row| PlanMoveBody::new(row, is_over, now));
    Ok(page.respond(&http))
}

/// The move, for the host's people and for both partners.
async fn of_caller(
    client: &impl GenericClient,
    caller: &Caller,
    id: PlanMoveId,
) -> Result<(Book, PlanMove, OrganisationId), Error> {
    let book = book_of(client, id.book, "move of a plan").await?;
    let by = speaker(client, caller, &book, "move of a plan").await?;
    let found = plan_moves::get(client, id).await?;
    let is_of = caller.partner().is_none() || [found.from.partner, found.to.partner].contains(&by);
    if is_of { Ok((book, found, by)) } else { Err(Error::NotFound("move of a plan")) }
}

/// Shows a move of a plan, to the host and to both partners.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The move")),
    responses((status = 200, description = "How it stands", body = PlanMoveBody)))]
#[get("/v1/plan-moves/{id}")]
pub(crate) async fn show_move(
    state: Data<State>,
    caller: Caller,
    id: Path<PlanMoveId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, found, _) = of_caller(&client, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(PlanMoveBody::shown(&client, found, &book).await?))
}

/// What shows that an old mandate has ended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConfirmEndedRequest {
    /// Of the old partner: how it names what it ended.
    #[schema(min_length = 1, max_length = 200, example = "mandate-8812")]
    reference: Option<String>,
    /// Of the host, whose partner is gone: why it counts as ended; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: Option<String>,
}

/// Confirms that the old mandate has ended, which its donor wanted: from the next due date on the plan is collected in the new way. The old
/// partner says so, with a `reference`; the book's owner, with a `reason`, when that partner is withdrawn or admitted no more. What comes
/// of the old mandate afterwards is reported as money that no due date explains.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The move")),
    request_body = ConfirmEndedRequest,
    responses((status = 200, description = "Active, now or before", body = PlanMoveBody)))]
#[post("/v1/plan-moves/{id}:confirm-ended")]
pub(crate) async fn confirm_ended(
    state: Data<State>,
    caller: Caller,
    id: Path<PlanMoveId>,
    request: Keyed<ConfirmEndedRequest>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, _, by) = of_caller(tx, &caller, *id).await?;
        // Whoever has no part in it hears nothing of the body.
        let confirmed = match (&caller.who, &request.body.reference, &request.body.reason) {
            (Who::Partner(_), Some(reference), None) => Confirmed::ByPartner(by, reference),
            (Who::Person(_), None, Some(reason)) => Confirmed::ByHost(reason),
            (Who::Partner(_), _, _) => {
                return Err(Error::invalid("/reference", "say how you name what you ended, and that alone"));
            }
            (Who::Person(_), _, _) => {
                return Err(Error::invalid("/reason", "say why it counts as ended, and that alone"));
            }
        };
        let done = steps::confirm_ended(tx, *id, confirmed, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&PlanMoveBody::shown(tx, done, &book).await?))
    })
    .await
}

/// Why a move is not wanted any more.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeclineMoveRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Takes back a move that is not active yet, for the host or for the new partner: its link works no more, and the plan stays where it
/// is. One that was declined or has expired before stays as it is.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The move")),
    request_body = DeclineMoveRequest,
    responses((status = 200, description = "Declined, or over before", body = PlanMoveBody)))]
#[post("/v1/plan-moves/{id}:decline")]
pub(crate) async fn decline_move(
    state: Data<State>,
    caller: Caller,
    id: Path<PlanMoveId>,
    request: Keyed<DeclineMoveRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, found, by) = of_caller(tx, &caller, *id).await?;
        if caller.partner().is_some() && found.to.partner != by {
            return Err(Error::Forbidden("the new partner takes it back, or the host"));
        }
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let done = steps::decline(tx, *id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&PlanMoveBody::shown(tx, done, &book).await?))
    })
    .await
}
