//! What members of a cooperative vote on, who votes for whom, and what is left to a successor by a vote.

pub mod delegations;
pub mod proposals;
pub mod rule_making;
pub mod successions;

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
        .service(delegations::show)
        .service(rule_making::publish)
        .service(rule_making::set)
        .service(rule_making::list)
        .service(successions::pass_on)
        .service(successions::list)
        .service(successions::reverse);
}
