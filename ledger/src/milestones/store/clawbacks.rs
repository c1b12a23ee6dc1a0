//! Clawbacks: what had been released of revoked claims, and what came back of it.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId, ClaimId, MilestoneId, OrganisationId};
use crate::milestones::rules::clawback::Clawback;
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Clawback, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Clawback {
        claim: ClaimId::new(book, row.get("claim_id")),
        milestone: MilestoneId::new(book, row.get("milestone_id")),
        campaign: CampaignId::new(book, row.get("campaign_id")),
        team: OrganisationId(row.get("team")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        unpaid: row.get("unpaid"),
        set_off: row.get("set_off"),
        recovered: row.get("recovered"),
        written_off: row.get("written_off"),
        borne: row.get("borne"),
        entry: row.get("entry_number"),
        reason: row.get("reason"),
        revoked_at: row.get("revoked_at"),
        version: row.get("version"),
    })
}

/// A new one, of a claim that is revoked.
pub async fn insert(tx: &Transaction<'_>, new: &Clawback) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- clawbacks::insert
            INSERT INTO clawback (book_id, claim_id, milestone_id, campaign_id, team, amount, currency, unpaid, entry_number,
                                  reason, revoked_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.claim.book.0,
            /* claim_id */ &new.claim.object,
            /* milestone_id */ &new.milestone.object,
            /* campaign_id */ &new.campaign.object,
            /* team */ &new.team.0,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* unpaid */ &new.unpaid,
            /* entry_number */ &new.entry,
            /* reason */ &new.reason,
            /* revoked_at */ &new.revoked_at,
            /* state */ &new.state(),
        ],
    )
    .await?;
    Ok(())
}

/// The clawback of a claim; none where it is not revoked, or nothing had been released of it.
pub async fn find(client: &impl GenericClient, claim: ClaimId) -> Result<Option<Clawback>, Error> {
    let statement = client
        .prepare_cached(
            "-- clawbacks::find
            SELECT * FROM clawback WHERE book_id = $1 AND claim_id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The clawback of a claim, its row locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, claim: ClaimId) -> Result<Clawback, Error> {
    let statement = tx
        .prepare_cached(
            "-- clawbacks::lock
            SELECT * FROM clawback WHERE book_id = $1 AND claim_id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &claim.book.0, /* claim_id */ &claim.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("clawback"))
}

/// Locks what these teams owe, in the order in which [`lock_owed`] does.
pub async fn lock_of_teams(tx: &Transaction<'_>, book: BookId, teams: &[OrganisationId]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- clawbacks::lock_of_teams
            SELECT claim_id FROM clawback WHERE book_id = $1 AND team = ANY($2) AND state = 'open'
             ORDER BY claim_id FOR NO KEY UPDATE",
        )
        .await?;
    let teams: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    tx.query(&statement, &[/* book_id */ &book.0, /* teams */ &teams]).await?;
    Ok(())
}

/// What a team owes of clawbacks in a currency, the oldest claim first, at most so many; locked until the transaction ends.
pub async fn lock_owed(
    tx: &Transaction<'_>,
    book: BookId,
    team: OrganisationId,
    currency: Currency,
    limit: i64,
) -> Result<Vec<Clawback>, Error> {
    let statement = tx
        .prepare_cached(
            "-- clawbacks::lock_owed
            SELECT * FROM clawback WHERE book_id = $1 AND team = $2 AND currency = $3 AND state = 'open'
             ORDER BY claim_id LIMIT $4 FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* team */ &team.0,
                /* currency */ &currency.code(),
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The clawbacks of a campaign, by claim, after one.
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Clawback>, Error> {
    let statement = client
        .prepare_cached(
            "-- clawbacks::list
            SELECT * FROM clawback WHERE book_id = $1 AND campaign_id = $2 AND claim_id > $3 ORDER BY claim_id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign_id */ &campaign.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Saves what came back, and raises the version. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, changed: &Clawback) -> Result<Clawback, Error> {
    let statement = tx
        .prepare_cached(
            "-- clawbacks::update
            UPDATE clawback SET set_off = $3, recovered = $4, written_off = $5, borne = $6, state = $7, version = version + 1
             WHERE book_id = $1 AND claim_id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.claim.book.0,
                /* claim_id */ &changed.claim.object,
                /* set_off */ &changed.set_off,
                /* recovered */ &changed.recovered,
                /* written_off */ &changed.written_off,
                /* borne */ &changed.borne,
                /* state */ &changed.state(),
            ],
        )
        .await?;
    from_row(&row)
}
