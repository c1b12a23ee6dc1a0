//! What the bank of sandbox books writes, read by the readers of banks' files.

use super::camt053_out::{Camt053Writer, Head};
use super::parts::{Parcel, Reading, read};
use super::{pain002, pain002_out};
use crate::money::{Currency, Money};
use crate::payouts::rules::bank_line::{Direction, Told};
use crate::payouts::rules::sandbox_bank::{Ordered, group_status};
use crate::payouts::rules::statement_file::{Balance, FileLine, Statement};
use jiff::Timestamp;
use jiff::civil::{Date, date};

fn at() -> Timestamp {
    "2027-01-09T01:02:03Z".parse().unwrap()
}

fn ordered(place: usize, minor: i64, last_four: &str) -> Ordered {
    Ordered {
        reference: format!("CP{place:032}"),
        amount: Money::from_minor(minor, Currency::USD).unwrap(),
        last_four: last_four.into(),
        on: date(2027, 1, 8),
        has_failed: false,
    }
}

fn parts(text: &[u8]) -> (Vec<FileLine>, Vec<Statement>) {
    let (mut lines, mut found) = (Vec::new(), Vec::new());
    let told = read(text, Reading::Camt053, |parcel| {
        match parcel {
            Parcel::Lines(page) => lines.extend(page),
            Parcel::End { statements, skipped } => {
                assert_eq!(skipped, 0);
                found = statements;
            }
        }
        true
    });
    told.unwrap();
    (lines, found)
}

#[test]
fn what_the_bank_of_the_sandbox_books_is_read_as_the_file_of_any_bank() {
    let all = [
        ordered(1, 500, "6789"),
        ordered(2, 500, "0002"),
        ordered(3, 500, "0003"),
        ordered(4, 500, "0004"),
        ordered(5, 500, "0001"),
        ordered(6, 500, "0005"),
        ordered(7, 100, "0003"),
        Ordered { has_failed: true, ..ordered(8, 500, "6789") },
    ];
    let before = |day: Date| -> Vec<Told> { all.iter().flat_map(|each| each.lines(day)).collect() };
    assert!(before(date(2027, 1, 8)).is_empty(), "the day is not over");
    let paid = before(date(2027, 1, 9));
    let fees: Vec<(i64, i64)> = paid.iter().map(|line| (line.amount.minor(), line.fee)).collect();
    assert_eq!(fees, [(500, 0), (500, 0), (400, 100), (400, 100), (100, 0)], "what it would keep whole it pays whole");
    assert_eq!(before(date(2027, 1, 13)), paid);
    let back: Vec<Told> = before(date(2027, 1, 14)).into_iter().filter(|line| !paid.contains(line)).collect();
    assert!(back.iter().all(|line| line.direction == Direction::Credit && line.amount.minor() == 500), "{back:?}");
    assert_eq!(back.len(), 2);

    let balance = |minor, on| Balance { minor, on };
    let mut file = Camt053Writer::begin(Vec::new(), "CPS1", at()).unwrap();
    for (name, lines, [opening, closing]) in [("1", &paid, [2_000, -100]), ("2", &back, [-100, 900])] {
        let on = lines[0].value_on;
        let head = Head {
            name: name.into(),
            account: "XXXXXXXX4711".into(),
            currency: Currency::USD,
            opening: balance(opening, on),
            closing: balance(closing, on),
        };
        file.statement(&head).unwrap();
        for line in lines {
            file.line(line, (line.direction == Direction::Credit).then_some("AC04")).unwrap();
        }
        file.statement_ends().unwrap();
    }
    let text = file.end().unwrap();
    let (lines, statements) = parts(&text);
    let told: Vec<&Told> = lines.iter().map(|line| &line.told).collect();
    assert_eq!(told, paid.iter().chain(&back).collect::<Vec<_>>(), "{}", String::from_utf8_lossy(&text));
    assert!(lines.iter().all(|line| line.told.reference.len() <= 35), "as long as a reference of a bank may be");
    assert_eq!((lines[0].besides.bank_code.as_str(), lines[0].besides.return_reason.as_str()), ("PMNT-ICDT-DMCT", ""));
    assert_eq!(
        (lines[5].besides.bank_code.as_str(), lines[5].besides.return_reason.as_str()),
        ("PMNT-ICDT-RRTN", "AC04")
    );
    let balances: Vec<_> =
        statements.iter().map(|found| (found.opening, found.closing, found.account.as_str())).collect();
    let (first, second) = (date(2027, 1, 8), date(2027, 1, 13));
    assert_eq!(
        balances,
        [
            (Some(balance(2_000, first)), Some(balance(-100, first)), "4711"),
            (Some(balance(-100, second)), Some(balance(900, second)), "4711"),
        ]
    );
}

#[test]
fn what_the_bank_of_the_sandbox_reports_is_read_as_the_report_of_any_bank() {
    let written = |all: &[Ordered]| {
        let payments = all.iter().filter_map(|each| Some((each.reference.as_str(), each.status()?)));
        let text = pain002_out::write(Vec::new(), ("CPR1", at()), ("CPF1", &group_status(all)), payments).unwrap();
        pain002::read(&text).unwrap()
    };
    let some = [ordered(1, 500, "6789"), ordered(2, 500, "0001"), ordered(3, 500, "0005")];
    let report = written(&some);
    assert_eq!((report.message.as_str(), report.group.code.as_str(), report.payments.len()), ("CPF1", "PART", 2));
    let rejected = &report.payments[&some[1].reference];
    assert_eq!((rejected.is_rejected(), rejected.reason.as_str()), (true, "AC04"));
    assert!(!report.payments[&some[0].reference].is_rejected());
    assert_eq!(written(&some[..1]).group.code, "ACCP");
    let all = written(&some[1..2]);
    assert_eq!((all.group.is_rejected(), all.group.reason.as_str()), (true, "AC04"));
}
