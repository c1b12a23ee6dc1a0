//! Who takes part: kinds of organisations, roles of persons, how private a donor is, in which mode and for whose eyes a book is.

use super::words::words;

words! {
    /// What an organisation is; it never changes.
    OrganisationKind, "kind of organisation" {
        /// Owned by its members.
        Cooperative = "cooperative",
        /// Holds money for projects that have no legal person of their own.
        FiscalHost = "fiscal_host",
        /// Does the work, claims milestones.
        ProjectTeam = "project_team",
        /// Funds purses and programmes.
        Sponsor = "sponsor",
        /// Brings donors and their pledges.
        PartnerPlatform = "partner_platform",
        /// Produces from a published design.
        Enterprise = "enterprise",
    }
}

words! {
    /// What a person may do in an organisation.
    Role, "role" {
        /// Everything, roles included.
        Owner = "owner",
        /// Books, campaigns and payouts.
        Treasurer = "treasurer",
        /// Approves what others ask for.
        Approver = "approver",
        /// Reviews claims.
        Reviewer = "reviewer",
        /// Judges submissions.
        Judge = "judge",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Belongs to it.
        Member = "member",
    }
}

words! {
    /// Who may see a donor's name.
    Privacy, "privacy level" {
        /// Anybody.
        Public = "public",
        /// The host of the campaign, for its receipts.
        HostOnly = "host_only",
        /// Nobody: only the partner knows it.
        Anonymous = "anonymous",
    }
}

words! {
    /// Whether money is real.
    Mode, "mode" {
        /// Real money.
        Live = "live",
        /// For trying things out: no rail of it reaches a bank, and its clock can be put ahead.
        Sandbox = "sandbox",
    }
}

words! {
    /// Who may read a book.
    Visibility, "visibility" {
        /// Its own roles.
        Private = "private",
        /// All members of its organisation.
        Members = "members",
        /// Everybody.
        Public = "public",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_as_its_variant_and_no_other_word_does() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(*role));
        }
        for kind in OrganisationKind::ALL {
            let json = serde_json::to_string(kind).expect("a word");
            assert_eq!(serde_json::from_str::<OrganisationKind>(&json).expect("the same word"), *kind);
        }
        let error = "Owner".parse::<Mode>().expect_err("no mode");
        assert_eq!(error.to_string(), "unknown mode: use one of live, sandbox");
    }
}
