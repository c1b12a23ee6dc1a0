//! Who may see and change what of a book.

use crate::auth::{Caller, MaybeCaller, Partner, Who};
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::ANY_ROLE;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::books::store::readers;
use ledger::engine::store::accounts;
use ledger::engine::store::books::{self, Book, Visibility};
use ledger::id::{BookId, BookRef, OrganisationId};
use ledger::parties::rules::role::{self, Role};
use ledger::service::store::activity::{self, Actor};
use std::sync::Arc;

/// Roles that read a private book: all but plain membership.
pub(crate) const PRIVATE_READERS: &[Role] =
    &[Role::Owner, Role::Treasurer, Role::Approver, Role::Reviewer, Role::Judge, Role::Auditor];

/// The book that a path names, for those whom the table of who may do what lets change it.
pub(crate) async fn kept(client: &impl GenericClient, caller: &Caller, id: BookRef) -> Result<Book, Error> {
    match &caller.who {
        Who::Person(person) => {
            let (book, roles) = readers::resolve_with_roles(client, id, person.id).await?;
            caller.check_roles(&roles, "book")?;
            Ok(book)
        }
        Who::Partner(_) => {
            let book = books::resolve(client, id).await?;
            caller.require_role(client, book.organisation, "book").await?;
            Ok(book)
        }
    }
}

/// The same in a query that requests of the same moment share: for what comes in thousands a second.
pub(crate) async fn kept_by(state: &State, caller: &Caller, id: BookRef) -> Result<Arc<Book>, Problem> {
    let Who::Person(person) = &caller.who else {
        return Ok(Arc::new(kept(&state.client().await?, caller, id).await?));
    };
    let (book, roles) = state.reads.books.read((id, person.id)).await?.ok_or(Error::NotFound("book"))?;
    caller.check_roles(&roles, "book")?;
    Ok(book)
}

/// The book that a path names, for those who may read it by its visibility. Others are told that there is none: admitted
/// partners too, who read their own objects only.
pub(crate) async fn read(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<(Book, bool), Error> {
    let book = books::resolve(client, id).await?;
    let standing = standing(client, caller.0.as_ref(), &book).await?;
    if standing.insider || standing.public { Ok((book, standing.insider)) } else { Err(Error::NotFound("book")) }
}

/// How somebody stands to a book.
pub(crate) struct Standing {
    /// Whether the caller has a role that reads it, or runs the installation.
    pub(crate) insider: bool,
    /// Whether everybody may read it; partners of the other mode may not.
    pub(crate) public: bool,
}

/// How a caller, or nobody in particular, stands to a book.
pub(crate) async fn standing(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
) -> Result<Standing, Error> {
    let roles = match book.visibility {
        Visibility::Private => PRIVATE_READERS,
        Visibility::Members | Visibility::Public => ANY_ROLE,
    };
    let mut same_mode = true;
    let insider = match caller.map(|caller| (caller, &caller.who)) {
        None => false,
        Some((caller, Who::Person(person))) => {
            person.is_operator || caller.has_role(client, book.organisation, roles).await?
        }
        Some((_, Who::Partner(partner))) => {
            same_mode = partner.mode.as_str() == book.mode.name();
            false
        }
    };
    let public = same_mode
        && match book.visibility {
            Visibility::Public => true,
            Visibility::Private | Visibility::Members => false,
        };
    Ok(Standing { insider, public })
}

/// The same for what shows single accounts: of a public book whose accounts belong to persons, outsiders see sums only.
pub(crate) async fn read_accounts(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<Book, Error> {
    let (book, insider) = read(client, caller, id).await?;
    if !insider && accounts::any_of(client, book.id, AccountClass::OF_PERSONS).await? {
        return Err(Error::Forbidden("this book has accounts of persons, which its own people see"));
    }
    Ok(book)
}

/// Writes into the book's list of who did what.
pub(crate) async fn note(
    tx: &Transaction<'_>,
    caller: &Caller,
    book: &Book,
    object: &str,
    action: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    let actor = match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Partner(partner) => Actor::Partner(partner.organisation),
    };
    activity::record(tx, book.id, object, action, actor, "", book.now(wall)).await
}

/// Who acts, for the list of who did what.
pub(crate) fn actor(caller: &Caller) -> Actor {
    match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Partner(partner) => Actor::Partner(partner.organisation),
    }
}

/// Whether a partner's credentials are of the book's mode. Live and sandbox never see each other's data, public or not.
pub(crate) fn is_same_mode(partner: &Partner, book: &Book) -> bool {
    partner.mode.as_str() == book.mode.name()
}

/// Refuses partners that the book has not admitted, and those whose credentials are of the other mode.
pub(crate) async fn require_admitted(
    client: &impl GenericClient,
    partner: &Partner,
    book: &Book,
    what: &'static str,
) -> Result<(), Error> {
    if is_same_mode(partner, book) && books::partner_admitted(client, book.id, partner.organisation).await? {
        return Ok(());
    }
    Err(Error::NotFound(what))
}

/// Refuses whoever may not read the campaigns of a book: by its visibility people may, and admitted partners with the scope.
pub(crate) async fn require_campaign_reader(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    what: &'static str,
) -> Result<(), Error> {
    let (is_public, roles) = match book.visibility {
        Visibility::Public => (true, ANY_ROLE),
        Visibility::Members => (false, ANY_ROLE),
        Visibility::Private => (false, PRIVATE_READERS),
    };
    match caller.map(|caller| (caller, &caller.who)) {
        None if is_public => Ok(()),
        None => Err(Error::NotFound(what)),
        Some((_, Who::Person(person))) if is_public || person.is_operator => Ok(()),
        Some((caller, Who::Person(_))) if caller.has_role(client, book.organisation, roles).await? => Ok(()),
        Some((_, Who::Person(_))) => Err(Error::NotFound(what)),
        Some((_, Who::Partner(partner))) if is_public && is_same_mode(partner, book) => Ok(()),
        Some((caller, Who::Partner(partner))) => {
            require_admitted(client, partner, book, what).await?;
            caller.require_scope(role::Scope::CampaignsRead).map(|_| ())
        }
    }
}

/// The book of an object; `what` is missing when the book is.
pub(crate) async fn book_of(client: &impl GenericClient, book: BookId, what: &'static str) -> Result<Book, Error> {
    books::find(client, book).await?.ok_or(Error::NotFound(what))
}

/// Refuses whoever may not read what concerns a team in a book: those who read the book may, people of the team, and
/// everybody where `public` holds and the book is public.
pub(crate) async fn require_team_reader(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    team: Option<OrganisationId>,
    public: bool,
    what: &'static str,
) -> Result<(), Error> {
    let standing = standing(client, caller, book).await?;
    if standing.insider || (public && standing.public) {
        return Ok(());
    }
    let of_team = match (caller, team) {
        (Some(caller), Some(team)) if caller.partner().is_none() => caller.has_role(client, team, ANY_ROLE).await?,
        (Some(_) | None, Some(_) | None) => false,
    };
    if of_team { Ok(()) } else { Err(Error::NotFound(what)) }
}
