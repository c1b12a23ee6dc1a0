//! Challenges: a purse of prizes, the rules by which teams win them, and where it stands.
//!
//! `draft → funding → announced → open → judging → provisional → awarded → closed`; also `extended`, `cancelled`,
//! `no_award`; and back from `provisional` to `judging` when an appeal is upheld. Every state that waits has a deadline and a default:
//!
//! | waiting | for | at the deadline |
//! |---|---|---|
//! | draft | the host | cancelled after 90 days |
//! | funding, announced | sponsors, the host | cancelled: the purse goes back to its sponsors |
//! | open, extended | teams | submissions close, judging begins |
//! | judging | judges | ranked, where all scores are there; otherwise the host is called in, for one more judging time |
//! | judging, escalated | judges, the host | ranked with the scores that are there |
//! | provisional | appeals | awarded, once no appeal is open |
//!
//! Beside its state a challenge may wait for teams that are to agree to other rules, whose entries are withdrawn at the deadline;
//! and for another challenge that takes prize money which nobody won, which goes back to the sponsors at the deadline.

pub use super::challenge_state::ChallengeState;
use super::rulebook::Timetable;
use crate::book::AccountNumber;
use crate::calendar::later;
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::ChallengeId;
use crate::money::Money;
use jiff::Timestamp;

