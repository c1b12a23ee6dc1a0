//! The contract is what the service does: an independent validator reads it, and schemathesis holds it against answers.
//!
//! The tools are those of `tests/contract/requirements.txt`. A machine without them fails here: nothing is skipped.

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

/// How long a tool may take before it is ended.
const TOOL_MAX: Duration = Duration::from_secs(400);

/// What schemathesis looks for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,negative_data_rejection,\
                      missing_required_header,ignored_auth";

/// What it looks for in the whole contract besides: that of partners leaves operations out which are there all the same.
const CHECKS_OF_ALL: &str = ",unsupported_method,allow_header_conformance";

/// Requests for each operation and kind of data; more of them with `COMMONPURSE_LONG`.
const EXAMPLES: &str = "4";

/// The same requests each time.
const SEED: &str = "20270101";

/// What is held against the service apart, so that no run takes long: the paths that begin so.
const SHARED_WORK: &[&str] = &[
    "/v1/challenges",
    "/v1/contributions",
    "/v1/cooperatives",
    "/v1/distributions",
    "/v1/entrants",
    "/v1/members",
    "/v1/purse-contributions",
    "/v1/statements",
    "/v1/submissions",
];

/// Any word is a kind of problem, also one that a generator of wrong types writes, such as `null`.
const LEFT_OUT: &[&str] = &["/problems/{code}"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Which paths of a contract.
#[derive(Clone, Copy, PartialEq)]
enum Paths {
    All,
    SharedWork,
    Others,
}

impl Paths {
    fn contain(self, path: &str) -> bool {
        let is_shared_work = SHARED_WORK.iter().any(|start| path.starts_with(start));
        let selected = match self {
            Paths::All => true,
            Paths::SharedWork => is_shared_work,
            Paths::Others => !is_shared_work,
        };
        selected && !LEFT_OUT.contains(&path)
    }
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

impl Scene {
    /// Holds a contract against the service as somebody who is signed in.
    async fn hold(&self, contract: &str, caller: &Client, paths: Paths) -> Outcome {
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
        command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", SEED]);
        command.args(["--workers", "1", "--generation-database", "none", "--suppress-health-check", "all"]);
        command.args(["--continue-on-failure", "--no-shrink", "--request-timeout", "20", "--warnings", "off"]);
        let shared_work = format!("^({})", SHARED_WORK.join("|"));
        match paths {
            Paths::All => {}
            Paths::SharedWork => _ = command.args(["--include-path-regex", &shared_work]),
            Paths::Others => _ = command.args(["--exclude-path-regex", &shared_work]),
        }
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

/// Every operation was asked, and enough of them did what they are for: a run of refusals alone would show little.
fn was_asked(
    contract: &Value,
    paths: Paths,
    answered: &BTreeMap<String, BTreeSet<u16>>,
    succeeded_min_percent: usize,
) -> Outcome {
    let (mut asked, mut refused) = (0, Vec::new());
    let items = contract["paths"].as_object().context("paths")?;
    for (path, item) in items.iter().filter(|(path, _)| paths.contain(path)) {
        for method in item.as_object().context("operations")?.keys() {
            let at = format!("{} {path}", method.to_uppercase());
            let statuses = answered.get(&at).with_context(|| format!("{at} was never asked"))?;
            asked += 1;
            if !statuses.iter().any(|status| (200..300).contains(status)) {
                refused.push(format!("{at} {statuses:?}"));
            }
        }
    }
    let succeeded_percent = (asked - refused.len()) * 100 / asked;
    ensure!(succeeded_percent >= succeeded_min_percent, "{succeeded_percent} %; refused:\n{}", refused.join("\n"));
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
    scene.hold("/openapi/partner.json", &scene.partner, Paths::All).await?;
    let contract = scene.cast.partner.get("/openapi/partner.json").await?.ok()?;
    was_asked(&contract, Paths::All, &scene.answered().await?, 80)?;
    scene.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn no_answer_breaks_the_contract_of_people() -> Outcome {
    let scene = Scene::set().await?;
    scene.hold("/openapi.json", &scene.cast.treasurer, Paths::Others).await?;
    let contract = scene.cast.treasurer.get("/openapi.json").await?.ok()?;
    was_asked(&contract, Paths::Others, &scene.answered().await?, 75)?;
    scene.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn no_answer_breaks_the_contract_of_people_who_work_together() -> Outcome {
    let scene = Scene::set().await?;
    scene.hold("/openapi.json", &scene.cast.treasurer, Paths::SharedWork).await?;
    let contract = scene.cast.treasurer.get("/openapi.json").await?.ok()?;
    was_asked(&contract, Paths::SharedWork, &scene.answered().await?, 40)?;
    scene.app.finish_with_jobs_left().await
}
