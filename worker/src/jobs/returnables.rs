//! Jobs of money that nobody uses: whose it is, and word to the donor, who decides.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::returnables::ReturnableNotice;
use crate::texts::Value;
use ledger::engine::store::books;
use ledger::id::{CampaignId, PledgeId};
use ledger::money::Money;
use ledger::pledging::operations::returnables;
use ledger::pledging::rules::returnable::Why;
use ledger::pledging::store::{plan_changes, pledges};
use ledger::service::store::jobs::Leased;

impl Context {
    /// Finds the pledges of a campaign whose money has become returnable, a page, and leaves a mail to each of their donors.
    pub(super) async fn tell_returnable(
        &self,
        leased: &Leased,
        campaign: CampaignId,
        after: Option<PledgeId>,
    ) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| returnables::tell(tx, campaign, after, wall).await).await
    }

    /// Tells the donor that money waits for their word, unless it does not any more.
    pub(super) async fn send_returnable_notice(
        &self,
        leased: &Leased,
        id: PledgeId,
        campaign: CampaignId,
    ) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = ledger::calendar::now();
        let book = books::get(&tx, id.book).await?;
        let parts = returnables::money(&tx, &book, id, wall).await?;
        let found = parts.into_iter().find(|part| part.campaign.id == campaign);
        let about = plan_changes::surroundings(&tx, id).await?;
        let pledge = pledges::get(&tx, id).await?;
        let found = found.and_then(|part| Some((part.returnable?, part.campaign, part.proposed)));
        tx.commit().await?;
        drop(client);
        let link = match &found {
            Some(_) if !about.email.is_empty() => self.gifts(pledge.donor).await?,
            Some(_) | None => None,
        };
        if let (Some((returnable, of, proposed)), Some(link)) = (found, link)
            && let Ok(amount) = Money::from_minor(returnable.amount, of.currency)
        {
            let mail = ReturnableNotice {
                donor: about.name,
                amount: amount.into(),
                campaign: of.title,
                is_over: returnable.why == Why::CampaignOver,
                months: of.idle_months,
                until: proposed.as_ref().map_or_else(Value::none, |it| it.until.into()),
                proposed: proposed.map(|it| it.to.title).unwrap_or_default(),
                link,
                pledge: id.to_string(),
            };
            let occasion = Occasion::new("returnable", &leased.id).brought_by(pledge.partner);
            self.send(leased, occasion, &about.email, &mail).await?;
        }
        self.settle(leased).await
    }
}
