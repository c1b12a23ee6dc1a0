//! Runs of payouts.

use super::payouts::from_row as payout_from_row;
use crate::book::{AccountClass, AccountNumber};
use crate::engine::store::rows::word;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BankAccountId, BookId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use crate::payouts::rules::payout::{Payout, PayoutState, Source};
use crate::payouts::rules::run::Run;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Run, Error> {
    let sources: Vec<&str> = row.get("sources");
    Ok(Run {
        id: PayoutRunId::new(BookId(row.get("book_id")), row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        cash: row.get("cash"),
        sources: sources.into_iter().map(word).collect::<Result<_, _>>()?,
        currency: word(row.get("currency"))?,
        minimum: row.get("minimum"),
        memo: row.get("memo"),
        requested_by: PersonId(row.get("requested_by")),
        requested_at: row.get("requested_at"),
        payouts: row.get("payouts"),
        ended: row.get("ended"),
        total: row.get("total"),
        state: word(row.get("state"))?,
        reason: row.get("reason"),
        version: row.get("version"),
    })
}

/// Writes a new run.
///
/// # Errors
///
/// `payout-run-gathering` while another one of the book asks for its payouts.
pub async fn insert(tx: &Transaction<'_>, new: &Run) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::insert
            INSERT INTO payout_run (book_id, id, custodian, cash, sources, currency, minimum, memo, requested_by, requested_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .await?;
    let sources: Vec<&str> = new.sources.iter().map(|source| source.as_str()).collect();
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* custodian */ &new.custodian.0,
                /* cash */ &new.cash,
                /* sources */ &sources,
                /* currency */ &new.currency.code(),
                /* minimum */ &new.minimum,
                /* memo */ &new.memo,
                /* requested_by */ &new.requested_by.0,
                /* requested_at */ &new.requested_at,
                /* state */ &new.state.as_str(),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            let detail = "another run of this book asks for its payouts: wait until it is ready, or cancel it";
            Err(Refusal::new("payout-run-gathering", detail).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// A run.
pub async fn get(client: &impl GenericClient, id: PayoutRunId) -> Result<Run, Error> {
    let statement =
        client.prepare_cached("-- runs::get\nSELECT * FROM payout_run WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout run"))?)
}

/// A run, locked: it is about to change. Its payouts are locked before it.
pub async fn lock(tx: &Transaction<'_>, id: PayoutRunId) -> Result<Run, Error> {
    let statement =
        tx.prepare_cached("-- runs::lock\nSELECT * FROM payout_run WHERE book_id = $1 AND id = $2 FOR UPDATE").await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout run"))?)
}

/// The runs of a book, the oldest first, after an id.
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Run>, Error> {
    let statement = client
        .prepare_cached(
            "-- runs::list
            SELECT * FROM payout_run WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The runs of a book, the youngest first.
pub async fn recent(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<Run>, Error> {
    let statement = client
        .prepare_cached(
            "-- runs::recent
            SELECT * FROM payout_run WHERE book_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Writes where a run stands, and why; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &Run) -> Result<Run, Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::update
            UPDATE payout_run SET state = $3, reason = $4, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* reason */ &changed.reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// Counts payouts that were asked for; `is_last` says that there are no more: the run is ready then, or done when nothing of it is open.
pub async fn add(
    tx: &Transaction<'_>,
    id: PayoutRunId,
    (count, total): (i32, i64),
    is_last: bool,
) -> Result<Run, Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::add
            UPDATE payout_run
               SET payouts = payouts + $3, total = total + $4,
                   state = CASE WHEN NOT $5 THEN state WHEN ended = payouts + $3 THEN 'done' ELSE 'ready' END,
                   version = version + CASE WHEN $5 THEN 1 ELSE 0 END
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0, /* id */ &id.object, /* count */ &count,
                /* total */ &total, /* is_last */ &is_last,
            ],
        )
        .await?;
    from_row(&row)
}

/// One payout of the run is over; after the last one the run is done.
pub async fn end_one(tx: &Transaction<'_>, id: PayoutRunId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::end_one
            UPDATE payout_run
               SET ended = ended + 1,
                   state = CASE WHEN state = 'ready' AND ended + 1 = payouts THEN 'done' ELSE state END,
                   version = version + CASE WHEN state = 'ready' AND ended + 1 = payouts THEN 1 ELSE 0 END
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    Ok(())
}

/// An account that owes something, of which no payout is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    /// The account.
    pub payable: AccountNumber,
    /// Its code, which says to whom it is owed.
    pub code: String,
    /// Minor units that are owed and not set aside.
    pub owed: i64,
}

/// Accounts of some classes that owe at least so much in a currency and of which no payout waits, by number, after one.
pub async fn debts(
    client: &impl GenericClient,
    run: &Run,
    after: AccountNumber,
    limit: i64,
) -> Result<Vec<Debt>, Error> {
    // OFFSET 0 keeps the look a look by key. As a join it would be planned by what was counted of the payouts of this hour, which is
    // nothing, and would then read all of them for each account.
    let statement = client
        .prepare_cached(
            "-- runs::debts
            SELECT a.number, a.code, b.credits - b.debits - b.held AS owed
              FROM balance b
              JOIN account a ON a.book_id = b.book_id AND a.number = b.account
             WHERE b.book_id = $1 AND b.account > $2 AND b.class = ANY($3) AND b.unit = $4
               AND b.credits - b.debits - b.held >= $5 AND a.closed_at = 'infinity'
               AND NOT EXISTS (SELECT FROM payout p WHERE p.book_id = $1 AND p.payable = b.account
                                  AND p.state IN ('requested', 'approved', 'screened', 'held') OFFSET 0)
             ORDER BY b.account LIMIT $6",
        )
        .await?;
    let classes: Vec<i16> = run.sources.iter().map(|source| Source::class(*source)).map(AccountClass::number).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &run.id.book.0,
                /* after */ &after.0,
                /* classes */ &classes,
                /* unit */ &run.currency.code(),
                /* minimum */ &run.minimum,
                /* limit */ &limit,
            ],
        )
        .await?;
    let debt = |row: &Row| Debt { payable: AccountNumber(row.get(0)), code: row.get(1), owed: row.get(2) };
    Ok(rows.iter().map(debt).collect())
}

