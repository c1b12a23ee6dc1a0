//! Which mails the person who is signed in wants.

use crate::auth::Caller;
use crate::extract::{Body, Keyed, Nothing};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{IfMatch, etag};
use actix_web::http::header::ETAG;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post, put};
use ledger::service::preferences::{Preferences, Wishes};
use ledger::service::wanted;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which groups of mails you want. In no group, and sent in any case, is what the law demands and what you need to defend yourself: a
/// time that runs against you, a role or a bank account that was given in your name, your second factor, signing in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailPreferences)]
pub struct MailPreferencesBody {
    /// Mails of how something ended in which you had a part: a claim, a dispute, an appeal, a share plan.
    decisions: bool,
    /// Mails of work that waits for you in an office that you hold: reviews, decisions, hours to attest, objections to answer.
    deadlines: bool,
    /// Mails of money that came or went as it should: releases, payouts that were sent or have arrived.
    money: bool,
    /// Mails of what is good to know: a challenge is announced, or has more time.
    news: bool,
}

impl From<Preferences> for MailPreferencesBody {
    fn from(it: Preferences) -> MailPreferencesBody {
        let Preferences { wishes: Wishes { decisions, deadlines, money, news }, version: _, link_serial: _ } = it;
        MailPreferencesBody { decisions, deadlines, money, news }
    }
}

fn answer(said: Preferences) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, etag(said.version))).json(MailPreferencesBody::from(said))
}

/// Shows which groups of mails you want. Whoever has said nothing wants all.
#[utoipa::path(tag = "identity", responses((status = 200, description = "As they are", body = MailPreferencesBody)))]
#[get("/v1/me/mail-preferences")]
pub(crate) async fn show_mail_preferences(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    Ok(answer(wanted::of_person(&state.client().await?, person).await?))
}

/// Which groups of mails you want from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailPreferencesRequest {
    /// Mails of how something ended in which you had a part.
    decisions: bool,
    /// Mails of work that waits for you in an office that you hold.
    deadlines: bool,
    /// Mails of money that came or went as it should.
    money: bool,
    /// Mails of what is good to know.
    news: bool,
}

/// Says which groups of mails you want. It counts at once, also for mails that are under way.
#[utoipa::path(tag = "identity", request_body = MailPreferencesRequest,
    responses((status = 200, description = "As they are now, with their new ETag", body = MailPreferencesBody)))]
#[put("/v1/me/mail-preferences")]
pub(crate) async fn change_mail_preferences(
    state: Data<State>,
    caller: Caller,
    seen: IfMatch,
    request: Body<MailPreferencesRequest>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let MailPreferencesRequest { decisions, deadlines, money, news } = request.0;
    let wishes = Wishes { decisions, deadlines, money, news };
    let said = state.in_transaction(async |tx| wanted::say(tx, person, seen.0, wishes).await).await?;
    Ok(answer(said))
}

/// Revokes the links of all mails that you have got, by which mails are turned off and on without signing in: none of them leads anywhere
/// from the next request on. Those of later mails work.
#[utoipa::path(tag = "identity", request_body = Nothing,
    responses((status = 200, description = "Revoked; your preferences stay as they are", body = MailPreferencesBody)))]
#[post("/v1/me/mail-preferences:revoke-links")]
pub(crate) async fn revoke_mail_links(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        Ok(Reply::ok(&MailPreferencesBody::from(wanted::revoke_links(tx, person).await?)))
    })
    .await
}
