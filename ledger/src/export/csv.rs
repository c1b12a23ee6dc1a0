//! Comma-separated values: RFC 4180, one row for each line of the journal, so that a fee has a row of its own.
//!
//! A spreadsheet takes a cell that begins like a formula for one. Texts of people that do get an apostrophe in front;
//! amounts are written by us and stay numbers.

use super::{Title, Transfer, Writer};
use ::csv::{Terminator, WriterBuilder};
use std::borrow::Cow;

/// The names of the columns.
const COLUMNS: [&str; 15] = [
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
];

/// A table.
#[derive(Debug)]
pub(super) struct Csv;

impl Writer for Csv {
    /// The names of the columns.
    fn title(&mut self, _title: &Title<'_>) -> String {
        row(COLUMNS)
    }

    fn line(&mut self, line: &Transfer<'_>) -> String {
        row([
            &line.number.to_string(),
            &line.line.to_string(),
            &line.effective.to_string(),
            &line.occurred.to_string(),
            &line.recorded_at.to_string(),
            line.kind.as_str(),
            line.debit,
            line.credit,
            &line.unit.format(line.amount),
            line.unit.code(),
            &line.unit.format(line.debit_after),
            &line.unit.format(line.credit_after),
            &neutral(line.memo),
            &neutral(line.reference),
            if line.erased { "true" } else { "false" },
        ])
    }

    /// Nothing: every row of a table is a line.
    fn end(&mut self, _entries: i64) -> String {
        String::new()
    }
}

fn row(cells: [&str; 15]) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).expect("memory takes it");
    let bytes = writer.into_inner().expect("memory takes it");
    String::from_utf8(bytes).expect("made of texts")
}

/// How a formula begins, also in the full width of East Asian keyboards.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A text that no spreadsheet takes for a formula, also none that skips blanks.
fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{title, transfer};
    use super::*;

    #[test]
    fn a_line_is_a_row_and_only_what_needs_quotes_has_them() {
        assert!(Csv.title(&title()).starts_with("number,line,effective,"));
        assert_eq!(
            Csv.line(&transfer()),
            "17,1,2027-02-01,2027-01-31,2027-02-01T09:30:00.25Z,charge_captured,assets:receivable:partner,\
             liabilities:fund:press,30.00,USD,30.00,-5.00,\"Charge\ncaptured; (a) | b\",\"chg_a, date:2020-01-01\",false\r\n"
        );
    }

    #[test]
    fn an_erased_note_is_marked() {
        let text = Csv.line(&Transfer { memo: "", reference: "", erased: true, ..transfer() });
        assert!(text.ends_with(",30.00,-5.00,,,true\r\n"), "{text}");
    }

    #[test]
    fn a_text_that_begins_like_a_formula_gets_an_apostrophe_and_an_amount_does_not() {
        for begin in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " =", "\u{a0}@"] {
            let memo = format!("{begin}cmd|' /C calc'!A0");
            assert_eq!(neutral(&memo), format!("'{memo}"));
        }
        assert_eq!(neutral("Rent = 5"), "Rent = 5");
        let text = Csv.line(&Transfer { memo: "=1+1", reference: "-\"x\"", ..transfer() });
        assert!(text.ends_with(",-5.00,'=1+1,\"'-\"\"x\"\"\",false\r\n"), "{text}");
    }
}
