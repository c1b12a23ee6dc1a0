//! A file for a bank: `building → ready → reported`, or `withdrawn`.
//!
//! While it is built each of its payouts is sent, or left out with a reason; then the file is ready to be handed to the bank. What it
//! holds never changes from there on. It is withdrawn by the host as long as nobody has handed it over: each of its payouts fails, and
//! what is owed is owed again.

use crate::book::Reason;
use crate::error::Refusal;
use crate::id::{BankAccountId, OrganisationId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use crate::money::{Currency, Money};
use crate::payouts::files::csv_out::Layout;
use crate::payouts::files::nacha::{AMOUNT_MAX, TOTAL_MAX};
use crate::payouts::rules::payout::{Payout, PayoutState, Policy};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most payouts of a file.
pub const PAYOUTS_MAX: usize = 10_000;
/// Why a file is withdrawn that came out empty.
pub const EMPTY: &str = "none of its payouts could be sent";
/// How many days ahead a bank may be asked to execute a file.
pub const AHEAD_MAX: i64 = 60;

words! {
    /// What a bank is handed.
    FileFormat, "format of a payout file" {
        /// A credit transfer initiation of ISO 20022, pain.001.001.09.
        Pain001 = "pain001",
        /// Credits to companies in the ACH network of the United States.
        NachaCcd = "nacha_ccd",
        /// Credits to persons in that network.
        NachaPpd = "nacha_ppd",
        /// A table.
        Csv = "csv",
    }
}

impl FileFormat {
    /// Whether it is of the ACH network: in dollars, between banks of the United States.
    pub fn is_nacha(self) -> bool {
        match self {
            FileFormat::NachaCcd | FileFormat::NachaPpd => true,
            FileFormat::Pain001 | FileFormat::Csv => false,
        }
    }

    /// What its text is.
    pub fn media_type(self) -> &'static str {
        match self {
            FileFormat::Pain001 => "application/xml",
            FileFormat::NachaCcd | FileFormat::NachaPpd => "text/plain; charset=us-ascii",
            FileFormat::Csv => "text/csv; charset=utf-8",
        }
    }

    /// How the name of a file ends.
    pub fn extension(self) -> &'static str {
        match self {
            FileFormat::Pain001 => "xml",
            FileFormat::NachaCcd | FileFormat::NachaPpd => "ach",
            FileFormat::Csv => "csv",
        }
    }
}

words! {
    /// Where a file stands, without its facts.
    PayoutFileState, "state of a payout file" {
        /// Its payouts are being sent.
        Building = "building",
        /// It may be handed to the bank.
        Ready = "ready",
        /// Its bank has reported on it.
        Reported = "reported",
        /// It was never handed over, and its payouts have failed.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Where a payout stands within a file.
    ItemState, "state of a payout in a file" {
        /// It is to be sent.
        Waiting = "waiting",
        /// It was sent, and stands in the file.
        Sent = "sent",
        /// It was not sent, and may go with another file.
        LeftOut = "left_out",
    }
}

words! {
    /// Why a payout was left out of a file.
    LeftOut, "reason why a payout was left out" {
        /// It is not approved and screened any more, or was sent otherwise.
        State = "state",
        /// Above the threshold of the book, whoever asked for the file has asked for the payout or approved it.
        SamePerson = "same_person",
        /// The cash lies with a custodian that is frozen.
        Frozen = "frozen",
        /// Less is owed by now.
        DebtLess = "debt_less",
        /// The format reaches no bank in that country.
        BankCountry = "bank_country",
        /// The format has no room for the amount, or for more in one file.
        Amount = "amount",
        /// The book refuses its entry: send it by itself to read why.
        Refused = "refused",
    }
}

impl LeftOut {
    /// What a refusal of the book means for a payout.
    pub fn of(reason: Reason) -> LeftOut {
        match reason {
            Reason::BelowFloor { .. } => LeftOut::DebtLess,
            Reason::UnknownAccount(_)
            | Reason::ClosedAccount(_)
            | Reason::UnitsDiffer(..)
            | Reason::NoSuchMovement { .. }
            | Reason::ClosedPeriod(_)
            | Reason::Amount
            | Reason::Lines
            | Reason::SumTooLarge(_) => LeftOut::Refused,
        }
    }
}

/// Where a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Its payouts are being sent.
    Building,
    /// It may be handed to the bank.
    Ready,
    /// Its bank has reported on it.
    Reported {
        /// Why the bank rejected all of it; empty when it did not.
        reason: String,
    },
    /// It was never handed over.
    Withdrawn {
        /// Why.
        reason: String,
    },
}

impl FileState {
    /// Its word.
    pub fn word(&self) -> PayoutFileState {
        match self {
            FileState::Building => PayoutFileState::Building,
            FileState::Ready => PayoutFileState::Ready,
            FileState::Reported { .. } => PayoutFileState::Reported,
            FileState::Withdrawn { .. } => PayoutFileState::Withdrawn,
        }
    }

