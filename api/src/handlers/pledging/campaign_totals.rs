//! What came to a campaign, read from the book.

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use ledger::id::CampaignId;
use ledger::pledging::operations::campaigns::{self as operations, Totals};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::kind::Kind;
use ledger::pledging::store::campaigns;
use ledger::reports::operations::{FiveTotals, five_totals};
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
        let monthly_goal = match campaign.kind {
            Kind::Recurring { monthly_goal } => Some(monthly_goal.into()),
            Kind::AllOrNothing { .. } | Kind::KeepWhatYouRaise { .. } | Kind::MinimumAndOptimum { .. } => None,
        };
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
            monthly_goal,
            returnable: balance(i128::from(*returnable)),
            active_pledges: sums.active_pledges,
        }
    }
}

/// Sums up a campaign.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    responses((status = 200, description = "Its totals, in its currency", body = TotalsBody)))]
#[get("/v1/campaigns/{id}/totals")]
pub(crate) async fn totals(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    let body = state
        .in_transaction(async |tx| {
            let book = book_of(tx, id.book, "campaign").await?;
            Reader::of(tx, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
            let campaign = campaigns::get(tx, *id).await?;
            let found = operations::totals(tx, &book, &campaign, ledger::calendar::now()).await?;
            let pledged = campaign.commitments.map(|of| of.pledged);
            let five = five_totals(tx, &book, &campaign.slug, pledged, campaign.fund).await?;
            Ok(TotalsBody::new(&campaign, &five, &found))
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}
