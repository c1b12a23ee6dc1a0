//! Payouts: where the payees of a book are paid, what is paid to them, and the bank's word that it was.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod bank_account;
    pub mod bank_details;
    pub mod bank_line;
    pub mod creditor_reference;
    pub mod payout;
    #[cfg(test)]
    mod payout_tests;
    pub mod sandbox_bank;
    pub mod statement_file;
}

/// Files of banks, as texts.
pub mod files {
    pub mod camt053;
    #[cfg(test)]
    mod camt053_tests;
    pub mod csv_statement;
    #[cfg(test)]
    mod csv_statement_tests;
    mod lines;
    pub mod parts;
    pub mod xml;
}

/// SQL, and nothing else.
pub mod store {
    pub mod bank_accounts;
    pub mod bank_lines;
    pub mod custodian_check;
    pub mod payouts;
    pub mod statement_files;
}

/// Lock, decide, save.
pub mod operations {
    pub mod bank_account_notices;
    pub mod bank_accounts;
    pub mod bank_line_booking;
    pub mod bank_lines;
    pub mod custodian_check;
    mod locked;
    pub mod payout_notices;
    pub mod payouts;
    pub mod sandbox_bank;
    pub mod statement_files;
}
