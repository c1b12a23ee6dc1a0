//! How an event is told outside, and to which partner: one answer for the list that is read and for whatever sends events by itself.

use crate::error::Error;
use crate::id::{EventId, OrganisationId, in_book};
use crate::money::{Currency, Unit};
use crate::parties::rules::role::Scope;
use crate::service::event::{EventKind, FACTS, Fact, FactKind, Family};
use crate::service::store::events::Event;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An event as it is told outside: ids with their prefixes, amounts as decimals with their currency. Its JSON is what the contract calls
/// an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Telling {
    /// It names the event wherever it is told.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The outside id of what it happened to.
    pub object: String,
    /// Grows with each event of the object.
    pub sequence: i64,
    /// The state that the object left; none when it is new.
    pub state_before: Option<String>,
    /// When it came to be so, in book time.
    pub at: Timestamp,
    /// When it was written, by the wall clock.
    pub recorded_at: Timestamp,
    /// What it tells besides, without personal data, by the names of [`FACTS`].
    pub facts: Map<String, Value>,
    /// Whether it was fired by hand in a sandbox book, and did not happen. What happened does not say so.
    #[serde(rename = "test", skip_serializing_if = "std::ops::Not::not")]
    pub is_test: bool,
}

impl Telling {
    /// An event of the list, as it is told.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] for a fact that is not what its name says.
    pub fn new(event: Event) -> Result<Telling, Error> {
        Ok(Telling {
            id: event.id,
            object: in_book(event.kind.family.prefix, event.id.book, event.object),
            facts: facts(&event)?,
            kind: event.kind,
            sequence: event.sequence,
            state_before: event.state_before,
            at: event.at,
            recorded_at: event.recorded_at,
            is_test: event.is_test,
        })
    }
}

/// The facts of an event as they are told.
fn facts(event: &Event) -> Result<Map<String, Value>, Error> {
    let wrong =
        |fact: &Fact| Error::inconsistent(format!("{}: the fact {} is not what it should be", event.id, fact.name));
    let uuid = |value: &Value| value.as_str().and_then(|text| text.parse::<Uuid>().ok());
    let currency = event.facts.get("currency").and_then(Value::as_str).and_then(|code| code.parse::<Currency>().ok());
    let mut told = Map::new();
    for fact in FACTS {
        let Some(value) = event.facts.get(fact.name) else { continue };
        let value = match fact.kind {
            FactKind::Object(prefix) => uuid(value).map(|object| json!(in_book(prefix, event.id.book, object))),
            FactKind::Organisation => uuid(value).map(|id| json!(OrganisationId(id))),
            FactKind::Money => value.as_i64().zip(currency).map(|(minor, currency)| {
                let unit = Unit::from(currency);
                json!({ "amount": unit.format(minor), "currency": unit.code() })
            }),
            FactKind::Day | FactKind::Number | FactKind::Word => Some(value.clone()),
        };
        told.insert(fact.name.to_owned(), value.ok_or_else(|| wrong(fact))?);
    }
    Ok(told)
}

/// The scope with which a partner is told the events of a family; none when they are no partner's.
pub fn scope(family: &Family) -> Option<Scope> {
    match family.name {
        "donor" | "pledge" | "pledge_move" | "plan_change" | "plan_move" => Some(Scope::PledgesRead),
        "charge" => Some(Scope::ChargesRead),
        "settlement" => Some(Scope::SettlementsRead),
        "webhook_endpoint" => Some(Scope::WebhooksWrite),
        "purse_contribution" | "entrant" | "withdrawn_entry" => Some(Scope::ContributionsRead),
        _ => None,
    }
}

/// Whether a partner with these scopes is told the events of a family, of what it brought itself.
pub fn is_told(family: &Family, scopes: &[Scope]) -> bool {
    scope(family).is_some_and(|scope| scopes.contains(&scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::service::event::{Audience, FAMILIES};

    fn captured(facts: &Value) -> Event {
        let at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        Event {
            id: EventId::new(BookId(7), Uuid::from_u128(1)),
            number: 3,
            kind: "charge.captured".parse().unwrap(),
            object: Uuid::from_u128(2),
            sequence: 2,
            state_before: Some("processing".into()),
            at,
            recorded_at: at,
            facts: facts.as_object().unwrap().clone(),
            is_test: false,
        }
    }

    #[test]
    fn what_a_partner_reads_with_a_scope_is_no_part_of_what_everybody_reads() {
        let mut with_scope = 0;
        for family in FAMILIES.iter().filter(|family| scope(family).is_some()) {
            assert_ne!(family.audience, Audience::Readers, "{}", family.name);
            with_scope += 1;
        }
        assert_eq!(with_scope, 11);
    }

    #[test]
    fn a_partner_is_told_with_the_scope_of_a_family_and_with_no_other() {
        let charge = captured(&json!({})).kind.family;
        assert!(is_told(charge, &[Scope::PledgesRead, Scope::ChargesRead]));
        assert!(!is_told(charge, &[Scope::PledgesRead, Scope::ChargesWrite]));
        assert!(!is_told(charge, &[]));
        let readers = FAMILIES.iter().find(|family| family.audience == Audience::Readers).unwrap();
        assert!(!is_told(readers, Scope::ALL));
    }

    #[test]
    fn an_event_is_told_with_outside_ids_and_decimals_and_nothing_that_is_no_fact() {
        let pledge = Uuid::from_u128(3);
        let event =
            captured(&json!({ "pledge": pledge, "amount": 25_005, "currency": "USD", "email": "ada@example.org" }));
        let told = serde_json::to_value(Telling::new(event).unwrap()).unwrap();
        assert_eq!(told["kind"], "charge.captured");
        assert_eq!(told["object"], in_book("chg", BookId(7), Uuid::from_u128(2)));
        assert_eq!(
            told["facts"],
            json!({ "pledge": in_book("plg", BookId(7), pledge), "amount": { "amount": "250.05", "currency": "USD" }, "currency": "USD" })
        );
        assert_eq!((&told["sequence"], &told["state_before"]), (&json!(2), &json!("processing")));
        assert_eq!(told["at"], "2026-11-20T10:00:00Z");
    }

    #[test]
    fn a_fact_that_is_not_what_its_name_says_is_told_to_nobody() {
        for wrong in [
            json!({ "pledge": "ada@example.org" }),
            json!({ "amount": 5 }),
            json!({ "amount": "5", "currency": "USD" }),
        ] {
            assert!(Telling::new(captured(&wrong)).is_err(), "{wrong}");
        }
    }
}
