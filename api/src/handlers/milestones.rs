//! Milestones of the host, calls for teams that would do them, claims of the team, reviews, disputes, releases.

pub mod applications;
pub mod calls;
pub mod claim_body;
pub mod claims;
pub mod clawback_body;
pub mod disputes;
pub mod documents;
pub mod milestone;
pub mod releases;
pub mod reviews;
pub mod revocations;
pub mod sources;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(milestone::create)
        .service(milestone::list)
        .service(milestone::fund)
        .service(milestone::cancel)
        .service(milestone::show)
        .service(calls::create)
        .service(calls::list)
        .service(calls::withdraw)
        .service(applications::create)
        .service(applications::list)
        .service(calls::show)
        .service(applications::accept)
        .service(applications::decline)
        .service(applications::withdraw)
        .service(applications::show)
        .service(releases::list)
        .service(sources::sources)
        .service(claims::create)
        .service(claims::list)
        .service(claims::submit)
        .service(revocations::revoke)
        .service(revocations::write_off)
        .service(revocations::recover)
        .service(documents::add_document)
        .service(documents::list_documents)
        .service(claims::show)
        .service(claims::change)
        .service(reviews::create)
        .service(reviews::list)
        .service(disputes::create)
        .service(disputes::list)
        .service(disputes::answer)
        .service(disputes::reply)
        .service(disputes::accept)
        .service(disputes::appeal)
        .service(disputes::resolve)
        .service(revocations::list_requests)
        .service(revocations::list_clawbacks);
}
