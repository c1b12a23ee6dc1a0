//! Settlements that custodians reported, their charges, and what is overdue.

use super::settlements::settlement;
use crate::book::AccountNumber;
use crate::engine::store::rows::original;
use crate::error::Error;
use crate::id::{BankLineId, BookId, ChargeId, OrganisationId, SettlementId};
use crate::money::{Currency, Money};
use crate::treasury::rules::reported::{Owed, Part, Standing};
use crate::treasury::rules::settlement::{Settlement, SettlesBy};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

fn objects(charges: &[ChargeId]) -> Vec<Uuid> {
    charges.iter().map(|charge| charge.object).collect()
}

/// The settlement that a custodian reported by a reference, with the digest of what it said.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    reference: &str,
) -> Result<Option<(Settlement, [u8; 32])>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::find
            SELECT * FROM settlement WHERE book_id = $1 AND partner = $2 AND reference = $3 AND reference <> ''",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &reference])
        .await?;
    row.map(|row| {
        let content = row.get::<_, Vec<u8>>("content").try_into();
        Ok((settlement(&row)?, content.map_err(|_| Error::inconsistent("a digest of another length"))?))
    })
    .transpose()
}

/// Locks the settlements of the days on which charges were captured, by id.
pub async fn lock_days(
    tx: &Transaction<'_>,
    book: BookId,
    charges: &[ChargeId],
) -> Result<BTreeMap<SettlementId, Settlement>, Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::lock_days
            SELECT * FROM settlement s
             WHERE s.book_id = $1 AND s.reference = ''
               AND s.id IN (SELECT c.settlement FROM charge c WHERE c.book_id = $1 AND c.id = ANY($2))
             ORDER BY s.id FOR UPDATE",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &book.0, /* charges */ &objects(charges)]).await?;
    rows.iter().map(|row| settlement(row).map(|day| (day.id, day))).collect()
}

/// Locks charges of a custodian, by id, and says how each stands.
pub async fn lock_charges(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    charges: &[ChargeId],
) -> Result<BTreeMap<ChargeId, Owed>, Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::lock_charges
            SELECT c.id, c.state, c.settlement, c.captured_on, c.currency, c.amount - c.withheld - c.arrived AS left,
                   coalesce((SELECT sum(f.amount) FROM charge_fee f
                              WHERE f.book_id = c.book_id AND f.charge = c.id AND f.payee = 'processor'), 0)::bigint AS fee
              FROM charge c
             WHERE c.book_id = $1 AND c.partner = $2 AND c.id = ANY($3)
             ORDER BY c.id FOR NO KEY UPDATE OF c",
        )
        .await?;
    let rows = tx
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* charges */ &objects(charges)])
        .await?;
    rows.iter().map(|row| Ok((ChargeId::new(book, row.get("id")), owed(row, book)?))).collect()
}

fn owed(row: &Row, book: BookId) -> Result<Owed, Error> {
    let state: &str = row.get("state");
    let standing = match (state, row.get::<_, Option<Uuid>>("settlement"), row.get::<_, Option<Date>>("captured_on")) {
        ("captured", Some(settlement), Some(captured_on)) => {
            Standing::Owed { settlement: SettlementId::new(book, settlement), captured_on }
        }
        ("settled", ..) => Standing::Settled,
        _ => Standing::NotCaptured(state.to_owned()),
    };
    let currency: Result<Currency, _> = row.get::<_, &str>("currency").parse();
    let currency = currency.map_err(|_| Error::inconsistent("a charge in no currency"))?;
    Ok(Owed { standing, currency, left: row.get("left"), fee: row.get("fee") })
}

/// What the host earns of charges: its account of fees to be passed on, and the minor units of its fees that were not returned; none
/// when they bore none.
pub async fn earned(
    tx: &Transaction<'_>,
    book: BookId,
    charges: &[ChargeId],
) -> Result<Option<(AccountNumber, i64)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::earned
            SELECT f.account, sum(f.amount - CASE WHEN f.returns THEN f.undone ELSE 0 END)::bigint AS earned
              FROM charge_fee f
             WHERE f.book_id = $1 AND f.charge = ANY($2) AND f.payee = 'host'
             GROUP BY f.account",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &book.0, /* charges */ &objects(charges)]).await?;
    Ok(row.map(|row| (AccountNumber(row.get("account")), row.get("earned"))))
}

