//! The shapes of values, as far as the handlers' own words do not say them: ids, codes, days, choices of words, pages.

use super::{events, words};
use ledger::evidence::EvidenceKind;
use ledger::parties::rules::role::Scope;
use ledger::payouts::rules::payout::Source;
use ledger::service::event::EventKind;
use ledger::text::ACCOUNT_CODE_MAX;
use serde_json::{Map, Value, json};

/// Shapes a parameter of the operation at a path.
pub(super) fn parameter(path: &str, parameter: &mut Value) {
    days(&mut parameter["schema"]);
    if let Some(prefix) = id_prefix(path, parameter) {
        let length = if PREFIXES_OF_PARTIES.contains(&prefix) { 26 } else { 32 };
        parameter["schema"]["pattern"] = json!(format!("^{prefix}_[a-z2-7]{{{length}}}$"));
    }
    choices(&mut parameter["schema"]);
    if (path, parameter["name"].as_str()) == ("/v1/events", Some("kind")) {
        parameter["schema"]["enum"] = json!(EventKind::words());
    }
}

/// Shapes all schemas: those of pages refer to what they list, closed sets of words are enumerations.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in &names {
        if let Some(listed) = name.strip_prefix("Page_") {
            link_items(schemas, name, listed);
        }
    }
    schemas.insert("Currency".to_owned(), words::currency());
    for (name, shape) in schemas.iter_mut() {
        schema(shape);
        choices(shape);
        words::close(name, shape);
        events::shape(name, shape);
    }
}

/// Lets a page refer to the schema of what it lists, which it holds itself until then.
fn link_items(schemas: &mut Map<String, Value>, page: &str, listed: &str) {
    let Some(items) = schemas.get_mut(page).and_then(|page| page.pointer_mut("/properties/items/items")) else {
        return;
    };
    let inside = std::mem::replace(items, json!({"$ref": format!("#/components/schemas/{listed}")}));
    if inside.get("$ref").is_some() {
        *items = inside;
    } else {
        schemas.entry(listed).or_insert(inside);
    }
}

/// Makes an enumeration of a pattern that is a choice of words, and lets currencies refer to their list.
fn choices(schema: &mut Value) {
    let Some(parts) = schema.as_object_mut() else {
        schema.as_array_mut().into_iter().flatten().for_each(choices);
        return;
    };
    if let Some(pattern) = parts.get("pattern").and_then(Value::as_str) {
        if pattern == CURRENCY {
            parts.remove("pattern");
            parts.remove("type");
            parts.insert("$ref".to_owned(), json!("#/components/schemas/Currency"));
        } else if let Some(choice) = choice(pattern) {
            parts.remove("pattern");
            let null = parts["type"].as_array().filter(|types| types.contains(&json!("null"))).map(|_| Value::Null);
            parts.insert("enum".to_owned(), choice.into_iter().map(Value::from).chain(null).collect());
        }
    }
    parts.values_mut().for_each(choices);
}

/// The words of a pattern that is nothing else: `^word$` or `^(one|other)$`.
fn choice(pattern: &str) -> Option<Vec<String>> {
    let inside = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let inside = inside.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inside);
    let is_word = |word: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        !word.is_empty() && word.bytes().all(plain)
    };
    inside.split('|').all(is_word).then(|| inside.split('|').map(str::to_owned).collect())
}

/// The pattern of currencies in the handlers.
const CURRENCY: &str = "^[A-Z]{3}$";

/// The prefixes of ids of what belongs to no book: they are shorter.
const PREFIXES_OF_PARTIES: &[&str] = &["inv", "org", "psn", "pcr"];

