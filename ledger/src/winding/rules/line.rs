//! A line of a wind-up: an account with money of others, how it stands, and what remains in it and why.

use crate::book::{AccountClass, AccountNumber};
use crate::books::rules::wind_up::{Plan, PlanKind, WindUp, WindUpState};
use crate::id::{CampaignId, ChallengeId, MatchingRoundId, OrganisationId};
use crate::money::Unit;
use crate::words::words;
use jiff::Timestamp;

words! {
    /// What the money of a line is.
    LineKind, "kind of line" {
        /// Given to a campaign.
        Fund = "fund",
        /// Given for the prizes of a challenge.
        Purse = "purse",
        /// Entry fees of a challenge.
        EntryFees = "entry_fees",
        /// Given to a matching round.
        Pool = "pool",
        /// With a partner, and explained by no due date.
        Suspense = "suspense",
        /// To be sent back by a custodian.
        Refunds = "refunds",
        /// Owed to a team, a member, a lender or a supplier.
        Payable = "payable",
        /// Fees to be passed on.
        Fees = "fees",
        /// What a cooperative sold and has not distributed.
        Proceeds = "proceeds",
        /// Owed to a fund by teams whose claims were revoked: no money yet.
        Recoveries = "recoveries",
    }
}

words! {
    /// How a line stands.
    LineState, "state of a line" {
        /// Nothing is in it.
        Empty = "empty",
        /// It waits for the day after which it goes back.
        Waiting = "waiting",
        /// It is released until that day.
        Spending = "spending",
        /// Its donors are asked until that day.
        Moving = "moving",
        /// It goes back.
        Returning = "returning",
        /// It is owed to whom its account names, and stays theirs.
        Owed = "owed",
        /// Teams owe it to a fund: what they pay, or what is set off, goes back with the fund; the rest two people of the host write off.
        Recovering = "recovering",
    }
}

words! {
    /// Why money remains in a line.
    Reason, "reason why money remains" {
        /// The day after which it goes back has not come.
        NotDue = "not_due",
        /// Its custodian has not paid it over.
        Settles = "settles",
        /// A claimed milestone has it, and the claim is not decided.
        SetAside = "set_aside",
        /// A donor's bank took it back, and that is not decided.
        Chargeback = "chargeback",
        /// Its refunds are being requested, or have failed and are requested again.
        Refund = "refund",
        /// Its challenge is judged, or its round paid, first.
        UnderWay = "under_way",
        /// Nobody has said whose payment it is; it goes back by itself.
        Unexplained = "unexplained",
        /// Its refunds are on their way.
        OnItsWay = "on_its_way",
        /// The custodian owes it to who gave it.
        Custodian = "custodian",
        /// It waits to be paid out: for a bank account, or for the host.
        Payout = "payout",
        /// The host passes it on.
        PassedOn = "passed_on",
        /// The members have not distributed it.
        Members = "members",
        /// A team owes it of a claim that was revoked, and has neither paid it back nor had it written off.
        Clawback = "clawback",
    }
}

words! {
    /// Who decides next about a line.
    Decider, "one who decides" {
        /// The owner of the book, and whoever releases and pays out for it.
        Host = "host",
        /// The donors.
        Donors = "donors",
        /// Whoever holds the money.
        Custodian = "custodian",
        /// The members of the cooperative.
        Members = "members",
        /// Nobody: it goes by itself.
        Nobody = "nobody",
    }
}

