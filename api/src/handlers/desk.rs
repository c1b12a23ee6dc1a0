//! Desk: what waits for a person.

pub mod waiting;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(waiting::list);
}
