//! Who stands behind the members and lenders of a cooperative.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, PersonId};
use crate::payouts::rules::payee::Payee;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

/// A lender of a cooperative: who is paid what is owed to its short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lender {
    /// Its short name, as allocation rules have it.
    pub name: String,
    /// Who is paid.
    pub payee: Payee,
    /// The person of the host who said so last.
    pub named_by: PersonId,
    /// In book time.
    pub named_at: Timestamp,
}

fn lender(row: &Row) -> Result<Lender, Error> {
    Ok(Lender {
        name: row.get("name"),
        payee: Payee::new(word(row.get("payee_kind"))?, row.get("payee")),
        named_by: PersonId(row.get("named_by")),
        named_at: row.get("named_at"),
    })
}

/// Says who stands behind the name of a lender, also when somebody else did before.
pub async fn set_lender(tx: &Transaction<'_>, book: BookId, new: &Lender) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payees::set_lender
            INSERT INTO lender (book_id, name, payee, payee_kind, named_by, named_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (book_id, name)
            DO UPDATE SET payee = $3, payee_kind = $4, named_by = $5, named_at = $6, version = lender.version + 1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* name */ &new.name,
            /* payee */ &new.payee.uuid(),
            /* payee_kind */ &new.payee.kind().as_str(),
            /* named_by */ &new.named_by.0,
            /* named_at */ &new.named_at,
        ],
    )
    .await?;
    Ok(())
}

/// The lender with this name, if somebody has said who it is.
pub async fn find_lender(client: &impl GenericClient, book: BookId, name: &str) -> Result<Option<Lender>, Error> {
    let statement =
        client.prepare_cached("-- payees::find_lender\nSELECT * FROM lender WHERE book_id = $1 AND name = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* name */ &name]).await?;
    row.as_ref().map(lender).transpose()
}

/// The lenders of a book by name, after a name.
pub async fn list_lenders(
    client: &impl GenericClient,
    book: BookId,
    after: &str,
    limit: i64,
) -> Result<Vec<Lender>, Error> {
    let statement = client
        .prepare_cached(
            "-- payees::list_lenders
            SELECT * FROM lender WHERE book_id = $1 AND name COLLATE \"C\" > $2 ORDER BY name COLLATE \"C\" LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(lender).collect()
}

/// The person who is the member with a number.
pub async fn find_member(client: &impl GenericClient, book: BookId, number: i32) -> Result<Option<PersonId>, Error> {
    let statement = client
        .prepare_cached("-- payees::find_member\nSELECT person FROM member WHERE book_id = $1 AND number = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* number */ &number]).await?;
    Ok(row.map(|row| PersonId(row.get("person"))))
}

/// Whether a book may come to owe something to a person: a member of its cooperative, or one of its lenders.
pub async fn is_of_book(client: &impl GenericClient, book: BookId, person: PersonId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- payees::is_of_book
            SELECT EXISTS (SELECT FROM member WHERE book_id = $1 AND person = $2)
                OR EXISTS (SELECT FROM lender WHERE book_id = $1 AND payee = $2)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* person */ &person.0]).await?;
    Ok(row.get(0))
}
