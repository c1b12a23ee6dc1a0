//! What members pay to join, and the parts in which they do.

use crate::cooperatives::rules::cooperative::Percent;
use crate::cooperatives::rules::joining_contribution::{
    Cancelled, JoiningContribution, JoiningPart, JoiningState, PaidBy,
};
use crate::engine::store::rows::money;
use crate::error::Error;
use crate::id::{BankLineId, BookId, JoiningContributionId, MemberId, PersonId};
use crate::money::Currency;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn state(row: &Row) -> Result<JoiningState, Error> {
    let name: &str = row.get("state");
    match (name, row.get::<_, Option<Uuid>>("cancelled_by"), row.get("cancelled_at")) {
        ("open", None, None) => Ok(JoiningState::Open),
        ("paid", None, None) => Ok(JoiningState::Paid),
        ("cancelled", Some(by), Some(at)) => {
            Ok(JoiningState::Cancelled(Cancelled { by: PersonId(by), at, reason: row.get("reason") }))
        }
        (_, Some(_) | None, Some(_) | None) => {
            Err(Error::inconsistent(format!("a joining contribution in the state {name} lacks its facts")))
        }
    }
}

fn reserve(row: &Row) -> Result<Percent, Error> {
    let stored: i32 = row.get("reserve_percent");
    u64::try_from(stored).map(Percent::from_hundredths).map_err(|_| Error::inconsistent("a negative percentage"))
}

fn from_row(row: &Row, currency: Currency) -> Result<JoiningContribution, Error> {
    let book = BookId(row.get("book_id"));
    Ok(JoiningContribution {
        id: JoiningContributionId::new(book, row.get("id")),
        member: MemberId::new(book, row.get("member_id")),
        amount: money(row.get("amount"), currency)?,
        parts: row.get("parts"),
        parts_paid: row.get("parts_paid"),
        reserve: reserve(row)?,
        memo: row.get("memo"),
        granted_by: PersonId(row.get("granted_by")),
        granted_at: row.get("granted_at"),
        state: state(row)?,
        version: row.get("version"),
    })
}

fn part_from_row(row: &Row) -> JoiningPart {
    let book = BookId(row.get("book_id"));
    let paid_by = match (row.get::<_, Option<Uuid>>("bank_line"), row.get("entry_number")) {
        (Some(line), Some(entry)) => Some(PaidBy { line: BankLineId::new(book, line), entry }),
        (None, _) | (_, None) => None,
    };
    JoiningPart { number: row.get("number"), amount: row.get("amount"), to_reserve: row.get("to_reserve"), paid_by }
}

/// A new one, with its parts.
pub async fn insert(tx: &Transaction<'_>, new: &JoiningContribution, plan: &[JoiningPart]) -> Result<(), Error> {
    let hundredths = i32::try_from(new.reserve.hundredths());
    let hundredths = hundredths.map_err(|_| Error::inconsistent("a percentage is more than a row can hold"))?;
    let statement = tx
        .prepare_cached(
            "-- joining_contributions::insert
            INSERT INTO joining_contribution (book_id, id, member_id, amount, parts, reserve_percent, memo, granted_by, granted_at,
                                              state, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* member_id */ &new.member.object,
            /* amount */ &new.amount.minor(),
            /* parts */ &new.parts,
            /* reserve_percent */ &hundredths,
            /* memo */ &new.memo,
            /* granted_by */ &new.granted_by.0,
            /* granted_at */ &new.granted_at,
            /* state */ &new.state.as_str(),
            /* version */ &new.version,
        ],
    )
    .await?;
    let statement = tx
        .prepare_cached(
            "-- joining_contributions::insert_parts
            INSERT INTO joining_part (book_id, joining_id, number, amount, to_reserve)
            SELECT $1, $2, p.number, p.amount, p.to_reserve
              FROM unnest($3::int[], $4::bigint[], $5::bigint[]) AS p(number, amount, to_reserve)",
        )
        .await?;
    let numbers: Vec<i32> = plan.iter().map(|part| part.number).collect();
    let amounts: Vec<i64> = plan.iter().map(|part| part.amount).collect();
    let to_reserve: Vec<i64> = plan.iter().map(|part| part.to_reserve).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* joining_id */ &new.id.object,
            /* number */ &numbers,
            /* amount */ &amounts,
            /* to_reserve */ &to_reserve,
        ],
    )
    .await?;
    Ok(())
}

