//! Challenges: a purse of prizes, the rules by which teams win them, and where it stands.
//!
//! `draft → funding → announced → open → judging → provisional → awarded → closed`; also `extended`, `cancelled`,
//! `no_award`. Every state that waits has a deadline and a default:
//!
//! | waiting | for | at the deadline |
//! |---|---|---|
//! | draft | the host | cancelled after 90 days |
//! | funding, announced | sponsors, the host | cancelled: the purse goes back to its sponsors |
//! | open, extended | teams | submissions close, judging begins |
//! | judging | judges | ranked, where all scores are there; otherwise the host is called in, for one more judging time |
//! | judging, escalated | judges, the host | ranked with the scores that are there |
//! | provisional | appeals | awarded |

use super::evidence::Digest;
use super::milestone::days_after;
use super::rules::Timetable;
use crate::book::AccountNumber;
use crate::error::Refusal;
use crate::id::ChallengeId;
use crate::money::Money;
use jiff::Timestamp;

/// Days after which a draft that nobody published is cancelled.
pub const DRAFT_DAYS: u16 = 90;
/// The longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// The longest summary, in characters.
pub const SUMMARY_MAX: usize = 4_000;

/// Where a challenge stands. `until` is when its default comes true, in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengeState {
    /// Being written.
    Draft {
        /// When it is given up.
        until: Timestamp,
    },
    /// Its rules stand, and sponsors fill the purse.
    Funding {
        /// When it is given up.
        until: Timestamp,
    },
    /// Teams may enter; submissions wait for the opening.
    Announced {
        /// When it is given up.
        until: Timestamp,
    },
    /// Takes submissions: the purse is full.
    Open {
        /// When submissions close.
        until: Timestamp,
    },
    /// Takes submissions for a further time.
    Extended {
        /// When submissions close.
        until: Timestamp,
    },
    /// Judges score what was submitted complete.
    Judging {
        /// When it is ranked.
        until: Timestamp,
        /// Whether one judging time has passed without all scores.
        escalated: bool,
    },
    /// Ranked; appeals are heard.
    Provisional {
        /// When the prizes are awarded.
        until: Timestamp,
    },
    /// The prizes are payable.
    Awarded,
    /// Over.
    Closed,
    /// Given up before anything was won.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// Nobody won anything.
    NoAward {
        /// Why.
        reason: String,
    },
}

