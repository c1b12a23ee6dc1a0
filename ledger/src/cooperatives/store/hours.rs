//! Contributions of members: hours, units made, points, what was used or given.

use super::{member_indices, undone};
use crate::cooperatives::rules::allocation_rule::CountsFrom;
use crate::cooperatives::rules::contribution::{Contributed, Contribution, Unit, of_no_kind};
use crate::cooperatives::rules::cooperative::{Hours, Period, Quantity};
use crate::cooperatives::rules::member_index::IndexedHours;
use crate::cooperatives::rules::undone::Undone;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, ContributionId, MemberId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn quantity(stored: i64) -> Result<Quantity, Error> {
    u64::try_from(stored).map(Quantity::from_hundredths).map_err(|_| Error::inconsistent("a negative contribution"))
}

/// The two columns of how much it is: hours, and what is counted in another unit.
fn stored(unit: Unit, quantity: Quantity) -> Result<(Option<i64>, Option<i64>), Error> {
    let hundredths = i64::try_from(quantity.hundredths());
    let hundredths = hundredths.map_err(|_| Error::inconsistent("more than a row can hold"))?;
    Ok(match unit {
        Unit::Hours => (Some(hundredths), None),
        Unit::Units | Unit::Points | Unit::Use | Unit::InKind => (None, Some(hundredths)),
    })
}

fn from_row(row: &Row) -> Result<Contribution, Error> {
    let book = BookId(row.get("book_id"));
    let attested = match (row.get::<_, Option<Uuid>>("attested_by"), row.get("attested_at")) {
        (Some(by), Some(at)) => Some((PersonId(by), at)),
        (None, _) | (_, None) => None,
    };
    Ok(Contribution {
        id: ContributionId::new(book, row.get("id")),
        member: MemberId::new(book, row.get("member_id")),
        worked: Period { from: row.get("worked_from"), to: row.get("worked_to") },
        contributed: Contributed {
            unit: word(row.get("unit"))?,
            kind: row.get("kind"),
            quantity: quantity(row.get::<_, Option<i64>>("hours").or(row.get("quantity")).unwrap_or_default())?,
        },
        note: row.get("note"),
        recorded_by: PersonId(row.get("recorded_by")),
        recorded_at: row.get("recorded_at"),
        attested,
        undone: undone::read(row, false),
    })
}

/// A new contribution, not attested.
pub async fn insert(tx: &Transaction<'_>, new: &Contribution) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::insert
            INSERT INTO contribution (book_id, id, member_id, worked_from, worked_to, hours, note, recorded_by, recorded_at,
                                      unit, quantity, kind)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    let (hours, quantity) = stored(new.contributed.unit, new.contributed.quantity)?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* member_id */ &new.member.object,
            /* worked_from */ &new.worked.from,
            /* worked_to */ &new.worked.to,
            /* hours */ &hours,
            /* note */ &new.note,
            /* recorded_by */ &new.recorded_by.0,
            /* recorded_at */ &new.recorded_at,
            /* unit */ &new.contributed.unit.as_str(),
            /* quantity */ &quantity,
            /* kind */ &new.contributed.kind,
        ],
    )
    .await?;
    Ok(())
}

/// The contribution with this id.
pub async fn get(client: &impl GenericClient, id: ContributionId) -> Result<Contribution, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::get
            SELECT * FROM contribution WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// The contribution, its row locked until the transaction ends. The cooperative is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: ContributionId) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::lock
            SELECT * FROM contribution WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("contribution"))
}

