//! Wind-ups of books, and what their hosts plan with the money of their accounts.

use crate::book::AccountNumber;
use crate::books::rules::wind_up::{Plan, WindUp, WindUpState};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, CampaignId, WindUpId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn wind_up(row: &Row) -> Result<WindUp, Error> {
    Ok(WindUp {
        id: WindUpId::new(BookId(row.get("book_id")), row.get("id")),
        announced_at: row.get("announced_at"),
        last_day: row.get("last_day"),
        from: row.get("from_at"),
        return_after: row.get("return_after"),
        return_from: row.get("return_from"),
        why: row.get("why"),
        written: word(row.get("state"))?,
        ended_at: row.get("ended_at"),
        version: row.get("version"),
    })
}

/// Writes a new one, and from when on its book takes nothing new, unless one stands already; says whether it was written.
pub async fn insert(tx: &Transaction<'_>, new: &WindUp) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- wind_ups::insert
            INSERT INTO wind_up (book_id, id, announced_at, last_day, from_at, return_after, return_from, why, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* announced_at */ &new.announced_at,
                /* last_day */ &new.last_day,
                /* from_at */ &new.from,
                /* return_after */ &new.return_after,
                /* return_from */ &new.return_from,
                /* why */ &new.why,
                /* state */ &new.written.as_str(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// From when on a book takes nothing new; none when it does. The version of the book rises.
pub async fn set_moment(tx: &Transaction<'_>, book: BookId, from: Option<Timestamp>) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- wind_ups::set_moment
            UPDATE book SET winds_up_at = $2, version = version + 1 WHERE number = $1",
        )
        .await?;
    tx.execute(&statement, &[/* number */ &book.0, /* from */ &from]).await?;
    Ok(())
}

/// It has come to a state; the end is when it was done, or taken back. Its version rises.
pub async fn update_state(
    tx: &Transaction<'_>,
    id: WindUpId,
    state: WindUpState,
    ended_at: Option<Timestamp>,
) -> Result<WindUp, Error> {
    let statement = tx
        .prepare_cached(
            "-- wind_ups::update_state
            UPDATE wind_up SET state = $3, ended_at = $4, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* state */ &state.as_str(),
                /* ended_at */ &ended_at,
            ],
        )
        .await?;
    row.as_ref().map(wind_up).transpose()?.ok_or(Error::NotFound("wind-up"))
}

/// The one with this id.
pub async fn get(client: &impl GenericClient, id: WindUpId) -> Result<WindUp, Error> {
    let statement =
        client.prepare_cached("-- wind_ups::get\nSELECT * FROM wind_up WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(wind_up).transpose()?.ok_or(Error::NotFound("wind-up"))
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: WindUpId) -> Result<WindUp, Error> {
    let statement = tx
        .prepare_cached("-- wind_ups::lock\nSELECT * FROM wind_up WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(wind_up).transpose()?.ok_or(Error::NotFound("wind-up"))
}

/// The last one of a book, also one that was taken back; none when it never was wound up.
pub async fn last(client: &impl GenericClient, book: BookId) -> Result<Option<WindUp>, Error> {
    let statement = client
        .prepare_cached(
            "-- wind_ups::last
            SELECT * FROM wind_up WHERE book_id = $1 ORDER BY announced_at DESC, id DESC LIMIT 1",
        )
        .await?;
    client.query_opt(&statement, &[/* book_id */ &book.0]).await?.as_ref().map(wind_up).transpose()
}

fn plan(row: &Row) -> Result<Plan, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Plan {
        account: AccountNumber(row.get("account")),
        kind: word(row.get("plan"))?,
        to: row.get::<_, Option<Uuid>>("to_campaign").map(|to| CampaignId::new(book, to)),
        planned_at: row.get("planned_at"),
    })
}

/// What is planned with the money of an account now; none when nothing is, or the book is not wound up.
pub async fn plan_of(client: &impl GenericClient, book: BookId, account: AccountNumber) -> Result<Option<Plan>, Error> {
    let statement = client
        .prepare_cached(
            "-- wind_ups::plan_of
            SELECT p.* FROM wind_up w JOIN wind_up_plan p ON p.book_id = w.book_id AND p.wind_up = w.id
             WHERE w.book_id = $1 AND w.state <> 'resumed' AND p.account = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* account */ &account.0]).await?;
    row.as_ref().map(plan).transpose()
}

/// Writes what is planned with the money of an account, in place of what was.
pub async fn upsert_plan(tx: &Transaction<'_>, of: WindUpId, new: &Plan) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- wind_ups::upsert_plan
            INSERT INTO wind_up_plan (book_id, wind_up, account, plan, to_campaign, planned_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (book_id, wind_up, account) DO UPDATE
               SET plan = excluded.plan, to_campaign = excluded.to_campaign, planned_at = excluded.planned_at,
                   version = wind_up_plan.version + 1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &of.book.0,
            /* wind_up */ &of.object,
            /* account */ &new.account.0,
            /* plan */ &new.kind.as_str(),
            /* to_campaign */ &new.to.map(|to| to.object),
            /* planned_at */ &new.planned_at,
        ],
    )
    .await?;
    Ok(())
}
