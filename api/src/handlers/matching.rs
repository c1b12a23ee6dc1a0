//! Matching rounds of the host: their campaigns, their pools, votes, results, objections.

pub mod pool;
pub mod results;
pub mod round;
pub mod round_body;
pub mod votes;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:open`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(round::create)
        .service(round::list)
        .service(round::add_campaign)
        .service(round::campaigns)
        .service(round::open)
        .service(round::publish)
        .service(round::recompute)
        .service(round::finalise)
        .service(round::cancel)
        .service(pool::contribute)
        .service(pool::list_contributions)
        .service(results::shares)
        .service(results::raise_objection)
        .service(results::objections)
        .service(results::clawbacks)
        .service(results::export)
        .service(votes::cast)
        .service(votes::state_identity)
        .service(round::show);
}
