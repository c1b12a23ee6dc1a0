//! A plan moves to another partner, another rail, or both: its donor consents, the old mandate ends, and only then the next due
//! date is charged in the new way.
//!
//! `asked → consented → active`, or `declined`, or `expired` when nobody answers in time: then the plan stays where it is. What the
//! service drives itself (the sandbox, Stripe) has no mandate but the plan, which ends with the consent; of what a partner drives,
//! the partner says that it has ended, or the host when the partner is gone. What was begun before goes on where it was begun.

use super::plan_change::{Consent, link_invalid};
use super::pledge::{Pledge, Rail, Token};
use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{OrganisationId, PlanMoveId, PledgeId};
use crate::treasury::rules::settlement::Method;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after the consent in which the old mandate is to be ended.
pub const END_DAYS: i64 = 30;

words! {
    /// How a move stands.
    MoveState, "state of a move" {
        /// It waits for the donor.
        Asked = "asked",
        /// The donor has consented; the old mandate is to end.
        Consented = "consented",
        /// The old mandate has ended, and the plan is collected in the new way.
        Active = "active",
        /// The donor did not want it, or whoever asked took it back.
        Declined = "declined",
        /// Nobody answered in time, or the pledge ended before.
        Expired = "expired",
    }
}

words! {
    /// Who says that the old mandate has ended.
    EndedBy, "who ended a mandate" {
        /// The old partner.
        Partner = "partner",
        /// The host, as the old partner is gone.
        Host = "host",
        /// The service, whose plan was the mandate.
        Service = "service",
    }
}

/// Who collects a plan, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collector {
    /// The partner.
    pub partner: OrganisationId,
    /// Who takes the money from the donor.
    pub rail: Rail,
    /// How the donor pays.
    pub method: Method,
}

impl Collector {
    /// The one of a pledge.
    pub fn of(pledge: &Pledge) -> Collector {
        Collector { partner: pledge.partner, rail: pledge.rail, method: pledge.method }
    }

    /// Whether its mandate is with the partner; else the plan is the mandate.
    pub fn has_mandate(self) -> bool {
        match self.rail {
            Rail::Partner => true,
            Rail::Sandbox | Rail::Stripe => false,
        }
    }
}

/// A plan that moves. Moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanMove {
    /// Its id.
    pub id: PlanMoveId,
    /// The pledge whose plan it is.
    pub pledge: PledgeId,
    /// Who collects it until then.
    pub from: Collector,
    /// Who collects it from then on.
    pub to: Collector,
    /// What the old partner calls the pledge.
    pub from_reference: String,
    /// What the new partner calls it.
    pub to_reference: String,
    /// What the old provider charged.
    pub from_token: Token,
    /// What the new provider charges.
    pub token: Token,
    /// Who asked: the host of the book, or the new partner.
    pub asked_by: OrganisationId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Why, without personal data; may be empty.
    pub reason: String,
    /// How the donor consents.
    pub consent: Consent,
    /// When the donor consented; none before.
    pub consented_at: Option<Timestamp>,
    /// How it stands, as it was last written: ask [`PlanMove::state_at`] for the present.
    pub state: MoveState,
    /// Since when.
    pub since: Timestamp,
    /// When it expires; none when it does not wait.
    pub until: Option<Timestamp>,
    /// Who said that the old mandate has ended, and how it is named there or why it counts as ended; none before.
    pub ended: Option<(EndedBy, String)>,
    /// Due date of the first payment in the new way; none before, and when none is due yet.
    pub first_on: Option<Date>,
    /// The version of the pledge that it moved; none before.
    pub pledge_version: Option<i64>,
    /// Raised by every change.
    pub version: i64,
}

impl PlanMove {
    /// Whether the old mandate ends with the consent: the plan itself is the mandate, and who attests the consent takes it from nobody
    /// but themselves. The donor's own word by the link is enough anyway.
    pub fn ends_with_the_consent(&self) -> bool {
        let is_taken = matches!(self.consent, Consent::Attested { .. }) && self.from.partner != self.to.partner;
        !self.from.has_mandate() && !is_taken
    }

