//! Withdrawals of partners and rails, and the pledges that they concern.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PledgeId, WithdrawalId};
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::withdrawal::{Leaver, Withdrawal};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn withdrawal(row: &Row) -> Result<Withdrawal, Error> {
    let id = WithdrawalId::new(BookId(row.get("book_id")), row.get("id"));
    let leaver = match (row.get::<_, Option<Uuid>>("partner"), row.get::<_, Option<&str>>("rail")) {
        (Some(partner), None) => Leaver::Partner(OrganisationId(partner)),
        (None, Some(rail)) => Leaver::Rail(word(rail)?),
        (Some(_) | None, Some(_) | None) => {
            return Err(Error::inconsistent(format!("withdrawal {id}: who leaves")));
        }
    };
    Ok(Withdrawal {
        id,
        leaver,
        created_at: row.get("created_at"),
        from: row.get("from_at"),
        last_day: row.get("last_day"),
        reason: row.get("reason"),
        restored_at: row.get("restored_at"),
        version: row.get("version"),
    })
}

fn parts(leaver: Leaver) -> (Option<Uuid>, Option<&'static str>) {
    match leaver {
        Leaver::Partner(partner) => (Some(partner.0), None),
        Leaver::Rail(rail) => (None, Some(rail.as_str())),
    }
}

/// Writes a new one, unless one stands already; says whether it was written.
pub async fn insert(tx: &Transaction<'_>, new: &Withdrawal) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- withdrawals::insert
            INSERT INTO withdrawal (book_id, id, partner, rail, created_at, from_at, last_day, reason, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        )
        .await?;
    let (partner, rail) = parts(new.leaver);
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &partner,
                /* rail */ &rail,
                /* created_at */ &new.created_at,
                /* from_at */ &new.from,
                /* last_day */ &new.last_day,
                /* reason */ &new.reason,
                /* state */ &new.state(new.created_at).as_str(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// It is taken back at a moment; its version rises.
pub async fn update_restored(tx: &Transaction<'_>, id: WithdrawalId, at: Timestamp) -> Result<Withdrawal, Error> {
    let statement = tx
        .prepare_cached(
            "-- withdrawals::update_restored
            UPDATE withdrawal SET state = 'restored', restored_at = $3, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* restored_at */ &at]).await?;
    withdrawal(&row)
}

/// What was announced is in force; nothing when it was before, or was taken back.
pub async fn update_in_force(tx: &Transaction<'_>, id: WithdrawalId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- withdrawals::update_in_force
            UPDATE withdrawal SET state = 'in_force', version = version + 1
             WHERE book_id = $1 AND id = $2 AND state = 'announced'",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    Ok(())
}

/// The one with an id.
pub async fn get(client: &impl GenericClient, id: WithdrawalId) -> Result<Withdrawal, Error> {
    let statement =
        client.prepare_cached("-- withdrawals::get\nSELECT * FROM withdrawal WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(withdrawal).transpose()?.ok_or(Error::NotFound("withdrawal"))
}

/// The one of a partner or a rail that stands, locked; none when none does.
pub async fn lock_standing(tx: &Transaction<'_>, book: BookId, leaver: Leaver) -> Result<Option<Withdrawal>, Error> {
    let statement = tx
        .prepare_cached(
            "-- withdrawals::lock_standing
            SELECT * FROM withdrawal
             WHERE book_id = $1 AND restored_at IS NULL AND (partner = $2 OR rail = $3) FOR UPDATE",
        )
        .await?;
    let (partner, rail) = parts(leaver);
    let row = tx.query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner, /* rail */ &rail]).await?;
    row.as_ref().map(withdrawal).transpose()
}

/// All of a partner and of a rail, also those that were taken back.
pub async fn of(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    rail: Rail,
) -> Result<Vec<Withdrawal>, Error> {
    let statement = client
        .prepare_cached(
            "-- withdrawals::of
            SELECT * FROM withdrawal WHERE book_id = $1 AND (partner = $2 OR rail = $3)",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* rail */ &rail.as_str()]).await?;
    rows.iter().map(withdrawal).collect()
}

/// Those of a book that stand.
pub async fn list_standing(client: &impl GenericClient, book: BookId) -> Result<Vec<Withdrawal>, Error> {
    let statement = client
        .prepare_cached(
            "-- withdrawals::list_standing
            SELECT * FROM withdrawal WHERE book_id = $1 AND restored_at IS NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0]).await?;
    rows.iter().map(withdrawal).collect()
}

/// Those of a book, the oldest first, after an id; of what a partner sees, its own and those of rails.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    seen_by: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Withdrawal>, Error> {
    let statement = client
        .prepare_cached(
            "-- withdrawals::list
            SELECT * FROM withdrawal
             WHERE book_id = $1 AND id > $2 AND ($3::uuid IS NULL OR partner IS NULL OR partner = $3) ORDER BY id LIMIT $4",
        )
        .await?;
    let seen_by = seen_by.map(|partner| partner.0);
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* after */ &after, /* seen_by */ &seen_by,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(withdrawal).collect()
}

/// A plan that waits because its partner or its rail is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The pledge.
    pub pledge: PledgeId,
    /// The partner that brought it.
    pub partner: OrganisationId,
    /// What the partner calls it.
    pub reference: String,
    /// When it lapses.
    pub until: Timestamp,
    /// Whether the donor has an address to which that was mailed; else the partner has to tell them.
    pub has_address: bool,
}

/// The plans that wait for the end of a withdrawal or for a move, by id, after one; all partners', or one's.
pub async fn waiting(
    client: &impl GenericClient,
    of: &Withdrawal,
    only: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    let statement = client
        .prepare_cached(
            "-- withdrawals::waiting
            SELECT p.id, p.partner, p.reference, p.state_until, d.email <> '' AS has_address
              FROM pledge p JOIN donor d ON d.book_id = p.book_id AND d.id = p.donor
             WHERE p.book_id = $1 AND p.id > $2 AND (p.partner = $3 OR p.rail = $4) AND p.state = 'needs_action'
               AND p.state_detail IN ('partner_withdrawn', 'rail_withdrawn') AND ($5::uuid IS NULL OR p.partner = $5)
             ORDER BY p.id LIMIT $6",
        )
        .await?;
    let (partner, rail) = parts(of.leaver);
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &of.id.book.0,
                /* after */ &after,
                /* partner */ &partner,
                /* rail */ &rail,
                /* only */ &only.map(|only| only.0),
                /* limit */ &limit,
            ],
        )
        .await?;
    let waiting = |row: &Row| Waiting {
        pledge: PledgeId::new(of.id.book, row.get("id")),
        partner: OrganisationId(row.get("partner")),
        reference: row.get("reference"),
        until: row.get("state_until"),
        has_address: row.get("has_address"),
    };
    Ok(rows.iter().map(waiting).collect())
}

/// Pledges that a partner or a rail collects and that run, or wait for it, by id, after one.
pub async fn concerned(
    client: &impl GenericClient,
    of: &Withdrawal,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- withdrawals::concerned
            SELECT id FROM pledge
             WHERE book_id = $1 AND id > $2 AND (partner = $3 OR rail = $4)
               AND (state = 'active'
                    OR (state = 'needs_action' AND state_detail IN ('partner_withdrawn', 'rail_withdrawn')))
             ORDER BY id LIMIT $5",
        )
        .await?;
    let (partner, rail) = parts(of.leaver);
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &of.id.book.0,
                /* after */ &after,
                /* partner */ &partner,
                /* rail */ &rail,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| PledgeId::new(of.id.book, row.get("id"))).collect())
}
