//! A change of a running plan: its amount, its interval or both, from the next due date on.
//!
//! A higher amount or a shorter interval needs the donor's consent. Until it is there, nothing changes.
//! What was due before keeps its amount, with all its retries.

use super::pledge::{Pledge, Schedule};
use crate::calendar::{Interval, Plan, days_after};
use crate::error::Refusal;
use crate::id::{OrganisationId, PlanChangeId, PledgeId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// Days for which the link works by which a donor consents.
pub const CONSENT_DAYS: i64 = 14;

/// What a plan costs: the amount of a payment, and how often there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The amount of one payment.
    pub amount: Money,
    /// How often.
    pub interval: Interval,
}

impl Terms {
    /// The terms of a pledge's plan; none when it is one payment.
    pub fn of(pledge: &Pledge) -> Option<Terms> {
        match pledge.schedule {
            Schedule::Once { .. } => None,
            Schedule::Recurring(plan) => Some(Terms { amount: pledge.amount, interval: plan.interval() }),
        }
    }

    /// Whether the donor has to consent before these become those.
    pub fn needs_consent(self, to: Terms) -> bool {
        to.interval.months() < self.interval.months() || to.amount.minor() > self.amount.minor()
    }
}

/// As people read them: `30.00 USD each month`.
impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = match self.interval {
            Interval::Month => "month",
            Interval::Quarter => "quarter",
            Interval::Year => "year",
        };
        write!(f, "{} each {each}", self.amount)
    }
}

/// How the donor consents to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// No payment is higher, and none comes sooner after another.
    NotNeeded,
    /// The partner attests it.
    Attested {
        /// When the donor consented.
        at: Timestamp,
        /// SHA-256 of the terms that the donor was shown.
        shown: [u8; 32],
    },
    /// By a link that is mailed to the donor.
    Link {
        /// SHA-256 of the secret in it.
        digest: [u8; 32],
        /// When it ceases to work, in book time.
        until: Timestamp,
    },
}

impl Consent {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Consent::NotNeeded => "not_needed",
            Consent::Attested { .. } => "attested",
            Consent::Link { .. } => "link",
        }
    }
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The plan has the new terms.
    Applied {
        /// The first payment under them.
        first: i32,
        /// Its due date.
        starts_on: Date,
    },
    /// Another change was asked for before the donor had consented.
    Replaced,
    /// The partner took it back before the donor had consented.
    Withdrawn,
}

impl Outcome {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Applied { .. } => "applied",
            Outcome::Replaced => "replaced",
            Outcome::Withdrawn => "withdrawn",
        }
    }
}

words! {
    /// How a change stands.
    ChangeState, "state of a change" {
        /// It waits for the donor's consent.
        Pending = "pending",
        /// The plan has the new terms.
        Applied = "applied",
        /// Another change was asked for instead.
        Replaced = "replaced",
        /// The partner took it back.
        Withdrawn = "withdrawn",
        /// The donor did not consent in time, or the pledge ended before.
        Lapsed = "lapsed",
    }
}

/// A change of a plan that was asked for. It is never edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// Its id.
    pub id: PlanChangeId,
    /// The pledge whose plan it is.
    pub pledge: PledgeId,
    /// The partner that asked, for the donor.
    pub asked_by: OrganisationId,
    /// When it asked, in book time.
    pub asked_at: Timestamp,
    /// Why, without personal data; may be empty.
    pub reason: String,
    /// The terms before.
    pub from: Terms,
    /// The terms after it.
    pub to: Terms,
    /// How the donor consents.
    pub consent: Consent,
    /// What came of it and when, in book time; none while it waits, and when it has lapsed.
    pub end: Option<(Outcome, Timestamp)>,
}

impl PlanChange {
    /// How it stands at a moment of book time.
    pub fn state(&self, pledge_is_over: bool, now: Timestamp) -> ChangeState {
        match (self.end, self.consent) {
            (Some((Outcome::Applied { .. }, _)), _) => ChangeState::Applied,
            (Some((Outcome::Replaced, _)), _) => ChangeState::Replaced,
            (Some((Outcome::Withdrawn, _)), _) => ChangeState::Withdrawn,
            (None, Consent::Link { until, .. }) if now < until && !pledge_is_over => ChangeState::Pending,
            (None, Consent::Link { .. } | Consent::Attested { .. } | Consent::NotNeeded) => ChangeState::Lapsed,
        }
    }

