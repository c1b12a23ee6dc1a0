//! What members of a cooperative vote on, and who votes for whom.

pub mod delegations;
pub mod proposals;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:vote`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(proposals::open)
        .service(proposals::list)
        .service(proposals::vote)
        .service(proposals::withdraw)
        .service(proposals::list_electors)
        .service(proposals::show)
        .service(delegations::give)
        .service(delegations::show);
}
