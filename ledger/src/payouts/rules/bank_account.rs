//! Where a payee is paid, in one currency: `proposed → waiting → active → replaced`, or `rejected`.
//!
//! The first account of a payee in a currency is active at once: there is nothing that it could divert. Another one is confirmed by a
//! second person of the payee, and then waits for three days, in which whoever keeps the payee hears of it and may reject it; until
//! then payouts go where they went. Behind a payee that is a person there is no second one: they confirm it by the link of a mail to
//! their address, so that whoever has only their session diverts nothing.

use crate::calendar::later;
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{BankAccountId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::payee::Payee;
use crate::words::words;
use jiff::Timestamp;

/// Days for which an account waits for a second person; then it is rejected.
pub const CONFIRM_DAYS: i64 = 14;
/// Days for which a confirmed account waits before it is active.
pub const WAIT_DAYS: i64 = 3;
/// Why an account is rejected that nobody confirmed.
pub const NOT_CONFIRMED: &str = "nobody confirmed it in time";

words! {
    /// Where an account stands, without its facts.
    BankAccountState, "state of a bank account" {
        /// Waits for a second person of the payee.
        Proposed = "proposed",
        /// Confirmed, and active when its time has passed.
        Waiting = "waiting",
        /// Payouts go to it.
        Active = "active",
        /// Payouts went to it.
        Replaced = "replaced",
        /// It never became active.
        Rejected = "rejected",
    }
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waits for a second person of the payee.
    Proposed {
        /// Until when, in book time.
        until: Timestamp,
    },
    /// Confirmed.
    Waiting {
        /// When it becomes active, in book time.
        until: Timestamp,
    },
    /// Payouts go to it.
    Active,
    /// Payouts went to it.
    Replaced,
    /// It never became active.
    Rejected {
        /// Why, without personal data.
        reason: String,
    },
}

impl State {
    /// Its word.
    pub fn word(&self) -> BankAccountState {
        match self {
            State::Proposed { .. } => BankAccountState::Proposed,
            State::Waiting { .. } => BankAccountState::Waiting,
            State::Active => BankAccountState::Active,
            State::Replaced => BankAccountState::Replaced,
            State::Rejected { .. } => BankAccountState::Rejected,
        }
    }

    /// When it ends by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Proposed { until } | State::Waiting { until } => Some(*until),
            State::Active | State::Replaced | State::Rejected { .. } => None,
        }
    }
}

/// A bank account of a payee, without what it is: that stands sealed beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// Its id.
    pub id: BankAccountId,
    /// Who is paid.
    pub payee: Payee,
    /// Of which payouts go to it.
    pub currency: Currency,
    /// Where the bank is, of ISO 3166-1.
    pub country: String,
    /// The last four characters of its number.
    pub last_four: String,
    /// Where it stands.
    pub state: State,
    /// The person of the payee who gave it.
    pub proposed_by: PersonId,
    /// In book time.
    pub proposed_at: Timestamp,
    /// Another person of the payee, or by the link the person who is paid, and when; none before, and for the first one of a currency.
    pub confirmed: Option<(PersonId, Timestamp)>,
    /// From when payouts go to it, in book time; none while they never have.
    pub active_at: Option<Timestamp>,
    /// Of the secret of the link by which a person confirms it; none for an organisation, and for the first one of a currency.
    pub link: Option<Digest>,
    /// Raised by every change of its state.
    pub version: i64,
}

/// What a deadline has done to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// No deadline has passed.
    Nothing,
    /// Nobody confirmed it.
    Lapsed(BankAccount),
    /// It is active, as of the deadline.
    Activated(BankAccount),
}

impl BankAccount {
    /// How a new one begins: active when it is the first of its payee in its currency.
    pub fn begin(is_first: bool, now: Timestamp) -> State {
        if is_first { State::Active } else { State::Proposed { until: later(now, CONFIRM_DAYS) } }
    }

    /// A second person of the payee says that it is theirs.
    ///
    /// # Errors
    ///
    /// `bank-account-not-proposed`; `same-person`; `confirmed-by-link` for one of a person.
    pub fn confirm(self, by: PersonId, now: Timestamp) -> Result<BankAccount, Refusal> {
        if self.payee.organisation().is_none() {
            let detail = "the person who is paid confirms it, by the link of the mail";
            return Err(Refusal::new("confirmed-by-link", detail));
        }
        match &self.state {
            State::Proposed { .. } if by == self.proposed_by => Err(Refusal::new(
                "same-person",
                "another owner or treasurer of the payee confirms a bank account than gave it",
            )),
            State::Proposed { .. } => {
                let state = State::Waiting { until: later(now, WAIT_DAYS) };
                Ok(BankAccount { state, confirmed: Some((by, now)), ..self })
            }
            State::Waiting { .. } | State::Active | State::Replaced | State::Rejected { .. } => {
                Err(Refusal::new("bank-account-not-proposed", format!("it is {}", self.state.word())))
            }
        }
    }

    /// The person who is paid says that it is theirs, by the link of the mail. The same link again changes nothing.
    ///
    /// # Errors
    ///
    /// `bank-account-link-invalid` for another link than that of the mail, and once the account is over.
    pub fn confirm_by_link(self, link: Digest, now: Timestamp) -> Result<BankAccount, Refusal> {
        let Payee::Person(person) = self.payee else { return Err(link_invalid()) };
        if self.link != Some(link) {
            return Err(link_invalid());
        }
        match &self.state {
            State::Proposed { .. } => {
                let state = State::Waiting { until: later(now, WAIT_DAYS) };
                Ok(BankAccount { state, confirmed: Some((person, now)), ..self })
            }
            State::Waiting { .. } | State::Active => Ok(self),
            State::Replaced | State::Rejected { .. } => Err(link_invalid()),
        }
    }

