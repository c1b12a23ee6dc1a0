//! Lines of the journal by what people know of them.

use crate::book::MovementKind;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// What is known of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its amount is one of these, minor units; any when there are none.
    pub amounts: &'a [i64],
    /// It counts from this day on.
    pub from: Option<Date>,
    /// It counts until and with this day.
    pub to: Option<Date>,
    /// Record number of its entry.
    pub number: Option<i64>,
    /// What its entry is about.
    pub reference: Option<&'a str>,
    /// It is of none of these kinds.
    pub not_of: &'a [MovementKind],
}

/// Positions of lines of which so much is known, before a position, the newest first, at most `limit`; only the `looked_at` lines before
/// that position are looked at.
pub async fn positions(
    client: &impl GenericClient,
    book: BookId,
    known: &Known<'_>,
    before: i64,
    (looked_at, limit): (i64, i64),
) -> Result<Vec<i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- found_lines::positions
             SELECT t.pos
               FROM (SELECT * FROM transfer
                      WHERE book_id = $1 AND pos < $2
                        AND ($7::bigint IS NULL OR pos >= $7 << 16 AND pos < ($7 + 1) << 16)
                      ORDER BY pos DESC LIMIT $3) AS t
               LEFT JOIN entry_note n ON n.book_id = $1 AND n.number = t.pos >> 16 AND $8::text IS NOT NULL
              WHERE (cardinality($4::bigint[]) = 0 OR t.amount = ANY($4))
                AND ($5::date IS NULL OR t.effective >= $5) AND ($6::date IS NULL OR t.effective <= $6)
                AND ($8 IS NULL OR n.reference = $8)
                AND NOT t.kind = ANY($9)
              ORDER BY t.pos DESC LIMIT $10",
        )
        .await?;
    let not_of: Vec<i16> = known.not_of.iter().map(|kind| kind.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* before */ &before,
                /* looked at */ &looked_at,
                /* amounts */ &known.amounts,
                /* from */ &known.from,
                /* to */ &known.to,
                /* number */ &known.number,
                /* reference */ &known.reference,
                /* not of */ &not_of,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
