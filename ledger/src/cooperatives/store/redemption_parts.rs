//! What each retained share gives to a redemption, and the entries of redemptions that are posted by several.

use super::series::SeriesEntry;
use crate::cooperatives::rules::redemption::Given;
use crate::error::Error;
use crate::id::{BookId, DistributionId, MemberId, RedemptionId};
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// So many parts are written at once.
const PARTS_AT_ONCE: usize = 5_000;

fn given(book: BookId, row: &Row) -> Given {
    Given {
        member: MemberId::new(book, row.get("member_id")),
        number: row.get("number"),
        distribution: DistributionId::new(book, row.get("distribution_id")),
        period_to: row.get("period_to"),
        amount: row.get("amount"),
        left: row.get("remains"),
    }
}

/// The plan of a new redemption.
pub async fn insert(tx: &Transaction<'_>, id: RedemptionId, plan: &[Given]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- redemption_parts::insert
            INSERT INTO redemption_part (book_id, redemption_id, line, number, member_id, distribution_id, amount, remains)
            SELECT $1, $2, p.line, p.number, p.member_id, p.distribution_id, p.amount, p.remains
              FROM unnest($3::int[], $4::int[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[])
                   AS p(line, number, member_id, distribution_id, amount, remains)",
        )
        .await?;
    let mut lines = 0..;
    for some in plan.chunks(PARTS_AT_ONCE) {
        let numbers: Vec<i32> = some.iter().map(|it| it.number).collect();
        let members: Vec<Uuid> = some.iter().map(|it| it.member.object).collect();
        let distributions: Vec<Uuid> = some.iter().map(|it| it.distribution.object).collect();
        let amounts: Vec<i64> = some.iter().map(|it| it.amount).collect();
        let remains: Vec<i64> = some.iter().map(|it| it.left).collect();
        let lines: Vec<i32> = lines.by_ref().take(some.len()).collect();
        tx.execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* redemption_id */ &id.object,
                /* lines */ &lines,
                /* numbers */ &numbers,
                /* members */ &members,
                /* distributions */ &distributions,
                /* amounts */ &amounts,
                /* remains */ &remains,
            ],
        )
        .await?;
    }
    Ok(())
}

/// A part of a plan, and its place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// From 0.
    pub line: i32,
    /// What the share gives.
    pub given: Given,
}

/// What shares give to a redemption, in the order of the plan, after a place; of some members, or of all.
pub async fn list(
    client: &impl GenericClient,
    id: RedemptionId,
    members: Option<&[MemberId]>,
    after: i32,
    limit: i64,
) -> Result<Vec<Placed>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemption_parts::list
            SELECT p.*, d.period_to
              FROM redemption_part p
              JOIN distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
             WHERE p.book_id = $1 AND p.redemption_id = $2 AND p.line > $4 AND ($3::uuid[] IS NULL OR p.member_id = ANY($3))
             ORDER BY p.line LIMIT $5",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* redemption_id */ &id.object, /* members */ &members,
                /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| Placed { line: row.get("line"), given: given(id.book, row) }).collect())
}

/// What shares give to each of some redemptions of a book, in the order of their plans, so many of each at most; of some members, or of all.
pub async fn first(
    client: &impl GenericClient,
    book: BookId,
    ids: &[RedemptionId],
    members: Option<&[MemberId]>,
    limit: i64,
) -> Result<HashMap<RedemptionId, Vec<Given>>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemption_parts::first
            SELECT r.id, p.*, d.period_to
              FROM unnest($2::uuid[]) AS r(id)
             CROSS JOIN LATERAL (
                   SELECT q.* FROM redemption_part q
                    WHERE q.book_id = $1 AND q.redemption_id = r.id AND ($3::uuid[] IS NULL OR q.member_id = ANY($3))
                    ORDER BY q.line LIMIT $4) AS p
              JOIN distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
             ORDER BY r.id, p.line",
        )
        .await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.object).collect();
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* ids */ &ids, /* members */ &members, /* limit */ &limit])
        .await?;
    let mut parts: HashMap<RedemptionId, Vec<Given>> = HashMap::new();
    for row in &rows {
        parts.entry(RedemptionId::new(book, row.get("id"))).or_default().push(given(book, row));
    }
    Ok(parts)
}

/// What members are given by a redemption, by number and each with all of it, after a number.
pub async fn of_members(
    client: &impl GenericClient,
    id: RedemptionId,
    after: i32,
    limit: i64,
) -> Result<Vec<(i32, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemption_parts::of_members
            SELECT p.number, sum(p.amount)::bigint AS amount
              FROM redemption_part p
             WHERE p.book_id = $1 AND p.redemption_id = $2 AND p.number > $3
             GROUP BY p.number ORDER BY p.number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* redemption_id */ &id.object, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("number"), row.get("amount"))).collect())
}

/// Writes what goes of the notices of the members from one number to another.
pub async fn use_notices(tx: &Transaction<'_>, id: RedemptionId, (from, to): (i32, i32)) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- redemption_parts::use_notices
            INSERT INTO retained_use (book_id, distribution_id, member_id, used_by, kind, amount)
            SELECT p.book_id, p.distribution_id, p.member_id, p.redemption_id, 'redemption', p.amount
              FROM redemption_part p
             WHERE p.book_id = $1 AND p.redemption_id = $2 AND p.number BETWEEN $3 AND $4",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* redemption_id */ &id.object, /* from */ &from, /* to */ &to])
        .await?;
    Ok(())
}

/// A new entry of a series.
pub async fn insert_entry(tx: &Transaction<'_>, id: RedemptionId, new: SeriesEntry) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- redemption_parts::insert_entry
            INSERT INTO redemption_entry (book_id, redemption_id, number, entry_number, from_member, to_member)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* redemption_id */ &id.object,
            /* number */ &new.number,
            /* entry_number */ &new.entry,
            /* from_member */ &new.members.0,
            /* to_member */ &new.members.1,
        ],
    )
    .await?;
    Ok(())
}

/// The entries of a redemption so far, the first one first; none of one that is a single entry.
pub async fn entries(client: &impl GenericClient, id: RedemptionId) -> Result<Vec<SeriesEntry>, Error> {
    let statement = client
        .prepare_cached(
            "-- redemption_parts::entries
            SELECT * FROM redemption_entry
             WHERE book_id = $1 AND redemption_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* redemption_id */ &id.object]).await?;
    Ok(rows.iter().map(SeriesEntry::from_row).collect())
}

/// Saves by which mirror an entry was taken back.
pub async fn update_entry_reversed(
    tx: &Transaction<'_>,
    id: RedemptionId,
    number: i32,
    reversal: i64,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- redemption_parts::update_entry_reversed
            UPDATE redemption_entry SET reversal_number = $4 WHERE book_id = $1 AND redemption_id = $2 AND number = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* redemption_id */ &id.object, /* number */ &number,
            /* reversal_number */ &reversal,
        ],
    )
    .await?;
    Ok(())
}
