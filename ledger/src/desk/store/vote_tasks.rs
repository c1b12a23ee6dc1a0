//! What waits for a person of votes: to cast its own.

use super::tasks::task;
use crate::desk::rules::task::{Place, Task, TaskObject};
use crate::error::Error;
use crate::id::{PersonId, ProposalId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// Open proposals on whose list the person is and on which it has not voted.
pub async fn proposals(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- vote_tasks::proposals
            SELECT 'cast_vote' AS kind, p.book_id, p.id, p.title, b.uid, b.name, p.closes_at AS until
              FROM member m
              JOIN book b ON b.number = m.book_id
              JOIN proposal_elector e ON e.book_id = m.book_id AND e.member_id = m.id
              JOIN proposal p ON p.book_id = e.book_id AND p.id = e.proposal_id AND p.state = 'open'
               AND p.closes_at > $5::timestamptz + make_interval(secs => b.clock_offset_s)
             WHERE m.person = $1
               AND (p.closes_at, p.id) > (coalesce($2::timestamptz, 'infinity'), $3)
               AND NOT EXISTS (SELECT FROM ballot v
                                WHERE v.book_id = e.book_id AND v.proposal_id = e.proposal_id AND v.member_id = e.member_id)
             ORDER BY p.closes_at, p.id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* person */ &person.0,
                /* until */ &after.until,
                /* object */ &after.object,
                /* limit */ &limit,
                /* wall */ &wall,
            ],
        )
        .await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Proposal(ProposalId::new(book, id)))).collect()
}
