//! What somebody says of the mails they want: a person who is signed in, and whoever has the link of a mail.

use super::preferences::{MailLink, Preferences, Reader, Wishes};
use super::store::preferences as store;
use crate::error::Error;
use crate::id::PersonId;
use deadpool_postgres::{GenericClient, Transaction};

/// What a person has said.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn of_person(client: &impl GenericClient, person: PersonId) -> Result<Preferences, Error> {
    Ok(store::find(client, person).await?.unwrap_or(Preferences::FIRST))
}

/// A person says which mails they want; `seen` is the version that they have read.
///
/// # Errors
///
/// [`Error::Stale`] when they stand otherwise by now.
pub async fn say(tx: &Transaction<'_>, person: PersonId, seen: i64, wishes: Wishes) -> Result<Preferences, Error> {
    let saved = match store::update(tx, person, seen, wishes).await? {
        Some(saved) => Some(saved),
        None if seen == Preferences::FIRST.version => store::insert(tx, person, wishes).await?,
        None => None,
    };
    saved.ok_or(Error::Stale("mail preferences"))
}

/// Revokes the links of all mails that a person has got: none of them leads anywhere from the next request on.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn revoke_links(tx: &Transaction<'_>, person: PersonId) -> Result<Preferences, Error> {
    store::raise_serial(tx, person).await
}

/// What the token of a link is for, and whether its reader wants that group.
///
/// # Errors
///
/// [`Error::NotFound`] for whatever leads nowhere: unknown, revoked, and of a donor who was erased.
pub async fn linked(client: &impl GenericClient, token: &str) -> Result<(MailLink, bool), Error> {
    let nowhere = || Error::NotFound("page");
    let link = MailLink::signed(token, &store::key(client).await?)?.ok_or_else(nowhere)?;
    let wants = match link.reader {
        Reader::Person(person) => {
            let said = of_person(client, person).await?;
            (said.link_serial == link.serial).then_some(said.wishes.wants(link.group))
        }
        Reader::Donor(donor) => store::donor_wants(client, donor).await?,
    };
    Ok((link, wants.ok_or_else(nowhere)?))
}

/// Turns the group of a link off, or on again. Done twice, it is done once.
///
/// # Errors
///
/// As [`linked`].
pub async fn turn(tx: &Transaction<'_>, token: &str, on: bool) -> Result<MailLink, Error> {
    let (link, _) = linked(tx, token).await?;
    let is_there = match link.reader {
        Reader::Person(person) => store::turn(tx, person, link, on).await?,
        Reader::Donor(donor) => store::turn_of_donor(tx, donor, on).await?,
    };
    if is_there { Ok(link) } else { Err(Error::NotFound("page")) }
}
