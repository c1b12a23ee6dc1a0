//! What payouts are asked for: of which account of what is owed, to whom, and from whose cash.

use super::locked::enqueue;
use super::payees;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::chart::{self, Account};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ClaimId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use crate::milestones::store::releases;
use crate::money::{Currency, Money};
use crate::payouts::rules::owed::Owed;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Payout, Source};
use crate::payouts::store::{bank_accounts, payouts};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// What is asked for, looked at.
pub(super) struct Asked {
    pub(super) payee: Payee,
    pub(super) custodian: OrganisationId,
    pub(super) cash: String,
    pub(super) source: Source,
    pub(super) release: Option<(ClaimId, i32)>,
    pub(super) payable: AccountNumber,
    pub(super) amount: Money,
    pub(super) memo: String,
    pub(super) run: Option<PayoutRunId>,
}

/// Writes a payout as it is asked for, with its deadline. A payee without a bank account is told that one is wanted.
pub(super) async fn make(
    tx: &Transaction<'_>,
    book: &Book,
    asked: Asked,
    by: PersonId,
    wall: Timestamp,
) -> Result<Payout, Error> {
    let (id, now) = (PayoutId::generate(book.id), book.now(wall));
    let payout = Payout {
        id,
        payee: asked.payee,
        custodian: asked.custodian,
        cash: asked.cash,
        run: asked.run,
        source: asked.source,
        release: asked.release,
        payable: asked.payable,
        amount: asked.amount,
        reference: Payout::reference_of(id),
        memo: asked.memo,
        requested_by: by,
        requested_at: now,
        approval: None,
        screening: None,
        sending: None,
        fee: 0,
        returned: 0,
        settled_on: None,
        end_entry: 0,
        state: Payout::begin(now),
        version: 1,
    };
    payouts::insert(tx, &payout).await?;
    activity::record(tx, book.id, Done::new(&id, "requested", Actor::Person(by)), now).await?;
    if let Some(until) = payout.state.until() {
        enqueue(tx, until, format!("{id} until {}", until.as_microsecond()), Job::AdvancePayout { payout: id }).await?;
    }
    let currency = payout.amount.currency();
    if bank_accounts::active(tx, book.id, payout.payee, currency).await?.is_none() {
        let dedupe = format!("{} {currency}", payout.payee);
        let job = Job::AskForBankAccount { payout: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe, job }).await?;
    }
    Ok(payout)
}

/// The account from whose cash a payout is paid.
pub(super) fn cash_account(custodian: OrganisationId, cash: &str, currency: Currency, book: &Book) -> Account {
    let account = if cash.is_empty() { chart::cash_at(custodian) } else { chart::cash_of(cash) };
    account.in_currency(currency, book.currency)
}

/// Refuses a custodian that never held cash of the book, and cash that the book does not know.
pub(super) async fn check_cash(
    client: &impl GenericClient,
    book: &Book,
    (custodian, cash): (OrganisationId, &str),
    currency: Currency,
) -> Result<(), Error> {
    let pointer = if cash.is_empty() { "/custodian" } else { "/cash" };
    if cash.is_empty() && custodian == book.organisation {
        return Ok(());
    }
    if !cash.is_empty() && custodian != book.organisation {
        return Err(Error::invalid("/cash", "the cash of a cooperative lies with nobody but its host"));
    }
    let account = cash_account(custodian, cash, currency, book);
    match accounts::check(client, book, &account, currency).await? {
        Some(_) => Ok(()),
        None => Err(Error::invalid(pointer, "it holds no cash of this book in this currency")),
    }
}

/// What a release brought to the account of what is owed, looked at against what is asked for.
pub(super) async fn left_of(
    client: &impl GenericClient,
    (owed, currency): (&Owed, Currency),
    amount: Option<Money>,
    (claim, number): (ClaimId, i32),
) -> Result<Money, Error> {
    let releases = releases::list_of_claim(client, claim).await?;
    let release = releases.into_iter().find(|release| release.number == number).ok_or(Error::NotFound("release"))?;
    if *owed != Owed::Team(release.team) || release.amount.currency() != currency {
        return Err(Error::invalid("/release", "it went to another team, or in another currency"));
    }
    let left = Money::from_minor(release.amount.minor() - release.set_off, currency)
        .map_err(|_| Refusal::new("payout-nothing", "all of the release was set off against what the team owes"))?;
    match amount {
        Some(amount) if amount != left => {
            Err(Error::invalid("/amount/amount", format!("a payout of a release is of all of it: {left}")))
        }
        Some(_) | None => Ok(left),
    }
}

/// Who is paid, and the account of what is owed to them.
pub(super) async fn debt(
    client: &impl GenericClient,
    book: &Book,
    owed: &Owed,
    currency: Currency,
) -> Result<(Payee, AccountNumber), Error> {
    let account = owed.account().in_currency(currency, book.currency);
    let Some(found) = accounts::check(client, book, &account, currency).await? else {
        return Err(Refusal::new("payout-nothing", "nothing is owed that is not being paid").into());
    };
    match payees::behind(client, book.id, owed).await? {
        Some(payee) => Ok((payee, found)),
        None => Err(Refusal::new("lender-unknown", "nobody has said who stands behind the name of this lender").into()),
    }
}
