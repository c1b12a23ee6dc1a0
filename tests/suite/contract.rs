//! The contract is what the service does: an independent validator reads it, and schemathesis holds it against answers,
//! a piece at a time, so that the pieces run side by side and none takes long; [`long`] asks for more.
//!
//! The tools are those of `tests/contract/requirements.txt` and `package.json`. A machine without them fails here: nothing is
//! skipped.

mod long;

use crate::scene::Scene;
use anyhow::{Context as _, bail, ensure};
use api::demo::client::Client;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long a tool may take before it is ended, in minutes: many times what it takes, for slow machines, and less than
/// the runner of the tests gives, so that the reason is said.
const TOOL_MAX_MIN: u64 = 15;

/// The same with `COMMONPURSE_LONG`.
const TOOL_MAX_LONG_MIN: u64 = 50;

/// How often a tool is given a fresh token: tokens live ten minutes.
const TOKEN_PERIOD: Duration = Duration::from_mins(2);

/// What schemathesis looks for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,negative_data_rejection,\
                      missing_required_header,ignored_auth";

/// What it looks for in the whole contract besides: that of partners leaves operations out which are there all the same.
const CHECKS_OF_ALL: &str = ",unsupported_method,allow_header_conformance";

/// How much is asked, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Extent {
    /// Two requests for each operation and kind of data.
    Short,
    /// So many of them, and every bound of every field; it takes as long as it takes.
    Long(u32),
}

/// The same requests each time.
const SEED: &str = "20270101";

/// The contract of people in pieces: the tags of each, whose operations are asked by one test.
const PIECES: &[(Piece, &[&str])] = &[
    (
        Piece::Parties,
        &[
            "health",
            "contract",
            "identity",
            "second-factors",
            "persons",
            "organisations",
            "invitations",
            "credentials",
            "requests",
            "ties",
        ],
    ),
    (
        Piece::Books,
        &[
            "books",
            "events",
            "jobs",
            "accounts",
            "units",
            "journal-entries",
            "holds",
            "programmes",
            "products",
            "reports",
            "exports",
        ],
    ),
    (
        Piece::Pledging,
        &[
            "campaigns",
            "pledges",
            "charges",
            "refunds",
            "settlements",
            "chargebacks",
            "receivables",
            "milestones",
            "milestone calls",
            "claims",
            "evidence",
            "reviews",
            "disputes",
            "releases",
            "bank-accounts",
            "payouts",
            "payout-runs",
            "payables",
            "payout-files",
            "bank-statements",
        ],
    ),
    (
        Piece::Challenges,
        &[
            "challenges",
            "challenge rules",
            "challenge entries",
            "purses",
            "submissions",
            "judging",
            "matching",
            "updates",
        ],
    ),
    (
        Piece::Cooperatives,
        &["cooperatives", "allocation-rules", "proposals", "proceeds", "distributions", "remittances", "statements"],
    ),
];

/// Tags of what partners alone may ask: the test of their contract does.
const OF_PARTNERS: &[&str] = &["webhooks"];

/// Whoever has signed out everywhere is answered nothing after that. What takes a code of an authenticator, or follows from one, is the
/// matter of a story of its own, as no contract tells the next code.
const LEFT_OUT: &[&str] = &[
    "/v1/me:sign-out",
    "/v1/me/second-factor:confirm",
    "/v1/me/second-factor:verify",
    "/v1/me/second-factor:renew-recovery-codes",
    "/v1/me/second-factor:remove",
    "/v1/me/second-factor:ask-reset",
    "/v1/me/second-factor:object-to-reset",
    "/v1/persons/{id}/second-factor:reset",
    "/v1/persons/{id}/second-factor:refuse-reset",
];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A part of the contract of people, or the whole one of partners.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Piece {
    Parties,
    Books,
    Pledging,
    Challenges,
    Cooperatives,
    Partners,
}

impl Piece {
    /// None: the piece has all of its contract.
    fn tags(self) -> &'static [&'static str] {
        PIECES.iter().find(|(piece, _)| *piece == self).map_or(&[], |(_, tags)| tags)
    }
}

/// The operations of a contract that are asked: method, path and tags.
fn operations(contract: &Value) -> anyhow::Result<Vec<(String, String, Vec<String>)>> {
    let mut found = Vec::new();
    for (path, item) in contract["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().context("operations")? {
            let tags = operation["tags"].as_array().map_or(&[][..], Vec::as_slice);
            let tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            found.push((method.to_uppercase(), path.clone(), tags));
        }
    }
    Ok(found)
}

/// How long a tool may take.
fn tool_max() -> Duration {
    Duration::from_mins(if is_long() { TOOL_MAX_LONG_MIN } else { TOOL_MAX_MIN })
}

