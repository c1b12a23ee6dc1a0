//! What was built on what: the edges between submissions, with what fixed share plans make of them.

use crate::error::Error;
use crate::id::{BookId, ChallengeId, OrganisationId, SharePlanId, SubmissionId};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

/// What was built on what, among the work that was handed in to a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What builds on the other.
    pub submission: SubmissionId,
    /// The team whose work that is.
    pub team: OrganisationId,
    /// Place in its list, from 1.
    pub number: i16,
    /// Name of its stage.
    pub stage: String,
    /// The other.
    pub builds_on: SubmissionId,
    /// The team whose work that is.
    pub of_team: OrganisationId,
    /// What was taken over.
    pub part: String,
    /// How much of the whole, hundredths of a percent.
    pub share: u16,
    /// The fixed share plan of the submission; none where none is fixed.
    pub plan: Option<SharePlanId>,
    /// What that plan gives the other team, hundredths of a percent; none where none is fixed, or it gives nothing.
    pub fixed_share: Option<u16>,
}

/// What was built on what, by submission and number, after a pair of them.
pub async fn edges(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: (Uuid, i16),
    limit: i64,
) -> Result<Vec<Edge>, Error> {
    let statement = client
        .prepare_cached(
            "-- attributions::edges
            SELECT s.id, s.team, s.stage, a.number, a.builds_on, a.part, a.share, o.team AS of_team, p.id AS plan,
                   t.share AS fixed_share
              FROM submission s
              JOIN attribution a ON a.book_id = s.book_id AND a.submission = s.id AND a.revision = s.revision
              JOIN submission o ON o.book_id = a.book_id AND o.id = a.builds_on
              LEFT JOIN share_plan p ON p.book_id = s.book_id AND p.submission = s.id AND p.state = 'fixed'
              LEFT JOIN share_part t ON t.book_id = s.book_id AND t.plan = p.id AND t.revision = p.revision AND t.team = o.team
             WHERE s.book_id = $1 AND s.challenge = $2 AND s.state = 'submitted' AND (s.id, a.number) > ($3, $4)
             ORDER BY s.id, a.number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after.0,
                /* after_number */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    let edge = |row: &Row| Edge {
        submission: SubmissionId::new(challenge.book, row.get("id")),
        team: OrganisationId(row.get("team")),
        number: row.get("number"),
        stage: row.get("stage"),
        builds_on: SubmissionId::new(challenge.book, row.get("builds_on")),
        of_team: OrganisationId(row.get("of_team")),
        part: row.get("part"),
        share: row.get::<_, i16>("share").cast_unsigned(),
        plan: row.get::<_, Option<Uuid>>("plan").map(|plan| SharePlanId::new(challenge.book, plan)),
        fixed_share: row.get::<_, Option<i16>>("fixed_share").map(i16::cast_unsigned),
    };
    Ok(rows.iter().map(edge).collect())
}

/// What some submissions build on, as their present texts say it: each with the other one, in order.
pub async fn sources(
    client: &impl GenericClient,
    book: BookId,
    of: &[SubmissionId],
) -> Result<Vec<(SubmissionId, SubmissionId)>, Error> {
    let ids: Vec<Uuid> = of.iter().map(|id| id.object).collect();
    let statement = client
        .prepare_cached(
            "-- attributions::sources
            SELECT s.id, a.builds_on FROM submission s
              JOIN attribution a ON a.book_id = s.book_id AND a.submission = s.id AND a.revision = s.revision
             WHERE s.book_id = $1 AND s.id = ANY($2) ORDER BY a.submission, a.number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* submissions */ &ids]).await?;
    let id = |row: &Row, column: &str| SubmissionId::new(book, row.get(column));
    Ok(rows.iter().map(|row| (id(row, "id"), id(row, "builds_on"))).collect())
}
