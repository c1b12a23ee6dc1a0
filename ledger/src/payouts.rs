//! Payouts: where the payees of a book are paid, what is paid to them, and the bank's word that it was.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod bank_account;
    pub mod bank_details;
}

/// SQL, and nothing else.
pub mod store {
    pub mod bank_accounts;
}

/// Lock, decide, save.
pub mod operations {
    pub mod bank_account_notices;
    pub mod bank_accounts;
}
