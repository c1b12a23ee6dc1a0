//! Writes and checks the committed contracts.
//!
//! `cargo run -p openapi -- generate` writes `openapi/*.json`; `check` fails when they differ from the code. `promise` adds to `PROMISED` what the
//! contract of partners promises from a release on, and refuses when it breaks what is there.

use anyhow::{Context, bail};
use openapi::{CONTRACTS, GENERATE, PROMISED, directory, promised, promises, text};
use std::fs;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("generate") => generate(),
        Some("check") => check(),
        Some("promise") => promise(),
        _ => bail!("say `generate`, `check` or `promise`"),
    }
}

fn generate() -> anyhow::Result<()> {
    for (name, contract) in CONTRACTS {
        let path = directory().join(name);
        fs::write(&path, text(contract())).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote openapi/{name}");
    }
    Ok(())
}

fn check() -> anyhow::Result<()> {
    let drifted = openapi::drifted()?;
    if !drifted.is_empty() {
        bail!("{} differ from the code; run `{GENERATE}` and commit the result", drifted.join(", "));
    }
    println!("the contracts agree with the code");
    Ok(())
}

fn promise() -> anyhow::Result<()> {
    let path = directory().join(PROMISED);
    let now = promises::of(&api::contract::PARTNER);
    let before = if path.exists() { promised()? } else { promises::Promises::new() };
    let broken = promises::broken(&before, &now);
    if !broken.is_empty() {
        bail!("this breaks what partners have been promised:\n{}", broken.join("\n"));
    }
    let lines: String = now.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&path, lines).with_context(|| format!("cannot write {}", path.display()))?;
    println!("openapi/{PROMISED}: {} lines, {} of them new", now.len(), now.difference(&before).count());
    Ok(())
}