/// A settlement that a custodian reported, as it is for ever.
///
/// # Errors
///
/// [`Error::StillRunning`] when another request has just used its reference.
pub async fn insert(tx: &Transaction<'_>, new: &Settlement, content: [u8; 32]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::insert
            INSERT INTO settlement (book_id, id, partner, day, due_on, currency, receivable, created_at, method, amount, entry,
                                    settled_at, reference, reason, missing, content)
            VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &new.partner.0,
                /* day */ &new.day,
                /* currency */ &new.currency.code(),
                /* receivable */ &new.receivable.0,
                /* created_at */ &new.created_at,
                /* method */ &new.method.as_str(),
                /* amount */ &new.amount,
                /* entry */ &new.entry,
                /* settled_at */ &new.settled_at,
                /* reference */ &new.reference,
                /* reason */ &new.reason,
                /* missing */ &new.missing,
                /* content */ &content.as_slice(),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Err(Error::StillRunning),
        Err(error) => Err(error.into()),
    }
}

/// A settlement that a line of a bank statement is: one a line.
///
/// # Errors
///
/// [`Error::StillRunning`] when another request has just taken the line.
pub async fn insert_of_line(tx: &Transaction<'_>, new: &Settlement, line: BankLineId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::insert_of_line
            INSERT INTO settlement (book_id, id, partner, day, due_on, currency, receivable, created_at, method, amount, entry,
                                    settled_at, reference, reason, missing, content, bank_line)
            VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0, $13, $14)",
        )
        .await?;
    let content = Sha256::digest(new.reference.as_bytes());
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &new.partner.0,
                /* day */ &new.day,
                /* currency */ &new.currency.code(),
                /* receivable */ &new.receivable.0,
                /* created_at */ &new.created_at,
                /* method */ &new.method.as_str(),
                /* amount */ &new.amount,
                /* entry */ &new.entry,
                /* settled_at */ &new.settled_at,
                /* reference */ &new.reference,
                /* content */ &content.as_slice(),
                /* bank_line */ &line.object,
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Err(Error::StillRunning),
        Err(error) => Err(error.into()),
    }
}

/// Its charges.
pub async fn insert_lines(tx: &Transaction<'_>, id: SettlementId, parts: &[Part]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::insert_lines
            INSERT INTO settlement_line (book_id, settlement, charge, of_settlement, amount, missing, fee)
            SELECT $1, $2, l.* FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[]) AS l",
        )
        .await?;
    let charges: Vec<Uuid> = parts.iter().map(|part| part.line.charge.object).collect();
    let days: Vec<Uuid> = parts.iter().map(|part| part.settlement.object).collect();
    let amounts: Vec<i64> = parts.iter().map(|part| part.line.amount.minor()).collect();
    let missing: Vec<i64> = parts.iter().map(|part| part.missing).collect();
    let fees: Vec<Option<i64>> = parts.iter().map(|part| part.line.fee).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* settlement */ &id.object, /* charges */ &charges,
            /* of_settlements */ &days, /* amounts */ &amounts, /* missing */ &missing,
            /* fees */ &fees,
        ],
    )
    .await?;
    Ok(())
}

/// Its charges of which nothing is missing are settled by it; the others stay owed, in the settlement of their day.
pub async fn arrive(tx: &Transaction<'_>, id: SettlementId, parts: &[Part]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::arrive
            UPDATE charge c
               SET state = CASE l.missing WHEN 0 THEN 'settled' ELSE c.state END,
                   settlement = CASE l.missing WHEN 0 THEN $2 ELSE c.settlement END,
                   arrived = c.arrived + l.amount, doubted_at = NULL, version = c.version + 1
              FROM settlement_line l
             WHERE c.book_id = $1 AND c.state = 'captured' AND l.book_id = $1 AND l.settlement = $2 AND l.charge = c.id",
        )
        .await?;
    let rows = tx.execute(&statement, &[/* book_id */ &id.book.0, /* settlement */ &id.object]).await?;
    if usize::try_from(rows) == Ok(parts.len()) {
        return Ok(());
    }
    Err(Error::inconsistent(format!("settlement {id} settled {rows} charges of {}", parts.len())))
}

/// Says what turns the charges of a custodian into cash; whether it was ever admitted.
pub async fn update_settles_by(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    settles_by: SettlesBy,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- reported::update_settles_by
            UPDATE book_partner SET settles_by = $3 WHERE book_id = $1 AND organisation = $2",
        )
        .await?;
    let rows = tx
        .execute(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* settles_by */ &settles_by.as_str()])
        .await?;
    Ok(rows == 1)
}

/// The settlements of a custodian's days that were due by a day and are open, the first due first.
pub async fn overdue(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    by: Date,
    limit: i64,
) -> Result<Vec<SettlementId>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::overdue
            SELECT id FROM settlement WHERE book_id = $1 AND partner = $2 AND due_on <= $3 AND settled_at IS NULL
             ORDER BY due_on, id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* by */ &by, /* limit */ &limit])
        .await?;
    Ok(rows.iter().map(|row| SettlementId::new(book, row.get("id"))).collect())
}

