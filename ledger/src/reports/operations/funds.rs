//! The fund report: for every purpose that money is held for, what came, what went, what is there and may be spent.

use super::{ACCOUNTS_MAX, LAST_DAY, add, not_cut, whole};
use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use crate::reports::store::kind_totals::{self, KindTotal, Wanted};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::HashMap;

/// The accounts that hold money for a purpose.
const PURPOSES: &[AccountClass] = &[
    AccountClass::Fund,
    AccountClass::Purse,
    AccountClass::Pool,
    AccountClass::EntryFees,
    AccountClass::ProgrammeLine,
    AccountClass::DevelopmentFund,
];

/// The ways in which a custodian's capture reaches a purpose.
const CAPTURES: &[MovementKind] = &[
    MovementKind::ChargeCaptured,
    MovementKind::PursePledged,
    MovementKind::EntryFeeCaptured,
    MovementKind::PoolPledged,
];

/// The ways in which what a purpose holds goes to teams and winners, and comes back by revoked claims.
pub const RELEASES: &[MovementKind] = &[
    MovementKind::MilestoneReleased,
    MovementKind::PrizeAwarded,
    MovementKind::ClawbackUnpaid,
    MovementKind::RecoveryRestored,
];

/// One fund, purse, pool or budget line. All figures in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundLine {
    /// Code of the account.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// What custodians captured for it.
    pub captured: i64,
    /// Of that, what they have paid over.
    pub settled: i64,
    /// What went to teams and winners, less what came back by revoked claims.
    pub released: i64,
    /// What went back to those who gave it, less refunds that failed.
    pub refunded: i64,
    /// Moved here from other purposes.
    pub moved_in: i64,
    /// Moved from here to other purposes.
    pub moved_out: i64,
    /// All else, such as fees, lost disputes and opening balances: in less out.
    pub other: i64,
    /// What it holds: captured − released − refunded + moved in − moved out + other.
    pub balance: i64,
    /// What may be spent: the balance without what is captured and not yet settled, never below 0.
    pub available: i64,
    /// What came and went, by the ways in which the money moved.
    pub movements: Vec<FundMovement>,
}

/// What moved in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundMovement {
    /// The way in which it moved.
    pub kind: MovementKind,
    /// Into the fund, minor units.
    pub into: i64,
    /// Out of it, minor units.
    pub out_of: i64,
}

/// All funds that ever moved, by code, as of the end of a day, or now when `as_of` is none.
///
/// # Errors
///
/// `report-too-large` when there are more accounts than one report shows.
pub async fn funds(client: &impl GenericClient, book: &Book, as_of: Option<Date>) -> Result<Vec<FundLine>, Error> {
    let through = journal::last_number(client, book.id).await?;
    let wanted = Wanted { classes: PURPOSES, kinds: None, limit: ACCOUNTS_MAX + 1 };
    let rows = kind_totals::until(client, book.id, as_of.unwrap_or(LAST_DAY), through, wanted).await?;
    let unsettled = unsettled(client, book, as_of, through).await?;
    let mut lines: Vec<FundLine> = Vec::new();
    for row in not_cut(rows)? {
        if lines.last().is_none_or(|line| line.code != row.account.code) {
            if let Some(line) = lines.last_mut() {
                finish(line)?;
            }
            lines.push(begin(&row, unsettled.get(&row.account.number).copied().unwrap_or(0)));
        }
        if let Some(line) = lines.last_mut() {
            take(line, &row)?;
        }
    }
    if let Some(line) = lines.last_mut() {
        finish(line)?;
    }
    Ok(lines)
}

/// What was captured for each purpose and stands with custodians still.
///
/// A custodian pays a day over whole, or less what it sent back: when its account is open, at most what is open there is
/// missing from each purpose.
async fn unsettled(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
) -> Result<HashMap<AccountNumber, i64>, Error> {
    let open = whole(client, book, as_of, through, &[AccountClass::Receivable]).await?;
    let open: HashMap<AccountNumber, i64> = open.iter().map(|account| (account.number, account.balance())).collect();
    let mut receivables: Vec<AccountNumber> = open.keys().copied().collect();
    receivables.sort_unstable();
    let to = as_of.unwrap_or(LAST_DAY);
    let pairs = kind_totals::pairs(client, book.id, &receivables, CAPTURES, to, through).await?;
    let mut missing = HashMap::new();
    for (receivable, purpose, captured) in pairs {
        let outstanding = open.get(&receivable).copied().unwrap_or(0).max(0);
        add(missing.entry(purpose).or_insert(0), captured.min(outstanding))?;
    }
    Ok(missing)
}

