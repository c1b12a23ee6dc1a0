//! Totals: whatever day and record is asked for, and however far the roll-up is, they are the sum of the transfers.

use crate::support::{ground, plans};
use deadpool_postgres::Object;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind};
use ledger::books::operations::accounts;
use ledger::engine::posting::post;
use ledger::engine::store::{balances, journal};
use ledger::money::Currency;
use ledger::reports::operations::{self as reports, Branch, DEPTH_MAX, Resume, StatementSpan};
use ledger::reports::store::account_totals::{self, Wanted};
use ledger::reports::store::{account_statements, day_totals, kind_totals};
use ledger::testing::Ground;
use ledger::testing::store::rows;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

const FIRST: Date = date(2027, 1, 3);
const LAST: Date = date(2028, 3, 29);

const EVERYTHING: Wanted<'static> =
    Wanted { classes: AccountClass::ALL, even: true, after: "", under: "", limit: 1_000 };

/// Accounts that may go below zero, and entries among them whose days mostly go forward.
struct History {
    ground: Ground,
    accounts: Vec<AccountNumber>,
    dice: StdRng,
    today: Date,
}

struct Transfer {
    pos: i64,
    debit: i32,
    credit: i32,
    amount: i64,
    effective: Date,
    kind: i16,
}

impl History {
    async fn new(seed: u64) -> History {
        let ground = ground().await;
        let mut numbers = Vec::new();
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        for (code, class) in [
            ("assets:bank", AccountClass::Asset),
            ("assets:bank:giro", AccountClass::Asset),
            ("assets:bank-2:old", AccountClass::Asset),
            ("liabilities:own", AccountClass::Liability),
            ("equity:own", AccountClass::Equity),
            ("expenses:rent:hall", AccountClass::Expense),
        ] {
            let opened =
                accounts::open(&tx, &ground.book, code, class, Currency::USD.into(), None, Timestamp::now()).await;
            numbers.push(opened.unwrap().number);
        }
        tx.commit().await.unwrap();
        numbers.push(ground.account("assets:cash:partner", AccountClass::Cash).await);
        numbers.push(ground.account("liabilities:suspense", AccountClass::Suspense).await);
        History { ground, accounts: numbers, dice: StdRng::seed_from_u64(seed), today: FIRST }
    }

    /// One in four entries counts on an earlier day than the one before it, one in ten on a later one.
    fn day(&mut self) -> Date {
        self.today = self.today.saturating_add(i64::from(self.dice.random_range(0..4_u8)).days()).min(LAST);
        match self.dice.random_range(0..20_u8) {
            0..5 => self.today.saturating_sub(i64::from(self.dice.random_range(1..200_u8)).days()).max(FIRST),
            5 | 6 => self.today.saturating_add(i64::from(self.dice.random_range(1..60_u8)).days()).min(LAST),
            7.. => self.today,
        }
    }

    fn line(&mut self) -> Line {
        let amount = self.dice.random_range(1..1_000);
        if self.dice.random_range(0..4_u8) == 0 {
            let (debit, credit) = (self.accounts[6], self.accounts[7]);
            return Line { kind: MovementKind::SuspenseReceived, debit, credit, amount };
        }
        let debit = self.dice.random_range(0..6_usize);
        let credit = (debit + self.dice.random_range(1..6_usize)) % 6;
        let (debit, credit) = (self.accounts[debit], self.accounts[credit]);
        Line { kind: MovementKind::JournalEntry, debit, credit, amount }
    }

    async fn post(&mut self, entries: usize) {
        let mut client = self.ground.client().await;
        let tx = client.transaction().await.unwrap();
        for _ in 0..entries {
            let lines = (0..self.dice.random_range(1..4_u8)).map(|_| self.line()).collect();
            let entry = Entry { lines, effective: self.day(), outside_fact: false, note: None };
            post(&tx, &self.ground.book, entry, Timestamp::now()).await.expect("accepted");
        }
        tx.commit().await.unwrap();
    }

    async fn roll_up(&self, transfers: i32) {
        let call = "SELECT day_totals_roll_up($1, $2)";
        self.ground.client().await.query_one(call, &[&self.ground.book.id.0, &transfers]).await.unwrap();
    }

