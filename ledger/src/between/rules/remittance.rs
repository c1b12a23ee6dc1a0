//! What a cooperative sends from a fund of its own to a fund of another one.
//!
//! `asked → sent → accepted` in the book that sends, `offered → accepted` in the one that receives; beside the road `withdrawn` before it is
//! sent, and `declined`, upon which it is `returned`. Each book has its own entries: what is sent and not accepted yet, or paid and not
//! received yet, is in transit, and both books say so. When money moves, each dates it as it moved there.

use crate::cooperatives::rules::allocation_rule::Pot;
use crate::error::{Error, Refusal};
use crate::id::{BookId, IncomingRemittanceId, PersonId, RemittanceId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after which an offer that nobody answered is declined.
pub const ANSWER_DAYS: u16 = 30;

words! {
    /// Where a remittance stands in the book that sends.
    RemittanceState, "state of a remittance" {
        /// Somebody asked for it.
        Asked = "asked",
        /// Somebody else approved it: it left the fund.
        Sent = "sent",
        /// The other book accepted it: it is owed to that.
        Accepted = "accepted",
        /// The other book declined it: it is in the fund again.
        Returned = "returned",
        /// It was given up before it was sent.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// Where it stands in the book that receives.
    IncomingState, "state of an incoming remittance" {
        /// It waits for an answer.
        Offered = "offered",
        /// It is in a fund, and owed by the other book.
        Accepted = "accepted",
        /// It was declined, or nobody answered in time.
        Declined = "declined",
    }
}

/// That money moved: the entry, and the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Record number of its journal entry.
    pub entry: i64,
    /// The day on which it moved.
    pub on: Date,
}

/// Who approved it and when, in book time, and the entry that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Who approved it, somebody else than who asked.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Record number of its journal entry.
    pub entry: i64,
}

/// A remittance in the book that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remittance {
    /// Its id.
    pub id: RemittanceId,
    /// The book that receives.
    pub to_book: BookId,
    /// From which fund.
    pub from_fund: Pot,
    /// Into which fund of the other book.
    pub to_fund: Pot,
    /// How much, in the currency of both books.
    pub amount: Money,
    /// Text for people of both books.
    pub memo: String,
    /// Where it stands.
    pub state: RemittanceState,
    /// Who asked for it.
    pub asked_by: PersonId,
    /// When, in book time.
    pub asked_at: Timestamp,
    /// How it was sent; none until then.
    pub sent: Option<Sent>,
    /// Record number of the mirror entry, where it was declined.
    pub returned: Option<i64>,
    /// When the other book answered, or it was withdrawn.
    pub ended_at: Option<Timestamp>,
    /// Why it was declined or withdrawn; empty otherwise.
    pub reason: String,
    /// When its money left; none until then.
    pub paid: Option<Moved>,
    /// Counts changes.
    pub version: i64,
}

/// The same in the book that receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id: that of the remittance, in this book.
    pub id: IncomingRemittanceId,
    /// The book that sends.
    pub from_book: BookId,
    /// Into which fund.
    pub to_fund: Pot,
    /// How much, in the currency of both books.
    pub amount: Money,
    /// Text for people of both books.
    pub memo: String,
    /// Where it stands.
    pub state: IncomingState,
    /// When it was offered, in book time.
    pub offered_at: Timestamp,
    /// When it is declined unless somebody has answered, in book time.
    pub until: Timestamp,
    /// Who answered; none until then, and where nobody did.
    pub answered_by: Option<PersonId>,
    /// When, in book time.
    pub answered_at: Option<Timestamp>,
    /// Why it was declined; empty otherwise.
    pub reason: String,
    /// Record number of the entry that mirrors it; none unless it is accepted.
    pub entry: Option<i64>,
    /// When its money came; none until then.
    pub received: Option<Moved>,
    /// Counts changes.
    pub version: i64,
}

/// Refuses what is no fund to send from or to: the indivisible reserve is none.
///
/// # Errors
///
/// [`Error::Invalid`] at `pointer`.
pub fn check_fund(pointer: &'static str, pot: &Pot) -> Result<(), Error> {
    match pot {
        Pot::DevelopmentFund | Pot::Fund(_) => Ok(()),
        Pot::Reserve => {
            Err(Error::invalid(pointer, "development_fund, or fund: and a short name; the reserve is indivisible"))
        }
    }
}

impl Remittance {
    /// Refuses a step from another state.
    ///
    /// # Errors
    ///
    /// `remittance-state`.
    pub fn require(&self, state: RemittanceState, step: &str) -> Result<(), Refusal> {
        if self.state == state {
            return Ok(());
        }
        Err(Refusal::new("remittance-state", format!("it is {}: {step}", self.state)))
    }

    /// Refuses an approval by who asked for it.
    ///
    /// # Errors
    ///
    /// `remittance-state`, `same-person`.
    pub fn check_approval(&self, by: PersonId) -> Result<(), Refusal> {
        self.require(RemittanceState::Asked, "only what was asked for is approved")?;
        if self.asked_by == by {
            return Err(Refusal::new("same-person", "what is sent is approved by somebody else than who asked for it"));
        }
        Ok(())
    }

    /// Refuses a payment before it is accepted, and a second one.
    ///
    /// # Errors
    ///
    /// `remittance-state`, `already-paid`.
    pub fn check_payment(&self) -> Result<(), Refusal> {
        self.require(RemittanceState::Accepted, "what the other book has accepted is paid")?;
        match self.paid {
            None => Ok(()),
            Some(Moved { on, .. }) => Err(Refusal::new("already-paid", format!("its money left on {on}"))),
        }
    }
}

impl Incoming {
    /// Refuses an answer to what was answered, or is late.
    ///
    /// # Errors
    ///
    /// `remittance-state`, `remittance-late`.
    pub fn check_answer(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.state != IncomingState::Offered {
            return Err(Refusal::new("remittance-state", format!("it is {}: it was answered", self.state)));
        }
        if now >= self.until {
            return Err(Refusal::new("remittance-late", format!("nobody answered by {:.0}: it goes back", self.until)));
        }
        Ok(())
    }

    /// Refuses money that came before it was accepted, or a second time.
    ///
    /// # Errors
    ///
    /// `remittance-state`, `already-paid`.
    pub fn check_receipt(&self) -> Result<(), Refusal> {
        if self.state != IncomingState::Accepted {
            let detail = format!("it is {}: what was accepted is received", self.state);
            return Err(Refusal::new("remittance-state", detail));
        }
        match self.received {
            None => Ok(()),
            Some(Moved { on, .. }) => Err(Refusal::new("already-paid", format!("its money came on {on}"))),
        }
    }
}
