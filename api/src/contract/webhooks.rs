//! What is sent to endpoints of partners, in the contract: an entry for each kind of event that partners are told, as each has a meaning, a
//! scope and facts of its own, and a receiver looks for the kind that it waits for. All have the body that `GET /v1/events` shows.

use super::events::example;
use ledger::partners::telling::scope;
use ledger::service::event::EventKind;
use serde_json::{Map, Value, json};

/// Where the headers stand that come with every message.
const PARAMETERS: &[&str] = &["webhook-id", "webhook-timestamp", "webhook-signature"];

/// The section, by kind.
pub(super) fn section() -> Value {
    let told = EventKind::all().iter().filter_map(|kind| Some((kind, scope(kind.family)?)));
    told.map(|(kind, scope)| (kind.to_string(), json!({ "post": message(kind, scope.as_str()) })))
        .collect::<Map<String, Value>>()
        .into()
}

fn message(kind: &EventKind, scope: &str) -> Value {
    let facts = match kind.family.facts {
        [] => "It has no facts.".to_owned(),
        facts => format!("Its facts: `{}`; what there is none of is missing.", facts.join("`, `")),
    };
    let parameters: Vec<Value> =
        PARAMETERS.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")})).collect();
    json!({
        "operationId": format!("sent_{}", kind.to_string().replace('.', "_")),
        "tags": ["webhooks"],
        "summary": kind.meaning,
        "description": format!(
            "Sent to endpoints that want it, which were made with the scope `{scope}`. {facts}\n\nVerify `webhook-signature` before \
             anything of it is believed, and pass over an event whose `id` you have seen: a message may come more than once."
        ),
        "security": [],
        "parameters": parameters,
        "requestBody": {
            "required": true,
            "description": "The event as `GET /v1/events` shows it. Sign and verify its bytes as they came.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}, "example": example(kind, false)}},
        },
        "responses": {
            "2XX": {"description": "You have it: answer so within 15 seconds, and do your work after that. What you write besides is not read."},
            "410": {"description": "You want nothing more: the endpoint is disabled until you make it active again."},
            "4XX": {"description": "It failed, and is sent again, ten times in about three days, as for any other answer. Redirects are not followed."},
            "5XX": {"description": "It failed, and is sent again; not before a `Retry-After` of at most a day has passed."},
        },
    })
}

/// The headers that come with every message, by Standard Webhooks 1.0.0.
pub(super) fn parameters() -> Value {
    let header = |name: &str, description: &str, pattern: &str, example: &str| {
        json!({
            "name": name, "in": "header", "required": true, "description": description, "example": example,
            "schema": {"type": "string", "pattern": pattern},
        })
    };
    json!({
        "webhook-id": header(
            "webhook-id",
            "The id of the event: the same each time that the same is sent.",
            "^evt_[a-z2-7]{32}$",
            "evt_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy",
        ),
        "webhook-timestamp": header(
            "webhook-timestamp",
            "The second of this attempt, since 1970, by the wall clock. Refuse one that is more than five minutes away.",
            "^[0-9]{1,12}$",
            "1795000000",
        ),
        "webhook-signature": header(
            "webhook-signature",
            "One signature for each live secret, with blanks between: `v1,` and the base64 of HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, \
             with the bytes that the secret has after `whsec_` in base64. One that matches is enough.",
            "^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$",
            "v1,2ZU3kVBREfIWrr3iA540n2Knto9l44pMHAaLFh5VBR4=",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ALL, ALL_3_0, PARTNER, PARTNER_3_0};
    use std::collections::BTreeSet;

    #[test]
    fn wh_every_kind_that_partners_are_told_is_in_both_contracts_with_an_example_that_fits() {
        let told: BTreeSet<String> =
            EventKind::all().iter().filter(|kind| scope(kind.family).is_some()).map(ToString::to_string).collect();
        assert!(told.len() > 30 && !told.contains("campaign.live"), "{told:?}");
        for contract in [&*ALL, &*PARTNER] {
            let section = contract["webhooks"].as_object().unwrap();
            assert_eq!(section.keys().cloned().collect::<BTreeSet<_>>(), told);
            let schema = json!({"allOf": [{"$ref": "#/components/schemas/Event"}], "components": contract["components"].clone()});
            let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
            for (kind, entry) in section {
                let post = &entry["post"];
                let example = &post["requestBody"]["content"]["application/json"]["example"];
                assert_eq!(example["kind"], **kind);
                assert!(validator.is_valid(example), "{kind}: {:?}", validator.iter_errors(example).next());
                for parameter in post["parameters"].as_array().unwrap() {
                    let at = parameter["$ref"].as_str().unwrap().trim_start_matches('#');
                    assert_eq!(contract.pointer(at).unwrap()["in"], "header", "{at}");
                }
            }
        }
    }

    #[test]
    fn wh_the_rendering_for_older_generators_has_no_webhooks_and_nothing_of_them() {
        for contract in [&*ALL_3_0, &*PARTNER_3_0] {
            assert!(contract.get("webhooks").is_none() && contract["components"].get("parameters").is_none());
        }
    }
}
