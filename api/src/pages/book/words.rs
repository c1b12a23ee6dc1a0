//! The ways in which money moves, and what accounts are for, as pages say them: the texts of each.

use crate::texts::{Said, say};
use ledger::book::MovementKind;
use ledger::chart;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// What a way is called, and what it means: the names of the texts.
        fn texts(kind: MovementKind) -> (&'static str, &'static str) {
            match kind {
                $(MovementKind::$variant => ($name, $meaning),)*
            }
        }
    };
}

kinds! {
    ChargeCaptured = "book-kind-charge-captured", "book-kind-charge-captured-means";
    PursePledged = "book-kind-purse-pledged", "book-kind-purse-pledged-means";
    EntryFeeCaptured = "book-kind-entry-fee-captured", "book-kind-entry-fee-captured-means";
    ReceivableSettled = "book-kind-receivable-settled", "book-kind-receivable-settled-means";
    FeeCharged = "book-kind-fee-charged", "book-kind-fee-charged-means";
    FeeWithheld = "book-kind-fee-withheld", "book-kind-fee-withheld-means";
    FeeReturned = "book-kind-fee-returned", "book-kind-fee-returned-means";
    FeeEarned = "book-kind-fee-earned", "book-kind-fee-earned-means";
    RefundSent = "book-kind-refund-sent", "book-kind-refund-sent-means";
    RefundSettled = "book-kind-refund-settled", "book-kind-refund-settled-means";
    RefundFailed = "book-kind-refund-failed", "book-kind-refund-failed-means";
    DisputeOpened = "book-kind-dispute-opened", "book-kind-dispute-opened-means";
    DisputeWon = "book-kind-dispute-won", "book-kind-dispute-won-means";
    DisputeLost = "book-kind-dispute-lost", "book-kind-dispute-lost-means";
    ReserveFunded = "book-kind-reserve-funded", "book-kind-reserve-funded-means";
    EntryFeeReturned = "book-kind-entry-fee-returned", "book-kind-entry-fee-returned-means";
    EntryFeeEarned = "book-kind-entry-fee-earned", "book-kind-entry-fee-earned-means";
    PrizeAwarded = "book-kind-prize-awarded", "book-kind-prize-awarded-means";
    PurseReturned = "book-kind-purse-returned", "book-kind-purse-returned-means";
    MilestoneReleased = "book-kind-milestone-released", "book-kind-milestone-released-means";
    FundMoved = "book-kind-fund-moved", "book-kind-fund-moved-means";
    MatchPaid = "book-kind-match-paid", "book-kind-match-paid-means";
    PayoutSent = "book-kind-payout-sent", "book-kind-payout-sent-means";
    PayoutFailed = "book-kind-payout-failed", "book-kind-payout-failed-means";
    PayoutSettled = "book-kind-payout-settled", "book-kind-payout-settled-means";
    PayoutReturned = "book-kind-payout-returned", "book-kind-payout-returned-means";
    PayoutFee = "book-kind-payout-fee", "book-kind-payout-fee-means";
    BankFee = "book-kind-bank-fee", "book-kind-bank-fee-means";
    Interest = "book-kind-bank-paid", "book-kind-bank-paid-means";
    SuspenseReceived = "book-kind-suspense-received", "book-kind-suspense-received-means";
    SuspenseMatched = "book-kind-suspense-matched", "book-kind-suspense-matched-means";
    ClawbackUnpaid = "book-kind-clawback-unpaid", "book-kind-clawback-unpaid-means";
    ClawbackPaid = "book-kind-clawback-paid", "book-kind-clawback-paid-means";
    SetOff = "book-kind-set-off", "book-kind-set-off-means";
    Recovered = "book-kind-recovered", "book-kind-recovered-means";
    RecoveryRestored = "book-kind-recovery-restored", "book-kind-recovery-restored-means";
    WrittenOff = "book-kind-written-off", "book-kind-written-off-means";
    SalesRecorded = "book-kind-sales-recorded", "book-kind-sales-recorded-means";
    VatOnSale = "book-kind-vat-on-sale", "book-kind-vat-on-sale-means";
    VatOnSaleReversed = "book-kind-vat-on-sale-reversed", "book-kind-vat-on-sale-reversed-means";
    VatOnCost = "book-kind-vat-on-cost", "book-kind-vat-on-cost-means";
    VatOnCostReversed = "book-kind-vat-on-cost-reversed", "book-kind-vat-on-cost-reversed-means";
    VatDeclared = "book-kind-vat-declared", "book-kind-vat-declared-means";
    VatDeclarationReversed = "book-kind-vat-declaration-reversed", "book-kind-vat-declaration-reversed-means";
    CustomerPaid = "book-kind-customer-paid", "book-kind-customer-paid-means";
    CostRecorded = "book-kind-cost-recorded", "book-kind-cost-recorded-means";
    CostPaid = "book-kind-cost-paid", "book-kind-cost-paid-means";
    ResultClosed = "book-kind-result-closed", "book-kind-result-closed-means";
    SurplusAllocated = "book-kind-surplus-allocated", "book-kind-surplus-allocated-means";
    LoanReceived = "book-kind-loan-received", "book-kind-loan-received-means";
    LoanRepaid = "book-kind-loan-repaid", "book-kind-loan-repaid-means";
    InterBookSent = "book-kind-inter-book-sent", "book-kind-inter-book-sent-means";
    InterBookMirrored = "book-kind-inter-book-mirrored", "book-kind-inter-book-mirrored-means";
    InterBookReturned = "book-kind-inter-book-returned", "book-kind-inter-book-returned-means";
    InterBookPaid = "book-kind-inter-book-paid", "book-kind-inter-book-paid-means";
    InterBookReceived = "book-kind-inter-book-received", "book-kind-inter-book-received-means";
    OpeningBalance = "book-kind-opening-balance", "book-kind-opening-balance-means";
    SurplusRestored = "book-kind-surplus-restored", "book-kind-surplus-restored-means";
    ExchangeGain = "book-kind-exchange-gain", "book-kind-exchange-gain-means";
    ExchangeLoss = "book-kind-exchange-loss", "book-kind-exchange-loss-means";
    PledgeCommitted = "book-kind-pledge-committed", "book-kind-pledge-committed-means";
    CommitmentCollected = "book-kind-commitment-collected", "book-kind-commitment-collected-means";
    CommitmentDropped = "book-kind-commitment-dropped", "book-kind-commitment-dropped-means";
    SaleReversed = "book-kind-sale-reversed", "book-kind-sale-reversed-means";
    CostReversed = "book-kind-cost-reversed", "book-kind-cost-reversed-means";
    ResultReopened = "book-kind-result-reopened", "book-kind-result-reopened-means";
    JournalEntry = "book-kind-journal-entry", "book-kind-journal-entry-means";
    Reversal = "book-kind-reversal", "book-kind-reversal-means";
    FeeUnearned = "book-kind-fee-unearned", "book-kind-fee-unearned-means";
    CapRaised = "book-kind-cap-lifted", "book-kind-cap-lifted-means";
    PoolPledged = "book-kind-pool-pledged", "book-kind-pool-pledged-means";
    PoolReturned = "book-kind-pool-returned", "book-kind-pool-returned-means";
    ExchangeLossBooked = "book-kind-exchange-loss-booked", "book-kind-exchange-loss-booked-means";
    ExchangeGainBooked = "book-kind-exchange-gain-booked", "book-kind-exchange-gain-booked-means";
    ExchangeLossPaid = "book-kind-exchange-loss-paid", "book-kind-exchange-loss-paid-means";
    SuspenseExplained = "book-kind-suspense-explained", "book-kind-suspense-explained-means";
    BankFeeReturned = "book-kind-bank-fee-returned", "book-kind-bank-fee-returned-means";
    InterestReturned = "book-kind-bank-paid-none", "book-kind-bank-paid-none-means";
    PurseRolled = "book-kind-purse-rolled", "book-kind-purse-rolled-means";
    DifferenceMoved = "book-kind-difference-moved", "book-kind-difference-moved-means";
    SuspenseReturned = "book-kind-suspense-returned", "book-kind-suspense-returned-means";
    DifferenceReturned = "book-kind-difference-returned", "book-kind-difference-returned-means";
    CustomerPaymentReturned = "book-kind-customer-payment-returned", "book-kind-customer-payment-returned-means";
    CostPaymentReturned = "book-kind-cost-payment-returned", "book-kind-cost-payment-returned-means";
    LoanReceiptReturned = "book-kind-loan-receipt-returned", "book-kind-loan-receipt-returned-means";
    LoanRepaymentReturned = "book-kind-loan-repayment-returned", "book-kind-loan-repayment-returned-means";
    CapitalPaidIn = "book-kind-capital-paid-in", "book-kind-capital-paid-in-means";
    CapitalPaymentReturned = "book-kind-capital-payment-returned", "book-kind-capital-payment-returned-means";
    LoanDue = "book-kind-loan-due", "book-kind-loan-due-means";
    LoanDueReturned = "book-kind-loan-due-returned", "book-kind-loan-due-returned-means";
    CapitalRedeemed = "book-kind-capital-redeemed", "book-kind-capital-redeemed-means";
    CapitalRestored = "book-kind-capital-restored", "book-kind-capital-restored-means";
    LossBorne = "book-kind-loss-borne", "book-kind-loss-borne-means";
    LossRestored = "book-kind-loss-restored", "book-kind-loss-restored-means";
    BookOpened = "book-kind-book-opened", "book-kind-book-opened-means";
    OpeningTakenBack = "book-kind-opening-taken-back", "book-kind-opening-taken-back-means";
    AdvanceGranted = "book-kind-advance-granted", "book-kind-advance-granted-means";
    AdvanceTakenBack = "book-kind-advance-taken-back", "book-kind-advance-taken-back-means";
    AssetsPassedOn = "book-kind-assets-passed-on", "book-kind-assets-passed-on-means";
    AssetsTakenBack = "book-kind-assets-taken-back", "book-kind-assets-taken-back-means";
    ReservePaidIn = "book-kind-reserve-paid-in", "book-kind-reserve-paid-in-means";
    ReservePaymentReturned = "book-kind-reserve-payment-returned", "book-kind-reserve-payment-returned-means";
}

