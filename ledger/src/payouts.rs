//! Payouts: where the payees of a book are paid, what is paid to them, and the bank's word that it was.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod bank_account;
    pub mod bank_details;
    pub mod bank_line;
    pub mod document;
    pub mod owed;
    pub mod payee;
    pub mod payout;
    #[cfg(test)]
    mod payout_tests;
    pub mod run;
    pub mod sandbox_bank;
}

/// SQL, and nothing else.
pub mod store {
    pub mod bank_accounts;
    pub mod bank_lines;
    pub mod documents;
    pub mod payables;
    pub mod payees;
    pub mod payouts;
    pub mod runs;
}

/// Lock, decide, save.
pub mod operations {
    pub mod bank_account_notices;
    pub mod bank_accounts;
    pub mod bank_lines;
    pub mod documents;
    mod locked;
    pub mod payables;
    pub mod payees;
    pub mod payout_notices;
    pub mod payouts;
    pub mod requests;
    pub mod revocations;
    pub mod runs;
    pub mod sandbox_bank;
}
