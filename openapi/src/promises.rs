//! What a contract promises to those who were given it, as lines that can be compared: within a version of the addresses no promise is
//! broken.
//!
//! A line with `+` is what must stay: an operation, a parameter, a field and its type, a word that is taken, an answer, a field that is always
//! there. One with `-` is all that there may be of its kind: what must be given, and what words and nulls answers may hold. More of the former is an
//! addition; more of the latter, of what was there before, is a break. Bounds of texts and numbers are not compared.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The lines of a contract.
pub type Promises = BTreeSet<String>;

/// What goes to the service, and what comes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    In,
    Out,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Way::In => "in",
            Way::Out => "out",
        }
    }
}

struct Reader<'a> {
    contract: &'a Value,
    lines: Promises,
    met: BTreeSet<(Way, String)>,
    to_read: Vec<(Way, String)>,
}

/// The promises of a contract.
pub fn of(contract: &Value) -> Promises {
    let mut reader = Reader { contract, lines: BTreeSet::new(), met: BTreeSet::new(), to_read: Vec::new() };
    for (path, item) in fields(&contract["paths"]) {
        for (method, operation) in fields(item) {
            reader.operation(&format!("{} {path}", method.to_uppercase()), operation);
        }
    }
    for (kind, item) in fields(&contract["webhooks"]) {
        reader.message(&format!("webhook {kind}"), &item["post"]);
    }
    while let Some((way, name)) = reader.to_read.pop() {
        let schema = &contract["components"]["schemas"][&name];
        reader.schema(way, &name, schema);
    }
    reader.lines
}

/// Words to which more come within a version, as the contract says where it has them: whoever reads them passes over those that they do
/// not know.
const OPEN: &[&str] = &[
    "out AllocationGroup.by",
    "out Event.kind",
    "out PartnerDayLine.kind",
    "out WebhookDelivery.kind",
    "out WebhookEndpoint.kinds[]",
];

/// The promises of `before` that `now` breaks, each in words.
pub fn broken(before: &Promises, now: &Promises) -> Vec<String> {
    let subject = |line: &str| line.split_once(" is ").map_or(line, |(subject, _)| subject).to_owned();
    let known: BTreeSet<String> = before.iter().filter_map(|line| line.strip_prefix("+ ")).map(subject).collect();
    let gone = before.difference(now).filter(|line| line.starts_with('+')).map(|line| format!("gone: {}", &line[2..]));
    let come = now.difference(before).filter_map(|line| line.strip_prefix("- ")).filter(|line| {
        [" needs ", " answers with ", " may be "].iter().any(|verb| {
            line.split_once(verb).is_some_and(|(subject, _)| known.contains(subject) && !OPEN.contains(&subject))
        })
    });
    gone.chain(come.map(|line| format!("new: {line}"))).collect()
}

fn fields(of: &Value) -> impl Iterator<Item = (&String, &Value)> {
    of.as_object().into_iter().flat_map(Map::iter)
}

