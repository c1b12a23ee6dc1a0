//! Members' statements of distributions.

use crate::cooperatives::rules::cooperative::{Hours, Period, Quantity};
use crate::cooperatives::rules::member_index::IndexedHours;
use crate::cooperatives::rules::statement::{NewStatement, Statement};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{AllocationRuleId, BookId, DistributionId, MemberId, StatementId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Statement, Error> {
    let book = BookId(row.get("book_id"));
    let hours = u64::try_from(row.get::<_, i64>("hours")).map_err(|_| Error::inconsistent("negative hours"))?;
    let counted = u64::try_from(row.get::<_, i64>("counted")).map_err(|_| Error::inconsistent("a negative base"))?;
    let Json(indexed) = row.try_get::<_, Json<Vec<IndexedHours>>>("indexed")?;
    Ok(Statement {
        issued: NewStatement {
            id: StatementId::new(book, row.get("id")),
            distribution: DistributionId::new(book, row.get("distribution_id")),
            member: MemberId::new(book, row.get("member_id")),
            group: row.get("group"),
            patronage: word(row.get("patronage"))?,
            hours: Hours::from_hundredths(hours),
            counted: Quantity::from_hundredths(counted),
            indexed,
            cash: row.get("cash"),
            interest: row.get("interest"),
            capital: row.get("capital"),
            retained: row.get("retained"),
            netted: row.get("netted"),
            loss: row.get("loss"),
            stands: row.get("stands"),
            consents: row.get("consents"),
            issued_at: row.get("issued_at"),
        },
        member_number: row.get("member_number"),
        period: Period { from: row.get("period_from"), to: row.get("period_to") },
        rule: AllocationRuleId::new(book, row.get("rule_id")),
        rule_version: row.get("rule_version"),
        currency: word(row.get("currency"))?,
        net: row.get("net"),
        entry: row.get("entry_number"),
        reversed: row.get("reversed"),
        redeemed: row.get("redeemed"),
        lost: row.get("lost"),
    })
}

/// A new statement; `false` when the member has one of this distribution.
pub async fn insert(tx: &Transaction<'_>, new: &NewStatement) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- statements::insert
            INSERT INTO statement (book_id, id, distribution_id, member_id, \"group\", patronage, hours, cash, retained,
                                   consents, issued_at, interest, capital, counted, indexed, netted, loss, stands)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT (book_id, distribution_id, member_id) DO NOTHING",
        )
        .await?;
    let hours = i64::try_from(new.hours.hundredths()).map_err(|_| Error::inconsistent("too many hours for a row"))?;
    let counted = i64::try_from(new.counted.hundredths()).map_err(|_| Error::inconsistent("too much for a row"))?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* distribution_id */ &new.distribution.object,
                /* member_id */ &new.member.object,
                /* group */ &new.group,
                /* patronage */ &new.patronage.as_str(),
                /* hours */ &hours,
                /* cash */ &new.cash,
                /* retained */ &new.retained,
                /* consents */ &new.consents,
                /* issued_at */ &new.issued_at,
                /* interest */ &new.interest,
                /* capital */ &new.capital,
                /* counted */ &counted,
                /* indexed */ &Json(&new.indexed),
                /* netted */ &new.netted,
                /* loss */ &new.loss,
                /* stands */ &new.stands,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The statement with this id.
pub async fn get(client: &impl GenericClient, id: StatementId) -> Result<Statement, Error> {
    let statement = client
        .prepare_cached(
            "-- statements::get
            SELECT s.*, m.number AS member_number, d.period_from, d.period_to, d.rule_id, d.rule_version, d.currency,
                   d.sales + d.other_income - d.costs - d.other_costs - d.loss_before AS net,
                   coalesce(e.entry_number, d.entry_number) AS entry_number, d.state = 'reversed' AS reversed,
                   u.redeemed, u.lost
              FROM statement s
              JOIN distribution d ON d.book_id = s.book_id AND d.id = s.distribution_id
              JOIN member m ON m.book_id = s.book_id AND m.id = s.member_id
              LEFT JOIN distribution_entry e ON e.book_id = s.book_id AND e.distribution_id = s.distribution_id
                                            AND m.number BETWEEN e.from_member AND e.to_member
              LEFT JOIN LATERAL (
                   SELECT coalesce(sum(w.amount) FILTER (WHERE w.kind = 'redemption'), 0)::bigint AS redeemed,
                          coalesce(sum(w.amount) FILTER (WHERE w.kind = 'loss'), 0)::bigint AS lost
                     FROM retained_use w
                    WHERE w.book_id = s.book_id AND w.distribution_id = s.distribution_id AND w.member_id = s.member_id
                      AND NOT w.undone) AS u ON true
             WHERE s.book_id = $1 AND s.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("statement"))
}

/// The statements of a book, or of some of its members, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Statement>, Error> {
    let statement = client
        .prepare_cached(
            "-- statements::list
            SELECT s.*, m.number AS member_number, d.period_from, d.period_to, d.rule_id, d.rule_version, d.currency,
                   d.sales + d.other_income - d.costs - d.other_costs - d.loss_before AS net,
                   coalesce(e.entry_number, d.entry_number) AS entry_number, d.state = 'reversed' AS reversed,
                   u.redeemed, u.lost
              FROM statement s
              JOIN distribution d ON d.book_id = s.book_id AND d.id = s.distribution_id
              JOIN member m ON m.book_id = s.book_id AND m.id = s.member_id
              LEFT JOIN distribution_entry e ON e.book_id = s.book_id AND e.distribution_id = s.distribution_id
                                            AND m.number BETWEEN e.from_member AND e.to_member
              LEFT JOIN LATERAL (
                   SELECT coalesce(sum(w.amount) FILTER (WHERE w.kind = 'redemption'), 0)::bigint AS redeemed,
                          coalesce(sum(w.amount) FILTER (WHERE w.kind = 'loss'), 0)::bigint AS lost
                     FROM retained_use w
                    WHERE w.book_id = s.book_id AND w.distribution_id = s.distribution_id AND w.member_id = s.member_id
                      AND NOT w.undone) AS u ON true
             WHERE s.book_id = $1 AND s.id > $2 AND ($3::uuid[] IS NULL OR s.member_id = ANY($3))
             ORDER BY s.id LIMIT $4",
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

/// How many statements of a distribution there are.
pub async fn count(client: &impl GenericClient, id: DistributionId) -> Result<usize, Error> {
    let statement = client
        .prepare_cached(
            "-- statements::count\nSELECT count(*) FROM statement WHERE book_id = $1 AND distribution_id = $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object]).await?;
    usize::try_from(row.get::<_, i64>(0)).map_err(|_| Error::inconsistent("a negative count"))
}