    /// Lays in what waits, before it is so much that a roll-up does.
    async fn lay_in(&self, late: bool) {
        let book = self.ground.book.id;
        let column = if late { "late" } else { "recent" };
        let call = format!(
            "SELECT recent_totals_lay_in({book}, {late});
             UPDATE day_total_progress SET {column} = 0 WHERE book_id = {book}"
        );
        self.ground.database_owner().await.batch_execute(&call).await.unwrap();
    }

    /// Makes one row of the late ones of each block.
    async fn merge(&self) {
        let book = self.ground.book.id;
        let call = format!(
            "UPDATE day_total_progress SET late = late - recent_totals_merge({book}, 0) WHERE book_id = {book};
             SELECT 1 / (late = (SELECT coalesce(sum(cardinality(accounts)), 0) FROM recent_total WHERE late))::int
               FROM day_total_progress WHERE book_id = {book}"
        );
        self.ground.database_owner().await.batch_execute(&call).await.expect("as many as are counted");
    }

    async fn transfers(&self) -> Vec<Transfer> {
        let all = "SELECT pos, debit, credit, amount, effective, kind FROM transfer ORDER BY pos";
        let rows = self.ground.client().await.query(all, &[]).await.unwrap();
        let read = |row: &tokio_postgres::Row| Transfer {
            pos: row.get(0),
            debit: row.get(1),
            credit: row.get(2),
            amount: row.get(3),
            effective: row.get(4),
            kind: row.get(5),
        };
        rows.iter().map(read).collect()
    }
}

/// Debits and credits of the transfers that count, by account and `key`.
fn naive<K: Ord>(
    all: &[Transfer],
    (from, to): (Date, Date),
    through: i64,
    key: impl Fn(&Transfer) -> K,
) -> BTreeMap<(i32, K), (i64, i64)> {
    let mut sums: BTreeMap<(i32, K), (i64, i64)> = BTreeMap::new();
    for transfer in all.iter().filter(|t| (from..=to).contains(&t.effective) && t.pos >> 16 <= through) {
        sums.entry((transfer.debit, key(transfer))).or_default().0 += transfer.amount;
        sums.entry((transfer.credit, key(transfer))).or_default().1 += transfer.amount;
    }
    sums
}

/// The ends and the middle of every third of a month, and what lies beside them.
fn days() -> Vec<Date> {
    let months = FIRST.first_of_month().series(1.month()).take_while(|month| *month <= LAST);
    let of_month = |month: Date| {
        let end = month.last_of_month();
        [month, month + 5.days(), month + 9.days(), month + 14.days(), month + 20.days(), end - 1.day(), end]
    };
    months.flat_map(of_month).collect()
}

/// One day in so many is asked for, another one each time; every day with `COMMONPURSE_LONG`.
fn one_day_in() -> usize {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { 1 } else { 5 }
}

async fn check_days(history: &mut History, client: &Object) {
    let (book, all) = (history.ground.book.id, history.transfers().await);
    let last = all.last().map_or(0, |transfer| transfer.pos >> 16);
    let first = history.dice.random_range(0..one_day_in());
    for day in days().into_iter().skip(first).step_by(one_day_in()).chain([Date::MAX]) {
        let through = if history.dice.random() { last } else { history.dice.random_range(0..=last) };
        let expected = naive(&all, (date(1, 1, 1), day), through, |_| ());
        let totals = account_totals::until(client, book, day, through, EVERYTHING).await.unwrap();
        let read: BTreeMap<(i32, ()), (i64, i64)> =
            totals.iter().map(|total| ((total.number.0, ()), (total.debits, total.credits))).collect();
        assert_eq!(read, expected, "until {day} through {through}");
        for account in &history.accounts {
            let balance = balances::as_of(client, book, *account, day, through).await.unwrap();
            let total = totals.iter().find(|total| total.number == *account).map_or(0, |total| total.balance());
            assert_eq!(balance, total, "{account} on {day} through {through}");
        }
        let from = FIRST.saturating_add(i64::from(history.dice.random_range(0..450_u16)).days());
        let expected = naive(&all, (from, day), through, |_| ());
        let read = account_totals::between(client, book, (from, day), through, EVERYTHING).await.unwrap();
        let read: BTreeMap<(i32, ()), (i64, i64)> =
            read.iter().map(|total| ((total.number.0, ()), (total.debits, total.credits))).collect();
        assert_eq!(read, expected, "from {from} to {day} through {through}");
    }
}

