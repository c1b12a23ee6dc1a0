//! Campaigns of the host; pledges of donors and the charges that collect them, brought by partners.

pub mod campaign_raises;
pub mod campaign_terms;
pub mod campaign_totals;
pub mod campaigns;
pub mod charge_polls;
pub mod charge_reports;
pub mod chargebacks;
pub mod charges;
pub mod comparison_lists;
pub mod comparisons;
pub mod custodian_holds;
pub mod custodians;
pub mod donor_links;
pub mod donors;
pub mod lineage;
pub mod payers;
pub mod plan_changes;
pub mod plan_moves;
pub mod pledge_batches;
pub mod pledge_body;
pub mod pledge_changes;
pub mod pledge_imports;
pub mod pledge_money;
pub mod pledge_polls;
pub mod pledges;
pub(crate) mod polls;
pub mod provider_events;
pub mod receipts;
pub mod reconciliations;
pub mod recoveries;
pub mod refunds;
pub mod settlement_days;
pub mod settlements;
pub mod suspense;
pub mod tiers;
pub mod withdrawals;
pub mod yearly_receipts;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(campaigns::create)
        .service(campaigns::list)
        .service(campaigns::publish)
        .service(campaigns::close)
        .service(campaign_terms::write_terms)
        .service(campaign_terms::list_terms)
        .service(campaign_raises::raise)
        .service(campaign_totals::totals)
        .service(campaign_totals::public_totals)
        .service(refunds::return_all)
        .service(campaigns::show)
        .service(tiers::add_tier)
        .service(tiers::list_tiers)
        .service(pledges::place)
        .service(pledge_batches::place_batch)
        .service(pledge_imports::import_pledges)
        .service(pledges::list)
        .service(pledge_polls::search)
        .service(pledge_changes::pause)
        .service(pledge_changes::resume)
        .service(pledge_changes::cancel)
        .service(pledge_changes::redirect)
        .service(plan_changes::change)
        .service(plan_changes::list_changes)
        .service(plan_changes::withdraw)
        .service(plan_moves::move_plan)
        .service(plan_moves::list_moves)
        .service(plan_moves::confirm_ended)
        .service(plan_moves::decline_move)
        .service(plan_moves::show_move)
        .service(pledge_money::return_money)
        .service(pledge_money::show_money)
        .service(pledges::show)
        .service(charges::list)
        .service(charge_polls::list_all)
        .service(lineage::uses)
        .service(donor_links::make_link)
        .service(donor_links::list_links)
        .service(donor_links::revoke_link)
        .service(receipts::list_receipts)
        .service(receipts::show_receipt)
        .service(yearly_receipts::reissue_yearly)
        .service(yearly_receipts::request_yearly)
        .service(yearly_receipts::list_yearly)
        .service(yearly_receipts::show_yearly)
        .service(donors::erase_donor)
        .service(donors::show_donor_data)
        .service(charges::capture)
        .service(charge_reports::decline)
        .service(charge_reports::cannot_collect)
        .service(provider_events::take_stripe_event)
        .service(refunds::give_back)
        .service(refunds::list)
        .service(refunds::report)
        .service(refunds::settle)
        .service(refunds::fail)
        .service(refunds::show)
        .service(reconciliations::reconcile)
        .service(comparisons::compare_settlement_day)
        .service(comparisons::list_comparisons)
        .service(comparisons::list_differences)
        .service(comparisons::show_comparison)
        .service(settlement_days::download_settlement_day)
        .service(settlement_days::show_settlement_day)
        .service(settlements::list)
        .service(settlements::list_charges)
        .service(settlements::show)
        .service(settlements::settle_by)
        .service(charges::show)
        .service(chargebacks::open)
        .service(chargebacks::list)
        .service(chargebacks::win)
        .service(chargebacks::lose)
        .service(chargebacks::show)
        .service(suspense::report_money)
        .service(suspense::list_suspense)
        .service(suspense::match_suspense)
        .service(suspense::return_suspense)
        .service(suspense::show_suspense)
        .service(custodians::freeze_custodian)
        .service(custodians::release_custodian)
        .service(custodians::list_custodians)
        .service(withdrawals::withdraw_partner)
        .service(withdrawals::restore_partner)
        .service(withdrawals::withdraw_rail)
        .service(withdrawals::restore_rail)
        .service(withdrawals::list_withdrawals)
        .service(withdrawals::list_waiting)
        .service(recoveries::fund_reserve)
        .service(recoveries::list)
        .service(recoveries::recover)
        .service(recoveries::write_off);
}
