//! Proposals: putting one to the vote, voting, and what came of it.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::handlers::cooperatives::allocation_rules::NewAllocationRule;
use crate::handlers::cooperatives::members::{cooperative, cooperative_of, visible_members};
use crate::handlers::programmes::plans::NewProgramme;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::governance::operations::proposals as operations;
use ledger::governance::operations::votes::{self, Own};
use ledger::governance::rules::proposal::{College, Executed, Motion, NewCollege, Proposal, ProposalEnd, ProposedRule};
use ledger::governance::rules::vote::{Choice, Threshold};
use ledger::governance::store::electors::Listed;
use ledger::governance::store::{electors, proposals};
use ledger::id::{AllocationRuleId, BookRef, MemberId, PersonId, ProgrammeId, ProposalId};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A group of members that votes apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProposalCollege)]
pub struct NewCollegeRequest {
    /// The group, such as `workers`.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "workers")]
    group: String,
    /// How much of the whole its part of yes weighs: a decimal string, exact to the hundredth; those of all colleges make exactly 100.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "50")]
    weight: String,
}

/// What members shall be asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposalRequest {
    /// What it is about.
    #[schema(min_length = 1, max_length = 200, example = "Four fifths for the workers")]
    pub(crate) title: String,
    /// What is decided: it never changes.
    #[schema(min_length = 1, max_length = 4000, example = "From July on, 80 % of what is left is divided by hours.")]
    pub(crate) text: String,
    /// The last day on which members vote, in the zone of the book: tomorrow at the earliest, in a year at the latest.
    pub(crate) last_day: Date,
    /// How many members must be counted, themselves or by who votes for them; no more than may vote.
    #[schema(minimum = 1, example = 10)]
    pub(crate) quorum: i32,
    /// How much of yes and no must be yes: `majority`, more than half, or `two_thirds`, at least.
    #[schema(pattern = "^(majority|two_thirds)$", example = "majority")]
    pub(crate) threshold: String,
    /// Groups of members that vote apart: each member is in one. When it is empty or not given, all vote together.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub(crate) colleges: Vec<NewCollegeRequest>,
    /// The allocation rule that the service publishes when it passes. Without a rule and a programme it is a resolution, from which nothing
    /// follows here.
    #[serde(default)]
    pub(crate) rule: Option<NewAllocationRule>,
    /// A budget: the programme that the service opens when it passes. Not with a rule.
    #[serde(default)]
    pub(crate) programme: Option<NewProgramme>,
}

impl NewProposalRequest {
    fn parse(&self) -> Result<operations::NewProposal, Problem> {
        let college = |(place, it): (usize, &NewCollegeRequest)| -> Result<NewCollege, Problem> {
            let weight: Percent = parse(&format!("/colleges/{place}/weight"), &it.weight)?;
            Ok(NewCollege { group: it.group.clone(), weight })
        };
        let rule = |it: &NewAllocationRule| -> Result<ProposedRule, Problem> {
            let (effective_from, window_days) = (it.effective_from(), it.objection_days());
            Ok(ProposedRule { rule: it.parse("/rule")?, effective_from, window_days })
        };
        let motion = match (&self.rule, &self.programme) {
            (None, None) => Motion::Resolution,
            (Some(it), None) => Motion::Rule(rule(it)?),
            (None, Some(it)) => Motion::Budget(it.parse().map_err(|problem| problem.below("/programme"))?),
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("/programme", "a rule or a programme: each is put to the vote by itself"));
            }
        };
        let threshold: Threshold = parse("/threshold", &self.threshold)?;
        Ok(operations::NewProposal {
            title: bounded("/title", &self.title, text::NAME)?,
            text: paragraphs("/text", &self.text, text::STATEMENT)?,
            motion,
            threshold,
            quorum: self.quorum,
            colleges: self.colleges.iter().enumerate().map(college).collect::<Result<_, _>>()?,
            last_day: self.last_day,
        })
    }
}

