//! Desks: pages on which people do what waits for them, by the operations that the API calls. Who may not see a thing by the API does not see
//! its desk.

pub(super) mod affiliation;
pub(super) mod application;
pub(super) mod bank_account;
pub(super) mod bank_lines;
pub(super) mod call;
pub(super) mod claim;
pub(super) mod cooperative;
pub(super) mod distribution;
pub(super) mod endpoint;
pub(super) mod endpoints;
pub(super) mod entry;
pub(super) mod evidence;
pub(super) mod file;
pub(super) mod host;
pub(super) mod host_call;
pub(super) mod host_campaign;
pub(super) mod host_challenge;
pub(super) mod host_milestone;
pub(super) mod join_request;
pub(super) mod milestone;
pub(super) mod milestones;
pub(super) mod operator;
pub(super) mod organisation;
pub(super) mod partner;
pub(super) mod partner_requests;
pub(super) mod payout;
pub(super) mod payout_run;
pub(super) mod payout_runs;
mod rows;
mod secret;
pub(super) mod submission;
pub(super) mod updates;

use super::shown::{Amount, Day};
use super::twins::{Asked, Form};
use crate::problem::Problem;
use crate::say;
use crate::texts::Said;
use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::web::ServiceConfig;
use ledger::evidence::EvidenceKind;
use ledger::milestones::rules::claim::ClaimState;
use ledger::money::Currency;
use serde_json::Value;

/// The pages of desks.
pub(super) fn routes(routes: &mut ServiceConfig) {
    routes
        .service(affiliation::show)
        .service(affiliation::accept)
        .service(affiliation::decline)
        .service(affiliation::end)
        .service(bank_lines::list)
        .service(bank_lines::show)
        .service(bank_lines::book_it)
        .service(bank_lines::take_back)
        .service(claim::show)
        .service(claim::decide)
        .service(claim::declare_tie)
        .service(milestone::show)
        .service(milestone::save)
        .service(milestone::submit)
        .service(milestones::list)
        .service(updates::withdraw)
        .service(updates::publish)
        .service(updates::show)
        .service(file::show)
        .service(payout::show)
        .service(payout::approve)
        .service(payout::send)
        .service(payout::decide)
        .service(payout_run::approve)
        .service(payout_run::send)
        .service(payout_run::cancel)
        .service(payout_run::show)
        .service(payout_run::content)
        .service(payout_runs::create)
        .service(payout_runs::show)
        .service(distribution::show)
        .service(distribution::bring)
        .service(distribution::approve)
        .service(cooperative::opening::show)
        .service(cooperative::opening::open)
        .service(cooperative::proceeds::show)
        .service(cooperative::proceeds::record)
        .service(cooperative::table::show)
        .service(cooperative::table::record)
        .service(cooperative::distribute::show)
        .service(cooperative::distribute::draft)
        .service(cooperative::distribute::close)
        .service(distribution::object)
        .service(distribution::withdraw)
        .service(cooperative::take_back::show_proceeds)
        .service(cooperative::take_back::reverse_proceeds)
        .service(cooperative::take_back::show_hours)
        .service(cooperative::take_back::reverse_hours)
        .service(cooperative::share::show)
        .service(cooperative::share::consent)
        .service(cooperative::membership::show)
        .service(cooperative::membership::admit)
        .service(cooperative::membership::leave)
        .service(cooperative::redemptions::show)
        .service(cooperative::redemptions::ask)
        .service(cooperative::redemptions::approve)
        .service(cooperative::redemptions::withdraw)
        .service(cooperative::votes::show)
        .service(cooperative::votes::open)
        .service(cooperative::votes::give)
        .service(cooperative::votes::read)
        .service(cooperative::votes::vote)
        .service(cooperative::votes::withdraw)
        .service(cooperative::hours::show)
        .service(cooperative::hours::record)
        .service(cooperative::hours::attest)
        .service(cooperative::show)
        .service(bank_account::show)
        .service(bank_account::confirm)
        .service(bank_account::reject)
        .service(submission::show)
        .service(submission::score)
        .service(submission::declare_tie)
        .service(partner_requests::list)
        .service(partner::rotate)
        .service(partner::revoke)
        .service(partner::create)
        .service(partner::show)
        .service(endpoints::create)
        .service(endpoints::list)
        .service(endpoint::replay)
        .service(endpoint::attempts)
        .service(endpoint::turn)
        .service(endpoint::rotate)
        .service(endpoint::ping)
        .service(endpoint::delete)
        .service(endpoint::show)
        .service(host_campaign::show)
        .service(host_campaign::create)
        .service(host_challenge::show)
        .service(host_challenge::create)
        .service(host_milestone::show)
        .service(host_milestone::create)
        .service(host_call::show)
        .service(host_call::create)
        .service(call::withdraw)
        .service(call::show)
        .service(call::accept)
        .service(call::decline)
        .service(application::show)
        .service(application::apply)
        .service(application::withdraw)
        .service(host::show)
        .service(operator::show)
        .service(operator::invite)
        .service(operator::requeue_installation)
        .service(operator::requeue)
        .service(organisation::ask)
        .service(organisation::found)
        .service(organisation::show)
        .service(join_request::list)
        .service(join_request::show_form)
        .service(join_request::ask)
        .service(join_request::show)
        .service(join_request::accept)
        .service(join_request::decline)
        .service(join_request::withdraw)
        .service(entry::show)
        .service(entry::enter);
}

