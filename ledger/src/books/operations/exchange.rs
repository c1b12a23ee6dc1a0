//! Posting what a pair of exchange accounts gained or lost by a day.

use super::accounts::ensure;
use super::exchange_pairs;
use crate::book::AccountClass;
use crate::books::rules::exchange::{self, Moved, Position, Rate};
use crate::chart;
use crate::engine::posting::{self, Posted};
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::Book;
use crate::engine::store::{balances, journal};
use crate::error::{Error, Refusal};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// The longest reference of an entry, in characters.
const REFERENCE_MAX: usize = 200;

/// What is asked for: the pair, and what one of it was worth in the other.
#[derive(Debug, Clone)]
pub struct Revaluation {
    /// Code of the exchange account whose balance is valued.
    pub account: String,
    /// Code of the exchange account in whose unit the result is posted.
    pub against: String,
    /// What one of the unit of `account` was worth in that of `against`.
    pub rate: Rate,
    /// The rate as it was written, for the memo.
    pub rate_text: String,
    /// The day at whose end the pair is valued.
    pub day: Date,
}

/// What the valuation of a pair found.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The exchange account in whose unit the result is.
    pub against: Account,
    /// What the pair gained, minor units of that account's unit; a loss is below 0.
    pub gain: i64,
    /// The entry; none when the pair was even.
    pub posted: Option<Posted>,
}

/// Posts what a pair of exchange accounts gained or lost by the end of a day, so that it is even at the rate.
///
/// It may be done again, at the same rate without effect, at another one with the difference.
///
/// # Errors
///
/// [`Error::Invalid`] at `/account` or `/against` for accounts that are no pair of exchange accounts of two units, or of
/// which one belongs to another pair, and at `/date` for a day to come; `result-too-large`; what [`posting::post`] refuses, such as `closed-period`.
pub async fn post_result(
    tx: &Transaction<'_>,
    book: &Book,
    asked: &Revaluation,
    wall: Timestamp,
) -> Result<Outcome, Error> {
    if asked.day > book.today(wall) {
        return Err(Error::invalid("/date", "must not be in the future of the book"));
    }
    let of = exchange_account(tx, book, "/account", &asked.account).await?;
    let against = exchange_account(tx, book, "/against", &asked.against).await?;
    if of.unit == against.unit {
        return Err(Error::invalid("/against", format!("is kept in {} too", of.unit)));
    }
    // Nothing may move between reading and posting.
    journal::lock(tx, book.id).await?;
    let pair = [&of, &against].map(|account| Moved { account: account.number, unit: account.unit });
    exchange_pairs::make_whole(tx, book.id, &pair, "/against").await?;
    let gain = exchange::gain(
        position(tx, book, &of, asked.day).await?,
        position(tx, book, &against, asked.day).await?,
        asked.rate,
    );
    let gain = gain.ok_or_else(|| Refusal::new("result-too-large", "the result does not fit into an amount"))?;
    let unit = against.unit.code();
    let word = unit.to_ascii_lowercase();
    let gains = ensure(tx, book, &chart::exchange_gain(&word), against.unit, wall).await?;
    let losses = ensure(tx, book, &chart::exchange_loss(&word), against.unit, wall).await?;
    let memo = format!("Exchange result: 1 {} = {} {unit}", of.unit, asked.rate_text);
    // A code, which is ASCII, can be longer than a reference.
    let reference = &of.code[..of.code.len().min(REFERENCE_MAX)];
    let entry = exchange::result_posted(against.number, gains, losses, gain, asked.day, memo, reference);
    let posted = match entry {
        Some(entry) => Some(posting::post(tx, book, entry, wall).await?),
        None => None,
    };
    Ok(Outcome { against, gain, posted })
}

async fn exchange_account(
    tx: &Transaction<'_>,
    book: &Book,
    pointer: &'static str,
    code: &str,
) -> Result<Account, Error> {
    let account = accounts::find(tx, book.id, code).await?;
    let account = account.ok_or_else(|| Error::invalid(pointer, "the book has no account with this code"))?;
    if account.class != AccountClass::Exchange {
        return Err(Error::invalid(pointer, format!("{code} is no exchange account")));
    }
    Ok(account)
}

async fn position(tx: &Transaction<'_>, book: &Book, account: &Account, day: Date) -> Result<Position, Error> {
    let through = journal::last_number(tx, book.id).await?;
    let balance = balances::as_of(tx, book.id, account.number, day, through).await?;
    Ok(Position { unit: account.unit, balance })
}