    /// Somebody of the payee says that it is not theirs, or not wanted.
    ///
    /// # Errors
    ///
    /// `bank-account-stands` once it is active or over.
    pub fn reject(self, reason: &str) -> Result<BankAccount, Refusal> {
        match &self.state {
            State::Proposed { .. } | State::Waiting { .. } => {
                Ok(BankAccount { state: State::Rejected { reason: reason.to_owned() }, ..self })
            }
            State::Active | State::Replaced | State::Rejected { .. } => {
                let detail = format!("it is {}: give another account, which replaces it", self.state.word());
                Err(Refusal::new("bank-account-stands", detail))
            }
        }
    }

    /// What its deadline does, if it has passed.
    pub fn pass(self, now: Timestamp) -> Passed {
        match self.state {
            State::Proposed { until } if until <= now => {
                Passed::Lapsed(BankAccount { state: State::Rejected { reason: NOT_CONFIRMED.to_owned() }, ..self })
            }
            State::Waiting { until } if until <= now => {
                Passed::Activated(BankAccount { state: State::Active, active_at: Some(until), ..self })
            }
            State::Proposed { .. }
            | State::Waiting { .. }
            | State::Active
            | State::Replaced
            | State::Rejected { .. } => Passed::Nothing,
        }
    }

    /// It is active no more: another one is.
    pub fn replaced(self) -> BankAccount {
        BankAccount { state: State::Replaced, ..self }
    }
}

/// A link that confirms nothing, for whatever reason: whoever guesses learns nothing.
pub fn link_invalid() -> Refusal {
    Refusal::new(
        "bank-account-link-invalid",
        "this link works no more: give the bank account again, and a new one comes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BookId, OrganisationId};

    fn proposed(by: PersonId, now: Timestamp) -> BankAccount {
        BankAccount {
            id: BankAccountId::generate(BookId(1)),
            payee: OrganisationId::generate().into(),
            currency: Currency::EUR,
            country: "DE".into(),
            last_four: "3000".into(),
            state: BankAccount::begin(false, now),
            proposed_by: by,
            proposed_at: now,
            confirmed: None,
            active_at: None,
            link: None,
            version: 1,
        }
    }

    #[test]
    fn a_changed_account_needs_a_second_person_and_three_days() {
        let (ada, bob, now) = (PersonId::generate(), PersonId::generate(), Timestamp::UNIX_EPOCH);
        let account = proposed(ada, now);
        assert_eq!(account.clone().confirm(ada, now).unwrap_err().code, "same-person");
        let waiting = account.confirm(bob, now).unwrap();
        assert_eq!(waiting.clone().pass(later(now, 2)), Passed::Nothing, "nobody is in a hurry");
        let Passed::Activated(active) = waiting.clone().pass(later(now, 30)) else { panic!("its time has passed") };
        assert_eq!(active.active_at, Some(later(now, 3)), "as of its time, however late somebody looks");
        assert_eq!(waiting.clone().confirm(bob, now).unwrap_err().code, "bank-account-not-proposed");
        assert!(matches!(waiting.reject("not ours").unwrap().state, State::Rejected { .. }));
        assert_eq!(active.reject("not ours").unwrap_err().code, "bank-account-stands");
    }

    #[test]
    fn a_person_confirms_a_changed_account_by_the_link_of_the_mail_alone() {
        let (ada, now) = (PersonId::generate(), Timestamp::UNIX_EPOCH);
        let link = Digest::of(b"secret");
        let given = BankAccount { payee: ada.into(), link: Some(link), ..proposed(ada, now) };
        for by in [ada, PersonId::generate()] {
            assert_eq!(given.clone().confirm(by, now).unwrap_err().code, "confirmed-by-link");
        }
        assert_eq!(
            given.clone().confirm_by_link(Digest::of(b"other"), now).unwrap_err().code,
            "bank-account-link-invalid"
        );
        let waiting = given.clone().confirm_by_link(link, now).unwrap();
        assert_eq!(waiting.state, State::Waiting { until: later(now, WAIT_DAYS) });
        assert_eq!(waiting.clone().confirm_by_link(link, later(now, 1)).unwrap(), waiting, "twice is once");
        let rejected = given.reject("not mine").unwrap();
        assert_eq!(rejected.confirm_by_link(link, now).unwrap_err().code, "bank-account-link-invalid");
        let of_team = BankAccount { link: Some(link), ..proposed(ada, now) };
        assert_eq!(of_team.confirm_by_link(link, now).unwrap_err().code, "bank-account-link-invalid");
    }

    #[test]
    fn an_account_that_nobody_confirms_is_rejected_and_the_first_one_is_active() {
        let now = Timestamp::UNIX_EPOCH;
        let account = proposed(PersonId::generate(), now);
        assert!(matches!(account.pass(later(now, CONFIRM_DAYS)), Passed::Lapsed(lapsed) if lapsed.active_at.is_none()));
        assert_eq!(BankAccount::begin(true, now), State::Active);
    }
}
