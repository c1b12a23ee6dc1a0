//! What was put right in a book: entries that were reversed, distributions that were taken back, claims that were revoked; and goals that
//! were missed.
//!
//! It only reads; all but the entries stand in the tables of other domains.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId};
use crate::money::Money;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

/// Something that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Record number of the entry that put it right.
    pub number: i64,
    /// The day on which that counts.
    pub day: Date,
    /// What it was.
    pub what: What,
    /// Why, as whoever did it said; empty when the note was erased.
    pub reason: String,
}

/// What was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A raw entry, reversed by its exact mirror.
    Entry {
        /// Record number of the entry that was wrong.
        reversed: i64,
    },
    /// A distribution of a cooperative, taken back.
    Distribution {
        /// Record number of its entry.
        reversed: i64,
        /// First day of its period.
        from: Date,
        /// Last day of its period.
        to: Date,
    },
    /// A claim, revoked after money was released of it.
    Claim {
        /// The milestone that it was for.
        milestone: String,
        /// What had been released.
        amount: Money,
    },
}

/// A campaign that did not come to what it needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedGoal {
    /// The campaign.
    pub campaign: CampaignId,
    /// What it is called.
    pub title: String,
    /// When the verdict fell.
    pub at: Timestamp,
}

/// At most `limit` campaigns of a book whose verdict was that they failed, the newest verdict first.
pub async fn missed_goals(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<MissedGoal>, Error> {
    let statement = client
        .prepare_cached(
            "-- corrections::missed_goals
             SELECT id, title, verdict_at FROM campaign
              WHERE book_id = $1 AND verdict = 'failed' ORDER BY verdict_at DESC, id DESC LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* limit */ &limit]).await?;
    let missed = |row: &Row| MissedGoal {
        campaign: CampaignId::new(book, row.get("id")),
        title: row.get("title"),
        at: row.get("verdict_at"),
    };
    Ok(rows.iter().map(missed).collect())
}

impl Correction {
    fn from_row(row: &Row) -> Result<Correction, Error> {
        let what = match row.get("what") {
            "entry" => What::Entry { reversed: row.get("reversed") },
            "distribution" => What::Distribution {
                reversed: row.get("reversed"),
                from: row.get("period_from"),
                to: row.get("period_to"),
            },
            _ => What::Claim {
                milestone: row.get("milestone"),
                amount: money(row.get("amount"), word(row.get("currency"))?)?,
            },
        };
        Ok(Correction { number: row.get("number"), day: row.get("day"), what, reason: row.get("reason") })
    }
}

/// At most `limit` corrections of a book before an entry, the newest first.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    before: i64,
    limit: i64,
) -> Result<Vec<Correction>, Error> {
    let statement = client
        .prepare_cached(
            "-- corrections::list
             SELECT c.*, t.effective AS day
               FROM (SELECT r.reversed_by AS number, 'entry' AS what, r.number AS reversed, coalesce(n.memo, '') AS reason,
                            NULL::date AS period_from, NULL::date AS period_to, '' AS milestone, 0::bigint AS amount,
                            '' AS currency
                       FROM reversal r
                       LEFT JOIN entry_note n ON n.book_id = r.book_id AND n.number = r.reversed_by
                      WHERE r.book_id = $1
                     UNION ALL
                     SELECT reversal_number, 'distribution', entry_number, reason, period_from, period_to, '', 0, ''
                       FROM distribution WHERE book_id = $1 AND reversal_number IS NOT NULL
                     UNION ALL
                     SELECT k.entry_number, 'claim', 0, k.reason, NULL, NULL, m.name, k.amount, k.currency
                       FROM clawback k JOIN milestone m ON m.book_id = k.book_id AND m.id = k.milestone_id
                      WHERE k.book_id = $1) AS c
               JOIN transfer t ON t.book_id = $1 AND t.pos = c.number << 16
              WHERE c.number < $2
              ORDER BY c.number DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(Correction::from_row).collect()
}
