//! Jobs of payouts: what falls due of bank accounts, and mail to whoever keeps a payee.

use super::Context;
use super::mailing::{Occasion, written};
use crate::failure::Failure;
use crate::mail::payouts::{BankAccount, Standing};
use ledger::engine::store::books;
use ledger::id::BankAccountId;
use ledger::payouts::operations::{bank_account_notices, bank_accounts};
use ledger::payouts::rules::bank_account::State;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Rejects a bank account that nobody confirmed, makes one active that has waited.
    pub(super) async fn advance_bank_account(&self, leased: &Leased, id: BankAccountId) -> Result<(), Failure> {
        let account = self.settle_with(leased, async |tx, wall| bank_accounts::advance(tx, id, wall).await).await?;
        tracing::info!(job = %leased.id, account = %id, "bank account {id} is {}", account.state.word());
        Ok(())
    }

    /// Tells whoever keeps a payee how a bank account stands, once for each state.
    pub(super) async fn send_bank_account_notice(&self, leased: &Leased, id: BankAccountId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let notice = bank_account_notices::notice(&client, id).await?;
        drop(client);
        let account = notice.account;
        let word = account.state.word().to_string();
        let standing = match account.state {
            State::Proposed { until } => Standing::Proposed { until: written(book.day_of(until)) },
            State::Waiting { until } => Standing::Waiting { until: written(book.day_of(until)) },
            State::Active => Standing::Active,
            State::Rejected { reason } => Standing::Rejected { reason },
            // Another one is active, of which they are told.
            State::Replaced => return self.settle(leased).await,
        };
        let mail = BankAccount {
            payee: notice.payee,
            host: notice.host,
            last_four: account.last_four,
            country: account.country,
            currency: account.currency.code().to_owned(),
            account: id.to_string(),
            word: word.clone(),
            standing,
        };
        let occasion = Occasion::new("bank_account", &format!("{id}.{word}"));
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }
}
