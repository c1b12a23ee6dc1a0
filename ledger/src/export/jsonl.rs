//! JSON Lines: a header, one line for each record (most are entries), and a trailer with the closing trial balance.
//!
//! Every line is canonical (RFC 8785): keys in order, no blanks; amounts are decimal strings. `digest` is the SHA-256, in
//! hexadecimal digits, of the line without its `digest`; `previous` is the digest of the line before, zeros in the header.
//! So whoever knows the last digest notices every change. Balances are on their own side: of assets and expenses debits
//! less credits, of all others credits less debits.
//!
//! An entry has `about`, `counterparty`, `invoice` and `organisation` where they are known to the reader, and else no such
//! keys. They are no part of the record but looked up beside it: what one reader sees and another does not, and names as
//! they are now. No digest counts them, so that it is the same for all and stays the same. `ledger::verify` reads it, and
//! shares no code with this file.

use super::{Closing, Entry, Title, Writer};
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
    balances: Vec<Balance>,
}

impl Default for Jsonl {
    fn default() -> Jsonl {
        Jsonl { previous: NONE.into(), balances: Vec::new() }
    }
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
struct Posted<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    about: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    counterparty: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    effective: Date,
    erased: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    invoice: &'a str,
    lines: &'a [Moved<'a>],
    memo: &'a str,
    number: i64,
    occurred: Date,
    #[serde(skip_serializing_if = "str::is_empty")]
    organisation: &'a str,
    previous: &'a str,
    recorded_at: Timestamp,
    reference: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Moved<'a> {
    amount: String,
    credit: &'a str,
    credit_after: String,
    currency: &'a str,
    debit: &'a str,
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

    fn entry(&mut self, entry: &Entry<'_>) -> String {
        let moved = entry.lines.iter().map(|line| {
            let money = |minor| line.unit.format(minor);
            Moved {
                amount: money(line.amount),
                credit: line.credit,
                credit_after: money(line.credit_after),
                currency: line.unit.code(),
                debit: line.debit,
                debit_after: money(line.debit_after),
                kind: line.kind.as_str(),
            }
        });
        let lines: Vec<Moved<'_>> = moved.collect();
        self.seal(|previous, digest| {
            // What stands beside the record is in its line, and not in its digest.
            let beside = |text| if digest.is_some() { text } else { "" };
            canonical(&Posted {
                about: beside(entry.about),
                counterparty: beside(entry.counterparty),
                digest,
                effective: entry.effective,
                erased: entry.erased,
                invoice: beside(entry.invoice),
                lines: &lines,
                memo: entry.memo,
                number: entry.number,
                occurred: entry.occurred,
                organisation: beside(entry.organisation),
                previous,
                recorded_at: entry.recorded_at,
                reference: entry.reference,
                kind: "entry",
            })
        })
    }

    fn record(&mut self, record: &LogRecord) -> String {
        let body = ordered(&record.body);
        self.seal(|previous, digest| {
            canonical(&Other {
                body: &body,
                digest,
                kind: record.kind.as_str(),
                number: record.number,
                previous,
                recorded_at: record.recorded_at,
                type_: "record",
            })
        })
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
        let balances = std::mem::take(&mut self.balances);
        self.seal(|previous, digest| {
            canonical(&Trailer { balances: &balances, digest, entries, previous, kind: "trailer" })
        })
    }
}

impl Jsonl {
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
    use super::super::tests::{entry, lines, title};
    use super::*;
    use crate::money::Currency;

    fn written() -> String {
        let mut chain = Jsonl::default();
        let mut text = chain.title(&title());
        let lines = lines();
        text += &chain.entry(&Entry { number: 1, invoice: "17", organisation: "Partner", ..entry(&lines) });
        text += &chain.entry(&Entry { number: 2, memo: "", counterparty: "", erased: true, ..entry(&lines) });
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
        let about = ["counterparty", "invoice", "organisation"].map(|key| lines[1][key].as_str().unwrap_or_default());
        assert_eq!(about, ["dnr_a", "17", "Partner"]);
        assert!(lines[2].get("invoice").is_none() && lines[2].get("counterparty").is_none());
        assert_eq!((&lines[3]["entries"], &lines[3]["balances"][0]["balance"]), (&2.into(), &"29.99".into()));
        assert_eq!(lines[0]["previous"], NONE);
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previous"], pair[0]["digest"]);
        }
    }

    #[test]
    fn a_digest_is_that_of_the_line_without_it_and_what_stands_beside_the_record() {
        for line in written().lines() {
            let at = line.find("\"digest\":\"").expect("a digest");
            let member = &line[at..at + "\"digest\":\"\",".len() + 64];
            let mut rest = line.replacen(member, "", 1);
            for beside in ["\"counterparty\":\"dnr_a\",", "\"invoice\":\"17\",", "\"organisation\":\"Partner\","] {
                rest = rest.replace(beside, "");
            }
            assert_eq!(member[10..74], HEXLOWER.encode(&Sha256::digest(rest)));
        }
    }

    #[test]
    fn the_digests_are_the_same_for_who_sees_whom_an_entry_is_about_and_who_does_not() {
        let lines = lines();
        let bare = Entry { counterparty: "", ..entry(&lines) };
        let of = |entry: Entry<'_>| {
            let mut chain = Jsonl::default();
            let text = chain.title(&title()) + &chain.entry(&entry);
            (text, chain.previous)
        };
        let (seen, digest) =
            of(Entry { about: "A", counterparty: "dnr_b", invoice: "17", organisation: "New", ..bare });
        let (hidden, same) = of(bare);
        assert_eq!(digest, same);
        assert!(seen.contains("\"about\":\"A\"") && !hidden.contains("about"), "{seen}{hidden}");
        assert_ne!(of(Entry { memo: "other", ..bare }).1, same, "what the record itself says counts");
    }

    #[test]
    fn an_empty_book_has_a_header_and_a_trailer() {
        let mut chain = Jsonl::default();
        let text = chain.title(&title()) + &chain.end(0);
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("{\"balances\":[],\"digest\":") && text.ends_with(",\"type\":\"trailer\"}\n"), "{text}");
    }
}