/// A college of a proposal, or all who may vote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalCollege)]
pub struct CollegeBody {
    /// The group of members; null for all.
    group: Option<String>,
    /// How much of the whole its part of yes weighs, in percent. A college in which nobody says yes or no weighs nothing.
    weight: String,
    /// How many of its members may vote.
    electors: i32,
    /// How many said yes, themselves or by who votes for them; null until the last day is over. So are the next three.
    yes: Option<i32>,
    no: Option<i32>,
    /// How many said neither: they count for the quorum only.
    blank: Option<i32>,
    /// How many of those were counted by who votes for them.
    delegated: Option<i32>,
}

impl From<College> for CollegeBody {
    fn from(it: College) -> CollegeBody {
        let count = it.count;
        CollegeBody {
            group: it.group,
            weight: it.weight.to_string(),
            electors: it.electors,
            yes: count.map(|it| it.yes),
            no: count.map(|it| it.no),
            blank: count.map(|it| it.blank),
            delegated: count.map(|it| it.delegated),
        }
    }
}

/// What members are asked, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub struct ProposalBody {
    #[schema(value_type = String)]
    id: ProposalId,
    title: String,
    text: String,
    /// The allocation rule that is published when it passes; null for others.
    rule: Option<NewAllocationRule>,
    /// The programme that is opened when it passes; null for others. Without both it is a resolution.
    programme: Option<NewProgramme>,
    /// SHA-256 of what is voted on: title, text, and rule or programme.
    digest: String,
    /// How much of yes and no must be yes: `majority` or `two_thirds`.
    threshold: String,
    /// How many members must be counted.
    quorum: i32,
    /// How many may vote: the members of the moment at which it was opened.
    electors: i32,
    /// The last day on which members vote.
    last_day: Date,
    /// When that day is over, by the book's clock.
    closes_at: Timestamp,
    /// `open`, also while nobody has counted yet; `passed`, `failed`, or `withdrawn`.
    state: String,
    #[schema(value_type = String)]
    proposed_by: PersonId,
    /// When it was opened, by the book's clock.
    opened_at: Timestamp,
    /// When it ended, by the book's clock; null while it is open.
    ended_at: Option<Timestamp>,
    /// Who withdrew it; null otherwise.
    #[schema(value_type = Option<String>)]
    withdrawn_by: Option<PersonId>,
    /// Why it was withdrawn; null otherwise.
    reason: Option<String>,
    /// How many members were counted; null until the last day is over.
    counted: Option<i32>,
    /// How much of yes and no was yes, in percent, rounded to the hundredth; null where nobody said either, and until then.
    approval: Option<String>,
    /// The version of the rule that was published; null otherwise.
    #[schema(value_type = Option<String>)]
    allocation_rule: Option<AllocationRuleId>,
    /// The programme that was opened; null otherwise.
    #[schema(value_type = Option<String>)]
    opened_programme: Option<ProgrammeId>,
    /// Why the rule of a proposal that has passed could not be published any more, or its programme not be opened, as the code of a problem
    /// such as `rule-too-late` or `account-counts-already`; null otherwise.
    refused: Option<String>,
}

