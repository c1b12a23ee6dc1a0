//! What the writers write and the reader reads, each looked at by other means than they were made with.

use super::batch::{Batch, Party, Payment, Unwritable};
use super::csv_out::{Column, Field, Layout};
use super::nacha::{BLOCK, EntryClass, RECORD};
use super::{csv_out, nacha, pain001, pain002};
use crate::money::{Currency, Money};
use crate::payouts::rules::bank_details::{Address, BankDetails, Number};
use crate::table::{DecimalMark, Delimiter};
use jiff::Timestamp;
use jiff::civil::date;

fn address() -> Address {
    Address { street: "Werkweg 3".into(), postal_code: "10115".into(), town: "Köln".into(), country: "DE".into() }
}

fn party(holder: &str, number: Number, bank_country: &str) -> Party {
    let details = BankDetails { holder: holder.into(), number, address: address() };
    Party { details, bank_country: bank_country.into() }
}

fn iban(holder: &str) -> Party {
    party(holder, Number::iban("DE89370400440532013000").unwrap(), "DE")
}

fn local(holder: &str, account: &str, routing: &str) -> Party {
    party(holder, Number::Local { account: account.into(), routing: routing.into() }, "US")
}

fn payment(place: usize, minor: i64, currency: Currency, to: Party) -> Payment {
    Payment {
        reference: format!("CP{place:032}"),
        amount: Money::from_minor(minor, currency).unwrap(),
        memo: "Frame & saw <2>".into(),
        to,
    }
}

fn batch(currency: Currency, from: Party, payments: Vec<Payment>) -> Batch {
    Batch {
        message: "CPF00000000000000000000000000000001".into(),
        made_at: "2027-01-07T09:08:07.123456Z".parse::<Timestamp>().unwrap(),
        execution_on: date(2027, 1, 8),
        currency,
        originator: "1234567890".into(),
        from,
        payments,
    }
}

#[test]
fn a_transfer_order_counts_and_sums_and_says_who_bears_what_it_costs() {
    let payments = vec![
        payment(1, 123, Currency::EUR, iban("Bohrer & Söhne")),
        payment(2, 100_000, Currency::EUR, iban("\u{202e}")),
    ];
    let made = batch(Currency::EUR, iban("Offene Werkstatt e.V."), payments);
    let text = String::from_utf8(pain001::write(&made).unwrap()).unwrap();
    assert_eq!(text.matches("<NbOfTxs>2</NbOfTxs>").count(), 2);
    assert_eq!(text.matches("<CtrlSum>1001.23</CtrlSum>").count(), 2);
    for stands in [
        "<CreDtTm>2027-01-07T09:08:07Z</CreDtTm>",
        "<BtchBookg>false</BtchBookg>",
        "<Dt>2027-01-08</Dt>",
        "<Cd>SEPA</Cd>",
        "<ChrgBr>SLEV</ChrgBr>",
        "<InstdAmt Ccy=\"EUR\">1.23</InstdAmt>",
        "<Nm>Bohrer + Sohne</Nm>",
        "<Nm>NOTPROVIDED</Nm>",
        "<TwnNm>Koln</TwnNm>",
        "<Ustrd>Frame + saw (2)</Ustrd>",
    ] {
        assert!(text.contains(stands), "{stands} in {text}");
    }
    assert!(!text.contains("InstrPrty") && !text.contains("CdtrAgt"), "{text}");
    assert_eq!(pain001::write(&made).unwrap(), text.as_bytes(), "the same bytes each time");
    let dollars = batch(
        Currency::USD,
        local("Open Press", "000123456789", "021000021"),
        vec![payment(1, 100, Currency::USD, local("Drill Team", "000987654321", "121000358"))],
    );
    let text = String::from_utf8(pain001::write(&dollars).unwrap()).unwrap();
    for stands in ["<ChrgBr>SHAR</ChrgBr>", "<Cd>USABA</Cd>", "<MmbId>121000358</MmbId>", "<Id>000987654321</Id>"] {
        assert!(text.contains(stands), "{stands} in {text}");
    }
    assert!(!text.contains("SEPA"), "{text}");
}

