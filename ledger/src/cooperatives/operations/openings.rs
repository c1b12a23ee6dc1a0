//! Openings of books that were kept elsewhere before: written down, and taken back.

use super::{capital, members, series};
use crate::book::entry::LINES_MAX;
use crate::book::{AccountClass, AccountKind};
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::cooperative::Standing;
use crate::cooperatives::rules::opening::{self, Opening};
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::store::{members as member_rows, openings};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, OpeningId, PersonId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashSet;

/// The most balances of an opening: each is a line of its entry.
pub const BALANCES_MAX: usize = LINES_MAX;

/// An opening to be written down.
#[derive(Debug, Clone)]
pub struct NewOpening {
    /// The day whose balances they are; the book's own day when none.
    pub opened_on: Option<Date>,
    /// What each account has, by its code, on the side on which accounts of its kind stand.
    pub balances: Vec<(String, Money)>,
    /// Text for people; never a name.
    pub memo: String,
}

/// What an account has, and whether it stands on the side of assets.
struct Balance {
    account: chart::Account,
    is_asset: bool,
    amount: Money,
}

/// Opens a book with what it had where it was kept before: assets, and a loss that the next result is to bear → opening equity → debts,
/// capital, reserve and funds, which are as much together.
///
/// # Errors
///
/// `already-opened` while an opening stands; `opening-unbalanced` with how much is missing on which side; `period-closed` for a day whose
/// result is closed; `not-a-cooperative`; what [`posting::post`] refuses, such as `closed-period`. [`Error::Invalid`] at `/on`, `/balances`
/// and the field of a balance; [`Error::NotFound`] for an unknown book.
pub async fn open(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewOpening,
    by: PersonId,
    wall: Timestamp,
) -> Result<Opening, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    let day = day_of(&book, new.opened_on, wall)?;
    let balances = checked(tx, &book, &new.balances).await?;
    let assets = balanced(&balances, &book)?;
    if day <= cooperative.closed_through {
        let detail =
            format!("the result is closed through {}: open the book on a later day", cooperative.closed_through);
        return Err(Refusal::new("period-closed", detail).into());
    }
    if let Some(other) = openings::standing(tx, &book).await? {
        let detail = format!("the book was opened on {} by {}: take that back first", other.opened_on, other.id);
        return Err(Refusal::new("already-opened", detail).into());
    }
    let id = OpeningId::generate(book.id);
    let equity = accounts::ensure(tx, &book, &chart::opening(), book.currency, wall).await?;
    let mut lines = Vec::with_capacity(balances.len());
    for balance in &balances {
        let account = accounts::ensure(tx, &book, &balance.account, book.currency, wall).await?;
        lines.push((account, balance.is_asset, balance.amount));
    }
    let entry = posting::post(tx, &book, movements::opened(equity, &lines, day, id), wall).await?;
    let opened = Opening {
        id,
        assets,
        opened_on: day,
        memo: new.memo,
        entry: entry.number,
        recorded_by: by,
        recorded_at: book.now(wall),
        undone: None,
    };
    openings::insert(tx, &opened).await?;
    capital::grew(tx, &book).await?;
    activity::record(tx, book.id, Done::new(&id, "recorded", Actor::Person(by)), opened.recorded_at).await?;
    Ok(opened)
}

fn day_of(book: &Book, asked: Option<Date>, wall: Timestamp) -> Result<Date, Error> {
    let (day, today) = (asked.unwrap_or_else(|| book.today(wall)), book.today(wall));
    if day < book.first_day() || day > today {
        return Err(Error::invalid("/on", format!("a day from {} to {today}", book.first_day())));
    }
    Ok(day)
}

