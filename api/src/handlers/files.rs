//! Files: uploaded as evidence and as documents, and read by who may read what names them.

pub mod uploads;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(uploads::upload_file).service(uploads::show_file).service(uploads::file_content);
}
