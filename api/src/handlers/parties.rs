//! People and organisations: signing in, roles, credentials of partners, declared ties.

pub mod credentials;
pub mod identity;
pub mod invitations;
pub mod join_requests;
pub mod mail_preferences;
pub mod oauth;
pub mod organisations;
pub mod outside_identities;
pub mod persons;
pub mod requests;
pub mod second_factor;
pub mod second_factor_body;
pub mod second_factor_resets;
pub mod ties;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes. Of two paths that could both fit, the more literal one (`{id}:pause`) comes first.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes
        .service(identity::sign_in)
        .service(identity::confirm)
        .service(outside_identities::sign_in_outside)
        .service(outside_identities::forget_identities)
        .service(identity::refresh)
        .service(identity::revoke)
        .service(oauth::oauth_token)
        .service(identity::jwks)
        .service(identity::me)
        .service(identity::change_me)
        .service(identity::sign_out_everywhere)
        .service(mail_preferences::show_mail_preferences)
        .service(mail_preferences::change_mail_preferences)
        .service(mail_preferences::revoke_mail_links)
        .service(second_factor::begin)
        .service(second_factor::show)
        .service(second_factor::confirm)
        .service(second_factor::verify)
        .service(second_factor::renew_recovery_codes)
        .service(second_factor::remove)
        .service(second_factor_resets::ask)
        .service(second_factor_resets::object_to_reset)
        .service(second_factor_resets::show_of_person)
        .service(second_factor_resets::approve)
        .service(second_factor_resets::refuse)
        .service(persons::list)
        .service(persons::disable)
        .service(persons::enable)
        .service(persons::show)
        .service(organisations::create)
        .service(organisations::list)
        .service(organisations::show)
        .service(organisations::change)
        .service(organisations::list_memberships)
        .service(organisations::remove_membership)
        .service(invitations::create)
        .service(invitations::list)
        .service(invitations::withdraw)
        .service(invitations::accept)
        .service(invitations::decline)
        .service(join_requests::ask)
        .service(join_requests::list)
        .service(join_requests::list_mine)
        .service(join_requests::accept)
        .service(join_requests::decline)
        .service(join_requests::withdraw)
        .service(credentials::create)
        .service(credentials::list)
        .service(credentials::rotate)
        .service(credentials::revoke)
        .service(requests::list)
        .service(ties::create);
}
