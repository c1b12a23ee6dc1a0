//! Settlements: the captures of one custodian and day.

use crate::book::{AccountNumber, Companion};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, SettlementId};
use crate::money::Currency;
use crate::treasury::rules::settlement::{Method, Settlement, SettlesBy};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use tokio_postgres::Row;

pub(super) fn settlement(row: &Row) -> Result<Settlement, Error> {
    let id = SettlementId::new(BookId(row.get("book_id")), row.get("id"));
    let currency = row.get::<_, &str>("currency").parse();
    Ok(Settlement {
        id,
        partner: OrganisationId(row.get("partner")),
        day: row.get("day"),
        due_on: row.get("due_on"),
        currency: currency.map_err(|_| Error::inconsistent(format!("settlement {id}: currency")))?,
        method: word(row.get("method"))?,
        receivable: AccountNumber(row.get("receivable")),
        amount: row.get("amount"),
        entry: row.get("entry"),
        reference: row.get("reference"),
        reason: row.get("reason"),
        missing: row.get("missing"),
        settled_at: row.get("settled_at"),
        created_at: row.get("created_at"),
    })
}

/// Writes the settlement of a custodian's day, unless it is there; says whether it is new.
pub async fn insert(tx: &Transaction<'_>, new: &Settlement) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::insert
            INSERT INTO settlement (book_id, id, partner, day, due_on, currency, receivable, created_at, method)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (book_id, partner, day, currency, method) WHERE reference = '' DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &new.partner.0,
                /* day */ &new.day,
                /* due_on */ &new.due_on,
                /* currency */ &new.currency.code(),
                /* receivable */ &new.receivable.0,
                /* created_at */ &new.created_at,
                /* method */ &new.method.as_str(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The settlement of a custodian's day, which cannot settle until the transaction ends. Captures share this lock.
pub async fn hold_open(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    day: Date,
    (currency, method): (Currency, Method),
) -> Result<Option<Settlement>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::hold_open
            SELECT * FROM settlement
             WHERE book_id = $1 AND partner = $2 AND day = $3 AND currency = $4 AND method = $5 AND reference = ''
               FOR SHARE",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* day */ &day,
                /* currency */ &currency.code(),
                /* method */ &method.as_str(),
            ],
        )
        .await?;
    row.as_ref().map(settlement).transpose()
}

/// The settlement of a custodian's day, if it was begun.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    day: Date,
    (currency, method): (Currency, Method),
) -> Result<Option<Settlement>, Error> {
    let statement = client
        .prepare_cached(
            "-- settlements::find
            SELECT * FROM settlement
             WHERE book_id = $1 AND partner = $2 AND day = $3 AND currency = $4 AND method = $5 AND reference = ''",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* day */ &day,
                /* currency */ &currency.code(),
                /* method */ &method.as_str(),
            ],
        )
        .await?;
    row.as_ref().map(settlement).transpose()
}

/// Makes sure that a settlement is open when the entries of a lane are written, and stays so until they are.
pub fn open_row(id: SettlementId) -> Companion {
    Companion::new("settlement open", &json!({ "id": id.object }))
}

