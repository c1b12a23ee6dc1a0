//! Members' statements of distributions.

use crate::cooperatives::rules::cooperative::{Hours, Period, Quantity};
use crate::cooperatives::rules::member_index::IndexedHours;
use crate::cooperatives::rules::statement::{NewStatement, Statement};
use crate::cooperatives::rules::valuation::Valued;
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
    let Json(valued) = row.try_get::<_, Json<Vec<Valued>>>("valued")?;
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
            valued,
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

/// New statements of a distribution; answers those that are new: a member who has one of it gets no other.
pub async fn insert_all(
    tx: &Transaction<'_>,
    id: DistributionId,
    new: &[NewStatement],
) -> Result<Vec<StatementId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- statements::insert_all
            INSERT INTO statement (book_id, distribution_id, id, member_id, \"group\", patronage, hours, counted, indexed, valued, cash,
                                   interest, capital, retained, netted, loss, stands, consents, issued_at)
            SELECT $1, $2, n.*
              FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::jsonb[], $10::jsonb[],
                          $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
                          $18::boolean[], $19::timestamptz[]) AS n
            ON CONFLICT (book_id, distribution_id, member_id) DO NOTHING
            RETURNING id",
        )
        .await?;
    let too_many = |_| Error::inconsistent("too many hours for a row");
    let hours: Vec<i64> =
        new.iter().map(|it| i64::try_from(it.hours.hundredths())).collect::<Result<_, _>>().map_err(too_many)?;
    let counted: Vec<i64> =
        new.iter().map(|it| i64::try_from(it.counted.hundredths())).collect::<Result<_, _>>().map_err(too_many)?;
    let minor = |of: fn(&NewStatement) -> i64| new.iter().map(of).collect::<Vec<i64>>();
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* distribution_id */ &id.object,
                /* id */ &new.iter().map(|it| it.id.object).collect::<Vec<_>>(),
                /* member_id */ &new.iter().map(|it| it.member.object).collect::<Vec<_>>(),
                /* group */ &new.iter().map(|it| it.group.as_str()).collect::<Vec<_>>(),
                /* patronage */ &new.iter().map(|it| it.patronage.as_str()).collect::<Vec<_>>(),
                /* hours */ &hours,
                /* counted */ &counted,
                /* indexed */ &new.iter().map(|it| Json(&it.indexed)).collect::<Vec<_>>(),
                /* valued */ &new.iter().map(|it| Json(&it.valued)).collect::<Vec<_>>(),
                /* cash */ &minor(|it| it.cash),
                /* interest */ &minor(|it| it.interest),
                /* capital */ &minor(|it| it.capital),
                /* retained */ &minor(|it| it.retained),
                /* netted */ &minor(|it| it.netted),
                /* loss */ &minor(|it| it.loss),
                /* stands */ &minor(|it| it.stands),
                /* consents */ &new.iter().map(|it| it.consents).collect::<Vec<_>>(),
                /* issued_at */ &new.iter().map(|it| it.issued_at).collect::<Vec<_>>(),
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| StatementId::new(id.book, row.get(0))).collect())
}

/// The statement with this id.
pub async fn get(client: &impl GenericClient, id: StatementId) -> Result<Statement, Error> {
    let statement = client
        .prepare_cached(
            "-- statements::get
            SELECT s.*, m.number AS member_number, d.period_from, d.period_to, d.rule_id, d.rule_version, d.currency,
                   d.sales + d.other_income - d.costs - d.other_costs - d.loss_before AS net,
                   coalesce(e.entry_number, d.entry_number) AS entry_number, d.state IN ('reversing', 'reversed') AS reversed,
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
                   coalesce(e.entry_number, d.entry_number) AS entry_number, d.state IN ('reversing', 'reversed') AS reversed,
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
