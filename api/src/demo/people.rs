//! The people of a running demo, by role: `people.env` beside `partner.env`, and fresh sign-in links for them.

use super::client::Client;
use super::story::{Plot, bakery, cooperative};
use super::{DEMO_DATABASE, DEV_DATABASE, OPERATOR};
use anyhow::{Context as _, bail};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The file's name.
pub const FILE: &str = "people.env";

/// Who is what in a story.
pub fn of(plot: Plot) -> &'static [(&'static str, &'static str)] {
    match plot {
        Plot::Founding => STORY,
        Plot::Cooperative => BAKERY,
    }
}

/// Who is what in the year of the cooperative: two members, of whom the second attests the hours of the first.
const BAKERY: &[(&str, &str)] = &[
    ("operator", OPERATOR),
    ("treasurer", bakery::TREASURER),
    ("approver", "approver@bakery.example"),
    ("member", "nora@bakery.example"),
    ("second-member", "omar@bakery.example"),
];

/// Who is what in the founding story.
pub const STORY: &[(&str, &str)] = &[
    ("operator", OPERATOR),
    ("host-owner", "treasurer@host.example"),
    ("reviewer", "rita@host.example"),
    ("team", "clara@builders.example"),
    ("judge", "joan@panel.example"),
    ("treasurer", cooperative::TREASURER),
    ("approver", "approver@drills.example"),
    ("member", "ada@drills.example"),
];

/// The name of a role in the file.
fn variable(role: &str) -> String {
    role.to_uppercase().replace('-', "_")
}

/// Signs each person in and writes their addresses and refresh tokens, as shell variables that only the owner of the file may
/// read.
pub async fn write(state: &Path, base: &str, mail: &Path, people: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut lines = format!("BASE={base}\n");
    for (role, email) in people {
        let client = Client::sign_in(base, mail, email).await?;
        let (name, token) = (variable(role), client.refresh_token().context("who signs in has a refresh token")?);
        writeln!(lines, "{name}_EMAIL={email}\n{name}_REFRESH_TOKEN={token}")?;
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(state.join(FILE))?;
    file.write_all(lines.as_bytes())?;
    Ok(())
}

/// Has a link mailed to the person with a role, in the demo or the `dev` that runs, and answers it.
pub async fn link(home: &Path, role: &str) -> anyhow::Result<String> {
    for database in [DEMO_DATABASE, DEV_DATABASE] {
        let state = home.join(database);
        let Ok(lines) = std::fs::read_to_string(state.join(FILE)) else { continue };
        let value = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let client = Client::new(value("BASE").context("people.env says no address")?)?;
        if !client.get("/livez").await.is_ok_and(|answer| answer.status.is_success()) {
            continue;
        }
        let Some(email) = value(&format!("{}_EMAIL", variable(role))) else {
            let roles = lines.lines().filter_map(|line| line.split_once("_EMAIL="));
            let roles: Vec<_> = roles.map(|(name, _)| name.to_lowercase().replace('_', "-")).collect();
            bail!("nobody here is {role:?}: try {}", roles.join(", "));
        };
        let token = client.sign_in_token(&state.join("mail"), email).await?;
        return Ok(format!("{}/sign-in/{token}", client.base()));
    }
    bail!(
        "no demo runs below {}: start `commonpurse demo` first, and leave it running (in production people sign in by the \
         mail that /sign-in sends)",
        home.display()
    )
}
