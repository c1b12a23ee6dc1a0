//! A move of a plan to another partner or rail is asked for, and its donor answers by a link.
//!
//! Lock order: as for all changes of a pledge.

use super::steps;
use super::telling::{self, Told};
use crate::book::Mode;
use crate::calendar::{later, to_microseconds};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, PlanMoveId, PledgeId};
use crate::pledging::operations::plan_changes::{Attested, digest, how};
use crate::pledging::operations::pledge_changes::begin_change;
use crate::pledging::operations::present::lock_present;
use crate::pledging::operations::withdrawals;
use crate::pledging::rules::conversion::check_original;
use crate::pledging::rules::plan_change::{CONSENT_DAYS, Consent, link_invalid};
use crate::pledging::rules::plan_move::{Collector, MoveState, PlanMove};
use crate::pledging::rules::pledge::{Pledge, Rail, Token};
use crate::pledging::rules::{sandbox_token, stripe};
use crate::pledging::store::plan_moves;
use crate::service::change::{Change, check_line};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use crate::treasury::rules::settlement::Method;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Where a plan is to move; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedMove {
    /// The partner that collects it from then on.
    pub to_partner: Option<OrganisationId>,
    /// Who takes the money from the donor from then on.
    pub rail: Option<Rail>,
    /// How the donor pays from then on.
    pub method: Option<Method>,
    /// The new provider's token of the means of payment.
    pub token: Option<Token>,
    /// What the new partner calls the pledge; its id when none.
    pub reference: Option<String>,
    /// The donor's consent, if the new partner has it.
    pub consent: Option<Attested>,
}

