//! Programmes: what a book is to spend over months, what it spent, and who works in them.

pub mod hires;
pub mod plans;
pub mod standing;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:withdraw`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(plans::presets)
        .service(plans::open)
        .service(plans::list)
        .service(plans::withdraw)
        .service(standing::show)
        .service(hires::hire)
        .service(hires::list)
        .service(hires::end)
        .service(plans::show);
}
