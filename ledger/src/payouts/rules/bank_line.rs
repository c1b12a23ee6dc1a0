//! A line of a bank statement, and what it is: what it does to a payout, or which gift it names.

use crate::error::Refusal;
use crate::id::{BankLineId, ChargeId, OrganisationId, PayoutId, StatementFileId, SuspenseId};
use crate::money::Money;
use crate::payouts::rules::payout::{Payout, State};
use crate::pledging::rules::transfer::named;
use crate::pledging::rules::transfer_reference::{Named, ours_in};
use crate::pledging::rules::{creditor_reference, transfer_reference};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most lines of one report.
pub const LINES_MAX: usize = 1_000;

words! {
    /// Which way money of a line went.
    Direction, "direction of a bank line" {
        /// It left the account.
        Debit = "debit",
        /// It came.
        Credit = "credit",
    }
}

words! {
    /// Why a line matches nothing yet.
    Why, "reason of an open bank line" {
        /// No payout from this account has its end-to-end id.
        ReferenceUnknown = "reference_unknown",
        /// The payout, the settlement, the refund, or what was announced, is of another amount or currency.
        AmountDiffers = "amount_differs",
        /// The payout, or what goes back, is not, or not yet, where this line could move it.
        StateDiffers = "state_differs",
        /// The book says that the custodian has less cash than left.
        CashShort = "cash_short",
        /// Money left with the reference of a gift, or of a refund of one that came by no line: a person says whether that goes back, by a refund or a
        /// chargeback.
        Reversal = "reversal",
        /// What its custodian holds is frozen: somebody has it matched after the release.
        CustodianFrozen = "custodian_frozen",
    }
}

words! {
    /// What a person of the host says that a line is.
    BookedAs, "kind of a booked bank line" {
        /// A charge of the bank.
        BankFee = "bank_fee",
        /// Interest that the bank pays.
        Interest = "interest",
        /// What an entry of the book says that it has already, such as a settlement of a custodian.
        Entry = "entry",
        /// What a customer had bought on credit and has paid.
        CustomerPaid = "customer_paid",
        /// A cost that was paid.
        CostPaid = "cost_paid",
        /// What a lender lent.
        LoanReceived = "loan_received",
        /// Some of a loan that was paid back.
        LoanRepaid = "loan_repaid",
        /// Capital that a member paid in.
        CapitalPaidIn = "capital_paid_in",
    }
}

/// Who is on the other side of a booked line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherSide {
    /// The bank itself.
    Bank,
    /// What the book has already.
    Entry,
    /// A customer, a supplier or a lender of a cooperative, by a short name.
    Named,
    /// A member of a cooperative.
    Member,
}

impl BookedAs {
    /// Which way the money of such a line goes; none where it may go either way.
    pub fn direction(self) -> Option<Direction> {
        match self {
            BookedAs::BankFee | BookedAs::CostPaid | BookedAs::LoanRepaid => Some(Direction::Debit),
            BookedAs::Interest | BookedAs::CustomerPaid | BookedAs::LoanReceived | BookedAs::CapitalPaidIn => {
                Some(Direction::Credit)
            }
            BookedAs::Entry => None,
        }
    }

    /// Who is on its other side.
    pub fn other_side(self) -> OtherSide {
        match self {
            BookedAs::BankFee | BookedAs::Interest => OtherSide::Bank,
            BookedAs::Entry => OtherSide::Entry,
            BookedAs::CustomerPaid | BookedAs::CostPaid | BookedAs::LoanReceived | BookedAs::LoanRepaid => {
                OtherSide::Named
            }
            BookedAs::CapitalPaidIn => OtherSide::Member,
        }
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// It matches nothing yet.
    Open(Why),
    /// It moved a payout.
    Matched {
        /// Which.
        payout: PayoutId,
        /// Record number of the entry.
        entry: i64,
    },
    /// It is a gift by transfer.
    Gift {
        /// Which charge.
        charge: ChargeId,
        /// Record number of the entry.
        entry: i64,
    },
    /// It waits in suspense, or did until it was said whose it is.
    Suspense {
        /// As what.
        item: SuspenseId,
        /// Record number of the entry.
        entry: i64,
    },
    /// A person of the host knows it.
    Booked {
        /// What a person says that it is.
        kind: BookedAs,
        /// Record number of the entry.
        entry: i64,
    },
}

/// What a file of a bank says of a line besides: without names, accounts and free texts of payers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Besides {
    /// What it is paid for, by the payee's own reference; empty when it says none.
    pub creditor_reference: String,
    /// The bank's code of its kind, such as `PMNT-RCDT-ESCT`; empty when it says none.
    pub bank_code: String,
    /// Why the money came back, by the bank's code; empty when it does not say that it did.
    pub return_reason: String,
}

