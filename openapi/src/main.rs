//! Writes and checks the committed contracts.
//!
//! `cargo run -p openapi -- generate` writes `openapi/*.json`; `check` fails when they differ from the code.

use anyhow::{Context, bail};
use openapi::{CONTRACTS, GENERATE, directory, text};
use std::fs;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("generate") => generate(),
        Some("check") => check(),
        _ => bail!("say `generate` or `check`"),
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