    /// Why all of its payouts fail, if they do; empty otherwise.
    pub fn reason(&self) -> &str {
        match self {
            FileState::Building | FileState::Ready => "",
            FileState::Reported { reason } | FileState::Withdrawn { reason } => reason,
        }
    }
}

/// A payout of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its place in the file, from 1.
    pub place: i32,
    /// The payout.
    pub payout: PayoutId,
    /// Where it stands within the file.
    pub state: ItemState,
    /// Why it was left out; none otherwise.
    pub why: Option<LeftOut>,
}

/// A file for a bank, without its text: that is made of its rows whenever somebody takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutFile {
    /// Its id.
    pub id: PayoutFileId,
    /// From whose cash it pays.
    pub custodian: OrganisationId,
    /// The bank account of the custodian from which it is paid.
    pub debtor: BankAccountId,
    /// The run that it was asked for to send; none when somebody asked for it alone.
    pub run: Option<PayoutRunId>,
    /// What the bank is handed.
    pub format: FileFormat,
    /// Of all its payouts.
    pub currency: Currency,
    /// The day on which the bank is asked to pay.
    pub execution_on: Date,
    /// How the bank knows who orders, where the format asks for it; empty otherwise.
    pub originator: String,
    /// How a table is laid out; none for other formats.
    pub layout: Option<Layout>,
    /// Who asked for it, and sends its payouts.
    pub asked_by: PersonId,
    /// In book time.
    pub asked_at: Timestamp,
    /// In book time; none while it is built.
    pub ready_at: Option<Timestamp>,
    /// Who took its text last, and when in book time; none when nobody has.
    pub taken: Option<(PersonId, Timestamp)>,
    /// How many payouts it was asked for.
    pub items: i32,
    /// How many of them stand in it.
    pub sent: i32,
    /// How many were left out.
    pub left_out: i32,
    /// Minor units of those that stand in it.
    pub total: i64,
    /// Where it stands.
    pub state: FileState,
    /// Raised by every change of its state.
    pub version: i64,
}

impl PayoutFile {
    /// What names a file at the bank: letters and digits.
    pub fn message_of(id: PayoutFileId) -> String {
        format!("CPF{}", id.object.simple().to_string().to_ascii_uppercase())
    }

    /// The object that a name at the bank is of, if it is one of ours.
    pub fn object_of(message: &str) -> Option<uuid::Uuid> {
        let object = message.strip_prefix("CPF").filter(|rest| rest.len() == 32)?;
        uuid::Uuid::try_parse(object).ok()
    }

    /// Why a payout does not go with the file, if it does not; `already` is what the file holds so far.
    pub fn why_not(
        &self,
        payout: &Payout,
        bank_country: Option<&str>,
        (policy, of_book): (Policy, Currency),
        already: i64,
    ) -> Option<LeftOut> {
        let is_its = payout.custodian == self.custodian && payout.amount.currency() == self.currency;
        if !is_its || payout.state.word() != PayoutState::Screened {
            return Some(LeftOut::State);
        }
        if payout.check_sender(self.asked_by, policy, of_book).is_err() {
            return Some(LeftOut::SamePerson);
        }
        if self.format.is_nacha() {
            if bank_country != Some("US") {
                return Some(LeftOut::BankCountry);
            }
            let minor = payout.amount.minor();
            if minor > AMOUNT_MAX || already.saturating_add(minor) > TOTAL_MAX {
                return Some(LeftOut::Amount);
            }
        }
        None
    }

    /// With so many payouts more that stand in it, of so many minor units, and so many that were left out. When none waits any more it
    /// is ready; one that came out empty is withdrawn.
    pub fn built(self, sent: &[Money], left_out: usize, now: Timestamp) -> PayoutFile {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let file = PayoutFile {
            sent: self.sent + count(sent.len()),
            left_out: self.left_out + count(left_out),
            total: sent.iter().fold(self.total, |sum, amount| sum.saturating_add(amount.minor())),
            ..self
        };
        if file.sent + file.left_out < file.items {
            return file;
        }
        let state = if file.sent > 0 { FileState::Ready } else { FileState::Withdrawn { reason: EMPTY.to_owned() } };
        PayoutFile { state, ready_at: Some(now), ..file }
    }

    fn refuse(&self, wanted: &str) -> Refusal {
        Refusal::new("payout-file-state", format!("the file is {}: {wanted}", self.state.word()))
    }

    /// Whether its text may be taken.
    ///
    /// # Errors
    ///
    /// `payout-file-state` while it is built, and once it was withdrawn.
    pub fn check_taken(&self) -> Result<Timestamp, Refusal> {
        match (&self.state, self.ready_at) {
            (FileState::Ready | FileState::Reported { .. }, Some(ready_at)) => Ok(ready_at),
            (FileState::Ready | FileState::Reported { .. }, None) | (FileState::Building, _) => {
                Err(self.refuse("its payouts are being sent, so wait until it is ready"))
            }
            (FileState::Withdrawn { .. }, _) => Err(self.refuse("nobody is to hand it to a bank")),
        }
    }

