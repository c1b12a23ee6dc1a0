//! A book as text that the tools of accountants and auditors read. Pure: rows in, text out.

mod beancount;
mod csv;
mod hledger;
mod jsonl;

pub use csv::neutral;

use crate::book::{AccountClass, LogRecord, MovementKind};
use crate::money::Unit;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// A format of exports.
    Format, "format" {
        /// The journal format of hledger.
        Hledger = "hledger",
        /// The syntax of Beancount, version 3.
        Beancount = "beancount",
        /// A table, RFC 4180: one row for each line of the journal.
        Csv = "csv",
        /// JSON Lines: one record for each entry, chained by digests.
        Jsonl = "jsonl",
    }
}

impl Format {
    /// The media type of the text.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Hledger | Format::Beancount => "text/plain; charset=utf-8",
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Jsonl => "application/jsonl",
        }
    }

    /// How the name of a file ends.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Hledger => "journal",
            Format::Beancount => "beancount",
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        }
    }

    /// Whether accounts are declared at its start and balances asserted at its end.
    pub fn is_journal(self) -> bool {
        match self {
            Format::Hledger | Format::Beancount => true,
            Format::Csv | Format::Jsonl => false,
        }
    }

    /// Whether it has every record, also those that are no entries, and ends with the trial balance.
    pub fn is_chain(self) -> bool {
        match self {
            Format::Jsonl => true,
            Format::Hledger | Format::Beancount | Format::Csv => false,
        }
    }

    /// Begins a text.
    pub fn writer(self) -> Box<dyn Writer> {
        match self {
            Format::Hledger => Box::new(hledger::Hledger),
            Format::Beancount => Box::new(beancount::Beancount::default()),
            Format::Csv => Box::new(csv::Csv),
            Format::Jsonl => Box::new(jsonl::Jsonl::default()),
        }
    }
}

words! {
    /// In which order the entries of an export stand.
    Order, "order" {
        /// By record number: as they were written down.
        Record = "record",
        /// By the day on which they count; those of a day by record number.
        Date = "date",
    }
}

/// Writes a book piece by piece, in the order of these functions. A format leaves out what it does not have.
pub trait Writer: Send + Sync {
    /// What stands before all else.
    fn title(&mut self, title: &Title<'_>) -> String;

    /// Declares a currency or unit.
    fn unit(&mut self, _unit: Unit) -> String {
        String::new()
    }

    /// Declares an account.
    fn account(&mut self, _account: Account<'_>) -> String {
        String::new()
    }

    /// What stands before the balances with which a part of a book begins on a day.
    fn opening(&mut self, _day: Date) -> String {
        String::new()
    }

    /// An account with which it begins, and its balance: debits less credits, minor units.
    fn opened(&mut self, _code: &str, _unit: Unit, _net: i64) -> String {
        String::new()
    }

    /// The next entry.
    fn entry(&mut self, entry: &Entry<'_>) -> String;

    /// The next record that is no entry.
    fn record(&mut self, _record: &LogRecord) -> String {
        String::new()
    }

    /// What stands before the balances of the end of a day.
    fn assertions(&mut self, _day: Date) -> String {
        String::new()
    }

    /// Asserts the balance of an account at the end of a day.
    fn assertion(&mut self, _assertion: &Assertion<'_>) -> String {
        String::new()
    }

    /// An account in the closing trial balance.
    fn closing(&mut self, _closing: &Closing<'_>) -> String {
        String::new()
    }

    /// What stands at the end: how many entries there are.
    fn end(&mut self, entries: i64) -> String;
}

/// What the head of an export says of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title<'a> {
    /// The book's outside id.
    pub book: String,
    /// Its name.
    pub name: &'a str,
    /// Its base currency.
    pub currency: &'a str,
    /// The last record that is in the export.
    pub through: i64,
    /// On which day accounts are opened: the first of the export, or of its first month; none when nothing took effect.
    pub begins: Option<Date>,
    /// The first day whose entries are in it; all that come before when none.
    pub from: Option<Date>,
    /// The last day whose entries are in it; all that come after when none.
    pub to: Option<Date>,
    /// In which order they stand.
    pub order: Order,
    /// Whether balances are asserted.
    pub asserts: bool,
}

impl Title<'_> {
    /// What is in the export, for people.
    fn extent(&self) -> String {
        let mut text = format!("records 1 to {}", self.through);
        if let Some(from) = self.from {
            text.push_str(&format!(", with effect from {from}"));
        }
        if let Some(to) = self.to {
            text.push_str(&format!("{} to {to}", if self.from.is_some() { "" } else { ", with effect" }));
        }
        text
    }

    /// In which order it stands, and where balances are asserted, for people.
    fn layout(&self) -> &'static str {
        match (self.order, self.asserts) {
            (Order::Record, true) => "by record number; balances are asserted at the end, month by month",
            (Order::Record, false) => "by record number; no balances are asserted",
            (Order::Date, true) => "by date, then by record number; balances are asserted after each month",
            (Order::Date, false) => "by date, then by record number; no balances are asserted",
        }
    }
}

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// Path, such as `assets:cash:bank`.
    pub code: &'a str,
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit.
    pub unit: Unit,
    /// Name of the organisation, campaign or challenge whose account it is; empty when it is of none of them.
    pub name: &'a str,
}

