//! Rules of the source text that no compiler checks: where SQL stands, where clocks are read. Which room may name which
//! is told by `house.rs`.

use anyhow::{Context as _, ensure};
use ledger::service::job::JobKind;
use ledger::service::work::Limits;
use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

type Outcome = anyhow::Result<()>;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files below a path, or the file itself, with their texts.
pub(crate) fn sources(path: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
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

pub(crate) fn none(found: &[String], rule: &str) -> Outcome {
    ensure!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn the_ledger_reads_no_clock_below_its_operations_and_knows_no_floats() -> Outcome {
    let clock = |line: &str| ["calendar::now", "Zoned::now", "SystemTime"].iter().any(|name| line.contains(name));
    let mut found = offences("ledger/src", clock)?;
    found.retain(|place| !place.contains("/operations/") && !place.contains("ledger/src/engine/lane"));
    none(&found, "time comes in as an argument")?;
    let float =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "f32" || word == "f64");
    none(&offences("ledger/src", float)?, "money and shares are whole numbers and decimals")
}

/// A moment that is finer than what the database keeps is told by an action with digits that no later answer has.
#[test]
fn the_moment_is_asked_of_the_calendar_which_knows_what_the_database_keeps() -> Outcome {
    let mut found = Vec::new();
    for folder in ["api/src", "worker/src", "ledger/src"] {
        for (file, text) in sources(&root().join(folder))? {
            let place = file.display().to_string();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let is_test = place.ends_with("tests.rs") || place.contains("/tests/");
            let fine = lines(code).filter(|(_, line)| line.contains("Timestamp::now("));
            if !is_test && !place.ends_with("ledger/src/calendar.rs") {
                found.extend(fine.map(|(number, line)| format!("{place}:{number}: {}", line.trim())));
            }
        }
    }
    none(&found, "`ledger::calendar::now()` is the moment")
}

#[test]
fn sql_stands_in_the_stores_only() -> Outcome {
    let sql = |line: &str| {
        let statement = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
        line.contains("prepare_cached")
            || statement.iter().any(|start| line.trim_start_matches(['"', ' ']).starts_with(start))
    };
    none(&offences("api/src", sql)?, "SQL is written in the stores of the ledger")?;
    let mut found = offences("ledger/src", sql)?;
    found.retain(|place| !place.contains("/store/"));
    none(&found, "SQL is written in the stores of the ledger")?;
    // The sandbox provider of the worker is somebody else's system: its two tables are its own.
    let mut found = offences("worker/src", sql)?;
    found.retain(|place| !place.contains("worker/src/rail/sandbox") && !place.contains("/tests.rs:"));
    none(&found, "SQL is written in the stores of the ledger")?;
    let built = |line: &str| line.contains("prepare_cached(&format!") || line.contains("prepare(&format!");
    none(&offences("ledger/src", built)?, "SQL is never put together")
}

#[test]
fn every_connection_to_a_database_has_its_tls_from_one_place() -> Outcome {
    // In pieces, so that this file may be looked at too.
    let around =
        |line: &str| line.contains(concat!("No", "Tls")) || line.contains(concat!("tokio_postgres::", "connect("));
    for place in ["api", "ledger", "migrations", "openapi", "tests", "worker"] {
        none(&offences(place, around)?, "a connection is made with `migrations::Access`")?;
    }
    Ok(())
}

#[test]
fn every_statement_names_its_file_and_function() -> Outcome {
    let all = sources(&root().join("ledger/src"))?;
    let stores: Vec<_> = all.into_iter().filter(|(file, _)| file.to_string_lossy().contains("/store/")).collect();
    ensure!(stores.len() > 40, "the stores are not found");
    for (file, source) in stores {
        // A file's own name, or that of the file that it is a part of: `journal` for `journal/reading.rs`.
        let own = [file.file_stem(), file.parent().and_then(Path::file_name)];
        for piece in source.split("prepare_cached(").skip(1) {
            let start: String = piece.trim_start().chars().take(120).collect();
            let text = start.trim_start_matches(['r', '#', '"', '\n', ' ', '\\']);
            let label = text.strip_prefix("-- ").or_else(|| text.strip_prefix("/* "));
            let Some(label) = label else {
                ensure!(!start.contains('"'), "{}: a statement without a name: {start}", file.display());
                continue;
            };
            let named = label.split("::").next().unwrap_or_default();
            ensure!(own.iter().flatten().any(|own| *own == named), "{}: a statement of `{named}`", file.display());
        }
    }
    Ok(())
}

/// The public functions of a source that can fail and do not say how, in a section `# Errors`.
fn silent_about_errors(source: &str) -> Vec<&str> {
    let lines: Vec<&str> = source.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        line.starts_with("pub fn ") || line.starts_with("pub async fn ")
    });
    starts
        .filter(|(at, _)| {
            let until_body = lines[*at..].iter().scan(false, |ended, line| {
                let is_over = std::mem::replace(ended, line.trim_end().ends_with('{'));
                (!is_over).then_some(*line)
            });
            let signature: String = until_body.collect();
            let docs = lines[..*at].iter().rev().map(|line| line.trim_start());
            let mut docs = docs.take_while(|line| line.starts_with("///") || line.starts_with("#["));
            let can_fail = signature.rsplit_once("->").is_some_and(|(_, answer)| answer.contains("Result<"));
            can_fail && !docs.any(|line| line.starts_with("/// # Errors"))
        })
        .map(|(_, line)| line.trim())
        .collect()
}

