//! What waits for a person about how prizes are divided.

use super::tasks::{task, waiting};
use crate::desk::rules::task::{Place, Task, TaskObject};
use crate::error::Error;
use crate::id::{PersonId, SharePlanId};
use deadpool_postgres::GenericClient;

/// Share plans of which the person has something to say: for a team that is asked, for the team that proposes, or as an owner of the host
/// who may decide.
pub async fn share_plans(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- share_tasks::share_plans
        SELECT CASE WHEN p.state = 'proposed' THEN 'attest_share' WHEN w.of_team THEN 'revise_shares' ELSE 'decide_shares' END AS kind,
               p.book_id, p.id, c.title, b.uid, b.name, p.state_until AS until
          FROM book b
          JOIN share_plan p ON p.book_id = b.number AND p.state IN ('proposed', 'objected')
          JOIN challenge c ON c.book_id = p.book_id AND c.id = p.challenge
         CROSS JOIN LATERAL (
               SELECT EXISTS (SELECT FROM membership m WHERE m.organisation = p.team AND m.person = $1) AS of_team,
                      EXISTS (SELECT FROM share_part t JOIN membership m ON m.organisation = t.team
                               WHERE t.book_id = p.book_id AND t.plan = p.id AND t.revision = p.revision AND t.state = 'open'
                                 AND m.person = $1) AS is_asked,
                      EXISTS (SELECT FROM share_part t
                               WHERE t.book_id = p.book_id AND t.plan = p.id AND t.revision = p.revision
                                 AND (EXISTS (SELECT FROM membership m WHERE m.organisation = t.team AND m.person = $1)
                                      OR EXISTS (SELECT FROM declared_tie d WHERE d.book_id = p.book_id
                                                    AND d.organisation = t.team AND d.person = $1))) AS is_tied) AS w
         WHERE (p.state_until, p.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND ((p.state = 'proposed' AND w.is_asked)
                OR (p.state = 'objected'
                    AND (w.of_team
                         OR (EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                                        AND r.role = 'owner')
                             AND NOT w.is_tied
                             AND NOT EXISTS (SELECT FROM judge j WHERE j.book_id = p.book_id AND j.challenge = p.challenge
                                                AND j.person = $1)))))
         ORDER BY p.state_until, p.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::SharePlan(SharePlanId::new(book, id)))).collect()
}
