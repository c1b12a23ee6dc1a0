//! A campaign for everybody who may read it: what came of what it asks for, what became of it, and what it pays for.
//!
//! Whoever reads it sees the same figures, its host too: made of sums over five donors or more. What waits, and what the verdict counted, is for those who
//! see each payment anyway.

pub(super) mod badge;
mod months;

use super::milestone::state_written;
use super::pictures::MonthBars;
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, Sight, book_of};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::chart;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{BookRef, CampaignId, MilestoneId};
use ledger::milestones::rules::milestone::Milestone;
use ledger::milestones::store::milestones;
use ledger::parties::store::organisations;
use ledger::pledging::rules::campaign::{Campaign, State as CampaignState};
use ledger::pledging::rules::kind::{Basis, Kind, Word};
use ledger::pledging::rules::tier::TIERS_MAX;
use ledger::pledging::store::tiers::{self, Listed};
use ledger::pledging::store::{campaign_months, campaigns, terms};
use ledger::reports::operations::{FiveTotals, outside_totals};
use ledger::treasury::store::custodians;
use months::{MonthRow, Months};
use serde::Serialize;
use uuid::Uuid;

/// So many milestones stand on the page; the list of the API has all.
const MILESTONES_MAX: usize = 100;

/// Terms with more bytes are not on the page itself.
const TERMS_MAX: usize = 20_000;

/// So many custodians are named.
const CUSTODIANS_MAX: usize = 5;

#[derive(Template, Serialize)]
#[template(path = "campaign.html")]
struct CampaignPage {
    id: CampaignId,
    book: BookRef,
    title: String,
    summary: String,
    /// Whose campaign it is.
    host: String,
    /// Who has the money of its book.
    custodians: Vec<String>,
    #[serde(skip)]
    more_custodians: bool,
    as_of: Day,
    kind: &'static str,
    state: &'static str,
    state_until: Option<Day>,
    #[serde(skip)]
    sentence: String,
    /// What came of what it asks for, for the title and below it.
    #[serde(skip)]
    headline: String,
    /// The goal, the minimum or the monthly goal; none where none was said.
    goal: Option<Amount>,
    last_day: Option<Day>,
    #[serde(skip)]
    asks: String,
    verdict: Option<VerdictShown>,
    totals: Vec<TotalRow>,
    /// The account of its fund; none before it is published.
    fund: Option<String>,
    /// What its fund has.
    has: Amount,
    /// What of its money is set aside for milestones that are funded.
    set_aside: Amount,
    months: Vec<MonthRow>,
    /// What came before the first of these months; none when nothing could have.
    before: Option<Amount>,
    #[serde(skip)]
    bars: MonthBars,
    milestones: Vec<MilestoneRow>,
    /// Whether there are more milestones than stand here.
    has_more: bool,
    tiers: Vec<TierRow>,
    terms_version: i32,
    terms_sha256: String,
    terms_effective_on: Option<Day>,
    /// None where it is too long for a page.
    #[serde(skip)]
    terms: Option<String>,
}

/// One of the five totals, and what it is.
#[derive(Serialize)]
struct TotalRow {
    name: &'static str,
    amount: Amount,
    meaning: &'static str,
}

#[derive(Serialize)]
struct VerdictShown {
    verdict: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Amount>,
    on: Day,
}

#[derive(Serialize)]
struct MilestoneRow {
    id: MilestoneId,
    name: String,
    amount: Amount,
    released: Amount,
    state: &'static str,
    #[serde(skip)]
    standing: &'static str,
}

#[derive(Serialize)]
struct TierRow {
    name: String,
    description: String,
    amount: Amount,
    places: Option<i32>,
    places_left: Option<i64>,
}

impl TierRow {
    /// How many places are left, for people.
    fn places_written(&self) -> String {
        match (self.places_left, self.places) {
            (Some(left), Some(places)) => format!("{left} of {places}"),
            (Some(_), None) | (None, _) => "any number".to_owned(),
        }
    }
}

impl Twinned for CampaignPage {
    fn sheet(&self) -> Sheet {
        let waiting = |row: &MonthRow| row.waiting.map(Amount::plain).unwrap_or_default();
        let row = |row: &MonthRow| vec![row.month.clone(), row.collected.plain(), waiting(row), row.collected.code()];
        Sheet {
            columns: vec!["month", "collected", "waiting", "currency"],
            rows: self.months.iter().map(row).collect(),
        }
    }
}

