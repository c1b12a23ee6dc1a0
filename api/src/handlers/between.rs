//! Between the books of cooperatives: what one sends to another, which are of a federation, and what several come to together.

pub mod affiliations;
pub mod consolidation;
pub mod incoming;
pub mod remittances;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:approve`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(remittances::ask)
        .service(remittances::list)
        .service(remittances::approve)
        .service(remittances::withdraw)
        .service(remittances::pay)
        .service(remittances::show)
        .service(incoming::list)
        .service(incoming::accept)
        .service(incoming::decline)
        .service(incoming::receive)
        .service(affiliations::invite)
        .service(affiliations::list)
        .service(affiliations::accept)
        .service(affiliations::decline)
        .service(affiliations::end)
        .service(affiliations::show)
        .service(consolidation::show);
}