fn texts(of: &Value) -> impl Iterator<Item = &str> {
    of.as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl<'a> Reader<'a> {
    fn must(&mut self, line: impl std::fmt::Display) {
        self.lines.insert(format!("+ {line}"));
    }

    fn may(&mut self, line: impl std::fmt::Display) {
        self.lines.insert(format!("- {line}"));
    }

    /// What a reference leads to, or the value itself.
    fn resolved(&self, of: &'a Value) -> &'a Value {
        let target = of["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
        target.and_then(|to| self.contract.pointer(to)).unwrap_or(of)
    }

    fn operation(&mut self, name: &str, operation: &'a Value) {
        self.must(name);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter);
            let (place, called) = (parameter["in"].as_str().unwrap_or_default(), &parameter["name"]);
            let called = format!("{place} {}", called.as_str().unwrap_or_default());
            if parameter["required"] == true {
                self.may(format!("{name} needs {called}"));
            }
            self.schema(Way::In, &format!("{name} {called}"), &parameter["schema"]);
        }
        let body = self.resolved(&operation["requestBody"]);
        if body["required"] == true {
            self.may(format!("{name} needs a body"));
        }
        for (media_type, content) in fields(&body["content"]) {
            self.must(format!("{name} takes {media_type}"));
            self.schema(Way::In, &format!("{name} body"), &content["schema"]);
        }
        for (status, answer) in fields(&operation["responses"]).filter(|(status, _)| status.starts_with('2')) {
            let answer = self.resolved(answer);
            self.must(format!("{name} answers {status}"));
            for (media_type, content) in fields(&answer["content"]) {
                self.must(format!("{name} answers {status} as {media_type}"));
                self.schema(Way::Out, &format!("{name} {status}"), &content["schema"]);
            }
        }
    }

    /// What is sent to those who were given the contract: its headers and its body go out, and what they may answer stays.
    fn message(&mut self, name: &str, message: &'a Value) {
        self.must(name);
        for parameter in message["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter);
            let (place, called) = (parameter["in"].as_str().unwrap_or_default(), parameter["name"].as_str());
            let at = format!("{name} {place} {}", called.unwrap_or_default());
            if parameter["required"] == true {
                self.must(format!("{at} always comes"));
            }
            self.schema(Way::Out, &at, &parameter["schema"]);
        }
        for (media_type, content) in fields(&message["requestBody"]["content"]) {
            self.must(format!("{name} comes as {media_type}"));
            self.schema(Way::Out, &format!("{name} body"), &content["schema"]);
        }
        for (status, _) in fields(&message["responses"]) {
            self.must(format!("{name} may be answered {status}"));
        }
    }

    fn schema(&mut self, way: Way, at: &str, schema: &'a Value) {
        let subject = format!("{} {at}", way.word());
        if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
            self.must(format!("{subject} is {name}"));
            if self.met.insert((way, name.to_owned())) {
                self.to_read.push((way, name.to_owned()));
            }
            return;
        }
        let is_null = |part: &Value| part["type"] == "null";
        let mut takes_null = texts(&schema["type"]).any(|name| name == "null");
        for name in schema["type"].as_str().into_iter().chain(texts(&schema["type"])).filter(|name| *name != "null") {
            let format = schema["format"].as_str().unwrap_or_default();
            self.must(format!("{subject} is {name} {format}").trim_end());
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            for part in schema[choice].as_array().into_iter().flatten() {
                takes_null |= is_null(part);
                if !is_null(part) {
                    self.schema(way, at, part);
                }
            }
        }
        if takes_null {
            match way {
                Way::In => self.must(format!("{subject} may be null")),
                Way::Out => self.may(format!("{subject} may be null")),
            }
        }
        let constant = schema.get("const").and_then(Value::as_str);
        for word in texts(&schema["enum"]).chain(constant) {
            match way {
                Way::In => self.must(format!("{subject} takes {word}")),
                Way::Out => self.may(format!("{subject} answers with {word}")),
            }
        }
        for field in texts(&schema["required"]) {
            match way {
                Way::In => self.may(format!("{subject} needs {field}")),
                Way::Out => self.must(format!("{subject} always has {field}")),
            }
        }
        for (name, field) in fields(&schema["properties"]) {
            self.schema(way, &format!("{at}.{name}"), field);
        }
        for (inside, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            if schema[inside].is_object() {
                self.schema(way, &format!("{at}{mark}"), &schema[inside]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contract() -> Value {
        json!({
            "paths": {"/v1/gifts": {"post": {
                "parameters": [{"in": "query", "name": "dry_run", "schema": {"type": "boolean"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewGift"}}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gift"}}}}},
            }}},
            "webhooks": {"gift.paid": {"post": {
                "parameters": [{"in": "header", "name": "webhook-id", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Paid"}}}},
                "responses": {"2XX": {}, "410": {}},
            }}},
            "components": {"schemas": {
                "Paid": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                "NewGift": {"type": "object", "required": ["amount"], "properties": {
                    "amount": {"type": "string"}, "rail": {"type": "string", "enum": ["card", "debit"]}}},
                "Gift": {"type": "object", "required": ["id", "state"], "properties": {
                    "id": {"type": "string"}, "state": {"type": "string", "enum": ["open", "paid"]},
                    "day": {"type": ["string", "null"], "format": "date"}}},
            }},
        })
    }

    fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut changed = contract();
        change(&mut changed);
        broken(&of(&contract()), &of(&changed))
    }

    type Break = fn(&mut Value);

    fn remove(of: &mut Value, parent: &str, name: &str) {
        of.pointer_mut(parent)
            .and_then(Value::as_object_mut)
            .and_then(|fields| fields.remove(name))
            .expect("it is there");
    }

    #[test]
    fn p15_6_what_breaks_a_client_is_found() {
        const SCHEMAS: &str = "/components/schemas";
        const POST: &str = "/paths/~1v1~1gifts/post";
        let breaks: &[(&str, Break)] = &[
            ("gone: POST /v1/gifts", |it| remove(it, "/paths", "/v1/gifts")),
            ("gone: in POST /v1/gifts query dry_run is boolean", |it| remove(it, POST, "parameters")),
            ("new: POST /v1/gifts needs query dry_run", |it| {
                it["paths"]["/v1/gifts"]["post"]["parameters"][0]["required"] = json!(true)
            }),
            ("gone: POST /v1/gifts answers 201", |it| remove(it, &format!("{POST}/responses"), "201")),
            ("gone: in NewGift.rail takes debit", |it| {
                it["components"]["schemas"]["NewGift"]["properties"]["rail"]["enum"] = json!(["card"])
            }),
            ("new: in NewGift needs rail", |it| {
                it["components"]["schemas"]["NewGift"]["required"] = json!(["amount", "rail"])
            }),
            ("gone: in NewGift.rail is string", |it| remove(it, &format!("{SCHEMAS}/NewGift/properties"), "rail")),
            ("new: out Gift.state answers with lost", |it| {
                it["components"]["schemas"]["Gift"]["properties"]["state"]["enum"] = json!(["open", "paid", "lost"])
            }),
            ("new: out Gift.id may be null", |it| {
                it["components"]["schemas"]["Gift"]["properties"]["id"]["type"] = json!(["string", "null"])
            }),
            ("gone: out Gift.id is string", |it| {
                it["components"]["schemas"]["Gift"]["properties"]["id"]["type"] = json!("integer")
            }),
            ("gone: webhook gift.paid", |it| remove(it, "/webhooks", "gift.paid")),
            ("gone: out webhook gift.paid header webhook-id is string", |it| {
                remove(it, "/webhooks/gift.paid/post", "parameters")
            }),
            ("gone: webhook gift.paid may be answered 410", |it| {
                remove(it, "/webhooks/gift.paid/post/responses", "410")
            }),
            ("gone: out Paid always has id", |it| it["components"]["schemas"]["Paid"]["required"] = json!([])),
            ("gone: out Gift always has state", |it| it["components"]["schemas"]["Gift"]["required"] = json!(["id"])),
            ("gone: out Gift.day is string date", |it| remove(it, &format!("{SCHEMAS}/Gift/properties"), "day")),
        ];
        for (expected, change) in breaks {
            let found = after(change);
            assert!(found.iter().any(|line| line == expected), "{expected}: {found:?}");
        }
    }

    #[test]
    fn p15_6_what_is_added_breaks_nothing() {
        let found = after(|it| {
            let new = it["paths"]["/v1/gifts"].clone();
            it["paths"]["/v1/loans"] = new;
            let new = it["webhooks"]["gift.paid"].clone();
            it["webhooks"]["gift.lost"] = new;
            it["paths"]["/v1/loans"]["post"]["parameters"][0]["required"] = json!(true);
            let post = it["paths"]["/v1/gifts"]["post"]["parameters"].as_array_mut().expect("a list");
            post.push(json!({"in": "query", "name": "note", "schema": {"type": "string"}}));
            let schemas = &mut it["components"]["schemas"];
            schemas["NewGift"]["properties"]["rail"]["enum"] = json!(["card", "debit", "transfer"]);
            schemas["NewGift"]["properties"]["note"] = json!({"type": "string"});
            schemas["Gift"]["properties"]["note"] = json!({"type": ["string", "null"], "enum": ["a", null]});
            schemas["Gift"]["required"] = json!(["id", "state", "day"]);
        });
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn p15_6_wherever_kinds_of_events_are_answered_more_may_come() {
        let contract =
            std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/partner.json")).expect("the contract is there");
        let promised = of(&serde_json::from_slice(&contract).expect("JSON"));
        let kind = " answers with charge.captured";
        let subjects: Vec<&str> =
            promised.iter().filter_map(|line| line.strip_prefix("- ")?.strip_suffix(kind)).collect();
        let others = ["out AllocationGroup.by", "out PartnerDayLine.kind"];
        let of_events: Vec<&str> = OPEN.iter().copied().filter(|open| !others.contains(open)).collect();
        assert_eq!(subjects, of_events);
    }
}
