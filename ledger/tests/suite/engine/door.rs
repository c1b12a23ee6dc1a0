//! The door to the journal: whatever is told of a batch must agree with everything else, or nothing is written.

use crate::support::ground;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::book::{AccountClass, AccountNumber, Command, Entry, Line, MovementKind as K};
use ledger::engine::posting::post_all;
use ledger::engine::store::{accounts, journal};
use ledger::testing::Ground;
use std::collections::BTreeMap;
use uuid::Uuid;

const DAY: Date = date(2027, 1, 1);

/// A parameter of one of the door's functions.
#[derive(Debug, Clone)]
enum Told {
    Number(i64),
    Numbers(Vec<i64>),
    /// What nothing else in the batch speaks of, as SQL.
    Alone(String),
}

/// A call: its function, and each parameter with its name and type.
#[derive(Debug, Clone)]
struct Call {
    function: &'static str,
    told: Vec<(&'static str, &'static str, Told)>,
}

impl Call {
    fn statement(&self) -> String {
        let told = self.told.iter().map(|(name, of, told)| match told {
            Told::Number(number) => format!("p_{name} => {number}::{of}"),
            Told::Numbers(numbers) => format!("p_{name} => ARRAY{numbers:?}::{of}[]"),
            Told::Alone(text) => format!("p_{name} => {text}::{of}"),
        });
        format!("SELECT {}({})", self.function, told.collect::<Vec<_>>().join(", "))
    }

    /// The same call with another value.
    fn with(&self, name: &str, value: Told) -> Call {
        let mut other = self.clone();
        let told = other.told.iter_mut().find(|(known, ..)| *known == name).expect("a parameter of this name");
        told.2 = value;
        other
    }

    /// Every call in which one number is another one.
    fn altered(&self) -> Vec<(String, Call)> {
        let mut calls = Vec::new();
        for (name, of, told) in &self.told {
            let limit = if *of == "smallint" { 1_000 } else { 1 << 20 };
            for step in [1, -1, limit] {
                match told {
                    Told::Number(number) => {
                        calls.push((format!("{name}: {step:+}"), self.with(name, Told::Number(number + step))));
                    }
                    Told::Numbers(numbers) => calls.extend((0..numbers.len()).map(|index| {
                        let mut numbers = numbers.clone();
                        numbers[index] += step;
                        (format!("{name}[{index}]: {step:+}"), self.with(name, Told::Numbers(numbers)))
                    })),
                    Told::Alone(_) => {}
                }
            }
        }
        calls
    }
}

/// What the door is told of an account.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    debits: i64,
    credits: i64,
    last: i64,
    lines: i64,
}

/// A book with two funds, in which all accounts have moved before.
struct Scene {
    ground: Ground,
    receivable: AccountNumber,
    fund: AccountNumber,
    loom: AccountNumber,
    team: AccountNumber,
}

impl Scene {
    async fn new() -> Scene {
        let ground = ground().await;
        let receivable = ground.account("assets:receivable:partner:2027-01-01", AccountClass::Receivable).await;
        let fund = ground.account("liabilities:fund:press", AccountClass::Fund).await;
        let loom = ground.account("liabilities:fund:loom", AccountClass::Fund).await;
        let team = ground.account("liabilities:payable:team:a", AccountClass::TeamPayable).await;
        let scene = Scene { ground, receivable, fund, loom, team };
        let lines = [scene.capture(fund, 100), scene.capture(loom, 50), scene.release(20)];
        let commands = lines.map(|line| {
            Command::post(None, Entry { lines: vec![line], effective: DAY, outside_fact: false, note: None })
        });
        let mut client = scene.ground.client().await;
        let tx = client.transaction().await.expect("a transaction");
        post_all(&tx, &scene.ground.book, commands.to_vec(), Timestamp::now()).await.expect("an opening");
        tx.commit().await.expect("a commit");
        scene
    }

    fn capture(&self, fund: AccountNumber, amount: i64) -> Line {
        Line { kind: K::ChargeCaptured, debit: self.receivable, credit: fund, amount }
    }

    fn release(&self, amount: i64) -> Line {
        Line { kind: K::MilestoneReleased, debit: self.fund, credit: self.team, amount }
    }

    fn class(&self, account: i32) -> i64 {
        let class = if account == self.receivable.0 {
            AccountClass::Receivable
        } else if account == self.team.0 {
            AccountClass::TeamPayable
        } else {
            AccountClass::Fund
        };
        i64::from(class.number())
    }

