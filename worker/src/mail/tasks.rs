//! The mail of the day about what waits for a person.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};
use ledger::desk::rules::task::Task;

/// So many tasks are named; of the others the mail says how many there are.
const NAMED_MOST: usize = 20;

/// What waits for a person.
pub(crate) struct Waiting {
    /// The tasks, what ends first before the others.
    pub(crate) tasks: Vec<Task>,
    /// The page that has them all.
    pub(crate) link: String,
}

/// A task in a line: what it is about, in which book, until when.
fn line(task: &Task) -> Said {
    let book = task.book.as_ref().map(|(_, name)| name.as_str());
    let until = task.until.map(Value::Moment);
    let (title, book) = match (task.title.as_str(), book) {
        ("", Some(book)) => (book, None),
        (title, book) => (title, book),
    };
    let said = match (&book, &until) {
        (Some(_), Some(_)) => say("parties-task-in-until"),
        (Some(_), None) => say("parties-task-in"),
        (None, Some(_)) => say("parties-task-until"),
        (None, None) => say("parties-task"),
    };
    let said = said.with("title", title);
    let said = match book {
        Some(book) => said.with("book", book),
        None => said,
    };
    match until {
        Some(until) => said.with("until", until),
        None => said,
    }
}

impl Mail for Waiting {
    fn letter(&self) -> Letter {
        let count = i64::try_from(self.tasks.len()).unwrap_or(i64::MAX);
        let letter = Letter::about(say("parties-tasks-subject").with("count", count)).headed(say("parties-tasks"));
        let named = self.tasks.iter().take(NAMED_MOST);
        let letter = named.fold(letter, |letter, task| letter.fact(say(catalogue::task(task.kind)), line(task)));
        let more = self.tasks.len().saturating_sub(NAMED_MOST);
        let letter = match i64::try_from(more) {
            Ok(0) | Err(_) => letter,
            Ok(more) => letter.says(say("parties-tasks-more").with("more", more)),
        };
        letter.link(say("parties-tasks-all"), &self.link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;
    use jiff::Timestamp;
    use ledger::desk::rules::task::{TaskKind, TaskObject};
    use ledger::id::{BookId, BookRef, ClaimId, InvitationId};

    fn review(number: usize, title: &str) -> Task {
        let book = BookRef::generate(BookId(1));
        Task {
            kind: TaskKind::ReviewClaim,
            object: TaskObject::Claim(ClaimId::generate(BookId(1))),
            title: if title.is_empty() { String::new() } else { format!("{title} {number}") },
            book: Some((book, "Press Makers".into())),
            until: number.is_multiple_of(2).then_some(Timestamp::UNIX_EPOCH),
        }
    }

    #[test]
    fn the_mail_of_the_day_names_what_waits_and_how_much_more_there_is() {
        let invited = Task {
            kind: TaskKind::AcceptInvitation,
            object: TaskObject::Invitation(InvitationId::generate()),
            title: "Saw <Mill>".into(),
            book: None,
            until: Some(Timestamp::UNIX_EPOCH),
        };
        let one = Waiting { tasks: vec![invited.clone()], link: "https://purse.example.org/me".into() };
        let mail = one.render(Language::English).unwrap();
        assert_eq!(mail.subject, "One thing waits for you");
        assert!(mail.text.contains("Accept an invitation") && mail.text.contains("Saw <Mill>, until"), "{}", mail.text);
        assert!(!mail.html.contains("<Mill>"), "{}", mail.html);

        let mut tasks = vec![invited, review(1, ""), review(2, "")];
        tasks.extend((3..25).map(|number| review(number, "The frame")));
        let mail = Waiting { tasks, link: "https://purse.example.org/me".into() }.render(Language::German).unwrap();
        assert_eq!(mail.subject, "25 Dinge warten auf Sie");
        assert!(
            mail.text.contains("The frame 19, Press Makers") && !mail.text.contains("The frame 20"),
            "{}",
            mail.text
        );
        assert!(mail.text.contains("5 weitere"), "{}", mail.text);
    }
}
