//! Somebody proves their second factor in this browser, for what asks for it: by the code of their authenticator, or by a recovery code.

use super::forms::{Fields, Filled, done, is_for_form};
use super::page;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::parties::second_factor::{VerifySecondFactorRequest, prove};
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::parties::store::second_factors;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct CodePage {
    /// The desk that asked for it.
    back: String,
    is_enrolled: bool,
    is_fresh: bool,
    minutes: u16,
    form: Filled,
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
    let settings = &state.config.second_factor;
    Ok(CodePage {
        back: desk(back),
        is_enrolled: second_factors::is_active(&state.client().await?, person.id).await?,
        is_fresh: person.proof.is_some_and(|proof| proof.is_fresh(settings.life(), ledger::calendar::now())),
        minutes: settings.second_factor_minutes,
        form,
    })
}

/// Asks for a code.
#[route("/me/second-factor", method = "GET", method = "HEAD")]
pub(super) async fn show(state: Data<State>, caller: Caller, query: Params<Back>) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, &query.0.back, Filled::fresh(&[])).await?)
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
        // No digest of the code is kept: the key alone stands for this try.
        let mut alone = Fields::default();
        alone.set("key", sent.get("key"));
        prove(&state, &caller, &alone.key("/me/second-factor/proof")?, &given).await
    };
    match proved.await {
        Ok(_) => Ok(done(&back)),
        Err(problem) if is_for_form(&problem) => {
            let of_code = |pointer: &str| pointer.ends_with("code").then(|| "code".to_owned());
            let again = Filled::again(Fields::default(), &problem, of_code);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(&state, &caller, &back, again).await?)
        }
        Err(problem) => Err(problem),
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
