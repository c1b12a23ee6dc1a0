//! What of a pledge's payments is promised and has not begun, and what the book says of promises.

use crate::book::{AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::{BookId, PledgeId, TierId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use uuid::Uuid;

/// Takes an amount out of what a pledge promises, for a payment that begins; says no when it promises less.
pub async fn take(tx: &Transaction<'_>, pledge: PledgeId, amount: i64) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- commitments::take
            UPDATE pledge SET promised = promised - $3 WHERE book_id = $1 AND id = $2 AND promised >= $3",
        )
        .await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [/* book_id */ &pledge.book.0, /* id */ &pledge.object, /* amount */ &amount];
    Ok(tx.execute(&statement, &parameters).await? == 1)
}

/// Takes all that a pledge promises; the caller has locked it.
pub async fn take_all(tx: &Transaction<'_>, pledge: PledgeId) -> Result<i64, Error> {
    let statement = tx
        .prepare_cached("-- commitments::take_all\nSELECT promised FROM pledge WHERE book_id = $1 AND id = $2")
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &pledge.book.0, /* id */ &pledge.object]).await?;
    set(tx, pledge, 0).await?;
    Ok(row.get(0))
}

/// Writes what a pledge promises.
pub async fn set(tx: &Transaction<'_>, pledge: PledgeId, promised: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached("-- commitments::set\nUPDATE pledge SET promised = $3 WHERE book_id = $1 AND id = $2")
        .await?;
    tx.execute(&statement, &[/* book_id */ &pledge.book.0, /* id */ &pledge.object, /* promised */ &promised]).await?;
    Ok(())
}

/// A pledge has its place no more, unless a payment of it was collected and did not go back whole: the tier whose place is free, if it had one.
pub async fn give_place_back(tx: &Transaction<'_>, pledge: PledgeId) -> Result<Option<TierId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- commitments::give_place_back
            UPDATE pledge p SET has_place = false
             WHERE p.book_id = $1 AND p.id = $2 AND p.has_place
               AND NOT EXISTS (SELECT FROM charge c WHERE c.book_id = p.book_id AND c.pledge = p.id
                                  AND c.state IN ('captured', 'settled') AND c.refunded < c.amount)
            RETURNING p.tier",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* id */ &pledge.object]).await?;
    Ok(row.and_then(|row| row.get::<_, Option<Uuid>>(0)).map(|tier| TierId::new(pledge.book, tier)))
}

/// Locks the head of the book, and says how much a room of promises still holds, minor units; more than anybody asks for when it
/// has no floor.
pub async fn lock_room(tx: &Transaction<'_>, book: BookId, room: AccountNumber) -> Result<i64, Error> {
    crate::engine::store::journal::lock(tx, book).await?;
    let statement = tx
        .prepare_cached(
            "-- commitments::lock_room
            SELECT credits - debits - floor FROM balance WHERE book_id = $1 AND account = $2",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &book.0, /* account */ &room.0]).await?;
    Ok(row.get::<_, Option<i64>>(0).unwrap_or(i64::MAX))
}

/// What an account of promises was left with by the end of a day: what was promised with effect by then, less what was dropped,
/// minor units.
pub async fn standing(
    client: &impl GenericClient,
    book: BookId,
    pledged: AccountNumber,
    day: Date,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- commitments::standing
            SELECT coalesce(sum(CASE WHEN NOT l.debited THEN l.amount WHEN l.kind = $4 THEN -l.amount ELSE 0 END), 0)::bigint
              FROM balance b
             CROSS JOIN LATERAL account_lines($1, $2, 0, b.last_pos, '-infinity', $3, NULL) AS l
             WHERE b.book_id = $1 AND b.account = $2",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book */ &book.0,
                /* account */ &pledged.0,
                /* day */ &day,
                /* dropped */ &MovementKind::CommitmentDropped.number(),
            ],
        )
        .await?;
    Ok(row.get(0))
}
