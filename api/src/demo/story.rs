//! The stories, over HTTP against the running service, checked at every step. The founding story has three kinds of money, a chapter each;
//! another one is a year of a cooperative.

pub mod bakery;
pub mod challenge;
pub mod cooperative;
mod membership;
mod payday;
mod teller;
pub mod way_back;
pub mod year;

use super::cast::{Cast, Standing, trial_balance};
use super::client::{Answer, Client, text};
use super::literals::Literals;
use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Instant;
use teller::Teller;
use year::BeforeMonth;

/// The most accounts of a kind that the closing tables show one by one; more are one line.
const LINES_OF_A_KIND_MAX: usize = 6;

/// Which story is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Plot {
    /// Pledges, a challenge and a cooperative: the three kinds of money.
    #[default]
    Founding,
    /// A year of a bakery that belongs to those who work in it, with every line of its bank.
    Cooperative,
}

/// The founding story: who plays, what must come out, and what has been checked so far.
#[derive(Debug)]
pub struct Story {
    cast: Cast,
    teller: Teller,
}

/// What came of it.
#[derive(Debug)]
pub struct Told {
    /// The books that were kept, the host's first.
    pub books: Vec<Kept>,
    /// Pages to look at: what is there, and its path.
    pub pages: Vec<(&'static str, String)>,
    /// How many checks held.
    pub checks: usize,
}

/// A book as it stands at the end.
#[derive(Debug)]
pub struct Kept {
    /// Whose it is: `host` or `cooperative`.
    pub whose: &'static str,
    /// `bok_…`.
    pub book: String,
    /// Somebody who may read it.
    pub treasurer: &'static str,
    /// What it comes to, as tables for people: its trial balance, of a story of one year also the two statements of that.
    pub closing: String,
    /// Its hledger journal. Files beside it have the same for Beancount, and the API's trial balance and income statement:
    /// `host.journal`, `host.beancount`, `host.trial-balance.json`, `host.income-statement.json`.
    pub journal: PathBuf,
}

/// Plays a story.
pub async fn play(plot: Plot, base: &str, mail: &Path, literals: &Literals) -> anyhow::Result<Told> {
    match plot {
        Plot::Founding => play_founding(base, mail, literals).await,
        Plot::Cooperative => bakery::play(&Teller::new(mail, literals), base).await,
    }
}

async fn play_founding(base: &str, mail: &Path, literals: &Literals) -> anyhow::Result<Told> {
    let begun = Instant::now();
    let story = Story::begin(base, mail, literals, super::OPERATOR).await?;
    let (teller, state) = (&story.teller, story.teller.state()?);
    teller.took("gathering", begun);
    let campaign = teller.timed("pledges", year::play(&story, &|_| Ok(()))).await?;
    story.cast.write_partner_file(&state.join("partner.env"), &campaign)?;
    let challenge = teller.timed("the challenge", challenge::play(&story)).await?;
    teller.timed("the way back", way_back::play(&story)).await?;
    teller.timed("payday", payday::of_host(&story)).await?;
    let cooperative = teller.timed("the cooperative", cooperative::play(&story)).await?;
    let books = vec![
        story.keep_host(state).await?,
        keep("cooperative", &cooperative.treasurer, cooperative::TREASURER, &cooperative.book, state).await?,
    ];
    let programmes = story.cast.treasurer.all(&format!("/v1/books/{}/programmes", story.cast.book)).await?;
    let programme = text(programmes.first().context("a programme")?, "/id")?;
    let pages = vec![
        ("campaign", format!("/campaigns/{}", text(&campaign, "/id")?)),
        ("challenge", format!("/challenges/{challenge}")),
        ("cooperative", format!("/cooperatives/{}", cooperative.book)),
        ("book", format!("/books/{}", story.cast.book)),
        ("programme", format!("/programmes/{programme}")),
        ("pipeline", format!("/pipelines/{}", story.cast.book)),
    ];
    Ok(Told { books, pages, checks: teller.checks.held() })
}

/// Plays the first chapter only, with something happening before each month.
pub async fn play_year(
    base: &str,
    mail: &Path,
    literals: &Literals,
    operator: &str,
    before_month: BeforeMonth<'_>,
) -> anyhow::Result<Told> {
    let story = Story::begin(base, mail, literals, operator).await?;
    year::play(&story, before_month).await?;
    let books = vec![story.keep_host(story.teller.state()?).await?];
    Ok(Told { books, pages: Vec::new(), checks: story.teller.checks.held() })
}

impl Story {
    /// A story with these people, of which nothing has been played.
    pub fn new(cast: Cast, literals: &Literals) -> Story {
        let teller = Teller::new(cast.mail(), literals);
        Story { cast, teller }
    }

