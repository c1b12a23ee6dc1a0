//! A crowdfunding campaign: what it asks for, and who may change what when.

use super::commitment::{Cap, Commitments, Elsewhere};
use super::fee;
use super::kind::{COLLECTING_DAYS, Kind, Verdict, Word};
use super::lineage::Method;
use super::pledge::Schedule;
use crate::book::AccountNumber;
use crate::calendar::later;
use crate::error::{Error, Refusal};
use crate::id::CampaignId;
use crate::money::Currency;
use jiff::Timestamp;

/// Days after which a draft that nobody publishes is closed.
pub const DRAFT_DAYS: i64 = 365;
/// Days after which a suspension that nobody ends closes the campaign.
pub const SUSPENSION_DAYS: i64 = 90;
/// How a campaign stands; its moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Being written; it has no fund yet.
    Draft {
        /// When it was made.
        since: Timestamp,
        /// When it is closed by itself.
        until: Timestamp,
    },
    /// Takes pledges and charges.
    Live {
        /// When it was published, or taken up again.
        since: Timestamp,
        /// When its last day ends; none without one.
        until: Option<Timestamp>,
    },
    /// Takes neither, until the host says how it goes on.
    Suspended {
        /// When it was suspended.
        since: Timestamp,
        /// When it is closed by itself.
        until: Timestamp,
    },
    /// Takes no more pledges; what is pending is still collected.
    Collecting {
        /// When its last day ended.
        since: Timestamp,
        /// When its verdict falls at the latest.
        until: Timestamp,
    },
    /// Its verdict fell, and it has what it asked for. What was promised is still collected.
    Successful {
        /// When the verdict fell.
        since: Timestamp,
    },
    /// Its verdict fell, and it has not. Its money is its donors'.
    Failed {
        /// When the verdict fell.
        since: Timestamp,
    },
    /// Over. What is in its fund stays restricted to its milestones.
    Closed {
        /// When it was closed.
        since: Timestamp,
    },
}

