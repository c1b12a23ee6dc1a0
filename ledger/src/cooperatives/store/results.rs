//! Closed results of periods.

use super::undone;
use crate::book::{AccountClass, AccountNumber};
use crate::cooperatives::rules::cooperative::Period;
use crate::cooperatives::rules::result::{LeftOut, OnAccount, PeriodResult};
use crate::cooperatives::rules::undone::Undone;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{BookId, PersonId, ResultId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<PeriodResult, Error> {
    let Json(carried) = row.try_get::<_, Json<Vec<(i32, i64)>>>("carried")?;
    let on_account = |(account, amount)| OnAccount { account: AccountNumber(account), amount };
    Ok(PeriodResult {
        id: ResultId::new(BookId(row.get("book_id")), row.get("id")),
        period: Period { from: row.get("period_from"), to: row.get("period_to") },
        sales: row.get("sales"),
        costs: row.get("costs"),
        other_income: row.get("other_income"),
        other_costs: row.get("other_costs"),
        loss_before: row.get("loss_before"),
        left_out: row.try_get::<_, Json<Vec<LeftOut>>>("left_out")?.0,
        carried: carried.into_iter().map(on_account).collect(),
        entry: row.get("entry_number"),
        closed_by: PersonId(row.get("closed_by")),
        closed_at: row.get("closed_at"),
        undone: undone::read(row, true),
    })
}

/// A new result.
pub async fn insert(tx: &Transaction<'_>, new: &PeriodResult) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- results::insert
            INSERT INTO period_result (book_id, id, period_from, period_to, sales, costs, loss_before, carried, entry_number,
                                       closed_by, closed_at, other_income, other_costs, left_out)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    let carried: Vec<(i32, i64)> = new.carried.iter().map(|part| (part.account.0, part.amount)).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* period_from */ &new.period.from,
            /* period_to */ &new.period.to,
            /* sales */ &new.sales,
            /* costs */ &new.costs,
            /* loss_before */ &new.loss_before,
            /* carried */ &Json(carried),
            /* entry_number */ &new.entry,
            /* closed_by */ &new.closed_by.0,
            /* closed_at */ &new.closed_at,
            /* other_income */ &new.other_income,
            /* other_costs */ &new.other_costs,
            /* left_out */ &Json(&new.left_out),
        ],
    )
    .await?;
    Ok(())
}

/// Numbers of the accounts of some classes in the currency of a book, in their order; of many the first hundred.
pub async fn accounts_of(
    client: &impl GenericClient,
    book: &Book,
    classes: &[AccountClass],
) -> Result<Vec<AccountNumber>, Error> {
    let statement = client
        .prepare_cached(
            "-- results::accounts_of
            SELECT number FROM account WHERE book_id = $1 AND class = ANY($2) AND unit = $3 ORDER BY number LIMIT 100",
        )
        .await?;
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    let rows = client
        .query(&statement, &[/* book_id */ &book.id.0, /* classes */ &classes, /* unit */ &book.currency.code()])
        .await?;
    Ok(rows.iter().map(|row| AccountNumber(row.get("number"))).collect())
}

/// What results took from an account by entries that count after a day, less what came back: credits less debits, minor units.
pub async fn closed_after(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    day: Date,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- results::closed_after
            SELECT coalesce(sum(CASE t.credit WHEN $2 THEN t.amount ELSE -t.amount END), 0)::bigint
              FROM (SELECT entry_number AS number FROM period_result WHERE book_id = $1
                    UNION SELECT reversal_number FROM period_result WHERE book_id = $1
                    UNION SELECT entry_number FROM distribution WHERE book_id = $1
                    UNION SELECT reversal_number FROM distribution WHERE book_id = $1
                    UNION SELECT entry_number FROM distribution_entry WHERE book_id = $1
                    UNION SELECT reversal_number FROM distribution_entry WHERE book_id = $1) AS e
              JOIN transfer t ON t.book_id = $1 AND t.pos BETWEEN e.number << 16 AND (e.number << 16) + 65535
             WHERE t.effective > $3 AND (t.debit = $2 OR t.credit = $2)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* account */ &account.0, /* day */ &day]).await?;
    Ok(row.get(0))
}

/// The result with this id.
pub async fn get(client: &impl GenericClient, id: ResultId) -> Result<PeriodResult, Error> {
    let statement =
        client.prepare_cached("-- results::get\nSELECT * FROM period_result WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("result"))
}

/// The result that stands of the period with a day, if it is closed.
pub async fn find(client: &impl GenericClient, book: BookId, day: Date) -> Result<Option<PeriodResult>, Error> {
    let statement = client
        .prepare_cached(
            "-- results::find
            SELECT * FROM period_result
             WHERE book_id = $1 AND period_from <= $2 AND period_to >= $2 AND reversed_at IS NULL",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The result that stands of the latest period, if one is closed.
pub async fn latest(client: &impl GenericClient, book: BookId) -> Result<Option<PeriodResult>, Error> {
    let statement = client
        .prepare_cached(
            "-- results::latest
            SELECT * FROM period_result WHERE book_id = $1 AND reversed_at IS NULL ORDER BY period_to DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The results of a book, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PeriodResult>, Error> {
    let statement = client
        .prepare_cached(
            "-- results::list
            SELECT * FROM period_result WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves that it was opened again. The caller has locked the cooperative.
pub async fn update_undone(tx: &Transaction<'_>, id: ResultId, how: &Undone) -> Result<PeriodResult, Error> {
    let statement = "-- results::update_undone
            UPDATE period_result SET reversal_number = $3, reversed_by = $4, reversed_at = $5, reversal_reason = $6
             WHERE book_id = $1 AND id = $2
            RETURNING *";
    let row = undone::save(tx, statement, (id.book, id.object), how).await?;
    from_row(&row)
}
