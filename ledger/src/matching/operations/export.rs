//! The file of a round's tally, from which anybody can count it again.

use super::tally::limit;
use crate::error::Error;
use crate::matching::rules::export;
use crate::matching::rules::round::Round;
use crate::matching::store::tallies;
use deadpool_postgres::GenericClient;
use uuid::Uuid;

/// The tally of a round that counts, as JSON Lines. A tally is written once, so that all of it is of one moment.
///
/// # Errors
///
/// `round-not-tallied` before the first.
pub async fn text(client: &impl GenericClient, round: &Round) -> Result<String, Error> {
    round.demands_tally()?;
    let lines = tallies::lines(client, round).await?;
    let shares = tallies::shares(client, round, Uuid::nil(), limit()).await?;
    Ok(export::text(round, &lines, &shares))
}
