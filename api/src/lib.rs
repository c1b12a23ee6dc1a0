//! The HTTP service. Each domain's handlers give their routes; [`who_may`] is the one screen with all of them, and the
//! program does not start with a route that has no row there.
//!
//! Beside them stand the [`pages`] for browsers.
//!
//! A request passes the [`edge`] (its name, panics, problems), the [`gate`] (rate, token, table) and then its handler,
//! which converts and calls `ledger`.

pub mod auth;
pub mod commands;
pub mod config;
pub mod contract;
pub mod day_totals;
pub mod demo;
pub mod doctor;
pub mod edge;
pub mod evidence_body;
pub mod extract;
pub mod figures;
pub mod gate;
pub mod grants;
pub mod handlers;
pub mod idempotency;
pub mod identity_providers;
pub mod imports;
pub mod keys;
pub mod limits;
pub mod operators;
pub mod pages;
pub mod paging;
pub mod partner_tools;
pub mod problem;
pub mod refusals;
pub mod request_log;
pub mod request_queue;
pub mod reseal;
pub mod second_factor;
pub mod serve;
pub mod stack;
pub mod state;
pub mod tables;
pub mod texts;
pub mod visibility;
pub mod who_may;
pub mod wire;

pub use serve::{app, serve};
pub use texts::say;

use utoipa_actix_web::service_config::ServiceConfig;

/// All routes, a domain at a time.
pub fn configure(routes: &mut ServiceConfig<'_>) {
    handlers::health::routes(routes);
    handlers::problems::routes(routes);
    handlers::parties::routes(routes);
    handlers::winding::routes(routes);
    handlers::books::routes(routes);
    handlers::reports::routes(routes);
    handlers::pledging::routes(routes);
    handlers::milestones::routes(routes);
    handlers::challenges::routes(routes);
    handlers::matching::routes(routes);
    handlers::payouts::routes(routes);
    handlers::cooperatives::routes(routes);
    handlers::governance::routes(routes);
    handlers::between::routes(routes);
    handlers::programmes::routes(routes);
    handlers::desk::routes(routes);
    handlers::fetching::routes(routes);
    handlers::files::routes(routes);
    handlers::updates::routes(routes);
    handlers::partners::routes(routes);
}