    /// How it stands at a moment: its wait may have run out, and its pledge may be over.
    pub fn state_at(&self, pledge_is_over: bool, now: Timestamp) -> MoveState {
        match self.state {
            MoveState::Asked | MoveState::Consented if pledge_is_over => MoveState::Expired,
            MoveState::Asked | MoveState::Consented if self.until.is_some_and(|until| until <= now) => {
                MoveState::Expired
            }
            MoveState::Asked | MoveState::Consented | MoveState::Active | MoveState::Declined | MoveState::Expired => {
                self.state
            }
        }
    }

    /// Refuses a link that does not lead to it, or not any more, all with the same words.
    ///
    /// # Errors
    ///
    /// `consent-link-invalid`.
    pub fn check_link(&self, secret_digest: &[u8; 32], now: Timestamp) -> Result<(), Refusal> {
        match self.consent {
            Consent::Link { digest, until }
                if digest == *secret_digest && now < until && self.state == MoveState::Asked =>
            {
                Ok(())
            }
            Consent::Link { .. } | Consent::Attested { .. } | Consent::NotNeeded => Err(link_invalid()),
        }
    }

    /// The donor consents.
    ///
    /// # Errors
    ///
    /// `move-state`.
    pub fn consented(self, at: Timestamp, now: Timestamp) -> Result<PlanMove, Refusal> {
        match self.state {
            MoveState::Asked => Ok(PlanMove {
                state: MoveState::Consented,
                since: now,
                until: Some(later(now, END_DAYS)),
                consented_at: Some(at),
                ..self
            }),
            MoveState::Consented | MoveState::Active | MoveState::Declined | MoveState::Expired => {
                Err(self.refuse("consented to"))
            }
        }
    }

    /// The old mandate has ended: the plan, in this version of its pledge, is collected in the new way.
    ///
    /// # Errors
    ///
    /// `move-state`.
    pub fn active(
        self,
        now: Timestamp,
        ended: (EndedBy, String),
        pledge: &Pledge,
        first_on: Option<Date>,
    ) -> Result<PlanMove, Refusal> {
        match self.state {
            MoveState::Consented => Ok(PlanMove {
                state: MoveState::Active,
                since: now,
                until: None,
                ended: Some(ended),
                from_token: pledge.token.clone(),
                pledge_version: Some(pledge.version),
                first_on,
                ..self
            }),
            MoveState::Asked | MoveState::Active | MoveState::Declined | MoveState::Expired => {
                Err(self.refuse("made active"))
            }
        }
    }

    /// It is not wanted, or not any more.
    ///
    /// # Errors
    ///
    /// `move-state`.
    pub fn declined(self, now: Timestamp) -> Result<PlanMove, Refusal> {
        match self.state {
            MoveState::Asked | MoveState::Consented => {
                Ok(PlanMove { state: MoveState::Declined, since: now, until: None, ..self })
            }
            MoveState::Active | MoveState::Declined | MoveState::Expired => Err(self.refuse("declined")),
        }
    }

    /// Nobody answered by a moment, or the pledge ended then.
    pub fn expired(self, at: Timestamp) -> PlanMove {
        PlanMove { state: MoveState::Expired, since: at, until: None, ..self }
    }

    /// Refuses what its state does not allow, and says what does.
    pub fn refuse(&self, wish: &str) -> Refusal {
        let way_on = match self.state {
            MoveState::Asked => "it waits for its donor, who answers by the link of a mail",
            MoveState::Consented => "it waits until its old mandate is confirmed ended; until then it can be declined",
            MoveState::Active => "ask for another move to have the plan collected elsewhere",
            MoveState::Declined | MoveState::Expired => "ask for another one",
        };
        Refusal::new("move-state", format!("the move is {}, and cannot be {wish}: {way_on}", self.state))
    }
}

