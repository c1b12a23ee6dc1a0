//! A challenge for everybody who may read it: what its purse holds, what can be won, and what was.

use super::pictures::{Badge, PurseBar, Tier};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, embedded, respond};
use super::updates::Updates;
use crate::auth::MaybeCaller;
use crate::handlers::challenges::challenge_body::{challenge_of, require_reader};
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::challenges::operations::purses::{self, PurseState};
use ledger::challenges::rules::award::Award;
use ledger::challenges::rules::challenge::{Challenge, ChallengeState};
use ledger::challenges::rules::rulebook::{Condition, Prize, Rules};
use ledger::challenges::store::{awards, challenges};
use ledger::engine::store::books::{Book, Visibility};
use ledger::evidence::Digest;
use ledger::id::{BookRef, ChallengeId};
use ledger::parties::store::organisations;
use ledger::updates::rules::update::About;
use serde::Serialize;

/// How many awards a page shows; the list of the API has all.
const AWARDS_MAX: usize = 100;

#[derive(Template, Serialize)]
#[template(path = "challenge.html")]
struct ChallengePage {
    id: ChallengeId,
    book: BookRef,
    title: String,
    summary: String,
    /// Who holds it.
    host: String,
    as_of: Day,
    /// How it stands, and until when.
    state: &'static str,
    state_until: Option<Day>,
    #[serde(skip)]
    sentence: Said,
    purse: Amount,
    arrived: Amount,
    awarded: Amount,
    /// How far it has come: what has arrived, and from the award on what was awarded.
    #[serde(skip)]
    headline: String,
    #[serde(skip)]
    bar: PurseBar,
    figures: Vec<Figure>,
    prizes: Vec<PrizeRow>,
    won: Vec<WonRow>,
    /// The newest notes about it.
    updates: Updates,
    /// Whether more was won than stands here.
    has_more: bool,
    rules_version: i32,
    rules_sha256: Digest,
    /// Whether a team may enter it now.
    #[serde(skip)]
    takes_entries: bool,
}

/// A sum, and what it is.
#[derive(Serialize)]
struct Figure {
    name: Said,
    amount: Amount,
    meaning: Said,
}

#[derive(Serialize)]
struct PrizeRow {
    name: String,
    stage: String,
    count: u16,
    each: Amount,
    condition: String,
}

#[derive(Serialize)]
struct WonRow {
    prize: String,
    team: String,
    amount: Amount,
    entry: i64,
}

impl Twinned for ChallengePage {
    fn sheet(&self) -> Sheet {
        let row = |name: &str, amount: Amount| vec![name.to_owned(), amount.plain(), amount.code()];
        let figures = self.figures.iter().map(|figure| row(&figure.name.to_string(), figure.amount));
        let won = self.won.iter().map(|won| row(&format!("{}: {}", won.prize, won.team), won.amount));
        Sheet { columns: vec!["what", "amount", "currency"], rows: figures.chain(won).collect() }
    }
}

/// What a prize is given for, in words.
fn condition(of: &Condition) -> String {
    match of {
        Condition::Rank { first, last } if first == last => say("challenge-place").with("rank", first).to_string(),
        Condition::Rank { first, last } => say("challenge-places").with("first", first).with("last", last).to_string(),
        Condition::Threshold { score } => {
            let score = format!("{}{}{:02}", score / 100, texts::read().marks().1, score % 100);
            say("challenge-score").with("score", score).to_string()
        }
        Condition::Contribution => say("challenge-shared").to_string(),
    }
}

/// How a challenge stands, in a sentence.
fn sentence(state: &ChallengeState, day: Option<Day>) -> Said {
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    match state {
        ChallengeState::Draft { .. } => say("challenge-is-draft"),
        ChallengeState::Funding { .. } => say("challenge-is-funding").with("day", day),
        ChallengeState::Announced { .. } => say("challenge-is-announced").with("day", day),
        ChallengeState::Open { .. } => say("challenge-is-open").with("day", day),
        ChallengeState::Extended { .. } => say("challenge-is-extended").with("day", day),
        ChallengeState::Judging { .. } => say("challenge-is-judging").with("day", day),
        ChallengeState::Provisional { .. } => say("challenge-is-provisional").with("day", day),
        ChallengeState::Awarded => say("challenge-is-awarded"),
        ChallengeState::Closed => say("challenge-is-closed"),
        ChallengeState::Cancelled { .. } => say("challenge-is-cancelled"),
        ChallengeState::NoAward { .. } => say("challenge-is-no-award"),
    }
}

/// What the purse holds and held.
fn figures(challenge: &Challenge, purse: &PurseState, awarded: i64) -> Vec<Figure> {
    let (currency, totals) = (challenge.purse.currency(), &purse.totals);
    let figure = |name, minor: i128, meaning| Figure {
        name: say(name),
        amount: Amount::of(minor, currency),
        meaning: say(meaning),
    };
    vec![
        figure("challenge-figure-purse", challenge.purse.minor().into(), "challenge-figure-purse-means"),
        figure("challenge-figure-promised", totals.pledged, "challenge-figure-promised-means"),
        figure("challenge-figure-paid", totals.captured.into(), "challenge-figure-paid-means"),
        figure("challenge-figure-in-the-purse", purse.settled.into(), "challenge-figure-in-the-purse-means"),
        figure("challenge-figure-awarded", awarded.into(), "challenge-figure-awarded-means"),
        figure("challenge-figure-returned", totals.returned.into(), "challenge-figure-returned-means"),
        figure("challenge-figure-rolled-over", totals.rolled.into(), "challenge-figure-rolled-over-means"),
    ]
}