impl State {
    /// The state of a new campaign.
    pub fn draft(now: Timestamp) -> State {
        State::Draft { since: now, until: later(now, DRAFT_DAYS) }
    }

    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Draft { .. } => "draft",
            State::Live { .. } => "live",
            State::Suspended { .. } => "suspended",
            State::Collecting { .. } => "collecting",
            State::Successful { .. } => "successful",
            State::Failed { .. } => "failed",
            State::Closed { .. } => "closed",
        }
    }

    /// Since when it has been so.
    pub fn since(&self) -> Timestamp {
        match self {
            State::Draft { since, .. }
            | State::Live { since, .. }
            | State::Suspended { since, .. }
            | State::Collecting { since, .. }
            | State::Successful { since }
            | State::Failed { since }
            | State::Closed { since } => *since,
        }
    }

    /// When the state ends by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Draft { until, .. } | State::Suspended { until, .. } | State::Collecting { until, .. } => {
                Some(*until)
            }
            State::Live { until, .. } => *until,
            State::Successful { .. } | State::Failed { .. } | State::Closed { .. } => None,
        }
    }

    /// The state at a moment: a draft or a suspension whose time has run out is closed, and a campaign whose last day has
    /// ended is collecting since then. Its verdict is reached by whoever has the figures
    /// ([`State::awaits_verdict`]).
    pub fn at(self, now: Timestamp) -> State {
        match self {
            State::Draft { until, .. } | State::Suspended { until, .. } if until <= now => {
                State::Closed { since: until }
            }
            State::Live { until: Some(until), .. } if until <= now => State::collecting(until),
            State::Draft { .. }
            | State::Live { .. }
            | State::Suspended { .. }
            | State::Collecting { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. } => self,
        }
    }

    fn collecting(since: Timestamp) -> State {
        State::Collecting { since, until: later(since, COLLECTING_DAYS) }
    }

    /// Whether the time of pending payments has run out at a moment, and the verdict is due.
    pub fn awaits_verdict(&self, now: Timestamp) -> bool {
        match self.clone().at(now) {
            State::Collecting { until, .. } => until <= now,
            State::Draft { .. }
            | State::Live { .. }
            | State::Suspended { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. } => false,
        }
    }

    /// Opens it for pledges, until its last day ends.
    pub fn publish(self, now: Timestamp, end: Option<Timestamp>) -> Result<State, Refusal> {
        match self.at(now) {
            State::Draft { .. } => match end {
                Some(end) if end <= now => {
                    Err(Refusal::new("last-day-passed", "the last day of the campaign has passed: make another one"))
                }
                Some(_) | None => Ok(State::Live { since: now, until: end }),
            },
            other @ (State::Live { .. }
            | State::Suspended { .. }
            | State::Collecting { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. }) => {
                Err(Refusal::new("campaign-not-draft", format!("the campaign is {}, not a draft", other.as_str())))
            }
        }
    }

    /// Stops pledges and charges for a while.
    pub fn suspend(self, now: Timestamp) -> Result<State, Refusal> {
        let state = self.at(now);
        state.takes_pledges()?;
        Ok(State::Suspended { since: now, until: later(now, SUSPENSION_DAYS) })
    }

    /// Ends a suspension. If the last day has ended meanwhile, what is pending has its full time from now on.
    pub fn reinstate(self, now: Timestamp, end: Option<Timestamp>) -> Result<State, Refusal> {
        match self.at(now) {
            State::Suspended { .. } => Ok(match end {
                Some(end) if end <= now => State::collecting(now),
                Some(_) | None => State::Live { since: now, until: end },
            }),
            other @ (State::Draft { .. }
            | State::Live { .. }
            | State::Collecting { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. }) => Err(Refusal::new(
                "campaign-not-suspended",
                format!("the campaign is {}, not suspended", other.as_str()),
            )),
        }
    }

    /// The verdict falls.
    pub fn decide(self, verdict: Word, at: Timestamp) -> Result<State, Refusal> {
        match self {
            State::Collecting { .. } => Ok(match verdict {
                Word::Successful => State::Successful { since: at },
                Word::Failed => State::Failed { since: at },
            }),
            other @ (State::Draft { .. }
            | State::Live { .. }
            | State::Suspended { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. }) => {
                let detail = format!("the campaign is {}, not collecting", other.as_str());
                Err(Refusal::new("campaign-not-collecting", detail))
            }
        }
    }

    /// Ends it for good.
    pub fn close(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Draft { .. }
            | State::Live { .. }
            | State::Suspended { .. }
            | State::Collecting { .. }
            | State::Successful { .. }
            | State::Failed { .. } => Ok(State::Closed { since: now }),
            State::Closed { .. } => Err(Refusal::new("campaign-closed", "the campaign is closed already")),
        }
    }

    /// Whether it takes no money any more, for good.
    pub fn is_over(&self) -> bool {
        match self {
            State::Failed { .. } | State::Closed { .. } => true,
            State::Draft { .. }
            | State::Live { .. }
            | State::Suspended { .. }
            | State::Collecting { .. }
            | State::Successful { .. } => false,
        }
    }

    /// Whether payments of pledges that it has are charged.
    pub fn takes_charges(&self) -> bool {
        match self {
            State::Live { .. } | State::Collecting { .. } | State::Successful { .. } => true,
            State::Draft { .. } | State::Suspended { .. } | State::Failed { .. } | State::Closed { .. } => false,
        }
    }

    /// Refuses pledges unless it is live.
    pub fn takes_pledges(&self) -> Result<(), Refusal> {
        match self {
            State::Live { .. } => Ok(()),
            State::Draft { .. }
            | State::Suspended { .. }
            | State::Collecting { .. }
            | State::Successful { .. }
            | State::Failed { .. }
            | State::Closed { .. } => {
                Err(Refusal::new("campaign-not-live", format!("the campaign is {}, not live", self.as_str())))
            }
        }
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Name in addresses and in the code of its fund account; never changes.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The first version of what donors agree to; never changes. Later ones stand beside it
    /// ([`TermsVersion`](super::terms::TermsVersion)).
    pub terms: String,
    /// SHA-256 of the first version of the terms and the fees behind them.
    pub terms_digest: [u8; 32],
    /// What the first version of its terms takes of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
    /// The last version of its terms that was written, from 1.
    pub terms_version: i32,
    /// After so many months without a release what lies in its fund is returnable; never changes.
    pub idle_months: i32,
    /// What it asks for.
    pub kind: Kind,
    /// The currency of its goal, its fund and its pledges.
    pub currency: Currency,
    /// By which method a release takes its donors' money; never changes.
    pub lineage: Method,
    /// Its fund account; none until it is published.
    pub fund: Option<AccountNumber>,
    /// How much may be promised to it; none without a cap. It only rises.
    pub cap: Option<Cap>,
    /// What it has from elsewhere.
    pub elsewhere: Option<Elsewhere>,
    /// The accounts of its promises; none until it is published, and of campaigns that were published before there were any.
    pub commitments: Option<Commitments>,
    /// How it stands, as it was last written: ask [`State::at`] for the present.
    pub state: State,
    /// What was promised and still stood when its last day ended, minor units; none before.
    pub promised: Option<i64>,
    /// Its verdict; none before, and without a last day.
    pub verdict: Option<Verdict>,
    /// What its loop brings in a month, minor units, as it was reckoned last; none where nothing stops new pledges.
    pub loop_brings: Option<i64>,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Campaign {
    /// Its fund account.
    pub fn fund(&self) -> Result<AccountNumber, Error> {
        self.fund.ok_or_else(|| Error::inconsistent(format!("campaign {} has no fund account", self.id)))
    }

    /// Whether what is made brings all that it asks for in a month, so that nothing new is asked for.
    pub fn asks_for_nothing(&self) -> bool {
        match self.kind {
            Kind::Recurring { monthly_goal } => self.loop_brings.is_some_and(|brings| brings >= monthly_goal.minor()),
            Kind::AllOrNothing { .. } | Kind::KeepWhatYouRaise { .. } | Kind::MinimumAndOptimum { .. } => false,
        }
    }

    /// Refuses new pledges while it asks for nothing. Those that it has run on, and money that has come is taken.
    ///
    /// # Errors
    ///
    /// `campaign-asks-for-nothing`.
    pub fn asks(&self) -> Result<(), Refusal> {
        match self.asks_for_nothing() {
            false => Ok(()),
            true => {
                let brings = self.currency.format(self.loop_brings.unwrap_or(0));
                let detail = format!(
                    "what is made brings {brings} {} a month, all that the campaign asks for: no new pledge is taken until it brings less",
                    self.currency
                );
                Err(Refusal::new("campaign-asks-for-nothing", detail))
            }
        }
    }

    /// Refuses payments that a campaign with a last day could not count: plans, and what falls due later.
    pub fn takes_schedule(&self, schedule: &Schedule) -> Result<(), Refusal> {
        let Some(last_day) = self.kind.last_day() else { return Ok(()) };
        match schedule {
            Schedule::Once { on } if *on <= last_day => Ok(()),
            Schedule::Once { .. } | Schedule::Recurring(_) => {
                let detail = format!("the campaign takes single payments that fall due by {last_day}, its last day");
                Err(Refusal::new("schedule-refused", detail))
            }
        }
    }

    /// Refuses to set money aside while a verdict may still give it back, or has.
    pub fn may_spend(&self, now: Timestamp) -> Result<(), Refusal> {
        let state = self.state.clone().at(now);
        if self.returns_money(now) {
            let detail = "the campaign was not successful: its money is its donors', who redirect it";
            return Err(Refusal::new("campaign-failed", detail));
        }
        match (self.kind.last_day(), &state) {
            (Some(last_day), State::Draft { .. } | State::Live { .. } | State::Suspended { .. }) => Err(Refusal::new(
                "verdict-pending",
                format!("money is set aside when the campaign is successful: its last day is {last_day}"),
            )),
            (Some(_), State::Collecting { until, .. }) => Err(Refusal::new(
                "verdict-pending",
                format!("money is set aside when the campaign is successful: its verdict falls by {until:.0}"),
            )),
            (Some(_), State::Successful { .. } | State::Failed { .. } | State::Closed { .. }) | (None, _) => Ok(()),
        }
    }

    /// Whether what is in its fund is to go back: it failed, or was closed before a verdict, where something was at stake.
    pub fn returns_money(&self, now: Timestamp) -> bool {
        let is_successful = self.verdict.is_some_and(|verdict| verdict.word == Word::Successful);
        self.kind.decider().is_some() && !is_successful && self.state.clone().at(now).is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        later(Timestamp::UNIX_EPOCH, number)
    }

    #[test]
    fn a_campaign_takes_money_only_while_it_is_live() {
        let draft = State::draft(day(0));
        assert_eq!(draft.takes_pledges().expect_err("a draft").code, "campaign-not-live");
        let live = draft.publish(day(1), None).expect("a draft");
        assert_eq!(live.takes_pledges(), Ok(()));
        let suspended = live.suspend(day(2)).expect("live");
        assert!(suspended.takes_pledges().is_err());
        let live = suspended.reinstate(day(3), None).expect("suspended");
        assert_eq!(live.takes_pledges(), Ok(()));
        let closed = live.close(day(4)).expect("live");
        assert!(closed.takes_pledges().is_err());
    }

    #[test]
    fn a_closed_campaign_never_opens_again() {
        let closed = State::Closed { since: day(0) };
        assert_eq!(closed.clone().publish(day(1), None).expect_err("closed").code, "campaign-not-draft");
        assert_eq!(closed.clone().reinstate(day(1), None).expect_err("closed").code, "campaign-not-suspended");
        assert_eq!(closed.clone().suspend(day(1)).expect_err("closed").code, "campaign-not-live");
        assert_eq!(closed.close(day(1)).expect_err("closed").code, "campaign-closed");
    }

    #[test]
    fn a_waiting_state_closes_by_itself() {
        let draft = State::draft(day(0));
        assert_eq!(draft.clone().at(day(DRAFT_DAYS - 1)), draft);
        assert_eq!(draft.at(day(DRAFT_DAYS)), State::Closed { since: day(DRAFT_DAYS) });
        let suspended = State::Live { since: day(0), until: None }.suspend(day(0)).expect("live");
        assert!(suspended.clone().reinstate(day(SUSPENSION_DAYS), None).is_err());
        assert!(suspended.reinstate(day(SUSPENSION_DAYS - 1), None).is_ok());
    }

    #[test]
    fn p15_from_the_end_of_its_last_day_a_campaign_takes_no_pledge_and_still_what_is_pending_however_late_anybody_looks()
     {
        let live = State::draft(day(0)).publish(day(1), Some(day(30))).expect("a draft");
        assert_eq!(live.clone().at(day(29)), live);
        for late in [30, 31, 400] {
            let collecting = live.clone().at(day(late));
            assert_eq!(collecting, State::Collecting { since: day(30), until: day(30 + COLLECTING_DAYS) });
            assert_eq!(collecting.takes_pledges().expect_err("over").code, "campaign-not-live");
            assert!(collecting.takes_charges() && !collecting.is_over());
            assert_eq!(live.awaits_verdict(day(late)), late >= 30 + COLLECTING_DAYS);
        }
        let too_late = State::draft(day(0)).publish(day(30), Some(day(30))).expect_err("over before it began");
        assert_eq!(too_late.code, "last-day-passed");
    }

    #[test]
    fn p15_a_failed_campaign_takes_neither_pledges_nor_charges_and_a_successful_one_what_was_promised() {
        let collecting = State::Live { since: day(0), until: Some(day(1)) }.at(day(1));
        let failed = collecting.clone().decide(Word::Failed, day(2)).expect("collecting");
        assert!(failed.is_over() && !failed.takes_charges() && failed.takes_pledges().is_err());
        let successful = collecting.decide(Word::Successful, day(2)).expect("collecting");
        assert!(!successful.is_over() && successful.takes_charges() && successful.takes_pledges().is_err());
        assert_eq!(failed.clone().decide(Word::Failed, day(3)).expect_err("decided").code, "campaign-not-collecting");
        assert!(failed.close(day(3)).is_ok() && successful.close(day(3)).is_ok());
    }

    #[test]
    fn what_is_pending_has_its_full_time_when_a_suspension_outlasts_the_last_day() {
        let suspended = State::Live { since: day(0), until: Some(day(10)) }.suspend(day(5)).expect("live");
        let back = suspended.clone().reinstate(day(9), Some(day(10))).expect("suspended");
        assert_eq!(back, State::Live { since: day(9), until: Some(day(10)) });
        let late = suspended.reinstate(day(20), Some(day(10))).expect("suspended");
        assert_eq!(late, State::Collecting { since: day(20), until: day(20 + COLLECTING_DAYS) });
    }
}