impl ChallengeState {
    /// Its name outside and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            ChallengeState::Draft { .. } => "draft",
            ChallengeState::Funding { .. } => "funding",
            ChallengeState::Announced { .. } => "announced",
            ChallengeState::Open { .. } => "open",
            ChallengeState::Extended { .. } => "extended",
            ChallengeState::Judging { .. } => "judging",
            ChallengeState::Provisional { .. } => "provisional",
            ChallengeState::Awarded => "awarded",
            ChallengeState::Closed => "closed",
            ChallengeState::Cancelled { .. } => "cancelled",
            ChallengeState::NoAward { .. } => "no_award",
        }
    }

    /// When its default comes true; none where it does not wait.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            ChallengeState::Draft { until }
            | ChallengeState::Funding { until }
            | ChallengeState::Announced { until }
            | ChallengeState::Open { until }
            | ChallengeState::Extended { until }
            | ChallengeState::Judging { until, .. }
            | ChallengeState::Provisional { until } => Some(*until),
            ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => None,
        }
    }

    /// Why it is so, where the state says it; empty otherwise.
    pub fn reason(&self) -> &str {
        match self {
            ChallengeState::Cancelled { reason } | ChallengeState::NoAward { reason } => reason,
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed => "",
        }
    }
}

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
    /// Which version of its rules is in force, from 1.
    pub rules_version: i32,
    /// SHA-256 of those rules.
    pub rules: Digest,
    /// How long its waiting states last, as its rules say.
    pub timetable: Timetable,
    /// Its purse account; none before it is published.
    pub account: Option<AccountNumber>,
    /// Where it stands.
    pub state: ChallengeState,
    /// Counts changes; the ETag.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Challenge {
    /// The state of a new one.
    pub fn draft(now: Timestamp) -> ChallengeState {
        ChallengeState::Draft { until: days_after(now, DRAFT_DAYS) }
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
        let state = ChallengeState::Funding { until: days_after(now, self.timetable.funding_days) };
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
                let state = ChallengeState::Announced { until: days_after(now, self.timetable.announced_days) };
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

    /// Opens it for submissions, once so many settled minor units are in its purse.
    pub fn open(self, settled: i64, now: Timestamp) -> Result<Challenge, Refusal> {
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
        if settled < self.purse.minor() {
            let currency = self.purse.currency();
            let detail = format!(
                "the purse is {}, of which {} {currency} have settled: {} {currency} are short",
                self.purse,
                currency.format(settled),
                currency.format(self.purse.minor() - settled),
            );
            return Err(Refusal::new("purse-short", detail));
        }
        let state = ChallengeState::Open { until: days_after(now, self.timetable.submission_days) };
        Ok(Challenge { state, ..self })
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

    /// Ends the time for submissions. The teams were promised all of it, so nobody ends it earlier.
    pub fn close_submissions(self, now: Timestamp) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Open { until } | ChallengeState::Extended { until } if now >= until => {
                let until = days_after(now, self.timetable.judging_days);
                Ok(Challenge { state: ChallengeState::Judging { until, escalated: false }, ..self })
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

    /// The ranking is published, and the time for appeals begins.
    pub fn rank(self, now: Timestamp) -> Result<Challenge, Refusal> {
        self.takes_scores()?;
        let state = ChallengeState::Provisional { until: days_after(now, self.timetable.appeal_days) };
        Ok(Challenge { state, ..self })
    }

    /// The judging time has passed without all scores: the host is called in, for one more.
    pub fn escalate(self, now: Timestamp) -> Result<Challenge, Refusal> {
        self.takes_scores()?;
        let until = days_after(now, self.timetable.judging_days);
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

    /// Gives it up, before submissions were taken.
    pub fn cancel(self, reason: String) -> Result<Challenge, Refusal> {
        match self.state {
            ChallengeState::Draft { .. } | ChallengeState::Funding { .. } | ChallengeState::Announced { .. } => {
                Ok(Challenge { state: ChallengeState::Cancelled { reason }, ..self })
            }
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

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        Refusal::new(code, format!("the challenge is {}: {why}", self.state.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funding::rules::tests::{TIMETABLE, usd};
    use crate::id::BookId;
    use jiff::ToSpan;

    fn challenge() -> Challenge {
        Challenge {
            id: ChallengeId::generate(BookId(1)),
            slug: "drill".into(),
            title: "Drill".into(),
            summary: String::new(),
            purse: usd("250000.00"),
            rules_version: 1,
            rules: Digest::of(b"rules"),
            timetable: TIMETABLE,
            account: None,
            state: Challenge::draft(Timestamp::UNIX_EPOCH),
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn announced() -> Challenge {
        let now = Timestamp::UNIX_EPOCH;
        challenge().publish(AccountNumber(1), now).expect("a draft").announce(now).expect("being funded")
    }

    #[test]
    fn m1_it_is_not_opened_one_cent_short() {
        let refusal = announced().open(24_999_999, Timestamp::UNIX_EPOCH).expect_err("one cent short");
        assert_eq!(refusal.code, "purse-short");
        assert_eq!(
            refusal.detail,
            "the purse is 250000.00 USD, of which 249999.99 USD have settled: 0.01 USD are short"
        );
        let open = announced().open(25_000_000, Timestamp::UNIX_EPOCH).expect("full");
        assert_eq!(open.state.name(), "open");
    }

    #[test]
    fn it_goes_its_way_and_each_deadline_has_its_default() {
        let start = Timestamp::UNIX_EPOCH;
        let day = |n: i64| start + (n * 24).hours();
        let open = announced().open(25_000_000, start).expect("full");
        assert_eq!(open.clone().close_submissions(day(89)).expect_err("promised").code, "submissions-open");
        assert_eq!(open.due(day(90)), Due::CloseSubmissions);
        let judging = open.close_submissions(day(90)).expect("its time has passed");
        assert_eq!(judging.due(day(119)), Due::Nothing);
        assert_eq!(judging.due(day(120)), Due::Rank { with_what_is_there: false });
        let escalated = judging.clone().escalate(day(120)).expect("judging");
        assert_eq!(escalated.due(day(150)), Due::Rank { with_what_is_there: true });
        let provisional = judging.rank(day(100)).expect("judging");
        assert_eq!(provisional.may_award(day(113)).expect_err("appeals").code, "appeals-open");
        assert_eq!(provisional.due(day(114)), Due::Award);
        assert_eq!(provisional.clone().award(0, day(114)).expect("passed").state.name(), "no_award");
        let awarded = provisional.award(3, day(114)).expect("passed");
        assert_eq!(awarded.state, ChallengeState::Awarded);
        assert_eq!(awarded.due(day(9_999)), Due::Nothing);
        assert_eq!(awarded.award(3, day(115)).expect_err("once").code, "challenge-not-provisional");
        assert_eq!(challenge().due(day(90)), Due::Cancel);
    }

    #[test]
    fn whoever_agrees_restates_the_digest_of_the_rules_in_force() {
        assert_eq!(challenge().agree(Digest::of(b"rules")), Ok(()));
        assert_eq!(challenge().agree(Digest::of(b"older rules")).expect_err("others").code, "rules-mismatch");
    }

    #[test]
    fn money_is_taken_before_the_opening_and_submissions_after_it() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(challenge().takes_contributions().expect_err("a draft").code, "challenge-not-funding");
        assert_eq!(announced().takes_contributions(), Ok(AccountNumber(1)));
        assert_eq!(announced().takes_submissions(now).expect_err("not yet").code, "challenge-not-open");
        let open = announced().open(25_000_000, now).expect("full");
        assert_eq!(open.takes_submissions(now), Ok(()));
        assert_eq!(open.takes_submissions(now + (90 * 24).hours()).expect_err("too late").code, "challenge-not-open");
        assert!(open.cancel("no".into()).is_err());
    }
}
