//! Reviews of claims.

use super::claim_body::{ClaimBody, ReviewBody, readable};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use ledger::evidence::EVIDENCE_MAX;
use ledger::id::ClaimId;
use ledger::milestones::operations::claims as operations;
use ledger::milestones::rules::review::Verdict;
use ledger::milestones::store::reviews;
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a reviewer says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// `approve`, `ask_changes` or `reject`.
    #[schema(pattern = "^(approve|ask_changes|reject)$")]
    pub(crate) verdict: String,
    /// With an approval: the claimed amount or a part of it.
    pub(crate) amount: Option<MoneyBody>,
    /// `sha256` of the claim that was read.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub(crate) claim_sha256: String,
    /// `sha256` of each piece of evidence that was read, in the claim's order.
    #[schema(max_items = 50)]
    pub(crate) evidence_sha256: Vec<String>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub(crate) comment: String,
}

impl NewReview {
    /// The opinion, and the currency of its amount.
    fn parse(&self) -> Result<(operations::Opinion, Option<Currency>), Problem> {
        let amount = self.amount.as_ref().map(|money| money.parse("/amount")).transpose()?;
        let verdict = match (self.verdict.as_str(), amount) {
            ("approve", Some(amount)) => Verdict::Approve { amount: amount.minor() },
            ("approve", None) => return Err(Problem::invalid("/amount", "an approval says for how much")),
            ("ask_changes" | "reject", Some(_)) => return Err(Problem::invalid("/amount", "only with an approval")),
            ("ask_changes", None) => Verdict::AskChanges,
            ("reject", None) => Verdict::Reject,
            _ => return Err(Problem::invalid("/verdict", "must be approve, ask_changes or reject")),
        };
        if self.evidence_sha256.len() > EVIDENCE_MAX {
            return Err(Problem::invalid("/evidence_sha256", format!("{EVIDENCE_MAX} digests at most")));
        }
        let digests = self.evidence_sha256.iter().enumerate();
        let evidence = digests.map(|(index, text)| parse(&format!("/evidence_sha256/{index}"), text));
        let opinion = operations::Opinion {
            verdict,
            claim: parse("/claim_sha256", &self.claim_sha256)?,
            evidence: evidence.collect::<Result<_, _>>()?,
            comment: paragraphs("/comment", &self.comment, text::STATEMENT_OR_NONE)?,
        };
        Ok((opinion, amount.map(|amount| amount.currency())))
    }
}

/// A review that was recorded, and the claim as it stands with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reviewed {
    review: ReviewBody,
    claim: ClaimBody,
}

/// Reviews a claim, restating the digests of what was read. Nobody decides on a claim of their own team.
#[utoipa::path(tag = "reviews", params(("id" = String, Path, description = "The claim")), request_body = NewReview,
    responses((status = 201, description = "Recorded", body = Reviewed)))]
#[post("/v1/claims/{id}/reviews")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<NewReview>,
) -> Result<HttpResponse, Problem> {
    record(&state, &caller, *id, &request.key, &request.body).await
}

/// Records a review, once for its key: that of a request, or of a form.
pub(crate) async fn record(
    state: &State,
    caller: &Caller,
    id: ClaimId,
    key: &IdempotencyKey,
    new: &NewReview,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let (opinion, asked) = new.parse()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let currency = readable(tx, caller, id).await?.content.amount.currency();
        if asked.is_some_and(|asked| asked != currency) {
            return Err(ledger::Error::invalid("/amount/currency", format!("the claim's money is in {currency}")));
        }
        let (claim, review) = operations::review(tx, id, opinion.clone(), by, ledger::calendar::now()).await?;
        let review = ReviewBody::new(review, currency, None);
        Ok(Reply::created(&Reviewed { review, claim: ClaimBody::new(claim, None) }))
    })
    .await
}

/// Lists all reviews of a claim, those of earlier submissions too.
#[utoipa::path(tag = "reviews", params(("id" = String, Path, description = "The claim"), PageQuery),
    responses((status = 200, description = "A page, by submission and reviewer", body = Page<ReviewBody>)))]
#[get("/v1/claims/{id}/reviews")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(i32, Uuid)>()?;
    let client = state.client().await?;
    let currency = readable(&client, &caller, *id).await?.content.amount.currency();
    let rows = reviews::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let page = window.page(rows, |row| (row.round, row.reviewer.0), |row| ReviewBody::new(row, currency, None));
    Ok(page.respond(&http))
}
