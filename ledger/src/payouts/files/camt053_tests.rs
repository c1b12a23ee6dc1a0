use super::parts::{Parcel, Reading, read};
use crate::payouts::rules::bank_line::Direction;
use crate::payouts::rules::statement_file::{FileLine, Statement, Wrong};
use proptest::prelude::*;
use std::fmt::Write as _;

type Found = (Vec<FileLine>, Vec<Statement>, i64);

fn all(text: &[u8]) -> Result<Found, Wrong> {
    let (mut lines, mut end) = (Vec::new(), None);
    read(text, Reading::Camt053, |parcel| {
        match parcel {
            Parcel::Lines(page) => lines.extend(page),
            Parcel::End { statements, skipped } => end = Some((statements, skipped)),
        }
        true
    })?;
    let (statements, skipped) = end.expect("a file that was read has an end");
    Ok((lines, statements, skipped))
}

fn told(line: &FileLine) -> String {
    let told = &line.told;
    format!(
        "{} {} {} fee {} {} e2e '{}' for '{}' code '{}' returned '{}'",
        told.reference,
        told.direction,
        told.amount,
        told.fee,
        told.value_on,
        told.end_to_end,
        line.besides.creditor_reference,
        line.besides.bank_code,
        line.besides.return_reason
    )
}

fn document(version: &str, statements: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}\">\n\
         <BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2031-02-04T05:00:00</CreDtTm></GrpHdr>\n{statements}</BkToCstmrStmt></Document>\n"
    )
}

fn balance(kind: &str, amount: &str, side: &str, day: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>\
         <Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )
}

/// A bank that numbers nothing and names everything: `.02`, one payment an entry, its refs in the details, charges within a debit.
fn first_bank() -> String {
    let head = "<Stmt><Id>0007-2031</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>";
    let settled = "<Ntry><Amt Ccy=\"EUR\">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2031-02-03</Dt></BookgDt>\
        <ValDt><Dt>2031-02-05</Dt></ValDt><AcctSvcrRef>2031020300017</AcctSvcrRef>\
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
        <Chrgs><Amt Ccy=\"EUR\">1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Chrgs>\
        <NtryDtls><TxDtls><Refs><EndToEndId>CP0190F2C4A7B87C3E9D5A1B2C3D4E5F60</EndToEndId></Refs>\
        <RltdPties><Cdtr><Nm>Ada Lovelace</Nm></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>\n";
    let gift = "<Ntry><Amt Ccy=\"EUR\">25.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2031-02-03T10:11:12</DtTm></BookgDt>\
        <AcctSvcrRef>NONREF</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
        <RmtInf><Ustrd>for the press, rf18 5390</Ustrd><Ustrd>0754 7034 &amp; thanks</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n";
    let pending = "<Ntry><Amt Ccy=\"EUR\">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts></Ntry>\n";
    let opening = balance("OPBD", "1000.00", "CRDT", "2031-02-03");
    let closing = balance("CLBD", "925.00", "CRDT", "2031-02-03");
    document("02", &format!("{head}{opening}{closing}{settled}{gift}{pending}</Stmt>"))
}

#[test]
fn p10_the_first_banks_style_charges_within_and_references_in_the_details() {
    let (lines, statements, skipped) = all(first_bank().as_bytes()).unwrap();
    let told: Vec<String> = lines.iter().map(told).collect();
    assert_eq!(
        told[0],
        "2031020300017 debit 98.50 EUR fee 150 2031-02-03 e2e 'CP0190F2C4A7B87C3E9D5A1B2C3D4E5F60' for '' code 'PMNT-ICDT-ESCT' returned ''"
    );
    assert!(told[1].starts_with("unnamed 2031-02-03 "), "{}", told[1]);
    assert!(told[1].ends_with(" credit 25.00 EUR fee 0 2031-02-03 e2e '' for 'RF18539007547034' code '' returned ''"));
    assert_eq!((lines.len(), skipped, statements.len()), (2, 1, 1));
    let it = &statements[0];
    assert_eq!((it.account.as_str(), it.lines, it.credits, it.debits), ("2051", 2, 2_500, 10_000));
    assert_eq!((it.opening.unwrap().minor, it.closing.unwrap().minor), (100_000, 92_500));
    assert!(!format!("{lines:?}{statements:?}").contains("Lovelace"));
}

