//! Reports: what they show is what the journal holds, at any day and in any number of pages.

use crate::support::{ground, plans};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ledger::Error;
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind};
use ledger::books::operations::journal_entries;
use ledger::engine::posting::post;
use ledger::engine::store::journal;
use ledger::reports::operations::{self as reports, StatementSpan};
use ledger::reports::store::{account_statements, day_totals, kind_totals};
use ledger::testing::{Ground, usd};

const DAY: Date = date(2027, 1, 10);

fn entry(kind: MovementKind, debit: AccountNumber, credit: AccountNumber, amount: &str, day: Date) -> Entry {
    let lines = vec![Line { kind, debit, credit, amount: usd(amount).minor() }];
    Entry { lines, effective: day, outside_fact: false, note: None }
}

async fn post_all(ground: &Ground, entries: Vec<Entry>) {
    let mut client = ground.client().await;
    let tx = client.transaction().await.expect("a transaction");
    for entry in entries {
        post(&tx, &ground.book, entry, Timestamp::now()).await.expect("accepted");
    }
    tx.commit().await.expect("a commit");
}

/// A host with a fund, a release, a fee earned and a bank fee; the last two on later days.
async fn a_busy_host(ground: &Ground) {
    let receivable = ground.account("assets:receivable:partner:2027-01-10", AccountClass::Receivable).await;
    let open = ground.account("assets:receivable:partner:2027-01-11", AccountClass::Receivable).await;
    let cash = ground.account("assets:cash:partner", AccountClass::Cash).await;
    let fund = ground.account("liabilities:fund:press", AccountClass::Fund).await;
    let other = ground.account("liabilities:fund:drill", AccountClass::Fund).await;
    let team = ground.account("liabilities:payable:team:a", AccountClass::TeamPayable).await;
    let fee = ground.account("liabilities:fee:host", AccountClass::FeePayable).await;
    let earned = ground.account("income:fees:host", AccountClass::FeeIncome).await;
    let charges = ground.account("expenses:bank", AccountClass::BankCharges).await;
    let surplus = ground.account("equity:surplus", AccountClass::Surplus).await;
    let transit = ground.account("liabilities:refunds", AccountClass::RefundsInTransit).await;
    use MovementKind as K;
    // These entries stand alone: no pledge has agreed to their fee.
    let owner = ground.database_owner().await;
    owner.batch_execute("ALTER TABLE transfer DISABLE TRIGGER fee_as_agreed").await.unwrap();
    post_all(
        ground,
        vec![
            entry(K::ChargeCaptured, receivable, fund, "100.00", DAY),
            entry(K::ReceivableSettled, cash, receivable, "100.00", DAY + 1.day()),
            entry(K::ChargeCaptured, open, fund, "30.00", DAY + 1.day()),
            entry(K::FeeCharged, fund, fee, "5.00", DAY),
            entry(K::FeeEarned, fee, earned, "5.00", DAY + 1.day()),
            entry(K::MilestoneReleased, fund, team, "60.00", DAY + 2.days()),
            entry(K::FundMoved, fund, other, "10.00", DAY + 2.days()),
            entry(K::RefundSent, fund, transit, "2.00", DAY + 2.days()),
            entry(K::BankFee, charges, cash, "1.50", DAY + 3.days()),
            entry(K::ResultClosed, earned, surplus, "5.00", DAY + 4.days()),
            entry(K::ResultClosed, surplus, charges, "1.50", DAY + 4.days()),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_balance_sheet_shows_the_result_apart_until_it_is_closed() {
    let ground = ground().await;
    a_busy_host(&ground).await;
    let client = ground.client().await;
    let before = reports::balance_sheet(&client, &ground.book, Some(DAY + 3.days())).await.unwrap();
    let sums = &before.totals[0];
    assert_eq!((sums.assets, sums.liabilities, sums.equity, sums.result), (12_850, 12_500, 0, 350));
    let now = reports::balance_sheet(&client, &ground.book, None).await.unwrap();
    let sums = &now.totals[0];
    assert_eq!((sums.assets, sums.liabilities, sums.equity, sums.result), (12_850, 12_500, 350, 0));
    assert_eq!(now.equity.iter().map(|line| line.code.as_str()).collect::<Vec<_>>(), ["equity:surplus"]);
    assert!(reports::balance_sheet(&client, &ground.book, Some(DAY - 1.day())).await.unwrap().totals.is_empty());
}

#[tokio::test]
async fn an_income_statement_shows_a_closed_period_as_it_was_earned_and_spent() {
    let ground = ground().await;
    a_busy_host(&ground).await;
    let client = ground.client().await;
    let all = reports::income_statement(&client, &ground.book, DAY, DAY + 9.days()).await.unwrap();
    let sums = &all.totals[0];
    assert_eq!((sums.income, sums.expenses, sums.result, sums.closed), (500, 150, 350, 350));
    assert_eq!((all.income[0].amount, all.income[0].closed), (500, 500));
    assert_eq!((all.expenses[0].amount, all.expenses[0].closed), (150, 150));
    let early = reports::income_statement(&client, &ground.book, DAY, DAY + 3.days()).await.unwrap();
    assert_eq!((early.totals[0].result, early.totals[0].closed), (350, 0));
    let wrong = reports::income_statement(&client, &ground.book, DAY, DAY - 1.day()).await.unwrap_err();
    assert!(matches!(wrong, Error::Invalid { .. }), "{wrong}");
}

#[tokio::test]
async fn a_fund_says_what_came_what_went_and_what_may_be_spent() {
    let ground = ground().await;
    a_busy_host(&ground).await;
    let client = ground.client().await;
    let funds = reports::funds(&client, &ground.book, None).await.unwrap();
    assert_eq!(
        funds.iter().map(|fund| fund.code.as_str()).collect::<Vec<_>>(),
        ["liabilities:fund:drill", "liabilities:fund:press"]
    );
    let press = &funds[1];
    assert_eq!((press.captured, press.settled, press.released), (13_000, 10_000, 6_000));
    assert_eq!((press.moved_in, press.moved_out, press.refunded, press.other), (0, 1_000, 200, -500));
    assert_eq!((press.balance, press.available), (5_300, 2_300), "what is captured and not settled is not spent");
    assert_eq!((funds[0].moved_in, funds[0].available), (1_000, 1_000));
    let first_day = reports::funds(&client, &ground.book, Some(DAY)).await.unwrap();
    assert_eq!((first_day[0].balance, first_day[0].settled, first_day[0].available), (9_500, 0, 0));
}

#[tokio::test]
async fn a_statement_runs_from_its_opening_to_its_closing_over_any_pages() {
    let ground = ground().await;
    a_busy_host(&ground).await;
    let client = ground.client().await;
    let fund = "liabilities:fund:press";
    let read = async |span, resume, limit| {
        reports::account_statement(&client, &ground.book, fund, span, resume, limit).await.unwrap()
    };
    let whole = read(StatementSpan::default(), None, 100).await;
    assert_eq!((whole.opening, whole.closing, whole.lines.len()), (0, 5_300, 6));
    let mut balances = Vec::new();
    let mut resume = None;
    loop {
        let page = read(StatementSpan::default(), resume, 2).await;
        balances.extend(page.lines.iter().map(|line| line.balance));
        resume = page.next;
        if resume.is_none() {
            break;
        }
    }
    assert_eq!(balances, whole.lines.iter().map(|line| line.balance).collect::<Vec<_>>());
    // Without a span it is what the journal holds.
    for line in journal::lines(&client, ground.book.id, 1, 100).await.unwrap() {
        let of_fund = if line.debit == fund { Some(line.debit_after) } else { None };
        let of_fund = of_fund.or_else(|| (line.credit == fund).then_some(line.credit_after));
        if let Some(after) = of_fund {
            let shown = whole.lines.iter().find(|shown| shown.line.number() == line.number).unwrap();
            assert_eq!(shown.balance, after);
        }
    }
    for rolled_up in [false, true] {
        if rolled_up {
            day_totals::roll_up(&client, ground.book.id).await.unwrap();
        }
        let span = StatementSpan { from: Some(DAY + 1.day()), to: Some(DAY + 1.day()) };
        let day = read(span, None, 100).await;
        assert_eq!((day.opening, day.closing, day.lines.len()), (9_500, 12_500, 1));
    }
    let missing = reports::account_statement(&client, &ground.book, "assets:no", StatementSpan::default(), None, 1);
    assert!(matches!(missing.await.unwrap_err(), Error::NotFound("account")));
}

#[tokio::test]
async fn the_pages_of_a_trial_balance_are_of_one_moment_whatever_is_posted_or_rolled_up_meanwhile() {
    let ground = ground().await;
    a_busy_host(&ground).await;
    let client = ground.client().await;
    for as_of in [None, Some(DAY + 30.days())] {
        let whole = reports::trial_balance(&client, &ground.book, as_of).await.unwrap();
        let totals = reports::trial_balance_totals(&whole).unwrap();
        assert_eq!(totals[0].debit, totals[0].credit);
        let mut lines = Vec::new();
        let (mut through, mut after) = (None, String::new());
        loop {
            let page = reports::trial_balance_page(&client, &ground.book, as_of, through, &after, 2).await.unwrap();
            through = Some(page.through);
            let Some(last) = page.lines.last() else { break };
            after.clone_from(&last.code);
            lines.extend(page.lines);
            let cash = ground.account("assets:cash:partner", AccountClass::Cash).await;
            let suspense = ground.account("liabilities:suspense", AccountClass::Suspense).await;
            post_all(&ground, vec![entry(MovementKind::SuspenseReceived, cash, suspense, "7.00", DAY)]).await;
            day_totals::roll_up(&client, ground.book.id).await.unwrap();
        }
        assert_eq!(lines, whole);
    }
}

#[tokio::test]
async fn a_page_of_the_journal_has_whole_entries() {
    let ground = ground().await;
    let cash = ground.account("assets:bank", AccountClass::Asset).await;
    let equity = ground.account("equity:own", AccountClass::Equity).await;
    let line = Line { kind: MovementKind::JournalEntry, debit: cash, credit: equity, amount: 1 };
    let long = |lines| Entry { lines: vec![line; lines], effective: DAY, outside_fact: false, note: None };
    post_all(&ground, vec![long(1_000), long(1), long(999), long(1), long(2)]).await;
    let client = ground.client().await;
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = journal_entries::journal_entries(&client, &ground.book, after, 2).await.unwrap();
        assert!(page.entries.len() <= 2);
        seen.extend(page.entries.iter().map(|entry| (entry.number, entry.lines.len())));
        if !page.more {
            break;
        }
        after = seen.last().unwrap().0;
    }
    assert_eq!(seen, [(1, 1_000), (2, 1), (3, 999), (4, 1), (5, 2)]);
    let first = journal_entries::journal_entries(&client, &ground.book, 0, 200).await.unwrap();
    assert_eq!((first.entries.len(), first.more), (2, true), "an entry that may have been cut waits for the next page");
    assert_eq!(journal_entries::journal_entry(&client, &ground.book, 1).await.unwrap().lines.len(), 1_000);
    for number in [0, -1, 6, i64::MAX] {
        let missing = journal_entries::journal_entry(&client, &ground.book, number).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound(_)));
    }
}

