//! What waits for a person of claims: their reviews, their disputes, and what two people of the host do to them together.

use super::tasks::{task, waiting};
use crate::desk::rules::task::{Place, Task, TaskObject};
use crate::error::Error;
use crate::id::{ClaimId, DisputeId, PersonId};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

/// Claims that the person may review and has not, and claims of the person's teams in which changes are asked for.
pub async fn claims(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- claim_tasks::claims
        SELECT CASE c.state WHEN 'changes_asked' THEN 'change_claim' ELSE 'review_claim' END AS kind,
               c.book_id, c.id, m.name AS title, b.uid, b.name, c.decide_until AS until
          FROM book b
          JOIN claim c ON c.book_id = b.number
          JOIN milestone m ON m.book_id = c.book_id AND m.id = c.milestone_id
         WHERE c.state IN ('submitted', 'in_review', 'changes_asked')
           AND (c.decide_until, c.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND (c.state = 'changes_asked')
               = EXISTS (SELECT FROM membership t WHERE t.organisation = c.team AND t.person = $1)
           AND (c.state = 'changes_asked'
                OR (EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                               AND (r.role = 'reviewer' OR (c.escalated AND r.role = 'owner')))
                    AND c.claimant <> $1
                    AND NOT EXISTS (SELECT FROM declared_tie d WHERE d.book_id = c.book_id
                                       AND d.organisation = c.team AND d.person = $1)
                    AND NOT EXISTS (SELECT FROM review v WHERE v.book_id = c.book_id AND v.claim_id = c.id
                                       AND v.round = c.round AND v.reviewer = $1)))
         ORDER BY c.decide_until, c.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Claim(ClaimId::new(book, id)))).collect()
}

/// Disputes in which the person has something to say: as the team, as who raised it, or as somebody of the host who may decide.
pub async fn disputes(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- claim_tasks::disputes
        SELECT CASE WHEN d.state = 'open' AND w.of_team THEN 'answer_dispute'
                    WHEN d.state = 'answered' AND d.opened_by = $1 THEN 'reply_dispute' ELSE 'resolve_dispute' END AS kind,
               d.book_id, d.id, c.id AS claim, m.name AS title, b.uid, b.name, d.until
          FROM book b
          JOIN claim c ON c.book_id = b.number AND c.state = 'disputed'
          JOIN dispute d ON d.book_id = c.book_id AND d.claim_id = c.id AND d.state IN ('open', 'answered', 'replied', 'appealed')
          JOIN milestone m ON m.book_id = c.book_id AND m.id = c.milestone_id
         CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM membership t WHERE t.organisation = c.team AND t.person = $1)
                                    AS of_team) AS w
         WHERE (d.until, d.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND ((d.state = 'open' AND w.of_team)
                OR (d.state = 'answered' AND d.opened_by = $1)
                OR (EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                               AND r.role IN ('owner', 'approver'))
                    AND c.claimant <> $1 AND d.opened_by <> $1 AND NOT w.of_team
                    AND (d.state <> 'appealed' OR (d.decided_by <> $1 AND d.appealed_by <> $1))
                    AND NOT EXISTS (SELECT FROM declared_tie t WHERE t.book_id = c.book_id AND t.organisation = c.team
                                       AND t.person = $1)))
         ORDER BY d.until, d.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    let dispute = |row: &Row| {
        let claim: Uuid = row.get("claim");
        task(row, |book, id| TaskObject::Dispute(DisputeId::new(book, id), ClaimId::new(book, claim)))
    };
    rows.iter().map(dispute).collect()
}

/// What somebody else of the host asks for a claim and the person may confirm.
pub async fn claim_requests(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- claim_tasks::claim_requests
        SELECT 'confirm_request' AS kind, c.book_id, c.id, m.name AS title, b.uid, b.name, q.until
          FROM book b
          JOIN claim_request q ON q.book_id = b.number AND q.state = 'requested'
          JOIN claim c ON c.book_id = q.book_id AND c.id = q.claim_id
          JOIN milestone m ON m.book_id = c.book_id AND m.id = c.milestone_id
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'approver'))
           AND (q.until, c.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND c.claimant <> $1 AND q.requested_by <> $1
           AND NOT EXISTS (SELECT FROM membership t WHERE t.organisation = c.team AND t.person = $1)
           AND NOT EXISTS (SELECT FROM declared_tie t WHERE t.book_id = c.book_id AND t.organisation = c.team
                              AND t.person = $1)
         ORDER BY q.until, c.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Claim(ClaimId::new(book, id)))).collect()
}
