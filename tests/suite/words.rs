//! Words that pages, mails and the contract do not use: those that promise what nobody here gives, or that take the service for who
//! holds the money. It keeps books; a custodian, by its name, holds money.

use crate::repository::root;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::path::Path;

type Outcome = anyhow::Result<()>;

/// Beginnings of words, in small letters.
const NEVER: &[&str] = &[
    "escrow",
    "wallet",
    "deposit",
    "guarantee",
    "tax-deductible",
    "tax deductible",
    "invest",
    "interest",
    "dividend",
    "treuhand",
    "garanti",
    "steuerlich absetzbar",
    "geldanlage",
    "zinsen",
];

/// Those that money on its way has nothing to do with, on pages and in mails only: appeals are raised in the contract.
const NEVER_READ: &[&str] = &["raised", "fundraised"];

/// Sentences that take the service for who holds, lends or sends the money.
const NEVER_SAID: &[&str] = &[
    "held by commonpurse",
    "commonpurse holds",
    "we hold",
    "we keep your money",
    "money with us",
    "we lend",
    "we transmit",
    "we guarantee",
    "we pay out",
    "the service holds",
    "the service lends",
];

/// What is said all the same: the text around the word, and why it may stand there.
const SAID: &[(&str, &str)] = &[
    ("`interest`", "what a bank pays for money that lies there"),
    ("as interest, which is", "the same"),
    ("a charge or interest of the bank", "the same"),
    ("interest on the capital", "a cooperative's members have it"),
    ("interest on the members' capital", "the same"),
    ("interest on the member's capital", "the same"),
    ("with interest.", "the same"),
    ("who has interest and no share", "the same"),
    ("goes to interest at most", "the same"),
    ("whose interest is booked", "what a cooperative owes those who lent to it"),
    ("the interest of all days since", "the same"),
    ("interest that was booked as a cost", "the same"),
    ("all interest through that day", "the same"),
    ("a loan bears interest", "the same"),
    ("interest to be booked.", "the same"),
    ("books the interest of a loan", "the same"),
    ("while interest of its days", "the same"),
    ("loans with their interest", "the same"),
    ("and the interest through it", "the same"),
    ("book_loan_interest", "the same, of an operation"),
    ("loan-interest", "the same, of its route"),
    ("interest-booked", "a refusal about that"),
    ("interest-nothing", "the same"),
    ("interest-open", "the same"),
];

/// Words of closed sets, whole.
const NAMES: &[(&str, &str)] = &[
    ("interest", "a way in which money moves: what a bank pays"),
    ("capital_interest", "a step of a cooperative's rule: what members' capital has"),
    ("interest_income", "the class of accounts in which that is earned"),
    ("interest_returned", "a way in which money moves: such a line of a bank was booked wrongly"),
];

/// Texts of the catalogue that say such a word all the same, by their names.
const WRITTEN: &[(&str, &str)] = &[
    ("account-for-commitment-beyond = ", "a cap is raised, no money"),
    ("account-for-bank-paid = ", "what a bank pays for money that lies there"),
    ("book-kind-bank-paid = ", "the same"),
    ("book-kind-bank-paid-means = ", "the same"),
    ("book-kind-cap-lifted = ", "a cap is raised, no money"),
    ("book-kind-cap-lifted-means = ", "the same"),
    ("book-kind-bank-paid-none = ", "what a bank pays, booked wrongly"),
    ("book-kind-bank-paid-none-means = ", "the same"),
    ("cooperative-to-capital = ", "members' capital has it"),
];

/// What of a text is not to be said.
fn found(text: &str, never: &[&str]) -> Vec<String> {
    let mut small = text.to_lowercase();
    if NAMES.iter().any(|(name, _)| *name == small) {
        return Vec::new();
    }
    for (said, _) in SAID {
        small = small.replace(said, "");
    }
    let begins = |at: usize| !small[..at].ends_with(|before: char| before.is_alphanumeric());
    let words = never.iter().filter(|word| small.match_indices(**word).any(|(at, _)| begins(at)));
    let sentences = NEVER_SAID.iter().filter(|said| small.contains(**said));
    words.chain(sentences).map(|word| format!("{word:?} in {text:?}")).collect()
}

/// Every text of a JSON value, and every name.
fn texts<'a>(value: &'a Value, all: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::Object(fields) => {
            for (name, field) in fields {
                all.push(name);
                texts(field, all);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_templates(folder: &Path, wrong: &mut Vec<String>) -> anyhow::Result<usize> {
    let mut read = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read += of_templates(&path, wrong)?;
            continue;
        }
        read += 1;
        for line in std::fs::read_to_string(&path)?.lines() {
            if WRITTEN.iter().any(|(name, _)| line.starts_with(name)) {
                continue;
            }
            let of_line = found(line, &[NEVER, NEVER_READ].concat());
            wrong.extend(of_line.into_iter().map(|word| format!("{}: {word}", path.display())));
        }
    }
    Ok(read)
}

#[test]
fn p16_6_no_page_mail_or_contract_promises_what_nobody_gives_or_takes_the_service_for_a_custodian() -> Outcome {
    let mut wrong = Vec::new();
    for folder in ["api/templates", "api/texts", "worker/texts"] {
        let read = of_templates(&root().join(folder), &mut wrong)?;
        ensure!(read > 10, "{read} templates in {folder}");
    }
    for name in ["openapi.json", "partner.json", "public.json"] {
        let contract: Value = serde_json::from_slice(&std::fs::read(root().join("openapi").join(name))?)?;
        let mut all = Vec::new();
        texts(&contract, &mut all);
        ensure!(all.len() > 500, "{name} has {} texts", all.len());
        wrong.extend(all.into_iter().flat_map(|text| found(text, NEVER)).map(|word| format!("{name}: {word}")));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    let contract = std::fs::read_to_string(root().join("openapi/openapi.json")).context("the contract")?;
    let stale = SAID.iter().find(|(said, _)| !contract.to_lowercase().contains(said));
    ensure!(stale.is_none(), "nothing says {stale:?} any more");
    let texts = ["account", "book", "cooperative"]
        .map(|name| std::fs::read_to_string(root().join(format!("api/texts/en/{name}.ftl"))));
    for (name, _) in WRITTEN {
        let line = texts.iter().flatten().flat_map(|text| text.lines()).find(|line| line.starts_with(name));
        ensure!(line.is_some_and(|line| !found(line, &[NEVER, NEVER_READ].concat()).is_empty()), "{name} is stale");
    }
    Ok(())
}

#[test]
fn p16_6_a_word_is_found_however_it_is_written_and_not_within_another() {
    for text in ["An Escrow account", "your WALLET", "guaranteed!", "x-deposits", "We hold your gift."] {
        assert!(!found(text, NEVER).is_empty(), "{text}");
    }
    for text in ["interest", "booked as `interest`", "uninterested? no", "held by Fans, custodian"] {
        assert!(found(text, NEVER).is_empty(), "{text}");
    }
}
