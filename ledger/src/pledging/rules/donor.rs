//! A donor: the only one of our records with personal data.

use crate::id::{DonorId, OrganisationId};
use crate::parties::rules::privacy::Privacy;
use crate::reports::rules::sums::GIVERS_MIN;
use jiff::Timestamp;
use std::fmt;

/// Whether a number of so many donors, and what they gave together, may be shown to everybody.
pub fn are_enough(donors: i64) -> bool {
    usize::try_from(donors).is_ok_and(|donors| donors >= GIVERS_MIN)
}

/// A person known only by what a partner passes.
#[derive(Clone, PartialEq, Eq)]
pub struct Donor {
    /// Its id: the pseudonym under which the book knows the donor.
    pub id: DonorId,
    /// The partner platform that knows the donor.
    pub partner: OrganisationId,
    /// What the partner calls the donor.
    pub reference: String,
    /// Empty when not given or erased.
    pub name: String,
    /// Where receipts go; empty when not given or erased.
    pub email: String,
    /// Who may see the name.
    pub privacy: Privacy,
    /// When it was made, in book time.
    pub created_at: Timestamp,
    /// When it was erased, by the wall clock; none while it is known.
    pub erased_at: Option<Timestamp>,
}

/// The pseudonym alone, so that no log can print a person.
impl fmt::Debug for Donor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "donor {}", self.id)
    }
}
