//! Mails to the people of partners about those who pay through them.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// The notice that somebody seems to try cards through a partner.
pub(crate) struct CardTesting {
    /// The partner, by its name.
    pub(crate) partner: String,
    /// The book, by its name.
    pub(crate) book: String,
    /// Since when.
    pub(crate) since: Value,
}

impl Mail for CardTesting {
    fn letter(&self) -> Letter {
        Letter::about(say("pledging-cards").with("partner", &self.partner))
            .says(say("pledging-cards-what"))
            .fact(say("facts-book"), &self.book)
            .fact(say("facts-since"), &self.since)
            .aside(say("pledging-cards-mend"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn p14_the_notice_names_the_partner_the_book_and_since_when() {
        let mail = CardTesting {
            partner: "Fans <of> Machines".into(),
            book: "Common Host".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        assert!(mail.subject.contains("Fans <of> Machines") && !mail.html.contains("<of>"), "{}", mail.html);
        for text in [mail.text, mail.html] {
            assert!(text.contains("Common Host") && text.contains("12:00:00 UTC"), "{text}");
        }
    }
}
