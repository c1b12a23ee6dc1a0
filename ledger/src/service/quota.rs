//! How many organisations, books, invitations, requests to join, fetches and files somebody makes in a day. Who makes more than a person would, by mistake or on
//! purpose, fills the database for everybody.

use super::store::quotas;
use crate::error::Error;
use crate::id::CallerId;
use crate::words::words;
use deadpool_postgres::Transaction;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

words! {
    /// What is counted.
    Quota, "quota" {
        /// Organisations.
        Organisations = "organisations",
        /// Books.
        Books = "books",
        /// Invitations: nobody gets an account without one but by an operator.
        Invitations = "invitations",
        /// Requests to join an organisation, each of which its owners read.
        JoinRequests = "join_requests",
        /// Addresses that are fetched and hashed.
        Fetches = "fetches",
        /// Files that are uploaded.
        Files = "files",
    }
}

/// Counts one more for a caller, in the transaction that makes it: what is rolled back was not counted. Others of the same
/// caller wait for its end. A day is one in UTC.
///
/// # Errors
///
/// [`Error::Quota`] when the caller has made `a_day` of them today.
pub async fn take(
    tx: &Transaction<'_>,
    caller: CallerId,
    quota: Quota,
    a_day: u32,
    wall: Timestamp,
) -> Result<(), Error> {
    let now = wall.to_zoned(TimeZone::UTC);
    if a_day > 0 && quotas::count(tx, caller, quota.as_str(), now.date(), a_day).await? {
        return Ok(());
    }
    let tomorrow = now.date().saturating_add(1.day()).to_zoned(TimeZone::UTC);
    let left_s = tomorrow.map_or(0, |tomorrow| tomorrow.timestamp().duration_since(wall).as_secs());
    let again_in_s = u32::try_from(left_s).unwrap_or_default() + 1;
    Err(Error::Quota { what: quota.as_str(), a_day, again_in_s })
}
