//! The versions of the plan of a programme.

use crate::engine::store::rows::days;
use crate::error::Error;
use crate::id::{PersonId, ProgrammeId};
use crate::programmes::rules::programme::Line;
use crate::programmes::rules::revision::Version;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;

/// All versions of the plan of a programme with their lines, the oldest first: the first one is that with which it was opened. None where
/// there is no such programme.
pub async fn list(client: &impl GenericClient, id: ProgrammeId) -> Result<Vec<Version>, Error> {
    let versions = client
        .prepare_cached(
            "-- revisions::list
            SELECT 1 AS number, first_month AS from_month, months, amount, NULL AS reason, opened_by AS revised_by, opened_at AS revised_at
              FROM programme WHERE book_id = $1 AND id = $2
            UNION ALL
            SELECT number, from_month, months, amount, reason, revised_by, revised_at
              FROM programme_revision WHERE book_id = $1 AND programme_id = $2
             ORDER BY number",
        )
        .await?;
    let rows = client.query(&versions, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    let lines = client
        .prepare_cached(
            "-- revisions::lines
            SELECT revision, name, account, amount, first_month, months FROM programme_counting
             WHERE book_id = $1 AND programme_id = $2 ORDER BY revision, number",
        )
        .await?;
    let mut of: HashMap<i32, Vec<Line>> = HashMap::new();
    for row in client.query(&lines, &[/* book_id */ &id.book.0, /* programme_id */ &id.object]).await? {
        of.entry(row.get("revision")).or_default().push(line(&row)?);
    }
    let version = |row: &Row| -> Result<Version, Error> {
        let number = row.get("number");
        Ok(Version {
            number,
            from_month: row.get("from_month"),
            months: days(row, "months")?,
            amount: row.get("amount"),
            lines: of.remove(&number).unwrap_or_default(),
            reason: row.get("reason"),
            by: PersonId(row.get("revised_by")),
            at: row.get("revised_at"),
        })
    };
    rows.iter().map(version).collect()
}

fn line(row: &Row) -> Result<Line, Error> {
    Ok(Line {
        name: row.get("name"),
        account: row.get("account"),
        amount: row.get("amount"),
        first_month: row.get("first_month"),
        months: days(row, "months")?,
    })
}

/// Writes a later version of the plan of a programme, with its lines. The caller has locked it.
pub async fn insert(tx: &Transaction<'_>, id: ProgrammeId, new: &Version) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- revisions::insert
            INSERT INTO programme_revision (book_id, programme_id, number, from_month, months, amount, lines, reason, revised_by, revised_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    let count = i16::try_from(new.lines.len()).map_err(|_| Error::inconsistent("a plan of too many lines"))?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* programme_id */ &id.object,
            /* number */ &new.number,
            /* from_month */ &new.from_month,
            /* months */ &new.months.cast_signed(),
            /* amount */ &new.amount,
            /* lines */ &count,
            /* reason */ &new.reason,
            /* revised_by */ &new.by.0,
            /* revised_at */ &new.at,
        ],
    )
    .await?;
    insert_lines(tx, id, new).await
}

async fn insert_lines(tx: &Transaction<'_>, id: ProgrammeId, new: &Version) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- revisions::insert_lines
            INSERT INTO programme_revision_line (book_id, programme_id, revision, number, name, account, amount, first_month, months)
            SELECT $1, $2, $3, l.number, l.name, l.account, l.amount, l.first_month, l.months
              FROM unnest($4::text[], $5::text[], $6::bigint[], $7::date[], $8::smallint[])
                   WITH ORDINALITY AS l(name, account, amount, first_month, months, number)",
        )
        .await?;
    let names: Vec<&str> = new.lines.iter().map(|line| line.name.as_str()).collect();
    let accounts: Vec<&str> = new.lines.iter().map(|line| line.account.as_str()).collect();
    let amounts: Vec<i64> = new.lines.iter().map(|line| line.amount).collect();
    let first: Vec<Date> = new.lines.iter().map(|line| line.first_month).collect();
    let months: Vec<i16> = new.lines.iter().map(|line| line.months.cast_signed()).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* programme_id */ &id.object,
            /* revision */ &new.number,
            /* names */ &names,
            /* accounts */ &accounts,
            /* amounts */ &amounts,
            /* first_months */ &first,
            /* months */ &months,
        ],
    )
    .await?;
    Ok(())
}