async fn check_kinds(history: &mut History, client: &Object) {
    let (book, all) = (history.ground.book.id, history.transfers().await);
    let last = all.last().map_or(0, |transfer| transfer.pos >> 16);
    let of = |kinds| kind_totals::Wanted { classes: AccountClass::ALL, kinds, limit: 1_000 };
    let read = |rows: Vec<kind_totals::KindTotal>| -> BTreeMap<(i32, i16), (i64, i64)> {
        let by_kind = |row: &kind_totals::KindTotal| (row.account.number.0, row.kind.number());
        rows.iter().map(|row| (by_kind(row), (row.account.debits, row.account.credits))).collect()
    };
    const SUSPENSE: &[MovementKind] = &[MovementKind::SuspenseReceived];
    let first = history.dice.random_range(0..5 * one_day_in());
    for day in days().into_iter().skip(first).step_by(5 * one_day_in()).chain([Date::MAX]) {
        for through in [last, history.dice.random_range(0..=last), 0] {
            let expected = naive(&all, (date(1, 1, 1), day), through, |transfer| transfer.kind);
            let rows = kind_totals::until(client, book, day, through, of(None)).await.unwrap();
            assert_eq!(read(rows), expected, "until {day} through {through}");
            let from = FIRST.saturating_add(i64::from(history.dice.random_range(0..450_u16)).days());
            let mut expected = naive(&all, (from, day), through, |transfer| transfer.kind);
            expected.retain(|(_, kind), _| *kind == SUSPENSE[0].number());
            let rows = kind_totals::between(client, book, (from, day), through, of(Some(SUSPENSE))).await.unwrap();
            assert_eq!(read(rows), expected, "from {from} to {day} through {through}");
        }
    }
}

async fn check_statements(history: &mut History, client: &Object) {
    let (book, all) = (history.ground.book.clone(), history.transfers().await);
    for (account, code) in [(history.accounts[0].0, "assets:bank"), (history.accounts[7].0, "liabilities:suspense")] {
        for _ in 0..5 {
            let from = FIRST.saturating_add(i64::from(history.dice.random_range(0..450_u16)).days());
            let to = from.saturating_add(i64::from(history.dice.random_range(0..90_u8)).days());
            let span = StatementSpan { from: Some(from), to: Some(to) };
            let (mut seen, mut resume): (Vec<i64>, Option<Resume>) = (Vec::new(), None);
            loop {
                let page = reports::account_statement(client, &book, code, span, resume, 7).await.unwrap();
                seen.extend(page.lines.iter().map(|line| line.line.pos));
                resume = page.next;
                if resume.is_none() {
                    break;
                }
            }
            let mine =
                |t: &&Transfer| (t.debit == account || t.credit == account) && (from..=to).contains(&t.effective);
            let expected: Vec<i64> = all.iter().filter(mine).map(|transfer| transfer.pos).collect();
            assert_eq!(seen, expected, "{code} from {from} to {to}");
        }
    }
}

async fn check_tree(history: &History, client: &Object) {
    let book = &history.ground.book;
    let whole = Branch { under: "", depth: DEPTH_MAX };
    for as_of in [None, Some(date(2027, 8, 31)), Some(date(2027, 11, 9))] {
        let totals =
            reports::trial_balance_totals(&reports::trial_balance(client, book, as_of).await.unwrap()).unwrap();
        let tree = reports::account_tree(client, book, as_of, None, whole).await.unwrap();
        let roots = tree.nodes.iter().filter(|node| node.depth == 1).flat_map(|node| &node.sums);
        let sums = roots.fold((0, 0), |all, sum| (all.0 + sum.debit, all.1 + sum.credit));
        assert_eq!(sums, totals.first().map_or((0, 0), |total| (total.debit, total.credit)), "{as_of:?}");
        let branch = Branch { under: "assets:bank", depth: DEPTH_MAX };
        let branch = reports::account_tree(client, book, as_of, Some(tree.through), branch).await.unwrap();
        let shown =
            tree.nodes.into_iter().filter(|node| ["assets:bank", "assets:bank:giro"].contains(&node.code.as_str()));
        assert_eq!(branch.nodes, shown.collect::<Vec<_>>(), "assets:bank-2 is not under assets:bank");
    }
}

