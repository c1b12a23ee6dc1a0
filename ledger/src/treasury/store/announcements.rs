//! Settlements that custodians have announced, and their charges.

use super::reported::OfCharge;
use crate::engine::store::rows::{money, original, word};
use crate::error::Error;
use crate::id::{BankLineId, BookId, ChargeId, CredentialId, OrganisationId, SettlementId};
use crate::money::Currency;
use crate::treasury::rules::announcement::{Announcement, AnnouncementState, Differing};
use crate::treasury::rules::reported::Line;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Announcement, Error> {
    let book = BookId(row.get("book_id"));
    let line = row.get::<_, Option<Uuid>>("line").map(|line| BankLineId::new(book, line));
    let differs: &str = row.get("differs");
    let state: AnnouncementState = word(row.get("state"))?;
    let differing = match line {
        Some(line) if !differs.is_empty() => Some(Differing { line, reason: word(differs)?, came: row.get("came") }),
        Some(_) | None => None,
    };
    let content = row.get::<_, Vec<u8>>("content").try_into();
    Ok(Announcement {
        id: SettlementId::new(book, row.get("id")),
        partner: OrganisationId(row.get("partner")),
        credential: CredentialId(row.get("credential")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        day: row.get("day"),
        reference: row.get("reference"),
        missing: row.get::<_, bool>("is_short").then(|| row.get("reason")),
        content: content.map_err(|_| Error::inconsistent("a digest of another length"))?,
        state,
        settled_by: line.filter(|_| state == AnnouncementState::Settled),
        differing,
        announced_at: row.get("announced_at"),
        ended_at: row.get("ended_at"),
        version: row.get("version"),
    })
}

/// Puts what a custodian reports and the lines of its bank one after the other, so that neither misses the other: reports alone, lines beside lines.
pub async fn order(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    is_report: bool,
) -> Result<(), Error> {
    let statement = if is_report {
        tx.prepare_cached(
            "-- announcements::order\nSELECT FROM book_partner WHERE book_id = $1 AND organisation = $2 FOR NO KEY UPDATE",
        )
        .await?
    } else {
        tx.prepare_cached(
            "-- announcements::order\nSELECT FROM book_partner WHERE book_id = $1 AND organisation = $2 FOR SHARE",
        )
        .await?
    };
    tx.query_opt(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0]).await?;
    Ok(())
}

/// Writes a new one.
///
/// # Errors
///
/// [`Error::StillRunning`] when another request has just used its reference.
pub async fn insert(tx: &Transaction<'_>, new: &Announcement) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::insert
            INSERT INTO settlement_announcement (book_id, id, partner, credential, line, amount, came, announced_at, day, is_short,
                                                 state, differs, currency, reference, reason, content)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'announced', $11, $12, $13, $14, $15)",
        )
        .await?;
    let differing = new.differing;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* partner */ &new.partner.0,
                /* credential */ &new.credential.0,
                /* line */ &differing.map(|it| it.line.object),
                /* amount */ &new.amount.minor(),
                /* came */ &differing.map_or(0, |it| it.came),
                /* announced_at */ &new.announced_at,
                /* day */ &new.day,
                /* is_short */ &new.missing.is_some(),
                /* differs */ &differing.map_or("", |it| it.reason.as_str()),
                /* currency */ &new.amount.currency().code(),
                /* reference */ &new.reference,
                /* reason */ &new.missing.as_deref().unwrap_or_default(),
                /* content */ &new.content.as_slice(),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Err(Error::StillRunning),
        Err(error) => Err(error.into()),
    }
}

/// Its charges, in the order of the report.
pub async fn insert_lines(tx: &Transaction<'_>, id: SettlementId, lines: &[Line]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::insert_lines
            INSERT INTO settlement_announcement_line (book_id, announcement, charge, amount, fee, place)
            SELECT $1, $2, l.charge, l.amount, l.fee, l.place - 1
              FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS l (charge, amount, fee, place)",
        )
        .await?;
    let charges: Vec<Uuid> = lines.iter().map(|line| line.charge.object).collect();
    let amounts: Vec<i64> = lines.iter().map(|line| line.amount.minor()).collect();
    let fees: Vec<Option<i64>> = lines.iter().map(|line| line.fee).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* announcement */ &id.object, /* charges */ &charges,
            /* amounts */ &amounts, /* fees */ &fees,
        ],
    )
    .await?;
    Ok(())
}

/// Its charges, in the order of the report.
pub async fn lines(client: &impl GenericClient, id: SettlementId, currency: Currency) -> Result<Vec<Line>, Error> {
    let statement = client
        .prepare_cached(
            "-- announcements::lines
            SELECT charge, amount, fee FROM settlement_announcement_line WHERE book_id = $1 AND announcement = $2
             ORDER BY place LIMIT 10000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* announcement */ &id.object]).await?;
    let line = |row: &Row| {
        Ok(Line {
            charge: ChargeId::new(id.book, row.get("charge")),
            amount: money(row.get("amount"), currency)?,
            fee: row.get("fee"),
        })
    };
    rows.iter().map(line).collect()
}

