//! Rules of the source text that no compiler checks: which layer may name which, where SQL stands, where clocks are read.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};

type Outcome = anyhow::Result<()>;

/// A layer of the ledger, and the words that its code must not use.
const LAYERS: &[(&str, &[&str])] = &[
    ("money", &["book", "funding", "store", "operations", "tokio", "deadpool_postgres", "tokio_postgres"]),
    ("id", &["book", "funding", "store", "operations", "tokio", "deadpool_postgres", "tokio_postgres"]),
    ("book", &["funding", "store", "operations", "tokio", "deadpool_postgres", "tokio_postgres"]),
    ("funding", &["store", "operations", "tokio", "deadpool_postgres", "tokio_postgres"]),
    ("store", &["operations"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files below a path, or the file itself, with their texts.
fn sources(path: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            found.push((path, text));
        }
    }
    found.sort();
    Ok(found)
}

/// The lines of a source that are no comments.
fn lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
        .filter(|(_, line)| !line.trim().starts_with("//"))
}

/// Whether a line uses a path that begins with a module: `crate::store::…`, `super::store::…`, `store::…`, `tokio::…`.
fn names(line: &str, module: &str) -> bool {
    let with = format!("{module}::");
    line.match_indices(&with).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        || ["use crate::{", "use super::{"].iter().any(|start| {
            let list = line.trim().strip_prefix(start).unwrap_or_default();
            list.split([',', '}']).any(|name| name.trim() == module)
        })
}

/// The lines of some sources that do what none of them may, each with its place.
fn offences(path: &str, offends: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let path = root().join(path);
    let files = sources(&path)?;
    ensure!(!files.is_empty(), "{} has no sources", path.display());
    let mut found = Vec::new();
    for (file, source) in files {
        for (number, line) in lines(&source).filter(|(_, line)| offends(line)) {
            found.push(format!("{}:{number}: {}", file.display(), line.trim()));
        }
    }
    Ok(found)
}

fn none(found: &[String], rule: &str) -> Outcome {
    ensure!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn each_layer_of_the_ledger_names_only_those_below_it() -> Outcome {
    for (layer, above) in LAYERS {
        let mut found = offences(&format!("ledger/src/{layer}.rs"), |line| above.iter().any(|word| names(line, word)))?;
        if root().join("ledger/src").join(layer).is_dir() {
            found.extend(offences(&format!("ledger/src/{layer}"), |line| above.iter().any(|word| names(line, word)))?);
        }
        none(&found, &format!("`{layer}` is below {above:?} and names one of them"))?;
    }
    Ok(())
}

#[test]
fn the_ledger_reads_no_clock_below_its_operations_and_knows_no_floats() -> Outcome {
    for layer in ["money.rs", "id.rs", "book.rs", "book", "funding.rs", "funding", "store.rs", "store"] {
        let clock =
            |line: &str| line.contains("Timestamp::now") || line.contains("Zoned::now") || line.contains("SystemTime");
        none(&offences(&format!("ledger/src/{layer}"), clock)?, "time comes in as an argument")?;
    }
    let float =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "f32" || word == "f64");
    none(&offences("ledger/src", float)?, "money and shares are whole numbers and decimals")
}

#[test]
fn sql_stands_in_the_stores_only() -> Outcome {
    let sql = |line: &str| {
        let statement = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
        line.contains("prepare_cached")
            || statement.iter().any(|start| line.trim_start_matches(['"', ' ']).starts_with(start))
    };
    for place in ["ledger/src/book", "ledger/src/funding", "ledger/src/operations", "ledger/src/export", "api/src"] {
        none(&offences(place, sql)?, "SQL is written in ledger/src/store")?;
    }
    // The sandbox provider of the worker is somebody else's system: its two tables are its own.
    let mut found = offences("worker/src", sql)?;
    found.retain(|place| !place.contains("worker/src/rail/sandbox") && !place.contains("/tests.rs:"));
    none(&found, "SQL is written in ledger/src/store")?;
    let built = |line: &str| line.contains("prepare_cached(&format!") || line.contains("prepare(&format!");
    none(&offences("ledger/src", built)?, "SQL is never put together")
}

#[test]
fn every_statement_names_its_function() -> Outcome {
    for (file, source) in sources(&root().join("ledger/src/store"))? {
        for piece in source.split("prepare_cached(").skip(1) {
            let start: String = piece.trim_start().chars().take(120).collect();
            let text = start.trim_start_matches(['r', '#', '"', '\n', ' ', '\\']);
            let named = text.starts_with("-- ") || text.starts_with("/* ");
            ensure!(named || !start.contains('"'), "{}: a statement without a name: {start}", file.display());
        }
    }
    Ok(())
}

#[test]
fn every_kind_of_job_has_a_function_of_the_worker() -> Outcome {
    let jobs = std::fs::read_to_string(root().join("worker/src/jobs.rs"))?;
    let mut functions = String::new();
    for (_, source) in sources(&root().join("worker/src/jobs"))? {
        functions.push_str(&source);
    }
    for kind in ledger::job::JobKind::ALL {
        let name = kind.as_str();
        ensure!(jobs.contains(&format!("self.{name}(")), "no job {name} is done in worker/src/jobs.rs");
        ensure!(functions.contains(&format!("async fn {name}(")), "{name} has no function in worker/src/jobs");
    }
    Ok(())
}

#[test]
fn no_rule_of_the_linter_is_silenced_and_nothing_is_left_to_do() -> Outcome {
    // In pieces, so that this file may be looked at too.
    let words = [
        concat!("#[", "allow("),
        concat!("#![", "allow("),
        concat!("#[", "ignore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    for place in ["api", "ledger", "migrations", "openapi", "tests", "worker"] {
        let files = sources(&root().join(place))?;
        for (file, source) in files {
            for word in words {
                ensure!(!source.contains(word), "{}: {word}", file.display());
            }
        }
    }
    Ok(())
}
