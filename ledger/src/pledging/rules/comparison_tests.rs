//! What is held of comparisons, whatever the day and the list: our own file differs in nothing, and one altered figure in one line.

use super::comparison::{Comparison, Difference, Found};
use super::comparison_list::{Columns, Said, WORDS, object, read};
use super::settlement_day::{DayLine, LineKind, Turn, head};
use crate::id::{BookId, ChargeId, OrganisationId, PledgeId};
use crate::money::Currency;
use crate::table::{DayFormat, DecimalMark, Delimiter, Layout};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

const DAY: Date = date(2027, 2, 1);

/// A line with the number that makes it its own.
fn line(number: u8, kind: LineKind, gross: i64, fee: i64, reference: &str) -> DayLine {
    let (book, object) = (BookId(7), Uuid::from_u128(u128::from(number) + 1));
    let is_pledge = kind == LineKind::Pledge;
    DayLine {
        kind,
        object,
        charge: (!is_pledge).then(|| ChargeId::new(book, object)),
        pledge: PledgeId::new(book, object),
        custodian: OrganisationId(Uuid::nil()),
        gross: if is_pledge { 0 } else { gross },
        fee: if is_pledge { 0 } else { fee },
        currency: Currency::USD,
        promised: if is_pledge { gross.abs() } else { 0 },
        turn: is_pledge.then_some(if fee % 2 == 0 { Turn::Made } else { Turn::Ended }),
        entry: 3,
        reference: reference.into(),
        provider_reference: if is_pledge { String::new() } else { format!("pay-{number}") },
    }
}

fn table(lines: &[DayLine]) -> String {
    head() + &lines.iter().map(|line| line.row(DAY)).collect::<String>()
}

fn compare(ours: &[DayLine], text: &str, layout: Layout, columns: &Columns) -> Found {
    let list = read(text.as_bytes(), layout, columns, Currency::USD).unwrap();
    let mut comparison = Comparison::new(DAY, list);
    ours.iter().cloned().for_each(|line| comparison.ours(line));
    comparison.end()
}

/// The same list as objects: what stands in the columns of our words, and nothing where nothing stands.
fn by_objects(ours: &[DayLine], text: &str) -> Found {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let places = WORDS.map(|word| rows.headers().unwrap().iter().position(|column| column == word).unwrap());
    let said = |row: csv::StringRecord| -> Said {
        places.map(|place| Some(row[place].to_owned()).filter(|text| !text.is_empty()))
    };
    let list = rows.records().zip(1..).map(|(row, at)| object(at, &said(row.unwrap()), Currency::USD)).collect();
    let mut comparison = Comparison::new(DAY, list);
    ours.iter().cloned().for_each(|line| comparison.ours(line));
    comparison.end()
}

fn words(found: &Found) -> Vec<(Difference, usize)> {
    found.counts.iter().map(|(word, count)| (*word, *count)).collect()
}

fn plainly(ours: &[DayLine], text: &str) -> Found {
    compare(ours, text, Layout::default(), &Columns::default())
}

fn some() -> Vec<DayLine> {
    vec![
        line(0, LineKind::Charge, 1_000, 30, "a"),
        line(1, LineKind::Charge, 1_000, 30, "=1+1"),
        line(2, LineKind::Refund, -400, 0, "a"),
        line(3, LineKind::Dispute, -1_000, 1_500, "b"),
        line(4, LineKind::Pledge, 3_000, 2, "c"),
    ]
}

/// A cell of a row is another one.
fn altered(table: &str, row: usize, column: usize, to: &str) -> String {
    let mut rows: Vec<String> = table.split_inclusive("\r\n").map(str::to_owned).collect();
    let mut cells: Vec<&str> = rows[row + 1].trim_end().split(',').collect();
    cells[column] = to;
    rows[row + 1] = cells.join(",") + "\r\n";
    rows.concat()
}

