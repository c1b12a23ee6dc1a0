//! What an event of each kind tells, by example: the one table from which the contract shows events, and partners fire them by hand.
//!
//! Of kinds that partners are told, a line says what the object was before and which facts come with it, as the triggers write them; of the
//! others an example tells every fact of their family.

use super::{EventKind, FACTS, Fact, FactKind};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What an event of a kind tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The state that the object left; none when it is new.
    pub state_before: Option<&'static str>,
    /// The facts that come with it, by name.
    pub facts: &'static [&'static str],
}

const PLAN: &[&str] = &["campaign", "amount", "currency", "schedule", "starts_on", "payments"];
const PLAN_THAT_WAITS: &[&str] = &["campaign", "amount", "currency", "schedule", "starts_on", "payments", "detail"];
const CHANGE: &[&str] = &["pledge", "from_amount", "to_amount", "currency", "from_interval", "to_interval", "consent"];
const MOVE: &[&str] = &["pledge", "from_partner", "to_partner", "from_rail", "to_rail", "consent"];
const TRY: &[&str] = &["pledge", "campaign", "payment", "amount", "currency", "due_on", "attempt"];
const CAPTURE: &[&str] =
    &["pledge", "campaign", "settlement", "payment", "amount", "currency", "due_on", "attempt", "captured_on", "entry"];
const TO_PURSE: &[&str] = &["challenge", "sponsor", "amount", "currency"];
const IN_PURSE: &[&str] = &["challenge", "sponsor", "settlement", "amount", "currency", "captured_on", "entry"];
const OF_FEE: &[&str] = &["challenge", "team", "settlement", "amount", "currency", "entry"];

/// By kind, in the order of the list: what the object was before, and the facts.
const EXAMPLES: &[(&str, Option<&str>, &[&str])] = &[
    ("settlement.open", None, &["currency", "day", "due_on"]),
    ("settlement.settled", Some("open"), &["amount", "currency", "day", "due_on", "entry"]),
    ("donor.erased", None, &[]),
    ("pledge.created", None, PLAN),
    ("pledge.active", None, PLAN),
    ("pledge.needs_action", Some("active"), PLAN_THAT_WAITS),
    ("pledge.paused", Some("active"), PLAN_THAT_WAITS),
    ("pledge.lapsed", Some("needs_action"), PLAN),
    ("pledge.completed", Some("active"), PLAN),
    ("pledge.cancelled", Some("active"), PLAN),
    ("pledge.refunded", Some("completed"), PLAN),
    ("pledge_move.posted", None, &["from_campaign", "to_campaign", "amount", "currency", "entry"]),
    ("plan_change.asked", None, CHANGE),
    ("plan_change.applied", Some("asked"), &["pledge", "starts_on"]),
    ("plan_change.replaced", Some("asked"), &["pledge"]),
    ("plan_change.withdrawn", Some("asked"), &["pledge"]),
    ("plan_move.asked", None, MOVE),
    ("plan_move.consented", Some("asked"), MOVE),
    (
        "plan_move.active",
        Some("consented"),
        &["pledge", "from_partner", "to_partner", "from_rail", "to_rail", "consent", "starts_on"],
    ),
    ("plan_move.declined", Some("asked"), MOVE),
    ("plan_move.expired", Some("asked"), MOVE),
    ("webhook_endpoint.active", None, &[]),
    ("webhook_endpoint.paused", Some("active"), &[]),
    ("webhook_endpoint.disabled", Some("active"), &["detail"]),
    ("webhook_endpoint.deleted", Some("active"), &[]),
    ("webhook_endpoint.pinged", None, &[]),
    ("charge.processing", None, TRY),
    (
        "charge.declined",
        Some("processing"),
        &["pledge", "campaign", "payment", "amount", "currency", "due_on", "attempt", "decline", "retry_on"],
    ),
    ("charge.captured", Some("processing"), CAPTURE),
    ("charge.settled", Some("captured"), CAPTURE),
    ("charge.voided", Some("captured"), CAPTURE),
    ("charge.missed", None, TRY),
    ("purse_contribution.pledged", None, TO_PURSE),
    ("purse_contribution.captured", Some("pledged"), IN_PURSE),
    ("purse_contribution.settled", Some("captured"), IN_PURSE),
    (
        "purse_contribution.returned",
        Some("settled"),
        &["challenge", "sponsor", "settlement", "amount", "returned", "currency", "captured_on", "entry"],
    ),
    ("entrant.free", None, &["challenge", "team", "currency"]),
    ("entrant.due", None, &["challenge", "team", "amount", "currency"]),
    ("entrant.captured", Some("due"), OF_FEE),
    ("entrant.settled", Some("captured"), OF_FEE),
    ("entrant.closed", Some("settled"), OF_FEE),
    ("entrant.returned", Some("settled"), OF_FEE),
    ("withdrawn_entry.team", None, &["challenge", "rules_version"]),
    ("withdrawn_entry.silence", None, &["challenge", "rules_version"]),
];

