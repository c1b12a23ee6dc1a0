//! A milestone for everybody who may read it: how much it is, how far it has come, on what its money was released, and whose it was.

mod claims;

use super::pictures::{MilestoneLine, Stop};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use super::updates::Updates;
use crate::auth::MaybeCaller;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::{Reader, book_of};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use claims::{ClaimShown, is_shown, sentence};
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::evidence::Gate;
use ledger::id::{BookRef, CampaignId, MilestoneId, OrganisationId};
use ledger::milestones::rules::claim::Claim;
use ledger::milestones::rules::milestone::{Milestone, MilestoneState, OnSilence, Policy};
use ledger::milestones::store::claims as claim_rows;
use ledger::milestones::store::{milestones, releases};
use ledger::money::Currency;
use ledger::parties::store::organisations;
use ledger::pledging::rules::donor::are_enough;
use ledger::pledging::store::{campaigns, lineage};
use ledger::updates::rules::update::About;
use serde::Serialize;
use uuid::Uuid;

/// So many claims are looked at; a milestone has one in play, and those before it.
const CLAIMS_MAX: i64 = 100;

#[derive(Template, Serialize)]
#[template(path = "milestone.html")]
struct MilestonePage {
    id: MilestoneId,
    book: BookRef,
    campaign: CampaignId,
    campaign_title: String,
    name: String,
    description: String,
    /// Who does the work and is paid.
    team: String,
    /// Where somebody asks to join its team.
    #[serde(skip)]
    joined_at: Option<OrganisationId>,
    as_of: Day,
    state: &'static str,
    #[serde(skip)]
    sentence: String,
    amount: Amount,
    released: Amount,
    stations: Vec<Station>,
    #[serde(skip)]
    line: MilestoneLine,
    /// How a claim is decided.
    rules: Vec<String>,
    /// Evidence without which no claim is taken.
    gate: Vec<String>,
    claims: Vec<ClaimShown>,
    releases: Vec<ReleaseRow>,
    /// The newest notes about it.
    updates: Updates,
    /// Whether the reader sees what the book's own people and the team see.
    #[serde(skip)]
    is_inside: bool,
}

/// How far the money has come.
#[derive(Serialize)]
struct Station {
    name: Said,
    /// None where it is not shown.
    amount: Option<Amount>,
    meaning: Said,
}

/// A part that was released.
#[derive(Serialize)]
struct ReleaseRow {
    on: Day,
    amount: Amount,
    /// What of it paid what the team owed.
    set_off: Amount,
    #[serde(skip)]
    is_set_off: bool,
    entry: i64,
    /// How many donors' money it was; none while they are fewer than five.
    donors: Option<i64>,
}

impl Twinned for MilestonePage {
    fn sheet(&self) -> Sheet {
        let row = |it: &ReleaseRow| {
            let donors = it.donors.map(|donors| donors.to_string()).unwrap_or_default();
            vec![it.on.0.to_string(), it.amount.plain(), it.amount.code(), it.entry.to_string(), donors]
        };
        Sheet {
            columns: vec!["released_on", "amount", "currency", "entry", "donors"],
            rows: self.releases.iter().map(row).collect(),
        }
    }
}

impl MilestonePage {
    async fn of(
        client: &impl GenericClient,
        book: &Book,
        it: Milestone,
        is_inside: bool,
        updates: Updates,
    ) -> Result<MilestonePage, Error> {
        let campaign = campaigns::get(client, it.campaign).await?;
        let team = organisations::find(client, it.team).await?.ok_or(Error::NotFound("milestone"))?;
        let found = claim_rows::list(client, it.id, Uuid::nil(), CLAIMS_MAX).await?;
        let in_play = in_play(client, &it).await?;
        let mut shown = Vec::new();
        for claim in found.iter().filter(|claim| is_shown(claim, is_inside)) {
            shown.push(ClaimShown::of(client, book, claim, shown.len() + 1, is_inside).await?);
        }
        let stations = stations(&it, in_play.as_ref().filter(|_| is_inside));
        Ok(MilestonePage {
            id: it.id,
            book: book.reference(),
            campaign: it.campaign,
            campaign_title: campaign.title,
            joined_at: Some(team.id).filter(|_| team.kind.takes_join_requests()),
            team: team.name,
            as_of: Day(book.today(ledger::calendar::now())),
            state: it.state.as_str(),
            sentence: standing(&it.state, in_play.as_ref(), book),
            amount: it.amount.into(),
            released: Amount::of(it.released, it.amount.currency()),
            line: line(&it, &stations),
            stations,
            rules: rules(&it.policy, it.amount.currency()),
            gate: gate(it.gate),
            claims: shown,
            releases: release_rows(client, book, &found).await?,
            is_inside,
            updates,
            name: it.name,
            description: it.description,
        })
    }
}

/// The claim that is being decided.
async fn in_play(client: &impl GenericClient, it: &Milestone) -> Result<Option<Claim>, Error> {
    match it.state {
        MilestoneState::Claimed { claim } => claim_rows::get(client, claim).await.map(Some),
        MilestoneState::Planned
        | MilestoneState::Funded
        | MilestoneState::PartlyReleased
        | MilestoneState::Released
        | MilestoneState::Cancelled { .. } => Ok(None),
    }
}

/// What was released of its claims, and of how many donors' money.
async fn release_rows(client: &impl GenericClient, book: &Book, claims: &[Claim]) -> Result<Vec<ReleaseRow>, Error> {
    let mut rows = Vec::new();
    for claim in claims.iter().filter(|claim| claim.state.decision().is_some_and(|decision| decision.released > 0)) {
        for release in releases::list_of_claim(client, claim.id).await? {
            let (_, donors) = lineage::count_sources(client, book.id, release.entry).await?;
            rows.push(ReleaseRow {
                on: Day(book.day_of(release.released_at)),
                amount: release.amount.into(),
                set_off: Amount::of(release.set_off, release.amount.currency()),
                is_set_off: release.set_off > 0,
                entry: release.entry,
                donors: Some(donors).filter(|donors| are_enough(*donors)),
            });
        }
    }
    Ok(rows)
}

