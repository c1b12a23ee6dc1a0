//! Who may see and change what of a book.

use crate::auth::{Caller, MaybeCaller, Partner, Who};
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::{ANY_ROLE, COOPERATORS, DONOR_READERS};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::books::store::readers;
use ledger::engine::store::books::{self, Book, Visibility};
use ledger::files::store::teams;
use ledger::id::{BookId, BookRef, OrganisationId};
use ledger::parties::rules::role::{Role, Scope};
use ledger::reports::operations as reports;
use ledger::service::event::Audience;
use ledger::service::store::activity::{self, Actor, Done};
use std::fmt::Display;
use std::sync::Arc;

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

/// The sandbox book whose clock the caller may move: its keepers may, and partners whose own organisation owns it. Those that it
/// has only admitted share its clock with others, and move nothing.
pub(crate) async fn clocked(client: &impl GenericClient, caller: &Caller, id: BookRef) -> Result<Book, Error> {
    let book = kept(client, caller, id).await?;
    match caller.partner() {
        Some(partner) if !is_same_mode(partner, &book) => Err(Error::NotFound("book")),
        Some(_) | None => Ok(book),
    }
}

/// The book that a path names, for those who may read it, and for partners that move its clock.
pub(crate) async fn shown(client: &impl GenericClient, caller: &MaybeCaller, id: BookRef) -> Result<Book, Error> {
    if let Some(caller) = &caller.0
        && caller.require_scope(Scope::ClockWrite).is_ok()
        && let Ok(book) = clocked(client, caller, id).await
    {
        return Ok(book);
    }
    Ok(read(client, caller, id).await?.0)
}