/// A bank with prefixes, `.08`, batches, structured references and returns; the account is overdrawn in the end.
fn second_bank() -> String {
    let detail = |end_to_end: &str, amount: &str, more: &str| {
        format!(
            "<n:TxDtls><n:Refs><n:EndToEndId>{end_to_end}</n:EndToEndId></n:Refs><n:Amt Ccy=\"EUR\">{amount}</n:Amt>{more}</n:TxDtls>"
        )
    };
    let strd = "<n:RmtInf><n:Strd><n:CdtrRefInf><n:Ref>RF71 2348231</n:Ref></n:CdtrRefInf></n:Strd></n:RmtInf>";
    let back = "<n:RtrInf><n:Rsn><n:Cd>AC04</n:Cd></n:Rsn></n:RtrInf>";
    let entry = |reference: &str, amount: &str, side: &str, more: &str, details: &str| {
        format!(
            "<n:Ntry><n:NtryRef>{reference}</n:NtryRef><n:Amt Ccy=\"EUR\">{amount}</n:Amt><n:CdtDbtInd>{side}</n:CdtDbtInd>{more}\
             <n:Sts><n:Cd>BOOK</n:Cd></n:Sts><n:BookgDt><n:Dt>2031-02-04</n:Dt></n:BookgDt><n:NtryDtls><n:Btch><n:NbOfTxs>2</n:NbOfTxs>\
             </n:Btch>{details}</n:NtryDtls></n:Ntry>\n"
        )
    };
    let batch = entry("1", "30.00", "CRDT", "", &(detail("A-1", "10.00", strd) + &detail("A-2", "20.00", "")));
    let odd = entry("2", "40.00", "DBIT", "", &(detail("B-1", "10.00", "") + &detail("B-2", "20.00", "")));
    let returned = entry("3", "5.00", "CRDT", "<n:RvslInd>true</n:RvslInd>", &detail("C-1", "5.00", back));
    let bal = |kind: &str, amount: &str, side: &str| {
        balance(kind, amount, side, "2031-02-04").replace("</", "</n:").replace('<', "<n:").replace("<n:/n:", "</n:")
    };
    let text = format!(
        "<n:Stmt><n:Id>S/8</n:Id><n:Acct><n:Id><n:Othr><n:Id>000123456789</n:Id></n:Othr></n:Id></n:Acct>{}{}{batch}{odd}{returned}</n:Stmt>",
        bal("PRCD", "2.00", "CRDT"),
        bal("CLBD", "3.00", "DBIT"),
    );
    format!(
        "<n:Document xmlns:n=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><n:BkToCstmrStmt>{text}</n:BkToCstmrStmt></n:Document>"
    )
}

#[test]
fn p10_the_second_banks_style_prefixes_batches_structured_references_and_returns() {
    let (lines, statements, skipped) = all(second_bank().as_bytes()).unwrap();
    let told: Vec<String> = lines.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "S/8/1/1 credit 10.00 EUR fee 0 2031-02-04 e2e 'A-1' for 'RF712348231' code '' returned ''",
            "S/8/1/2 credit 20.00 EUR fee 0 2031-02-04 e2e 'A-2' for '' code '' returned ''",
            "S/8/2 debit 40.00 EUR fee 0 2031-02-04 e2e '' for '' code '' returned ''",
            "S/8/3 credit 5.00 EUR fee 0 2031-02-04 e2e 'C-1' for '' code '' returned 'AC04'",
        ]
    );
    assert_eq!((statements[0].closing.unwrap().minor, statements[0].account.as_str(), skipped), (-300, "6789", 0));
}

/// A bank with several statements a file, one reference for a payment and its charge, and proprietary codes; no opening balance.
fn third_bank() -> String {
    let entry = |amount: &str, code: &str| {
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><ValDt><Dt>2031-02-04</Dt></ValDt>\
             <AcctSvcrRef>X 1</AcctSvcrRef><BkTxCd><Prtry><Cd>{code}</Cd></Prtry></BkTxCd></Ntry>"
        )
    };
    let one = format!(
        "<Stmt><Id>1</Id><Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>{}{}</Stmt>",
        entry("9.00", "NTRF"),
        entry("0.25", "NCHG")
    );
    let empty = format!(
        "<Stmt><Id>2</Id><Acct><Ccy>EUR</Ccy></Acct>{}{}</Stmt>",
        balance("OPBD", "0.00", "CRDT", "2031-02-05"),
        balance("CLBD", "0.00", "CRDT", "2031-02-05")
    );
    document("04", &(one + &empty))
}

#[test]
fn p10_the_third_banks_style_one_reference_twice_and_a_statement_of_nothing() {
    let (lines, statements, _) = all(third_bank().as_bytes()).unwrap();
    let told: Vec<String> = lines.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "X 1 debit 9.00 EUR fee 0 2031-02-04 e2e '' for '' code 'NTRF' returned ''",
            "X 1#2 debit 0.25 EUR fee 0 2031-02-04 e2e '' for '' code 'NCHG' returned ''",
        ]
    );
    assert_eq!((statements.len(), statements[0].closing, statements[1].lines), (2, None, 0));
}

