//! Whom entries are about: pseudonyms, organisations, invoices; and never a donor.

use super::{bean_check, exported_as, hledger, run, tool, write};
use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::date;
use ledger::cooperatives::operations::proceeds::{self, NewProceeds};
use ledger::cooperatives::rules::cooperative::ProceedsKind;
use ledger::cooperatives::rules::proceeds::Particulars;
use ledger::export::Format;
use ledger::parties::rules::role::OrganisationKind;
use ledger::reports::operations::exports::{Asked, Sees};
use ledger::testing::{Ground, Host, usd};
use ledger::verify::verify;
use std::process::Command;

const ALL: Sees = Sees { donors: true, proceeds: true };

/// A name that means something to each of the formats.
const NAME: &str = "=Müller | \"Söhne\", type:X date:2020-01-01 [2020-03-03]\u{2028}; #x ^y\n2020-01-01 * \\";

async fn seen(ground: &Ground, format: Format, sees: Sees) -> String {
    exported_as(ground, Asked { sees, ..Asked::whole(format) }).await
}

/// Prints payee, narration and metadata of every entry, and the names of accounts.
const TOLD: &str = "
import sys
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors
for entry in entries:
    if isinstance(entry, data.Transaction):
        keys = ['movement', 'reference', 'invoice', 'counterparty', 'organisation']
        print(' ~ '.join([entry.payee or '', entry.narration] + [entry.meta.get(key, '') for key in keys]))
    if isinstance(entry, data.Open):
        print(entry.meta['code'], '=', entry.meta.get('name', ''))
";

