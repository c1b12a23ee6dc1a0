//! What waits for a person: a statement for each kind of object. Each is ordered by the end of the task and the object, begins
//! after a place of that order, and looks only into books of organisations in which the person has the role.

use crate::desk::rules::task::{Place, Task, TaskKind, TaskObject};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{
    AffiliationId, BookId, BookRef, ChargeId, ChargebackId, ContributionId, CustodianFreezeId, DistributionId,
    InvitationId, JoinRequestId, OrganisationId, PersonId, PlanMoveId, RedemptionId, SettlementId, SubmissionId,
    SuspenseId,
};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A task that lies in a book.
pub(super) fn task(row: &Row, object: impl Fn(BookId, Uuid) -> TaskObject) -> Result<Task, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Task {
        kind: word(row.get("kind"))?,
        object: object(book, row.get("id")),
        title: row.get("title"),
        book: Some((BookRef::new(book, row.get("uid")), row.get("name"))),
        until: row.get("until"),
    })
}

/// The rows of a statement about a person, after a place, by its end.
pub(super) async fn waiting(
    client: &impl GenericClient,
    text: &'static str,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(text).await?;
    let parameters: [&(dyn ToSql + Sync); 4] = [
        /* person */ &person.0,
        /* until */ &after.until,
        /* object */ &after.object,
        /* limit */ &limit,
    ];
    Ok(client.query(&statement, &parameters).await?)
}

/// Roles that were offered to the person's address.
pub async fn invitations(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- tasks::invitations
            SELECT i.id, o.name || ' (' || i.role || ')' AS title, i.expires_at AS until
              FROM person p
              JOIN invitation i ON i.email = p.email
              JOIN organisation o ON o.id = i.organisation
             WHERE p.id = $1 AND i.accepted_at IS NULL AND i.declined_at IS NULL AND i.withdrawn_at IS NULL
               AND i.expires_at > $5
               AND (i.expires_at, i.id) > (coalesce($2::timestamptz, 'infinity'), $3)
             ORDER BY i.expires_at, i.id LIMIT $4",
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
    let invitation = |row: &Row| Task {
        kind: TaskKind::AcceptInvitation,
        object: TaskObject::Invitation(InvitationId(row.get("id"))),
        title: row.get("title"),
        book: None,
        until: row.get("until"),
    };
    Ok(rows.iter().map(invitation).collect())
}

/// Requests to join the organisations of which the person is an owner.
pub async fn join_requests(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- tasks::join_requests
            SELECT r.id, r.organisation, o.name || ': ' || coalesce(nullif(p.name, ''), p.email) AS title, r.until
              FROM membership m
              JOIN join_request r ON r.organisation = m.organisation
              JOIN organisation o ON o.id = r.organisation
              JOIN person p ON p.id = r.person
             WHERE m.person = $1 AND m.role = 'owner' AND r.outcome IS NULL AND r.until > $5
               AND (r.until, r.id) > (coalesce($2::timestamptz, 'infinity'), $3)
             ORDER BY r.until, r.id LIMIT $4",
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
    let request = |row: &Row| Task {
        kind: TaskKind::AnswerJoinRequest,
        object: TaskObject::JoinRequest(JoinRequestId(row.get("id")), OrganisationId(row.get("organisation"))),
        title: row.get("title"),
        book: None,
        until: row.get("until"),
    };
    Ok(rows.iter().map(request).collect())
}

/// Chargebacks that wait for the host: for evidence, and lost ones for money of the risk reserve.
pub async fn chargebacks(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::chargebacks
        SELECT CASE k.state WHEN 'open' THEN 'answer_chargeback' ELSE 'fund_reserve' END AS kind,
               k.book_id, k.id, c.title, b.uid, b.name, w.until
          FROM book b
          JOIN chargeback k ON k.book_id = b.number AND k.state IN ('open', 'lost_unborne')
          JOIN campaign c ON c.book_id = k.book_id AND c.id = k.campaign
         CROSS JOIN LATERAL (SELECT CASE k.state WHEN 'open' THEN coalesce(k.evidence_until, k.until) END AS until) AS w
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'treasurer'))
           AND (coalesce(w.until, 'infinity'), k.id) > (coalesce($2::timestamptz, 'infinity'), $3)
         ORDER BY coalesce(w.until, 'infinity'), k.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Chargeback(ChargebackId::new(book, id)))).collect()
}

/// Money in suspense of which the person may say whose payment it is.
pub async fn suspense(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::suspense
        SELECT 'match_suspense' AS kind, s.book_id, s.id, coalesce(c.title, s.event_id) AS title, b.uid, b.name, s.waits_until AS until
          FROM book b
          JOIN suspense_item s ON s.book_id = b.number AND s.state = 'open'
          LEFT JOIN pledge p ON p.book_id = s.book_id AND p.id = s.pledge
          LEFT JOIN campaign c ON c.book_id = p.book_id AND c.id = p.campaign
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'treasurer'))
           AND (s.waits_until, s.id) > (coalesce($2::timestamptz, 'infinity'), $3)
         ORDER BY s.waits_until, s.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Suspense(SuspenseId::new(book, id)))).collect()
}

