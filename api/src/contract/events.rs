//! Events in the contract: what each kind means, and the facts that come with it, as the ledger lists them.

use ledger::service::event::{EventKind, FACTS, FAMILIES, FactKind};
use serde_json::{Map, Value, json};

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
    use crate::contract::{ALL, PARTNER};
    use ledger::service::event::{EventKind, FACTS};
    use serde_json::json;

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
