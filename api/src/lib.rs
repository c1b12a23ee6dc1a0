//! The HTTP service. All routes are on this one screen; who may use them is in [`who_may`].
//!
//! A request passes the [`edge`] (its name, panics, problems), the [`gate`] (rate, token, table) and then its handler,
//! which converts and calls `ledger`.

pub mod auth;
pub mod commands;
pub mod config;
pub mod contract;
pub mod demo;
pub mod edge;
pub mod evidence_body;
pub mod extract;
pub mod gate;
pub mod handlers;
pub mod idempotency;
pub mod keys;
pub mod operators;
pub mod paging;
pub mod problem;
pub mod rate;
pub mod serve;
pub mod shared_read;
pub mod stack;
pub mod state;
pub mod visibility;
pub mod who_may;
pub mod wire;

pub use serve::{app, serve};

use crate::handlers::books::{accounts, book, entries, entry_batches, exchange, holds, jobs, units};
use crate::handlers::challenges::{challenge, challenge_rules, entrants, judging, purses, submissions};
use crate::handlers::cooperatives::{allocation_rules, distributions, members, proceeds, statements};
use crate::handlers::health;
use crate::handlers::milestones::{claims, disputes, milestone, releases, reviews};
use crate::handlers::parties::{credentials, identity, organisations, ties};
use crate::handlers::pledging::{campaigns, charges, lineage, pledge_changes, pledges};
use crate::handlers::reports::{account_trees, exports, report};
use utoipa_actix_web::service_config::ServiceConfig;

/// All routes, grouped by who calls. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub fn configure(routes: &mut ServiceConfig<'_>) {
    // Everybody: health, contracts, signing in.
    routes
        .service(health::livez)
        .service(health::readyz)
        .service(health::metrics)
        .service(health::openapi)
        .service(health::openapi_partner)
        .service(health::problem_kind)
        .service(identity::sign_in)
        .service(identity::confirm)
        .service(identity::refresh)
        .service(identity::revoke)
        .service(identity::oauth_token)
        .service(identity::jwks);
    // People: themselves, their organisations, their credentials.
    routes
        .service(identity::me)
        .service(organisations::create)
        .service(organisations::list)
        .service(organisations::show)
        .service(organisations::change)
        .service(organisations::add_membership)
        .service(organisations::list_memberships)
        .service(organisations::remove_membership)
        .service(credentials::create)
        .service(credentials::list)
        .service(credentials::revoke);
    // People: books and their reading.
    routes
        .service(book::open)
        .service(book::list)
        .service(book::advance_clock)
        .service(book::admit_partner)
        .service(jobs::requeue)
        .service(jobs::show)
        .service(units::create_unit)
        .service(units::list_units)
        .service(units::show_unit)
        .service(accounts::open)
        .service(accounts::list)
        .service(accounts::statement)
        .service(accounts::balance_at)
        .service(entry_batches::create_batch)
        .service(entries::reverse)
        .service(entries::create)
        .service(holds::capture)
        .service(holds::release)
        .service(holds::place)
        .service(holds::list)
        .service(holds::close_period)
        .service(exchange::post_exchange_result)
        .service(entries::list)
        .service(entries::show)
        .service(account_trees::account_tree)
        .service(report::trial_balance)
        .service(report::balance_sheet)
        .service(report::income_statement)
        .service(report::funds)
        .service(exports::export)
        .service(book::show);
    // People: campaigns of the host. Partners: pledges of their donors, charges that they collect.
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
        .service(pledges::show)
        .service(charges::list)
        .service(lineage::uses)
        .service(charges::capture)
        .service(charges::show);
    // People: milestones of the host, claims of the team, reviews, disputes.
    routes
        .service(milestone::create)
        .service(milestone::list)
        .service(milestone::fund)
        .service(milestone::cancel)
        .service(milestone::show)
        .service(releases::list)
        .service(lineage::sources)
        .service(ties::create)
        .service(claims::create)
        .service(claims::list)
        .service(claims::submit)
        .service(claims::show)
        .service(claims::change)
        .service(reviews::create)
        .service(reviews::list)
        .service(disputes::create)
        .service(disputes::list)
        .service(disputes::resolve);
    // People: challenges of the host, entries and submissions of teams, judges. Partners: contributions of sponsors.
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
    // People: members of a cooperative, what they work, what is sold, how it is shared.
    routes
        .service(members::admit)
        .service(members::list_members)
        .service(members::leave)
        .service(members::contribute)
        .service(members::list_contributions)
        .service(members::attest)
        .service(allocation_rules::publish)
        .service(allocation_rules::list)
        .service(proceeds::record)
        .service(proceeds::list)
        .service(distributions::draft)
        .service(distributions::list)
        .service(distributions::open)
        .service(distributions::raise_objection)
        .service(distributions::approve)
        .service(distributions::withdraw)
        .service(distributions::reverse)
        .service(distributions::objections)
        .service(distributions::show)
        .service(statements::list)
        .service(statements::show);
}
