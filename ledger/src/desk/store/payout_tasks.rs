//! What waits for a person of bank accounts, payouts and bank statements.

use super::tasks::{task, waiting};
use crate::desk::rules::task::{Place, Task, TaskObject};
use crate::error::Error;
use crate::id::{BankAccountId, BankLineId, PayoutId, PersonId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// Bank accounts that another person of a payee is to confirm.
pub async fn bank_accounts(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- payout_tasks::bank_accounts
        SELECT 'confirm_bank_account' AS kind, a.book_id, a.id, o.name || ', ending in ' || a.last_four AS title, b.uid, b.name,
               a.state_until AS until
          FROM book b
          JOIN bank_account a ON a.book_id = b.number AND a.state = 'proposed'
          JOIN organisation o ON o.id = a.payee
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = a.payee AND r.person = $1
                          AND r.role IN ('owner', 'treasurer'))
           AND a.proposed_by <> $1
           AND (a.state_until, a.id) > (coalesce($2::timestamptz, 'infinity'), $3)
         ORDER BY a.state_until, a.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::BankAccount(BankAccountId::new(book, id)))).collect()
}

/// Payouts that the person may approve, decide about or send, and those that are late.
pub async fn payouts(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_tasks::payouts
            SELECT CASE p.state WHEN 'requested' THEN 'approve_payout' WHEN 'held' THEN 'decide_payout'
                                WHEN 'screened' THEN 'send_payout' ELSE 'chase_payout' END AS kind,
                   p.book_id, p.id,
                   coalesce(o.name, nullif(q.name, ''), 'A member or lender') || ', ' || p.reference AS title, b.uid, b.name, p.state_until AS until
              FROM book b
              JOIN payout p ON p.book_id = b.number AND p.state IN ('requested', 'held', 'screened', 'sent')
              LEFT JOIN organisation o ON o.id = p.payee
              LEFT JOIN person q ON q.id = p.payee
             WHERE CASE p.state
                   WHEN 'held' THEN EXISTS (SELECT FROM person i WHERE i.id = $1 AND i.is_operator)
                   WHEN 'requested' THEN
                       p.requested_by <> $1 AND p.payee <> $1
                       AND EXISTS (SELECT FROM bank_account a WHERE a.book_id = p.book_id AND a.payee = p.payee
                                      AND a.currency = p.currency AND a.state = 'active')
                       AND EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                                      AND r.role IN ('owner', 'approver'))
                       AND NOT EXISTS (SELECT FROM membership t WHERE t.organisation = p.payee AND t.person = $1)
                       AND NOT EXISTS (SELECT FROM declared_tie d WHERE d.book_id = p.book_id AND d.organisation = p.payee
                                          AND d.person = $1)
                   ELSE (p.state = 'screened'
                         OR p.late_from <= (($5::timestamptz + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date)
                       AND EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                                      AND r.role IN ('owner', 'treasurer'))
                   END
               AND (coalesce(p.state_until, 'infinity'), p.id) > (coalesce($2::timestamptz, 'infinity'), $3)
             ORDER BY coalesce(p.state_until, 'infinity'), p.id LIMIT $4",
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
    rows.iter().map(|row| task(row, |book, id| TaskObject::Payout(PayoutId::new(book, id)))).collect()
}

/// Lines of bank statements that match nothing, for the host.
pub async fn bank_lines(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- payout_tasks::bank_lines
        SELECT 'match_bank_line' AS kind, l.book_id, l.id, l.reference AS title, b.uid, b.name, NULL::timestamptz AS until
          FROM book b
          JOIN bank_line l ON l.book_id = b.number AND l.state = 'open'
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'treasurer'))
           AND ($2::timestamptz IS NOT NULL OR l.id > $3)
         ORDER BY l.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::BankLine(BankLineId::new(book, id)))).collect()
}
