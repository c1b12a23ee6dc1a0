//! By how much the hours of a member weigh: an index from a day on, until the day on which another one begins.

use super::cooperative::{Hours, Index};
use crate::error::Refusal;
use crate::id::{MemberId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;

/// The largest index, in hundredths.
pub const INDEX_MAX: u64 = 10_000;

impl Index {
    /// Refuses what is no index: 0.01 to 100.00.
    pub fn check(self) -> Result<Index, String> {
        if (1..=INDEX_MAX).contains(&self.hundredths()) {
            return Ok(self);
        }
        Err(format!("0.01 to {}", Index::from_hundredths(INDEX_MAX)))
    }
}

/// Hours at the index at which they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IndexedHours {
    /// The index of the days on which they were worked.
    pub index: Index,
    /// The hours.
    pub hours: Hours,
}

/// The lowest and the highest index of members on a day; 1.00 counts for whom none is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The day.
    pub on: Date,
    /// The lowest.
    pub lowest: Index,
    /// The highest.
    pub highest: Index,
}

impl Spread {
    /// Refuses indices of which the highest is more than so many times the lowest, with `pay-ratio`.
    pub fn check(self, ratio: Index) -> Result<(), Refusal> {
        let Spread { on, lowest, highest } = self;
        if u128::from(highest.hundredths()) * 100 <= u128::from(ratio.hundredths()) * u128::from(lowest.hundredths()) {
            return Ok(());
        }
        let detail = format!("on {on} the highest index is {highest} and the lowest {lowest}: more than {ratio} to 1");
        Err(Refusal::new("pay-ratio", detail))
    }
}

/// By how much the hours of a member weigh from a day on, until the day on which another one begins. Written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberIndex {
    /// The member whose hours they are.
    pub member: MemberId,
    /// From 1 for each member, without gaps; of two that begin on one day, the younger one holds.
    pub version: i32,
    /// The index.
    pub index: Index,
    /// First day whose hours weigh so.
    pub effective_from: Date,
    /// Who set it.
    pub set_by: PersonId,
    /// When it was set, in book time.
    pub set_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_index_is_at_most_so_many_times_the_lowest() {
        let index = |text: &str| text.parse::<Index>().expect("hundredths");
        for (lowest, highest, ratio, is_within) in [
            ("1", "4.5", "4.5", true),
            ("1", "4.51", "4.5", false),
            ("0.67", "3.01", "4.5", true),
            ("0.67", "3.02", "4.5", false),
            ("2", "2", "1", true),
        ] {
            let spread = Spread { on: jiff::civil::date(2028, 1, 1), lowest: index(lowest), highest: index(highest) };
            assert_eq!(spread.check(index(ratio)).is_ok(), is_within, "{highest} to {lowest} within {ratio}");
        }
    }

    #[test]
    fn an_index_is_within_bounds() {
        for (text, is_one) in [("0", false), ("0.01", true), ("1", true), ("100", true), ("100.01", false)] {
            assert_eq!(text.parse::<Index>().expect("hundredths").check().is_ok(), is_one, "{text}");
        }
    }
}
