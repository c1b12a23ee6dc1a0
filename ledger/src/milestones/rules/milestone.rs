//! Milestones: a named part of a campaign's work, the money set aside for it, and the rules by which a team gets it.
//!
//! `planned → funded → claimed → released (partly | fully)`, and `cancelled`. Funding sets settled money of the campaign
//! aside (an *earmark*): nothing else may draw on it until the milestone has paid it out or is cancelled.

use crate::calendar::later;
use crate::error::Refusal;
use crate::evidence::Gate;
use crate::id::{CampaignId, ClaimId, MilestoneId, OrganisationId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// The longest name, in characters.
pub const NAME_MAX: usize = 200;
/// The longest description, in characters.
pub const DESCRIPTION_MAX: usize = 4_000;

words! {
    /// What happens when the review time passes and nobody has decided.
    OnSilence, "default" {
        /// The claim counts as approved; the objection window follows.
        Release = "release",
        /// The host's owners are called in, for one more review time; then the claim expires.
        Escalate = "escalate",
    }
}

/// The rules of review of one milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many reviewers must approve: 1 to 20. Whether the host has so many is shown, not enforced.
    pub reviewers_needed: u8,
    /// Days from submission to the default: 1 to 365.
    pub review_days: u16,
    /// Days from approval to release, in which anyone concerned may object: 1 to 365.
    pub objection_days: u16,
    /// What happens when nobody decides in time.
    pub on_silence: OnSilence,
    /// Above this many minor units requester, approver and payer must be three people, and silence never releases.
    pub threshold: Option<i64>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            reviewers_needed: 2,
            review_days: 14,
            objection_days: 7,
            on_silence: OnSilence::Escalate,
            threshold: None,
        }
    }
}

impl Policy {
    /// Refuses numbers out of bounds with `policy-out-of-bounds`.
    pub fn check(&self) -> Result<(), Refusal> {
        let days = |days: u16| (1..=365).contains(&days);
        if (1..=20).contains(&self.reviewers_needed)
            && days(self.review_days)
            && days(self.objection_days)
            && self.threshold.is_none_or(|amount| amount >= 0)
        {
            return Ok(());
        }
        Err(Refusal::new(
            "policy-out-of-bounds",
            "1 to 20 reviewers, 1 to 365 days, and a threshold that is not negative",
        ))
    }

    /// Whether this many minor units ask for three different people.
    pub fn asks_three_people(&self, amount: i64) -> bool {
        self.threshold.is_some_and(|threshold| amount > threshold)
    }

    /// When the review of something submitted now ends.
    pub fn review_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.review_days)
    }

    /// When the objection window of something approved now ends.
    pub fn objection_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.objection_days)
    }
}

/// Where a milestone stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MilestoneState {
    /// Described, without money.
    Planned,
    /// Its whole amount is set aside, and nobody claims it.
    Funded,
    /// A claim is being decided, or approved and not wholly released.
    Claimed {
        /// The one claim in play.
        claim: ClaimId,
    },
    /// A part was released; the rest stays set aside for a further claim.
    PartlyReleased,
    /// Everything was released.
    Released,
    /// Given up; what was not released is no longer set aside.
    Cancelled {
        /// Why it was given up.
        reason: String,
    },
}

impl MilestoneState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            MilestoneState::Planned => "planned",
            MilestoneState::Funded => "funded",
            MilestoneState::Claimed { .. } => "claimed",
            MilestoneState::PartlyReleased => "partly_released",
            MilestoneState::Released => "released",
            MilestoneState::Cancelled { .. } => "cancelled",
        }
    }
}

