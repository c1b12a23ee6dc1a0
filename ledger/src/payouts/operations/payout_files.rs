//! Files for banks as they are asked for, taken and withdrawn. Their payouts are sent, and fail, in pages by jobs.
//!
//! Lock order: payout file → payouts by id → book head.

use super::payouts::require_reason;
use crate::calendar;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BankAccountId, BookId, OrganisationId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use crate::money::Currency;
use crate::payouts::files::csv_out::Layout;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout_file::{AHEAD_MAX, FileFormat, FileState, PAYOUTS_MAX, PayoutFile};
use crate::payouts::store::bank_accounts;
use crate::payouts::store::payout_files::{self as store, Candidate, SealedAccount, SealedPayment};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::custodians;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Which payouts a file is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that may be sent from its custodian's cash in its currency and are in no file, the oldest first.
    All,
    /// These.
    These(Vec<PayoutId>),
}

/// A file that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayoutFile {
    /// The book.
    pub book: BookId,
    /// From whose cash it pays; none for the host's.
    pub custodian: Option<OrganisationId>,
    /// What the bank is to be handed.
    pub format: FileFormat,
    /// Of all its payouts.
    pub currency: Currency,
    /// The day on which the bank is asked to pay; none for today.
    pub execution_on: Option<Date>,
    /// How the bank knows who orders; for the formats of NACHA alone.
    pub originator: String,
    /// How a table is laid out; for `csv` alone.
    pub layout: Option<Layout>,
    /// Its payouts.
    pub which: Which,
}

/// Asks for a file. Its payouts are sent by a job, by whoever asks: those that cannot go are left out, each with a reason.
///
/// # Errors
///
/// `payout-file-no-debtor` while the custodian has no bank account in the currency; `payout-file-nothing`, `payout-in-file`,
/// `payout-state`, `payout-frozen`; [`Error::Invalid`] at the field that is wrong.
pub async fn create(
    tx: &Transaction<'_>,
    new: NewPayoutFile,
    by: PersonId,
    wall: Timestamp,
) -> Result<PayoutFile, Error> {
    let book = books::get(tx, new.book).await?;
    check(tx, &book, &new, wall).await?;
    let debtor = debtor(tx, &book, &new).await?;
    let payouts = chosen(tx, &book, new.custodian.unwrap_or(book.organisation), &new).await?;
    make(tx, &book, (new, debtor), (&payouts, None), by, wall).await
}

/// The account of its custodian from which the bank pays a file.
///
/// # Errors
///
/// `payout-file-no-debtor`; [`Error::Invalid`] at `/format`.
pub(super) async fn debtor(
    client: &impl GenericClient,
    book: &Book,
    new: &NewPayoutFile,
) -> Result<BankAccountId, Error> {
    let custodian = new.custodian.unwrap_or(book.organisation);
    let active = bank_accounts::active(client, book.id, Payee::Organisation(custodian), new.currency).await?;
    let debtor = active.ok_or_else(|| {
        let detail = format!("{custodian} has no active bank account in {} from which it pays", new.currency);
        Refusal::new("payout-file-no-debtor", detail)
    })?;
    if new.format.is_nacha() && debtor.country != "US" {
        return Err(Error::invalid("/format", "the account that pays is at no bank of the United States"));
    }
    Ok(debtor.id)
}

/// Writes a file of some payouts, by their ids, with the job that sends them; of a run when they are of one.
pub(super) async fn make(
    tx: &Transaction<'_>,
    book: &Book,
    (new, debtor): (NewPayoutFile, BankAccountId),
    (payouts, run): (&[PayoutId], Option<PayoutRunId>),
    by: PersonId,
    wall: Timestamp,
) -> Result<PayoutFile, Error> {
    let id = PayoutFileId::generate(book.id);
    let file = PayoutFile {
        id,
        custodian: new.custodian.unwrap_or(book.organisation),
        debtor,
        run,
        format: new.format,
        currency: new.currency,
        execution_on: new.execution_on.unwrap_or_else(|| book.today(wall)),
        originator: new.originator,
        layout: new.layout,
        asked_by: by,
        asked_at: book.now(wall),
        ready_at: None,
        taken: None,
        items: i32::try_from(payouts.len()).unwrap_or(i32::MAX),
        sent: 0,
        left_out: 0,
        total: 0,
        state: FileState::Building,
        version: 1,
    };
    store::insert(tx, &file, payouts).await?;
    activity::record(tx, book.id, Done::new(&id, "requested", Actor::Person(by)), book.now(wall)).await?;
    let job = Job::BuildPayoutFile { file: id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe: format!("{id} 1"), job }).await?;
    Ok(file)
}

/// Refuses a file of which somebody asks something that its format has not, and one of cash that is frozen.
pub(super) async fn check(
    client: &impl GenericClient,
    book: &Book,
    new: &NewPayoutFile,
    wall: Timestamp,
) -> Result<(), Error> {
    check_format(book, new, wall)?;
    let custodian = new.custodian.unwrap_or(book.organisation);
    if let Some(freeze) = custodians::standing(client, book, custodian).await? {
        let detail =
            format!("the cash lies with {custodian}, frozen by {}: ask for the file after the release", freeze.id);
        return Err(Refusal::new("payout-frozen", detail).into());
    }
    Ok(())
}

