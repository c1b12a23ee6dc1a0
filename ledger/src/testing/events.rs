//! What has happened in the book of a test.

use super::Ground;
use super::store::events as told;
use crate::service::event::EventKind;
use crate::service::store::events::{self, Event};
use uuid::Uuid;

impl Ground {
    /// All that has happened in the book, numbered.
    pub async fn events(&self) -> Vec<Event> {
        let client = self.client().await;
        while events::number(&client, self.book.id).await.expect("numbers") > 0 {}
        events::list(&client, self.book.id, 0, i64::MAX).await.expect("a list")
    }

    /// What happened to an object, in the order of the list.
    pub async fn events_of(&self, object: Uuid) -> Vec<EventKind> {
        self.events().await.into_iter().filter(|event| event.object == object).map(|event| event.kind).collect()
    }

    /// Fails unless each object has come to its state by events without a gap, each once.
    pub(super) async fn audit_events(&self) {
        let events = self.events().await;
        let owner = self.database_owner().await;
        // What was fired by hand has numbers of the same list.
        let mut numbers = told::fired(&owner, self.book.id).await.expect("a list");
        numbers.extend(events.iter().map(|event| event.number));
        numbers.sort_unstable();
        assert!(numbers.iter().zip(1..).all(|(given, number)| *given == number), "the numbers have a gap");
        let wrong = told::wrong(&owner, self.book.id).await.expect("a comparison");
        assert_eq!(wrong, Vec::<String>::new());
    }
}
