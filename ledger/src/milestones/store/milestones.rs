//! Milestones, and what of a campaign's money is set aside for them.

use crate::engine::store::rows::{days, money, word};
use crate::error::Error;
use crate::evidence::Gate;
use crate::id::{BookId, CampaignId, ClaimId, MilestoneId, OrganisationId, PersonId};
use crate::milestones::rules::milestone::{Milestone, MilestoneState, Policy};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Milestone, Error> {
    let book = BookId(row.get("book_id"));
    let claim = row.get::<_, Option<Uuid>>("claim_id").map(|id| ClaimId::new(book, id));
    let state = match (row.get::<_, &str>("state"), claim) {
        ("planned", None) => MilestoneState::Planned,
        ("funded", None) => MilestoneState::Funded,
        ("claimed", Some(claim)) => MilestoneState::Claimed { claim },
        ("partly_released", None) => MilestoneState::PartlyReleased,
        ("released", None) => MilestoneState::Released,
        ("cancelled", None) => MilestoneState::Cancelled { reason: row.get("reason") },
        (other, _) => return Err(Error::inconsistent(format!("a milestone in the state {other}"))),
    };
    Ok(Milestone {
        id: MilestoneId::new(book, row.get("id")),
        campaign: CampaignId::new(book, row.get("campaign_id")),
        team: OrganisationId(row.get("team")),
        name: row.get("name"),
        description: row.get("description"),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        released: row.get("released_total"),
        policy: Policy {
            reviewers_needed: u8::try_from(row.get::<_, i16>("reviewers_needed"))
                .map_err(|_| Error::inconsistent("reviewers_needed"))?,
            review_days: days(row, "review_days")?,
            objection_days: days(row, "objection_days")?,
            on_silence: word(row.get("on_silence"))?,
            threshold: row.get("threshold"),
        },
        gate: Gate {
            licence: row.get("gate_licence"),
            design_files: row.get("gate_design"),
            enterprise_plan: row.get("gate_enterprise"),
        },
        state,
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new milestone, planned.
pub async fn insert(tx: &Transaction<'_>, new: &Milestone) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- milestones::insert
            INSERT INTO milestone (book_id, id, campaign_id, team, name, description, amount, currency, reviewers_needed,
                                   review_days, objection_days, on_silence, threshold, gate_licence, gate_design,
                                   gate_enterprise, state, version, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* campaign_id */ &new.campaign.object,
            /* team */ &new.team.0,
            /* name */ &new.name,
            /* description */ &new.description,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* reviewers_needed */ &i16::from(new.policy.reviewers_needed),
            /* review_days */ &new.policy.review_days.cast_signed(),
            /* objection_days */ &new.policy.objection_days.cast_signed(),
            /* on_silence */ &new.policy.on_silence.as_str(),
            /* threshold */ &new.policy.threshold,
            /* gate_licence */ &new.gate.licence,
            /* gate_design */ &new.gate.design_files,
            /* gate_enterprise */ &new.gate.enterprise_plan,
            /* state */ &new.state.as_str(),
            /* version */ &new.version,
            /* created_at */ &new.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// The milestone with this id.
pub async fn get(client: &impl GenericClient, id: MilestoneId) -> Result<Milestone, Error> {
    let statement = client
        .prepare_cached(
            "-- milestones::get
            SELECT * FROM milestone WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("milestone"))
}

/// The milestone, its row locked until the transaction ends. Its campaign is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: MilestoneId) -> Result<Milestone, Error> {
    let statement = tx
        .prepare_cached(
            "-- milestones::lock
            SELECT * FROM milestone WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("milestone"))
}

/// The milestones of a campaign, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Milestone>, Error> {
    let statement = client
        .prepare_cached(
            "-- milestones::list
            SELECT * FROM milestone WHERE book_id = $1 AND campaign_id = $2 AND id > $3 ORDER BY id LIMIT $4",
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

/// The milestones of a campaign whose team a person belongs to, the oldest first, after an id.
pub async fn list_of_person(
    client: &impl GenericClient,
    campaign: CampaignId,
    person: PersonId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Milestone>, Error> {
    let statement = client
        .prepare_cached(
            "-- milestones::list_of_person
            SELECT * FROM milestone
             WHERE book_id = $1 AND campaign_id = $2 AND id > $4
               AND team IN (SELECT organisation FROM membership WHERE person = $3)
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign_id */ &campaign.object,
                /* person */ &person.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// A milestone with the names of what it lies in.
#[derive(Debug, Clone)]
pub struct OfTeam {
    /// The milestone.
    pub milestone: Milestone,
    /// The title of its campaign.
    pub campaign: String,
    /// The name of its book.
    pub book: String,
}

/// The milestones, over all books, whose team a person belongs to: those of the youngest books first, after a place.
pub async fn list_of_teams(
    client: &impl GenericClient,
    person: PersonId,
    after: Option<(i32, Uuid)>,
    limit: i64,
) -> Result<Vec<OfTeam>, Error> {
    let statement = client
        .prepare_cached(
            "-- milestones::list_of_teams
            SELECT m.*, c.title AS of_campaign, b.name AS of_book
              FROM book b
              JOIN milestone m ON m.book_id = b.number
              JOIN campaign c ON c.book_id = m.book_id AND c.id = m.campaign_id
             WHERE m.team IN (SELECT organisation FROM membership WHERE person = $1)
               AND ($2::int IS NULL OR (m.book_id, m.id) < ($2, $3))
             ORDER BY m.book_id DESC, m.id DESC LIMIT $4",
        )
        .await?;
    let (book, id) = after.unzip();
    let rows = client
        .query(&statement, &[/* person */ &person.0, /* book_id */ &book, /* id */ &id, /* limit */ &limit])
        .await?;
    let of_team = |row: &Row| {
        Ok(OfTeam { milestone: from_row(row)?, campaign: row.get("of_campaign"), book: row.get("of_book") })
    };
    rows.iter().map(of_team).collect()
}

/// The milestones of a campaign for which money is set aside and that nobody claims, locked. The caller has locked the campaign.
pub async fn lock_unclaimed(tx: &Transaction<'_>, campaign: CampaignId) -> Result<Vec<Milestone>, Error> {
    let statement = tx
        .prepare_cached(
            "-- milestones::lock_unclaimed
            SELECT * FROM milestone
             WHERE book_id = $1 AND campaign_id = $2 AND state IN ('funded', 'partly_released') ORDER BY id FOR NO KEY UPDATE",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &campaign.book.0, /* campaign_id */ &campaign.object]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves where it stands now, and raises the version; answers it as it is then. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, milestone: &Milestone) -> Result<Milestone, Error> {
    let (claim, reason) = match &milestone.state {
        MilestoneState::Claimed { claim } => (Some(claim.object), ""),
        MilestoneState::Cancelled { reason } => (None, reason.as_str()),
        MilestoneState::Planned
        | MilestoneState::Funded
        | MilestoneState::PartlyReleased
        | MilestoneState::Released => (None, ""),
    };
    let statement = tx
        .prepare_cached(
            "-- milestones::update
            UPDATE milestone SET state = $3, claim_id = $4, released_total = $5, reason = $6, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &milestone.id.book.0,
                /* id */ &milestone.id.object,
                /* state */ &milestone.state.as_str(),
                /* claim_id */ &claim,
                /* released_total */ &milestone.released,
                /* reason */ &reason,
            ],
        )
        .await?;
    from_row(&row)
}