/// Writes where it stands; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &Announcement) -> Result<Announcement, Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::update
            UPDATE settlement_announcement SET state = $3, line = $4, differs = $5, came = $6, ended_at = $7, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (line, differs, came) = match (changed.settled_by, changed.differing) {
        (Some(line), _) => (Some(line), "", changed.amount.minor()),
        (None, Some(it)) => (Some(it.line), it.reason.as_str(), it.came),
        (None, None) => (None, "", 0),
    };
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* line */ &line.map(|line| line.object),
                /* differs */ &differs,
                /* came */ &came,
                /* ended_at */ &changed.ended_at,
            ],
        )
        .await?;
    from_row(&row)
}

/// The one that a custodian has announced by a reference and not withdrawn; locked.
pub async fn lock_by_reference(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    reference: &str,
) -> Result<Option<Announcement>, Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::lock_by_reference
            SELECT * FROM settlement_announcement
             WHERE book_id = $1 AND partner = $2 AND reference = $3 AND state <> 'withdrawn' FOR UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &reference])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// What a custodian has announced by one of these references and is waited for, the oldest first; locked. A thousand at most.
pub async fn lock_named(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    references: &[&str],
) -> Result<Vec<Announcement>, Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::lock_named
            SELECT * FROM settlement_announcement
             WHERE book_id = $1 AND partner = $2 AND reference = ANY($3) AND state = 'announced'
             ORDER BY id LIMIT 1000 FOR UPDATE",
        )
        .await?;
    let rows =
        tx.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* references */ &references]).await?;
    rows.iter().map(from_row).collect()
}

/// Locks the settlements of the days of what a custodian has announced by these references, by id, before the lines that may settle it.
pub async fn lock_days_named(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    references: &[&str],
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::lock_days_named
            SELECT FROM settlement s
             WHERE s.book_id = $1
               AND s.id IN (SELECT c.settlement FROM settlement_announcement a
                              JOIN settlement_announcement_line l ON l.book_id = a.book_id AND l.announcement = a.id
                              JOIN charge c ON c.book_id = l.book_id AND c.id = l.charge
                             WHERE a.book_id = $1 AND a.partner = $2 AND a.reference = ANY($3) AND a.state = 'announced')
             ORDER BY s.id FOR UPDATE",
        )
        .await?;
    tx.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* references */ &references]).await?;
    Ok(())
}

/// Locks one.
pub async fn lock(tx: &Transaction<'_>, id: SettlementId) -> Result<Option<Announcement>, Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::lock\nSELECT * FROM settlement_announcement WHERE book_id = $1 AND id = $2 FOR UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// One, if it was announced.
pub async fn find(client: &impl GenericClient, id: SettlementId) -> Result<Option<Announcement>, Error> {
    let statement = client
        .prepare_cached("-- announcements::find\nSELECT * FROM settlement_announcement WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// What was announced to a book after an id, the oldest first: by one custodian, or by all.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    partner: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Announcement>, Error> {
    let statement = client
        .prepare_cached(
            "-- announcements::list
            SELECT * FROM settlement_announcement
             WHERE book_id = $1 AND ($2::uuid IS NULL OR partner = $2) AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.map(|partner| partner.0),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The charges of one that is not settled, by their ids, after one: nothing of them has arrived by it.
pub async fn list_charges(
    client: &impl GenericClient,
    id: SettlementId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<OfCharge>, Error> {
    let statement = client
        .prepare_cached(
            "-- announcements::list_charges
            SELECT l.charge, l.amount, l.fee, o.original_amount, o.original_currency
              FROM settlement_announcement_line l JOIN charge o ON o.book_id = l.book_id AND o.id = l.charge
             WHERE l.book_id = $1 AND l.announcement = $2 AND l.charge > $3 ORDER BY l.charge LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* announcement */ &id.object, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    let charge = |row: &Row| {
        Ok(OfCharge {
            charge: ChargeId::new(id.book, row.get("charge")),
            arrived: 0,
            missing: row.get("amount"),
            fee: row.get("fee"),
            original: original(row)?,
        })
    };
    rows.iter().map(charge).collect()
}

/// Withdraws all that is waited for in a book; says how many there were.
pub async fn withdraw_all(tx: &Transaction<'_>, book: BookId, at: Timestamp) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- announcements::withdraw_all
            UPDATE settlement_announcement SET state = 'withdrawn', ended_at = $2, version = version + 1
             WHERE book_id = $1 AND state = 'announced'",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* book_id */ &book.0, /* ended_at */ &at]).await?)
}
