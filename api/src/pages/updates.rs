//! Updates on pages: the newest about a campaign, a challenge or a milestone on its own page, all of them on one beside it, and the same as a
//! feed.

use super::rendered;
use super::shown::Day;
use super::twins::{Form, Sheet, Twinned, feed, respond};
use crate::auth::{Caller, MaybeCaller};
use crate::extract::Params;
use crate::handlers::updates::notes::{Readable, readable};
use crate::paging::Window;
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{CampaignId, ChallengeId, MilestoneId, UpdateId};
use ledger::updates::operations::updates as operations;
use ledger::updates::rules::update::{About, Update};
use ledger::updates::store::updates;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// So many updates stand on the page of the thing itself.
const NEWEST: usize = 5;

/// So many updates stand on a page of updates, and in a feed.
const LINES: u16 = 20;

/// An update, as readers see it.
#[derive(Serialize)]
pub(super) struct UpdateShown {
    pub(super) id: UpdateId,
    pub(super) on: Day,
    /// The organisation that wrote it.
    pub(super) by: String,
    /// The milestone that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) milestone: Option<MilestoneId>,
    /// Nothing once it is withdrawn.
    pub(super) title: Option<String>,
    /// Its text, paragraph by paragraph; nothing once it is withdrawn.
    pub(super) paragraphs: Vec<String>,
    /// That it was withdrawn; nothing while it stands.
    pub(super) withdrawn: Option<WithdrawnShown>,
    /// The moments for a feed.
    #[serde(skip)]
    at: Timestamp,
    #[serde(skip)]
    changed_at: Timestamp,
}

#[derive(Serialize)]
pub(super) struct WithdrawnShown {
    pub(super) on: Day,
    pub(super) reason: String,
}

/// The paragraphs of a text: what blank lines part.
fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl UpdateShown {
    pub(super) fn new(it: Update, book: &Book) -> UpdateShown {
        let stands = it.withdrawn.is_none();
        UpdateShown {
            id: it.id,
            on: Day(book.day_of(it.at)),
            by: it.organisation_name,
            milestone: match it.about {
                About::Milestone(id) => Some(id),
                About::Campaign(_) | About::Challenge(_) => None,
            },
            title: Some(it.title).filter(|_| stands),
            paragraphs: if stands { paragraphs(&it.body) } else { Vec::new() },
            at: it.at,
            changed_at: it.withdrawn.as_ref().map_or(it.at, |of| of.at),
            withdrawn: it.withdrawn.map(|of| WithdrawnShown { on: Day(book.day_of(of.at)), reason: of.reason }),
        }
    }

    /// The text in one piece, for a feed.
    fn text(&self) -> String {
        self.paragraphs.join("\n\n")
    }
}

/// Where the page of a thing is.
pub(super) fn place(about: About) -> String {
    format!("/{}s/{about}", about.noun())
}

/// The newest updates about a thing, for its own page.
#[derive(Serialize)]
pub(super) struct Updates {
    pub(super) items: Vec<UpdateShown>,
    pub(super) has_more: bool,
    /// Where all of them are.
    #[serde(skip)]
    pub(super) place: String,
    /// Where the reader writes one; none for who may not.
    #[serde(skip)]
    pub(super) desk: Option<String>,
}

impl Updates {
    /// The newest, for a reader of the thing.
    pub(super) async fn newest(
        client: &impl GenericClient,
        caller: Option<&Caller>,
        about: About,
    ) -> Result<Updates, Error> {
        let of = readable(client, caller, about).await?;
        let fetch = i64::try_from(NEWEST).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = updates::list(client, about, of.has_milestones, None, fetch).await?;
        let has_more = found.len() > NEWEST;
        found.truncate(NEWEST);
        Ok(Updates {
            items: found.into_iter().map(|it| UpdateShown::new(it, &of.book)).collect(),
            has_more,
            place: format!("{}/updates", place(about)),
            desk: desk(client, caller, &of.book, about).await?,
        })
    }
}

/// Where somebody writes about a thing; none for who may not.
async fn desk(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    about: About,
) -> Result<Option<String>, Error> {
    let Some(person) = caller.and_then(|caller| caller.person().ok()) else { return Ok(None) };
    let writer = operations::writer(client, book, about, person.id).await?;
    Ok(writer.map(|_| format!("/desk/updates/{about}")))
}

/// Where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Wanted {
    cursor: Option<String>,
}

#[derive(Template, Serialize)]
#[template(path = "updates.html")]
struct UpdatesPage {
    /// The id of the thing.
    about: String,
    name: String,
    #[serde(skip)]
    noun: &'static str,
    as_of: Day,
    updates: Updates,
    next: Option<String>,
    #[serde(skip)]
    home: String,
}

