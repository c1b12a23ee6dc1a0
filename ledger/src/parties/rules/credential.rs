//! Credentials of partner platforms.

use crate::book::Mode;
use crate::error::Refusal;
use crate::id::{CredentialId, OrganisationId, PersonId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// For how long at most the secret before a rotation gives tokens as well.
pub const OVERLAP_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Client id and secret of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The client id.
    pub id: CredentialId,
    /// The partner platform whose credential it is.
    pub organisation: OrganisationId,
    /// Live or sandbox.
    pub mode: Mode,
    /// Slot 1 or 2: two may be live at once.
    pub slot: i16,
    /// What its tokens may do.
    pub scopes: Vec<String>,
    /// SHA-256 of the secret.
    pub secret_digest: Vec<u8>,
    /// The secret before the last rotation, also when it has ended; none when there was none, or it ended at once.
    pub old_secret: Option<OldSecret>,
    /// The last day in UTC on which a token was given for it; none before the first.
    pub last_used_on: Option<Date>,
    /// What the owner calls it.
    pub name: String,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was revoked, by the wall clock; none while it is live.
    pub revoked_at: Option<Timestamp>,
}

/// A secret that another one has followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSecret {
    /// SHA-256 of the secret.
    pub digest: Vec<u8>,
    /// Until when it gives tokens, by the wall clock.
    pub ends_at: Timestamp,
    /// The last day in UTC on which it gave one since the rotation; none before.
    pub used_on: Option<Date>,
}

impl Credential {
    /// The secret before the last rotation, while it gives tokens.
    pub fn living_old_secret(&self, wall: Timestamp) -> Option<&OldSecret> {
        self.old_secret.as_ref().filter(|old| wall < old.ends_at)
    }

    /// With a new secret. The present one goes on for the overlap; with none it ends now, and so does one that was old before.
    ///
    /// # Errors
    ///
    /// `credential-revoked`; `two-secrets-live` when the one before the present one still lives and an overlap is asked for.
    pub fn rotated(self, digest: Vec<u8>, overlap: SignedDuration, wall: Timestamp) -> Result<Credential, Refusal> {
        debug_assert!(!overlap.is_negative() && overlap <= OVERLAP_MAX, "the door bounds it");
        if let Some(at) = self.revoked_at {
            return Err(Refusal::new("credential-revoked", format!("it was revoked at {at}: make another one")));
        }
        if let Some(old) = self.living_old_secret(wall).filter(|_| overlap.is_positive()) {
            let detail =
                format!("the secret before the present one lives until {}: wait, or end both at once", old.ends_at);
            return Err(Refusal::new("two-secrets-live", detail));
        }
        let ends_at = wall.saturating_add(overlap).unwrap_or(wall);
        let old = OldSecret { digest: self.secret_digest, ends_at, used_on: None };
        let old_secret = overlap.is_positive().then_some(old);
        Ok(Credential { secret_digest: digest, old_secret, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn timestamp(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn made() -> Credential {
        Credential {
            id: CredentialId::generate(),
            organisation: OrganisationId::generate(),
            mode: Mode::Live,
            slot: 1,
            scopes: vec!["campaigns:read".into()],
            secret_digest: vec![1; 32],
            old_secret: None,
            last_used_on: None,
            name: "nightly import".into(),
            created_at: timestamp("2027-01-01T00:00:00Z"),
            created_by: PersonId::generate(),
            revoked_at: None,
        }
    }

    #[test]
    fn of_a_rotation_both_secrets_live_for_the_overlap_and_never_three() {
        let wall = timestamp("2027-01-31T12:00:00Z");
        let rotated = made().rotated(vec![2; 32], HOUR, wall).unwrap();
        assert_eq!(rotated.secret_digest, [2; 32]);
        let before_the_end = timestamp("2027-01-31T12:59:59Z");
        assert_eq!(rotated.living_old_secret(before_the_end).unwrap().digest, [1; 32]);
        assert_eq!(rotated.living_old_secret(wall + HOUR), None, "it ends at the moment that was said");
        let refused = rotated.clone().rotated(vec![3; 32], HOUR, before_the_end).unwrap_err();
        assert_eq!(refused.code, "two-secrets-live");
        let again = rotated.clone().rotated(vec![3; 32], HOUR, wall + HOUR).unwrap();
        assert_eq!(again.living_old_secret(wall + HOUR).unwrap().digest, [2; 32]);
        let at_once = rotated.rotated(vec![3; 32], SignedDuration::ZERO, before_the_end).unwrap();
        assert_eq!((at_once.secret_digest, at_once.old_secret), (vec![3; 32], None), "a leak ends both");
    }

    #[test]
    fn a_revoked_credential_takes_no_other_secret() {
        let wall = timestamp("2027-01-31T12:00:00Z");
        let revoked = Credential { revoked_at: Some(wall), ..made() };
        assert_eq!(revoked.rotated(vec![2; 32], SignedDuration::ZERO, wall).unwrap_err().code, "credential-revoked");
    }
}
