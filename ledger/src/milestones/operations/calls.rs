//! Calls: opening one, giving it up, accepting a team for it, and what becomes of one about which nobody decides.

use super::applications::{end_all, end_one, locked};
use super::milestones::{self as access, NewMilestone};
use crate::engine::store::books;
use crate::error::Error;
use crate::evidence::Gate;
use crate::id::{CampaignId, MilestoneApplicationId, MilestoneCallId, PersonId};
use crate::milestones::rules::application::{ANOTHER_TEAM, Application, ApplicationEnd};
use crate::milestones::rules::call::{self, Call, CallEnd};
use crate::milestones::rules::milestone::Policy;
use crate::milestones::store::{applications, calls};
use crate::money::Money;
use crate::pledging::store::campaigns;
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// What a new call shall be.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The campaign on whose money the milestone will draw.
    pub campaign: CampaignId,
    /// What the milestone will be called.
    pub name: String,
    /// What must be done.
    pub description: String,
    /// What the milestone will pay in all.
    pub amount: Money,
    /// How claims of the milestone are decided.
    pub policy: Policy,
    /// Evidence without which no claim is taken.
    pub gate: Gate,
    /// The last day on which teams apply.
    pub applications_until: Date,
}

/// Asks teams to apply for a piece of work. No money moves, and nothing is set aside.
///
/// # Errors
///
/// `policy-out-of-bounds`, `book-winding-up`; [`Error::Invalid`] at `/amount/currency` or `/applications_until`; [`Error::NotFound`] for an
/// unknown campaign.
pub async fn open(tx: &Transaction<'_>, new: NewCall, by: PersonId, wall: Timestamp) -> Result<Call, Error> {
    let book = books::get(tx, new.campaign.book).await?;
    let currency = campaigns::get(tx, new.campaign).await?.currency;
    let now = book.now(wall);
    book.takes_new(now)?;
    if new.amount.currency() != currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign's money is in {currency}")));
    }
    new.policy.check()?;
    call::check_last_day(book.day_of(now), new.applications_until)?;
    let after = new.applications_until.tomorrow();
    let after = after.map_err(|_| Error::invalid("/applications_until", "a day of the calendar"))?;
    let closes_at = book.start_of(after);
    let call = Call {
        id: MilestoneCallId::generate(book.id),
        campaign: new.campaign,
        made_by: by,
        name: new.name,
        description: new.description,
        amount: new.amount,
        policy: new.policy,
        gate: new.gate,
        applications_until: new.applications_until,
        closes_at,
        decide_until: call::decide_until(closes_at),
        ended: None,
        created_at: now,
    };
    calls::insert(tx, &call).await?;
    let job = Job::AdvanceMilestoneCall { call: call.id };
    let dedupe = call.id.to_string();
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: call.decide_until, dedupe, job }).await?;
    activity::record(tx, book.id, Done::new(&call.id, "opened", Actor::Person(by)), now).await?;
    Ok(call)
}

/// Gives an open call up, for a reason that everybody reads: the applications that wait are declined with it.
///
/// # Errors
///
/// `call-over`, `own-team`, `declared-tie`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown call.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: MilestoneCallId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Call, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let call = calls::lock(tx, id).await?;
    let now = book.now(wall).max(call.created_at);
    call.check_open(now)?;
    applications::closeness(tx, id, by).await?.admit()?;
    let declined = ApplicationEnd::Declined { by, reason: reason.clone() };
    end_all(tx, &call, &declined, Actor::Person(by), now).await?;
    let done = Done::new(&id, "withdrawn", Actor::Person(by)).because(&reason);
    activity::record(tx, book.id, done, now).await?;
    calls::end(tx, id, &CallEnd::Withdrawn { by, reason }, now).await
}

/// Accepts a team: it gets the milestone, which is planned as any other, and all other applications that wait are declined.
///
/// # Errors
///
/// `call-over`, `call-takes-applications`, `application-ended`, `own-team`, `declared-tie`; what [`access::create`] refuses;
/// [`Error::NotFound`] for an unknown application.
pub async fn accept(
    tx: &Transaction<'_>,
    id: MilestoneApplicationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Application, Error> {
    let (book, call, found) = locked(tx, id).await?;
    let now = book.now(wall).max(found.submitted_at);
    call.check_decides(now)?;
    found.check_waits(&call, now)?;
    applications::closeness(tx, call.id, by).await?.admit()?;
    let new = NewMilestone {
        campaign: call.campaign,
        team: found.team,
        name: call.name.clone(),
        description: call.description.clone(),
        amount: call.amount,
        policy: call.policy,
        gate: call.gate,
    };
    let milestone = access::create(tx, new, by, wall).await?.id;
    end_one(tx, &call, id, &ApplicationEnd::Accepted { by }, now).await?;
    let others = ApplicationEnd::Declined { by, reason: ANOTHER_TEAM.to_owned() };
    end_all(tx, &call, &others, Actor::Person(by), now).await?;
    activity::record(tx, book.id, Done::new(&call.id, "filled", Actor::Person(by)), now).await?;
    calls::end(tx, call.id, &CallEnd::Filled { milestone, by }, now).await?;
    applications::get(tx, id).await
}

/// Lets a call about which nobody decided in time lapse, and its applications with it, as of the moment at which that was due. Answers
/// whether it has.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown call.
pub async fn advance(tx: &Transaction<'_>, id: MilestoneCallId, wall: Timestamp) -> Result<bool, Error> {
    let book = books::get(tx, id.book).await?;
    let call = calls::lock(tx, id).await?;
    if call.ended.is_some() || book.now(wall) < call.decide_until {
        return Ok(false);
    }
    end_all(tx, &call, &ApplicationEnd::Lapsed, Actor::Service, call.decide_until).await?;
    activity::record(tx, book.id, Done::new(&id, "lapsed", Actor::Service), call.decide_until).await?;
    calls::end(tx, id, &CallEnd::Lapsed, call.decide_until).await?;
    Ok(true)
}
