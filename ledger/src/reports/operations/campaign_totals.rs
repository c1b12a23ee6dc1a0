//! The five totals of a campaign: pledged, collected, dropped, refunded and disputed, each read from the book.

use super::whole_sums::{Sums, WholeSums};
use crate::book::{AccountNumber, MovementKind as K};
use crate::chart;
use crate::engine::store::accounts;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::reports::rules::outside::is_of_one_giver;
use crate::reports::rules::sums::Way;
use crate::reports::store::kind_totals::{self, Moved};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The five totals of a campaign, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FiveTotals {
    /// All that was promised; none where promises are not counted.
    pub pledged: Option<i128>,
    /// What was collected, before fees, whatever became of it later; money that was in suspense before is counted too.
    pub collected: i128,
    /// What of the promises will not come; none where promises are not counted.
    pub dropped: Option<i128>,
    /// What went back to donors, or is on its way.
    pub refunded: i128,
    /// What was taken back by chargebacks, with their fees, and has not come again.
    pub disputed: i128,
}

/// The five totals of a campaign by its slug, from what its accounts moved in each way: that of its promises, if they are counted in the
/// book, its fund, if it has one, and its disputes.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn five_totals(
    client: &impl GenericClient,
    book: &Book,
    slug: &str,
    pledged: Known,
    fund: Known,
) -> Result<FiveTotals, Error> {
    let disputes = accounts::find(client, book.id, &chart::disputes(slug).code).await?.map(|account| account.number);
    let asked: Vec<AccountNumber> = [pledged, fund, disputes].into_iter().flatten().collect();
    let moved = kind_totals::so_far(client, book.id, &asked).await?;
    Ok(of_accounts(&moved, pledged, fund, disputes))
}

/// What everybody may know of what came to a campaign, minor units: each figure is made of sums over five givers or more, and nothing of it is a
/// difference of fewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutsideTotals {
    /// The five totals; promises are rounded down, and none where they are not counted.
    pub five: FiveTotals,
    /// What was collected, by the first day of the month in which the sums that it is made of became whole.
    pub months: BTreeMap<Date, i128>,
    /// What donors moved here from other campaigns.
    pub moved_in: i128,
    /// What donors moved from here to other campaigns.
    pub moved_out: i128,
    /// What its fund has.
    pub has: i128,
}

/// The ways in which what was collected reaches a fund.
const CAPTURES: [K; 2] = [K::ChargeCaptured, K::SuspenseMatched];

/// The totals of a campaign as everybody may know them, by its slug, and the accounts of its promises and of its fund.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn outside_totals(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    slug: &str,
    pledged: Known,
    fund: Known,
) -> Result<OutsideTotals, Error> {
    let through = (book.id, journal::last_number(client, book.id).await?);
    let disputes = accounts::find(client, book.id, &chart::disputes(slug).code).await?.map(|account| account.number);
    let of = async |account: Known| match account {
        Some(account) => sums.of_account(client, through, account).await,
        None => Ok(Sums::default()),
    };
    let (promises, is_counted) = (of(pledged).await?, pledged.is_some());
    let (of_fund, of_disputes) = (of(fund).await?, of(disputes).await?);
    let months = collected_by_month(&of_fund);
    let collected: i128 = months.values().sum();
    let five = FiveTotals {
        // What was collected was promised too.
        pledged: is_counted.then(|| promises.roughly(Way { kind: K::PledgeCommitted, adds: true }).max(collected)),
        collected,
        dropped: is_counted.then(|| promises.roughly(Way { kind: K::CommitmentDropped, adds: false })),
        refunded: of_fund.taken(K::RefundSent) - of_fund.added(K::RefundFailed),
        disputed: of_disputes.added(K::DisputeOpened) - of_disputes.taken(K::DisputeWon),
    };
    Ok(OutsideTotals {
        five,
        months,
        moved_in: of_fund.added(K::FundMoved),
        moved_out: of_fund.taken(K::FundMoved),
        has: of_fund.balance() + seen_alone(client, book, fund).await?,
    })
}

fn collected_by_month(of_fund: &Sums) -> BTreeMap<Date, i128> {
    let mut months: BTreeMap<Date, i128> = BTreeMap::new();
    for (month, minor) in CAPTURES.into_iter().flat_map(|kind| of_fund.by_month(kind)) {
        *months.entry(month).or_default() += minor;
    }
    months
}

/// What was collected for a fund as everybody may know it, by the first days of months.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn outside_months(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    fund: AccountNumber,
) -> Result<BTreeMap<Date, i128>, Error> {
    let through = (book.id, journal::last_number(client, book.id).await?);
    Ok(collected_by_month(&sums.of_account(client, through, fund).await?))
}

