//! Redemptions, the retained shares that they take of, and what went of those.

use super::allocation_rules::sha256;
use crate::cooperatives::rules::redemption::{Given, Notice, Redeemed, Redemption, RedemptionState};
use crate::error::Error;
use crate::id::{BookId, DistributionId, MemberId, PersonId, RedemptionId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn state(row: &Row) -> Result<RedemptionState, Error> {
    let name: &str = row.get("state");
    let broken = || Error::inconsistent(format!("a redemption in the state {name} lacks its facts"));
    let redeemed = || match (row.get::<_, Option<Uuid>>("approved_by"), row.get("approved_at"), row.get("entry_number"))
    {
        (Some(by), Some(at), Some(entry)) => Ok(Redeemed { by: PersonId(by), at, entry }),
        (Some(_) | None, Some(_) | None, Some(_) | None) => Err(broken()),
    };
    Ok(match name {
        "requested" => RedemptionState::Requested,
        "posting" => RedemptionState::Posting(redeemed()?),
        "approved" => RedemptionState::Approved(redeemed()?),
        "withdrawn" => RedemptionState::Withdrawn { reason: row.get("reason") },
        "reversing" => RedemptionState::Reversing { redeemed: redeemed()?, reason: row.get("reason") },
        "reversed" => {
            let reversal = row.get::<_, Option<i64>>("reversal_number").ok_or_else(broken)?;
            RedemptionState::Reversed { redeemed: redeemed()?, reversal, reason: row.get("reason") }
        }
        _ => return Err(broken()),
    })
}

fn from_row(row: &Row) -> Result<Redemption, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Redemption {
        id: RedemptionId::new(book, row.get("id")),
        member: row.get::<_, Option<Uuid>>("member_id").map(|id| MemberId::new(book, id)),
        number: row.get("member_number"),
        amount: row.get("amount"),
        digest: sha256(row, "digest")?,
        requested_by: PersonId(row.get("requested_by")),
        requested_at: row.get("requested_at"),
        state: state(row)?,
        version: row.get("version"),
    })
}

/// A new request.
pub async fn insert(tx: &Transaction<'_>, new: &Redemption) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- redemptions::insert
            INSERT INTO redemption (book_id, id, member_id, amount, digest, requested_by, requested_at, state, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* member_id */ &new.member.map(|member| member.object),
            /* amount */ &new.amount,
            /* digest */ &new.digest.as_slice(),
            /* requested_by */ &new.requested_by.0,
            /* requested_at */ &new.requested_at,
            /* state */ &new.state.as_str(),
            /* version */ &new.version,
        ],
    )
    .await?;
    Ok(())
}

/// The redemption with this id.
pub async fn get(client: &impl GenericClient, id: RedemptionId) -> Result<Redemption, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::get
            SELECT r.*, m.number AS member_number
              FROM redemption r LEFT JOIN member m ON m.book_id = r.book_id AND m.id = r.member_id
             WHERE r.book_id = $1 AND r.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("redemption"))
}

/// The request of a book that waits for an approval, if there is one.
pub async fn find_requested(client: &impl GenericClient, book: BookId) -> Result<Option<Redemption>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::find_requested
            SELECT r.*, m.number AS member_number
              FROM redemption r LEFT JOIN member m ON m.book_id = r.book_id AND m.id = r.member_id
             WHERE r.book_id = $1 AND r.state = 'requested'",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The youngest redemptions of a book, the youngest first: of all members and of some, or all of them.