/// A milestone of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Its id.
    pub id: MilestoneId,
    /// The campaign whose money it draws on.
    pub campaign: CampaignId,
    /// The organisation that does the work and is paid.
    pub team: OrganisationId,
    /// What it is called.
    pub name: String,
    /// What must be done.
    pub description: String,
    /// What it pays in all.
    pub amount: Money,
    /// Minor units released so far.
    pub released: i64,
    /// How claims are decided.
    pub policy: Policy,
    /// Evidence without which no claim is taken.
    pub gate: Gate,
    /// Where it stands.
    pub state: MilestoneState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Milestone {
    /// Minor units not yet released.
    pub fn unreleased(&self) -> i64 {
        self.amount.minor() - self.released
    }

    /// Minor units of the campaign's money that are set aside for it now.
    pub fn earmark(&self) -> i64 {
        match self.state {
            MilestoneState::Planned | MilestoneState::Released | MilestoneState::Cancelled { .. } => 0,
            MilestoneState::Funded | MilestoneState::Claimed { .. } | MilestoneState::PartlyReleased => {
                self.unreleased()
            }
        }
    }

    /// Sets the whole amount aside. `available`: settled minor units of the campaign that nothing has set aside yet.
    pub fn fund(self, available: i64) -> Result<Milestone, Refusal> {
        match self.state {
            MilestoneState::Planned => {}
            MilestoneState::Funded
            | MilestoneState::Claimed { .. }
            | MilestoneState::PartlyReleased
            | MilestoneState::Released
            | MilestoneState::Cancelled { .. } => {
                return Err(self.refuse("milestone-not-planned", "only a planned one can be funded"));
            }
        }
        if self.amount.minor() > available {
            let currency = self.amount.currency();
            let short = currency.format(self.amount.minor() - available);
            let settled = currency.format(available);
            return Err(Refusal::new(
                "fund-short",
                format!("the milestone needs {}; {settled} is settled and free, {short} is missing", self.amount),
            ));
        }
        Ok(Milestone { state: MilestoneState::Funded, ..self })
    }

    /// A claim of `amount` minor units comes into play.
    pub fn claimed(self, claim: ClaimId, amount: i64) -> Result<Milestone, Refusal> {
        match self.state {
            MilestoneState::Funded | MilestoneState::PartlyReleased => {}
            MilestoneState::Claimed { .. } => {
                return Err(self.refuse("claim-open", "another claim is being decided"));
            }
            MilestoneState::Planned | MilestoneState::Released | MilestoneState::Cancelled { .. } => {
                return Err(self.refuse("milestone-not-funded", "no money is set aside for it"));
            }
        }
        self.covers(amount)?;
        Ok(Milestone { state: MilestoneState::Claimed { claim }, ..self })
    }

    /// Whether this is the claim in play.
    pub fn is_claimed_by(&self, id: ClaimId) -> bool {
        self.state == MilestoneState::Claimed { claim: id }
    }

    /// Refuses an amount that is more than what is left, with `amount-above-milestone`.
    pub fn covers(&self, amount: i64) -> Result<(), Refusal> {
        if amount <= self.unreleased() {
            return Ok(());
        }
        let currency = self.amount.currency();
        let left = currency.format(self.unreleased());
        let asked = currency.format(amount);
        Err(Refusal::new("amount-above-milestone", format!("{asked} was asked, and the milestone has {left} left")))
    }

    /// The claim in play is over; what it did not take stays set aside for the next one.
    pub fn unclaimed(self) -> Milestone {
        let state = match self.state {
            MilestoneState::Claimed { .. } if self.unreleased() == 0 => MilestoneState::Released,
            MilestoneState::Claimed { .. } if self.released > 0 => MilestoneState::PartlyReleased,
            MilestoneState::Claimed { .. } => MilestoneState::Funded,
            other @ (MilestoneState::Planned
            | MilestoneState::Funded
            | MilestoneState::PartlyReleased
            | MilestoneState::Released
            | MilestoneState::Cancelled { .. }) => other,
        };
        Milestone { state, ..self }
    }

    /// `amount` minor units of the claim in play were released to the team. `over`: nothing of that claim is still to
    /// come.
    pub fn release(self, amount: i64, over: bool) -> Result<Milestone, Refusal> {
        match self.state {
            MilestoneState::Claimed { .. } => {}
            MilestoneState::Planned
            | MilestoneState::Funded
            | MilestoneState::PartlyReleased
            | MilestoneState::Released
            | MilestoneState::Cancelled { .. } => {
                return Err(self.refuse("milestone-not-claimed", "only a claimed one is released"));
            }
        }
        self.covers(amount)?;
        let paid = Milestone { released: self.released + amount, ..self };
        Ok(if over { paid.unclaimed() } else { paid })
    }

    /// Gives it up; what was not released is free for other milestones again.
    pub fn cancel(self, reason: String) -> Result<Milestone, Refusal> {
        match self.state {
            MilestoneState::Planned | MilestoneState::Funded | MilestoneState::PartlyReleased => {
                Ok(Milestone { state: MilestoneState::Cancelled { reason }, ..self })
            }
            MilestoneState::Claimed { .. } => Err(self.refuse("claim-open", "decide the open claim first")),
            MilestoneState::Released | MilestoneState::Cancelled { .. } => {
                Err(self.refuse("milestone-closed", "there is nothing left to cancel"))
            }
        }
    }

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        Refusal::new(code, format!("the milestone is {}: {why}", self.state.as_str()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::money::Currency;

    /// A planned milestone of 5,000.00 USD.
    pub(crate) fn milestone() -> Milestone {
        Milestone {
            id: MilestoneId::generate(BookId(1)),
            campaign: CampaignId::generate(BookId(1)),
            team: OrganisationId::generate(),
            name: "Second prototype".into(),
            description: String::new(),
            amount: Money::from_minor(500_000, Currency::USD).expect("positive"),
            released: 0,
            policy: Policy::default(),
            gate: Gate::default(),
            state: MilestoneState::Planned,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn claim() -> ClaimId {
        ClaimId::generate(BookId(1))
    }

    #[test]
    fn only_settled_and_free_money_funds_a_milestone() {
        let refusal = milestone().fund(499_999).expect_err("one cent is missing");
        assert_eq!(refusal.code, "fund-short");
        assert!(refusal.detail.contains("0.01 is missing"), "{refusal}");
        assert_eq!(milestone().fund(500_000).expect("enough").earmark(), 500_000);
    }

    #[test]
    fn g2_a_year_of_3000_a_month_funds_nine_products_of_4000() {
        assert_eq!(products_funded(12 * 300_000), (9, 0));
    }

    #[test]
    fn g3_a_year_of_2400_a_month_funds_seven_products_and_leaves_800() {
        assert_eq!(products_funded(12 * 240_000), (7, 80_000));
    }

    fn products_funded(settled: i64) -> (usize, i64) {
        let price = Money::from_minor(400_000, Currency::USD).expect("positive");
        let mut earmarked = 0;
        let mut products = 0;
        while let Ok(funded) = (Milestone { amount: price, ..milestone() }).fund(settled - earmarked) {
            earmarked += funded.earmark();
            products += 1;
        }
        (products, settled - earmarked)
    }

    #[test]
    fn m9_what_was_not_approved_stays_set_aside_and_a_further_claim_may_take_it() {
        let claimed = milestone().fund(500_000).expect("enough").claimed(claim(), 500_000).expect("free");
        let partly = claimed.release(300_000, true).expect("claimed");
        assert_eq!((partly.state.as_str(), partly.earmark()), ("partly_released", 200_000));
        let again = partly.clone().claimed(claim(), 200_000).expect("2,000.00 is left");
        let whole = again.release(200_000, true).expect("claimed");
        assert_eq!((whole.state.as_str(), whole.earmark()), ("released", 0));
        let refusal = partly.claimed(claim(), 200_001).expect_err("one cent too many");
        assert_eq!(refusal.code, "amount-above-milestone");
    }

    #[test]
    fn two_claims_are_never_in_play_at_once() {
        let claimed = milestone().fund(500_000).expect("enough").claimed(claim(), 100_000).expect("free");
        assert_eq!(claimed.clone().claimed(claim(), 1).expect_err("taken").code, "claim-open");
        assert_eq!(claimed.clone().cancel("no".into()).expect_err("taken").code, "claim-open");
        assert_eq!(claimed.unclaimed().state, MilestoneState::Funded);
    }

    #[test]
    fn cancelling_frees_what_was_not_released() {
        let funded = milestone().fund(500_000).expect("enough");
        let cancelled = funded.cancel("the design was published elsewhere".into()).expect("no claim is open");
        assert_eq!(cancelled.earmark(), 0);
        assert_eq!(cancelled.cancel("again".into()).expect_err("closed").code, "milestone-closed");
        assert_eq!(milestone().claimed(claim(), 1).expect_err("no money").code, "milestone-not-funded");
    }

    #[test]
    fn a_policy_out_of_bounds_is_refused() {
        assert_eq!(Policy::default().check(), Ok(()));
        for policy in [
            Policy { reviewers_needed: 0, ..Policy::default() },
            Policy { review_days: 0, ..Policy::default() },
            Policy { objection_days: 366, ..Policy::default() },
            Policy { threshold: Some(-1), ..Policy::default() },
        ] {
            assert_eq!(policy.check().expect_err("out of bounds").code, "policy-out-of-bounds");
        }
    }
}