fn prizes(rules: &Rules) -> Vec<PrizeRow> {
    let row = |prize: &Prize| PrizeRow {
        name: prize.name.clone(),
        stage: prize.stage.clone(),
        count: prize.count,
        each: prize.amount.into(),
        condition: condition(&prize.condition),
    };
    rules.prizes.iter().map(row).collect()
}

/// What was won, with the names of those who won it.
async fn won(client: &impl GenericClient, awarded: &[Award], rules: &Rules) -> Result<Vec<WonRow>, Error> {
    let mut rows = Vec::with_capacity(awarded.len());
    for award in awarded {
        let team = organisations::find(client, award.team).await?;
        let tier = usize::try_from(award.prize - 1).ok().and_then(|tier| rules.prizes.get(tier));
        rows.push(WonRow {
            prize: tier.map(|tier| tier.name.clone()).unwrap_or_default(),
            team: team.map(|team| team.name).unwrap_or_default(),
            amount: award.amount.into(),
            entry: award.entry,
        });
    }
    Ok(rows)
}

impl ChallengePage {
    async fn of(
        client: &impl GenericClient,
        book: &Book,
        it: Challenge,
        updates: Updates,
    ) -> Result<ChallengePage, Error> {
        let purse = purses::state(client, &it).await?;
        let rules = challenges::get_rules(client, it.id, it.rules_version).await?.rules;
        let mut awarded = awards::list(client, it.id, (0, 0, 0), AWARDS_MAX as i64 + 1).await?;
        let has_more = awarded.len() > AWARDS_MAX;
        awarded.truncate(AWARDS_MAX);
        let host = organisations::find(client, book.organisation).await?.ok_or(Error::NotFound("challenge"))?;
        let state_until = it.state.until().map(|until| Day(book.day_of(until)));
        let arrived = Amount::of(purse.settled, it.purse.currency());
        let paid = awards::total(client, it.id).await?;
        let headline = headline(&it, &purse, paid);
        Ok(ChallengePage {
            id: it.id,
            book: book.reference(),
            host: host.name,
            as_of: Day(book.today(ledger::calendar::now())),
            state: it.state.as_str(),
            state_until,
            sentence: sentence(&it.state, state_until),
            bar: bar(&it, &purse, &rules, paid, &headline),
            figures: figures(&it, &purse, paid),
            awarded: Amount::of(paid, it.purse.currency()),
            headline,
            prizes: prizes(&rules),
            won: won(client, &awarded, &rules).await?,
            has_more,
            updates,
            takes_entries: it.takes_entries(book.now(ledger::calendar::now())).is_ok(),
            rules_version: it.rules_version,
            rules_sha256: it.rules,
            purse: it.purse.into(),
            arrived,
            title: it.title,
            summary: it.summary,
        })
    }
}

/// What a purse has come to, in a few words.
fn headline(it: &Challenge, purse: &PurseState, awarded: i64) -> String {
    let (part, text) = match awarded {
        0 => (purse.settled, "challenge-headline-arrived"),
        awarded => (awarded, "challenge-headline-awarded"),
    };
    let part = Amount::of(part, it.purse.currency()).bare();
    say(text).with("part", part).with("whole", Amount::from(it.purse)).to_string()
}

fn bar(it: &Challenge, purse: &PurseState, rules: &Rules, paid: i64, title: &str) -> PurseBar {
    let tiers = rules.prizes.iter().map(|prize| Tier { each: prize.amount.minor(), count: prize.count }).collect();
    PurseBar::new(it.purse.minor(), purse.settled, paid, tiers, title)
}

/// Shows a challenge.
#[route("/challenges/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<ChallengeId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, it) = challenge_of(&client, asked.id).await?;
    require_reader(&client, caller.0.as_ref(), &book, &it).await?;
    let updates = Updates::newest(&client, caller.0.as_ref(), About::Challenge(asked.id)).await?;
    let shown = ChallengePage::of(&client, &book, it, updates).await?;
    drop(client);
    respond(&request, asked.form, &shown, book.visibility == Visibility::Public)
}

/// A picture of how full the purse is, for the sites of others: of what everybody may read.
#[route("/challenges/{id}/badge.svg", method = "GET", method = "HEAD")]
pub(super) async fn badge(
    state: Data<State>,
    id: Path<ChallengeId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, it) = challenge_of(&client, *id).await?;
    require_reader(&client, None, &book, &it).await?;
    let arrived = purses::state(&client, &it).await?.settled;
    drop(client);
    let figure = Badge::of(Amount::of(arrived, it.purse.currency()), it.purse.into());
    embedded(&request, &Badge::new(&it.title, (arrived.into(), it.purse.minor().into()), figure))
}
