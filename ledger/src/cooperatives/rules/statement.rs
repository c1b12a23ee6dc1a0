//! What a member is told of a distribution.

use super::allocation_rule::Patronage;
use super::cooperative::{Hours, Period};
use crate::id::{AllocationRuleId, DistributionId, MemberId, StatementId};
use crate::money::Currency;
use jiff::Timestamp;

/// A new statement, as it is written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// Its id.
    pub id: StatementId,
    /// The distribution that it states.
    pub distribution: DistributionId,
    /// The member whose statement it is.
    pub member: MemberId,
    /// The member's group.
    pub group: String,
    /// How the group shared.
    pub patronage: Patronage,
    /// Patronage base: attested hours of the period.
    pub hours: Hours,
    /// What is payable to the member, with its interest; minor units.
    pub cash: i64,
    /// How much of the cash is interest on the member's capital, minor units.
    pub interest: i64,
    /// The member's capital when the period began, minor units; 0 where the rule does not ask for it.
    pub capital: i64,
    /// Minor units that became the member's capital.
    pub retained: i64,
    /// Whether the member had agreed to retained parts.
    pub consents: bool,
    /// When it was issued, in book time.
    pub issued_at: Timestamp,
}

/// A statement with what its distribution says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was written.
    pub issued: NewStatement,
    /// The member's number.
    pub member_number: i32,
    /// The period.
    pub period: Period,
    /// The version of the rule.
    pub rule: AllocationRuleId,
    /// Number of that version, from 1.
    pub rule_version: i32,
    /// Currency of its amounts.
    pub currency: Currency,
    /// What was distributed in all, minor units.
    pub net: i64,
    /// Record number of the journal entry that credited the member.
    pub entry: i64,
    /// Whether the distribution was taken back since.
    pub reversed: bool,
}
