//! Fetching: addresses whose bytes the service hashes for whoever has no terminal.

pub mod fetches;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(fetches::ask_fetch).service(fetches::show_fetch);
}