fn is_long() -> bool {
    std::env::var_os("COMMONPURSE_LONG").is_some()
}

/// Cargo's target directory.
pub(crate) fn target() -> PathBuf {
    let folder = option_env!("CARGO_TARGET_TMPDIR").map(Path::new).and_then(Path::parent);
    folder.map_or_else(|| root().join("target"), Path::to_owned)
}

/// A program of the Python tools.
pub(crate) fn tool(name: &str) -> anyhow::Result<PathBuf> {
    installed(Path::new("bin").join(name))
}

/// A program of the Node tools.
fn node_tool(name: &str) -> anyhow::Result<PathBuf> {
    installed(Path::new("node/node_modules/.bin").join(name))
}

/// What the Node tools are made of, and what else is installed beside them.
pub(crate) fn npm_modules() -> anyhow::Result<PathBuf> {
    installed(PathBuf::from("node/node_modules"))
}

fn installed(tool: PathBuf) -> anyhow::Result<PathBuf> {
    let program = target().join("contract-tools").join(tool);
    ensure!(program.exists(), "{} is missing: `make test-tools` installs it", program.display());
    Ok(program)
}

/// Runs a tool to its end, and answers what it says; that is the error when it finds something.
pub(crate) async fn run(command: &mut Command) -> anyhow::Result<String> {
    run_within(command, Some(tool_max())).await
}

/// The same within a time; none is as long as it takes.
async fn run_within(command: &mut Command, max: Option<Duration>) -> anyhow::Result<String> {
    let running = command.kill_on_drop(true).stdin(Stdio::null()).output();
    let output = match max {
        Some(max) => tokio::time::timeout(max, running).await.context("the tool took too long and was ended")??,
        None => running.await?,
    };
    let (said, also) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(said.into_owned());
    }
    bail!("{}\n{said}\n{also}", output.status)
}

impl Scene {
    /// Holds a contract, or what has one of these tags in it, against the service as somebody who is signed in: no answer
    /// breaks it, and enough of its operations did what they are for.
    async fn hold(
        &self,
        contract: &str,
        caller: &Client,
        tags: &[&str],
        extent: Extent,
        succeeded_min_percent: usize,
    ) -> Outcome {
        let document = caller.get(contract).await?.ok()?;
        let before = self.figures().await?;
        self.ask(contract, caller, tags, extent).await?;
        // What set the scene does not count.
        let answered = answered(&self.figures().await? - &before)?;
        was_asked(&document, tags, &answered, succeeded_min_percent)
    }