    /// What the lines' accounts have moved by now, and after the lines at these positions.
    async fn sums(&self, tx: &Transaction<'_>, lines: &[(i64, Line)]) -> BTreeMap<i32, (Sums, Sums)> {
        let numbers = journal::accounts_of(lines.iter().map(|(_, line)| line));
        let mut sums = BTreeMap::new();
        for account in accounts::load(tx, self.ground.book.id, &numbers).await.expect("accounts") {
            let ledger::book::Sums { debits, credits, last, lines } = account.sums;
            let before = Sums { debits, credits, last, lines };
            sums.insert(account.number.0, (before, before));
        }
        for (_, line) in lines {
            sums.get_mut(&line.debit.0).expect("an account").1.debits += line.amount;
            sums.get_mut(&line.credit.0).expect("an account").1.credits += line.amount;
        }
        sums
    }

    /// The accounts of a batch as parameters.
    fn accounts(sums: &BTreeMap<i32, (Sums, Sums)>) -> Vec<(&'static str, &'static str, Told)> {
        let of = |of: fn(&(Sums, Sums)) -> i64| Told::Numbers(sums.values().map(of).collect());
        vec![
            ("account", "int", Told::Numbers(sums.keys().map(|account| i64::from(*account)).collect())),
            ("debits", "bigint", of(|sums| sums.0.debits)),
            ("credits", "bigint", of(|sums| sums.0.credits)),
            ("last", "bigint", of(|sums| sums.0.last)),
            ("lines", "bigint", of(|sums| sums.0.lines)),
            ("debits_after", "bigint", of(|sums| sums.1.debits)),
            ("credits_after", "bigint", of(|sums| sums.1.credits)),
        ]
    }

    fn lines(sums: &BTreeMap<i32, (Sums, Sums)>, lines: &[(i64, Line)]) -> Vec<(&'static str, &'static str, Told)> {
        let place =
            |account: AccountNumber| sums.keys().position(|known| *known == account.0).expect("known") as i64 + 1;
        vec![
            ("debit", "int", Told::Numbers(lines.iter().map(|(_, line)| place(line.debit)).collect())),
            ("credit", "int", Told::Numbers(lines.iter().map(|(_, line)| place(line.credit)).collect())),
            ("amount", "bigint", Told::Numbers(lines.iter().map(|(_, line)| line.amount).collect())),
        ]
    }

    async fn head(&self, tx: &Transaction<'_>, function: &'static str) -> (Call, i64) {
        let head = journal::lock(tx, self.ground.book.id).await.expect("a head");
        let told = vec![
            ("book", "int", Told::Number(i64::from(self.ground.book.id.0))),
            ("version", "bigint", Told::Number(head.version)),
            ("recorded", "timestamptz", Told::Alone("clock_timestamp()".into())),
        ];
        (Call { function, told }, head.next_number)
    }

