//! Pages for browsers: HTML from the templates of this crate, one style sheet, no script.
//!
//! Who may see them stands in [`crate::who_may::PAGES`]; they are no part of the contract. A cookie says who asks, and it counts
//! here only: the API takes tokens. A form counts only when it comes from a page of this service
//! ([`origin`]); but for the link of a mail to which programs post ([`unsubscribe`]). What goes wrong
//! is a page too ([`trouble`]).

pub mod bank_account;
pub mod book;
mod call;
pub mod campaign;
pub mod challenge;
pub mod cookies;
pub mod cooperative;
mod desks;
pub mod donor;
mod forms;
mod giving;
pub mod home;
pub mod invitation;
pub(crate) mod language;
pub mod milestone;
pub mod origin;
mod pictures;
mod pipeline;
pub mod plan_change;
pub mod plan_move;
mod product;
mod programme;
pub mod public_home;
pub mod receipt;
pub mod second_factor;
mod shown;
pub mod sign_in;
pub mod trouble;
mod twins;
pub mod unsubscribe;
mod updates;
pub mod yearly_receipt;

use crate::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, LOCATION, REFERRER_POLICY,
};
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, route};
use askama::Template;
use jiff::civil::Date;

/// What a page may load and do: one style sheet, and forms to this service. Nothing may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

const STYLE: &str = include_str!("../templates/style.css");

/// All pages. Of two paths that could both fit, the more literal one comes first.
pub(crate) fn routes(routes: &mut ServiceConfig) {
    routes
        .service(style)
        .service(public_home::show)
        .service(public_home::json)
        .service(public_home::csv)
        .service(public_home::find_receipt)
        .service(language::choose)
        .service(home::me)
        .service(home::change_name)
        .service(sign_in::show_form)
        .service(sign_in::request_link)
        .service(sign_in::show_sign_up)
        .service(sign_in::request_account)
        .service(sign_in::show_code)
        .service(sign_in::try_code)
        .service(sign_in::use_link)
        .service(sign_in::show_link)
        .service(sign_in::sign_out)
        .service(sign_in::sign_out_everywhere)
        .service(donor::change_plan)
        .service(donor::data)
        .service(donor::one_receipt)
        .service(yearly_receipt::ask_for_year)
        .service(yearly_receipt::show)
        .service(donor::show_year)
        .service(donor::show)
        .service(yearly_receipt::show_by_link)
        .service(bank_account::confirm)
        .service(bank_account::show)
        .service(plan_change::consent)
        .service(plan_change::show)
        .service(plan_move::answer)
        .service(plan_move::show)
        .service(unsubscribe::turn_on)
        .service(unsubscribe::turn_off)
        .service(unsubscribe::show)
        .service(second_factor::show)
        .service(second_factor::try_code)
        .service(second_factor::begin)
        .service(second_factor::confirm)
        .service(second_factor::renew_codes)
        .service(second_factor::remove)
        .configure(desks::routes)
        .service(call::show)
        .service(updates::of_campaign)
        .service(updates::of_campaign_as)
        .service(updates::of_challenge)
        .service(updates::of_challenge_as)
        .service(updates::of_milestone)
        .service(updates::of_milestone_as)
        .service(challenge::badge)
        .service(challenge::show)
        .service(cooperative::show)
        .service(programme::show)
        .service(product::show)
        .service(pipeline::show)
        .service(campaign::badge::show)
        .service(campaign::show)
        .service(milestone::show)
        .service(book::corrections::show)
        .service(book::corrections::show_as)
        .service(book::search::show)
        .service(book::search::show_as)
        .service(book::entry::show)
        .service(book::account::show)
        .service(book::overview::show)
        .service(book::check::show)
        .service(book::check::show_as)
        .service(invitation::accept)
        .service(invitation::decline)
        .service(invitation::show);
}

/// A page from a template.
fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(rendered(template)?))
}

fn rendered(template: &impl Template) -> Result<String, Problem> {
    template.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be rendered");
        Problem::internal()
    })
}

/// A day as people read it: 31 January 2027.
fn written(day: Date) -> String {
    shown::Day(day).to_string()
}

/// Leads the browser to another page, which it asks for by GET.
fn see_other(path: &'static str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The headers that every page has, but what it says itself of who may frame it. An address may hold a secret: no other page is told it, and nothing is kept.
pub(crate) fn guard(headers: &mut HeaderMap) {
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// The one style sheet.
#[route("/style.css", method = "GET", method = "HEAD")]
async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header((CACHE_CONTROL, "max-age=600")).body(STYLE)
}
