//! What of a campaign's fund can be drawn on.

use crate::engine::store::balances;
use crate::error::Error;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::{campaigns, chargebacks, custodian_holds};
use deadpool_postgres::GenericClient;

/// What of a campaign's fund is settled, set aside for nothing, and held by no chargeback and no frozen custodian, minor units; negative when more is set
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
    let frozen = custodian_holds::frozen(client, campaign.id).await?.beside_chargebacks;
    Ok(balance.net() - balance.held - unsettled - earmarked - held - frozen)
}

/// What of it donors can take back or move, each of their own: what frozen custodians hold as well, as it stays with them, or waits
/// there.
///
/// # Errors
///
/// Only trouble with the database.
pub(super) async fn own_free(client: &impl GenericClient, campaign: &Campaign) -> Result<i64, Error> {
    let frozen = custodian_holds::frozen(client, campaign.id).await?.beside_chargebacks;
    Ok(available(client, campaign).await? + frozen)
}
