//! Cooperatives: members, what they contribute, proceeds, and how they are shared.
//! Stands on: engine, service, parties, books, reports.

/// Pure rules.
pub mod rules {
    pub mod advance;
    pub mod allocation_rule;
    pub mod consent;
    pub mod contribution;
    pub mod cooperative;
    pub mod dissolution;
    pub mod distribution;
    pub mod inputs;
    pub mod joining_contribution;
    pub mod loan;
    pub mod loss;
    pub mod member_index;
    pub mod minima;
    pub mod opening;
    pub mod outline;
    pub mod plan;
    pub mod proceeds;
    pub mod redemption;
    pub mod result;
    pub mod series;
    pub mod statement;
    pub mod tax_year;
    pub mod undone;
    pub mod valuation;
    pub mod vat_declaration;
    pub mod waterfall;
}

/// SQL, and nothing else.
pub mod store {
    pub mod advances;
    pub mod allocation_rules;
    pub mod consents;
    pub mod cooperatives;
    pub mod distributions;
    pub mod hours;
    pub mod joining_contributions;
    pub mod loans;
    pub mod member_indices;
    pub mod members;
    pub mod openings;
    pub mod proceeds;
    pub mod redemption_parts;
    pub mod redemptions;
    pub mod results;
    pub mod series;
    pub mod statements;
    pub mod tax_years;
    pub mod undone;
    pub mod unpaid;
    pub mod vat_declarations;
}

/// Lock, decide, save.
pub mod operations {
    pub mod advances;
    pub mod allocation_rules;
    pub(crate) mod capital;
    pub mod consents;
    pub mod dissolution;
    pub mod distributions;
    mod inputs;
    pub mod joining_contributions;
    pub mod loan_interest;
    pub mod loans;
    mod losses;
    pub mod member_indices;
    pub mod members;
    mod mirroring;
    pub mod openings;
    pub mod previews;
    pub mod proceeds;
    pub mod redemptions;
    mod result_accounts;
    pub mod results;
    pub(crate) mod series;
    pub mod statements;
    pub mod tellings;
    pub mod vat_declarations;
}