/// What a way is called.
pub(super) fn name(kind: MovementKind) -> Said {
    say(texts(kind).0)
}

/// What happened, in a sentence.
pub(super) fn meaning(kind: MovementKind) -> Said {
    say(texts(kind).1)
}

/// The rows of the chart by their codes, with the names of the texts that say what their accounts are for.
const PURPOSES: &[(&str, &str)] = &[
    ("assets:cash:{custodian}", "account-for-cash-at"),
    ("assets:cash:{name}", "account-for-cash-of"),
    ("assets:receivable:team:{team}", "account-for-team-receivable"),
    ("assets:receivable:clawback:{team}", "account-for-clawback-receivable"),
    ("assets:receivable:customer:{customer}", "account-for-customer-receivable"),
    ("assets:receivable:member:{member}", "account-for-member-receivable"),
    ("assets:receivable:{custodian}:{day}", "account-for-receivable"),
    ("assets:shortfall:{custodian}", "account-for-shortfall"),
    ("assets:due-from:{book}", "account-for-due-from"),
    ("assets:vat", "account-for-vat-receivable"),
    ("assets:disputes:{campaign}", "account-for-disputes"),
    ("liabilities:fund:{campaign}", "account-for-fund"),
    ("liabilities:recoveries:{campaign}", "account-for-recoveries"),
    ("liabilities:purse:{challenge}", "account-for-purse"),
    ("liabilities:pool:{round}", "account-for-pool"),
    ("liabilities:entry-fees:{challenge}", "account-for-entry-fees"),
    ("liabilities:payable:team:{team}", "account-for-team-payable"),
    ("liabilities:payable:prize:{team}", "account-for-prize-payable"),
    ("liabilities:payable:member:{member}", "account-for-member-payable"),
    ("liabilities:payable:lender:{lender}", "account-for-lender-payable"),
    ("liabilities:costs:{supplier}", "account-for-costs-payable"),
    ("liabilities:vat", "account-for-vat-payable"),
    ("liabilities:loan:{lender}", "account-for-loan"),
    ("liabilities:due-to:{book}", "account-for-due-to"),
    ("liabilities:fees:{payee}", "account-for-fees"),
    ("liabilities:suspense:{custodian}", "account-for-suspense"),
    ("liabilities:exchange-differences:{custodian}", "account-for-exchange-owed"),
    ("liabilities:payouts:{custodian}", "account-for-payouts-in-transit"),
    ("liabilities:refunds:{custodian}", "account-for-refunds-in-transit"),
    ("equity:capital:member:{member}", "account-for-member-capital"),
    ("equity:risk-reserve", "account-for-risk-reserve"),
    ("equity:reserve", "account-for-reserve"),
    ("equity:development", "account-for-development"),
    ("equity:fund:{name}", "account-for-own-fund"),
    ("equity:opening", "account-for-opening"),
    ("equity:surplus", "account-for-surplus"),
    ("equity:operating:{challenge}", "account-for-operating"),
    ("equity:commitments:{campaign}:room", "account-for-commitment-room"),
    ("equity:commitments:{campaign}:beyond", "account-for-commitment-beyond"),
    ("equity:commitments:{campaign}:pledged", "account-for-commitment-pledged"),
    ("equity:places:{campaign}:{tier}:room", "account-for-tier-room"),
    ("equity:places:{campaign}:{tier}:taken", "account-for-tier-taken"),
    ("income:sales:{label}", "account-for-sales"),
    ("income:fees", "account-for-fee-income"),
    ("income:interest", "account-for-bank-paid"),
    ("income:exchange-differences", "account-for-refund-gain"),
    ("income:exchange-gain:{unit}", "account-for-exchange-gain"),
    ("expenses:cost:{label}", "account-for-cost"),
    ("expenses:loss-brought-forward", "account-for-loss-before"),
    ("expenses:bank-charges", "account-for-bank-charges"),
    ("expenses:exchange-differences", "account-for-refund-loss"),
    ("expenses:exchange-loss:{unit}", "account-for-exchange-loss"),
];

/// What an account of the chart is for; none for those that are free to people.
pub(super) fn purpose(code: &str) -> Option<Said> {
    let row = chart::row_of(code)?;
    PURPOSES.iter().find(|(code, _)| *code == row.code).map(|(_, text)| say(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_called_as_programs_call_it_and_means_what_the_table_of_ways_says() {
        for kind in MovementKind::ALL {
            let words = name(*kind).to_string();
            assert_eq!(words.to_lowercase(), kind.as_str().replace('_', " "));
            assert!(words.starts_with(char::is_uppercase), "{words}");
            assert_eq!(meaning(*kind).to_string(), kind.sentence());
        }
    }

    #[test]
    fn every_account_of_the_chart_is_for_what_the_chart_says() {
        for row in chart::ROWS {
            let text = PURPOSES.iter().find(|(code, _)| *code == row.code).map(|(_, text)| say(text).to_string());
            assert_eq!(text.as_deref(), Some(row.purpose), "{}", row.code);
        }
        assert_eq!(PURPOSES.len(), chart::ROWS.len());
        assert!(purpose("assets:bank").is_none());
    }
}
