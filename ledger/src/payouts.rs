//! Payouts: where the payees of a book are paid, what is paid to them, and the bank's word that it was.
//! Stands on: engine, service, parties, books, reports, treasury, pledging, milestones, challenges, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod bank_account;
    pub mod bank_details;
    pub mod bank_difference;
    pub mod bank_line;
    pub mod owed;
    pub mod payee;
    pub mod payout;
    pub mod payout_file;
    #[cfg(test)]
    mod payout_tests;
    pub mod reconciliation;
    pub mod run;
    pub mod sandbox_bank;
    pub mod statement_file;
}

/// What banks are handed, and what they write, as texts: pure.
pub mod files {
    #[cfg(test)]
    mod answers_tests;
    pub mod batch;
    pub mod camt053;
    pub mod camt053_out;
    #[cfg(test)]
    mod camt053_tests;
    pub mod csv_out;
    pub mod csv_statement;
    #[cfg(test)]
    mod csv_statement_tests;
    mod elements;
    pub mod latin;
    mod lines;
    pub mod nacha;
    pub mod pain001;
    pub mod pain002;
    pub mod pain002_out;
    pub mod parts;
    #[cfg(test)]
    mod tests;
    pub mod xml;
}

/// SQL, and nothing else.
pub mod store {
    pub mod bank_accounts;
    pub mod bank_differences;
    pub mod bank_lines;
    pub mod custodian_check;
    pub mod documents;
    pub mod payables;
    pub mod payees;
    pub mod payout_files;
    pub mod payouts;
    pub mod reconciliation;
    pub mod runs;
    pub mod sandbox_bank;
    pub mod statement_files;
}

/// Lock, decide, save.
pub mod operations {
    pub mod bank_account_notices;
    pub mod bank_accounts;
    pub mod bank_differences;
    pub mod bank_line_booking;
    pub mod bank_lines;
    mod came_back;
    pub mod closing;
    pub mod custodian_check;
    pub mod documents;
    mod locked;
    pub mod payables;
    pub mod payees;
    pub mod payout_approvals;
    pub mod payout_file_pages;
    pub mod payout_files;
    pub mod payout_notices;
    pub mod payout_statuses;
    pub mod payouts;
    pub mod requests;
    pub mod revocations;
    pub mod run_files;
    pub mod runs;
    pub mod sandbox_answers;
    pub mod sandbox_bank;
    pub mod settled_by_line;
    pub mod statement_files;
}