#[test]
fn every_operation_states_its_refusals() -> Outcome {
    let silent = "/// Posts.\npub async fn post(\n    tx: &Transaction<'_>,\n) -> Result<Posted, Error> {\n}\n";
    let telling = "/// Posts.\n///\n/// # Errors\n///\n/// `below-floor`.\npub fn post() -> Result<(), Refusal> {\n}\n";
    ensure!(silent_about_errors(silent).len() == 1 && silent_about_errors(telling).is_empty(), "the reading is wrong");
    let mut found = Vec::new();
    let mut files = 0;
    for (file, source) in sources(&root().join("ledger/src"))? {
        let place = file.to_string_lossy();
        if place.contains("/operations") || place.ends_with("engine/posting.rs") {
            files += 1;
            found.extend(silent_about_errors(&source).iter().map(|line| format!("{place}: {line}")));
        }
    }
    ensure!(files > 30, "the operations are not found");
    none(&found, "an operation that can fail says in which ways, under `# Errors`")
}

#[test]
fn who_reads_a_book_is_told_in_one_place() -> Outcome {
    let mut found = offences("api/src", |line| line.contains("match ") && line.contains(".visibility"))?;
    found.extend(offences("api/src", |line| line.contains(".mode ==") || line.contains("Visibility::Members"))?);
    found.retain(|place| !place.contains("api/src/visibility.rs"));
    none(&found, "a forgotten copy of this rule shows a private book: see `visibility::Reader`")
}

#[test]
fn every_account_that_the_service_opens_is_in_the_chart_and_the_map_shows_it() -> Outcome {
    let map = std::fs::read_to_string(root().join("ledger/TABLES.md"))?;
    let shown = map.split("<!-- chart -->\n").nth(1).and_then(|rest| rest.split("<!-- /chart -->").next());
    let mut table = String::from("| code | class | what it is for |\n|---|---|---|\n");
    for ledger::chart::Row { code, class, purpose } in ledger::chart::ROWS {
        table.push_str(&format!("| `{code}` | `{}` | {purpose} |\n", class.as_str()));
    }
    ensure!(shown == Some(&*table), "ledger/TABLES.md shows another chart than:\n{table}");
    let roots = ["\"assets:", "\"liabilities:", "\"equity:", "\"income:", "\"expenses:"];
    let mut found = offences("ledger/src", |line| roots.iter().any(|root| line.contains(root)))?;
    // Exports and the simulated lanes make accounts up in their tests, and events in their examples.
    found.retain(|place| {
        !["chart.rs", "/export", "/simulation/", "account_tree.rs", "/event/examples.rs"]
            .iter()
            .any(|file| place.contains(file))
    });
    none(&found, "an account has its code in ledger/src/chart.rs")
}

