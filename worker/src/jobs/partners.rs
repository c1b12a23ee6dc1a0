//! Word to the people of partners about their endpoints.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::partners::WebhooksStopped;
use crate::texts::say;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::WebhookEndpointId;
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::partners::rules::endpoint::Disabled;
use ledger::partners::store::endpoints;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Tells each owner of a partner that nothing more is sent to an endpoint, unless that is over.
    pub(super) async fn send_endpoint_notice(
        &self,
        leased: &Leased,
        id: WebhookEndpointId,
        version: i64,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let found = endpoints::find(&client, id).await?.filter(|it| it.version == version);
        let Some((it, reason)) = found.and_then(|it| it.reason.map(|reason| (it, reason))) else {
            drop(client);
            return self.settle(leased).await;
        };
        let book = books::get(&client, id.book).await?;
        let organisation = organisations::find(&client, it.partner).await?.ok_or(Error::NotFound("organisation"))?;
        let owners = organisations::list_emails_with(&client, it.partner, Role::Owner).await?;
        drop(client);
        let why = match reason {
            Disabled::Gone => say("partners-stopped-gone"),
            Disabled::Failing => say("partners-stopped-failing"),
        };
        let mail = WebhooksStopped {
            partner: organisation.name,
            endpoint: id.to_string(),
            called: it.description,
            book: book.name,
            since: it.since.into(),
            why,
        };
        let occasion = Occasion::new("webhooks-stopped", &format!("{id}.{version}")).brought_by(it.partner);
        self.send_all(leased, occasion, &owners, &mail).await?;
        self.settle(leased).await
    }
}