/// The same, of all custodians of a book.
pub async fn all_overdue(
    client: &impl GenericClient,
    book: BookId,
    by: Date,
    limit: i64,
) -> Result<Vec<SettlementId>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::all_overdue
            SELECT id FROM settlement WHERE book_id = $1 AND due_on <= $2 AND settled_at IS NULL ORDER BY due_on, id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* by */ &by, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| SettlementId::new(book, row.get("id"))).collect())
}

/// A settlement, with what is still owed of its charges: minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The settlement.
    pub settlement: Settlement,
    /// Minor units of its charges that have not arrived; a sum over many.
    pub owed: i128,
}

/// The settlements of a book after one, the oldest first.
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Listed>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::list
            SELECT s.*, CASE WHEN s.settled_at IS NULL THEN
                   (SELECT sum(c.amount - c.withheld - c.arrived) FROM charge c
                     WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured') END::text AS owed
              FROM settlement s WHERE s.book_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(listed).collect()
}

/// The same of one custodian.
pub async fn list_of_partner(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::list_of_partner
            SELECT s.*, CASE WHEN s.settled_at IS NULL THEN
                   (SELECT sum(c.amount - c.withheld - c.arrived) FROM charge c
                     WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured') END::text AS owed
              FROM settlement s WHERE s.book_id = $1 AND s.partner = $2 AND s.id > $3 ORDER BY s.id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* partner */ &partner.0, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(listed).collect()
}

fn listed(row: &Row) -> Result<Listed, Error> {
    let owed = row.get::<_, Option<&str>>("owed").map_or(Ok(0), str::parse);
    let owed = owed.map_err(|_| Error::inconsistent("a sum that is no number"))?;
    Ok(Listed { settlement: settlement(row)?, owed })
}

/// A settlement by its id, with what is still owed of its charges.
pub async fn get(client: &impl GenericClient, id: SettlementId) -> Result<Listed, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::get
            SELECT s.*, CASE WHEN s.settled_at IS NULL THEN
                   (SELECT sum(c.amount - c.withheld - c.arrived) FROM charge c
                     WHERE c.book_id = s.book_id AND c.settlement = s.id AND c.state = 'captured') END::text AS owed
              FROM settlement s WHERE s.book_id = $1 AND s.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(listed).transpose()?.ok_or(Error::NotFound("settlement"))
}

/// A charge in a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfCharge {
    /// The charge.
    pub charge: ChargeId,
    /// Minor units that arrived: by this settlement when its custodian reported it, else so far.
    pub arrived: i64,
    /// Minor units that were owed of it afterwards.
    pub missing: i64,
    /// Minor units that the custodian says its processor kept; none when it does not say.
    pub fee: Option<i64>,
    /// What the donor paid, when that was in another currency; none otherwise.
    pub original: Option<Money>,
}

/// The charges of a settlement, by their ids, after one.
pub async fn list_charges(
    client: &impl GenericClient,
    id: SettlementId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<OfCharge>, Error> {
    let statement = client
        .prepare_cached(
            "-- reported::list_charges
            SELECT u.charge, u.arrived, u.missing, u.fee, o.original_amount, o.original_currency FROM (
            (SELECT l.charge, l.amount AS arrived, l.missing, l.fee FROM settlement_line l
              WHERE l.book_id = $1 AND l.settlement = $2 AND l.charge > $3 ORDER BY l.charge LIMIT $4)
            UNION ALL
            (SELECT c.id, CASE c.state WHEN 'settled' THEN c.amount - c.withheld ELSE c.arrived END,
                    CASE c.state WHEN 'settled' THEN 0 ELSE c.amount - c.withheld - c.arrived END, NULL
               FROM charge c
              WHERE c.book_id = $1 AND c.settlement = $2 AND c.id > $3
                AND NOT EXISTS (SELECT FROM settlement_line l
                                 WHERE l.book_id = $1 AND l.settlement = $2 AND l.charge = c.id)
              ORDER BY c.id LIMIT $4)
            ORDER BY 1 LIMIT $4) AS u JOIN charge o ON o.book_id = $1 AND o.id = u.charge ORDER BY u.charge",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* settlement */ &id.object, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    let charge = |row: &Row| {
        Ok(OfCharge {
            charge: ChargeId::new(id.book, row.get("charge")),
            arrived: row.get("arrived"),
            missing: row.get("missing"),
            fee: row.get("fee"),
            original: original(row)?,
        })
    };
    rows.iter().map(charge).collect()
}
