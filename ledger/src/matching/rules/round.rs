//! A matching round: what it promises, and its way from the draft to the payment.
//!
//! `draft → open → tallied → objection → final → paid`; `cancelled` until the result is final. Each waiting state has a moment
//! at which its default comes true: a draft is given up, an open round is tallied, a tally is published, what nobody objects to
//! is final, and what is final is paid.

use super::formula::{Formula, Terms};
pub use super::round_state::RoundState;
use super::votes::VoteCost;
use crate::book::AccountNumber;
use crate::calendar::later;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{CampaignId, MatchingRoundId, OrganisationId, PersonId, PoolContributionId, SettlementId};
use crate::money::{Currency, Money};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after which a draft that nobody opens is given up.
pub const DRAFT_DAYS: i64 = 365;
/// Days for which a host looks at the draft of a result before it is published.
pub const TALLIED_DAYS: i64 = 7;
/// The longest time for objections.
pub const OBJECTION_DAYS_MAX: u16 = 365;
/// The most campaigns of a round: what they get is posted in one entry.
pub const CAMPAIGNS_MAX: usize = 500;

/// What voters have, in a round by votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ballot {
    /// What each identity may spend in the round.
    pub allowance: i32,
    /// What votes cost of it.
    pub cost: VoteCost,
}

/// A matching round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Its id.
    pub id: MatchingRoundId,
    /// Name in addresses and in the code of its pool's account; never changes.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What sponsors agree to; never changes.
    pub terms: String,
    /// SHA-256 of the terms.
    pub terms_digest: Digest,
    /// The currency of its pool and its campaigns.
    pub currency: Currency,
    /// How it is counted.
    pub formula: Terms,
    /// What voters have; none unless it is a round by votes.
    pub ballot: Option<Ballot>,
    /// Whether only identities that a partner has stated as verified weigh.
    pub verified_only: bool,
    /// The first day of its period, in the zone of the book: what is captured on it counts.
    pub first_day: Date,
    /// The last day of its period.
    pub last_day: Date,
    /// Days for objections.
    pub objection_days: u16,
    /// The account of its pool; none before it is opened.
    pub account: Option<AccountNumber>,
    /// Number of the tally that counts; 0 before the first.
    pub tally: i32,
    /// Minor units that were in the pool at that tally.
    pub pool: i64,
    /// Where it stands.
    pub state: RoundState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

/// What the deadline of a state demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing, or not yet.
    Nothing,
    /// The draft is given up.
    Cancel,
    /// It is tallied.
    Tally,
    /// The draft of its result is published.
    Publish,
    /// Its result is final.
    Finalise,
    /// It is paid.
    Pay,
}

impl Round {
    /// The state of a new round.
    pub fn draft(now: Timestamp) -> RoundState {
        RoundState::Draft { until: later(now, DRAFT_DAYS) }
    }

    /// Refuses terms that say nothing or contradict themselves.
    pub fn check(&self) -> Result<(), Error> {
        if self.last_day < self.first_day {
            return Err(Error::invalid("/last_day", "no day before the first one"));
        }
        if self.objection_days == 0 || self.objection_days > OBJECTION_DAYS_MAX {
            return Err(Error::invalid("/objection_days", format!("1 to {OBJECTION_DAYS_MAX} days")));
        }
        let Terms { formula, saturate, cap_per_campaign, cap_per_identity } = self.formula;
        if saturate && formula != Formula::ClrSubtractingV1 {
            return Err(Error::invalid("/saturate", "only clr_subtracting_v1 can leave a part of the pool"));
        }
        for (cap, at) in [(cap_per_campaign, "/cap_per_campaign"), (cap_per_identity, "/cap_per_identity")] {
            if cap.is_some() && formula != Formula::OneToOneV1 {
                return Err(Error::invalid(at, "only one_to_one_v1 has caps"));
            }
        }
        if self.ballot.is_some() != (formula == Formula::VotesV1) {
            return Err(Error::invalid("/ballot", "votes_v1 needs one, and no other formula has one"));
        }
        if self.ballot.is_some_and(|ballot| !(1..=1_000_000).contains(&ballot.allowance)) {
            return Err(Error::invalid("/ballot/allowance", "1 to 1000000"));
        }
        Ok(())
    }

