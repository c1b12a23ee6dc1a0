//! A claim on the desk of a reviewer: what was done, what shows it, and the decision. What others have decided is shown to a reviewer after
//! their own decision.

use super::evidence::{Piece, Tick, pieces, ticks};
use super::{named, standing, sum};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::milestones::claim_body::readable;
use crate::handlers::milestones::reviews::{self as handler, NewReview};
use crate::handlers::parties::ties::{self, NewTie};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said, Told};
use crate::visibility::book_of;
use crate::wire::MoneyBody;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::evidence::EVIDENCE_MAX;
use ledger::id::{ClaimId, MilestoneId, PersonId};
use ledger::milestones::operations::claims as operations;
use ledger::milestones::rules::claim::{Claim, ClaimState};
use ledger::milestones::rules::milestone::{Milestone, OnSilence};
use ledger::milestones::rules::review::{Review, Verdict};
use ledger::milestones::store::{milestones, reviews};
use ledger::parties::store::organisations;

#[derive(Template)]
#[template(path = "desks/claim.html")]
struct ClaimPage {
    id: ClaimId,
    title: String,
    team: String,
    book: String,
    amount: String,
    of: String,
    note: String,
    /// How it stands, and until when.
    standing: Said,
    /// What happens when nobody decides; empty when it does not wait.
    silence: String,
    gates: Vec<Tick>,
    pieces: Vec<Piece>,
    /// What who asks has decided; empty before.
    own: String,
    /// What others have decided, as far as it is shown.
    others: Vec<String>,
    /// Whether decisions of others are kept back.
    keeps_back: bool,
    /// Why who asks may not decide; empty when they may, or have.
    why_not: Told,
    /// What is restated with a decision.
    claim_sha256: String,
    evidence_sha256: String,
    /// What an approval does, in a sentence.
    effect: Said,
    decides: bool,
    review: Filled,
    tie: Filled,
    /// The desk of the team on which the claim is changed; none for others.
    change: Option<MilestoneId>,
}

/// The two forms of the page.
struct Forms {
    review: Filled,
    tie: Filled,
}

impl Forms {
    fn fresh(claim: &Claim) -> Forms {
        let amount = claim.content.amount;
        let amount = texts::read().to_type(&amount.currency().format(amount.minor()));
        Forms { review: Filled::fresh(&[("amount", amount)]), tie: Filled::fresh(&[]) }
    }
}

/// A decision in a sentence, with what was written beside it. `is_own` says whether it is that of who reads.
fn said(review: &Review, claim: &Claim, book: &Book, is_own: bool) -> String {
    let of = |own: Said, other: Said| if is_own { own } else { other };
    let what = match review.verdict {
        Verdict::Approve { amount } => of(say("claim-you-approved"), say("claim-reviewer-approved"))
            .with("amount", sum(amount, claim.content.amount.currency())),
        Verdict::AskChanges => of(say("claim-you-asked"), say("claim-reviewer-asked")),
        Verdict::Reject => of(say("claim-you-rejected"), say("claim-reviewer-rejected")),
    };
    let what = what.with("day", Day(book.day_of(review.at)));
    if review.comment.is_empty() { what.to_string() } else { format!("{what}: {}", review.comment) }
}

/// What an approval does.
fn effect(claim: &Claim, milestone: &Milestone, team: &str) -> Said {
    say("claim-effect")
        .with("amount", sum(claim.content.amount.minor(), claim.content.amount.currency()))
        .with("team", team)
        .with("needed", milestone.policy.reviewers_needed)
        .with("days", milestone.policy.objection_days)
}

/// What the clock does when nobody decides.
fn silence(claim: &Claim, milestone: &Milestone) -> String {
    let Some(waiting) = claim.state.under_review() else { return String::new() };
    if waiting.escalated {
        return say("claim-escalated").into();
    }
    match milestone.policy.on_silence {
        OnSilence::Release => say("claim-silence-release").into(),
        OnSilence::Escalate => say("claim-silence-escalate").into(),
    }
}

/// Why somebody may not decide; empty when they may.
async fn why_not(client: &impl GenericClient, book: &Book, claim: &Claim, by: PersonId) -> Result<Told, Error> {
    match operations::admit_reviewer(client, book, claim, by).await {
        Ok(_) => Ok(Told::default()),
        Err(Error::Refused(refusal)) => Ok(Told::by_api(refusal.detail)),
        Err(Error::Forbidden(why)) => Ok(Told::by_api(why)),
        Err(other) => Err(other),
    }
}

/// Whether the team may change it here.
fn is_changed_by(claim: &Claim, is_of_team: bool) -> Option<MilestoneId> {
    let is_open = matches!(claim.state, ClaimState::Draft { .. } | ClaimState::ChangesAsked { .. });
    (is_open && is_of_team).then_some(claim.milestone)
}

