//! The reset of a second factor: whoever has lost authenticator and recovery codes asks, two operators agree, and a day later the factor
//! is removed. Until then the person objects, or an operator refuses. Moments are by the wall clock.

use crate::error::Refusal;
use crate::id::PersonId;
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long a session is who asks, at most: the mailed link of its sign-in is what they prove themselves with.
pub const SIGN_IN_MAX: SignedDuration = SignedDuration::from_mins(15);

/// How long operators have to agree.
const PATIENCE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long the factor stays after the second consent, and how long it takes until one may ask again.
pub const WAIT: SignedDuration = SignedDuration::from_hours(24);

words! {
    /// How a reset stands.
    ResetState, "state of a reset" {
        /// No operator has agreed yet.
        Asked = "asked",
        /// One operator has.
        Approved = "approved",
        /// Two have: the factor is removed when a day has passed.
        Waiting = "waiting",
        /// The factor is removed.
        Done = "done",
        /// The person has objected, or has proved the factor.
        Objected = "objected",
        /// An operator has refused.
        Refused = "refused",
        /// Nobody has agreed in time.
        Lapsed = "lapsed",
    }
}

impl ResetState {
    /// Whether something may still come of it.
    pub fn is_open(self) -> bool {
        match self {
            ResetState::Asked | ResetState::Approved | ResetState::Waiting => true,
            ResetState::Done | ResetState::Objected | ResetState::Refused | ResetState::Lapsed => false,
        }
    }
}

/// A reset that somebody has asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// Names it.
    pub id: Uuid,
    /// Whose factor it is.
    pub person: PersonId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The operator who agreed first, and when.
    pub first: Option<(PersonId, Timestamp)>,
    /// The one who agreed second, and when.
    pub second: Option<(PersonId, Timestamp)>,
    /// When it lapses; once it waits, when the factor is removed.
    pub until: Timestamp,
    /// Since when nothing comes of it any more.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub state: ResetState,
}

impl Reset {
    /// Asks.
    pub fn ask(person: PersonId, wall: Timestamp) -> Reset {
        Reset {
            id: Uuid::now_v7(),
            person,
            asked_at: wall,
            first: None,
            second: None,
            until: wall + PATIENCE,
            ended_at: None,
            state: ResetState::Asked,
        }
    }

    /// An operator agrees: the first, or another as the second.
    ///
    /// # Errors
    ///
    /// `second-factor-of-your-own`, `second-factor-reset-decided`, `second-factor-reset-none`.
    pub fn approve(self, by: PersonId, wall: Timestamp) -> Result<Reset, Refusal> {
        if by == self.person {
            let detail = "nobody resets a second factor of their own: other operators do";
            return Err(Refusal::new("second-factor-of-your-own", detail));
        }
        match self.state {
            ResetState::Asked => Ok(Reset { first: Some((by, wall)), state: ResetState::Approved, ..self }),
            ResetState::Approved if self.first.is_some_and(|(first, _)| first == by) => {
                Err(decided("you have agreed before: another operator has to agree as well"))
            }
            ResetState::Approved => {
                Ok(Reset { second: Some((by, wall)), until: wall + WAIT, state: ResetState::Waiting, ..self })
            }
            ResetState::Waiting => Err(decided("two operators have agreed before: it waits for its day to pass")),
            ResetState::Done | ResetState::Objected | ResetState::Refused | ResetState::Lapsed => Err(nothing()),
        }
    }

    /// It ends before its time, so: by who objects or refuses.
    ///
    /// # Errors
    ///
    /// `second-factor-reset-none`.
    pub fn end(self, state: ResetState, wall: Timestamp) -> Result<Reset, Refusal> {
        if self.state.is_open() { Ok(Reset { ended_at: Some(wall), state, ..self }) } else { Err(nothing()) }
    }

