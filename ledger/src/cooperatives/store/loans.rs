//! The terms of loans to a cooperative, and their interest.

use crate::chart;
use crate::cooperatives::rules::cooperative::Percent;
use crate::cooperatives::rules::loan::{LoanInterest, LoanTerms};
use crate::error::Error;
use crate::id::{BookId, LoanTermsId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<LoanTerms, Error> {
    let rate = u64::try_from(row.get::<_, i32>("rate")).map_err(|_| Error::inconsistent("a negative rate"))?;
    Ok(LoanTerms {
        id: LoanTermsId::new(BookId(row.get("book_id")), row.get("id")),
        lender: row.get("lender"),
        rate: Percent::from_hundredths(rate),
        effective_from: row.get("effective_from"),
        published_by: PersonId(row.get("published_by")),
        published_at: row.get("published_at"),
    })
}

/// New terms; `false` when there are some that begin on that day.
pub async fn insert(tx: &Transaction<'_>, new: &LoanTerms) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- loans::insert
            INSERT INTO loan_terms (book_id, id, lender, rate, effective_from, published_by, published_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (book_id, lender, effective_from) DO NOTHING",
        )
        .await?;
    let rate = i32::try_from(new.rate.hundredths()).map_err(|_| Error::inconsistent("a rate beyond its bound"))?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* lender */ &new.lender,
                /* rate */ &rate,
                /* effective_from */ &new.effective_from,
                /* published_by */ &new.published_by.0,
                /* published_at */ &new.published_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The terms of a book, the oldest first, after an id.
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<LoanTerms>, Error> {
    let statement = client
        .prepare_cached(
            "-- loans::list
            SELECT * FROM loan_terms WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The terms of a lender by the day on which they begin, at most so many.
pub async fn of_lender(
    client: &impl GenericClient,
    book: BookId,
    lender: &str,
    limit: i64,
) -> Result<Vec<LoanTerms>, Error> {
    let statement = client
        .prepare_cached(
            "-- loans::of_lender
            SELECT * FROM loan_terms WHERE book_id = $1 AND lender = $2 ORDER BY effective_from LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* lender */ &lender, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The short names of whom there is a loan or terms of one, by name, after a name.
pub async fn lenders(client: &impl GenericClient, book: BookId, after: &str, limit: i64) -> Result<Vec<String>, Error> {
    let prefix = chart::loan("").code;
    let statement = client
        .prepare_cached(
            "-- loans::lenders
            SELECT name FROM (
                SELECT lender COLLATE \"C\" AS name FROM loan_terms WHERE book_id = $1
                UNION
                SELECT substr(code, length($4) + 1) COLLATE \"C\" FROM account
                 WHERE book_id = $1 AND code >= $4 AND starts_with(code, $4)) AS known
             WHERE name > $2 COLLATE \"C\" ORDER BY name LIMIT $3",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit, /* prefix */ &prefix])
        .await?;
    Ok(rows.iter().map(|row| row.get("name")).collect())
}

/// Whether a book has terms of any loan.
pub async fn any(client: &impl GenericClient, book: BookId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached("-- loans::any\nSELECT EXISTS (SELECT FROM loan_terms WHERE book_id = $1) AS any")
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0]).await?;
    Ok(row.get("any"))
}

/// What of a lender's interest is booked and stands, minor units, and through which day.
pub async fn booked(client: &impl GenericClient, book: BookId, lender: &str) -> Result<(i64, Option<Date>), Error> {
    let statement = client
        .prepare_cached(
            "-- loans::booked
            SELECT coalesce(sum(i.amount), 0)::bigint AS amount, max(i.through) AS through
              FROM loan_interest i JOIN proceeds p ON p.book_id = i.book_id AND p.id = i.proceeds_id
             WHERE i.book_id = $1 AND i.lender = $2 AND p.reversed_at IS NULL",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* lender */ &lender]).await?;
    Ok((row.get("amount"), row.get("through")))
}

/// Says of a cost that it is interest.
pub async fn insert_interest(tx: &Transaction<'_>, new: &LoanInterest) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- loans::insert_interest
            INSERT INTO loan_interest (book_id, proceeds_id, lender, through, amount) VALUES ($1, $2, $3, $4, $5)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.proceeds.book.0,
            /* proceeds_id */ &new.proceeds.object,
            /* lender */ &new.lender,
            /* through */ &new.through,
            /* amount */ &new.amount.minor(),
        ],
    )
    .await?;
    Ok(())
}
