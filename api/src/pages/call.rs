//! A call for everybody who may read it: what is to be done, what it pays, until when teams apply, and what came of it. Who applies is not
//! told, and how many do only when nobody can any more.

use super::milestone::{gate, rules};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::handlers::milestones::calls::{readable, teams};
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{CampaignId, MilestoneCallId, MilestoneId};
use ledger::milestones::rules::call::{Call, CallEnd, CallState};
use ledger::milestones::store::calls;
use ledger::parties::store::organisations;
use ledger::pledging::store::campaigns;
use serde::Serialize;

/// So many calls stand on the page of their campaign; the list of the API has all.
const SHOWN: i64 = 50;

#[derive(Template, Serialize)]
#[template(path = "call.html")]
struct CallPage {
    id: MilestoneCallId,
    campaign: CampaignId,
    campaign_title: String,
    host: String,
    as_of: Day,
    name: String,
    description: String,
    amount: Amount,
    state: CallState,
    #[serde(skip)]
    sentence: Said,
    applications_until: Day,
    decide_until: Day,
    /// How many teams have applied; none while teams can.
    applications: Option<i64>,
    /// Whether teams can apply now.
    #[serde(skip)]
    is_taking: bool,
    /// What the accepted team got.
    milestone: Option<MilestoneId>,
    /// How its claims will be decided.
    rules: Vec<String>,
    /// Evidence without which no claim will be taken.
    gate: Vec<String>,
}

impl Twinned for CallPage {
    fn sheet(&self) -> Sheet {
        let row = vec![
            self.name.clone(),
            self.amount.plain(),
            self.amount.code(),
            self.state.to_string(),
            self.applications_until.0.to_string(),
        ];
        Sheet { columns: vec!["name", "amount", "currency", "state", "applications_until"], rows: vec![row] }
    }
}

impl CallPage {
    async fn of(client: &impl GenericClient, book: &Book, it: Call) -> Result<CallPage, Error> {
        let now = book.now(ledger::calendar::now());
        let campaign = campaigns::get(client, it.campaign).await?;
        let host = organisations::find(client, book.organisation).await?.ok_or(Error::NotFound("call"))?;
        let milestone = match &it.ended {
            Some((CallEnd::Filled { milestone, .. }, _)) => Some(*milestone),
            Some((CallEnd::Withdrawn { .. } | CallEnd::Lapsed, _)) | None => None,
        };
        let decide_until = last_day(book, &it);
        let applications = teams(client, &it, now).await?;
        Ok(CallPage {
            id: it.id,
            campaign: it.campaign,
            campaign_title: campaign.title,
            host: host.name,
            as_of: Day(book.day_of(now)),
            amount: it.amount.into(),
            state: it.state(now),
            sentence: sentence(&it, book, now),
            applications_until: Day(it.applications_until),
            decide_until,
            applications,
            is_taking: it.check_takes_applications(now).is_ok(),
            milestone,
            rules: rules(&it.policy, it.amount.currency()),
            gate: gate(it.gate),
            name: it.name,
            description: it.description,
        })
    }
}

/// The last whole day on which the host decides.
pub(super) fn last_day(book: &Book, it: &Call) -> Day {
    Day(book.day_of(it.last_second()))
}

/// How a call stands, in a sentence.
fn sentence(it: &Call, book: &Book, now: jiff::Timestamp) -> Said {
    let decided = last_day(book, it);
    match (&it.ended, it.state(now)) {
        (Some((CallEnd::Withdrawn { reason, .. }, _)), _) => say("call-is-withdrawn").with("reason", reason),
        (_, CallState::Open) if it.is_closed(now) => say("call-is-closed").with("day", decided),
        (_, CallState::Open) => say("call-is-open").with("day", Day(it.applications_until)),
        (_, CallState::Filled) => say("call-is-filled"),
        (_, CallState::Withdrawn | CallState::Lapsed) => say("call-is-lapsed").with("day", decided),
    }
}

/// Shows a call.
#[route("/calls/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<MilestoneCallId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, call) = readable(&client, caller.0.as_ref(), asked.id).await?;
    let shown = CallPage::of(&client, &book, call).await?;
    drop(client);
    respond(&request, asked.form, &shown, book.visibility == Visibility::Public)
}

/// A call in a list.
#[derive(Serialize)]
pub(super) struct CallRow {
    pub(super) id: MilestoneCallId,
    pub(super) name: String,
    pub(super) amount: Amount,
    pub(super) applications_until: Day,
    #[serde(skip)]
    pub(super) is_taking: bool,
    #[serde(skip)]
    pub(super) decided: Day,
}

/// The calls of a campaign that are open.
pub(super) async fn open_of(
    client: &impl GenericClient,
    book: &Book,
    campaign: CampaignId,
) -> Result<Vec<CallRow>, Error> {
    let now = book.now(ledger::calendar::now());
    let row = |it: Call| CallRow {
        id: it.id,
        amount: it.amount.into(),
        applications_until: Day(it.applications_until),
        is_taking: !it.is_closed(now),
        decided: last_day(book, &it),
        name: it.name,
    };
    Ok(calls::list_open(client, book.id, Some(campaign), now, SHOWN).await?.into_iter().map(row).collect())
}
