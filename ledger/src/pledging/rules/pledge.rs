//! A donor's promise: once, or by a plan month by month, quarter by quarter or year by year.
//!
//! Every waiting state has a clock and a default: a pledge that waits for its donor lapses, a lapsed one that nobody
//! revives is cancelled, a pause ends by itself. [`State::at`] applies them, so what is read is right even before the
//! worker has written it down.

use crate::calendar::{PAYMENTS_MAX, Plan, later};
use crate::error::Refusal;
use crate::id::{CampaignId, DonorId, OrganisationId, PledgeId, TierId};
use crate::money::Money;
use crate::treasury::rules::settlement::Method;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// Days after which a pledge that is not activated is cancelled.
pub const CREATED_DAYS: i64 = 7;
/// Days after which a pledge that waits for its donor lapses.
pub const NEEDS_ACTION_DAYS: i64 = 30;
/// Days before that on which the donor is reminded.
pub const REMIND_DAYS: i64 = 7;
/// Days after which a pause without an end lapses: nobody is charged out of the blue years later. No pause is longer.
pub const PAUSE_DAYS_MAX: i64 = 365;
/// Days for which a lapsed pledge can be revived.
pub const LAPSED_DAYS: i64 = 365;

words! {
    /// Who takes the money from the donor.
    Rail, "rail" {
        /// The deterministic provider of sandbox books.
        Sandbox = "sandbox",
        /// The partner collects it, and reports.
        Partner = "partner",
        /// Stripe takes it, from a means of payment that the donor left there, for the host.
        Stripe = "stripe",
    }
}

impl Rail {
    /// The sandbox rail moves no money, so a live book refuses it; a provider that does is for live books alone.
    pub fn allowed_in(self, live: bool) -> Result<(), Refusal> {
        match self {
            Rail::Stripe if !live => {
                Err(Refusal::new("rail-refused", "a sandbox book takes no pledge whose payments are real"))
            }
            Rail::Sandbox if live => {
                Err(Refusal::new("rail-refused", "a live book takes no pledge whose payments are only simulated"))
            }
            Rail::Sandbox | Rail::Partner | Rail::Stripe => Ok(()),
        }
    }

    /// Who holds what it takes until that settles: the partner that brought the pledge, or the host, whose own account at the
    /// provider it is.
    pub fn custodian(self, partner: OrganisationId, host: OrganisationId) -> OrganisationId {
        match self {
            Rail::Sandbox | Rail::Partner => partner,
            Rail::Stripe => host,
        }
    }
}

/// When a pledge is charged. Payments are numbered from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// One payment.
    Once {
        /// The day on which it is due.
        on: Date,
    },
    /// A payment on one day of each month, quarter or year.
    Recurring(Plan),
}

impl Schedule {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Schedule::Once { .. } => "once",
            Schedule::Recurring(plan) => plan.interval().as_str(),
        }
    }

    /// The first day on which it may charge.
    pub fn start(&self) -> Date {
        match self {
            Schedule::Once { on } => *on,
            Schedule::Recurring(plan) => plan.start(),
        }
    }

    /// Number of the first payment at its present terms: 1, unless its plan was changed.
    pub fn first(&self) -> i32 {
        match self {
            Schedule::Once { .. } => 1,
            Schedule::Recurring(plan) => plan.first(),
        }
    }

    /// The due date of a payment; none when there is no such payment. A date missed in a pause is not made up for.
    pub fn due_date(&self, sequence: i32) -> Option<Date> {
        match self {
            Schedule::Once { on } => (sequence == 1).then_some(*on),
            Schedule::Recurring(plan) => plan.due_date(sequence),
        }
    }

    /// The last payment that is due by a day; none when none is.
    pub fn last_due(&self, day: Date) -> Option<i32> {
        match self {
            Schedule::Once { on } => (*on <= day).then_some(1),
            Schedule::Recurring(plan) => plan.last_due(day),
        }
    }

    /// The number after that of the last payment: what comes next when nothing is left.
    pub fn end(&self) -> i32 {
        match self {
            Schedule::Once { .. } => 2,
            Schedule::Recurring(plan) => plan.payments().unwrap_or(PAYMENTS_MAX) + 1,
        }
    }

    /// The payment with which it goes on, having reached `next`, on a day: none when nothing is left. A single payment
    /// that was missed is made on that day.
    pub fn resume_from(&self, next: i32, day: Date) -> Option<i32> {
        match self {
            Schedule::Once { .. } => (next == 1).then_some(1),
            Schedule::Recurring(plan) => {
                let sequence = plan.sequence_from(day)?.max(next);
                plan.due_date(sequence).map(|_| sequence)
            }
        }
    }
}

