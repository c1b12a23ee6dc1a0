//! What several books come to together: their balances, without what they owe one another.
//!
//! What one book says that it owes another, and that one says that it is owed, cancel as far as they are alike. The rest is in transit: money that
//! was sent and is not accepted yet, or paid and not received yet.

use crate::book::{AccountClass, AccountKind};
use crate::id::BookId;
use std::collections::BTreeMap;

/// The most books of a consolidation that are named.
pub const BOOKS_MAX: usize = 20;

/// What a book has on its accounts of a class, minor units on the side on which such accounts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfClass {
    /// The book.
    pub book: BookId,
    /// The class.
    pub class: AccountClass,
    /// What is there.
    pub balance: i128,
}

/// What one book says of another: that it owes it something, or is owed something by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The book that says it.
    pub by: BookId,
    /// The other one.
    pub of: BookId,
    /// Minor units that it owes; less than 0 for what it is owed.
    pub owes: i128,
}

/// What two books say of what one of them sends to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// The book that owes.
    pub from: BookId,
    /// The book that is owed.
    pub to: BookId,
    /// What the first one says that it owes.
    pub owed: i128,
    /// What the second one says that it is owed.
    pub expected: i128,
}

impl Between {
    /// What cancels.
    pub fn alike(&self) -> i128 {
        self.owed.min(self.expected)
    }

    /// What was sent and is not accepted yet: a debt to nobody outside.
    pub fn sent(&self) -> i128 {
        self.owed - self.alike()
    }

    /// What was paid and is not received yet: money that is on its way.
    pub fn paid(&self) -> i128 {
        self.expected - self.alike()
    }
}

/// Sums of a kind of accounts, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// What they have together, with what is on its way between them.
    pub assets: i128,
    /// What they owe others, with what is sent and not accepted.
    pub liabilities: i128,
    /// What is their own.
    pub equity: i128,
    /// Income less expenses that no closing has moved to equity yet.
    pub result: i128,
}

/// Several books as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consolidated {
    /// By class, what all books have without what cancels; none of zero.
    pub classes: BTreeMap<AccountClass, i128>,
    /// What they owe one another, by the book that owes and the one that is owed.
    pub between: Vec<Between>,
    /// The sums.
    pub totals: Totals,
}

/// Adds books up. `said`: what each of them says of another one of them.
pub fn consolidate(balances: &[OfClass], said: &[Said]) -> Consolidated {
    let mut classes: BTreeMap<AccountClass, i128> = BTreeMap::new();
    for it in balances {
        *classes.entry(it.class).or_default() += it.balance;
    }
    let mut pairs: BTreeMap<(BookId, BookId), Between> = BTreeMap::new();
    for it in said {
        let (from, to) = if it.owes > 0 { (it.by, it.of) } else { (it.of, it.by) };
        let pair = pairs.entry((from, to)).or_insert(Between { from, to, owed: 0, expected: 0 });
        if it.owes > 0 { pair.owed += it.owes } else { pair.expected -= it.owes }
    }
    let alike: i128 = pairs.values().map(Between::alike).sum();
    for class in [AccountClass::DueToBook, AccountClass::DueFromBook] {
        if alike != 0 {
            *classes.entry(class).or_default() -= alike;
        }
    }
    classes.retain(|_, balance| *balance != 0);
    let sum =
        |kind| classes.iter().filter(|(class, _)| class.kind() == kind).map(|(_, balance)| *balance).sum::<i128>();
    let totals = Totals {
        assets: sum(AccountKind::Asset),
        liabilities: sum(AccountKind::Liability),
        equity: sum(AccountKind::Equity),
        result: sum(AccountKind::Income) - sum(AccountKind::Expense),
    };
    let between = pairs.into_values().filter(|it| (it.owed, it.expected) != (0, 0)).collect();
    Consolidated { classes, between, totals }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountClass as C;

    const A: BookId = BookId(1);
    const B: BookId = BookId(2);

    fn of(book: BookId, class: AccountClass, balance: i128) -> OfClass {
        OfClass { book, class, balance }
    }

    #[test]
    fn what_books_owe_one_another_cancels_and_the_rest_is_in_transit() {
        // A has sent 100 and then 30, of which B has accepted the first; of 50 that B sent before, the money is on its way to A.
        let balances = [
            of(A, C::Cash, 500),
            of(A, C::DevelopmentFund, 420),
            of(A, C::DueToBook, 130),
            of(A, C::DueFromBook, 50),
            of(B, C::Cash, 200),
            of(B, C::DevelopmentFund, 300),
            of(B, C::DueFromBook, 100),
        ];
        let said =
            [Said { by: A, of: B, owes: 130 }, Said { by: B, of: A, owes: -100 }, Said { by: A, of: B, owes: -50 }];
        let whole = consolidate(&balances, &said);
        assert_eq!(
            whole.between,
            [Between { from: A, to: B, owed: 130, expected: 100 }, Between { from: B, to: A, owed: 0, expected: 50 }]
        );
        let transit: Vec<_> = whole.between.iter().map(|it| (it.sent(), it.paid())).collect();
        assert_eq!(transit, [(30, 0), (0, 50)]);
        let expected = [(C::Cash, 700), (C::DevelopmentFund, 720), (C::DueToBook, 30), (C::DueFromBook, 50)];
        assert_eq!(whole.classes, BTreeMap::from(expected));
        let Totals { assets, liabilities, equity, result } = whole.totals;
        assert_eq!((assets, liabilities, equity, result), (750, 30, 720, 0));
        assert_eq!(assets, liabilities + equity + result, "it balances as each of them does");
    }

    #[test]
    fn a_book_by_itself_is_what_it_is() {
        let whole = consolidate(&[of(A, C::Cash, 5), of(A, C::Sales, 9), of(A, C::Cost, 4)], &[]);
        assert_eq!((whole.totals.assets, whole.totals.result, whole.between.len()), (5, 5, 0));
    }
}
