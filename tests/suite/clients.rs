//! Clients that the generators of others make of the contract compile, and do what they are for: each takes a token, sees a
//! sandbox book, posts an entry to the running service, reads it back, and meets a refusal whose type it can tell.
//!
//! They are made anew under the target directory, by the tools of `tests/contract/clients`, around a program that stands
//! there. A machine without the tools fails here.

mod line;
mod long;
mod partner;

use crate::contract::{root, run, target, tool};
use crate::host::Host;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

type Outcome = anyhow::Result<()>;

const TREASURER: &str = "treasurer@host.example";

/// The accounts that a client posts between; of what is in the first no more can be taken out.
const DEBIT: &str = "assets:till";
const CREDIT: &str = "equity:own";

/// The committed contract: what generators of clients are given.
fn committed(file: &str) -> PathBuf {
    root().join("openapi").join(file)
}

/// An empty folder for a client, with these files of `tests/contract/clients` in it.
fn place(name: &str, files: &[(&str, &str)]) -> anyhow::Result<PathBuf> {
    let place = target().join("clients").join(name);
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    for (from, to) in files {
        let to = place.join(to);
        std::fs::create_dir_all(to.parent().context("a folder")?)?;
        std::fs::copy(root().join("tests/contract/clients").join(from), to).with_context(|| (*from).to_owned())?;
    }
    Ok(place)
}

/// The service, a book with two accounts in it, and a sign-in link of its treasurer.
struct Post {
    host: Host,
    link: String,
}

impl Post {
    async fn open() -> anyhow::Result<Post> {
        let host = Host::open("Drill Commons", "private").await?;
        for (code, class, floor) in [(DEBIT, "asset", Some("0.00")), (CREDIT, "equity", None)] {
            let account = json!({"code": code, "class": class, "currency": "USD", "floor": floor});
            host.treasurer.post(&host.at("/accounts"), &account).await?.ok()?;
        }
        let link = host.treasurer.sign_in_token(&host.app.mail_dir(), TREASURER).await?;
        Ok(Post { host, link })
    }

    /// Runs a client; it tells in its last line what it has seen, and the book has that entry and no other.
    async fn used_by(self, client: &mut Command) -> Outcome {
        client.env("BASE_URL", self.host.app.base_url()).env("SIGN_IN_TOKEN", &self.link);
        client.env("BOOK", &self.host.book).env("DEBIT", DEBIT).env("CREDIT", CREDIT).env("NO_PROXY", "127.0.0.1");
        let said = run(client).await?;
        let line = said.lines().next_back().context("the client says nothing")?;
        let seen: Value = serde_json::from_str(line).with_context(|| said.clone())?;
        let entries = self.host.treasurer.all(&self.host.at("/journal-entries")).await?;
        ensure!(entries.len() == 1, "the client posted {} entries", entries.len());
        let expected = json!({
            "mode": "sandbox", "number": entries[0]["number"], "memo": "Posted by a generated client", "amount": "7.50",
            "problem": "/problems/below-floor",
        });
        ensure!(seen == expected && entries[0]["memo"] == expected["memo"], "{seen}, but {expected} was to be seen");
        self.host.app.finish().await
    }
}

/// A program of the tools in TypeScript.
fn npm_tool(name: &str) -> anyhow::Result<PathBuf> {
    let program = npm_modules().join(".bin").join(name);
    ensure!(program.exists(), "{} is missing: `make test-tools` installs it", program.display());
    Ok(program)
}

fn npm_modules() -> PathBuf {
    target().join("contract-tools/clients/node_modules")
}

/// Compiles what stands in a place, a client and its program; answers what runs the latter.
async fn compiled_typescript(place: &Path, program: &str) -> anyhow::Result<Command> {
    std::os::unix::fs::symlink(npm_modules(), place.join("node_modules"))?;
    run(Command::new(npm_tool("tsc")?).arg("--project").arg(place)).await.context("it does not compile")?;
    let mut client = Command::new("node");
    client.arg(place.join("compiled").join(program));
    Ok(client)
}

#[tokio::test]
async fn fl48_the_types_of_openapi_typescript_hold_what_is_posted_and_answered() -> Outcome {
    let files =
        [("openapi_typescript.ts", "program.ts"), ("package.json", "package.json"), ("tsconfig.json", "tsconfig.json")];
    let place = place("openapi-typescript", &files)?;
    let mut types = Command::new(npm_tool("openapi-typescript")?);
    run(types.arg(committed("openapi.json")).arg("--output").arg(place.join("contract.d.ts"))).await?;
    let mut client = compiled_typescript(&place, "program.js").await?;
    Post::open().await?.used_by(&mut client).await
}

#[tokio::test]
async fn fl48_a_client_of_openapi_python_client_posts_an_entry() -> Outcome {
    let files = [("openapi_python_client.py", "program.py"), ("openapi_python_client.yaml", "config.yaml")];
    let place = place("openapi-python-client", &files)?;
    let mut generator = Command::new(tool("openapi-python-client")?);
    generator.arg("generate").arg("--path").arg(committed("openapi.json")).args(["--meta", "none"]);
    generator.arg("--config").arg(place.join("config.yaml")).arg("--output-path").arg(place.join("commonpurse_client"));
    // What it cannot make of the contract it leaves out, with a warning.
    run(generator.arg("--fail-on-warning")).await?;
    let mut client = Command::new(tool("python")?);
    client.arg(place.join("program.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    Post::open().await?.used_by(&mut client).await
}
