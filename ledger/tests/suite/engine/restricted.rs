//! What is held for others never becomes the host's own, whatever SQL the service's login is made to say.

use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::book::movement::RESTRICTED;
use ledger::book::{AccountClass as C, AccountKind, AccountNumber, Entry, Line, MovementKind as K};
use ledger::engine::posting;
use ledger::testing::Ground;
use std::collections::BTreeSet;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const DAY: Date = date(2027, 1, 1);

/// What a book earns, or what is its own otherwise; and the fees on their way there. Promises are no money.
fn is_own(class: C) -> bool {
    let is_promise = matches!(class, C::CommitmentRoom | C::CommitmentPledged | C::CommitmentCollected);
    class == C::FeePayable || !is_promise && matches!(class.kind(), AccountKind::Income | AccountKind::Equity)
}

fn account_of(class: C) -> String {
    format!("{}:of:{}", class.kind().root(), class.number())
}

fn numbers(classes: impl Iterator<Item = C>) -> String {
    classes.map(|class| class.number().to_string()).collect::<Vec<_>>().join(", ")
}

/// A book with an account of each class, and with money on each that holds it for others.
async fn with_everything() -> Ground {
    let ground = ground().await;
    let mut lines = Vec::new();
    let opening =
        |debit: AccountNumber, credit: AccountNumber| Line { kind: K::OpeningBalance, debit, credit, amount: 1_000 };
    let cash = ground.account("assets:cash", C::Cash).await;
    let equity = ground.account(&account_of(C::OpeningEquity), C::OpeningEquity).await;
    for class in C::ALL.iter().copied().filter(|class| RESTRICTED.contains(class) || is_own(*class)) {
        let account = ground.account(&account_of(class), class).await;
        if RESTRICTED.contains(&class) {
            lines.extend([opening(cash, equity), opening(equity, account)]);
        }
    }
    let entry = Entry { lines, effective: DAY, outside_fact: false, note: None };
    let posted = ground.run(async |tx| posting::post(tx, &ground.book, entry.clone(), Timestamp::now()).await).await;
    posted.expect("an opening");
    ground
}

/// What the door is told of a cent that moves from one account to another, by each of its leaves; `w` is a way, `d` and `c` are
/// the balances.
const LEAVES: [&str; 3] = [
    "journal_post_one({book}, v_head.version, v_head.next_number, clock_timestamp(), w.kind, w.debit, w.credit, 1::bigint,
        w.debit_side * (w.debit_credits - w.debit_debits - 1), w.credit_side * (w.credit_credits + 1 - w.credit_debits),
        w.debit_last, w.credit_last, '{day}', '{day}', 1, gen_random_uuid(), 0::bigint)",
    "journal_post_plain({book}, v_head.version, v_head.next_number, clock_timestamp(), w.kind, w.debit_class, w.credit_class, 'USD',
        '{day}', '{day}', ARRAY[w.debit, w.credit], ARRAY[1, 2]::smallint[], ARRAY[w.debit_debits, w.credit_debits],
        ARRAY[w.debit_credits, w.credit_credits], ARRAY[w.debit_last, w.credit_last], ARRAY[w.debit_lines, w.credit_lines],
        ARRAY[w.debit_debits + 1, w.credit_debits], ARRAY[w.debit_credits, w.credit_credits + 1], ARRAY[1], ARRAY[2],
        ARRAY[1]::bigint[], 1, ARRAY[gen_random_uuid()], ARRAY[0]::bigint[])",
    "journal_post({book}, v_head.version, v_head.next_number, v_head.next_number + 1, clock_timestamp(),
        ARRAY[w.debit_class, w.credit_class], ARRAY['USD', 'USD'], ARRAY[w.debit, w.credit], ARRAY[1, 2]::smallint[],
        ARRAY[w.debit_debits, w.credit_debits], ARRAY[w.debit_credits, w.credit_credits], ARRAY[w.debit_last, w.credit_last],
        ARRAY[w.debit_lines, w.credit_lines], ARRAY[w.debit_debits + 1, w.credit_debits],
        ARRAY[w.debit_credits, w.credit_credits + 1], ARRAY[w.kind], ARRAY[1]::smallint[], ARRAY[2]::smallint[], '{}', ARRAY[1],
        ARRAY[2], ARRAY[1]::bigint[], ARRAY[1]::smallint[], ARRAY['{day}']::date[], ARRAY['{day}']::date[],
        ARRAY['00000000-0000-0000-0000-000000000000']::uuid[], ARRAY[1], ARRAY[gen_random_uuid()], ARRAY[0]::bigint[], '{}', '{}',
        '{}', '{}', '{}', '{}', '{}')",
];

