//! A payout: `requested → approved → screened → sent → settled`; on the way `held` or `cancelled`, in the end `failed` or `returned`.
//!
//! An approval is of a payee, an amount and a bank account, and falls when the account changes. What was sent is settled by a line of a
//! bank statement, and by nothing else. One that failed or came back is over: what is owed is owed again, and another try is another
//! payout, with a reference of its own.

use crate::book::{AccountClass, AccountNumber};
use crate::calendar::{days_after, later};
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{BankAccountId, ClaimId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use crate::milestones::rules::review::three_people;
use crate::money::{Currency, Money};
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::payee::Payee;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

/// Days for which a payout waits for whoever approves, screens or sends it; then it is cancelled.
pub const OPEN_DAYS: i64 = 90;
/// Why a payout is cancelled that nobody sent.
pub const NOT_SENT: &str = "nobody sent it in time";

words! {
    /// Where a payout stands, without its facts.
    PayoutState, "state of a payout" {
        /// Waits for an approval, or for a bank account.
        Requested = "requested",
        /// Waits for screening.
        Approved = "approved",
        /// Waits for whoever sends it.
        Screened = "screened",
        /// Screening has a hit: an operator decides.
        Held = "held",
        /// It left what is owed, and is on its way.
        Sent = "sent",
        /// A line of a bank statement says that it left the bank.
        Settled = "settled",
        /// It was not accepted: what is owed is owed again.
        Failed = "failed",
        /// It came back: what is owed is owed again.
        Returned = "returned",
        /// It was given up before it was sent.
        Cancelled = "cancelled",
    }
}

words! {
    /// What a payout pays.
    Source, "source of a payout" {
        /// What milestones released to a team.
        Team = "team",
        /// What challenges awarded to a team.
        Prize = "prize",
        /// A member's shares of the surpluses of a cooperative.
        Member = "member",
        /// A lender's shares of them.
        Lender = "lender",
    }
}

impl Source {
    /// The class of the account that it empties.
    pub fn class(self) -> AccountClass {
        match self {
            Source::Team => AccountClass::TeamPayable,
            Source::Prize => AccountClass::PrizePayable,
            Source::Member => AccountClass::MemberPayable,
            Source::Lender => AccountClass::LenderPayable,
        }
    }
}

words! {
    /// What screening said of a payout.
    Screening, "answer of a screening" {
        /// This installation has no screening.
        None = "none",
        /// Nothing is known against the payee.
        Clear = "clear",
        /// Something is.
        Hit = "hit",
        /// There was a hit, and an operator has let it go on.
        Released = "released",
    }
}

/// How a book pays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Minor units of the book's currency above which requester, approver and payer are three people; none for never.
    pub threshold: Option<i64>,
    /// Bank days after which a payout that was sent and has no line of a statement is late.
    pub late_days: i16,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { threshold: None, late_days: 5 }
    }
}

impl Policy {
    /// Whether an amount asks for three people. One in another currency than the book's does wherever there is a threshold.
    pub fn asks_three_people(&self, amount: Money, of_book: Currency) -> bool {
        self.threshold.is_some_and(|threshold| amount.currency() != of_book || amount.minor() > threshold)
    }

    /// The first day on which what was sent on a day is late.
    pub fn late_from(&self, sent_on: Date) -> Date {
        days_after(bank_days_after(sent_on, self.late_days), 1)
    }
}

/// A day so many bank days later: Saturdays and Sundays are none.
pub fn bank_days_after(day: Date, count: i16) -> Date {
    let mut found = day;
    for _ in 0..count {
        found = days_after(found, 1);
        while matches!(found.weekday(), Weekday::Saturday | Weekday::Sunday) {
            found = days_after(found, 1);
        }
    }
    found
}

/// Where a payout stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waits for an approval, or for a bank account.
    Requested {
        /// When it is cancelled, in book time.
        until: Timestamp,
    },
    /// Waits for screening.
    Approved {
        /// When it is cancelled, in book time.
        until: Timestamp,
    },
    /// Waits for whoever sends it.
    Screened {
        /// When it is cancelled, in book time.
        until: Timestamp,
    },
    /// An operator decides.
    Held {
        /// When it is cancelled, in book time.
        until: Timestamp,
        /// What screening said.
        reason: String,
    },
    /// On its way.
    Sent,
    /// It left the bank.
    Settled,
    /// It was not accepted.
    Failed {
        /// Why.
        reason: String,
    },
    /// It came back.
    Returned,
    /// Given up before it was sent.
    Cancelled {
        /// Why.
        reason: String,
    },
}

