//! Bylaws of a cooperative, and members who agree to them.

use super::members::{MemberBody, cooperative, cooperative_of, visible_member};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::cooperatives::operations::consents as operations;
use ledger::cooperatives::rules::consent::{Bylaws, Consent};
use ledger::cooperatives::store::consents;
use ledger::evidence::Digest;
use ledger::id::{BookRef, MemberId, PersonId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Bylaws to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBylaws {
    /// What they are called.
    #[schema(min_length = 1, max_length = 200, example = "Bylaws of 2027")]
    title: String,
    /// Where members read them.
    #[schema(min_length = 1, max_length = 2000, format = "uri", example = "https://press.example/bylaws.pdf")]
    url: String,
    /// SHA-256 of what lies there, in hexadecimal digits.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    sha256: String,
}

/// The bylaws of a cooperative.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bylaws)]
pub struct BylawsBody {
    /// From 1; the last one holds.
    version: i32,
    title: String,
    url: String,
    #[schema(value_type = String)]
    sha256: Digest,
    #[schema(value_type = String)]
    published_by: PersonId,
    /// When, by the book's clock.
    published_at: Timestamp,
}

impl From<Bylaws> for BylawsBody {
    fn from(it: Bylaws) -> BylawsBody {
        let Bylaws { version, title, url, sha256, published_by, published_at, book: _ } = it;
        BylawsBody { version, title, url, sha256, published_by, published_at }
    }
}

/// Writes down where the bylaws are, and their digest: what members agree to from now on. Those that hold already stay.
#[utoipa::path(tag = "cooperatives", operation_id = "publish_bylaws",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewBylaws,
    responses((status = 201, description = "They hold", body = BylawsBody)))]
#[post("/v1/cooperatives/{book}/bylaws")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewBylaws>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (caller.person()?.id, &request.body);
    let new = operations::NewBylaws {
        title: bounded("/title", &body.title, text::NAME)?,
        url: body.url.clone(),
        sha256: parse("/sha256", &body.sha256)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let bylaws = operations::publish(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&BylawsBody::from(bylaws)))
    })
    .await
}

/// Lists the versions of the bylaws.
#[utoipa::path(tag = "cooperatives", operation_id = "list_bylaws",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the last version first", body = Page<BylawsBody>)))]
#[get("/v1/cooperatives/{book}/bylaws")]
pub(crate) async fn list_bylaws(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = consents::list_bylaws(&client, book.id, window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.version, BylawsBody::from).respond(&http))
}

/// What a member says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// Whether a part of a share may stay in the cooperative as the member's capital.
    pub(crate) consents: bool,
    /// The digest of the bylaws that the member has read: of those that hold.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub(crate) bylaws_sha256: String,
}

/// A member says, for itself, whether a part of its shares may stay in the cooperative as its capital, under the bylaws that it has read. What it says
/// last counts for what is issued after that; statements that were issued stay as they are.
#[utoipa::path(tag = "cooperatives", operation_id = "consent",
    params(("id" = String, Path, description = "The member")), request_body = NewConsent,
    responses((status = 200, description = "Said", body = MemberBody)))]
#[post("/v1/members/{id}:consent")]
pub(crate) async fn say(
    state: Data<State>,
    caller: Caller,
    id: Path<MemberId>,
    request: Keyed<NewConsent>,
) -> Result<HttpResponse, Problem> {
    say_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Says it, once for its key: that of a request, or of a form.
pub(crate) async fn say_once(
    state: &State,
    caller: &Caller,
    id: MemberId,
    key: &IdempotencyKey,
    body: &NewConsent,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let read: Digest = parse("/bylaws_sha256", &body.bylaws_sha256)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "member").await?;
        let wall = ledger::calendar::now();
        let member = operations::say(tx, id, (body.consents, read), by, wall).await?;
        Ok(Reply::ok(&MemberBody::new(member, true, book.today(wall))))
    })
    .await
}

/// What a member said, and of which bylaws.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub struct ConsentBody {
    #[schema(value_type = String)]
    member: MemberId,
    /// From 1; the last one counts.
    version: i32,
    consents: bool,
    /// The version of the bylaws that held then.
    bylaws: i32,
    /// When, by the book's clock.
    said_at: Timestamp,
}

impl From<Consent> for ConsentBody {
    fn from(it: Consent) -> ConsentBody {
        let Consent { member, version, consents, bylaws, said_at, said_by: _ } = it;
        ConsentBody { member, version, consents, bylaws, said_at }
    }
}

/// Lists what a member said, to the member and to those who see all.
#[utoipa::path(tag = "cooperatives", operation_id = "list_consents",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = 200, description = "A page, the last one first", body = Page<ConsentBody>)))]
#[get("/v1/members/{id}/consents")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<MemberId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let member = visible_member(&client, &caller, *id).await?;
    let rows = consents::list(&client, member.id, window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.version, ConsentBody::from).respond(&http))
}