    async fn begin(base: &str, mail: &Path, literals: &Literals, operator: &str) -> anyhow::Result<Story> {
        let teller = Teller::new(mail, literals);
        teller.progress.say("everybody signs in; the host opens a sandbox book and admits the partner");
        let cast = Cast::gather(base, mail, operator).await?;
        Ok(Story { cast, teller })
    }

    async fn keep_host(&self, state: &Path) -> anyhow::Result<Kept> {
        keep("host", &self.cast.treasurer, "treasurer@host.example", &self.cast.book, state).await
    }

    fn equal<A: PartialEq<B> + Debug, B: Debug>(&self, what: &str, found: A, told: B) -> anyhow::Result<()> {
        self.teller.equal(what, found, told)
    }

    fn refused(&self, what: &str, answer: &Answer, status: u16, code: &str) -> anyhow::Result<()> {
        self.teller.refused(what, answer, status, code)
    }
}

/// Reads a book to its end: the trial balance for people and for programs, what was earned and spent, and the whole of it
/// for hledger and Beancount.
async fn keep(
    whose: &'static str,
    by: &Client,
    treasurer: &'static str,
    book: &str,
    state: &Path,
) -> anyhow::Result<Kept> {
    let lines = by.all(&format!("/v1/books/{book}/reports/trial-balance")).await?;
    std::fs::write(state.join(format!("{whose}.trial-balance.json")), serde_json::to_vec_pretty(&lines)?)?;
    let earned = by.get(&format!("/v1/books/{book}/reports/income-statement?{ALL_DAYS}")).await?.ok()?;
    std::fs::write(state.join(format!("{whose}.income-statement.json")), serde_json::to_vec_pretty(&earned)?)?;
    let journal = state.join(format!("{whose}.journal"));
    for (format, file) in [("hledger", journal.clone()), ("beancount", state.join(format!("{whose}.beancount")))] {
        let export = by.download(&format!("/v1/books/{book}/export?format={format}")).await?;
        let whole = export.lines().last().is_some_and(|line| line.starts_with("; end:"));
        ensure!(whole, "the export of the {whose}'s book was cut");
        std::fs::write(file, export)?;
    }
    let closing = table(whose, &trial_balance(by, book).await?)?;
    Ok(Kept { whose, book: book.to_owned(), treasurer, closing, journal })
}

/// Every day on which something may happen in the story.
const ALL_DAYS: &str = "from=2000-01-01&to=2099-12-31";

/// What stands on one side of all accounts whose codes begin so.
fn sum(balance: &[Standing], prefix: &str, on: &str) -> anyhow::Result<String> {
    let mut cents = 0i64;
    for (_, _, amount) in balance.iter().filter(|(code, side, _)| code.starts_with(prefix) && *side == on) {
        cents += amount.replace('.', "").parse::<i64>()?;
    }
    Ok(format!("{}.{:02}", cents / 100, cents % 100))
}

/// A trial balance as a table for people: where there are many accounts of a kind, one line for all of them.
fn table(whose: &str, balance: &[Standing]) -> anyhow::Result<String> {
    let title = format!("Trial balance of the {whose}'s book, USD");
    let mut lines = vec![format!("{title:<64}{:>16}{:>16}", "debit", "credit")];
    let kind = |(code, side, _): &Standing| (code.rsplit_once(':').map(|(kind, _)| kind.to_owned()), *side);
    for alike in balance.chunk_by(|one, next| kind(one) == kind(next)) {
        let folded = match kind(&alike[0]) {
            (Some(kind), side) if alike.len() > LINES_OF_A_KIND_MAX => {
                let code = format!("{kind}:… ({} accounts)", alike.len());
                vec![(code, side, sum(alike, &format!("{kind}:"), side)?)]
            }
            _ => alike.to_vec(),
        };
        for (code, side, amount) in folded {
            let (debit, credit) = if side == "debit" { (amount.as_str(), "") } else { ("", amount.as_str()) };
            lines.push(format!("{code:<64}{debit:>16}{credit:>16}").trim_end().to_owned());
        }
    }
    Ok(lines.join("\n"))
}
