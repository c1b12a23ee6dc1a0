//! What sponsors gave for purses.

use crate::challenges::rules::purse::{Capture, Contribution};
use crate::engine::store::rows::{digest, money, sum, word};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, ChallengeId, OrganisationId, PurseContributionId, SettlementId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Contribution, Error> {
    let book = BookId(row.get("book_id"));
    let capture = match (row.get::<_, Option<String>>("provider_reference"), row.get::<_, Option<Uuid>>("settlement")) {
        (Some(provider_reference), Some(settlement)) => Some(Capture {
            provider_reference,
            settlement: SettlementId::new(book, settlement),
            on: row.get("captured_on"),
            entry: row.get("entry"),
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(Error::inconsistent("a contribution that is half captured")),
    };
    Ok(Contribution {
        id: PurseContributionId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        sponsor: OrganisationId(row.get("sponsor")),
        partner: OrganisationId(row.get("partner")),
        reference: row.get("reference"),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        returned: row.get("returned"),
        rolled: row.get("rolled"),
        rolled_from: row.get::<_, Option<Uuid>>("rolled_from").map(|id| PurseContributionId::new(book, id)),
        rules_version: row.get("rules_version"),
        rules: digest(row.get("rules_sha256"))?,
        is_agreed: row.get("is_agreed"),
        state: word(row.get("state"))?,
        capture,
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new contribution, pledged; `false` when the custodian has one with its reference.
pub async fn insert(tx: &Transaction<'_>, new: &Contribution) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::insert
            INSERT INTO purse_contribution (book_id, id, challenge, sponsor, partner, reference, amount, currency,
                                            rules_version, rules_sha256, state, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pledged', $11)
            ON CONFLICT (book_id, partner, reference) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* challenge */ &new.challenge.object,
                /* sponsor */ &new.sponsor.0,
                /* partner */ &new.partner.0,
                /* reference */ &new.reference,
                /* amount */ &new.amount.minor(),
                /* currency */ &new.amount.currency().code(),
                /* rules_version */ &new.rules_version,
                /* rules_sha256 */ &new.rules.0.as_slice(),
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The contribution with an id.
pub async fn get(client: &impl GenericClient, id: PurseContributionId) -> Result<Contribution, Error> {
    let statement = client
        .prepare_cached("-- contributions::get\nSELECT * FROM purse_contribution WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// What a partner brought under a reference of its own, if it did.
pub async fn find_by_reference(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    reference: &str,
) -> Result<Option<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::find_by_reference
            SELECT * FROM purse_contribution WHERE book_id = $1 AND partner = $2 AND reference = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* reference */ &reference])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The contributions to a challenge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::list
            SELECT * FROM purse_contribution WHERE book_id = $1 AND challenge = $2 AND id > $3 ORDER BY id LIMIT $4",
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

/// The contributions to a challenge that one partner brought, the oldest first, after an id.
pub async fn list_of_partner(
    client: &impl GenericClient,
    challenge: ChallengeId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::list_of_partner
            SELECT * FROM purse_contribution
             WHERE book_id = $1 AND challenge = $2 AND partner = $3 AND id > $4 ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* partner */ &partner.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Whether a payment that a custodian names so is in the purse of a challenge already.
pub async fn provider_reference_taken(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    provider_reference: &str,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::provider_reference_taken
            SELECT EXISTS (SELECT FROM purse_contribution
                            WHERE book_id = $1 AND partner = $2 AND provider_reference = $3)",
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

/// Whether a custodian that is frozen holds a settled contribution to the purse of a challenge.
pub async fn is_frozen(client: &impl GenericClient, challenge: ChallengeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::is_frozen
            SELECT EXISTS (SELECT FROM custodian_freeze f
                             JOIN purse_contribution c ON c.book_id = f.book_id AND c.partner = f.custodian
                            WHERE f.book_id = $1 AND f.released_at IS NULL AND c.challenge = $2 AND c.state = 'settled')",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get(0))
}

/// All contributions to a challenge that a custodian has or had, the oldest first.
pub async fn captured(client: &impl GenericClient, challenge: ChallengeId) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::captured
            SELECT * FROM purse_contribution WHERE book_id = $1 AND challenge = $2 AND state <> 'pledged' ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    rows.iter().map(from_row).collect()
}

/// What was given to a challenge, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Promised, no money yet.
    pub pledged: i128,
    /// At a custodian, not yet arrived.
    pub captured: i64,
    /// Arrived.
    pub settled: i64,
    /// What went back, of what had arrived.
    pub returned: i64,
    /// What went on to other challenges, of what had arrived.
    pub rolled: i64,
}

/// What was given to a challenge. What has moved the purse is bounded by its account, what is only pledged by nothing.
pub async fn totals(client: &impl GenericClient, challenge: ChallengeId) -> Result<Totals, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::totals
            SELECT coalesce(sum(amount) FILTER (WHERE state = 'pledged'), 0)::text AS pledged,
                   coalesce(sum(amount) FILTER (WHERE state = 'captured'), 0)::bigint AS captured,
                   coalesce(sum(amount) FILTER (WHERE state IN ('settled', 'returned')), 0)::bigint AS settled,
                   coalesce(sum(returned), 0)::bigint AS returned, coalesce(sum(rolled), 0)::bigint AS rolled
              FROM purse_contribution WHERE book_id = $1 AND challenge = $2",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(Totals {
        pledged: sum(&row, "pledged")?,
        captured: row.get("captured"),
        settled: row.get("settled"),
        returned: row.get("returned"),
        rolled: row.get("rolled"),
    })
}

/// A custodian has the money. The caller has locked the challenge.
pub async fn update_captured(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    capture: &Capture,
) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::update_captured
            UPDATE purse_contribution SET state = 'captured', provider_reference = $3, settlement = $4,
                                          captured_on = $5, entry = $6, version = version + 1
             WHERE book_id = $1 AND id = $2 AND state = 'pledged'
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* provider_reference */ &capture.provider_reference,
                /* settlement */ &capture.settlement.object,
                /* captured_on */ &capture.on,
                /* entry */ &capture.entry,
            ],
        )
        .await?;
    from_row(&row)
}

/// `minor` more minor units went back to the sponsor.
pub async fn update_returned(tx: &Transaction<'_>, id: PurseContributionId, minor: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::update_returned
            UPDATE purse_contribution SET state = 'returned', returned = returned + $3, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* returned */ &minor]).await?;
    Ok(())
}

