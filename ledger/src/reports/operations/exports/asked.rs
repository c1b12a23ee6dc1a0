//! What somebody asks of an export.

use super::lines::Span;
use super::whom::Sees;
use crate::error::Error;
use crate::export::{Format, Order};
use crate::reports::operations::{FIRST_DAY, LAST_DAY};
use jiff::civil::Date;

/// What of a book is exported, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The format.
    pub format: Format,
    /// The first day whose entries are in it; all that come before when none.
    pub from: Option<Date>,
    /// The last day whose entries are in it; all that come after when none.
    pub to: Option<Date>,
    /// In which order entries stand.
    pub order: Order,
    /// Whether balances are asserted; that of the format when none.
    pub assertions: Option<bool>,
    /// Which parties the reader may know.
    pub sees: Sees,
}

impl Asked {
    /// The whole book, in the order of its records.
    pub fn whole(format: Format) -> Asked {
        Asked { format, from: None, to: None, order: Order::Record, assertions: None, sees: Sees::default() }
    }

    /// Refuses what the format does not have. Days before all days are the first one.
    pub(super) fn checked(self) -> Result<Asked, Error> {
        if self.format.is_chain() {
            let whole = "JSON Lines are the whole book in the order of its records: a part of a chain proves nothing";
            let parts = [("/from", self.from.is_some()), ("/to", self.to.is_some())];
            let parts = parts.into_iter().chain([("/order", self.order != Order::Record)]);
            if let Some((pointer, _)) = parts.into_iter().find(|(_, is_asked)| *is_asked) {
                return Err(Error::invalid(pointer, whole));
            }
        }
        if self.assertions.is_some() && !self.format.is_journal() {
            return Err(Error::invalid("/assertions", "only hledger and beancount assert balances"));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            return Err(Error::invalid("/to", "must not come before from"));
        }
        let [from, to] = [self.from, self.to].map(|day| day.map(|day| day.max(FIRST_DAY)));
        Ok(Asked { from, to, ..self })
    }

    /// Whether balances are asserted.
    pub(super) fn asserts(&self) -> bool {
        self.format.is_journal() && self.assertions.unwrap_or(true)
    }

    /// All days that are in it.
    pub(super) fn days(&self) -> Span {
        Span { first: self.from.unwrap_or(FIRST_DAY), last: self.to.unwrap_or(LAST_DAY) }
    }

    /// The days of a month that are in it.
    pub(super) fn days_of(&self, month: Date) -> Option<Span> {
        let days = self.days();
        let span = Span { first: month.max(days.first), last: month.last_of_month().min(days.last) };
        (span.first <= span.last).then_some(span)
    }
}