impl ClaimPage {
    async fn of(state: &State, caller: &Caller, id: ClaimId, forms: Option<Forms>) -> Result<ClaimPage, Problem> {
        let client = state.client().await?;
        let claim = readable(&client, caller, id).await?;
        let by = caller.person()?.id;
        let book = book_of(&client, id.book, "claim").await?;
        let milestone = milestones::get(&client, claim.milestone).await?;
        let team = organisations::find(&client, claim.team).await?.map(|team| team.name).unwrap_or_default();
        let said_of = reviews::list_of_round(&client, id, claim.round).await?;
        let own = said_of.iter().find(|review| review.reviewer == by).map(|review| said(review, &claim, &book, true));
        let why_not = why_not(&client, &book, &claim, by).await?;
        let decides = why_not.is_empty() && own.is_none();
        let others = said_of.iter().filter(|review| review.reviewer != by);
        let others: Vec<_> = others.map(|review| said(review, &claim, &book, false)).collect();
        let is_of_team = !organisations::list_roles(&client, claim.team, by).await?.is_empty();
        let evidence: Vec<_> = claim.content.evidence.iter().map(|it| it.sha256().to_string()).collect();
        let Forms { review, tie } = forms.unwrap_or_else(|| Forms::fresh(&claim));
        Ok(ClaimPage {
            id,
            amount: sum(claim.content.amount.minor(), claim.content.amount.currency()),
            of: sum(milestone.amount.minor(), milestone.amount.currency()),
            note: claim.content.note.clone(),
            standing: standing(&claim.state, claim.state.deadline().map(|until| Day(book.day_of(until)))),
            silence: silence(&claim, &milestone),
            gates: ticks(milestone.gate, &claim.content.evidence),
            pieces: pieces(&client, state, &claim.content.evidence).await?,
            own: own.unwrap_or_default(),
            keeps_back: decides && !others.is_empty(),
            others: if decides { Vec::new() } else { others },
            why_not,
            claim_sha256: claim.digest().to_string(),
            evidence_sha256: evidence.join(" "),
            effect: effect(&claim, &milestone, &team),
            decides,
            review,
            tie,
            change: is_changed_by(&claim, is_of_team),
            title: milestone.name,
            team,
            book: book.name,
        })
    }
}

/// The claim, for whoever may read it.
#[route("/desk/claims/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ClaimId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &ClaimPage::of(&state, &caller, named(asked)?, None).await?)
}

/// The page once more, with what was refused.
async fn refused(
    state: &State,
    caller: &Caller,
    id: ClaimId,
    fill: impl FnOnce(&Claim) -> Forms,
) -> Result<HttpResponse, Problem> {
    let claim = readable(&state.client().await?, caller, id).await?;
    let shown = ClaimPage::of(state, caller, id, Some(fill(&claim))).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// What a reviewer has filled in, as a request of the API.
fn opinion(sent: &Fields, claim: &Claim) -> Result<NewReview, Problem> {
    if sent.get("tie") != "none" {
        return Err(wrong("/tie", say("forms-tie-first")));
    }
    let verdict = sent.get("verdict");
    if verdict != "approve" && !sent.has("comment") {
        return Err(wrong("/comment", say("claim-write-what")));
    }
    let amount = (verdict == "approve").then(|| MoneyBody {
        amount: sent.number("amount"),
        currency: claim.content.amount.currency().code().to_owned(),
    });
    let evidence_sha256 = sent.get("evidence_sha256").split_whitespace().take(EVIDENCE_MAX + 1).map(str::to_owned);
    Ok(NewReview {
        verdict: verdict.to_owned(),
        amount,
        claim_sha256: sent.get("claim_sha256").to_owned(),
        evidence_sha256: evidence_sha256.collect(),
        comment: sent.get("comment").trim().to_owned(),
    })
}

/// Where a refusal of a review stands in the form.
fn review_field(pointer: &str) -> Option<String> {
    let field = pointer.trim_start_matches('/').split('/').next()?;
    ["amount", "comment", "tie"].contains(&field).then(|| field.to_owned())
}

/// Decides.
#[post("/desk/claims/{id}/reviews")]
pub(in crate::pages) async fn decide(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ClaimId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let claim = readable(&state.client().await?, &caller, id).await?;
    let decided = async {
        let new = opinion(&sent, &claim)?;
        let key = sent.key(&format!("/desk/claims/{id}/reviews"))?;
        handler::record(&state, &caller, id, &key, &new).await
    };
    match decided.await {
        Ok(_) => Ok(done(&format!("/desk/claims/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let fill = |claim: &Claim| {
                let review = Filled::again(sent, &problem, review_field);
                Forms { review, ..Forms::fresh(claim) }
            };
            refused(&state, &caller, id, fill).await
        }
        Err(problem) => Err(problem),
    }
}

/// Declares a tie of whoever asks to the team.
#[post("/desk/claims/{id}/tie")]
pub(in crate::pages) async fn declare_tie(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ClaimId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let client = state.client().await?;
    let claim = readable(&client, &caller, id).await?;
    let book = book_of(&client, id.book, "claim").await?;
    drop(client);
    let declared = async {
        let key = sent.key(&format!("/desk/claims/{id}/tie"))?;
        let (book, organisation) = (book.reference().to_string(), claim.team.to_string());
        let new = NewTie { book, person: None, organisation, reason: sent.get("reason").trim().to_owned() };
        ties::declare(&state, &caller, &key, &new).await
    };
    match declared.await {
        Ok(_) => Ok(done(&format!("/desk/claims/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let fill = |claim: &Claim| {
                let of_reason = |pointer: &str| (pointer == "/reason").then(|| "reason".to_owned());
                Forms { tie: Filled::again(sent, &problem, of_reason), ..Forms::fresh(claim) }
            };
            refused(&state, &caller, id, fill).await
        }
        Err(problem) => Err(problem),
    }
}
