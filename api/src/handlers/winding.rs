//! Winding: a book that is wound up, and what becomes of the money in it.

pub mod line_body;
pub mod plans;
pub mod wind_ups;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(wind_ups::announce)
        .service(wind_ups::resume)
        .service(plans::plan_line)
        .service(wind_ups::list_lines)
        .service(wind_ups::show);
}
