//! A rubric that is secret until the prizes are awarded: the rules hold its digest since the opening.

use super::locked::{Locked, lock};
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::store::challenges;
use crate::challenges::store::rubrics::{self, Rubric};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, PersonId};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The host gives the text whose digest the rules hold, while work is judged; everybody reads it when the prizes are awarded. Given
/// again, it changes nothing.
///
/// # Errors
///
/// `no-secret-rubric`, `challenge-not-judging`, `rubric-mismatch`; [`Error::Invalid`] at `/text`; [`Error::NotFound`] for an unknown
/// challenge.
pub async fn show(
    tx: &Transaction<'_>,
    id: ChallengeId,
    text: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Rubric, Error> {
    check_text("/text", &text, text::TERMS)?;
    let Locked { book, challenge } = lock(tx, id).await?;
    let rules = challenges::get_rules(tx, id, challenge.rules_version).await?.rules;
    let Some(expected) = rules.secret_rubric else {
        return Err(Refusal::new("no-secret-rubric", "the rules of the challenge hold no digest of a rubric").into());
    };
    let sha256 = Digest::of(text.as_bytes());
    if sha256 != expected {
        let detail = format!("the text has the SHA-256 {sha256}, and the rules hold {expected}");
        return Err(Refusal::new("rubric-mismatch", detail).into());
    }
    if let Some(known) = rubrics::find(tx, id).await? {
        return Ok(known);
    }
    challenge.takes_rubric()?;
    let rubric = Rubric { text, sha256, shown_at: book.now(wall) };
    rubrics::insert(tx, id, &rubric, by).await?;
    activity::record(tx, book.id, Done::new(&id, "rubric_shown", Actor::Person(by)), rubric.shown_at).await?;
    rubrics::find(tx, id).await?.ok_or_else(|| Error::inconsistent(format!("{id}: its rubric is gone")))
}

/// Whether the prizes wait for a rubric that is still secret: for 14 days from the end of the time for appeals. Teams do not lose their
/// prizes to a host that keeps it: then they are awarded without it, and everybody sees that it was never shown.
pub(super) async fn is_awaited(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<bool, Error> {
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let is_in_time = challenge.rubric_due().is_some_and(|due| book.now(wall) < due);
    Ok(rules.secret_rubric.is_some() && is_in_time && rubrics::find(tx, challenge.id).await?.is_none())
}

/// Refuses with `rubric-secret` while the prizes wait for it.
pub(super) async fn demand_shown(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<(), Error> {
    if is_awaited(tx, book, challenge, wall).await? {
        let detail = "the rules hold the digest of a secret rubric: its text is given first";
        return Err(Refusal::new("rubric-secret", detail).into());
    }
    Ok(())
}
