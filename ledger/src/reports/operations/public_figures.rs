//! Five figures over all public books: what was collected, released, paid out and returned, and what is held.

use super::whole_sums::{Sums, WholeSums};
use crate::book::{AccountClass, Mode, MovementKind as K};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::BookId;
use crate::money::{Currency, Unit};
use crate::reports::rules::outside::is_of_one_giver;
use crate::reports::store::public_totals::{self, ClassTotal};
use deadpool_postgres::GenericClient;
use std::collections::BTreeMap;

/// So many books are summed up, the oldest first.
pub const BOOKS_MAX: usize = 1_000;

/// The accounts that hold money for a purpose until it is released.
const PURPOSES: &[AccountClass] = &[
    AccountClass::Fund,
    AccountClass::Purse,
    AccountClass::Pool,
    AccountClass::EntryFees,
    AccountClass::ProgrammeLine,
];

/// What is owed to those to whom it was released.
const OWED: &[AccountClass] = &[AccountClass::TeamPayable, AccountClass::PrizePayable];

/// The ways in which custodians' captures reach a purpose.
const COLLECTED: &[K] = &[K::ChargeCaptured, K::PursePledged, K::EntryFeeCaptured, K::PoolPledged, K::SuspenseMatched];

/// The ways to teams and winners, and back.
const RELEASED: &[K] = &[K::MilestoneReleased, K::PrizeAwarded, K::ClawbackUnpaid, K::RecoveryRestored];

/// The ways back to those who gave, and those of what did not arrive there.
const RETURNED: &[K] = &[K::RefundSent, K::RefundFailed, K::PurseReturned, K::EntryFeeReturned, K::PoolReturned];

/// The ways from what is owed to bank accounts, and back.
const PAID: &[K] = &[K::PayoutSent, K::PayoutFailed, K::PayoutReturned, K::PayoutFee];

/// What became of all money of one currency that was given for a purpose, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Taken from those who gave it, before fees, whatever became of it later.
    pub collected: i128,
    /// Approved for teams and winners, less what came back by revoked claims.
    pub released: i128,
    /// Of what was released: sent to bank accounts of teams and winners, less what came back.
    pub paid: i128,
    /// Went back to those who gave it, or is on its way to them.
    pub returned: i128,
    /// Lies in funds, purses and pools.
    pub held: i128,
}

impl Figures {
    /// Fees, lost chargebacks and all else that is in none of the figures: what was collected and is neither released nor returned nor held;
    /// below zero when more came otherwise.
    pub fn other(&self) -> i128 {
        self.collected - self.released - self.returned - self.held
    }

    fn take(&mut self, of: &ClassTotal) {
        let into = of.credits - of.debits;
        if OWED.contains(&of.class) {
            if PAID.contains(&of.kind) {
                self.paid -= into;
            }
            return;
        }
        self.held += into;
        if COLLECTED.contains(&of.kind) {
            self.collected += into;
        } else if RELEASED.contains(&of.kind) {
            self.released -= into;
        } else if RETURNED.contains(&of.kind) {
            self.returned -= into;
        }
    }
}

/// The public books that are summed up, and what became of their money.
#[derive(Debug, Clone)]
pub struct PublicFigures {
    /// Live, or sandbox where no live book is public: they are never added up.
    pub mode: Mode,
    /// The books, by number.
    pub books: Vec<Book>,
    /// Whether there are more than are summed up.
    pub has_more: bool,
    /// By currency.
    pub figures: BTreeMap<&'static str, (Currency, Figures)>,
}

/// The figures of all public books, from what their accounts moved: what people gave to funds, and got back, counts once the sum that it
/// is in is of five givers or more.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn public_figures(client: &impl GenericClient, sums: &WholeSums) -> Result<PublicFigures, Error> {
    let limit = i64::try_from(BOOKS_MAX + 1).unwrap_or(i64::MAX);
    let mut mode = Mode::Live;
    let mut books = public_totals::books(client, mode, limit).await?;
    if books.is_empty() {
        mode = Mode::Sandbox;
        books = public_totals::books(client, mode, limit).await?;
    }
    let has_more = books.len() > BOOKS_MAX;
    books.truncate(BOOKS_MAX);
    let ids: Vec<BookId> = books.iter().map(|book| book.id).collect();
    let classes = [PURPOSES, OWED].concat();
    let mut totals = public_totals::list(client, &ids, &classes).await?;
    totals.retain(|of| of.class != AccountClass::Fund || !is_of_one_giver(of.kind));
    for through in public_totals::through(client, &ids).await? {
        for (unit, sums) in sums.of_class(client, through, AccountClass::Fund).await? {
            totals.extend(of_fund(unit, &sums));
        }
    }
    Ok(PublicFigures { mode, books, has_more, figures: by_currency(&totals) })
}

/// The whole sums of a fund; nothing of one that has a unit of its book.
fn of_fund(unit: Unit, sums: &Sums) -> Vec<ClassTotal> {
    let currency = unit.code().parse().ok().filter(|currency: &Currency| unit == *currency);
    let Some(currency) = currency else { return Vec::new() };
    let kinds = K::ALL.iter().copied().filter(|kind| is_of_one_giver(*kind));
    let total = |kind| {
        let (debits, credits) = (sums.taken(kind), sums.added(kind));
        ClassTotal { currency, class: AccountClass::Fund, kind, debits, credits }
    };
    kinds.map(total).filter(|of| of.debits != of.credits || of.debits != 0).collect()
}

fn by_currency(totals: &[ClassTotal]) -> BTreeMap<&'static str, (Currency, Figures)> {
    let mut figures = BTreeMap::new();
    for total in totals {
        let (_, of) = figures.entry(total.currency.code()).or_insert_with(|| (total.currency, Figures::default()));
        of.take(total);
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(class: AccountClass, kind: K, debits: i128, credits: i128) -> ClassTotal {
        ClassTotal { currency: Currency::USD, class, kind, debits, credits }
    }

    #[test]
    fn what_was_collected_is_released_returned_held_or_named_as_the_rest() {
        use AccountClass::{Fund, Purse, TeamPayable};
        let totals = [
            total(Fund, K::ChargeCaptured, 0, 1_000),
            total(Purse, K::PursePledged, 0, 500),
            total(Fund, K::FeeCharged, 30, 0),
            total(Fund, K::MilestoneReleased, 400, 0),
            total(TeamPayable, K::MilestoneReleased, 0, 400),
            total(TeamPayable, K::PayoutSent, 300, 0),
            total(TeamPayable, K::PayoutReturned, 0, 50),
            total(Fund, K::RefundSent, 100, 0),
            total(Fund, K::RefundFailed, 0, 20),
            // What donors moved from fund to fund changes nothing.
            total(Fund, K::FundMoved, 70, 70),
        ];
        let (_, figures) = by_currency(&totals)["USD"];
        let expected = Figures { collected: 1_500, released: 400, paid: 250, returned: 80, held: 990 };
        assert_eq!((figures, figures.other()), (expected, 30));
        assert_eq!(by_currency(&[]), BTreeMap::new());
    }
}