/// Reads a file of the network by its columns alone, and adds up what it says of itself.
fn check_nacha(text: &str, payments: usize, total: i64) {
    let records: Vec<&str> = text.lines().collect();
    assert!(records.len().is_multiple_of(BLOCK) && records.iter().all(|record| record.len() == RECORD), "{text}");
    let number = |record: &str, from: usize, to: usize| record[from..to].parse::<i64>().unwrap();
    let of = |kind: char| records.iter().filter(|record| record.starts_with(kind)).copied().collect::<Vec<&str>>();
    // What fills the last block begins with a 9 as well.
    let filler = "9".repeat(RECORD);
    let control = of('9').into_iter().find(|record| *record != filler).unwrap();
    let (entries, addenda, batch) = (of('6'), of('7'), of('8')[0]);
    let (mut hash, mut sum) = (0, 0);
    for (place, (entry, addendum)) in entries.iter().zip(&addenda).enumerate() {
        let routing: Vec<i64> = entry[3..12].bytes().map(|digit| i64::from(digit - b'0')).collect();
        let weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];
        assert_eq!(routing.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<i64>() % 10, 0, "{entry}");
        hash += number(entry, 3, 11);
        sum += number(entry, 29, 39);
        let trace = i64::try_from(place).unwrap() + 1;
        assert_eq!((number(entry, 87, 94), number(addendum, 87, 94), &entry[1..3]), (trace, trace, "22"));
        assert_eq!(&entry[39..54], &addendum[3..37][19..], "the id is the end of the reference");
    }
    assert_eq!((entries.len(), addenda.len(), sum), (payments, payments, total));
    for control in [
        (number(batch, 4, 10), number(batch, 10, 20), number(batch, 20, 32), number(batch, 32, 44)),
        (number(control, 13, 21), number(control, 21, 31), number(control, 31, 43), number(control, 43, 55)),
    ] {
        assert_eq!(control, (i64::try_from(2 * payments).unwrap(), hash % 10_000_000_000, 0, total));
    }
    assert_eq!(number(control, 7, 13), i64::try_from(records.len() / BLOCK).unwrap());
}

#[test]
fn a_file_of_the_ach_network_agrees_with_itself_at_every_count_of_payments() {
    let from = local("Open Press", "000123456789", "021000021");
    for count in [1, 2, 3, 4, 7, 120] {
        let to =
            |place: usize| local("Łódź Drill \u{1f528} Team", "000987654321", ["121000358", "026009593"][place % 2]);
        let payments = (1..=count).map(|place| payment(place, 250, Currency::USD, to(place))).collect();
        let made = batch(Currency::USD, from.clone(), payments);
        let text = String::from_utf8(nacha::write(&made, EntryClass::Ccd).unwrap()).unwrap();
        check_nacha(&text, count, 250 * i64::try_from(count).unwrap());
        assert!(text.contains("LODZ DRILL") && text[RECORD + 2..].starts_with("5220OPEN PRESS"), "{text}");
    }
    let wrong = |to: Party, minor: i64| {
        let made = batch(Currency::USD, from.clone(), vec![payment(1, minor, Currency::USD, to)]);
        nacha::write(&made, EntryClass::Ppd).unwrap_err()
    };
    let long = || local("Drill", "123456789012345678", "121000358");
    assert!(matches!(wrong(iban("Drill"), 1), Unwritable::Accounts(_)));
    assert!(matches!(wrong(long(), 1), Unwritable::Accounts(_)));
    // All that do not fit are named at once, and no number of theirs.
    let to = [long(), local("Drill", "1234", "121000358"), iban("Drill")];
    let payments: Vec<Payment> = (1..).zip(to).map(|(place, to)| payment(place, 1, Currency::USD, to)).collect();
    let names = vec![payments[0].reference.clone(), payments[2].reference.clone()];
    let refused = nacha::write(&batch(Currency::USD, from.clone(), payments), EntryClass::Ccd).unwrap_err();
    assert!(!refused.to_string().contains("123456789012345678"), "{refused}");
    assert_eq!(refused, Unwritable::Accounts(names));
    assert_eq!(wrong(local("Drill", "1234", "121000358"), nacha::AMOUNT_MAX + 1), Unwritable::Amount);
    let other = batch(Currency::USD, iban("Drill"), Vec::new());
    assert_eq!(nacha::write(&other, EntryClass::Ccd).unwrap_err(), Unwritable::Debtor);
}

