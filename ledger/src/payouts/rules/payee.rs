//! Who is paid: an organisation, such as a team, or a person, such as a member of a cooperative.

use crate::id::{OrganisationId, PersonId};
use crate::words::words;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

words! {
    /// Which of the two a payee is.
    PayeeKind, "kind of a payee" {
        /// An organisation: its owners and treasurers give its bank accounts.
        Organisation = "organisation",
        /// A person, who gives their own.
        Person = "person",
    }
}

/// Who is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Payee {
    /// An organisation.
    Organisation(OrganisationId),
    /// A person.
    Person(PersonId),
}

/// A text that names no payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an organisation (org_…) or of a person (psn_…)")]
pub struct NoPayee;

impl Payee {
    /// The payee of a row.
    pub fn new(kind: PayeeKind, id: Uuid) -> Payee {
        match kind {
            PayeeKind::Organisation => Payee::Organisation(OrganisationId(id)),
            PayeeKind::Person => Payee::Person(PersonId(id)),
        }
    }

    /// Which of the two it is.
    pub fn kind(self) -> PayeeKind {
        match self {
            Payee::Organisation(_) => PayeeKind::Organisation,
            Payee::Person(_) => PayeeKind::Person,
        }
    }

    /// The id within the tables: no organisation has that of a person.
    pub fn uuid(self) -> Uuid {
        match self {
            Payee::Organisation(id) => id.0,
            Payee::Person(id) => id.0,
        }
    }

    /// The organisation, if it is one.
    pub fn organisation(self) -> Option<OrganisationId> {
        match self {
            Payee::Organisation(id) => Some(id),
            Payee::Person(_) => None,
        }
    }
}

impl From<OrganisationId> for Payee {
    fn from(id: OrganisationId) -> Payee {
        Payee::Organisation(id)
    }
}

impl From<PersonId> for Payee {
    fn from(id: PersonId) -> Payee {
        Payee::Person(id)
    }
}

impl fmt::Display for Payee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payee::Organisation(id) => id.fmt(f),
            Payee::Person(id) => id.fmt(f),
        }
    }
}

impl FromStr for Payee {
    type Err = NoPayee;

    fn from_str(text: &str) -> Result<Payee, NoPayee> {
        let organisation = text.parse().map(Payee::Organisation);
        organisation.or_else(|_| text.parse().map(Payee::Person)).map_err(|_| NoPayee)
    }
}

impl serde::Serialize for Payee {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payee_is_read_from_its_id_and_comes_back_from_its_row() {
        let (team, ada) = (OrganisationId::generate(), PersonId::generate());
        for payee in [Payee::from(team), Payee::from(ada)] {
            assert_eq!(payee.to_string().parse(), Ok(payee));
            assert_eq!(Payee::new(payee.kind(), payee.uuid()), payee);
        }
        assert_eq!(Payee::from(ada).organisation(), None);
        assert_eq!("dnr_aaaa".parse::<Payee>(), Err(NoPayee));
    }
}
