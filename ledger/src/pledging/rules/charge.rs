//! One due payment of a pledge: `scheduled → processing → captured → settled`, or declined and tried again; `missed` when
//! the next due date had come before anybody tried it.
//!
//! A due date has one charge, and so at most one capture; each attempt is a row beside it. What the donor's bank says
//! decides what comes next: a soft decline is tried again on days 1, 3 and 7 and then the pledge lapses, to be revived
//! when the donor likes; a means that ran out, or is refused for good, makes us ask for another; a stolen one stops the pledge at once and for
//! good, because whoever gave it may not be its owner, and a donor with a new card can pledge again.

use super::commitment::Promise;
use super::conversion::Conversion;
use super::pledge::{Pledge, Rail};
use crate::calendar::retry_date;
use crate::error::Refusal;
use crate::id::{CampaignId, ChargeId, OrganisationId, PledgeId, SettlementId};
use crate::money::Money;
use crate::treasury::rules::settlement::Method;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days for which a charge waits for the report of a partner that collects by itself; then it counts as declined.
pub const REPORT_DAYS: i64 = 14;
/// The code of a charge that its partner never reported.
pub const NOT_REPORTED: &str = "not_reported";
/// The code of a charge whose capture was voided, and that is tried for another campaign.
pub const VOIDED: &str = "voided";

/// What a provider answered to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken.
    Captured {
        /// How the provider names the payment.
        provider_reference: String,
    },
    /// The money was not taken.
    Declined {
        /// The provider's own code, such as `insufficient_funds`.
        code: String,
        /// What the decline asks for.
        kind: DeclineKind,
    },
}

words! {
    /// What a decline asks for.
    DeclineKind, "kind of decline" {
        /// May work later, such as insufficient funds: tried again on days 1, 3 and 7.
        Soft = "soft",
        /// The means of payment ran out: the donor is asked for another.
        Expired = "expired",
        /// Reported stolen or lost: nothing is tried again.
        Stolen = "stolen",
        /// The means of payment is refused for good, such as a closed account: never tried again, the donor is asked for another.
        Hard = "hard",
    }
}

/// The soft declines of one due date, counted for its retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    /// The day of the first decline.
    pub first: Date,
    /// How many soft declines there were, the first included.
    pub declines: i32,
}

/// How a charge stands. `attempt` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its due date has not come.
    Scheduled,
    /// An attempt is under way: the provider, or the partner, is expected to answer next.
    Processing {
        /// Number of the attempt, from 1.
        attempt: i32,
        /// When a partner that has not reported counts as declining.
        until: Timestamp,
        /// Soft declines before this attempt; none when there was none.
        ladder: Option<Ladder>,
    },
    /// The last attempt was declined.
    Declined {
        /// Number of the attempt, from 1.
        attempt: i32,
        /// The provider's own code.
        code: String,
        /// What the decline asks for.
        kind: DeclineKind,
        /// Soft declines so far; none when it was not a soft one.
        ladder: Option<Ladder>,
        /// When it is tried again; none when it is given up, unless the donor does something.
        retry_on: Option<Date>,
    },
    /// The money was taken, and is with the custodian's processor.
    Captured {
        /// Number of the attempt, from 1.
        attempt: i32,
        /// The book's day: it says in which settlement the money arrives.
        on: Date,
        /// How the provider names the payment.
        provider_reference: String,
    },
    /// The money is with the custodian, as cash.
    Settled {
        /// Number of the attempt, from 1.
        attempt: i32,
        /// The day of the capture.
        on: Date,
        /// How the provider names the payment.
        provider_reference: String,
    },
    /// The money was taken for a campaign that had closed meanwhile: the provider gives it back, nothing was posted.
    Voided {
        /// Number of the attempt, from 1.
        attempt: i32,
        /// How the provider names the payment.
        provider_reference: String,
    },
    /// A later payment of the plan fell due before this one was tried: it never is.
    Missed,
}

/// What a decline means for the pledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The same charge is tried again.
    RetryOn(Date),
    /// The retries are used up: the pledge lapses.
    Lapse,
    /// The donor is asked for another means of payment.
    AskDonor,
    /// The pledge is cancelled.
    Stop,
    /// The partner will never collect the charge: the pledge lapses.
    GiveUp,
}

