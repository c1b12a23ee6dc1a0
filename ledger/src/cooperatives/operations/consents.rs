//! Bylaws that are written down, and members who agree to them for themselves.

use super::members::lock;
use crate::cooperatives::rules::consent::{BYLAWS_MAX, Bylaws, CONSENTS_MAX, Consent};
use crate::cooperatives::rules::cooperative::{Member, Standing};
use crate::cooperatives::store::{consents as rows, members};
use crate::error::{Error, Refusal};
use crate::evidence::{Digest, is_link};
use crate::id::{BookId, MemberId, PersonId};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Bylaws to be written down.
#[derive(Debug, Clone)]
pub struct NewBylaws {
    /// What they are called.
    pub title: String,
    /// Where members read them.
    pub url: String,
    /// SHA-256 of what lies there.
    pub sha256: Digest,
}

/// Writes down where the bylaws are, and their digest. They hold from now on. Those that hold already stay.
///
/// # Errors
///
/// `not-a-cooperative`; [`Error::Invalid`] at `/title` or `/url`; [`Error::NotFound`] for an unknown book.
pub async fn publish(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewBylaws,
    by: PersonId,
    wall: Timestamp,
) -> Result<Bylaws, Error> {
    let (book, _) = lock(tx, book).await?;
    check_text("/title", &new.title, text::NAME)?;
    if !is_link(&new.url) {
        return Err(Error::invalid("/url", "an http or https link of at most 2,000 characters"));
    }
    let last = rows::in_force(tx, book.id).await?;
    if let Some(same) = &last
        && (&same.title, &same.url, same.sha256) == (&new.title, &new.url, new.sha256)
    {
        return Ok(same.clone());
    }
    let before = last.map_or(0, |it| it.version);
    if before >= BYLAWS_MAX {
        return Err(Error::invalid(
            "/sha256",
            format!("a cooperative has {BYLAWS_MAX} versions of its bylaws at most"),
        ));
    }
    let bylaws = Bylaws {
        book: book.id,
        version: before + 1,
        title: new.title,
        url: new.url,
        sha256: new.sha256,
        published_by: by,
        published_at: book.now(wall),
    };
    rows::insert_bylaws(tx, &bylaws).await?;
    let object = format!("bylaws {}", bylaws.version);
    activity::record(tx, book.id, Done::new(&object, "published", Actor::Person(by)), bylaws.published_at).await?;
    Ok(bylaws)
}

/// A member says whether a part of its shares may stay in the cooperative as its capital, under the bylaws that it has read. Said again, nothing
/// changes. What was issued before stays as it was issued.
///
/// # Errors
///
/// `bylaws-missing` while none are written down; `bylaws-differ` when `read` are not those that hold; `member-left`. [`Error::Forbidden`] for anybody
/// else than the member, and for who is no member; [`Error::NotFound`] for an unknown member.
pub async fn say(
    tx: &Transaction<'_>,
    id: MemberId,
    (consents, read): (bool, Digest),
    by: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let member = members::lock(tx, id).await?;
    if member.person != by || member.standing == Standing::Employee {
        return Err(Error::Forbidden("members agree for themselves"));
    }
    let today = book.today(wall);
    if let Some(left) = member.left_on.filter(|left| *left < today) {
        return Err(Refusal::new("member-left", format!("member {} left on {left}", member.number)).into());
    }
    let missing =
        || Refusal::new("bylaws-missing", "nobody has written down where the bylaws are: ask a keeper of the books");
    let bylaws = rows::in_force(tx, book.id).await?.ok_or_else(missing)?;
    bylaws.check(read)?;
    let last = rows::list(tx, id, None, 1).await?.pop();
    if last.as_ref().is_some_and(|it| (it.consents, it.bylaws) == (consents, bylaws.version)) {
        return Ok(member);
    }
    let before = last.as_ref().map_or(0, |it| it.version);
    if before >= CONSENTS_MAX {
        return Err(Error::Forbidden("a member says so a thousand times at most"));
    }
    let now = book.now(wall);
    let said = Consent {
        member: id,
        version: before + 1,
        consents,
        bylaws: bylaws.version,
        said_by: by,
        said_at: last.map_or(now, |it| it.said_at.max(now)),
    };
    rows::insert(tx, &said).await?;
    let member = members::update_consent(tx, &Member { consents, ..member }).await?;
    let done = if consents { "consented" } else { "consent_withdrawn" };
    activity::record(tx, book.id, Done::new(&id, done, Actor::Person(by)), said.said_at).await?;
    Ok(member)
}
