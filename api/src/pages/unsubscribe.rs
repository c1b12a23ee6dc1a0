//! Whoever gets mails turns a group of them off by the signed link of one, without signing in (RFC 8058), and on again. Opening the
//! link changes nothing; a program that posts to it needs no page of ours, as the link says all.

use super::page;
use crate::extract::{Form, RawForm};
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::service::preferences::MailGroup;
use ledger::service::wanted;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage<'a> {
    token: &'a str,
    about: Said,
    is_wanted: bool,
}

/// What mails of a group are about.
fn about(group: MailGroup) -> Said {
    match group {
        MailGroup::Decisions => say("mails-decisions"),
        MailGroup::Deadlines => say("mails-deadlines"),
        MailGroup::Money => say("mails-money"),
        MailGroup::News => say("mails-news"),
    }
}

/// The page of a link: which mails, and a button.
#[route("/unsubscribe/{token}", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let (link, is_wanted) = wanted::linked(&state.client().await?, &token).await?;
    page(StatusCode::OK, &UnsubscribePage { token: &token, about: about(link.group), is_wanted })
}

/// Turns them off, whatever the body says: there is nothing else to say here.
#[post("/unsubscribe/{token}")]
pub(super) async fn turn_off(state: Data<State>, token: Path<String>, _body: RawForm) -> Result<HttpResponse, Problem> {
    turned(&state, &token, false).await
}

/// A form without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Again {}

/// Turns them on again.
#[post("/unsubscribe/{token}/again")]
pub(super) async fn turn_on(
    state: Data<State>,
    token: Path<String>,
    _form: Form<Again>,
) -> Result<HttpResponse, Problem> {
    turned(&state, &token, true).await
}

async fn turned(state: &State, token: &str, on: bool) -> Result<HttpResponse, Problem> {
    let link = state.in_transaction(async |tx| wanted::turn(tx, token, on).await).await?;
    page(StatusCode::OK, &UnsubscribePage { token, about: about(link.group), is_wanted: on })
}
