//! Bank accounts of payees. What they are is sealed: it is read by itself, by who has the keys.

use crate::engine::store::rows::{digest, word};
use crate::error::{Error, Refusal};
use crate::id::{BankAccountId, BookId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::bank_account::{BankAccount, BankAccountState, State};
use crate::payouts::rules::payee::Payee;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// What an account is, sealed with a key that is not in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// With which key.
    pub key_version: i32,
    /// A nonce and what it hides.
    pub bytes: Vec<u8>,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed with key {}", self.key_version)
    }
}

/// An account that is sealed with an older key, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// The account.
    pub id: BankAccountId,
    /// What it is.
    pub sealed: Sealed,
}

fn from_row(row: &Row) -> Result<BankAccount, Error> {
    let until = || row.get::<_, Option<Timestamp>>("state_until").ok_or_else(|| Error::inconsistent("no deadline"));
    let state = match word(row.get("state"))? {
        BankAccountState::Proposed => State::Proposed { until: until()? },
        BankAccountState::Waiting => State::Waiting { until: until()? },
        BankAccountState::Active => State::Active,
        BankAccountState::Replaced => State::Replaced,
        BankAccountState::Rejected => State::Rejected { reason: row.get("reason") },
    };
    let confirmed_by: Option<Uuid> = row.get("confirmed_by");
    let link: Option<&[u8]> = row.get("link");
    Ok(BankAccount {
        id: BankAccountId::new(BookId(row.get("book_id")), row.get("id")),
        payee: Payee::new(word(row.get("payee_kind"))?, row.get("payee")),
        currency: word(row.get("currency"))?,
        country: row.get("country"),
        last_four: row.get("last_four"),
        state,
        proposed_by: PersonId(row.get("proposed_by")),
        proposed_at: row.get("proposed_at"),
        confirmed: confirmed_by.map(PersonId).zip(row.get("confirmed_at")),
        active_at: row.get("active_at"),
        link: link.map(digest).transpose()?,
        version: row.get("version"),
    })
}

/// Writes a new account.
///
/// # Errors
///
/// `bank-account-pending` when another one of the payee in its currency waits, or was written just now.
pub async fn insert(tx: &Transaction<'_>, new: &BankAccount, sealed: &Sealed) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_accounts::insert
            INSERT INTO bank_account (book_id, id, payee, proposed_by, proposed_at, active_at, state_until, key_version,
                                      state, currency, country, last_four, sealed, payee_kind, link)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* payee */ &new.payee.uuid(),
                /* proposed_by */ &new.proposed_by.0,
                /* proposed_at */ &new.proposed_at,
                /* active_at */ &new.active_at,
                /* state_until */ &new.state.until(),
                /* key_version */ &sealed.key_version,
                /* state */ &new.state.word().as_str(),
                /* currency */ &new.currency.code(),
                /* country */ &new.country,
                /* last_four */ &new.last_four,
                /* sealed */ &sealed.bytes,
                /* payee_kind */ &new.payee.kind().as_str(),
                /* link */ &new.link.map(|link| link.0.to_vec()),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            let detail = "another account of this payee in this currency waits: confirm it or reject it first";
            Err(Refusal::new("bank-account-pending", detail).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes where an account stands; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &BankAccount) -> Result<BankAccount, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_accounts::update
            UPDATE bank_account SET state = $3, state_until = $4, confirmed_by = $5, confirmed_at = $6, active_at = $7,
                                    reason = $8, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let reason = match &changed.state {
        State::Rejected { reason } => reason.as_str(),
        State::Proposed { .. } | State::Waiting { .. } | State::Active | State::Replaced => "",
    };
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.word().as_str(),
                /* state_until */ &changed.state.until(),
                /* confirmed_by */ &changed.confirmed.map(|(person, _)| person.0),
                /* confirmed_at */ &changed.confirmed.map(|(_, at)| at),
                /* active_at */ &changed.active_at,
                /* reason */ &reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// An account.
pub async fn get(client: &impl GenericClient, id: BankAccountId) -> Result<BankAccount, Error> {
    let statement = client
        .prepare_cached("-- bank_accounts::get\nSELECT * FROM bank_account WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank account"))?)
}

