//! What a person is to a book and to a team.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{OrganisationId, PersonId};
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use deadpool_postgres::GenericClient;

/// What somebody is to a milestone: the roles in the host, which owns the book, and in the team that does the work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Roles in the host.
    pub host: Vec<Role>,
    /// Roles in the team.
    pub team: Vec<Role>,
    /// Whether the person runs the installation.
    pub operator: bool,
}

impl Standing {
    /// Whether the person has one of these roles in the host.
    pub fn is_host(&self, roles: &[Role]) -> bool {
        self.host.iter().any(|role| roles.contains(role))
    }

    /// Whether the person belongs to the team.
    pub fn is_team(&self) -> bool {
        !self.team.is_empty()
    }

    /// Whether the person is nothing to either, and does not run the installation.
    pub fn is_stranger(&self) -> bool {
        self.host.is_empty() && self.team.is_empty() && !self.operator
    }
}

/// What a person is to the milestones of a team in a book.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn standing(
    client: &impl GenericClient,
    book: &Book,
    team: OrganisationId,
    person: PersonId,
) -> Result<Standing, Error> {
    Ok(Standing {
        host: organisations::list_roles(client, book.organisation, person).await?,
        team: organisations::list_roles(client, team, person).await?,
        operator: people::find(client, person).await?.is_some_and(|person| person.is_operator),
    })
}
