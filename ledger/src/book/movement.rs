//! The ways in which money moves: one table, which the fold and the database both enforce.

use super::account::AccountClass;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// A way in which money moves.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum MovementKind {
            $($(#[doc = $doc])* $variant = $number,)*
        }

        impl MovementKind {
            /// All kinds, by number.
            pub const ALL: &'static [MovementKind] = &[$(MovementKind::$variant,)*];

            /// Name in the API and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(MovementKind::$variant => $name,)*
                }
            }

            /// What happened, in a sentence for people.
            pub fn sentence(self) -> &'static str {
                let sentence = match self {
                    $(MovementKind::$variant => concat!($($doc),*),)*
                };
                sentence.trim_start()
            }
        }
    };
}

kinds! {
    /// A charge was captured.
    ChargeCaptured = 1, "charge_captured";
    /// A sponsor's contribution was captured.
    PursePledged = 2, "purse_pledged";
    /// An entry fee was captured.
    EntryFeeCaptured = 3, "entry_fee_captured";
    /// A custodian paid over what it had captured.
    ReceivableSettled = 4, "receivable_settled";
    /// A fee named in the terms fell due.
    FeeCharged = 5, "fee_charged";
    /// A processor kept its fee.
    FeeWithheld = 6, "fee_withheld";
    /// A fee came back with a refund.
    FeeReturned = 7, "fee_returned";
    /// The host earned its fee at settlement.
    FeeEarned = 8, "fee_earned";
    /// A refund was sent.
    RefundSent = 9, "refund_sent";
    /// A refund arrived.
    RefundSettled = 10, "refund_settled";
    /// A refund came back.
    RefundFailed = 11, "refund_failed";
    /// A provider took money back while a dispute runs.
    DisputeOpened = 12, "dispute_opened";
    /// A provider gave it back.
    DisputeWon = 13, "dispute_won";
    /// A lost dispute found its bearer.
    DisputeLost = 14, "dispute_lost";
    /// The host put its own money aside.
    ReserveFunded = 15, "reserve_funded";
    /// An entry fee went back.
    EntryFeeReturned = 16, "entry_fee_returned";
    /// Entry fees went where the rules say.
    EntryFeeEarned = 17, "entry_fee_earned";
    /// A prize became payable.
    PrizeAwarded = 18, "prize_awarded";
    /// What was not awarded went back to sponsors.
    PurseReturned = 19, "purse_returned";
    /// A milestone was released.
    MilestoneReleased = 20, "milestone_released";
    /// Money moved to another purpose by its donor or rule.
    FundMoved = 21, "fund_moved";
    /// A gift was matched.
    MatchPaid = 22, "match_paid";
    /// A payout was sent.
    PayoutSent = 23, "payout_sent";
    /// A payout was not accepted.
    PayoutFailed = 24, "payout_failed";
    /// A payout left the bank.
    PayoutSettled = 25, "payout_settled";
    /// A payout came back.
    PayoutReturned = 26, "payout_returned";
    /// The payee bore the fee of a payout.
    PayoutFee = 27, "payout_fee";
    /// The bank took a fee.
    BankFee = 28, "bank_fee";
    /// The bank paid interest.
    Interest = 29, "interest";
    /// Money came that nobody expected.
    SuspenseReceived = 30, "suspense_received";
    /// It was understood.
    SuspenseMatched = 31, "suspense_matched";
    /// A revoked claim was not yet paid out.
    ClawbackUnpaid = 32, "clawback_unpaid";
    /// A revoked claim was paid out.
    ClawbackPaid = 33, "clawback_paid";
    /// A team's next share paid what it owed.
    SetOff = 34, "set_off";
    /// A team paid back.
    Recovered = 35, "recovered";
    /// What came back returned to its fund.
    RecoveryRestored = 36, "recovery_restored";
    /// What a team owed was given up.
    WrittenOff = 37, "written_off";
    /// Production was sold.
    SalesRecorded = 38, "sales_recorded";
    /// A customer paid.
    CustomerPaid = 39, "customer_paid";
    /// A cost arose.
    CostRecorded = 40, "cost_recorded";
    /// A cost was paid.
    CostPaid = 41, "cost_paid";
    /// A period's result became surplus.
    ResultClosed = 42, "result_closed";
    /// Surplus was shared by the rule.
    SurplusAllocated = 43, "surplus_allocated";
    /// A loan came in.
    LoanReceived = 44, "loan_received";
    /// A loan was repaid.
    LoanRepaid = 45, "loan_repaid";
    /// Money left for another book.
    InterBookSent = 46, "inter_book_sent";
    /// Money of another book arrived.
    InterBookMirrored = 47, "inter_book_mirrored";
    /// What was owed to another book was paid.
    InterBookPaid = 48, "inter_book_paid";
    /// Another book paid what it owed.
    InterBookReceived = 49, "inter_book_received";
    /// A balance was brought over from before.
    OpeningBalance = 50, "opening_balance";
    /// A distribution was taken back: the mirror of its lines.
    SurplusRestored = 51, "surplus_restored";
    /// A pair of exchange accounts had gained.
    ExchangeGain = 52, "exchange_gain";
    /// A pair of exchange accounts had lost.
    ExchangeLoss = 53, "exchange_loss";
    /// A pledge was made: no money yet, a promise of it.
    PledgeCommitted = 54, "pledge_committed";
    /// A promised payment was collected.
    CommitmentCollected = 55, "commitment_collected";
    /// A promised payment will not come.
    CommitmentDropped = 56, "commitment_dropped";
    /// A sale was taken back.
    SaleReversed = 57, "sale_reversed";
    /// A cost was taken back.
    CostReversed = 58, "cost_reversed";
    /// The result of a period was opened again.
    ResultReopened = 59, "result_reopened";
    /// A raw journal entry between accounts that no operation manages.
    JournalEntry = 60, "journal_entry";
    /// The exact mirror of a raw journal entry.
    Reversal = 61, "reversal";
    /// What the host had earned is owed again: the mirror of its line.
    FeeUnearned = 62, "fee_unearned";
    /// The cap of a campaign was raised: more may be promised.
    CapRaised = 63, "cap_raised";
    /// A custodian has what a sponsor gave to the pool of a matching round.
    PoolPledged = 64, "pool_pledged";
    /// Pool money went back to its sponsor.
    PoolReturned = 65, "pool_returned";
    /// A refund in another currency cost more than it gave back.
    ExchangeLossBooked = 66, "exchange_loss_booked";
    /// A refund in another currency cost less than it gave back.
    ExchangeGainBooked = 67, "exchange_gain_booked";
    /// A custodian took what the host owed it of such losses.
    ExchangeLossPaid = 68, "exchange_loss_paid";
    /// What came by a line of a bank, and waited, was explained as something else.
    SuspenseExplained = 70, "suspense_explained";
    /// What was booked as a charge of the bank was none.
    BankFeeReturned = 71, "bank_fee_returned";
    /// What was booked as interest was none.
    InterestReturned = 72, "interest_returned";
    /// Prize money that nobody won went on to the purse of another challenge.
    PurseRolled = 73, "purse_rolled";
    /// A bank had more or less than the book, which nothing explained.
    DifferenceMoved = 74, "difference_moved";
    /// Money that nobody expected went back to who gave it.
    SuspenseReturned = 75, "suspense_returned";
    /// It was explained.
    DifferenceReturned = 76, "difference_returned";
    /// What was booked as a customer's payment was none.
    CustomerPaymentReturned = 85, "customer_payment_returned";
    /// What was booked as the payment of a cost was none.
    CostPaymentReturned = 86, "cost_payment_returned";
    /// What was booked as a loan was none.
    LoanReceiptReturned = 87, "loan_receipt_returned";
    /// What was booked as the repayment of a loan was none.
    LoanRepaymentReturned = 88, "loan_repayment_returned";
    /// A member paid in capital.
    CapitalPaidIn = 89, "capital_paid_in";
    /// What was booked as capital was none.
    CapitalPaymentReturned = 90, "capital_payment_returned";
    /// A part of a loan fell due to its lender.
    LoanDue = 91, "loan_due";
    /// It is due no more: the distribution by which it fell due was taken back.
    LoanDueReturned = 92, "loan_due_returned";
    /// Retained shares became payable to their members.
    CapitalRedeemed = 93, "capital_redeemed";
    /// They are capital again: the mirror of its lines.
    CapitalRestored = 94, "capital_restored";
    /// The reserve and members' capital bore a loss.
    LossBorne = 95, "loss_borne";
    /// They bear it no more: the mirror of its lines.
    LossRestored = 96, "loss_restored";
    /// A part of a member's next share became payable before there was one.
    AdvanceGranted = 97, "advance_granted";
    /// It is payable no more: the mirror of its lines.
    AdvanceTakenBack = 98, "advance_taken_back";
    /// A book that was begun elsewhere was not opened so: the mirror of its lines.
    OpeningTakenBack = 99, "opening_taken_back";
    /// A part of a joining contribution that is never returned was paid into the reserve.
    ReservePaidIn = 100, "reserve_paid_in";
    /// It was not: the mirror of its lines.
    ReservePaymentReturned = 101, "reserve_payment_returned";
    /// A book that was begun elsewhere was opened with what it had there.
    BookOpened = 102, "book_opened";
    /// The reserve and the funds of a dissolved cooperative were left to its successor.
    AssetsPassedOn = 103, "assets_passed_on";
    /// They were not: the mirror of its lines.
    AssetsTakenBack = 104, "assets_taken_back";
    /// Another book declined what was sent to it: the mirror of its lines.
    InterBookReturned = 105, "inter_book_returned";
    /// Value added tax came on top of what a cooperative sold.
    VatOnSale = 106, "vat_on_sale";
    /// The sale was taken back: the mirror of its line.
    VatOnSaleReversed = 107, "vat_on_sale_reversed";
    /// Value added tax came on top of a cost.
    VatOnCost = 108, "vat_on_cost";
    /// The cost was taken back: the mirror of its line.
    VatOnCostReversed = 109, "vat_on_cost_reversed";
    /// Value added tax was declared: what was paid is taken off, and the rest is owed.
    VatDeclared = 110, "vat_declared";
    /// The tax was not declared so: the mirror of its lines.
    VatDeclarationReversed = 111, "vat_declaration_reversed";
}

