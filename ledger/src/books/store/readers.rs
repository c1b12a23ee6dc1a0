//! Books with the roles that a person has in their organisation.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{BookRef, PersonId};
use crate::parties::rules::role::Role;
use deadpool_postgres::GenericClient;
use std::collections::HashMap;
use uuid::Uuid;

/// The book that an outside id names, with the roles of a person in the organisation that owns it, in one round trip.
pub async fn resolve_with_roles(
    client: &impl GenericClient,
    reference: BookRef,
    person: PersonId,
) -> Result<(Book, Vec<Role>), Error> {
    let statement = client
        .prepare_cached(
            "-- readers::resolve_with_roles
             SELECT b.*, ARRAY(SELECT m.role FROM membership m
                                WHERE m.organisation = b.organisation AND m.person = $2 ORDER BY m.role) AS roles
               FROM book b WHERE b.number = $1 AND b.uid = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* number */ &reference.book.0, /* person */ &person.0, /* uid */ &reference.object])
        .await?;
    let row = row.ok_or(Error::NotFound("book"))?;
    let roles: Vec<&str> = row.get("roles");
    let roles = roles.into_iter().map(str::parse).collect::<Result<_, _>>()?;
    Ok((Book::from_row(&row)?, roles))
}

/// Books with roles, as [`resolve_with_roles`], for many references and persons at once; who names no book is left out.
pub async fn list_with_roles(
    client: &impl GenericClient,
    asked: &[(BookRef, PersonId)],
) -> Result<HashMap<(BookRef, PersonId), (Book, Vec<Role>)>, Error> {
    let statement = client
        .prepare_cached(
            "-- readers::list_with_roles
             SELECT b.*, a.person, ARRAY(SELECT m.role FROM membership m
                                          WHERE m.organisation = b.organisation AND m.person = a.person
                                          ORDER BY m.role) AS roles
               FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS a (number, uid, person)
               JOIN book b ON b.number = a.number AND b.uid = a.uid",
        )
        .await?;
    let numbers: Vec<i32> = asked.iter().map(|(reference, _)| reference.book.0).collect();
    let uids: Vec<Uuid> = asked.iter().map(|(reference, _)| reference.object).collect();
    let persons: Vec<Uuid> = asked.iter().map(|(_, person)| person.0).collect();
    let rows = client.query(&statement, &[/* numbers */ &numbers, /* uids */ &uids, /* persons */ &persons]).await?;
    rows.iter()
        .map(|row| {
            let book = Book::from_row(row)?;
            let roles: Vec<&str> = row.get("roles");
            let roles = roles.into_iter().map(str::parse).collect::<Result<_, _>>()?;
            Ok(((book.reference(), PersonId(row.get("person"))), (book, roles)))
        })
        .collect()
}
