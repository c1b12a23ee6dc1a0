//! Rules that change after they were published: what a new version may not take away, and until when people agree to it.
//!
//! A version never changes. A new one keeps the purse and the sum of the prizes. From the announcement on it asks no other questions;
//! from the opening on it keeps what was promised for what nobody wins, the secret rubric and whether judging is blind, and work that
//! was complete stays complete. Teams have some days to agree to it or to withdraw with their fee; a team that says nothing is
//! withdrawn with its fee too, before anything is judged, as nobody is bound by what they did not agree to.

use super::challenge::{Challenge, ChallengeState};
use super::rulebook::{CONSENT_DAYS, Rules, Stage};
use crate::calendar::later;
use crate::error::Refusal;
use crate::money::Money;
use jiff::Timestamp;

/// Whether new rules may take the place of those in force; answers until when teams agree to them.
///
/// # Errors
///
/// `rules-final`, `rules-unchanged`, `rules-bound`, `consent-too-short`.
pub fn admit(
    challenge: &Challenge,
    old: &Rules,
    new: &Rules,
    purse: Money,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let (is_announced, is_open) = reached(challenge, now)?;
    if old.digest() == new.digest() {
        return Err(Refusal::new("rules-unchanged", "these are the rules in force"));
    }
    if purse != challenge.purse {
        return Err(bound("the purse", "its rules were published"));
    }
    if is_announced && old.questions != new.questions {
        return Err(bound("the questions", "it was announced"));
    }
    if is_open {
        open_keeps(old, new)?;
    }
    let until = later(now, old.consent_days.unwrap_or(CONSENT_DAYS));
    if let Some(closes) = challenge.state.submissions_until().filter(|closes| *closes < until) {
        let detail =
            format!("teams have until {until} to agree, and submissions close at {closes}: extend that time first");
        return Err(Refusal::new("consent-too-short", detail));
    }
    Ok(until)
}

/// Whether it was announced, and whether it was opened; refuses where rules change no more.
fn reached(challenge: &Challenge, now: Timestamp) -> Result<(bool, bool), Refusal> {
    match challenge.state {
        ChallengeState::Draft { .. } | ChallengeState::Funding { .. } => Ok((false, false)),
        ChallengeState::Announced { .. } => Ok((true, false)),
        ChallengeState::Open { until } | ChallengeState::Extended { until } if now < until => Ok((true, true)),
        ChallengeState::Open { .. }
        | ChallengeState::Extended { .. }
        | ChallengeState::Judging { .. }
        | ChallengeState::Provisional { .. }
        | ChallengeState::Awarded
        | ChallengeState::Closed
        | ChallengeState::Cancelled { .. }
        | ChallengeState::NoAward { .. } => {
            Err(challenge
                .refuse("rules-final", "work is judged by the rules that were in force when submissions closed"))
        }
    }
}

/// What was promised with the opening stays, and work that is complete stays complete.
fn open_keeps(old: &Rules, new: &Rules) -> Result<(), Refusal> {
    let opened = "it was opened";
    if (old.unawarded, old.rollover_days) != (new.unawarded, new.rollover_days) {
        return Err(bound("what happens to money that nobody wins", opened));
    }
    if old.secret_rubric != new.secret_rubric {
        return Err(bound("the digest of the secret rubric", opened));
    }
    if old.share_days != new.share_days {
        return Err(bound("how long prizes wait for share plans", opened));
    }
    if old.underfunded != new.underfunded {
        return Err(bound("whether the purse may be short", opened));
    }
    if old.blind != new.blind {
        return Err(bound("whether judges see the teams", opened));
    }
    if !old.licences.iter().all(|licence| new.licences.contains(licence)) {
        return Err(bound("each licence", opened));
    }
    let keeps = |stage: &Stage| {
        new.stage(&stage.name).is_some_and(|kept| kept.gate.iter().all(|kind| stage.gate.contains(kind)))
    };
    match old.stages.iter().find(|stage| !keeps(stage)) {
        Some(stage) => Err(bound(&format!("the stage {}, with no more in its gate,", stage.name), opened)),
        None => Ok(()),
    }
}

fn bound(what: &str, since: &str) -> Refusal {
    Refusal::new("rules-bound", format!("{what} stays as it is since {since}"))
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