impl ProposalBody {
    fn new(it: Proposal, currency: Currency) -> Result<ProposalBody, Error> {
        let state = it.state().to_string();
        let (end, ended_at) = it.ended.unzip();
        let (mut withdrawn_by, mut reason, mut refused) = (None, None, None);
        let (mut allocation_rule, mut opened_programme) = (None, None);
        match end {
            Some(ProposalEnd::Withdrawn { by, reason: why }) => (withdrawn_by, reason) = (Some(by), Some(why)),
            Some(ProposalEnd::Passed(Executed::Published(id))) => allocation_rule = Some(id),
            Some(ProposalEnd::Passed(Executed::Opened(id))) => opened_programme = Some(id),
            Some(ProposalEnd::Passed(Executed::Refused(code))) => refused = Some(code),
            Some(ProposalEnd::Passed(Executed::Nothing) | ProposalEnd::Failed) | None => {}
        }
        let (mut rule, mut programme) = (None, None);
        match it.motion {
            Motion::Resolution => {}
            Motion::Rule(of) => {
                rule = Some(NewAllocationRule::of(of.rule, of.effective_from, of.window_days, currency));
            }
            Motion::Budget(new) => programme = Some(NewProgramme::of(new, currency)?),
        }
        let percent = |hundredths: i32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        Ok(ProposalBody {
            id: it.id,
            title: it.title,
            text: it.text,
            rule,
            programme,
            digest: hex::encode(it.digest),
            threshold: it.threshold.to_string(),
            quorum: it.quorum,
            electors: it.electors,
            last_day: it.last_day,
            closes_at: it.closes_at,
            state,
            proposed_by: it.proposed_by,
            opened_at: it.opened_at,
            ended_at,
            withdrawn_by,
            reason,
            counted: it.outcome.map(|it| it.counted),
            approval: it.outcome.and_then(|it| it.approval).map(percent),
            allocation_rule,
            opened_programme,
            refused,
        })
    }
}

/// A proposal with its colleges, and what the caller has to do with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProposalWithVotes)]
pub struct ProposalWithVotesBody {
    #[serde(flatten)]
    proposal: ProposalBody,
    /// The colleges, or one for all.
    colleges: Vec<CollegeBody>,
    /// Whether the caller may vote on it.
    is_elector: bool,
    /// What the caller voted last: `yes`, `no` or `blank`; null when it cast no vote. It is shown to nobody else.
    own_vote: Option<String>,
    /// When the caller voted last, by the book's clock; null when it cast no vote.
    voted_at: Option<Timestamp>,
}

impl ProposalWithVotesBody {
    async fn read(
        client: &impl GenericClient,
        caller: &Caller,
        it: Proposal,
        currency: Currency,
    ) -> Result<ProposalWithVotesBody, Error> {
        let own = match caller.person() {
            Ok(person) => votes::own(client, it.id, person.id).await?,
            Err(_) => Own::default(),
        };
        let colleges = proposals::colleges(client, it.id).await?;
        Ok(ProposalWithVotesBody {
            proposal: ProposalBody::new(it, currency)?,
            colleges: colleges.into_iter().map(CollegeBody::from).collect(),
            is_elector: own.is_elector,
            own_vote: own.vote.map(|(choice, _)| choice.to_string()),
            voted_at: own.vote.map(|(_, at)| at),
        })
    }
}

/// Puts a proposal to the vote. Who may vote is whoever is a member now, also one who leaves before the last day; each has one vote. What
/// was voted is counted when the last day is over, and nobody sees a part of it before. Votes that are neither yes nor no count for
/// the quorum only. Those who may vote are told by mail.
#[utoipa::path(tag = "proposals", operation_id = "open_proposal",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewProposalRequest,
    responses((status = 201, description = "Put to the vote", body = ProposalWithVotesBody)))]
#[post("/v1/cooperatives/{book}/proposals")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewProposalRequest>,
) -> Result<HttpResponse, Problem> {
    open_once(&state, &caller, *id, &request.key, &request.body).await
}

/// The same for a page.
pub(crate) async fn open_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    body: &NewProposalRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = body.parse()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        if let Some(rule) = &body.rule {
            rule.check_currency("/rule", &book)?;
        }
        if let Some(programme) = &body.programme {
            programme.check_currency(book.currency).map_err(|error| error.below("/programme"))?;
        }
        let opened = operations::open(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ProposalWithVotesBody::read(tx, caller, opened, book.currency).await?))
    })
    .await
}

/// Lists proposals, without their colleges.
#[utoipa::path(tag = "proposals", operation_id = "list_proposals",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the youngest first", body = Page<ProposalBody>)))]
#[get("/v1/cooperatives/{book}/proposals")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = proposals::list(&client, book.id, window.after, window.fetch()).await?;
    let bodies = rows.into_iter().map(|row| ProposalBody::new(row, book.currency)).collect::<Result<Vec<_>, _>>()?;
    Ok(window.page(bodies, |body| body.id.object, |body| body).respond(&http))
}