#[test]
fn p15_8_each_altered_figure_makes_one_difference_with_its_word() {
    let ours = some();
    let text = table(&ours);
    // Columns of our table: day 0, kind 1, id 2, gross 6, fee 7, net 8, currency 9, promised 13, turn 14.
    for (row, column, to, word) in [
        (0, 0, "2027-02-02", Difference::Day),
        (0, 1, "refund", Difference::State),
        (0, 6, "10.01", Difference::Amount),
        (0, 7, "0.31", Difference::Fee),
        (0, 8, "9.71", Difference::Amount),
        (0, 9, "EUR", Difference::Currency),
        (2, 6, "-4.01", Difference::Amount),
        (3, 7, "15.01", Difference::Fee),
        (3, 1, "dispute_won", Difference::State),
        (4, 13, "30.01", Difference::Amount),
        (4, 6, "30.00", Difference::Amount),
        (4, 14, "ended", Difference::State),
        (0, 6, "ten", Difference::Unreadable),
        (0, 1, "gift", Difference::Unreadable),
    ] {
        let found = plainly(&ours, &altered(&text, row, column, to));
        let mut expected = vec![(word, 1)];
        if word == Difference::Unreadable {
            // Nobody knows what it would have been of.
            expected.insert(0, (Difference::NotTheirs, 1));
        }
        assert_eq!(words(&found), expected, "{row} {column} {to}");
        assert_eq!(found.matched, ours.len() - 1);
        let found = by_objects(&ours, &altered(&text, row, column, to));
        assert_eq!((words(&found), found.matched), (expected, ours.len() - 1), "objects: {row} {column} {to}");
    }
    let found = plainly(&ours, &altered(&text, 0, 6, "ten"));
    let told = found.differing[0].unreadable.clone().unwrap();
    assert_eq!((told.at, told.column.as_str()), (2, "gross"));
    let found = by_objects(&ours, &altered(&text, 2, 6, "ten"));
    let told = found.differing[0].unreadable.clone().unwrap();
    assert_eq!((told.at, told.column.as_str()), (3, "gross"), "an object is told by its place");
}

#[test]
fn p15_8_a_line_more_a_line_less_and_one_twice_are_three_words() {
    let ours = some();
    let more = [ours.as_slice(), &[line(9, LineKind::Charge, 500, 0, "other")]].concat();
    assert_eq!(words(&plainly(&ours, &table(&more))), [(Difference::NotOurs, 1)]);
    assert_eq!(words(&plainly(&more, &table(&ours))), [(Difference::NotTheirs, 1)]);
    let twice = [ours.as_slice(), &ours[..1]].concat();
    assert_eq!(words(&plainly(&ours, &table(&twice))), [(Difference::Duplicate, 1)]);
    let none = plainly(&ours, &head());
    assert_eq!((words(&none), none.their_lines), (vec![(Difference::NotTheirs, 5)], 0));
    let sums = plainly(&ours, &table(&twice)).sums["USD"].1;
    assert_eq!((sums.ours.net, sums.theirs.net), (970 + 970 - 400 - 2_500, 970 * 3 - 400 - 2_500));
    assert_eq!((sums.ours.lines, sums.theirs.lines), (4, 5), "pledges are no money");
}

