//! What several books come to together.

use crate::between::rules::consolidation::{Consolidated, OfClass, Said, consolidate};
use crate::book::{AccountClass, AccountKind};
use crate::chart;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use crate::reports::operations::summed;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A book of a consolidation, and the last record of it that counts.
#[derive(Debug, Clone)]
pub struct Part {
    /// The book.
    pub book: Book,
    /// Its last record.
    pub through: i64,
}

/// Adds books up as of the end of a day, or as they are now. What is kept in other currencies and units is left out.
///
/// # Errors
///
/// `report-too-large`; [`Error::Invalid`] at `/with` for a book that stands twice, or one in another currency.
pub async fn read(
    client: &impl GenericClient,
    books: Vec<Book>,
    as_of: Option<Date>,
) -> Result<(Consolidated, Vec<Part>), Error> {
    for (place, book) in books.iter().enumerate() {
        if books[..place].iter().any(|other| other.id == book.id) {
            return Err(Error::invalid("/with", format!("{} stands twice", book.reference())));
        }
        if book.currency != books[0].currency {
            return Err(Error::invalid("/with", format!("{} is kept in {}", book.reference(), book.currency)));
        }
    }
    let (mut balances, mut said, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for book in &books {
        let through = journal::last_number(client, book.id).await?;
        let own = Unit::from(book.currency);
        let mut classes: BTreeMap<AccountClass, i128> = BTreeMap::new();
        for account in summed(client, book, as_of, through).await? {
            if account.unit != own {
                continue;
            }
            let balance = i128::from(account.balance());
            *classes.entry(account.class).or_default() += balance;
            let is_between = matches!(account.class, AccountClass::DueToBook | AccountClass::DueFromBook);
            if let Some(of) = books.iter().find(|other| is_between && names(&account.code, other)) {
                let owes = if account.class.kind() == AccountKind::Liability { balance } else { -balance };
                said.push(Said { by: book.id, of: of.id, owes });
            }
        }
        balances.extend(classes.into_iter().map(|(class, balance)| OfClass { book: book.id, class, balance }));
        parts.push(Part { book: book.clone(), through });
    }
    Ok((consolidate(&balances, &said), parts))
}

/// Whether an account is what is owed to a book, or by it.
fn names(code: &str, book: &Book) -> bool {
    [chart::due_to(book.reference()).code, chart::due_from(book.reference()).code].iter().any(|of| of == code)
}
