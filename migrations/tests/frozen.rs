//! Landed migrations never change: their digests are listed in `sql/FROZEN`, and only new lines may come. What is replaced
//! whole stands in `sql/now/`, each thing once.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn sql() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sql")
}

/// The numbered files.
fn files() -> BTreeMap<String, String> {
    files_in(&sql())
}

fn files_in(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn listed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(sql().join("FROZEN")).unwrap_or_default();
    let lines = text.lines().map(|line| line.split_once("  ").expect("two spaces between digest and name"));
    lines.map(|(digest, name)| (name.to_owned(), digest.to_owned())).collect()
}

#[test]
fn a_landed_migration_is_as_it_was() {
    let files = files();
    for (name, digest) in listed() {
        let Some(text) = files.get(&name) else {
            panic!("sql/{name} is gone: landed migrations never change; write a new one instead");
        };
        let now = hex::encode(Sha256::digest(text));
        assert_eq!(now, digest, "sql/{name} has changed: landed migrations never change; write a new one instead");
    }
}

#[test]
fn every_migration_is_listed() {
    let listed = listed();
    let missing: Vec<String> = files().into_keys().filter(|name| !listed.contains_key(name)).collect();
    assert!(missing.is_empty(), "not in sql/FROZEN: {missing:?}; run `make freeze` when they are done");
}

#[test]
fn every_migration_is_named_for_the_runner_and_numbered_without_gaps() {
    for (index, name) in files().keys().enumerate() {
        let (number, words) = name.split_once("__").unwrap_or_else(|| panic!("{name}: V0001__words.sql"));
        assert_eq!(number, format!("V{:04}", index + 1), "{name}");
        let words = words.trim_end_matches(".sql");
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        assert!(words.chars().all(plain), "{name}");
    }
}

#[test]
fn every_migration_starts_with_the_same_four_settings() {
    let settings = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| line.starts_with("SET LOCAL ")).map(str::to_owned).take(4).collect()
    };
    let all: BTreeMap<String, Vec<String>> =
        files().iter().map(|(name, text)| (name.clone(), settings(text))).collect();
    for (name, text) in files() {
        let code = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
        let leading = code.take_while(|line| line.starts_with("SET LOCAL ")).count();
        assert!(leading >= 4, "{name} starts with {leading} SET LOCAL lines; see CONTRIBUTING.md");
        for needed in [
            "SET LOCAL citus.multi_shard_modify_mode TO 'sequential';",
            "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;",
        ] {
            assert!(all[&name].iter().any(|line| line == needed), "{name} lacks: {needed}");
        }
        assert_eq!(Some(&all[&name]), all.values().next(), "{name} has other settings than the first one");
    }
}

/// The beginnings of statements, without what a function or a `DO` says inside.
fn statements(text: &str) -> Vec<&str> {
    let outside = text.split("$$").step_by(2);
    outside.flat_map(str::lines).filter(|line| line.starts_with(|letter: char| letter.is_ascii_uppercase())).collect()
}

#[test]
fn numbered_files_have_tables_and_rows_and_nothing_that_is_replaced_whole() {
    for (name, text) in files() {
        for line in statements(&text) {
            let wrong = ["FUNCTION", "VIEW", "TRIGGER", "GRANT", "REVOKE"].iter().find(|word| {
                line.starts_with(**word)
                    || line.starts_with(&format!("CREATE {word}"))
                    || line.contains(&format!("REPLACE {word}"))
            });
            assert!(wrong.is_none(), "sql/{name}: this stands in sql/now/, so that it can change: {line}");
        }
    }
}

#[test]
fn what_is_replaced_whole_stands_in_one_place() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in files_in(&sql().join("now")) {
        for line in statements(&text) {
            // PostgreSQL replaces no constraint trigger: it is dropped and made anew.
            let is_replaced = line.starts_with("CREATE OR REPLACE ") || line.starts_with("CREATE CONSTRAINT TRIGGER ");
            assert!(!line.starts_with("CREATE") || is_replaced, "now/{name}: {line}");
            let is_right = line.starts_with("GRANT") || line.starts_with("REVOKE");
            assert!(!is_right || name == "grants.sql", "now/{name}: rights stand in now/grants.sql: {line}");
            let Some(rest) = line.strip_prefix("CREATE OR REPLACE ") else { continue };
            let defined = rest.split('(').next().unwrap().split(" BEFORE").next().unwrap();
            let defined: Vec<&str> = defined.split(' ').take(2).collect();
            let defined = defined.join(" ");
            let before = seen.insert(defined.clone(), name.clone());
            assert!(before.is_none(), "{defined} stands in now/{name} and in now/{}", before.unwrap_or_default());
        }
    }
    assert!(seen.len() > 50, "{seen:?}");
}
