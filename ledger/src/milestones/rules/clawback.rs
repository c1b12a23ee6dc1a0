//! Clawbacks: a claim is revoked for fraud after its approval, by two people of the host, and what had been released of it comes
//! back. A revocation is final: nothing undoes it, and a team that was wronged writes another claim.
//!
//! What was not released is struck and stays with the milestone. What was released and not paid out comes back to the fund at once.
//! What was paid out the team owes: it is set off against its next releases, paid back, or written off by two people, who say
//! whether the fund bears it, so its donors, or the host's risk reserve. What comes back lies in the layers again that it came
//! from, and is free for the campaign's milestones.

use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{CampaignId, ClaimId, MilestoneId, OrganisationId, PersonId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// Days in which somebody else confirms what one of the host asked for; then it lapses.
pub const CONFIRM_DAYS: u16 = 7;

words! {
    /// Who bears what is written off.
    Bearer, "bearer" {
        /// The fund, so the donors whose money it was.
        Fund = "fund",
        /// The risk reserve of the host, so that the fund has it back.
        RiskReserve = "risk_reserve",
    }
}

/// What two people of the host do together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Revoke the claim.
    Revocation,
    /// Give up what is owed of it, or a part.
    WriteOff {
        /// How much.
        amount: Money,
        /// Who bears it.
        bearer: Bearer,
    },
}

impl Asked {
    /// Its name outside and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Asked::Revocation => "revocation",
            Asked::WriteOff { .. } => "write_off",
        }
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// Waits for somebody else of the host.
    Requested,
    /// Confirmed, and done.
    Confirmed {
        /// By whom.
        by: PersonId,
        /// When, in book time.
        at: Timestamp,
    },
    /// Nobody confirmed it in time.
    Lapsed {
        /// When its time ran out, in book time.
        at: Timestamp,
    },
}

impl RequestState {
    /// Its name outside and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestState::Requested => "requested",
            RequestState::Confirmed { .. } => "confirmed",
            RequestState::Lapsed { .. } => "lapsed",
        }
    }
}

/// What one person of the host asked for, so that another one confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The claim.
    pub claim: ClaimId,
    /// Counts the requests of the claim, from 1.
    pub number: i32,
    /// What is asked for.
    pub asked: Asked,
    /// Why, for everybody to read.
    pub reason: String,
    /// Who asked.
    pub requested_by: PersonId,
    /// When, in book time.
    pub requested_at: Timestamp,
    /// When it lapses unless it is confirmed, in book time.
    pub until: Timestamp,
    /// Where it stands.
    pub state: RequestState,
}

impl Request {
    /// A new one.
    pub fn new(
        claim: ClaimId,
        number: i32,
        asked: Asked,
        reason: String,
        requested_by: PersonId,
        now: Timestamp,
    ) -> Request {
        let until = later(now, CONFIRM_DAYS);
        let state = RequestState::Requested;
        Request { claim, number, asked, reason, requested_by, requested_at: now, until, state }
    }

    /// Whether it waits for somebody now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == RequestState::Requested && now < self.until
    }

    /// Somebody else confirms it.
    pub fn confirm(self, by: PersonId, now: Timestamp) -> Result<Request, Refusal> {
        if !self.is_open(now) {
            return Err(Refusal::new("request-closed", "it was confirmed before, or its seven days are over"));
        }
        if by == self.requested_by {
            return Err(Refusal::new("same-person", "somebody else of the host confirms what one has asked for"));
        }
        Ok(Request { state: RequestState::Confirmed { by, at: now }, ..self })
    }

    /// What becomes of it when its time has run out; none while it has time, or is over.
    pub fn lapse(self, now: Timestamp) -> Option<Request> {
        let at = self.until;
        let is_due = self.state == RequestState::Requested && at <= now;
        is_due.then_some(Request { state: RequestState::Lapsed { at }, ..self })
    }
}

/// What had been released of a revoked claim, and what came back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clawback {
    /// The claim.
    pub claim: ClaimId,
    /// Its milestone.
    pub milestone: MilestoneId,
    /// The campaign to whose fund it comes back.
    pub campaign: CampaignId,
    /// Who owes it.
    pub team: OrganisationId,
    /// What had been released.
    pub amount: Money,
    /// Minor units that came back at once.
    pub unpaid: i64,
    /// Minor units that were set off against later releases, and against what came back of payouts.
    pub set_off: i64,
    /// Minor units that the team paid back.
    pub recovered: i64,
    /// Minor units that were given up at the expense of the fund.
    pub written_off: i64,
    /// Minor units that the risk reserve bore.
    pub borne: i64,
    /// Record number of the entry of the revocation.
    pub entry: i64,
    /// Why the claim was revoked, for everybody to read.
    pub reason: String,
    /// When, in book time.
    pub revoked_at: Timestamp,
    /// Counts changes, from 1.
    pub version: i64,
}

/// A way in which what is owed of a clawback grows less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Less {
    /// Set off against a release, or against what came back of a payout.
    SetOff,
    /// Paid back.
    Recovered,
    /// Given up, borne by the fund.
    WrittenOff,
    /// Given up, borne by the risk reserve.
    Borne,
}

impl Clawback {
    /// Minor units that the team owes still.
    pub fn owed(&self) -> i64 {
        self.amount.minor() - self.unpaid - self.set_off - self.recovered - self.written_off - self.borne
    }

    /// Minor units that are in the fund again.
    pub fn returned(&self) -> i64 {
        self.unpaid + self.set_off + self.recovered + self.borne
    }

    /// Its name outside and in the database.
    pub fn state(&self) -> &'static str {
        if self.owed() > 0 { "open" } else { "settled" }
    }

    /// Less is owed by so many minor units.
    ///
    /// # Errors
    ///
    /// `receivable-exceeded` when less than that is owed.
    pub fn less(self, way: Less, minor: i64) -> Result<Clawback, Refusal> {
        if !(1..=self.owed()).contains(&minor) {
            let currency = self.amount.currency();
            let (owed, named) = (currency.format(self.owed()), currency.format(minor));
            let detail = format!("the team owes {owed} {currency} of the claim, and {named} was named");
            return Err(Refusal::new("receivable-exceeded", detail));
        }
        Ok(match way {
            Less::SetOff => Clawback { set_off: self.set_off + minor, ..self },
            Less::Recovered => Clawback { recovered: self.recovered + minor, ..self },
            Less::WrittenOff => Clawback { written_off: self.written_off + minor, ..self },
            Less::Borne => Clawback { borne: self.borne + minor, ..self },
        })
    }
}

/// What becomes of money that was released of a claim when it is revoked; all amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// What was released in all.
    pub released: i64,
    /// What of it paid what the team owed otherwise.
    pub set_off: i64,
    /// What payouts that name its releases have sent.
    pub paid: i64,
    /// What the team's account of what is owed to it has, whatever claim it is of.
    pub free: i64,
}

impl Released {
    /// What comes back at once: what was neither set off nor sent by a payout of its own, as far as the account has it. Of payouts
    /// that name no release it is taken that they paid for other claims first, to the donors' good.
    pub fn unpaid(&self) -> i64 {
        (self.released - self.set_off - self.paid).min(self.free).max(0)
    }
}

/// Of which clawbacks a sum is set off: the oldest first, each no more than is owed of it. In the order given.
pub fn set_off(owed: &[i64], sum: i64) -> Vec<i64> {
    let mut left = sum;
    let take = |owed: &i64| {
        let part = left.min(*owed).max(0);
        left -= part;
        part
    };
    owed.iter().map(take).collect()
}

#[cfg(test)]
#[path = "clawback_tests.rs"]
mod tests;
