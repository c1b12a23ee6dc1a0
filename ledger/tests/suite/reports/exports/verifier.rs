//! The verifier: it holds against what was changed, also when all digests were made anew.

use super::{FIRST_DAY, exported, hledger, three_entries, write};
use jiff::Timestamp;
use jiff::civil::date;
use ledger::book::{AccountNumber, Entry, Line, MovementKind};
use ledger::engine::posting::post;
use ledger::export::Format;
use ledger::reports::operations::periods;
use ledger::verify::verify;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the verifier says of a text that does not hold.
fn wrong(lines: &[&str]) -> String {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    verify(text.as_bytes()).expect_err("it does not hold").to_string()
}

#[tokio::test]
async fn the_verifier_names_what_was_changed_removed_swapped_or_cut() {
    let text = exported(&three_entries().await, Format::Jsonl).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), verify(text.as_bytes()).unwrap().entries), (5, 3));
    let with = |at: usize, line: &str| -> String {
        let mut changed = lines.clone();
        changed[at] = line;
        wrong(&changed)
    };

    let said = with(2, &lines[2].replace("\"25.00\"", "\"26.00\""));
    assert!(said.starts_with("record 2: it was changed"), "{said}");
    let said = with(0, &lines[0].replace("Host", "Ghost"));
    assert!(said.starts_with("the header: it was changed"), "{said}");
    let said = with(4, &lines[4].replace("\"entries\":3", "\"entries\":2"));
    assert!(said.starts_with("the trailer: it was changed"), "{said}");
    let said = with(3, &lines[3].replace(',', ", "));
    assert!(said.starts_with("record 3: it is not in canonical form"), "{said}");
    assert!(with(1, "{\"number\":1").starts_with("line 2: no JSON"));

    assert_eq!(wrong(&[lines[0], lines[1], lines[3], lines[4]]), "record 2: record 3 stands in its place");
    assert_eq!(wrong(&[lines[0], lines[2], lines[1], lines[3], lines[4]]), "record 1: record 2 stands in its place");
    assert_eq!(wrong(&[lines[0], lines[1], lines[1], lines[2]]), "record 2: record 1 stands in its place");
    let said = wrong(&[lines[0], lines[1], lines[2], lines[4]]);
    assert!(said.starts_with("the trailer: it does not follow the line before it"), "{said}");
    assert!(wrong(&lines[1..]).starts_with("record 1: it does not follow"));
    assert!(wrong(&[&lines[..], &lines[4..]].concat()).starts_with("line 6: nothing may stand after"));

    assert!(wrong(&lines[..3]).starts_with("after record 2: the export ends here, without a trailer"));
    assert!(wrong(&[]).starts_with("the header: the export ends here"));
    for cut in [text.len() - 1, text.len() - 40, lines[0].len() + 1 + lines[1].len() + 1 + 10] {
        let said = verify(&text.as_bytes()[..cut]).expect_err("it was cut").to_string();
        assert!(said.starts_with("after record ") && said.ends_with("the export was cut"), "{said}");
    }
}

/// Digests made anew over changed lines, as somebody who hides a change would.
fn chained_anew(lines: &[String]) -> String {
    let mut previous = "0".repeat(64);
    let mut text = String::new();
    for line in lines {
        let mut record: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        record.insert("previous".into(), previous.into());
        record.remove("digest");
        let digest = Sha256::digest(serde_json::to_string(&sorted(&record)).unwrap());
        previous = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        record.insert("digest".into(), previous.clone().into());
        text += &(serde_json::to_string(&sorted(&record)).unwrap() + "\n");
    }
    text
}

/// The same record with all keys in order, also those of its lines and balances.
fn sorted(record: &BTreeMap<String, serde_json::Value>) -> BTreeMap<String, serde_json::Value> {
    let inner = |value: &serde_json::Value| match value.as_array() {
        Some(rows) => {
            let rows = rows.iter().map(|row| {
                let row: BTreeMap<_, _> = row.as_object().unwrap().clone().into_iter().collect();
                serde_json::to_value(row).unwrap()
            });
            rows.collect::<Vec<_>>().into()
        }
        None => value.clone(),
    };
    record.iter().map(|(key, value)| (key.clone(), inner(value))).collect()
}

