//! JSON Lines: a header, one line for each record (most are entries), and a trailer with the closing trial balance.
//!
//! Every line is canonical (RFC 8785): keys in order, no blanks; amounts are decimal strings. `digest` is the SHA-256, in
//! hexadecimal digits, of the line without its `digest`; `previous` is the digest of the line before, zeros in the header.
//! So whoever knows the last digest notices every change. Balances are on their own side: of assets and expenses debits
//! less credits, of all others credits less debits. `ledger::verify` reads it, and shares no code with this file.

use super::{Closing, Title, Transfer, Writer};
use crate::book::LogRecord;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Name and version of the format.
const FORMAT: &str = "commonpurse-book";
const VERSION: u32 = 1;

/// Stands for the digest of the line before the first.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A chain of records.
#[derive(Debug)]
pub(super) struct Jsonl {
    /// Digest of the line that was written last.
    previous: String,
    /// The entry whose lines are coming.
    pending: Option<Pending>,
    balances: Vec<Balance>,
}

impl Default for Jsonl {
    fn default() -> Jsonl {
        Jsonl { previous: NONE.into(), pending: None, balances: Vec::new() }
    }
}

/// An entry whose lines are not all known yet.
#[derive(Debug)]
struct Pending {
    number: i64,
    effective: Date,
    occurred: Date,
    recorded_at: Timestamp,
    memo: String,
    reference: String,
    erased: bool,
    lines: Vec<Line>,
}

// The fields of these are in the order of their keys, as RFC 8785 wants them.

#[derive(Serialize)]
struct Header<'a> {
    book: &'a str,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    format: &'static str,
    name: &'a str,
    previous: &'a str,
    through: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    version: u32,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    effective: Date,
    erased: bool,
    lines: &'a [Line],
    memo: &'a str,
    number: i64,
    occurred: Date,
    previous: &'a str,
    recorded_at: Timestamp,
    reference: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Line {
    amount: String,
    credit: String,
    credit_after: String,
    currency: String,
    debit: String,
    debit_after: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Other<'a> {
    body: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    kind: &'static str,
    number: i64,
    previous: &'a str,
    recorded_at: Timestamp,
    #[serde(rename = "type")]
    type_: &'static str,
}

#[derive(Serialize)]
struct Trailer<'a> {
    balances: &'a [Balance],
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    entries: i64,
    previous: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Balance {
    account: String,
    balance: String,
    credits: String,
    currency: String,
    debits: String,
}

impl Writer for Jsonl {
    fn title(&mut self, title: &Title<'_>) -> String {
        self.seal(|previous, digest| {
            canonical(&Header {
                book: &title.book,
                currency: title.currency,
                digest,
                format: FORMAT,
                name: title.name,
                previous,
                through: title.through,
                kind: "header",
                version: VERSION,
            })
        })
    }

    /// The record of the entry before, when this line begins another.
    fn line(&mut self, line: &Transfer<'_>) -> String {
        let money = |minor| line.unit.format(minor);
        let written = Line {
            amount: money(line.amount),
            credit: line.credit.into(),
            credit_after: money(line.credit_after),
            currency: line.unit.code().into(),
            debit: line.debit.into(),
            debit_after: money(line.debit_after),
            kind: line.kind.as_str(),
        };
        if let Some(pending) = self.pending.as_mut().filter(|pending| pending.number == line.number) {
            pending.lines.push(written);
            return String::new();
        }
        let before = self.flush();
        self.pending = Some(Pending {
            number: line.number,
            effective: line.effective,
            occurred: line.occurred,
            recorded_at: line.recorded_at,
            memo: line.memo.into(),
            reference: line.reference.into(),
            erased: line.erased,
            lines: vec![written],
        });
        before
    }

    fn record(&mut self, record: &LogRecord) -> String {
        let before = self.flush();
        let body = ordered(&record.body);
        let sealed = self.seal(|previous, digest| {
            canonical(&Other {
                body: &body,
                digest,
                kind: record.kind.as_str(),
                number: record.number,
                previous,
                recorded_at: record.recorded_at,
                type_: "record",
            })
        });
        before + &sealed
    }