#[tokio::test]
async fn what_is_read_is_the_sum_of_the_transfers_before_after_and_half_way_through_the_roll_up() {
    for seed in [11, 12] {
        let mut history = History::new(seed).await;
        let client = history.ground.client().await;
        history.post(150).await;
        for rolled_up in [0, 1, 60, 97, 10_000] {
            history.roll_up(rolled_up).await;
            check_days(&mut history, &client).await;
            check_kinds(&mut history, &client).await;
            check_statements(&mut history, &client).await;
            check_tree(&history, &client).await;
        }
        history.post(40).await;
        for rolled_up in [0, 23, 10_000] {
            history.roll_up(rolled_up).await;
            check_days(&mut history, &client).await;
            check_kinds(&mut history, &client).await;
            check_statements(&mut history, &client).await;
        }
        let book = history.ground.book.id;
        let last = journal::last_number(&client, book).await.unwrap();
        let mut months: Vec<Date> = history.transfers().await.iter().map(|t| t.effective.first_of_month()).collect();
        months.sort_unstable();
        months.dedup();
        assert_eq!(account_totals::months(&client, book, last).await.unwrap(), months);
    }
}

#[tokio::test]
async fn any_history_rolled_up_in_any_pieces_is_read_as_the_sum_of_its_transfers() {
    for seed in 21..24 {
        let mut history = History::new(seed).await;
        let client = history.ground.client().await;
        for _ in 0..6 {
            let entries = history.dice.random_range(1..120);
            history.post(entries).await;
            for _ in 0..history.dice.random_range(0..5_u8) {
                let transfers = history.dice.random_range(1..80);
                history.roll_up(transfers).await;
            }
            if history.dice.random() {
                history.merge().await;
            }
            // What is late waits longer than the rest, and each is laid in alone.
            if history.dice.random() {
                let late: bool = history.dice.random();
                history.lay_in(late).await;
            }
            check_days(&mut history, &client).await;
            check_kinds(&mut history, &client).await;
        }
        history.roll_up(10_000).await;
        history.lay_in(true).await;
        history.lay_in(false).await;
        let left: i64 = client.query_one("SELECT count(*) FROM recent_total", &[]).await.unwrap().get(0);
        assert_eq!(left, 0);
        check_days(&mut history, &client).await;
        check_kinds(&mut history, &client).await;
    }
}

