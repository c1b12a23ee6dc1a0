//! Challenges of the host, contributions of sponsors, entries and submissions of teams, judges.

pub mod challenge;
pub mod challenge_body;
pub mod challenge_rules;
pub mod entrants;
pub mod judging;
pub mod purses;
pub mod rules_schema;
pub mod submissions;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(challenge::create)
        .service(challenge::list)
        .service(challenge::publish)
        .service(challenge::announce)
        .service(challenge::open)
        .service(challenge::close_submissions)
        .service(challenge::rank)
        .service(challenge::cancel)
        .service(challenge::award)
        .service(challenge::list_awards)
        .service(challenge_rules::create)
        .service(challenge_rules::show)
        .service(challenge_rules::prizes)
        .service(purses::create)
        .service(purses::list)
        .service(purses::capture)
        .service(entrants::create)
        .service(entrants::list)
        .service(entrants::capture_fee)
        .service(judging::appoint)
        .service(judging::panel)
        .service(submissions::create)
        .service(submissions::list)
        .service(challenge::show)
        .service(judging::score)
        .service(judging::scores)
        .service(submissions::submit)
        .service(submissions::show)
        .service(submissions::change);
}
