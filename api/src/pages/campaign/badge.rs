//! How far a campaign has come, as a picture for the sites of others: of what everybody may read.

use super::headline;
use super::months::Months;
use crate::pages::pictures::Badge;
use crate::pages::shown::Amount;
use crate::pages::twins::embedded;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use ledger::id::CampaignId;
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::store::campaigns;
use ledger::reports::operations::outside_totals;

/// What came of the goal, in the month where the goal is that of a month.
fn badge(it: &Campaign, collected: i128, months: &Months) -> Badge {
    let is_monthly = it.kind.last_day().is_none();
    let goal = it.kind.goal().map_or(0, |goal| i128::from(goal.minor()));
    let this_month = months.rows.last().map_or(0, |row| row.collected.minor());
    let came = if is_monthly { this_month } else { collected };
    // Where nothing is asked for, there is nothing to fill.
    let part = if goal == 0 { 0 } else { came };
    let figure = headline(&it.kind, Amount::of(collected, it.currency), &months.rows);
    Badge::new(&it.title, (part, goal), figure.to_string())
}

/// The badge of a campaign that everybody may read.
#[route("/campaigns/{id}/badge.svg", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    id: Path<CampaignId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let badge = state
        .in_transaction(async |tx| {
            let book = book_of(tx, id.book, "campaign").await?;
            Reader::of(tx, None, &book).await?.require_campaigns("campaign").await?;
            let it = campaigns::get(tx, *id).await?;
            let found = outside_totals(tx, &state.whole_sums, &book, &it.slug, None, it.fund).await?;
            let today = book.today(ledger::calendar::now());
            let months = Months::new(&found.months, None, today, it.currency, it.kind.goal());
            Ok(badge(&it, found.five.collected, &months))
        })
        .await?;
    embedded(&request, &badge)
}
