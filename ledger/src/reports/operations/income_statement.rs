//! The income statement: what was earned and spent from one day to another, with the closing of results shown apart.

use super::{ACCOUNTS_MAX, add, classes_of, not_cut};
use crate::book::{AccountClass, AccountKind, AccountNumber, MovementKind};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use crate::reports::store::account_totals::{self, AccountTotal, Wanted};
use crate::reports::store::kind_totals::{self, KindTotal};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// An income statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeStatement {
    /// The last record that counts.
    pub through: i64,
    /// Income accounts that moved, by code.
    pub income: Vec<IncomeLine>,
    /// Expense accounts that moved, by code.
    pub expenses: Vec<IncomeLine>,
    /// Sums, one for each unit.
    pub totals: Vec<IncomeTotals>,
}

/// An income or expense account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeLine {
    /// Code of the account.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Earned or spent, minor units.
    pub amount: i64,
    /// Moved to surplus by closing periods, less what opening them again moved back, minor units; not taken off `amount`.
    pub closed: i64,
}

/// The sums of a unit, minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeTotals {
    /// Currency or unit.
    pub unit: Unit,
    /// What was earned.
    pub income: i128,
    /// What was spent.
    pub expenses: i128,
    /// Income less expenses.
    pub result: i128,
    /// What closings on these days moved to surplus, of this result or an earlier one.
    pub closed: i128,
}

impl IncomeStatement {
    /// Without the accounts of some classes, neither their lines nor their part of the sums.
    #[must_use]
    pub fn without(mut self, classes: &[AccountClass]) -> IncomeStatement {
        for line in self.income.iter().filter(|line| classes.contains(&line.class)) {
            for sum in self.totals.iter_mut().filter(|sum| sum.unit == line.unit) {
                sum.income -= i128::from(line.amount);
                sum.result -= i128::from(line.amount);
                sum.closed -= i128::from(line.closed);
            }
        }
        for line in self.expenses.iter().filter(|line| classes.contains(&line.class)) {
            for sum in self.totals.iter_mut().filter(|sum| sum.unit == line.unit) {
                sum.expenses -= i128::from(line.amount);
                sum.result += i128::from(line.amount);
                sum.closed += i128::from(line.closed);
            }
        }
        self.income.retain(|line| !classes.contains(&line.class));
        self.expenses.retain(|line| !classes.contains(&line.class));
        self
    }
}

/// What was earned and spent with effect on the days `from..=to`.
///
/// # Errors
///
/// [`Error::Invalid`] at `/to` when it comes before `from`; `report-too-large` when there are more accounts than one
/// report shows.
pub async fn income_statement(
    client: &impl GenericClient,
    book: &Book,
    from: Date,
    to: Date,
) -> Result<IncomeStatement, Error> {
    if to < from {
        return Err(Error::invalid("/to", "must not come before from"));
    }
    let through = journal::last_number(client, book.id).await?;
    let classes = classes_of(&[AccountKind::Income, AccountKind::Expense]);
    let wanted = Wanted { classes: &classes, even: true, after: "", under: "", limit: ACCOUNTS_MAX + 1 };
    let moved = not_cut(account_totals::between(client, book.id, (from, to), through, wanted).await?)?;
    // Results are closed against surplus only (`movement`), and opened again from it.
    let closings = Some([MovementKind::ResultClosed, MovementKind::ResultReopened].as_slice());
    let closings = kind_totals::Wanted { classes: &classes, kinds: closings, limit: 2 * ACCOUNTS_MAX + 1 };
    let closings = kind_totals::between(client, book.id, (from, to), through, closings).await?;
    // The loss with which a book was opened was made before.
    let openings = Some([MovementKind::BookOpened, MovementKind::OpeningTakenBack].as_slice());
    let openings = kind_totals::Wanted { classes: &classes, kinds: openings, limit: 2 * ACCOUNTS_MAX + 1 };
    let openings = kind_totals::between(client, book.id, (from, to), through, openings).await?;
    let (closed, opened) = (by_account(&closings)?, by_account(&openings)?);
    let mut statement = IncomeStatement { through, income: Vec::new(), expenses: Vec::new(), totals: Vec::new() };
    let mut units: BTreeMap<Unit, IncomeTotals> = BTreeMap::new();
    for account in moved {
        let line = income_line(account, &closed, &opened);
        let none = IncomeTotals { unit: line.unit, income: 0, expenses: 0, result: 0, closed: 0 };
        let unit = units.entry(line.unit).or_insert(none);
        let is_income = line.class.kind() == AccountKind::Income;
        *if is_income { &mut unit.income } else { &mut unit.expenses } += i128::from(line.amount);
        unit.closed += i128::from(if is_income { line.closed } else { -line.closed });
        if line.amount != 0 || line.closed != 0 {
            if is_income { statement.income.push(line) } else { statement.expenses.push(line) }
        }
    }
    statement.totals =
        units.into_values().map(|sums| IncomeTotals { result: sums.income - sums.expenses, ..sums }).collect();
    Ok(statement)
}

/// What accounts moved by some kinds, debits less credits, by account.
fn by_account(totals: &[KindTotal]) -> Result<HashMap<AccountNumber, i64>, Error> {
    let mut found: HashMap<AccountNumber, i64> = HashMap::new();
    for total in totals {
        add(found.entry(total.account.number).or_default(), total.account.net())?;
    }
    Ok(found)
}

/// Takes the closings, and what a book was opened with, out of what an account moved. Closing debits income and credits expenses.
fn income_line(
    account: AccountTotal,
    closed: &HashMap<AccountNumber, i64>,
    opened: &HashMap<AccountNumber, i64>,
) -> IncomeLine {
    let side = i64::from(account.class.kind().side());
    let of = |moved: &HashMap<AccountNumber, i64>| side * moved.get(&account.number).copied().unwrap_or(0);
    let (closed, opened) = (of(closed), of(opened));
    let amount = account.balance() + closed + opened;
    IncomeLine { code: account.code, class: account.class, unit: account.unit, amount, closed }
}