impl State {
    /// Its word.
    pub fn word(&self) -> PayoutState {
        match self {
            State::Requested { .. } => PayoutState::Requested,
            State::Approved { .. } => PayoutState::Approved,
            State::Screened { .. } => PayoutState::Screened,
            State::Held { .. } => PayoutState::Held,
            State::Sent => PayoutState::Sent,
            State::Settled => PayoutState::Settled,
            State::Failed { .. } => PayoutState::Failed,
            State::Returned => PayoutState::Returned,
            State::Cancelled { .. } => PayoutState::Cancelled,
        }
    }

    /// When it is cancelled while nobody sends it; none once it was sent, or is over.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Requested { until }
            | State::Approved { until }
            | State::Screened { until }
            | State::Held { until, .. } => Some(*until),
            State::Sent | State::Settled | State::Failed { .. } | State::Returned | State::Cancelled { .. } => None,
        }
    }

    /// Whether it is over: nothing but money that comes back changes it.
    pub fn is_over(&self) -> bool {
        self.until().is_none() && *self != State::Sent
    }

    /// Why, where its state says so; empty otherwise.
    pub fn reason(&self) -> &str {
        match self {
            State::Held { reason, .. } | State::Failed { reason } | State::Cancelled { reason } => reason,
            State::Requested { .. }
            | State::Approved { .. }
            | State::Screened { .. }
            | State::Sent
            | State::Settled
            | State::Returned => "",
        }
    }
}

/// An approval, and of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// Who gave it.
    pub by: PersonId,
    /// Where the money goes.
    pub account: BankAccountId,
    /// Of payee, amount and bank account.
    pub digest: Digest,
}

/// How a payout was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    /// Who sent it.
    pub by: PersonId,
    /// On which day.
    pub on: Date,
    /// The first day on which it is late while no line of a statement has it.
    pub late_from: Date,
    /// Record number of the entry.
    pub entry: i64,
}

/// What is paid of an amount that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// Who is paid.
    pub payee: Payee,
    /// From whose cash it is paid: the host, or a partner platform.
    pub custodian: OrganisationId,
    /// The short name of the cooperative's cash from which it is paid; empty for the cash that is called after the custodian.
    pub cash: String,
    /// The run by which it was asked for; none when somebody asked for it alone.
    pub run: Option<PayoutRunId>,
    /// What it pays.
    pub source: Source,
    /// The claim and the number of its release, when it names one.
    pub release: Option<(ClaimId, i32)>,
    /// The account of what is owed.
    pub payable: AccountNumber,
    /// How much of it.
    pub amount: Money,
    /// The end-to-end id by which a bank knows it.
    pub reference: String,
    /// What the payee reads beside it.
    pub memo: String,
    /// Who asked for it.
    pub requested_by: PersonId,
    /// In book time.
    pub requested_at: Timestamp,
    /// The approval that stands.
    pub approval: Option<Approval>,
    /// What screening said; none before.
    pub screening: Option<Screening>,
    /// How it was sent; none before.
    pub sending: Option<Sending>,
    /// Minor units that the bank kept of it.
    pub fee: i64,
    /// Minor units that came back.
    pub returned: i64,
    /// The value day of the line by which it settled.
    pub settled_on: Option<Date>,
    /// Record number of the last entry that settled, failed or returned it; 0 before.
    pub end_entry: i64,
    /// Where it stands.
    pub state: State,
    /// Raised by every change.
    pub version: i64,
}

impl Payout {
    /// The end-to-end id of a payout: letters and digits, as every bank takes them, and another one for each.
    pub fn reference_of(id: PayoutId) -> String {
        format!("CP{}", id.object.simple().to_string().to_ascii_uppercase())
    }

    /// What an approval is of: amount and bank account, of a payout whose payee and custodian never change.
    pub fn digest(&self, account: &BankAccount) -> Digest {
        let (payout, amount) = (self.id, self.amount);
        let (id, country, last) = (account.id, &account.country, &account.last_four);
        Digest::of(format!("payout\n{payout}\n{amount}\n{id}\n{country}\n{last}\n").as_bytes())
    }

    fn refuse(&self, wanted: &str) -> Refusal {
        Refusal::new("payout-state", format!("the payout is {}: {wanted}", self.state.word()))
    }

    /// As it is while this account is the payee's: an approval of another one has fallen, until it was sent.
    pub fn as_of(self, account: Option<&BankAccount>) -> Payout {
        let stands = self.approval.is_none_or(|approval| account.is_some_and(|account| account.id == approval.account));
        match self.state {
            State::Approved { until } | State::Screened { until } | State::Held { until, .. } if !stands => {
                Payout { state: State::Requested { until }, approval: None, screening: None, ..self }
            }
            State::Requested { .. }
            | State::Approved { .. }
            | State::Screened { .. }
            | State::Held { .. }
            | State::Sent
            | State::Settled
            | State::Failed { .. }
            | State::Returned
            | State::Cancelled { .. } => self,
        }
    }

