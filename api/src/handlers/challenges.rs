//! Challenges of the host, contributions of sponsors, entries and submissions of teams, judges.

pub mod appeals;
pub mod challenge;
pub mod challenge_body;
pub mod challenge_rules;
pub mod consents;
pub mod entrants;
pub mod entry_imports;
pub mod judging;
pub mod purses;
pub mod rubrics;
pub mod rules_schema;
pub mod share_plans;
pub mod submissions;
pub mod turns;

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
        .service(turns::extend)
        .service(turns::roll_over)
        .service(challenge::award)
        .service(challenge::list_awards)
        .service(challenge_rules::create)
        .service(challenge_rules::show)
        .service(challenge_rules::prizes)
        .service(purses::create)
        .service(purses::list)
        .service(purses::capture)
        .service(consents::agree_as_sponsor)
        .service(consents::take_back)
        .service(entrants::create)
        .service(entry_imports::import_entries)
        .service(entrants::list)
        .service(entrants::capture_fee)
        .service(consents::agree)
        .service(consents::withdraw)
        .service(rubrics::give)
        .service(rubrics::show_rubric)
        .service(appeals::raise)
        .service(appeals::list_appeals)
        .service(appeals::uphold)
        .service(appeals::dismiss)
        .service(submissions::list_attributions)
        .service(share_plans::list_share_plans)
        .service(share_plans::propose_shares)
        .service(share_plans::revise_shares)
        .service(share_plans::attest_share)
        .service(share_plans::object_to_share)
        .service(share_plans::decide_shares)
        .service(share_plans::show_share_plan)
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
