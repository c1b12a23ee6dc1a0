//! A submission on the desk of a judge: what was handed in beside what it is judged by, and the judge's own card. What other judges gave is not
//! shown here.

use super::evidence::{Piece, pieces};
use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::challenges::challenge_body::challenge_of;
use crate::handlers::challenges::entrants::is_blind;
use crate::handlers::challenges::judging::{NewScore, score_once};
use crate::handlers::challenges::submissions::readable;
use crate::handlers::parties::ties::{self, NewTie};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Told};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::challenges::operations::judging as operations;
use ledger::challenges::rules::judging::Scorecard;
use ledger::challenges::rules::rulebook::Stage;
use ledger::challenges::store::{challenges, scorecards};
use ledger::desk::operations::waiting;
use ledger::desk::rules::task::{Place, TaskKind, TaskObject};
use ledger::id::{PersonId, SubmissionId};
use ledger::parties::store::organisations;

/// So many tasks are looked through for the next entry.
const LOOKED_AT: i64 = 200;

#[derive(Template)]
#[template(path = "desks/submission.html")]
struct SubmissionPage {
    id: SubmissionId,
    title: String,
    challenge: String,
    stage: String,
    /// Whose work it is; empty where it is judged blind.
    team: String,
    note: String,
    pieces: Vec<Piece>,
    criteria: Vec<Row>,
    sha256: String,
    /// What the judge gave, in a sentence; empty before.
    own: String,
    /// Why who asks does not score it; empty when they may.
    why_not: Told,
    /// The next entry that waits for the judge.
    next: Option<SubmissionId>,
    score: Filled,
    tie: Filled,
}

/// A criterion, with the field for its points.
struct Row {
    field: String,
    label: String,
}

/// The two forms of the page.
struct Forms {
    score: Filled,
    tie: Filled,
}

fn field(number: usize) -> String {
    format!("points-{number}")
}

/// What stands in the form at first: the judge's card, if there is one.
fn begun(card: Option<&Scorecard>) -> Filled {
    let mut fields = Fields::default();
    if let Some(card) = card {
        for (number, points) in card.points.iter().enumerate() {
            fields.set(&field(number), points.to_string());
        }
        fields.set("comment", card.comment.as_str());
    }
    Filled::holding(fields)
}

/// The judge's own card in a sentence.
fn said(card: &Scorecard, stage: &Stage, day: Day) -> String {
    let points: Vec<_> = card.points.iter().map(u8::to_string).collect();
    let (total, (_, point)) = (card.total(stage), texts::read().marks());
    let total = format!("{}{point}{:02}", total / 100, total % 100);
    say("judge-you-gave").with("points", points.join(", ")).with("day", day).with("total", total).into()
}

/// The next entry that waits for somebody.
async fn next(client: &impl GenericClient, of: SubmissionId, by: PersonId) -> Result<Option<SubmissionId>, Error> {
    let waiting = waiting::list(client, by, Place::START, LOOKED_AT, ledger::calendar::now()).await?;
    let others = waiting.into_iter().filter(|task| task.kind == TaskKind::ScoreSubmission);
    let mut ids = others.filter_map(|task| {
        let TaskObject::Submission(id) = task.object else { return None };
        Some(id)
    });
    Ok(ids.find(|id| *id != of))
}

impl SubmissionPage {
    async fn of(
        state: &State,
        caller: &Caller,
        id: SubmissionId,
        refused: Option<Forms>,
    ) -> Result<SubmissionPage, Problem> {
        let client = state.client().await?;
        let by = caller.person()?.id;
        let (_, it) = readable(&client, caller, id).await?;
        let (book, challenge) = challenge_of(&client, it.challenge).await?;
        let why_not = match operations::admit_judge(&client, &book, &challenge, &it, by).await {
            Ok(()) => Told::default(),
            Err(Error::Refused(refusal)) => Told::by_api(refusal.detail),
            Err(Error::Forbidden(why)) => Told::by_api(why),
            Err(other) => return Err(other.into()),
        };
        let rules = challenges::get_rules(&client, challenge.id, challenge.rules_version).await?.rules;
        let stage = rules.stage(&it.stage).ok_or_else(|| Error::inconsistent(format!("{id}: its stage is gone")))?;
        let cards = scorecards::list(&client, id).await?;
        let card = cards.iter().find(|card| card.judge == by);
        let team = if is_blind(&client, caller, &book, &challenge).await? {
            String::new()
        } else {
            organisations::find(&client, it.team).await?.map(|team| team.name).unwrap_or_default()
        };
        let forms = refused.unwrap_or_else(|| Forms { score: begun(card), tie: Filled::fresh(&[]) });
        let row = |(number, criterion): (usize, &ledger::challenges::rules::rulebook::Criterion)| Row {
            field: field(number),
            label: say("judge-criterion").with("title", &criterion.title).with("weight", criterion.weight).into(),
        };
        Ok(SubmissionPage {
            id,
            challenge: challenge.title.clone(),
            stage: it.stage.clone(),
            team,
            pieces: pieces(&client, state, &it.content.evidence).await?,
            criteria: stage.criteria.iter().enumerate().map(row).collect(),
            sha256: it.digest().to_string(),
            own: card.map(|card| said(card, stage, Day(book.day_of(card.at)))).unwrap_or_default(),
            next: next(&client, id, by).await?,
            why_not,
            title: it.content.title,
            note: it.content.note,
            score: forms.score,
            tie: forms.tie,
        })
    }
}