/// What may be given as a bank account of a country, at its bounds: each that is taken.
fn taken(country: &str) -> Vec<BankDetails> {
    let long = |letter: char, most: usize| -> Vec<String> {
        (0..=most + 2).map(|size| letter.to_string().repeat(size)).collect()
    };
    let holders = [
        "A",
        "Łódź & <Söhne> \"7\"",
        "北京开放硬件工作坊",
        "...",
        "\u{1f528}",
        "x\u{0}",
        &"ß".repeat(70),
        &"Z".repeat(71),
    ];
    let towns = ["K", "Ærøskøbing", "--", &"W".repeat(35), &"W".repeat(36)];
    let mut numbers: Vec<Number> = Vec::new();
    for account in
        long('7', 36).into_iter().chain(long('Z', 36)).chain(["12-34 56".into(), "12ü4".into(), "12a4".into()])
    {
        for routing in
            ["021000021", "026009593", "990000003", "02100002", "123", "ABC-123", &"9".repeat(34), &"9".repeat(35)]
        {
            numbers.extend(Number::local(&account, routing, country).ok());
        }
    }
    numbers
        .extend(["DE89 3704 0044 0532 0130 00", "NO9386011117947"].iter().filter_map(|iban| Number::iban(iban).ok()));
    let (street, postal_code) = ("S".repeat(70), "1".repeat(16));
    let mut found = Vec::new();
    for (place, number) in numbers.into_iter().enumerate() {
        let (holder, town) = (holders[place % holders.len()], towns[place % towns.len()]);
        let of_holder = Address {
            street: street.clone(),
            postal_code: postal_code.clone(),
            town: town.into(),
            country: "US".into(),
        };
        let details = BankDetails::new(holder.into(), number, of_holder);
        found.extend(details.ok().filter(|details| details.check_bank(country).is_ok()));
    }
    found
}

#[test]
fn whatever_account_is_taken_each_format_that_reaches_its_bank_can_carry() {
    for (country, currency) in
        [("US", Currency::USD), ("DE", Currency::EUR), ("NZ", Currency::USD), ("NO", Currency::USD)]
    {
        let accounts = taken(country);
        assert!(accounts.len() > if country == "US" { 10 } else { 100 }, "{country}: {}", accounts.len());
        for details in accounts {
            let to = Party { details, bank_country: country.into() };
            let from =
                if country == "US" { local("Open Press", "000123456789", "021000021") } else { iban("Werkstatt") };
            let made = batch(currency, from, vec![payment(1, 250, currency, to.clone())]);
            let text = String::from_utf8(pain001::write(&made).unwrap()).unwrap();
            assert!(!text.contains("<Nm>NOTPROVIDED") && !text.contains("<TwnNm>NOTPROVIDED"), "{text}");
            csv_out::write(&made, &Layout::plain()).unwrap();
            if country == "US" {
                for class in [EntryClass::Ccd, EntryClass::Ppd] {
                    let text = String::from_utf8(nacha::write(&made, class).unwrap()).unwrap();
                    check_nacha(&text, 1, 250);
                    let Number::Local { account, .. } = &to.details.number else { panic!("no IBAN is of there") };
                    let entry = text.lines().find(|record| record.starts_with('6')).unwrap();
                    assert_eq!(entry[12..29].trim_end(), account, "the whole number stands in it");
                }
            }
        }
    }
}

#[test]
fn a_table_has_the_columns_that_were_asked_for_and_no_formula() {
    let payments = vec![
        payment(1, 123_456, Currency::EUR, iban("=cmd|'/c calc'!A1")),
        payment(2, 1, Currency::EUR, iban("A \"B\"; C")),
    ];
    let made = batch(Currency::EUR, iban("Werkstatt"), payments);
    let column = |name: &str, field| Column { name: name.into(), field };
    let columns = vec![
        column("Empfänger", Field::Holder),
        column("IBAN", Field::Iban),
        column("Betrag", Field::Amount),
        column("Zweck", Field::Reference),
    ];
    let layout = Layout { columns, delimiter: Delimiter::Semicolon, decimal: DecimalMark::Comma }.checked().unwrap();
    let text = String::from_utf8(csv_out::write(&made, &layout).unwrap()).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0], "Empfänger;IBAN;Betrag;Zweck");
    assert_eq!(rows[1], format!("'=cmd|'/c calc'!A1;DE89370400440532013000;1234,56;CP{:032}", 1));
    assert_eq!(rows[2], format!("\"A \"\"B\"\"; C\";DE89370400440532013000;0,01;CP{:032}", 2));
    assert!(csv_out::write(&made, &Layout::plain()).unwrap().starts_with(b"reference,holder,iban"));
    let bare = Layout { columns: vec![column("Betrag", Field::Amount)], ..layout };
    assert!(bare.checked().is_err(), "without a reference no line finds its payout");
}