/// An account, locked: it is about to change.
pub async fn lock(tx: &Transaction<'_>, id: BankAccountId) -> Result<BankAccount, Error> {
    let statement = tx
        .prepare_cached("-- bank_accounts::lock\nSELECT * FROM bank_account WHERE book_id = $1 AND id = $2 FOR UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank account"))?)
}

/// The account to which payouts of a payee go in a currency.
pub async fn active(
    client: &impl GenericClient,
    book: BookId,
    payee: Payee,
    currency: Currency,
) -> Result<Option<BankAccount>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_accounts::active
            SELECT * FROM bank_account WHERE book_id = $1 AND payee = $2 AND currency = $3 AND state = 'active'",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* payee */ &payee.uuid(), /* currency */ &currency.code()])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The accounts to which payees of a book are paid in a currency, by payee; one without an account is left out.
pub async fn active_of(
    client: &impl GenericClient,
    book: BookId,
    currency: Currency,
    payees: &[Payee],
) -> Result<HashMap<Payee, BankAccount>, Error> {
    // A list is looked up by key. A join with the rows that name the payees would be planned by what was counted of them, which for
    // rows of this hour is nothing, and would then compare each with each.
    let statement = client
        .prepare_cached(
            "-- bank_accounts::active_of
            SELECT * FROM bank_account WHERE book_id = $1 AND currency = $2 AND state = 'active' AND payee = ANY($3)",
        )
        .await?;
    let payees: Vec<Uuid> = payees.iter().map(|payee| payee.uuid()).collect();
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* currency */ &currency.code(), /* payees */ &payees])
        .await?;
    let keyed = |row| from_row(row).map(|account| (account.payee, account));
    rows.iter().map(keyed).collect()
}

/// The accounts of a payee, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    payee: Payee,
    after: Uuid,
    limit: i64,
) -> Result<Vec<BankAccount>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_accounts::list
            SELECT * FROM bank_account WHERE book_id = $1 AND payee = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* payee */ &payee.uuid(),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Accounts that are sealed with an older key than this one, of all books, by their places after one.
pub async fn list_older(
    client: &impl GenericClient,
    key_version: i32,
    after: (BookId, Uuid),
    limit: i64,
) -> Result<Vec<Old>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_accounts::list_older
            SELECT book_id, id, key_version, sealed FROM bank_account
             WHERE key_version < $1 AND (book_id, id) > ($2, $3) ORDER BY book_id, id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* key_version */ &key_version,
                /* after_book */ &after.0.0,
                /* after */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    let old = |row: &Row| Old {
        id: BankAccountId::new(BookId(row.get("book_id")), row.get("id")),
        sealed: Sealed { key_version: row.get("key_version"), bytes: row.get("sealed") },
    };
    Ok(rows.iter().map(old).collect())
}

/// Seals an account anew; says whether it still was as it was read.
pub async fn reseal(client: &impl GenericClient, old: &Old, sealed: &Sealed) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_accounts::reseal
            UPDATE bank_account SET sealed = $4, key_version = $5
             WHERE book_id = $1 AND id = $2 AND key_version = $3",
        )
        .await?;
    let written = client
        .execute(
            &statement,
            &[
                /* book_id */ &old.id.book.0,
                /* id */ &old.id.object,
                /* was */ &old.sealed.key_version,
                /* sealed */ &sealed.bytes,
                /* key_version */ &sealed.key_version,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// Addresses of those who gave or confirmed the account to which payouts of a payee go.
pub async fn givers(
    client: &impl GenericClient,
    book: BookId,
    payee: Payee,
    currency: Currency,
) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_accounts::givers
            SELECT p.email FROM bank_account a JOIN person p ON p.id IN (a.proposed_by, a.confirmed_by)
             WHERE a.book_id = $1 AND a.payee = $2 AND a.currency = $3 AND a.state IN ('active', 'replaced')
             ORDER BY p.email",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* payee */ &payee.uuid(), /* currency */ &currency.code()])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