/// The submission, for whoever may read it.
#[route("/desk/submissions/{id}/scores", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<SubmissionId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &SubmissionPage::of(&state, &caller, named(asked)?, None).await?)
}

/// What a judge has filled in, as a request of the API.
fn card(sent: &Fields) -> Result<NewScore, Problem> {
    if sent.get("tie") != "none" {
        return Err(wrong("/tie", say("forms-tie-first")));
    }
    let mut points = Vec::new();
    while points.len() < 20 {
        let name = field(points.len());
        let typed = sent.get(&name).trim();
        if typed.is_empty() && !sent.has(&field(points.len() + 1)) {
            break;
        }
        let number = typed.parse().ok().filter(|number| *number <= 100);
        points.push(number.ok_or_else(|| wrong(format!("/{name}"), say("judge-points")))?);
    }
    Ok(NewScore {
        submission_sha256: sent.get("submission_sha256").to_owned(),
        points,
        comment: sent.get("comment").trim().to_owned(),
    })
}

/// Where a refusal of a card stands in the form.
fn card_field(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/');
    if name == "points" {
        return Some(field(0));
    }
    (name == "tie" || name == "comment" || name.starts_with("points-")).then(|| name.to_owned())
}

/// Scores it. A later card takes the place of the judge's earlier one.
#[post("/desk/submissions/{id}/scores")]
pub(in crate::pages) async fn score(
    state: Data<State>,
    caller: Caller,
    asked: Asked<SubmissionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let scored = async {
        let new = card(&sent)?;
        score_once(&state, &caller, id, &sent.key(&format!("/desk/submissions/{id}/scores"))?, &new).await
    };
    match scored.await {
        Ok(_) => {
            let goes_on = sent.get("then") == "next";
            let next = if goes_on { next(&state.client().await?, id, caller.person()?.id).await? } else { None };
            Ok(done(&format!("/desk/submissions/{}/scores", next.unwrap_or(id))))
        }
        Err(problem) if is_for_form(&problem) => {
            let score = Filled::again(sent, &problem, card_field);
            let forms = Forms { score, tie: Filled::fresh(&[]) };
            page(StatusCode::UNPROCESSABLE_ENTITY, &SubmissionPage::of(&state, &caller, id, Some(forms)).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Declares a tie of whoever asks to the team whose work it is, which need not be named for that.
#[post("/desk/submissions/{id}/tie")]
pub(in crate::pages) async fn declare_tie(
    state: Data<State>,
    caller: Caller,
    asked: Asked<SubmissionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let client = state.client().await?;
    let (_, it) = readable(&client, &caller, id).await?;
    let (book, _) = challenge_of(&client, it.challenge).await?;
    drop(client);
    let declared = async {
        let (book, organisation) = (book.reference().to_string(), it.team.to_string());
        let new = NewTie { book, person: None, organisation, reason: sent.get("reason").trim().to_owned() };
        ties::declare(&state, &caller, &sent.key(&format!("/desk/submissions/{id}/tie"))?, &new).await
    };
    match declared.await {
        Ok(_) => Ok(done(&format!("/desk/submissions/{id}/scores"))),
        Err(problem) if is_for_form(&problem) => {
            let of_reason = |pointer: &str| (pointer == "/reason").then(|| "reason".to_owned());
            let forms = Forms { score: begun(None), tie: Filled::again(sent, &problem, of_reason) };
            page(StatusCode::UNPROCESSABLE_ENTITY, &SubmissionPage::of(&state, &caller, id, Some(forms)).await?)
        }
        Err(problem) => Err(problem),
    }
}
