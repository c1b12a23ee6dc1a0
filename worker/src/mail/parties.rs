//! Mails to people who sign in.

use super::templates::{Letter, Mail};
use crate::texts::{Value, say};

/// The mail with the link that signs a person in.
pub(crate) struct SignIn {
    /// The link with its secret.
    pub(crate) link: String,
    /// What may be typed instead in the browser that asked; empty when none did.
    pub(crate) code: String,
    /// How long they work, in minutes.
    pub(crate) minutes: i64,
}

impl Mail for SignIn {
    fn letter(&self) -> Letter {
        let letter = Letter::about(say("parties-sign-in-subject").with("minutes", self.minutes))
            .headed(say("parties-sign-in"))
            .says(say("parties-sign-in-works").with("minutes", self.minutes))
            .link(say("parties-sign-in"), &self.link);
        let letter = match self.code.as_str() {
            "" => letter,
            code => letter.says(say("parties-sign-in-code")).large(code),
        };
        letter.aside(say("parties-sign-in-not-asked"))
    }
}

/// The mail with the link by which a role is accepted.
pub(crate) struct Invited {
    /// The link with its secret.
    pub(crate) link: String,
    /// The organisation, by its name.
    pub(crate) organisation: String,
    /// The role, in words.
    pub(crate) role: Value,
    /// The last day of the invitation.
    pub(crate) until: Value,
}

impl Mail for Invited {
    fn letter(&self) -> Letter {
        let organisation = &self.organisation;
        let subject = say("parties-invitation-subject").with("organisation", organisation).with("role", &self.role);
        Letter::about(subject)
            .headed(say("parties-invitation").with("organisation", organisation))
            .says(say("parties-invitation-what").with("organisation", organisation).with("role", &self.role))
            .says(say("parties-invitation-how").with("until", &self.until))
            .link(say("parties-invitation-accept"), &self.link)
            .aside(say("parties-invitation-or-not"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Language;

    #[test]
    fn the_mail_of_a_sign_in_carries_its_link_and_for_how_long_it_works() {
        let link = "https://purse.example.org/sign-in/t0ken";
        let mail =
            SignIn { link: link.into(), code: "1234 5678".into(), minutes: 15 }.render(Language::English).unwrap();
        assert!(mail.text.contains(link) && mail.html.contains(link) && mail.text.contains("15 minutes"));
        assert!(mail.text.contains("1234 5678") && mail.html.contains("1234 5678"), "{}", mail.text);
        let mail = SignIn { link: link.into(), code: String::new(), minutes: 15 }.render(Language::English).unwrap();
        assert!(!mail.text.contains("code") && !mail.html.contains("code"), "{}", mail.text);
    }

    #[test]
    fn the_mail_of_an_invitation_says_who_invites_to_what_and_until_when() {
        let link = "https://purse.example.org/invitations/t0ken";
        let mail = Invited {
            link: link.into(),
            organisation: "Press & Makers".into(),
            role: "auditor".into(),
            until: "10 December 2026".into(),
        };
        let mail = mail.render(Language::English).unwrap();
        assert_eq!(mail.subject, "Press & Makers invites you as auditor");
        for text in [link, "Press & Makers", "auditor", "10 December 2026"] {
            assert!(mail.text.contains(text), "{text}: {}", mail.text);
        }
        assert!(mail.html.contains("Press &#38; Makers") && mail.html.contains(link), "{}", mail.html);
    }
}
