//! What a partner platform asked lately, and what it was answered, on the desk of its owners.

use super::named;
use super::partner::mode_in_words;
use crate::auth::Caller;
use crate::extract::Params;
use crate::pages::page;
use crate::pages::shown::moment;
use crate::pages::twins::Asked;
use crate::paging::Window;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use askama::Template;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::OrganisationId;
use ledger::parties::rules::request::AnsweredRequest;
use ledger::parties::store::{organisations, requests};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "desks/partner_requests.html")]
struct RequestsPage {
    id: OrganisationId,
    name: String,
    rows: Vec<Row>,
    next: Option<String>,
    only_failed: bool,
}

/// A request, and what it was answered.
struct Row {
    at: String,
    asked: String,
    status: u16,
    /// The code of the problem; empty when there was none.
    problem: String,
    request_id: String,
    mode: Said,
}

impl From<AnsweredRequest> for Row {
    fn from(it: AnsweredRequest) -> Row {
        Row {
            at: moment(it.at),
            asked: format!("{} {}", it.method, it.path),
            status: it.status,
            problem: it.problem,
            request_id: it.request_id,
            mode: mode_in_words(it.mode),
        }
    }
}

/// Which of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Which {
    /// `failed`: what was refused or went wrong.
    only: Option<String>,
    cursor: Option<String>,
}

/// What the partner asked, the newest first.
#[route("/desk/partners/{id}/requests", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn list(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
    query: Params<Which>,
) -> Result<HttpResponse, Problem> {
    let (id, which) = (named(asked)?, query.0);
    let window = Window::<Uuid>::parse(None, which.cursor.as_deref())?;
    let client = state.client().await?;
    caller.require_role(&client, id, "partner").await?;
    let partner = organisations::find(&client, id).await?.ok_or(Error::NotFound("partner"))?;
    let only_failed = which.only.as_deref() == Some("failed");
    let rows = requests::list(&client, id, Mode::ALL, only_failed, window.after, window.fetch()).await?;
    let found = window.page(rows, |row| row.id, Row::from);
    let shown = RequestsPage { id, name: partner.name, rows: found.items, next: found.next_cursor, only_failed };
    page(StatusCode::OK, &shown)
}
