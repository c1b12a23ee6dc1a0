//! The list of refusals, compared with the sources: each code that they write stands in it, and each of it is written.

use crate::repository::{root, sources};
use anyhow::ensure;
use api::refusals;
use std::collections::{BTreeMap, BTreeSet};

type Outcome = anyhow::Result<()>;

/// How the sources begin to write a refusal; its code is the first text after that.
const BEGINNINGS: &[&str] = &["Refusal::new(", "Problem::new(", ".refuse("];

/// What the framework answers by itself: its codes are made of the names of statuses.
const OF_THE_FRAMEWORK: &[&str] =
    &["bad-request", "request-timeout", "request-header-fields-too-large", "payload-overflow"];

fn is_code(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_plain) && !text.starts_with('-') && !text.ends_with('-')
}

/// The texts of a source, without its tests, that stand where a refusal writes its code.
fn written(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or(source);
    let mut found = BTreeSet::new();
    for beginning in BEGINNINGS {
        for (start, _) in source.match_indices(beginning) {
            let rest = &source[start + beginning.len()..];
            let arguments = rest.split([';', '{']).next().unwrap_or(rest);
            // A code is followed by its sentence; what stands alone is a word in one.
            let code = arguments.split_once('"').and_then(|(_, rest)| rest.split_once('"'));
            let code = code.filter(|(code, rest)| is_code(code) && rest.trim_start().starts_with(','));
            let code = code.map(|(code, _)| code);
            found.extend(code.map(str::to_owned));
        }
    }
    found
}

#[test]
fn u2_a_refusal_that_stands_in_no_list_is_none() -> Outcome {
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    let mut all = String::new();
    for folder in ["ledger/src", "api/src"] {
        for (file, text) in sources(&root().join(folder))? {
            let place = file.strip_prefix(root())?.display().to_string();
            let is_ours = ["refusals", "testing", "simulation", "_tests", "/tests", "/demo"]
                .iter()
                .all(|word| !place.contains(word));
            if is_ours {
                codes.extend(written(&text).into_iter().map(|code| (code, place.clone())));
                all.push_str(&text);
            }
        }
    }
    for reason in 1..=8 {
        let code = ledger::book::Reason::code_of(reason);
        codes.insert(code.to_owned(), "ledger/src/book/fold.rs".to_owned());
    }
    ensure!(codes.len() > 120, "the sources are read in a wrong way: {} codes were found", codes.len());
    let missing: Vec<_> = codes.iter().filter(|(code, _)| refusals::find(code).is_none()).collect();
    ensure!(
        missing.is_empty(),
        "write down in api/src/refusals/ what these mean, what to do, and which operations answer them: {missing:?}"
    );
    for kind in refusals::ALL.iter() {
        let is_written = codes.contains_key(kind.code)
            || all.contains(&format!("\"{}\"", kind.code))
            || OF_THE_FRAMEWORK.contains(&kind.code)
            || [refusals::STORAGE, refusals::BOOK_FROZEN, refusals::QUOTA].contains(&kind.code);
        ensure!(is_written, "nothing refuses with `{}` any more: strike it in api/src/refusals/", kind.code);
    }
    Ok(())
}
