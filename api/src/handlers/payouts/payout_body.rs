//! What a payout looks like on the wire.

use crate::wire::{BalanceBody, MoneyBody};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{BankAccountId, ClaimId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use ledger::payouts::rules::bank_account::BankAccount;
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::rules::payout::{Payout, PayoutState};
use ledger::payouts::store::bank_accounts;
use serde::Serialize;
use utoipa::ToSchema;

/// Where a payout goes, as far as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutAccount {
    #[schema(value_type = String)]
    id: BankAccountId,
    /// Where the bank is, of ISO 3166-1.
    country: String,
    last_four: String,
    /// Since when payouts go to it, by the book's clock.
    active_at: Option<Timestamp>,
}

/// A release that a payout pays.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutRelease {
    #[schema(value_type = String)]
    claim: ClaimId,
    number: i32,
}

/// A payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub struct PayoutBody {
    #[schema(value_type = String)]
    pub(super) id: PayoutId,
    /// The organisation or the person who is paid.
    #[schema(value_type = String)]
    payee: Payee,
    /// `team`, `prize`, `member` or `lender`.
    source: String,
    /// The run by which it was asked for; null when it was asked for alone.
    #[schema(value_type = Option<String>)]
    run: Option<PayoutRunId>,
    /// The organisation from whose cash it is paid.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The short name of the cooperative's cash from which it is paid; null for the cash that is called after the custodian.
    cash: Option<String>,
    /// The release that it pays; null when it names none.
    release: Option<PayoutRelease>,
    amount: MoneyBody,
    /// What the bank kept of it: the payee has borne it.
    fee: BalanceBody,
    /// What came back.
    returned: BalanceBody,
    /// The end-to-end id by which a bank knows it: order it with this, and its line is matched.
    reference: String,
    memo: String,
    /// `requested`, `approved`, `screened`, `sent`, `settled`; `held`: screening has a hit, and an operator decides; `failed`: it was
    /// not accepted, `returned`: it came back, in both cases what is owed is owed again; `cancelled`: it was given up unsent.
    state: String,
    /// What it waits for: `bank_account`, `approval`, `screening`, `operator`, `sending` or `bank`; null when it is over.
    waits_for: Option<String>,
    /// When it is cancelled while nobody sends it, by the book's clock; null once it was sent.
    until: Option<Timestamp>,
    /// Why it is held, failed or cancelled; empty otherwise.
    reason: String,
    /// Where it goes, or would go by now; null while the payee has no bank account in the currency.
    bank_account: Option<PayoutAccount>,
    /// What an approval restates: SHA-256 of payee, amount and bank account; null while there is no account.
    digest: Option<String>,
    /// What screening said: `none` when this installation has none, `clear`, `hit`, or `released` by an operator; null before.
    screening: Option<String>,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// By the book's clock.
    requested_at: Timestamp,
    /// Null before, and after the approval fell because the bank account has changed.
    #[schema(value_type = Option<String>)]
    approved_by: Option<PersonId>,
    #[schema(value_type = Option<String>)]
    sent_by: Option<PersonId>,
    #[schema(value_type = Option<String>, format = "date")]
    sent_on: Option<Date>,
    /// The first day on which it counts as late while no line of a statement has it.
    #[schema(value_type = Option<String>, format = "date")]
    late_from: Option<Date>,
    /// The value day of the line by which it settled.
    #[schema(value_type = Option<String>, format = "date")]
    settled_on: Option<Date>,
    /// Record number of the entry by which it was sent.
    sent_entry: Option<i64>,
    /// Record number of the last entry that settled, failed or returned it.
    end_entry: Option<i64>,
}

impl PayoutBody {
    pub(super) fn new(it: Payout, account: Option<BankAccount>) -> PayoutBody {
        let currency = it.amount.currency();
        let waits_for = match it.state.word() {
            PayoutState::Requested if account.is_none() => Some("bank_account"),
            PayoutState::Requested => Some("approval"),
            PayoutState::Approved => Some("screening"),
            PayoutState::Held => Some("operator"),
            PayoutState::Screened => Some("sending"),
            PayoutState::Sent => Some("bank"),
            PayoutState::Settled | PayoutState::Failed | PayoutState::Returned | PayoutState::Cancelled => None,
        };
        PayoutBody {
            digest: account.as_ref().map(|account| it.digest(account).to_string()),
            bank_account: account.map(|account| PayoutAccount {
                id: account.id,
                country: account.country,
                last_four: account.last_four,
                active_at: account.active_at,
            }),
            id: it.id,
            payee: it.payee,
            source: it.source.to_string(),
            run: it.run,
            custodian: it.custodian,
            cash: Some(it.cash).filter(|cash| !cash.is_empty()),
            release: it.release.map(|(claim, number)| PayoutRelease { claim, number }),
            amount: it.amount.into(),
            fee: BalanceBody::new(it.fee, currency),
            returned: BalanceBody::new(it.returned, currency),
            reference: it.reference,
            memo: it.memo,
            waits_for: waits_for.map(str::to_owned),
            until: it.state.until(),
            reason: it.state.reason().to_owned(),
            state: it.state.word().to_string(),
            screening: it.screening.map(|answer| answer.to_string()),
            requested_by: it.requested_by,
            requested_at: it.requested_at,
            approved_by: it.approval.map(|approval| approval.by),
            sent_by: it.sending.map(|sending| sending.by),
            sent_on: it.sending.map(|sending| sending.on),
            late_from: it.sending.map(|sending| sending.late_from),
            settled_on: it.settled_on,
            sent_entry: it.sending.map(|sending| sending.entry),
            end_entry: Some(it.end_entry).filter(|entry| *entry > 0),
        }
    }
}

/// The account that a payout goes to, or would go to by now.
pub(crate) async fn account_of(client: &impl GenericClient, it: &Payout) -> Result<Option<BankAccount>, Error> {
    match it.approval {
        Some(approval) => bank_accounts::get(client, approval.account).await.map(Some),
        None => bank_accounts::active(client, it.id.book, it.payee, it.amount.currency()).await,
    }
}

/// A payout with the account that it goes to, or would go to by now.
pub(super) async fn body(client: &impl GenericClient, it: Payout) -> Result<PayoutBody, Error> {
    let account = account_of(client, &it).await?;
    Ok(PayoutBody::new(it, account))
}