#[test]
fn fl11_the_map_shows_how_whatever_is_posted_is_undone_and_each_operation_is_a_route() -> Outcome {
    use ledger::book::MovementKind;
    use ledger::movements::undo::{Undo, of};
    let map = std::fs::read_to_string(root().join("ledger/TABLES.md"))?;
    let shown = map.split("<!-- undo -->\n").nth(1).and_then(|rest| rest.split("<!-- /undo -->").next());
    let mut table = String::from("| movement | undone by |\n|---|---|\n");
    for kind in MovementKind::ALL {
        let how = match of(*kind) {
            Undo::By { operation, mirror } => {
                let is_routed =
                    api::who_may::TABLE.iter().any(|(method, path, _)| format!("{method} {path}") == operation);
                ensure!(is_routed, "{}: {operation} is no route", kind.as_str());
                format!("`{operation}`, as `{}`", mirror.as_str())
            }
            Undo::Again(how) | Undo::Instead(how) => how.to_owned(),
            Undo::Unused => continue,
        };
        table.push_str(&format!("| `{}` | {how} |\n", kind.as_str()));
    }
    ensure!(shown == Some(&*table), "ledger/TABLES.md shows another table of undoing than:\n{table}");
    let unused = MovementKind::ALL.iter().filter(|kind| of(**kind) == Undo::Unused);
    let calls: Vec<String> = unused.map(|kind| format!("movements::{}(", kind.as_str())).collect();
    none(
        &offences("ledger/src", |line| calls.iter().any(|call| line.contains(call.as_str())))?,
        "a movement that is posted has an undo, or says what people do instead: see ledger/src/movements/undo.rs",
    )
}

#[test]
fn every_kind_of_job_has_a_function_of_the_worker() -> Outcome {
    let jobs = std::fs::read_to_string(root().join("worker/src/jobs.rs"))?;
    let mut functions = String::new();
    for (_, source) in sources(&root().join("worker/src/jobs"))? {
        functions.push_str(&source);
    }
    for kind in JobKind::ALL {
        let name = kind.as_str();
        ensure!(jobs.contains(&format!("self.{name}(")), "no job {name} is done in worker/src/jobs.rs");
        ensure!(functions.contains(&format!("async fn {name}(")), "{name} has no function in worker/src/jobs");
    }
    Ok(())
}

/// What differs between the map of jobs of ledger/TABLES.md and the sources, each with the row as it has to begin and end.
fn drift_of_the_map(page: &str) -> anyhow::Result<Vec<String>> {
    let map = page.split_once("<!-- map of jobs: begin -->").context("the map of jobs does not begin")?.1;
    let map = map.split_once("<!-- map of jobs: end -->").context("the map of jobs does not end")?.0;
    let mut rows = map.lines().filter(|line| line.starts_with("| `"));
    let files = sources(&root().join("worker/src/jobs"))?;
    let mut found = Vec::new();
    for kind in JobKind::ALL {
        let function = format!("async fn {kind}(");
        let file = files.iter().find(|(_, source)| source.contains(&function)).with_context(|| function.clone())?;
        let name = file.0.file_name().and_then(OsStr::to_str).context("a file's name")?;
        let Limits { attempts_max, deadline } = kind.limits();
        let (begin, end) = (format!("| `{kind}` | `jobs/{name}` | "), format!(" | {attempts_max} | {deadline:#} |"));
        let row = rows.next().unwrap_or("no row");
        let told = row.strip_prefix(&*begin).and_then(|row| row.strip_suffix(&*end));
        let cells: Vec<&str> = told.unwrap_or_default().split(" | ").filter(|cell| !cell.trim().is_empty()).collect();
        if cells.len() != 2 {
            found.push(format!("expected {begin}what it does | when it is due{end}, found {row}"));
        }
    }
    found.extend(rows.map(|row| format!("expected no row for a kind that there is not, found {row}")));
    Ok(found)
}

