//! A donor agrees that another partner or rail collects the plan, or does not, by the link of a mail. Opening it uses nothing up.

use super::{giving, page, written};
use crate::extract::Form;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::wire::bounded;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::id::PlanMoveId;
use ledger::pledging::operations::moving::asking;
use ledger::pledging::rules::plan_change::link_invalid;
use ledger::pledging::rules::plan_move::MoveState;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "plan_move.html")]
struct MovePage<'a> {
    id: &'a str,
    secret: &'a str,
    campaign: &'a str,
    terms: Said,
    from: String,
    to: String,
    first_on: String,
    until: String,
}

#[derive(Template)]
#[template(path = "plan_moved.html")]
struct Answered {
    heading: Said,
    text: Said,
}

/// An id that is none leads nowhere, as one that is not known does.
fn move_of(id: &str) -> Result<PlanMoveId, Error> {
    id.parse().map_err(|_| link_invalid().into())
}

/// The page of a link: who collects from then on, what, when first, and two buttons.
#[route("/plan-moves/{id}/{secret}", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, secret) = path.into_inner();
    let client = state.client().await?;
    let told = asking::offer(&client, move_of(&id)?, &secret, ledger::calendar::now()).await?;
    drop(client);
    let shown = MovePage {
        id: &id,
        secret: &secret,
        campaign: &told.about.campaign_title,
        terms: giving::cost(told.terms, told.amount),
        from: giving::collector(&told.from),
        to: giving::collector(&told.to),
        first_on: told.first_on.map_or_else(|| say("plan-when-charged").into(), written),
        until: told.until.map(written).unwrap_or_default(),
    };
    page(StatusCode::OK, &shown)
}

/// Which move, the secret of its link, and what the donor says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answering {
    id: String,
    secret: String,
    /// `yes` or `no`.
    answer: String,
}

/// Agrees, or does not: the link is used up.
#[post("/plan-moves/answer")]
pub(super) async fn answer(state: Data<State>, form: Form<Answering>) -> Result<HttpResponse, Problem> {
    let (id, secret) = (move_of(&form.0.id)?, bounded("/secret", &form.0.secret, 1..=200)?);
    let agrees = match form.0.answer.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::invalid("/answer", "yes or no")),
    };
    let answered = state.in_transaction(async |tx| {
        let wall = ledger::calendar::now();
        match agrees {
            true => asking::consent(tx, id, &secret, wall).await,
            false => asking::refuse(tx, id, &secret, wall).await,
        }
    });
    let said = match answered.await?.state {
        MoveState::Active => Answered { heading: say("plan-moved"), text: say("plan-moved-what") },
        MoveState::Declined | MoveState::Expired => {
            Answered { heading: say("plan-stays"), text: say("plan-stays-what") }
        }
        MoveState::Asked | MoveState::Consented => {
            Answered { heading: say("plan-agreed"), text: say("plan-agreed-what") }
        }
    };
    page(StatusCode::OK, &said)
}
