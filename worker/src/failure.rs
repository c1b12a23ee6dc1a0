//! Why a job was not done, and so what becomes of it.

use crate::explain::explain;
use crate::mail::MailError;
use crate::rail::{Rail, RailError};
use crate::together::Trouble;
use ledger::engine::shared_read::ReadError;
use ledger::{Error, Outage, SERIES_UNDER_WAY};

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another attempt holds the lease by now, and what becomes of the job is for that one to say.
    Fenced,
    /// The job may work later, and is tried again.
    Retry(String),
    /// The same; a service outside did not answer, which says nothing of the job.
    Away(String),
    /// It could do nothing, as its book is frozen or in the midst of a series of entries, the database takes no writes, or a service is known to be
    /// away: the attempt does not count.
    PutOff(String),
    /// The job will never work as it is: it goes to the dead-letter list, and somebody has to look.
    Bury(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Failure {
        let what = explain(error);
        // A connection that was lost may be the job's own doing: that attempt counts.
        if error.outage().is_some_and(|outage| outage != Outage::Away) {
            return Failure::PutOff(what);
        }
        match error {
            Error::Fenced => Failure::Fenced,
            Error::BookFrozen => Failure::PutOff(what),
            // It is the worker itself that brings the series to its end.
            Error::Refused(refusal) if refusal.code == SERIES_UNDER_WAY => Failure::PutOff(what),
            Error::Refused(_)
            | Error::Stale(_)
            | Error::StillRunning
            | Error::Overloaded
            | Error::Quota { .. }
            | Error::Database(_)
            | Error::Outage(_)
            | Error::Pool(_) => Failure::Retry(what),
            Error::NotFound(_)
            | Error::Invalid { .. }
            | Error::Forbidden(_)
            | Error::KeyReused
            | Error::Inconsistent(_) => Failure::Bury(what),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Own(error) => error.into(),
            Trouble::Shared(ReadError::Failed(error)) => Failure::from(&*error),
            Trouble::Shared(ReadError::Late) => Error::Outage(Outage::Away).into(),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Error::from(error).into()
    }
}

impl From<deadpool_postgres::PoolError> for Failure {
    fn from(error: deadpool_postgres::PoolError) -> Failure {
        Error::from(error).into()
    }
}

impl From<MailError> for Failure {
    fn from(error: MailError) -> Failure {
        let what = explain(&error);
        match error {
            MailError::Address(_) | MailError::Compose(_) => Failure::Bury(what),
            MailError::Refused(_) | MailError::File(_) => Failure::Retry(what),
            MailError::Unreachable(_) => Failure::Away(what),
        }
    }
}

impl Failure {
    /// Why a provider did nothing. One that counts by itself how often it does not answer keeps no other one waiting.
    pub(crate) fn of_rail(rail: &dyn Rail, error: RailError) -> Failure {
        match Failure::from(error) {
            Failure::Away(what) if rail.has_own_breaker() => Failure::Retry(what),
            failure @ (Failure::Fenced
            | Failure::Retry(_)
            | Failure::Away(_)
            | Failure::PutOff(_)
            | Failure::Bury(_)) => failure,
        }
    }
}

impl From<RailError> for Failure {
    fn from(error: RailError) -> Failure {
        match error {
            RailError::Unknown(_) | RailError::Unavailable(_) => Failure::Away(error.to_string()),
            RailError::Rejected(_) => Failure::Bury(error.to_string()),
            RailError::Pending(_) => Failure::Retry(error.to_string()),
            RailError::Resting(_) => Failure::PutOff(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Refusal;

    #[test]
    fn a_refusal_may_pass_and_a_contradiction_does_not() {
        let refused = Failure::from(Error::from(Refusal::new("fund-short", "the fund has 3.00 USD")));
        assert_eq!(refused, Failure::Retry("the fund has 3.00 USD".into()));
        let missing = Failure::from(Error::NotFound("charge"));
        assert_eq!(missing, Failure::Bury("no such charge".into()));
        assert!(matches!(Failure::from(Error::BookFrozen), Failure::PutOff(_)));
        let held = Failure::from(Error::from(Refusal::new(SERIES_UNDER_WAY, "a distribution is being taken back")));
        assert_eq!(held, Failure::PutOff("a distribution is being taken back".into()));
    }

    #[test]
    fn t4_a_job_loses_no_attempt_to_a_full_disk_but_to_a_lost_connection() {
        for outage in Outage::ALL {
            let failure = Failure::from(Error::Outage(outage));
            let expected = if outage == Outage::Away { Failure::Retry } else { Failure::PutOff };
            assert_eq!(failure, expected(outage.to_string()));
        }
    }
}
