//! A partner's list of what it collected on a day, compared with what it reported.
//!
//! What was reported as captured and is not on the list is doubted: it stays as it is, and does not settle by the clock, until the partner
//! lists it after all, pays it over, or reports that it went back. What is on the list and was not reported is posted by nobody: the partner
//! reports it.

use crate::engine::store::books;
use crate::error::Error;
use crate::id::{BookId, ChargeId, OrganisationId};
use crate::pledging::store::reconciliations::{self as store, Listed};
use crate::service::store::activity::{self, Actor, Done};
use crate::treasury::operations::reported::take_up_overdue;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The most charges of a list, and the most that are named as missing in it.
pub const CHARGES_MAX: usize = 10_000;

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many charges both have, captured on that day.
    pub matched: usize,
    /// Captured by the partner's report and owed, and not on its list: doubted from now on, or before.
    pub missing: Vec<ChargeId>,
    /// On the list, and not captured on that day here, each with the reason.
    pub unknown: Vec<(ChargeId, String)>,
}

/// Compares what a partner says that it collected on a day with what it reported, and flags what its list does not have.
///
/// # Errors
///
/// [`Error::Invalid`] at `/day` or `/charges`.
pub async fn reconcile(
    tx: &Transaction<'_>,
    id: BookId,
    partner: OrganisationId,
    day: Date,
    charges: &[ChargeId],
    wall: Timestamp,
) -> Result<Found, Error> {
    let book = books::get(tx, id).await?;
    let now = book.now(wall);
    if day > book.today(wall) {
        return Err(Error::invalid("/day", format!("today is {}", book.today(wall))));
    }
    if charges.len() > CHARGES_MAX {
        return Err(Error::invalid("/charges", format!("at most {CHARGES_MAX}")));
    }
    let actor = Actor::Partner(partner);
    for charge in store::doubt(tx, id, (partner, day), charges, now).await? {
        let reason = format!("the partner's list of {day} does not have it");
        activity::record(tx, id, Done::new(&charge, "doubted", actor).because(&reason), now).await?;
    }
    for charge in store::believe(tx, id, partner, charges).await? {
        let reason = format!("the partner's list of {day} has it");
        activity::record(tx, id, Done::new(&charge, "believed", actor).because(&reason), now).await?;
    }
    take_up_overdue(tx, &book, partner, wall).await?;
    let known = store::listed(tx, id, partner, charges).await?;
    let unknown = charges.iter().filter_map(|charge| Some((*charge, differs(&known, *charge, day)?)));
    let unknown: Vec<(ChargeId, String)> = unknown.collect();
    let missing = store::doubted(tx, id, (partner, day), CHARGES_MAX).await?;
    Ok(Found { matched: charges.len() - unknown.len(), missing, unknown })
}

fn differs(known: &BTreeMap<ChargeId, Listed>, charge: ChargeId, day: Date) -> Option<String> {
    match known.get(&charge) {
        None => Some("there is no such charge of this partner".into()),
        Some(Listed { captured_on: Some(on), .. }) if *on == day => None,
        Some(Listed { captured_on: Some(on), .. }) => Some(format!("it was captured on {on}")),
        Some(Listed { state, .. }) => Some(format!("it is {state}: nothing is posted until its capture is reported")),
    }
}
