//! What the accounts of all public books moved in each way, and what happened in them.

use crate::book::{AccountClass, Mode, MovementKind};
use crate::engine::store::books::Book;
use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::BookId;
use crate::money::Currency;
use crate::service::event::EventKind;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The first public books of a mode, by number.
pub async fn books(client: &impl GenericClient, mode: Mode, limit: i64) -> Result<Vec<Book>, Error> {
    let statement = client
        .prepare_cached(
            "-- public_totals::books
             SELECT * FROM book WHERE visibility = 'public' AND mode = $1 ORDER BY number LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* mode */ &mode.as_str(), /* limit */ &limit]).await?;
    rows.iter().map(Book::from_row).collect()
}

/// The last record of each of some books.
pub async fn through(client: &impl GenericClient, books: &[BookId]) -> Result<Vec<(BookId, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- public_totals::through
             SELECT book_id, next_number - 1 AS last FROM book_head WHERE book_id = ANY($1) ORDER BY book_id",
        )
        .await?;
    let books: Vec<i32> = books.iter().map(|book| book.0).collect();
    let rows = client.query(&statement, &[/* books */ &books]).await?;
    Ok(rows.iter().map(|row| (BookId(row.get("book_id")), row.get("last"))).collect())
}

/// What the accounts of a class and currency moved in one way, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassTotal {
    /// The currency of the accounts.
    pub currency: Currency,
    /// Their class.
    pub class: AccountClass,
    /// The way in which it moved.
    pub kind: MovementKind,
    /// To their debit.
    pub debits: i128,
    /// To their credit.
    pub credits: i128,
}

/// What the accounts of some classes of some books moved so far, in each way: rolled-up totals and the tail of each journal.
pub async fn list(
    client: &impl GenericClient,
    books: &[BookId],
    classes: &[AccountClass],
) -> Result<Vec<ClassTotal>, Error> {
    let statement = client
        .prepare_cached(
            "-- public_totals::list
             WITH wanted AS (SELECT h.book_id, h.next_account, coalesce(p.through, 0) AS through
                               FROM book_head h LEFT JOIN day_total_progress p ON p.book_id = h.book_id
                              WHERE h.book_id = ANY($1)),
             blocks AS (SELECT book_id, generate_series(0, next_account >> 6) AS block FROM wanted),
             part AS (SELECT book_id, accounts, kinds, debits, credits FROM recent_total WHERE book_id = ANY($1)
                      UNION ALL
                      SELECT b.book_id, r.accounts, r.kinds, r.debits, r.credits
                        FROM blocks b CROSS JOIN LATERAL (
                             SELECT accounts, kinds, debits, credits FROM running_total t
                              WHERE t.book_id = b.book_id AND t.block = b.block ORDER BY t.until DESC LIMIT 1) AS r),
             fresh AS (SELECT w.book_id, t.debit, t.credit, t.kind, t.amount
                         FROM wanted w CROSS JOIN LATERAL (
                              SELECT debit, credit, kind, amount FROM transfer f
                               WHERE f.book_id = w.book_id AND f.pos > w.through) AS t),
             side AS (SELECT book_id, unnest(accounts) AS account, unnest(kinds) AS kind, unnest(debits) AS debits,
                             unnest(credits) AS credits FROM part
                      UNION ALL SELECT book_id, debit, kind, amount, 0 FROM fresh
                      UNION ALL SELECT book_id, credit, kind, 0, amount FROM fresh)
             SELECT a.unit, a.class, s.kind, sum(s.debits)::text AS debits, sum(s.credits)::text AS credits
               FROM side s JOIN account a ON a.book_id = s.book_id AND a.number = s.account
              WHERE a.class = ANY($2) AND length(a.unit) = 3
                AND NOT EXISTS (SELECT FROM unit n WHERE n.book_id = a.book_id AND n.code = a.unit)
              GROUP BY a.unit, a.class, s.kind ORDER BY a.unit, a.class, s.kind",
        )
        .await?;
    let books: Vec<i32> = books.iter().map(|book| book.0).collect();
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    let rows = client.query(&statement, &[/* books */ &books, /* classes */ &classes]).await?;
    rows.iter().map(class_total).collect()
}

fn class_total(row: &Row) -> Result<ClassTotal, Error> {
    let (class, kind): (i16, i16) = (row.get("class"), row.get("kind"));
    let unknown = |what: &str| Error::inconsistent(format!("{what} is unknown"));
    Ok(ClassTotal {
        currency: word(row.get("unit"))?,
        class: AccountClass::from_number(class).ok_or_else(|| unknown("an account class"))?,
        kind: MovementKind::from_number(kind).ok_or_else(|| unknown("a movement kind"))?,
        debits: sum(row, "debits")?,
        credits: sum(row, "credits")?,
    })
}

/// Something that happened in a book, with its facts as the database has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// In which book.
    pub book: BookId,
    /// What happened.
    pub kind: EventKind,
    /// When, in book time.
    pub at: Timestamp,
    /// To what.
    pub object: Uuid,
    /// What it tells besides.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// What happened last in some books, of some kinds, since a moment of the wall clock: the newest first. Each kind of each book is looked
/// for by itself, so that the others cost nothing.
pub async fn newest(
    client: &impl GenericClient,
    books: &[BookId],
    kinds: &[&str],
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Happened>, Error> {
    let statement = client
        .prepare_cached(
            "-- public_totals::newest
             SELECT e.book_id, e.kind, e.at, e.object, e.facts
               FROM event_head h CROSS JOIN unnest($2::text[]) AS k(kind) CROSS JOIN LATERAL (
                    SELECT book_id, kind, number, at, recorded_at, object, facts FROM event v
                     WHERE v.book_id = h.book_id AND v.kind = k.kind AND v.recorded_at >= $3
                     ORDER BY v.number DESC LIMIT $4) AS e
              WHERE h.book_id = ANY($1)
              ORDER BY e.recorded_at DESC, e.book_id, e.number DESC LIMIT $4",
        )
        .await?;
    let books: Vec<i32> = books.iter().map(|book| book.0).collect();
    let rows = client
        .query(&statement, &[/* books */ &books, /* kinds */ &kinds, /* since */ &since, /* limit */ &limit])
        .await?;
    rows.iter().map(happened).collect()
}

fn happened(row: &Row) -> Result<Happened, Error> {
    let kind: &str = row.get("kind");
    let Json(facts) = row.try_get::<_, Json<_>>("facts")?;
    Ok(Happened {
        book: BookId(row.get("book_id")),
        kind: kind.parse().map_err(|_| Error::inconsistent(format!("the list of events has a `{kind}`")))?,
        at: row.get("at"),
        object: row.get("object"),
        facts,
    })
}