impl Besides {
    /// What it is paid for, as its payer was told to write it: the structured reference when it is ours, else the one of ours that stands
    /// in the free text; else whatever reference there is. Several of ours in one text are none.
    pub fn reference_of(structured: &str, free: &str) -> String {
        let whole: String = structured.chars().filter(|letter| !letter.is_whitespace()).collect();
        let is_plain = (1..=35).contains(&whole.len()) && whole.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain && transfer_reference::read(&whole).is_some() {
            return whole.to_ascii_uppercase();
        }
        let mut ours = ours_in(free);
        match (ours.pop(), ours.is_empty()) {
            (Some(one), true) => one,
            (Some(_), false) => String::new(),
            (None, _) if is_plain => whole,
            (None, _) => creditor_reference::found_in(free).unwrap_or_default(),
        }
    }
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How the bank names the line: the same one twice is one.
    pub reference: String,
    /// Which way the money went.
    pub direction: Direction,
    /// How much, without the fee.
    pub amount: Money,
    /// Minor units that the bank took besides.
    pub fee: i64,
    /// The value day.
    pub value_on: Date,
    /// The end-to-end id that stands in it; empty when there is none.
    pub end_to_end: String,
}

/// A line of a bank statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankLine {
    /// Its id.
    pub id: BankLineId,
    /// Whose account the statement is of.
    pub custodian: OrganisationId,
    /// What it says.
    pub told: Told,
    /// What else it says.
    pub besides: Besides,
    /// The file that it came with; none when it was sent by itself.
    pub file: Option<StatementFileId>,
    /// Where it stands.
    pub state: LineState,
    /// With whom, while it is booked as something that has somebody on its other side: the short name of a customer, a supplier or a
    /// lender, or the id of a member; else empty.
    pub party: String,
    /// In book time.
    pub recorded_at: Timestamp,
}

/// What a line does to a payout that bears its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It left the bank.
    Settles,
    /// It came back.
    Returns,
}

impl BankLine {
    /// Refuses to book what is not open.
    ///
    /// # Errors
    ///
    /// `bank-line-state`.
    pub fn require_open(&self) -> Result<(), Refusal> {
        match self.state {
            LineState::Open(_) => Ok(()),
            LineState::Matched { payout, .. } => {
                Err(Refusal::new("bank-line-state", format!("the line is of the payout {payout}")))
            }
            LineState::Gift { charge, .. } => {
                Err(Refusal::new("bank-line-state", format!("the line is a gift, the charge {charge}")))
            }
            LineState::Suspense { item, .. } => {
                Err(Refusal::new("bank-line-state", format!("the money of the line is in suspense, as {item}")))
            }
            LineState::Booked { kind, .. } => {
                Err(Refusal::new("bank-line-state", format!("the line is booked as {kind}")))
            }
        }
    }

    /// Refuses to book what is neither open nor in suspense; says what it is in suspense.
    ///
    /// # Errors
    ///
    /// `bank-line-state`.
    pub fn require_unexplained(&self) -> Result<Option<SuspenseId>, Refusal> {
        match self.state {
            LineState::Suspense { item, .. } => Ok(Some(item)),
            LineState::Open(_) | LineState::Matched { .. } | LineState::Gift { .. } | LineState::Booked { .. } => {
                self.require_open().map(|()| None)
            }
        }
    }

    /// What its reference names; none when it carries none of ours.
    pub fn named(&self) -> Option<Named> {
        self.told.named(&self.besides)
    }

    /// Refuses to post of an account of a partner: its charges and interest are the partner's.
    ///
    /// # Errors
    ///
    /// `bank-line-not-own`.
    pub fn require_own(&self, host: OrganisationId) -> Result<(), Refusal> {
        if self.custodian == host {
            return Ok(());
        }
        let detail = format!("the line is of an account of {}, and not of the host", self.custodian);
        Err(Refusal::new("bank-line-not-own", detail))
    }

    /// Refuses to book a line as something whose money goes the other way.
    ///
    /// # Errors
    ///
    /// `bank-line-side`.
    pub fn require_direction(&self, booked_as: BookedAs) -> Result<(), Refusal> {
        let Some(goes) = booked_as.direction().filter(|goes| self.told.direction != *goes) else { return Ok(()) };
        let detail = match goes {
            Direction::Debit => format!("money of the kind {booked_as} leaves the account, and that of this line came"),
            Direction::Credit => {
                format!("money of the kind {booked_as} comes to the account, and that of this line left")
            }
        };
        Err(Refusal::new("bank-line-side", detail))
    }

