//! The interest of loans, booked as a cost of the cooperative.

use super::{loans, members, proceeds};
use crate::cooperatives::operations::proceeds::NewProceeds;
use crate::cooperatives::rules::cooperative::ProceedsKind;
use crate::cooperatives::rules::loan::LoanInterest;
use crate::cooperatives::rules::proceeds::Particulars;
use crate::cooperatives::store::loans as rows;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId};
use crate::money::Money;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// What the cost of interest is called.
const LABEL: &str = "interest";

/// Books the interest of a loan through a day, the book's own day when none, less what is booked of it: cost → costs payable to the lender. It
/// is a cost like others ([`proceeds`]): results count it, a line of the bank pays it, and it is taken back as they are. It counts on that
/// day, or on the first one that is not closed.
///
/// # Errors
///
/// `interest-booked` when it is booked through that day or a later one; `interest-nothing` when there is none; `not-a-cooperative`; what
/// [`proceeds::record`] refuses. [`Error::Invalid`] at `/lender` or `/through`; [`Error::NotFound`] for an unknown book.
pub async fn book(
    tx: &Transaction<'_>,
    book: BookId,
    lender: &str,
    through: Option<Date>,
    by: PersonId,
    wall: Timestamp,
) -> Result<LoanInterest, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    loans::check_lender(lender)?;
    let through = through.unwrap_or_else(|| book.today(wall));
    if through > book.today(wall) {
        return Err(Error::invalid("/through", "interest of days that lie ahead is not booked"));
    }
    let loan = loans::standing(tx, &book, lender, through).await?;
    if let Some(last) = loan.booked_through.filter(|last| *last >= through) {
        return Err(loans::booked_through(lender, last).into());
    }
    if loan.to_book() == 0 {
        let detail = format!("{lender} has earned no interest through {through} that is not booked");
        return Err(Refusal::new("interest-nothing", detail).into());
    }
    let too_much = |_| Error::inconsistent("interest is more than one amount can count");
    let amount = Money::from_minor(loan.to_book(), book.currency).map_err(too_much)?;
    let closed_through = journal::lock(tx, book.id).await?.closed_through.max(cooperative.closed_through);
    let occurred_on = through.max(closed_through.tomorrow().unwrap_or(Date::MAX));
    let cost = NewProceeds {
        kind: ProceedsKind::Cost,
        label: LABEL.into(),
        party: lender.into(),
        on_credit: false,
        amount,
        vat: None,
        occurred_on: Some(occurred_on),
        particulars: Particulars::default(),
        memo: format!("Interest through {through}"),
        reference: String::new(),
    };
    let cost = proceeds::record(tx, book.id, cost, by, wall).await?.proceeds;
    let interest =
        LoanInterest { proceeds: cost.id, lender: lender.into(), through, amount, occurred_on, entry: cost.entry };
    rows::insert_interest(tx, &interest).await?;
    Ok(interest)
}
