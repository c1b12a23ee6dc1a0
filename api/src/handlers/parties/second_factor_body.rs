//! What is shown of a second factor and of its reset: no secret.

use jiff::Timestamp;
use ledger::parties::operations::second_factors::Standing;
use ledger::parties::rules::second_factor_reset::Reset;
use serde::Serialize;
use utoipa::ToSchema;

/// How the second factor of a person stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondFactor)]
pub struct SecondFactorBody {
    /// `none`; `begun`: its secret was shown, and its first code is to come; or `active`: it counts.
    state: String,
    /// Since when it counts, by the wall clock; null while it does not.
    active_at: Option<Timestamp>,
    /// How many recovery codes are not used.
    recovery_codes_left: i64,
    /// After ten wrong codes in a row none is taken until then, by the wall clock; null otherwise.
    waits_until: Option<Timestamp>,
    /// The reset that was asked for last; null when there was none in the last 90 days.
    reset: Option<ResetBody>,
}

impl From<Standing> for SecondFactorBody {
    fn from(it: Standing) -> SecondFactorBody {
        SecondFactorBody {
            state: it.state.to_string(),
            active_at: it.active_at,
            recovery_codes_left: it.codes_left,
            waits_until: it.waits_until,
            reset: it.reset.map(ResetBody::from),
        }
    }
}

/// A reset of a second factor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FactorReset)]
pub struct ResetBody {
    /// `asked`; `approved` by one operator; `waiting`: two have agreed, and the factor is removed at `until`; `done`; `objected`: by the
    /// person, or since they have proved the factor; `refused` by an operator; or `lapsed`: nobody has agreed in time.
    state: String,
    /// When it was asked for, by the wall clock.
    asked_at: Timestamp,
    /// When one operator agreed, by the wall clock; null before.
    approved_at: Option<Timestamp>,
    /// When another one did, by the wall clock; null before.
    agreed_at: Option<Timestamp>,
    /// When it lapses, or once it waits, when the factor is removed; by the wall clock.
    until: Timestamp,
    /// Since when nothing comes of it any more, by the wall clock; null while something may.
    ended_at: Option<Timestamp>,
}

impl From<Reset> for ResetBody {
    fn from(it: Reset) -> ResetBody {
        ResetBody {
            state: it.state.to_string(),
            asked_at: it.asked_at,
            approved_at: it.first.map(|(_, at)| at),
            agreed_at: it.second.map(|(_, at)| at),
            until: it.until,
            ended_at: it.ended_at,
        }
    }
}
