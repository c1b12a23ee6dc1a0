//! What a book holds beside what it owes to those for whom it holds it.

use super::{outside_balances, whole};
use crate::book::AccountClass;
use crate::book::movement::RESTRICTED;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use deadpool_postgres::GenericClient;
use std::collections::BTreeMap;

/// Money with custodians: arrived, on its way from them, or taken back while a dispute runs.
const HELD: &[AccountClass] = &[AccountClass::Cash, AccountClass::Receivable, AccountClass::DisputesPending];

/// What from outside is seen of the rest is less than this, in whole units of the currency.
const STEP: i128 = 100;

/// What is held and what is owed in a currency or unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The currency or unit.
    pub unit: Unit,
    /// What is held, minor units; in sums, at least so much.
    pub held: i128,
    /// What is owed to others, minor units; in sums, without what is not told singly, which is taken off what is held as well.
    pub owed: i128,
}

impl Held {
    /// What is held beyond what is owed, minor units; less than zero when something is missing.
    pub fn beyond(&self) -> i128 {
        self.held - self.owed
    }
}

/// Classes of what is owed: held for others, or fees to be passed on. What teams owe back is only owed on once it comes.
fn is_owed(class: AccountClass) -> bool {
    let is_held_for_others = RESTRICTED.contains(&class) && class != AccountClass::RecoveriesPending;
    is_held_for_others || class == AccountClass::FeePayable
}

/// What a book holds and owes now, by currency or unit, exactly.
///
/// # Errors
///
/// `report-too-large` when there are more accounts than a report shows.
pub async fn held(client: &impl GenericClient, book: &Book) -> Result<Vec<Held>, Error> {
    let through = journal::last_number(client, book.id).await?;
    let classes: Vec<AccountClass> =
        AccountClass::ALL.iter().copied().filter(|class| HELD.contains(class) || is_owed(*class)).collect();
    let mut sums: BTreeMap<Unit, Held> = BTreeMap::new();
    for account in whole(client, book, None, through, &classes).await? {
        let sum = sums.entry(account.unit).or_insert(Held { unit: account.unit, held: 0, owed: 0 });
        let part = if is_owed(account.class) { &mut sum.owed } else { &mut sum.held };
        *part += i128::from(account.balance());
    }
    Ok(sums.into_values().collect())
}

/// The same for people from outside of a book with payments of people: owed is what is told of it, and what is held beyond all that is owed is
/// told in steps, so that no single payment is in the difference of two looks.
///
/// # Errors
///
/// `report-too-large` as [`held`] and [`outside_balances`].
pub async fn held_in_sums(client: &impl GenericClient, book: &Book) -> Result<Vec<Held>, Error> {
    let exact = held(client, book).await?;
    let shown = outside_balances(client, book, None).await?;
    let of_unit = |of: &Held| {
        let owed = shown.accounts.iter().filter(|account| account.unit == of.unit && is_owed(account.class));
        let owed: i128 = owed.map(|account| i128::from(account.balance)).sum();
        Held { unit: of.unit, held: owed + stepped(of.beyond(), of.unit.exponent()), owed }
    };
    Ok(exact.iter().map(of_unit).collect())
}

/// The largest step that is no more.
fn stepped(minor: i128, exponent: u32) -> i128 {
    let step = STEP * 10_i128.pow(exponent);
    minor.div_euclid(step) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_is_never_told_as_more_than_it_is_and_what_is_missing_never_as_less() {
        for (minor, expected) in [(0, 0), (9_999, 0), (10_000, 10_000), (25_050, 20_000), (-1, -10_000)] {
            assert_eq!(stepped(minor, 2), expected);
        }
        assert_eq!(stepped(250, 0), 200);
    }

    #[test]
    fn what_is_held_is_nobodys_debt_and_what_is_owed_is_no_asset() {
        for class in AccountClass::ALL.iter().filter(|class| is_owed(**class)) {
            assert!(!HELD.contains(class) && class.kind().side() > 0, "{}", class.as_str());
        }
        assert!(!is_owed(AccountClass::RecoveriesPending) && is_owed(AccountClass::Fund));
    }
}