    fn closing(&mut self, closing: &Closing<'_>) -> String {
        let money = |minor| closing.unit.format(minor);
        self.balances.push(Balance {
            account: closing.code.into(),
            balance: money(closing.balance),
            credits: money(closing.credits),
            currency: closing.unit.code().into(),
            debits: money(closing.debits),
        });
        String::new()
    }

    /// An export without it was cut.
    fn end(&mut self, entries: i64) -> String {
        let last = self.flush();
        let balances = std::mem::take(&mut self.balances);
        let trailer = self.seal(|previous, digest| {
            canonical(&Trailer { balances: &balances, digest, entries, previous, kind: "trailer" })
        });
        last + &trailer
    }
}

impl Jsonl {
    /// The record of the entry whose lines have all come.
    fn flush(&mut self) -> String {
        let Some(entry) = self.pending.take() else { return String::new() };
        self.seal(|previous, digest| {
            canonical(&Entry {
                digest,
                effective: entry.effective,
                erased: entry.erased,
                lines: &entry.lines,
                memo: &entry.memo,
                number: entry.number,
                occurred: entry.occurred,
                previous,
                recorded_at: entry.recorded_at,
                reference: &entry.reference,
                kind: "entry",
            })
        })
    }

    /// A line with its digest, chained to the line before.
    fn seal(&mut self, record: impl Fn(&str, Option<&str>) -> String) -> String {
        let digest = HEXLOWER.encode(&Sha256::digest(record(&self.previous, None)));
        let line = record(&self.previous, Some(&digest)) + "\n";
        self.previous = digest;
        line
    }
}

/// The value with the keys of all its objects in order.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(key, value)| (key.clone(), ordered(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(ordered).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn canonical(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("texts and whole numbers under texts")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{title, transfer};
    use super::*;
    use crate::money::Currency;

    fn written() -> String {
        let mut chain = Jsonl::default();
        let mut text = chain.title(&title());
        text += &chain.line(&Transfer { number: 1, ..transfer() });
        text += &chain.line(&Transfer { number: 1, line: 2, amount: 5, ..transfer() });
        text += &chain.line(&Transfer { number: 2, memo: "", erased: true, ..transfer() });
        let usd = Currency::USD.into();
        text += &chain.closing(&Closing { code: "assets:a", unit: usd, debits: 3_000, credits: 1, balance: 2_999 });
        text + &chain.end(2)
    }

    #[test]
    fn there_is_a_header_a_record_for_each_entry_and_a_trailer() {
        let text = written();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
        let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds, ["header", "entry", "entry", "trailer"]);
        assert_eq!(lines[1]["lines"].as_array().map(Vec::len), Some(2));
        assert_eq!((&lines[1]["lines"][1]["amount"], &lines[2]["erased"]), (&"0.05".into(), &true.into()));
        assert_eq!((&lines[3]["entries"], &lines[3]["balances"][0]["balance"]), (&2.into(), &"29.99".into()));
        assert_eq!(lines[0]["previous"], NONE);
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previous"], pair[0]["digest"]);
        }
    }

    #[test]
    fn a_digest_is_that_of_the_line_without_it() {
        for line in written().lines() {
            let at = line.find("\"digest\":\"").expect("a digest");
            let member = &line[at..at + "\"digest\":\"\",".len() + 64];
            let rest = line.replacen(member, "", 1);
            assert_eq!(member[10..74], HEXLOWER.encode(&Sha256::digest(rest)));
        }
    }

    #[test]
    fn an_empty_book_has_a_header_and_a_trailer() {
        let mut chain = Jsonl::default();
        let text = chain.title(&title()) + &chain.end(0);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("{\"balances\":[],\"digest\":") && text.ends_with(",\"type\":\"trailer\"}\n"), "{text}");
    }
}