impl State {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Processing { .. } => "processing",
            State::Declined { .. } => "declined",
            State::Captured { .. } => "captured",
            State::Settled { .. } => "settled",
            State::Voided { .. } => "voided",
            State::Missed => "missed",
        }
    }

    /// What an attempt that is over came to, as its row says it: settling a charge changes nothing of its attempt.
    pub fn of_attempt(&self) -> &'static str {
        match self {
            State::Settled { .. } | State::Captured { .. } => "captured",
            State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Voided { .. }
            | State::Missed => self.as_str(),
        }
    }

    /// The attempt it speaks of; 0 before the first.
    pub fn attempt(&self) -> i32 {
        match self {
            State::Scheduled | State::Missed => 0,
            State::Processing { attempt, .. }
            | State::Declined { attempt, .. }
            | State::Captured { attempt, .. }
            | State::Settled { attempt, .. }
            | State::Voided { attempt, .. } => *attempt,
        }
    }

    /// The first attempt.
    pub fn begin(self, until: Timestamp) -> Result<State, Refusal> {
        match self {
            State::Scheduled => Ok(State::Processing { attempt: 1, until, ladder: None }),
            other @ (State::Processing { .. }
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("scheduled")),
        }
    }

    /// The next attempt at a declined charge, when its day has come.
    pub fn retry(self, today: Date, until: Timestamp) -> Result<State, Refusal> {
        match self {
            State::Declined { attempt, ladder, retry_on: Some(day), .. } if day <= today => {
                Ok(State::Processing { attempt: attempt + 1, until, ladder })
            }
            State::Declined { .. } => Err(Refusal::new("charge-not-due", "no retry of the charge is due")),
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("declined")),
        }
    }

    /// The donor revived the pledge, gave another means or chose another campaign: the payment is tried again, with all
    /// its retries.
    pub fn reopen(self, today: Date) -> Result<State, Refusal> {
        match self {
            State::Declined { attempt, code, kind, .. } => {
                Ok(State::Declined { attempt, code, kind, ladder: None, retry_on: Some(today) })
            }
            State::Voided { attempt, .. } => Ok(State::Declined {
                attempt,
                code: VOIDED.into(),
                kind: DeclineKind::Soft,
                ladder: None,
                retry_on: Some(today),
            }),
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Missed) => Err(other.not("declined")),
        }
    }

    /// Nothing is tried again unless the donor does something.
    pub fn give_up(self) -> State {
        match self {
            State::Declined { attempt, code, kind, ladder, .. } => {
                State::Declined { attempt, code, kind, ladder, retry_on: None }
            }
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => other,
        }
    }

    /// The attempt was declined.
    pub fn decline(self, code: String, kind: DeclineKind, today: Date) -> Result<(State, Next), Refusal> {
        let (attempt, ladder) = match self {
            State::Processing { attempt, ladder, .. } => (attempt, ladder),
            other @ (State::Scheduled
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => return Err(other.not("processing")),
        };
        let ladder = match kind {
            DeclineKind::Soft => Some(match ladder {
                Some(before) => Ladder { first: before.first, declines: before.declines + 1 },
                None => Ladder { first: today, declines: 1 },
            }),
            DeclineKind::Expired | DeclineKind::Stolen | DeclineKind::Hard => None,
        };
        let retry_on = ladder.and_then(|ladder| retry_date(ladder.first, ladder.declines, today));
        let next = match (kind, retry_on) {
            (DeclineKind::Soft, Some(day)) => Next::RetryOn(day),
            (DeclineKind::Soft, None) => Next::Lapse,
            (DeclineKind::Expired | DeclineKind::Hard, _) => Next::AskDonor,
            (DeclineKind::Stolen, _) => Next::Stop,
        };
        Ok((State::Declined { attempt, code, kind, ladder, retry_on }, next))
    }

    /// The partner has tried a declined charge again before its day: the next attempt.
    pub fn retry_early(self, until: Timestamp) -> Result<State, Refusal> {
        match self {
            State::Declined { attempt, ladder, retry_on: Some(_), .. } => {
                Ok(State::Processing { attempt: attempt + 1, until, ladder })
            }
            State::Declined { .. } => Err(Refusal::new("charge-not-due", "the charge is given up")),
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("declined")),
        }
    }

    /// The partner will never collect it: it is given up for good.
    pub fn cannot_collect(self, code: String) -> Result<State, Refusal> {
        match self {
            State::Processing { attempt, .. } | State::Declined { attempt, .. } => {
                Ok(State::Declined { attempt, code, kind: DeclineKind::Hard, ladder: None, retry_on: None })
            }
            other @ (State::Scheduled
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("processing")),
        }
    }

    /// The partner did not report in time: the charge is given up, and the pledge lapses.
    pub fn unreported(self) -> Result<State, Refusal> {
        match self {
            State::Processing { attempt, ladder, .. } => Ok(State::Declined {
                attempt,
                code: NOT_REPORTED.into(),
                kind: DeclineKind::Soft,
                ladder,
                retry_on: None,
            }),
            other @ (State::Scheduled
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("processing")),
        }
    }

    /// The money was taken. A partner's report may come after the charge was given up: money that came, came.
    pub fn capture(self, on: Date, provider_reference: String) -> Result<State, Refusal> {
        match self {
            State::Processing { attempt, .. } | State::Declined { attempt, .. } => {
                Ok(State::Captured { attempt, on, provider_reference })
            }
            other @ (State::Scheduled
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("processing")),
        }
    }

    /// The money was taken although the campaign had closed: it goes back.
    pub fn void(self, provider_reference: String) -> Result<State, Refusal> {
        match self {
            State::Processing { attempt, .. } | State::Declined { attempt, .. } => {
                Ok(State::Voided { attempt, provider_reference })
            }
            other @ (State::Scheduled
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("processing")),
        }
    }

    /// Somebody found the money of a payment that nobody tries any more: one more attempt, whose answer is there.
    ///
    /// # Errors
    ///
    /// `charge-state`.
    pub fn found(self, until: Timestamp) -> Result<State, Refusal> {
        match self {
            State::Missed => Ok(State::Processing { attempt: 1, until, ladder: None }),
            State::Declined { attempt, ladder, retry_on: None, .. } => {
                Ok(State::Processing { attempt: attempt + 1, until, ladder })
            }
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }) => Err(other.not("given up")),
        }
    }

    /// The money is with its custodian, as cash.
    ///
    /// # Errors
    ///
    /// `charge-state`.
    pub fn settle(self) -> Result<State, Refusal> {
        match self {
            State::Captured { attempt, on, provider_reference } => {
                Ok(State::Settled { attempt, on, provider_reference })
            }
            other @ (State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed) => Err(other.not("captured")),
        }
    }

    fn not(&self, wanted: &str) -> Refusal {
        Refusal::new("charge-state", format!("the charge is {}, not {wanted}", self.as_str()))
    }
}