/// The payouts of a run that wait for an approval, by id.
pub async fn requested(client: &impl GenericClient, id: PayoutRunId) -> Result<Vec<Payout>, Error> {
    let statement = client
        .prepare_cached(
            "-- runs::requested
            SELECT * FROM payout WHERE book_id = $1 AND run = $2 AND state = 'requested' ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* run */ &id.object]).await?;
    rows.iter().map(payout_from_row).collect()
}

/// Locks the payouts of a run that wait for an approval, in the order of their ids.
pub async fn lock_requested(tx: &Transaction<'_>, id: PayoutRunId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::lock_requested
            SELECT id FROM payout WHERE book_id = $1 AND run = $2 AND state = 'requested' ORDER BY id FOR UPDATE",
        )
        .await?;
    tx.query(&statement, &[/* book_id */ &id.book.0, /* run */ &id.object]).await?;
    Ok(())
}

/// Payouts of a run in one of some states, by id, after one.
pub async fn in_states(
    client: &impl GenericClient,
    id: PayoutRunId,
    states: &[PayoutState],
    after: Uuid,
    limit: i64,
) -> Result<Vec<Payout>, Error> {
    let statement = client
        .prepare_cached(
            "-- runs::in_states
            SELECT * FROM payout WHERE book_id = $1 AND run = $2 AND state = ANY($3) AND id > $4 ORDER BY id LIMIT $5",
        )
        .await?;
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* run */ &id.object, /* states */ &states,
                /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(payout_from_row).collect()
}

/// An approval of one of many payouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// The payout.
    pub payout: PayoutId,
    /// Where it goes.
    pub account: BankAccountId,
    /// Of amount and bank account.
    pub digest: Digest,
}

/// Writes that somebody approves many payouts that wait for it; answers how many there were.
pub async fn approve(tx: &Transaction<'_>, book: BookId, all: &[Approved], by: PersonId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- runs::approve
            UPDATE payout p
               SET state = 'approved', bank_account = u.account, approved = u.digest, approved_by = $2, screening = '',
                   version = p.version + 1
              FROM unnest($3::uuid[], $4::uuid[], $5::bytea[]) AS u (id, account, digest)
             WHERE p.book_id = $1 AND p.id = u.id AND p.state = 'requested'",
        )
        .await?;
    let ids: Vec<Uuid> = all.iter().map(|each| each.payout.object).collect();
    let accounts: Vec<Uuid> = all.iter().map(|each| each.account.object).collect();
    let digests: Vec<&[u8]> = all.iter().map(|each| &each.digest.0[..]).collect();
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &book.0, /* approved_by */ &by.0, /* ids */ &ids,
                /* accounts */ &accounts, /* digests */ &digests,
            ],
        )
        .await?;
    Ok(written)
}

/// How many payouts of a run stand somewhere, and how much they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Where.
    pub state: PayoutState,
    /// How many.
    pub payouts: i64,
    /// Minor units of all of them.
    pub total: i64,
}

/// The payouts of a run, counted by their states.
pub async fn count(client: &impl GenericClient, id: PayoutRunId) -> Result<Vec<Count>, Error> {
    let statement = client
        .prepare_cached(
            "-- runs::count
            SELECT state, count(*), sum(amount)::bigint FROM payout WHERE book_id = $1 AND run = $2
             GROUP BY state ORDER BY state",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* run */ &id.object]).await?;
    rows.iter().map(|row| Ok(Count { state: word(row.get(0))?, payouts: row.get(1), total: row.get(2) })).collect()
}
