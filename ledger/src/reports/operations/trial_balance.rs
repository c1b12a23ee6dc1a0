//! The trial balance: every account with a balance, and debits equal to credits.

use super::{ACCOUNTS_MAX, not_cut, totals, whole};
use crate::book::AccountClass;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use crate::reports::store::account_totals::{AccountTotal, Wanted};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One account in a trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalanceLine {
    /// Code of the account.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Balance when it stands on the debit side, minor units; else 0.
    pub debit: i64,
    /// Balance when it stands on the credit side, minor units; else 0.
    pub credit: i64,
}

impl From<AccountTotal> for TrialBalanceLine {
    fn from(total: AccountTotal) -> TrialBalanceLine {
        let net = total.net();
        TrialBalanceLine {
            code: total.code,
            class: total.class,
            unit: total.unit,
            debit: net.max(0),
            credit: (-net).max(0),
        }
    }
}

/// The sums of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalanceTotals {
    /// Currency or unit.
    pub unit: Unit,
    /// Sum of the debit column, minor units.
    pub debit: i128,
    /// Sum of the credit column, minor units; the same.
    pub credit: i128,
}

/// Every account with a balance, by code, as of the end of a day, or now when `as_of` is none.
///
/// # Errors
///
/// `report-too-large` when there are more accounts than one report shows: read pages then.
pub async fn trial_balance(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
) -> Result<Vec<TrialBalanceLine>, Error> {
    let through = journal::last_number(client, book.id).await?;
    let all = whole(client, book, as_of, through, AccountClass::ALL).await?;
    Ok(all.into_iter().map(TrialBalanceLine::from).collect())
}

/// A part of a trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalancePage {
    /// The last record that counts: the next page must name it again.
    pub through: i64,
    /// The accounts of this page, by code.
    pub lines: Vec<TrialBalanceLine>,
}

/// At most `limit` accounts with a balance whose code comes after `after`.
///
/// The first page asks with `through` none; the others repeat what it answered, so that all show the same moment.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn trial_balance_page(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: Option<i64>,
    after: &str,
    limit: i64,
) -> Result<TrialBalancePage, Error> {
    let last = journal::last_number(client, book.id).await?;
    let through = through.map_or(last, |through| through.clamp(0, last));
    let wanted = Wanted { classes: AccountClass::ALL, even: false, after, under: "", limit };
    let page = totals(client, book, as_of, through, wanted).await?;
    Ok(TrialBalancePage { through, lines: page.into_iter().map(TrialBalanceLine::from).collect() })
}

/// Every account with a balance at and below a path, by code; refused when there are more than one report shows.
pub(super) async fn trial_balance_under(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
    under: &str,
) -> Result<Vec<TrialBalanceLine>, Error> {
    let wanted = Wanted { classes: AccountClass::ALL, even: false, after: "", under, limit: ACCOUNTS_MAX + 1 };
    let all = not_cut(totals(client, book, as_of, through, wanted).await?)?;
    Ok(all.into_iter().map(TrialBalanceLine::from).collect())
}

/// The first accounts with a balance at and below a path, by code, as of now.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn first_under(
    client: &impl GenericClient,
    book: &Book,
    under: &str,
    limit: i64,
) -> Result<Vec<TrialBalanceLine>, Error> {
    let through = journal::last_number(client, book.id).await?;
    let wanted = Wanted { classes: AccountClass::ALL, even: false, after: "", under, limit };
    Ok(totals(client, book, None, through, wanted).await?.into_iter().map(TrialBalanceLine::from).collect())
}

/// The sums of both columns, by unit. They are equal, or the book is broken.
///
/// # Errors
///
/// [`Error::Inconsistent`] when debits and credits of a unit differ.
pub fn trial_balance_totals(lines: &[TrialBalanceLine]) -> Result<Vec<TrialBalanceTotals>, Error> {
    let mut units: BTreeMap<Unit, (i128, i128)> = BTreeMap::new();
    for line in lines {
        let sums = units.entry(line.unit).or_default();
        sums.0 += i128::from(line.debit);
        sums.1 += i128::from(line.credit);
    }
    units
        .into_iter()
        .map(|(unit, (debit, credit))| {
            if debit != credit {
                return Err(Error::inconsistent(format!("trial balance in {unit}: debits {debit}, credits {credit}")));
            }
            Ok(TrialBalanceTotals { unit, debit, credit })
        })
        .collect()
}
