//! How each way money moves is undone: the operation that posts its mirror, or what people do where nothing takes it back.

use crate::book::MovementKind;
use MovementKind as K;

/// How a way is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// An operation posts the mirror of its lines, linked to them, once.
    By {
        /// Method and path of the operation.
        operation: &'static str,
        /// The way in which the mirror moves.
        mirror: MovementKind,
    },
    /// It takes another way back. Who wants that again does it again.
    Again(&'static str),
    /// Nothing takes it back. This is what people do instead.
    Instead(&'static str),
    /// No operation posts it.
    Unused,
}

/// How lines of a kind are undone.
pub fn of(kind: MovementKind) -> Undo {
    let by = |operation, mirror| Undo::By { operation, mirror };
    match kind {
        K::JournalEntry => by("POST /v1/books/{book}/journal-entries/{number}:reverse", K::Reversal),
        K::SalesRecorded => by("POST /v1/proceeds/{id}:reverse", K::SaleReversed),
        K::CostRecorded => by("POST /v1/proceeds/{id}:reverse", K::CostReversed),
        K::VatOnSale => by("POST /v1/proceeds/{id}:reverse", K::VatOnSaleReversed),
        K::VatOnCost => by("POST /v1/proceeds/{id}:reverse", K::VatOnCostReversed),
        K::VatDeclared => by("POST /v1/vat-declarations/{id}:reverse", K::VatDeclarationReversed),
        K::ResultClosed => by("POST /v1/results/{id}:reverse", K::ResultReopened),
        K::SurplusAllocated => by("POST /v1/distributions/{id}:reverse", K::SurplusRestored),
        K::CapitalRedeemed => by("POST /v1/redemptions/{id}:reverse", K::CapitalRestored),
        K::AdvanceGranted => by("POST /v1/advances/{id}:reverse", K::AdvanceTakenBack),
        K::AssetsPassedOn => by("POST /v1/successions/{id}:reverse", K::AssetsTakenBack),
        K::AssetsTakenBack => Undo::Again("The reserve is passed on again."),
        K::BookOpened => by("POST /v1/openings/{id}:reverse", K::OpeningTakenBack),
        K::OpeningTakenBack => Undo::Again("The book is opened again."),
        K::AdvanceTakenBack => Undo::Again("The advance is granted again."),
        K::LossBorne => by("POST /v1/distributions/{id}:reverse", K::LossRestored),
        K::CapitalRestored => Undo::Again("The capital is redeemed again."),
        K::LossRestored => Undo::Again("The loss is divided again."),
        K::FeeEarned => by("POST /v1/charges/{id}:refund", K::FeeUnearned),
        K::RefundSent => by("POST /v1/refunds/{id}:fail", K::RefundFailed),
        K::FeeUnearned => Undo::Again("When the refund fails, the fee is charged and earned again."),
        K::BankFee => by("POST /v1/bank-lines/{id}:unbook", K::BankFeeReturned),
        K::Interest => by("POST /v1/bank-lines/{id}:unbook", K::InterestReturned),
        K::CustomerPaid => by("POST /v1/bank-lines/{id}:unbook", K::CustomerPaymentReturned),
        K::CostPaid => by("POST /v1/bank-lines/{id}:unbook", K::CostPaymentReturned),
        K::LoanReceived => by("POST /v1/bank-lines/{id}:unbook", K::LoanReceiptReturned),
        K::LoanRepaid => by("POST /v1/bank-lines/{id}:unbook", K::LoanRepaymentReturned),
        K::CapitalPaidIn => by("POST /v1/bank-lines/{id}:unbook", K::CapitalPaymentReturned),
        K::ReservePaidIn => by("POST /v1/bank-lines/{id}:unbook", K::ReservePaymentReturned),
        K::BankFeeReturned
        | K::InterestReturned
        | K::CustomerPaymentReturned
        | K::CostPaymentReturned
        | K::LoanReceiptReturned
        | K::LoanRepaymentReturned
        | K::CapitalPaymentReturned
        | K::ReservePaymentReturned => Undo::Again("The line of the bank is booked again."),
        K::PayoutSent => by("POST /v1/payouts/{id}:fail", K::PayoutFailed),
        K::PayoutFailed => Undo::Again("What is owed is paid by another payout."),
        K::PayoutSettled => Undo::Instead(
            "The payee has it. One who sends it back brings it with a line of a statement, as `payout_returned`.",
        ),
        K::PayoutReturned => Undo::Instead("What is owed again is paid by another payout."),
        K::PayoutFee => Undo::Instead(
            "The bank has kept it. What it gives back comes with the money that returns, and is owed to the payee again.",
        ),
        K::RefundFailed => Undo::Again("The charge is refunded again."),
        K::Reversal => Undo::Again("The entry is posted again."),
        K::SaleReversed | K::VatOnSaleReversed => Undo::Again("The sale is recorded again."),
        K::CostReversed | K::VatOnCostReversed => Undo::Again("The cost is recorded again."),
        K::VatDeclarationReversed => Undo::Again("The tax is declared again."),
        K::ResultReopened => Undo::Again("The result is closed again."),
        K::LoanDue => by("POST /v1/distributions/{id}:reverse", K::LoanDueReturned),
        K::SurplusRestored | K::LoanDueReturned => Undo::Again("The period is distributed again."),
        K::ExchangeGain | K::ExchangeLoss => {
            Undo::Again("The result is posted again at the right rate, which posts the difference.")
        }
        K::ExchangeLossBooked | K::ExchangeGainBooked => Undo::Instead(
            "The rate is that of the day on which the refund was sent, as its custodian said. One that said something wrong settles \
             the rest with the host, outside of the book.",
        ),
        K::ExchangeLossPaid => Undo::Instead(
            "The custodian has taken what it was owed of the host's own money. What it took too much, the host asks back.",
        ),
        K::DisputeOpened => by("POST /v1/chargebacks/{id}:win", K::DisputeWon),
        K::DisputeWon => {
            Undo::Again("The provider takes the money back again, and its partner reports another chargeback.")
        }
        K::FundMoved => Undo::Again("The pledge is redirected back, with its settled money."),
        K::PledgeCommitted => Undo::Instead(
            "The donor cancels the pledge, which drops what of its promise has not been collected. No money moves.",
        ),
        K::CommitmentDropped => Undo::Again("The pledge is revived, or placed again."),
        K::CapRaised => Undo::Instead("A cap only rises: the campaign is closed when it has what it wants."),
        K::ChargeCaptured => Undo::Instead(
            "The charge is refunded. A partner that reported a capture by mistake reports that refund too.",
        ),
        K::FeeCharged => Undo::Instead(
            "The donor has agreed to it with the terms. One that should not have been taken is given back by its payee, outside \
             of the book.",
        ),
        K::FeeWithheld => Undo::Instead(
            "The processor keeps it, whatever becomes of the charge. What it took too much is asked back by the custodian.",
        ),
        K::FeeReturned => {
            Undo::Instead("It went back to the donor with a refund. When the refund fails, the fee is charged again.")
        }
        K::RefundSettled => Undo::Instead("The donor has it. Who wants to give it all the same gives it again."),
        K::ReceivableSettled => Undo::Instead(
            "The custodian owes what it has not paid over: the account of its cash says how much it is to hold, and the host \
             asks for it.",
        ),
        K::PursePledged => Undo::Instead(
            "The challenge is cancelled before its work is judged, or awarded: what is left in the purse goes back to who gave it. \
             When its rules change before it opens, a sponsor that did not agree takes back what it gave.",
        ),
        K::PurseRolled => Undo::Instead(
            "The sponsor takes it back from the other challenge until that one is opened: it did not agree to its rules.",
        ),
        K::PoolPledged => Undo::Instead(
            "The round is cancelled before its result is final, or paid: what is left in the pool goes back to who gave it.",
        ),
        K::MatchPaid => Undo::Instead(
            "Doubts are heard before the payment, by objections to the draft of the result. What is found later is put on the \
             record of the round as a clawback; the money stays restricted to the campaign.",
        ),
        K::EntryFeeCaptured => Undo::Instead(
            "The challenge is cancelled before its work is judged, which gives every fee back, or a team does not agree to rules that \
             were changed; later its rules say whose the fees are.",
        ),
        K::SuspenseReceived => Undo::Instead(
            "The money is returned to who gave it. A partner that reported it by mistake pays it over all the same.",
        ),
        K::SuspenseExplained => {
            Undo::Again("What the line was booked as is taken back, and it waits in suspense no more: it is open.")
        }
        K::DifferenceMoved => by("POST /v1/bank-differences/{id}:take-back", K::DifferenceReturned),
        K::DifferenceReturned => Undo::Again("What nothing explains after all is moved again by two people."),
        K::SuspenseMatched => Undo::Instead("The charge that it became is refunded, and the money comes again."),
        K::EntryFeeReturned | K::PurseReturned | K::PoolReturned | K::SuspenseReturned => Undo::Instead(
            "The custodian sends it back to who gave it. Who wants to give it all the same gives it again.",
        ),
        K::EntryFeeEarned => Undo::Instead(
            "The teams have agreed to it with the rules. A fee that should not have been taken is given back by the host, \
             outside of the book.",
        ),
        K::PrizeAwarded => Undo::Instead(
            "Doubts are heard before the award, while the ranking is provisional. Later the host keeps back what the account \
             of the team's prizes holds until it is settled with the team.",
        ),
        K::MilestoneReleased => Undo::Instead(
            "Doubts are heard before the release, by a dispute. Later two people of the host revoke the claim, and what was \
             released of it comes back: `POST /v1/claims/{id}:revoke`.",
        ),
        K::DisputeLost => Undo::Instead(
            "The provider's word is final. Where it changes its mind, the donor gives again, and the host gives up what a team \
             still owes for it.",
        ),
        K::ReserveFunded => Undo::Instead(
            "The reserve stands for chargebacks to come, and the custodian's cash with it: the host funds it with less the next \
             time.",
        ),
        K::ClawbackUnpaid | K::ClawbackPaid => Undo::Instead(
            "A revocation is final. A team that was wronged submits another claim on the milestone, or on another one that the \
             campaign's fund pays.",
        ),
        K::RecoveryRestored => Undo::Instead(
            "It follows what a team paid back or had set off. What came back by mistake is released again, by another claim.",
        ),
        K::SetOff => {
            Undo::Instead("The host pays the team outside of the book, and gives up as much of what it owes otherwise.")
        }
        K::Recovered => Undo::Instead(
            "The host pays back outside of the book what the team paid too much. Money that never came is missing from the \
             custodian's cash, and the host asks the team for it.",
        ),
        K::WrittenOff => {
            Undo::Instead("A team that pays after all pays into the risk reserve: the host funds the reserve with it.")
        }
        K::InterBookSent => by("POST /v1/incoming-remittances/{id}:decline", K::InterBookReturned),
        K::InterBookReturned => Undo::Again("It is sent again by another remittance."),
        K::InterBookMirrored => {
            Undo::Instead("What was accepted by mistake is sent back by a remittance the other way.")
        }
        K::InterBookPaid | K::InterBookReceived => {
            Undo::Instead("What was paid by mistake comes back by a remittance the other way, which is paid too.")
        }
        K::OpeningBalance | K::CommitmentCollected => Undo::Unused,
    }
}

/// How the entry of a kind is undone, for whoever wants that.
pub fn advice(kind: MovementKind) -> String {
    match of(kind) {
        Undo::By { operation, .. } => format!("it is undone by {operation}"),
        Undo::Again(how) | Undo::Instead(how) => how.to_owned(),
        Undo::Unused => "no operation undoes it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::movement::MOVEMENTS;
    use std::collections::BTreeSet;

    #[test]
    fn fl11_every_way_money_moves_has_an_undo_or_says_what_people_do_instead() {
        for &kind in MovementKind::ALL {
            match of(kind) {
                Undo::By { operation, mirror } => {
                    assert!(operation.starts_with("POST /v1/"), "{}: {operation}", kind.as_str());
                    assert!(matches!(of(mirror), Undo::Again(_)), "{}: what was undone is done again", kind.as_str());
                    let rows = |of: MovementKind| MOVEMENTS.iter().filter(move |(kind, ..)| *kind == of);
                    let mirrored: BTreeSet<_> = rows(kind).map(|(_, debit, credit)| (*credit, *debit)).collect();
                    let undone: BTreeSet<_> = rows(mirror).map(|(_, debit, credit)| (*debit, *credit)).collect();
                    assert_eq!(undone, mirrored, "{} mirrors each row of {}", mirror.as_str(), kind.as_str());
                }
                Undo::Again(how) | Undo::Instead(how) => {
                    assert!(how.len() > 20 && how.ends_with('.'), "{}: {how}", kind.as_str());
                }
                Undo::Unused => {}
            }
        }
    }
}