fn check_format(book: &Book, new: &NewPayoutFile, wall: Timestamp) -> Result<(), Error> {
    let (first, last) = (book.today(wall), calendar::days_after(book.today(wall), AHEAD_MAX));
    if new.execution_on.is_some_and(|day| !(first..=last).contains(&day)) {
        return Err(Error::invalid("/execution_on", format!("a day from {first} to {last}")));
    }
    let is_id = (1..=10).contains(&new.originator.len())
        && new.originator.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    match (new.format.is_nacha(), is_id) {
        (true, false) => {
            let said = "the company id that the bank gave: one to ten digits and capital letters";
            return Err(Error::invalid("/originator", said));
        }
        (false, _) if !new.originator.is_empty() => {
            return Err(Error::invalid("/originator", "only with the formats of NACHA"));
        }
        (true, true) | (false, _) => {}
    }
    if new.format.is_nacha() && new.currency != Currency::USD {
        return Err(Error::invalid("/currency", "the formats of NACHA are of USD"));
    }
    if new.layout.is_some() != (new.format == FileFormat::Csv) {
        return Err(Error::invalid("/layout", "with csv, and with nothing else"));
    }
    Ok(())
}

/// The payouts of a new file, by their ids: so they are locked in one order by all.
async fn chosen(
    client: &impl GenericClient,
    book: &Book,
    custodian: OrganisationId,
    new: &NewPayoutFile,
) -> Result<Vec<PayoutId>, Error> {
    let payouts = match &new.which {
        Which::All => {
            let limit = i64::try_from(PAYOUTS_MAX).unwrap_or(i64::MAX);
            store::list_free(client, book.id, custodian, new.currency, limit).await?
        }
        Which::These(named) => {
            if named.len() > PAYOUTS_MAX {
                return Err(Error::invalid("/payouts", format!("{PAYOUTS_MAX} at most")));
            }
            let objects: Vec<Uuid> = named.iter().map(|payout| payout.object).collect();
            let found = store::candidates(client, book.id, &objects).await?;
            let known: BTreeMap<Uuid, Candidate> = found.into_iter().map(|found| (found.object, found)).collect();
            let mut seen = BTreeSet::new();
            for (place, payout) in named.iter().enumerate() {
                let wrong = |said: &str| Error::invalid(format!("/payouts/{place}"), said);
                let Some(found) = known.get(&payout.object).filter(|_| payout.book == book.id) else {
                    return Err(wrong("no payout of this book"));
                };
                if !seen.insert(*payout) {
                    return Err(wrong("it is named twice"));
                }
                if found.custodian != custodian {
                    return Err(wrong("it is paid from another custodian's cash"));
                }
                if found.currency != new.currency {
                    return Err(wrong("it is in another currency"));
                }
                require_free(*payout, found)?;
            }
            seen.into_iter().collect()
        }
    };
    if payouts.is_empty() {
        let detail = "no payout waits to be sent from this cash in this currency that is in no file";
        return Err(Refusal::new("payout-file-nothing", detail).into());
    }
    Ok(payouts)
}

fn require_free(payout: PayoutId, found: &Candidate) -> Result<(), Refusal> {
    if found.in_file {
        return Err(Refusal::new("payout-in-file", format!("{payout} is in another file")));
    }
    if !found.is_screened {
        let detail = format!("{payout} is not approved and screened, or was sent");
        return Err(Refusal::new("payout-state", detail));
    }
    Ok(())
}

/// Gives up a file that nobody has handed to the bank, with a reason: each of its payouts fails, and is owed again. `not_at_bank` says
/// of one whose text somebody took that the bank does not have it.
///
/// # Errors
///
/// `reason-missing`, `payout-file-state`, `payout-file-taken`; `payout-file-paid` when the bank has paid a payout of it;
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown file.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: PayoutFileId,
    not_at_bank: bool,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<PayoutFile, Error> {
    require_reason(change.reason)?;
    let book = books::get(tx, id.book).await?;
    let file = store::lock(tx, id).await?;
    let withdrawn = file.withdraw(change.reason, not_at_bank)?;
    let paid = store::count_paid(tx, id).await?;
    if paid > 0 {
        let detail = format!("the bank has paid {paid} of its payouts");
        return Err(Refusal::new("payout-file-paid", detail).into());
    }
    let withdrawn = store::update(tx, &withdrawn).await?;
    let now = book.now(wall);
    activity::record(tx, book.id, Done::new(&id, "withdrawn", change.actor).because(change.reason), now).await?;
    end(tx, &book, id, "1", now).await?;
    Ok(withdrawn)
}

/// Writes the job by which the payouts of a file fail that are on their way.
pub(super) async fn end(
    tx: &Transaction<'_>,
    book: &Book,
    file: PayoutFileId,
    page: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let job = Job::EndPayoutFile { file };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: format!("{file} {page}"), job }).await?;
    Ok(())
}

/// What the text of a file is made of. The numbers of accounts are sealed in it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The file.
    pub file: PayoutFile,
    /// When it was ready, in book time.
    pub ready_at: Timestamp,
    /// The account that pays.
    pub debtor: SealedAccount,
    /// In the order of the file.
    pub payments: Vec<SealedPayment>,
}

/// Somebody takes the text of a file, and is written down. It is the same each time.
///
/// # Errors
///
/// `payout-file-state` while it is built, and once it was withdrawn; [`Error::NotFound`] for an unknown file.
pub async fn take(tx: &Transaction<'_>, id: PayoutFileId, by: PersonId, wall: Timestamp) -> Result<Taken, Error> {
    let book = books::get(tx, id.book).await?;
    let file = store::lock(tx, id).await?;
    let ready_at = file.check_taken()?;
    let now = book.now(wall);
    store::set_taken(tx, id, by, now).await?;
    activity::record(tx, book.id, Done::new(&id, "taken", Actor::Person(by)), now).await?;
    let debtor = store::sealed_account(tx, file.debtor).await?;
    let payments = store::payments(tx, id).await?;
    Ok(Taken { file, ready_at, debtor, payments })
}