#[test]
fn the_map_of_jobs_has_a_row_for_every_kind_with_its_file_and_its_figures() -> Outcome {
    let page = std::fs::read_to_string(root().join("ledger/TABLES.md"))?;
    none(&drift_of_the_map(&page)?, "the map of jobs in ledger/TABLES.md is not what the sources say")
}

#[test]
fn a_map_of_jobs_that_lags_behind_is_found() -> Outcome {
    let page = std::fs::read_to_string(root().join("ledger/TABLES.md"))?;
    let lags = |old: &str, new: &str| -> anyhow::Result<bool> {
        ensure!(page.contains(old), "the page does not say {old}");
        Ok(!drift_of_the_map(&page.replacen(old, new, 1))?.is_empty())
    };
    let row = page.lines().find(|line| line.starts_with("| `expire_hold`")).context("a row")?;
    ensure!(lags(&format!("{row}\n"), "")?, "a kind without a row");
    ensure!(
        lags(row, &format!("{row}\n| `fly_to_the_moon` | `jobs/moon.rs` | flies | soon | 1 | 1m |"))?,
        "a row too many"
    );
    ensure!(lags("| 6 | 2m |", "| 7 | 2m |")?, "another number of attempts");
    ensure!(lags("| 6 | 2m |", "| 6 | 3m |")?, "another deadline");
    ensure!(lags("`jobs/parties.rs`", "`jobs/books.rs`")?, "another file");
    ensure!(lags("| at once | 6", "| | 6")?, "a job that is due nobody knows when");
    Ok(())
}

/// What the script says and how it ends, when `cargo deny` behaves as the lines of a shell's `case` say.
fn advisories(cases: &str) -> anyhow::Result<(bool, String)> {
    let place = tempfile::tempdir()?;
    let cargo = place.path().join("cargo");
    std::fs::write(&cargo, format!("#!/bin/sh\ncase \"$*\" in\n{cases}\n*) echo \"asked for $*\"; exit 9;;\nesac\n"))?;
    std::fs::set_permissions(&cargo, Permissions::from_mode(0o700))?;
    let output = Command::new(root().join("tests/check-advisories.sh")).env("CARGO", &cargo).output()?;
    Ok((output.status.success(), String::from_utf8(output.stdout)?))
}

#[test]
fn l14_advisories_are_checked_where_they_can_be_had_and_where_not_the_run_says_so_and_goes_on() -> Outcome {
    let makefile = std::fs::read_to_string(root().join("Makefile"))?;
    let recipe = makefile.split("\ndependencies:").nth(1).and_then(|rest| rest.split("\n\n").next());
    ensure!(recipe.is_some_and(|recipe| recipe.contains("tests/check-advisories.sh")), "`make test` asks for it");
    let (installed, fetched) = ("'deny --version') ;;", "'deny fetch db') ;;");
    let check = |answer: &str| format!("{installed}\n{fetched}\n'deny --locked check advisories') {answer};;");
    for (cases, succeeds, says) in [
        ("'deny --version') exit 101;;".to_owned(), true, "ADVISORIES WERE NOT CHECKED: cargo-deny is not installed"),
        (
            format!("{installed}\n'deny fetch db') exit 1;;"),
            true,
            "ADVISORIES WERE NOT CHECKED: cargo-deny is here, but",
        ),
        (check("echo fine"), true, "fine"),
        (check("echo RUSTSEC-2023-0071; exit 1"), false, "RUSTSEC-2023-0071"),
    ] {
        let (succeeded, said) = advisories(&cases)?;
        ensure!(succeeded == succeeds && said.starts_with(says) && said.lines().count() == 1, "{cases}: {said}");
    }
    Ok(())
}

/// The one reason for which a test may be ignored: another run asks for it.
const LONG: &str = concat!("#[", "ignore = \"left to `make check-long`\"]");

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
            let source = source.replace(LONG, "");
            for word in words {
                ensure!(!source.contains(word), "{}: {word}", file.display());
            }
        }
    }
    Ok(())
}
