//! What of a programme was spent, what came for it, and who works in it, today.

use crate::book::{AccountNumber, MovementKind as K};
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::money::Unit;
use crate::programmes::rules::programme::{Line, Place, Programme, Spent, spent_on};
use crate::programmes::rules::report::{self, Report, Spending};
use crate::programmes::rules::revision::{self, Course};
use crate::programmes::store::{hires, parts, revisions};
use crate::reports::operations::{RELEASES, WholeSums, outside_balance};
use crate::reports::store::kind_totals;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a part of the money of a programme comes from. Gifts count as everybody may know of them, five givers together, for whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Code of the account.
    pub account: String,
    /// What came and was not given back, minor units.
    pub came: i128,
    /// What of it is still there, minor units.
    pub has: i128,
}

/// Places of a programme, and how many work there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staffed {
    /// The places.
    pub place: Place,
    /// How many work there today.
    pub working: i64,
}

/// A programme today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What was planned and spent.
    pub report: Report,
    /// Where its money comes from; empty where it does not say.
    pub sources: Vec<Source>,
    /// Its places.
    pub staff: Vec<Staffed>,
    /// Which of the accounts of its lines and sources are there already, by code.
    pub accounts: BTreeSet<String>,
}

/// How a programme stands today. All of it is read from the book: nothing of it is typed in twice.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn standing(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    programme: &Programme,
    wall: Timestamp,
) -> Result<Standing, Error> {
    let today = book.today(wall);
    let versions = revisions::list(client, programme.id).await?;
    let (lines, course) = (revision::courses(&versions)?, revision::months(programme, &versions));
    let codes = parts::sources(client, programme.id).await?;
    let named: Vec<&str> =
        lines.iter().map(|it| it.line.account.as_str()).chain(codes.iter().map(String::as_str)).collect();
    let numbers: Vec<AccountNumber> = accounts::numbers(client, book.id, &named).await?.into_values().collect();
    let found = accounts::load(client, book.id, &numbers).await?.into_iter();
    let found = found.filter(|account| account.unit == Unit::from(book.currency));
    let held: HashMap<String, Account> = found.map(|account| (account.code.clone(), account)).collect();
    let mut sources = Vec::new();
    for code in codes {
        let account = held.get(&code).map(|account| account.number);
        sources.push(source(client, sums, book, code, account).await?);
    }
    let came = (!sources.is_empty()).then(|| sources.iter().map(|it| it.came).sum());
    let spending = spending(client, book, (programme, lines), &held, today).await?;
    let taken = hires::taken(client, programme.id, today).await?;
    let staffed = |(number, place): (i16, Place)| {
        let working = taken.iter().find(|it| it.place == number).map_or(0, |it| it.working);
        Staffed { place, working }
    };
    Ok(Standing {
        report: report::report(&course, spending, came, today)?,
        sources,
        staff: (1..).zip(parts::places(client, programme.id).await?).map(staffed).collect(),
        accounts: held.into_keys().collect(),
    })
}

/// What was spent on each line until a day, month by month.
async fn spending(
    client: &impl GenericClient,
    book: &Book,
    (programme, courses): (&Programme, Vec<Course>),
    held: &HashMap<String, Account>,
    today: Date,
) -> Result<Vec<Spending>, Error> {
    let of_line = |line: &Line| held.get(&line.account);
    let numbers: Vec<_> = courses.iter().filter_map(|it| of_line(&it.line)).map(|account| account.number).collect();
    let days = (programme.first_month, programme.last_day().min(today));
    let moved = kind_totals::monthly(client, book.id, &numbers, days).await?;
    let counts = |spent, kind: K| match spent {
        Spent::Cost => !matches!(kind, K::ResultClosed | K::ResultReopened),
        Spent::Released => RELEASES.contains(&kind),
    };
    let months = |line: &Line| {
        let mut months: BTreeMap<Date, i128> = BTreeMap::new();
        let Some(account) = of_line(line) else { return months };
        let Some(spent) = spent_on(account.class) else { return months };
        for total in moved.iter().filter(|it| it.account == account.number && counts(spent, it.kind)) {
            *months.entry(total.month).or_default() += total.debits - total.credits;
        }
        months
    };
    Ok(courses.into_iter().map(|it| (it.clone(), months(&it.line))).collect())
}

/// What came to an account, and what of it is there.
async fn source(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    code: String,
    account: Option<AccountNumber>,
) -> Result<Source, Error> {
    let Some(account) = account else { return Ok(Source { account: code, came: 0, has: 0 }) };
    let has = outside_balance(client, sums, book, account).await?;
    let moved = kind_totals::so_far(client, book.id, &[account]).await?;
    let released = RELEASES.iter().map(|kind| moved.of(account, *kind)).map(|(debits, credits)| debits - credits);
    Ok(Source { account: code, came: has + released.sum::<i128>(), has })
}