impl CampaignPage {
    async fn of(
        tx: &Transaction<'_>,
        state: &State,
        book: &Book,
        (it, sight): (Campaign, Sight),
    ) -> Result<CampaignPage, Error> {
        let wall = ledger::calendar::now();
        let pledged = it.commitments.map(|of| of.pledged);
        let found = outside_totals(tx, &state.whole_sums, book, &it.slug, pledged, it.fund).await?;
        let today = book.today(wall);
        let waiting = match sight {
            Sight::Whole => Some(campaign_months::waiting(tx, it.id, today).await?),
            Sight::Sums => None,
        };
        let monthly_goal = it.kind.goal().filter(|_| it.kind.last_day().is_none());
        let months = Months::new(&found.months, waiting.as_ref(), today, it.currency, monthly_goal);
        let agreed = terms::in_effect(tx, &it, today).await?;
        let host = organisations::find(tx, book.organisation).await?.ok_or(Error::NotFound("campaign"))?;
        let (custodians, more_custodians) = custodian_names(tx, book).await?;
        let (milestones, has_more) = milestone_rows(tx, it.id).await?;
        let listed = tiers::list(tx, it.id, (0, 0), TIERS_MAX.into()).await?;
        let stands = it.state.clone().at(book.now(wall));
        let state_until = stands.until().map(|until| Day(book.day_of(until)));
        let collected = Amount::of(found.five.collected, it.currency);
        Ok(CampaignPage {
            id: it.id,
            book: book.reference(),
            host: host.name,
            custodians,
            more_custodians,
            as_of: Day(today),
            kind: it.kind.as_str(),
            state: stands.as_str(),
            state_until,
            sentence: sentence(&stands, state_until),
            headline: headline(&it.kind, collected, &months.rows),
            goal: it.kind.goal().map(Amount::from),
            last_day: it.kind.last_day().map(Day),
            asks: asks(&it.kind),
            verdict: it.verdict.map(|verdict| VerdictShown {
                verdict: verdict.word,
                counted: (sight == Sight::Whole).then(|| Amount::of(verdict.counted, it.currency)),
                on: Day(book.day_of(verdict.at)),
            }),
            totals: totals(&it, &found.five),
            fund: it.fund.map(|_| chart::fund(&it.slug).code),
            has: Amount::of(found.has, it.currency),
            set_aside: Amount::of(campaigns::earmarked(tx, it.id).await?, it.currency),
            months: months.rows,
            before: months.before,
            bars: months.picture,
            milestones,
            has_more,
            tiers: listed.into_iter().map(tier).collect(),
            terms_version: agreed.version,
            terms_sha256: hex::encode(agreed.digest),
            terms_effective_on: agreed.effective_on.map(Day),
            terms: Some(agreed.terms).filter(|terms| terms.len() <= TERMS_MAX),
            title: it.title,
            summary: it.summary,
        })
    }

    /// Whether a verdict is still to come.
    fn awaits_verdict(&self) -> bool {
        self.last_day.is_some() && self.verdict.is_none() && ["live", "suspended", "collecting"].contains(&self.state)
    }

    /// Whether what waits is told.
    fn tells_waiting(&self) -> bool {
        self.months.iter().any(|row| row.waiting.is_some())
    }
}

/// Who has the money of a book, by name, and whether more have it.
async fn custodian_names(tx: &Transaction<'_>, book: &Book) -> Result<(Vec<String>, bool), Error> {
    let mut ids = custodians::list(tx, book.id, Uuid::nil(), CUSTODIANS_MAX as i64 + 1).await?;
    let has_more = ids.len() > CUSTODIANS_MAX;
    ids.truncate(CUSTODIANS_MAX);
    let mut names = Vec::with_capacity(ids.len());
    for id in ids {
        names.extend(organisations::find(tx, id).await?.map(|found| found.name));
    }
    Ok((names, has_more))
}

/// The first milestones of a campaign, and whether there are more.
async fn milestone_rows(tx: &Transaction<'_>, id: CampaignId) -> Result<(Vec<MilestoneRow>, bool), Error> {
    let mut found = milestones::list(tx, id, Uuid::nil(), MILESTONES_MAX as i64 + 1).await?;
    let has_more = found.len() > MILESTONES_MAX;
    found.truncate(MILESTONES_MAX);
    let row = |it: Milestone| MilestoneRow {
        id: it.id,
        amount: it.amount.into(),
        released: Amount::of(it.released, it.amount.currency()),
        state: it.state.as_str(),
        standing: state_written(&it.state),
        name: it.name,
    };
    Ok((found.into_iter().map(row).collect(), has_more))
}

fn tier(Listed { tier, taken }: Listed) -> TierRow {
    let places = tier.places.map(|places| places.limit);
    TierRow {
        name: tier.name,
        description: tier.description,
        amount: tier.amount.into(),
        places,
        places_left: places.map(|places| i64::from(places) - taken.unwrap_or(0)),
    }
}

