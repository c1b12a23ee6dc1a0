//! A challenge for everybody who may read it: what its purse holds, what can be won, and what was.

use super::pictures::{Badge, PurseBar, Tier};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, embedded, respond};
use super::updates::Updates;
use crate::auth::MaybeCaller;
use crate::handlers::challenges::challenge_body::{challenge_of, require_reader};
use crate::problem::Problem;
use crate::state::State;
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
    sentence: String,
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
    name: &'static str,
    amount: Amount,
    meaning: &'static str,
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
        let figures = self.figures.iter().map(|figure| row(figure.name, figure.amount));
        let won = self.won.iter().map(|won| row(&format!("{}: {}", won.prize, won.team), won.amount));
        Sheet { columns: vec!["what", "amount", "currency"], rows: figures.chain(won).collect() }
    }
}

/// What a prize is given for, in words.
fn condition(of: &Condition) -> String {
    match of {
        Condition::Rank { first, last } if first == last => format!("place {first}"),
        Condition::Rank { first, last } => format!("places {first} to {last}"),
        Condition::Threshold { score } => format!("a score of at least {}.{:02}", score / 100, score % 100),
        Condition::Contribution => "shared among the teams on whose work the first one builds".to_owned(),
    }
}

/// How a challenge stands, in a sentence.
fn sentence(state: &ChallengeState, day: Option<Day>) -> String {
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    match state {
        ChallengeState::Draft { .. } => "It is a draft.".to_owned(),
        ChallengeState::Funding { .. } => format!("Sponsors fill its purse, until {day}."),
        ChallengeState::Announced { .. } => format!("It is announced: teams may enter. It opens by {day}."),
        ChallengeState::Open { .. } => format!("Teams hand in their work until {day}."),
        ChallengeState::Extended { .. } => format!("Teams have more time: they hand in their work until {day}."),
        ChallengeState::Judging { .. } => format!("Judges score the work until {day}."),
        ChallengeState::Provisional { .. } => format!("The ranking is provisional: teams may appeal until {day}."),
        ChallengeState::Awarded => "Its prizes are awarded.".to_owned(),
        ChallengeState::Closed => "It is over.".to_owned(),
        ChallengeState::Cancelled { .. } => "It was given up: its purse goes back to its sponsors.".to_owned(),
        ChallengeState::NoAward { .. } => "It is over, and nobody won.".to_owned(),
    }
}

/// What the purse holds and held.
fn figures(challenge: &Challenge, purse: &PurseState, awarded: i64) -> Vec<Figure> {
    let (currency, totals) = (challenge.purse.currency(), &purse.totals);
    let figure = |name, minor: i128, meaning| Figure { name, amount: Amount::of(minor, currency), meaning };
    vec![
        figure("Purse", challenge.purse.minor().into(), "what its prizes sum to"),
        figure("Promised", totals.pledged, "by sponsors, and no money yet"),
        figure("Paid", totals.captured.into(), "by sponsors to a custodian, and not arrived yet"),
        figure("In the purse", purse.settled.into(), "arrived: it opens the challenge, and prizes are paid of it"),
        figure("Awarded", awarded.into(), "to those who won: it is theirs"),
        figure("Returned", totals.returned.into(), "to sponsors"),
        figure("Rolled over", totals.rolled.into(), "to another challenge, as nobody had won it"),
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
    let (part, what) = if awarded > 0 { (awarded, "awarded") } else { (purse.settled, "arrived") };
    format!("{} of {} {what}", Amount::of(part, it.purse.currency()).bare(), Amount::from(it.purse))
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