/// Shows a proposal with its colleges, what came of it, and the caller's own vote.
#[utoipa::path(tag = "proposals", operation_id = "show_proposal",
    params(("id" = String, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal, with its ETag", body = ProposalWithVotesBody,
        headers(("ETag" = String)))))]
#[get("/v1/proposals/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<ProposalId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "proposal").await?;
    let found = proposals::get(&client, *id).await?;
    let tag = etag(found.version);
    let body = ProposalWithVotesBody::read(&client, &caller, found, book.currency).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// An elector.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Elector)]
pub struct ElectorBody {
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    /// The group that is its college; null where all vote together.
    college: Option<String>,
}

impl From<Listed> for ElectorBody {
    fn from(it: Listed) -> ElectorBody {
        ElectorBody { member: it.member, number: it.number, college: it.college }
    }
}

/// Lists who may vote on a proposal: to plain members themselves. It never says who did.
#[utoipa::path(tag = "proposals", operation_id = "list_electors",
    params(("id" = String, Path, description = "The proposal"), PageQuery),
    responses((status = 200, description = "A page, by the members' numbers", body = Page<ElectorBody>)))]
#[get("/v1/proposals/{id}/electors")]
pub(crate) async fn list_electors(
    state: Data<State>,
    caller: Caller,
    id: Path<ProposalId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "proposal").await?;
    proposals::get(&client, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let of = (own.as_deref(), window.after.unwrap_or_default());
    let rows = electors::list(&client, *id, of, window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, ElectorBody::from).respond(&http))
}

/// What a member says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVote {
    /// `yes`, `no`, or `blank` for neither.
    #[schema(pattern = "^(yes|no|blank)$", example = "yes")]
    pub(crate) choice: String,
}

/// Votes on a proposal, as a member. It can be changed until the last day is over: the last vote counts. Who votes itself is not counted by
/// whom it has given its vote to.
#[utoipa::path(tag = "proposals", operation_id = "vote",
    params(("id" = String, Path, description = "The proposal")), request_body = NewVote,
    responses((status = 200, description = "Voted", body = ProposalWithVotesBody)))]
#[post("/v1/proposals/{id}:vote")]
pub(crate) async fn vote(
    state: Data<State>,
    caller: Caller,
    id: Path<ProposalId>,
    request: Keyed<NewVote>,
) -> Result<HttpResponse, Problem> {
    vote_once(&state, &caller, *id, &request.key, &request.body).await
}

/// The same for a page.
pub(crate) async fn vote_once(
    state: &State,
    caller: &Caller,
    id: ProposalId,
    key: &IdempotencyKey,
    body: &NewVote,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let choice: Choice = parse("/choice", &body.choice)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "proposal").await?;
        votes::cast(tx, id, choice, by, ledger::calendar::now()).await?;
        let found = proposals::get(tx, id).await?;
        Ok(Reply::ok(&ProposalWithVotesBody::read(tx, caller, found, book.currency).await?))
    })
    .await
}

/// Why a proposal is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawProposal {
    /// For members to read; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "The rule has a mistake in its second step")]
    pub(crate) reason: String,
}

/// Gives an open proposal up. What was voted is not counted.
#[utoipa::path(tag = "proposals", operation_id = "withdraw_proposal",
    params(("id" = String, Path, description = "The proposal")), request_body = WithdrawProposal,
    responses((status = 200, description = "Withdrawn", body = ProposalWithVotesBody)))]
#[post("/v1/proposals/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<ProposalId>,
    request: Keyed<WithdrawProposal>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key, &request.body).await
}

/// The same for a page.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: ProposalId,
    key: &IdempotencyKey,
    body: &WithdrawProposal,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &body.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "proposal").await?;
        let withdrawn = operations::withdraw(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProposalWithVotesBody::read(tx, caller, withdrawn, book.currency).await?))
    })
    .await
}
