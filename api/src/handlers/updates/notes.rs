//! Writing updates, reading them, and withdrawing them.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::handlers::challenges::challenge_body::{challenge_of, require_reader};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{OrganisationId, UpdateId};
use ledger::milestones::store::milestones;
use ledger::pledging::store::campaigns;
use ledger::text;
use ledger::updates::operations::updates as operations;
use ledger::updates::rules::update::{About, Update};
use ledger::updates::store::updates;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A note for everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpdate {
    /// The campaign, the challenge or the milestone that it is about.
    #[schema(min_length = 36, max_length = 36, pattern = "^(cmp|chl|mls)_[a-z2-7]{32}$")]
    pub(crate) about: String,
    /// What it is about, on one line.
    #[schema(min_length = 1, max_length = 200, example = "The frame is welded")]
    pub(crate) title: String,
    /// Paragraphs, without any markup.
    #[schema(
        min_length = 1,
        max_length = 10000,
        example = "It holds four times what it has to.\n\nThe motor comes next."
    )]
    pub(crate) body: String,
}

/// Why an update is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawUpdateRequest {
    /// For everybody to read.
    #[schema(min_length = 1, max_length = 1000, example = "The figure in it was wrong")]
    pub(crate) reason: String,
}

/// An update: a note for everybody. It is never edited.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Update)]
pub struct UpdateBody {
    #[schema(value_type = String)]
    id: UpdateId,
    /// The campaign, the challenge or the milestone.
    about: String,
    /// For whom it was written: the host, or the team of the milestone.
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// Name of that organisation.
    organisation_name: String,
    /// When it was written, by the book's clock.
    published_at: Timestamp,
    /// What it is about; null once it is withdrawn.
    title: Option<String>,
    /// Its text; null once it is withdrawn.
    body: Option<String>,
    /// When it was withdrawn, by the book's clock; null while it stands.
    withdrawn_at: Option<Timestamp>,
    /// Why it was withdrawn; null while it stands.
    reason: Option<String>,
}

impl From<Update> for UpdateBody {
    fn from(it: Update) -> UpdateBody {
        let stands = it.withdrawn.is_none();
        let (withdrawn_at, reason) = it.withdrawn.map(|of| (of.at, of.reason)).unzip();
        UpdateBody {
            id: it.id,
            about: it.about.to_string(),
            organisation: it.organisation,
            organisation_name: it.organisation_name,
            published_at: it.at,
            title: Some(it.title).filter(|_| stands),
            body: Some(it.body).filter(|_| stands),
            withdrawn_at,
            reason,
        }
    }
}

/// What somebody may read of the updates about a thing.
pub(crate) struct Readable {
    /// The book that it lies in.
    pub(crate) book: Book,
    /// How it is called.
    pub(crate) name: String,
    /// Whether updates about its milestones are read with its own.
    pub(crate) has_milestones: bool,
}

/// The thing that updates are about, for who may read it; all others are told that there is none.
pub(crate) async fn readable(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    about: About,
) -> Result<Readable, Error> {
    match about {
        About::Campaign(id) => {
            let book = book_of(client, id.book, "campaign").await?;
            let reader = Reader::of(client, caller, &book).await?;
            reader.require_campaigns("campaign").await?;
            let has_milestones = reader.require_team(None, true, "campaign").await.is_ok();
            let name = campaigns::get(client, id).await?.title;
            Ok(Readable { book, name, has_milestones })
        }
        About::Challenge(id) => {
            let (book, it) = challenge_of(client, id).await?;
            require_reader(client, caller, &book, &it).await?;
            Ok(Readable { book, name: it.title, has_milestones: false })
        }
        About::Milestone(id) => {
            let book = book_of(client, id.book, "milestone").await?;
            let it = milestones::get(client, id).await?;
            Reader::of(client, caller, &book).await?.require_team(Some(it.team), true, "milestone").await?;
            Ok(Readable { book, name: it.name, has_milestones: false })
        }
    }
}

/// Writes an update about a campaign, a challenge or a milestone: everybody who may read that reads it. Owners and treasurers of
/// the host may, and members of the team about its milestone; at most 20 about one thing in 24 hours. It is never edited.
#[utoipa::path(tag = "updates", operation_id = "publish_update", request_body = NewUpdate,
    responses((status = 201, description = "Published", body = UpdateBody)))]
#[post("/v1/updates")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewUpdate>,
) -> Result<HttpResponse, Problem> {
    publish_once(&state, &caller, &request.key, &request.body).await
}

/// Writes an update, once for its key: that of a request, or of a form.
pub(crate) async fn publish_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &NewUpdate,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let about = parse::<About>("/about", &body.about)?;
    let text = (bounded("/title", &body.title, text::NAME)?, paragraphs("/body", &body.body, text::UPDATE)?);
    idempotent(state, key, Scope::Book(about.book()), caller.id(), async |tx| {
        readable(tx, Some(caller), about).await?;
        let written = operations::publish(tx, about, text.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&UpdateBody::from(written)))
    })
    .await
}

/// Which page of the updates about one thing.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfThing {
    /// The campaign, with the updates about its milestones; or the challenge, or the milestone.
    #[param(max_length = 36, pattern = "^(cmp|chl|mls)_[a-z2-7]{32}$")]
    about: String,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists the updates about a campaign, a challenge or a milestone, for who may read that.
#[utoipa::path(tag = "updates", operation_id = "list_updates", params(OfThing),
    responses((status = 200, description = "A page, the newest first", body = Page<UpdateBody>)))]
#[get("/v1/updates")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<OfThing>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfThing { about, limit, cursor } = query.0;
    let about = parse::<About>("/about", &about)?;
    let window = Window::<Uuid>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let of = readable(&client, caller.0.as_ref(), about).await?;
    let rows = updates::list(&client, about, of.has_milestones, window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, UpdateBody::from).respond(&http))
}

/// Shows an update, for who may read what it is about.
#[utoipa::path(tag = "updates", operation_id = "show_update", params(("id" = String, Path, description = "The update")),
    responses((status = 200, description = "The update", body = UpdateBody)))]
#[get("/v1/updates/{id}")]
pub(crate) async fn show(state: Data<State>, caller: MaybeCaller, id: Path<UpdateId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let found = of_reader(&client, caller.0.as_ref(), *id).await?;
    Ok(HttpResponse::Ok().json(UpdateBody::from(found)))
}

/// An update, for who may read what it is about; all others are told that there is none.
pub(crate) async fn of_reader(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    id: UpdateId,
) -> Result<Update, Error> {
    let found = updates::get(client, id).await?;
    match readable(client, caller, found.about).await {
        Ok(_) => Ok(found),
        Err(Error::NotFound(_)) => Err(Error::NotFound("update")),
        Err(error) => Err(error),
    }
}

/// Withdraws an update: from then on everybody reads that it was withdrawn, when and why, and neither its title nor its text. Who
/// writes for the host withdraws any update, and the team of a milestone its own.
#[utoipa::path(tag = "updates", operation_id = "withdraw_update",
    params(("id" = String, Path, description = "The update")), request_body = WithdrawUpdateRequest,
    responses((status = 200, description = "Withdrawn", body = UpdateBody)))]
#[post("/v1/updates/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<UpdateId>,
    request: Keyed<WithdrawUpdateRequest>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Withdraws an update, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: UpdateId,
    key: &IdempotencyKey,
    body: &WithdrawUpdateRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &body.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_reader(tx, Some(caller), id).await?;
        let withdrawn = operations::withdraw(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&UpdateBody::from(withdrawn)))
    })
    .await
}