#[tokio::test]
async fn the_verifier_replays_every_balance_also_when_all_digests_were_made_anew() {
    let text = exported(&three_entries().await, Format::Jsonl).await;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(chained_anew(&lines), text);
    let said = |at: usize, from: &str, to: &str| -> String {
        let mut changed = lines.clone();
        changed[at] = lines[at].replacen(from, to, 1);
        assert_ne!(changed, lines, "{from}");
        verify(chained_anew(&changed).as_bytes()).expect_err("it does not hold").to_string()
    };
    let amount = said(2, "\"amount\":\"25.00\"", "\"amount\":\"26.00\"");
    assert_eq!(amount, "record 2: line 2: expenses:rent stands at 51.00 after it, not at 50.00");
    let after = said(1, "\"debit_after\":\"100.00\"", "\"debit_after\":\"100.01\"");
    assert_eq!(after, "record 1: line 1: assets:bank stands at 100.00 after it, not at 100.01");
    assert!(said(1, "\"amount\":\"100.00\"", "\"amount\":\"-100.00\"").contains("one amount above zero"));
    assert!(said(2, "\"amount\":\"25.00\"", "\"amount\":\"25.0\"").contains("25.0 USD has not 2 digits"));
    assert!(said(2, "\"currency\":\"USD\"", "\"currency\":\"EUR\"").contains("assets:bank holds USD, not EUR"));
    assert_eq!(said(4, "\"entries\":3", "\"entries\":4"), "the trailer: there are 3 entries, not 4");
    let balance = said(4, "\"debits\":\"300.00\"", "\"debits\":\"300.01\"");
    assert_eq!(balance, "the trailer: the debits of assets:bank come to 300.00, not to 300.01");
    assert!(
        said(0, "\"through\":3", "\"through\":2").starts_with("record 3: the header says that record 2 is the last")
    );
    assert!(said(0, "\"through\":3", "\"through\":4").starts_with("the trailer: record 4 must stand here"));
    assert!(said(0, "\"version\":1", "\"version\":2").contains("of version 2 is not known"));
    let mut without = lines.clone();
    without.remove(2);
    let said = verify(chained_anew(&without).as_bytes()).expect_err("it does not hold").to_string();
    assert_eq!(said, "record 2: record 3 stands in its place");
}

