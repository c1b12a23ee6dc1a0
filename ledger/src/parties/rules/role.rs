//! What the parties are and may do: kinds of organisations, roles of people in them, scopes of partners' tokens.

use crate::words::words;
use email_address::EmailAddress;

words! {
    /// What a person may do in an organisation. `operator` is none of them: it belongs to the installation.
    Role, "role" {
        /// Runs the organisation: roles, credentials, campaigns.
        Owner = "owner",
        /// Keeps its books.
        Treasurer = "treasurer",
        /// Approves payouts.
        Approver = "approver",
        /// Reviews claims of milestones.
        Reviewer = "reviewer",
        /// Scores entries of challenges.
        Judge = "judge",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Belongs to it.
        Member = "member",
    }
}

words! {
    /// What an organisation is.
    OrganisationKind, "kind of organisation" {
        /// Shares proceeds among its members.
        Cooperative = "cooperative",
        /// Holds money for projects.
        FiscalHost = "fiscal_host",
        /// Does the work and claims milestones.
        ProjectTeam = "project_team",
        /// Pays for prizes.
        Sponsor = "sponsor",
        /// Brings donors and their pledges by API.
        PartnerPlatform = "partner_platform",
        /// Produces.
        Enterprise = "enterprise",
    }
}

impl OrganisationKind {
    /// Whether it handles the money of others, so that only an operator admits it.
    pub fn is_admitted_by_operators(self) -> bool {
        match self {
            OrganisationKind::FiscalHost | OrganisationKind::PartnerPlatform => true,
            OrganisationKind::Cooperative
            | OrganisationKind::ProjectTeam
            | OrganisationKind::Sponsor
            | OrganisationKind::Enterprise => false,
        }
    }
}

words! {
    /// What the token of a partner may do. A partner sees only its own objects.
    Scope, "scope" {
        /// Read campaigns and their totals, and challenges.
        CampaignsRead = "campaigns:read",
        /// Read its pledges.
        PledgesRead = "pledges:read",
        /// Make, pause, resume and cancel its pledges.
        PledgesWrite = "pledges:write",
        /// Read the charges of its pledges.
        ChargesRead = "charges:read",
        /// Report and refund the charges of its pledges.
        ChargesWrite = "charges:write",
        /// Read the contributions that it brought to purses of challenges.
        ContributionsRead = "contributions:read",
        /// Bring contributions to purses and fees of entries, and report their capture.
        ContributionsWrite = "contributions:write",
        /// Read its settlements.
        SettlementsRead = "settlements:read",
        /// Move the clock of its sandbox books.
        ClockWrite = "clock:write",
        /// Read what it asked lately, and what it was answered.
        RequestsRead = "requests:read",
        /// Keep its webhook endpoints, and read what was sent to them.
        WebhooksWrite = "webhooks:write",
    }
}

/// An e-mail address: in lower case, 3 to 254 characters. Its parts are those that the mailer takes, by the same crate;
/// quoted names, addresses of machines by number and domains of one label are refused, as nobody gives them as their own.
///
/// Whether mail arrives there is found out by sending some.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The longest address, in characters (RFC 5321, 4.5.3.1.3 less the angle brackets).
    pub const MAX: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Email, NotAnEmail> {
        let text = text.to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let is_local = EmailAddress::is_valid_local_part(local) && !local.contains(['"', '@']);
        let is_domain = EmailAddress::is_valid_domain(domain) && !domain.starts_with('[');
        let top = domain.rsplit_once('.').map(|(_, top)| top).ok_or(NotAnEmail)?;
        let is_number = top.bytes().all(|byte| byte.is_ascii_digit());
        if !is_local || !is_domain || is_number || text.chars().count() > Email::MAX {
            return Err(NotAnEmail);
        }
        Ok(Email(text))
    }
}

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address such as \"ada@example.org\", of at most 254 characters")]
pub struct NotAnEmail;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_text_and_is_the_same_in_json() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().as_ref(), Ok(role));
            assert_eq!(serde_json::to_value(role).expect("a string"), role.as_str());
        }
        assert!("emperor".parse::<Role>().is_err());
    }

    #[test]
    fn an_address_is_kept_in_lower_case() {
        for (text, kept) in [("Ada@Example.org", "ada@example.org"), ("o'brien+x@a-b.example", "o'brien+x@a-b.example")]
        {
            assert_eq!(text.parse::<Email>().as_ref().map(Email::as_str), Ok(kept));
        }
    }

    #[test]
    fn fl36_what_no_mail_reaches_is_no_address() {
        let long = format!("{}@example.org", "a".repeat(250));
        let label = format!("a@{}.example", "b".repeat(64));
        let none =
            ["", "ada", "@", "ada@", "@example.org", "a b@c.d", "a@b@c.d", "a@b.c\n", "a@.org", "a@b,c@d.e", &long];
        let odd =
            [" a@donors.example", "a@donors.example ", "a,b@donors.example", "<a@x.y>", "a@[127.0.0.1]", "a@127.0.0.1"];
        let more = [
            "\"a b\"@x.y",
            "a..b@x.y",
            ".a@x.y",
            "a.@x.y",
            "a@x",
            "a@-x.y",
            "a@x..y",
            "a@x.y\0",
            "a\u{200b}@x.y",
            &label,
        ];
        for text in none.iter().chain(&odd).chain(&more) {
            assert_eq!(text.parse::<Email>(), Err(NotAnEmail), "{text}");
        }
    }
}
