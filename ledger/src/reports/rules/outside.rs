//! What of a book that has payments of people, or accounts of theirs, may be seen by those outside it: which movements tell of one
//! person, and which accounts have a statement.

use crate::book::{AccountClass as C, MovementKind as K};

/// Classes whose accounts tell of single payments, or belong to one person each: in a book that has any, those outside see sums.
pub const TELLING: &[C] = &[
    C::Fund,
    C::Purse,
    C::Pool,
    C::Receivable,
    C::FeePayable,
    C::RefundsInTransit,
    C::DisputesPending,
    C::EntryFees,
    C::Suspense,
    C::FeeIncome,
    C::CommitmentRoom,
    C::CommitmentPledged,
    C::CommitmentCollected,
    C::MemberPayable,
    C::MemberCapital,
    C::MemberReceivable,
    C::LenderPayable,
];

/// Whether a movement is of what one person paid or promised, or got back: seen in sums only ([`super::sums`]).
pub fn is_of_one_giver(kind: K) -> bool {
    match kind {
        K::ChargeCaptured
        | K::PursePledged
        | K::EntryFeeCaptured
        | K::ReceivableSettled
        | K::FeeCharged
        | K::FeeWithheld
        | K::FeeReturned
        | K::FeeEarned
        | K::FeeUnearned
        | K::RefundSent
        | K::RefundSettled
        | K::RefundFailed
        | K::DisputeOpened
        | K::DisputeWon
        | K::DisputeLost
        | K::EntryFeeReturned
        | K::EntryFeeEarned
        | K::PurseReturned
        | K::PurseRolled
        | K::FundMoved
        | K::SuspenseReceived
        | K::SuspenseMatched
        | K::SuspenseReturned
        | K::SuspenseExplained
        | K::PledgeCommitted
        | K::CommitmentCollected
        | K::CommitmentDropped
        | K::CapRaised
        | K::PoolPledged
        | K::PoolReturned
        | K::ExchangeLossBooked
        | K::ExchangeGainBooked
        | K::ExchangeLossPaid => true,
        K::ReserveFunded
        | K::PrizeAwarded
        | K::MilestoneReleased
        | K::MatchPaid
        | K::PayoutSent
        | K::PayoutFailed
        | K::PayoutSettled
        | K::PayoutReturned
        | K::PayoutFee
        | K::BankFee
        | K::Interest
        | K::ClawbackUnpaid
        | K::ClawbackPaid
        | K::SetOff
        | K::Recovered
        | K::RecoveryRestored
        | K::WrittenOff
        | K::SalesRecorded
        | K::CustomerPaid
        | K::CostRecorded
        | K::CostPaid
        | K::ResultClosed
        | K::SurplusAllocated
        | K::LoanReceived
        | K::LoanRepaid
        | K::InterBookSent
        | K::InterBookMirrored
        | K::InterBookReturned
        | K::InterBookPaid
        | K::InterBookReceived
        | K::OpeningBalance
        | K::OpeningTakenBack
        | K::BookOpened
        | K::SurplusRestored
        | K::CapitalRedeemed
        | K::CapitalRestored
        | K::LossBorne
        | K::LossRestored
        | K::AdvanceGranted
        | K::AdvanceTakenBack
        | K::AssetsPassedOn
        | K::AssetsTakenBack
        | K::ExchangeGain
        | K::ExchangeLoss
        | K::SaleReversed
        | K::CostReversed
        | K::VatOnSale
        | K::VatOnSaleReversed
        | K::VatOnCost
        | K::VatOnCostReversed
        | K::VatDeclared
        | K::VatDeclarationReversed
        | K::ResultReopened
        | K::JournalEntry
        | K::Reversal
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
        | K::DifferenceMoved
        | K::DifferenceReturned => false,
    }
}