    /// What its clock brings at a moment: nothing before its time, and nothing when it is over.
    pub fn fall_due(self, wall: Timestamp) -> Option<Reset> {
        if wall < self.until {
            return None;
        }
        match self.state {
            ResetState::Asked | ResetState::Approved => {
                Some(Reset { ended_at: Some(wall), state: ResetState::Lapsed, ..self })
            }
            ResetState::Waiting => Some(Reset { ended_at: Some(wall), state: ResetState::Done, ..self }),
            ResetState::Done | ResetState::Objected | ResetState::Refused | ResetState::Lapsed => None,
        }
    }

    /// Refuses whoever asks again while it is open, or within a day after it has ended.
    ///
    /// # Errors
    ///
    /// `second-factor-reset-asked`.
    pub fn check_another(&self, wall: Timestamp) -> Result<(), Refusal> {
        let detail = match self.ended_at {
            None => "you have asked before: two operators have to agree".to_owned(),
            Some(ended_at) if wall < ended_at + WAIT => {
                format!("the last one ended {ended_at:.0}: ask again a day after that")
            }
            Some(_) => return Ok(()),
        };
        Err(Refusal::new("second-factor-reset-asked", detail))
    }
}

fn decided(detail: &str) -> Refusal {
    Refusal::new("second-factor-reset-decided", detail)
}

/// The refusal of what is about a reset that nobody has asked for.
pub fn nothing() -> Refusal {
    Refusal::new("second-factor-reset-none", "no reset is open: the person asks for one first")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3_600).unwrap()
    }

    #[test]
    fn sf_two_operators_who_are_neither_the_person_nor_the_same_make_it_wait_for_a_day() {
        let [person, one, other] = [PersonId::generate(), PersonId::generate(), PersonId::generate()];
        let asked = Reset::ask(person, at(0));
        assert_eq!(asked.clone().approve(person, at(1)).unwrap_err().code, "second-factor-of-your-own");
        let approved = asked.clone().approve(one, at(1)).unwrap();
        assert_eq!(approved.clone().approve(person, at(1)).unwrap_err().code, "second-factor-of-your-own");
        assert_eq!(approved.clone().approve(one, at(2)).unwrap_err().code, "second-factor-reset-decided");
        assert_eq!(approved.clone().fall_due(at(14 * 24)).map(|it| it.state), Some(ResetState::Lapsed));
        let waiting = approved.approve(other, at(30)).unwrap();
        assert_eq!((waiting.state, waiting.until), (ResetState::Waiting, at(54)));
        assert_eq!(waiting.clone().approve(other, at(31)).unwrap_err().code, "second-factor-reset-decided");
        assert_eq!(waiting.clone().fall_due(at(54) - SignedDuration::from_secs(1)), None);
        let done = waiting.fall_due(at(54)).unwrap();
        assert_eq!((done.state, done.ended_at), (ResetState::Done, Some(at(54))));
        assert_eq!(done.clone().fall_due(at(90)), None, "twice is once");
        assert_eq!(done.approve(one, at(55)).unwrap_err().code, "second-factor-reset-none");
    }

    #[test]
    fn sf_it_is_objected_to_while_it_is_open_and_asked_for_again_a_day_later() {
        let [person, one, other] = [PersonId::generate(), PersonId::generate(), PersonId::generate()];
        let asked = Reset::ask(person, at(0));
        assert_eq!(asked.check_another(at(1)).unwrap_err().code, "second-factor-reset-asked");
        let waiting = asked.clone().approve(one, at(1)).unwrap().approve(other, at(2)).unwrap();
        for open in [asked, waiting] {
            for state in [ResetState::Objected, ResetState::Refused] {
                let ended = open.clone().end(state, at(3)).unwrap();
                assert_eq!((ended.state, ended.clone().fall_due(at(1_000))), (state, None));
                assert_eq!(ended.clone().end(state, at(4)).unwrap_err().code, "second-factor-reset-none");
                assert_eq!(ended.check_another(at(26)).unwrap_err().code, "second-factor-reset-asked");
                assert!(ended.check_another(at(27)).is_ok());
            }
        }
    }
}
