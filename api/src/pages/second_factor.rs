//! The second factor of who is signed in: begun with a secret that is shown once, confirmed by its first code, proved in this browser for
//! what asks for it, and removed.

use super::forms::{Fields, Filled, answered, done, is_for_form};
use super::page;
use super::pictures::qr;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::parties::second_factor::{
    VerifySecondFactorRequest, begin_once, confirm_once, prove, remove_once, renew_once,
};
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::parties::operations::second_factors as operations;
use ledger::parties::rules::second_factor::{FactorState, RECOVERY_CODES};
use serde::Deserialize;

const PAGE: &str = "/me/second-factor";

#[derive(Template)]
#[template(path = "second_factor.html")]
struct CodePage {
    /// The desk that asked for it.
    back: String,
    state: FactorState,
    is_fresh: bool,
    minutes: u16,
    /// Recovery codes that are not used, of as many.
    codes_left: i64,
    codes_all: usize,
    form: Filled,
}

impl CodePage {
    fn is_enrolled(&self) -> bool {
        self.state == FactorState::Active
    }

    fn is_begun(&self) -> bool {
        self.state == FactorState::Begun
    }
}

/// A second factor that has begun, with its secret, which no page shows again.
#[derive(Template)]
#[template(path = "second_factor_begun.html")]
struct BegunPage {
    secret: String,
    uri: String,
    /// The address as a picture that the camera of a telephone reads.
    picture: String,
    form: Filled,
}

/// Recovery codes, which no page shows again.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    /// None when they were shown before.
    codes: Option<Vec<String>>,
}

/// The page that asked for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    #[serde(default)]
    back: String,
}

/// A page of this service to which somebody may be led back; what waits for them, when it is none.
fn desk(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte));
    if path.starts_with("/desk/") && is_plain && path.len() <= 200 { path.to_owned() } else { "/me".to_owned() }
}

async fn shown(state: &State, caller: &Caller, back: &str, form: Filled) -> Result<CodePage, Problem> {
    let person = caller.person()?;
    let (settings, wall) = (&state.config.second_factor, ledger::calendar::now());
    let standing = operations::standing(&state.client().await?, person.id, wall).await?;
    Ok(CodePage {
        back: desk(back),
        state: standing.state,
        is_fresh: person.proof.is_some_and(|proof| proof.is_fresh(settings.life(), wall)),
        minutes: settings.second_factor_minutes,
        codes_left: standing.codes_left,
        codes_all: RECOVERY_CODES,
        form,
    })
}

/// Shows how it stands, and asks for a code where one is due.
#[route("/me/second-factor", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, caller: Caller, query: Params<Back>) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, &query.0.back, Filled::fresh(&[])).await?)
}

/// The key of a form alone: no digest of a code is kept.
fn alone(sent: &Fields) -> Fields {
    let mut alone = Fields::default();
    alone.set("key", sent.get("key"));
    alone
}

/// What was refused is told on the page of the second factor. Nothing of a code is shown again.
async fn refused(state: &State, caller: &Caller, back: &str, problem: Problem) -> Result<HttpResponse, Problem> {
    if !is_for_form(&problem) {
        return Err(problem);
    }
    let of_code = |pointer: &str| pointer.ends_with("code").then(|| "code".to_owned());
    let again = Filled::again(Fields::default(), &problem, of_code);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, back, again).await?)
}

/// Proves it. Nothing of a code is shown again.
#[post("/me/second-factor/proof")]
pub(super) async fn try_code(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let back = desk(sent.get("back"));
    let proved = async {
        let typed = sent.get("code").trim();
        let is_recovery_code = typed.bytes().any(|byte| byte.is_ascii_alphabetic());
        let (code, recovery_code) = if is_recovery_code { (None, Some(typed)) } else { (Some(typed), None) };
        let given = VerifySecondFactorRequest {
            code: code.map(str::to_owned),
            recovery_code: recovery_code.map(str::to_owned),
        };
        prove(&state, &caller, &alone(&sent).key("/me/second-factor/proof")?, &given).await
    };
    match proved.await {
        Ok(_) => Ok(done(&back)),
        Err(problem) => refused(&state, &caller, &back, problem).await,
    }
}

/// A secret that was made; nothing of it in what is answered to a form that was sent before.
#[derive(Deserialize)]
struct Secret {
    secret: Option<String>,
    uri: Option<String>,
}

/// Begins it: shows the secret, once. What was begun before is forgotten.
#[post("/me/second-factor/begin")]
pub(super) async fn begin(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let begun = async { begin_once(&state, &caller, &sent.key("/me/second-factor/begin")?).await };
    match begun.await {
        Ok(answer) => {
            let Secret { secret: Some(secret), uri: Some(uri) } = answered(answer)? else { return Ok(done(PAGE)) };
            let picture = qr::picture(&uri)?;
            page(StatusCode::OK, &BegunPage { secret, uri, picture, form: Filled::fresh(&[]) })
        }
        Err(problem) => refused(&state, &caller, "", problem).await,
    }
}

/// Codes that were made; none in what is answered to a form that was sent before.
#[derive(Deserialize)]
struct Codes {
    recovery_codes: Option<Vec<String>>,
}

async fn codes(state: &State, caller: &Caller, made: Result<HttpResponse, Problem>) -> Result<HttpResponse, Problem> {
    match made {
        Ok(answer) => page(StatusCode::OK, &CodesPage { codes: answered::<Codes>(answer)?.recovery_codes }),
        Err(problem) => refused(state, caller, "", problem).await,
    }
}

/// Confirms it by its first code: it counts from now on. Shows the recovery codes, once.
#[post("/me/second-factor/confirm")]
pub(super) async fn confirm(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let confirmed = async {
        let key = alone(&sent).key("/me/second-factor/confirm")?;
        confirm_once(&state, &caller, &key, sent.get("code").trim()).await
    };
    let confirmed = confirmed.await;
    codes(&state, &caller, confirmed).await
}

/// Makes new recovery codes, which are shown once; the old ones count no more.
#[post("/me/second-factor/recovery-codes")]
pub(super) async fn renew_codes(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let renewed = async { renew_once(&state, &caller, &sent.key("/me/second-factor/recovery-codes")?).await };
    let renewed = renewed.await;
    codes(&state, &caller, renewed).await
}

/// Removes it, with its recovery codes.
#[post("/me/second-factor/remove")]
pub(super) async fn remove(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let removed = async { remove_once(&state, &caller, &sent.key("/me/second-factor/remove")?).await };
    match removed.await {
        Ok(_) => Ok(done(PAGE)),
        Err(problem) => refused(&state, &caller, "", problem).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_back_to_another_site() {
        assert_eq!(desk("/desk/payouts/pay_x"), "/desk/payouts/pay_x");
        for other in ["", "//evil.example", "/desk/../x", "https://evil.example", "/me", "/desk/\\evil", "/desk/x?y"] {
            assert_eq!(desk(other), "/me", "{other}");
        }
    }
}
