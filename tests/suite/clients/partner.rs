//! What partners are handed out, an npm tarball and a wheel, is installed from its file into an empty folder, agrees with a program about types, and
//! plays the whole integration over a bad line: everything happens once.

use super::line::Line;
use super::{Outcome, npm_modules, npm_tool, place};
use crate::contract::{root, run, target, tool};
use anyhow::{Context as _, ensure};
use api::demo::cast::{TERMS, organisation, sandbox_book, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tests::TestApp;
use tokio::process::Command;

const SCOPES: [&str; 8] = [
    "campaigns:read",
    "charges:read",
    "charges:write",
    "clock:write",
    "pledges:read",
    "pledges:write",
    "settlements:read",
    "webhooks:write",
];

/// A partner platform with a sandbox book of its own, and a live campaign in it.
struct Platform {
    app: TestApp,
    partner: Client,
    credential: (String, String),
    book: String,
    campaign: String,
}

impl Platform {
    async fn open() -> anyhow::Result<Platform> {
        let app = TestApp::start_with(1, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
        let owner = app.operator().await?;
        let platform = organisation(&owner, "Fans of Open Machines", "partner_platform").await?;
        let book = sandbox_book(&owner, &platform, "A try").await?;
        owner.post(&format!("/v1/books/{book}/partners"), &json!({"organisation": platform})).await?.ok()?;
        let credential = json!({"name": "client", "mode": "sandbox", "scopes": SCOPES});
        let credential = owner.post(&format!("/v1/partners/{platform}/credentials"), &credential).await?.ok()?;
        let credential = (text(&credential, "/id")?.to_owned(), text(&credential, "/secret")?.to_owned());
        let campaign = json!({
            "book": book, "slug": "open-mill", "title": "Open mill", "summary": "Machines that anybody may build.", "terms": TERMS,
            "monthly_goal": usd("100.00"),
        });
        let campaign = text(&owner.post("/v1/campaigns", &campaign).await?.ok()?, "/id")?.to_owned();
        owner.post(&format!("/v1/campaigns/{campaign}:publish"), &json!({})).await?.ok()?;
        let partner = Client::partner(app.base_url(), &credential.0, &credential.1)?;
        Ok(Platform { app, partner, credential, book, campaign })
    }

    /// Runs a program over a bad line; it tells in its last line what it has seen, and the ledger has the same, once.
    async fn played_by(self, program: &mut Command) -> Outcome {
        let line = Line::to(self.app.base_url()).await?;
        let (id, secret) = &self.credential;
        program.env("BASE_URL", line.base()).env("CAMPAIGN", &self.campaign).env("NO_PROXY", "127.0.0.1");
        let said = run(program.env("CLIENT_ID", id).env("CLIENT_SECRET", secret)).await?;
        let seen: Value = serde_json::from_str(said.lines().next_back().context("it says nothing")?)?;
        every_key_was_kept(&line)?;

        let charges = self.partner.all(&format!("/v1/charges?book={}", self.book)).await?;
        let [charge] = &*charges else { anyhow::bail!("one charge, not {charges:?}") };
        let events = format!("/v1/events?book={}&object={}", self.book, text(charge, "/id")?);
        let events = self.partner.all(&events).await?;
        let kinds: Vec<&Value> = events.iter().map(|event| &event["kind"]).collect();
        let expected = json!({
            "mode": "sandbox", "replayed": "true", "pointer": "/amount/amount", "refusal": "/problems/settlement-differs",
            "charge": charge["id"], "state": "settled", "net": "10.00", "file": 1, "matched": 1, "settlement": "settled", "events": kinds,
            "sent": ["charge.captured", "charge.settled"], "refuses_altered": true,
            // For a while; not for an hour, nor after what passes by itself no more, nor what might be done twice, but if it was not done.
            "attempts": [5, 1, 1, 1, 5],
        });
        ensure!(seen == expected && events.len() >= 3, "{seen:#}, but {expected:#} was to be seen");
        let settlements = self.partner.all("/v1/settlements").await?;
        let reported: Vec<&Value> = settlements.iter().filter(|one| one["by"] == "report").collect();
        ensure!(reported.len() == 1 && reported[0]["amount"]["amount"] == "10.00", "{settlements:?}");
        for (what, path) in [
            ("a pledge", "/v1/pledges".to_owned()),
            ("an endpoint", format!("/v1/webhook-endpoints?book={}", self.book)),
        ] {
            let made = self.partner.all(&path).await?.len();
            ensure!(made == 1, "{what} was made {made} times");
        }
        self.app.finish().await
    }
}

/// Whatever has a key came twice, as it was the first time lost, and was the same both times.
fn every_key_was_kept(line: &Line) -> Outcome {
    let mut by_key = BTreeMap::<String, Vec<_>>::new();
    for request in line.came() {
        if let Some(key) = request.key {
            by_key.entry(key).or_default().push((request.method, request.path, request.body));
        } else {
            ensure!(
                request.method == "GET" || request.path == "/v1/oauth/token",
                "{} {}",
                request.method,
                request.path
            );
        }
    }
    ensure!(by_key.len() == 8, "{:?}", by_key.keys());
    for (key, came) in by_key {
        ensure!(came.len() == 2 && came[0] == came[1], "{key} came {} times: {came:?}", came.len());
    }
    Ok(())
}

/// Makes what is handed out for a language; answers the file.
async fn handed_out(language: &str, folder: &Path, ending: &str) -> anyhow::Result<PathBuf> {
    let mut make = Command::new(root().join("openapi/clients/make.sh"));
    run(make.arg(language).arg(folder).env("CARGO_TARGET_DIR", target())).await?;
    let files: Vec<_> = std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<std::io::Result<_>>()?;
    let mut made = files.into_iter().filter(|file| file.extension().is_some_and(|its| its == ending));
    let file = made.next().with_context(|| format!("no .{ending}"))?;
    let name = file.file_name().and_then(std::ffi::OsStr::to_str).context("a name")?;
    ensure!(name.contains(env!("CARGO_PKG_VERSION")), "{name} is not of this version");
    Ok(file)
}

#[tokio::test]
async fn p15_7_the_tarball_plays_the_integration_and_each_key_is_kept() -> Outcome {
    let files = [("partner.ts", "program.ts"), ("package.json", "package.json"), ("tsconfig.json", "tsconfig.json")];
    let place = place("partner-typescript", &files)?;
    // Its own list of what it needs: nothing.
    std::fs::write(place.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    let tarball = handed_out("typescript", &place.join("made"), "tgz").await?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--offline", "--no-audit", "--no-fund", "--cache"]).arg(place.join("cache")).arg(&tarball);
    run(npm.current_dir(&place)).await?;
    std::os::unix::fs::symlink(npm_modules().join("@types"), place.join("node_modules/@types"))?;
    run(Command::new(npm_tool("tsc")?).arg("--project").arg(&place)).await.context("the types do not agree")?;
    let mut program = Command::new("node");
    Platform::open().await?.played_by(program.arg(place.join("compiled/program.js"))).await
}

#[tokio::test]
async fn p15_7_the_wheel_plays_the_integration_and_each_key_is_kept() -> Outcome {
    let place = place("partner-python", &[("partner.py", "partner.py")])?;
    let wheel = handed_out("python", &place.join("made"), "whl").await?;
    let installed = place.join("installed");
    let mut pip = Command::new(tool("pip")?);
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-index",
        "--no-deps",
        "--no-compile",
        "--target",
    ]);
    run(pip.arg(&installed).arg(&wheel)).await?;
    let mut types = Command::new(tool("mypy")?);
    types.arg("--strict").arg("--cache-dir").arg(target().join("clients/types-python"));
    for module in ["", ".connection", ".refused", ".webhooks"] {
        types.arg("-m").arg(format!("commonpurse_client{module}"));
    }
    types.args(["-m", "partner"]).env("MYPYPATH", &place).env("PYTHONPATH", &installed);
    run(types.current_dir(&place)).await.context("the types do not agree")?;
    let mut program = Command::new(tool("python")?);
    program.arg(place.join("partner.py")).env("PYTHONPATH", &installed).env("PYTHONDONTWRITEBYTECODE", "1");
    Platform::open().await?.played_by(&mut program).await
}
