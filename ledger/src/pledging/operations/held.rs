//! Whether what a custodian collects is held by a freeze, and how long a wait for it lasts then.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::OrganisationId;
use crate::pledging::rules::pledge::Rail;
use crate::treasury::operations::custodians as treasury;
use crate::treasury::rules::custodian::{Freeze, put_off};
use crate::treasury::store::custodians;
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};

/// The freeze that holds what is collected for a pledge, or for a charge of it; none when its custodian is free.
///
/// # Errors
///
/// Only trouble with the database.
pub(super) async fn held_by(
    client: &impl GenericClient,
    book: &Book,
    (rail, partner): (Rail, OrganisationId),
) -> Result<Option<Freeze>, Error> {
    treasury::standing(client, book, rail.custodian(partner, book.organisation)).await
}

/// When a wait of so many days for a custodian ends, which would have ended at a moment; none while what it holds is frozen.
pub(super) async fn deadline(
    client: &impl GenericClient,
    book: &Book,
    (rail, partner): (Rail, OrganisationId),
    (days, until): (i64, Timestamp),
) -> Result<Option<Timestamp>, Error> {
    let all = custodians::of(client, book.id, rail.custodian(partner, book.organisation)).await?;
    let since = until.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(until);
    Ok(put_off(&all, since, until))
}