impl MovementKind {
    /// The number in the rows.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// From the number in a row.
    pub fn from_number(number: i16) -> Option<MovementKind> {
        Self::ALL.iter().copied().find(|kind| kind.number() == number)
    }

    /// Whether money may move this way into an account of class `debit` from one of class `credit`.
    pub fn allows(self, debit: AccountClass, credit: AccountClass) -> bool {
        if matches!(self, MovementKind::JournalEntry | MovementKind::Reversal) {
            return !debit.is_managed() && !credit.is_managed();
        }
        MOVEMENTS.contains(&(self, debit, credit))
    }
}

use AccountClass as C;
use MovementKind as K;

/// Classes of money that is held for others.
pub const RESTRICTED: &[AccountClass] = &[
    C::Fund,
    C::Purse,
    C::Pool,
    C::ProgrammeLine,
    C::EntryFees,
    C::Suspense,
    C::TeamPayable,
    C::PrizePayable,
    C::MemberPayable,
    C::LenderPayable,
    C::RefundsInTransit,
    C::PayoutsInTransit,
    C::RecoveriesPending,
    C::DueToBook,
];

/// Every way money moves besides raw entries: kind, class debited, class credited.
///
/// No row leads from [`RESTRICTED`] money to income but through a fee named in the terms: that makes forfeiture impossible
/// rather than forbidden.
pub const MOVEMENTS: &[(MovementKind, AccountClass, AccountClass)] = &[
    (K::ChargeCaptured, C::Receivable, C::Fund),
    (K::PursePledged, C::Receivable, C::Purse),
    (K::EntryFeeCaptured, C::Receivable, C::EntryFees),
    (K::ReceivableSettled, C::Cash, C::Receivable),
    (K::FeeCharged, C::Fund, C::FeePayable),
    (K::FeeWithheld, C::FeePayable, C::Receivable),
    (K::FeeReturned, C::FeePayable, C::Fund),
    (K::FeeEarned, C::FeePayable, C::FeeIncome),
    (K::FeeUnearned, C::FeeIncome, C::FeePayable),
    (K::RefundSent, C::Fund, C::RefundsInTransit),
    (K::RefundSettled, C::RefundsInTransit, C::Cash),
    (K::RefundSettled, C::RefundsInTransit, C::Receivable),
    (K::RefundFailed, C::RefundsInTransit, C::Fund),
    (K::DisputeOpened, C::DisputesPending, C::Cash),
    (K::DisputeWon, C::Cash, C::DisputesPending),
    (K::DisputeLost, C::Fund, C::DisputesPending),
    (K::DisputeLost, C::TeamPayable, C::DisputesPending),
    (K::DisputeLost, C::PrizePayable, C::DisputesPending),
    (K::DisputeLost, C::MemberPayable, C::DisputesPending),
    (K::DisputeLost, C::LenderPayable, C::DisputesPending),
    (K::DisputeLost, C::FeePayable, C::DisputesPending),
    (K::DisputeLost, C::FeeIncome, C::DisputesPending),
    (K::DisputeLost, C::TeamReceivable, C::DisputesPending),
    (K::DisputeLost, C::RiskReserve, C::DisputesPending),
    (K::ReserveFunded, C::Cash, C::RiskReserve),
    (K::EntryFeeReturned, C::EntryFees, C::RefundsInTransit),
    (K::EntryFeeEarned, C::EntryFees, C::OperatingFund),
    (K::PrizeAwarded, C::Purse, C::PrizePayable),
    (K::PurseReturned, C::Purse, C::RefundsInTransit),
    (K::PurseRolled, C::Purse, C::Purse),
    (K::MilestoneReleased, C::Fund, C::TeamPayable),
    (K::MilestoneReleased, C::ProgrammeLine, C::TeamPayable),
    (K::FundMoved, C::Fund, C::Fund),
    (K::FundMoved, C::DevelopmentFund, C::Fund),
    (K::MatchPaid, C::Pool, C::Fund),
    (K::PoolPledged, C::Receivable, C::Pool),
    (K::PoolReturned, C::Pool, C::RefundsInTransit),
    (K::PoolReturned, C::Fund, C::RefundsInTransit),
    (K::PayoutSent, C::TeamPayable, C::PayoutsInTransit),
    (K::PayoutSent, C::PrizePayable, C::PayoutsInTransit),
    (K::PayoutSent, C::MemberPayable, C::PayoutsInTransit),
    (K::PayoutSent, C::LenderPayable, C::PayoutsInTransit),
    (K::PayoutFailed, C::PayoutsInTransit, C::TeamPayable),
    (K::PayoutFailed, C::PayoutsInTransit, C::PrizePayable),
    (K::PayoutFailed, C::PayoutsInTransit, C::MemberPayable),
    (K::PayoutFailed, C::PayoutsInTransit, C::LenderPayable),
    (K::PayoutSettled, C::PayoutsInTransit, C::Cash),
    (K::PayoutReturned, C::Cash, C::TeamPayable),
    (K::PayoutReturned, C::Cash, C::PrizePayable),
    (K::PayoutReturned, C::Cash, C::MemberPayable),
    (K::PayoutReturned, C::Cash, C::LenderPayable),
    (K::PayoutFee, C::TeamPayable, C::Cash),
    (K::PayoutFee, C::PrizePayable, C::Cash),
    (K::PayoutFee, C::MemberPayable, C::Cash),
    (K::PayoutFee, C::LenderPayable, C::Cash),
    (K::BankFee, C::BankCharges, C::Cash),
    (K::Interest, C::Cash, C::InterestIncome),
    (K::BankFeeReturned, C::Cash, C::BankCharges),
    (K::InterestReturned, C::InterestIncome, C::Cash),
    (K::SuspenseReceived, C::Cash, C::Suspense),
    (K::SuspenseReceived, C::Receivable, C::Suspense),
    (K::SuspenseReturned, C::Suspense, C::RefundsInTransit),
    (K::SuspenseExplained, C::Suspense, C::Cash),
    (K::SuspenseMatched, C::Suspense, C::Receivable),
    (K::SuspenseMatched, C::Suspense, C::Fund),
    (K::DifferenceMoved, C::Cash, C::Suspense),
    (K::DifferenceMoved, C::Receivable, C::Cash),
    (K::DifferenceReturned, C::Suspense, C::Cash),
    (K::DifferenceReturned, C::Cash, C::Receivable),
    (K::ClawbackUnpaid, C::TeamPayable, C::Fund),
    (K::ClawbackPaid, C::TeamReceivable, C::RecoveriesPending),
    (K::SetOff, C::TeamPayable, C::TeamReceivable),
    (K::Recovered, C::Cash, C::TeamReceivable),
    (K::RecoveryRestored, C::RecoveriesPending, C::Fund),
    (K::WrittenOff, C::RecoveriesPending, C::TeamReceivable),
    (K::WrittenOff, C::RiskReserve, C::TeamReceivable),
    (K::SalesRecorded, C::Cash, C::Sales),
    (K::SalesRecorded, C::CustomerReceivable, C::Sales),
    (K::CustomerPaid, C::Cash, C::CustomerReceivable),
    (K::CostRecorded, C::Cost, C::CostsPayable),
    (K::CostPaid, C::CostsPayable, C::PayoutsInTransit),
    (K::CostPaid, C::CostsPayable, C::Cash),
    (K::CustomerPaymentReturned, C::CustomerReceivable, C::Cash),
    (K::CostPaymentReturned, C::PayoutsInTransit, C::CostsPayable),
    (K::CostPaymentReturned, C::Cash, C::CostsPayable),
    (K::CapitalPaidIn, C::Cash, C::MemberCapital),
    (K::CapitalPaymentReturned, C::MemberCapital, C::Cash),
    (K::ReservePaidIn, C::Cash, C::Reserve),
    (K::ReservePaymentReturned, C::Reserve, C::Cash),
    (K::VatOnSale, C::Cash, C::VatPayable),
    (K::VatOnSale, C::CustomerReceivable, C::VatPayable),
    (K::VatOnSaleReversed, C::VatPayable, C::Cash),
    (K::VatOnSaleReversed, C::VatPayable, C::CustomerReceivable),
    (K::VatOnCost, C::VatReceivable, C::CostsPayable),
    (K::VatOnCostReversed, C::CostsPayable, C::VatReceivable),
    (K::VatDeclared, C::VatPayable, C::VatReceivable),
    (K::VatDeclared, C::VatPayable, C::CostsPayable),
    (K::VatDeclared, C::CustomerReceivable, C::VatReceivable),
    (K::VatDeclarationReversed, C::VatReceivable, C::VatPayable),
    (K::VatDeclarationReversed, C::CostsPayable, C::VatPayable),
    (K::VatDeclarationReversed, C::VatReceivable, C::CustomerReceivable),
    (K::ResultClosed, C::Sales, C::Surplus),
    (K::ResultClosed, C::FeeIncome, C::Surplus),
    (K::ResultClosed, C::InterestIncome, C::Surplus),
    (K::ResultClosed, C::ExchangeGain, C::Surplus),
    (K::ResultClosed, C::Surplus, C::ExchangeLoss),
    (K::ResultClosed, C::Surplus, C::Cost),
    (K::ResultClosed, C::Surplus, C::BankCharges),
    (K::SaleReversed, C::Sales, C::Cash),
    (K::SaleReversed, C::Sales, C::CustomerReceivable),
    (K::CostReversed, C::CostsPayable, C::Cost),
    (K::ResultReopened, C::Surplus, C::Sales),
    (K::ResultReopened, C::Surplus, C::FeeIncome),
    (K::ResultReopened, C::Surplus, C::InterestIncome),
    (K::ResultReopened, C::Surplus, C::ExchangeGain),
    (K::ResultReopened, C::ExchangeLoss, C::Surplus),
    (K::ResultReopened, C::Cost, C::Surplus),
    (K::ResultReopened, C::BankCharges, C::Surplus),
    (K::SurplusAllocated, C::Surplus, C::Reserve),
    (K::SurplusAllocated, C::Surplus, C::DevelopmentFund),
    (K::SurplusAllocated, C::Surplus, C::MemberPayable),
    (K::SurplusAllocated, C::Surplus, C::MemberCapital),
    (K::SurplusAllocated, C::Surplus, C::LenderPayable),
    (K::SurplusRestored, C::Reserve, C::Surplus),
    (K::SurplusRestored, C::DevelopmentFund, C::Surplus),
    (K::SurplusRestored, C::MemberPayable, C::Surplus),
    (K::SurplusRestored, C::MemberCapital, C::Surplus),
    (K::SurplusRestored, C::LenderPayable, C::Surplus),
    (K::SurplusAllocated, C::Surplus, C::MemberReceivable),
    (K::SurplusRestored, C::MemberReceivable, C::Surplus),
    (K::CapitalRedeemed, C::MemberCapital, C::MemberPayable),
    (K::CapitalRestored, C::MemberPayable, C::MemberCapital),
    (K::LossBorne, C::Reserve, C::Surplus),
    (K::LossBorne, C::MemberCapital, C::Surplus),
    (K::LossBorne, C::MemberReceivable, C::Surplus),
    (K::LossRestored, C::Surplus, C::Reserve),
    (K::LossRestored, C::Surplus, C::MemberCapital),
    (K::LossRestored, C::Surplus, C::MemberReceivable),
    (K::AdvanceGranted, C::MemberReceivable, C::MemberPayable),
    (K::AdvanceTakenBack, C::MemberPayable, C::MemberReceivable),
    (K::AssetsPassedOn, C::Reserve, C::LenderPayable),
    (K::AssetsPassedOn, C::DevelopmentFund, C::LenderPayable),
    (K::AssetsTakenBack, C::LenderPayable, C::Reserve),
    (K::AssetsTakenBack, C::LenderPayable, C::DevelopmentFund),
    (K::LoanReceived, C::Cash, C::LoanPayable),
    (K::LoanRepaid, C::LoanPayable, C::PayoutsInTransit),
    (K::LoanRepaid, C::LoanPayable, C::Cash),
    (K::LoanReceiptReturned, C::LoanPayable, C::Cash),
    (K::LoanRepaymentReturned, C::PayoutsInTransit, C::LoanPayable),
    (K::LoanRepaymentReturned, C::Cash, C::LoanPayable),
    (K::LoanDue, C::LoanPayable, C::LenderPayable),
    (K::LoanDueReturned, C::LenderPayable, C::LoanPayable),
    (K::InterBookSent, C::Fund, C::DueToBook),
    (K::InterBookSent, C::TeamPayable, C::DueToBook),
    (K::InterBookSent, C::PrizePayable, C::DueToBook),
    (K::InterBookSent, C::MemberPayable, C::DueToBook),
    (K::InterBookSent, C::LenderPayable, C::DueToBook),
    (K::InterBookSent, C::DevelopmentFund, C::DueToBook),
    (K::InterBookReturned, C::DueToBook, C::Fund),
    (K::InterBookReturned, C::DueToBook, C::TeamPayable),
    (K::InterBookReturned, C::DueToBook, C::PrizePayable),
    (K::InterBookReturned, C::DueToBook, C::MemberPayable),
    (K::InterBookReturned, C::DueToBook, C::LenderPayable),
    (K::InterBookReturned, C::DueToBook, C::DevelopmentFund),
    (K::InterBookMirrored, C::DueFromBook, C::Fund),
    (K::InterBookMirrored, C::DueFromBook, C::DevelopmentFund),
    (K::InterBookPaid, C::DueToBook, C::Cash),
    (K::InterBookReceived, C::Cash, C::DueFromBook),
    (K::ExchangeLossBooked, C::ExchangeLoss, C::CostsPayable),
    (K::ExchangeGainBooked, C::Cash, C::ExchangeGain),
    (K::ExchangeLossPaid, C::CostsPayable, C::Cash),
    (K::ExchangeGain, C::Exchange, C::ExchangeGain),
    (K::ExchangeLoss, C::ExchangeLoss, C::Exchange),
    (K::PledgeCommitted, C::CommitmentRoom, C::CommitmentPledged),
    (K::CommitmentCollected, C::CommitmentPledged, C::CommitmentCollected),
    (K::CommitmentDropped, C::CommitmentPledged, C::CommitmentRoom),
    (K::CapRaised, C::CommitmentRoom, C::CommitmentRoom),
    (K::OpeningBalance, C::OpeningEquity, C::Fund),
    (K::OpeningBalance, C::OpeningEquity, C::Purse),
    (K::OpeningBalance, C::OpeningEquity, C::Pool),
    (K::OpeningBalance, C::Receivable, C::OpeningEquity),
    (K::OpeningBalance, C::Cash, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::TeamPayable),
    (K::OpeningBalance, C::OpeningEquity, C::PrizePayable),
    (K::OpeningBalance, C::OpeningEquity, C::FeePayable),
    (K::OpeningBalance, C::OpeningEquity, C::RefundsInTransit),
    (K::OpeningBalance, C::OpeningEquity, C::PayoutsInTransit),
    (K::OpeningBalance, C::DisputesPending, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::EntryFees),
    (K::OpeningBalance, C::OpeningEquity, C::ProgrammeLine),
    (K::OpeningBalance, C::OpeningEquity, C::DevelopmentFund),
    (K::OpeningBalance, C::OpeningEquity, C::MemberPayable),
    (K::OpeningBalance, C::OpeningEquity, C::MemberCapital),
    (K::OpeningBalance, C::OpeningEquity, C::LenderPayable),
    (K::OpeningBalance, C::TeamReceivable, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::RecoveriesPending),
    (K::OpeningBalance, C::OpeningEquity, C::Suspense),
    (K::OpeningBalance, C::OpeningEquity, C::RiskReserve),
    (K::OpeningBalance, C::OpeningEquity, C::OperatingFund),
    (K::OpeningBalance, C::OpeningEquity, C::CostsPayable),
    (K::OpeningBalance, C::CustomerReceivable, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::Surplus),
    (K::OpeningBalance, C::OpeningEquity, C::Reserve),
    (K::OpeningBalance, C::OpeningEquity, C::LoanPayable),
    (K::BookOpened, C::Cash, C::OpeningEquity),
    (K::BookOpened, C::CustomerReceivable, C::OpeningEquity),
    (K::BookOpened, C::MemberReceivable, C::OpeningEquity),
    (K::BookOpened, C::VatReceivable, C::OpeningEquity),
    (K::BookOpened, C::Cost, C::OpeningEquity),
    (K::BookOpened, C::OpeningEquity, C::VatPayable),
    (K::BookOpened, C::OpeningEquity, C::MemberPayable),
    (K::BookOpened, C::OpeningEquity, C::LenderPayable),
    (K::BookOpened, C::OpeningEquity, C::CostsPayable),
    (K::BookOpened, C::OpeningEquity, C::LoanPayable),
    (K::BookOpened, C::OpeningEquity, C::MemberCapital),
    (K::BookOpened, C::OpeningEquity, C::Reserve),
    (K::BookOpened, C::OpeningEquity, C::DevelopmentFund),
    (K::OpeningTakenBack, C::OpeningEquity, C::Cash),
    (K::OpeningTakenBack, C::OpeningEquity, C::CustomerReceivable),
    (K::OpeningTakenBack, C::OpeningEquity, C::MemberReceivable),
    (K::OpeningTakenBack, C::OpeningEquity, C::VatReceivable),
    (K::OpeningTakenBack, C::OpeningEquity, C::Cost),
    (K::OpeningTakenBack, C::VatPayable, C::OpeningEquity),
    (K::OpeningTakenBack, C::MemberPayable, C::OpeningEquity),
    (K::OpeningTakenBack, C::LenderPayable, C::OpeningEquity),
    (K::OpeningTakenBack, C::CostsPayable, C::OpeningEquity),
    (K::OpeningTakenBack, C::LoanPayable, C::OpeningEquity),
    (K::OpeningTakenBack, C::MemberCapital, C::OpeningEquity),
    (K::OpeningTakenBack, C::Reserve, C::OpeningEquity),
    (K::OpeningTakenBack, C::DevelopmentFund, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::DueToBook),
    (K::OpeningBalance, C::DueFromBook, C::OpeningEquity),
    (K::OpeningBalance, C::Asset, C::OpeningEquity),
    (K::OpeningBalance, C::OpeningEquity, C::Liability),
    (K::OpeningBalance, C::OpeningEquity, C::Equity),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::account::AccountKind;

    #[test]
    fn c1_no_movement_leads_from_restricted_money_to_income() {
        let is_own = |class: AccountClass| !matches!(class.kind(), AccountKind::Asset | AccountKind::Liability);
        let ways = MOVEMENTS.iter().filter(|(_, debit, credit)| {
            RESTRICTED.contains(debit) && (is_own(*credit) || !credit.is_managed() || *credit == C::FeePayable)
        });
        let known = [
            // The terms that the donor agreed to name it, and the database holds each to them.
            (K::FeeCharged, C::Fund, C::FeePayable),
            // The rules that a team agreed to say whose its fee is.
            (K::EntryFeeEarned, C::EntryFees, C::OperatingFund),
            // The mirror of what was shared of a surplus, and no more.
            (K::SurplusRestored, C::MemberPayable, C::Surplus),
            (K::SurplusRestored, C::LenderPayable, C::Surplus),
            // The mirror of what was redeemed, and no more.
            (K::CapitalRestored, C::MemberPayable, C::MemberCapital),
            // The mirror of what was left to a successor, and no more.
            (K::AssetsTakenBack, C::LenderPayable, C::Reserve),
            (K::AssetsTakenBack, C::LenderPayable, C::DevelopmentFund),
            // The mirror of what was sent to another book, and no more.
            (K::InterBookReturned, C::DueToBook, C::DevelopmentFund),
            // The mirror of what a book was opened with, and no more.
            (K::OpeningTakenBack, C::MemberPayable, C::OpeningEquity),
            (K::OpeningTakenBack, C::LenderPayable, C::OpeningEquity),
        ];
        assert_eq!(ways.copied().collect::<Vec<_>>(), known);
    }

    #[test]
    fn c1_each_liability_is_held_for_others_or_a_debt_of_the_host() {
        for class in C::ALL.iter().filter(|class| class.is_managed() && class.kind() == AccountKind::Liability) {
            let is_debt = matches!(class, C::FeePayable | C::CostsPayable | C::LoanPayable | C::VatPayable);
            assert_ne!(RESTRICTED.contains(class), is_debt, "{}", class.as_str());
        }
    }

    #[test]
    fn raw_entries_never_touch_a_managed_class() {
        for &debit in C::ALL {
            for &credit in C::ALL {
                let touches = debit.is_managed() || credit.is_managed();
                assert_eq!(K::JournalEntry.allows(debit, credit), !touches);
            }
        }
    }

    #[test]
    fn no_row_stands_twice_and_every_kind_has_one() {
        for (index, row) in MOVEMENTS.iter().enumerate() {
            assert!(!MOVEMENTS[..index].contains(row), "{row:?} stands twice");
        }
        for kind in MovementKind::ALL {
            let raw = matches!(kind, K::JournalEntry | K::Reversal);
            assert!(raw || MOVEMENTS.iter().any(|(of, ..)| of == kind), "{} has no row", kind.as_str());
        }
    }
}
