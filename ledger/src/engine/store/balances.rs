//! Balances: one row an account.

use super::days::Days;
use crate::book::{AccountClass, AccountNumber};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::HashMap;

/// What an account has moved, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Sum of all debits.
    pub debits: i64,
    /// Sum of all credits.
    pub credits: i64,
    /// Set aside by holds.
    pub held: i64,
    /// The account's own side: 1 when credits raise it, -1 when debits do.
    pub side: i16,
}

impl Balance {
    /// The balance on the account's own side.
    pub fn net(&self) -> i64 {
        i64::from(self.side) * (self.credits - self.debits)
    }
}

/// What the accounts of a class hold together in a currency or unit, each on its own side; 0 without any.
pub async fn of_class(
    client: &impl GenericClient,
    book: BookId,
    class: AccountClass,
    unit: &str,
) -> Result<i128, Error> {
    let statement = client
        .prepare_cached(
            "-- balances::of_class
             SELECT coalesce(sum(b.side * (b.credits - b.debits)), 0)::text
               FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
              WHERE a.book_id = $1 AND a.class = $2 AND a.unit = $3",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book */ &book.0, /* class */ &class.number(), /* unit */ &unit]).await?;
    row.get::<_, &str>(0).parse().map_err(|_| Error::inconsistent("a sum of balances is no number"))
}

/// What accounts hold, each on its own side, by their codes; those that are not open are not there.
pub async fn of_codes(
    client: &impl GenericClient,
    book: BookId,
    codes: &[&str],
) -> Result<HashMap<String, i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- balances::of_codes
             SELECT a.code, b.side * (b.credits - b.debits) AS net
               FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
              WHERE a.book_id = $1 AND a.code = ANY($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* codes */ &codes]).await?;
    Ok(rows.iter().map(|row| (row.get("code"), row.get("net"))).collect())
}

/// The balance of an account.
pub async fn get(client: &impl GenericClient, book: BookId, account: AccountNumber) -> Result<Balance, Error> {
    let statement = client
        .prepare_cached(
            "-- balances::get
             SELECT debits, credits, held, side FROM balance WHERE book_id = $1 AND account = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* account */ &account.0]).await?;
    let row = row.ok_or(Error::NotFound("account"))?;
    Ok(Balance { debits: row.get(0), credits: row.get(1), held: row.get(2), side: row.get(3) })
}

/// The balance of an account after a record, on its own side: that of its last line up to there; 0 before the first.
pub async fn after(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    number: i64,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- balances::after
             WITH RECURSIVE line AS (
                 SELECT coalesce((SELECT m.pos FROM account_mark m
                                   WHERE m.book_id = $1 AND m.account = $2 AND m.pos >= ($3::bigint + 1) << 16
                                   ORDER BY m.pos LIMIT 1),
                                 (SELECT b.last_pos FROM balance b WHERE b.book_id = $1 AND b.account = $2)) AS pos
                 UNION ALL
                 SELECT CASE t.debit WHEN $2 THEN t.debit_prev ELSE t.credit_prev END
                   FROM line l JOIN transfer t ON t.book_id = $1 AND t.pos = l.pos
                  WHERE l.pos >= ($3::bigint + 1) << 16)
             SELECT CASE t.debit WHEN $2 THEN t.debit_after ELSE t.credit_after END
               FROM transfer t WHERE t.book_id = $1 AND t.pos = (SELECT min(pos) FROM line)",
        )
        .await?;
    let row =
        client.query_opt(&statement, &[/* book */ &book.0, /* account */ &account.0, /* number */ &number]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// The balance of an account at the end of a day, on its own side, up to and with record `through`.
pub async fn as_of(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    day: Date,
    through: i64,
) -> Result<i64, Error> {
    // What is not rolled up yet is added; what is rolled up already and came after `through` is taken off.
    let statement = client
        .prepare_cached(
            "-- balances::as_of
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             fresh AS (SELECT debit, amount FROM transfer
                        WHERE book_id = $1 AND (debit = $2 OR credit = $2) AND effective <= $6
                          AND pos > (SELECT through FROM progress) AND pos < ($7::bigint + 1) << 16),
             beyond AS (SELECT debit, amount FROM transfer
                         WHERE book_id = $1 AND (debit = $2 OR credit = $2) AND effective <= $6
                           AND pos <= (SELECT through FROM progress) AND pos >= ($7::bigint + 1) << 16),
             part AS (
                 (SELECT 1 AS sign, accounts, debits, credits FROM running_total
                   WHERE book_id = $1 AND block = $2 >> 6 AND until <= $3 ORDER BY until DESC LIMIT 1)
                 UNION ALL
                 SELECT 1, accounts, debits, credits FROM day_total
                  WHERE book_id = $1 AND day = ANY($4) AND block = $2 >> 6
                 UNION ALL
                 SELECT -1, accounts, debits, credits FROM day_total
                  WHERE book_id = $1 AND day = ANY($5) AND block = $2 >> 6),
             side AS (
                 SELECT sign * (credits - debits) AS net
                   FROM (SELECT sign, unnest(accounts) AS account, unnest(debits) AS debits, unnest(credits) AS credits
                           FROM part) AS element
                  WHERE account = $2
                 UNION ALL
                 SELECT credits - debits
                   FROM (SELECT unnest(days) AS day, unnest(accounts) AS account, unnest(debits) AS debits,
                                unnest(credits) AS credits
                           FROM recent_total WHERE book_id = $1 AND block = $2 >> 6) AS recent
                  WHERE account = $2 AND day <= $6
                 UNION ALL
                 SELECT CASE debit WHEN $2 THEN -amount ELSE amount END FROM fresh
                 UNION ALL
                 SELECT CASE debit WHEN $2 THEN amount ELSE -amount END FROM beyond)
             SELECT (b.side * coalesce((SELECT sum(net) FROM side), 0))::bigint
               FROM balance b WHERE b.book_id = $1 AND b.account = $2",
        )
        .await?;
    let parts = Days::until(day);
    let row = client
        .query_opt(
            &statement,
            &[
                /* book */ &book.0,
                /* account */ &account.0,
                /* until */ &parts.until,
                /* days */ &parts.days,
                /* less days */ &parts.less_days,
                /* day */ &day,
                /* through */ &through,
            ],
        )
        .await?;
    Ok(row.ok_or(Error::NotFound("account"))?.get(0))
}
