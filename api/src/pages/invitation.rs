//! Accepting a role that was offered by mail, or declining it. As with a sign-in, opening the link uses nothing up.

use super::page;
use super::shown::role_in_words;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::Form;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::Said;
use crate::wire::bounded;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::parties::operations::invitations;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage<'a> {
    secret: &'a str,
    is_signed_in: bool,
}

#[derive(Template)]
#[template(path = "accepted.html")]
struct Accepted {
    role: Said,
}

#[derive(Template)]
#[template(path = "declined.html")]
struct Declined;

/// The page of a link: it does not look whether the link works.
#[route("/invitations/{secret}", method = "GET", method = "HEAD")]
pub(super) async fn show(secret: Path<String>, caller: MaybeCaller) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &InvitationPage { secret: &secret, is_signed_in: caller.0.is_some() })
}

/// The secret of a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answering {
    secret: String,
}

/// Accepts: who is signed in, with the address to which the mail went, has the role from now on.
#[post("/invitations/accept")]
pub(super) async fn accept(state: Data<State>, caller: Caller, form: Form<Answering>) -> Result<HttpResponse, Problem> {
    let (person, secret) = (caller.person()?.id, bounded("/secret", &form.0.secret, 1..=200)?);
    let given = state
        .in_transaction(async |tx| invitations::accept(tx, &secret, person, ledger::calendar::now()).await)
        .await?;
    page(StatusCode::OK, &Accepted { role: role_in_words(given.role) })
}

/// Declines: the link gives nothing any more, and who invited sees it. Declined once more, it stays so.
#[post("/invitations/decline")]
pub(super) async fn decline(
    state: Data<State>,
    caller: Caller,
    form: Form<Answering>,
) -> Result<HttpResponse, Problem> {
    let (person, secret) = (caller.person()?.id, bounded("/secret", &form.0.secret, 1..=200)?);
    state.in_transaction(async |tx| invitations::decline(tx, &secret, person, ledger::calendar::now()).await).await?;
    page(StatusCode::OK, &Declined)
}
