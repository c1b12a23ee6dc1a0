//! Updates: notes about campaigns, challenges and milestones that hosts and teams write for everybody.

pub mod notes;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:withdraw`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(notes::publish).service(notes::list).service(notes::withdraw).service(notes::show);
}
