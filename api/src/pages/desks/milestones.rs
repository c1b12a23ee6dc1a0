//! The milestones of somebody's teams: where a team begins a claim.

use super::sum;
use crate::auth::Caller;
use crate::extract::Params;
use crate::pages::page;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use askama::Template;
use ledger::id::MilestoneId;
use ledger::milestones::rules::milestone::MilestoneState;
use ledger::milestones::store::milestones::{self, OfTeam};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "desks/milestones.html")]
struct MilestonesPage {
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: MilestoneId,
    name: String,
    campaign: String,
    book: String,
    amount: String,
    /// What of it is not released; none when all of it is.
    left: Option<String>,
    standing: Said,
}

/// How a milestone stands, for its team.
pub(super) fn of_milestone(state: &MilestoneState) -> Said {
    match state {
        MilestoneState::Planned => say("desk-milestone-planned"),
        MilestoneState::Funded => say("desk-milestone-funded"),
        MilestoneState::Claimed { .. } => say("desk-milestone-claimed"),
        MilestoneState::PartlyReleased => say("desk-milestone-partly"),
        MilestoneState::Released => say("desk-milestone-released"),
        MilestoneState::Cancelled { .. } => say("desk-milestone-cancelled"),
    }
}

impl From<OfTeam> for Row {
    fn from(it: OfTeam) -> Row {
        let OfTeam { milestone, campaign, book } = it;
        let currency = milestone.amount.currency();
        let left = milestone.amount.minor() - milestone.released;
        Row {
            id: milestone.id,
            amount: sum(milestone.amount.minor(), currency),
            left: (left > 0).then(|| sum(left, currency)),
            standing: of_milestone(&milestone.state),
            name: milestone.name,
            campaign,
            book,
        }
    }
}

/// The milestones of the teams of who is signed in.
#[route("/desk/milestones", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(i32, Uuid)>()?;
    let client = state.client().await?;
    let rows = milestones::list_of_teams(&client, caller.person()?.id, window.after, window.fetch()).await?;
    let found = window.page(rows, |row| (row.milestone.id.book.0, row.milestone.id.object), Row::from);
    page(StatusCode::OK, &MilestonesPage { rows: found.items, next: found.next_cursor })
}
