//! What waits for a person of calls: to choose among the teams that apply.

use super::tasks::task;
use crate::desk::rules::task::{Place, Task, TaskObject};
use crate::error::Error;
use crate::id::{MilestoneCallId, PersonId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// Calls for which teams apply in books that the person keeps, unless they are close to one of those teams.
pub async fn calls(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- call_tasks::calls
            SELECT 'decide_call' AS kind, c.book_id, c.id, c.name AS title, b.uid, b.name, c.decide_until AS until
              FROM book b
              JOIN milestone_call c ON c.book_id = b.number AND c.state = 'open'
               AND c.decide_until > $5::timestamptz + make_interval(secs => b.clock_offset_s)
             WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                              AND r.role IN ('owner', 'treasurer'))
               AND (c.decide_until, c.id) > (coalesce($2::timestamptz, 'infinity'), $3)
               AND EXISTS (SELECT FROM milestone_application a
                            WHERE a.book_id = c.book_id AND a.call = c.id AND a.state = 'submitted')
               AND NOT EXISTS (SELECT FROM milestone_application a
                                WHERE a.book_id = c.book_id AND a.call = c.id AND a.state = 'submitted'
                                  AND (EXISTS (SELECT FROM membership m WHERE m.organisation = a.team AND m.person = $1)
                                       OR EXISTS (SELECT FROM declared_tie t WHERE t.book_id = a.book_id
                                                     AND t.organisation = a.team AND t.person = $1)))
             ORDER BY c.decide_until, c.id LIMIT $4",
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
    rows.iter().map(|row| task(row, |book, id| TaskObject::Call(MilestoneCallId::new(book, id)))).collect()
}
