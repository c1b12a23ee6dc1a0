//! `commonpurse import`: the export of another platform, or of another installation, goes in as a file, and what became of it is printed.
//!
//! It asks the service as anybody does, so that a file that is sent twice imports each line once.

use super::opening::{self, Said};
use super::{PartnerOptions, client_of_partner, refusal, safe};
use crate::demo::client::{Client, text};
use anyhow::{Context as _, bail, ensure};
use clap::{ArgGroup, Args};
use jiff::civil::Date;
use ledger::id::{CampaignId, ChallengeId};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The variable of a person's access token.
const TOKEN: &str = "COMMONPURSE_TOKEN";

/// The largest export, in bytes: more characters than the service takes.
const FILE_MAX: u64 = 4_000_000;

/// What `import` is told.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("export").required(true).args(["pledges", "entries", "opening"]))]
pub struct ImportOptions {
    /// The export with pledges: a table in UTF-8 of at most 1,000 lines.
    #[arg(long, requires = "campaign")]
    pub pledges: Option<PathBuf>,

    /// The campaign that they are to.
    #[arg(long)]
    pub campaign: Option<CampaignId>,

    /// The export with entries of teams: a table in UTF-8 of at most 200 lines.
    #[arg(long, requires = "challenge")]
    pub entries: Option<PathBuf>,

    /// The challenge that they are to.
    #[arg(long)]
    pub challenge: Option<ChallengeId>,

    /// The book of a cooperative that was kept by this service elsewhere, as its export in JSON Lines: another book is opened with what it had.
    #[arg(long, requires = "book")]
    pub opening: Option<PathBuf>,

    /// Of a book: the digest of its last record, as it was kept elsewhere or said by who kept the book.
    #[arg(long, requires = "opening")]
    pub digest: Option<String>,

    /// Of a book: the day whose balances they are. [default: the day of the book that is opened]
    #[arg(long, requires = "opening")]
    pub on: Option<Date>,

    /// Whose usual names the columns have, such as `crowdfunding`, `pre_order` or `prize` of pledges, `prize` or `leaderboard` of entries.
    #[arg(long)]
    pub adapter: Option<String>,

    /// A file with how to read the export, and what holds of all its lines: a JSON object with the fields of the request, such as `columns`,
    /// `delimiter`, `decimal` and `interval`. What is said here besides holds.
    #[arg(long)]
    pub map: Option<PathBuf>,

    /// SHA-256 of the terms that the donors, or of the rules that the teams have agreed to.
    #[arg(long)]
    pub agreed: Option<String>,

    /// Of pledges: who takes the money. [default: `partner`, or that of the map]
    #[arg(long)]
    pub rail: Option<String>,

    /// Of pledges: the partner for which somebody of the host sends the export, such as `org_…`.
    #[arg(long)]
    pub partner: Option<String>,

    /// Say what would become of each line, and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Which service, and which book: an export to another one is not sent.
    #[command(flatten)]
    pub at: PartnerOptions,
}

/// Where an export goes.
enum To {
    Campaign(CampaignId),
    Challenge(ChallengeId),
}

impl To {
    fn shown(&self) -> String {
        match self {
            To::Campaign(id) => format!("/v1/campaigns/{id}"),
            To::Challenge(id) => format!("/v1/challenges/{id}"),
        }
    }

    fn path(&self) -> String {
        match self {
            To::Campaign(id) => format!("/v1/campaigns/{id}/pledge-imports"),
            To::Challenge(id) => format!("/v1/challenges/{id}/entry-imports"),
        }
    }

    /// The field with the digest of what was agreed to.
    fn agreed(&self) -> &'static str {
        match self {
            To::Campaign(_) => "terms_sha256",
            To::Challenge(_) => "rules_sha256",
        }
    }

    fn what(&self) -> &'static str {
        match self {
            To::Campaign(_) => "pledges",
            To::Challenge(_) => "entries",
        }
    }
}