/// A journal entry, and whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its record number.
    pub number: i64,
    /// Day on which it counts.
    pub effective: Date,
    /// Day on which it happened.
    pub occurred: Date,
    /// When it was recorded, by the wall clock.
    pub recorded_at: Timestamp,
    /// What it was for.
    pub memo: &'a str,
    /// What the object that it is about says that it was for; empty when that says nothing.
    pub about: &'a str,
    /// What the entry is about.
    pub reference: &'a str,
    /// Number of the invoice; empty when there is none.
    pub invoice: &'a str,
    /// With whom: an id or a short name, which is a pseudonym and never the name of a person; empty when there is none.
    pub counterparty: &'a str,
    /// Name of the organisation with which, or through which, the money moved; empty when there is none.
    pub organisation: &'a str,
    /// The entry had a note, and it was erased.
    pub erased: bool,
    /// Its lines, in order; at least one.
    pub lines: &'a [Line<'a>],
}

impl Entry<'_> {
    /// The ways in which its money moves, each once.
    fn movement(&self) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for line in self.lines {
            if !kinds.contains(&line.kind.as_str()) {
                kinds.push(line.kind.as_str());
            }
        }
        kinds.join(" ")
    }

    /// Whether it moves the result of a period to equity, or takes that back, so that income statements leave it out.
    fn is_closing(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.kind, MovementKind::ResultClosed | MovementKind::ResultReopened))
    }

    /// Whether it opens a book that was kept elsewhere, or takes that back.
    fn is_opening(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.kind, MovementKind::BookOpened | MovementKind::OpeningTakenBack))
    }

    /// Who is named as the other side: the organisation, or else whom the entry is with.
    fn payee(&self) -> String {
        one_line(if self.organisation.trim().is_empty() { self.counterparty } else { self.organisation })
    }

    /// What it was for; the way in which its money moves where nobody says.
    fn narration(&self) -> String {
        let memo = one_line(self.text());
        if memo.is_empty() { self.movement() } else { memo }
    }

    /// What its object says that it was for, or else itself.
    fn text(&self) -> &str {
        if self.about.is_empty() { self.memo } else { self.about }
    }
}

/// One line of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// How the money moved.
    pub kind: MovementKind,
    /// Code of the account debited.
    pub debit: &'a str,
    /// Code of the account credited.
    pub credit: &'a str,
    /// Currency or unit.
    pub unit: Unit,
    /// The amount that moves, minor units, more than 0.
    pub amount: i64,
    /// Balance of the debited account after it, on its own side, minor units.
    pub debit_after: i64,
    /// Balance of the credited account after it, on its own side, minor units.
    pub credit_after: i64,
}

/// What an account must hold at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assertion<'a> {
    /// The day.
    pub day: Date,
    /// Path of the account.
    pub code: &'a str,
    /// Currency or unit.
    pub unit: Unit,
    /// Debits less credits, minor units.
    pub net: i64,
    /// Debits less credits of it and all accounts below it of the same unit, minor units.
    pub net_with_children: i64,
}

/// What an account moved in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing<'a> {
    /// Path of the account.
    pub code: &'a str,
    /// Currency or unit.
    pub unit: Unit,
    /// Sum of debits, minor units.
    pub debits: i64,
    /// Sum of credits, minor units.
    pub credits: i64,
    /// The balance on its own side, minor units.
    pub balance: i64,
}

/// A text as one line: no control characters, one blank between words.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Line and paragraph separators, and marks that turn the direction of what follows.
fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;

    /// The lines of the entry that the tests of all formats write.
    pub(super) fn lines() -> Vec<Line<'static>> {
        let line = Line {
            kind: MovementKind::ChargeCaptured,
            debit: "assets:receivable:partner",
            credit: "liabilities:fund:press",
            unit: Currency::USD.into(),
            amount: 3_000,
            debit_after: 3_000,
            credit_after: -500,
        };
        vec![line, Line { amount: 5, ..line }]
    }

    pub(super) fn entry<'a>(lines: &'a [Line<'a>]) -> Entry<'a> {
        Entry {
            number: 17,
            effective: date(2027, 2, 1),
            occurred: date(2027, 1, 31),
            recorded_at: "2027-02-01T09:30:00.25Z".parse().expect("a moment"),
            memo: "Charge\ncaptured; (a) | b",
            about: "",
            reference: "chg_a, date:2020-01-01",
            invoice: "",
            counterparty: "dnr_a",
            organisation: "",
            erased: false,
            lines,
        }
    }

    /// Texts of people that mean something to one format or another.
    pub(super) const HOSTILE: &str =
        "Müller | \"Söhne\", type:X date:2020-01-01 [2020-03-03]\u{2028}; #x ^y\n2020-01-01 * \\";

    pub(super) fn title() -> Title<'static> {
        Title {
            book: "bok_1".into(),
            name: "The \"host\"",
            currency: "USD",
            through: 17,
            begins: None,
            from: None,
            to: None,
            order: Order::Record,
            asserts: true,
        }
    }

    /// The words of each line, one blank between them.
    pub(super) fn squeezed(text: &str) -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn every_format_has_a_name_an_ending_and_a_media_type_of_its_own_kind() {
        for &format in Format::ALL {
            let parsed: Format = serde_json::from_value(format.as_str().into()).expect("its name is read back");
            assert_eq!(parsed, format);
            assert!(!format.extension().is_empty() && format.media_type().contains('/'));
        }
    }
}
