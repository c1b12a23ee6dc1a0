//! Campaigns of the host; pledges of donors and the charges that collect them, brought by partners.

pub mod campaign_raises;
pub mod campaign_totals;
pub mod campaigns;
pub mod chargebacks;
pub mod charges;
pub mod donor_links;
pub mod donors;
pub mod lineage;
pub mod payers;
pub mod plan_changes;
pub mod pledge_batches;
pub mod pledge_body;
pub mod pledge_changes;
pub mod pledges;
pub mod receipts;
pub mod recoveries;
pub mod refunds;
pub mod tiers;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(campaigns::create)
        .service(campaigns::list)
        .service(campaigns::publish)
        .service(campaigns::close)
        .service(campaign_raises::raise)
        .service(campaign_totals::totals)
        .service(refunds::return_all)
        .service(campaigns::show)
        .service(tiers::add_tier)
        .service(tiers::list_tiers)
        .service(pledges::place)
        .service(pledge_batches::place_batch)
        .service(pledges::list)
        .service(pledges::search)
        .service(pledge_changes::pause)
        .service(pledge_changes::resume)
        .service(pledge_changes::cancel)
        .service(pledge_changes::redirect)
        .service(plan_changes::change)
        .service(plan_changes::list_changes)
        .service(plan_changes::withdraw)
        .service(pledges::show)
        .service(charges::list)
        .service(lineage::uses)
        .service(donor_links::make_link)
        .service(donor_links::list_links)
        .service(donor_links::revoke_link)
        .service(receipts::list_receipts)
        .service(receipts::show_receipt)
        .service(donors::erase_donor)
        .service(donors::show_donor_data)
        .service(charges::capture)
        .service(refunds::give_back)
        .service(refunds::list)
        .service(refunds::report)
        .service(refunds::settle)
        .service(refunds::fail)
        .service(refunds::show)
        .service(charges::show)
        .service(chargebacks::open)
        .service(chargebacks::list)
        .service(chargebacks::win)
        .service(chargebacks::lose)
        .service(chargebacks::show)
        .service(recoveries::fund_reserve)
        .service(recoveries::list)
        .service(recoveries::recover)
        .service(recoveries::write_off);
}
