//! The demand of a second factor, before a handler runs: who has not proved one, where the table of [`crate::who_may`] demands it, hears
//! what to do, and nothing of the request was read.

use crate::auth::{Caller, Who};
use crate::config::Demanded;
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::{self, Demand, PAGES};
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use ledger::parties::store::second_factors;

/// The routes that take codes: what somebody would try who guesses.
pub const TAKES_CODES: &[&str] = &[
    "/v1/me/second-factor:confirm",
    "/v1/me/second-factor:verify",
    "/me/second-factor/proof",
    "/me/second-factor/confirm",
];

/// What whoever has to prove a second factor first hears.
pub const NEEDED: &str = "second-factor-needed";

/// Refuses whoever has to prove a second factor first.
///
/// # Errors
///
/// 403 `second-factor-needed`.
pub async fn check(state: &State, caller: &Caller, demand: Demand) -> Result<(), Problem> {
    let Who::Person(person) = &caller.who else { return Ok(()) };
    let is_asked = match demand {
        Demand::Nobody => false,
        Demand::Operators => person.is_operator,
        Demand::Everybody | Demand::Strictly => true,
    };
    let settings = &state.config.second_factor;
    let is_proved = person.proof.is_some_and(|proof| proof.is_fresh(settings.life(), ledger::calendar::now()));
    if !is_asked || is_proved {
        return Ok(());
    }
    let client = state.client().await?;
    let is_enrolled = second_factors::is_active(&client, person.id).await?;
    let of_all = match state.config.second_factor_demanded() {
        Demanded::Always => true,
        Demanded::Enrolled => demand == Demand::Strictly,
    };
    if is_enrolled || of_all { Err(needed(is_enrolled, settings.second_factor_minutes)) } else { Ok(()) }
}

/// Whether somebody has to prove a second factor before they may send a form to a page.
pub async fn is_asked(state: &State, caller: &Caller, page: &'static str) -> Result<bool, Problem> {
    let row = PAGES.iter().find(|(method, path, _)| *method == "POST" && *path == page);
    let access = row.map(|(.., access)| *access).ok_or_else(Problem::internal)?;
    match check(state, caller, who_may::second_factor("POST", page, access)).await {
        Ok(()) => Ok(false),
        Err(problem) if problem.is(NEEDED) => Ok(true),
        Err(problem) => Err(problem),
    }
}

/// What somebody hears who has not proved a second factor in time. The header is that of RFC 9470, beside our own status.
fn needed(is_enrolled: bool, minutes: u16) -> Problem {
    let detail = if is_enrolled {
        format!(
            "this asks for a second factor that was proved within {minutes} minutes: send a code to \
             POST /v1/me/second-factor:verify, and repeat the request with the token that it answers"
        )
    } else {
        "this asks for a second factor, and you have none: begin with POST /v1/me/second-factor, then send its first code to \
         POST /v1/me/second-factor:confirm, and repeat the request with the token that it answers"
            .to_owned()
    };
    let header = format!(
        r#"Bearer realm="commonpurse", error="insufficient_user_authentication", error_description="a second factor is needed", max_age="{}""#,
        u32::from(minutes) * 60
    );
    Problem::new(StatusCode::FORBIDDEN, NEEDED, "Prove your second factor", detail)
        .with_header(WWW_AUTHENTICATE, &header)
}
