//! Payouts that somebody approves in one go.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::kept;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::Error;
use ledger::evidence::Digest;
use ledger::id::{BookRef, PayoutId};
use ledger::payouts::operations::payout_approvals::{APPROVALS_MAX, approve_all};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A payout as somebody has read it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenPayout {
    #[schema(pattern = "^pay_[a-z2-7]{32}$")]
    payout: String,
    /// The `digest` of the payout as you have read it.
    #[schema(pattern = "^[0-9a-f]{64}$", example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    digest: String,
}

/// Payouts to be approved in one go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePayoutsRequest {
    #[schema(min_items = 1, max_items = 1000)]
    payouts: Vec<SeenPayout>,
}

/// What became of one of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutApproval {
    #[schema(value_type = String)]
    payout: PayoutId,
    /// `approved` or `refused`.
    verdict: String,
    /// The code of the refusal, as a single approval would have it: the end of a problem's type; null when it is approved.
    code: Option<String>,
    /// Why, in a sentence; null when it is approved.
    detail: Option<String>,
}

/// What became of payouts that were to be approved in one go.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutApprovals {
    /// How many are approved.
    approved: usize,
    /// How many are not.
    refused: usize,
    /// In the order in which they were sent.
    items: Vec<PayoutApproval>,
}

/// Approves payouts in one go, each with its own digest as you have read it and by the rules of a single approval, with a verdict for each:
/// one that is refused changes nothing for the others.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book")),
    request_body = ApprovePayoutsRequest,
    responses((status = 200, description = "A verdict for each", body = PayoutApprovals)))]
#[post("/v1/books/{book}/payouts:approve-batch")]
pub(crate) async fn approve_batch(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<ApprovePayoutsRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let seen = parsed(&request.body, *book)?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, &caller, *book).await?;
        let verdicts = approve_all(tx, &seen, by, ledger::calendar::now()).await?;
        let told = seen.iter().zip(verdicts).map(|((payout, _), verdict)| match verdict {
            Ok(_) => PayoutApproval { payout: *payout, verdict: "approved".to_owned(), code: None, detail: None },
            Err(refusal) => PayoutApproval {
                payout: *payout,
                verdict: "refused".to_owned(),
                code: Some(refusal.code.to_owned()),
                detail: Some(refusal.detail),
            },
        });
        let items: Vec<PayoutApproval> = told.collect();
        let refused = items.iter().filter(|item| item.code.is_some()).count();
        Ok(Reply::ok(&PayoutApprovals { approved: items.len() - refused, refused, items }))
    })
    .await
}

fn parsed(body: &ApprovePayoutsRequest, book: BookRef) -> Result<Vec<(PayoutId, Digest)>, Problem> {
    if !(1..=APPROVALS_MAX).contains(&body.payouts.len()) {
        return Err(Error::invalid("/payouts", format!("1 to {APPROVALS_MAX}")).into());
    }
    let mut known = BTreeSet::new();
    let mut seen = Vec::with_capacity(body.payouts.len());
    for (place, item) in body.payouts.iter().enumerate() {
        let at = format!("/payouts/{place}/payout");
        let payout: PayoutId = parse(&at, &item.payout)?;
        if payout.book != book.book {
            return Err(Error::invalid(at, "a payout of another book").into());
        }
        if !known.insert(payout) {
            return Err(Error::invalid(at, "it is named twice").into());
        }
        seen.push((payout, parse(&format!("/payouts/{place}/digest"), &item.digest)?));
    }
    Ok(seen)
}