    /// What a booked line is booked as, and in which entry.
    ///
    /// # Errors
    ///
    /// `bank-line-state`.
    pub fn booked(&self) -> Result<(BookedAs, i64), Refusal> {
        match self.state {
            LineState::Booked { kind, entry } => Ok((kind, entry)),
            LineState::Open(_) => Err(Refusal::new("bank-line-state", "the line is open")),
            LineState::Matched { .. } | LineState::Gift { .. } | LineState::Suspense { .. } => Err(self
                .require_open()
                .err()
                .unwrap_or_else(|| Refusal::new("bank-line-state", "the line is not booked"))),
        }
    }

    /// Minor units by which the balance of the bank moved.
    pub fn moved(&self) -> i64 {
        match self.told.direction {
            Direction::Debit => self.told.amount.minor().saturating_add(self.told.fee),
            Direction::Credit => self.told.amount.minor(),
        }
    }

    /// Refuses an entry that moves the custodian's cash by something else than the bank did: by so many minor units, more than
    /// zero where it came.
    ///
    /// # Errors
    ///
    /// `entry-differs`.
    pub fn require_same(&self, entry: i64, net: i128) -> Result<(), Refusal> {
        let moved = match self.told.direction {
            Direction::Debit => -i128::from(self.moved()),
            Direction::Credit => self.moved().into(),
        };
        if moved == net {
            return Ok(());
        }
        let money =
            |minor: i128| format!("{} {}", self.told.amount.currency().format(minor), self.told.amount.currency());
        let detail =
            format!("entry {entry} moves the custodian's cash by {}, and the line by {}", money(net), money(moved));
        Err(Refusal::new("entry-differs", detail))
    }
}

impl Told {
    /// What its reference names, beside what else it says; none when it carries none of ours. What leaves may carry it as its end-to-end id.
    pub fn named(&self, besides: &Besides) -> Option<Named> {
        match self.direction {
            Direction::Credit => named(&besides.creditor_reference),
            Direction::Debit => named(&besides.creditor_reference).or_else(|| named(&self.end_to_end)),
        }
    }

    /// What it does to a payout.
    ///
    /// # Errors
    ///
    /// Why it does nothing.
    pub fn effect(&self, payout: &Payout) -> Result<Effect, Why> {
        let whole = payout.amount.minor();
        let total = self.amount.minor().checked_add(self.fee);
        if self.amount.currency() != payout.amount.currency() {
            return Err(Why::AmountDiffers);
        }
        match (self.direction, &payout.state) {
            (Direction::Debit, State::Sent) if total == Some(whole) => Ok(Effect::Settles),
            (Direction::Credit, State::Settled) if total.is_some_and(|total| total <= whole) => Ok(Effect::Returns),
            (Direction::Debit, State::Sent) | (Direction::Credit, State::Settled) => Err(Why::AmountDiffers),
            (
                Direction::Debit | Direction::Credit,
                State::Requested { .. }
                | State::Approved { .. }
                | State::Screened { .. }
                | State::Held { .. }
                | State::Sent
                | State::Settled
                | State::Failed { .. }
                | State::Returned
                | State::Cancelled { .. },
            ) => Err(Why::StateDiffers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BookId, PledgeId};

    #[test]
    fn b10_a_line_names_our_reference_wherever_it_stands_and_not_one_of_two() {
        let of = || transfer_reference::of_pledge(PledgeId::generate(BookId(1)));
        let (one, other) = (of(), of());
        let typed = transfer_reference::written(&one).to_ascii_lowercase();
        let (both, either, twice) =
            (format!("{one} {other}"), format!("{one} or {other}"), format!("twice {one}: {typed}"));
        for (structured, free, found) in [
            (one.as_str(), "", one.as_str()),
            (typed.as_str(), other.as_str(), one.as_str()),
            ("INV-17", typed.as_str(), one.as_str()),
            ("INV-17", "thanks", "INV-17"),
            ("INV-17", both.as_str(), ""),
            ("", either.as_str(), ""),
            ("", twice.as_str(), one.as_str()),
            ("", "RF18 5390 0754 7034", "RF18539007547034"),
            ("", "nothing", ""),
        ] {
            assert_eq!(Besides::reference_of(structured, free), found, "{structured} / {free}");
        }
    }
}