impl Twinned for UpdatesPage {
    fn sheet(&self) -> Sheet {
        let row = |it: &UpdateShown| {
            let withdrawn = it.withdrawn.as_ref();
            vec![
                it.on.0.to_string(),
                it.by.clone(),
                it.title.clone().unwrap_or_default(),
                it.text(),
                withdrawn.map(|of| of.on.0.to_string()).unwrap_or_default(),
                withdrawn.map(|of| of.reason.clone()).unwrap_or_default(),
            ]
        };
        let columns = vec!["day", "by", "title", "text", "withdrawn_on", "reason"];
        Sheet { columns, rows: self.updates.items.iter().map(row).collect() }
    }
}

#[derive(Template)]
#[template(path = "updates.xml")]
struct Feed<'a> {
    page: &'a UpdatesPage,
    /// Where the service is reached, without a slash at its end; empty when it does not know.
    base: String,
    /// The moment of the newest change; of a feed without any, the beginning of time.
    changed_at: Timestamp,
}

async fn answer(
    state: &State,
    caller: &MaybeCaller,
    (about, ending): (About, Option<&str>),
    wanted: &Wanted,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let form = match ending {
        None | Some("atom") => Form::Html,
        Some("json") => Form::Json,
        Some("csv") => Form::Csv,
        Some(_) => return Err(Problem::not_found("page")),
    };
    let window = Window::<Uuid>::parse(Some(LINES), wanted.cursor.as_deref())?;
    let client = state.client().await?;
    let Readable { book, name, has_milestones } = readable(&client, caller.0.as_ref(), about).await?;
    let rows = updates::list(&client, about, has_milestones, window.after, window.fetch()).await?;
    let found = window.page(rows, |row| row.id.object, |row| UpdateShown::new(row, &book));
    let home = place(about);
    let shown = UpdatesPage {
        about: about.to_string(),
        name,
        noun: about.noun(),
        as_of: Day(book.today(ledger::calendar::now())),
        updates: Updates {
            has_more: found.next_cursor.is_some(),
            items: found.items,
            place: format!("{home}/updates"),
            desk: desk(&client, caller.0.as_ref(), &book, about).await?,
        },
        next: found.next_cursor,
        home,
    };
    drop(client);
    let is_public = book.visibility == Visibility::Public;
    if ending != Some("atom") {
        return respond(request, form, &shown, is_public);
    }
    let base = state.config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let changed_at = shown.updates.items.iter().map(|it| it.changed_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let written = rendered(&Feed { page: &shown, base: base.unwrap_or_default(), changed_at })?;
    // The two characters that a text may have and that XML does not.
    Ok(feed(request, written.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"), is_public))
}

/// The routes of one kind of thing.
macro_rules! shows {
    ($(#[$doc:meta])* $show:ident, $show_as:ident, $id:ty, $about:path, $page:literal, $twin:literal) => {
        $(#[$doc])*
        #[route($page, method = "GET", method = "HEAD")]
        pub(in crate::pages) async fn $show(
            state: Data<State>,
            caller: MaybeCaller,
            id: Path<$id>,
            wanted: Params<Wanted>,
            request: HttpRequest,
        ) -> Result<HttpResponse, Problem> {
            answer(&state, &caller, ($about(*id), None), &wanted.0, &request).await
        }

        /// The same for programs, and as a feed.
        #[route($twin, method = "GET", method = "HEAD")]
        pub(in crate::pages) async fn $show_as(
            state: Data<State>,
            caller: MaybeCaller,
            path: Path<($id, String)>,
            wanted: Params<Wanted>,
            request: HttpRequest,
        ) -> Result<HttpResponse, Problem> {
            let (id, ending) = path.into_inner();
            answer(&state, &caller, ($about(id), Some(&ending)), &wanted.0, &request).await
        }
    };
}

shows! {
    /// All updates about a campaign and its milestones.
    of_campaign, of_campaign_as, CampaignId, About::Campaign, "/campaigns/{id}/updates", "/campaigns/{id}/updates.{form}"
}
shows! {
    /// All updates about a challenge.
    of_challenge, of_challenge_as, ChallengeId, About::Challenge, "/challenges/{id}/updates", "/challenges/{id}/updates.{form}"
}
shows! {
    /// All updates about a milestone.
    of_milestone, of_milestone_as, MilestoneId, About::Milestone, "/milestones/{id}/updates", "/milestones/{id}/updates.{form}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_part_paragraphs_and_single_ends_of_lines_do_not() {
        assert_eq!(paragraphs("one\ntwo\n\n\n\nthree\n"), ["one\ntwo", "three"]);
    }
}