    /// A batch of any entries, as `journal_post` is told of it: two entries, the second of two lines, both with keys, and one with a
    /// note.
    async fn any(&self, tx: &Transaction<'_>) -> Call {
        let (mut call, first) = self.head(tx, "journal_post").await;
        let lines = [
            (first << 16, self.capture(self.fund, 7)),
            ((first + 1) << 16, self.release(5)),
            ((first + 1) << 16 | 1, self.capture(self.loom, 3)),
        ];
        let sums = self.sums(tx, &lines).await;
        let mut classes: Vec<i64> = Vec::new();
        let groups = sums.keys().map(|account| {
            let class = self.class(*account);
            let known = classes.iter().position(|known| *known == class);
            known.unwrap_or_else(|| {
                classes.push(class);
                classes.len() - 1
            }) as i64
                + 1
        });
        let groups: Vec<i64> = groups.collect();
        let group_of = |account: AccountNumber| {
            groups[sums.keys().position(|known| *known == account.0).expect("an account of the batch")]
        };
        let units = vec!["'USD'"; classes.len()].join(", ");
        let (nil, some) = (Uuid::nil(), Uuid::new_v4());
        call.told.extend([
            ("first", "bigint", Told::Number(first)),
            ("next", "bigint", Told::Number(first + 2)),
            ("group_class", "smallint", Told::Numbers(classes)),
            ("group_unit", "text[]", Told::Alone(format!("ARRAY[{units}]"))),
            ("group", "smallint", Told::Numbers(groups.clone())),
            ("way_kind", "smallint", Told::Numbers(vec![1, 20])),
            ("way_debit", "smallint", Told::Numbers(vec![group_of(self.receivable), group_of(self.fund)])),
            ("way_credit", "smallint", Told::Numbers(vec![group_of(self.fund), group_of(self.team)])),
            ("pos", "bigint", Told::Numbers(lines.iter().map(|(pos, _)| *pos).collect())),
            ("way", "smallint", Told::Numbers(vec![1, 2, 1])),
            ("effective", "date[]", Told::Alone(format!("ARRAY['{DAY}']"))),
            ("occurred", "date[]", Told::Alone(format!("ARRAY['{DAY}']"))),
            ("note", "uuid[]", Told::Alone(format!("ARRAY['{nil}', '{some}', '{some}']"))),
            ("key_caller", "int[]", Told::Alone("ARRAY[1]".into())),
            ("key", "uuid[]", Told::Alone("ARRAY[gen_random_uuid(), gen_random_uuid()]".into())),
            ("key_digest", "bigint[]", Told::Alone("ARRAY[7, 8]".into())),
            ("key_number", "bigint", Told::Numbers(vec![first, first + 1])),
            ("key_refusal", "smallint", Told::Numbers(vec![0, 0])),
            ("note_number", "bigint", Told::Numbers(vec![first + 1])),
            ("salt", "uuid[]", Told::Alone("ARRAY[gen_random_uuid()]".into())),
            ("memo", "text[]", Told::Alone("ARRAY['']".into())),
            ("reference", "text[]", Told::Alone("ARRAY['']".into())),
            ("metadata", "jsonb[]", Told::Alone("ARRAY['{}'::jsonb]".into())),
        ]);
        call.told.extend(Self::accounts(&sums));
        call.told.extend(Self::lines(&sums, &lines));
        call
    }

    /// Three captures, as `journal_post_plain` is told of them.
    async fn plain(&self, tx: &Transaction<'_>) -> Call {
        let (mut call, first) = self.head(tx, "journal_post_plain").await;
        let lines = [(self.fund, 7), (self.loom, 5), (self.fund, 3)];
        let lines: Vec<(i64, Line)> =
            (first..).zip(lines).map(|(number, (fund, amount))| (number << 16, self.capture(fund, amount))).collect();
        let sums = self.sums(tx, &lines).await;
        let sides = sums.keys().map(|account| if *account == self.receivable.0 { 1 } else { 2 }).collect();
        call.told.extend([
            ("first", "bigint", Told::Number(first)),
            ("kind", "smallint", Told::Number(1)),
            ("debit_class", "smallint", Told::Number(self.class(self.receivable.0))),
            ("credit_class", "smallint", Told::Number(self.class(self.fund.0))),
            ("unit", "text", Told::Alone("'USD'".into())),
            ("effective", "date", Told::Alone(format!("'{DAY}'"))),
            ("occurred", "date", Told::Alone(format!("'{DAY}'"))),
            ("sides", "smallint", Told::Numbers(sides)),
            ("caller", "int", Told::Alone("1".into())),
            ("key", "uuid[]", Told::Alone("ARRAY[gen_random_uuid(), gen_random_uuid(), gen_random_uuid()]".into())),
            ("digest", "bigint[]", Told::Alone("ARRAY[7, 8, 9]".into())),
        ]);
        call.told.extend(Self::accounts(&sums));
        call.told.extend(Self::lines(&sums, &lines));
        call
    }

    /// One capture, as `journal_post_one` is told of it.
    async fn one(&self, tx: &Transaction<'_>) -> Call {
        let (mut call, number) = self.head(tx, "journal_post_one").await;
        let lines = [(number << 16, self.capture(self.fund, 7))];
        let sums = self.sums(tx, &lines).await;
        let (debit, credit) = (sums[&self.receivable.0], sums[&self.fund.0]);
        call.told.extend([
            ("number", "bigint", Told::Number(number)),
            ("kind", "smallint", Told::Number(1)),
            ("debit", "int", Told::Number(i64::from(self.receivable.0))),
            ("credit", "int", Told::Number(i64::from(self.fund.0))),
            ("amount", "bigint", Told::Number(7)),
            ("debit_after", "bigint", Told::Number(debit.1.debits - debit.1.credits)),
            ("credit_after", "bigint", Told::Number(credit.1.credits - credit.1.debits)),
            ("debit_last", "bigint", Told::Number(debit.0.last)),
            ("credit_last", "bigint", Told::Number(credit.0.last)),
            ("effective", "date", Told::Alone(format!("'{DAY}'"))),
            ("occurred", "date", Told::Alone(format!("'{DAY}'"))),
            ("caller", "int", Told::Alone("1".into())),
            ("key", "uuid", Told::Alone("gen_random_uuid()".into())),
            ("digest", "bigint", Told::Alone("7".into())),
        ]);
        call
    }