    /// Somebody else than who asked for it approves what they have seen.
    ///
    /// # Errors
    ///
    /// `payout-state`, `same-person`; `digest-differs` when it is not what they have seen.
    pub fn approve(self, by: PersonId, account: &BankAccount, seen: Digest) -> Result<Payout, Refusal> {
        let State::Requested { until } = self.state else {
            return Err(self.refuse("only one that is requested is approved"));
        };
        if by == self.requested_by {
            return Err(Refusal::new("same-person", "somebody else approves a payout than asked for it"));
        }
        let digest = self.digest(account);
        if digest != seen {
            return Err(Refusal::new(
                "digest-differs",
                "amount or bank account are others than you have seen: read it again",
            ));
        }
        let approval = Some(Approval { by, account: account.id, digest });
        Ok(Payout { state: State::Approved { until }, approval, screening: None, ..self })
    }

    /// What screening answered; the same again once it is answered.
    pub fn screen(self, answer: Screening, reason: &str) -> Payout {
        match self.state {
            State::Approved { until } => {
                let state = match answer {
                    Screening::None | Screening::Clear | Screening::Released => State::Screened { until },
                    Screening::Hit => State::Held { until, reason: reason.to_owned() },
                };
                Payout { state, screening: Some(answer), ..self }
            }
            State::Requested { .. }
            | State::Screened { .. }
            | State::Held { .. }
            | State::Sent
            | State::Settled
            | State::Failed { .. }
            | State::Returned
            | State::Cancelled { .. } => self,
        }
    }

    /// An operator lets a held one go on.
    ///
    /// # Errors
    ///
    /// `payout-state`.
    pub fn release(self) -> Result<Payout, Refusal> {
        match self.state {
            State::Held { until, .. } => {
                Ok(Payout { state: State::Screened { until }, screening: Some(Screening::Released), ..self })
            }
            State::Requested { .. }
            | State::Approved { .. }
            | State::Screened { .. }
            | State::Sent
            | State::Settled
            | State::Failed { .. }
            | State::Returned
            | State::Cancelled { .. } => Err(self.refuse("only one that is held is released")),
        }
    }

    /// Whether it may be sent by somebody.
    ///
    /// # Errors
    ///
    /// `payout-state`, `same-person`.
    pub fn check_sender(&self, by: PersonId, policy: Policy, of_book: Currency) -> Result<(), Refusal> {
        let (State::Screened { .. }, Some(approval)) = (&self.state, &self.approval) else {
            return Err(self.refuse("only one that is approved and screened is sent"));
        };
        if policy.asks_three_people(self.amount, of_book) {
            three_people(self.requested_by, &[approval.by], by)?;
        }
        Ok(())
    }

    /// It left what is owed.
    pub fn sent(self, sending: Sending) -> Payout {
        Payout { state: State::Sent, sending: Some(sending), ..self }
    }

    /// The bank did not accept it.
    ///
    /// # Errors
    ///
    /// `payout-state`.
    pub fn check_fails(&self) -> Result<(), Refusal> {
        if self.state == State::Sent { Ok(()) } else { Err(self.refuse("only one that was sent fails")) }
    }

    /// The same, once it is posted.
    pub fn failed(self, reason: &str, entry: i64) -> Payout {
        Payout { state: State::Failed { reason: reason.to_owned() }, end_entry: entry, ..self }
    }

    /// Given up before it was sent.
    ///
    /// # Errors
    ///
    /// `payout-state`.
    pub fn cancel(self, reason: &str) -> Result<Payout, Refusal> {
        if self.state.until().is_none() {
            return Err(self.refuse("only one that was not sent is cancelled"));
        }
        Ok(Payout { state: State::Cancelled { reason: reason.to_owned() }, ..self })
    }

    /// An operator refuses a held one.
    ///
    /// # Errors
    ///
    /// `payout-state`.
    pub fn refuse_held(self, reason: &str) -> Result<Payout, Refusal> {
        match self.state {
            State::Held { .. } => self.cancel(reason),
            State::Requested { .. }
            | State::Approved { .. }
            | State::Screened { .. }
            | State::Sent
            | State::Settled
            | State::Failed { .. }
            | State::Returned
            | State::Cancelled { .. } => Err(self.refuse("only one that is held is refused")),
        }
    }

    /// Whether the time in which somebody should have sent it has passed.
    pub fn is_lapsed(&self, now: Timestamp) -> bool {
        self.state.until().is_some_and(|until| until <= now)
    }

    /// The state of a new one.
    pub fn begin(now: Timestamp) -> State {
        State::Requested { until: later(now, OPEN_DAYS) }
    }
}
