//! A settlement that its custodian has reported to a book that is kept by the lines of banks, before its line was there: nothing of it
//! is posted until the line comes.

use crate::error::Refusal;
use crate::id::{BankLineId, CredentialId, OrganisationId, SettlementId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// Where an announced settlement stands.
    AnnouncementState, "state of an announced settlement" {
        /// Its line is waited for.
        Announced = "announced",
        /// A line has settled it.
        Settled = "settled",
        /// Its custodian has withdrawn it, or the book is not kept by lines any more.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Why a line that carries the reference of an announced settlement does not settle it.
    LineDiffers, "reason why a line does not settle what was announced" {
        /// Less came than was announced.
        LessCame = "less_came",
        /// More came than was announced.
        MoreCame = "more_came",
        /// It came in another currency.
        OtherCurrency = "other_currency",
        /// The amount came, and what is owed of the charges is not what was announced any more.
        ChargesDiffer = "charges_differ",
    }
}

/// A line that carries the reference of an announced settlement, and does not settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differing {
    /// Which line.
    pub line: BankLineId,
    /// Why it does not.
    pub reason: LineDiffers,
    /// Minor units that it brought; 0 of one in another currency.
    pub came: i64,
}

/// An announced settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The id of the settlement that it becomes.
    pub id: SettlementId,
    /// The custodian.
    pub partner: OrganisationId,
    /// The credential by which it was reported.
    pub credential: CredentialId,
    /// What the custodian says that it has paid over.
    pub amount: Money,
    /// The day on which it arrived, as the custodian says.
    pub day: Date,
    /// How the custodian names it, and its line is to carry it.
    pub reference: String,
    /// Why something is missing of its charges, when the custodian states that; none when nothing may be.
    pub missing: Option<String>,
    /// SHA-256 of all that was reported.
    pub content: [u8; 32],
    /// Where it stands.
    pub state: AnnouncementState,
    /// The line that settled it; none before.
    pub settled_by: Option<BankLineId>,
    /// The last line that carries its reference and brings something else; none when none does.
    pub differing: Option<Differing>,
    /// Book time.
    pub announced_at: Timestamp,
    /// When it was settled or withdrawn, in book time; none before.
    pub ended_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: i64,
}

impl Announcement {
    /// Refuses to withdraw what is over.
    ///
    /// # Errors
    ///
    /// `settlement-state`.
    pub fn require_announced(&self) -> Result<(), Refusal> {
        match self.state {
            AnnouncementState::Announced => Ok(()),
            AnnouncementState::Settled | AnnouncementState::Withdrawn => {
                Err(Refusal::new("settlement-state", format!("the settlement is {}, and not announced", self.state)))
            }
        }
    }

    /// Why a line that brings so much does not settle it, while its charges are owed as announced; none when it does.
    pub fn differs_from(&self, came: Money) -> Option<LineDiffers> {
        if came.currency() != self.amount.currency() {
            return Some(LineDiffers::OtherCurrency);
        }
        match came.minor().cmp(&self.amount.minor()) {
            std::cmp::Ordering::Less => Some(LineDiffers::LessCame),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(LineDiffers::MoreCame),
        }
    }

    /// The same, with a line that brings so much and does not settle it for a reason.
    pub fn with_differing(self, line: BankLineId, reason: LineDiffers, came: Money) -> Announcement {
        let came = if came.currency() == self.amount.currency() { came.minor() } else { 0 };
        Announcement { differing: Some(Differing { line, reason, came }), ..self }
    }
}

impl Differing {
    /// By how many minor units more came than was announced, less than zero when less came; none of another currency.
    pub fn over(&self, announced: Money) -> Option<i64> {
        match self.reason {
            LineDiffers::OtherCurrency => None,
            LineDiffers::LessCame | LineDiffers::MoreCame | LineDiffers::ChargesDiffer => {
                Some(self.came - announced.minor())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::money::Currency;
    use jiff::civil::date;

    #[test]
    fn b13_a_line_settles_exactly_what_was_announced_and_each_difference_has_one_word() {
        let usd = |minor| Money::from_minor(minor, Currency::USD).expect("an amount");
        let book = BookId(1);
        let announced = Announcement {
            id: SettlementId::generate(book),
            partner: OrganisationId::generate(),
            credential: CredentialId::generate(),
            amount: usd(990),
            day: date(2027, 1, 31),
            reference: "out-1".into(),
            missing: None,
            content: [0; 32],
            state: AnnouncementState::Announced,
            settled_by: None,
            differing: None,
            announced_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            version: 1,
        };
        let euros = Money::from_minor(990, Currency::EUR).expect("an amount");
        for (came, reason, over) in [
            (usd(990), None, Some(0)),
            (usd(980), Some(LineDiffers::LessCame), Some(-10)),
            (usd(1_000), Some(LineDiffers::MoreCame), Some(10)),
            (euros, Some(LineDiffers::OtherCurrency), None),
        ] {
            assert_eq!(announced.differs_from(came), reason, "{came}");
            let reason = reason.unwrap_or(LineDiffers::ChargesDiffer);
            let differing = announced.clone().with_differing(BankLineId::generate(book), reason, came).differing;
            assert_eq!(differing.expect("a line").over(announced.amount), over, "{came}");
        }
        announced.require_announced().expect("it is");
        let over = Announcement { state: AnnouncementState::Withdrawn, ..announced };
        assert_eq!(over.require_announced().expect_err("it is over").code, "settlement-state");
    }
}