/// What an address names; a desk has no twin.
fn named<T>(asked: Asked<T>) -> Result<T, Problem> {
    match asked.form {
        Form::Html => Ok(asked.id),
        Form::Json | Form::Csv => Err(Problem::not_found("page")),
    }
}

/// What an operation has answered, as the API would say it.
async fn answered(response: HttpResponse) -> Result<Value, Problem> {
    let bytes = to_bytes(response.into_body()).await.map_err(|_| Problem::internal())?;
    serde_json::from_slice(&bytes).map_err(|_| Problem::internal())
}

/// A sum as people read it.
fn sum(minor: i64, currency: Currency) -> String {
    Amount::of(minor, currency).to_string()
}

/// A kind of evidence in words.
fn kind_in_words(kind: EvidenceKind) -> Said {
    match kind {
        EvidenceKind::DesignFiles => say("desk-design-files"),
        EvidenceKind::BillOfMaterials => say("desk-bill-of-materials"),
        EvidenceKind::BuildInstructions => say("desk-build-instructions"),
        EvidenceKind::TestReport => say("desk-test-report"),
        EvidenceKind::Licence => say("desk-licence"),
        EvidenceKind::EnterprisePlan => say("desk-enterprise-plan"),
        EvidenceKind::Photo => say("desk-photo"),
        EvidenceKind::Video => say("desk-video"),
        EvidenceKind::Other => say("desk-other"),
    }
}

/// How a claim stands, in a sentence. `day` is when its clock ends.
fn standing(state: &ClaimState, day: Option<Day>) -> Said {
    let until = |ends: Said, open: Said| match day {
        Some(day) => ends.with("day", day),
        None => open,
    };
    match state {
        ClaimState::Draft { .. } => until(say("desk-claim-draft-until"), say("desk-claim-draft")),
        ClaimState::Submitted(_) | ClaimState::InReview(_) => {
            until(say("desk-claim-waits-until"), say("desk-claim-waits"))
        }
        ClaimState::ChangesAsked { .. } => until(say("desk-claim-changes-until"), say("desk-claim-changes")),
        ClaimState::Approved(_) => say("desk-claim-approved"),
        ClaimState::Disputed(_) => say("desk-claim-disputed"),
        ClaimState::Rejected { reason } => say("desk-claim-rejected").with("reason", reason),
        ClaimState::Payable(_) => say("desk-claim-payable"),
        ClaimState::Paid(_) => say("desk-claim-paid"),
        ClaimState::Revoked { reason, .. } => say("desk-claim-revoked").with("reason", reason),
        ClaimState::Expired => say("desk-claim-expired"),
    }
}
