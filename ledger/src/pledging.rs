//! Pledging: campaigns, what donors promise to them, and the charges that collect it.
//! Stands on: engine, service, parties, books, reports, treasury.

/// Pure rules.
pub mod rules {
    pub mod campaign;
    pub mod charge;
    pub mod chargeback;
    #[cfg(test)]
    mod chargeback_tests;
    pub mod commitment;
    pub mod comparison;
    pub mod comparison_list;
    #[cfg(test)]
    mod comparison_tests;
    pub mod conversion;
    pub mod creditor_reference;
    pub mod custodian_hold;
    pub mod donor;
    pub mod donor_link;
    pub mod fee;
    pub mod kind;
    pub mod lineage;
    pub mod plan_change;
    pub mod plan_move;
    pub mod pledge;
    pub mod pledge_import;
    #[cfg(test)]
    mod pledge_tests;
    pub mod polled;
    pub mod promise;
    pub mod receipt;
    pub mod refund;
    pub mod returnable;
    pub mod sandbox_token;
    pub mod settlement_day;
    pub mod stripe;
    pub mod suspense;
    pub mod terms;
    pub mod tier;
    pub mod transfer;
    pub mod transfer_reference;
    pub mod tries;
    pub mod withdrawal;
    pub mod yearly_receipt;
}

/// SQL, and nothing else.
pub mod store {
    pub mod attempts;
    pub mod campaign_months;
    pub mod campaigns;
    pub mod chargebacks;
    pub mod charges;
    pub mod commitments;
    pub mod comparisons;
    pub mod custodian_holds;
    pub mod donor_links;
    pub mod donors;
    pub mod endings;
    pub mod fees;
    pub mod fund_returns;
    pub mod gifts;
    pub mod issued_receipts;
    pub mod lineage;
    pub mod plan_changes;
    pub mod plan_moves;
    pub mod pledges;
    pub mod polls;
    pub mod receipts;
    pub mod reconciliations;
    pub mod recoveries;
    pub mod refunds;
    pub mod returnables;
    pub mod settlement_days;
    pub mod suspense;
    pub mod terms;
    pub mod tiers;
    pub mod transfers;
    pub mod tries;
    pub mod webhooks;
    pub mod withdrawals;
    pub mod yearly_receipts;
}

/// Lock, decide, save.
pub mod operations {
    pub mod beginnings;
    pub mod campaigns;
    pub mod captures;
    pub mod chargeback_notices;
    pub mod chargebacks;
    pub mod charges;
    pub mod commitments;
    pub mod comparisons;
    pub mod custodian_holds;
    pub mod donor_links;
    pub mod endings;
    pub mod erasure;
    pub mod fees;
    pub mod free;
    mod held;
    mod idle;
    pub mod lineage;
    mod losses;
    /// Plans that move to another partner or rail.
    pub mod moving {
        pub mod asking;
        pub mod steps;
        pub mod telling;
    }
    pub mod plan;
    pub mod plan_changes;
    pub mod pledge_batches;
    pub mod pledge_changes;
    mod pledge_notices;
    pub mod pledges;
    pub mod polls;
    pub mod present;
    pub mod provider_reports;
    pub mod raises;
    pub mod receipts;
    pub mod reconciliations;
    pub mod recoveries;
    pub mod refund_outcomes;
    pub mod refunds;
    pub mod reports;
    pub mod return_times;
    pub mod returnables;
    pub mod returns;
    pub mod sent_by_line;
    pub mod settlement_days;
    pub mod suspense;
    pub mod terms;
    pub mod tiers;
    mod transfer_captures;
    pub mod transfers;
    mod trial;
    pub mod tries;
    pub mod unexplained;
    pub mod verdicts;
    pub mod withdrawals;
    pub mod yearly_receipts;
}