#[test]
fn c9_lines_that_do_not_lead_to_the_closing_balance_are_refused_with_the_figures() {
    let off = first_bank().replace("925.00", "925.01");
    let wrong = all(off.as_bytes()).unwrap_err().to_string();
    let said =
        "opens with 1000.00 EUR, its lines come to -75.00 EUR, so it should close with 925.00 EUR, and says 925.01 EUR";
    assert!(wrong.contains(said), "{wrong}");
}

#[test]
fn l7_what_is_no_statement_is_refused_with_its_line_and_nothing_of_what_it_says() {
    let good = first_bank();
    for (from, to, what) in [
        ("camt.053.001.02", "camt.054.001.02", "no document of camt.053"),
        ("BkToCstmrStmt", "BkToCstmrAcctRpt", "no document of camt.053"),
        ("\">25.00<", "\">25.005<", "no amount of EUR"),
        ("\">25.00<", "\">-25.00<", "no amount of EUR"),
        ("\">25.00<", "\">1e2<", "no amount of EUR"),
        ("Ccy=\"EUR\">25.00", "Ccy=\"USD\">25.00", "another currency"),
        ("Ccy=\"EUR\">25.00", "Ccy=\"XXX\">25.00", "unknown currency"),
        ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>BOTH</CdtDbtInd><Sts>", "neither CRDT nor DBIT"),
        ("2031-02-03T10:11:12", "03.02.2031", "no day"),
        ("2031020300017", "20310203\u{202e}17", "odd characters"),
        ("<Sts>BOOK</Sts><BookgDt><DtTm>2031-02-03T10:11:12</DtTm></BookgDt>", "<Sts>BOOK</Sts>", "without a day"),
        ("</Document>", "", "in the middle"),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{what}");
        let wrong = all(text.as_bytes()).expect_err(what).to_string();
        assert!(wrong.starts_with("line ") && wrong.contains(what), "{what}: {wrong}");
        assert!(!wrong.contains("Lovelace") && !wrong.contains("DE02"), "{wrong}");
    }
    assert!(all(b"").unwrap_err().to_string().contains("no statement"));
    assert!(all(b"%PDF-1.7").is_err());
}

#[test]
fn a_statement_in_another_encoding_is_read_alike() {
    let text = first_bank().replace("UTF-8", "ISO-8859-1").replace("Ada", "Ad\u{e4}");
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    assert_eq!(all(&latin).unwrap(), all(first_bank().as_bytes()).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is cut out of a file, or put into it: it is read, or refused with a line.
    #[test]
    fn l7_no_damage_makes_the_reader_fail_otherwise(at in 0_usize..2_000, length in 0_usize..40, byte: u8) {
        let mut bytes = second_bank().into_bytes();
        let (from, to) = (at.min(bytes.len()), (at + length).min(bytes.len()));
        bytes.splice(from..to, [byte]);
        let _ = all(&bytes);
    }

    /// The lines of a statement come to what its entries moved, however many payments these stand for.
    #[test]
    fn c9_lines_move_what_their_entries_moved(entries in proptest::collection::vec(proptest::collection::vec(1_i64..100_000, 1..6), 0..8)) {
        let mut text = String::from("<Stmt><Id>1</Id><Acct><Ccy>EUR</Ccy></Acct>");
        let money = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let total: i64 = entries.iter().flatten().sum();
        text += &balance("OPBD", "0.00", "CRDT", "2031-02-03");
        text += &balance("CLBD", &money(total), "CRDT", "2031-02-03");
        for entry in &entries {
            let sum = money(entry.iter().sum());
            let _ = write!(text, "<Ntry><Amt Ccy=\"EUR\">{sum}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2031-02-03</Dt></BookgDt><NtryDtls>");
            for part in entry {
                let _ = write!(text, "<TxDtls><AmtDtls><TxAmt><Amt Ccy=\"EUR\">{}</Amt></TxAmt></AmtDtls></TxDtls>", money(*part));
            }
            text += "</NtryDtls></Ntry>";
        }
        let (lines, statements, _) = all(document("08", &(text + "</Stmt>")).as_bytes()).unwrap();
        let moved: i64 = lines.iter().filter(|line| line.told.direction == Direction::Credit).map(|line| line.told.amount.minor()).sum();
        prop_assert_eq!((moved, statements[0].credits, lines.len()), (total, total, entries.iter().flatten().count()));
        let mut names: Vec<&str> = lines.iter().map(|line| line.told.reference.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), lines.len(), "no two lines have one name");
    }
}