/// Plans whose donors have agreed that they move, while the mandate of the old partner is not confirmed ended.
pub async fn mandates(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::mandates
        SELECT 'confirm_ended' AS kind, m.book_id, m.id, o.name AS title, b.uid, b.name, m.waits_until AS until
          FROM book b
          JOIN plan_move m ON m.book_id = b.number AND m.state = 'consented'
          JOIN pledge p ON p.book_id = m.book_id AND p.id = m.pledge
           AND p.state NOT IN ('completed', 'cancelled', 'refunded')
          JOIN organisation o ON o.id = m.from_partner
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role = 'owner')
           AND (m.waits_until, m.id) > (coalesce($2::timestamptz, 'infinity'), $3)
         ORDER BY m.waits_until, m.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::PlanMove(PlanMoveId::new(book, id)))).collect()
}

/// Settlements whose day has passed while their custodian still owes something, for the host.
pub async fn settlements(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Task>, Error> {
    let statement = client
        .prepare_cached(
            "-- tasks::settlements
            SELECT 'chase_settlement' AS kind, s.book_id, s.id, o.name || ', due on ' || s.due_on AS title, b.uid, b.name,
                   NULL::timestamptz AS until
              FROM book b
              JOIN settlement s ON s.book_id = b.number AND s.settled_at IS NULL
               AND s.due_on < (($5::timestamptz + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date
              JOIN organisation o ON o.id = s.partner
             WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                              AND r.role IN ('owner', 'treasurer'))
               AND ($2::timestamptz IS NOT NULL OR s.id > $3)
             ORDER BY s.id LIMIT $4",
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
    rows.iter().map(|row| task(row, |book, id| TaskObject::Settlement(SettlementId::new(book, id)))).collect()
}

/// Custodians whose money is frozen, for the owners of the host.
pub async fn frozen_custodians(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::frozen_custodians
        SELECT 'release_custodian' AS kind, f.book_id, f.id,
               o.name || ', frozen since ' || (f.frozen_at AT TIME ZONE b.zone)::date AS title, b.uid, b.name,
               NULL::timestamptz AS until
          FROM book b
          JOIN custodian_freeze f ON f.book_id = b.number AND f.released_at IS NULL
          JOIN organisation o ON o.id = f.custodian
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1 AND r.role = 'owner')
           AND ($2::timestamptz IS NOT NULL OR f.id > $3)
         ORDER BY f.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::CustodianFreeze(CustodianFreezeId::new(book, id)))).collect()
}

/// Captures that the list of their partner does not have, for the host.
pub async fn doubted(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::doubted
        SELECT 'check_capture' AS kind, c.book_id, c.id, k.title || ', captured on ' || c.captured_on AS title, b.uid, b.name,
               NULL::timestamptz AS until
          FROM book b
          JOIN charge c ON c.book_id = b.number AND c.doubted_at IS NOT NULL AND c.refunded < c.amount
          JOIN campaign k ON k.book_id = c.book_id AND k.id = c.campaign
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'treasurer'))
           AND ($2::timestamptz IS NOT NULL OR c.id > $3)
         ORDER BY c.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Charge(ChargeId::new(book, id)))).collect()
}

/// Distributions that the person may open, and those that somebody else drafted and the person may approve.
pub async fn distributions(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::distributions
        SELECT CASE d.state WHEN 'draft' THEN 'open_distribution' ELSE 'approve_distribution' END AS kind,
               d.book_id, d.id, d.period_from || ' to ' || d.period_to AS title, b.uid, b.name,
               coalesce(d.answer_until, d.until) AS until
          FROM book b
          JOIN distribution d ON d.book_id = b.number
         WHERE d.state IN ('draft', 'objection', 'objected')
           AND (coalesce(d.answer_until, d.until), d.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', CASE d.state WHEN 'draft' THEN 'treasurer' ELSE 'approver' END))
           AND (d.state = 'draft'
                OR (d.drafted_by <> $1
                    AND NOT EXISTS (SELECT FROM distribution_objection o WHERE o.book_id = d.book_id
                                       AND o.distribution_id = d.id AND o.raised_by = $1)))
         ORDER BY coalesce(d.answer_until, d.until), d.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Distribution(DistributionId::new(book, id)))).collect()
}

/// Requests of others to pay retained shares back that the person may approve: not one of the person's own shares alone.
pub async fn redemptions(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::redemptions
        SELECT 'approve_redemption' AS kind, x.book_id, x.id, coalesce('member ' || m.number, 'all members') AS title,
               b.uid, b.name, NULL::timestamptz AS until
          FROM book b
          JOIN redemption x ON x.book_id = b.number AND x.state = 'requested' AND x.requested_by <> $1
          LEFT JOIN member m ON m.book_id = x.book_id AND m.id = x.member_id
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'approver'))
           AND ($2::timestamptz IS NOT NULL OR x.id > $3)
           AND m.person IS DISTINCT FROM $1
         ORDER BY x.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Redemption(RedemptionId::new(book, id)))).collect()
}