#[tokio::test]
async fn a_backdated_entry_raises_every_later_third_of_a_month_of_its_two_accounts_and_no_other() {
    let history = History::new(0).await;
    let client = history.ground.client().await;
    let (bank, equity, rent) = (history.accounts[0], history.accounts[4], history.accounts[5]);
    let enter = async |debit, credit, amount, effective| {
        let mut client = history.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let lines = vec![Line { kind: MovementKind::JournalEntry, debit, credit, amount }];
        let entry = Entry { lines, effective, outside_fact: false, note: None };
        post(&tx, &history.ground.book, entry, Timestamp::now()).await.expect("accepted");
        tx.commit().await.unwrap();
        day_totals::roll_up(&client, history.ground.book.id).await.unwrap();
        history.lay_in(false).await;
    };
    let thirds = async |account: AccountNumber| -> Vec<(Date, i64, i64)> {
        let rows = "SELECT until, debits[i], credits[i] FROM running_total, generate_subscripts(accounts, 1) AS i
                     WHERE accounts[i] = $1 ORDER BY until";
        let rows = client.query(rows, &[&account.0]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    };
    let (january, march, may, end) = (date(2027, 1, 31), date(2027, 3, 20), date(2027, 5, 10), date(2027, 5, 31));
    enter(bank, equity, 100, date(2027, 3, 11)).await;
    enter(bank, equity, 20, date(2027, 5, 10)).await;
    enter(rent, equity, 3, date(2027, 5, 21)).await;
    assert_eq!(thirds(bank).await, [(march, 100, 0), (may, 120, 0), (end, 120, 0)]);
    enter(equity, bank, 7, date(2027, 1, 31)).await;
    assert_eq!(thirds(bank).await, [(january, 0, 7), (march, 100, 7), (may, 120, 7), (end, 120, 7)]);
    assert_eq!(thirds(equity).await, [(january, 7, 0), (march, 7, 100), (may, 7, 120), (end, 7, 123)]);
    assert_eq!(thirds(rent).await, [(end, 3, 0)]);
}

#[tokio::test]
async fn totals_are_made_anew_when_their_progress_is_set_back() {
    let mut history = History::new(7).await;
    history.post(120).await;
    history.roll_up(150).await;
    let client = history.ground.client().await;
    let owner = history.ground.database_owner().await;
    let begin = "DELETE FROM recent_total; DELETE FROM day_total; DELETE FROM running_total; DELETE FROM day_span;
                 UPDATE day_total_progress SET through = 0, recent = 0, late = 0";
    owner.batch_execute(begin).await.unwrap();
    for rolled_up in [0, 70, 10_000] {
        history.roll_up(rolled_up).await;
        check_days(&mut history, &client).await;
        check_kinds(&mut history, &client).await;
        check_statements(&mut history, &client).await;
    }
}

#[tokio::test]
async fn the_reads_of_a_large_book_go_through_indexes() {
    let history = History::new(0).await;
    let book = history.ground.book.id;
    let owner = history.ground.database_owner().await;
    let accounts = format!(
        "SELECT account_open({book}, 'assets:many:' || n, 40::smallint, 'USD', NULL, now()) FROM generate_series(1, 1000) n"
    );
    let transfers =
        "SELECT n << 16 AS pos, (10 + n % 499)::int AS debit, (510 + n % 491)::int AS credit, 1::bigint AS amount,
                            '2027-01-01'::date + (n / 150)::int AS day, 60::smallint AS kind,
                            '00000000-0000-0000-0000-000000000000'::uuid AS note
                       FROM generate_series(1, 60000::bigint) n";
    let roll_up = format!("SELECT day_totals_roll_up({book}, 1000000)");
    for statement in [accounts, rows::load(book, transfers), roll_up] {
        owner.batch_execute(&statement).await.unwrap();
    }
    owner.batch_execute("VACUUM ANALYZE").await.unwrap();

    let client = history.ground.client().await;
    let (day, account) = (date(2027, 11, 13), AccountNumber(20));
    balances::as_of(&client, book, account, day, 60_000).await.unwrap();
    account_totals::until(&client, book, day, 60_000, EVERYTHING).await.unwrap();
    let few = "'{2027-11-11, 2027-11-12, 2027-11-13}', '{}'";
    let mut all =
        plans(&client, "-- balances::as_of", &format!("{book}, {account}, '2027-11-10', {few}, '{day}', 60000")).await;
    all.extend(
        plans(
            &client,
            "-- account_totals::spanned",
            &format!("{book}, NULL, '{day}', 60000, '{{40}}', false, '', 10001, '2027-11-10', NULL, {few}, ''"),
        )
        .await,
    );
    for plan in all {
        for table in ["transfer", "day_total ", "running_total"] {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{plan}");
        }
        assert!(plan.contains("transfer_pkey"), "{plan}");
    }

    // What the chain reads is found by the primary key, a line at a time.
    let mut client = client;
    let tx = client.transaction().await.unwrap();
    let page = account_statements::lines(&tx, book, account, 0, (FIRST, LAST), 50).await.unwrap();
    assert_eq!(page.len(), 50);
    let after = async |line: usize| balances::after(&tx, book, account, page[line].number()).await.unwrap();
    assert_eq!(after(9).await - after(0).await, 9);
    let reads = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'transfer'";
    let reads = tx.query_one(reads, &[]).await.unwrap();
    let (sequential, by_key): (i64, i64) = (reads.get(0), reads.get(1));
    assert_eq!(sequential, 0);
    assert!(by_key <= 3 * 125, "{by_key} lookups for the account's 120 lines, walked three times");
}
