//! The contract is what the service does: an independent validator reads it, and schemathesis holds it against answers.
//!
//! The tools are those of `tests/contract/requirements.txt`. A machine without them fails here: nothing is skipped.

use anyhow::{Context as _, bail, ensure};
use api::demo::cast::{Cast, pledge_body};
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tests::TestApp;
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

/// How long a tool may take before it is ended.
const TOOL_MAX: Duration = Duration::from_secs(150);

/// What schemathesis looks for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,negative_data_rejection,\
                      missing_required_header,ignored_auth";

/// What it looks for in the whole contract besides: that of partners leaves operations out which are there all the same.
const CHECKS_OF_ALL: &str = ",unsupported_method,allow_header_conformance";

/// Requests for each operation and kind of data; more of them with `COMMONPURSE_LONG`.
const EXAMPLES: &str = "4";

/// Any word is a kind of problem, also one that a generator of wrong types writes, such as `null`.
const LEFT_OUT: &[&str] = &["/problems/{code}"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program of the tools.
fn tool(name: &str) -> anyhow::Result<PathBuf> {
    let folder = option_env!("CARGO_TARGET_TMPDIR").map(Path::new).and_then(Path::parent);
    let target = folder.map_or_else(|| root().join("target"), Path::to_owned);
    let program = target.join("contract-tools/bin").join(name);
    ensure!(program.exists(), "{} is missing: `make test-tools` installs it", program.display());
    Ok(program)
}

/// Runs a tool to its end; what it says is the error when it finds something.
async fn run(command: &mut Command) -> Outcome {
    let running = command.kill_on_drop(true).stdin(Stdio::null()).output();
    let output = tokio::time::timeout(TOOL_MAX, running).await.context("the tool took too long and was ended")??;
    if output.status.success() {
        return Ok(());
    }
    let (said, also) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    bail!("{}\n{said}\n{also}", output.status)
}

/// Everything in the contracts exists: a campaign with pledges and charges, a milestone with a claim, people, roles.
struct Scene {
    app: TestApp,
    cast: Cast,
    /// Ids by prefix, and other values by the name of their field.
    known: BTreeMap<String, Vec<String>>,
}

impl Scene {
    async fn set() -> anyhow::Result<Scene> {
        let generous = [("COMMONPURSE_RATE_PER_SECOND", "100000"), ("COMMONPURSE_GUESSES_PER_MINUTE", "100000")];
        let mut app = TestApp::start_with(1, &generous).await?;
        let cast = Cast::gather(app.base_url(), &app.mail_dir(), tests::OPERATOR).await?;
        let mut known = Known::default();
        fill(&cast, &mut known).await?;
        app.work_until_idle().await?;
        // Clocks will be moved by decades: nobody needs to charge for all of them.
        app.stack().workers().clear();
        Ok(Scene { app, cast, known: known.0 })
    }

    /// Holds a contract against the service as somebody who is signed in.
    async fn hold(&self, contract: &str, caller: &Client, seed: &str) -> Outcome {
        let folder = tempfile::tempdir()?;
        let known = folder.path().join("known.json");
        std::fs::write(&known, serde_json::to_vec(&self.known)?)?;
        let token = caller.access_token().await?.context("a token")?;
        let examples = if std::env::var_os("COMMONPURSE_LONG").is_some() { "50" } else { EXAMPLES };
        let mut command = Command::new(tool("schemathesis")?);
        command.current_dir(folder.path()).env("SCHEMATHESIS_HOOKS", "hooks").env("CONTRACT_KNOWN", &known);
        command.env("PYTHONPATH", root().join("tests/contract")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg("--config-file").arg(root().join("tests/contract/schemathesis.toml"));
        command.args(["run", &format!("{}{contract}", self.app.base_url()), "--no-color"]);
        command.env("CONTRACT_TOKEN", token);
        let more = if contract == "/openapi.json" { CHECKS_OF_ALL } else { "" };
        command.args(["--checks", &format!("{CHECKS}{more}")]);
        command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", seed]);
        command.args(["--workers", "1", "--generation-database", "none", "--suppress-health-check", "all"]);
        command.args(["--continue-on-failure", "--no-shrink", "--request-timeout", "20", "--warnings", "off"]);
        for path in LEFT_OUT {
            command.args(["--exclude-path", path]);
        }
        run(&mut command).await
    }

    /// The statuses that the api has answered with so far, by method and route, from its own figures.
    async fn answered(&self) -> anyhow::Result<BTreeMap<String, BTreeSet<u16>>> {
        let figures = reqwest::Client::builder().no_proxy().build()?.get(format!("{}/metrics", self.app.base_url()));
        let figures = figures.send().await?.text().await?;
        let label = |line: &str, name: &str| -> Option<String> {
            Some(line.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.to_owned())
        };
        let mut answered = BTreeMap::<_, BTreeSet<u16>>::new();
        for line in figures.lines().filter(|line| line.starts_with("commonpurse_http_requests_total{")) {
            let (method, route, status) = (label(line, "method"), label(line, "route"), label(line, "status"));
            let at = format!("{} {}", method.context("a method")?, route.context("a route")?);
            answered.entry(at).or_default().insert(status.context("a status")?.parse()?);
        }
        Ok(answered)
    }
}

/// What exists.
#[derive(Default)]
struct Known(BTreeMap<String, Vec<String>>);

impl Known {
    fn add(&mut self, value: &str) {
        let prefix = value.split_once('_').map_or("", |(prefix, _)| prefix);
        self.add_as(prefix, value);
    }

    fn add_as(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_default().push(value.to_owned());
    }
}

/// Makes what the ids of the contract can name.
async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    for id in [&cast.book, &cast.host, &cast.team, &cast.platform] {
        known.add(id);
    }
    let start = date(2031, 1, 1);
    for slug in ["open-oven", "open-press", "open-mill"] {
        let campaign = cast.campaign(slug, slug, "1000.00").await?;
        let id = text(&campaign, "/id")?;
        known.add(id);
        known.add_as("terms_sha256", text(&campaign, "/terms_sha256")?);
        for number in 1..=2 {
            let mut pledge = pledge_body(&campaign, number, "30.00", start)?;
            pledge["reference"] = json!(format!("{slug}-{number}"));
            if number == 2 {
                (pledge["rail"], pledge["token"]) = (json!("partner"), json!(""));
            }
            let pledge = cast.partner.post(&format!("/v1/campaigns/{id}/pledges"), &pledge).await?.ok()?;
            known.add(text(&pledge, "/id")?);
        }
    }
    cast.advance(start).await?;
    cast.advance(date(2031, 1, 8)).await?;
    for pledge in known.0["plg"].clone() {
        for charge in cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await? {
            known.add(text(&charge, "/id")?);
        }
    }
    for (code, class) in [("assets:till", "asset"), ("equity:own", "equity")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        cast.treasurer.post(&format!("/v1/books/{}/accounts", cast.book), &account).await?.ok()?;
        known.add_as("account", code);
        for side in ["debit", "credit"] {
            known.add_as(side, code);
        }
    }
    claims(cast, known).await?;
    for member in cast.treasurer.all(&format!("/v1/organisations/{}/memberships", cast.host)).await? {
        // Its own role must not be taken away in the middle of the run.
        if member["role"] != "owner" {
            known.add(text(&member, "/person")?);
        }
    }
    let spare = json!({"name": "spare", "mode": "sandbox", "scopes": ["pledges:read"]});
    let spare = cast.operator.post(&format!("/v1/partners/{}/credentials", cast.platform), &spare).await?.ok()?;
    known.add(text(&spare, "/id")?);
    Ok(())
}

/// Two milestones: one with a draft of a claim, one with a claim under review.
async fn claims(cast: &Cast, known: &mut Known) -> Outcome {
    let campaign = known.0["cmp"].last().context("a campaign")?.clone();
    for (name, submitted) in [("Plan", false), ("Drawings", false), ("Prototype", true)] {
        let milestone = json!({
            "campaign": campaign, "team": cast.team, "name": name, "amount": {"amount": "5.00", "currency": "USD"},
        });
        let milestone = cast.treasurer.post("/v1/milestones", &milestone).await?.ok()?;
        let id = text(&milestone, "/id")?;
        known.add(id);
        cast.treasurer.post(&format!("/v1/milestones/{id}:fund"), &json!({})).await?.ok()?;
        let claim = json!({"amount": {"amount": "5.00", "currency": "USD"}, "note": "Done"});
        let claim = cast.claimant.post(&format!("/v1/milestones/{id}/claims"), &claim).await?.ok()?;
        let claim = text(&claim, "/id")?;
        known.add(claim);
        if submitted {
            cast.claimant.post(&format!("/v1/claims/{claim}:submit"), &json!({})).await?.ok()?;
        }
    }
    Ok(())
}

/// Every operation of a contract was asked, and with success, but for those of which a test like this cannot know how.
fn was_asked(contract: &Value, answered: &BTreeMap<String, BTreeSet<u16>>, refused: &[&str]) -> Outcome {
    let mut never = Vec::new();
    let mut failed = Vec::new();
    for (path, item) in contract["paths"].as_object().context("paths")? {
        for method in item.as_object().context("operations")?.keys() {
            let at = format!("{} {path}", method.to_uppercase());
            match answered.get(&at) {
                None => never.push(at),
                Some(statuses) if statuses.iter().any(|status| (200..300).contains(status)) => {}
                Some(_) => failed.push(at),
            }
        }
    }
    ensure!(never.iter().all(|at| LEFT_OUT.iter().any(|path| at.ends_with(path))), "never asked: {never:?}");
    failed.retain(|at| !refused.contains(&at.as_str()));
    ensure!(failed.is_empty(), "only ever refused: {failed:?}");
    Ok(())
}

#[tokio::test]
async fn an_independent_validator_accepts_both_contracts() -> Outcome {
    for contract in ["openapi.json", "partner.json"] {
        let file = root().join("openapi").join(contract);
        run(Command::new(tool("openapi-spec-validator")?).arg(&file)).await.context(contract)?;
    }
    Ok(())
}

#[tokio::test]
async fn no_answer_breaks_the_contract_of_partners() -> Outcome {
    let scene = Scene::set().await?;
    scene.hold("/openapi/partner.json", &scene.cast.partner, "20270101").await?;
    let contract = scene.cast.partner.get("/openapi/partner.json").await?.ok()?;
    let of_insiders = ["GET /v1/milestones", "GET /v1/milestones/{id}", "GET /v1/releases"];
    was_asked(&contract, &scene.answered().await?, &of_insiders)?;
    scene.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn no_answer_breaks_the_contract_of_people() -> Outcome {
    let scene = Scene::set().await?;
    scene.hold("/openapi.json", &scene.cast.treasurer, "20270101").await?;
    let contract = scene.cast.treasurer.get("/openapi.json").await?.ok()?;
    was_asked(&contract, &scene.answered().await?, &[])?;
    scene.app.finish_with_jobs_left().await
}