fn report(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\">\
         <CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId></GrpHdr>{inside}</CstmrPmtStsRpt></Document>"
    )
}

const ORDER: &str = "<OrgnlGrpInfAndSts><OrgnlMsgId>CPF1</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>";

#[test]
fn a_report_says_which_payments_are_rejected_and_why() {
    let text = report(&format!(
        "{ORDER}<OrgnlPmtInfAndSts><OrgnlPmtInfId>CPF1</OrgnlPmtInfId>\
         <TxInfAndSts><OrgnlEndToEndId>A&amp;1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>\
         <AddtlInf>Konto 123 von Anna</AddtlInf></StsRsnInf></TxInfAndSts>\
         <TxInfAndSts><OrgnlEndToEndId>B</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>\
         <TxInfAndSts><OrgnlEndToEndId>C</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>see: Anna</Prtry></Rsn>\
         </StsRsnInf></TxInfAndSts><TxInfAndSts><TxSts>PDNG</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    ));
    let read = pain002::read(text.as_bytes()).unwrap();
    assert_eq!((read.message.as_str(), read.group.code.as_str(), read.payments.len()), ("CPF1", "PART", 3));
    assert_eq!((read.payments["A&1"].is_rejected(), read.payments["A&1"].reason.as_str()), (true, "AC04"));
    assert!(!read.payments["B"].is_rejected() && read.payments["C"].reason.is_empty(), "a text is no code");
    assert_eq!(pain002::why("AC04"), "the bank rejects it: the account is closed (AC04)");
    let prefixed = text.replace("xmlns=", "xmlns:p=").replace("<", "<p:").replace("<p:/", "</p:").replace("<p:?", "<?");
    assert_eq!(pain002::read(prefixed.as_bytes()).unwrap(), read, "whatever the prefix: {prefixed}");
    let old = text.replace("002.001.10", "002.001.03");
    assert_eq!(pain002::read(format!("\u{feff}{old}").as_bytes()).unwrap(), read);
    let whole = "<OrgnlPmtInfAndSts><PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>";
    let whole = pain002::read(report(&format!("{ORDER}{whole}")).as_bytes()).unwrap();
    assert_eq!((whole.group.is_rejected(), whole.group.reason.as_str()), (true, "AM04"));
}

#[test]
fn a_report_that_is_none_is_refused_where_it_is_wrong() {
    let deep = "<a>".repeat(40);
    let long = format!("{ORDER}<a>{}</a>", "x".repeat(5_000));
    for (text, says) in [
        (String::new(), "which order"),
        ("{}".to_owned(), "which order"),
        ("<Document/>".to_owned(), "no payment status report"),
        (report(""), "which order"),
        (report(&deep), "deep"),
        (report(&long), "more than 2000 characters"),
        (report(ORDER).replace("PART", "parts"), "no status"),
        (report(ORDER).replace("</Document>", ""), "in the middle"),
        (report(ORDER).replace("pain.002", "pain.001"), "no payment status report"),
        (report(ORDER).replace("UTF-8", "EBCDIC-1"), "an encoding"),
        (report(ORDER).replace("PART", "&part;"), "an entity"),
        (report(ORDER) + &report(ORDER)[38..], "a second root"),
        (report(ORDER).replace("?>\n", "?><!DOCTYPE a [<!ENTITY b \"c\">]>"), "a document type"),
    ] {
        let wrong = pain002::read(text.as_bytes()).unwrap_err();
        assert!(wrong.to_string().contains(says), "{says}: {wrong} in {text}");
    }
    assert!(pain002::read(b"<a>\xff\xfe</a>").is_err(), "no UTF-8");
}
