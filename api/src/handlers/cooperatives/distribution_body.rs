//! What a distribution looks like on the wire.

use crate::wire::BalanceBody;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::rules::cooperative::{Hours, Index, Quantity, Worth};
use ledger::cooperatives::rules::distribution::{Approval, Distribution, DistributionState, Objection};
use ledger::cooperatives::rules::member_index::IndexedHours;
use ledger::cooperatives::rules::outline::{GroupSum, Outline};
use ledger::cooperatives::rules::plan::{MemberPart, StepPart};
use ledger::cooperatives::rules::valuation::Valued;
use ledger::id::{AllocationRuleId, DistributionId, MemberId, PersonId};
use ledger::money::Currency;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// So many shares stand in the body of what has them.
const SHARES_MAX: usize = 100;

/// So many are read for it.
pub(super) const SHARES_READ: i64 = SHARES_MAX as i64 + 1;

/// What a step of the rule takes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistributionPart)]
pub struct PartBody {
    /// Which step of the rule, from 0.
    step: usize,
    /// Code of the account that it goes to.
    account: String,
    amount: BalanceBody,
    /// Of a lender, how much of it is what was lent: it is paid of the loan, and as much of the surplus goes to the reserve. 0 for the
    /// others.
    principal: BalanceBody,
    /// Of what business with others than members has brought, how much of the sales that was. 0 for the others.
    non_member_sales: BalanceBody,
}

/// What a group of members gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistributionGroup)]
pub struct GroupTotalBody {
    group: String,
    /// How many members share it.
    members: usize,
    amount: BalanceBody,
}

/// Hours at the index at which they count.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IndexedHours)]
pub struct IndexedHoursBody {
    #[schema(value_type = String, example = "1.50")]
    index: Index,
    #[schema(value_type = String, example = "1560.00")]
    hours: Hours,
}

impl From<&IndexedHours> for IndexedHoursBody {
    fn from(it: &IndexedHours) -> IndexedHoursBody {
        IndexedHoursBody { index: it.index, hours: it.hours }
    }
}

/// Something that a member contributed, at what the rule says that it is worth.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ValuedContribution)]
pub struct ValuedBody {
    /// In what it is counted: `hours`, `units`, `points`, `use` or `in_kind`.
    #[schema(example = "use")]
    unit: String,
    /// What was used or given, by its short name; null for hours, units and points.
    #[schema(example = "laser")]
    kind: Option<String>,
    /// How much of its unit.
    #[schema(value_type = String, example = "12.50")]
    quantity: Quantity,
    /// How much one counts.
    #[schema(value_type = String, example = "6.00")]
    worth: Worth,
}

impl From<&Valued> for ValuedBody {
    fn from(it: &Valued) -> ValuedBody {
        ValuedBody {
            unit: it.contributed.unit.to_string(),
            kind: it.contributed.kind.clone(),
            quantity: it.contributed.quantity,
            worth: it.worth,
        }
    }
}

/// What a member gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistributionShare)]
pub struct ShareBody {
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    group: String,
    /// `equal`, `hours`, `units`, `points`, `indexed_hours`, `value` or `capital`; `capital` also for who has interest and no share.
    by: String,
    /// Attested hours of the period.
    #[schema(value_type = String)]
    hours: Hours,
    /// Attested units or points of the period, where the group shares by them; 0.00 otherwise.
    #[schema(value_type = String)]
    counted: Quantity,
    /// The hours by the index at which they count, where the group shares by them; empty otherwise.
    indexed: Vec<IndexedHoursBody>,
    /// What was contributed, at what the rule says that it is worth, where the group shares by value; empty otherwise.
    valued: Vec<ValuedBody>,
    /// The member's capital when the period began; 0 where the rule does not ask for it.
    capital: BalanceBody,
    /// All that the member gets, with interest.
    share: BalanceBody,
    /// To be paid out, with interest.
    cash: BalanceBody,
    /// How much of the cash is interest on the member's capital.
    interest: BalanceBody,
    /// Stays in the cooperative as the member's capital.
    retained: BalanceBody,
    /// What advances and earlier losses take of the share: it had stood against it.
    netted: BalanceBody,
    /// What the member bears of a loss.
    loss: BalanceBody,
    /// What of that the member's capital cannot bear: it stands against the next shares.
    stands: BalanceBody,
}