/// Sends an export, and prints what became of it.
///
/// # Errors
///
/// When a file cannot be read, the service refuses the export whole, or lines of it were not taken.
pub async fn import(options: ImportOptions) -> anyhow::Result<()> {
    if let (Some(file), Some(book)) = (&options.opening, options.at.book) {
        let said = Said { digest: options.digest.as_deref(), on: options.on, is_tried: options.dry_run };
        return opening::open(&client(&options.at)?, file, book, said).await;
    }
    let (to, file) = match (&options.pledges, options.campaign, &options.entries, options.challenge) {
        (Some(file), Some(campaign), None, None) => (To::Campaign(campaign), file),
        (None, None, Some(file), Some(challenge)) => (To::Challenge(challenge), file),
        _ => bail!("--pledges goes with --campaign, and --entries with --challenge"),
    };
    let of_book = match &to {
        To::Campaign(id) => id.book,
        To::Challenge(id) => id.book,
    };
    if let Some(book) = options.at.book {
        ensure!(book.book == of_book, "{} is not of {book}", to.shown().trim_start_matches("/v1/"));
    }
    let mut asked = match &options.map {
        Some(map) => read_map(map)?,
        None => Map::new(),
    };
    let said = [
        ("adapter", options.adapter),
        ("partner", options.partner),
        ("rail", options.rail),
        (to.agreed(), options.agreed),
        ("csv", Some(read_file(file)?)),
    ];
    for (field, said) in said {
        if let Some(said) = said {
            asked.insert(field.to_owned(), json!(said));
        }
    }
    if matches!(to, To::Campaign(_)) {
        asked.entry("rail").or_insert(json!("partner"));
    }
    let client = client(&options.at)?;
    if !asked.contains_key(to.agreed()) {
        let shown = client.get(&to.shown()).await?;
        let now = text(&shown.body, &format!("/{}", to.agreed())).unwrap_or("not to be read with this token");
        bail!("to what have they agreed? say it with --agreed, or as {} in the map: now it is {now}", to.agreed());
    }
    let query = if options.dry_run { "?dry_run=true" } else { "" };
    let answer = client.post(&format!("{}{query}", to.path()), &Value::Object(asked)).await?;
    ensure!(answer.status.is_success(), refusal(&answer));
    tell(&to, &answer.body)
}

/// Who asks: a person with an access token, or a partner.
fn client(at: &PartnerOptions) -> anyhow::Result<Client> {
    match std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) {
        Some(token) => Client::with_token(&safe(&at.url)?, &token),
        None => client_of_partner(&at.url).with_context(|| format!("nor is {TOKEN}, the access token of a person")),
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    let named = || path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path).with_context(named)?.take(FILE_MAX + 1).read_to_end(&mut bytes).with_context(named)?;
    ensure!(u64::try_from(bytes.len())? <= FILE_MAX, "{} has more than {FILE_MAX} bytes", path.display());
    String::from_utf8(bytes).ok().with_context(|| format!("{} is not in UTF-8: save it so", path.display()))
}

fn read_map(path: &Path) -> anyhow::Result<Map<String, Value>> {
    serde_json::from_str(&read_file(path)?).with_context(|| format!("{} is no JSON object", path.display()))
}

/// Prints each line that was not taken, and how many of each verdict there are.
fn tell(to: &To, told: &Value) -> anyhow::Result<()> {
    let items = told["items"].as_array().context("an answer without lines")?;
    for item in items {
        if let Some(said) = not_taken(item) {
            println!("{said}");
        }
    }
    let count = |verdict: &str| told[verdict].as_u64().unwrap_or(0);
    let (created, refused, unreadable) = (count("created"), count("refused"), count("unreadable"));
    let made = if told["dry_run"] == true { "would be made" } else { "made" };
    let what = to.what();
    println!("{created} {what} {made}, {} there already", count("already_there"));
    let lost = refused + unreadable;
    ensure!(lost == 0, "{lost} of {} lines were not taken: mend them, and send the same file again", items.len());
    Ok(())
}

/// A line that was not taken, and why.
fn not_taken(item: &Value) -> Option<String> {
    let verdict = item["verdict"].as_str().filter(|verdict| matches!(*verdict, "refused" | "unreadable"))?;
    let why = item["trouble"].as_str().or(item["problem"]["detail"].as_str()).unwrap_or("the service does not say why");
    let at = item["column"].as_str().map(|column| format!(", at {column}")).unwrap_or_default();
    Some(format!("line {}{at}: {verdict}: {why}", item["line"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_9_a_line_that_was_not_taken_is_told_with_its_column_and_its_reason() {
        let unreadable = json!({"line": 4, "verdict": "unreadable", "column": "Amount", "trouble": "more than zero"});
        assert_eq!(not_taken(&unreadable).unwrap(), "line 4, at Amount: unreadable: more than zero");
        let refused = json!({"line": 5, "verdict": "refused", "column": null, "problem": {"detail": "Sold out."}});
        assert_eq!(not_taken(&refused).unwrap(), "line 5: refused: Sold out.");
        for verdict in ["created", "already_there"] {
            assert_eq!(not_taken(&json!({"line": 2, "verdict": verdict})), None);
        }
    }
}
