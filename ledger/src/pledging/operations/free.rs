//! What of a campaign's fund can be drawn on.

use crate::engine::store::balances;
use crate::error::Error;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::{campaigns, chargebacks};
use deadpool_postgres::GenericClient;

/// What of a campaign's fund is settled, set aside for nothing and held by no chargeback, minor units; negative when more is set
/// aside or held than there is.
///
/// Whoever draws on the fund has locked the campaign, so that nobody else does meanwhile. The fund is read before what has not
/// settled: a capture that commits in between makes the answer too small for a moment, never too large.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn available(client: &impl GenericClient, campaign: &Campaign) -> Result<i64, Error> {
    let Some(fund) = campaign.fund else { return Ok(0) };
    let balance = balances::get(client, campaign.id.book, fund).await?;
    let unsettled = campaigns::unsettled(client, campaign.id).await?;
    let earmarked = campaigns::earmarked(client, campaign.id).await?;
    let held = chargebacks::held(client, campaign.id).await?;
    Ok(balance.net() - balance.held - unsettled - earmarked - held)
}
