//! A book for those who may read it: what it has, what moved, and what was put right.
//!
//! Its own people see every line. Others see what tells of no single payment, and payments as sums over five givers: which, the ledger
//! says ([`ledger::reports::rules::outside`]), for pages and API alike.

pub mod account;
pub mod check;
pub mod corrections;
pub mod entry;
pub mod overview;
pub mod search;
mod words;

use super::twins::{Form, split};
use crate::problem::Problem;
use crate::texts::{Said, as_shown, say};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::book::MovementKind;
use ledger::chart::{self, Owner};
use ledger::engine::store::books::Book;
use ledger::parties::store::organisations;
use ledger::reports::store::parties::{self, Owners};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Lines of a page.
const LINES: usize = 50;

/// A way in which money moves, and what it means: told once on a page, below its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind(MovementKind);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&words::name(self.0), f)
    }
}

as_shown!(Kind);

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// The ways on a page, each once, in the order of their words.
fn explained(kinds: impl IntoIterator<Item = MovementKind>) -> Vec<(Kind, Said)> {
    let kinds: BTreeSet<MovementKind> = kinds.into_iter().collect();
    let mut kinds: Vec<_> = kinds.into_iter().map(|kind| (Kind(kind), words::meaning(kind))).collect();
    kinds.sort_by_key(|(kind, _)| kind.to_string());
    kinds
}

/// The name of the organisation that keeps a book.
async fn host(client: &impl GenericClient, book: &Book) -> Result<String, Error> {
    Ok(organisations::find(client, book.organisation).await?.ok_or(Error::NotFound("book"))?.name)
}

/// What those are called whose accounts these are, by code; of accounts that are nobody's, nothing.
async fn whose(client: &impl GenericClient, book: &Book, codes: &[&str]) -> Result<HashMap<String, String>, Error> {
    let owners = || codes.iter().filter_map(|code| Some((*code, chart::owner(code)?)));
    let mut asked = Owners::default();
    for (_, owner) in owners() {
        match owner {
            Owner::Organisation(id) => asked.organisations.push(id.0),
            Owner::Campaign(slug) => asked.campaigns.push(slug),
            Owner::Challenge(slug) => asked.challenges.push(slug),
            Owner::Party(_) => {}
        }
    }
    let names = parties::names(client, book.id, &asked).await?;
    let name = |owner: Owner<'_>| match owner {
        Owner::Organisation(id) => names.organisations.get(&id.0),
        Owner::Campaign(slug) => names.campaigns.get(slug),
        Owner::Challenge(slug) => names.challenges.get(slug),
        Owner::Party(_) => None,
    };
    Ok(owners().filter_map(|(code, owner)| Some((code.to_owned(), name(owner)?.clone()))).collect())
}

/// What the last part of a path names, and in which form it is wanted. An account whose own code ends like a form is read with that
/// ending once more.
fn asked(name: &str) -> (String, Form) {
    let (name, form) = split(name);
    (name.to_owned(), form)
}

/// The form that the ending of a path asks for.
fn form_of(ending: &str) -> Result<Form, Problem> {
    match ending {
        "json" => Ok(Form::Json),
        "csv" => Ok(Form::Csv),
        _ => Err(Problem::not_found("page")),
    }
}

/// A day of a query; none when it is left empty, as browsers send fields that nobody filled.
fn day(name: &'static str, given: Option<&str>) -> Result<Option<Date>, Error> {
    let given = given.map(str::trim).filter(|given| !given.is_empty());
    given.map(|given| given.parse().map_err(|_| Error::invalid(name, say("book-no-day")))).transpose()
}

/// The number in a cursor.
fn number(name: &'static str, given: Option<&str>) -> Result<Option<i64>, Error> {
    let given = given.map(str::trim).filter(|given| !given.is_empty());
    let parsed = given.map(|given| given.parse().map_err(|_| Error::invalid(name, say("book-no-number"))));
    parsed.transpose()
}

/// The same page with other parameters: those that are empty are left out.
fn query(parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_movement_has_words_and_a_sentence() {
        for kind in MovementKind::ALL {
            let sentence = words::meaning(*kind).to_string();
            assert!(sentence.ends_with('.') && !sentence.starts_with(' '), "{sentence}");
            assert!(!Kind(*kind).to_string().contains('_'));
        }
        assert_eq!(Kind(MovementKind::MilestoneReleased).to_string(), "Milestone released");
        let told = explained([MovementKind::PayoutSent, MovementKind::MatchPaid, MovementKind::PayoutSent]);
        assert_eq!(told.iter().map(|(kind, _)| kind.to_string()).collect::<Vec<_>>(), ["Match paid", "Payout sent"]);
    }

    #[test]
    fn an_empty_field_is_none_and_a_wrong_one_is_named() {
        assert_eq!(day("/from", Some("")).unwrap(), None);
        assert_eq!(day("/from", Some(" 2027-01-31 ")).unwrap(), Some(jiff::civil::date(2027, 1, 31)));
        assert!(day("/from", Some("31.1.2027")).is_err() && number("/cursor", Some("x")).is_err());
        assert_eq!(query(&[("a", "x y"), ("b", ""), ("c", "&")]), "a=x+y&c=%26");
    }
}
