//! Writing updates, and withdrawing them. Who may read the thing that they are about, the caller has looked at.

use crate::challenges::store::challenges;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, PersonId, UpdateId};
use crate::milestones::store::milestones;
use crate::parties::operations::standing::standing;
use crate::parties::store::organisations;
use crate::pledging::store::campaigns;
use crate::service::change::{check_line, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use crate::updates::rules::update::{About, Side, Update, Withdrawn, check_count, side};
use crate::updates::store::updates;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};

/// For which organisation somebody writes about a thing; none when they may not.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown thing.
pub async fn writer(
    client: &impl GenericClient,
    book: &Book,
    about: About,
    person: PersonId,
) -> Result<Option<OrganisationId>, Error> {
    let team = match about {
        About::Campaign(_) | About::Challenge(_) => book.organisation,
        About::Milestone(id) => milestones::get(client, id).await?.team,
    };
    let standing = standing(client, book, team, person).await?;
    Ok(side(about, &standing.host, &standing.team).map(|side| match side {
        Side::Host => book.organisation,
        Side::Team => team,
    }))
}

/// Locks the thing, so that updates about it are counted one after the other.
async fn lock(tx: &Transaction<'_>, about: About) -> Result<(), Error> {
    match about {
        About::Campaign(id) => campaigns::lock(tx, id).await.map(|_| ()),
        About::Challenge(id) => challenges::lock(tx, id).await.map(|_| ()),
        About::Milestone(id) => milestones::lock(tx, id).await.map(|_| ()),
    }
}

/// Writes an update for everybody who may read the thing that it is about.
///
/// # Errors
///
/// `too-many-updates`; [`Error::Invalid`] at `/title` and `/body`; [`Error::Forbidden`] for whoever is neither an owner or
/// treasurer of the host nor, about a milestone, of its team; [`Error::NotFound`] for an unknown thing.
pub async fn publish(
    tx: &Transaction<'_>,
    about: About,
    (title, body): (String, String),
    by: PersonId,
    wall: Timestamp,
) -> Result<Update, Error> {
    check_line("/title", &title, text::NAME)?;
    check_text("/body", &body, text::UPDATE)?;
    let book = books::get(tx, about.book()).await?;
    lock(tx, about).await?;
    let organisation = writer(tx, &book, about, by).await?.ok_or(Error::Forbidden(WRITERS))?;
    let now = book.now(wall);
    check_count(updates::count_since(tx, about, now - SignedDuration::from_hours(24)).await?)?;
    let named = organisations::find(tx, organisation).await?.ok_or(Error::NotFound("organisation"))?;
    let update = Update {
        id: UpdateId::generate(book.id),
        about,
        organisation,
        organisation_name: named.name,
        by,
        at: now,
        title,
        body,
        withdrawn: None,
    };
    updates::insert(tx, &update).await?;
    activity::record(tx, book.id, Done::new(&update.id, "published", Actor::Person(by)), now).await?;
    Ok(update)
}

/// Who writes updates, for those who may not.
const WRITERS: &str = "owners and treasurers of the host write updates, and members of the team about its milestone";

/// Withdraws an update: from then on readers see that, when and why, and neither its title nor its text. Whoever may write
/// for the host may, and whoever may write for the organisation for which it was written.
///
/// # Errors
///
/// `update-withdrawn`; [`Error::Invalid`] at `/reason`; [`Error::Forbidden`] for all others; [`Error::NotFound`] for an unknown
/// update.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: UpdateId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Update, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let update = updates::get(tx, id).await?;
    let book = books::get(tx, id.book).await?;
    let writer = writer(tx, &book, update.about, by).await?;
    if !writer.is_some_and(|writer| writer == book.organisation || writer == update.organisation) {
        return Err(Error::Forbidden("those who write for the host withdraw its updates, and the team its own"));
    }
    update.check_stands()?;
    let now = book.now(wall).max(update.at);
    let withdrawn = Withdrawn { by, at: now, reason };
    if !updates::withdraw(tx, id, &withdrawn).await? {
        return Err(Refusal::new("update-withdrawn", "the update is withdrawn already").into());
    }
    let done = Done::new(&id, "withdrawn", Actor::Person(by)).because(&withdrawn.reason);
    activity::record(tx, book.id, done, now).await?;
    Ok(Update { withdrawn: Some(withdrawn), ..update })
}
