//! What a revocation promises, as claims; and a random walk over a claim with its disputes, rulings, payouts and its revocation.

use super::*;
use crate::evidence::Gate;
use crate::id::BookId;
use crate::milestones::rules::claim::{Claim, ClaimState, Content};
use crate::milestones::rules::milestone::Policy;
use crate::milestones::rules::review::Ballot;
use crate::money::Currency;
use jiff::SignedDuration;
use proptest::prelude::*;

fn day(days: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).expect("positive")
}

fn request() -> Request {
    let claim = ClaimId::generate(BookId(1));
    Request::new(claim, 1, Asked::Revocation, "the photos are of another press".into(), PersonId::generate(), day(0))
}

fn clawback(amount: i64, unpaid: i64) -> Clawback {
    Clawback {
        claim: ClaimId::generate(BookId(1)),
        milestone: MilestoneId::generate(BookId(1)),
        campaign: CampaignId::generate(BookId(1)),
        team: OrganisationId::generate(),
        amount: usd(amount),
        unpaid,
        set_off: 0,
        recovered: 0,
        written_off: 0,
        borne: 0,
        entry: 1,
        reason: "fraud".into(),
        revoked_at: day(0),
        version: 1,
    }
}

#[test]
fn m10_two_people_revoke_within_seven_days() {
    let asked = request();
    let by = asked.requested_by;
    assert_eq!(asked.clone().confirm(by, day(1)).expect_err("one person").code, "same-person");
    let other = PersonId::generate();
    assert_eq!(asked.clone().confirm(other, day(7)).expect_err("too late").code, "request-closed");
    assert_eq!(asked.clone().lapse(day(7) - SignedDuration::from_secs(1)), None);
    let lapsed = asked.clone().lapse(day(30)).expect("due");
    assert_eq!(lapsed.state, RequestState::Lapsed { at: day(7) });
    let confirmed = asked.confirm(other, day(6)).expect("in time");
    assert_eq!(confirmed.clone().confirm(PersonId::generate(), day(6)).expect_err("once").code, "request-closed");
    assert_eq!(confirmed.lapse(day(30)), None);
}

#[test]
fn m10_what_was_not_paid_out_comes_back_at_once_and_the_rest_is_owed() {
    let released = |set_off, paid, free| Released { released: 500_000, set_off, paid, free }.unpaid();
    assert_eq!(released(0, 0, 500_000), 500_000, "nothing was paid");
    assert_eq!(released(0, 300_000, 900_000), 200_000, "money of other claims is not touched");
    assert_eq!(released(0, 0, 120_000), 120_000, "a payout that names no release took the rest");
    assert_eq!(released(100_000, 400_000, 70_000), 0, "what paid the team's debts is owed too");
}

#[test]
fn m10_what_is_owed_grows_less_to_nothing_and_never_below() {
    let owes = clawback(500_000, 200_000);
    assert_eq!((owes.owed(), owes.returned(), owes.state()), (300_000, 200_000, "open"));
    assert_eq!(owes.clone().less(Less::Recovered, 300_001).expect_err("too much").code, "receivable-exceeded");
    assert_eq!(owes.clone().less(Less::SetOff, 0).expect_err("nothing").code, "receivable-exceeded");
    let paid = owes.less(Less::Recovered, 100_000).and_then(|it| it.less(Less::SetOff, 50_000)).expect("owed");
    let over = paid.less(Less::WrittenOff, 150_000).expect("owed");
    assert_eq!((over.owed(), over.returned(), over.state()), (0, 350_000, "settled"), "what the fund bears is gone");
}

#[test]
fn the_oldest_clawback_is_set_off_first() {
    assert_eq!(set_off(&[100, 50, 70], 120), [100, 20, 0]);
    assert_eq!(set_off(&[100], 500), [100]);
    assert_eq!(set_off(&[], 500), [0_i64; 0]);
}

/// A claim with all that hangs on it, in minor units.
struct Walk {
    claim: Claim,
    /// What open disputes froze.
    open: Vec<i64>,
    /// Left in the fund, owed to the team, paid out, and owed by the team behind the clawback.
    fund: i64,
    payable: i64,
    paid: i64,
    clawback: Option<Clawback>,
    lost: i64,
}

const GIVEN: i64 = 500_000;

