//! A crowdfunding campaign: what it asks for, and who may change what when.

use super::fee;
use super::lineage::Method;
use crate::book::AccountNumber;
use crate::calendar::later;
use crate::error::{Error, Refusal};
use crate::id::CampaignId;
use crate::money::{Currency, Money};
use jiff::Timestamp;

/// Days after which a draft that nobody publishes is closed.
pub const DRAFT_DAYS: i64 = 365;
/// Days after which a suspension that nobody ends closes the campaign.
pub const SUSPENSION_DAYS: i64 = 90;

/// What a campaign asks for. Other kinds (all-or-nothing, minimum and optimum) will be variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A monthly goal, without an end.
    Recurring {
        /// What should come in each month.
        monthly_goal: Money,
    },
}

impl Kind {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Recurring { .. } => "recurring",
        }
    }
}

/// How a campaign stands; its moments are in book time. Kinds with a deadline will add `collecting`, `successful` and
/// `failed`.
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
    },
    /// Takes neither, until the host says how it goes on.
    Suspended {
        /// When it was suspended.
        since: Timestamp,
        /// When it is closed by itself.
        until: Timestamp,
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
            State::Closed { .. } => "closed",
        }
    }

    /// Since when it has been so.
    pub fn since(&self) -> Timestamp {
        match self {
            State::Draft { since, .. }
            | State::Live { since }
            | State::Suspended { since, .. }
            | State::Closed { since } => *since,
        }
    }

    /// When a waiting state ends by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Draft { until, .. } | State::Suspended { until, .. } => Some(*until),
            State::Live { .. } | State::Closed { .. } => None,
        }
    }

    /// The state at a moment: a draft or a suspension whose time has run out is closed.
    pub fn at(self, now: Timestamp) -> State {
        match self {
            State::Draft { until, .. } | State::Suspended { until, .. } if until <= now => {
                State::Closed { since: until }
            }
            State::Draft { .. } | State::Live { .. } | State::Suspended { .. } | State::Closed { .. } => self,
        }
    }

    /// Opens it for pledges.
    pub fn publish(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Draft { .. } => Ok(State::Live { since: now }),
            other @ (State::Live { .. } | State::Suspended { .. } | State::Closed { .. }) => {
                Err(Refusal::new("campaign-not-draft", format!("the campaign is {}, not a draft", other.as_str())))
            }
        }
    }

    /// Stops pledges and charges for a while.
    pub fn suspend(self, now: Timestamp) -> Result<State, Refusal> {
        let state = self.at(now);
        state.takes_money()?;
        Ok(State::Suspended { since: now, until: later(now, SUSPENSION_DAYS) })
    }

    /// Ends a suspension.
    pub fn reinstate(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Suspended { .. } => Ok(State::Live { since: now }),
            other @ (State::Draft { .. } | State::Live { .. } | State::Closed { .. }) => Err(Refusal::new(
                "campaign-not-suspended",
                format!("the campaign is {}, not suspended", other.as_str()),
            )),
        }
    }

    /// Ends it for good.
    pub fn close(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Draft { .. } | State::Live { .. } | State::Suspended { .. } => Ok(State::Closed { since: now }),
            State::Closed { .. } => Err(Refusal::new("campaign-closed", "the campaign is closed already")),
        }
    }

    /// Whether it is over for good.
    pub fn is_over(&self) -> bool {
        match self {
            State::Closed { .. } => true,
            State::Draft { .. } | State::Live { .. } | State::Suspended { .. } => false,
        }
    }

    /// Refuses pledges and charges unless it is live.
    pub fn takes_money(&self) -> Result<(), Refusal> {
        match self {
            State::Live { .. } => Ok(()),
            State::Draft { .. } | State::Suspended { .. } | State::Closed { .. } => {
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
    /// What donors agree to; never changes.
    pub terms: String,
    /// SHA-256 of the terms and the fees behind them.
    pub terms_digest: [u8; 32],
    /// What its terms take of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
    /// What it asks for.
    pub kind: Kind,
    /// The currency of its goal, its fund and its pledges.
    pub currency: Currency,
    /// By which method a release takes its donors' money; never changes.
    pub lineage: Method,
    /// Its fund account; none until it is published.
    pub fund: Option<AccountNumber>,
    /// How it stands, as it was last written: ask [`State::at`] for the present.
    pub state: State,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Campaign {
    /// The fees that a charge bears whose donor agreed to terms of this digest: those of the campaign's own terms. Who agreed
    /// to others, and was redirected since, bears none.
    pub fn fees_for(&self, agreed: &[u8; 32]) -> &[fee::Term] {
        if *agreed == self.terms_digest { &self.fees } else { &[] }
    }

    /// Its fund account.
    pub fn fund(&self) -> Result<AccountNumber, Error> {
        self.fund.ok_or_else(|| Error::inconsistent(format!("campaign {} has no fund account", self.id)))
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
        assert_eq!(draft.takes_money().expect_err("a draft").code, "campaign-not-live");
        let live = draft.publish(day(1)).expect("a draft");
        assert_eq!(live.takes_money(), Ok(()));
        let suspended = live.suspend(day(2)).expect("live");
        assert!(suspended.takes_money().is_err());
        let live = suspended.reinstate(day(3)).expect("suspended");
        assert_eq!(live.takes_money(), Ok(()));
        let closed = live.close(day(4)).expect("live");
        assert!(closed.takes_money().is_err());
    }

    #[test]
    fn a_closed_campaign_never_opens_again() {
        let closed = State::Closed { since: day(0) };
        assert_eq!(closed.clone().publish(day(1)).expect_err("closed").code, "campaign-not-draft");
        assert_eq!(closed.clone().reinstate(day(1)).expect_err("closed").code, "campaign-not-suspended");
        assert_eq!(closed.clone().suspend(day(1)).expect_err("closed").code, "campaign-not-live");
        assert_eq!(closed.close(day(1)).expect_err("closed").code, "campaign-closed");
    }

    #[test]
    fn a_waiting_state_closes_by_itself() {
        let draft = State::draft(day(0));
        assert_eq!(draft.clone().at(day(DRAFT_DAYS - 1)), draft);
        assert_eq!(draft.at(day(DRAFT_DAYS)), State::Closed { since: day(DRAFT_DAYS) });
        let suspended = State::Live { since: day(0) }.suspend(day(0)).expect("live");
        assert!(suspended.clone().reinstate(day(SUSPENSION_DAYS)).is_err());
        assert!(suspended.reinstate(day(SUSPENSION_DAYS - 1)).is_ok());
    }
}
