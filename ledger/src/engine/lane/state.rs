//! What a lane remembers of its book between batches.

use crate::book::{AccountNumber, Batch, State, Sums};
use crate::engine::store::accounts::Account;
use crate::engine::store::journal::{Head, Moved};
use jiff::Timestamp;
use jiff::civil::Date;
use rustc_hash::FxHashMap;

/// The cached state of a book, right as of its version.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) state: State,
    /// When the last record was recorded.
    pub(super) recorded_at: Timestamp,
    /// Whether it has ever been read.
    pub(super) known: bool,
}

impl Cache {
    pub(super) fn new() -> Cache {
        let state = State { version: 0, next_number: 1, closed_through: Date::MIN, accounts: FxHashMap::default() };
        Cache { state, recorded_at: Timestamp::UNIX_EPOCH, known: false }
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
            let (pos, amount) = (transfer.pos, transfer.amount);
            self.bring_forward(transfer.debit, |sums| sums.debited(pos, amount));
            self.bring_forward(transfer.credit, |sums| sums.credited(pos, amount));
        }
        self.state.version = head.version;
        self.state.next_number = head.next_number;
        self.state.closed_through = head.closed_through;
        self.recorded_at = head.recorded_at;
        self.known = true;
    }

    /// A line of an account that somebody else has posted. What cannot be, is not known: it will be read.
    fn bring_forward(&mut self, number: AccountNumber, line: impl Fn(Sums) -> Option<Sums>) {
        let Some(account) = self.state.accounts.get_mut(&number) else { return };
        match line(account.sums) {
            Some(sums) => account.sums = sums,
            None => drop(self.state.accounts.remove(&number)),
        }
    }

    /// The batch is in the journal.
    pub(super) fn written(&mut self, batch: &Batch, recorded_at: Timestamp) {
        self.state.version += 1;
        self.recorded_at = recorded_at;
        debug_assert!(batch.touched.iter().all(|touched| self.state.accounts.contains_key(&touched.number)));
    }
}
