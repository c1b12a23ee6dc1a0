//! What every handler can reach.

use crate::config::ServeConfig;
use crate::day_totals::DayTotals;
use crate::identity_providers::IdentityProviders;
use crate::keys::Keys;
use crate::keys::vault::Vault;
use crate::keys::webhook_secrets::WebhookSecrets;
use crate::limits::declines::Declines;
use crate::limits::place;
use crate::limits::rate::Limits;
use crate::limits::shares::Shares;
use crate::problem::Problem;
use crate::refusals::STORAGE;
use crate::request_queue::RequestQueue;
use deadpool_postgres::{Client, Transaction};
use ledger::books::store::readers;
use ledger::engine::directory::Directory;
use ledger::engine::lane::Lanes;
use ledger::engine::pool::Pool;
use ledger::engine::shared_read::SharedRead;
use ledger::engine::store::books::Book;
use ledger::engine::vitals::Vitals;
use ledger::id::{BookRef, CallerId, CredentialId, PersonId, SessionId};
use ledger::parties::operations::{browsers, sign_in};
use ledger::parties::rules::credential::Credential;
use ledger::parties::rules::person::SignedIn;
use ledger::parties::rules::role::Role;
use ledger::parties::store::credentials;
use ledger::reports::operations::WholeSums;
use ledger::{Error, Outage};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Made once, shared by all threads.
pub struct State {
    /// Connections to PostgreSQL, as the service role.
    pub(crate) pool: Pool,
    /// Who uses them.
    pub places: Arc<Shares>,
    /// Requests that are in work.
    pub in_work: Arc<Shares>,
    /// Connections that are there whatever the others do: for what tells how the service is.
    pub health: Pool,
    /// Bytes of bodies that are being read or worked on.
    pub bodies: Arc<Shares>,
    /// Files of bank statements that may come at once: each takes room on the disk.
    pub files: Semaphore,
    /// Files of evidence that may come at once, which keep no bank's file waiting.
    pub uploads: Semaphore,
    /// Posts journal entries by the thousand.
    pub(crate) lanes: Lanes,
    /// Accounts by their codes.
    pub directory: Directory,
    /// What everybody may know of what people gave.
    pub whole_sums: WholeSums,
    /// Signs and verifies access tokens.
    pub keys: Keys,
    /// With what a payment provider signs what it tells us.
    pub webhook_secrets: WebhookSecrets,
    /// Seals bank details.
    pub vault: Vault,
    /// Whose word on people is believed.
    pub identity_providers: IdentityProviders,
    /// The settings.
    pub config: Arc<ServeConfig>,
    /// How often somebody may ask.
    pub limits: Limits,
    /// Partners of whose new pledges too many are declined.
    pub declines: Declines,
    /// What the days of partners come to whose pages are being read.
    pub day_totals: DayTotals,
    /// What partners asked, until it is written.
    pub requests: RequestQueue,
    /// What nearly every request asks.
    pub reads: Reads,
}

/// A book, and the roles that a person has in the organisation that owns it.
pub type BookAndRoles = (Arc<Book>, Vec<Role>);

/// Reads that requests of the same moment share.
#[derive(Debug)]
pub struct Reads {
    /// Persons who are signed in, by their sessions.
    pub people: Arc<SharedRead<SessionId, SignedIn>>,
    /// Persons who are signed in with a browser, by the digests of its cookie.
    pub browsers: Arc<SharedRead<[u8; 32], SignedIn>>,
    /// Credentials that are live, with the caller numbers of their organisations.
    pub credentials: Arc<SharedRead<CredentialId, (Credential, CallerId)>>,
    /// Books with the roles of a person.
    pub books: Arc<SharedRead<(BookRef, PersonId), BookAndRoles>>,
}

impl Reads {
    /// Over the connections of the service.
    pub fn new(pool: &Pool) -> Reads {
        let (of_people, of_browsers) = (pool.clone(), pool.clone());
        let (of_credentials, of_books) = (pool.clone(), pool.clone());
        Reads {
            people: SharedRead::new(move |ids| {
                let pool = of_people.clone();
                async move {
                    let found = sign_in::signed_in(&pool.get().await?, &ids, ledger::calendar::now()).await?;
                    Ok(found.into_iter().map(|found| (found.session, found)).collect())
                }
            }),
            browsers: SharedRead::new(move |cookies| {
                let pool = of_browsers.clone();
                async move {
                    let found = browsers::signed_in(&pool.get().await?, &cookies, ledger::calendar::now()).await?;
                    Ok(found.into_iter().collect())
                }
            }),
            credentials: SharedRead::new(move |ids| {
                let pool = of_credentials.clone();
                async move {
                    let found = credentials::list_live(&pool.get().await?, &ids).await?;
                    Ok(found.into_iter().map(|found| (found.0.id, found)).collect())
                }
            }),
            books: SharedRead::new(move |asked| {
                let pool = of_books.clone();
                async move {
                    let found = readers::list_with_roles(&pool.get().await?, &asked).await?;
                    Ok(found.into_iter().map(|(asked, (book, roles))| (asked, (Arc::new(book), roles))).collect())
                }
            }),
        }
    }
}

impl State {
    /// The connections, for which a request needs a place.
    pub async fn connections(&self) -> Result<&Pool, Problem> {
        place::take(&self.places, self.config.patience()).await?;
        Ok(&self.pool)
    }

    /// A connection.
    pub async fn client(&self) -> Result<Client, Problem> {
        Ok(self.connections().await?.get().await?)
    }

    /// The lanes. Whoever waits for one gives its place up, so that a thousand may wait for the same.
    pub fn lanes(&self) -> &Lanes {
        place::leave();
        &self.lanes
    }

    /// What this process knows of its database.
    pub fn vitals(&self) -> &Vitals {
        self.lanes.vitals()
    }

    /// Does a change in one transaction: for PATCH and DELETE, which repeat harmlessly. POSTs use
    /// [`crate::idempotency::idempotent`].
    pub async fn in_transaction<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    {
        let done = self.transact(work).await;
        self.heard(&done);
        if done.is_ok() {
            self.vitals().written();
        }
        done
    }

    async fn transact<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error.into())
            }
        }
    }

    /// Remembers of a transaction that it found no room.
    pub fn heard<T>(&self, done: &Result<T, Problem>) {
        if done.as_ref().is_err_and(|problem| problem.is(STORAGE)) {
            self.vitals().failed(Outage::Storage);
        }
    }
}