/// One due payment of a pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its id.
    pub id: ChargeId,
    /// The pledge whose payment it is.
    pub pledge: PledgeId,
    /// The campaign into whose fund the money goes.
    pub campaign: CampaignId,
    /// Who brought the pledge: the custodian, where [`Rail::custodian`] names no other.
    pub partner: OrganisationId,
    /// Number of the payment within the plan, from 1.
    pub sequence: i32,
    /// Its due date, in the zone of the book.
    pub due_on: Date,
    /// The amount that is charged; of a payment in another currency, what came of it once it is captured.
    pub amount: Money,
    /// What the donor pays, when that is in another currency than the campaign's; none otherwise.
    pub conversion: Option<Conversion>,
    /// Minor units that went back to the donor, or are on their way back.
    pub refunded: i64,
    /// Minor units of fees on what was not refunded: what is neither went into the fund.
    pub fees: i64,
    /// Minor units that do not arrive with its settlement: the processor's fee, and what was sent back before.
    pub withheld: i64,
    /// Minor units that its custodian has paid over while more of it is missing; 0 when it arrives at once.
    pub arrived: i64,
    /// Since when the list of its partner contradicts its capture, in book time; none when nothing does.
    pub doubted_at: Option<Timestamp>,
    /// Minor units that the donor's bank took back: of chargebacks that are open or lost.
    pub disputed: i64,
    /// Minor units of that whose chargeback is lost.
    pub lost: i64,
    /// Who takes the money from the donor.
    pub rail: Rail,
    /// How the donor pays.
    pub method: Method,
    /// How it stands.
    pub state: State,
    /// How the promise of it stands in its campaign.
    pub promise: Promise,
    /// The settlement with which the money arrives; none until it is captured.
    pub settlement: Option<SettlementId>,
    /// Record number of the entry of the capture; 0 before.
    pub entry: i64,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Charge {
    /// Its state in a word, which may say more than the state: `disputed` while the donor's bank has taken something of it back,
    /// `lost` when that is lost, `refunded` when all that was captured went back, or is on its way back.
    pub fn word(&self) -> &'static str {
        match self.state {
            State::Captured { .. } | State::Settled { .. } if self.disputed > self.lost => "disputed",
            State::Captured { .. } | State::Settled { .. } if self.lost > 0 => "lost",
            State::Captured { .. } | State::Settled { .. } if self.refunded == self.amount.minor() => "refunded",
            State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed => self.state.as_str(),
        }
    }

    /// Whether who collects its pledge now collects it: not when the pledge has moved to another partner or rail since.
    pub fn is_collected_as(&self, pledge: &Pledge) -> bool {
        (self.partner, self.rail) == (pledge.partner, pledge.rail)
    }

    /// Refuses a report of another amount than this one.
    ///
    /// # Errors
    ///
    /// `capture-amount`, with both figures.
    pub fn is_of(&self, reported: Money) -> Result<(), Refusal> {
        if reported == self.amount {
            return Ok(());
        }
        let detail = format!("the charge is of {}, and the report of {reported}", self.amount);
        Err(Refusal::new("capture-amount", detail))
    }

    /// The same with what came of it, when its partner says both that and the original: the rate has moved since it was promised.
    ///
    /// # Errors
    ///
    /// `capture-amount` when the charge is in the campaign's own currency, or the original is not said; `original-differs`,
    /// `rate-out-of-bounds`.
    pub fn come_to(self, came: Money, original: Option<Money>) -> Result<Charge, Refusal> {
        match (self.conversion, original) {
            (Some(conversion), Some(original)) if came.currency() == self.amount.currency() && !self.is_captured() => {
                conversion.check(came, original)?;
                Ok(Charge { amount: came, ..self })
            }
            (Some(Conversion { original: agreed, promised }), None) if came != self.amount && !self.is_captured() => {
                let detail = format!(
                    "{promised} was promised for {agreed}, and the report is of {came}: say `original` beside `amount`, if that is \
                     what came of it"
                );
                Err(Refusal::new("capture-amount", detail))
            }
            (None, Some(original)) => {
                let detail = format!("the charge is of {}, and the report of {original}", self.amount);
                Err(Refusal::new("capture-amount", detail))
            }
            (None | Some(_), None | Some(_)) => self.is_of(came).map(|()| self),
        }
    }

    fn is_captured(&self) -> bool {
        matches!(self.state, State::Captured { .. } | State::Settled { .. })
    }

    /// The same as it was promised, when nothing of it was captured after all.
    pub fn as_promised(self) -> Charge {
        match self.conversion {
            Some(Conversion { promised, .. }) => Charge { amount: promised, ..self },
            None => self,
        }
    }

    /// The charge of a due payment of a pledge, in its first state.
    pub fn of(pledge: &Pledge, sequence: i32, due_on: Date, state: State, now: Timestamp) -> Charge {
        Charge {
            id: ChargeId::generate(pledge.id.book),
            pledge: pledge.id,
            campaign: pledge.campaign,
            partner: pledge.partner,
            sequence,
            due_on,
            amount: pledge.amount,
            conversion: pledge.original.map(|original| Conversion { original, promised: pledge.amount }),
            refunded: 0,
            fees: 0,
            withheld: 0,
            arrived: 0,
            doubted_at: None,
            disputed: 0,
            lost: 0,
            rail: pledge.rail,
            method: pledge.method,
            state,
            promise: Promise::None,
            settlement: None,
            entry: 0,
            version: 1,
            created_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn processing() -> State {
        State::Scheduled.begin(Timestamp::MAX).expect("scheduled")
    }

    #[test]
    fn p7_insufficient_funds_are_tried_on_days_1_3_7_and_then_the_pledge_lapses() {
        let mut state = processing();
        let mut today = date(2027, 1, 31);
        for day in [date(2027, 2, 1), date(2027, 2, 3), date(2027, 2, 7)] {
            let (declined, next) =
                state.decline("insufficient_funds".into(), DeclineKind::Soft, today).expect("processing");
            assert_eq!(next, Next::RetryOn(day));
            assert_eq!(declined.clone().retry(today, Timestamp::MAX).expect_err("too early").code, "charge-not-due");
            today = day;
            state = declined.retry(today, Timestamp::MAX).expect("its day has come");
        }
        assert_eq!(state.attempt(), 4);
        let (declined, next) =
            state.decline("insufficient_funds".into(), DeclineKind::Soft, today).expect("processing");
        assert_eq!(next, Next::Lapse);
        assert!(declined.retry(date(2028, 1, 1), Timestamp::MAX).is_err());
    }

    #[test]
    fn p7_a_revived_charge_has_all_its_retries_again() {
        let today = date(2027, 3, 1);
        let given_up = State::Declined {
            attempt: 4,
            code: "insufficient_funds".into(),
            kind: DeclineKind::Soft,
            ladder: Some(Ladder { first: date(2027, 1, 31), declines: 4 }),
            retry_on: None,
        };
        let state = given_up.reopen(today).expect("declined").retry(today, Timestamp::MAX).expect("due at once");
        assert_eq!(state.attempt(), 5);
        let (_, next) = state.decline("insufficient_funds".into(), DeclineKind::Soft, today).expect("processing");
        assert_eq!(next, Next::RetryOn(date(2027, 3, 2)));
    }

    #[test]
    fn p7_an_expired_card_asks_and_a_stolen_one_stops_at_once() {
        let today = date(2027, 1, 31);
        let (state, next) =
            processing().decline("expired_card".into(), DeclineKind::Expired, today).expect("processing");
        assert_eq!(next, Next::AskDonor);
        assert!(state.retry(date(2028, 1, 1), Timestamp::MAX).is_err());
        let (state, next) = processing().decline("closed".into(), DeclineKind::Hard, today).expect("processing");
        assert_eq!(next, Next::AskDonor);
        assert!(state.retry(date(2028, 1, 1), Timestamp::MAX).is_err());
        let (state, next) = processing().decline("stolen_card".into(), DeclineKind::Stolen, today).expect("processing");
        assert_eq!(next, Next::Stop);
        assert!(state.retry(date(2028, 1, 1), Timestamp::MAX).is_err());
    }

    #[test]
    fn a_charge_is_captured_once() {
        let today = date(2027, 1, 31);
        let captured = processing().capture(today, "pay_1".into()).expect("processing");
        assert_eq!(captured.clone().capture(today, "pay_2".into()).expect_err("captured").code, "charge-state");
        assert!(captured.clone().decline("late".into(), DeclineKind::Soft, today).is_err());
        assert!(captured.retry(today, Timestamp::MAX).is_err());
    }

    #[test]
    fn p7_a_charge_that_cannot_be_collected_is_given_up_unless_its_money_came() {
        let today = date(2027, 1, 31);
        let (declined, _) = processing().decline("short".into(), DeclineKind::Soft, today).expect("processing");
        for state in [processing(), declined.clone()] {
            let given_up = state.cannot_collect("account_closed".into()).expect("no money came");
            assert!(given_up.clone().retry(date(2028, 1, 1), Timestamp::MAX).is_err());
            assert!(given_up.retry_early(Timestamp::MAX).is_err());
        }
        assert_eq!(declined.retry_early(Timestamp::MAX).expect("it is tried again").attempt(), 2);
        let captured = processing().capture(today, "pay_1".into()).expect("processing");
        assert_eq!(captured.cannot_collect("late".into()).expect_err("captured").code, "charge-state");
    }

    #[test]
    fn a_report_that_comes_too_late_still_counts() {
        let today = date(2027, 1, 31);
        let given_up = processing().unreported().expect("processing");
        assert!(given_up.clone().retry(today, Timestamp::MAX).is_err());
        assert_eq!(given_up.capture(today, "pay_1".into()).expect("money came").as_str(), "captured");
    }
}
