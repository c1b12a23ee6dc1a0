//! Opens a book with three accounts, posts one balanced entry, has another one refused, and prints the balances.
//!
//! `cargo run -p ledger --example open_a_book` brings a PostgreSQL of its own and throws it away at the end.

use deadpool_postgres::{Manager, Pool};
use jiff::Timestamp;
use ledger::Error;
use ledger::book::Mode;
use ledger::book::{AccountClass, Entry, Line, MovementKind, Note};
use ledger::books::operations::{accounts, books};
use ledger::engine::posting;
use ledger::engine::store::books::Visibility;
use ledger::id::OrganisationId;
use ledger::money::{Currency, Money, MoneyError};
use ledger::reports::operations::trial_balance;
use migrations::testing::TestDatabase;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Your own service would connect to its own database here, migrated by `commonpurse migrate`.
    let database = TestDatabase::create().await?;
    let access = migrations::service_access(&database.service_url, "open_a_book")?;
    let pool = Pool::builder(Manager::new(access.config, access.tls)).max_size(2).build()?;
    let mut client = pool.get().await?;

    // Time always comes in as an argument; an operation works in the transaction of its caller.
    let wall = Timestamp::now();
    let tx = client.transaction().await?;
    let asked = books::OpenBook {
        organisation: OrganisationId::generate(),
        name: "Corner bakery".into(),
        currency: Currency::EUR,
        mode: Mode::Sandbox,
        zone: "Europe/Berlin".into(),
        visibility: Visibility::Private,
    };
    let book = books::open(&tx, asked, wall).await?;
    // The bank account has a floor of zero: the database itself refuses to let it fall below.
    let unit = Currency::EUR.into();
    let bank = accounts::open(&tx, &book, "assets:bank", AccountClass::Asset, unit, Some(0), wall).await?.number;
    let own = accounts::open(&tx, &book, "equity:own", AccountClass::Equity, unit, None, wall).await?.number;
    let flour = accounts::open(&tx, &book, "expenses:flour", AccountClass::Expense, unit, None, wall).await?.number;
    tx.commit().await?;

    // Each line is one positive amount, one account debited, one credited: an entry cannot be out of balance.
    let line = |debit, credit, text: &str| {
        let amount = Money::parse(text, Currency::EUR)?.minor();
        Ok::<_, MoneyError>(Line { kind: MovementKind::JournalEntry, debit, credit, amount })
    };
    let tx = client.transaction().await?;
    let entry = Entry {
        lines: vec![line(bank, own, "500.00")?, line(flour, bank, "120.40")?],
        effective: book.today(wall),
        outside_fact: false,
        note: Some(Note::new("The first week", "week-1")),
    };
    println!("posted as record {}", posting::post(&tx, &book, entry, wall).await?.number);
    tx.commit().await?;

    // What goes too far is refused with its reason, and nothing of it is written.
    let tx = client.transaction().await?;
    let lines = vec![line(flour, bank, "400.00")?];
    let entry = Entry { lines, effective: book.today(wall), outside_fact: false, note: None };
    match posting::post(&tx, &book, entry, wall).await {
        Err(Error::Refused(refusal)) => println!("refused: {} ({})", refusal.detail, refusal.code),
        other => return Err(format!("a floor was not kept: {other:?}").into()),
    }
    tx.rollback().await?;

    for line in trial_balance(&client, &book, None).await? {
        println!("{:<16} {:>10} {:>10}", line.code, line.unit.format(line.debit), line.unit.format(line.credit));
    }
    Ok(())
}
