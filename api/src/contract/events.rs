//! Events in the contract: what each kind means, the facts that come with it, and an example, as the ledger lists them.

use ledger::id::{BookRef, EventId};
use ledger::partners::telling::{Telling, scope};
use ledger::service::event::{EventKind, FACTS, FAMILIES, FactKind};
use ledger::service::store::events::Event;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The book of the examples, and the moment of their events.
const BOOK: &str = "bok_aaaaaaibulo752aaojyz7ygprtkrlevp";
const AT: &str = "2026-11-20T10:00:00Z";

/// Says of the schema of events what the handler does not.
pub(super) fn shape(name: &str, schema: &mut Value) {
    if name != "Event" {
        return;
    }
    let kinds: Vec<String> = EventKind::all().iter().map(|kind| format!("- `{kind}`: {}", kind.meaning)).collect();
    let told = schema["properties"]["kind"]["description"].as_str().unwrap_or_default();
    schema["properties"]["kind"]["description"] = json!(format!("{told}\n\n{}", kinds.join("\n")));
    let told = schema["properties"]["facts"]["description"].as_str().unwrap_or_default().to_owned();
    let facts: Map<String, Value> =
        FACTS.iter().map(|fact| (fact.name.to_owned(), fact_shape(fact.kind, fact.meaning))).collect();
    let families: Vec<String> = FAMILIES
        .iter()
        .filter(|family| !family.facts.is_empty())
        .map(|family| format!("- `{}`: `{}`", family.name, family.facts.join("`, `")))
        .collect();
    schema["properties"]["facts"] = json!({
        "type": "object", "description": format!("{told}\n\n{}", families.join("\n")), "properties": facts,
    });
}

/// Shows what fires events with an example of each kind that partners are told.
pub(super) fn show(method: &str, path: &str, operation: &mut Value) {
    if (method, path) != ("post", "/v1/books/{book}/events:fire") {
        return;
    }
    let told = EventKind::all().iter().filter(|kind| scope(kind.family).is_some());
    let examples: Map<String, Value> =
        told.map(|kind| (kind.to_string(), json!({"summary": kind.meaning, "value": example(kind, true)}))).collect();
    operation["responses"]["202"]["content"]["application/json"]["examples"] = Value::Object(examples);
}

/// An event of a kind as it is told.
pub(super) fn example(kind: &EventKind, is_test: bool) -> Value {
    let mut drawn = 0;
    let mut new_id = || {
        drawn += 1;
        Uuid::new_v8((0x0197_0000_0000_0000_0000_0000_0000_0000 + drawn * 0x1_0001_0001_u128).to_be_bytes())
    };
    let book: BookRef = BOOK.parse().expect("the id of a book");
    let at = AT.parse().expect("a moment");
    let state_before = kind.example().state_before;
    let event = Event {
        id: EventId::new(book.book, new_id()),
        number: 1,
        kind: *kind,
        object: new_id(),
        sequence: 1 + i64::from(state_before.is_some()),
        state_before: state_before.map(str::to_owned),
        at,
        recorded_at: at,
        facts: kind.example_facts(new_id),
        is_test,
    };
    serde_json::to_value(Telling::new(event).expect("facts are what their names say")).expect("an event is JSON")
}

fn fact_shape(kind: FactKind, meaning: &str) -> Value {
    match kind {
        FactKind::Object(prefix) => {
            json!({"type": "string", "description": meaning, "pattern": format!("^{prefix}_[a-z2-7]{{32}}$")})
        }
        FactKind::Organisation => json!({"type": "string", "description": meaning, "pattern": "^org_[a-z2-7]{26}$"}),
        FactKind::Money => json!({"$ref": "#/components/schemas/Money", "description": meaning}),
        FactKind::Day => json!({"type": "string", "format": "date", "description": meaning}),
        FactKind::Number => json!({"type": "integer", "format": "int64", "description": meaning}),
        FactKind::Word => json!({"type": "string", "description": meaning}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ALL, PARTNER};

    #[test]
    fn sbx_the_example_of_every_kind_of_event_is_what_the_contract_calls_an_event() {
        let schema = json!({"$ref": "#/components/schemas/Event", "components": ALL["components"]});
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        for kind in EventKind::all() {
            for is_test in [false, true] {
                let shown = example(kind, is_test);
                let wrong: Vec<String> = validator.iter_errors(&shown).map(|error| error.to_string()).collect();
                assert!(wrong.is_empty(), "{kind}: {wrong:?} in {shown}");
                assert_eq!(shown.get("test"), is_test.then_some(&json!(true)));
            }
        }
        let fire = &ALL["paths"]["/v1/books/{book}/events:fire"]["post"]["responses"]["202"]["content"];
        let shown = fire["application/json"]["examples"].as_object().unwrap();
        let told: Vec<_> = EventKind::all().iter().filter(|kind| scope(kind.family).is_some()).collect();
        assert_eq!(shown.len(), told.len());
        assert!(told.iter().all(|kind| shown[&kind.to_string()]["summary"] == kind.meaning));
    }

    #[test]
    fn the_contract_lists_every_kind_of_event_with_its_meaning_and_every_fact() {
        for contract in [&*ALL, &*PARTNER] {
            let event = &contract["components"]["schemas"]["Event"]["properties"];
            assert_eq!(event["kind"]["enum"], json!(EventKind::words()));
            let parameters = contract["paths"]["/v1/events"]["get"]["parameters"].as_array().unwrap();
            let kind = parameters.iter().find(|parameter| parameter["name"] == "kind").unwrap();
            assert_eq!(kind["schema"]["enum"], json!(EventKind::words()));
            for kind in EventKind::all() {
                let line = format!("- `{kind}`: {}", kind.meaning);
                assert!(event["kind"]["description"].as_str().unwrap().lines().any(|told| told == line), "{kind}");
            }
            let facts = event["facts"]["properties"].as_object().unwrap();
            assert_eq!(facts.len(), FACTS.len());
            assert!(FACTS.iter().all(|fact| facts[fact.name]["description"] == fact.meaning));
        }
    }
}
