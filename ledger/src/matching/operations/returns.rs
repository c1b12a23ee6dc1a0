//! What rounds paid into the fund of a campaign that gives back: it goes to their sponsors, by the way of the pool.
//!
//! Lock order: round → campaign → book head.

use super::locked::{Locked, lock};
use super::pool::send_back;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::CampaignId;
use crate::matching::store::tallies;
use crate::pledging::operations::{campaigns as campaign_operations, return_times};
use crate::pledging::rules::lineage::Part;
use crate::pledging::store::{campaigns, custodian_holds, lineage};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Each round gets back what it paid into a campaign's fund and nothing has used, as far as no milestone was promised it; and its
/// sponsors from it. Nothing while the campaign does not give back, or a frozen custodian holds something of the pool.
///
/// # Errors
///
/// What [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown campaign.
pub async fn give_back(tx: &Transaction<'_>, id: CampaignId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let found = campaigns::get(tx, id).await?;
    let from = return_times::gives_back_from(tx, &found).await?;
    let Some(fund) = found.fund.filter(|_| from.is_some_and(|from| from <= book.now(wall))) else { return Ok(()) };
    for (round, _) in tallies::left_in(tx, fund, id.book).await? {
        let Locked { book, round } = lock(tx, round).await?;
        let campaign = campaigns::lock(tx, id).await?;
        let free = campaign_operations::available(tx, &campaign).await?;
        let layers = tallies::left_in(tx, fund, id.book).await?;
        let Some((_, layer)) = layers.into_iter().find(|(of, _)| *of == round.id) else { continue };
        if custodian_holds::is_frozen(tx, id.book, fund, layer.number).await? {
            continue;
        }
        let amount = layer.left.min(free);
        if amount <= 0 {
            continue;
        }
        for (entry, amount) in send_back(tx, &book, &round, fund, amount, wall).await? {
            lineage::insert_uses(tx, id.book, fund, entry, &[Part { layer: layer.number, amount }]).await?;
        }
    }
    Ok(())
}