    /// One call through each leaf of the door.
    async fn calls(&self, tx: &Transaction<'_>) -> [Call; 3] {
        [self.any(tx).await, self.plain(tx).await, self.one(tx).await]
    }
}

/// What the database makes of a call: written, stale, or the code of a refusal. Nothing of it stays.
async fn outcome(tx: &mut Transaction<'_>, call: &Call) -> String {
    let inner = tx.transaction().await.expect("a savepoint");
    let answer = inner.query_one(&call.statement(), &[]).await;
    inner.rollback().await.expect("a rollback");
    match answer {
        Ok(row) if row.get(0) => "written".into(),
        Ok(_) => "stale".into(),
        Err(error) => error.code().expect("an answer of the database").code().to_owned(),
    }
}

#[tokio::test]
async fn h2_a_batch_in_which_one_number_is_another_is_refused_by_each_leaf_of_the_door() {
    let scene = Scene::new().await;
    let mut client = scene.ground.client().await;
    let mut tx = client.transaction().await.unwrap();
    for call in scene.calls(&tx).await {
        assert_eq!(outcome(&mut tx, &call).await, "written", "{call:?}");
        let altered = call.altered();
        assert!(altered.len() > 30, "{}", call.function);
        for (what, wrong) in altered {
            let outcome = outcome(&mut tx, &wrong).await;
            let refused = outcome == "stale" || outcome.starts_with("23") || outcome.starts_with("22");
            assert!(refused, "{} with {what}: {outcome}", call.function);
        }
    }
}

#[tokio::test]
async fn h2_a_fund_cannot_be_emptied_past_its_floor_by_moving_another_accounts_balance() {
    // The sums of the batch are right, those of its accounts are not: 20.00 leave the fund, which keeps its balance.
    let scene = Scene::new().await;
    let mut client = scene.ground.client().await;
    let mut tx = client.transaction().await.unwrap();
    let (mut call, first) = scene.head(&tx, "journal_post_plain").await;
    let lines = [(first << 16, scene.release(5))];
    let mut sums = scene.sums(&tx, &lines).await;
    call.told.extend([
        ("first", "bigint", Told::Number(first)),
        ("kind", "smallint", Told::Number(20)),
        ("debit_class", "smallint", Told::Number(scene.class(scene.fund.0))),
        ("credit_class", "smallint", Told::Number(scene.class(scene.team.0))),
        ("unit", "text", Told::Alone("'USD'".into())),
        ("effective", "date", Told::Alone(format!("'{DAY}'"))),
        ("occurred", "date", Told::Alone(format!("'{DAY}'"))),
        ("caller", "int", Told::Alone("1".into())),
        ("key", "uuid[]", Told::Alone("ARRAY[gen_random_uuid()]".into())),
        ("digest", "bigint[]", Told::Alone("ARRAY[7]".into())),
    ]);
    let loom = accounts::load(&tx, scene.ground.book.id, &[scene.loom]).await.unwrap().remove(0).sums;
    let before = Sums { debits: loom.debits, credits: loom.credits, last: loom.last, lines: loom.lines };
    sums.insert(scene.loom.0, (before, Sums { debits: before.debits + 5, ..before }));
    sums.get_mut(&scene.fund.0).unwrap().1.debits -= 5;
    let sides = sums.keys().map(|account| if *account == scene.team.0 { 2 } else { 1 }).collect();
    call.told.push(("sides", "smallint", Told::Numbers(sides)));
    call.told.extend(Scene::accounts(&sums));
    call.told.extend(Scene::lines(&sums, &lines));
    assert_eq!(outcome(&mut tx, &call).await, "23514");
}

