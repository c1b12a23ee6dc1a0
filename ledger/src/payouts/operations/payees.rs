//! Who is paid: who stands behind a member or a lender, what they are called, and who is told.

use crate::cooperatives::rules::cooperative::is_short_name;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PersonId};
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use crate::payouts::rules::owed::Owed;
use crate::payouts::rules::payee::Payee;
use crate::payouts::store::payees::{self as store, Lender};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Who is paid what is owed; none for a lender of whom nobody has said who it is.
///
/// # Errors
///
/// [`Error::NotFound`] for a number that no member has.
pub async fn behind(client: &impl GenericClient, book: BookId, owed: &Owed) -> Result<Option<Payee>, Error> {
    Ok(match owed {
        Owed::Team(team) | Owed::Prize(team) => Some(Payee::Organisation(*team)),
        Owed::Member(number) => {
            let person = store::find_member(client, book, *number).await?.ok_or(Error::NotFound("member"))?;
            Some(Payee::Person(person))
        }
        Owed::Lender(name) => store::find_lender(client, book, name).await?.map(|lender| lender.payee),
    })
}

/// Says who stands behind the short name of a lender. What is being paid already goes where it went; whoever approves the next payout
/// sees to whom it goes.
///
/// # Errors
///
/// [`Error::Invalid`] at `/name` or `/payee`; [`Error::NotFound`] for an unknown book.
pub async fn name_lender(
    tx: &Transaction<'_>,
    book: BookId,
    (name, payee): (String, Payee),
    by: PersonId,
    wall: Timestamp,
) -> Result<Lender, Error> {
    if !is_short_name(&name) {
        return Err(Error::invalid("/name", "1 to 40 of a-z, 0-9 and -, the first one no -"));
    }
    let is_there = match payee {
        Payee::Organisation(id) => organisations::find(tx, id).await?.is_some(),
        Payee::Person(id) => people::find(tx, id).await?.is_some(),
    };
    if !is_there {
        return Err(Error::invalid("/payee", "there is nobody with this id"));
    }
    let book = books::get(tx, book).await?;
    let lender = Lender { name, payee, named_by: by, named_at: book.now(wall) };
    store::set_lender(tx, book.id, &lender).await?;
    let object = format!("lender {}", lender.name);
    activity::record(tx, book.id, Done::new(&object, "named", Actor::Person(by)), lender.named_at).await?;
    Ok(lender)
}

/// The addresses of whoever keeps a payee: the owners and treasurers of an organisation, or the person.
pub(super) async fn keepers(client: &impl GenericClient, payee: Payee) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    match payee {
        Payee::Organisation(organisation) => {
            for role in [Role::Owner, Role::Treasurer] {
                found.extend(organisations::list_emails_with(client, organisation, role).await?);
            }
        }
        Payee::Person(person) => found.extend(people::find(client, person).await?.map(|person| person.email)),
    }
    Ok(found)
}

/// What a payee is called. A person who has given no name is called by their address: to themselves, to who screens payees, and to
/// nobody else.
pub(super) async fn name(client: &impl GenericClient, payee: Payee) -> Result<String, Error> {
    match payee {
        Payee::Organisation(id) => name_of(client, id).await,
        Payee::Person(id) => {
            let found = people::find(client, id).await?.ok_or(Error::NotFound("person"))?;
            Ok(if found.name.is_empty() { found.email } else { found.name })
        }
    }
}

/// The name of an organisation.
pub(super) async fn name_of(client: &impl GenericClient, id: OrganisationId) -> Result<String, Error> {
    Ok(organisations::find(client, id).await?.map(|found| found.name).unwrap_or_default())
}
