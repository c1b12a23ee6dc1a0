//! Teams that entered a challenge, and their fees.

use crate::challenges::rules::entrant::{Entrant, Withdrawal};
use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::id::{BookId, ChallengeId, EntrantId, OrganisationId, PersonId, SettlementId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

pub(super) fn from_row(row: &Row) -> Result<Entrant, Error> {
    let book = BookId(row.get("book_id"));
    let withdrawn = match row.get::<_, Option<Timestamp>>("withdrawn_at") {
        Some(at) => Some(Withdrawal { at, by: word(row.get("withdrawn_by"))? }),
        None => None,
    };
    Ok(Entrant {
        id: EntrantId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        team: OrganisationId(row.get("team")),
        entered_by: PersonId(row.get("entered_by")),
        collector: row.get::<_, Option<Uuid>>("collector").map(OrganisationId),
        rules_version: row.get("rules_version"),
        rules: digest(row.get("rules_sha256"))?,
        fee: row.get("fee"),
        fee_state: row.get::<_, &str>("fee_state").parse()?,
        withdrawn,
        version: row.get("version"),
        entered_at: row.get("entered_at"),
    })
}

/// A new entry; `false` when the team has entered before.
pub async fn insert(tx: &Transaction<'_>, new: &Entrant) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- entrants::insert
            INSERT INTO entrant (book_id, id, challenge, team, entered_by, rules_version, rules_sha256, fee, fee_state,
                                 entered_at, collector)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (book_id, challenge, team) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* challenge */ &new.challenge.object,
                /* team */ &new.team.0,
                /* entered_by */ &new.entered_by.0,
                /* rules_version */ &new.rules_version,
                /* rules_sha256 */ &new.rules.0.as_slice(),
                /* fee */ &new.fee,
                /* fee_state */ &new.fee_state.as_str(),
                /* entered_at */ &new.entered_at,
                /* collector */ &new.collector.map(|collector| collector.0),
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The entry with an id.
pub async fn get(client: &impl GenericClient, id: EntrantId) -> Result<Entrant, Error> {
    let statement =
        client.prepare_cached("-- entrants::get\nSELECT * FROM entrant WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("entry"))
}

/// The entry, its row locked until the transaction ends. Its challenge is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: EntrantId) -> Result<Entrant, Error> {
    let statement = tx
        .prepare_cached("-- entrants::lock\nSELECT * FROM entrant WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("entry"))
}

/// The entry of a team to a challenge.
pub async fn find_of_team(
    client: &impl GenericClient,
    challenge: ChallengeId,
    team: OrganisationId,
) -> Result<Option<Entrant>, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::find_of_team
            SELECT * FROM entrant WHERE book_id = $1 AND challenge = $2 AND team = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object, /* team */ &team.0],
        )
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The entries to a challenge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Entrant>, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::list
            SELECT * FROM entrant WHERE book_id = $1 AND challenge = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Whether a person belongs to a team that has entered a challenge.
pub async fn includes(client: &impl GenericClient, challenge: ChallengeId, person: PersonId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::includes
            SELECT EXISTS (SELECT FROM entrant e JOIN membership m ON m.organisation = e.team
                            WHERE e.book_id = $1 AND e.challenge = $2 AND m.person = $3)",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* person */ &person.0,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The fee was captured. The caller has locked the entry.
pub async fn update_captured(
    tx: &Transaction<'_>,
    id: EntrantId,
    partner: OrganisationId,
    provider_reference: &str,
    settlement: SettlementId,
    entry: i64,
) -> Result<Entrant, Error> {
    let statement = tx
        .prepare_cached(
            "-- entrants::update_captured
            UPDATE entrant SET fee_state = 'captured', partner = $3, provider_reference = $4, settlement = $5,
                               entry = $6, version = version + 1
             WHERE book_id = $1 AND id = $2 AND fee_state = 'due'
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* partner */ &partner.0,
                /* provider_reference */ &provider_reference,
                /* settlement */ &settlement.object,
                /* entry */ &entry,
            ],
        )
        .await?;
    from_row(&row)
}

/// Whether a payment that a custodian names so paid the fee of this entry.
pub async fn is_paid_by(
    client: &impl GenericClient,
    id: EntrantId,
    partner: OrganisationId,
    provider_reference: &str,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::is_paid_by
            SELECT EXISTS (SELECT FROM entrant
                            WHERE book_id = $1 AND id = $2 AND partner = $3 AND provider_reference = $4)",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* partner */ &partner.0,
                /* provider_reference */ &provider_reference,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Whether a payment that a custodian names so paid a fee already.
pub async fn provider_reference_taken(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    provider_reference: &str,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::provider_reference_taken
            SELECT EXISTS (SELECT FROM entrant WHERE book_id = $1 AND partner = $2 AND provider_reference = $3)",
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

/// How many fees of a challenge are at a custodian and have not arrived.
pub async fn fees_captured(client: &impl GenericClient, challenge: ChallengeId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- entrants::fees_captured
            SELECT count(*) FROM entrant WHERE book_id = $1 AND challenge = $2 AND fee_state = 'captured'",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get(0))
}

/// The settled fees of entries that stand went where the rules say; answers what each was, with its custodian, the oldest first.
pub async fn close_fees(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
) -> Result<Vec<(EntrantId, OrganisationId, i64)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- entrants::close_fees
            UPDATE entrant SET fee_state = 'closed', version = version + 1
             WHERE book_id = $1 AND challenge = $2 AND fee_state = 'settled' AND state = 'entered'
            RETURNING id, partner, fee",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(fees(challenge, &rows))
}

/// What each fee was, with its custodian, the oldest first.
pub(super) fn fees(challenge: ChallengeId, rows: &[Row]) -> Vec<(EntrantId, OrganisationId, i64)> {
    let fee =
        |row: &Row| (EntrantId::new(challenge.book, row.get("id")), OrganisationId(row.get("partner")), row.get("fee"));
    let mut fees: Vec<_> = rows.iter().map(fee).collect();
    fees.sort_unstable();
    fees
}
