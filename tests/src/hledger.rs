//! hledger, which shares no code with us, reads our exports.

use anyhow::{Context as _, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What hledger says of a journal; it must succeed.
pub fn hledger(journal: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("hledger")
        .args(arguments)
        .arg("--file")
        .arg(journal)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .context("hledger is needed for the tests of exports: `make test-tools` installs it")?;
    ensure!(output.status.success(), "{}: {}", journal.display(), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Checks a journal strictly, and answers what stands on each account that is not at zero: `-30.00 USD` on the credit side.
pub fn balances_of_hledger(journal: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    hledger(journal, &["check", "--strict"])?;
    let csv = hledger(journal, &["balance", "--flat", "--no-total", "-O", "csv"])?;
    let rows = csv.lines().skip(1).map(|row| {
        let (account, balance) = row.split_once(',').context("two columns")?;
        Ok((account.trim_matches('"').to_owned(), balance.trim_matches('"').to_owned()))
    });
    rows.collect()
}