pub async fn recent(
    client: &impl GenericClient,
    book: BookId,
    members: Option<&[MemberId]>,
    limit: i64,
) -> Result<Vec<Redemption>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::recent
            SELECT r.*, m.number AS member_number
              FROM redemption r LEFT JOIN member m ON m.book_id = r.book_id AND m.id = r.member_id
             WHERE r.book_id = $1 AND ($2::uuid[] IS NULL OR r.member_id IS NULL OR r.member_id = ANY($2))
             ORDER BY r.id DESC LIMIT $3",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* members */ &members, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The redemptions of a book, the oldest first, after an id: all of them, or those of all members and of some.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Redemption>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::list
            SELECT r.*, m.number AS member_number
              FROM redemption r LEFT JOIN member m ON m.book_id = r.book_id AND m.id = r.member_id
             WHERE r.book_id = $1 AND r.id > $2 AND ($3::uuid[] IS NULL OR r.member_id IS NULL OR r.member_id = ANY($3))
             ORDER BY r.id LIMIT $4",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* after */ &after, /* members */ &members,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Saves where it stands now, and raises the version; answers it as it is then. The caller has locked the cooperative.
pub async fn update(tx: &Transaction<'_>, it: &Redemption) -> Result<Redemption, Error> {
    let (reversal, reason) = match &it.state {
        RedemptionState::Requested | RedemptionState::Posting(_) | RedemptionState::Approved(_) => (None, ""),
        RedemptionState::Withdrawn { reason } | RedemptionState::Reversing { reason, .. } => (None, reason.as_str()),
        RedemptionState::Reversed { reversal, reason, .. } => (Some(*reversal), reason.as_str()),
    };
    let redeemed = it.state.redeemed();
    let statement = tx
        .prepare_cached(
            "-- redemptions::update
            UPDATE redemption r SET state = $3, approved_by = $4, approved_at = $5, entry_number = $6, reversal_number = $7,
                   reason = $8, version = version + 1
             WHERE r.book_id = $1 AND r.id = $2
            RETURNING r.*, (SELECT m.number FROM member m WHERE m.book_id = r.book_id AND m.id = r.member_id) AS member_number",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &it.id.book.0,
                /* id */ &it.id.object,
                /* state */ &it.state.as_str(),
                /* approved_by */ &redeemed.map(|it| it.by.0),
                /* approved_at */ &redeemed.map(|it| it.at),
                /* entry_number */ &redeemed.map(|it| it.entry),
                /* reversal_number */ &reversal,
                /* reason */ &reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// Whose notices are asked for, and which.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Of these members; none for all.
    pub members: Option<&'a [MemberId]>,
    /// Those whose rule lets them be redeemed on this day; none for all.
    pub due_on: Option<Date>,
}

/// The retained shares of a book by distributions that stand, with what went of each.
pub async fn notices(client: &impl GenericClient, book: BookId, wanted: Wanted<'_>) -> Result<Vec<Notice>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::notices
            SELECT p.member_id, m.number, p.distribution_id, d.period_to, p.retained, u.redeemed, u.lost
              FROM distribution_part p
              JOIN distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
              JOIN allocation_rule r ON r.book_id = d.book_id AND r.id = d.rule_id
              JOIN member m ON m.book_id = p.book_id AND m.id = p.member_id
              LEFT JOIN LATERAL (
                   SELECT coalesce(sum(w.amount) FILTER (WHERE w.kind = 'redemption'), 0)::bigint AS redeemed,
                          coalesce(sum(w.amount) FILTER (WHERE w.kind = 'loss'), 0)::bigint AS lost
                     FROM retained_use w
                    WHERE w.book_id = p.book_id AND w.distribution_id = p.distribution_id AND w.member_id = p.member_id
                      AND NOT w.undone) AS u ON true
             WHERE p.book_id = $1 AND p.retained > 0 AND d.state IN ('posted', 'paid', 'statements_issued')
               AND ($2::uuid[] IS NULL OR p.member_id = ANY($2))
               AND ($3::date IS NULL
                    OR (d.period_to + make_interval(months => coalesce((r.rule->>'hold_months')::int, 0)))::date <= $3)
             ORDER BY d.period_to, m.number, p.distribution_id",
        )
        .await?;
    let members = wanted.members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows =
        client.query(&statement, &[/* book_id */ &book.0, /* members */ &members, /* due_on */ &wanted.due_on]).await?;
    Ok(rows
        .iter()
        .map(|row| Notice {
            member: MemberId::new(book, row.get("member_id")),
            number: row.get("number"),
            distribution: DistributionId::new(book, row.get("distribution_id")),
            period_to: row.get("period_to"),
            retained: row.get("retained"),
            redeemed: row.get("redeemed"),
            lost: row.get("lost"),
        })
        .collect())
}

