//! A book compared with itself: whatever somebody with the rights of the owner alters is found, freezes that book only, and
//! nothing else is ever found.

use crate::support::ground;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::book::{AccountClass, AccountNumber, Command, Entry, Key, Line, Mode, MovementKind};
use ledger::books::operations::{accounts, books};
use ledger::engine::lane::{Lanes, Outcome};
use ledger::engine::posting;
use ledger::engine::store::books::{Book, Visibility};
use ledger::engine::store::{checks, journal};
use ledger::money::Currency;
use ledger::reports::store::day_totals;
use ledger::testing::Ground;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The most transfers of a slice here: a pass over a small book takes several.
const SLICE: i32 = 64;

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(3);

/// A book with two accounts and entries between them.
struct Told {
    book: Book,
    bank: AccountNumber,
    own: AccountNumber,
}

fn entry(told: &Told, amount: i64) -> Entry {
    let line = Line { kind: MovementKind::JournalEntry, debit: told.bank, credit: told.own, amount };
    Entry { lines: vec![line], effective: date(2027, 1, 1), outside_fact: false, note: None }
}

fn key() -> Key {
    Key { caller: 1, key: Uuid::now_v7(), request_digest: 1 }
}

async fn account(ground: &Ground, book: &Book, code: &str, class: AccountClass) -> AccountNumber {
    let opened = ground
        .run(async |tx| accounts::open(tx, book, code, class, Currency::USD.into(), None, Timestamp::now()).await);
    opened.await.expect("an account").number
}

/// A book with some hundred entries of one and of three lines; most of it rolled up.
async fn told(ground: &Ground, book: &Book) -> Told {
    let bank = account(ground, book, "assets:bank", AccountClass::Asset).await;
    let own = account(ground, book, "equity:own", AccountClass::Equity).await;
    let told = Told { book: book.clone(), bank, own };
    let one_by_one: Vec<Command> = (1..=150).map(|amount| Command::post(None, entry(&told, amount))).collect();
    let post = async |commands| {
        ground.run(async |tx| posting::post_all(tx, book, commands, Timestamp::now()).await).await.expect("posted");
    };
    post(one_by_one).await;
    // Two thirds of it are laid into days and thirds of months, the rest waits for that.
    let laid_in = format!("SELECT day_totals_roll_up({0}, 100); SELECT recent_totals_lay_in({0}, false)", book.id);
    ground.database_owner().await.batch_execute(&laid_in).await.unwrap();
    day_totals::roll_up(&ground.client().await, book.id).await.unwrap();
    let in_threes = (1..=30).map(|amount| {
        let all = [amount, amount + 1, amount + 2].map(|amount| entry(&told, amount).lines.remove(0));
        Command::post(None, Entry { lines: all.to_vec(), effective: date(2027, 2, 3), ..entry(&told, 1) })
    });
    post(in_threes.collect()).await;
    told
}

/// Compares a whole pass over a book, or until something differs; answers what was found.
async fn pass(ground: &Ground, book: &Book) -> Vec<String> {
    loop {
        let slice = ground.run(async |tx| checks::compare(tx, book.id, SLICE).await).await.expect("a slice");
        if let Some(freeze) = slice.freeze {
            return checks::get(&ground.client().await, book.id, freeze).await.unwrap().found;
        }
        if slice.ended {
            return Vec::new();
        }
        assert!(slice.transfers > 0, "it stands still");
    }
}

/// Releases a book, as its owner alone may.
async fn release(ground: &Ground, book: &Book, reason: &str) -> Option<i32> {
    let owner = ground.database_owner().await;
    let row = owner.query_one("SELECT book_release($1, $2)", &[&book.id.0, &reason]).await.unwrap();
    row.get(0)
}

async fn another_book(ground: &Ground) -> Book {
    let asked = books::OpenBook {
        organisation: ground.book.organisation,
        name: "Another".into(),
        currency: Currency::USD,
        mode: Mode::Sandbox,
        zone: "Europe/Berlin".into(),
        visibility: Visibility::Private,
    };
    ground.run(async |tx| books::open(tx, asked, Timestamp::now()).await).await.expect("a book")
}