impl LineKind {
    /// Accounts of these classes are lines.
    pub const CLASSES: &'static [AccountClass] = &[
        AccountClass::Fund,
        AccountClass::Purse,
        AccountClass::Pool,
        AccountClass::TeamPayable,
        AccountClass::PrizePayable,
        AccountClass::FeePayable,
        AccountClass::RefundsInTransit,
        AccountClass::EntryFees,
        AccountClass::MemberPayable,
        AccountClass::MemberCapital,
        AccountClass::LenderPayable,
        AccountClass::Suspense,
        AccountClass::Sales,
        AccountClass::CostsPayable,
        AccountClass::Surplus,
        AccountClass::RecoveriesPending,
    ];

    /// Of an account of one of those classes; none of another.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most classes hold no money of others, and are no lines")]
    pub fn of(class: AccountClass) -> Option<LineKind> {
        match class {
            AccountClass::Fund => Some(LineKind::Fund),
            AccountClass::Purse => Some(LineKind::Purse),
            AccountClass::EntryFees => Some(LineKind::EntryFees),
            AccountClass::Pool => Some(LineKind::Pool),
            AccountClass::Suspense => Some(LineKind::Suspense),
            AccountClass::RefundsInTransit => Some(LineKind::Refunds),
            AccountClass::TeamPayable
            | AccountClass::PrizePayable
            | AccountClass::MemberPayable
            | AccountClass::MemberCapital
            | AccountClass::LenderPayable
            | AccountClass::CostsPayable => Some(LineKind::Payable),
            AccountClass::FeePayable => Some(LineKind::Fees),
            AccountClass::Sales | AccountClass::Surplus => Some(LineKind::Proceeds),
            AccountClass::RecoveriesPending => Some(LineKind::Recoveries),
            _ => None,
        }
    }

    /// Whether the host plans what becomes of it.
    pub fn takes_plan(self) -> bool {
        match self {
            LineKind::Fund | LineKind::Purse | LineKind::Pool => true,
            LineKind::EntryFees
            | LineKind::Suspense
            | LineKind::Refunds
            | LineKind::Payable
            | LineKind::Fees
            | LineKind::Proceeds
            | LineKind::Recoveries => false,
        }
    }
}

/// Whose a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A campaign.
    Campaign(CampaignId),
    /// A challenge.
    Challenge(ChallengeId),
    /// A matching round.
    Round(MatchingRoundId),
    /// A custodian, a team, or a platform.
    Organisation(OrganisationId),
}

/// An account that is a line, as the book says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Number within the book.
    pub number: AccountNumber,
    /// Its code: what the line is called.
    pub code: String,
    /// What its money is.
    pub kind: LineKind,
    /// Whose it is; none when the code says it alone.
    pub of: Option<Of>,
    /// What people call the campaign, the challenge or the round; empty otherwise.
    pub title: String,
    /// Whether the campaign, the challenge or the round is over.
    pub is_over: bool,
    /// Currency.
    pub unit: Unit,
    /// What is in it, minor units.
    pub balance: i64,
    /// What the host plans with it.
    pub plan: Option<Plan>,
}

/// Money that cannot go, or has not gone, for one reason; minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remains {
    /// How much.
    pub amount: i64,
    /// Why.
    pub reason: Reason,
}

/// A line of a wind-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: Account,
    /// How it stands.
    pub state: LineState,
    /// When that ends by itself, in book time; none where it goes as soon as it can, or waits for somebody for ever.
    pub until: Option<Timestamp>,
    /// Who decides next; none of an empty one.
    pub decides: Option<Decider>,
    /// What is in it, by the reasons why.
    pub remains: Vec<Remains>,
}

impl Account {
    /// Whether its money goes back at a moment: all does after the day named for it, and what the host said so of, at once.
    pub fn returns(&self, of: &WindUp, at: Timestamp) -> bool {
        let is_told = self.plan.as_ref().is_some_and(|plan| plan.kind == PlanKind::Return);
        match self.kind {
            LineKind::Fund | LineKind::Purse | LineKind::Pool | LineKind::EntryFees => {
                of.returns_all(at) || (is_told && of.state(at) == WindUpState::Winding)
            }
            LineKind::Suspense
            | LineKind::Refunds
            | LineKind::Payable
            | LineKind::Fees
            | LineKind::Proceeds
            | LineKind::Recoveries => false,
        }
    }

    /// The line, with the reasons why parts of it cannot go; what no reason explains has the one of its state.
    pub fn stand(self, of: &WindUp, at: Timestamp, known: &[Remains]) -> Line {
        let state = self.state(of, at, known);
        let mut left = self.balance;
        let mut remains = Vec::new();
        for part in known {
            let amount = part.amount.clamp(0, left.max(0));
            if amount > 0 {
                remains.push(Remains { amount, ..*part });
                left -= amount;
            }
        }
        if left != 0
            && let Some(reason) = self.rest(state)
        {
            remains.push(Remains { amount: left, reason });
        }
        let until = match state {
            LineState::Waiting if self.kind == LineKind::Suspense => None,
            LineState::Waiting | LineState::Spending | LineState::Moving => Some(of.return_from),
            LineState::Empty | LineState::Returning | LineState::Owed | LineState::Recovering => None,
        };
        let decides = decides(state, self.kind, &remains);
        Line { account: self, state, until, decides, remains }
    }

