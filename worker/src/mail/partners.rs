//! Mails to the people of partners about what is sent to their endpoints.

use super::templates::mail;

/// The notice that nothing more is sent to an endpoint.
pub(crate) struct WebhooksStopped {
    /// The name of the partner.
    pub(crate) partner: String,
    /// The id of the endpoint. Its address may hold a secret, and stays out.
    pub(crate) endpoint: String,
    /// What its partner calls it.
    pub(crate) called: String,
    /// The name of the book of which it is sent events.
    pub(crate) book: String,
    /// Since when, by the clock of the book.
    pub(crate) since: String,
    /// Why, as half a sentence.
    pub(crate) why: &'static str,
}
mail!(WebhooksStopped: "partners/webhooks_stopped.subject.txt", "partners/webhooks_stopped.txt", "partners/webhooks_stopped.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn wh_the_notice_names_the_endpoint_and_why_and_what_its_partner_wrote_is_text() {
        let mail = WebhooksStopped {
            partner: "Fans <of> Machines".into(),
            endpoint: "whe_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy".into(),
            called: "<b>shop</b>".into(),
            book: "Common Host".into(),
            since: "20 November 2026, 12:00:00 UTC".into(),
            why: "it answered 410",
        };
        let mail = mail.render().unwrap();
        assert!(mail.subject.contains("Fans <of> Machines") && !mail.html.contains("<of>"), "{}", mail.html);
        assert!(!mail.html.contains("<b>shop"), "{}", mail.html);
        for text in [mail.text, mail.html] {
            for told in ["whe_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy", "Common Host", "12:00:00 UTC", "answered 410"] {
                assert!(text.contains(told), "{told}: {text}");
            }
        }
    }
}