words! {
    /// Why a pledge waits for its donor.
    Need, "need" {
        /// The means of payment ran out: another is needed.
        Means = "means",
        /// The campaign takes no money any more: another is to be chosen.
        Campaign = "campaign",
        /// Its partner is withdrawn: it waits for another one, or for the partner to come back.
        Partner = "partner_withdrawn",
        /// Its rail is withdrawn: it waits for another one, or for the rail to come back.
        Rail = "rail_withdrawn",
    }
}

impl Need {
    /// Whether nobody collects for it any more.
    pub fn is_of_collector(self) -> bool {
        match self {
            Need::Partner | Need::Rail => true,
            Need::Means | Need::Campaign => false,
        }
    }
}

words! {
    /// What the end of a pause brings.
    AfterPause, "end of a pause" {
        /// The donor said until when: payments go on.
        Resume = "resume",
        /// Nobody said: the pledge lapses.
        Lapse = "lapse",
    }
}

/// How a pledge stands. In book time, `since` is when it came to be so, `until` when the default of a waiting state
/// comes true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Promised, without a means of payment yet.
    Created {
        /// When it was placed.
        since: Timestamp,
        /// When it is cancelled unless it is activated.
        until: Timestamp,
    },
    /// Charged when due.
    Active {
        /// When it became active.
        since: Timestamp,
    },
    /// Waits for its donor; not charged.
    NeedsAction {
        /// When it began to wait.
        since: Timestamp,
        /// When it lapses unless the donor acts.
        until: Timestamp,
        /// What it waits for.
        need: Need,
    },
    /// The donor wants no charge for a while.
    Paused {
        /// When the pause began.
        since: Timestamp,
        /// When the pause ends.
        until: Timestamp,
        /// What the end of the pause brings.
        then: AfterPause,
    },
    /// Payments failed, or nobody answered. The donor can revive it.
    Lapsed {
        /// When it lapsed.
        since: Timestamp,
        /// When it is cancelled unless the donor revives it.
        until: Timestamp,
    },
    /// All payments were made or missed.
    Completed {
        /// When it was completed.
        since: Timestamp,
    },
    /// Ended before its last payment.
    Cancelled {
        /// When it was cancelled.
        since: Timestamp,
    },
    /// Everything it brought went back.
    Refunded {
        /// When the last of it went back.
        since: Timestamp,
    },
}