/// The contribution, its row locked until the transaction ends. Its challenge is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: PurseContributionId) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::lock
            SELECT * FROM purse_contribution WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// The sponsor agreed to a version of the rules.
pub async fn update_agreed(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    version: i32,
    rules: Digest,
) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::update_agreed
            UPDATE purse_contribution SET rules_version = $3, rules_sha256 = $4, is_agreed = true, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* rules_version */ &version,
                /* rules_sha256 */ &rules.0.as_slice(),
            ],
        )
        .await?;
    from_row(&row)
}

/// `minor` more minor units went on to another challenge.
pub async fn update_rolled(tx: &Transaction<'_>, id: PurseContributionId, minor: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::update_rolled
            UPDATE purse_contribution SET rolled = rolled + $3, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* rolled */ &minor]).await?;
    Ok(())
}

/// Whether a purse holds what rolled over from another challenge.
pub async fn has_rolled_in(client: &impl GenericClient, challenge: ChallengeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::has_rolled_in
            SELECT EXISTS (SELECT FROM purse_contribution
                            WHERE book_id = $1 AND challenge = $2 AND rolled_from IS NOT NULL AND state = 'settled')",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get(0))
}

/// What rolled over from another challenge, by an entry of the journal: it is settled, and nobody has agreed to the rules.
pub async fn insert_rolled(
    tx: &Transaction<'_>,
    new: &Contribution,
    from: PurseContributionId,
    entry: i64,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::insert_rolled
            INSERT INTO purse_contribution (book_id, id, challenge, sponsor, partner, reference, amount, currency,
                                            rules_version, rules_sha256, state, created_at, rolled_from, entry, is_agreed)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'settled', $11, $12, $13, false)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* challenge */ &new.challenge.object,
            /* sponsor */ &new.sponsor.0,
            /* partner */ &new.partner.0,
            /* reference */ &new.reference,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* rules_version */ &new.rules_version,
            /* rules_sha256 */ &new.rules.0.as_slice(),
            /* created_at */ &new.created_at,
            /* rolled_from */ &from.object,
            /* entry */ &entry,
        ],
    )
    .await?;
    Ok(())
}