/// The four stations of its money. `claim` is the one in play, for those who see it.
fn stations(it: &Milestone, claim: Option<&Claim>) -> Vec<Station> {
    let amount = |minor: i64| Amount::of(minor, it.amount.currency());
    let is_claimed = matches!(it.state, MilestoneState::Claimed { .. });
    let claimed = match claim {
        Some(claim) => {
            let of_it = claim.state.decision().map_or(0, |decision| decision.released);
            Some(amount(it.released - of_it + claim.content.amount.minor()))
        }
        None => (!is_claimed).then(|| amount(it.released)),
    };
    let station = |name, amount, meaning| Station { name: say(name), amount, meaning: say(meaning) };
    vec![
        station("milestone-station-planned", Some(it.amount.into()), "milestone-station-planned-means"),
        station("milestone-station-aside", Some(amount(it.earmark() + it.released)), "milestone-station-aside-means"),
        station("milestone-station-claimed", claimed, "milestone-station-claimed-means"),
        station("milestone-station-released", Some(amount(it.released)), "milestone-station-released-means"),
    ]
}

fn line(it: &Milestone, stations: &[Station]) -> MilestoneLine {
    let reached = match it.state {
        MilestoneState::Planned | MilestoneState::Cancelled { .. } => 1,
        MilestoneState::Funded => 2,
        MilestoneState::Claimed { .. } | MilestoneState::PartlyReleased => 3,
        MilestoneState::Released => 4,
    };
    let reached = if it.released > 0 { 4 } else { reached };
    let stop = |place: usize| Stop {
        name: stations.get(place).map(|station| station.name.to_string()).unwrap_or_default(),
        amount: stations.get(place).and_then(|station| station.amount).map(Amount::bare).unwrap_or_default(),
        is_reached: place < reached,
    };
    let released = Amount::of(it.released, it.amount.currency());
    let title = say("milestone-picture").with("released", released).with("amount", Amount::from(it.amount)).to_string();
    MilestoneLine::new([0, 1, 2, 3].map(stop), it.released, it.amount.minor(), title)
}

/// How claims are decided, in sentences.
pub(super) fn rules(policy: &Policy, currency: Currency) -> Vec<String> {
    let silence = match policy.on_silence {
        OnSilence::Release => say("milestone-rule-silence-release"),
        OnSilence::Escalate => say("milestone-rule-silence-escalate"),
    };
    let mut rules = vec![
        say("milestone-rule-reviewers").with("count", policy.reviewers_needed).to_string(),
        silence.with("days", policy.review_days).to_string(),
        say("milestone-rule-objection").with("days", policy.objection_days).to_string(),
    ];
    if let Some(threshold) = policy.threshold {
        let above = Amount::of(threshold, currency);
        rules.push(say("milestone-rule-threshold").with("amount", above).to_string());
    }
    rules
}

/// Evidence without which no claim is taken.
pub(super) fn gate(gate: Gate) -> Vec<String> {
    let asked = [
        (gate.licence, say("milestone-gate-licence")),
        (gate.design_files, say("milestone-gate-design")),
        (gate.enterprise_plan, say("milestone-gate-plan")),
    ];
    asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, what)| what.to_string()).collect()
}

/// How a milestone stands, in a few words.
pub(super) fn state_written(state: &MilestoneState) -> Said {
    match state {
        MilestoneState::Planned => say("milestone-is-planned"),
        MilestoneState::Funded => say("milestone-is-funded"),
        MilestoneState::Claimed { .. } => say("milestone-is-claimed"),
        MilestoneState::PartlyReleased => say("milestone-is-partly"),
        MilestoneState::Released => say("milestone-is-released"),
        MilestoneState::Cancelled { .. } => say("milestone-is-cancelled"),
    }
}

/// How it stands, with its clock.
fn standing(state: &MilestoneState, in_play: Option<&Claim>, book: &Book) -> String {
    match state {
        MilestoneState::Planned => say("milestone-stands-planned").to_string(),
        MilestoneState::Funded => say("milestone-stands-funded").to_string(),
        MilestoneState::Claimed { .. } => in_play.map(|claim| sentence(&claim.state, book)).unwrap_or_default(),
        MilestoneState::PartlyReleased => say("milestone-stands-partly").to_string(),
        MilestoneState::Released => say("milestone-stands-released").to_string(),
        MilestoneState::Cancelled { reason } => say("milestone-stands-cancelled").with("reason", reason).to_string(),
    }
}

/// Shows a milestone.
#[route("/milestones/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<MilestoneId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, asked.id.book, "milestone").await?;
    let milestone = milestones::get(&client, asked.id).await?;
    let reader = Reader::of(&client, caller.0.as_ref(), &book).await?;
    let team = Some(milestone.team);
    reader.require_team(team, true, "milestone").await?;
    // Who reads its claims by the API reads them here.
    let is_inside = match reader.require_team(team, false, "milestone").await {
        Ok(()) => true,
        Err(Error::NotFound(_)) => false,
        Err(error) => return Err(error.into()),
    };
    let updates = Updates::newest(&client, caller.0.as_ref(), About::Milestone(asked.id)).await?;
    let shown = MilestonePage::of(&client, &book, milestone, is_inside, updates).await?;
    drop(client);
    respond(&request, asked.form, &shown, book.visibility == Visibility::Public)
}
