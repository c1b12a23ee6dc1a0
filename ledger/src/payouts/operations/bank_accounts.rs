//! Bank accounts of payees: given by one person of the payee, confirmed by another, active after a wait. A person confirms their own
//! by the link of a mail.
//!
//! What an account is comes in sealed; nothing here could read it.

use super::locked;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BankAccountId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::bank_account::{BankAccount, Passed, State, link_invalid};
use crate::payouts::rules::payee::Payee;
use crate::payouts::store::bank_accounts::{self as store, Sealed};
use crate::payouts::store::{payees, payouts};
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// An account that is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBankAccount {
    /// Its id, to which what it is was sealed.
    pub id: BankAccountId,
    /// Who is paid.
    pub payee: Payee,
    /// Of which payouts go to it.
    pub currency: Currency,
    /// Where the bank is, of ISO 3166-1.
    pub country: String,
    /// The last four characters of its number.
    pub last_four: String,
    /// What it is.
    pub sealed: Sealed,
}

/// Gives the account to which payouts of a payee go: the first one of a currency at once, another one when it was confirmed and has
/// waited. Whoever keeps the payee is told; a person is mailed the link with `secret` by which a changed one is confirmed.
///
/// # Errors
///
/// `bank-account-pending`; [`Error::NotFound`] for an unknown book, and for a person to whom it can owe nothing.
pub async fn propose(
    tx: &Transaction<'_>,
    new: NewBankAccount,
    secret: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<BankAccount, Error> {
    let book = books::get(tx, new.id.book).await?;
    let now = book.now(wall);
    let is_person = new.payee.organisation().is_none();
    if is_person && !payees::is_of_book(tx, book.id, by).await? {
        return Err(Error::NotFound("book"));
    }
    let stands = store::active(tx, book.id, new.payee, new.currency).await?;
    let state = BankAccount::begin(stands.is_none(), now);
    let account = BankAccount {
        id: new.id,
        payee: new.payee,
        currency: new.currency,
        country: new.country,
        last_four: new.last_four,
        active_at: (state == State::Active).then_some(now),
        state,
        proposed_by: by,
        proposed_at: now,
        confirmed: None,
        link: (is_person && stands.is_some()).then(|| Digest::of(secret.as_bytes())),
        version: 1,
    };
    store::insert(tx, &account, &new.sealed).await?;
    if account.link.is_some() {
        let job = Job::SendBankAccountLink { account: account.id, token: secret.to_owned() };
        let dedupe = account.id.to_string();
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe, job }).await?;
    }
    written(tx, &book, &account, "given", Change { version: None, actor: Actor::Person(by), reason: "" }, now).await?;
    Ok(account)
}

/// A second person of the payee confirms an account. After three days it is active.
///
/// # Errors
///
/// `bank-account-not-proposed`, `same-person`, `confirmed-by-link`; [`Error::NotFound`] for an unknown account.
pub async fn confirm(
    tx: &Transaction<'_>,
    id: BankAccountId,
    by: PersonId,
    wall: Timestamp,
) -> Result<BankAccount, Error> {
    let (book, account) = lock_present(tx, id, wall).await?;
    let confirmed = account.confirm(by, book.now(wall))?;
    let change = Change { version: None, actor: Actor::Person(by), reason: "" };
    save(tx, &book, &confirmed, "confirmed", change, book.now(wall)).await
}

/// The account that a link of a mail is about. It changes nothing.
///
/// # Errors
///
/// `bank-account-link-invalid`, also for an unknown account, and once the account is over.
pub async fn linked(client: &impl GenericClient, id: BankAccountId, secret: &str) -> Result<BankAccount, Error> {
    let found = match store::get(client, id).await {
        Err(Error::NotFound(_)) => return Err(link_invalid().into()),
        found => found?,
    };
    let is_over = matches!(found.state, State::Replaced | State::Rejected { .. });
    if is_over || found.link != Some(Digest::of(secret.as_bytes())) {
        return Err(link_invalid().into());
    }
    Ok(found)
}

