//! A donor consents to a change of the plan, by the link of a mail. As with a sign-in, opening the link uses nothing up.

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
use ledger::id::PlanChangeId;
use ledger::pledging::operations::plan_changes;
use ledger::pledging::rules::plan_change::{Outcome, link_invalid};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "plan_change.html")]
struct ChangePage<'a> {
    id: &'a str,
    secret: &'a str,
    campaign: &'a str,
    from: Said,
    to: Said,
    starts_on: String,
    payments: String,
    until: String,
}

#[derive(Template)]
#[template(path = "plan_changed.html")]
struct Agreed {
    to: Said,
    starts_on: String,
}

/// An id that is none leads nowhere, as one that is not known does.
fn change_of(id: &str) -> Result<PlanChangeId, Error> {
    id.parse().map_err(|_| link_invalid().into())
}

/// The page of a link: what would change, and a button.
#[route("/plan-changes/{id}/{secret}", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, secret) = path.into_inner();
    let client = state.client().await?;
    let offer = plan_changes::offer(&client, change_of(&id)?, &secret, ledger::calendar::now()).await?;
    drop(client);
    let shown = ChangePage {
        id: &id,
        secret: &secret,
        campaign: &offer.about.campaign_title,
        from: giving::terms(offer.change.from),
        to: giving::terms(offer.change.to),
        starts_on: written(offer.starts_on),
        payments: offer.payments_left.map_or_else(|| say("plan-until-ended").into(), |left| left.to_string()),
        until: written(offer.until),
    };
    page(StatusCode::OK, &shown)
}

/// Which change, and the secret of its link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consenting {
    id: String,
    secret: String,
}

/// Consents: the link is used up, and the plan changes.
#[post("/plan-changes/consent")]
pub(super) async fn consent(state: Data<State>, form: Form<Consenting>) -> Result<HttpResponse, Problem> {
    let (id, secret) = (change_of(&form.0.id)?, bounded("/secret", &form.0.secret, 1..=200)?);
    let changed =
        state.in_transaction(async |tx| plan_changes::consent(tx, id, &secret, ledger::calendar::now()).await).await?;
    let Some((Outcome::Applied { starts_on, .. }, _)) = changed.end else { return Err(Problem::internal()) };
    page(StatusCode::OK, &Agreed { to: giving::terms(changed.to), starts_on: written(starts_on) })
}
