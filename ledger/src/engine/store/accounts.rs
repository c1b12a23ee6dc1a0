//! Accounts of a book.

use super::units;
use crate::book::{AccountClass, AccountNumber, AccountState, Sums};
use crate::error::Error;
use crate::id::BookId;
use crate::money::Unit;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;

/// An account as it stands in the book.
#[derive(Debug, Clone)]
pub struct Account {
    /// Number within the book.
    pub number: AccountNumber,
    /// Path, such as `assets:cash:bank`.
    pub code: String,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Lowest balance allowed, minor units.
    pub floor: Option<i64>,
    /// What it has moved.
    pub sums: Sums,
    /// Set aside by holds, minor units.
    pub held: i64,
    /// When it was opened, by the wall clock.
    pub opened_at: Timestamp,
    /// Whether it takes no more postings.
    pub closed: bool,
}

impl Account {
    /// What the fold has to know of it.
    pub fn into_state(self) -> AccountState {
        AccountState {
            class: self.class,
            unit: self.unit.into(),
            floor: self.floor,
            closed: self.closed,
            held: self.held,
            sums: self.sums,
        }
    }
}

impl Account {
    /// The balance on its own side, minor units.
    pub fn balance(&self) -> i64 {
        i64::from(self.class.kind().side()) * (self.sums.credits - self.sums.debits)
    }

    fn from_row(row: &Row) -> Result<Account, Error> {
        let class: i16 = row.get("class");
        Ok(Account {
            number: AccountNumber(row.get("number")),
            code: row.get("code"),
            class: AccountClass::from_number(class)
                .ok_or_else(|| Error::inconsistent(format!("account class {class} is unknown")))?,
            unit: units::unit_of(row)?,
            floor: row.get("floor"),
            sums: Sums {
                debits: row.get("debits"),
                credits: row.get("credits"),
                last: row.get("last_pos"),
                lines: row.get("lines"),
            },
            held: row.get("held"),
            opened_at: row.get("opened_at"),
            closed: row.get("closed"),
        })
    }
}

/// Opens an account, or answers the number of the one that has this code.
///
/// The database knows the side and the floor of a class; `floor` is none, or what the class leaves to whoever opens it
/// ([`AccountClass::has_own_floors`]).
pub async fn open(
    tx: &Transaction<'_>,
    book: BookId,
    code: &str,
    class: AccountClass,
    unit: &str,
    floor: Option<i64>,
    at: Timestamp,
) -> Result<AccountNumber, Error> {
    let statement = tx.prepare_cached("-- accounts::open\nSELECT account_open($1, $2, $3, $4, $5, $6)").await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book */ &book.0,
                /* code */ &code,
                /* class */ &class.number(),
                /* unit */ &unit,
                /* floor */ &floor,
                /* at */ &at,
            ],
        )
        .await?;
    Ok(AccountNumber(row.get(0)))
}

/// The first of some codes, by code, whose account is of another class or unit than is said, or closed; none where all that are open are as said.
pub async fn first_differing(
    client: &impl GenericClient,
    book: BookId,
    wanted: &[(&str, AccountClass)],
    unit: &str,
) -> Result<Option<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::first_differing
            SELECT a.code
              FROM unnest($2::text[], $3::smallint[]) AS w(code, class)
              JOIN account a ON a.book_id = $1 AND a.code = w.code
             WHERE a.class <> w.class OR a.unit <> $4 OR a.closed_at <> 'infinity'
             ORDER BY a.code COLLATE \"C\" LIMIT 1",
        )
        .await?;
    let codes: Vec<&str> = wanted.iter().map(|(code, _)| *code).collect();
    let classes: Vec<i16> = wanted.iter().map(|(_, class)| class.number()).collect();
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* codes */ &codes, /* classes */ &classes, /* unit */ &unit])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The numbers of the accounts that are open or closed under these codes, by code.
pub async fn numbers(
    client: &impl GenericClient,
    book: BookId,
    codes: &[&str],
) -> Result<HashMap<String, AccountNumber>, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::numbers
            SELECT code, number FROM account WHERE book_id = $1 AND code = ANY($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* codes */ &codes]).await?;
    Ok(rows.iter().map(|row| (row.get("code"), AccountNumber(row.get("number")))).collect())
}

/// The account with this code, if there is one.
pub async fn find(client: &impl GenericClient, book: BookId, code: &str) -> Result<Option<Account>, Error> {
    // PostgreSQL takes no text with NUL, and so no code has one.
    if code.contains('\0') {
        return Ok(None);
    }
    let statement = client
        .prepare_cached(
            "-- accounts::find
             SELECT a.number, a.code, a.class, a.unit, u.exponent, a.opened_at, a.closed_at <> 'infinity' AS closed,
                    b.floor, b.debits, b.credits, b.last_pos, b.lines, b.held
               FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
               LEFT JOIN unit u ON u.book_id = a.book_id AND u.code = a.unit
              WHERE a.book_id = $1 AND a.code = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* code */ &code]).await?;
    row.as_ref().map(Account::from_row).transpose()
}

/// The accounts with these numbers, in number order.
pub async fn load(client: &impl GenericClient, book: BookId, numbers: &[AccountNumber]) -> Result<Vec<Account>, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::load
             SELECT a.number, a.code, a.class, a.unit, u.exponent, a.opened_at, a.closed_at <> 'infinity' AS closed,
                    b.floor, b.debits, b.credits, b.last_pos, b.lines, b.held
               FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
               LEFT JOIN unit u ON u.book_id = a.book_id AND u.code = a.unit
              WHERE a.book_id = $1 AND a.number = ANY($2) ORDER BY a.number",
        )
        .await?;
    let numbers: Vec<i32> = numbers.iter().map(|number| number.0).collect();
    let rows = client.query(&statement, &[/* book */ &book.0, /* numbers */ &numbers]).await?;
    rows.iter().map(Account::from_row).collect()
}

/// Accounts whose code comes after `after`, by code.
pub async fn list(client: &impl GenericClient, book: BookId, after: &str, limit: i64) -> Result<Vec<Account>, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::list
             SELECT a.number, a.code, a.class, a.unit, u.exponent, a.opened_at, a.closed_at <> 'infinity' AS closed,
                    b.floor, b.debits, b.credits, b.last_pos, b.lines, b.held
               FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
               LEFT JOIN unit u ON u.book_id = a.book_id AND u.code = a.unit
              WHERE a.book_id = $1 AND a.code > $2 ORDER BY a.code LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(Account::from_row).collect()
}

/// The units of a book's accounts, in order.
pub async fn units(client: &impl GenericClient, book: BookId) -> Result<Vec<Unit>, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::units
             SELECT a.unit COLLATE \"C\" AS unit, u.exponent
               FROM account a LEFT JOIN unit u ON u.book_id = a.book_id AND u.code = a.unit
              WHERE a.book_id = $1 GROUP BY a.unit COLLATE \"C\", u.exponent ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0]).await?;
    rows.iter().map(units::unit_of).collect()
}

/// Whether a book has accounts of one of these classes.
pub async fn any_of(client: &impl GenericClient, book: BookId, classes: &[AccountClass]) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- accounts::any_of
             SELECT EXISTS (SELECT FROM account WHERE book_id = $1 AND class = ANY($2))",
        )
        .await?;
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    Ok(client.query_one(&statement, &[/* book */ &book.0, /* classes */ &classes]).await?.get(0))
}