fn begin(row: &KindTotal, unsettled: i64) -> FundLine {
    FundLine {
        code: row.account.code.clone(),
        class: row.account.class,
        unit: row.account.unit,
        captured: 0,
        settled: -unsettled,
        released: 0,
        refunded: 0,
        moved_in: 0,
        moved_out: 0,
        other: 0,
        balance: 0,
        available: 0,
        movements: Vec::new(),
    }
}

/// Adds what moved in one way. Credits come in, debits go out.
fn take(line: &mut FundLine, row: &KindTotal) -> Result<(), Error> {
    use MovementKind as K;
    let (into, out_of) = (row.account.credits, row.account.debits);
    add(&mut line.balance, into - out_of)?;
    match row.kind {
        K::ChargeCaptured | K::PursePledged | K::EntryFeeCaptured | K::PoolPledged | K::SuspenseMatched => {
            add(&mut line.captured, into - out_of)?
        }
        K::MilestoneReleased | K::PrizeAwarded | K::ClawbackUnpaid | K::RecoveryRestored => {
            add(&mut line.released, out_of - into)?;
        }
        K::RefundSent | K::RefundFailed | K::PurseReturned | K::EntryFeeReturned | K::PoolReturned => {
            add(&mut line.refunded, out_of - into)?;
        }
        K::FundMoved
        | K::PurseRolled
        | K::MatchPaid
        | K::InterBookSent
        | K::InterBookReturned
        | K::InterBookMirrored => {
            add(&mut line.moved_in, into)?;
            add(&mut line.moved_out, out_of)?;
        }
        K::ReceivableSettled
        | K::FeeCharged
        | K::FeeWithheld
        | K::FeeReturned
        | K::FeeEarned
        | K::RefundSettled
        | K::DisputeOpened
        | K::DisputeWon
        | K::DisputeLost
        | K::ReserveFunded
        | K::EntryFeeEarned
        | K::PayoutSent
        | K::PayoutFailed
        | K::PayoutSettled
        | K::PayoutReturned
        | K::PayoutFee
        | K::BankFee
        | K::Interest
        | K::BankFeeReturned
        | K::CustomerPaymentReturned
        | K::CostPaymentReturned
        | K::LoanReceiptReturned
        | K::LoanRepaymentReturned
        | K::CapitalPaidIn
        | K::CapitalPaymentReturned
        | K::ReservePaidIn
        | K::ReservePaymentReturned
        | K::LoanDue
        | K::LoanDueReturned
        | K::InterestReturned
        | K::SuspenseReceived
        | K::SuspenseExplained
        | K::ClawbackPaid
        | K::SetOff
        | K::Recovered
        | K::WrittenOff
        | K::SalesRecorded
        | K::VatOnSale
        | K::VatOnSaleReversed
        | K::VatOnCost
        | K::VatOnCostReversed
        | K::VatDeclared
        | K::VatDeclarationReversed
        | K::CustomerPaid
        | K::CostRecorded
        | K::CostPaid
        | K::ResultClosed
        | K::SurplusAllocated
        | K::SurplusRestored
        | K::CapitalRedeemed
        | K::CapitalRestored
        | K::LossBorne
        | K::LossRestored
        | K::AdvanceGranted
        | K::AdvanceTakenBack
        | K::AssetsPassedOn
        | K::AssetsTakenBack
        | K::LoanReceived
        | K::LoanRepaid
        | K::InterBookPaid
        | K::InterBookReceived
        | K::ExchangeLossBooked
        | K::ExchangeGainBooked
        | K::ExchangeLossPaid
        | K::ExchangeGain
        | K::ExchangeLoss
        | K::PledgeCommitted
        | K::CommitmentCollected
        | K::CommitmentDropped
        | K::CapRaised
        | K::OpeningBalance
        | K::OpeningTakenBack
        | K::BookOpened
        | K::SaleReversed
        | K::CostReversed
        | K::ResultReopened
        | K::JournalEntry
        | K::Reversal
        | K::SuspenseReturned
        | K::FeeUnearned
        | K::DifferenceMoved
        | K::DifferenceReturned => add(&mut line.other, into - out_of)?,
    }
    line.movements.push(FundMovement { kind: row.kind, into, out_of });
    Ok(())
}

/// Until here `settled` holds what is unsettled, negative.
fn finish(line: &mut FundLine) -> Result<(), Error> {
    let unsettled = -line.settled;
    line.settled = line.captured - unsettled;
    line.available = (line.balance - unsettled).max(0);
    let parts = [line.captured, -line.released, -line.refunded, line.moved_in, -line.moved_out, line.other];
    if parts.iter().map(|part| i128::from(*part)).sum::<i128>() != i128::from(line.balance) {
        return Err(Error::inconsistent(format!("fund report: the parts of {} are not its balance", line.code)));
    }
    Ok(())
}