/// The due date that is charged first in the new way if a plan moves on a day: none while it is not charged anyway.
pub fn first_due(pledge: &Pledge, now: Timestamp, today: Date) -> Option<Date> {
    let next = pledge.schedule.resume_from(pledge.next_sequence, today)?;
    let due_on = pledge.schedule.due_date(next)?;
    pledge.state.moved(now).is_active().then_some(due_on.max(today))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::pledging::rules::plan_change::LINK_INVALID;
    use crate::pledging::rules::pledge::{NEEDS_ACTION_DAYS, Need, State};

    fn asked(consent: Consent, until: Timestamp) -> PlanMove {
        let from = Collector { partner: OrganisationId::generate(), rail: Rail::Partner, method: Method::Card };
        let now = Timestamp::UNIX_EPOCH;
        PlanMove {
            id: PlanMoveId::generate(BookId(1)),
            pledge: PledgeId::generate(BookId(1)),
            from,
            to: Collector { rail: Rail::Sandbox, ..from },
            from_reference: "p-1".into(),
            to_reference: "p-1".into(),
            from_token: Token(String::new()),
            token: Token("sandbox_ok".into()),
            asked_by: from.partner,
            asked_at: now,
            reason: String::new(),
            consent,
            consented_at: None,
            state: MoveState::Asked,
            since: now,
            until: Some(until),
            ended: None,
            first_on: None,
            pledge_version: None,
            version: 1,
        }
    }

    #[test]
    fn a_link_leads_to_its_move_while_that_is_asked_and_works_once() {
        let (now, until) = (Timestamp::UNIX_EPOCH, later(Timestamp::UNIX_EPOCH, 14));
        let it = asked(Consent::Link { digest: [1; 32], until }, until);
        assert_eq!(it.check_link(&[1; 32], now), Ok(()));
        let code = |it: &PlanMove, digest, at| it.check_link(&digest, at).unwrap_err().code;
        assert_eq!(code(&it, [2; 32], now), LINK_INVALID);
        assert_eq!(code(&it, [1; 32], until), LINK_INVALID);
        for over in
            [it.clone().consented(now, now).unwrap(), it.clone().declined(now).unwrap(), it.clone().expired(until)]
        {
            assert_eq!(code(&over, [1; 32], now), LINK_INVALID);
        }
        let attested = asked(Consent::Attested { at: now, shown: [1; 32] }, until);
        assert_eq!(code(&attested, [1; 32], now), LINK_INVALID, "what was shown is no secret");
    }

    #[test]
    fn a_move_is_active_only_by_way_of_consent_and_never_comes_back() {
        let (now, until) = (Timestamp::UNIX_EPOCH, later(Timestamp::UNIX_EPOCH, 14));
        let it = asked(Consent::Link { digest: [1; 32], until }, until);
        let consented = it.clone().consented(now, now).unwrap();
        assert_eq!((consented.state, consented.until), (MoveState::Consented, Some(later(now, END_DAYS))));
        assert_eq!(consented.clone().consented(now, now).unwrap_err().code, "move-state");
        for over in [it.clone().declined(now).unwrap(), consented.clone().declined(now).unwrap(), it.expired(until)] {
            assert_eq!(over.until, None);
            assert_eq!(over.clone().declined(now).unwrap_err().code, "move-state");
            assert_eq!(over.consented(now, now).unwrap_err().code, "move-state");
        }
    }

    #[test]
    fn an_open_move_expires_at_its_end_and_with_its_pledge() {
        let (now, until) = (Timestamp::UNIX_EPOCH, later(Timestamp::UNIX_EPOCH, 14));
        let it = asked(Consent::Link { digest: [1; 32], until }, until);
        assert_eq!(it.state_at(false, now), MoveState::Asked);
        assert_eq!(it.state_at(false, until), MoveState::Expired);
        assert_eq!(it.state_at(true, now), MoveState::Expired);
        assert_eq!(it.declined(now).unwrap().state_at(true, until), MoveState::Declined);
    }

    #[test]
    fn a_plan_that_waits_for_a_collector_or_a_means_goes_on_once_it_has_moved_and_a_pause_stays() {
        let now = Timestamp::UNIX_EPOCH;
        let until = later(now, NEEDS_ACTION_DAYS);
        let waits = |need| State::NeedsAction { since: now, until, need };
        for state in [waits(Need::Partner), waits(Need::Rail), waits(Need::Means), State::Lapsed { since: now, until }]
        {
            assert_eq!(state.moved(until), State::Active { since: until }, "{state:?}");
        }
        let paused = State::Active { since: now }.pause(now, None).unwrap();
        for state in [State::Active { since: now }, waits(Need::Campaign), paused] {
            assert_eq!(state.moved(until), state);
        }
    }
}
