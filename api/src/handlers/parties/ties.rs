//! Declared ties: who is too close to a team to decide on its claims.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{paragraphs, parse};
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use jiff::Timestamp;
use ledger::engine::store::books;
use ledger::id::{BookRef, OrganisationId, PersonId};
use ledger::parties::operations::ties;
use ledger::parties::rules::tie::Tie;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tie to be declared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTie {
    /// In whose book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    pub(crate) book: String,
    /// Whose tie; the caller's own when it is not given.
    #[schema(max_length = 30, pattern = "^psn_[a-z2-7]{26}$")]
    pub(crate) person: Option<String>,
    /// The team.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) organisation: String,
    /// What the tie is.
    #[schema(min_length = 1, max_length = 1000)]
    pub(crate) reason: String,
}

/// A declared tie: the person counts for nothing on claims of the team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tie)]
pub struct TieBody {
    #[schema(value_type = String)]
    person: PersonId,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    reason: String,
    #[schema(value_type = String)]
    declared_by: PersonId,
    /// When it was declared, by the book's clock.
    declared_at: Timestamp,
}

impl From<Tie> for TieBody {
    fn from(it: Tie) -> TieBody {
        let Tie { book: _, person, organisation, reason, declared_by, declared_at } = it;
        TieBody { person, organisation, reason, declared_by, declared_at }
    }
}

/// Declares that somebody is too close to a team to decide on its claims: oneself, or, by an owner of the host, another.
#[utoipa::path(tag = "ties", request_body = NewTie,
    responses((status = 201, description = "Declared", body = TieBody)))]
#[post("/v1/ties")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewTie>,
) -> Result<HttpResponse, Problem> {
    declare(&state, &caller, &request.key, &request.body).await
}

/// Declares a tie, once for its key: that of a request, or of a form.
pub(crate) async fn declare(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    new: &NewTie,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let book: BookRef = parse("/book", &new.book)?;
    let person = new.person.as_deref().map(|person| parse("/person", person)).transpose()?.unwrap_or(by);
    let organisation = parse("/organisation", &new.organisation)?;
    let reason = paragraphs("/reason", &new.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        let tie =
            ties::declare_tie(tx, &book, person, organisation, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&TieBody::from(tie)))
    })
    .await
}
