//! Campaigns of the host; pledges of donors and the charges that collect them, brought by partners.

pub mod campaigns;
pub mod charges;
pub mod donor_links;
pub mod donors;
pub mod lineage;
pub mod plan_changes;
pub mod pledge_body;
pub mod pledge_changes;
pub mod pledges;
pub mod receipts;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(campaigns::create)
        .service(campaigns::list)
        .service(campaigns::publish)
        .service(campaigns::close)
        .service(campaigns::totals)
        .service(campaigns::show)
        .service(pledges::place)
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
        .service(charges::show);
}
