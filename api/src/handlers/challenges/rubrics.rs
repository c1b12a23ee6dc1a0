//! Rubrics that are secret until the prizes are awarded.

use super::challenge_body::{challenge_of, require_reader};
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::who_may::ANY_ROLE;
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::rubrics as operations;
use ledger::challenges::store::rubrics::{self, Rubric};
use ledger::evidence::Digest;
use ledger::id::ChallengeId;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The text of a rubric.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRubric {
    /// The text whose SHA-256 the rules hold as `secret_rubric`, byte by byte.
    #[schema(min_length = 1, max_length = 50000)]
    text: String,
}

/// A rubric that was secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rubric)]
pub struct RubricBody {
    /// What judges went by.
    text: String,
    /// SHA-256 of it, which the rules held since the opening.
    #[schema(value_type = String)]
    sha256: Digest,
    /// When the host gave it, by the book's clock.
    shown_at: Timestamp,
}

impl From<Rubric> for RubricBody {
    fn from(it: Rubric) -> RubricBody {
        let Rubric { text, sha256, shown_at } = it;
        RubricBody { text, sha256, shown_at }
    }
}

/// Gives the text of a secret rubric while work is judged. Everybody who sees the challenge reads it when the prizes are awarded, which
/// wait for it for 14 days from the end of the time for appeals, and are awarded without it then.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge")), request_body = NewRubric,
    responses((status = 201, description = "Given", body = RubricBody)))]
#[post("/v1/challenges/{id}/rubric")]
pub(crate) async fn give(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewRubric>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let rubric = paragraphs("/text", &request.body.text, text::TERMS)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let given = operations::show(tx, *id, rubric.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&RubricBody::from(given)))
    })
    .await
}

/// Shows the rubric of a challenge once its prizes are awarded; before, to the people of the host.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge")),
    responses((status = 200, description = "The rubric", body = RubricBody)))]
#[get("/v1/challenges/{id}/rubric")]
pub(crate) async fn show_rubric(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let is_host = match &caller {
        Some(caller) => caller.has_role(&client, book.organisation, ANY_ROLE).await?,
        None => false,
    };
    let found = rubrics::find(&client, *id).await?.filter(|_| is_host || challenge.state.is_awarded());
    let found = found.ok_or(Error::NotFound("rubric"))?;
    Ok(HttpResponse::Ok().json(RubricBody::from(found)))
}