    /// Refuses a link that does not lead to it, or not any more, all with the same words.
    ///
    /// # Errors
    ///
    /// `consent-link-invalid`.
    pub fn check_link(&self, secret_digest: &[u8; 32], now: Timestamp) -> Result<(), Refusal> {
        match self.consent {
            Consent::Link { digest, .. }
                if digest == *secret_digest && self.state(false, now) == ChangeState::Pending =>
            {
                Ok(())
            }
            Consent::Link { .. } | Consent::Attested { .. } | Consent::NotNeeded => Err(link_invalid()),
        }
    }
}

/// The code of a link that leads to no change.
pub const LINK_INVALID: &str = "consent-link-invalid";

/// One refusal for every link that cannot be used, so that a guess learns nothing.
pub fn link_invalid() -> Refusal {
    Refusal::new(
        LINK_INVALID,
        "the link is unknown, too old, used, or about a change that was replaced; ask the platform where you gave for a new one",
    )
}

/// The plan of a pledge as a change with this interval makes it on a day: from the first payment that falls due after that
/// day, which stays due when it was.
///
/// # Errors
///
/// `no-due-date-left`.
pub fn changed_plan(pledge: &Pledge, interval: Interval, today: Date) -> Result<Plan, Refusal> {
    let changed = match pledge.schedule {
        Schedule::Once { .. } => None,
        Schedule::Recurring(plan) => {
            let first = plan.sequence_from(days_after(today, 1)).map(|first| first.max(pledge.next_sequence));
            first.and_then(|first| plan.changed(interval, first))
        }
    };
    changed.ok_or_else(|| {
        let detail = format!("the pledge has no due date after {today} that could change: place a new one");
        Refusal::new("no-due-date-left", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{AMOUNT_MAX, Currency};

    fn terms(minor: i64, interval: Interval) -> Terms {
        Terms { amount: Money::from_minor(minor, Currency::USD).expect("an amount"), interval }
    }

    #[test]
    fn fl19_a_higher_amount_or_a_shorter_interval_needs_consent_whatever_it_comes_to_in_a_year() {
        use Interval::{Month, Quarter, Year};
        for (from, to, needs) in [
            (terms(1_000, Month), terms(1_001, Month), true),
            (terms(1_000, Month), terms(999, Month), false),
            (terms(1_000, Month), terms(1_000, Quarter), false),
            (terms(1_000, Month), terms(1_001, Quarter), true),
            (terms(1_000, Month), terms(1_000, Year), false),
            (terms(1_000, Month), terms(1_001, Year), true),
            (terms(3_000, Quarter), terms(1_000, Month), true),
            (terms(3_000, Quarter), terms(1, Month), true),
            (terms(12_000, Year), terms(1, Quarter), true),
            (terms(AMOUNT_MAX, Year), terms(AMOUNT_MAX, Month), true),
            (terms(AMOUNT_MAX, Month), terms(AMOUNT_MAX, Year), false),
        ] {
            assert_eq!(from.needs_consent(to), needs, "{from} to {to}");
        }
    }

    #[test]
    fn fl19_a_link_leads_to_its_change_while_the_change_waits() {
        let wall = Timestamp::UNIX_EPOCH;
        let until = crate::calendar::later(wall, CONSENT_DAYS);
        let book = crate::id::BookId(7);
        let pending = PlanChange {
            id: PlanChangeId::generate(book),
            pledge: PledgeId::generate(book),
            asked_by: OrganisationId::generate(),
            asked_at: wall,
            reason: String::new(),
            from: terms(1_000, Interval::Month),
            to: terms(2_000, Interval::Month),
            consent: Consent::Link { digest: [1; 32], until },
            end: None,
        };
        let code = |it: &PlanChange, digest, at| it.check_link(&digest, at).map_err(|refusal| refusal.code);
        assert_eq!((code(&pending, [1; 32], wall), pending.state(false, wall)), (Ok(()), ChangeState::Pending));
        assert_eq!(code(&pending, [2; 32], wall), Err(LINK_INVALID));
        assert_eq!(
            (code(&pending, [1; 32], until), pending.state(false, until)),
            (Err(LINK_INVALID), ChangeState::Lapsed)
        );
        assert_eq!(pending.state(true, wall), ChangeState::Lapsed);
        let applied = Outcome::Applied { first: 2, starts_on: jiff::civil::date(2027, 1, 31) };
        for (outcome, state) in [
            (applied, ChangeState::Applied),
            (Outcome::Replaced, ChangeState::Replaced),
            (Outcome::Withdrawn, ChangeState::Withdrawn),
        ] {
            let ended = PlanChange { end: Some((outcome, wall)), ..pending.clone() };
            assert_eq!((code(&ended, [1; 32], wall), ended.state(false, wall)), (Err(LINK_INVALID), state));
        }
    }
}
