//! Books: accounts, units, journal entries, holds, exchange, what happened, the jobs that wait, and the mail of sandboxes.

pub mod accounts;
pub mod book;
pub mod entries;
pub mod entry_batches;
pub mod events;
pub mod exchange;
pub mod firing;
pub mod holds;
pub mod jobs;
pub mod outbox;
pub mod partners;
pub mod units;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(book::open)
        .service(book::list)
        .service(book::advance_clock)
        .service(partners::admit_partner)
        .service(partners::list_partners)
        .service(partners::withdraw_partner)
        .service(jobs::requeue)
        .service(jobs::show)
        .service(outbox::list_outbox)
        .service(events::list_events)
        .service(firing::fire_event)
        .service(units::create_unit)
        .service(units::list_units)
        .service(units::show_unit)
        .service(accounts::open)
        .service(accounts::list)
        .service(accounts::balance_at)
        .service(entry_batches::create_batch)
        .service(entries::reverse)
        .service(entries::create)
        .service(holds::capture)
        .service(holds::release)
        .service(holds::place)
        .service(holds::list)
        .service(exchange::post_exchange_result)
        .service(entries::list)
        .service(entries::show)
        .service(book::show);
}