/// Invitations to federations of the cooperatives for which the person answers. They lie in the books of the federations, by whose clocks they end.
pub async fn affiliations(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::affiliations
        SELECT a.book_id, a.id, f.name AS title, b.number, b.uid, b.name, a.until
          FROM book b
          JOIN affiliation a ON a.of_book = b.number AND a.state = 'invited'
          JOIN book f ON f.number = a.book_id
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role IN ('owner', 'approver'))
           AND (a.until, a.id) > ($2::timestamptz, $3)
         ORDER BY a.until, a.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    let task = |row: &Row| Task {
        kind: TaskKind::AnswerAffiliation,
        object: TaskObject::Affiliation(AffiliationId::new(BookId(row.get("book_id")), row.get("id"))),
        title: row.get("title"),
        book: Some((BookRef::new(BookId(row.get("number")), row.get("uid")), row.get("name"))),
        until: row.get("until"),
    };
    Ok(rows.iter().map(task).collect())
}

/// Hours of other members of the person's cooperatives that nobody has attested and that a distribution can still count.
pub async fn hours(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::hours
        SELECT 'attest_hours' AS kind, c.book_id, c.id,
               'member ' || m.number || ', ' || c.worked_from || ' to ' || c.worked_to AS title, b.uid, b.name,
               NULL::timestamptz AS until
          FROM book b
          JOIN contribution c ON c.book_id = b.number AND c.attested_at IS NULL AND c.reversed_at IS NULL
          JOIN member m ON m.book_id = c.book_id AND m.id = c.member_id
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role = 'member')
           AND ($2::timestamptz IS NOT NULL OR c.id > $3)
           AND m.person <> $1 AND c.recorded_by <> $1
           AND EXISTS (SELECT FROM member a WHERE a.book_id = c.book_id AND a.person = $1 AND a.standing <> 'employee'
                          AND ((clock_timestamp() + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date
                              BETWEEN a.joined_on AND coalesce(a.left_on, 'infinity'))
           AND (NOT EXISTS (SELECT FROM cooperative k
                             WHERE k.book_id = c.book_id AND k.closed_through >= c.worked_to)
                OR EXISTS (SELECT FROM period_result p
                            WHERE p.book_id = c.book_id AND c.worked_to BETWEEN p.period_from AND p.period_to
                              AND p.reversed_at IS NULL
                              AND (p.sales + p.other_income > p.costs + p.other_costs + p.loss_before
                                   OR p.sales + p.other_income < p.costs + p.other_costs + p.loss_before
                                      AND NOT EXISTS (SELECT FROM period_result l
                                                       WHERE l.book_id = p.book_id AND l.period_to > p.period_to
                                                         AND l.reversed_at IS NULL)
                                      AND (SELECT r.rule ? 'losses' FROM allocation_rule r
                                            WHERE r.book_id = p.book_id AND r.effective_from <= p.period_to
                                            ORDER BY r.version DESC LIMIT 1))
                              AND NOT EXISTS (SELECT FROM distribution d
                                               WHERE d.book_id = p.book_id AND d.result_id = p.id
                                                 AND d.state NOT IN ('withdrawn', 'reversed'))))
         ORDER BY c.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Contribution(ContributionId::new(book, id)))).collect()
}

/// Submissions that the person judges and has not scored.
pub async fn submissions(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Task>, Error> {
    let text = "-- tasks::submissions
        SELECT 'score_submission' AS kind, s.book_id, s.id, s.title, b.uid, b.name, c.state_until AS until
          FROM book b
          JOIN challenge c ON c.book_id = b.number AND c.state = 'judging'
          JOIN judge j ON j.book_id = c.book_id AND j.challenge = c.id AND j.person = $1
          JOIN submission s ON s.book_id = c.book_id AND s.challenge = c.id AND s.state = 'submitted'
         WHERE EXISTS (SELECT FROM membership r WHERE r.organisation = b.organisation AND r.person = $1
                          AND r.role = 'judge')
           AND (c.state_until, s.id) > (coalesce($2::timestamptz, 'infinity'), $3)
           AND NOT EXISTS (SELECT FROM scorecard k WHERE k.book_id = s.book_id AND k.submission = s.id
                              AND k.judge = $1)
           AND NOT EXISTS (SELECT FROM membership t WHERE t.organisation = s.team AND t.person = $1)
           AND NOT EXISTS (SELECT FROM declared_tie t WHERE t.book_id = s.book_id AND t.organisation = s.team
                              AND t.person = $1)
         ORDER BY c.state_until, s.id LIMIT $4";
    let rows = waiting(client, text, person, after, limit).await?;
    rows.iter().map(|row| task(row, |book, id| TaskObject::Submission(SubmissionId::new(book, id)))).collect()
}
