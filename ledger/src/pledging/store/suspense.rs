//! Money in suspense.

use crate::engine::store::rows::word;
use crate::error::{Error, Refusal};
use crate::id::{BankLineId, BookId, ChargeId, OrganisationId, PledgeId, SettlementId, SuspenseId};
use crate::money::{Currency, Money};
use crate::pledging::rules::suspense::SuspenseItem;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

fn item(row: &Row) -> Result<SuspenseItem, Error> {
    let book = BookId(row.get("book_id"));
    let currency: Currency = word(row.get("currency"))?;
    let amount = Money::from_minor(row.get("amount"), currency);
    let charge = |column: &str| row.get::<_, Option<Uuid>>(column).map(|object| ChargeId::new(book, object));
    Ok(SuspenseItem {
        id: SuspenseId::new(book, row.get("id")),
        pledge: row.get::<_, Option<Uuid>>("pledge").map(|pledge| PledgeId::new(book, pledge)),
        charge: charge("charge"),
        line: row.get::<_, Option<Uuid>>("line").map(|line| BankLineId::new(book, line)),
        why: word(row.get("why"))?,
        partner: OrganisationId(row.get("partner")),
        amount: amount.map_err(|_| Error::inconsistent("suspense: amount"))?,
        method: word(row.get("method"))?,
        settlement: row.get::<_, Option<Uuid>>("settlement").map(|object| SettlementId::new(book, object)),
        received_on: row.get("received_on"),
        event_id: row.get("event_id"),
        provider_reference: row.get("provider_reference"),
        entry: row.get("entry"),
        state: word(row.get("state"))?,
        until: row.get("waits_until"),
        matched: charge("matched"),
        end_entry: row.get("end_entry"),
        sent_entry: row.get("sent_entry"),
        version: row.get("version"),
        received_at: row.get("received_at"),
    })
}

/// Writes what came.
///
/// # Errors
///
/// `reference-taken` when the partner has reported the payment before.
pub async fn insert(tx: &Transaction<'_>, new: &SuspenseItem) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- suspense::insert
            INSERT INTO suspense_item (book_id, id, pledge, charge, partner, amount, currency, method, settlement,
                                       received_on, event_id, provider_reference, entry, state, waits_until, received_at, line, why)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14, $15, $16, $17)",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* pledge */ &new.pledge.map(|pledge| pledge.object),
                /* charge */ &new.charge.map(|charge| charge.object),
                /* partner */ &new.partner.0,
                /* amount */ &new.amount.minor(),
                /* currency */ &new.amount.currency().code(),
                /* method */ &new.method.as_str(),
                /* settlement */ &new.settlement.map(|settlement| settlement.object),
                /* received_on */ &new.received_on,
                /* event_id */ &new.event_id,
                /* provider_reference */ &new.provider_reference,
                /* entry */ &new.entry,
                /* waits_until */ &new.until,
                /* received_at */ &new.received_at,
                /* line */ &new.line.map(|line| line.object),
                /* why */ &new.why.as_str(),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Refusal::new("reference-taken", "the partner has reported this payment before").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes what was decided; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &SuspenseItem) -> Result<SuspenseItem, Error> {
    let statement = tx
        .prepare_cached(
            "-- suspense::update
            UPDATE suspense_item SET state = $3, waits_until = $4, matched = $5, end_entry = $6, sent_entry = $7,
                                     version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* waits_until */ &changed.until,
                /* matched */ &changed.matched.map(|charge| charge.object),
                /* end_entry */ &changed.end_entry,
                /* sent_entry */ &changed.sent_entry,
            ],
        )
        .await?;
    item(&row)
}

/// The item with an id.
pub async fn get(client: &impl GenericClient, id: SuspenseId) -> Result<SuspenseItem, Error> {
    let statement =
        client.prepare_cached("-- suspense::get\nSELECT * FROM suspense_item WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(item).transpose()?.ok_or(Error::NotFound("money in suspense"))
}

/// Locks the item until the transaction ends; after the pledge to which it is matched.
pub async fn lock(tx: &Transaction<'_>, id: SuspenseId) -> Result<SuspenseItem, Error> {
    let statement = tx
        .prepare_cached("-- suspense::lock\nSELECT * FROM suspense_item WHERE book_id = $1 AND id = $2 FOR UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(item).transpose()?.ok_or(Error::NotFound("money in suspense"))
}

/// What a partner has reported as this payment, if it waits in suspense, or did.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    provider_reference: &str,
) -> Result<Option<SuspenseItem>, Error> {
    let statement = client
        .prepare_cached(
            "-- suspense::find
            SELECT * FROM suspense_item WHERE book_id = $1 AND partner = $2 AND provider_reference = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* provider_reference */ &provider_reference,
            ],
        )
        .await?;
    row.as_ref().map(item).transpose()
}

/// Whether a charge of a partner has this payment.
pub async fn is_of_charge(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    provider_reference: &str,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- suspense::is_of_charge
            SELECT EXISTS (SELECT FROM charge WHERE book_id = $1 AND partner = $2 AND provider_reference = $3)",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* provider_reference */ &provider_reference,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The items of a book, the oldest first, after an id; all partners', or one's.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    only: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<SuspenseItem>, Error> {
    let statement = client
        .prepare_cached(
            "-- suspense::list
            SELECT * FROM suspense_item WHERE book_id = $1 AND id > $2 AND ($3::uuid IS NULL OR partner = $3)
             ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* after */ &after,
                /* only */ &only.map(|only| only.0),
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(item).collect()
}

/// The earliest charge of a pledge of an amount that a partner was to collect itself, that nobody paid and nobody tries, if there is
/// one.
pub async fn unpaid(
    client: &impl GenericClient,
    pledge: PledgeId,
    amount: Money,
    partner: OrganisationId,
) -> Result<Option<ChargeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- suspense::unpaid
            SELECT id FROM charge
             WHERE book_id = $1 AND pledge = $2 AND amount = $3 AND partner = $4 AND rail = 'partner'
               AND (state = 'missed' OR (state = 'declined' AND retry_on IS NULL))
             ORDER BY sequence LIMIT 1",
        )
        .await?;
    of_pledge(client, &statement, pledge, amount, partner).await
}

/// The earliest charge of a pledge of an amount whose payment a partner is to report, if there is one.
pub async fn expected(
    client: &impl GenericClient,
    pledge: PledgeId,
    amount: Money,
    partner: OrganisationId,
) -> Result<Option<ChargeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- suspense::expected
            SELECT id FROM charge
             WHERE book_id = $1 AND pledge = $2 AND amount = $3 AND partner = $4 AND rail = 'partner'
               AND state = 'processing'
             ORDER BY sequence LIMIT 1",
        )
        .await?;
    of_pledge(client, &statement, pledge, amount, partner).await
}

async fn of_pledge(
    client: &impl GenericClient,
    statement: &Statement,
    pledge: PledgeId,
    amount: Money,
    partner: OrganisationId,
) -> Result<Option<ChargeId>, Error> {
    let row = client
        .query_opt(
            statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* amount */ &amount.minor(),
                /* partner */ &partner.0,
            ],
        )
        .await?;
    Ok(row.map(|row| ChargeId::new(pledge.book, row.get("id"))))
}
