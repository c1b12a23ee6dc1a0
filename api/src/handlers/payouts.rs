//! Payouts: where payees are paid, what is paid to them, and what their banks say.

pub mod bank_accounts;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:confirm`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(bank_accounts::create)
        .service(bank_accounts::list)
        .service(bank_accounts::confirm)
        .service(bank_accounts::reject)
        .service(bank_accounts::show);
}
