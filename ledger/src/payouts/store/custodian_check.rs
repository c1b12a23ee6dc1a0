//! What banks said of the accounts of custodians, and what of that the book has not.

use crate::book::{AccountClass, AccountNumber};
use crate::chart;
use crate::engine::store::books::Book;
use crate::engine::store::rows::{sum, word};
use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::money::Currency;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// The last closing balances of a custodian's accounts in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtBank {
    /// Whose accounts they are.
    pub custodian: OrganisationId,
    /// Their currency.
    pub currency: Currency,
    /// The day of the oldest of these balances.
    pub on: Date,
    /// How many accounts they are of.
    pub accounts: i64,
    /// What they come to, in minor units.
    pub minor: i128,
}

/// Open lines of a custodian in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLines {
    /// How many there are.
    pub lines: i64,
    /// Minor units that came by them.
    pub came: i128,
    /// Minor units that left by them, with fees.
    pub left: i128,
    /// The day of the first of them; none without any.
    pub since: Option<Date>,
}

/// The accounts of a book in which cash of a custodian stands in a currency: the one that is called after it, and of the host those that
/// have a short name besides.
pub async fn cash_accounts(
    client: &impl GenericClient,
    book: &Book,
    custodian: OrganisationId,
    currency: Currency,
) -> Result<Vec<AccountNumber>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_check::cash_accounts
            SELECT number FROM account
             WHERE book_id = $1 AND class = $2 AND unit = $3
               AND (code = $4 OR ($5 AND code NOT LIKE 'assets:cash:org\\_%')) ORDER BY number LIMIT 1000",
        )
        .await?;
    let named = chart::cash_at(custodian).in_currency(currency, book.currency).code;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.id.0,
                /* class */ &AccountClass::Cash.number(),
                /* unit */ &currency.code(),
                /* code */ &named,
                /* is_host */ &(custodian == book.organisation),
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| AccountNumber(row.get(0))).collect())
}

/// What banks last said by a day, per custodian and currency: the last closing balance of each account, of files that are in.
pub async fn at_bank(client: &impl GenericClient, book: BookId, day: Date) -> Result<Vec<AtBank>, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_check::at_bank
            SELECT custodian, currency, min(closing_on) AS closing_on, count(*) AS accounts, sum(closing)::text AS closing
              FROM (SELECT DISTINCT ON (s.custodian, s.currency, s.account)
                           s.custodian, s.currency, s.account, s.closing_on, s.closing
                      FROM bank_statement s
                      JOIN bank_statement_file f ON f.book_id = s.book_id AND f.id = s.file AND f.state = 'imported'
                     WHERE s.book_id = $1 AND s.closing_on <= $2
                     ORDER BY s.custodian, s.currency, s.account, s.closing_on DESC, s.file DESC, s.number DESC) AS latest
             GROUP BY custodian, currency ORDER BY custodian, currency LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    let row = |row: &tokio_postgres::Row| {
        Ok(AtBank {
            custodian: OrganisationId(row.get("custodian")),
            currency: word(row.get("currency"))?,
            on: row.get("closing_on"),
            accounts: row.get("accounts"),
            minor: sum(row, "closing")?,
        })
    };
    rows.iter().map(row).collect()
}

/// The open lines of a custodian in a currency up to a day.
pub async fn open_lines(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: Currency,
    day: Date,
) -> Result<OpenLines, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_check::open_lines
            SELECT count(*) AS lines, min(value_on) AS since,
                   coalesce(sum(amount) FILTER (WHERE NOT is_debit), 0)::text AS came,
                   coalesce(sum(amount::numeric + fee) FILTER (WHERE is_debit), 0)::text AS left_by
              FROM bank_line
             WHERE book_id = $1 AND custodian = $2 AND currency = $3 AND state = 'open' AND value_on <= $4",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &currency.code(),
                /* day */ &day,
            ],
        )
        .await?;
    Ok(OpenLines {
        lines: row.get("lines"),
        came: sum(&row, "came")?,
        left: sum(&row, "left_by")?,
        since: row.get("since"),
    })
}

/// Minor units of payouts from a custodian in a currency that were sent by a day, and had not left the bank by its end.
pub async fn in_transit(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: Currency,
    day: Date,
) -> Result<i128, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_check::in_transit
            SELECT coalesce(sum(amount), 0)::text AS amount FROM payout
             WHERE book_id = $1 AND custodian = $2 AND currency = $3 AND sent_on <= $4
               AND (state = 'sent' OR (state IN ('settled', 'returned') AND settled_on > $4))",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &currency.code(),
                /* day */ &day,
            ],
        )
        .await?;
    sum(&row, "amount")
}

/// Minor units that two people have moved by a day, as a bank had more of a custodian's in a currency than the book; less than zero where it had less.
pub async fn moved(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: Currency,
    day: Date,
) -> Result<i128, Error> {
    let statement = client
        .prepare_cached(
            "-- custodian_check::moved
            SELECT coalesce(sum(CASE side WHEN 'more' THEN amount::numeric ELSE -amount::numeric END), 0)::text AS amount
              FROM bank_difference
             WHERE book_id = $1 AND custodian = $2 AND currency = $3 AND state IN ('moved', 'taking_back') AND on_day <= $4",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &currency.code(),
                /* day */ &day,
            ],
        )
        .await?;
    sum(&row, "amount")
}
