//! A milestone on the desk of its team: the claim is written and kept as a draft, with files that are uploaded on the way, and then submitted
//! to the reviewers of the host.

use super::evidence::{Piece, Tick, pieces, ticks};
use super::milestones::of_milestone;
use super::rows::{self, Row};
use super::{named, standing, sum};
use crate::auth::Caller;
use crate::extract::{Form, FormWithFiles};
use crate::handlers::milestones::claims::{self as handler, NewClaim};
use crate::pages::forms::{Fields, Filled, done, is_for_form};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use crate::visibility::book_of;
use crate::wire::{MoneyBody, parse};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{ClaimId, MilestoneId};
use ledger::milestones::operations::claims::{self as operations};
use ledger::milestones::rules::claim::{Claim, ClaimState};
use ledger::milestones::rules::milestone::{Milestone, MilestoneState};
use ledger::milestones::store::{claims, milestones};
use ledger::parties::store::organisations;

/// So many claims of a milestone are shown.
const CLAIMS_MAX: i64 = 20;

#[derive(Template)]
#[template(path = "desks/milestone.html")]
struct MilestonePage {
    id: MilestoneId,
    name: String,
    description: String,
    team: String,
    book: String,
    amount: String,
    left: String,
    currency: String,
    standing: Said,
    /// What the milestone asks for, and whether the draft has it.
    gates: Vec<Tick>,
    /// The claims that there are, the newest first.
    claims: Vec<Past>,
    draft: Option<Draft>,
    /// Why no claim is written on it any more, if none is.
    closed: Option<Said>,
    form: Filled,
    rows: Vec<Row>,
    submit: Filled,
    file_mib: u16,
}

/// A claim that there is.
struct Past {
    id: ClaimId,
    amount: String,
    standing: Said,
}

/// The claim that is being written.
struct Draft {
    id: ClaimId,
    amount: String,
    pieces: Vec<Piece>,
    /// What becomes of it, in a sentence.
    effect: Said,
}

/// What was refused, if something was.
#[derive(Default)]
struct Refused {
    form: Option<(Fields, Problem)>,
    submit: Option<Problem>,
}

/// Whether the team writes on it here.
fn is_written(claim: &Claim) -> bool {
    match claim.state {
        ClaimState::Draft { .. } | ClaimState::ChangesAsked { .. } => true,
        ClaimState::Submitted(_)
        | ClaimState::InReview(_)
        | ClaimState::Approved(_)
        | ClaimState::Disputed(_)
        | ClaimState::Rejected { .. }
        | ClaimState::Payable(_)
        | ClaimState::Paid(_)
        | ClaimState::Revoked { .. }
        | ClaimState::Expired => false,
    }
}

/// The field that a JSON Pointer of a claim means.
fn claim_field(pointer: &str) -> Option<String> {
    if pointer.starts_with("/amount") {
        return Some("amount".to_owned());
    }
    if pointer == "/note" { Some("note".to_owned()) } else { rows::field(pointer) }
}

/// What stands in the form at first: the draft, or the whole amount that is left.
fn begun(state: &State, milestone: &Milestone, draft: Option<&Claim>) -> Fields {
    let mut fields = Fields::default();
    let currency = milestone.amount.currency();
    let typed = |minor: i64| texts::read().to_type(&currency.format(minor));
    match draft {
        Some(claim) => {
            fields.set("claim", claim.id.to_string());
            fields.set("version", claim.version.to_string());
            fields.set("amount", typed(claim.content.amount.minor()));
            fields.set("note", claim.content.note.as_str());
            rows::fill(&mut fields, state, &claim.content.evidence);
        }
        None => fields.set("amount", typed(milestone.amount.minor() - milestone.released)),
    }
    fields
}

/// What submitting does.
fn effect(claim: &Claim, milestone: &Milestone, host: &str) -> Said {
    say("team-effect")
        .with("host", host)
        .with("amount", sum(claim.content.amount.minor(), claim.content.amount.currency()))
        .with("review", milestone.policy.review_days)
        .with("objection", milestone.policy.objection_days)
}

fn past(claim: &Claim, book: &Book) -> Past {
    Past {
        id: claim.id,
        amount: sum(claim.content.amount.minor(), claim.content.amount.currency()),
        standing: standing(&claim.state, claim.state.deadline().map(|until| Day(book.day_of(until)))),
    }
}