/// A distribution with its frozen plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Distribution)]
pub struct DistributionBody {
    #[schema(value_type = String)]
    id: DistributionId,
    from: Date,
    to: Date,
    #[schema(value_type = String)]
    rule: AllocationRuleId,
    rule_version: i32,
    sales: BalanceBody,
    costs: BalanceBody,
    /// What else the book earned, such as what its bank paid; percentages of gross are of sales alone.
    other_income: BalanceBody,
    /// What else the book paid, such as charges of its bank.
    other_costs: BalanceBody,
    /// Losses of earlier periods, which the result bore first.
    loss_before: BalanceBody,
    /// Sales and other income less all costs and earlier losses: what is distributed. Less than zero, it is a loss, and the shares say who bears it.
    net: BalanceBody,
    /// What of a loss the reserve bears; 0 where a surplus is shared.
    from_reserve: BalanceBody,
    parts: Vec<PartBody>,
    /// Interest on the members' capital, all together.
    interest: BalanceBody,
    groups: Vec<GroupTotalBody>,
    /// The first hundred by number, for plain members of their own only. All of them are listed at `/v1/distributions/{id}/shares`.
    #[schema(max_items = 100)]
    shares: Vec<ShareBody>,
    /// Whether there are more shares than these.
    more_shares: bool,
    /// SHA-256 of rule, inputs and plan: what an approval names.
    digest: String,
    /// `draft`, `objection`, `objected`, `approved`, `posted`, `paid`, `statements_issued`, `reversing` while it is taken back entry by
    /// entry, `reversed` or `withdrawn`.
    state: String,
    /// What is still owed of the shares of members and lenders, without what was sent: of each of them the oldest shares are paid first,
    /// so that it is 0 once all are paid out. Null while it is not posted, and when it was taken back. Its state says nothing of that:
    /// an account holds the shares of all periods, and what is sent may come back.
    unpaid: Option<BalanceBody>,
    /// When something happens by itself, by the book's clock; null when nothing does.
    deadline: Option<Timestamp>,
    #[schema(value_type = String)]
    drafted_by: PersonId,
    /// When it was drafted, by the book's clock.
    drafted_at: Timestamp,
    #[schema(value_type = Option<String>)]
    approved_by: Option<PersonId>,
    /// When it was approved, by the book's clock; null before.
    approved_at: Option<Timestamp>,
    /// Number of its journal entry; null until it is posted.
    entry: Option<i64>,
    /// When it was posted, by the book's clock; null before.
    posted_at: Option<Timestamp>,
    /// Number of the mirror entry; null unless it was taken back.
    reversal: Option<i64>,
    /// Why it was withdrawn or reversed; null otherwise.
    reason: Option<String>,
}

impl DistributionBody {
    /// `shares`: those that are shown, and one more where there are more ([`SHARES_READ`]). `unpaid`: what is still owed of distributions, minor
    /// units.
    pub(super) fn new(
        it: Distribution,
        shares: &[MemberPart],
        unpaid: &HashMap<DistributionId, i64>,
    ) -> DistributionBody {
        let currency = it.currency;
        let money = |minor| BalanceBody::new(minor, currency);
        let posting = it.state.posting();
        let approval = approval(&it.state);
        let (reversal, reason) = match &it.state {
            DistributionState::Reversed { reversal, reason, .. } => (Some(*reversal), Some(reason.clone())),
            DistributionState::Reversing { reason, .. } | DistributionState::Withdrawn { reason } => {
                (None, Some(reason.clone()))
            }
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_) => (None, None),
        };
        let (shares, more_shares) = share_bodies(shares, currency);
        DistributionBody {
            id: it.id,
            from: it.period.from,
            to: it.period.to,
            rule: it.rule,
            rule_version: it.rule_version,
            sales: money(it.sales),
            costs: money(it.costs),
            other_income: money(it.other_income),
            other_costs: money(it.other_costs),
            loss_before: money(it.loss_before),
            net: money(it.net()),
            from_reserve: money(it.plan.from_reserve),
            parts: it.plan.steps.iter().map(|part| part_body(part, currency)).collect(),
            interest: money(it.plan.interest()),
            groups: group_bodies(&it.plan, currency),
            shares,
            more_shares,
            digest: hex::encode(it.digest),
            unpaid: unpaid.get(&it.id).map(|left| money(*left)),
            state: it.state.as_str().to_owned(),
            deadline: it.state.deadline(),
            drafted_by: it.drafted_by,
            drafted_at: it.drafted_at,
            approved_by: approval.map(|approval| approval.by),
            approved_at: approval.map(|approval| approval.at),
            entry: posting.map(|posting| posting.entry),
            posted_at: posting.map(|posting| posting.at),
            reversal,
            reason,
        }
    }
}