    /// Lets the tool ask for everything in a contract, or for what has one of these tags.
    async fn ask(&self, contract: &str, caller: &Client, tags: &[&str], extent: Extent) -> Outcome {
        let folder = tempfile::tempdir()?;
        let known = folder.path().join("known.json");
        std::fs::write(&known, self.known.to_json().to_string())?;
        let token = folder.path().join("token");
        let mut command = Command::new(tool("schemathesis")?);
        command.current_dir(folder.path()).env("SCHEMATHESIS_HOOKS", "hooks").env("CONTRACT_KNOWN", &known);
        command.env("CONTRACT_TOKEN", &token);
        command.env("PYTHONPATH", root().join("tests/contract")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg("--config-file").arg(root().join("tests/contract/schemathesis.toml"));
        command.args(["run", &format!("{}{contract}", self.app.base_url()), "--no-color"]);
        let more = if contract == "/openapi.json" { CHECKS_OF_ALL } else { "" };
        command.args(["--checks", &format!("{CHECKS}{more}")]);
        // The phase of coverage takes longer than all else: it is left to long runs, and what the bounds of fields come to is
        // tried by the test of the door, of each operation of both contracts.
        let (phases, examples) = match extent {
            Extent::Short => ("examples,fuzzing", 2),
            Extent::Long(examples) => ("examples,coverage,fuzzing", examples),
        };
        command.args(["--phases", phases, "--max-examples", &examples.to_string(), "--seed", SEED]);
        command.args(["--workers", "1", "--generation-database", "none", "--suppress-health-check", "all"]);
        command.args(["--continue-on-failure", "--no-shrink", "--request-timeout", "120", "--warnings", "off"]);
        for tag in tags {
            command.args(["--include-tag", tag]);
        }
        for path in LEFT_OUT {
            command.args(["--exclude-path", path]);
        }
        write_token(caller, &token).await?;
        tokio::select! {
            outcome = run_within(&mut command, (extent == Extent::Short).then(tool_max)) => outcome.map(drop),
            failed = keep_fresh(caller, &token) => failed,
        }
    }

    /// How often the api has answered what so far: lines of its own figures.
    async fn figures(&self) -> anyhow::Result<BTreeSet<String>> {
        let figures = self.app.figures().await?;
        let lines = figures.lines().filter(|line| line.starts_with("commonpurse_http_requests_total{"));
        Ok(lines.map(str::to_owned).collect())
    }
}

/// The statuses in lines of figures, by method and route.
fn answered(figures: BTreeSet<String>) -> anyhow::Result<BTreeMap<String, BTreeSet<u16>>> {
    let label = |line: &str, name: &str| -> Option<String> {
        Some(line.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.to_owned())
    };
    let mut answered = BTreeMap::<_, BTreeSet<u16>>::new();
    for line in &figures {
        let (method, route, status) = (label(line, "method"), label(line, "route"), label(line, "status"));
        let at = format!("{} {}", method.context("a method")?, route.context("a route")?);
        answered.entry(at).or_default().insert(status.context("a status")?.parse()?);
    }
    Ok(answered)
}

/// Writes the token that the tool calls with, whole: it may be reading.
async fn write_token(caller: &Client, file: &Path) -> Outcome {
    let next = file.with_extension("next");
    std::fs::write(&next, caller.access_token().await?.context("a token")?)?;
    Ok(std::fs::rename(next, file)?)
}

/// Writes a fresh token again and again; it ends only when it fails.
async fn keep_fresh(caller: &Client, file: &Path) -> Outcome {
    loop {
        tokio::time::sleep(TOKEN_PERIOD).await;
        write_token(caller, file).await?;
    }
}

/// Every operation was asked, and enough of them did what they are for: a run of refusals alone would show little.
fn was_asked(
    contract: &Value,
    tags: &[&str],
    answered: &BTreeMap<String, BTreeSet<u16>>,
    succeeded_min_percent: usize,
) -> Outcome {
    let (mut asked, mut refused) = (0, Vec::new());
    for (method, path, of) in operations(contract)? {
        let is_in_piece = tags.is_empty() || of.iter().any(|tag| tags.contains(&&**tag));
        if !is_in_piece || LEFT_OUT.contains(&&*path) {
            continue;
        }
        let at = format!("{method} {path}");
        let statuses = answered.get(&at).with_context(|| format!("{at} was never asked"))?;
        asked += 1;
        if !statuses.iter().any(|status| (200..300).contains(status)) {
            refused.push(format!("{at} {statuses:?}"));
        }
    }
    ensure!(asked > 0, "no operation has one of the tags {tags:?}");
    let succeeded_percent = (asked - refused.len()) * 100 / asked;
    println!("{asked} operations, {succeeded_percent} % succeeded");
    ensure!(succeeded_percent >= succeeded_min_percent, "{succeeded_percent} %; refused:\n{}", refused.join("\n"));
    Ok(())
}

/// Holds a piece of the contract against a service of its own: people's as the treasurer, but parties as the operator, and
/// partners' as the platform.
///
/// The examples of the scene succeed whatever chance does, so that each run reaches the same: all operations but one of
/// books, which takes a job that was given up, and those of pledging that only partners may. The percentages leave two of each
/// piece, in case.
async fn no_answer_breaks(piece: Piece, succeeded_min_percent: usize) -> Outcome {
    let scene = Scene::set(&[piece]).await?;
    let (contract, caller) = asked_as(piece, &scene);
    scene.hold(contract, caller, piece.tags(), Extent::Short, succeeded_min_percent).await?;
    scene.app.finish_with_jobs_left().await
}

/// The contract that a piece is of, and who asks for it.
fn asked_as(piece: Piece, scene: &Scene) -> (&'static str, &Client) {
    match piece {
        Piece::Partners => ("/openapi/partner.json", &scene.partner),
        Piece::Parties => ("/openapi.json", &scene.cast.operator),
        Piece::Books | Piece::Pledging | Piece::Challenges | Piece::Cooperatives => {
            ("/openapi.json", &scene.cast.treasurer)
        }
    }
}

#[tokio::test]
async fn an_independent_validator_accepts_the_contracts_in_both_versions() -> Outcome {
    for contract in ["openapi.json", "partner.json", "public.json", "openapi-3.0.json", "partner-3.0.json"] {
        let file = root().join("openapi").join(contract);
        run(Command::new(tool("openapi-spec-validator")?).arg(&file)).await.context(contract)?;
    }
    Ok(())
}

/// The contracts, as they are committed.
fn committed() -> anyhow::Result<[PathBuf; 3]> {
    let folder = root().join("openapi").canonicalize()?;
    Ok(["openapi.json", "partner.json", "public.json"].map(|file| folder.join(file)))
}

#[tokio::test]
async fn spectral_finds_nothing_in_any_contract() -> Outcome {
    let mut spectral = Command::new(node_tool("spectral")?);
    spectral
        .arg("lint")
        .args(["--fail-severity", "hint", "--ruleset"])
        .arg(root().join("tests/contract/spectral.yaml"));
    run(spectral.args(committed()?)).await.map(drop)
}

#[tokio::test]
async fn redocly_finds_nothing_in_any_contract() -> Outcome {
    let nowhere = tempfile::tempdir()?;
    let mut redocly = Command::new(node_tool("redocly")?);
    // It is told what holds, and tells nobody.
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true").current_dir(nowhere.path());
    let said = run(redocly.args(["lint", "--extends", "recommended", "--format", "json"]).args(committed()?)).await?;
    // One JSON text for each contract.
    let found: Vec<Value> = serde_json::Deserializer::from_str(&said).into_iter().collect::<Result<_, _>>()?;
    ensure!(found.len() == committed()?.len(), "{said}");
    for of_one in found {
        let totals = ["errors", "warnings"].map(|kind| of_one["totals"][kind].as_u64());
        ensure!(totals == [Some(0), Some(0)], "{of_one:#}");
    }
    Ok(())
}

#[tokio::test]
async fn no_answer_breaks_the_contract_of_partners() -> Outcome {
    no_answer_breaks(Piece::Partners, 93).await
}

#[tokio::test]
async fn no_answer_to_parties_breaks_the_contract() -> Outcome {
    no_answer_breaks(Piece::Parties, 94).await
}

#[tokio::test]
async fn no_answer_about_books_breaks_the_contract() -> Outcome {
    no_answer_breaks(Piece::Books, 90).await
}

#[tokio::test]
async fn no_answer_about_pledges_and_milestones_breaks_the_contract() -> Outcome {
    no_answer_breaks(Piece::Pledging, 63).await
}

#[tokio::test]
async fn no_answer_about_challenges_breaks_the_contract() -> Outcome {
    no_answer_breaks(Piece::Challenges, 79).await
}

#[tokio::test]
async fn no_answer_to_cooperatives_breaks_the_contract() -> Outcome {
    no_answer_breaks(Piece::Cooperatives, 90).await
}

#[test]
fn every_operation_of_the_contracts_is_in_one_piece() -> Outcome {
    for file in ["openapi.json", "partner.json", "public.json"] {
        let contract = serde_json::from_slice(&std::fs::read(root().join("openapi").join(file))?)?;
        for (method, path, tags) in operations(&contract)? {
            let pieces: Vec<Piece> = PIECES.iter().map(|(piece, _)| *piece).collect();
            let holds = |piece: &&Piece| tags.iter().any(|tag| piece.tags().contains(&&**tag));
            let in_pieces: Vec<_> = pieces.iter().filter(holds).collect();
            if tags.iter().all(|tag| OF_PARTNERS.contains(&&**tag)) {
                ensure!(in_pieces.is_empty(), "{file}: {method} {path} is of partners alone, and in {in_pieces:?}");
                continue;
            }
            ensure!(
                in_pieces.len() == 1,
                "{file}: {method} {path} with the tags {tags:?} is in the pieces {in_pieces:?}; PIECES must name its tag once"
            );
        }
    }
    Ok(())
}

#[test]
fn s3_a_tool_ends_before_the_runner_ends_its_test() -> Outcome {
    let config = std::fs::read_to_string(root().join(".config/nextest.toml"))?;
    let mut found = 0;
    // Tests that are never ended may run a tool as long as it takes.
    let is_ended = |line: &&str| line.starts_with("slow-timeout") && line.contains("terminate-after");
    for line in config.lines().filter(is_ended) {
        let period = line.split("period = \"").nth(1).and_then(|rest| rest.split('"').next()).context("a period")?;
        let (number, unit_s) = match (period.strip_suffix('s'), period.strip_suffix('m')) {
            (Some(seconds), _) => (seconds, 1),
            (None, Some(minutes)) => (minutes, 60),
            (None, None) => bail!("neither seconds nor minutes: {line}"),
        };
        let periods = line.split("terminate-after = ").nth(1).context("an end")?.trim_end_matches([' ', '}']);
        let runner_s = number.parse::<u64>()? * unit_s * periods.parse::<u64>()?;
        let tool_min = [TOOL_MAX_MIN, TOOL_MAX_LONG_MIN][found];
        // What a test does besides its tool gets five minutes.
        ensure!(runner_s >= (tool_min + 5) * 60, "{line}: a tool may take {tool_min} min");
        found += 1;
    }
    ensure!(found == 2, "the profiles of .config/nextest.toml are not the two that were");
    Ok(())
}
