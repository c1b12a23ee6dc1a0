//! A partner's own list of a day: compared with what the ledger has, and what differs kept. It posts nothing, and changes nothing.

use super::settlement_days::lines;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ComparisonId, CredentialId};
use crate::pledging::rules::comparison::{Comparison, Found, OF_DAY_MAX, TheirLine, Unreadable};
use crate::pledging::store::comparisons::{self as store, Kept};
use crate::pledging::store::settlement_days::Whose;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// So many lines of the day are compared before others have their turn.
const PAGE: i64 = 2_000;

/// A list that came.
#[derive(Debug)]
pub struct List {
    /// What it says.
    pub lines: Vec<Result<TheirLine, Unreadable>>,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: i64,
    /// By which credential it came.
    pub credential: CredentialId,
}

/// Compares a list with a day, and keeps what differs.
///
/// # Errors
///
/// `comparisons-full` when a hundred lists of the day are kept.
pub async fn compare(
    tx: &Transaction<'_>,
    book: &Book,
    whose: &Whose,
    list: List,
    wall: Timestamp,
) -> Result<Kept, Error> {
    let List { lines: theirs, sha256, bytes, credential } = list;
    if store::count(tx, whose).await? >= OF_DAY_MAX {
        let detail = format!("{OF_DAY_MAX} lists of {} are kept: the oldest goes after 90 days", whose.day);
        return Err(Refusal::new("comparisons-full", detail).into());
    }
    let mut comparison = Comparison::new(whose.day, theirs);
    let mut after = None;
    loop {
        let page = lines(tx, whose, after, PAGE).await?;
        let is_more = i64::try_from(page.len()).is_ok_and(|read| read == PAGE);
        after = page.last().map(|line| line.place());
        page.into_iter().for_each(|line| comparison.ours(line));
        if !is_more {
            break;
        }
    }
    let found = comparison.end();
    let kept = kept(book, whose, &found, (sha256, bytes), wall);
    store::insert(tx, &kept, credential).await?;
    store::insert_differences(tx, kept.id, &found).await?;
    Ok(kept)
}

fn kept(book: &Book, whose: &Whose, found: &Found, (sha256, bytes): (Digest, i64), wall: Timestamp) -> Kept {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let counts = found.counts.iter().map(|(word, lines)| (*word, i64::from(count(*lines)))).collect();
    Kept {
        id: ComparisonId::generate(book.id),
        partner: whose.partner,
        day: whose.day,
        sha256,
        bytes,
        our_lines: count(found.our_lines),
        their_lines: count(found.their_lines),
        matched: count(found.matched),
        kept: count(found.differing.len()),
        counts,
        sums: found.sums.iter().map(|(code, (_, sums))| ((*code).to_owned(), *sums)).collect(),
        made_at: book.now(wall),
    }
}