    fn state(&self, of: &WindUp, at: Timestamp, known: &[Remains]) -> LineState {
        if self.balance == 0 {
            return LineState::Empty;
        }
        let is_on_its_way = known.iter().any(|part| part.reason == Reason::OnItsWay && part.amount > 0);
        match self.kind {
            LineKind::Payable | LineKind::Fees | LineKind::Proceeds => LineState::Owed,
            LineKind::Refunds if is_on_its_way => LineState::Returning,
            LineKind::Refunds => LineState::Owed,
            LineKind::Suspense => LineState::Waiting,
            LineKind::Recoveries => LineState::Recovering,
            LineKind::Fund | LineKind::Purse | LineKind::EntryFees | LineKind::Pool if self.returns(of, at) => {
                LineState::Returning
            }
            LineKind::Fund | LineKind::Purse | LineKind::EntryFees | LineKind::Pool => {
                match self.plan.as_ref().map(|plan| plan.kind) {
                    Some(PlanKind::Move) => LineState::Moving,
                    Some(PlanKind::SpendDown) => LineState::Spending,
                    Some(PlanKind::Return) | None => LineState::Waiting,
                }
            }
        }
    }

    /// Why the rest of it is there.
    fn rest(&self, state: LineState) -> Option<Reason> {
        match (state, self.kind) {
            (LineState::Empty, _) => None,
            (_, LineKind::Suspense) => Some(Reason::Unexplained),
            (_, LineKind::Refunds) => Some(Reason::Custodian),
            (_, LineKind::Payable) => Some(Reason::Payout),
            (_, LineKind::Fees) => Some(Reason::PassedOn),
            (_, LineKind::Proceeds) => Some(Reason::Members),
            (_, LineKind::Recoveries) => Some(Reason::Clawback),
            (LineState::Returning, LineKind::Fund) => Some(Reason::Refund),
            (LineState::Returning, _) => Some(Reason::UnderWay),
            (
                LineState::Waiting | LineState::Spending | LineState::Moving | LineState::Owed | LineState::Recovering,
                _,
            ) => Some(Reason::NotDue),
        }
    }
}