/// Tries each way, taking it back at once, and answers those that were taken: kind, class debited, class credited.
async fn taken(service: &Client, ground: &Ground, leaf: &str, ways: &str) -> BTreeSet<(i16, i16, i16)> {
    let book = ground.book.id.to_string();
    let told = leaf.replace("{book}", &book).replace("{day}", &DAY.to_string());
    // What is looked at when a transaction commits is looked at at once. What was taken is told as the text of an error.
    let walk = format!(
        "DO $$
        DECLARE
            w record;
            v_head record;
            v_tried int := 0;
            v_taken text := '';
        BEGIN
            SET CONSTRAINTS ALL IMMEDIATE;
            SELECT version, next_number INTO v_head FROM book_head WHERE book_id = {book};
            FOR w IN SELECT x.kind, x.debit_class, x.credit_class, d.account AS debit, c.account AS credit, d.side AS debit_side, c.side AS credit_side,
                            d.debits AS debit_debits, d.credits AS debit_credits, c.debits AS credit_debits, c.credits AS credit_credits,
                            d.last_pos AS debit_last, c.last_pos AS credit_last, d.lines AS debit_lines, c.lines AS credit_lines,
                            d.class AS from_class, c.class AS to_class
                       FROM balance d, balance c, LATERAL ({ways}) AS x(kind, debit_class, credit_class)
                      WHERE d.book_id = {book} AND c.book_id = {book} AND d.class IN ({restricted}) AND c.class IN ({own})
            LOOP
                v_tried := v_tried + 1;
                BEGIN
                    IF NOT {told} THEN
                        RAISE EXCEPTION 'stale';
                    END IF;
                    RAISE EXCEPTION USING ERRCODE = 'CP998';
                EXCEPTION WHEN check_violation THEN
                    NULL;
                WHEN SQLSTATE 'CP998' THEN
                    v_taken := v_taken || format('%s %s %s;', w.kind, w.from_class, w.to_class);
                END;
            END LOOP;
            RAISE EXCEPTION 'tried % taken:%', v_tried, v_taken;
        END
        $$",
        restricted = numbers(RESTRICTED.iter().copied()),
        own = numbers(C::ALL.iter().copied().filter(|class| is_own(*class))),
    );
    let answer = service.batch_execute(&walk).await.expect_err("the walk tells what was taken");
    let answer = answer.as_db_error().expect("an answer of the database").message().to_owned();
    let (tried, taken) = answer.split_once(" taken:").unwrap_or_else(|| panic!("{answer}"));
    let tried: usize = tried.trim_start_matches("tried ").parse().unwrap_or_else(|_| panic!("{answer}"));
    assert!(tried > 250, "{answer}");
    taken
        .split_terminator(';')
        .map(|way| {
            let way: Vec<i16> = way.split(' ').map(|number| number.parse().expect("a number")).collect();
            (way[0], way[1], way[2])
        })
        .collect()
}

