//! Events that a partner fires by hand in a sandbox book, to see them arrive. Nothing happens by them but that: they stand in a table of their own,
//! which only the list that the partner reads and what is sent to its endpoints look at.

use crate::book::Mode;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::OrganisationId;
use crate::parties::rules::role::Scope;
use crate::partners::store::told::{self, Fired};
use crate::partners::telling::is_told;
use crate::service::event::EventKind;
use crate::service::store::events::{self, Event};
use deadpool_postgres::Transaction;
use uuid::Uuid;

/// How many events a partner fires in a book within a minute.
pub const A_MINUTE: i32 = 60;

/// Fires an event of a kind. With an object of the partner it tells of that as it stands; without one of something that is made up.
///
/// # Errors
///
/// `events-fired-in-sandboxes-only`; `events-fired-enough`; [`Error::Invalid`] at `/kind` for one that the scopes do not read, and at `/object` for
/// what the partner has not brought, or of which it is told no such events.
pub async fn fire(
    tx: &Transaction<'_>,
    book: &Book,
    (partner, scopes): (OrganisationId, &[Scope]),
    kind: EventKind,
    object: Option<Uuid>,
) -> Result<Event, Error> {
    if book.mode != Mode::Sandbox {
        let told = "the book is a live one: what its events tell has happened";
        return Err(Refusal::new("events-fired-in-sandboxes-only", told).into());
    }
    if !is_told(kind.family, scopes) {
        return Err(Error::invalid("/kind", "the token has not the scope that reads these events"));
    }
    // What has committed before comes before.
    while events::number(tx, book.id).await? >= events::SLICE_MAX {}
    let last = match object {
        Some(object) => Some(last_of(tx, book, partner, kind, object).await?),
        None => None,
    };
    let fired = told::fire(tx, book.id, partner, &drawn(kind, last.as_ref()), A_MINUTE).await?;
    fired.ok_or_else(|| {
        let told = format!("you have fired {A_MINUTE} events in this book within a minute, and more are not taken");
        Refusal::new("events-fired-enough", told).into()
    })
}

/// The last event of an object that the partner has brought, of the family of a kind.
async fn last_of(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    kind: EventKind,
    object: Uuid,
) -> Result<Event, Error> {
    let kinds: Vec<String> = EventKind::all()
        .iter()
        .filter(|known| known.family.name == kind.family.name)
        .map(ToString::to_string)
        .collect();
    let found = told::last_of_object(tx, book.id, object, partner, &kinds).await?;
    found.ok_or_else(|| Error::invalid("/object", "nothing that you brought and of which there is such an event"))
}

/// What is told: the example of the kind, with what the last event of the object tells in its place.
fn drawn(kind: EventKind, last: Option<&Event>) -> Fired {
    let example = kind.example();
    let mut facts = kind.example_facts(Uuid::now_v7);
    for (name, value) in last.into_iter().flat_map(|last| &last.facts) {
        if let Some(place) = facts.get_mut(name) {
            *place = value.clone();
        }
    }
    let came_from = last.map(|last| last.kind.state).filter(|state| *state != kind.state);
    Fired {
        kind: kind.to_string(),
        object: last.map_or_else(Uuid::now_v7, |last| last.object),
        sequence: last.map_or(1 + i64::from(example.state_before.is_some()), |last| last.sequence + 1),
        state_before: came_from.or(example.state_before).map(str::to_owned),
        facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BookId, EventId};
    use crate::partners::telling::{Telling, scope};
    use jiff::Timestamp;
    use serde_json::json;

    fn event(fired: Fired) -> Event {
        let Fired { kind, object, sequence, state_before, facts } = fired;
        let at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        Event {
            id: EventId::new(BookId(7), Uuid::now_v7()),
            number: 1,
            kind: kind.parse().unwrap(),
            object,
            sequence,
            state_before,
            at,
            recorded_at: at,
            facts,
            is_test: true,
        }
    }

    #[test]
    fn sbx_what_is_fired_of_each_kind_can_be_told_and_says_that_it_is_a_test() {
        let mut fired = 0;
        for kind in EventKind::all().iter().filter(|kind| scope(kind.family).is_some()) {
            let told = serde_json::to_value(Telling::new(event(drawn(*kind, None))).unwrap()).unwrap();
            assert_eq!((&told["kind"], &told["test"]), (&json!(kind), &json!(true)));
            assert_eq!(told["facts"].as_object().unwrap().len(), kind.example().facts.len(), "{told}");
            fired += 1;
        }
        assert!(fired > 40, "{fired}");
    }

    #[test]
    fn sbx_an_object_is_told_of_as_it_stands_and_what_it_does_not_say_is_made_up() {
        let pledge = Uuid::now_v7();
        let mut last = event(drawn("charge.processing".parse().unwrap(), None));
        last.facts.insert("pledge".into(), json!(pledge));
        last.facts.insert("amount".into(), json!(12_345));
        last.sequence = 4;
        let fired = drawn("charge.captured".parse().unwrap(), Some(&last));
        assert_eq!((fired.object, fired.sequence), (last.object, 5));
        assert_eq!(fired.state_before.as_deref(), Some("processing"));
        assert_eq!((&fired.facts["pledge"], &fired.facts["amount"]), (&json!(pledge), &json!(12_345)));
        assert_eq!(fired.facts["captured_on"], "2027-02-01");
        assert!(!fired.facts.contains_key("retry_on"));
        // Again what it is already: as it comes to be so for the first time.
        let again = drawn("charge.processing".parse().unwrap(), Some(&last));
        assert_eq!(again.state_before, None);
    }
}