/// Locks the settlement until the transaction ends: no capture comes into it.
pub async fn lock(tx: &Transaction<'_>, id: SettlementId) -> Result<Settlement, Error> {
    let statement = tx
        .prepare_cached("-- settlements::lock\nSELECT * FROM settlement WHERE book_id = $1 AND id = $2 FOR UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(settlement).transpose()?.ok_or(Error::NotFound("settlement"))
}

/// The settlement with an id.
pub async fn get(client: &impl GenericClient, id: SettlementId) -> Result<Settlement, Error> {
    let statement =
        client.prepare_cached("-- settlements::get\nSELECT * FROM settlement WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(settlement).transpose()?.ok_or(Error::NotFound("settlement"))
}

/// What the host earns with it: its account of fees to be passed on, and the minor units of its fees that were not returned;
/// none when its charges bore none.
pub async fn earned(tx: &Transaction<'_>, id: SettlementId) -> Result<Option<(AccountNumber, i64)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::earned
            SELECT f.account, sum(f.amount - CASE WHEN f.returns THEN f.undone ELSE 0 END)::bigint AS earned
              FROM charge c JOIN charge_fee f ON f.book_id = c.book_id AND f.charge = c.id
             WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'settled' AND f.payee = 'host'
             GROUP BY f.account",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object]).await?;
    Ok(row.map(|row| (AccountNumber(row.get("account")), row.get("earned"))))
}

/// Its captured charges are settled, but for those of which something has arrived before, those that are doubted, and those
/// whose means is among `but`. Says what arrives of each: minor units, all but what is withheld.
pub async fn settle_charges(tx: &Transaction<'_>, id: SettlementId, but: &[&str]) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::settle_charges
            UPDATE charge c SET state = 'settled', doubted_at = NULL, version = version + 1
             WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'captured' AND c.arrived = 0
               AND (c.doubted_at IS NULL OR c.refunded = c.amount)
               AND (cardinality($3::text[]) = 0
                    OR NOT EXISTS (SELECT FROM pledge p
                                    WHERE p.book_id = c.book_id AND p.id = c.pledge AND p.token = ANY($3)))
            RETURNING amount - withheld",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object, /* but */ &but]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Of its captured charges by a means of the sandbox nine tenths arrive, once. Says what arrives of each, in minor units.
pub async fn shorten_charges(tx: &Transaction<'_>, id: SettlementId, token: &str) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::shorten_charges
            UPDATE charge c SET arrived = (c.amount - c.withheld) - (c.amount - c.withheld + 9) / 10, version = c.version + 1
              FROM pledge p
             WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'captured' AND c.arrived = 0
               AND c.amount - c.withheld > 1 AND p.book_id = c.book_id AND p.id = c.pledge AND p.token = $3
            RETURNING c.arrived",
        )
        .await?;
    let rows =
        tx.query(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object, /* token */ &token]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Whether charges of it are still owed: all of them, or those by a means of the sandbox.
pub async fn owes(client: &impl GenericClient, id: SettlementId, token: Option<&str>) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- settlements::owes
            SELECT EXISTS (SELECT FROM charge c
                            WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'captured'
                              AND ($3::text IS NULL
                                   OR EXISTS (SELECT FROM pledge p
                                               WHERE p.book_id = c.book_id AND p.id = c.pledge AND p.token = $3)))",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object, /* token */ &token])
        .await?;
    Ok(row.get(0))
}

/// What turns the charges of a custodian into cash.
pub async fn settles_by(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
) -> Result<SettlesBy, Error> {
    let statement = client
        .prepare_cached(
            "-- settlements::settles_by
            SELECT settles_by FROM book_partner WHERE book_id = $1 AND organisation = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0]).await?;
    row.map_or(Ok(SettlesBy::Clock), |row| word(row.get("settles_by")))
}

/// Money has arrived: `amount` minor units more, by `entry`, none when there was nothing. `settled_at` when nothing is owed any more.
pub async fn update_settled(
    tx: &Transaction<'_>,
    id: SettlementId,
    amount: i64,
    entry: Option<i64>,
    settled_at: Option<Timestamp>,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::update_settled
            UPDATE settlement SET amount = amount + $3, entry = coalesce($4, entry), settled_at = $5
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* id */ &id.object,
            /* amount */ &amount,
            /* entry */ &entry,
            /* settled_at */ &settled_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what of a settlement arrived by an entry, and when.
pub async fn insert_arrival(
    tx: &Transaction<'_>,
    id: SettlementId,
    (entry, amount): (i64, i64),
    at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::insert_arrival
            INSERT INTO settlement_arrival (book_id, settlement, entry, amount, at) VALUES ($1, $2, $3, $4, $5)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* settlement */ &id.object, /* entry */ &entry,
            /* amount */ &amount, /* at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// What arrives with a settlement: minor units of each contribution in it that is not settled.
pub async fn arriving_contributions(tx: &Transaction<'_>, settlement: SettlementId) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::arriving_contributions
            SELECT amount FROM purse_contribution WHERE book_id = $1 AND settlement = $2 AND state = 'captured'",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Its contributions to purses have arrived; says how many there were.
pub async fn settle_contributions(tx: &Transaction<'_>, settlement: SettlementId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::settle_contributions
            UPDATE purse_contribution SET state = 'settled', version = version + 1
             WHERE book_id = $1 AND settlement = $2 AND state = 'captured'",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?)
}

/// What arrives with a settlement: minor units of each fee in it that is not settled.
pub async fn arriving_fees(tx: &Transaction<'_>, settlement: SettlementId) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::arriving_fees
            SELECT fee FROM entrant WHERE book_id = $1 AND settlement = $2 AND fee_state = 'captured'",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Its entry fees have arrived; says how many there were.
pub async fn settle_fees(tx: &Transaction<'_>, settlement: SettlementId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::settle_fees
            UPDATE entrant SET fee_state = 'settled', version = version + 1
             WHERE book_id = $1 AND settlement = $2 AND fee_state = 'captured'",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?)
}

/// What arrives with a settlement: minor units of each contribution to a pool in it that is not settled.
pub async fn arriving_pools(tx: &Transaction<'_>, settlement: SettlementId) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::arriving_pools
            SELECT amount FROM pool_contribution WHERE book_id = $1 AND settlement = $2 AND state = 'captured'",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What arrives with a settlement: minor units of each item of suspense that came into it since the last of it arrived.
pub async fn arriving_suspense(tx: &Transaction<'_>, settlement: SettlementId) -> Result<Vec<i64>, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::arriving_suspense
            SELECT i.amount FROM suspense_item i JOIN settlement s ON s.book_id = i.book_id AND s.id = i.settlement
             WHERE i.book_id = $1 AND i.settlement = $2 AND i.entry > s.entry",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Its contributions to pools have arrived; says how many there were.
pub async fn settle_pools(tx: &Transaction<'_>, settlement: SettlementId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::settle_pools
            UPDATE pool_contribution SET state = 'settled' WHERE book_id = $1 AND settlement = $2 AND state = 'captured'",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* book_id */ &settlement.book.0, /* settlement */ &settlement.object]).await?)
}

/// A layer for each charge that was settled with a settlement, but for fees and refunds: its money became cash by entry `settled`.
/// `again`: some of them have their layers, as the settlement arrives in parts.
pub async fn insert_settled(tx: &Transaction<'_>, id: SettlementId, settled: i64, again: bool) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- settlements::insert_settled
            INSERT INTO fund_layer (book_id, fund, number, settled, pledge, amount, remaining)
            SELECT c.book_id, k.fund, c.entry, $3, c.pledge, c.amount - c.refunded - c.fees, c.amount - c.refunded - c.fees
              FROM charge c JOIN campaign k ON k.book_id = c.book_id AND k.id = c.campaign
             WHERE c.book_id = $1 AND c.settlement = $2 AND c.state = 'settled' AND c.amount > c.refunded + c.fees
               AND (NOT $4 OR NOT EXISTS (SELECT FROM fund_layer l
                                           WHERE l.book_id = c.book_id AND l.fund = k.fund AND l.number = c.entry))",
        )
        .await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [
        /* book_id */ &id.book.0, /* settlement */ &id.object, /* settled */ &settled,
        /* again */ &again,
    ];
    Ok(tx.execute(&statement, &values).await?)
}
