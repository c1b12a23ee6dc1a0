//! Members of a cooperative: what they work, what is sold, how it is shared.

pub mod advances;
pub mod allocation_rules;
pub mod consents;
pub mod dissolution;
pub mod distribution_body;
pub mod distributions;
pub mod joining_contributions;
pub mod loans;
pub mod member_indices;
pub mod members;
pub mod openings;
pub mod previews;
pub mod proceeds;
pub mod redemptions;
pub mod results;
pub mod reversal;
pub mod statements;
pub mod tax_years;
pub mod vat_declarations;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(members::admit)
        .service(members::list_members)
        .service(members::leave)
        .service(consents::publish)
        .service(consents::list_bylaws)
        .service(consents::say)
        .service(consents::list)
        .service(members::contribute)
        .service(members::list_contributions)
        .service(members::attest)
        .service(members::reverse_hours)
        .service(member_indices::set)
        .service(member_indices::list)
        .service(previews::preview)
        .service(allocation_rules::list)
        .service(allocation_rules::presets)
        .service(proceeds::record)
        .service(proceeds::list)
        .service(proceeds::reverse)
        .service(results::close_result)
        .service(results::list_results)
        .service(results::reverse_result)
        .service(distributions::draft)
        .service(distributions::list)
        .service(distributions::open)
        .service(distributions::raise_objection)
        .service(distributions::approve)
        .service(distributions::withdraw)
        .service(distributions::reverse)
        .service(distributions::objections)
        .service(distributions::list_shares)
        .service(distributions::show)
        .service(vat_declarations::declare)
        .service(vat_declarations::list)
        .service(vat_declarations::reverse)
        .service(openings::open)
        .service(openings::list)
        .service(openings::reverse)
        .service(advances::grant)
        .service(advances::list)
        .service(advances::reverse)
        .service(joining_contributions::grant)
        .service(joining_contributions::list)
        .service(joining_contributions::cancel)
        .service(joining_contributions::show)
        .service(loans::publish)
        .service(loans::list_terms)
        .service(loans::list)
        .service(loans::book_interest)
        .service(redemptions::ask)
        .service(redemptions::list)
        .service(redemptions::list_parts)
        .service(redemptions::approve)
        .service(redemptions::withdraw)
        .service(redemptions::reverse)
        .service(redemptions::show)
        .service(statements::list)
        .service(statements::show)
        .service(tax_years::list)
        .service(tax_years::download)
        .service(dissolution::show);
}
