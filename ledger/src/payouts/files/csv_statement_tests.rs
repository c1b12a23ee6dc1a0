use super::csv_statement::{Amounts, Map};
use super::parts::{Parcel, Reading, read};
use crate::money::Currency;
use crate::payouts::rules::statement_file::{FileLine, Statement, Wrong};
use crate::table::{DayFormat, DecimalMark, Delimiter, Encoding, Layout};
use proptest::prelude::*;

fn all(text: &[u8], map: Map) -> Result<(Vec<FileLine>, Vec<Statement>, i64), Wrong> {
    let (mut lines, mut end) = (Vec::new(), None);
    read(text, Reading::Csv(Box::new(map)), |parcel| {
        match parcel {
            Parcel::Lines(page) => lines.extend(page),
            Parcel::End { statements, skipped } => end = Some((statements, skipped)),
        }
        true
    })?;
    let (statements, skipped) = end.expect("a file that was read has an end");
    Ok((lines, statements, skipped))
}

fn map() -> Map {
    Map {
        layout: Layout::default(),
        day: "Date".into(),
        amounts: Amounts::Signed("Amount".into()),
        currency: Currency::EUR,
        currency_column: None,
        reference: None,
        end_to_end: None,
        text: None,
        opening: None,
        closing: None,
    }
}

fn told(line: &FileLine) -> String {
    let told = &line.told;
    let besides = &line.besides.creditor_reference;
    format!("{} {} {} {} '{}' '{besides}'", told.reference, told.direction, told.amount, told.value_on, told.end_to_end)
}

#[test]
fn p10_a_table_of_a_bank_that_writes_latin_1_commas_and_two_columns_of_amounts() {
    let map = Map {
        layout: Layout {
            encoding: Encoding::Latin1,
            delimiter: Delimiter::Semicolon,
            decimal: DecimalMark::Comma,
            days: DayFormat::Dotted,
            skip: 2,
        },
        day: "Buchung".into(),
        amounts: Amounts::Split { debit: "Soll".into(), credit: "Haben".into() },
        reference: Some("Nummer".into()),
        text: Some("Zweck für".into()),
        currency_column: Some("W\u{e4}hrung".into()),
        opening: Some(100_000),
        closing: Some(222_350),
        ..map()
    };
    let text = "Konto;DE02\n;;\nBuchung;Soll;Haben;W\u{e4}hrung;Nummer;Zweck f\u{fc}r\n\
                03.02.2031;;1.234,50;EUR;17;\"Gabe; RF18 5390 0754 7034\"\n\
                04.02.2031;-11,00;;EUR;18;M\u{fc}ll\n05.02.2031;0,00;;EUR;19;\n\n";
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let (lines, statements, skipped) = all(&latin, map.clone()).unwrap();
    assert_eq!(
        lines.iter().map(told).collect::<Vec<_>>(),
        ["17 credit 1234.50 EUR 2031-02-03 '' 'RF18539007547034'", "18 debit 11.00 EUR 2031-02-04 '' ''"]
    );
    assert_eq!((lines[0].at, skipped, statements[0].lines), (4, 1, 2));
    assert_eq!(statements[0].closing.unwrap().on.to_string(), "2031-02-04");
    let wrong = all(&latin, Map { closing: Some(222_351), ..map }).unwrap_err().to_string();
    assert!(wrong.contains("should close with 2223.50 EUR, and says 2223.51 EUR"), "{wrong}");
}

#[test]
fn rows_without_names_are_named_by_what_they_say_and_two_alike_are_two() {
    let text = b"\xef\xbb\xbfDate,Amount\n2031-02-03,5.00\n2031-02-03,5.00\n2031-02-03,\"-1,000.25\"\n";
    let (lines, ..) = all(text, map()).unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line.told.reference.as_str()).collect();
    assert!(
        names[0].starts_with("unnamed 2031-02-03 ") && names[1] == format!("{}#2", names[0]) && names[2] != names[0]
    );
    let (again, ..) = all(text, map()).unwrap();
    assert_eq!(again, lines, "told again they have the same names");
    assert_eq!(lines[2].told.amount.to_string(), "1000.25 EUR");
}

#[test]
fn l7_what_the_map_says_and_the_table_has_not_is_refused_with_its_line() {
    let long = format!("Date,Amount\n2031-02-03,\"{}\"\n", "1".repeat(200_000));
    let split = Map { amounts: Amounts::Split { debit: "A".into(), credit: "B".into() }, ..map() };
    let named = Map { reference: Some("Ref".into()), ..map() };
    let skipping = Map { layout: Layout { skip: 3, ..Layout::default() }, ..map() };
    for (text, map, at, what) in [
        ("Datum,Amount\n", map(), 1, "no column is called 'Date'"),
        ("Date,Date,Amount\n", map(), 1, "two columns"),
        ("Date,Amount\n2031-02-03,5\n2031-02-03\n", map(), 3, "too few columns"),
        ("Date,Amount\n03.02.2031,5\n", map(), 2, "no day"),
        ("Date,Amount\n2031-02-03,5.005\n", map(), 2, "no amount"),
        ("Date,Amount\n2031-02-03,5 EUR\n", map(), 2, "no amount"),
        ("Date,Amount\n2031-02-03,\"1,00\"\n", map(), 2, "no amount"),
        ("Date,Amount\n2031-02-03,NaN\n", map(), 2, "no amount"),
        ("Date,A,B\n2031-02-03,1.00,2.00\n", split, 2, "a debit and a credit"),
        ("Date,Amount,Ref\n2031-02-03,1.00,a\u{202e}b\n", named, 2, "odd characters"),
        (long.as_str(), map(), 2, "64 KiB"),
        ("Date,Amount\n", skipping, 2, "ends before"),
    ] {
        let wrong = all(text.as_bytes(), map).expect_err(what);
        assert!(wrong.to_string().contains(what) && wrong.at == at, "{what}: {wrong}");
    }
    assert!(all(b"Date,Amount\n2031-02-03,\xff\n", map()).unwrap_err().to_string().contains("encoding"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn l7_no_table_makes_the_reader_fail_otherwise(text in "(Date,Amount\n)?[-0-9,.\"\n;a]{0,80}") {
        let _ = all(text.as_bytes(), map());
    }
}
