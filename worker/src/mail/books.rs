//! Mails about books, to those who run the installation.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// The notice to an operator that a book is frozen.
pub(crate) struct Frozen {
    /// The book, by its name.
    pub(crate) name: String,
    /// The id of the book.
    pub(crate) book: String,
    /// Since when.
    pub(crate) since: Value,
    /// What was found, a line each.
    pub(crate) found: Vec<String>,
}

impl Mail for Frozen {
    fn letter(&self) -> Letter {
        Letter::about(say("books-frozen-subject").with("name", &self.name))
            .headed(say("books-frozen").with("name", &self.name))
            .says(say("books-frozen-what").with("book", &self.book).with("since", &self.since))
            .lines(&self.found)
            .says(say("books-frozen-find-out"))
            .typed(format!("commonpurse book release {} --reason \"{}\"", self.book, "what was found and done"))
            .aside(say("books-frozen-then"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn the_notice_of_a_freeze_says_what_was_found_and_how_to_go_on() {
        let mail = Frozen {
            name: "Commons Host".into(),
            book: "bok_1".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
            found: vec!["account 3: balance 5/0".into()],
        };
        let mail = mail.render(Language::English).unwrap();
        assert!(mail.subject.contains("Commons Host"));
        let marked = mail.clone().marked();
        assert_eq!(marked.subject, format!("[test] {}", mail.subject));
        assert!(marked.text.starts_with("[test] ") && marked.text.ends_with(&mail.text), "{}", marked.text);
        assert!(marked.html.contains("<p>[test] "), "{}", marked.html);
        for text in [mail.text, mail.html] {
            assert!(text.contains("account 3: balance 5/0"), "{text}");
            assert!(text.contains("commonpurse book release bok_1"), "{text}");
        }
    }
}
