//! What a book says: statements, reports and exports.

pub mod account_statements;
pub mod account_trees;
pub mod exports;
pub mod report;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(account_statements::statement)
        .service(account_trees::account_tree)
        .service(report::trial_balance)
        .service(report::balance_sheet)
        .service(report::income_statement)
        .service(report::funds)
        .service(exports::export);
}
