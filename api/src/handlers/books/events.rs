//! What happened in a book, for those who follow it.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::Params;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{self, EventsOf};
use crate::wire::parse;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{BookRef, EventId, object_in};
use ledger::partners::store::told;
use ledger::partners::telling::{Telling, is_told};
use ledger::service::event::{EventKind, Family, check_reach};
use ledger::service::store::events::{self, Event};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is asked for of the events of a book.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfEvents {
    /// The book.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// The id of an object of the book: only what happened to it.
    #[param(max_length = 36, pattern = "^[a-z]{3}_[a-z2-7]{32}$")]
    object: Option<String>,
    /// Only events of this kind.
    kind: Option<String>,
    /// `end`: nothing that has happened by now, but where to go on from here. Not together with `cursor`.
    #[param(pattern = "^(end)$")]
    from: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before, or `poll_cursor` of an earlier one.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// An object of a book came to a state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// It names the event wherever it is told: whoever has seen it has seen the event.
    #[schema(value_type = String)]
    id: EventId,
    /// What happened. More kinds come within `/v1`: pass over those that you do not know.
    #[schema(value_type = String)]
    kind: EventKind,
    /// The id of what it happened to. Of a review it is that of the claim, of a version of the rules that of the challenge.
    #[schema(example = "chg_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy")]
    object: String,
    /// Grows with each event of the object. Numbers are left out where it changed without coming to another state.
    sequence: i64,
    /// The state that the object left; null when it is new.
    state_before: Option<String>,
    /// When it came to be so, by the book's clock. What was late has the moment at which it was due, where the object knows it.
    at: Timestamp,
    /// When it was written, by the wall clock.
    recorded_at: Timestamp,
    /// What comes with it, without personal data: ids, amounts, days, numbers. What there is none of is missing.
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
    /// True for an event that you fired by hand in a sandbox book: it did not happen. Missing in what did.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<bool>,
}

impl EventBody {
    pub(crate) fn new(event: Event) -> Result<EventBody, Error> {
        let Telling { id, kind, object, sequence, state_before, at, recorded_at, facts, is_test } =
            Telling::new(event)?;
        Ok(EventBody {
            id,
            kind,
            object,
            sequence,
            state_before,
            at,
            recorded_at,
            facts,
            test: is_test.then_some(true),
        })
    }
}

/// A part of what happened in a book.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The oldest first. Events of an object come in the order of its states.
    items: Vec<EventBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// Where to go on, now or later: what happens after this page comes after this cursor, whenever it commits.
    poll_cursor: String,
}

/// Lists what happened in a book: its objects came to their states, each of which is an event.
///
/// Whoever polls misses nothing: ask again with `poll_cursor` as `cursor`; `from=end` begins with what comes next. An event is kept for 90 days. Who reads a book sees
/// events of what it shows them: those of pledges, charges, settlements and members are for its owners, treasurers and auditors,
/// those of claims and submissions for those who belong to it.
///
/// A partner that is admitted to the book sees events of what it brought: of pledges with `pledges:read`, of charges with
/// `charges:read`, of its settlements with `settlements:read`, of contributions and entry fees with `contributions:read`; and those that it fired by
/// hand in a sandbox book.
#[utoipa::path(tag = "events", params(OfEvents),
    responses((status = 200, description = "A page, the oldest first", body = EventPage)))]
#[get("/v1/events")]
pub(crate) async fn list_events(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<OfEvents>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::parse(&query.0)?;
    let client = state.client().await?;
    let (book, of) = visibility::events(&client, &caller, asked.book).await?;
    let kinds = asked.kinds(caller.0.as_ref(), &of)?;
    // What has committed is in the list before it is read.
    events::number(&client, book.id).await?;
    let head = events::head(&client, book.id).await?;
    if let Some(after) = asked.window.after {
        check_reach(after, head.pruned).map_err(Error::from)?;
    }
    let begins = if asked.is_from_end { head.last } else { 0 };
    let (after, fetch) = (asked.window.after.unwrap_or(begins), asked.window.fetch());
    let rows = match (asked.object, &of) {
        (Some((_, object)), EventsOf::Partner(partner)) => {
            told::list_of_object(&client, book.id, object, *partner, &kinds, (after, fetch)).await?
        }
        (Some((_, object)), EventsOf::Audience(_)) => {
            events::list_of_object(&client, book.id, object, &kinds, (after, fetch)).await?
        }
        (None, EventsOf::Partner(partner)) => told::list(&client, book.id, *partner, &kinds, after, fetch).await?,
        (None, EventsOf::Audience(_)) if kinds.len() == EventKind::all().len() => {
            events::list(&client, book.id, after, fetch).await?
        }
        (None, EventsOf::Audience(_)) => events::list_of_kinds(&client, book.id, &kinds, after, fetch).await?,
    };
    // The head was read before the list: all up to it has been looked at, and shown where it was asked for.
    let end = rows.last().map_or(0, |row| row.number).max(head.last).max(after);
    let page = asked.window.page(rows, |row| row.number, EventBody::new);
    let next_cursor = page.next_cursor;
    let body = EventPage {
        poll_cursor: next_cursor.clone().unwrap_or_else(|| paging::encode(&end)),
        items: page.items.into_iter().collect::<Result<_, _>>()?,
        next_cursor: next_cursor.clone(),
    };
    Ok(paging::respond(&body, next_cursor.as_deref(), &http))
}

/// The parameters, read.
struct Asked {
    book: BookRef,
    /// The prefix of its id, and the object.
    object: Option<(String, Uuid)>,
    kind: Option<EventKind>,
    /// Whether what is there by now is passed over.
    is_from_end: bool,
    window: Window<i64>,
}

impl Asked {
    fn parse(query: &OfEvents) -> Result<Asked, Problem> {
        let book: BookRef = parse("/book", &query.book)?;
        let object = |text: &String| match object_in(text) {
            Some((prefix, of, object)) if of == book.book => Ok((prefix.to_owned(), object)),
            Some(_) | None => Err(Problem::invalid("/object", "not the id of an object of this book")),
        };
        let is_from_end = match query.from.as_deref() {
            None => false,
            Some("end") if query.cursor.is_none() => true,
            Some("end") => return Err(Problem::invalid("/from", "a cursor says already where to go on")),
            Some(_) => return Err(Problem::invalid("/from", "must be end")),
        };
        Ok(Asked {
            book,
            object: query.object.as_ref().map(object).transpose()?,
            kind: query.kind.as_deref().map(|kind| parse("/kind", kind)).transpose()?,
            is_from_end,
            window: Window::parse(query.limit, query.cursor.as_deref())?,
        })
    }

    /// The kinds that are asked for, and that who asks may see.
    fn kinds(&self, caller: Option<&Caller>, of: &EventsOf) -> Result<Vec<String>, Error> {
        let partner = caller.and_then(Caller::partner);
        let may_see = |family: &Family| match of {
            EventsOf::Audience(audience) => family.audience <= *audience,
            EventsOf::Partner(_) => partner.is_some_and(|partner| is_told(family, &partner.scopes)),
        };
        let seen: Vec<&EventKind> = EventKind::all().iter().filter(|kind| may_see(kind.family)).collect();
        if seen.is_empty() {
            return Err(Error::Forbidden("the token has no scope that reads events"));
        }
        let is_asked = |kind: &&EventKind| {
            self.kind.is_none_or(|asked| asked == **kind)
                && self.object.as_ref().is_none_or(|(prefix, _)| prefix == kind.family.prefix)
        };
        Ok(seen.into_iter().filter(is_asked).map(ToString::to_string).collect())
    }
}
