//! What the parties are and may do: kinds of organisations, roles of people in them, scopes of partners' tokens.

use crate::words::words;

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
    }
}

/// An e-mail address: in lower case, 3 to 254 characters, one `@` with something on both sides.
///
/// Whether mail arrives there is found out by sending some.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Email, NotAnEmail> {
        let text = text.to_lowercase();
        let (local, domain) = text.split_once('@').ok_or(NotAnEmail)?;
        let plain = |part: &str| {
            !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "@<>,;\"".contains(c))
        };
        if !plain(local) || !plain(domain) || domain.starts_with('.') || domain.ends_with('.') {
            return Err(NotAnEmail);
        }
        if text.chars().count() > 254 {
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
    fn an_address_is_kept_in_lower_case_and_what_is_none_is_refused() {
        assert_eq!("Ada@Example.org".parse::<Email>().as_ref().map(Email::as_str), Ok("ada@example.org"));
        let long = format!("{}@example.org", "a".repeat(250));
        for text in ["", "ada", "@", "ada@", "@example.org", "a b@c", "a@b@c", "a@b\n", "a@.org", "a@b,c@d", &long] {
            assert_eq!(text.parse::<Email>(), Err(NotAnEmail), "{text}");
        }
    }
}
