//! Jobs of custodians whose money is frozen: what waits for them, and word to the host and to donors.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::custodians::{CustodianFrozen, PaymentsHeld};
use ledger::Error;
use ledger::calendar::later;
use ledger::engine::store::books;
use ledger::id::{CustodianFreezeId, PledgeId};
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::pledging::operations::custodian_holds;
use ledger::pledging::store::{plan_changes, pledges};
use ledger::service::store::jobs::Leased;
use ledger::treasury::operations::custodians as treasury;
use ledger::treasury::rules::custodian::REMIND_DAYS;
use ledger::treasury::store::custodians;

/// How many pledges one job looks at.
const PAGE: i64 = 50;

impl Context {
    /// Looks at the plans that a custodian collects, each in a transaction of its own: their donors are told that they wait, or they
    /// go on. The next page is another job.
    pub(super) async fn advance_custodian_freeze(
        &self,
        leased: &Leased,
        id: CustodianFreezeId,
        after: Option<PledgeId>,
    ) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let page = custodian_holds::page(&client, id, after, PAGE).await?;
        for pledge in &page {
            let tx = client.transaction().await?;
            custodian_holds::look(&tx, id, *pledge, ledger::calendar::now()).await?;
            tx.commit().await?;
        }
        drop(client);
        let next = page.last().copied().filter(|_| i64::try_from(page.len()) == Ok(PAGE));
        self.settle_with(leased, async |tx, wall| custodian_holds::turn(tx, id, (after, next), wall).await).await
    }

    /// Tells the owners and treasurers of the host that what a custodian holds is frozen, and once more each thirty days while it is.
    pub(super) async fn send_custodian_notice(&self, leased: &Leased, id: CustodianFreezeId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let (book, freeze) = (books::get(&client, id.book).await?, custodians::get(&client, id).await?);
        if freeze.released_at.is_some() {
            drop(client);
            return self.settle(leased).await;
        }
        let organisation = organisations::find(&client, freeze.custodian).await?.ok_or(Error::NotFound("custodian"))?;
        let mut people = organisations::list_emails_with(&client, book.organisation, Role::Owner).await?;
        people.extend(organisations::list_emails_with(&client, book.organisation, Role::Treasurer).await?);
        people.sort();
        people.dedup();
        let waiting = custodian_holds::count(&client, &book, freeze.custodian).await?;
        drop(client);
        let mail = CustodianFrozen {
            custodian: organisation.name,
            book: book.name.clone(),
            since: book.day_of(freeze.frozen_at).into(),
            reason: freeze.reason.clone(),
            waiting,
        };
        self.send_all(leased, Occasion::new("custodian-frozen", &leased.id), &people, &mail).await?;
        self.settle_with(leased, async |tx, wall| {
            treasury::remind(tx, &freeze, later(book.now(wall), REMIND_DAYS)).await
        })
        .await
    }

    /// Tells the donor that the payments of a pledge wait, unless they do not any more.
    pub(super) async fn send_hold_notice(
        &self,
        leased: &Leased,
        id: PledgeId,
        freeze: CustodianFreezeId,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let freeze = custodians::get(&client, freeze).await?;
        let (pledge, about) = (pledges::get(&client, id).await?, plan_changes::surroundings(&client, id).await?);
        drop(client);
        let waits = freeze.released_at.is_none() && pledge.state.is_active() && !about.email.is_empty();
        let link = if waits { self.gifts(pledge.donor).await? } else { None };
        if let Some(link) = link {
            let mail = PaymentsHeld {
                donor: about.name,
                campaign: about.campaign_title,
                amount: pledge.amount.into(),
                link,
                pledge: id.to_string(),
            };
            let occasion = Occasion::new("payments-held", &leased.id).brought_by(pledge.partner);
            self.send(leased, occasion, &about.email, &mail).await?;
        }
        self.settle(leased).await
    }
}