/// The prefix of the ids below a segment of a path.
const ID_PREFIXES: &[(&str, &str)] = &[
    ("advances", "adv"),
    ("affiliations", "afl"),
    ("allocation-rules", "alr"),
    ("appeals", "apl"),
    ("awards", "awd"),
    ("bank-accounts", "bac"),
    ("bank-differences", "bdf"),
    ("bank-lines", "bln"),
    ("bank-statement-files", "bsf"),
    ("books", "bok"),
    ("holds", "hld"),
    ("campaigns", "cmp"),
    ("challenges", "chl"),
    ("charges", "chg"),
    ("chargebacks", "cbk"),
    ("claims", "clm"),
    ("contributions", "ctb"),
    ("cooperatives", "bok"),
    ("credentials", "pcr"),
    ("receivables", "org"),
    ("disputes", "dsp"),
    ("updates", "upd"),
    ("distributions", "dst"),
    ("donor-links", "dlk"),
    ("donors", "dnr"),
    ("entrants", "ent"),
    ("evidence-fetches", "evf"),
    ("files", "fil"),
    ("invitations", "inv"),
    ("jobs", "job"),
    ("join-requests", "jrq"),
    ("joining-contributions", "jco"),
    ("matching-rounds", "mrd"),
    ("members", "mbr"),
    ("memberships", "psn"),
    ("milestones", "mls"),
    ("milestone-applications", "map"),
    ("milestone-calls", "mcl"),
    ("organisations", "org"),
    ("partners", "org"),
    ("payout-runs", "prn"),
    ("payout-files", "pfl"),
    ("payouts", "pay"),
    ("persons", "psn"),
    ("plan-changes", "plc"),
    ("plan-moves", "pmv"),
    ("pledges", "plg"),
    ("openings", "opn"),
    ("vat-declarations", "vat"),
    ("proceeds", "prc"),
    ("purse-contributions", "pct"),
    ("redemptions", "rdm"),
    ("refunds", "rfd"),
    ("proposals", "prp"),
    ("programmes", "prg"),
    ("products", "prd"),
    ("successions", "scs"),
    ("remittances", "rmt"),
    ("incoming-remittances", "irm"),
    ("hires", "hir"),
    ("releases", "rel"),
    ("results", "res"),
    ("settlement-comparisons", "scm"),
    ("settlements", "stl"),
    ("share-plans", "shp"),
    ("statements", "stm"),
    ("submissions", "sub"),
    ("suspense", "sus"),
    ("deliveries", "evt"),
    ("webhook-endpoints", "whe"),
    ("withdrawals", "wdr"),
    ("custodian-freezes", "cfz"),
    ("custodians", "org"),
];

/// The prefix of the id that a parameter of a path is, by the segment that it follows.
fn id_prefix(path: &str, parameter: &Value) -> Option<&'static str> {
    let name = parameter["name"].as_str().filter(|_| parameter["in"] == "path")?;
    let (before, _) = path.split_once(&format!("/{{{name}}}"))?;
    let segment = before.rsplit('/').next()?;
    ID_PREFIXES.iter().find(|(of_segment, _)| *of_segment == segment).map(|(_, prefix)| *prefix)
}

/// Says what the handlers do not: what the code of an account looks like, wherever a text may be as long as one, and the items of
/// lists.
fn schema(schema: &mut Value) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(Map::values_mut) {
        if field["maxLength"] == ACCOUNT_CODE_MAX && field.get("pattern").is_none() {
            field["pattern"] = json!(ACCOUNT_CODE);
        }
    }
    days(schema);
    // The macro has no words for the items of a list.
    if let Some(items) =
        schema.pointer_mut("/properties/evidence_sha256/items").filter(|items| items["type"] == "string")
    {
        items["pattern"] = json!("^[0-9a-fA-F]{64}$");
    }
    let sources = schema.pointer_mut("/properties/sources").filter(|sources| sources["maxItems"] == 4);
    if let Some(items) = sources.and_then(|sources| sources.get_mut("items")) {
        items["enum"] = Source::ALL.iter().map(ToString::to_string).map(Value::from).collect();
    }
    if let Some(items) = schema.pointer_mut("/properties/payouts/items").filter(|items| items["type"] == "string") {
        items["pattern"] = json!("^pay_[a-z2-7]{32}$");
    }
    let scopes = schema.pointer_mut("/properties/scopes").filter(|scopes| scopes["maxItems"].is_number());
    if let Some(items) = scopes.and_then(|scopes| scopes.get_mut("items")) {
        items["enum"] = json!(Scope::ALL);
    }
    let kinds = schema.pointer_mut("/properties/kinds").filter(|kinds| kinds["maxItems"].is_number());
    if let Some(items) = kinds.and_then(|kinds| kinds.get_mut("items")) {
        items["enum"] = json!(EventKind::words());
    }
    if let Some(items) = schema.pointer_mut("/properties/gate/items").filter(|items| items["type"] == "string") {
        items["enum"] = json!(EvidenceKind::ALL);
    }
}

/// Says of days and moments that their years have four digits: others are neither in the calendar nor in the database.
fn days(schema: &mut Value) {
    let pattern = match schema["format"].as_str() {
        Some("date") => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Some("date-time") => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]"),
        Some(_) | None => None,
    };
    match (pattern, schema) {
        (Some(pattern), schema) => schema["pattern"] = json!(pattern),
        (None, Value::Object(parts)) => parts.values_mut().for_each(days),
        (None, Value::Array(parts)) => parts.iter_mut().for_each(days),
        (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
    }
}

/// The code of an account: the root of its kind, and one to seven parts.
const ACCOUNT_CODE: &str = "^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$";
