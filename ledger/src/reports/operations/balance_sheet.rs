//! The balance sheet: what the book has, what it owes or holds for others, and what is its own.

use super::{ReportLine, whole};
use crate::book::{AccountClass, AccountKind};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A balance sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceSheet {
    /// The last record that counts.
    pub through: i64,
    /// Asset accounts with a balance, by code.
    pub assets: Vec<ReportLine>,
    /// Liability accounts with a balance, by code. Money held for others is a liability.
    pub liabilities: Vec<ReportLine>,
    /// Equity accounts with a balance, by code, without the result.
    pub equity: Vec<ReportLine>,
    /// Sums, one for each unit: assets = liabilities + equity + result.
    pub totals: Vec<BalanceSheetTotals>,
}

/// The sums of a unit, minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceSheetTotals {
    /// Currency or unit.
    pub unit: Unit,
    /// Sum of the assets.
    pub assets: i128,
    /// Sum of the liabilities.
    pub liabilities: i128,
    /// Sum of the equity accounts.
    pub equity: i128,
    /// Income less expenses that no closing has moved to equity yet.
    pub result: i128,
}

/// The balance sheet as of the end of a day, or now when `as_of` is none.
///
/// # Errors
///
/// `report-too-large` when there are more accounts than one report shows; [`Error::Inconsistent`] when it does not
/// balance.
pub async fn balance_sheet(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
) -> Result<BalanceSheet, Error> {
    let through = journal::last_number(client, book.id).await?;
    let all = whole(client, book, as_of, through, AccountClass::ALL).await?;
    let mut sheet =
        BalanceSheet { through, assets: Vec::new(), liabilities: Vec::new(), equity: Vec::new(), totals: Vec::new() };
    let mut units: BTreeMap<Unit, BalanceSheetTotals> = BTreeMap::new();
    for account in all {
        let balance = account.balance();
        let none = BalanceSheetTotals { unit: account.unit, assets: 0, liabilities: 0, equity: 0, result: 0 };
        let unit = units.entry(account.unit).or_insert(none);
        let line = ReportLine { code: account.code, class: account.class, unit: account.unit, balance };
        match account.class.kind() {
            AccountKind::Asset => {
                unit.assets += i128::from(balance);
                sheet.assets.push(line);
            }
            AccountKind::Liability => {
                unit.liabilities += i128::from(balance);
                sheet.liabilities.push(line);
            }
            AccountKind::Equity => {
                unit.equity += i128::from(balance);
                sheet.equity.push(line);
            }
            AccountKind::Income => unit.result += i128::from(balance),
            AccountKind::Expense => unit.result -= i128::from(balance),
        }
    }
    for (unit, sums) in units {
        let others = sums.liabilities + sums.equity + sums.result;
        if sums.assets != others {
            let what = format!("balance sheet in {unit}: assets {}, all else {others}", sums.assets);
            return Err(Error::inconsistent(what));
        }
        sheet.totals.push(sums);
    }
    Ok(sheet)
}