#[tokio::test]
async fn t11_whatever_the_owner_alters_is_found_and_freezes_only_its_book() {
    let ground = ground().await;
    let other = told(&ground, &another_book(&ground).await).await;
    let told = told(&ground, &ground.book).await;
    let hold = "SELECT hold_place($1, gen_random_uuid(), $2, 70, NULL, now())";
    ground.client().await.execute(hold, &[&told.book.id.0, &told.own.0]).await.unwrap();
    assert_eq!(pass(&ground, &told.book).await, Vec::<String>::new());
    assert_eq!(pass(&ground, &other.book).await, Vec::<String>::new());

    let owner = ground.database_owner().await;
    // As somebody who switches off what keeps history.
    owner.batch_execute("SET session_replication_role = replica").await.unwrap();
    let (book, bank, own) = (told.book.id.0, told.bank.0, told.own.0);
    let cases = [
        // A balance, on either side, its chain, its lines and its hold.
        (
            "UPDATE balance SET debits = debits + {by}, credits = credits + {by} WHERE book_id = {book} AND account = {bank}",
            "balance",
        ),
        ("UPDATE balance SET last_pos = last_pos - {by} WHERE book_id = {book} AND account = {own}", "balance"),
        ("UPDATE balance SET lines = lines + {by} WHERE book_id = {book} AND account = {own}", "balance"),
        ("UPDATE balance SET held = held - {by} WHERE book_id = {book} AND account = {own}", "held"),
        // Totals: of a day, of all until a third of a month, of what waits for either, and whose and in which way they are.
        (
            "UPDATE day_total SET debits[1] = debits[1] + {by}, credits[1] = credits[1] + {by} WHERE book_id = {book}",
            "total of day 2027-01-01",
        ),
        ("UPDATE running_total SET credits[1] = credits[1] + {by} WHERE book_id = {book}", "total of third"),
        ("UPDATE recent_total SET debits[1] = debits[1] + {by} WHERE book_id = {book}", "total of day"),
        ("UPDATE day_total SET kinds[1] = kinds[1] + {by} WHERE book_id = {book}", "way 61"),
        ("UPDATE recent_total SET accounts[1] = accounts[1] + 5000 * {by} WHERE book_id = {book}", "total of day"),
        // Where in the journal a day lies: wider than its transfers, narrower, from before all of them to after them, none at
        // all, and another day, of which no transfer is rolled up.
        ("UPDATE day_span SET first_pos = first_pos - 3 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        ("UPDATE day_span SET first_pos = first_pos - 65536 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        ("UPDATE day_span SET first_pos = first_pos + 65536 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        ("UPDATE day_span SET last_pos = last_pos + 65536 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        ("UPDATE day_span SET last_pos = last_pos + 65536000 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        ("UPDATE day_span SET last_pos = last_pos - 65536 * {by} WHERE book_id = {book}", "day 2027-01-01: lies"),
        (
            "UPDATE day_span SET book_id = book_id + 5000 * {by} WHERE book_id IN ({book}, {book} + 5000)",
            "day 2027-01-01: lies at nothing",
        ),
        ("UPDATE day_span SET day = day + 33 * {by} WHERE book_id = {book}", "day 2027-02-03: lies"),
        // Chains: which line is before, and what stood on the account after it.
        (
            "UPDATE transfer SET debit_prev = debit_prev + {by} WHERE book_id = {book} AND pos = 100::bigint << 16",
            "at 6553600 follows",
        ),
        (
            "UPDATE transfer SET credit_prev = credit_prev + {by} WHERE book_id = {book} AND pos = 1::bigint << 16",
            "at 65536 follows",
        ),
        (
            "UPDATE transfer SET debit_after = debit_after + {by} WHERE book_id = {book} AND pos = 100::bigint << 16",
            "with",
        ),
        (
            "UPDATE transfer SET credit_after = credit_after + {by} WHERE book_id = {book} AND pos = 180::bigint << 16",
            "with",
        ),
        ("UPDATE transfer SET amount = amount + {by} WHERE book_id = {book} AND pos = 70::bigint << 16", "account"),
        ("UPDATE account_mark SET line = line + {by} WHERE book_id = {book} AND account = {own}", "is marked"),
        ("UPDATE account_mark SET pos = pos + 1000 * {by} WHERE book_id = {book} AND account = {own}", "is marked"),
        // The head: the next number, up and down, the next account, the closed days, the last moment.
        ("UPDATE book_head SET next_number = next_number + {by} WHERE book_id = {book}", "are there"),
        ("UPDATE book_head SET next_number = next_number - {by} WHERE book_id = {book}", "head: the next record"),
        ("UPDATE book_head SET next_number = next_number - 100 * {by} WHERE book_id = {book}", "head: the next record"),
        ("UPDATE book_head SET next_account = next_account + {by} WHERE book_id = {book}", "head: the next account"),
        ("UPDATE book_head SET closed_through = closed_through + {by} WHERE book_id = {book}", "head: closed through"),
        (
            "UPDATE book_head SET recorded_at = recorded_at - {by} * interval '1 hour' WHERE book_id = {book}",
            "head: the last record",
        ),
        (
            "UPDATE transfer SET recorded_at = recorded_at + {by} * interval '1 hour' WHERE book_id = {book} AND pos = 9::bigint << 16",
            "one does not follow",
        ),
        // A record that is gone, and comes back.
        (
            "UPDATE transfer SET book_id = book_id + 5000 * {by} WHERE book_id IN ({book}, {book} + 5000) AND pos = 33::bigint << 16",
            "does not follow",
        ),
        ("UPDATE log_record SET book_id = book_id + 5000 * {by} WHERE book_id IN ({book}, {book} + 5000)", "are there"),
        (
            "UPDATE balance SET side = side * (1 - 2 * {by} * {by}) WHERE book_id = {book} AND account = {bank}",
            "account",
        ),
    ];
    for (number, (sql, words)) in (1..).zip(cases) {
        let alter = async |by: i32| {
            let sql = sql.replace("{by}", &by.to_string()).replace("{book}", &book.to_string());
            let sql = sql.replace("{bank}", &bank.to_string()).replace("{own}", &own.to_string());
            let done = owner.execute(&sql, &[]).await.unwrap();
            assert!(done > 0, "{sql}");
        };
        alter(1).await;
        let found = pass(&ground, &told.book).await;
        assert!(found.iter().any(|found| found.contains(words)), "{sql}: {found:?}");
        assert!(found.len() <= 20);
        let frozen = checks::list_frozen(&ground.client().await, 10).await.unwrap();
        let frozen: Vec<_> = frozen.iter().map(|freeze| (freeze.book, freeze.number)).collect();
        assert_eq!(frozen, [(told.book.reference(), number)], "{sql}");
        let slice = ground.run(async |tx| checks::compare(tx, told.book.id, SLICE).await).await.unwrap();
        assert_eq!((slice.transfers, slice.ended), (0, false), "a frozen book is not compared");
        assert_eq!(pass(&ground, &other.book).await, Vec::<String>::new());

        if number == 1 {
            // Released as it is, it is frozen again.
            assert_eq!(release(&ground, &told.book, "nothing was done").await, Some(1));
            assert_eq!(pass(&ground, &told.book).await, found);
            owner.execute("DELETE FROM book_freeze WHERE number = 1", &[]).await.unwrap();
            owner.execute("UPDATE book_freeze SET number = 1", &[]).await.unwrap();
        }
        alter(-1).await;
        assert_eq!(release(&ground, &told.book, "mended").await, Some(number), "{sql}");
        assert_eq!(pass(&ground, &told.book).await, Vec::<String>::new(), "mended after {sql}");
    }
    assert_eq!(release(&ground, &told.book, "again").await, None, "it is not frozen");
}

#[tokio::test]
async fn t11_a_frozen_book_takes_no_record_in_any_way_and_goes_on_after_its_release() {
    let ground = ground().await;
    let other = told(&ground, &another_book(&ground).await).await;
    let told = told(&ground, &ground.book).await;
    let (busy, quiet) = (ground.lanes(), ground.lanes());
    let post = async |lanes: &Lanes, told: &Told| lanes.post(told.book.id, key(), entry(told, 1)).await;
    for lanes in [&busy, &quiet] {
        assert!(matches!(post(lanes, &told).await.unwrap().outcome, Outcome::Posted(_)));
    }
    let owner = ground.database_owner().await;
    let alter = "UPDATE balance SET credits = credits + $2 WHERE book_id = $1 AND account = $3";
    owner.execute(alter, &[&told.book.id.0, &5_i64, &told.own.0]).await.unwrap();
    assert_eq!(pass(&ground, &told.book).await.len(), 1);

    let again = key();
    let refused = busy.post(told.book.id, again, entry(&told, 1)).await;
    assert!(matches!(refused, Err(Error::BookFrozen)), "{refused:?}");
    // One of more than a line, one that carries only, and a lane that knows nothing of the book.
    let more =
        Entry { lines: vec![entry(&told, 1).lines.remove(0), entry(&told, 2).lines.remove(0)], ..entry(&told, 1) };
    assert!(matches!(busy.post(told.book.id, key(), more).await, Err(Error::BookFrozen)));
    let carried = Command { key: None, entry: None, companions: Vec::new() };
    assert!(matches!(busy.command(told.book.id, key(), carried).await, Err(Error::BookFrozen)));
    assert!(matches!(post(&ground.lanes(), &told).await, Err(Error::BookFrozen)));
    let operation = ground.run(async |tx| posting::post(tx, &told.book, entry(&told, 1), Timestamp::now()).await);
    assert!(matches!(operation.await, Err(Error::BookFrozen)));
    let record = "SELECT record_add($1, 4::smallint, '{}', now())";
    let refused = owner.execute(record, &[&told.book.id.0]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "CP002");
    let lines = journal::lines(&ground.client().await, told.book.id, 1, 1_000).await.unwrap();
    assert_eq!(lines.len(), 242, "it is read as before, and nothing was written");
    assert!(matches!(post(&busy, &other).await.unwrap().outcome, Outcome::Posted(_)), "another book goes on");

    owner.execute(alter, &[&told.book.id.0, &-5_i64, &told.own.0]).await.unwrap();
    assert_eq!(release(&ground, &told.book, "a hand had slipped").await, Some(1));
    let posted = busy.post(told.book.id, again, entry(&told, 1)).await.unwrap();
    assert!(matches!(posted.outcome, Outcome::Posted(183)) && !posted.replayed, "{posted:?}");
    assert!(matches!(post(&quiet, &told).await.unwrap().outcome, Outcome::Posted(184)));
    assert_eq!(pass(&ground, &told.book).await, Vec::<String>::new());
    let kept = "SELECT released_by = session_user AND reason = 'a hand had slipped' FROM book_freeze";
    assert!(owner.query_one(kept, &[]).await.unwrap().get::<_, bool>(0), "who and why is kept");
}

#[tokio::test]
async fn t11_a_lane_that_slept_through_freeze_and_mending_posts_on_what_was_mended() {
    let ground = ground().await;
    let told = told(&ground, &ground.book).await;
    let lanes = ground.lanes();
    for amount in 1..=20 {
        lanes.post(told.book.id, key(), entry(&told, amount)).await.unwrap();
    }
    let owner = ground.database_owner().await;
    // A floor of its account is no business of the comparison; what an account has moved is.
    let both = "UPDATE balance SET debits = debits + $2, credits = credits + $2 WHERE book_id = $1";
    owner.execute(both, &[&told.book.id.0, &9_i64]).await.unwrap();
    assert!(!pass(&ground, &told.book).await.is_empty());
    owner.execute(both, &[&told.book.id.0, &-9_i64]).await.unwrap();
    release(&ground, &told.book, "mended").await.unwrap();
    // Behind what the lane remembers: the balances differ, and then they do not.
    owner.execute(both, &[&told.book.id.0, &9_i64]).await.unwrap();
    assert!(lanes.post(told.book.id, key(), entry(&told, 1)).await.is_ok(), "it reads again what it remembered wrong");
    owner.execute(both, &[&told.book.id.0, &-9_i64]).await.unwrap();
    assert!(lanes.post(told.book.id, key(), entry(&told, 1)).await.is_ok());
    assert_eq!(pass(&ground, &told.book).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_while_eight_callers_post_and_totals_are_rolled_up_nothing_is_ever_found() {
    let ground = ground().await;
    let told = std::sync::Arc::new(told(&ground, &ground.book).await);
    let (here, there) = (ground.lanes(), ground.lanes());
    let until = Instant::now() + Duration::from_secs(6);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (lanes, told) = (if writer % 2 == 0 { here.clone() } else { there.clone() }, told.clone());
            tokio::spawn(async move {
                let mut posted = 0;
                while Instant::now() < until {
                    // Of days before and after one another.
                    let of_day = |day: i8| Entry { effective: date(2027, 1, day), ..entry(&told, day.into()) };
                    let burst = (1..=5).map(|day| (key(), of_day(day))).collect();
                    posted += lanes.post_each(told.book.id, burst).await.into_iter().filter(Result::is_ok).count();
                }
                posted
            })
        })
        .collect();
    let roll_up = {
        let (pool, book) = (ground.pool.clone(), told.book.id);
        tokio::spawn(async move {
            while Instant::now() < until {
                day_totals::roll_up(&pool.get().await.unwrap(), book).await.unwrap();
            }
        })
    };
    let opener = {
        let (pool, book) = (ground.pool.clone(), told.book.clone());
        tokio::spawn(async move {
            for number in 0..40 {
                let mut client = pool.get().await.unwrap();
                let tx = client.transaction().await.unwrap();
                let (code, class) = (format!("liabilities:other:{number}"), AccountClass::Liability);
                accounts::open(&tx, &book, &code, class, Currency::USD.into(), None, Timestamp::now()).await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    let mut passes = 0;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < until || passes < 3 {
        assert!(Instant::now() < deadline, "{passes} passes");
        let slice = ground.run(async |tx| checks::compare(tx, told.book.id, 500).await).await.expect("a slice");
        if let Some(freeze) = slice.freeze {
            panic!("{:?}", checks::get(&ground.client().await, told.book.id, freeze).await.unwrap());
        }
        passes += usize::from(slice.ended);
    }
    let mut posted = 0;
    for writer in writers {
        posted += writer.await.unwrap();
    }
    roll_up.await.unwrap();
    opener.await.unwrap();
    assert!(posted > 100, "{posted} posted in {passes} passes");
    assert_eq!(pass(&ground, &told.book).await, Vec::<String>::new());
    let compared = checks::standing(&ground.client().await).await.unwrap();
    assert!(compared.frozen == 0 && compared.oldest.unwrap() > Timestamp::now() - SignedDuration::from_mins(5));
}

#[tokio::test]
async fn t11_the_service_neither_releases_a_book_nor_forges_what_was_compared() {
    let ground = ground().await;
    let client = ground.client().await;
    for sql in [
        "SELECT book_release(1, 'because')",
        "UPDATE book_head SET frozen = false",
        "UPDATE book_check SET through = 1",
        "UPDATE account_check SET debits = 1",
        "UPDATE book_freeze SET released_at = now()",
        "INSERT INTO book_freeze (book_id, number, frozen_at, found) VALUES (1, 1, now(), '{x}')",
        "DELETE FROM account_check",
        "SELECT book_check_look(1, 1, 0, now(), 10)",
    ] {
        let refused = client.batch_execute(sql).await.expect_err(sql);
        assert_eq!(refused.code().unwrap().code(), "42501", "{sql}");
    }
}
