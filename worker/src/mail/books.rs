//! Mails about books, to those who run the installation.

use super::templates::mail;

/// The notice that a book differs from itself, and takes no record.
pub(crate) struct Frozen {
    /// The name of the book.
    pub(crate) name: String,
    /// Its outside id.
    pub(crate) book: String,
    /// Since when, by the wall clock.
    pub(crate) since: String,
    /// The differences in words.
    pub(crate) found: Vec<String>,
}
mail!(Frozen: "books/frozen.subject.txt", "books/frozen.txt", "books/frozen.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn the_notice_of_a_freeze_says_what_was_found_and_how_to_go_on() {
        let mail = Frozen {
            name: "Commons Host".into(),
            book: "bok_1".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
            found: vec!["account 3: balance 5/0".into()],
        };
        let mail = mail.render().unwrap();
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