/// The five totals, each told apart from the others.
fn totals(campaign: &Campaign, five: &FiveTotals) -> Vec<TotalRow> {
    let row = |name, minor: Option<i128>, meaning| {
        minor.map(|minor| TotalRow { name, amount: Amount::of(minor, campaign.currency), meaning })
    };
    let rows = [
        row("Pledged", five.pledged, "promised by donors, whether it came or not: so much at least, rounded down"),
        row("Collected", Some(five.collected), "taken from donors, before fees, whatever became of it later"),
        row("Dropped", five.dropped, "promised, and will not come: so much at least, rounded down"),
        row("Refunded", Some(five.refunded), "went back to donors, or is on its way to them"),
        row("Disputed", Some(five.disputed), "taken back by donors' banks, with their fees, and did not come again"),
    ];
    rows.into_iter().flatten().collect()
}

/// What came of what a campaign asks for.
fn headline(kind: &Kind, collected: Amount, months: &[MonthRow]) -> String {
    if let Some(last_day) = kind.last_day() {
        let until = Day(last_day);
        return match kind.goal() {
            Some(goal) => format!("{collected} of {} by {until}", Amount::from(goal)),
            None => format!("{collected} by {until}"),
        };
    }
    let goal = kind.goal().map(Amount::from);
    match (months.last(), goal) {
        (Some(row), Some(goal)) => format!("{} of {goal} in {}", row.collected, row.name),
        (Some(row), None) => format!("{} in {}", row.collected, row.name),
        (None, Some(goal)) => format!("{collected} so far, of {goal} a month"),
        (None, None) => format!("{collected} so far"),
    }
}

/// What a campaign asks for, in a sentence.
fn asks(kind: &Kind) -> String {
    let counts = |basis: &Basis| match basis {
        Basis::Collected => "what was collected and not refunded",
        Basis::Pledged => "what was pledged and still stood at its end",
    };
    match kind {
        Kind::Recurring { monthly_goal } => {
            format!("It asks for {} a month, without an end.", Amount::from(*monthly_goal))
        }
        Kind::AllOrNothing { goal, last_day, basis } => format!(
            "It asks for {} by {}. The verdict is on {}: if that misses the goal, it goes back to those who gave it.",
            Amount::from(*goal),
            Day(*last_day),
            counts(basis)
        ),
        Kind::KeepWhatYouRaise { goal, last_day } => {
            let goal = goal.map(|goal| format!("It hopes for {}. ", Amount::from(goal))).unwrap_or_default();
            format!("{goal}It takes pledges until {}, and what is collected is kept.", Day(*last_day))
        }
        Kind::MinimumAndOptimum { minimum, optimum, last_day, basis } => format!(
            "It needs {}, and hopes for {}, by {}. The verdict is on {}: if that misses the minimum, it goes back to those who gave it.",
            Amount::from(*minimum),
            Amount::from(*optimum),
            Day(*last_day),
            counts(basis)
        ),
    }
}

/// How a campaign stands, in a sentence.
fn sentence(state: &CampaignState, day: Option<Day>) -> String {
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    match state {
        CampaignState::Draft { .. } => "It is a draft, and takes no pledges yet.".to_owned(),
        CampaignState::Live { until: None, .. } => "It takes pledges.".to_owned(),
        CampaignState::Live { until: Some(_), .. } => format!("It takes pledges until {day}."),
        CampaignState::Suspended { .. } => {
            format!(
                "Its host has suspended it: it takes no pledges and no payments. If nobody ends that, it closes on {day}."
            )
        }
        CampaignState::Collecting { .. } => {
            format!("It takes no more pledges. Payments that are pending have until {day}; then its verdict falls.")
        }
        CampaignState::Successful { .. } => "It was successful. What was promised is still collected.".to_owned(),
        CampaignState::Failed { .. } => {
            "It was not successful: what came is its donors' to take back or to redirect.".to_owned()
        }
        CampaignState::Closed { .. } => "It is over. What is left in its fund stays for its milestones.".to_owned(),
    }
}

/// Shows a campaign.
#[route("/campaigns/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<CampaignId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (shown, is_public) = state
        .in_transaction(async |tx| {
            let book = book_of(tx, asked.id.book, "campaign").await?;
            let sight = Reader::of(tx, caller.0.as_ref(), &book).await?.require_campaigns("campaign").await?;
            let campaign = campaigns::get(tx, asked.id).await?;
            let shown = CampaignPage::of(tx, &state, &book, (campaign, sight)).await?;
            Ok((shown, book.visibility == Visibility::Public))
        })
        .await?;
    respond(&request, asked.form, &shown, is_public)
}