    /// Refuses what belongs into a draft only.
    pub fn edits(&self) -> Result<(), Refusal> {
        match &self.state {
            RoundState::Draft { .. } => Ok(()),
            other @ (RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => Err(self.is_not(other, "round-not-draft", "a draft")),
        }
    }

    /// The account of its pool, while it takes contributions and votes.
    ///
    /// # Errors
    ///
    /// `round-not-open`.
    pub fn takes_money(&self, now: Timestamp) -> Result<AccountNumber, Error> {
        match (&self.state, self.account) {
            (RoundState::Open { until }, Some(account)) if now < *until => Ok(account),
            (RoundState::Open { .. }, Some(_)) => {
                Err(Refusal::new("round-not-open", "the period of the round is over; it waits to be tallied").into())
            }
            (RoundState::Open { .. }, None) => {
                Err(Error::inconsistent(format!("{}: open without an account", self.id)))
            }
            (
                other @ (RoundState::Draft { .. }
                | RoundState::Tallied { .. }
                | RoundState::Objection { .. }
                | RoundState::Final { .. }
                | RoundState::Paid
                | RoundState::Cancelled { .. }),
                _,
            ) => Err(self.is_not(other, "round-not-open", "open").into()),
        }
    }

    /// Refuses with `terms-mismatch` who agrees to other terms.
    pub fn agrees(&self, terms: Digest) -> Result<(), Refusal> {
        if terms == self.terms_digest {
            return Ok(());
        }
        Err(Refusal::new("terms-mismatch", format!("the terms of the round have the SHA-256 {}", self.terms_digest)))
    }

    /// Opens a draft: its period ends at `ends`, which is yet to come.
    pub fn open(self, account: AccountNumber, ends: Timestamp, now: Timestamp) -> Result<Round, Refusal> {
        self.edits()?;
        if ends <= now {
            let detail = format!("the period ended with {}: make a round with a later one", self.last_day);
            return Err(Refusal::new("round-period-over", detail));
        }
        Ok(Round { account: Some(account), state: RoundState::Open { until: ends }, ..self })
    }

    /// Counts it for the first time, once its period is over. A count of `pool` minor units follows.
    pub fn tally(self, pool: i64, now: Timestamp) -> Result<Round, Refusal> {
        match &self.state {
            RoundState::Open { until } if now < *until => {
                let detail = format!("gifts count until {until}; it is tallied then");
                Err(Refusal::new("round-period-open", detail))
            }
            RoundState::Open { .. } => {
                let state = RoundState::Tallied { until: later(now, TALLIED_DAYS) };
                Ok(Round { state, ..self.recounted(pool) })
            }
            other @ (RoundState::Draft { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => Err(self.is_not(other, "round-not-open", "open")),
        }
    }

    /// The same round with one more tally.
    pub fn recounted(self, pool: i64) -> Round {
        Round { tally: self.tally + 1, pool, ..self }
    }

    /// Refuses to tell a result where nothing was counted.
    pub fn demands_tally(&self) -> Result<(), Refusal> {
        if self.tally > 0 {
            return Ok(());
        }
        Err(Refusal::new("round-not-tallied", format!("the round is {}, and was not counted", self.state.as_str())))
    }

    /// Refuses to count what has no draft of a result.
    pub fn recounts(&self) -> Result<(), Refusal> {
        match &self.state {
            RoundState::Tallied { .. } | RoundState::Objection { .. } => Ok(()),
            other @ (RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => {
                Err(self.is_not(other, "round-not-tallied", "one with the draft of a result"))
            }
        }
    }

    /// Publishes the draft of the result: the time for objections begins.
    pub fn publish(self, now: Timestamp) -> Result<Round, Refusal> {
        match &self.state {
            RoundState::Tallied { .. } => {
                let state = RoundState::Objection { until: later(now, self.objection_days) };
                Ok(Round { state, ..self })
            }
            other @ (RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Objection { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => Err(self.is_not(other, "round-not-tallied", "tallied")),
        }
    }

    /// Refuses objections where none are heard.
    pub fn hears(&self, now: Timestamp) -> Result<(), Refusal> {
        match &self.state {
            RoundState::Objection { until } if now < *until => Ok(()),
            RoundState::Objection { until } => {
                Err(Refusal::new("round-not-in-objection", format!("objections were heard until {until}")))
            }
            other @ (RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => {
                Err(self.is_not(other, "round-not-in-objection", "one whose result may be objected to"))
            }
        }
    }

    /// The result stands, once the time for objections is over.
    pub fn finalise(self, now: Timestamp) -> Result<Round, Refusal> {
        match &self.state {
            RoundState::Objection { until } if now < *until => {
                Err(Refusal::new("round-objections-open", format!("objections are heard until {until}")))
            }
            RoundState::Objection { .. } => Ok(Round { state: RoundState::Final { until: now }, ..self }),
            other @ (RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => {
                Err(self.is_not(other, "round-not-in-objection", "one whose result may be objected to"))
            }
        }
    }

    /// The campaigns have what they get.
    pub fn pay(self) -> Result<Round, Refusal> {
        match &self.state {
            RoundState::Final { .. } => Ok(Round { state: RoundState::Paid, ..self }),
            other @ (RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. }) => Err(self.is_not(other, "round-not-final", "final")),
        }
    }

    /// Gives it up before its result is final.
    pub fn cancel(self, reason: String) -> Result<Round, Refusal> {
        match &self.state {
            RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. } => Ok(Round { state: RoundState::Cancelled { reason }, ..self }),
            RoundState::Final { .. } | RoundState::Paid | RoundState::Cancelled { .. } => {
                let detail = format!("the round is {}, and cannot be given up", self.state.as_str());
                Err(Refusal::new("round-final", detail))
            }
        }
    }

    /// What its deadline demands at a moment.
    pub fn due(&self, now: Timestamp) -> Due {
        match &self.state {
            RoundState::Draft { until } if *until <= now => Due::Cancel,
            RoundState::Open { until } if *until <= now => Due::Tally,
            RoundState::Tallied { until } if *until <= now => Due::Publish,
            RoundState::Objection { until } if *until <= now => Due::Finalise,
            RoundState::Final { until } if *until <= now => Due::Pay,
            RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Final { .. }
            | RoundState::Paid
            | RoundState::Cancelled { .. } => Due::Nothing,
        }
    }

    fn is_not(&self, state: &RoundState, code: &'static str, wanted: &str) -> Refusal {
        Refusal::new(code, format!("the round is {}, not {wanted}", state.as_str()))
    }
}

words! {
    /// How a contribution to a pool stands.
    PoolContributionState, "state of a contribution to a pool" {
        /// A custodian has it: it stands in the pool.
        Captured = "captured",
        /// The money has arrived as cash.
        Settled = "settled",
        /// What the round did not use of it has gone back.
        Returned = "returned",
    }
}

/// What a sponsor gave to the pool of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolContribution {
    /// Its id.
    pub id: PoolContributionId,
    /// The round for whose pool it is.
    pub round: MatchingRoundId,
    /// The organisation that gave it.
    pub sponsor: OrganisationId,
    /// The custodian that holds the money.
    pub partner: OrganisationId,
    /// What the custodian calls it.
    pub reference: String,
    /// How the payment is named where it was made.
    pub provider_reference: String,
    /// The amount that the sponsor gave.
    pub amount: Money,
    /// Minor units that went back.
    pub returned: i64,
    /// How it stands.
    pub state: PoolContributionState,
    /// The settlement with which it arrives as cash.
    pub settlement: SettlementId,
    /// The day of the capture, in the zone of the book.
    pub captured_on: Date,
    /// Record number of the entry of the capture.
    pub entry: i64,
    /// When it was brought, in book time.
    pub created_at: Timestamp,
}

/// Why somebody thinks that the draft of a result is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Counts the objections of a round, from 1.
    pub number: i32,
    /// Who objects.
    pub raised_by: PersonId,
    /// The tally that it is about.
    pub tally: i32,
    /// Why, without personal data.
    pub reason: String,
    /// When it was raised, in book time.
    pub raised_at: Timestamp,
}

/// What a campaign got too much, as was found after the result was final. Nothing of it moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clawback {
    /// Counts the findings of a round, from 1.
    pub number: i32,
    /// The campaign.
    pub campaign: CampaignId,
    /// What it got, minor units.
    pub share: i64,
    /// What it would have got, the others having what they have, minor units.
    pub would_be: i64,
    /// When it was found, in book time.
    pub found_at: Timestamp,
}

#[cfg(test)]
#[path = "round_tests.rs"]
mod tests;
