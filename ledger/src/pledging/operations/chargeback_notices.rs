//! What the host is told of a chargeback.

use crate::engine::store::books;
use crate::error::Error;
use crate::id::ChargebackId;
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use crate::pledging::rules::chargeback::{Chargeback, Part};
use crate::pledging::store::{campaigns, chargebacks};
use deadpool_postgres::GenericClient;
use std::collections::BTreeSet;

/// What the message to the host needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The chargeback as it stands now.
    pub chargeback: Chargeback,
    /// Who bears it; empty while it is not lost and borne.
    pub parts: Vec<Part>,
    /// The title of the campaign.
    pub campaign: String,
    /// Addresses of the host's owners and treasurers.
    pub recipients: Vec<String>,
}

/// The facts of the message about a chargeback.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown chargeback.
pub async fn notice(client: &impl GenericClient, id: ChargebackId) -> Result<Notice, Error> {
    let chargeback = chargebacks::get(client, id).await?;
    let host = books::get(client, id.book).await?.organisation;
    let mut keepers = BTreeSet::new();
    for role in [Role::Owner, Role::Treasurer] {
        keepers.extend(organisations::list_persons_with(client, host, role).await?);
    }
    let mut recipients = Vec::with_capacity(keepers.len());
    for person in keepers {
        if let Some(person) = people::find(client, person).await? {
            recipients.push(person.email.as_str().to_owned());
        }
    }
    let campaign = campaigns::get(client, chargeback.campaign).await?.title;
    Ok(Notice { parts: chargebacks::list_parts(client, id).await?, chargeback, campaign, recipients })
}
