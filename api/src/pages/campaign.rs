//! A campaign for everybody who may read it: what came of what it asks for, what became of it, and what it pays for.
//!
//! Whoever reads it sees the same figures, its host too: made of sums over five donors or more. What waits, and what the verdict counted, is for those who
//! see each payment anyway.

pub(super) mod badge;
mod months;

use super::call::{CallRow, open_of};
use super::milestone::state_written;
use super::pictures::MonthBars;
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use super::updates::Updates;
use crate::auth::MaybeCaller;
use crate::handlers::programmes::loops::hundredths;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
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
use ledger::money::Currency;
use ledger::parties::store::organisations;
use ledger::pledging::rules::campaign::{Campaign, State as CampaignState};
use ledger::pledging::rules::kind::{Basis, Kind, Word};
use ledger::pledging::rules::tier::TIERS_MAX;
use ledger::pledging::store::tiers::{self, Listed};
use ledger::pledging::store::{campaign_months, campaigns, terms};
use ledger::programmes::operations::loops::{self, Standing};
use ledger::reports::operations::{FiveTotals, outside_totals};
use ledger::treasury::store::custodians;
use ledger::updates::rules::update::About;
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
    sentence: Said,
    /// Whether it takes no new pledges for now, as what is made brings its whole goal.
    asks_for_nothing: bool,
    /// What came of what it asks for, for the title and below it.
    #[serde(skip)]
    headline: Said,
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
    /// Work for which teams apply, or the host decides.
    calls: Vec<CallRow>,
    tiers: Vec<TierRow>,
    /// How far what is made pays for what comes next; none where the host says nothing of it.
    #[serde(rename = "loop")]
    closed: Option<LoopShown>,
    /// The newest notes about it and its milestones.
    updates: Updates,
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
    name: Said,
    amount: Amount,
    meaning: Said,
}

/// How far what is made pays for the next development, in the twelve months that are over.
#[derive(Serialize)]
struct LoopShown {
    to: Day,
    proceeds: Amount,
    /// What was given in these months.
    collected: Amount,
    ratio: Option<String>,
    /// What the campaign asks for in a month now.
    asks_for: Amount,
    #[serde(skip)]
    is_closed: bool,
}

impl LoopShown {
    fn new(it: &Standing, currency: Currency) -> LoopShown {
        let amount = |minor: i128| Amount::of(minor, currency);
        LoopShown {
            to: Day(it.closed.to),
            proceeds: amount(it.closed.proceeds),
            collected: amount(it.closed.collected),
            ratio: it.closed.ratio.map(hundredths),
            asks_for: amount(it.closed.asks_for.into()),
            is_closed: it.closed.asks_for == 0,
        }
    }
}

#[derive(Serialize)]
struct VerdictShown {
    verdict: Word,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Amount>,
    on: Day,
}

impl VerdictShown {
    /// The word, for people.
    fn written(&self) -> Said {
        match self.verdict {
            Word::Successful => say("campaign-verdict-successful"),
            Word::Failed => say("campaign-verdict-failed"),
        }
    }
}

#[derive(Serialize)]
struct MilestoneRow {
    id: MilestoneId,
    name: String,
    amount: Amount,
    released: Amount,
    state: &'static str,
    #[serde(skip)]
    standing: Said,
}

#[derive(Serialize)]
struct TierRow {
    name: String,
    description: String,
    amount: Amount,
    places: Option<i32>,
    /// How many are free; to those outside it moves when five more are taken, and when the last one is.
    places_left: Option<i64>,
    #[serde(skip)]
    is_exact: bool,
}

