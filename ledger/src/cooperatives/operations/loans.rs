//! Loans to a cooperative: at which rate, what interest that comes to by a day, and how much of it is booked.

use super::members;
use crate::chart;
use crate::cooperatives::rules::cooperative::{Percent, is_short_name};
use crate::cooperatives::rules::loan::{self, Loan, LoanTerms, TERMS_MAX};
use crate::cooperatives::store::loans;
use crate::engine::store::accounts;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, LoanTermsId, PersonId};
use crate::reports::store::account_statements;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// So many lines of a loan, or lenders of a book, are read at once.
const AT_ONCE: i64 = 1_000;

/// Terms to be written down.
#[derive(Debug, Clone)]
pub struct NewLoanTerms {
    /// The short name of the lender.
    pub lender: String,
    /// The rate a year; 0 for none.
    pub rate: Percent,
    /// First day that counts at this rate; the book's own day when none.
    pub effective_from: Option<Date>,
}

/// Refuses what is no short name of a lender.
pub(super) fn check_lender(lender: &str) -> Result<(), Error> {
    if is_short_name(lender) { Ok(()) } else { Err(Error::invalid("/lender", "1 to 40 of a-z, 0-9 and '-'")) }
}

/// Writes down at what rate a loan bears interest from a day on, until other terms begin.
///
/// # Errors
///
/// `loan-terms-there` when terms of the lender begin on that day; `interest-booked` when the interest of that day is booked;
/// `not-a-cooperative`. [`Error::Invalid`] at `/lender`, `/rate` or `/effective_from`; [`Error::NotFound`] for an unknown book.
pub async fn publish(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewLoanTerms,
    by: PersonId,
    wall: Timestamp,
) -> Result<LoanTerms, Error> {
    let (book, _) = members::lock(tx, book).await?;
    check_lender(&new.lender)?;
    if new.rate > Percent::WHOLE {
        return Err(Error::invalid("/rate", "0 to 100 % a year"));
    }
    let effective_from = new.effective_from.unwrap_or_else(|| book.today(wall));
    if effective_from < book.first_day() {
        return Err(Error::invalid("/effective_from", format!("the book begins on {}", book.first_day())));
    }
    if terms(tx, &book, &new.lender).await?.len() >= TERMS_MAX {
        return Err(Error::invalid("/lender", format!("a loan changes its rate {TERMS_MAX} times at most")));
    }
    if let (_, Some(through)) = loans::booked(tx, book.id, &new.lender).await?
        && effective_from <= through
    {
        return Err(booked_through(&new.lender, through).into());
    }
    let terms = LoanTerms {
        id: LoanTermsId::generate(book.id),
        lender: new.lender,
        rate: new.rate,
        effective_from,
        published_by: by,
        published_at: book.now(wall),
    };
    if !loans::insert(tx, &terms).await? {
        let detail =
            format!("terms of {} begin on {effective_from} already: begin others on another day", terms.lender);
        return Err(Refusal::new("loan-terms-there", detail).into());
    }
    activity::record(tx, book.id, Done::new(&terms.id, "published", Actor::Person(by)), terms.published_at).await?;
    Ok(terms)
}

/// That interest is booked through a day.
pub(super) fn booked_through(lender: &str, through: Date) -> Refusal {
    let detail =
        format!("the interest of {lender} is booked through {through}: begin after that, or take the cost back");
    Refusal::new("interest-booked", detail)
}

/// The terms of a lender, by the day on which they begin.
async fn terms(client: &impl GenericClient, book: &Book, lender: &str) -> Result<Vec<LoanTerms>, Error> {
    let most = i64::try_from(TERMS_MAX).unwrap_or(i64::MAX);
    loans::of_lender(client, book.id, lender, most).await
}

/// A loan as it stands at the end of a day, with its interest through that day.
///
/// # Errors
///
/// What the database says.
pub async fn standing(client: &impl GenericClient, book: &Book, lender: &str, day: Date) -> Result<Loan, Error> {
    let moved = moved(client, book, lender, day).await?;
    let begun = terms(client, book, lender).await?.into_iter().filter(|it| it.effective_from <= day);
    let rates: BTreeMap<Date, Percent> = begun.map(|it| (it.effective_from, it.rate)).collect();
    let (booked, booked_through) = loans::booked(client, book.id, lender).await?;
    Ok(Loan {
        lender: lender.to_owned(),
        stands: moved.values().sum(),
        rate: rates.last_key_value().map(|(_, rate)| *rate),
        interest: loan::interest(&moved, &rates, day),
        booked,
        booked_through,
    })
}

/// By how much a loan grew on each day through one.
async fn moved(
    client: &impl GenericClient,
    book: &Book,
    lender: &str,
    through: Date,
) -> Result<BTreeMap<Date, i64>, Error> {
    let mut moved = BTreeMap::new();
    let Some(account) = accounts::find(client, book.id, &chart::loan(lender).code).await? else { return Ok(moved) };
    let (mut after, days) = (0, (book.first_day(), through));
    loop {
        let lines = account_statements::lines(client, book.id, account.number, after, days, AT_ONCE).await?;
        for line in &lines {
            *moved.entry(line.effective).or_default() += if line.debited { -line.amount } else { line.amount };
        }
        match lines.last() {
            Some(last) if i64::try_from(lines.len()).is_ok_and(|read| read == AT_ONCE) => after = last.pos,
            Some(_) | None => return Ok(moved),
        }
    }
}

/// The loans of a book as they stand at the end of a day, by the name of the lender, after a name.
///
/// # Errors
///
/// What the database says.
pub async fn list(
    client: &impl GenericClient,
    book: &Book,
    day: Date,
    after: &str,
    limit: i64,
) -> Result<Vec<Loan>, Error> {
    let mut found = Vec::new();
    for lender in loans::lenders(client, book.id, after, limit).await? {
        found.push(standing(client, book, &lender, day).await?);
    }
    Ok(found)
}

/// Refuses with `interest-open` while interest through a day is not booked: a surplus is what is left after it.
pub(super) async fn demand_booked(client: &impl GenericClient, book: &Book, day: Date) -> Result<(), Error> {
    if !loans::any(client, book.id).await? {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        let page = list(client, book, day, &after, AT_ONCE).await?;
        if let Some(open) = page.iter().find(|it| it.to_book() > 0) {
            let (lender, amount) = (&open.lender, book.currency.format(open.to_book()));
            let detail = format!(
                "interest of {lender} through {day} is {amount} {} more than is booked: it is a cost of the period, to be booked by \
                 POST /v1/cooperatives/{{book}}/loan-interest",
                book.currency.code()
            );
            return Err(Refusal::new("interest-open", detail).into());
        }
        match page.last() {
            Some(last) if i64::try_from(page.len()).is_ok_and(|read| read == AT_ONCE) => after.clone_from(&last.lender),
            Some(_) | None => return Ok(()),
        }
    }
}
