//! Word to the people of a partner when somebody tries cards through it.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::payers::CardTesting;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::OrganisationId;
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Tells each owner of a partner that pledges which came through it are refused.
    pub(super) async fn send_card_testing_notice(
        &self,
        leased: &Leased,
        partner: OrganisationId,
        since: Timestamp,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, leased.id.book).await?;
        let organisation = organisations::find(&client, partner).await?.ok_or(Error::NotFound("organisation"))?;
        let owners = organisations::list_emails_with(&client, partner, Role::Owner).await?;
        drop(client);
        let mail = CardTesting { partner: organisation.name, book: book.name, since: since.into() };
        // The job stands for the hour.
        let occasion = Occasion::new("card-testing", &leased.id).brought_by(partner);
        self.send_all(leased, occasion, &owners, &mail).await?;
        self.settle(leased).await
    }
}
