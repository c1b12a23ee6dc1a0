//! Partners: the endpoints to which what happened is sent, and what was sent there.

pub mod deliveries;
pub mod endpoints;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:ping`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(endpoints::create)
        .service(endpoints::list)
        .service(endpoints::rotate_secret)
        .service(endpoints::ping)
        .service(deliveries::replay_since)
        .service(deliveries::replay)
        .service(deliveries::list_deliveries)
        .service(deliveries::list_attempts)
        .service(endpoints::change)
        .service(endpoints::delete)
        .service(endpoints::show);
}