#[test]
fn p15_8_a_list_of_another_make_is_found_by_what_its_columns_are_called() {
    let ours = some();
    let text = "\u{feff}Zahlung;Betrag;Gebühr;Tag\r\npay-0;10,00 €;0,30;01.02.2027\r\n\r\n\"pay-1\";\"10,00\";;01.02.2027\r\n\
                pay-2;-4,00;;01.02.2027\r\npay-7;1.000,00;;\r\npay-8\r\n";
    let layout = Layout {
        delimiter: Delimiter::Semicolon,
        decimal: DecimalMark::Comma,
        days: DayFormat::Dotted,
        ..Layout::default()
    };
    let named = |name: &str| Some(name.to_owned());
    let columns = Columns {
        provider_reference: named("Zahlung"),
        gross: named("Betrag"),
        fee: named("Gebühr"),
        day: named("Tag"),
        ..Columns::default()
    };
    let found = compare(&ours, &text.replace(" €", ""), layout, &columns);
    let expected = [(Difference::NotOurs, 1), (Difference::NotTheirs, 2), (Difference::Unreadable, 1)];
    assert_eq!((words(&found), found.matched), (expected.to_vec(), 3));
    let euros = compare(&ours, text, layout, &columns);
    assert_eq!(euros.counts[&Difference::Unreadable], 2, "euros are no dollars");
    for (wrong, columns) in [
        ("no column is called 'gross'", Columns::default()),
        ("no column is called 'Summe'", Columns { gross: named("Summe"), ..columns.clone() }),
        (
            "no column is called 'id', 'reference' or 'provider_reference'",
            Columns { provider_reference: None, ..columns },
        ),
    ] {
        assert_eq!(read(text.as_bytes(), layout, &columns, Currency::USD).unwrap_err().what, wrong);
    }
}

fn lines() -> impl Strategy<Value = Vec<DayLine>> {
    let kind = prop::sample::select(LineKind::ALL);
    let one = (kind, 1..1_000_000_i64, 0..1_000_i64, "[=@a-c'\" ,]{1,3}x");
    prop::collection::vec(one, 1..40).prop_map(|lines| {
        let lines = lines.into_iter().enumerate();
        lines
            .map(|(place, (kind, gross, fee, reference))| {
                let gross = if matches!(kind, LineKind::Refund | LineKind::Dispute) { -gross } else { gross };
                line(u8::try_from(place).unwrap(), kind, gross, fee, reference.trim())
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn p15_8_the_file_that_we_wrote_differs_in_nothing_and_by_one_cent_in_one_line(
        ours in lines(), place in any::<prop::sample::Index>(), by_fee in any::<bool>(), reversed in any::<bool>(),
    ) {
        let mut theirs = ours.clone();
        if reversed {
            theirs.reverse();
        }
        let found = plainly(&ours, &table(&theirs));
        prop_assert_eq!((words(&found), found.matched), (vec![], ours.len()));
        prop_assert_eq!(by_objects(&ours, &table(&theirs)), found, "as objects it is the same list");
        let altered = &mut theirs[place.index(ours.len())];
        let is_pledge = altered.kind == LineKind::Pledge;
        match (is_pledge, by_fee) {
            (true, _) => altered.promised += 1,
            (false, true) => altered.fee += 1,
            (false, false) => altered.gross += 1,
        }
        let word = if by_fee && !is_pledge { Difference::Fee } else { Difference::Amount };
        prop_assert_eq!(words(&plainly(&ours, &table(&theirs))), vec![(word, 1)]);
    }

    #[test]
    fn p15_8_whatever_comes_as_a_list_is_read_or_refused(text in any::<String>()) {
        let list = read(format!("id,gross\n{text}").as_bytes(), Layout::default(), &Columns::default(), Currency::USD);
        if let Ok(list) = list {
            let count = list.len();
            let found = Comparison::new(DAY, list).end();
            prop_assert_eq!(found.counts.values().sum::<usize>(), count);
        }
    }

    #[test]
    fn p15_8_whatever_an_object_says_is_read_or_told_by_its_word(
        said in prop::array::uniform11(prop::option::of(prop::sample::select(vec!["", "charge", "5.00", "-5.00", "USD", "made", "2027-02-01", "\u{0}", "x"]))),
    ) {
        let said: Said = said.map(|text| text.map(str::to_owned));
        if let Err(unreadable) = object(7, &said, Currency::USD) {
            prop_assert!(unreadable.at == 7 && WORDS.contains(&unreadable.column.as_str()), "{:?}", unreadable);
        }
    }
}