/// By what a retained share is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedBy {
    /// It is redeemed.
    Redemption(RedemptionId),
    /// A loss takes it, by this distribution.
    Loss(DistributionId),
}

impl UsedBy {
    fn parts(self) -> (BookId, Uuid, &'static str) {
        match self {
            UsedBy::Redemption(id) => (id.book, id.object, "redemption"),
            UsedBy::Loss(id) => (id.book, id.object, "loss"),
        }
    }
}

/// Writes what goes of each notice.
pub async fn use_notices(tx: &Transaction<'_>, by: UsedBy, plan: &[Given]) -> Result<(), Error> {
    let (book, used_by, kind) = by.parts();
    let statement = tx
        .prepare_cached(
            "-- redemptions::use_notices
            INSERT INTO retained_use (book_id, distribution_id, member_id, used_by, kind, amount)
            SELECT $1, p.distribution_id, p.member_id, $2, $3, p.amount
              FROM unnest($4::uuid[], $5::uuid[], $6::bigint[]) AS p(distribution_id, member_id, amount)",
        )
        .await?;
    let distributions: Vec<Uuid> = plan.iter().map(|it| it.distribution.object).collect();
    let members: Vec<Uuid> = plan.iter().map(|it| it.member.object).collect();
    let amounts: Vec<i64> = plan.iter().map(|it| it.amount).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* used_by */ &used_by,
            /* kind */ &kind,
            /* distribution_id */ &distributions,
            /* member_id */ &members,
            /* amount */ &amounts,
        ],
    )
    .await?;
    Ok(())
}

/// What went of the notices of the members from one number to another comes back.
pub async fn undo_use_of(tx: &Transaction<'_>, by: UsedBy, (from, to): (i32, i32)) -> Result<(), Error> {
    let (book, used_by, _) = by.parts();
    let statement = tx
        .prepare_cached(
            "-- redemptions::undo_use_of
            UPDATE retained_use u SET undone = true
              FROM member m
             WHERE u.book_id = $1 AND u.used_by = $2 AND NOT u.undone AND m.book_id = u.book_id AND m.id = u.member_id
               AND m.number BETWEEN $3 AND $4",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &book.0, /* used_by */ &used_by, /* from */ &from, /* to */ &to]).await?;
    Ok(())
}

/// What went of notices comes back.
pub async fn undo_use(tx: &Transaction<'_>, by: UsedBy) -> Result<(), Error> {
    let (book, used_by, _) = by.parts();
    let statement = tx
        .prepare_cached(
            "-- redemptions::undo_use
            UPDATE retained_use SET undone = true WHERE book_id = $1 AND used_by = $2 AND NOT undone",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &book.0, /* used_by */ &used_by]).await?;
    Ok(())
}

/// By what the retained shares of a distribution are used: one of several, if there is one.
pub async fn find_use(client: &impl GenericClient, id: DistributionId) -> Result<Option<UsedBy>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemptions::find_use
            SELECT used_by, kind FROM retained_use
             WHERE book_id = $1 AND distribution_id = $2 AND NOT undone ORDER BY used_by DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object]).await?;
    Ok(row.map(|row| match row.get::<_, &str>("kind") {
        "loss" => UsedBy::Loss(DistributionId::new(id.book, row.get("used_by"))),
        _ => UsedBy::Redemption(RedemptionId::new(id.book, row.get("used_by"))),
    }))
}