/// Asks for a move, for the host of the book or for the new partner (`by`). The donor is mailed a link with `secret`, by which it is
/// consented to ([`consent`]), unless the new partner attests the consent.
///
/// # Errors
///
/// `pledge-over`, `no-due-date-left`, `same-collector`, `move-open`, `rail-refused`, `partner-withdrawn`, `rail-withdrawn`,
/// `original-refused`, `reference-kept`, `reference-taken`, `donor-without-email`. [`Error::Invalid`] at `/to_partner`, `/token`, `/reference`, `/consent/consented_at`
/// or `/reason`; [`Error::NotFound`] for an unknown pledge.
pub async fn ask(
    tx: &Transaction<'_>,
    id: PledgeId,
    asked: AskedMove,
    by: OrganisationId,
    secret: &str,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PlanMove, Error> {
    let wall = to_microseconds(wall);
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let now = to_microseconds(book.now(wall));
    require_a_rest(&pledge, &book, wall)?;
    let to = destination(tx, &book, &pledge, &asked, wall).await?;
    let token = token(&pledge, to, asked.token)?;
    let to_reference = reference(tx, &book, &pledge, to, asked.reference).await?;
    if let Some(open) = plan_moves::open(tx, id).await? {
        if open.state_at(false, now) != MoveState::Expired {
            let detail = format!("the move {} is {}: it ends first, or is declined", open.id, open.state);
            return Err(Refusal::new("move-open", detail).into());
        }
        steps::expire(tx, &book, open, now).await?;
    }
    let new = PlanMove {
        id: PlanMoveId::generate(id.book),
        pledge: id,
        from: Collector::of(&pledge),
        to,
        from_reference: pledge.reference.clone(),
        to_reference,
        from_token: pledge.token.clone(),
        token,
        asked_by: by,
        asked_at: now,
        reason: change.reason.to_owned(),
        consent: how(tx, &pledge, true, asked.consent, secret, now).await?,
        consented_at: None,
        state: MoveState::Asked,
        since: now,
        until: Some(later(now, CONSENT_DAYS)),
        ended: None,
        first_on: None,
        pledge_version: None,
        version: 1,
    };
    plan_moves::insert(tx, &new).await?;
    activity::record(tx, book.id, Done::new(&new.id, "asked", change.actor).because(change.reason), now).await?;
    steps::wait(tx, &new).await?;
    match new.consent {
        Consent::Attested { at, .. } => steps::go_on(tx, &book, pledge, new, at, change.actor, wall).await,
        Consent::Link { .. } | Consent::NotNeeded => {
            steps::tell(tx, &new, Some(secret), now).await?;
            Ok(new)
        }
    }
}

/// Refuses to move what nobody will collect any more.
fn require_a_rest(pledge: &Pledge, book: &Book, wall: Timestamp) -> Result<(), Refusal> {
    if pledge.state.is_over() {
        let detail = format!("the pledge is {}: nothing of it is collected any more", pledge.state.as_str());
        return Err(Refusal::new("pledge-over", detail));
    }
    if pledge.schedule.resume_from(pledge.next_sequence, book.today(wall)).is_none() {
        return Err(Refusal::new(
            "no-due-date-left",
            "the pledge has no due date left that could be collected elsewhere",
        ));
    }
    Ok(())
}

/// Who is to collect the plan, if the book lets them.
async fn destination(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    asked: &AskedMove,
    wall: Timestamp,
) -> Result<Collector, Error> {
    let from = Collector::of(pledge);
    let to = Collector {
        partner: asked.to_partner.unwrap_or(from.partner),
        rail: asked.rail.unwrap_or(from.rail),
        method: asked.method.unwrap_or(from.method),
    };
    if (to.partner, to.rail) == (from.partner, from.rail) {
        let detail =
            "that partner collects the pledge on that rail already; another means of payment is given by `:resume`";
        return Err(Refusal::new("same-collector", detail).into());
    }
    to.rail.allowed_in(book.mode == Mode::Live)?;
    if let Some(original) = pledge.original {
        check_original(original, pledge.amount, to.rail)?;
    }
    if !books::partner_admitted(tx, book.id, to.partner).await? {
        return Err(Error::invalid("/to_partner", "not a partner that the book has admitted"));
    }
    withdrawals::require_open(tx, book, (to.partner, to.rail), wall).await?;
    Ok(to)
}

/// What the new provider charges: what is given, or what the pledge has when its rail stays.
fn token(pledge: &Pledge, to: Collector, given: Option<Token>) -> Result<Token, Error> {
    let token = match given {
        Some(token) => {
            sandbox_token::check(to.rail, &token.0)?;
            token
        }
        None if to.rail == pledge.rail => pledge.token.clone(),
        None => Token(String::new()),
    };
    match to.rail {
        Rail::Partner => check_line("/token", &token.0, text::REFERENCE_OR_NONE)?,
        Rail::Sandbox | Rail::Stripe => check_line("/token", &token.0, text::REFERENCE)?,
    }
    if to.rail == Rail::Stripe {
        stripe::units(pledge.amount).map_err(|wrong| Error::invalid("/rail", wrong.to_string()))?;
    }
    Ok(token)
}

/// What the new partner calls the pledge.
async fn reference(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    to: Collector,
    given: Option<String>,
) -> Result<String, Error> {
    if to.partner == pledge.partner {
        return match given {
            Some(_) => {
                let detail = "the partner stays, and calls the pledge what it has called it: leave the reference out";
                Err(Refusal::new("reference-kept", detail).into())
            }
            None => Ok(pledge.reference.clone()),
        };
    }
    let reference = given.unwrap_or_else(|| pledge.id.to_string());
    check_line("/reference", &reference, text::REFERENCE)?;
    steps::require_free(tx, book, pledge.id, to.partner, &reference).await?;
    Ok(reference)
}

/// What a link is about. Writes nothing, and uses nothing up.
///
/// # Errors
///
/// `consent-link-invalid`.
pub async fn offer(client: &impl GenericClient, id: PlanMoveId, secret: &str, wall: Timestamp) -> Result<Told, Error> {
    let (book, found) = linked(client, id, secret, wall).await?;
    let told = telling::of(client, &book, found, wall).await?;
    if told.state == MoveState::Expired { Err(link_invalid().into()) } else { Ok(told) }
}

/// The donor consents by the link, which is used up.
///
/// # Errors
///
/// `consent-link-invalid`; what keeps a plan from moving, as [`steps::confirm_ended`].
pub async fn consent(tx: &Transaction<'_>, id: PlanMoveId, secret: &str, wall: Timestamp) -> Result<PlanMove, Error> {
    let wall = to_microseconds(wall);
    let (book, pledge, found) = answered(tx, id, secret, wall).await?;
    let (now, donor) = (to_microseconds(book.now(wall)), Actor::Donor(pledge.donor));
    steps::go_on(tx, &book, pledge, found, now, donor, wall).await
}

/// The donor does not want it, and says so by the link, which is used up.
///
/// # Errors
///
/// `consent-link-invalid`.
pub async fn refuse(tx: &Transaction<'_>, id: PlanMoveId, secret: &str, wall: Timestamp) -> Result<PlanMove, Error> {
    let wall = to_microseconds(wall);
    let (_, pledge, found) = answered(tx, id, secret, wall).await?;
    let change = Change { version: None, actor: Actor::Donor(pledge.donor), reason: "" };
    steps::decline(tx, found.id, change, wall).await
}

/// The move to which a link leads, under the lock of its pledge.
async fn answered(
    tx: &Transaction<'_>,
    id: PlanMoveId,
    secret: &str,
    wall: Timestamp,
) -> Result<(Book, Pledge, PlanMove), Error> {
    let (book, found) = linked(tx, id, secret, wall).await?;
    let pledge = lock_present(tx, &book, found.pledge, book.now(wall), wall).await?;
    let (book, found) = linked(tx, id, secret, wall).await?;
    if pledge.state.is_over() {
        return Err(link_invalid().into());
    }
    Ok((book, pledge, found))
}

async fn linked(
    client: &impl GenericClient,
    id: PlanMoveId,
    secret: &str,
    wall: Timestamp,
) -> Result<(Book, PlanMove), Error> {
    let unknown = |error| if matches!(error, Error::NotFound(_)) { link_invalid().into() } else { error };
    let book = books::get(client, id.book).await.map_err(unknown)?;
    let found = plan_moves::get(client, id).await.map_err(unknown)?;
    found.check_link(&digest(secret), book.now(wall))?;
    Ok((book, found))
}
