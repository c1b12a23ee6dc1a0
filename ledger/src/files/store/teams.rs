//! Teams and payees of a book: who has something to say in it without a role in its organisation.

use crate::error::Error;
use crate::id::{BookId, PersonId};
use deadpool_postgres::GenericClient;

/// Whether a person belongs to a team that has a milestone or an entry in a book, or to a payee of it, or is one.
pub async fn has_member(client: &impl GenericClient, book: BookId, person: PersonId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- teams::has_member
            SELECT EXISTS (SELECT FROM payout p WHERE p.book_id = $1 AND p.payee = $2)
                OR EXISTS (SELECT FROM membership m
                            WHERE m.person = $2
                              AND (EXISTS (SELECT FROM milestone s WHERE s.book_id = $1 AND s.team = m.organisation)
                                OR EXISTS (SELECT FROM entrant e WHERE e.book_id = $1 AND e.team = m.organisation)
                                OR EXISTS (SELECT FROM payout p WHERE p.book_id = $1 AND p.payee = m.organisation)))",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &book.0, /* person */ &person.0]).await?.get(0))
}
