//! What everybody may know of what accounts moved: sums over five givers or more, kept in memory and read on as the journals grow.
//!
//! History is never edited, so what was read once stays true: each look reads what was recorded since the last one.

use super::outside::{givers, kinds_in_sums, moved};
use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::engine::store::accounts;
use crate::error::Error;
use crate::id::BookId;
use crate::money::Unit;
use crate::reports::rules::sums::{Groups, Sight, Way};
use crate::reports::store::shown_lines;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// So many records of a journal are read at once.
const RECORDS: i64 = 2_000;

/// The most books that are remembered; past that it starts anew.
const BOOKS_MAX: usize = 10_000;

/// All lines of them: an entry is never cut, and the records bound them.
const ALL_LINES: i64 = i64::MAX;

/// The whole sums of an account, in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// What moved in each way, by the month in which its groups became whole.
    moved: BTreeMap<(Way, Date), i128>,
    /// The largest group of each way, either sign.
    largest: BTreeMap<Way, u128>,
}

impl Sums {
    /// What came by a kind, on the account's own side.
    pub fn added(&self, kind: MovementKind) -> i128 {
        self.by_month(kind).values().sum()
    }

    /// The same by the first day of each month.
    pub fn by_month(&self, kind: MovementKind) -> BTreeMap<Date, i128> {
        let of_way = self.moved.iter().filter(|((way, _), _)| *way == Way { kind, adds: true });
        of_way.map(|((_, month), minor)| (*month, *minor)).collect()
    }

    /// What went by a kind.
    pub fn taken(&self, kind: MovementKind) -> i128 {
        let of_way = self.moved.iter().filter(|((way, _), _)| *way == Way { kind, adds: false });
        -of_way.map(|(_, minor)| minor).sum::<i128>()
    }

    /// What came or went by a kind, rounded down to a power of ten that no group is larger than. What is promised has the amounts of what
    /// is collected, in another order: taken from each other to the last cent, the two would tell of those who are in one of them only.
    pub fn roughly(&self, way: Way) -> i128 {
        let step = self.largest.get(&way).and_then(|largest| {
            let digits = largest.saturating_sub(1).checked_ilog10().map_or(0, |log| log + 1);
            10i128.checked_pow(digits)
        });
        let whole = if way.adds { self.added(way.kind) } else { self.taken(way.kind) };
        step.map_or(0, |step| whole / step * step)
    }

    /// What all of it leaves.
    pub fn balance(&self) -> i128 {
        self.moved.values().sum()
    }

    fn take(&mut self, groups: &mut Groups) {
        for whole in groups.whole() {
            *self.moved.entry((whole.way, whole.day.first_of_month())).or_default() += i128::from(whole.minor);
            let largest = self.largest.entry(whole.way).or_default();
            *largest = (*largest).max(whole.minor.unsigned_abs().into());
        }
    }
}

/// An account as far as its book was read.
#[derive(Debug)]
struct Known {
    class: AccountClass,
    unit: Unit,
    groups: Groups,
    sums: Sums,
}

/// A book as far as it was read.
#[derive(Debug, Default)]
struct BookSums {
    /// The last record that was read.
    through: i64,
    accounts: HashMap<AccountNumber, Known>,
}

impl BookSums {
    async fn read_on(&mut self, client: &impl GenericClient, book: BookId, last: i64) -> Result<(), Error> {
        let (kinds, classes) = (kinds_in_sums(), AccountClass::OF_PERSONS);
        while self.through < last {
            let span = (self.through, last.min(self.through + RECORDS));
            let lines = shown_lines::of_kinds(client, book, &kinds, classes, span, ALL_LINES).await?;
            let givers = givers(client, book, &lines).await?;
            let of_lines = |number: &AccountNumber| !self.accounts.contains_key(number);
            let mut new: Vec<_> =
                lines.iter().flat_map(|line| [line.debit.0, line.credit.0]).filter(of_lines).collect();
            new.sort_unstable();
            new.dedup();
            for account in accounts::load(client, book, &new).await? {
                let known = Known {
                    class: account.class,
                    unit: account.unit,
                    groups: Groups::default(),
                    sums: Sums::default(),
                };
                self.accounts.insert(account.number, known);
            }
            for entry in lines.chunk_by(|one, other| one.pos >> 16 == other.pos >> 16) {
                let mut touched = Vec::new();
                for line in entry {
                    for account in [line.debit.0, line.credit.0] {
                        let Some(is) = moved(line, account, &givers) else { continue };
                        let Sight::InSum(giver) = is.sight else { continue };
                        let Some(known) = self.accounts.get_mut(&account) else { continue };
                        known.groups.take(is.kind, is.day, is.minor, giver);
                        touched.push(account);
                    }
                }
                for account in touched {
                    if let Some(Known { groups, sums, .. }) = self.accounts.get_mut(&account) {
                        sums.take(groups);
                    }
                }
            }
            self.through = span.1;
        }
        Ok(())
    }
}

/// The whole sums of books.
#[derive(Debug, Default)]
pub struct WholeSums {
    books: Mutex<HashMap<BookId, Arc<tokio::sync::Mutex<BookSums>>>>,
}

impl WholeSums {
    fn of(&self, book: BookId) -> Arc<tokio::sync::Mutex<BookSums>> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if books.len() >= BOOKS_MAX && !books.contains_key(&book) {
            books.clear();
        }
        books.entry(book).or_default().clone()
    }

    /// Those of an account of a book whose last record is `last`; nothing for an account that nobody gave to.
    ///
    /// # Errors
    ///
    /// Only trouble with the database.
    pub async fn of_account(
        &self,
        client: &impl GenericClient,
        (book, last): (BookId, i64),
        account: AccountNumber,
    ) -> Result<Sums, Error> {
        let of = self.of(book);
        let mut known = of.lock().await;
        known.read_on(client, book, last).await?;
        Ok(known.accounts.get(&account).map(|known| known.sums.clone()).unwrap_or_default())
    }

    /// Those of all accounts of a class, each with its currency or unit.
    ///
    /// # Errors
    ///
    /// Only trouble with the database.
    pub async fn of_class(
        &self,
        client: &impl GenericClient,
        (book, last): (BookId, i64),
        class: AccountClass,
    ) -> Result<Vec<(Unit, Sums)>, Error> {
        let of = self.of(book);
        let mut known = of.lock().await;
        known.read_on(client, book, last).await?;
        let of_class = known.accounts.values().filter(|known| known.class == class);
        Ok(of_class.map(|known| (known.unit, known.sums.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MovementKind::PledgeCommitted;
    use jiff::civil::date;
    use uuid::Uuid;

    #[test]
    fn what_is_promised_is_rounded_down_to_a_step_that_no_five_givers_pass() {
        let way = Way { kind: PledgeCommitted, adds: true };
        let rough = |promised: &[i64]| {
            let (mut sums, mut groups) = (Sums::default(), Groups::default());
            for (giver, minor) in (1..).zip(promised) {
                groups.take(way.kind, date(2027, 1, 1), *minor, Some(Uuid::from_u128(giver)));
                sums.take(&mut groups);
            }
            (sums.added(way.kind), sums.roughly(way))
        };
        assert_eq!(rough(&[7; 4]), (0, 0));
        assert_eq!(rough(&[20; 5]), (100, 100));
        assert_eq!(rough(&[21; 5]), (105, 0));
        assert_eq!(rough(&[19; 99]), (1_805, 1_800));
        assert_eq!(rough(&[5_000; 333]), (1_650_000, 1_600_000));
        assert_eq!(rough(&[i64::MAX / 8; 5]).1, 0);
    }
}
