//! Programmes: opened, and withdrawn.

use crate::engine::store::books::Book;
use crate::engine::store::{accounts, books};
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, ProgrammeId};
use crate::money::{Money, Unit};
use crate::programmes::rules::programme::{Line, NewProgramme, Programme, SOURCES, class_of, spent_on};
use crate::programmes::store::{parts, programmes};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Opens a programme. Each of its lines is held against an account that counts for no other programme in the same months.
///
/// # Errors
///
/// `account-counts-already`, `book-winding-up`; [`Error::Invalid`] for what [`Plan::check`](crate::programmes::rules::programme::Plan::check) refuses and for accounts that say nothing of what
/// was spent, or of what came; [`Error::NotFound`] for an unknown book.
pub async fn open(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewProgramme,
    by: PersonId,
    wall: Timestamp,
) -> Result<Programme, Error> {
    let now = books::get(tx, book).await?.now(wall);
    open_as_of(tx, book, new, (by, now)).await
}

/// Opens a programme as of a moment in book time, such as the end of a vote on it.
///
/// # Errors
///
/// As [`open`].
pub async fn open_as_of(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewProgramme,
    (by, now): (PersonId, Timestamp),
) -> Result<Programme, Error> {
    // One after the other: what counts for one programme counts for no other.
    let book = books::lock(tx, book).await?;
    check(tx, &book, &new, now).await?;
    let amount = Money::from_minor(new.plan.amount()?, book.currency)
        .map_err(|error| Error::inconsistent(format!("the sum of a plan: {error}")))?;
    let opened = Programme {
        id: ProgrammeId::generate(book.id),
        name: new.name,
        about: new.about,
        amount,
        first_month: new.plan.first_month,
        months: new.plan.months,
        opened_by: by,
        opened_at: now,
        withdrawn: None,
        version: 1,
    };
    programmes::insert(tx, &opened, &new.plan).await?;
    parts::insert(tx, opened.id, &new.plan).await?;
    activity::record(tx, book.id, Done::new(&opened.id, "opened", Actor::Person(by)), now).await?;
    Ok(opened)
}

/// Refuses a programme that could not be opened at a moment in book time.
///
/// # Errors
///
/// As [`open`].
pub async fn check(client: &impl GenericClient, book: &Book, new: &NewProgramme, now: Timestamp) -> Result<(), Error> {
    check_text("/name", &new.name, text::NAME)?;
    check_text("/about", &new.about, text::STATEMENT_OR_NONE)?;
    new.plan.check()?;
    book.takes_new(now)?;
    for (place, line) in new.plan.lines.iter().enumerate() {
        check_account(client, book, &format!("/lines/{place}/account"), &line.account, false).await?;
    }
    for (place, code) in new.plan.sources.iter().enumerate() {
        check_account(client, book, &format!("/sources/{place}"), code, true).await?;
    }
    check_counting(client, book.id, &new.plan.lines, None).await
}

/// Refuses lines whose account counts in one of their months for a programme that stands, but for one.
pub(super) async fn check_counting(
    client: &impl GenericClient,
    book: BookId,
    lines: &[Line],
    but: Option<ProgrammeId>,
) -> Result<(), Error> {
    match parts::counting(client, book, lines, but).await? {
        None => Ok(()),
        Some((other, account)) => {
            let detail = format!("what is spent on {account} in these months counts for {other}");
            Err(Refusal::new("account-counts-already", detail).into())
        }
    }
}

/// Refuses an account that is not in the currency of the book, or that says nothing of what is wanted of it: what was spent, or what came
/// of donors and sponsors.
pub(super) async fn check_account(
    client: &impl GenericClient,
    book: &Book,
    at: &str,
    code: &str,
    is_source: bool,
) -> Result<(), Error> {
    let found = accounts::find(client, book.id, code).await?;
    let class = match &found {
        Some(account) if account.unit == Unit::from(book.currency) => Some(account.class),
        Some(_) => None,
        None => class_of(code),
    };
    let says = |class| if is_source { SOURCES.contains(&class) } else { spent_on(class).is_some() };
    if class.is_some_and(says) {
        return Ok(());
    }
    let kinds = if is_source { "" } else { "expenses, " };
    let what = format!(
        "the code of an account in {}: {kinds}the fund of a campaign or the purse of a challenge",
        book.currency
    );
    Err(Error::invalid(at.to_owned(), what))
}

/// Withdraws a programme, for a reason that its readers read. Its accounts are free for another one; who works in it is not ended.
///
/// # Errors
///
/// `programme-withdrawn`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown programme.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: ProgrammeId,
    reason: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<Programme, Error> {
    check_text("/reason", reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let programme = programmes::lock(tx, id, book.currency).await?;
    programme.stands()?;
    let now = book.now(wall).max(programme.opened_at);
    programmes::withdraw(tx, id, (by, reason, now)).await?;
    activity::record(tx, book.id, Done::new(&id, "withdrawn", Actor::Person(by)).because(reason), now).await?;
    programmes::get(tx, id, book.currency).await
}
