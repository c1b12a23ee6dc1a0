//! The founding story, over HTTP against the running service, checked at every step: three kinds of money, a chapter each.

pub mod challenge;
pub mod cooperative;
mod payday;
pub mod way_back;
pub mod year;

use super::cast::{Cast, Standing, trial_balance};
use super::checks::Checks;
use super::client::{Answer, Client, text};
use super::literals::Literals;
use super::progress::Progress;
use anyhow::{Context as _, ensure};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Instant;
use year::BeforeMonth;

/// The most accounts of a kind that the closing tables show one by one; more are one line.
const LINES_OF_A_KIND_MAX: usize = 6;

/// Who plays, what must come out, and what has been checked so far.
#[derive(Debug)]
pub struct Story {
    cast: Cast,
    literals: Literals,
    checks: Checks,
    progress: Progress,
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
    /// Its trial balance, as a table for people.
    pub closing: String,
    /// Its hledger journal. Files beside it have the same for Beancount, and the API's trial balance and income statement:
    /// `host.journal`, `host.beancount`, `host.trial-balance.json`, `host.income-statement.json`.
    pub journal: PathBuf,
}

/// Plays the whole story.
pub async fn play(base: &str, mail: &Path, literals: &Literals) -> anyhow::Result<Told> {
    let state = mail.parent().context("the mail folder lies below the state directory")?;
    let begun = Instant::now();
    let story = Story::begin(base, mail, literals, super::OPERATOR).await?;
    story.took("gathering", begun);
    let campaign = story.timed("pledges", year::play(&story, &|_| Ok(()))).await?;
    story.cast.write_partner_file(&state.join("partner.env"), &campaign)?;
    let challenge = story.timed("the challenge", challenge::play(&story)).await?;
    story.timed("the way back", way_back::play(&story)).await?;
    story.timed("payday", payday::of_host(&story)).await?;
    let cooperative = story.timed("the cooperative", cooperative::play(&story)).await?;
    let books = vec![
        story.keep_host(state).await?,
        keep("cooperative", &cooperative.treasurer, cooperative::TREASURER, &cooperative.book, state).await?,
    ];
    let pages = vec![
        ("campaign", format!("/campaigns/{}", text(&campaign, "/id")?)),
        ("challenge", format!("/challenges/{challenge}")),
        ("cooperative", format!("/cooperatives/{}", cooperative.book)),
        ("book", format!("/books/{}", story.cast.book)),
    ];
    Ok(Told { books, pages, checks: story.checks.held() })
}

/// Plays the first chapter only, with something happening before each month.
pub async fn play_year(
    base: &str,
    mail: &Path,
    literals: &Literals,
    operator: &str,
    before_month: BeforeMonth<'_>,
) -> anyhow::Result<Told> {
    let state = mail.parent().context("the mail folder lies below the state directory")?;
    let story = Story::begin(base, mail, literals, operator).await?;
    year::play(&story, before_month).await?;
    Ok(Told { books: vec![story.keep_host(state).await?], pages: Vec::new(), checks: story.checks.held() })
}

impl Story {
    /// A story with these people, of which nothing has been played.
    pub fn new(cast: Cast, literals: Literals) -> Story {
        Story { cast, literals, checks: Checks::default(), progress: Progress::new() }
    }

    async fn begin(base: &str, mail: &Path, literals: &Literals, operator: &str) -> anyhow::Result<Story> {
        let progress = Progress::new();
        progress.say("everybody signs in; the host opens a sandbox book and admits the partner");
        let cast = Cast::gather(base, mail, operator).await?;
        Ok(Story { cast, literals: literals.clone(), checks: Checks::default(), progress })
    }

    /// A chapter, and how long it took.
    async fn timed<T>(&self, chapter: &str, played: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let begun = Instant::now();
        let told = played.await?;
        self.took(chapter, begun);
        Ok(told)
    }

    fn took(&self, chapter: &str, begun: Instant) {
        let tenths = begun.elapsed().as_millis() / 100;
        self.progress.say(&format!("{chapter}: {}.{} s", tenths / 10, tenths % 10));
    }

    async fn keep_host(&self, state: &Path) -> anyhow::Result<Kept> {
        keep("host", &self.cast.treasurer, "treasurer@host.example", &self.cast.book, state).await
    }

    fn equal<A: PartialEq<B> + Debug, B: Debug>(&self, what: &str, found: A, told: B) -> anyhow::Result<()> {
        self.checks.equal(what, found, told)
    }

    fn refused(&self, what: &str, answer: &Answer, status: u16, code: &str) -> anyhow::Result<()> {
        let kind = text(&answer.body, "/type")?;
        self.equal(what, (answer.status.as_u16(), kind), (status, format!("/problems/{code}").as_str()))
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
