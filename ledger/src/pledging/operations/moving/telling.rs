//! What a donor is told of a move: who collects from then on, what, and when first.

use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{OrganisationId, PlanMoveId};
use crate::money::Money;
use crate::parties::store::organisations;
use crate::pledging::rules::plan_change::Terms;
use crate::pledging::rules::plan_move::{Collector, MoveState, PlanMove, first_due};
use crate::pledging::rules::pledge::Rail;
use crate::pledging::store::plan_changes::{self, Surroundings};
use crate::pledging::store::{donors, plan_moves, pledges};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;

/// A move, as its donor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The move.
    pub plan_move: PlanMove,
    /// How it stands now.
    pub state: MoveState,
    /// What a payment is.
    pub amount: Money,
    /// What is collected, and how often; none when it is one payment.
    pub terms: Option<Terms>,
    /// Who collects it until then.
    pub from: Named,
    /// Who collects it from then on.
    pub to: Named,
    /// The due date that is collected first in the new way, at the earliest; none while the plan rests.
    pub first_on: Option<Date>,
    /// The last day of its wait.
    pub until: Option<Date>,
    /// The partner that knows the donor.
    pub known_by: OrganisationId,
    /// Donor and campaign.
    pub about: Surroundings,
}

/// Who collects, by the names of those who have part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A partner by itself.
    Partner {
        /// Its name.
        name: String,
    },
    /// The simulated provider.
    Simulated {
        /// For whom.
        partner: String,
    },
    /// Stripe.
    Stripe {
        /// For whom.
        host: String,
        /// Through whom.
        partner: String,
    },
}

/// What is told of a move, in words.
///
/// # Errors
///
/// [`Error::NotFound`] when its pledge is not there.
pub async fn of(client: &impl GenericClient, book: &Book, it: PlanMove, wall: Timestamp) -> Result<Told, Error> {
    let (now, pledge) = (book.now(wall), pledges::get(client, it.pledge).await?);
    let present = pledge.state.at(now);
    Ok(Told {
        state: it.state_at(present.is_over(), now),
        amount: pledge.amount,
        terms: Terms::of(&pledge),
        from: named(client, book, it.from).await?,
        to: named(client, book, it.to).await?,
        first_on: match it.state {
            MoveState::Active => it.first_on,
            MoveState::Asked | MoveState::Consented | MoveState::Declined | MoveState::Expired => {
                first_due(&pledge, now, book.today(wall))
            }
        },
        until: it.until.map(|until| book.day_of(until)),
        known_by: donors::get(client, pledge.donor).await?.partner,
        about: plan_changes::surroundings(client, it.pledge).await?,
        plan_move: it,
    })
}

/// What a mail about a step of a move says; none when it stands otherwise by now, or the donor has no address.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown move.
pub async fn mail(
    client: &impl GenericClient,
    id: PlanMoveId,
    version: i64,
    wall: Timestamp,
) -> Result<Option<Told>, Error> {
    let book = books::get(client, id.book).await?;
    let told = of(client, &book, plan_moves::get(client, id).await?, wall).await?;
    let is_so = told.plan_move.version == version && told.state == told.plan_move.state;
    let is_over = pledges::get(client, told.plan_move.pledge).await?.state.at(book.now(wall)).is_over();
    Ok(Some(told).filter(|told| is_so && !is_over && !told.about.email.is_empty()))
}

/// A collector by name.
async fn named(client: &impl GenericClient, book: &Book, it: Collector) -> Result<Named, Error> {
    let name = async |id: OrganisationId| {
        let found = organisations::find(client, id).await?;
        Ok::<_, Error>(found.map(|found| found.name).unwrap_or_default())
    };
    let partner = name(it.partner).await?;
    Ok(match it.rail {
        Rail::Partner => Named::Partner { name: partner },
        Rail::Sandbox => Named::Simulated { partner },
        Rail::Stripe => Named::Stripe { host: name(book.organisation).await?, partner },
    })
}
