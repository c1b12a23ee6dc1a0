//! Programmes: what a book is to spend over months, what it spent, and who works in them; and the products that it develops.

pub mod advantages;
pub mod hires;
pub mod loops;
pub mod plans;
pub mod products;
pub mod revisions;
pub mod standing;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:withdraw`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(plans::presets)
        .service(plans::open)
        .service(plans::list)
        .service(plans::withdraw)
        .service(revisions::revise)
        .service(revisions::list)
        .service(standing::show)
        .service(hires::hire)
        .service(hires::list)
        .service(hires::end)
        .service(plans::show)
        .service(products::open)
        .service(products::list)
        .service(products::board)
        .service(products::advance)
        .service(products::stop)
        .service(products::link)
        .service(advantages::assume)
        .service(advantages::list)
        .service(products::show)
        .service(loops::say)
        .service(loops::of_product)
        .service(loops::show);
}
