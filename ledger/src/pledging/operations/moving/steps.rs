//! The steps of a move: consented to, made active once the old mandate has ended, declined, expired.
//!
//! Who collects a pledge changes here alone. What was begun in the old way goes on to its end there; what was declined there is
//! tried no more. Lock order: pledge → its charges → head of the book, which is locked before the pledge's keys change, as a lane
//! that holds it may wait for them.

use crate::calendar::to_microseconds;
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, PlanMoveId, PledgeId};
use crate::pledging::operations::plan::{Again, Asked, give_up_retries, restart, save};
use crate::pledging::operations::present::lock_present;
use crate::pledging::operations::withdrawals;
use crate::pledging::rules::plan_move::{EndedBy, MoveState, PlanMove, first_due};
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::withdrawal::{Leaver, WithdrawalState};
use crate::pledging::store::{plan_moves, pledges, withdrawals as withdrawal_rows};
use crate::service::change::{Change, check_line, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Who says that an old mandate has ended, and what they say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed<'a> {
    /// The old partner, and how it names what it ended.
    ByPartner(OrganisationId, &'a str),
    /// The host, as the old partner is gone, and why it says so.
    ByHost(&'a str),
}

/// The donor has consented, at a moment. What has no mandate but the plan has ended with that: the plan is collected in the new way.
/// Else the old partner ends its mandate first.
pub(super) async fn go_on(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    asked: PlanMove,
    at: Timestamp,
    actor: Actor,
    wall: Timestamp,
) -> Result<PlanMove, Error> {
    let now = to_microseconds(book.now(wall));
    let consented = plan_moves::update(tx, &asked.consented(at, now)?).await?;
    activity::record(tx, book.id, Done::new(&consented.id, "consented", actor), now).await?;
    if consented.ends_with_the_consent() {
        return activate(tx, book, pledge, consented, (EndedBy::Service, String::new()), Actor::Service, wall).await;
    }
    wait(tx, &consented).await?;
    tell(tx, &consented, None, now).await?;
    Ok(consented)
}

/// The old mandate has ended: the plan is collected in the new way from its next due date on. Said twice, it is said once.
///
/// # Errors
///
/// `move-state`; `partner-not-gone` when the host says so of a partner that is still there; `partner-withdrawn`, `rail-withdrawn`
/// and `partner-not-admitted` when the new one has left meanwhile; `reference-taken`. [`Error::Invalid`] at `/reference` or
/// `/reason`; [`Error::NotFound`] for an unknown move, or one from another partner.
pub async fn confirm_ended(
    tx: &Transaction<'_>,
    id: PlanMoveId,
    confirmed: Confirmed<'_>,
    actor: Actor,
    wall: Timestamp,
) -> Result<PlanMove, Error> {
    let wall = to_microseconds(wall);
    let (book, pledge, found) = lock(tx, id, wall).await?;
    let ended = match confirmed {
        Confirmed::ByPartner(partner, _) if partner != found.from.partner => {
            return Err(Error::NotFound("move of a plan"));
        }
        Confirmed::ByPartner(_, reference) => {
            check_line("/reference", reference, text::REFERENCE)?;
            (EndedBy::Partner, reference.to_owned())
        }
        Confirmed::ByHost(reason) => {
            check_text("/reason", reason, text::REASON)?;
            (EndedBy::Host, reason.to_owned())
        }
    };
    match found.state_at(pledge.state.is_over(), book.now(wall)) {
        MoveState::Active => return Ok(found),
        MoveState::Consented => {}
        MoveState::Asked | MoveState::Declined | MoveState::Expired => {
            return Err(present(found, &pledge, book.now(wall)).refuse("confirmed ended").into());
        }
    }
    if ended.0 == EndedBy::Host && found.from.has_mandate() {
        require_gone(tx, &book, found.from.partner, wall).await?;
    }
    activate(tx, &book, pledge, found, ended, actor, wall).await
}

/// A host speaks for a partner that has left its book, and for no other.
async fn require_gone(
    client: &impl GenericClient,
    book: &Book,
    partner: OrganisationId,
    wall: Timestamp,
) -> Result<(), Error> {
    let standing = withdrawal_rows::list_standing(client, book.id).await?;
    let now = book.now(wall);
    let is_withdrawn =
        standing.iter().any(|one| one.leaver == Leaver::Partner(partner) && one.state(now) == WithdrawalState::InForce);
    if is_withdrawn || !books::partner_admitted(client, book.id, partner).await? {
        return Ok(());
    }
    let detail =
        format!("the partner {partner} is there: it confirms that its mandate has ended, or is withdrawn first");
    Err(Refusal::new("partner-not-gone", detail).into())
}

async fn activate(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    consented: PlanMove,
    ended: (EndedBy, String),
    actor: Actor,
    wall: Timestamp,
) -> Result<PlanMove, Error> {
    let now = to_microseconds(book.now(wall));
    let to = consented.to;
    withdrawals::require_open(tx, book, (to.partner, to.rail), wall).await?;
    if !books::partner_admitted(tx, book.id, to.partner).await? {
        let detail = format!("the book admits {} no more: admit it again, or decline the move", to.partner);
        return Err(Refusal::new("partner-not-admitted", detail).into());
    }
    require_free(tx, book, pledge.id, to.partner, &consented.to_reference).await?;
    give_up_retries(tx, book, pledge.id, now, wall).await?;
    journal::lock(tx, book.id).await?;
    let pledge = pledges::get(tx, pledge.id).await?;
    let first_on = first_due(&pledge, now, book.today(wall));
    let active = plan_moves::update(tx, &consented.active(now, ended, &pledge, first_on)?).await?;
    plan_moves::update_pledge(tx, &active).await?;
    activity::record(tx, book.id, Done::new(&active.id, "active", actor), now).await?;
    activity::record(tx, book.id, Done::new(&pledge.id, "moved", actor), now).await?;
    let (was, moved) = (pledge.state, pledges::get(tx, pledge.id).await?);
    if was.moved(now) != was {
        let why = Change::by_service("its plan has moved to who collects it");
        let moved = save(tx, book, Pledge { state: was.moved(now), ..moved }, was, why, now, wall).await?;
        restart(tx, book, moved, (Again::Nothing, Asked::ByNobody), now, wall).await?;
    }
    tell(tx, &active, None, now).await?;
    Ok(active)
}

/// Refuses a reference by which the new partner knows another pledge.
pub(super) async fn require_free(
    client: &impl GenericClient,
    book: &Book,
    pledge: PledgeId,
    partner: OrganisationId,
    reference: &str,
) -> Result<(), Error> {
    match pledges::find_by_reference(client, book.id, partner, reference).await? {
        Some(other) if other.id != pledge => {
            let detail = format!("the reference {reference} stands for {} with the new partner", other.id);
            Err(Refusal::new("reference-taken", detail).into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses a change of terms while whoever collects from now on prepares for those that the donor agreed to.
///
/// # Errors
///
/// `pledge-moving`.
pub async fn require_settled(client: &impl GenericClient, pledge: &Pledge, now: Timestamp) -> Result<(), Error> {
    let open = plan_moves::open(client, pledge.id).await?;
    match open.filter(|open| open.state_at(pledge.state.is_over(), now) == MoveState::Consented) {
        Some(open) => {
            let detail = format!("the donor has agreed to {} at these terms: wait for its end, or decline it", open.id);
            Err(Refusal::new("pledge-moving", detail).into())
        }
        None => Ok(()),
    }
}

/// It is not wanted, or not any more: the plan stays where it is. One that is over, but for an active one, stays as it is.
///
/// # Errors
///
/// `move-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown move.
pub async fn decline(
    tx: &Transaction<'_>,
    id: PlanMoveId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PlanMove, Error> {
    let wall = to_microseconds(wall);
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let (book, pledge, found) = lock(tx, id, wall).await?;
    let now = to_microseconds(book.now(wall));
    match found.state_at(pledge.state.is_over(), now) {
        MoveState::Declined | MoveState::Expired => return Ok(found),
        MoveState::Asked | MoveState::Consented | MoveState::Active => {}
    }
    let declined = plan_moves::update(tx, &found.declined(now)?).await?;
    let done = Done::new(&declined.id, "declined", change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    tell(tx, &declined, None, now).await?;
    Ok(declined)
}

/// Nobody has answered in time: it expires as of then. Done twice, it is done once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown move.
pub async fn run_out(tx: &Transaction<'_>, id: PlanMoveId, wall: Timestamp) -> Result<(), Error> {
    let (book, pledge, found) = lock(tx, id, wall).await?;
    let now = book.now(wall);
    let is_open = matches!(found.state, MoveState::Asked | MoveState::Consented);
    if is_open && found.state_at(pledge.state.is_over(), now) == MoveState::Expired {
        expire(tx, &book, found, now).await?;
    }
    Ok(())
}

/// Writes that a move has expired, as of the end of its wait, or now when its pledge ended before.
pub(super) async fn expire(tx: &Transaction<'_>, book: &Book, open: PlanMove, now: Timestamp) -> Result<(), Error> {
    let at = open.until.map_or(now, |until| until.min(now));
    let expired = plan_moves::update(tx, &open.expired(to_microseconds(at))).await?;
    activity::record(tx, book.id, Done::new(&expired.id, "expired", Actor::Service), at).await?;
    tell(tx, &expired, None, now).await
}

/// The move, its pledge as it stands now, and the book; both locked.
async fn lock(tx: &Transaction<'_>, id: PlanMoveId, wall: Timestamp) -> Result<(Book, Pledge, PlanMove), Error> {
    let pledge = plan_moves::get(tx, id).await?.pledge;
    let book = books::get(tx, id.book).await?;
    let pledge = lock_present(tx, &book, pledge, book.now(wall), wall).await?;
    // Once more, under the lock of its pledge.
    Ok((book, pledge, plan_moves::get(tx, id).await?))
}

/// A move as it stands at a moment.
fn present(found: PlanMove, pledge: &Pledge, now: Timestamp) -> PlanMove {
    PlanMove { state: found.state_at(pledge.state.is_over(), now), ..found }
}

/// A job that looks at a move when its wait ends.
pub(super) async fn wait(tx: &Transaction<'_>, open: &PlanMove) -> Result<(), Error> {
    let Some(due_at) = open.until else { return Ok(()) };
    let job = Job::AdvancePlanMove { plan_move: open.id };
    let dedupe = format!("{}-{}", open.id, open.state);
    jobs::enqueue(tx, &NewJob { book: open.id.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// Word to the donor about a step.
pub(super) async fn tell(
    tx: &Transaction<'_>,
    it: &PlanMove,
    secret: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let token = secret.unwrap_or_default().to_owned();
    let job = Job::SendPlanMove { plan_move: it.id, version: it.version, token };
    let dedupe = format!("{}-{}", it.id, it.version);
    jobs::enqueue(tx, &NewJob { book: it.id.book, due_at: now, dedupe, job }).await?;
    Ok(())
}
