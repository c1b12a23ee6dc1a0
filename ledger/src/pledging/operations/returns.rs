//! What the fund of a closed campaign still holds, given back to the pledges whose it is, as refunds of their charges.

use super::refunds::{Ask, request};
use super::return_times::{RETURNED, enqueue_return};
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, PledgeId};
use crate::money::Money;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::State as ChargeState;
use crate::pledging::rules::refund::{Refund, part_for};
use crate::pledging::store::{campaigns, charges, fees, lineage as layers};
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A closed campaign gives back what its fund still holds: a job refunds it to the pledges whose it is.
///
/// # Errors
///
/// `campaign-open`, `campaign-earmarked`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown campaign.
pub async fn return_all(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    let now = book.now(wall);
    if !campaign.state.clone().at(now).is_over() {
        return Err(
            Refusal::new("campaign-open", "the campaign is not closed: close it before its money goes back").into()
        );
    }
    let earmarked = campaigns::earmarked(tx, id).await?;
    if earmarked > 0 {
        let earmarked = campaign.currency.format(earmarked);
        let detail = format!(
            "{earmarked} {} is set aside for milestones: release them, or cancel them first",
            campaign.currency
        );
        return Err(Refusal::new("campaign-earmarked", detail).into());
    }
    enqueue_return(tx, &book, id, None, now).await?;
    activity::record(tx, book.id, Done::new(&id, RETURNED, change.actor).because(change.reason), now).await?;
    Ok(campaign)
}

/// Requests one refund of what a campaign's fund holds of a pledge, of its oldest charge that can bear it; says whether there
/// was one. What is left of a charge's layer goes back with its part of the fees.
///
/// # Errors
///
/// As [`request`].
pub async fn return_one(
    tx: &Transaction<'_>,
    campaign: CampaignId,
    pledge: PledgeId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let change = Change::by_service("the campaign returns what it still holds");
    Ok(return_part(tx, campaign, pledge, i64::MAX, change, wall).await?.is_some())
}

/// The same, of no more than so many minor units of the fund.
pub(super) async fn return_part(
    tx: &Transaction<'_>,
    campaign: CampaignId,
    pledge: PledgeId,
    most: i64,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Option<Refund>, Error> {
    let fund = campaigns::get(tx, campaign).await?.fund()?;
    let held: i64 = layers::list_own(tx, fund, pledge).await?.iter().map(|layer| layer.left).sum();
    let held = held.min(most);
    if held == 0 {
        return Ok(None);
    }
    let mut after = 0;
    loop {
        let page = charges::list(tx, pledge, after, 200).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = last.sequence;
        for charge in page.iter().filter(|charge| matches!(charge.state, ChargeState::Settled { .. })) {
            let total: i64 = fees::of_charge(tx, charge.id).await?.iter().map(|fee| fee.amount).sum();
            let part = part_for(held, charge.amount.minor(), total, charge.refunded);
            let part = part.min(charge.amount.minor() - charge.refunded - charge.disputed);
            let Ok(amount) = Money::from_minor(part, charge.amount.currency()) else { continue };
            let ask = Ask { charge: charge.id, amount: Some(amount), reference: None, from: Some(campaign) };
            return request(tx, ask, change, wall).await.map(Some);
        }
    }
}