#[tokio::test]
async fn records_that_are_no_entries_have_their_places_in_the_chain_over_all_batches() {
    let ground = three_entries().await;
    let client = ground.database_owner().await;
    let record = "SELECT record_add($1, 4::smallint, '{\"hold\": \"a\", \"amount\": \"5\", \"b\": {\"d\": 1, \"c\": null}}', now())
                    FROM generate_series(1, $2)";
    let entry = async || {
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        let (kind, [debit, credit]) = (MovementKind::JournalEntry, [1, 4].map(AccountNumber));
        let lines = vec![Line { kind, debit, credit, amount: 5 }; 700];
        let entry = Entry { lines, effective: FIRST_DAY, outside_fact: false, note: None };
        post(&tx, &ground.book, entry, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
    };
    for records in [1, 1_300, 0, 2, 1_000] {
        client.execute(record, &[&ground.book.id.0, &records]).await.unwrap();
        entry().await;
    }
    client.execute(record, &[&ground.book.id.0, &1_500]).await.unwrap();
    let text = exported(&ground, Format::Jsonl).await;
    let held = verify(text.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!((held.entries, text.lines().count()), (8, 2 + 8 + 3_803));
    assert_eq!(text.matches("{\"body\":{\"amount\":\"5\",\"b\":{\"c\":null,\"d\":1},\"hold\":\"a\"},").count(), 3_803);
    let line = text.lines().nth(2_000).unwrap();
    let without = verify(text.replacen(&format!("{line}\n"), "", 1).as_bytes()).expect_err("a record is missing");
    assert_eq!(without.to_string(), "record 2000: record 2001 stands in its place");
    hledger(write(&exported(&ground, Format::Hledger).await).path(), &["check", "--strict"]).unwrap();
}

#[test]
fn f19_the_verifier_knows_the_kinds_of_the_book() {
    let ours: Vec<&str> = MovementKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(ledger::verify::MOVEMENTS, ours);
}

#[tokio::test]
async fn f19_the_verifier_notices_what_a_chain_sealed_anew_says_of_closed_periods_and_kinds() {
    let ground = three_entries().await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    let (today, half) = (ground.book.today(Timestamp::now()), date(2026, 6, 30));
    let yesterday = today.yesterday().unwrap();
    let entry = |outside_fact, effective| Entry {
        lines: vec![Line {
            kind: MovementKind::JournalEntry,
            debit: AccountNumber(1),
            credit: AccountNumber(4),
            amount: 5,
        }],
        effective,
        outside_fact,
        note: None,
    };
    post(&tx, &ground.book, entry(false, half), Timestamp::now()).await.unwrap();
    for day in [half, yesterday] {
        periods::close(&tx, &ground.book, day, Timestamp::now()).await.unwrap();
    }
    post(&tx, &ground.book, entry(true, yesterday), Timestamp::now()).await.unwrap();
    post(&tx, &ground.book, entry(false, today), Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    let text = exported(&ground, Format::Jsonl).await;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(verify(text.as_bytes()).unwrap().entries, 6);
    let said = |record: usize, from: &str, to: &str| -> String {
        let mut changed = lines.clone();
        changed[record] = lines[record].replace(from, to);
        assert_ne!(changed, lines, "{from} in {}", lines[record]);
        verify(chained_anew(&changed).as_bytes()).expect_err("it does not hold").to_string()
    };
    let (today, yesterday) = (today.to_string(), yesterday.to_string());
    let moved = said(8, &today, &yesterday);
    assert_eq!(
        moved,
        format!("record 8: it takes effect on {yesterday}, and record 6 has closed all days until {yesterday}")
    );
    let early = said(7, &format!("\"effective\":\"{today}\""), &format!("\"effective\":\"{yesterday}\""));
    assert!(early.starts_with("record 7: it takes effect on"), "{early}");
    let open = said(8, &format!("\"occurred\":\"{today}\""), "\"occurred\":\"9998-01-01\"");
    assert!(open.starts_with("record 8: it happened on 9998-01-01, which was open"), "{open}");
    let other = said(6, "\"debit\":\"", "\"debit\":\"1");
    assert!(other.starts_with("record 6: its trial balance has"), "{other}");
    let lacking = said(6, "\"trial_balance\":[", "\"trial_balance\":[],\"was\":[");
    assert!(lacking.starts_with("record 6: its trial balance lacks"), "{lacking}");
    let back = said(6, &yesterday, "2026-06-29");
    assert!(back.starts_with("record 6: "), "{back}");
    let kind = said(1, "\"kind\":\"journal_entry\"", "\"kind\":\"journal_entries\"");
    assert_eq!(kind, "record 1: line 1: money does not move in the way of journal_entries");
    let record = said(5, "\"kind\":\"period_closed\"", "\"kind\":\"period_opened\"");
    assert_eq!(record, "record 5: there are no records of kind period_opened");
}

#[test]
fn the_verifier_shares_no_code_with_what_it_checks() {
    for source in [
        include_str!("../../../../src/verify.rs"),
        include_str!("../../../../src/verify/chain.rs"),
        include_str!("../../../../src/verify/replay.rs"),
        include_str!("../../../../src/verify/kinds.rs"),
        include_str!("../../../../src/verify/periods.rs"),
    ] {
        assert!(!source.contains("crate::"), "the verifier knows the format only");
    }
}
