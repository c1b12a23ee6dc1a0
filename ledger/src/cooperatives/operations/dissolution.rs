//! What would become of a cooperative's assets if it were dissolved on a day, by the balance sheet of that day.

use crate::book::AccountClass;
use crate::cooperatives::rules::dissolution::{Dissolution, Holding};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::money::Unit;
use crate::reports::operations::{ReportLine, balance_sheet};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// A dissolution as it would be, by the records of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    /// The last record that counts.
    pub through: i64,
    /// Who would get how much.
    pub dissolution: Dissolution,
    /// Minor units that stand against members' next shares, which nobody claims otherwise: they are no asset here.
    pub against_shares: i64,
    /// Accounts in other currencies and units, which have no value in the book's currency.
    pub left_out: Vec<ReportLine>,
}

/// Reckons what would become of the assets as of the end of a day, or now when `as_of` is none. Nothing is posted.
///
/// # Errors
///
/// `report-too-large`; [`Error::Inconsistent`] when sums have no room in 64 bits.
pub async fn reckon(client: &impl GenericClient, book: &Book, as_of: Option<Date>) -> Result<Reckoned, Error> {
    let sheet = balance_sheet(client, book, as_of).await?;
    let own = Unit::from(book.currency);
    let is_left_out = |line: &&ReportLine| line.unit != own;
    let left_out = sheet.assets.iter().chain(&sheet.liabilities).filter(is_left_out).cloned().collect();
    let sum = |lines: &[ReportLine], counts: fn(AccountClass) -> bool| {
        let of_own = lines.iter().filter(|line| line.unit == own && counts(line.class));
        let sum: i128 = of_own.map(|line| i128::from(line.balance)).sum();
        i64::try_from(sum).map_err(|_| Error::inconsistent("a sum of balances overflows"))
    };
    let is_against_shares = |class| class == AccountClass::MemberReceivable;
    let mut holdings = sheet
        .equity
        .iter()
        .filter(|line| line.unit == own && line.class == AccountClass::MemberCapital)
        .map(|line| Ok(Holding { number: number_of(&line.code)?, capital: line.balance }))
        .collect::<Result<Vec<_>, Error>>()?;
    holdings.sort_unstable_by_key(|it| it.number);
    let assets = sum(&sheet.assets, |class| class != AccountClass::MemberReceivable)?;
    Ok(Reckoned {
        through: sheet.through,
        dissolution: Dissolution::reckon(assets, sum(&sheet.liabilities, |_| true)?, &holdings)?,
        against_shares: sum(&sheet.assets, is_against_shares)?,
        left_out,
    })
}

/// The number of the member whose capital an account is.
fn number_of(code: &str) -> Result<i32, Error> {
    let number = code.rsplit(':').next().and_then(|last| last.parse().ok());
    number.ok_or_else(|| Error::inconsistent(format!("{code} is the capital of no member")))
}