/// Days after which a draft that nobody published is cancelled.
pub const DRAFT_DAYS: u16 = 90;
/// What the deadline of a waiting state demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing: no deadline has passed.
    Nothing,
    /// Give it up, and return the purse.
    Cancel,
    /// Close submissions.
    CloseSubmissions,
    /// Rank what was submitted, or call the host in where scores are missing and it was not called in before.
    Rank {
        /// Whether the scores that are there must do.
        with_what_is_there: bool,
    },
    /// Award the prizes.
    Award,
}

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// Name in addresses and in the codes of its accounts; never changes.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The sum of its prizes.
    pub purse: Money,
    /// Number of the version of its rules in force, from 1.
    pub rules_version: i32,
    /// SHA-256 of those rules.
    pub rules: Digest,
    /// How long its waiting states last, as its rules say.
    pub timetable: Timetable,
    /// Its purse account; none before it is published.
    pub account: Option<AccountNumber>,
    /// Where it stands.
    pub state: ChallengeState,
    /// Whether judges see no teams until its ranking is provisional, as its rules say.
    pub is_blind: bool,
    /// How often its time for submissions was made longer.
    pub extensions: u8,
    /// Until when teams agree to rules that were changed; none when nobody waits for that.
    pub consent_until: Option<Timestamp>,
    /// Until when prize money that nobody won may go to another challenge; none when there is none.
    pub rolls_until: Option<Timestamp>,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Challenge {
    /// The state of a new one.
    pub fn draft(now: Timestamp) -> ChallengeState {
        ChallengeState::Draft { until: later(now, DRAFT_DAYS) }
    }

    /// Refuses other rules than those in force with `rules-mismatch`: whoever agrees restates their digest.
    pub fn agree(&self, rules: Digest) -> Result<(), Refusal> {
        if rules == self.rules {
            return Ok(());
        }
        let detail = format!("the rules in force have the SHA-256 {}; read them, and restate it", self.rules);
        Err(Refusal::new("rules-mismatch", detail))
    }

    /// Lets its rules be changed: only a draft's are.
    pub fn edits_rules(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Draft { .. } => Ok(()),
            ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-not-draft", "its rules are agreed upon")),
        }
    }

    /// Opens it for sponsors, with the account of its purse.
    pub fn publish(self, account: AccountNumber, now: Timestamp) -> Result<Challenge, Refusal> {
        self.edits_rules()?;
        let state = ChallengeState::Funding { until: later(now, self.timetable.funding_days) };
        Ok(Challenge { account: Some(account), state, ..self })
    }

    /// Whether it takes money for its purse; answers the account.
    pub fn takes_contributions(&self) -> Result<AccountNumber, Refusal> {
        match (&self.state, self.account) {
            (ChallengeState::Funding { .. } | ChallengeState::Announced { .. }, Some(account)) => Ok(account),
            (
                ChallengeState::Draft { .. }
                | ChallengeState::Funding { .. }
                | ChallengeState::Announced { .. }
                | ChallengeState::Open { .. }
                | ChallengeState::Extended { .. }
                | ChallengeState::Judging { .. }
                | ChallengeState::Provisional { .. }
                | ChallengeState::Awarded
                | ChallengeState::Closed
                | ChallengeState::Cancelled { .. }
                | ChallengeState::NoAward { .. },
                _,
            ) => Err(self.refuse("challenge-not-funding", "it takes no money for its purse")),
        }
    }

    /// Tells the public; teams may enter.
    pub fn announce(self, now: Timestamp) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Funding { .. } => {
                let state = ChallengeState::Announced { until: later(now, self.timetable.announced_days) };
                Ok(Challenge { state, ..self })
            }
            ChallengeState::Draft { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self.refuse("challenge-not-funding", "only one that is being funded is announced"))
            }
        }
    }

    /// Opens it for submissions. `settled`: minor units in its purse that have settled, no less than its prizes; or where its rules say that
    /// it may be underfunded, no less than one.
    pub fn open(self, settled: i64, underfunded: bool, now: Timestamp) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Announced { .. } => {}
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                return Err(self.refuse("challenge-not-announced", "only one that was announced is opened"));
            }
        }
        if settled < if underfunded { 1 } else { self.purse.minor() } {
            let currency = self.purse.currency();
            let detail = format!(
                "the purse is {}, of which {} {currency} have settled: {} {currency} are short",
                self.purse,
                currency.format(settled),
                currency.format(self.purse.minor() - settled),
            );
            return Err(Refusal::new("purse-short", detail));
        }
        // Whoever is asked to agree to other rules has time for that, and is judged by those they know.
        let until = later(now, self.timetable.submission_days).max(self.consent_until.unwrap_or(now));
        Ok(Challenge { state: ChallengeState::Open { until }, ..self })
    }

    /// Whether teams may enter.
    pub fn takes_entries(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Announced { until }
            | ChallengeState::Open { until }
            | ChallengeState::Extended { until }
                if now < until =>
            {
                Ok(())
            }
            ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-takes-no-entries", "no team can enter now")),
        }
    }

    /// Whether submissions can be written and handed in.
    pub fn takes_submissions(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Open { until } | ChallengeState::Extended { until } if now < until => Ok(()),
            ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-not-open", "it takes no submissions now")),
        }
    }

    /// Ends the time for submissions. The teams were promised all of it, so nobody ends it earlier; whoever does it later does it
    /// as of its end, from which the time for judging counts.
    pub fn close_submissions(self, now: Timestamp) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Open { until } | ChallengeState::Extended { until } if now >= until => {
                let until = later(until, self.timetable.judging_days);
                let state = ChallengeState::Judging { until, escalated: false };
                Ok(Challenge { state, consent_until: None, ..self })
            }
            ChallengeState::Open { until } | ChallengeState::Extended { until } => {
                Err(Refusal::new("submissions-open", format!("the rules promise teams time until {until}")))
            }
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-not-open", "it takes no submissions now")),
        }
    }

    /// Whether judges may be appointed: until the ranking is made.
    pub fn takes_judges(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. } => Ok(()),
            ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-judged", "its ranking is made")),
        }
    }

    /// Whether judges score now.
    pub fn takes_scores(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Judging { .. } => Ok(()),
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-not-judging", "nothing is judged now")),
        }
    }

    /// The ranking is published, and the time for appeals begins: at the end of the time for judging at the latest.
    pub fn rank(self, now: Timestamp) -> Result<Challenge, Refusal> {
        self.takes_scores()?;
        let since = self.state.until().map_or(now, |until| until.min(now));
        let state = ChallengeState::Provisional { until: later(since, self.timetable.appeal_days) };
        Ok(Challenge { state, ..self })
    }

    /// The judging time has passed without all scores: the host is called in, for one more, which counts from its end.
    pub fn escalate(self, now: Timestamp) -> Result<Challenge, Refusal> {
        self.takes_scores()?;
        let since = self.state.until().map_or(now, |until| until.min(now));
        let until = later(since, self.timetable.judging_days);
        Ok(Challenge { state: ChallengeState::Judging { until, escalated: true }, ..self })
    }

    /// Whether the prizes may be awarded: the time for appeals has passed.
    pub fn may_award(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Provisional { until } if now >= until => Ok(()),
            ChallengeState::Provisional { until } => {
                Err(Refusal::new("appeals-open", format!("teams may appeal until {until}")))
            }
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self.refuse("challenge-not-provisional", "only a provisional ranking is awarded"))
            }
        }
    }

    /// The prizes were awarded; `no_award` where nobody won one.
    pub fn award(self, prizes: usize, now: Timestamp) -> Result<Challenge, Refusal> {
        self.may_award(now)?;
        let state = if prizes == 0 {
            ChallengeState::NoAward { reason: "no complete submission won a prize".into() }
        } else {
            ChallengeState::Awarded
        };
        Ok(Challenge { state, ..self })
    }

    /// Gives it up, before work is judged: from then on nothing but its rules ends it.
    pub fn cancel(self, reason: String) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. } => {
                let state = ChallengeState::Cancelled { reason };
                Ok(Challenge { state, consent_until: None, ..self })
            }
            ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => {
                Err(self.refuse("challenge-opened", "its work is judged, or it is over"))
            }
        }
    }

    /// Refuses one on which teams work already: the service gives up none of these.
    pub fn is_unopened(&self) -> Result<(), Refusal> {
        match self.state {
            ChallengeState::Draft { .. } | ChallengeState::Funding { .. } | ChallengeState::Announced { .. } => Ok(()),
            ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Err(self.refuse("challenge-opened", "teams work on it, or it is over")),
        }
    }

    /// What its deadline demands now; asked twice, it demands it once.
    pub fn due(&self, now: Timestamp) -> Due {
        if self.state.until().is_none_or(|until| now < until) {
            return Due::Nothing;
        }
        match self.state {
            ChallengeState::Draft { .. } | ChallengeState::Funding { .. } | ChallengeState::Announced { .. } => {
                Due::Cancel
            }
            ChallengeState::Open { .. } | ChallengeState::Extended { .. } => Due::CloseSubmissions,
            ChallengeState::Judging { escalated, .. } => Due::Rank { with_what_is_there: escalated },
            ChallengeState::Provisional { .. } => Due::Award,
            ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => Due::Nothing,
        }
    }

    pub(super) fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        Refusal::new(code, format!("the challenge is {}: {why}", self.state.as_str()))
    }
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
pub(crate) mod tests;
