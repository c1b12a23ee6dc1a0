//! Receipts: what they say is read of the charge, the donor, the campaign and the book.

use super::charges::charge;
use crate::error::Error;
use crate::id::{BookId, ChargeId};
use crate::money::Money;
use crate::pledging::rules::charge::State;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::fmt;
use tokio_postgres::Row;
use uuid::Uuid;

/// What a receipt says.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The charge.
    pub charge: ChargeId,
    /// The address to which it goes; empty when the donor gave none.
    pub email: String,
    /// The donor's name; empty when not given.
    pub name: String,
    /// The amount of the charge.
    pub amount: Money,
    /// What the donor paid of it in another currency; none where they paid it as it is.
    pub original: Option<Money>,
    /// Name of the campaign.
    pub campaign_title: String,
    /// Name of the book.
    pub book_name: String,
    /// Day of the capture; the due date when nothing was captured.
    pub day: Date,
    /// Record number of the entry; 0 when nothing was captured.
    pub entry: i64,
    /// How the charge stands.
    pub state: State,
}

/// The charge alone, so that no log can print a person.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "receipt of {}", self.charge)
    }
}

fn receipt(book: BookId, row: &Row) -> Result<Receipt, Error> {
    let charge = charge(row)?;
    let day = row.get::<_, Option<Date>>("captured_on").unwrap_or(charge.due_on);
    Ok(Receipt {
        charge: ChargeId::new(book, row.get("id")),
        email: row.get("email"),
        name: row.get("name"),
        amount: charge.amount,
        original: charge.conversion.map(|it| it.original),
        campaign_title: row.get("title"),
        book_name: row.get("book_name"),
        day,
        entry: charge.entry,
        state: charge.state,
    })
}

/// What a receipt, or a notice of a decline, says about a charge.
pub async fn get(client: &impl GenericClient, id: ChargeId) -> Result<Receipt, Error> {
    list(client, id.book, &[id.object]).await?.pop().ok_or(Error::NotFound("charge"))
}

/// The same about charges of a book, in no order.
pub async fn list(client: &impl GenericClient, book: BookId, charges: &[Uuid]) -> Result<Vec<Receipt>, Error> {
    let statement = client
        .prepare_cached(
            "-- receipts::list
            SELECT c.*, d.email, d.name, k.title, b.name AS book_name
              FROM charge c
              JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              JOIN donor d ON d.book_id = p.book_id AND d.id = p.donor
              JOIN campaign k ON k.book_id = c.book_id AND k.id = c.campaign
              JOIN book b ON b.number = c.book_id
             WHERE c.book_id = $1 AND c.id = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* id */ &charges]).await?;
    rows.iter().map(|row| receipt(book, row)).collect()
}
