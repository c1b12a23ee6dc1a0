//! Calls for applications.

use crate::engine::store::rows::{days, money, word};
use crate::error::Error;
use crate::evidence::Gate;
use crate::id::{BookId, CampaignId, MilestoneCallId, MilestoneId, PersonId};
use crate::milestones::rules::call::{Call, CallEnd, CallState};
use crate::milestones::rules::milestone::Policy;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Call, Error> {
    let book = BookId(row.get("book_id"));
    let by = row.get::<_, Option<Uuid>>("ended_by").map(PersonId);
    let milestone = row.get::<_, Option<Uuid>>("milestone").map(|id| MilestoneId::new(book, id));
    let end = match (word(row.get("state"))?, by, milestone, row.get::<_, Option<String>>("reason")) {
        (CallState::Open, None, None, None) => None,
        (CallState::Filled, Some(by), Some(milestone), None) => Some(CallEnd::Filled { milestone, by }),
        (CallState::Withdrawn, Some(by), None, Some(reason)) => Some(CallEnd::Withdrawn { by, reason }),
        (CallState::Lapsed, None, None, None) => Some(CallEnd::Lapsed),
        (state @ (CallState::Open | CallState::Filled | CallState::Withdrawn | CallState::Lapsed), ..) => {
            return Err(Error::inconsistent(format!("a call that is {state} and lacks what belongs to it")));
        }
    };
    Ok(Call {
        id: MilestoneCallId::new(book, row.get("id")),
        campaign: CampaignId::new(book, row.get("campaign")),
        made_by: PersonId(row.get("made_by")),
        name: row.get("name"),
        description: row.get("description"),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
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
        applications_until: row.get("applications_until"),
        closes_at: row.get("closes_at"),
        decide_until: row.get("decide_until"),
        ended: end.zip(row.get("ended_at")),
        created_at: row.get("created_at"),
    })
}

/// A new call, open.
pub async fn insert(tx: &Transaction<'_>, new: &Call) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- calls::insert
            INSERT INTO milestone_call (book_id, id, campaign, made_by, name, description, amount, currency, reviewers_needed,
                                        review_days, objection_days, on_silence, threshold, gate_licence, gate_design,
                                        gate_enterprise, applications_until, closes_at, decide_until, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* campaign */ &new.campaign.object,
            /* made_by */ &new.made_by.0,
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
            /* applications_until */ &new.applications_until,
            /* closes_at */ &new.closes_at,
            /* decide_until */ &new.decide_until,
            /* created_at */ &new.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// The call with this id.
pub async fn get(client: &impl GenericClient, id: MilestoneCallId) -> Result<Call, Error> {
    let statement = client
        .prepare_cached(
            "-- calls::get
            SELECT * FROM milestone_call WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("call"))
}

/// The call, its row locked until the transaction ends: whatever is done about it or its applications is done one after the other.
pub async fn lock(tx: &Transaction<'_>, id: MilestoneCallId) -> Result<Call, Error> {
    let statement = tx
        .prepare_cached(
            "-- calls::lock
            SELECT * FROM milestone_call WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("call"))
}

/// The calls of a campaign, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Call>, Error> {
    let statement = client
        .prepare_cached(
            "-- calls::list
            SELECT * FROM milestone_call WHERE book_id = $1 AND campaign = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The calls of a campaign, or of all campaigns of a book, that are open at a moment: those that end first at the top.
pub async fn list_open(
    client: &impl GenericClient,
    book: BookId,
    campaign: Option<CampaignId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Call>, Error> {
    let statement = client
        .prepare_cached(
            "-- calls::list_open
            SELECT * FROM milestone_call
             WHERE book_id = $1 AND ($2::uuid IS NULL OR campaign = $2) AND state = 'open' AND decide_until > $3
             ORDER BY decide_until, id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* campaign */ &campaign.map(|of| of.object),
                /* now */ &now,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// The calls in books that everybody reads for which teams can apply now by the clock of the book: those that close first at the top.
pub async fn list_public(client: &impl GenericClient, wall: Timestamp, limit: i64) -> Result<Vec<Call>, Error> {
    let statement = client
        .prepare_cached(
            "-- calls::list_public
            SELECT c.* FROM book b
              JOIN milestone_call c ON c.book_id = b.number AND c.state = 'open'
               AND c.closes_at > $1::timestamptz + make_interval(secs => b.clock_offset_s)
             WHERE b.visibility = 'public'
             ORDER BY c.closes_at, c.book_id, c.id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* wall */ &wall, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Ends an open call. The caller has locked it.
pub async fn end(tx: &Transaction<'_>, id: MilestoneCallId, end: &CallEnd, at: Timestamp) -> Result<Call, Error> {
    let (milestone, by, reason) = match end {
        CallEnd::Filled { milestone, by } => (Some(milestone.object), Some(by.0), None),
        CallEnd::Withdrawn { by, reason } => (None, Some(by.0), Some(reason.as_str())),
        CallEnd::Lapsed => (None, None, None),
    };
    let statement = tx
        .prepare_cached(
            "-- calls::end
            UPDATE milestone_call SET state = $3, milestone = $4, ended_by = $5, reason = $6, ended_at = $7, version = version + 1
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
                /* state */ &end.state().as_str(),
                /* milestone */ &milestone,
                /* ended_by */ &by,
                /* reason */ &reason,
                /* ended_at */ &at,
            ],
        )
        .await?;
    from_row(&row)
}