/// What stands for a word, by the name of the fact.
const WORDS: &[(&str, &str)] = &[
    ("account", "assets:bank"),
    ("currency", "USD"),
    ("schedule", "monthly"),
    ("from_interval", "monthly"),
    ("to_interval", "quarterly"),
    ("from_rail", "partner"),
    ("to_rail", "partner"),
    ("consent", "link"),
    ("detail", "means"),
    ("decline", "soft"),
    ("proceeds", "sale"),
];

/// Words that are others in events of a kind.
const WORDS_OF_KINDS: &[(&str, &str, &str)] =
    &[("pledge.paused", "detail", "resume"), ("webhook_endpoint.disabled", "detail", "failing")];

/// The amount, in minor units.
const AMOUNT: i64 = 2_500;

impl EventKind {
    /// What an event of the kind tells, by example.
    pub fn example(&self) -> Example {
        let word = self.to_string();
        match EXAMPLES.iter().find(|(kind, ..)| *kind == word) {
            Some((_, state_before, facts)) => Example { state_before: *state_before, facts },
            None => Example { state_before: None, facts: self.family.facts },
        }
    }

    /// The facts of the example as the database has them: UUIDs, which are drawn for them, and minor units.
    pub fn example_facts(&self, mut new_id: impl FnMut() -> Uuid) -> Map<String, Value> {
        let told = self.example().facts;
        let shown = FACTS.iter().filter(|fact| told.contains(&fact.name));
        shown.map(|fact| (fact.name.to_owned(), self.example_of(fact, &mut new_id))).collect()
    }

    fn example_of(&self, fact: &Fact, new_id: &mut impl FnMut() -> Uuid) -> Value {
        match fact.kind {
            FactKind::Object(_) | FactKind::Organisation => json!(new_id()),
            FactKind::Money => json!(AMOUNT),
            FactKind::Day => json!("2027-02-01"),
            FactKind::Number if fact.name == "payments" => json!(12),
            FactKind::Number if fact.name == "attempt" && self.state == "missed" => json!(0),
            FactKind::Number => json!(1),
            FactKind::Word => {
                let own = WORDS_OF_KINDS.iter().find(|(kind, name, _)| *name == fact.name && *kind == self.to_string());
                let word = own.map(|(.., word)| *word);
                json!(word.or_else(|| WORDS.iter().find(|(name, _)| *name == fact.name).map(|(_, word)| *word)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbx_every_kind_has_an_example_of_facts_that_its_family_tells_and_of_a_state_that_it_comes_to() {
        for kind in EventKind::all() {
            let Example { state_before, facts } = kind.example();
            assert!(facts.iter().all(|name| kind.family.facts.contains(name)), "{kind}: {facts:?}");
            let is_state = |before: &str| kind.family.states.iter().any(|(state, _)| *state == before);
            assert!(state_before.is_none_or(|before| is_state(before) && before != kind.state), "{kind}");
            let shown = kind.example_facts(Uuid::now_v7);
            assert_eq!(shown.len(), facts.len(), "{kind}: a name twice, or none of the list");
            assert!(shown.values().all(|value| !value.is_null()), "{kind}: a word is missing in {shown:?}");
        }
    }

    #[test]
    fn sbx_each_line_is_of_a_kind_that_there_is_in_the_order_of_the_list() {
        let place = |word: &str| EventKind::words().iter().position(|known| known == word);
        let places: Vec<_> = EXAMPLES.iter().map(|(kind, ..)| place(kind).expect(kind)).collect();
        assert!(places.is_sorted_by(|one, other| one < other));
    }
}