async fn service(ground: &Ground) -> Client {
    migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn c1_no_kind_of_movement_takes_what_is_held_for_others_into_the_hosts_own_by_any_leaf_of_the_door() {
    let ground = with_everything().await;
    let service = service(&ground).await;
    // Each kind between the accounts as they are, through the leaves in turn.
    let mut found = BTreeSet::new();
    for (turn, leaf) in LEAVES.iter().enumerate() {
        let each = format!(
            "SELECT k.kind, d.class, c.class FROM movement_kind k WHERE (k.kind + d.class + c.class) % {} = {turn}",
            LEAVES.len()
        );
        found.extend(taken(&service, &ground, leaf, &each).await);
    }
    let known = BTreeSet::from([(K::EntryFeeEarned.number(), C::EntryFees.number(), C::OperatingFund.number())]);
    assert_eq!(found, known);
    // Each way that there is, told of a fund and of income as if they were accounts of its classes.
    let of_others =
        "SELECT m.kind, m.debit_class, m.credit_class FROM movement m WHERE d.class = 1 AND c.class IN (23, 43)";
    for leaf in &LEAVES[1..] {
        assert_eq!(taken(&service, &ground, leaf, of_others).await, BTreeSet::new(), "{leaf}");
    }
    ground.audit().await;
}

async fn refused(client: &Client, sql: &str) -> Option<SqlState> {
    let refused = client.batch_execute(sql).await.err();
    client.batch_execute("ROLLBACK").await.unwrap();
    refused.map(|error| error.code().cloned().unwrap_or(SqlState::INTERNAL_ERROR))
}

#[tokio::test]
async fn c1_the_service_widens_no_way_turns_no_account_and_mirrors_nothing_but_what_was() {
    let ground = with_everything().await;
    let service = service(&ground).await;
    let book = ground.book.id;
    for sql in [
        "INSERT INTO movement SELECT 60, 1, 43",
        "UPDATE movement SET credit_class = 43 WHERE kind = 18",
        "DELETE FROM movement",
        "INSERT INTO movement_kind VALUES (99, 'forfeited')",
        "UPDATE account_class SET managed = false",
        "UPDATE account_class SET kind = 'income' WHERE class = 1",
        "UPDATE account SET class = 41 WHERE class = 1",
        "UPDATE account SET code = 'income:' || code",
        "INSERT INTO account SELECT * FROM account",
        "UPDATE balance SET class = 41 WHERE class = 1",
        "UPDATE balance SET credits = credits + 1, floor = NULL",
        "INSERT INTO balance SELECT * FROM balance",
        "INSERT INTO transfer SELECT * FROM transfer",
        "UPDATE transfer SET credit = debit",
        "UPDATE reversal SET reversed_by = reversed_by + 1",
        "DELETE FROM campaign_terms",
        "UPDATE campaign_terms SET fees = '[]'",
        "UPDATE pledge SET terms_sha256 = '\\x00'",
        "UPDATE campaign SET terms_sha256 = '\\x00'",
        "UPDATE campaign SET fees = '[]'",
    ] {
        assert_eq!(refused(&service, sql).await, Some(SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }

    // The account of a fund is what it was, whatever class somebody opens it with again; one of such a code is none of a fund.
    let balances =
        "SELECT string_agg(concat_ws(' ', account, class, debits, credits), ';' ORDER BY account) FROM balance";
    let before: String = service.query_one(balances, &[]).await.unwrap().get(0);
    let again = format!("SELECT account_open({book}, '{}', 41::smallint, 'USD', NULL, now())", account_of(C::Fund));
    service.batch_execute(&again).await.unwrap();
    // A hold sets money aside, and takes none.
    let hold = format!(
        "SELECT hold_place({book}, '{0}', account, 500, NULL, now()) FROM balance WHERE class = 1;
         SELECT hold_end({book}, '{0}', 500, now())",
        "01900000-0000-7000-8000-000000000001"
    );
    service.batch_execute(&hold).await.unwrap();
    let after: String = service.query_one(balances, &[]).await.unwrap().get(0);
    assert_eq!(after, before);

    // What a member has is no surplus again: not alone, and not as the mirror of what shared none.
    // Nor is it capital again; and no line of a bank is taken back that was not booked.
    let link = "INSERT INTO reversal (book_id, number, reversed_by) VALUES ({book}, 1, {entry})";
    for (kind, debit, credit, mirrored) in [
        (K::SurplusRestored, C::MemberPayable, C::Surplus, ""),
        (K::SurplusRestored, C::MemberPayable, C::Surplus, link),
        (K::CapitalRestored, C::MemberPayable, C::MemberCapital, ""),
        (K::CapitalRestored, C::MemberPayable, C::MemberCapital, link),
        (K::CostPaymentReturned, C::Cash, C::CostsPayable, ""),
        (K::CostPaymentReturned, C::Cash, C::CostsPayable, link),
        (K::LoanRepaymentReturned, C::Cash, C::LoanPayable, ""),
        (K::LoanRepaymentReturned, C::Cash, C::LoanPayable, link),
        (K::LoanDueReturned, C::LenderPayable, C::LoanPayable, ""),
        (K::LoanDueReturned, C::LenderPayable, C::LoanPayable, link),
    ] {
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        let debit = ground.account(&account_of(debit), debit).await;
        let credit = ground.account(&account_of(credit), credit).await;
        let line = Line { kind, debit, credit, amount: 1 };
        let entry = Entry { lines: vec![line], effective: DAY, outside_fact: false, note: None };
        let posted = posting::post(&tx, &ground.book, entry, Timestamp::now()).await.unwrap().number;
        let linked = mirrored.replace("{book}", &book.to_string()).replace("{entry}", &posted.to_string());
        tx.batch_execute(&linked).await.unwrap();
        let why = tx.commit().await.expect_err("it was shared by nobody");
        assert_eq!(why.code(), Some(&SqlState::CHECK_VIOLATION), "{mirrored}");
    }
    ground.audit().await;
}