fn approval(state: &DistributionState) -> Option<Approval> {
    match state {
        DistributionState::Approved { approval, .. } => Some(*approval),
        DistributionState::Posted(posting)
        | DistributionState::Paid(posting)
        | DistributionState::StatementsIssued(posting)
        | DistributionState::Reversing { posting, .. }
        | DistributionState::Reversed { posting, .. } => Some(posting.approval),
        DistributionState::Draft { .. }
        | DistributionState::Objection { .. }
        | DistributionState::Objected { .. }
        | DistributionState::Withdrawn { .. } => None,
    }
}

fn part_body(part: &StepPart, currency: Currency) -> PartBody {
    let money = |minor: i64| BalanceBody::new(minor, currency);
    PartBody {
        step: part.step,
        account: part.to.account().code,
        amount: money(part.amount),
        principal: money(part.principal),
        non_member_sales: money(part.non_member),
    }
}

pub(super) fn share_body(part: &MemberPart, currency: Currency) -> ShareBody {
    let money = |minor| BalanceBody::new(minor, currency);
    ShareBody {
        member: part.member,
        number: part.number,
        group: part.group.clone(),
        by: part.by.to_string(),
        hours: part.hours,
        counted: part.counted,
        indexed: part.indexed.iter().map(IndexedHoursBody::from).collect(),
        valued: part.valued.iter().map(ValuedBody::from).collect(),
        capital: money(part.capital),
        share: money(part.share()),
        interest: money(part.interest),
        cash: money(part.cash),
        retained: money(part.retained),
        netted: money(part.netted),
        loss: money(part.loss),
        stands: money(part.stands),
    }
}

/// The first of some shares, and whether there are more.
pub(super) fn share_bodies<'a>(
    shares: impl IntoIterator<Item = &'a MemberPart>,
    currency: Currency,
) -> (Vec<ShareBody>, bool) {
    let mut shares = shares.into_iter();
    let bodies = shares.by_ref().take(SHARES_MAX).map(|part| share_body(part, currency)).collect();
    (bodies, shares.next().is_some())
}

/// What groups share besides interest; none where nobody shares anything else.
pub(super) fn group_bodies(plan: &Outline, currency: Currency) -> Vec<GroupTotalBody> {
    let body = |group: &GroupSum| GroupTotalBody {
        group: group.group.clone(),
        members: group.sharing,
        amount: BalanceBody::new(group.shared(), currency),
    };
    plan.groups.iter().filter(|group| group.sharing > 0).map(body).collect()
}

/// A member's objection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistributionObjection)]
pub struct ObjectionBody {
    #[schema(value_type = String)]
    member: MemberId,
    reason: String,
    /// When it was raised, by the book's clock.
    raised_at: Timestamp,
}

impl From<Objection> for ObjectionBody {
    fn from(it: Objection) -> ObjectionBody {
        ObjectionBody { member: it.member, reason: it.reason, raised_at: it.raised_at }
    }
}

/// The objections to a distribution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DistributionObjections)]
pub struct ObjectionsBody {
    /// The oldest first; one a member.
    pub(super) items: Vec<ObjectionBody>,
}