/// The balances, each of another account that a cooperative opens, in the book's currency, and of members that there are.
async fn checked(tx: &Transaction<'_>, book: &Book, all: &[(String, Money)]) -> Result<Vec<Balance>, Error> {
    if !(1..=BALANCES_MAX).contains(&all.len()) {
        return Err(Error::invalid("/balances", format!("1 to {BALANCES_MAX}")));
    }
    let (mut balances, mut seen, mut numbers) = (Vec::with_capacity(all.len()), HashSet::new(), Vec::new());
    for (index, (code, amount)) in all.iter().enumerate() {
        let at = |field: &str| format!("/balances/{index}/{field}");
        let opened = opening::account(code, book.organisation).ok_or_else(|| {
            let (cash, reserve) = (chart::cash_of("bank").code, chart::reserve().code);
            Error::invalid(at("account"), format!("no account that a cooperative opens, such as {cash} or {reserve}"))
        })?;
        let account = opened.account;
        if !seen.insert(code.as_str()) {
            return Err(Error::invalid(at("account"), "it stands among the balances before"));
        }
        if amount.currency() != book.currency {
            return Err(Error::invalid(at("amount/currency"), format!("the book is kept in {}", book.currency)));
        }
        numbers.extend(opened.member.map(|number| (number, index)));
        // A loss stands on the side of assets: there is so much less than was paid in and put by.
        let is_asset = matches!(account.class.kind(), AccountKind::Asset | AccountKind::Expense);
        balances.push(Balance { account, is_asset, amount: *amount });
    }
    let wanted: Vec<i32> = numbers.iter().map(|(number, _)| *number).collect();
    let found = member_rows::of_numbers(tx, book.id, &wanted).await?;
    let known: HashSet<i32> = found.iter().map(|member| member.number).collect();
    let employed: HashSet<i32> =
        found.iter().filter(|member| member.standing == Standing::Employee).map(|member| member.number).collect();
    let is_capital = |index: usize| balances[index].account.class == AccountClass::MemberCapital;
    if let Some((number, index)) =
        numbers.iter().find(|(number, index)| employed.contains(number) && is_capital(*index))
    {
        let detail = format!("number {number} is no member, and has no capital");
        return Err(Error::invalid(format!("/balances/{index}/account"), detail));
    }
    match numbers.iter().filter(|(number, _)| !known.contains(number)).min_by_key(|(_, index)| *index) {
        None => Ok(balances),
        Some((number, index)) => {
            let detail = format!("the cooperative has no member {number}: admit them first");
            Err(Error::invalid(format!("/balances/{index}/account"), detail))
        }
    }
}

/// All that the book has, with a loss, when it is as much as it owes and as its equity together.
fn balanced(balances: &[Balance], book: &Book) -> Result<Money, Error> {
    let side = |is_asset: bool| -> i128 {
        balances.iter().filter(|it| it.is_asset == is_asset).map(|it| i128::from(it.amount.minor())).sum()
    };
    let (assets, others) = (side(true), side(false));
    if assets != others {
        let (written, missing) = (|minor| book.currency.format(minor), (assets - others).abs());
        let detail = format!(
            "assets and losses are {} {currency}, debts, capital, reserve and funds {} {currency}: {} {currency} are missing {}",
            written(assets),
            written(others),
            written(missing),
            if assets < others { "among the assets" } else { "among the others" },
            currency = book.currency,
        );
        return Err(Refusal::new("opening-unbalanced", detail).into());
    }
    let minor = i64::try_from(assets).map_err(|_| Error::invalid("/balances", "more than a book can count"))?;
    Money::from_minor(minor, book.currency).map_err(|_| Error::invalid("/balances", "more than a book can count"))
}

/// Takes an opening back by the mirror of its entry, while what it brought is still there.
///
/// # Errors
///
/// `already-reversed`; `not-a-cooperative`; `series-under-way` while a distribution is being posted; what [`posting::post`] refuses, such as `below-floor`. [`Error::NotFound`] for an unknown one.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: OpeningId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Opening, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let opened = openings::get(tx, id, book.currency).await?;
    opened.stands()?;
    series::demand_none(tx, book.id).await?;
    let mirror = mirrors::post_of_operation(tx, &book, opened.entry, id, wall).await?;
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: Some(mirror.number) };
    let reversed = openings::update_undone(tx, id, &undone, book.currency).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}