impl State {
    /// The state of a new pledge.
    pub fn created(now: Timestamp) -> State {
        State::Created { since: now, until: later(now, CREATED_DAYS) }
    }

    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Created { .. } => "created",
            State::Active { .. } => "active",
            State::NeedsAction { .. } => "needs_action",
            State::Paused { .. } => "paused",
            State::Lapsed { .. } => "lapsed",
            State::Completed { .. } => "completed",
            State::Cancelled { .. } => "cancelled",
            State::Refunded { .. } => "refunded",
        }
    }

    /// Since when it has been so.
    pub fn since(&self) -> Timestamp {
        match self {
            State::Created { since, .. }
            | State::Active { since }
            | State::NeedsAction { since, .. }
            | State::Paused { since, .. }
            | State::Lapsed { since, .. }
            | State::Completed { since }
            | State::Cancelled { since }
            | State::Refunded { since } => *since,
        }
    }

    /// When the default of a waiting state comes true.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Created { until, .. }
            | State::NeedsAction { until, .. }
            | State::Paused { until, .. }
            | State::Lapsed { until, .. } => Some(*until),
            State::Active { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => None,
        }
    }

    /// What it waits for, or what comes after the wait; empty where there is nothing to say.
    pub fn detail(&self) -> &'static str {
        match self {
            State::NeedsAction { need, .. } => need.as_str(),
            State::Paused { then, .. } => then.as_str(),
            State::Created { .. }
            | State::Active { .. }
            | State::Lapsed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => "",
        }
    }

    /// What the end of its wait has made of it, as of that end; none while it waits, or when it waits for nothing.
    pub fn run_out(&self, now: Timestamp) -> Option<State> {
        self.until().filter(|until| *until <= now)?;
        match *self {
            State::Created { until, .. } | State::Lapsed { until, .. } => Some(State::Cancelled { since: until }),
            State::NeedsAction { until, .. } | State::Paused { until, then: AfterPause::Lapse, .. } => {
                Some(lapsed(until))
            }
            State::Paused { until, then: AfterPause::Resume, .. } => Some(State::Active { since: until }),
            State::Active { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => None,
        }
    }

    /// The state at a moment: the defaults of all waits that have run out by then have come true.
    pub fn at(self, now: Timestamp) -> State {
        match self.run_out(now) {
            Some(after) => after.at(now),
            None => self,
        }
    }

    /// Whether it is charged when due.
    pub fn is_active(&self) -> bool {
        match self {
            State::Active { .. } => true,
            State::Created { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => false,
        }
    }

    /// Refuses a change of the plan of a pledge that does not run.
    ///
    /// # Errors
    ///
    /// `pledge-lapsed`, `pledge-over`.
    pub fn takes_change(&self) -> Result<(), Refusal> {
        match self {
            State::Created { .. } | State::Active { .. } | State::NeedsAction { .. } | State::Paused { .. } => Ok(()),
            State::Lapsed { .. } => {
                Err(Refusal::new("pledge-lapsed", "the pledge has lapsed: resume it, and then change its plan"))
            }
            State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                let detail = format!("the pledge is {}: place a new one with what the donor wants now", self.as_str());
                Err(Refusal::new("pledge-over", detail))
            }
        }
    }

    /// Whether it waits for its donor to choose another campaign.
    pub fn needs_campaign(&self) -> bool {
        matches!(self, State::NeedsAction { need: Need::Campaign, .. })
    }

    /// Whether it waits because its partner or its rail is withdrawn.
    pub fn needs_collector(&self) -> bool {
        matches!(self, State::NeedsAction { need, .. } if need.is_of_collector())
    }

    /// Somebody collects for it again: what waited for that goes on, everything else stays as it is.
    pub fn collected_again(self, at: Timestamp) -> State {
        if self.needs_collector() { State::Active { since: at } } else { self }
    }

    /// Its plan is collected by somebody else, with another means: what waited for that, or had lapsed, goes on.
    pub fn moved(self, at: Timestamp) -> State {
        match self {
            State::NeedsAction { need: Need::Means | Need::Partner | Need::Rail, .. } | State::Lapsed { .. } => {
                State::Active { since: at }
            }
            State::Created { .. }
            | State::Active { .. }
            | State::NeedsAction { need: Need::Campaign, .. }
            | State::Paused { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => self,
        }
    }

    /// Whether nothing comes of it any more.
    pub fn is_over(&self) -> bool {
        !self.is_active() && self.until().is_none()
    }

    /// A means of payment is there.
    pub fn activate(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Created { .. } => Ok(State::Active { since: now }),
            other @ (State::Active { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => Err(other.refuse("activated")),
        }
    }

    /// No charge until a moment; without one the longest pause, and then it lapses.
    pub fn pause(self, now: Timestamp, until: Option<Timestamp>) -> Result<State, Refusal> {
        let state = self.at(now);
        if !state.is_active() {
            return Err(state.refuse("paused"));
        }
        let longest = later(now, PAUSE_DAYS_MAX);
        match until {
            Some(until) if until <= now || until > longest => Err(Refusal::new(
                "pause-invalid",
                format!("a pause ends later than now and within {PAUSE_DAYS_MAX} days"),
            )),
            Some(until) => Ok(State::Paused { since: now, until, then: AfterPause::Resume }),
            None => Ok(State::Paused { since: now, until: longest, then: AfterPause::Lapse }),
        }
    }

    /// The donor wants it to go on: out of a pause, out of a lapse, or with what it waited for.
    pub fn resume(self, now: Timestamp, new_means: bool) -> Result<State, Refusal> {
        match self.at(now) {
            State::Paused { .. } | State::Lapsed { .. } => Ok(State::Active { since: now }),
            State::NeedsAction { need: Need::Means, .. } if new_means => Ok(State::Active { since: now }),
            State::NeedsAction { need: Need::Means, .. } => {
                Err(Refusal::new("pledge-needs-means", "the pledge needs another means of payment: send its token"))
            }
            State::NeedsAction { need: Need::Campaign, .. } => {
                Err(Refusal::new("pledge-needs-campaign", "its campaign takes no money any more: redirect the pledge"))
            }
            State::NeedsAction { need: Need::Partner, .. } => Err(Refusal::new(
                "partner-withdrawn",
                "its partner is withdrawn: it goes on when that is restored, or its plan moves to another one",
            )),
            State::NeedsAction { need: Need::Rail, .. } => Err(Refusal::new(
                "rail-withdrawn",
                "its rail is withdrawn: it goes on when that is restored, or its plan moves to another one",
            )),
            other @ (State::Created { .. }
            | State::Active { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => Err(other.refuse("resumed")),
        }
    }

    /// Whether it has ended with what it brought still its donor's: nothing more is charged, and only that money can move.
    pub fn leaves_money(&self) -> bool {
        matches!(self, State::Completed { .. } | State::Cancelled { .. })
    }

    /// Everything that it brought went back. What may still be charged stays as it is.
    pub fn refunded(self, now: Timestamp) -> State {
        if self.leaves_money() { State::Refunded { since: now } } else { self }
    }

    /// Another campaign was chosen: what waited for that goes on, everything else stays as it is.
    pub fn redirect(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::NeedsAction { need: Need::Campaign, .. } => Ok(State::Active { since: now }),
            other @ (State::Created { .. }
            | State::Active { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. }) => Ok(other),
            other @ (State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. }) => {
                Err(other
                    .refuse("redirected, but what it brought can move with `move_settled`, as far as it has settled"))
            }
        }
    }

    /// The donor wants no more of it. What it brought so far stays.
    pub fn cancel(self, now: Timestamp) -> Result<State, Refusal> {
        match self.at(now) {
            State::Created { .. }
            | State::Active { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. } => Ok(State::Cancelled { since: now }),
            other @ (State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. }) => {
                Err(other.refuse("cancelled"))
            }
        }
    }

    /// It waits for its donor. What is not charged anyway stays as it is.
    pub fn ask(self, now: Timestamp, need: Need) -> State {
        match self.at(now) {
            State::Active { .. } => State::NeedsAction { since: now, until: later(now, NEEDS_ACTION_DAYS), need },
            other @ (State::Created { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => other,
        }
    }

    /// The retries of a charge are used up. What is not charged anyway stays as it is.
    pub fn lapse(self, now: Timestamp) -> State {
        match self.at(now) {
            State::Active { .. } => lapsed(now),
            other @ (State::Created { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Lapsed { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => other,
        }
    }

    /// The means of payment was stolen: at once, and out of every state that could be charged again.
    pub fn stop(self, now: Timestamp) -> State {
        self.cancel(now).unwrap_or(self)
    }

    /// A payment came. `is_last`: none is left after it. A payment that came after all revives what had lapsed for want of it.
    pub fn paid(self, now: Timestamp, is_last: bool) -> State {
        match self.at(now) {
            State::Active { .. }
            | State::Lapsed { .. }
            | State::NeedsAction { need: Need::Means | Need::Partner | Need::Rail, .. }
                if is_last =>
            {
                State::Completed { since: now }
            }
            State::Lapsed { .. } | State::NeedsAction { need: Need::Means, .. } => State::Active { since: now },
            other @ (State::Created { .. }
            | State::Active { .. }
            | State::NeedsAction { .. }
            | State::Paused { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. }) => other,
        }
    }

    fn refuse(&self, wish: &str) -> Refusal {
        Refusal::new("pledge-state", format!("the pledge is {}: it cannot be {wish}", self.as_str()))
    }
}

fn lapsed(now: Timestamp) -> State {
    State::Lapsed { since: now, until: later(now, LAPSED_DAYS) }
}

/// What the provider charges. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }
}

/// A pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledge {
    /// Its id.
    pub id: PledgeId,
    /// The campaign to which its next charges go.
    pub campaign: CampaignId,
    /// The donor whose promise it is.
    pub donor: DonorId,
    /// The partner platform that brought it, or to which its plan has moved.
    pub partner: OrganisationId,
    /// What the partner calls it; unique per partner.
    pub reference: String,
    /// SHA-256 of what the partner sent.
    pub content: [u8; 32],
    /// The amount of one payment; of one in another currency, what its partner promises that this comes to.
    pub amount: Money,
    /// What the donor pays each time, when that is in another currency than the campaign's; none otherwise.
    pub original: Option<Money>,
    /// What was asked for, when only a part of it fitted below the campaign's cap.
    pub asked_amount: Option<Money>,
    /// The tier of its campaign that its donor chose.
    pub tier: Option<TierId>,
    /// Whether it has a place of that tier: from the start until its payment is given up, or it ends without one.
    pub has_place: bool,
    /// Minor units of payments that have not begun and are promised to its campaign.
    pub promised: i64,
    /// When it is charged.
    pub schedule: Schedule,
    /// The payment that comes next, from 1.
    pub next_sequence: i32,
    /// Who takes the money from the donor.
    pub rail: Rail,
    /// How the donor pays: it says how long the money is on its way.
    pub method: Method,
    /// The provider's token of the means of payment that is charged.
    pub token: Token,
    /// SHA-256 of the terms that the donor agreed to.
    pub terms_digest: [u8; 32],
    /// How it stands, as it was last written: ask [`State::at`] for the present.
    pub state: State,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}
