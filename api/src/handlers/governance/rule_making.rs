//! How the allocation rules of a cooperative are made.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::handlers::cooperatives::allocation_rules::{AllocationRuleBody, NewAllocationRule};
use crate::handlers::cooperatives::members::cooperative;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::governance::operations::rule_makings as operations;
use ledger::governance::rules::rule_making::{Needs, RuleMaking};
use ledger::governance::store::rule_makings;
use ledger::id::{BookRef, PersonId, ProposalId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How rules are made from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRuleMaking {
    /// Whether allocation rules are made by votes of the members alone; else keepers of the books publish them.
    by_vote: bool,
    /// How many of those who may vote must be counted at least, in percent: a decimal string, more than 0. With `by_vote` only, and then always.
    #[serde(default)]
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "33.34")]
    quorum_percent: Option<String>,
    /// How much of yes and no must be yes at least: `majority` or `two_thirds`. With `by_vote` only, and then always.
    #[serde(default)]
    #[schema(pattern = "^(majority|two_thirds)$", example = "two_thirds")]
    threshold: Option<String>,
    /// Where less is asked for than before: the proposal by which members decided it, opened since and passed as rules do.
    #[serde(default)]
    #[schema(min_length = 36, max_length = 36, pattern = "^prp_[a-z2-7]{32}$")]
    proposal: Option<String>,
}

impl NewRuleMaking {
    fn needs(&self) -> Result<Option<Needs>, Problem> {
        match (self.by_vote, &self.quorum_percent, &self.threshold) {
            (true, Some(quorum), Some(threshold)) => {
                let quorum = parse("/quorum_percent", quorum)?;
                Ok(Some(Needs { quorum, threshold: parse("/threshold", threshold)? }))
            }
            (true, None, _) => Err(Problem::invalid("/quorum_percent", "say how many must be counted")),
            (true, Some(_), None) => Err(Problem::invalid("/threshold", "say how much of yes and no must be yes")),
            (false, None, None) => Ok(None),
            (false, Some(_), _) => Err(Problem::invalid("/quorum_percent", "nobody votes then")),
            (false, None, Some(_)) => Err(Problem::invalid("/threshold", "nobody votes then")),
        }
    }
}

/// How the allocation rules of a cooperative are made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleMaking)]
pub struct RuleMakingBody {
    /// From 1; the last one holds.
    version: i32,
    by_vote: bool,
    /// Null where keepers make rules.
    #[schema(value_type = Option<String>, example = "33.34")]
    quorum_percent: Option<Percent>,
    threshold: Option<String>,
    /// The proposal by which less is asked for than before.
    #[schema(value_type = Option<String>)]
    proposal: Option<ProposalId>,
    #[schema(value_type = String)]
    set_by: PersonId,
    /// When, by the book's clock.
    set_at: Timestamp,
}

impl From<RuleMaking> for RuleMakingBody {
    fn from(it: RuleMaking) -> RuleMakingBody {
        RuleMakingBody {
            version: it.version,
            by_vote: it.needs.is_some(),
            quorum_percent: it.needs.map(|needs| needs.quorum),
            threshold: it.needs.map(|needs| needs.threshold.to_string()),
            proposal: it.proposal,
            set_by: it.set_by,
            set_at: it.set_at,
        }
    }
}

/// Says how allocation rules are made from now on: by votes of the members alone, with at least such a quorum and threshold, or by keepers of the
/// books. Keepers may ask for more than before; for less, members have voted as they vote on rules.
#[utoipa::path(tag = "allocation-rules", operation_id = "set_rule_making",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewRuleMaking,
    responses((status = 201, description = "It holds", body = RuleMakingBody)))]
#[post("/v1/cooperatives/{book}/rule-making")]
pub(crate) async fn set(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewRuleMaking>,
) -> Result<HttpResponse, Problem> {
    let (by, needs) = (caller.person()?.id, request.body.needs()?);
    let proposal = request.body.proposal.as_deref().map(|text| parse("/proposal", text)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let made = operations::set(tx, book.id, (needs, proposal), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&RuleMakingBody::from(made)))
    })
    .await
}

/// Lists how rules were made; empty where nobody has said it, and keepers make them.
#[utoipa::path(tag = "allocation-rules", operation_id = "list_rule_making",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the last version first", body = Page<RuleMakingBody>)))]
#[get("/v1/cooperatives/{book}/rule-making")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = rule_makings::list(&client, book.id, window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.version, RuleMakingBody::from).respond(&http))
}

/// Publishes the next version. Earlier ones never change, and none reaches back into a closed period. Where members decide on rules by vote, nobody
/// publishes one.
#[utoipa::path(tag = "allocation-rules", operation_id = "allocation_rules_publish", params(("book" = String, Path, description = "The cooperative's book")),
    request_body = NewAllocationRule,
    responses((status = 201, description = "Published", body = AllocationRuleBody)))]
#[post("/v1/cooperatives/{book}/allocation-rules")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewAllocationRule>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = &request.body;
    let (rule, days) = (body.parse("")?, body.objection_days());
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        body.check_currency("", &book)?;
        let wall = ledger::calendar::now();
        let when = (body.effective_from(), days);
        let published = operations::publish(tx, book.id, rule.clone(), when, by, wall).await?;
        Ok(Reply::created(&AllocationRuleBody::new(published, book.currency)))
    })
    .await
}
