//! Comma-separated values: RFC 4180, one row for each line of the journal, so that a fee has a row of its own.
//!
//! A spreadsheet takes a cell that begins like a formula for one. Texts of people that do get an apostrophe in front;
//! amounts are written by us and stay numbers.

use super::{Entry, Title, Writer};
use ::csv::{Terminator, WriterBuilder};
use std::borrow::Cow;

/// The names of the columns.
const COLUMNS: [&str; 18] = [
    "number",
    "line",
    "effective",
    "occurred",
    "recorded_at",
    "kind",
    "debit",
    "credit",
    "amount",
    "currency",
    "debit_after",
    "credit_after",
    "memo",
    "reference",
    "note_erased",
    "invoice",
    "counterparty",
    "organisation",
];

/// A table.
#[derive(Debug)]
pub(super) struct Csv;

impl Writer for Csv {
    /// The names of the columns.
    fn title(&mut self, _title: &Title<'_>) -> String {
        row(COLUMNS)
    }

    fn entry(&mut self, entry: &Entry<'_>) -> String {
        let [number, effective, occurred] =
            [entry.number.to_string(), entry.effective.to_string(), entry.occurred.to_string()];
        let recorded_at = entry.recorded_at.to_string();
        let [memo, reference] = [entry.text(), entry.reference].map(neutral);
        let [invoice, counterparty, organisation] =
            [entry.invoice, entry.counterparty, entry.organisation].map(neutral);
        let mut text = String::new();
        for (index, line) in entry.lines.iter().enumerate() {
            text += &row([
                &number,
                &(index + 1).to_string(),
                &effective,
                &occurred,
                &recorded_at,
                line.kind.as_str(),
                line.debit,
                line.credit,
                &line.unit.format(line.amount),
                line.unit.code(),
                &line.unit.format(line.debit_after),
                &line.unit.format(line.credit_after),
                &memo,
                &reference,
                if entry.erased { "true" } else { "false" },
                &invoice,
                &counterparty,
                &organisation,
            ]);
        }
        text
    }

    /// Nothing: every row of a table is a line.
    fn end(&mut self, _entries: i64) -> String {
        String::new()
    }
}

fn row(cells: [&str; 18]) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).expect("memory takes it");
    let bytes = writer.into_inner().expect("memory takes it");
    String::from_utf8(bytes).expect("made of texts")
}

/// How a formula begins, also in the full width of East Asian keyboards.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A text that no spreadsheet takes for a formula, also none that skips blanks.
pub fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{entry, lines, title};
    use super::*;

    #[test]
    fn a_line_is_a_row_and_only_what_needs_quotes_has_them() {
        assert!(Csv.title(&title()).starts_with("number,line,effective,"));
        let lines = lines();
        let text = Csv.entry(&Entry { invoice: "17", organisation: "Partner, One", ..entry(&lines) });
        assert_eq!(
            text.split_inclusive("\r\n").next(),
            Some(
                "17,1,2027-02-01,2027-01-31,2027-02-01T09:30:00.25Z,charge_captured,assets:receivable:partner,\
                 liabilities:fund:press,30.00,USD,30.00,-5.00,\"Charge\ncaptured; (a) | b\",\"chg_a, \
                 date:2020-01-01\",false,17,dnr_a,\"Partner, One\"\r\n"
            )
        );
        assert!(text.contains("\r\n17,2,2027-02-01,"), "{text}");
    }

    #[test]
    fn an_erased_note_is_marked() {
        let lines = lines();
        let erased = Entry { memo: "", reference: "", counterparty: "", erased: true, ..entry(&lines) };
        let text = Csv.entry(&erased);
        assert!(text.ends_with(",0.05,USD,30.00,-5.00,,,true,,,\r\n"), "{text}");
    }

    #[test]
    fn a_text_that_begins_like_a_formula_gets_an_apostrophe_and_an_amount_does_not() {
        for begin in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " =", "\u{a0}@"] {
            let text = format!("{begin}cmd|' /C calc'!A0");
            assert_eq!(neutral(&text), format!("'{text}"));
        }
        assert_eq!(neutral("Rent = 5"), "Rent = 5");
        let lines = &lines()[..1];
        let (memo, reference, party) = ("=1+1", "-\"x\"", "@x");
        let hostile =
            Entry { memo, reference, invoice: party, counterparty: party, organisation: party, ..entry(lines) };
        let text = Csv.entry(&hostile);
        assert!(text.ends_with(",-5.00,'=1+1,\"'-\"\"x\"\"\",false,'@x,'@x,'@x\r\n"), "{text}");
    }
}