/// What an account has as everybody may know it: sums over five givers or more, and what tells of nobody. On the side of credits.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn outside_balance(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    account: AccountNumber,
) -> Result<i128, Error> {
    let through = (book.id, journal::last_number(client, book.id).await?);
    let of = sums.of_account(client, through, account).await?;
    Ok(of.balance() + seen_alone(client, book, Some(account)).await?)
}

/// What a fund has of movements that tell of nobody.
async fn seen_alone(client: &impl GenericClient, book: &Book, fund: Known) -> Result<i128, Error> {
    let Some(fund) = fund else { return Ok(0) };
    let moved = kind_totals::so_far(client, book.id, &[fund]).await?;
    let alone = K::ALL.iter().filter(|kind| !is_of_one_giver(**kind)).map(|kind| moved.of(fund, *kind));
    Ok(alone.map(|(debits, credits)| credits - debits).sum())
}

/// An account that may not be there.
type Known = Option<AccountNumber>;

/// The five totals in what the accounts of promises, of the fund and of disputes moved.
fn of_accounts(moved: &Moved, pledged: Known, fund: Known, disputes: Known) -> FiveTotals {
    let debited = |account: Known, kind| account.map_or(0, |account| moved.of(account, kind).0);
    let credited = |account: Known, kind| account.map_or(0, |account| moved.of(account, kind).1);
    FiveTotals {
        pledged: pledged.map(|account| moved.of(account, K::PledgeCommitted).1),
        collected: credited(fund, K::ChargeCaptured) + credited(fund, K::SuspenseMatched),
        dropped: pledged.map(|account| moved.of(account, K::CommitmentDropped).0),
        refunded: debited(fund, K::RefundSent) - credited(fund, K::RefundFailed),
        disputed: debited(disputes, K::DisputeOpened) - credited(disputes, K::DisputeWon),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Entry, Line};
    use crate::money::{Currency, Money};
    use crate::movements::{self, FundPart};
    use jiff::civil::date;
    use proptest::prelude::*;

    const ROOM: AccountNumber = AccountNumber(1);
    const PLEDGED: AccountNumber = AccountNumber(2);
    const FUND: AccountNumber = AccountNumber(3);
    const DISPUTES: AccountNumber = AccountNumber(4);
    const OTHER: AccountNumber = AccountNumber(5);

    fn lines(what: usize, amount: i64) -> Vec<Line> {
        let day = date(2027, 1, 5);
        let money = Money::from_minor(amount, Currency::USD).expect("positive");
        let part = [FundPart { fund: FUND, amount }];
        let of = |entry: Entry| entry.lines;
        match what {
            0 => vec![movements::promised(ROOM, PLEDGED, money)],
            1 => of(movements::charge_captured(OTHER, FUND, money, day, "charge")),
            2 => vec![movements::promise_dropped(PLEDGED, ROOM, money)],
            3 => of(movements::refund_sent(&part, OTHER, &[], day, "refund")),
            4 => of(movements::refund_failed(OTHER, &part, &[], day, "refund")),
            5 => of(movements::dispute_opened(DISPUTES, OTHER, &[money, money], day, "chargeback")),
            6 => of(movements::dispute_won(OTHER, DISPUTES, &[money, money], day, "chargeback")),
            7 => of(movements::dispute_lost(&[(FUND, money)], DISPUTES, day, "chargeback")),
            8 => of(movements::suspense_matched(OTHER, FUND, money, day, "suspense")),
            _ => of(movements::cap_raised(OTHER, ROOM, money, day, "campaign")),
        }
    }

    proptest! {
        /// Whatever happens in whatever order: each of the five is the sum of its own events, and no event is in two of them.
        #[test]
        fn each_total_is_the_sum_of_its_own_events(story in prop::collection::vec((0..10usize, 1..1_000_000i64), 0..60)) {
            let moved = Moved::of_lines(story.iter().flat_map(|(what, amount)| lines(*what, *amount)));
            let sum = |which: usize| -> i128 {
                story.iter().filter(|(what, _)| *what == which).map(|(_, amount)| i128::from(*amount)).sum()
            };
            let found = of_accounts(&moved, Some(PLEDGED), Some(FUND), Some(DISPUTES));
            let expected = FiveTotals {
                pledged: Some(sum(0)),
                collected: sum(1) + sum(8),
                dropped: Some(sum(2)),
                refunded: sum(3) - sum(4),
                disputed: 2 * (sum(5) - sum(6)),
            };
            prop_assert_eq!(found, expected);
            // Before promises were counted two are not known, and the other three are the same.
            let before = of_accounts(&moved, None, Some(FUND), Some(DISPUTES));
            prop_assert_eq!(before, FiveTotals { pledged: None, dropped: None, ..expected });
        }
    }
}