#[tokio::test]
async fn t14_closed_days_and_the_moment_of_the_last_record_are_respected_by_each_leaf_of_the_door() {
    let scene = Scene::new().await;
    let owner = scene.ground.database_owner().await;
    owner.execute("UPDATE book_head SET closed_through = '2027-01-31'", &[]).await.unwrap();
    let mut client = scene.ground.client().await;
    let mut tx = client.transaction().await.unwrap();
    for call in scene.calls(&tx).await {
        let days = |effective: &str, occurred: &str| {
            let each = |day: &str| match call.function {
                "journal_post" => Told::Alone(format!("ARRAY['{day}']")),
                _ => Told::Alone(format!("'{day}'")),
            };
            call.with("effective", each(effective)).with("occurred", each(occurred))
        };
        for (effective, occurred, right) in [
            ("2027-01-31", "2027-01-31", "23514"),
            ("2027-02-01", "2027-02-01", "written"),
            // A fact from outside that came late takes effect on the first open day, and on no other.
            ("2027-02-01", "2027-01-20", "written"),
            ("2027-02-02", "2027-01-20", "23514"),
            ("2027-02-03", "2027-02-02", "23514"),
            ("2027-02-01", "2027-02-02", "23514"),
        ] {
            let call = days(effective, occurred);
            assert_eq!(outcome(&mut tx, &call).await, right, "{}: {effective}, {occurred}", call.function);
        }
        let call = days("2027-02-01", "2027-02-01");
        let earlier = Told::Alone("(SELECT recorded_at - interval '1 microsecond' FROM book_head)".into());
        assert_eq!(outcome(&mut tx, &call.with("recorded", earlier)).await, "stale", "{}", call.function);
    }
}

#[tokio::test]
async fn every_128th_line_of_an_account_is_marked_whichever_leaf_it_comes_through() {
    let scene = Scene::new().await;
    let mut client = scene.ground.client().await;
    for round in 0..100 {
        let mut calls = {
            let tx = client.transaction().await.unwrap();
            scene.calls(&tx).await
        };
        calls.rotate_left(round % 3);
        let written: bool = client.query_one(&calls[0].statement(), &[]).await.unwrap().get(0);
        assert!(written, "round {round}: {:?}", calls[0]);
    }
    let wrong = journal::audit(&client, scene.ground.book.id).await.unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    let marks = client.query("SELECT account, line FROM account_mark ORDER BY account", &[]).await.unwrap();
    let marks: Vec<(i32, i64)> = marks.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(marks, [(scene.receivable.0, 128), (scene.fund.0, 128)]);
}

#[tokio::test]
async fn h3_side_and_floor_of_an_account_are_those_of_its_class() {
    let ground = ground().await;
    let client = ground.client().await;
    let open = |code: &str, class: AccountClass, floor: &str| {
        format!(
            "SELECT account_open({}, '{code}', {}::smallint, 'USD', {floor}, now())",
            ground.book.id,
            class.number()
        )
    };
    for (code, class, floor) in [
        ("liabilities:fund:a", AccountClass::Fund, "-100"),
        ("liabilities:fund:a", AccountClass::Fund, "0"),
        ("assets:fund:a", AccountClass::Fund, "NULL"),
        ("liabilities:bank", AccountClass::Asset, "NULL"),
    ] {
        let refused = client.query(&open(code, class, floor), &[]).await.expect_err(code);
        assert_eq!(refused.code().map(|code| code.code()), Some("23514"), "{code} {floor}");
    }
    for (code, class, floor, side, kept) in [
        ("liabilities:fund:a", AccountClass::Fund, "NULL", 1_i16, Some(0_i64)),
        ("assets:bank", AccountClass::Asset, "NULL", -1, None),
        ("assets:till", AccountClass::Asset, "-5", -1, Some(-5)),
        ("equity:room", AccountClass::CommitmentRoom, "-900", 1, Some(-900)),
        ("expenses:cost:wood", AccountClass::Cost, "NULL", -1, Some(0)),
    ] {
        let number: i32 = client.query_one(&open(code, class, floor), &[]).await.unwrap().get(0);
        let row = client.query_one("SELECT side, floor FROM balance WHERE account = $1", &[&number]).await.unwrap();
        assert_eq!((row.get::<_, i16>(0), row.get::<_, Option<i64>>(1)), (side, kept), "{code}");
    }
}
