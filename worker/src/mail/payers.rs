//! Mails to the people of partners about those who pay through them.

use super::templates::mail;

/// The notice that somebody tries cards.
pub(crate) struct CardTesting {
    /// The name of the partner.
    pub(crate) partner: String,
    /// The name of the book in which pledges are refused.
    pub(crate) book: String,
    /// When one was refused, by the wall clock.
    pub(crate) since: String,
}
mail!(CardTesting: "pledging/card_testing.subject.txt", "pledging/card_testing.txt", "pledging/card_testing.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn p14_the_notice_names_the_partner_the_book_and_since_when() {
        let mail = CardTesting {
            partner: "Fans <of> Machines".into(),
            book: "Common Host".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
        };
        let mail = mail.render().unwrap();
        assert!(mail.subject.contains("Fans <of> Machines") && !mail.html.contains("<of>"), "{}", mail.html);
        for text in [mail.text, mail.html] {
            assert!(text.contains("Common Host") && text.contains("12:00:00 UTC"), "{text}");
        }
    }
}
