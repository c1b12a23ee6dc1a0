//! A partner's own pledges and charges of a book, a page at a time, each by an index.

use super::charges::charge;
use super::pledges::pledge;
use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId};
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::pledge::Pledge;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// The pledges that a partner brought, or to which their plans have moved, the oldest first, after one: those that are kept in some states,
/// each looked for by itself. With a word, of the others only those whose wait is over by a moment of book time.
pub async fn pledges(
    client: &impl GenericClient,
    (book, partner): (BookId, OrganisationId),
    states: &[&str],
    word: Option<(&str, Timestamp)>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- polls::pledges
            SELECT p.* FROM unnest($3::text[]) AS s(kept) CROSS JOIN LATERAL (
                   SELECT * FROM pledge
                    WHERE book_id = $1 AND partner = $2 AND state = s.kept AND id > $6
                      AND ($4::text IS NULL OR s.kept = $4 OR state_until <= $5)
                    ORDER BY id LIMIT $7) p
             ORDER BY p.id LIMIT $7",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* states */ &states,
                /* word */ &word.map(|(word, _)| word),
                /* now */ &word.map(|(_, now)| now),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(pledge).collect()
}

/// The pledges of one of its donors, the oldest first, after one.
pub async fn pledges_of_donor(
    client: &impl GenericClient,
    donor: DonorId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Pledge>, Error> {
    let statement = client
        .prepare_cached(
            "-- polls::pledges_of_donor
            SELECT * FROM pledge WHERE book_id = $1 AND donor = $2 AND partner = $3 AND id > $4 ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &donor.book.0,
                /* donor */ &donor.object,
                /* partner */ &partner.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(pledge).collect()
}

/// The charges that a partner collects, the first due first, after one: those in some states, each looked for by itself, that were due
/// before a day.
pub async fn charges(
    client: &impl GenericClient,
    (book, partner): (BookId, OrganisationId),
    states: &[&str],
    due_before: Date,
    (after_due, after): (Date, Uuid),
    limit: i64,
) -> Result<Vec<Charge>, Error> {
    let statement = client
        .prepare_cached(
            "-- polls::charges
            SELECT c.* FROM unnest($3::text[]) AS s(kept) CROSS JOIN LATERAL (
                   SELECT * FROM charge
                    WHERE book_id = $1 AND partner = $2 AND state = s.kept AND due_on < $4 AND (due_on, id) > ($5, $6)
                    ORDER BY due_on, id LIMIT $7) c
             ORDER BY c.due_on, c.id LIMIT $7",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* states */ &states,
                /* due_before */ &due_before,
                /* after_due */ &after_due,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(charge).collect()
}

/// The charges with these ids that a partner collects, in no order.
pub async fn charges_by_ids(
    client: &impl GenericClient,
    (book, partner): (BookId, OrganisationId),
    ids: &[Uuid],
) -> Result<Vec<Charge>, Error> {
    let statement = client
        .prepare_cached(
            "-- polls::charges_by_ids
            SELECT * FROM charge WHERE book_id = $1 AND id = ANY ($3) AND partner = $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* ids */ &ids]).await?;
    rows.iter().map(charge).collect()
}