/// The book that a path names, for those who may read it by its visibility, and whether they belong to it. Others are told
/// that there is none: admitted partners too, who read their own objects only.
pub(crate) async fn read(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<(Book, bool), Error> {
    let book = books::resolve(client, id).await?;
    let reader = Reader::of(client, caller.0.as_ref(), &book).await?;
    let is_insider = reader.is_insider;
    if is_insider || reader.is_public { Ok((book, is_insider)) } else { Err(Error::NotFound("book")) }
}

/// Whether somebody may read a book, of which they know otherwise.
pub(crate) async fn reads(client: &impl GenericClient, caller: &Caller, book: &Book) -> Result<bool, Error> {
    let reader = Reader::of(client, Some(caller), book).await?;
    Ok(reader.is_insider || reader.is_public)
}

/// The book for which a request brings evidence, for those who have a reason to: people with a role that reads it, and people of teams
/// and payees in it. Others are told that there is none, where they do not see it.
pub(crate) async fn brought_to(client: &impl GenericClient, caller: &Caller, id: BookRef) -> Result<Book, Error> {
    let by = caller.person()?.id;
    let book = books::resolve(client, id).await?;
    let reader = Reader::of(client, Some(caller), &book).await?;
    if reader.is_insider || teams::has_member(client, book.id, by).await? {
        return Ok(book);
    }
    if reader.is_public {
        return Err(Error::Forbidden("people of the book do this, and of teams and payees in it"));
    }
    Err(Error::NotFound("book"))
}

/// Whose events of a book somebody reads.
pub(crate) enum EventsOf {
    /// All that concern an audience, and those narrower than it.
    Audience(Audience),
    /// Those of what a partner has brought.
    Partner(OrganisationId),
}

/// The book whose events a caller may read, and which. Others are told that there is none.
pub(crate) async fn events(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<(Book, EventsOf), Error> {
    if let Some(partner) = caller.0.as_ref().and_then(Caller::partner) {
        let book = books::resolve(client, id).await?;
        require_admitted(client, partner, &book, "book").await?;
        return Ok((book, EventsOf::Partner(partner.organisation)));
    }
    let (book, is_insider) = read(client, caller, id).await?;
    let is_keeper = sees_donors(client, caller.0.as_ref(), &book).await?;
    let audience = match (is_keeper, is_insider) {
        (true, _) => Audience::Keepers,
        (false, true) => Audience::Insiders,
        (false, false) => Audience::Readers,
    };
    Ok((book, EventsOf::Audience(audience)))
}

/// What somebody sees of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Every line of every account.
    Whole,
    /// Of a public book with payments of people, or with accounts of theirs: sums only.
    Sums,
}

/// The book that a path names for those who may read it, and how much of it: its own people see it whole, others where it tells of
/// nobody's single payment or account.
pub(crate) async fn sight(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<(Book, Sight), Error> {
    let (book, insider) = read(client, caller, id).await?;
    let sight = if !insider && reports::is_in_sums(client, &book).await? { Sight::Sums } else { Sight::Whole };
    Ok((book, sight))
}

/// The book that a path names for what shows single accounts and entries.
pub(crate) async fn read_accounts(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: BookRef,
) -> Result<Book, Error> {
    match sight(client, caller, id).await? {
        (book, Sight::Whole) => Ok(book),
        (_, Sight::Sums) => Err(Error::Forbidden(
            "this book has payments or accounts of persons, which its own people see; its page shows others their sums",
        )),
    }
}

/// Whether the caller sees the donors and sponsors of a book by their pseudonyms.
pub(crate) async fn sees_donors(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
) -> Result<bool, Error> {
    has_role(client, caller, book, DONOR_READERS).await
}

/// Whether the caller sees what a cooperative notes of its sales and costs.
pub(crate) async fn sees_proceeds(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
) -> Result<bool, Error> {
    has_role(client, caller, book, COOPERATORS).await
}

async fn has_role(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    roles: &[Role],
) -> Result<bool, Error> {
    match caller {
        Some(caller) => caller.has_role(client, book.organisation, roles).await,
        None => Ok(false),
    }
}

/// Refuses who may not let a book be read like this: everybody reads a public one, and finds it in the list without a token, so
/// an operator decides on that.
pub(crate) fn require_leave(caller: &Caller, visibility: Visibility) -> Result<(), Error> {
    match visibility {
        Visibility::Public if !caller.is_operator() => {
            Err(Error::Forbidden("an operator lets a book be public: open it as private or members, and ask for it"))
        }
        Visibility::Private | Visibility::Members | Visibility::Public => Ok(()),
    }
}

/// Writes into the book's list of who did what; the object is an outside id, or names what has none.
pub(crate) async fn note(
    tx: &Transaction<'_>,
    caller: &Caller,
    book: &Book,
    object: &(dyn Display + Sync),
    action: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    activity::record(tx, book.id, Done::new(object, action, actor(caller)), book.now(wall)).await
}

/// Who acts, for the list of who did what.
pub(crate) fn actor(caller: &Caller) -> Actor {
    match &caller.who {
        Who::Person(person) => Actor::Person(person.id),
        Who::Partner(partner) => Actor::Partner(partner.organisation),
    }
}

/// Whether a partner's credentials are of the book's mode. Live and sandbox never see each other's data, public or not.
fn is_same_mode(partner: &Partner, book: &Book) -> bool {
    partner.mode == book.mode
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

/// The partner for which a caller brings something: itself, or one that the book has admitted, for people of the host, who name it.
pub(crate) async fn for_partner(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    named: Option<OrganisationId>,
    what: &'static str,
) -> Result<OrganisationId, Error> {
    match &caller.who {
        Who::Partner(partner) => {
            require_admitted(client, partner, book, what).await?;
            if named.is_some_and(|named| named != partner.organisation) {
                return Err(Error::invalid("/partner", "a partner brings its own alone"));
            }
            Ok(partner.organisation)
        }
        Who::Person(_) => {
            caller.require_role(client, book.organisation, what).await?;
            let named = named.ok_or_else(|| Error::invalid("/partner", "people of the host name the partner"))?;
            if books::partner_admitted(client, book.id, named).await? {
                return Ok(named);
            }
            Err(Error::invalid("/partner", "no partner platform that is admitted to the book"))
        }
    }
}

/// Who holds the money that a caller reports: an admitted partner, or the host, for its treasurer.
pub(crate) async fn custodian(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    what: &'static str,
) -> Result<OrganisationId, Error> {
    match &caller.who {
        Who::Partner(partner) => {
            require_admitted(client, partner, book, what).await?;
            Ok(partner.organisation)
        }
        Who::Person(_) => {
            caller.require_role(client, book.organisation, what).await?;
            Ok(book.organisation)
        }
    }
}

/// The book of an object; `what` is missing when the book is.
pub(crate) async fn book_of(client: &impl GenericClient, book: BookId, what: &'static str) -> Result<Book, Error> {
    books::find(client, book).await?.ok_or(Error::NotFound(what))
}

/// The roles in the organisation of a book that read it: in a private one, all but plain membership.
fn readers(visibility: Visibility) -> &'static [Role] {
    match visibility {
        Visibility::Private => {
            &[Role::Owner, Role::Treasurer, Role::Approver, Role::Reviewer, Role::Judge, Role::Auditor]
        }
        Visibility::Members | Visibility::Public => ANY_ROLE,
    }
}

/// Somebody, or nobody in particular, who asks to read something of a book. How they stand to the book is asked once, here
/// and nowhere else; whoever may not read is told that there is no such thing.
pub(crate) struct Reader<'a, C> {
    client: &'a C,
    caller: Option<&'a Caller>,
    book: &'a Book,
    /// Has a role that reads the book, or runs the installation.
    is_insider: bool,
    /// Everybody may read the book; partners of the other mode may not.
    is_public: bool,
}

impl<'a, C: GenericClient> Reader<'a, C> {
    /// How a caller, or nobody in particular, stands to a book.
    pub(crate) async fn of(client: &'a C, caller: Option<&'a Caller>, book: &'a Book) -> Result<Self, Error> {
        let is_insider = match caller.map(|caller| (caller, &caller.who)) {
            Some((caller, Who::Person(person))) => {
                person.is_operator || caller.has_role(client, book.organisation, readers(book.visibility)).await?
            }
            Some((_, Who::Partner(_))) | None => false,
        };
        let is_of_other_mode = caller.and_then(Caller::partner).is_some_and(|partner| !is_same_mode(partner, book));
        let is_public = match book.visibility {
            Visibility::Public => !is_of_other_mode,
            Visibility::Private | Visibility::Members => false,
        };
        Ok(Reader { client, caller, book, is_insider, is_public })
    }

    /// How much of the campaigns and challenges of the book may be read: its own people see all, and admitted partners with the scope; others
    /// that may read the book see of payments sums only. All else are refused.
    pub(crate) async fn require_campaigns(&self, what: &'static str) -> Result<Sight, Error> {
        if self.is_insider {
            return Ok(Sight::Whole);
        }
        match self.require_partner(what).await {
            Ok(()) => Ok(Sight::Whole),
            Err(_) if self.is_public => Ok(Sight::Sums),
            Err(refused) => Err(refused),
        }
    }

    async fn require_partner(&self, what: &'static str) -> Result<(), Error> {
        let Some((caller, partner)) = self.caller.and_then(|caller| Some((caller, caller.partner()?))) else {
            return Err(Error::NotFound(what));
        };
        require_admitted(self.client, partner, self.book, what).await?;
        caller.require_scope(Scope::CampaignsRead).map(|_| ())
    }

    /// Refuses who may not read what concerns a team: the book's own people may, people of the team, and everybody where
    /// `is_shown` holds and the book is public.
    pub(crate) async fn require_team(
        &self,
        team: Option<OrganisationId>,
        is_shown: bool,
        what: &'static str,
    ) -> Result<(), Error> {
        if self.is_insider || (is_shown && self.is_public) {
            return Ok(());
        }
        let is_of_team = match (self.caller, team) {
            (Some(caller), Some(team)) => caller.has_role(self.client, team, ANY_ROLE).await?,
            (Some(_) | None, Some(_) | None) => false,
        };
        if is_of_team { Ok(()) } else { Err(Error::NotFound(what)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_members_read_all_but_private_books_and_every_other_role_reads_them_all() {
        for visibility in Visibility::ALL {
            for role in Role::ALL {
                let reads = readers(*visibility).contains(role);
                let is_shut_out = *visibility == Visibility::Private && *role == Role::Member;
                assert_eq!(reads, !is_shut_out, "{role} of a book that is {visibility}");
            }
        }
    }
}