#[tokio::test]
async fn statements_and_journal_pages_go_through_their_indexes() {
    let ground = ground().await;
    let cash = ground.account("assets:bank", AccountClass::Asset).await;
    let equity = ground.account("equity:own", AccountClass::Equity).await;
    let line = Line { kind: MovementKind::JournalEntry, debit: cash, credit: equity, amount: 1 };
    for number in 0..25 {
        let other = ground.account(&format!("equity:other:{number}"), AccountClass::Equity).await;
        let mut lines = vec![Line { credit: other, ..line }; 198];
        lines.extend([line, Line { debit: equity, credit: other, ..line }]);
        post_all(&ground, vec![Entry { lines, effective: DAY, outside_fact: false, note: None }]).await;
    }
    ground.database_owner().await.batch_execute("VACUUM ANALYZE").await.unwrap();

    let client = ground.client().await;
    let (book, days) = (ground.book.id, (DAY, DAY));
    assert_eq!(account_statements::lines(&client, book, equity, 0, days, 20).await.unwrap().len(), 20);
    assert_eq!(journal::lines(&client, book, 7, 1).await.unwrap().len(), 200);
    assert_eq!(journal::lines_after(&client, book, 7 << 16, 25, 50).await.unwrap().len(), 50);
    let of_lines = plans(&client, "-- journal::lines", &format!("{book}, 7, 1")).await;
    let of_after = plans(&client, "-- journal::lines_after", &format!("{book}, {}, 25, 50", 7 << 16)).await;
    for plan in of_lines.into_iter().chain(of_after) {
        assert!(plan.contains("transfer_pkey") && !plan.contains("Seq Scan on transfer"), "{plan}");
    }

    let kinds = [MovementKind::ChargeCaptured];
    let mut client = client;
    let client = client.transaction().await.unwrap();
    account_statements::lines(&client, book, equity, 0, days, 20).await.unwrap();
    kind_totals::pairs(&client, book, &[equity], &kinds, DAY, 25).await.unwrap();
    let scans = "SELECT coalesce(sum(seq_scan), 0)::bigint FROM pg_stat_xact_user_tables WHERE relname = 'transfer'";
    assert_eq!(client.query_one(scans, &[]).await.unwrap().get::<_, i64>(0), 0);
}
