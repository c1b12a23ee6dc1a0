//! To whose bank account the donors of a book transfer, and whether it is kept by lines of banks.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use deadpool_postgres::Transaction;

/// Says to whose bank account donors transfer.
pub async fn set(tx: &Transaction<'_>, book: BookId, custodian: Option<OrganisationId>) -> Result<Book, Error> {
    let statement = tx
        .prepare_cached(
            "-- transfers::set
             UPDATE book SET transfers_to = $2, version = version + 1 WHERE number = $1
             RETURNING *",
        )
        .await?;
    let custodian = custodian.map(|custodian| custodian.0);
    let row = tx.query_one(&statement, &[/* number */ &book.0, /* transfers_to */ &custodian]).await?;
    Book::from_row(&row)
}

/// Says whether a book is kept by lines of banks.
pub async fn set_kept_by_bank_lines(tx: &Transaction<'_>, book: BookId, kept: bool) -> Result<Book, Error> {
    let statement = tx
        .prepare_cached(
            "-- transfers::set_kept_by_bank_lines
             UPDATE book SET kept_by_bank_lines = $2, version = version + 1 WHERE number = $1
             RETURNING *",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* number */ &book.0, /* kept_by_bank_lines */ &kept]).await?;
    Book::from_row(&row)
}
