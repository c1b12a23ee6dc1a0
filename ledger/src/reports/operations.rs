//! Reports: read from the book alone, never from counters.
//!
//! Each is of one moment: with effect until the end of a day, or, when none is given, of all that is recorded. Whole
//! reports refuse to be cut: a book with more accounts reads its trial balance in pages.

mod account_statement;
mod account_tree;
mod balance_sheet;
mod campaign_totals;
pub mod exports;
mod funds;
mod held;
mod income_statement;
mod newest;
mod outside;
pub mod periods;
mod public_figures;
mod search;
mod trial_balance;
mod whole_sums;

pub use account_statement::{AccountStatement, Resume, StatementLine, StatementSpan, account_statement};
pub use account_tree::{
    AccountNode, AccountTree, Branch, DEPTH_MAX, NodeSum, account_tree, comes_after, is_path, roll_up,
};
pub use balance_sheet::{BalanceSheet, BalanceSheetTotals, balance_sheet};
pub use campaign_totals::{FiveTotals, OutsideTotals, five_totals, outside_balance, outside_months, outside_totals};
pub use funds::{FundLine, FundMovement, RELEASES, funds};
pub use held::{Held, held, held_in_sums};
pub use income_statement::{IncomeLine, IncomeStatement, IncomeTotals, income_statement};
pub use newest::{NewestFirst, Which, newest_first};
pub use outside::{OutsideBalances, OutsideStatement, is_in_sums, open_entries, outside_balances, outside_statement};
pub use public_figures::{BOOKS_MAX, Figures, PublicFigures, public_figures};
pub use search::{Found, LOOKED_AT, Search, search};
pub use trial_balance::{
    TrialBalanceLine, TrialBalancePage, TrialBalanceTotals, first_under, trial_balance, trial_balance_page,
    trial_balance_totals,
};
pub use whole_sums::WholeSums;

use crate::book::{AccountClass, AccountKind};
use outside::kinds_in_sums;
use trial_balance::trial_balance_under;

use super::store::account_totals::{self, AccountTotal, Wanted};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::money::Unit;
use deadpool_postgres::GenericClient;
use jiff::civil::{Date, date};

/// The most accounts that one report shows whole.
pub const ACCOUNTS_MAX: i64 = 10_000;

/// The most accounts that one report adds up without showing them.
pub const SUMMED_MAX: i64 = 100_000;

/// Before all days.
const FIRST_DAY: Date = date(1, 1, 1);

/// After all days.
const LAST_DAY: Date = Date::MAX;

/// One account and its balance in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// Code of the account.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Balance on the account's own side, minor units.
    pub balance: i64,
}

/// What the accounts asked for moved until the end of a day, or by all that is recorded.
async fn totals(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
    wanted: Wanted<'_>,
) -> Result<Vec<AccountTotal>, Error> {
    match as_of {
        Some(day) => account_totals::until(client, book.id, day, through, wanted).await,
        None => account_totals::now(client, book.id, through, wanted).await,
    }
}

/// All accounts of some classes that have a balance; refused when there are more than a report shows.
pub(crate) async fn whole(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
    classes: &[AccountClass],
) -> Result<Vec<AccountTotal>, Error> {
    let wanted = Wanted { classes, even: false, after: "", under: "", limit: ACCOUNTS_MAX + 1 };
    not_cut(totals(client, book, as_of, through, wanted).await?)
}

/// As [`whole`], for a sum over all accounts that shows none of them: refused only beyond [`SUMMED_MAX`].
pub(crate) async fn summed(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
) -> Result<Vec<AccountTotal>, Error> {
    let wanted = Wanted { classes: AccountClass::ALL, even: false, after: "", under: "", limit: SUMMED_MAX + 1 };
    not_cut_at(SUMMED_MAX, totals(client, book, as_of, through, wanted).await?)
}

/// Refuses rows that a limit of [`ACCOUNTS_MAX`] + 1 has cut.
fn not_cut<T>(rows: Vec<T>) -> Result<Vec<T>, Error> {
    not_cut_at(ACCOUNTS_MAX, rows)
}

fn not_cut_at<T>(most: i64, rows: Vec<T>) -> Result<Vec<T>, Error> {
    if i64::try_from(rows.len()).is_ok_and(|rows| rows <= most) {
        return Ok(rows);
    }
    let detail = format!("more than {most} accounts: read the trial balance in pages, or the export");
    Err(Refusal::new("report-too-large", detail).into())
}

/// The classes of some kinds.
fn classes_of(kinds: &[AccountKind]) -> Vec<AccountClass> {
    AccountClass::ALL.iter().copied().filter(|class| kinds.contains(&class.kind())).collect()
}

/// Adds to a sum over the lines of one account, in minor units, which fits as the account's own sums do; one that does not is an
/// error and never wraps. Sums over accounts have 128 bits.
fn add(sum: &mut i64, amount: i64) -> Result<(), Error> {
    *sum = sum.checked_add(amount).ok_or_else(|| Error::inconsistent("a sum of balances overflows"))?;
    Ok(())
}