/// The one with this id, in the currency of its book.
pub async fn get(
    client: &impl GenericClient,
    id: JoiningContributionId,
    currency: Currency,
) -> Result<JoiningContribution, Error> {
    let statement = client
        .prepare_cached(
            "-- joining_contributions::get
            SELECT * FROM joining_contribution WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()?.ok_or(Error::NotFound("joining contribution"))
}

/// The one of a member of which parts are to be paid, if there is one.
pub async fn find_open(
    client: &impl GenericClient,
    member: MemberId,
    currency: Currency,
) -> Result<Option<JoiningContribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- joining_contributions::find_open
            SELECT * FROM joining_contribution WHERE book_id = $1 AND member_id = $2 AND state = 'open'",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &member.book.0, /* member_id */ &member.object]).await?;
    row.map(|row| from_row(&row, currency)).transpose()
}

/// Those of a book in its currency, the oldest first, after an id: of all members, or of some.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    members: Option<&[MemberId]>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<JoiningContribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- joining_contributions::list
            SELECT * FROM joining_contribution
             WHERE book_id = $1 AND id > $2 AND ($3::uuid[] IS NULL OR member_id = ANY($3))
             ORDER BY id LIMIT $4",
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
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// The parts of one, in their order, from this number on.
pub async fn parts(
    client: &impl GenericClient,
    id: JoiningContributionId,
    from: i32,
) -> Result<Vec<JoiningPart>, Error> {
    let statement = client
        .prepare_cached(
            "-- joining_contributions::parts
            SELECT * FROM joining_part WHERE book_id = $1 AND joining_id = $2 AND number >= $3 ORDER BY number",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* book_id */ &id.book.0, /* joining_id */ &id.object, /* from */ &from]).await?;
    Ok(rows.iter().map(part_from_row).collect())
}

/// Whose parts a line of the bank paid, and the numbers of the first and the last of them; none for a line that paid none.
pub async fn find_of_line(
    client: &impl GenericClient,
    line: BankLineId,
) -> Result<Option<(JoiningContributionId, i32, i32)>, Error> {
    let statement = client
        .prepare_cached(
            "-- joining_contributions::find_of_line
            SELECT joining_id, min(number) AS first, max(number) AS last FROM joining_part
             WHERE book_id = $1 AND bank_line = $2
             GROUP BY joining_id",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &line.book.0, /* bank_line */ &line.object]).await?;
    Ok(row.map(|row| (JoiningContributionId::new(line.book, row.get("joining_id")), row.get("first"), row.get("last"))))
}

/// Saves what paid the parts with these numbers, or that nothing does any more. The caller has locked the cooperative.
pub async fn update_parts(
    tx: &Transaction<'_>,
    id: JoiningContributionId,
    (first, last): (i32, i32),
    paid_by: Option<PaidBy>,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- joining_contributions::update_parts
            UPDATE joining_part SET bank_line = $5, entry_number = $6
             WHERE book_id = $1 AND joining_id = $2 AND number BETWEEN $3 AND $4",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* joining_id */ &id.object,
            /* first */ &first,
            /* last */ &last,
            /* bank_line */ &paid_by.map(|it| it.line.object),
            /* entry_number */ &paid_by.map(|it| it.entry),
        ],
    )
    .await?;
    Ok(())
}

/// Saves where it stands now, and raises the version; answers it as it is then. The caller has locked the cooperative.
pub async fn update(tx: &Transaction<'_>, it: &JoiningContribution) -> Result<JoiningContribution, Error> {
    let cancelled = it.state.cancelled();
    let statement = tx
        .prepare_cached(
            "-- joining_contributions::update
            UPDATE joining_contribution SET parts_paid = $3, state = $4, cancelled_by = $5, cancelled_at = $6, reason = $7,
                   version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &it.id.book.0,
                /* id */ &it.id.object,
                /* parts_paid */ &it.parts_paid,
                /* state */ &it.state.as_str(),
                /* cancelled_by */ &cancelled.map(|it| it.by.0),
                /* cancelled_at */ &cancelled.map(|it| it.at),
                /* reason */ &cancelled.map_or("", |it| it.reason.as_str()),
            ],
        )
        .await?;
    from_row(&row, it.amount.currency())
}