/// Whether an account has a statement for those outside. The others move with every payment, or belong to one person: what
/// they hold is told together only.
pub fn has_statement(class: C) -> bool {
    match class {
        C::Fund
        | C::Purse
        | C::Pool
        | C::TeamPayable
        | C::PrizePayable
        | C::ProgrammeLine
        | C::DevelopmentFund
        | C::TeamReceivable
        | C::RecoveriesPending
        | C::RiskReserve
        | C::OperatingFund
        | C::BankCharges
        | C::InterestIncome
        | C::Sales
        | C::Cost
        | C::CostsPayable
        | C::CustomerReceivable
        | C::VatPayable
        | C::VatReceivable
        | C::Reserve
        | C::LoanPayable
        | C::DueToBook
        | C::DueFromBook
        | C::OpeningEquity
        | C::ExchangeGain
        | C::ExchangeLoss
        | C::Asset
        | C::Liability
        | C::Equity
        | C::Income
        | C::Expense
        | C::Exchange => true,
        C::Receivable
        | C::Cash
        | C::FeePayable
        | C::RefundsInTransit
        | C::PayoutsInTransit
        | C::DisputesPending
        | C::EntryFees
        | C::Suspense
        | C::FeeIncome
        | C::Surplus
        | C::MemberPayable
        | C::MemberCapital
        | C::MemberReceivable
        | C::LenderPayable
        | C::CommitmentRoom
        | C::CommitmentPledged
        | C::CommitmentCollected => false,
    }
}

/// Whether a line may be seen alone: of no giver, of no person's account, and with an account that has a statement.
pub fn is_seen_alone(kind: K, debit: C, credit: C) -> bool {
    let of_person = |class: C| C::OF_PERSONS.contains(&class);
    !is_of_one_giver(kind) && !of_person(debit) && !of_person(credit) && (has_statement(debit) || has_statement(credit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::movement::MOVEMENTS;

    fn touches(of: &[C], debit: C, credit: C) -> bool {
        of.contains(&debit) || of.contains(&credit)
    }

    #[test]
    fn whatever_comes_from_a_custodian_for_a_purpose_or_goes_back_is_seen_in_sums_only() {
        let outward =
            [C::Receivable, C::RefundsInTransit, C::DisputesPending, C::FeePayable, C::FeeIncome, C::Suspense];
        let purposes = [C::Fund, C::Purse, C::Pool, C::EntryFees];
        for (kind, debit, credit) in MOVEMENTS {
            if *kind != K::OpeningBalance && touches(&outward, *debit, *credit) && touches(&purposes, *debit, *credit) {
                assert!(!is_seen_alone(*kind, *debit, *credit), "{kind:?} {debit:?} {credit:?}");
            }
        }
    }

    #[test]
    fn every_payment_of_a_giver_reaches_an_account_that_tells_of_it() {
        for (kind, debit, credit) in MOVEMENTS.iter().filter(|(kind, ..)| is_of_one_giver(*kind)) {
            // Of what the host lost or earned by a refund in another currency; its own refund is in transit before.
            let is_difference = matches!(kind, K::ExchangeLossBooked | K::ExchangeGainBooked | K::ExchangeLossPaid);
            let tells = touches(TELLING, *debit, *credit);
            assert!(tells || is_difference, "{kind:?} {debit:?} {credit:?}");
        }
        for class in C::OF_PERSONS {
            assert!(TELLING.contains(class));
        }
    }

    #[test]
    fn no_movement_of_a_persons_account_is_seen_alone() {
        for kind in K::ALL {
            for class in C::OF_PERSONS {
                assert!(!is_seen_alone(*kind, *class, C::Surplus) && !is_seen_alone(*kind, C::Cash, *class));
                assert!(!has_statement(*class));
            }
        }
    }

    #[test]
    fn releases_payouts_and_shares_of_a_round_are_seen() {
        for (kind, debit, credit) in [
            (K::MilestoneReleased, C::Fund, C::TeamPayable),
            (K::PayoutSent, C::TeamPayable, C::PayoutsInTransit),
            (K::MatchPaid, C::Pool, C::Fund),
            (K::PrizeAwarded, C::Purse, C::PrizePayable),
        ] {
            assert!(is_seen_alone(kind, debit, credit), "{kind:?}");
        }
    }
}
