//! Jobs of payouts: what falls due of bank accounts, runs, and mail to whoever keeps a payee.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::payouts::{AccountWanted, BankAccount, BankAccountLink, Payout, Standing};
use crate::screening::{Answer, Question};
use crate::texts::Value;
use ledger::book::AccountNumber;
use ledger::engine::store::{books, checks};
use ledger::id::{BankAccountId, PayoutId, PayoutRunId, StatementFileId};
use ledger::payouts::operations::{
    bank_account_notices, bank_accounts, payout_notices, payouts, runs, sandbox_bank, statement_files,
};
use ledger::payouts::rules::bank_account::State;
use ledger::payouts::rules::payout::{PayoutState, Screening};
use ledger::payouts::rules::statement_file::FileState;
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;
use std::time::{Duration, Instant};

/// How many pages of a statement file one job lets in.
const PAGES: usize = 20;

/// How long one job takes for that, when pages take long: well within its lease.
const PAGES_TAKE: Duration = Duration::from_secs(10);

/// How much of what a payout pays its mail names, the oldest first.
const PAYS_MAX: usize = 50;

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
        let is_person = account.payee.organisation().is_none();
        let word = account.state.word().to_string();
        let standing = match account.state {
            State::Proposed { until } => Standing::Proposed { until: book.day_of(until).into() },
            State::Waiting { until } => Standing::Waiting { until: book.day_of(until).into() },
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
            is_person,
            standing,
        };
        let occasion = Occasion::new("bank_account", &format!("{id}.{word}"));
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Mails a person the link by which a bank account of theirs is confirmed, unless it waits for that no more.
    pub(super) async fn send_bank_account_link(
        &self,
        leased: &Leased,
        id: BankAccountId,
        token: &str,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let notice = bank_account_notices::notice(&client, id).await?;
        drop(client);
        if let State::Proposed { until } = notice.account.state {
            let mail = BankAccountLink {
                host: notice.host,
                last_four: notice.account.last_four,
                country: notice.account.country,
                currency: notice.account.currency.code().to_owned(),
                link: self.link(&format!("bank-accounts/{id}/{token}")).into(),
                until: book.day_of(until).into(),
            };
            self.send_all(leased, Occasion::new("bank_account_link", &id), &notice.recipients, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Tells a payee that a payout waits for a bank account, once for each currency, unless it has given one meanwhile.
    pub(super) async fn ask_for_bank_account(&self, leased: &Leased, id: PayoutId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let wanted = payout_notices::account_wanted(&client, id).await?;
        drop(client);
        if let Some(notice) = wanted {
            let payout = notice.payout;
            let currency = payout.amount.currency();
            let mail = AccountWanted {
                payee: notice.payee,
                host: notice.host,
                amount: payout.amount.into(),
                currency: currency.code().to_owned(),
                is_person: payout.payee.organisation().is_none(),
                memo: payout.memo,
                payout: id.to_string(),
            };
            let about = format!("{}.{}.{currency}", leased.id.book, payout.payee);
            self.send_all(leased, Occasion::new("account_wanted", &about), &notice.recipients, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Asks for the payouts of a page of a run, all of them or none.
    pub(super) async fn gather_payouts(
        &self,
        leased: &Leased,
        id: PayoutRunId,
        after: AccountNumber,
    ) -> Result<(), Failure> {
        let run = self.settle_with(leased, async |tx, wall| runs::gather(tx, id, after, wall).await).await?;
        tracing::info!(job = %leased.id, run = %id, "payout run {id} is {} and has {} payouts", run.state, run.payouts);
        Ok(())
    }

    /// Has a page of a run's payouts screened that were approved, or cancels a page of one that was given up.
    pub(super) async fn advance_payout_run(
        &self,
        leased: &Leased,
        id: PayoutRunId,
        after: Option<PayoutId>,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| runs::advance(tx, id, after, wall).await).await
    }

    /// Cancels a payout that nobody sent in time.
    pub(super) async fn advance_payout(&self, leased: &Leased, id: PayoutId) -> Result<(), Failure> {
        let payout = self.settle_with(leased, async |tx, wall| payouts::advance(tx, id, wall).await).await?;
        tracing::info!(job = %leased.id, payout = %id, "payout {id} is {}", payout.state.word());
        Ok(())
    }

    /// Asks whoever screens payees about a payout, outside of any transaction; one whose approval fell meanwhile is asked about
    /// when it is approved again.
    pub(super) async fn screen_payout(&self, leased: &Leased, id: PayoutId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = payout_notices::notice(&client, id).await?;
        drop(client);
        let (Some(account), PayoutState::Approved) = (notice.account, notice.payout.state.word()) else {
            return self.settle(leased).await;
        };
        let amount = notice.payout.amount;
        let question = Question {
            payout: id.to_string(),
            payee: notice.payout.payee.to_string(),
            name: notice.payee,
            bank_country: account.country,
            amount: amount.currency().format(amount.minor()),
            currency: amount.currency().code().to_owned(),
        };
        let (answer, reason) = match &self.screening {
            None => (Screening::None, String::new()),
            Some(screening) => match screening.ask(&question).await? {
                Answer::Clear => (Screening::Clear, String::new()),
                Answer::Hit { reason } => (Screening::Hit, reason),
            },
        };
        let approved = notice.payout.approval;
        let screen = async |tx: &deadpool_postgres::Transaction<'_>, wall| {
            payouts::screened(tx, id, approved, (answer, &reason), wall).await
        };
        let payout = self.settle_with(leased, screen).await?;
        tracing::info!(job = %leased.id, payout = %id, "payout {id} is {}", payout.state.word());
        Ok(())
    }

    /// Hands a payout to the bank of a sandbox book.
    pub(super) async fn send_payout(&self, leased: &Leased, id: PayoutId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| sandbox_bank::hand_over(tx, id, wall).await).await
    }

    /// The bank of a sandbox book tells of a payout.
    pub(super) async fn answer_payout(&self, leased: &Leased, id: PayoutId, comes_back: bool) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| sandbox_bank::answer(tx, id, comes_back, wall).await).await
    }

    /// Lets lines of a statement file in, each page in a transaction of its own; what is left is another job. A job that dies between two
    /// pages goes on where it was.
    pub(super) async fn import_statement_file(&self, leased: &Leased, id: StatementFileId) -> Result<(), Failure> {
        let began = Instant::now();
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, id.book).await?;
        for _ in 1..PAGES {
            let tx = client.transaction().await?;
            let file = statement_files::import_page(&tx, id, ledger::calendar::now()).await?;
            tx.commit().await?;
            if file.state != FileState::Received || began.elapsed() > PAGES_TAKE {
                break;
            }
        }
        drop(client);
        let import =
            async |tx: &deadpool_postgres::Transaction<'_>, wall| statement_files::import_last_page(tx, id, wall).await;
        let file = self.settle_with(leased, import).await?;
        let (state, done) = (file.state, file.taken + file.known);
        tracing::info!(job = %leased.id, file = %id, "of statement file {id}, {state}, {done} of {} lines are in", file.lines);
        Ok(())
    }

    /// Tells whoever keeps a payee that a payout was sent, left the bank, failed or came back, once for each.
    pub(super) async fn send_payout_notice(&self, leased: &Leased, id: PayoutId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let notice = payout_notices::notice(&client, id).await?;
        drop(client);
        let payout = notice.payout;
        let day = payout.settled_on.or(payout.sending.map(|sending| sending.on));
        let (Some(account), Some(day)) = (notice.account, day) else { return self.settle(leased).await };
        let currency = payout.amount.currency();
        let word = payout.state.word();
        let money = |minor: i64| Value::sum(minor, currency);
        let mail = Payout {
            payee: notice.payee,
            host: notice.host,
            amount: payout.amount.into(),
            fee: money(payout.fee),
            arrives: money(payout.amount.minor() - payout.fee),
            last_four: account.last_four,
            reference: payout.reference.clone(),
            memo: payout.memo.clone(),
            pays: notice.pays.into_iter().take(PAYS_MAX).map(|(name, amount)| (name, amount.into())).collect(),
            day: day.into(),
            reason: payout.state.reason().to_owned(),
            payout: id.to_string(),
            word,
        };
        // What failed or came back waits for whoever is paid.
        let group = matches!(word, PayoutState::Sent | PayoutState::Settled).then_some(MailGroup::Money);
        let occasion = Occasion::new("payout", &format!("{id}.{word}")).of_group(group);
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }
}