    /// The host gives it up, since nobody has handed it to the bank. Who has taken its text must say so.
    ///
    /// # Errors
    ///
    /// `payout-file-state`; `payout-file-taken` when somebody took its text and nobody says that the bank does not have it.
    pub fn withdraw(self, reason: &str, not_at_bank: bool) -> Result<PayoutFile, Refusal> {
        match (&self.state, self.taken) {
            (FileState::Ready, Some((person, at))) if !not_at_bank => {
                let detail =
                    format!("{person} took its text at {at}: say that the bank does not have it (not_at_bank)");
                Err(Refusal::new("payout-file-taken", detail))
            }
            (FileState::Ready, _) => {
                Ok(PayoutFile { state: FileState::Withdrawn { reason: reason.to_owned() }, ..self })
            }
            (FileState::Building, _) => Err(self.refuse("its payouts are being sent, so wait until it is ready")),
            (FileState::Reported { .. }, _) => Err(self.refuse("the bank has it")),
            (FileState::Withdrawn { .. }, _) => Err(self.refuse("its payouts have failed")),
        }
    }

    /// The bank has reported on it; with a reason when it rejected all of it, which stays. A file that was withdrawn, or is still
    /// built, stays as it is: the bank cannot have it.
    pub fn reported(self, rejected: Option<&str>) -> PayoutFile {
        let state = match (self.state, rejected) {
            (FileState::Ready, why) => FileState::Reported { reason: why.unwrap_or_default().to_owned() },
            (FileState::Reported { reason }, Some(why)) if reason.is_empty() => {
                FileState::Reported { reason: why.to_owned() }
            }
            (FileState::Reported { reason }, _) => FileState::Reported { reason },
            (FileState::Building, _) => FileState::Building,
            (FileState::Withdrawn { reason }, _) => FileState::Withdrawn { reason },
        };
        PayoutFile { state, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    fn file(items: i32) -> PayoutFile {
        let book = BookId(3);
        PayoutFile {
            id: PayoutFileId::generate(book),
            custodian: OrganisationId::generate(),
            debtor: BankAccountId::generate(book),
            run: None,
            format: FileFormat::Pain001,
            currency: Currency::EUR,
            execution_on: date(2027, 1, 8),
            originator: String::new(),
            layout: None,
            asked_by: PersonId::generate(),
            asked_at: Timestamp::UNIX_EPOCH,
            ready_at: None,
            taken: None,
            items,
            sent: 0,
            left_out: 0,
            total: 0,
            state: FileState::Building,
            version: 1,
        }
    }

    #[test]
    fn a_file_is_ready_when_nothing_waits_and_an_empty_one_is_withdrawn() {
        let (now, five) = (Timestamp::UNIX_EPOCH, Money::from_minor(500, Currency::EUR).unwrap());
        let half = file(3).built(&[five], 0, now);
        assert_eq!(
            (half.state.clone(), half.check_taken().unwrap_err().code),
            (FileState::Building, "payout-file-state")
        );
        assert_eq!(half.clone().withdraw("no", true).unwrap_err().code, "payout-file-state");
        let ready = half.built(&[five], 1, now);
        assert_eq!((ready.state.clone(), ready.sent, ready.left_out, ready.total), (FileState::Ready, 2, 1, 1_000));
        let empty = file(2).built(&[], 2, now);
        assert_eq!(empty.state, FileState::Withdrawn { reason: EMPTY.into() });
        let taken = PayoutFile { taken: Some((PersonId::generate(), now)), ..ready.clone() };
        assert_eq!(taken.clone().withdraw("a typo", false).unwrap_err().code, "payout-file-taken");
        assert_eq!(taken.withdraw("a typo", true).unwrap().state.word(), PayoutFileState::Withdrawn);
        let reported = ready.clone().reported(None);
        assert_eq!(reported.clone().withdraw("no", true).unwrap_err().code, "payout-file-state");
        assert_eq!(
            reported.reported(Some("AM04")).reported(Some("x")).state.reason(),
            "AM04",
            "the first reason stays"
        );
        assert_eq!(file(1).reported(Some("AM04")).state, FileState::Building);
    }

    #[test]
    fn the_name_of_a_file_at_the_bank_leads_back_to_it() {
        let id = PayoutFileId::generate(BookId(3));
        let message = PayoutFile::message_of(id);
        assert_eq!((message.len(), PayoutFile::object_of(&message)), (35, Some(id.object)));
        for other in ["", "CPF", "MSG-1", &message[1..], &format!("{message}0")] {
            assert_eq!(PayoutFile::object_of(other), None, "{other}");
        }
    }
}
