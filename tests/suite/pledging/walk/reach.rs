//! How far the stories reach: each way in which an operation moves money is one of theirs, or of another domain's tests.

use ledger::book::MovementKind as K;
use ledger::movements::undo::{self, Undo};

/// Ways of challenges and cooperatives, and of entries that people write by hand.
const ELSEWHERE: &[K] = &[
    K::PursePledged,
    K::PurseReturned,
    K::PrizeAwarded,
    K::EntryFeeCaptured,
    K::EntryFeeReturned,
    K::EntryFeeEarned,
    K::SalesRecorded,
    K::SaleReversed,
    K::CostRecorded,
    K::CostReversed,
    K::ResultClosed,
    K::ResultReopened,
    K::SurplusAllocated,
    K::SurplusRestored,
    K::CapitalRedeemed,
    K::CapitalRestored,
    K::LossBorne,
    K::LossRestored,
    K::AdvanceGranted,
    K::AdvanceTakenBack,
    K::AssetsPassedOn,
    K::AssetsTakenBack,
    K::InterBookSent,
    K::InterBookReturned,
    K::InterBookMirrored,
    K::InterBookPaid,
    K::InterBookReceived,
    K::OpeningTakenBack,
    K::BookOpened,
    K::CustomerPaid,
    K::CustomerPaymentReturned,
    K::CostPaid,
    K::CostPaymentReturned,
    K::LoanReceived,
    K::LoanReceiptReturned,
    K::LoanRepaid,
    K::LoanRepaymentReturned,
    K::LoanDue,
    K::LoanDueReturned,
    K::CapitalPaidIn,
    K::CapitalPaymentReturned,
    K::ReservePaidIn,
    K::ReservePaymentReturned,
    K::ExchangeGain,
    K::ExchangeLoss,
    K::ExchangeLossBooked,
    K::ExchangeGainBooked,
    K::ExchangeLossPaid,
    K::PayoutSent,
    K::PayoutFailed,
    K::PayoutSettled,
    K::PayoutReturned,
    K::PayoutFee,
    K::JournalEntry,
    K::Reversal,
];

/// The ways in which money must have moved at least once over many stories.
pub(super) fn ways() -> impl Iterator<Item = &'static str> {
    let is_posted = |kind: &K| undo::of(*kind) != Undo::Unused && !ELSEWHERE.contains(kind);
    K::ALL.iter().copied().filter(is_posted).map(K::as_str)
}