impl MilestonePage {
    async fn of(state: &State, caller: &Caller, id: MilestoneId, refused: Refused) -> Result<MilestonePage, Problem> {
        let client = state.client().await?;
        let book = book_of(&client, id.book, "milestone").await?;
        let milestone = milestones::get(&client, id).await?;
        operations::require_team(&client, &book, milestone.team, caller.person()?.id).await?;
        let newest = claims::list_newest(&client, id, CLAIMS_MAX).await?;
        let draft = newest.iter().find(|claim| is_written(claim));
        let begun = begun(state, &milestone, draft);
        let gate = milestone.gate;
        let (form, shown) = match refused.form {
            Some((mut sent, problem)) => {
                // The next try is one on what stands there now.
                for name in ["claim", "version"] {
                    sent.set(name, begun.get(name));
                }
                (Filled::again(sent.clone(), &problem, claim_field), sent)
            }
            None => (Filled::holding(begun.clone()), begun),
        };
        let host = organisations::find(&client, book.organisation).await?.map(|host| host.name).unwrap_or_default();
        let team = organisations::find(&client, milestone.team).await?.map(|team| team.name).unwrap_or_default();
        let evidence = draft.map(|claim| claim.content.evidence.as_slice()).unwrap_or_default();
        let view = match draft {
            Some(claim) => Some(Draft {
                id: claim.id,
                amount: sum(claim.content.amount.minor(), claim.content.amount.currency()),
                pieces: pieces(&client, state, evidence).await?,
                effect: effect(claim, &milestone, &host),
            }),
            None => None,
        };
        let currency = milestone.amount.currency();
        let left = milestone.amount.minor() - milestone.released;
        let closed = match milestone.state {
            MilestoneState::Cancelled { .. } => Some(say("team-takes-no-claims")),
            MilestoneState::Planned
            | MilestoneState::Funded
            | MilestoneState::Claimed { .. }
            | MilestoneState::PartlyReleased
            | MilestoneState::Released => (left == 0).then(|| say("team-nothing-left")),
        };
        Ok(MilestonePage {
            id,
            amount: sum(milestone.amount.minor(), currency),
            left: sum(left, currency),
            closed,
            currency: currency.code().to_owned(),
            standing: of_milestone(&milestone.state),
            gates: ticks(gate, evidence),
            claims: newest.iter().map(|claim| past(claim, &book)).collect(),
            draft: view,
            form,
            rows: rows::rows(&shown, gate),
            submit: refused
                .submit
                .map_or_else(|| Filled::fresh(&[]), |problem| Filled::again(Fields::default(), &problem, |_| None)),
            file_mib: state.config.file_mib,
            team,
            book: book.name,
            name: milestone.name,
            description: milestone.description,
        })
    }
}

/// The milestone, for people of its team.
#[route("/desk/milestones/{id}/claim", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &MilestonePage::of(&state, &caller, named(asked)?, Refused::default()).await?)
}

/// What the team has filled in, as a request of the API.
fn content(sent: &Fields, milestone: &Milestone) -> NewClaim {
    NewClaim {
        amount: MoneyBody { amount: sent.number("amount"), currency: milestone.amount.currency().code().to_owned() },
        note: sent.get("note").to_owned(),
        evidence: rows::pieces(sent),
    }
}

/// Writes the draft: a new one, or the one that the form was filled from.
async fn write(
    state: &State,
    caller: &Caller,
    milestone: &Milestone,
    sent: &mut Fields,
) -> Result<HttpResponse, Problem> {
    rows::close_up(sent);
    let key = sent.key(&format!("/desk/milestones/{}/claim", milestone.id))?;
    let new = content(sent, milestone);
    if !sent.has("claim") {
        return handler::draft(state, caller, milestone.id, &key, &new).await;
    }
    let id: ClaimId = parse("", sent.get("claim"))?;
    if id.book != milestone.id.book || claims::get(&state.client().await?, id).await?.milestone != milestone.id {
        return Err(Error::NotFound("claim").into());
    }
    handler::rewrite(state, caller, (id, parse("", sent.get("version"))?), &key, &new).await
}

/// Saves the draft, with the files that come with it.
#[post("/desk/milestones/{id}/claim")]
pub(in crate::pages) async fn save(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneId>,
    form: FormWithFiles,
) -> Result<HttpResponse, Problem> {
    let id = named(asked)?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "milestone").await?;
    let milestone = milestones::get(&client, id).await?;
    operations::require_team(&client, &book, milestone.team, caller.person()?.id).await?;
    drop(client);
    let room = state.uploads.try_acquire().map_err(|_| Error::Overloaded)?;
    let came = form.read(&state, usize::from(state.config.file_mib) * 1024 * 1024).await?;
    let mut sent = Fields::new(came.fields);
    let saved = match rows::take(&mut sent, came.files, &state, &caller, id.book).await {
        Ok(()) => write(&state, &caller, &milestone, &mut sent).await,
        Err(problem) => Err(problem),
    };
    drop(room);
    match saved {
        Ok(_) => Ok(done(&format!("/desk/milestones/{id}/claim"))),
        Err(problem) if is_for_form(&problem) => {
            let refused = Refused { form: Some((sent, problem)), submit: None };
            page(StatusCode::UNPROCESSABLE_ENTITY, &MilestonePage::of(&state, &caller, id, refused).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Submits the draft to the reviewers.
#[post("/desk/claims/{id}/submit")]
pub(in crate::pages) async fn submit(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ClaimId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let submitted = async {
        let key = sent.key(&format!("/desk/claims/{id}/submit"))?;
        handler::hand_in(&state, &caller, id, &key).await
    };
    match submitted.await {
        Ok(_) => Ok(done(&format!("/desk/claims/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let of = claims::get(&state.client().await?, id).await?.milestone;
            let refused = Refused { form: None, submit: Some(problem) };
            page(StatusCode::UNPROCESSABLE_ENTITY, &MilestonePage::of(&state, &caller, of, refused).await?)
        }
        Err(problem) => Err(problem),
    }
}
