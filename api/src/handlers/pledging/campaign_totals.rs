//! What came to a campaign, read from the book.

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, Sight, book_of};
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::CampaignId;
use ledger::pledging::operations::campaigns::{self as operations, Totals};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::kind::Kind;
use ledger::pledging::store::campaigns;
use ledger::reports::operations::{FiveTotals, OutsideTotals, five_totals, outside_totals};
use serde::Serialize;
use utoipa::ToSchema;

/// What came to a campaign: five totals that are read from the book, always apart, and what is there to spend. A single payment and a
/// plan with a number of payments are promised whole when they are placed; of an open plan the first payment is, and each later one
/// counts when it is collected or dropped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub struct TotalsBody {
    /// All that was promised. A payment that was given up and is tried again is promised anew.
    pledged: BalanceBody,
    /// What was collected, before fees, whatever became of it later.
    collected: BalanceBody,
    /// What of the promises will not come: payments that were given up or missed, and the rest of pledges that ended.
    dropped: BalanceBody,
    /// Since when promises are counted in the book, by the book's clock; null before it is published, and when it was published before
    /// they were counted: then `pledged` and `dropped` are sums of its pledges and charges.
    counted_since: Option<Timestamp>,
    /// What left its fund for donors, or is on its way to them.
    refunded: BalanceBody,
    /// What chargebacks took, with their fees, and did not bring again.
    disputed: BalanceBody,
    /// Captured, and arrived as cash.
    settled: BalanceBody,
    /// Settled, set aside for no milestone, and held by no chargeback and no frozen custodian: what can be spent.
    available: BalanceBody,
    /// What of its fund custodians hold whose money is frozen: it is not spent until they are released, and stays its donors'.
    frozen: BalanceBody,
    /// Settled money that donors moved here from other campaigns.
    moved_in: BalanceBody,
    /// Settled money that donors moved from here to other campaigns.
    moved_out: BalanceBody,
    /// What the active plans bring in a month: a third of what is given each quarter, a twelfth of what is given each year,
    /// the sum rounded down.
    monthly: BalanceBody,
    /// Of a recurring campaign; null otherwise.
    monthly_goal: Option<MoneyBody>,
    /// What is in the fund and is its donors' to take back or to redirect: all of it when the campaign was not successful; else what
    /// is left when it is over, or when nothing was released for the months of its terms.
    returnable: BalanceBody,
    active_pledges: i64,
}

impl TotalsBody {
    fn new(campaign: &Campaign, five: &FiveTotals, found: &Totals) -> TotalsBody {
        let balance = |minor: i128| BalanceBody::new(minor, campaign.currency);
        let Totals { sums, available, returnable, frozen } = found;
        TotalsBody {
            pledged: balance(five.pledged.unwrap_or(sums.pledged)),
            collected: balance(five.collected),
            dropped: balance(five.dropped.unwrap_or(sums.dropped)),
            counted_since: campaign.commitments.map(|of| of.since),
            refunded: balance(five.refunded),
            disputed: balance(five.disputed),
            settled: balance(sums.settled),
            available: balance(i128::from(*available)),
            frozen: balance(i128::from(*frozen)),
            moved_in: balance(sums.moved_in),
            moved_out: balance(sums.moved_out),
            monthly: balance(sums.monthly),
            monthly_goal: monthly_goal(campaign),
            returnable: balance(i128::from(*returnable)),
            active_pledges: sums.active_pledges,
        }
    }
}

/// What everybody may know of what came to a campaign: sums over five donors or more. Payments of one kind count once five donors are together
/// in the order in which they were recorded, so that no figure, and no difference of two, of one moment or of two, is of fewer; the newest wait.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicTotals)]
pub struct PublicTotalsBody {
    /// What was promised: so much at least, as it is rounded down to a power of ten that no such sum passes. Null where promises are not
    /// counted.
    pledged: Option<BalanceBody>,
    /// What was collected, before fees, whatever became of it later.
    collected: BalanceBody,
    /// What of the promises will not come: so much at least, rounded down in the same way. Null where promises are not counted.
    dropped: Option<BalanceBody>,
    /// What left its fund for donors, or is on its way to them.
    refunded: BalanceBody,
    /// What chargebacks took, with their fees, and did not bring again.
    disputed: BalanceBody,
    /// Settled money that donors moved here from other campaigns.
    moved_in: BalanceBody,
    /// Settled money that donors moved from here to other campaigns.
    moved_out: BalanceBody,
    /// What its fund has, as its statement says it to everybody.
    balance: BalanceBody,
    /// Of a recurring campaign; null otherwise.
    monthly_goal: Option<MoneyBody>,
}

impl PublicTotalsBody {
    fn new(campaign: &Campaign, of: &OutsideTotals) -> PublicTotalsBody {
        let balance = |minor: i128| BalanceBody::new(minor, campaign.currency);
        PublicTotalsBody {
            pledged: of.five.pledged.map(balance),
            collected: balance(of.five.collected),
            dropped: of.five.dropped.map(balance),
            refunded: balance(of.five.refunded),
            disputed: balance(of.five.disputed),
            moved_in: balance(of.moved_in),
            moved_out: balance(of.moved_out),
            balance: balance(of.has),
            monthly_goal: monthly_goal(campaign),
        }
    }
}

fn monthly_goal(campaign: &Campaign) -> Option<MoneyBody> {
    match campaign.kind {
        Kind::Recurring { monthly_goal } => Some(monthly_goal.into()),
        Kind::AllOrNothing { .. } | Kind::KeepWhatYouRaise { .. } | Kind::MinimumAndOptimum { .. } => None,
    }
}

/// Sums up a campaign to the last payment, for the people of its book and for admitted partners.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    responses((status = 200, description = "Its totals, in its currency", body = TotalsBody)))]
#[get("/v1/campaigns/{id}/totals")]
pub(crate) async fn totals(state: Data<State>, caller: Caller, id: Path<CampaignId>) -> Result<HttpResponse, Problem> {
    let body = state
        .in_transaction(async |tx| {
            let book = book_of(tx, id.book, "campaign").await?;
            match Reader::of(tx, Some(&caller), &book).await?.require_campaigns("campaign").await? {
                Sight::Whole => {}
                Sight::Sums => {
                    return Err(Error::Forbidden(
                        "these totals tell of single payments, which the people of the book see: read the public totals",
                    ));
                }
            }
            let campaign = campaigns::get(tx, *id).await?;
            let found = operations::totals(tx, &book, &campaign, ledger::calendar::now()).await?;
            let pledged = campaign.commitments.map(|of| of.pledged);
            let five = five_totals(tx, &book, &campaign.slug, pledged, campaign.fund).await?;
            Ok(TotalsBody::new(&campaign, &five, &found))
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}

/// Sums up a campaign for everybody who may read it.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    responses((status = 200, description = "Its totals, in its currency", body = PublicTotalsBody)))]
#[get("/v1/campaigns/{id}/public-totals")]
pub(crate) async fn public_totals(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
    let campaign = campaigns::get(&client, *id).await?;
    let pledged = campaign.commitments.map(|of| of.pledged);
    let of = outside_totals(&client, &state.whole_sums, &book, &campaign.slug, pledged, campaign.fund).await?;
    Ok(HttpResponse::Ok().json(PublicTotalsBody::new(&campaign, &of)))
}