fn told(text: &str) -> String {
    run(Command::new(tool("python")).args(["-c", TOLD]).arg(write(text).path()))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[tokio::test]
async fn an_entry_names_the_organisation_and_the_donor_by_pseudonym_whatever_texts_are_in_them() {
    let ground = ground().await;
    let mut campaign = ground.new_campaign("press");
    campaign.title = "Press, type:A; \"open\" | more".into();
    let campaign = ground.publish(campaign).await;
    ground.settled(&campaign, "30.00").await;
    let owner = ground.database_owner().await;
    owner.execute("UPDATE organisation SET name = $2 WHERE id = $1", &[&ground.partner.0, &NAME]).await.unwrap();
    let donor = owner.query_one("SELECT id FROM donor", &[]).await.unwrap().get(0);
    let donor = ledger::id::DonorId::new(ground.book.id, donor).to_string();

    for &format in Format::ALL {
        let (known, unknown) = (seen(&ground, format, ALL).await, seen(&ground, format, Sees::default()).await);
        assert_eq!((known.matches(&donor).count(), unknown.matches(&donor).count()), (1, 0), "{known}");
        for text in [known, unknown] {
            assert!(text.contains("Müller") && text.contains("charge_captured"), "{text}");
            for personal in ["Ada", "ada@example.org", "donor of"] {
                assert!(!text.contains(personal), "{personal}: {text}");
            }
        }
    }

    let text = seen(&ground, Format::Hledger, ALL).await;
    let journal = write(&text);
    hledger(journal.path(), &["check", "--strict"]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let payee = "=Müller / \"Söhne\", type:X date:2020-01-01 [2020-03-03] #x ^y 2020-01-01 * \\";
    assert_eq!(hledger(journal.path(), &["payees", "not:tag:assert"]).unwrap(), format!("{payee}\nPledged\n"));
    assert_eq!(
        hledger(journal.path(), &["notes", "not:tag:assert"]).unwrap(),
        "Charge captured\nPledged\nReceivable settled\n"
    );
    assert_eq!(hledger(journal.path(), &["codes", &format!("tag:counterparty={donor}")]).unwrap(), "2\n");
    let tagged = ["codes", "tag:organisation=Söhne", "tag:movement=receivable_settled"];
    assert_eq!(hledger(journal.path(), &tagged).unwrap(), "3\n");
    let of_fund = ["accounts", "tag:name=Press", "type:l"];
    assert_eq!(hledger(journal.path(), &of_fund).unwrap(), "liabilities:fund:press\n", "its name gives it no type");

    let text = seen(&ground, Format::Beancount, ALL).await;
    bean_check(write(&text).path()).unwrap();
    let said = told(&text);
    let name = "=Müller | \"Söhne\", type:X date:2020-01-01 [2020-03-03] ; #x ^y 2020-01-01 * \\";
    assert!(said.contains(&format!("{name} ~ Charge captured ~ charge_captured ~ chg_")), "{said}");
    assert!(said.contains(&format!(" ~  ~ {donor} ~ {name}\n")), "{said}");
    assert!(said.contains("liabilities:fund:press = Press, type:A; \"open\" | more\n"), "{said}");
    assert!(said.contains(&format!("assets:cash:{} = {name}\n", ground.partner)), "{said}");

    let table = seen(&ground, Format::Csv, ALL).await;
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<Vec<String>> = rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let of_donor = rows.iter().find(|row| row[16] == donor).expect("a line about the donor");
    assert_eq!(of_donor[17], format!("'{NAME}"), "no formula");
    let chained = seen(&ground, Format::Jsonl, ALL).await;
    assert_eq!(verify(chained.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}")).entries, 3);
    let entry: serde_json::Value = serde_json::from_str(chained.lines().nth(2).unwrap()).unwrap();
    assert_eq!((&entry["counterparty"], &entry["organisation"]), (&donor.into(), &NAME.into()));
}

#[tokio::test]
async fn a_sale_and_a_cost_have_their_text_invoice_and_party_for_those_who_may_list_them() {
    let host = Host { name: "Bakery", kind: OrganisationKind::Cooperative, ..Host::default() };
    let mut ground = host.open(Timestamp::now()).await;
    ground.leap_to(ground.book.start_of(date(2028, 1, 1))).await;
    for (kind, party, memo, reference) in [
        (ProceedsKind::Sale, "bank", "Invoice 17, Cafe Sol, 400 loaves", "INV-2026-017"),
        (ProceedsKind::Cost, "mill", "", "=1+1"),
    ] {
        let new = NewProceeds {
            kind,
            label: "bread".into(),
            party: party.into(),
            on_credit: false,
            particulars: Particulars::default(),
            amount: usd("400.00"),
            vat: None,
            occurred_on: None,
            memo: memo.into(),
            reference: reference.into(),
        };
        let (book, by, wall) = (ground.book.id, ground.owner, ground.wall);
        ground.run(async |tx| proceeds::record(tx, book, new, by, wall).await).await.unwrap();
    }
    let journal = seen(&ground, Format::Hledger, ALL).await;
    assert!(journal.contains("2028-01-01 (1) bank | Invoice 17, Cafe Sol, 400 loaves\n"), "{journal}");
    assert!(journal.contains("    ; invoice:INV-2026-017\n    ; counterparty:bank\n"), "{journal}");
    assert!(journal.contains("2028-01-01 (2) mill | Cost\n"), "{journal}");
    hledger(write(&journal).path(), &["check", "--strict"]).unwrap();
    let said = told(&seen(&ground, Format::Beancount, ALL).await);
    assert!(said.contains("bank ~ Invoice 17, Cafe Sol, 400 loaves ~ sales_recorded ~ prc_"), "{said}");
    assert!(said.contains(" ~ INV-2026-017 ~ bank ~ \n") && said.contains(" ~ =1+1 ~ mill ~ \n"), "{said}");
    let table = seen(&ground, Format::Csv, ALL).await;
    assert!(table.contains(",\"Invoice 17, Cafe Sol, 400 loaves\",prc_") && table.contains(",false,'=1+1,mill,\r\n"));
    let chained = seen(&ground, Format::Jsonl, ALL).await;
    assert!(chained.contains("\"invoice\":\"INV-2026-017\"") && verify(chained.as_bytes()).is_ok(), "{chained}");
    for &format in Format::ALL {
        let text = seen(&ground, format, Sees { proceeds: false, ..ALL }).await;
        assert!(!text.contains("INV-2026") && !text.contains("Cafe Sol") && !text.contains("1+1"), "{text}");
    }
}
