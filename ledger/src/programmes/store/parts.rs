//! The parts of a programme: its lines, from where its money comes, and its places for people.

use crate::engine::store::rows::days;
use crate::error::Error;
use crate::id::{BookId, ProgrammeId};
use crate::programmes::rules::programme::{Line, Place, Plan};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

/// Writes all parts of a new programme, numbered in their order.
pub async fn insert(tx: &Transaction<'_>, id: ProgrammeId, plan: &Plan) -> Result<(), Error> {
    let lines = tx
        .prepare_cached(
            "-- parts::insert_lines
            INSERT INTO programme_line (book_id, programme_id, number, name, account, amount, first_month, months)
            SELECT $1, $2, l.number, l.name, l.account, l.amount, l.first_month, l.months
              FROM unnest($3::text[], $4::text[], $5::bigint[], $6::date[], $7::smallint[])
                   WITH ORDINALITY AS l(name, account, amount, first_month, months, number)",
        )
        .await?;
    let of = &plan.lines;
    let names: Vec<&str> = of.iter().map(|line| line.name.as_str()).collect();
    let accounts: Vec<&str> = of.iter().map(|line| line.account.as_str()).collect();
    let amounts: Vec<i64> = of.iter().map(|line| line.amount).collect();
    let first: Vec<Date> = of.iter().map(|line| line.first_month).collect();
    let months: Vec<i16> = of.iter().map(|line| line.months.cast_signed()).collect();
    tx.execute(
        &lines,
        &[
            /* book_id */ &id.book.0, /* programme_id */ &id.object, /* names */ &names,
            /* accounts */ &accounts, /* amounts */ &amounts, /* first_months */ &first,
            /* months */ &months,
        ],
    )
    .await?;
    let sources = tx
        .prepare_cached(
            "-- parts::insert_sources
            INSERT INTO programme_source (book_id, programme_id, number, account)
            SELECT $1, $2, s.number, s.account FROM unnest($3::text[]) WITH ORDINALITY AS s(account, number)",
        )
        .await?;
    tx.execute(&sources, &[/* book_id */ &id.book.0, /* programme_id */ &id.object, /* accounts */ &plan.sources])
        .await?;
    let places = tx
        .prepare_cached(
            "-- parts::insert_places
            INSERT INTO programme_place (book_id, programme_id, number, title, people)
            SELECT $1, $2, p.number, p.title, p.people
              FROM unnest($3::text[], $4::smallint[]) WITH ORDINALITY AS p(title, people, number)",
        )
        .await?;
    let titles: Vec<&str> = plan.places.iter().map(|place| place.title.as_str()).collect();
    let people: Vec<i16> = plan.places.iter().map(|place| place.people.cast_signed()).collect();
    tx.execute(
        &places,
        &[
            /* book_id */ &id.book.0, /* programme_id */ &id.object, /* titles */ &titles,
            /* people */ &people,
        ],
    )
    .await?;
    Ok(())
}

/// Codes of the accounts from which the money of a programme comes, in their order.
pub async fn sources(client: &impl GenericClient, id: ProgrammeId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- parts::sources
            SELECT account FROM programme_source WHERE book_id = $1 AND programme_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* programme_id */ &id.object]).await?;
    Ok(rows.iter().map(|row| row.get("account")).collect())
}

/// The places of a programme, in their order.
pub async fn places(client: &impl GenericClient, id: ProgrammeId) -> Result<Vec<Place>, Error> {
    let statement = client
        .prepare_cached(
            "-- parts::places
            SELECT title, people FROM programme_place WHERE book_id = $1 AND programme_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* programme_id */ &id.object]).await?;
    let place =
        |row: &Row| -> Result<Place, Error> { Ok(Place { title: row.get("title"), people: days(row, "people")? }) };
    rows.iter().map(place).collect()
}

/// The programme that stands and counts an account in one of some months, if there is one but the one that is excepted, and the account.
pub async fn counting(
    client: &impl GenericClient,
    book: BookId,
    lines: &[Line],
    but: Option<ProgrammeId>,
) -> Result<Option<(ProgrammeId, String)>, Error> {
    let statement = client
        .prepare_cached(
            "-- parts::counting
            SELECT o.programme_id, o.account
              FROM unnest($2::text[], $3::date[], $4::date[]) AS l(account, first_month, last_day)
              JOIN programme_counting o ON o.book_id = $1 AND o.account = l.account AND o.counts > 0
              JOIN programme p ON p.book_id = $1 AND p.id = o.programme_id AND p.withdrawn_at IS NULL
             WHERE o.first_month <= l.last_day AND l.first_month < o.first_month + make_interval(months => o.counts)
               AND p.id IS DISTINCT FROM $5
             ORDER BY o.account, o.first_month LIMIT 1",
        )
        .await?;
    let accounts: Vec<&str> = lines.iter().map(|line| line.account.as_str()).collect();
    let first: Vec<Date> = lines.iter().map(|line| line.first_month).collect();
    let last: Vec<Date> = lines.iter().map(Line::last_day).collect();
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* accounts */ &accounts,
                /* first_months */ &first,
                /* last_days */ &last,
                /* but */ &but.map(|id| id.object),
            ],
        )
        .await?;
    Ok(row.map(|row| (ProgrammeId::new(book, row.get::<_, Uuid>("programme_id")), row.get("account"))))
}
