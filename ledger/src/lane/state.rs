//! What a lane remembers of its book between batches, and how a batch that was not written is taken back.

use crate::book::{AccountNumber, AccountState, Batch, State};
use crate::store::accounts::Account;
use crate::store::journal::{Head, Moved};
use jiff::civil::Date;
use std::collections::HashMap;

/// The cached state of a book, right as of its version.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) state: State,
    /// Whether it has ever been read.
    pub(super) known: bool,
}

/// What a fold has changed, to take it back when nothing was written.
#[derive(Debug)]
pub(super) struct Undo {
    next_number: i64,
    accounts: Vec<(AccountNumber, AccountState)>,
}

impl Cache {
    pub(super) fn new() -> Cache {
        let state = State { version: 0, next_number: 1, closed_through: Date::MIN, accounts: HashMap::new() };
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
            let number = account.number;
            let state = AccountState {
                class: account.class,
                unit: account.unit.into(),
                floor: account.floor,
                closed: account.closed,
                debits: account.debits,
                credits: account.credits,
                held: account.held,
            };
            self.state.accounts.insert(number, state);
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

    /// What to remember before a fold of these accounts.
    pub(super) fn undo(&self, numbers: impl Iterator<Item = AccountNumber>) -> Undo {
        let mut accounts: HashMap<AccountNumber, AccountState> = HashMap::new();
        for number in numbers {
            if let Some(account) = self.state.accounts.get(&number) {
                accounts.entry(number).or_insert_with(|| account.clone());
            }
        }
        Undo { next_number: self.state.next_number, accounts: accounts.into_iter().collect() }
    }

    /// Takes a fold back whose batch was not written.
    pub(super) fn take_back(&mut self, undo: Undo) {
        self.state.next_number = undo.next_number;
        self.state.accounts.extend(undo.accounts);
    }

    /// The batch is in the journal.
    pub(super) fn written(&mut self, batch: &Batch) {
        self.state.version += 1;
        debug_assert!(batch.balances.keys().all(|number| self.state.accounts.contains_key(number)));
    }
}
