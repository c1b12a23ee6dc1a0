//! Mails to the people of partners about what is sent to their endpoints.

use super::templates::{Letter, Mail};
use crate::texts::{Said, Value, say};

/// The notice that nothing more is sent to an endpoint.
pub(crate) struct WebhooksStopped {
    /// The partner, by its name.
    pub(crate) partner: String,
    /// The id of the endpoint.
    pub(crate) endpoint: String,
    /// What its partner calls it; empty when nothing.
    pub(crate) called: String,
    /// The book, by its name.
    pub(crate) book: String,
    /// Since when.
    pub(crate) since: Value,
    /// Why.
    pub(crate) why: Said,
}

impl Mail for WebhooksStopped {
    fn letter(&self) -> Letter {
        Letter::about(say("partners-stopped").with("partner", &self.partner))
            .says(say("partners-stopped-why").with("why", self.why.clone()))
            .fact(say("facts-endpoint"), &self.endpoint)
            .fact(say("facts-called"), &self.called)
            .fact(say("facts-book"), &self.book)
            .fact(say("facts-since"), &self.since)
            .aside(say("partners-stopped-mend").with("endpoint", &self.endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn wh_the_notice_names_the_endpoint_and_why_and_what_its_partner_wrote_is_text() {
        let mail = WebhooksStopped {
            partner: "Fans <of> Machines".into(),
            endpoint: "whe_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy".into(),
            called: "<b>shop</b>".into(),
            book: "Common Host".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
            why: say("partners-stopped-gone"),
        };
        let mail = mail.render(Language::English).unwrap();
        assert!(mail.subject.contains("Fans <of> Machines") && !mail.html.contains("<of>"), "{}", mail.html);
        assert!(!mail.html.contains("<b>shop"), "{}", mail.html);
        for text in [mail.text, mail.html] {
            for told in ["whe_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy", "Common Host", "12:00:00 UTC", "answered 410"] {
                assert!(text.contains(told), "{told}: {text}");
            }
        }
    }
}