/// Saves who attested it. The caller has locked it.
pub async fn update_attested(tx: &Transaction<'_>, contribution: &Contribution) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::update_attested
            UPDATE contribution SET attested_by = $3, attested_at = $4 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let (by, at) = contribution.attested.unzip();
    tx.execute(
        &statement,
        &[
            /* book_id */ &contribution.id.book.0,
            /* id */ &contribution.id.object,
            /* attested_by */ &by.map(|person| person.0),
            /* attested_at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// Saves that it was taken back. The caller has locked it.
pub async fn update_undone(tx: &Transaction<'_>, id: ContributionId, undone: &Undone) -> Result<Contribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- hours::update_undone
            UPDATE contribution SET reversed_by = $3, reversed_at = $4, reversal_reason = $5
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* reversed_by */ &undone.by.0,
                /* reversed_at */ &undone.at,
                /* reversal_reason */ &undone.reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// Whether hours wait to be attested.
pub async fn any_waits(client: &impl GenericClient, book: BookId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::any_waits
            SELECT EXISTS (SELECT FROM contribution WHERE book_id = $1 AND attested_at IS NULL AND reversed_at IS NULL) AS waits",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &book.0]).await?.get("waits"))
}

/// The contributions of a book, or of some of its members, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::list
            SELECT * FROM contribution
             WHERE book_id = $1 AND id > $2 AND ($3::uuid[] IS NULL OR member_id = ANY($3)) ORDER BY id LIMIT $4",
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

/// The contributions of a book that stand and wait to be attested, the oldest first.
pub async fn waiting(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::waiting
            SELECT * FROM contribution
             WHERE book_id = $1 AND attested_at IS NULL AND reversed_at IS NULL ORDER BY id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The contributions of some members of a book, the youngest first.
pub async fn recent(
    client: &impl GenericClient,
    book: BookId,
    members: &[MemberId],
    limit: i64,
) -> Result<Vec<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::recent
            SELECT * FROM contribution WHERE book_id = $1 AND member_id = ANY($2) ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let members: Vec<Uuid> = members.iter().map(|member| member.object).collect();
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* members */ &members, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// What a member contributed in a period and had attested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attested {
    /// The hours, by the index of their day; an hour of a day without one is at 1.00.
    pub hours: Vec<IndexedHours>,
    /// Hundredths of units that were made.
    pub units: u64,
    /// Hundredths of points.
    pub points: u64,
    /// What was used or given, by kind.
    pub things: Vec<Contributed>,
}

impl Attested {
    /// All hours together.
    pub fn all_hours(&self) -> Hours {
        Hours::from_hundredths(self.hours.iter().map(|it| it.hours.hundredths()).sum())
    }

    /// All of it, kind by kind: hours together, whatever their index. Nothing of zero.
    pub fn all(&self) -> Vec<Contributed> {
        let (units, points) = (Quantity::from_hundredths(self.units), Quantity::from_hundredths(self.points));
        of_no_kind(self.all_hours(), units, points).chain(self.things.iter().cloned()).collect()
    }
}

/// What stands of contributions that ended in a period and were attested, as far as it counts, by member.
pub async fn attested(
    client: &impl GenericClient,
    book: BookId,
    period: Period,
    from: CountsFrom,
) -> Result<HashMap<MemberId, Attested>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::attested
            SELECT counted.member_id, counted.unit, counted.kind, counted.index, sum(counted.quantity)::bigint AS quantity
              FROM (SELECT c.member_id, c.unit, c.kind, coalesce(c.hours, c.quantity) AS quantity,
                           CASE c.unit WHEN 'hours' THEN coalesce(
                               (SELECT i.index FROM member_index i
                                 WHERE i.book_id = c.book_id AND i.member_id = c.member_id
                                   AND i.effective_from <= c.worked_to
                                 ORDER BY i.effective_from DESC, i.version DESC LIMIT 1), 100) ELSE 100 END AS index
                      FROM contribution c
                      JOIN member m ON m.book_id = c.book_id AND m.id = c.member_id
                     WHERE c.book_id = $1 AND c.worked_to BETWEEN $2 AND $3 AND c.attested_at IS NOT NULL
                       AND c.reversed_at IS NULL AND ($4 OR c.worked_from >= m.joined_on)) counted
             GROUP BY counted.member_id, counted.unit, counted.kind, counted.index
             ORDER BY counted.member_id, counted.unit, counted.kind, counted.index",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* period_from */ &period.from,
                /* period_to */ &period.to,
                /* from_first_day */ &(from == CountsFrom::FirstDay),
            ],
        )
        .await?;
    let mut found: HashMap<MemberId, Attested> = HashMap::new();
    for row in rows {
        let one = found.entry(MemberId::new(book, row.get("member_id"))).or_default();
        let counted = quantity(row.get("quantity"))?;
        let hundredths = counted.hundredths();
        match word(row.get("unit"))? {
            Unit::Hours => {
                let index = member_indices::index(row.get("index"))?;
                one.hours.push(IndexedHours { index, hours: Hours::from_hundredths(hundredths) });
            }
            Unit::Units => one.units = hundredths,
            Unit::Points => one.points = hundredths,
            unit @ (Unit::Use | Unit::InKind) => {
                one.things.push(Contributed { unit, kind: row.get("kind"), quantity: counted });
            }
        }
    }
    Ok(found)
}

/// The hours of a member that stand and begin before a day and end on it or later, if there are any.
pub async fn find_across(
    client: &impl GenericClient,
    member: MemberId,
    day: Date,
) -> Result<Option<Contribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::find_across
            SELECT * FROM contribution
             WHERE book_id = $1 AND member_id = $2 AND unit = 'hours' AND worked_from < $3 AND worked_to >= $3
               AND reversed_at IS NULL
             ORDER BY id LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &member.book.0, /* member_id */ &member.object, /* day */ &day])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The first day on which attested contributions that stand ended after `after` and before `before`, if there are any.
pub async fn first_between(
    client: &impl GenericClient,
    book: BookId,
    after: Date,
    before: Date,
) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- hours::first_between
            SELECT min(worked_to) AS first FROM contribution
             WHERE book_id = $1 AND worked_to > $2 AND worked_to < $3 AND attested_at IS NOT NULL
               AND reversed_at IS NULL",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* after */ &after, /* before */ &before]).await?;
    Ok(row.get("first"))
}
