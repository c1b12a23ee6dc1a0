//! What can happen in a book, as one closed list: each kind of event, what it means, and which facts come with it.
//!
//! An event says that an object came to a state. It is written by triggers in the transaction of the change
//! (`sql/now/events.sql`), numbered when that has committed, and read by `GET /v1/events`. A kind is a family and a state, such as
//! `charge.captured`; a test holds this list against the database, which knows families and states by itself.

pub mod clocks;
mod examples;
mod facts;
mod families;
pub mod told;

pub use examples::Example;
pub use facts::{FACTS, Fact, FactKind};
pub use families::FAMILIES;

use crate::error::Refusal;
use crate::words::UnknownWord;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// Who reads the events of a family, of those who may read the book at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Whoever may read the book.
    Readers,
    /// Whoever belongs to the book.
    Insiders,
    /// Whoever may see its donors, members and accounts of persons.
    Keepers,
}

/// Events of one sort of object.
#[derive(Debug)]
pub struct Family {
    /// The first half of its kinds.
    pub name: &'static str,
    /// The prefix of the outside ids of its objects.
    pub prefix: &'static str,
    /// Who reads its events.
    pub audience: Audience,
    /// The states that its objects come to, with what each means.
    pub states: &'static [(&'static str, &'static str)],
    /// What its events tell besides, by the names of [`FACTS`]. Each may be missing where there is none.
    pub facts: &'static [&'static str],
}

/// A kind of event.
#[derive(Clone, Copy)]
pub struct EventKind {
    /// What it is about.
    pub family: &'static Family,
    /// The state that was come to.
    pub state: &'static str,
    /// What that means, in a sentence.
    pub meaning: &'static str,
}

static ALL: LazyLock<Vec<EventKind>> = LazyLock::new(|| {
    let of_family = |family: &'static Family| {
        family.states.iter().map(move |(state, meaning)| EventKind { family, state, meaning })
    };
    FAMILIES.iter().flat_map(of_family).collect()
});

static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| ALL.iter().map(ToString::to_string).collect());

impl EventKind {
    /// Every kind, in the order of the list.
    pub fn all() -> &'static [EventKind] {
        &ALL
    }

    /// The words of all kinds, in the same order.
    pub fn words() -> &'static [String] {
        &WORDS
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.family.name, self.state)
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for EventKind {
    fn eq(&self, other: &EventKind) -> bool {
        (self.family.name, self.state) == (other.family.name, other.state)
    }
}

impl Eq for EventKind {}

impl FromStr for EventKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<EventKind, UnknownWord> {
        let place = WORDS.iter().position(|word| word == text);
        place.map(|place| ALL[place]).ok_or(UnknownWord::new("kind of event", &["those that the contract lists"]))
    }
}

impl serde::Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Refuses to read on after a number of a book when what came next is deleted, so that nobody passes it by unawares.
///
/// # Errors
///
/// `events-deleted`.
pub fn check_reach(after: i64, pruned: i64) -> Result<(), Refusal> {
    if after >= pruned {
        return Ok(());
    }
    let told =
        format!("events of this book up to number {pruned} are deleted, and this cursor stands at number {after}");
    Err(Refusal::new("events-deleted", told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_kind_comes_back_from_its_word_and_stands_in_the_list_once() {
        let words: BTreeSet<&String> = EventKind::words().iter().collect();
        assert_eq!(words.len(), EventKind::all().len());
        for kind in EventKind::all() {
            assert_eq!(kind.to_string().parse::<EventKind>(), Ok(*kind));
            assert!(kind.meaning.ends_with('.'), "{kind}");
        }
        for wrong in ["", "charge", "charge.", "captured", "charge.refused"] {
            assert!(wrong.parse::<EventKind>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_fact_of_a_family_is_known_and_no_known_one_is_of_none() {
        let known: BTreeSet<&str> = FACTS.iter().map(|fact| fact.name).collect();
        assert_eq!(known.len(), FACTS.len());
        let used: BTreeSet<&str> = FAMILIES.iter().flat_map(|family| family.facts.iter().copied()).collect();
        assert_eq!(used, known);
    }

    #[test]
    fn an_amount_comes_with_its_currency() {
        let is_money = |name: &&str| FACTS.iter().any(|fact| fact.name == *name && fact.kind == FactKind::Money);
        for family in FAMILIES.iter().filter(|family| family.facts.iter().any(is_money)) {
            assert!(family.facts.contains(&"currency"), "{}", family.name);
        }
    }
}