fn decides(state: LineState, kind: LineKind, remains: &[Remains]) -> Option<Decider> {
    let first = remains.first()?.reason;
    Some(match (state, kind) {
        (LineState::Empty, _) => return None,
        (LineState::Owed, LineKind::Refunds) => Decider::Custodian,
        (LineState::Owed, LineKind::Proceeds) => Decider::Members,
        (LineState::Owed | LineState::Recovering | LineState::Waiting | LineState::Spending, _) => Decider::Host,
        (LineState::Moving, _) => Decider::Donors,
        (LineState::Returning, _) => match first {
            Reason::Settles | Reason::OnItsWay | Reason::Custodian | Reason::Chargeback => Decider::Custodian,
            Reason::SetAside | Reason::UnderWay | Reason::Clawback => Decider::Host,
            Reason::NotDue
            | Reason::Refund
            | Reason::Unexplained
            | Reason::Payout
            | Reason::PassedOn
            | Reason::Members => Decider::Nobody,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart;
    use crate::id::{BookId, WindUpId};
    use crate::money::Currency;
    use jiff::civil::date;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn wind_up() -> WindUp {
        WindUp {
            id: WindUpId::generate(BookId(1)),
            announced_at: at(0),
            last_day: date(2027, 3, 31),
            from: at(10),
            return_after: date(2027, 6, 29),
            return_from: at(100),
            why: "It closes".into(),
            written: WindUpState::Winding,
            ended_at: None,
            version: 1,
        }
    }

    fn account(kind: LineKind, balance: i64, plan: Option<PlanKind>) -> Account {
        let plan = plan.map(|kind| Plan { account: AccountNumber(1), kind, to: None, planned_at: at(5) });
        Account {
            number: AccountNumber(1),
            code: chart::fund("press").code,
            kind,
            of: None,
            title: String::new(),
            is_over: false,
            unit: Unit::from(Currency::USD),
            balance,
            plan,
        }
    }

    #[test]
    fn c4_each_plan_has_its_state_until_the_day_after_which_all_goes_back() {
        for (plan, state) in [
            (None, LineState::Waiting),
            (Some(PlanKind::SpendDown), LineState::Spending),
            (Some(PlanKind::Move), LineState::Moving),
            (Some(PlanKind::Return), LineState::Returning),
        ] {
            for kind in [LineKind::Fund, LineKind::Purse, LineKind::Pool] {
                assert_eq!(account(kind, 5, plan).stand(&wind_up(), at(50), &[]).state, state, "{kind} {plan:?}");
                let late = account(kind, 5, plan).stand(&wind_up(), at(100), &[]);
                assert_eq!((late.state, late.until), (LineState::Returning, None), "{kind} {plan:?}");
            }
        }
        let early = account(LineKind::Fund, 5, Some(PlanKind::Return)).stand(&wind_up(), at(9), &[]);
        assert_eq!((early.state, early.until), (LineState::Waiting, Some(at(100))), "its last day has not ended");
    }

    #[test]
    fn c4_what_remains_adds_up_to_the_balance_and_each_part_has_its_reason() {
        let known = [
            Remains { amount: 30, reason: Reason::Settles },
            Remains { amount: 0, reason: Reason::SetAside },
            Remains { amount: 500, reason: Reason::Chargeback },
        ];
        let line = account(LineKind::Fund, 100, None).stand(&wind_up(), at(200), &known);
        let parts: Vec<_> = line.remains.iter().map(|part| (part.amount, part.reason)).collect();
        assert_eq!(parts, [(30, Reason::Settles), (70, Reason::Chargeback)]);
        assert_eq!(line.decides, Some(Decider::Custodian));
        let line = account(LineKind::Fund, 100, None).stand(&wind_up(), at(200), &known[..1]);
        assert_eq!(line.remains.last(), Some(&Remains { amount: 70, reason: Reason::Refund }));
        let line = account(LineKind::Fund, 0, None).stand(&wind_up(), at(200), &known);
        assert_eq!((line.state, line.decides, line.remains.len()), (LineState::Empty, None, 0));
    }

    #[test]
    fn c4_what_is_owed_is_named_and_never_goes_by_itself() {
        for (kind, reason, decides) in [
            (LineKind::Payable, Reason::Payout, Decider::Host),
            (LineKind::Fees, Reason::PassedOn, Decider::Host),
            (LineKind::Refunds, Reason::Custodian, Decider::Custodian),
            (LineKind::Proceeds, Reason::Members, Decider::Members),
        ] {
            let line = account(kind, 7, None).stand(&wind_up(), at(9_999), &[]);
            assert_eq!((line.state, line.decides), (LineState::Owed, Some(decides)), "{kind}");
            assert_eq!(line.remains, [Remains { amount: 7, reason }], "{kind}");
            assert!(!kind.takes_plan());
        }
        let on_its_way = [Remains { amount: 3, reason: Reason::OnItsWay }];
        let line = account(LineKind::Refunds, 7, None).stand(&wind_up(), at(9_999), &on_its_way);
        assert_eq!((line.state, line.remains.len()), (LineState::Returning, 2), "a refund may still fail");
    }

    #[test]
    fn c4_what_teams_owe_to_a_fund_is_named_for_the_host_to_write_off_and_ends_by_no_clock() {
        let line = account(LineKind::Recoveries, 7, None).stand(&wind_up(), at(9_999), &[]);
        assert_eq!((line.state, line.until, line.decides), (LineState::Recovering, None, Some(Decider::Host)));
        assert_eq!(line.remains, [Remains { amount: 7, reason: Reason::Clawback }]);
        assert!(!LineKind::Recoveries.takes_plan() && !line.account.returns(&wind_up(), at(9_999)));
    }

    #[test]
    fn every_class_of_a_line_has_a_kind() {
        for class in AccountClass::ALL {
            assert_eq!(LineKind::of(*class).is_some(), LineKind::CLASSES.contains(class), "{}", class.as_str());
        }
    }
}