impl TierRow {
    /// How many places are left, for people.
    fn places_written(&self) -> Said {
        match (self.places_left, self.places) {
            (Some(left), Some(places)) => {
                let is_exact = self.is_exact || left == 0;
                let said = if is_exact { say("campaign-places-of") } else { say("campaign-places-up-to") };
                said.with("left", left).with("places", places)
            }
            (Some(_), None) | (None, _) => say("campaign-places-any"),
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
        updates: Updates,
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
        let closed = loops::standing(tx, &state.whole_sums, book, &it, wall).await?;
        let agreed = terms::in_effect(tx, &it, today).await?;
        let host = organisations::find(tx, book.organisation).await?.ok_or(Error::NotFound("campaign"))?;
        let (custodians, more_custodians) = custodian_names(tx, book).await?;
        let (milestones, has_more) = milestone_rows(tx, it.id).await?;
        let listed = tiers::list(tx, it.id, (0, 0), TIERS_MAX.into()).await?;
        let stands = it.state.clone().at(book.now(wall));
        let stops = it.asks_for_nothing() && stands.takes_pledges().is_ok();
        let state_until = stands.until().map(|until| Day(book.day_of(until)));
        let collected = Amount::of(found.five.collected, it.currency);
        Ok(CampaignPage {
            updates,
            id: it.id,
            book: book.reference(),
            host: host.name,
            custodians,
            more_custodians,
            as_of: Day(today),
            kind: it.kind.as_str(),
            state: stands.as_str(),
            state_until,
            asks_for_nothing: stops,
            sentence: if stops { say("campaign-is-paid-for") } else { sentence(&stands, state_until) },
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
            calls: open_of(tx, book, it.id).await?,
            closed: closed.map(|closed| LoopShown::new(&closed, it.currency)),
            tiers: listed.into_iter().map(|listed| tier(listed, sight)).collect(),
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

fn tier(it: Listed, sight: Sight) -> TierRow {
    let free = it.free(sight == Sight::Whole);
    let tier = it.tier;
    TierRow {
        name: tier.name,
        description: tier.description,
        amount: tier.amount.into(),
        places: tier.places.map(|places| places.limit),
        places_left: free,
        is_exact: sight == Sight::Whole,
    }
}

/// The five totals, each told apart from the others.
fn totals(campaign: &Campaign, five: &FiveTotals) -> Vec<TotalRow> {
    let row = |name, minor: Option<i128>, meaning| {
        let amount = |minor| Amount::of(minor, campaign.currency);
        minor.map(|minor| TotalRow { name: say(name), amount: amount(minor), meaning: say(meaning) })
    };
    let rows = [
        row("campaign-pledged", five.pledged, "campaign-pledged-means"),
        row("campaign-collected", Some(five.collected), "campaign-collected-means"),
        row("campaign-dropped", five.dropped, "campaign-dropped-means"),
        row("campaign-refunded", Some(five.refunded), "campaign-refunded-means"),
        row("campaign-disputed", Some(five.disputed), "campaign-disputed-means"),
    ];
    rows.into_iter().flatten().collect()
}

/// What came of what a campaign asks for.
fn headline(kind: &Kind, collected: Amount, months: &[MonthRow]) -> Said {
    let goal = kind.goal().map(Amount::from);
    if let Some(last_day) = kind.last_day() {
        let until = Day(last_day);
        return match goal {
            Some(goal) => say("campaign-so-far-by-of").with("came", collected).with("goal", goal).with("day", until),
            None => say("campaign-so-far-by").with("came", collected).with("day", until),
        };
    }
    match (months.last(), goal) {
        (Some(row), Some(goal)) => {
            say("campaign-of-in").with("came", row.collected).with("goal", goal).with("month", &row.name)
        }
        (Some(row), None) => say("campaign-in").with("came", row.collected).with("month", &row.name),
        (None, Some(goal)) => say("campaign-of-a-month").with("came", collected).with("goal", goal),
        (None, None) => say("campaign-so-far").with("came", collected),
    }
}

/// What a campaign asks for, in a sentence or two.
fn asks(kind: &Kind) -> String {
    let counts = |basis: &Basis| match basis {
        Basis::Collected => "collected",
        Basis::Pledged => "pledged",
    };
    let asked = match kind {
        Kind::Recurring { monthly_goal } => say("campaign-asks-monthly").with("goal", Amount::from(*monthly_goal)),
        Kind::AllOrNothing { goal, last_day, basis } => say("campaign-asks-all")
            .with("goal", Amount::from(*goal))
            .with("day", Day(*last_day))
            .with("basis", counts(basis)),
        Kind::KeepWhatYouRaise { goal, last_day } => {
            let keeps = say("campaign-asks-keeps").with("day", Day(*last_day));
            let Some(goal) = goal else { return keeps.to_string() };
            return format!("{} {keeps}", say("campaign-asks-hopes").with("goal", Amount::from(*goal)));
        }
        Kind::MinimumAndOptimum { minimum, optimum, last_day, basis } => say("campaign-asks-minimum")
            .with("minimum", Amount::from(*minimum))
            .with("optimum", Amount::from(*optimum))
            .with("day", Day(*last_day))
            .with("basis", counts(basis)),
    };
    asked.to_string()
}

/// How a campaign stands, in a sentence.
fn sentence(state: &CampaignState, day: Option<Day>) -> Said {
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    match state {
        CampaignState::Draft { .. } => say("campaign-is-draft"),
        CampaignState::Live { until: None, .. } => say("campaign-is-live"),
        CampaignState::Live { until: Some(_), .. } => say("campaign-is-live-until").with("day", day),
        CampaignState::Suspended { .. } => say("campaign-is-suspended").with("day", day),
        CampaignState::Collecting { .. } => say("campaign-is-collecting").with("day", day),
        CampaignState::Successful { .. } => say("campaign-is-successful"),
        CampaignState::Failed { .. } => say("campaign-is-failed"),
        CampaignState::Closed { .. } => say("campaign-is-closed"),
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
            let updates = Updates::newest(tx, caller.0.as_ref(), About::Campaign(asked.id)).await?;
            let shown = CampaignPage::of(tx, &state, &book, (campaign, sight), updates).await?;
            Ok((shown, book.visibility == Visibility::Public))
        })
        .await?;
    respond(&request, asked.form, &shown, is_public)
}
