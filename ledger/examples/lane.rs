//! Many callers post into one book through its lane: what waits together is written together, in one commit.
//!
//! `cargo run -p ledger --example lane` brings a PostgreSQL of its own and throws it away at the end.

use deadpool_postgres::{Manager, Pool};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::book::{AccountClass, Entry, Key, Line, MovementKind};
use ledger::books::operations::{accounts, books};
use ledger::engine::lane::{self, Lanes, Outcome};
use ledger::engine::store::balances;
use ledger::engine::store::books::Visibility;
use ledger::id::OrganisationId;
use ledger::money::Currency;
use migrations::testing::TestDatabase;
use uuid::Uuid;

/// How many callers there are, each with so many entries.
const CALLERS: i32 = 8;
const ENTRIES: i64 = 25;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let database = TestDatabase::create().await?;
    let access = migrations::service_access(&database.service_url, "lane")?;
    let pool = Pool::builder(Manager::new(access.config.clone(), access.tls.clone())).max_size(2).build()?;
    // Lanes have connections of their own, whose statements are planned once.
    let access = access.with(lane::options);
    let lanes = Lanes::new(Pool::builder(Manager::new(access.config, access.tls)).max_size(2).build()?);

    let wall = Timestamp::now();
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    let asked = books::OpenBook {
        organisation: OrganisationId::generate(),
        name: "Market day".into(),
        currency: Currency::EUR,
        mode: Mode::Sandbox,
        zone: "Europe/Berlin".into(),
        visibility: Visibility::Private,
    };
    let book = books::open(&tx, asked, wall).await?;
    let unit = Currency::EUR.into();
    let till = accounts::open(&tx, &book, "assets:till", AccountClass::Asset, unit, Some(0), wall).await?.number;
    let sales = accounts::open(&tx, &book, "income:sales", AccountClass::Income, unit, None, wall).await?.number;
    tx.commit().await?;

    let sale = || {
        let line = Line { kind: MovementKind::JournalEntry, debit: till, credit: sales, amount: 250 };
        Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: None }
    };
    // The key says whose request it is and which: sent again, it is answered again and posted once.
    let key = |caller| Key { caller, key: Uuid::now_v7(), request_digest: 250 };
    let callers = (1..=CALLERS).map(|caller| {
        let (lanes, book, sale, key) = (&lanes, book.id, &sale, &key);
        async move {
            let mut last = key(caller);
            for _ in 0..ENTRIES {
                last = key(caller);
                lanes.post(book, last, sale()).await?;
            }
            Ok::<Key, ledger::Error>(last)
        }
    });
    let keys = try_join_all(callers).await?;

    let again = lanes.post(book.id, keys[0], sale()).await?;
    let Outcome::Posted(number) = again.outcome else { return Err(format!("not posted: {again:?}").into()) };
    println!("caller 1 asked for its last entry again: still record {number}, replayed: {}", again.replayed);

    let balance = balances::get(&client, book.id, till).await?.net();
    println!("{CALLERS} callers with {ENTRIES} sales of 2.50: {} EUR in the till", Currency::EUR.format(balance));
    if !again.replayed || balance != i64::from(CALLERS) * ENTRIES * 250 {
        return Err("an entry was lost or doubled".into());
    }
    Ok(())
}
