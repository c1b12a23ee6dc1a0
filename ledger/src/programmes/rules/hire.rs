//! Somebody who works in a programme. Who it is, the book does not say.

use crate::error::{Error, Refusal};
use crate::id::{HireId, ProgrammeId};
use jiff::Timestamp;
use jiff::civil::Date;

/// Somebody who works in a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hire {
    /// Its id.
    pub id: HireId,
    /// The programme.
    pub programme: ProgrammeId,
    /// The number of the place, from 1.
    pub place: i16,
    /// What they do.
    pub title: String,
    /// The first day of work.
    pub starts_on: Date,
    /// The last day of work; none while there is none.
    pub ends_on: Option<Date>,
    /// When it was written down, in book time.
    pub hired_at: Timestamp,
}

impl Hire {
    /// Refuses a second end, and one before the first day.
    ///
    /// # Errors
    ///
    /// `hire-ended`; [`Error::Invalid`] at `/ends_on`.
    pub fn check_end(&self, ends_on: Date) -> Result<(), Error> {
        if let Some(ended) = self.ends_on {
            return Err(Refusal::new("hire-ended", format!("the last day of work was set to {ended} already")).into());
        }
        if ends_on < self.starts_on {
            return Err(Error::invalid("/ends_on", format!("{} at the earliest, the first day", self.starts_on)));
        }
        Ok(())
    }
}