/// The person who is paid confirms an account by the link of the mail. After three days it is active.
///
/// # Errors
///
/// `bank-account-link-invalid`, also for an unknown account.
pub async fn confirm_by_link(
    tx: &Transaction<'_>,
    id: BankAccountId,
    secret: &str,
    wall: Timestamp,
) -> Result<BankAccount, Error> {
    let (book, account) = match lock_present(tx, id, wall).await {
        Err(Error::NotFound(_)) => return Err(link_invalid().into()),
        found => found?,
    };
    let was = account.state.word();
    let confirmed = account.confirm_by_link(Digest::of(secret.as_bytes()), book.now(wall))?;
    if confirmed.state.word() == was {
        return Ok(confirmed);
    }
    let Some((person, _)) = confirmed.confirmed else { return Err(Error::inconsistent("nobody confirmed it")) };
    let change = Change { version: None, actor: Actor::Person(person), reason: "" };
    save(tx, &book, &confirmed, "confirmed", change, book.now(wall)).await
}

/// Somebody of the payee rejects an account that is not active yet.
///
/// # Errors
///
/// `reason-missing`, `bank-account-stands`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown account.
pub async fn reject(
    tx: &Transaction<'_>,
    id: BankAccountId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankAccount, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    if change.reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why the account is rejected").into());
    }
    let (book, account) = lock_present(tx, id, wall).await?;
    let rejected = account.reject(change.reason)?;
    save(tx, &book, &rejected, "rejected", change, book.now(wall)).await
}

/// Does what the deadline of an account demands, if it has passed; the same call twice does it once. With another active account the
/// approvals of payouts fall that were not sent.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown account.
pub async fn advance(tx: &Transaction<'_>, id: BankAccountId, wall: Timestamp) -> Result<BankAccount, Error> {
    Ok(lock_present(tx, id, wall).await?.1)
}

/// Locks an account as it stands now: what its deadline demands is done, also when nobody came to do it in time.
async fn lock_present(tx: &Transaction<'_>, id: BankAccountId, wall: Timestamp) -> Result<(Book, BankAccount), Error> {
    let book = books::get(tx, id.book).await?;
    let account = store::lock(tx, id).await?;
    let until = account.state.until().unwrap_or_default();
    let present = match account.clone().pass(book.now(wall)) {
        Passed::Nothing => account,
        Passed::Lapsed(lapsed) => {
            let why = "nobody confirmed it in time";
            save(tx, &book, &lapsed, "rejected", Change::by_service(why), until).await?
        }
        Passed::Activated(active) => {
            if let Some(old) = store::active(tx, book.id, active.payee, active.currency).await? {
                let old = store::lock(tx, old.id).await?.replaced();
                save(tx, &book, &old, "replaced", Change::by_service(""), until).await?;
            }
            let active = save(tx, &book, &active, "activated", Change::by_service(""), until).await?;
            for payout in payouts::approved_of(tx, book.id, active.payee, active.currency).await? {
                locked::lock(tx, payout, wall).await?;
            }
            active
        }
    };
    Ok((book, present))
}

async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: &BankAccount,
    action: &str,
    change: Change<'_>,
    at: Timestamp,
) -> Result<BankAccount, Error> {
    let changed = store::update(tx, changed).await?;
    written(tx, book, &changed, action, change, at).await?;
    Ok(changed)
}

/// Writes who did it, the job of the next deadline, and the mail to whoever keeps the payee.
async fn written(
    tx: &Transaction<'_>,
    book: &Book,
    account: &BankAccount,
    action: &str,
    change: Change<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let id = account.id;
    activity::record(tx, book.id, Done::new(&id, action, change.actor).because(change.reason), at).await?;
    if let Some(until) = account.state.until() {
        let dedupe = format!("{id} {} until {}", account.state.word(), until.as_microsecond());
        let job = Job::AdvanceBankAccount { account: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: until, dedupe, job }).await?;
    }
    if account.state != State::Replaced {
        let dedupe = format!("{id} {}", account.state.word());
        let job = Job::SendBankAccountNotice { account: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: at, dedupe, job }).await?;
    }
    Ok(())
}
