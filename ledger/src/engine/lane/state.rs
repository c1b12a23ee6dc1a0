//! What a lane remembers of its book between batches.

use crate::book::{AccountNumber, Batch, State};
use crate::engine::store::accounts::Account;
use crate::engine::store::journal::{Head, Moved};
use jiff::civil::Date;
use rustc_hash::FxHashMap;

/// The cached state of a book, right as of its version.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) state: State,
    /// Whether it has ever been read.
    pub(super) known: bool,
}

impl Cache {
    pub(super) fn new() -> Cache {
        let state = State { version: 0, next_number: 1, closed_through: Date::MIN, accounts: FxHashMap::default() };
        Cache { state, known: false }
    }

    /// Forgets the accounts when there are too many of them.
    pub(super) fn bound(&mut self, max: usize) {
        if self.state.accounts.len() > max {
            self.state.accounts.clear();
        }
    }

    /// The accounts that are not in memory.
    pub(super) fn missing(&self, numbers: impl Iterator<Item = AccountNumber>) -> Vec<AccountNumber> {
        let mut missing: Vec<AccountNumber> =
            numbers.filter(|number| !self.state.accounts.contains_key(number)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Adds accounts that were read under the head's lock.
    pub(super) fn learn(&mut self, accounts: Vec<Account>) {
        for account in accounts {
            self.state.accounts.insert(account.number, account.into_state());
        }
    }

    /// Brings the state to the head that is locked now, with what others have posted since.
    pub(super) fn catch_up(&mut self, head: &Head, moved: &[Moved]) {
        for transfer in moved {
            if let Some(debit) = self.state.accounts.get_mut(&transfer.debit) {
                debit.debits += transfer.amount;
            }
            if let Some(credit) = self.state.accounts.get_mut(&transfer.credit) {
                credit.credits += transfer.amount;
            }
        }
        self.state.version = head.version;
        self.state.next_number = head.next_number;
        self.state.closed_through = head.closed_through;
        self.known = true;
    }

    /// The batch is in the journal.
    pub(super) fn written(&mut self, batch: &Batch) {
        self.state.version += 1;
        debug_assert!(batch.balances.keys().all(|number| self.state.accounts.contains_key(number)));
    }
}
