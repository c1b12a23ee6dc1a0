//! What members got of patronage in a calendar year.

use crate::cooperatives::rules::tax_year::{ShareOfYear, TaxYear};
use crate::engine::store::books::Book;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::MemberId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

fn share(row: &Row, book: &Book) -> Result<ShareOfYear, Error> {
    Ok(ShareOfYear {
        is_of_year: row.get("is_of_year"),
        period_to: row.get("period_to"),
        told_on: book.day_of(row.get("issued_at")),
        notices: row.get::<_, Option<&str>>("notices").map(word).transpose()?,
        consents: row.get("consents"),
        cash: row.get("paid"),
        retained: row.get("retained"),
        redeemed: row.get("redeemed"),
    })
}

/// What the members who were told of a share before the end of a year got in it, by number, after a number: all, or some. Distributions that were
/// taken back count for nothing, and so do redemptions.
pub async fn list(
    client: &impl GenericClient,
    book: &Book,
    year: i16,
    members: Option<&[MemberId]>,
    after: i32,
    limit: i64,
) -> Result<Vec<TaxYear>, Error> {
    let day = |year: i16| Date::new(year, 1, 1).map_or(Timestamp::MAX, |day| book.start_of(day));
    let (from, until) = (day(year), day(year.saturating_add(1)));
    let statement = client
        .prepare_cached(
            "-- tax_years::list
            SELECT m.id, m.number, d.period_to, s.issued_at, s.issued_at >= $4 AS is_of_year, r.rule->>'notices' AS notices,
                   s.consents, s.cash - s.interest + s.netted AS paid, s.retained, u.redeemed
              FROM (SELECT m.id, m.number FROM member m
                     WHERE m.book_id = $1 AND m.number > $2 AND ($3::uuid[] IS NULL OR m.id = ANY($3))
                       AND EXISTS (SELECT FROM statement s
                                     JOIN distribution d ON d.book_id = s.book_id AND d.id = s.distribution_id
                                    WHERE s.book_id = m.book_id AND s.member_id = m.id AND s.issued_at < $5
                                      AND d.state NOT IN ('reversing', 'reversed'))
                     ORDER BY m.number LIMIT $6) AS m
              JOIN statement s ON s.book_id = $1 AND s.member_id = m.id AND s.issued_at < $5
              JOIN distribution d ON d.book_id = s.book_id AND d.id = s.distribution_id
              JOIN allocation_rule r ON r.book_id = d.book_id AND r.id = d.rule_id
              JOIN LATERAL (
                   SELECT coalesce(sum(w.amount), 0)::bigint AS redeemed
                     FROM retained_use w
                     JOIN redemption x ON x.book_id = w.book_id AND x.id = w.used_by AND x.state = 'approved'
                      AND x.approved_at >= $4 AND x.approved_at < $5
                    WHERE w.book_id = s.book_id AND w.distribution_id = s.distribution_id AND w.member_id = s.member_id
                      AND w.kind = 'redemption' AND NOT w.undone) AS u ON true
             WHERE d.state NOT IN ('reversing', 'reversed')
             ORDER BY m.number, s.id",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.id.0, /* after */ &after, /* members */ &members,
                /* from */ &from, /* until */ &until, /* limit */ &limit,
            ],
        )
        .await?;
    let mut all: Vec<TaxYear> = Vec::new();
    for row in &rows {
        let (member, number) = (MemberId::new(book.id, row.get("id")), row.get("number"));
        if all.last().is_none_or(|last| last.number != number) {
            all.push(TaxYear::new(member, number));
        }
        if let Some(last) = all.last_mut() {
            last.count(&share(row, book)?);
        }
    }
    Ok(all)
}
