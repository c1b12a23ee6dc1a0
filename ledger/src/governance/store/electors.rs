//! Who may vote on a proposal.

use crate::error::Error;
use crate::governance::rules::proposal::Seat;
use crate::governance::rules::tally::Elector;
use crate::id::{MemberId, PersonId, ProposalId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// An elector as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The member.
    pub member: MemberId,
    /// Its number.
    pub number: i32,
    /// The group that is its college; none where all vote in one.
    pub college: Option<String>,
}

/// Writes the list.
pub async fn insert(tx: &Transaction<'_>, id: ProposalId, listed: &[Seat]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- electors::insert
            INSERT INTO proposal_elector (book_id, proposal_id, member_id, member_number, college)
            SELECT $1, $2, l.member_id, l.number, l.college
              FROM unnest($3::uuid[], $4::int[], $5::smallint[]) AS l(member_id, number, college)",
        )
        .await?;
    let members: Vec<Uuid> = listed.iter().map(|(member, ..)| member.object).collect();
    let numbers: Vec<i32> = listed.iter().map(|(_, number, _)| *number).collect();
    let place = |college: usize| i16::try_from(college + 1).map_err(|_| Error::inconsistent("a college"));
    let colleges = listed.iter().map(|(.., college)| place(*college)).collect::<Result<Vec<i16>, Error>>()?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* proposal_id */ &id.object, /* members */ &members,
            /* numbers */ &numbers, /* colleges */ &colleges,
        ],
    )
    .await?;
    Ok(())
}

/// The whole list, to be counted.
pub async fn all(client: &impl GenericClient, id: ProposalId) -> Result<Vec<Elector>, Error> {
    let statement = client
        .prepare_cached(
            "-- electors::all
            SELECT member_id, college FROM proposal_elector WHERE book_id = $1 AND proposal_id = $2 ORDER BY member_number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* proposal_id */ &id.object]).await?;
    let elector = |row: &Row| -> Result<Elector, Error> {
        let place = usize::try_from(row.get::<_, i16>("college") - 1).map_err(|_| Error::inconsistent("a college"))?;
        Ok(Elector { member: row.get("member_id"), college: place })
    };
    rows.iter().map(elector).collect()
}

/// A page of the list by the members' numbers: of all, or of some members.
pub async fn list(
    client: &impl GenericClient,
    id: ProposalId,
    (of, after): (Option<&[MemberId]>, i32),
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let statement = client
        .prepare_cached(
            "-- electors::list
            SELECT e.member_id, e.member_number, c.\"group\"
              FROM proposal_elector e
              JOIN proposal_college c ON c.book_id = e.book_id AND c.proposal_id = e.proposal_id AND c.number = e.college
             WHERE e.book_id = $1 AND e.proposal_id = $2 AND e.member_number > $3
               AND ($4::uuid[] IS NULL OR e.member_id = ANY($4))
             ORDER BY e.member_number LIMIT $5",
        )
        .await?;
    let of: Option<Vec<Uuid>> = of.map(|of| of.iter().map(|member| member.object).collect());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* proposal_id */ &id.object, /* after */ &after,
                /* of */ &of, /* limit */ &limit,
            ],
        )
        .await?;
    let listed = |row: &Row| Listed {
        member: MemberId::new(id.book, row.get("member_id")),
        number: row.get("member_number"),
        college: row.get("group"),
    };
    Ok(rows.iter().map(listed).collect())
}

/// With which membership a person may vote; none when it is not on the list.
pub async fn of_person(
    client: &impl GenericClient,
    id: ProposalId,
    person: PersonId,
) -> Result<Option<MemberId>, Error> {
    let statement = client
        .prepare_cached(
            "-- electors::of_person
            SELECT e.member_id FROM proposal_elector e
              JOIN member m ON m.book_id = e.book_id AND m.id = e.member_id
             WHERE e.book_id = $1 AND e.proposal_id = $2 AND m.person = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &id.book.0, /* proposal_id */ &id.object, /* person */ &person.0])
        .await?;
    Ok(row.map(|row| MemberId::new(id.book, row.get("member_id"))))
}

/// The addresses of a page of the list by number, and the last number of the page when it is full.
pub async fn addresses(
    client: &impl GenericClient,
    id: ProposalId,
    after: i32,
    limit: i64,
) -> Result<(Vec<String>, Option<i32>), Error> {
    let statement = client
        .prepare_cached(
            "-- electors::addresses
            SELECT l.member_number, p.email
              FROM (SELECT e.member_number, m.person FROM proposal_elector e
                      JOIN member m ON m.book_id = e.book_id AND m.id = e.member_id
                     WHERE e.book_id = $1 AND e.proposal_id = $2 AND e.member_number > $3
                     ORDER BY e.member_number LIMIT $4) l
              LEFT JOIN person p ON p.id = l.person AND p.disabled_at IS NULL
             ORDER BY l.member_number",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* proposal_id */ &id.object, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == limit);
    let last = rows.last().filter(|_| is_full).map(|row| row.get("member_number"));
    Ok((rows.iter().filter_map(|row| row.get("email")).collect(), last))
}