impl Walk {
    fn new(approved: i64) -> Walk {
        let claim = Claim {
            id: ClaimId::generate(BookId(1)),
            milestone: MilestoneId::generate(BookId(1)),
            team: OrganisationId::generate(),
            claimant: PersonId::generate(),
            content: Content { amount: usd(GIVEN), note: String::new(), evidence: Vec::new() },
            revision: 1,
            round: 0,
            state: ClaimState::Draft { until: day(90) },
            version: 1,
            created_at: day(0),
        };
        let policy = Policy { reviewers_needed: 1, objection_days: 14, ..Policy::default() };
        let by = PersonId::generate();
        let submitted = claim.submit(Gate::default(), &policy, by, day(0)).expect("a draft");
        let ballot = Ballot { approvals: vec![(PersonId::generate(), approved)], ..Ballot::default() };
        let claim = submitted.reviewed(&ballot, &policy, day(0)).expect("under review");
        Walk { claim, open: Vec::new(), fund: GIVEN, payable: 0, paid: 0, clawback: None, lost: 0 }
    }

    /// One step; a refused one changes nothing.
    fn step(&mut self, step: u8, part: i64, now: Timestamp) {
        match step {
            0 => {
                if let Ok(disputed) = self.claim.clone().dispute(part, now) {
                    self.claim = disputed;
                    self.open.push(part);
                }
            }
            1 => {
                if let Some(frozen) = self.open.pop() {
                    let struck = part % (frozen + 1);
                    self.claim = self.claim.clone().resolve(frozen, struck).expect("it is frozen");
                }
            }
            2 | 3 => {
                let (claim, released) = self.claim.clone().release(now);
                self.claim = claim;
                self.fund -= released;
                self.payable += released;
            }
            4 => {
                let sent = part.min(self.payable);
                self.payable -= sent;
                self.paid += sent;
            }
            5 => self.revoke(),
            6 | 7 => {
                let way = if step == 6 { Less::Recovered } else { Less::WrittenOff };
                let Some(clawback) = self.clawback.clone() else { return };
                let Ok(less) = clawback.less(way, part) else { return };
                self.fund += if way == Less::Recovered { part } else { 0 };
                self.lost += if way == Less::Recovered { 0 } else { part };
                self.paid -= part;
                self.clawback = Some(less);
            }
            _ => {}
        }
    }

    fn revoke(&mut self) {
        let Ok((revoked, released)) = self.claim.clone().revoke("fraud".into()) else { return };
        self.claim = revoked;
        self.open.clear();
        let unpaid = Released { released, set_off: 0, paid: self.paid, free: self.payable }.unpaid();
        self.payable -= unpaid;
        self.fund += unpaid;
        self.clawback = (released > 0).then(|| clawback(released, unpaid));
    }

    fn check(&self, approved: i64) -> Result<(), TestCaseError> {
        let Some(decision) = self.claim.state.decision() else {
            // A dispute over all of it was upheld.
            prop_assert_eq!(self.claim.state.as_str(), "rejected");
            prop_assert_eq!((self.fund, self.payable, self.paid), (GIVEN, 0, 0));
            return Ok(());
        };
        prop_assert_eq!(decision.amount, approved);
        prop_assert_eq!(decision.released + decision.frozen + decision.struck + decision.open(), approved);
        prop_assert_eq!(decision.frozen, self.open.iter().sum::<i64>());
        prop_assert!(decision.open() >= 0 && self.fund >= 0 && self.payable >= 0 && self.paid >= 0);
        prop_assert_eq!(
            self.fund + self.payable + self.paid + self.lost,
            GIVEN,
            "no unit is lost but what is written off"
        );
        match &self.clawback {
            None => prop_assert_eq!(self.payable + self.paid, decision.released),
            Some(clawback) => {
                prop_assert_eq!(clawback.amount.minor(), decision.released);
                prop_assert_eq!(
                    clawback.owed(),
                    self.paid,
                    "what was paid out is owed, until it comes back or is given up"
                );
                prop_assert_eq!(self.payable, 0, "nothing of a revoked claim stays owed to the team");
                prop_assert_eq!(decision.open() + decision.frozen, 0);
            }
        }
        Ok(())
    }
}

proptest! {
    /// In whatever order people dispute, rule in part, release, pay, revoke, pay back and write off, the parts add up at every step.
    #[test]
    fn m9_m10_the_parts_of_a_claim_and_its_money_add_up_at_every_step(
        approved in 1..=GIVEN,
        steps in proptest::collection::vec((0..8u8, 1..200_000i64, 0..4i64), 1..60)
    ) {
        let mut walk = Walk::new(approved);
        let mut days = 0;
        for (step, part, later) in steps {
            days += later;
            walk.step(step, part, day(days));
            walk.check(approved)?;
        }
    }
}
