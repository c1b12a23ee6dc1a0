//! Payouts: where payees are paid, what is paid to them, what banks are handed, what they say, and what closes by that.

pub mod bank_accounts;
pub mod bank_differences;
pub mod bank_lines;
pub mod book_rules;
pub mod custodian_check;
pub mod documents;
pub mod lenders;
pub mod payables;
pub mod payout;
pub mod payout_approvals;
pub mod payout_body;
pub mod payout_file_content;
pub mod payout_files;
pub mod payout_status_files;
pub mod periods;
pub mod reconciliation;
pub mod revocations;
pub mod runs;
pub mod sandbox_bank;
pub mod settlement_reports;
pub mod statement_files;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:confirm`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(bank_accounts::create)
        .service(bank_accounts::list)
        .service(bank_accounts::create_own)
        .service(bank_accounts::list_own)
        .service(bank_accounts::confirm)
        .service(bank_accounts::reject)
        .service(bank_accounts::show)
        .service(book_rules::change)
        .service(periods::close_period)
        .service(settlement_reports::report)
        .service(settlement_reports::withdraw_settlement)
        .service(bank_differences::propose_difference)
        .service(bank_differences::list_differences)
        .service(bank_differences::approve_difference)
        .service(bank_differences::withdraw_difference)
        .service(bank_differences::take_difference_back)
        .service(bank_differences::show_difference)
        .service(bank_lines::take)
        .service(bank_lines::list)
        .service(bank_lines::again)
        .service(bank_lines::book_line)
        .service(bank_lines::unbook)
        .service(statement_files::send_file)
        .service(statement_files::list_files)
        .service(statement_files::statements)
        .service(statement_files::show_file)
        .service(custodian_check::check)
        .service(reconciliation::reconcile)
        .service(bank_lines::set_policy)
        .service(bank_lines::report)
        .service(payout_approvals::approve_batch)
        .service(payout_files::create)
        .service(payout_files::list)
        .service(payout_file_content::content)
        .service(sandbox_bank::status_report)
        .service(sandbox_bank::statement)
        .service(payout_files::payouts)
        .service(payout_files::withdraw)
        .service(payout_files::show)
        .service(payout_status_files::take)
        .service(payout::create)
        .service(payout::list)
        .service(payout::approve)
        .service(payout::send)
        .service(payout::fail)
        .service(payout::cancel)
        .service(payout::release)
        .service(payout::refuse)
        .service(documents::add_document)
        .service(documents::list_documents)
        .service(payout::show)
        .service(lenders::name_lender)
        .service(lenders::list_lenders)
        .service(payables::list_own)
        .service(payables::list)
        .service(runs::create)
        .service(runs::list)
        .service(runs::approve)
        .service(runs::send_run)
        .service(runs::cancel)
        .service(runs::show)
        .service(revocations::confirm);
}
