//! What teams owe back: the balances of their accounts.

use crate::book::{AccountClass, AccountNumber};
use crate::chart::{self, Owner};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::money::Currency;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

/// What a team owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivable {
    /// Number of the account: the order of the list.
    pub account: AccountNumber,
    /// Its code.
    pub code: String,
    /// The team that owes.
    pub team: OrganisationId,
    /// Currency of the account.
    pub currency: Currency,
    /// What is owed, minor units.
    pub owed: i64,
    /// What came back so far, by set-off or payment, or was given up; minor units.
    pub settled: i64,
}

/// What teams owe in a book, or one of them does, by account, after one. What is paid stands there with nothing owed.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    team: Option<OrganisationId>,
    after: i32,
    limit: i64,
) -> Result<Vec<Receivable>, Error> {
    let statement = client
        .prepare_cached(
            "-- recoveries::list
            SELECT a.number, a.code, a.unit, b.debits - b.credits AS owed, b.credits AS settled
              FROM account a
              JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
             WHERE a.book_id = $1 AND a.class = $2 AND a.number > $3
               AND ($4::text IS NULL OR split_part(a.code, ':', 4) = $4)
             ORDER BY a.number LIMIT $5",
        )
        .await?;
    let team = team.map(|team| team.to_string());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* class */ &AccountClass::TeamReceivable.number(),
                /* after */ &after,
                /* team */ &team,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(receivable).collect()
}

fn receivable(row: &Row) -> Result<Receivable, Error> {
    let code: String = row.get("code");
    let Some(Owner::Organisation(team)) = chart::owner(&code) else {
        return Err(Error::inconsistent(format!("{code} names no team")));
    };
    Ok(Receivable {
        account: AccountNumber(row.get("number")),
        code,
        team,
        currency: word(row.get("unit"))?,
        owed: row.get("owed"),
        settled: row.get("settled"),
    })
}
