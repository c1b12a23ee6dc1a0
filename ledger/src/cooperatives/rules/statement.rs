//! What a member is told of a distribution.

use super::allocation_rule::Patronage;
use super::cooperative::{Hours, Period, Quantity};
use super::member_index::IndexedHours;
use super::valuation::{self, Valued};
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
    /// Attested hours of the period.
    pub hours: Hours,
    /// The units or points by which the group shared; nothing where it shared by something else.
    pub counted: Quantity,
    /// The hours by the index at which they counted; empty where the group shared by something else.
    pub indexed: Vec<IndexedHours>,
    /// What was contributed, at what the rule says that it is worth; empty where the group shared by something else.
    pub valued: Vec<Valued>,
    /// What is payable to the member, with its interest; minor units.
    pub cash: i64,
    /// How much of the cash is interest on the member's capital, minor units.
    pub interest: i64,
    /// The member's capital when the period began, minor units; 0 where the rule does not ask for it.
    pub capital: i64,
    /// Minor units that became the member's capital.
    pub retained: i64,
    /// Minor units of the share that advances and earlier losses took, which had stood against it.
    pub netted: i64,
    /// Minor units of a loss that the member bears; 0 where a surplus was shared.
    pub loss: i64,
    /// Minor units of the loss that the member's capital could not bear: they stand against the next shares.
    pub stands: i64,
    /// Whether the member had agreed to retained parts.
    pub consents: bool,
    /// When it was issued, in book time.
    pub issued_at: Timestamp,
}

/// By what a share was measured, and how much of it the member had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure<'a> {
    /// Nothing: each member got the same.
    Alike,
    /// Attested hours.
    Hours(Hours),
    /// Attested hours, by the index at which they counted.
    Indexed(Hours, &'a [IndexedHours]),
    /// Attested units that were made.
    Units(Quantity),
    /// Attested points.
    Points(Quantity),
    /// The member's capital, minor units.
    Capital(i64),
    /// What all that was contributed is worth by the rule, to the hundredth, and each of it.
    Value(Quantity, &'a [Valued]),
}

impl NewStatement {
    /// By what the share was measured.
    pub fn measure(&self) -> Measure<'_> {
        match self.patronage {
            Patronage::Equal => Measure::Alike,
            Patronage::Hours => Measure::Hours(self.hours),
            Patronage::IndexedHours => Measure::Indexed(self.hours, &self.indexed),
            Patronage::Units => Measure::Units(self.counted),
            Patronage::Points => Measure::Points(self.counted),
            Patronage::Capital => Measure::Capital(self.capital),
            Patronage::Value => Measure::Value(valuation::total(&self.valued), &self.valued),
        }
    }
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
    /// What of the retained part was redeemed since, minor units.
    pub redeemed: i64,
    /// What of the retained part bore losses since, minor units.
    pub lost: i64,
}

impl Statement {
    /// What of the retained part is still there, minor units.
    pub fn left(&self) -> i64 {
        if self.reversed { 0 } else { self.issued.retained - self.redeemed - self.lost }
    }
}
