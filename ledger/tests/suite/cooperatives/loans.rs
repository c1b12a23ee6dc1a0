//! Loans on a real database: what the service's login may not write of their interest, and what a successor is not left.

use super::Coop;
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::book::Entry;
use ledger::books::operations::accounts;
use ledger::cooperatives::operations::loans::{self, NewLoanTerms};
use ledger::cooperatives::operations::openings::{self, NewOpening};
use ledger::cooperatives::operations::{loan_interest, proceeds};
use ledger::cooperatives::rules::cooperative::ProceedsKind;
use ledger::engine::posting;
use ledger::testing::{refusal, usd};
use ledger::{chart, movements};
use tokio_postgres::error::SqlState;

#[tokio::test]
async fn the_database_takes_no_interest_that_is_no_cost_and_no_terms_for_what_is_booked() {
    let coop = Coop::new().await;
    let (ground, book, wall) = (&coop.ground, coop.ground.book.id, coop.ground.wall);
    let lent = NewOpening {
        opened_on: Some(date(2026, 1, 1)),
        balances: vec![("assets:cash:bank".into(), usd("500.00")), ("liabilities:loan:seed".into(), usd("500.00"))],
        memo: String::new(),
    };
    ground.run(async |tx| openings::open(tx, book, lent.clone(), coop.clerk, wall).await).await.unwrap();
    let terms = async |rate: &str, from| {
        let new = NewLoanTerms { lender: "seed".into(), rate: rate.parse().unwrap(), effective_from: Some(from) };
        ground.run(async |tx| loans::publish(tx, book, new.clone(), coop.clerk, wall).await).await
    };
    terms("2", date(2026, 1, 1)).await.unwrap();
    let by = async |tx: &Transaction<'_>| {
        loan_interest::book(tx, book, "seed", Some(date(2026, 12, 31)), coop.clerk, wall).await
    };
    let booked = ground.run(by).await.unwrap();
    assert_eq!((booked.amount, coop.balance("liabilities:costs:seed").await), (usd("10.00"), 1_000));
    assert_eq!(refusal(terms("3", date(2026, 12, 31)).await), "interest-booked");
    let record = async |tx: &Transaction<'_>| coop.record(tx, ProceedsKind::Cost, "7.00", date(2027, 5, 1)).await;
    let other = ground.run(record).await.unwrap();

    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    let (book, cost, other) = (book.0, booked.proceeds.object, other.id.object);
    let interest = |cost, amount: i64, through: &str, lender: &str| {
        format!(
            "INSERT INTO loan_interest (book_id, proceeds_id, amount, through, lender)
             VALUES ({book}, '{cost}', {amount}, '{through}', '{lender}')"
        )
    };
    let new_terms = |rate: i32, from: &str, lender: &str| {
        format!(
            "INSERT INTO loan_terms (book_id, id, published_by, published_at, rate, effective_from, lender)
             VALUES ({book}, gen_random_uuid(), '{}', now(), {rate}, '{from}', '{lender}')",
            coop.clerk.0
        )
    };
    for wrong in [
        interest(cost, 1_000, "2027-01-31", "seed"),
        interest(other, 700, "2027-05-01", "seed"),
        interest(other, 701, "2027-05-01", "bank"),
        interest(other, 700, "2027-05-01", "bank"),
        new_terms(100, "2026-12-31", "seed"),
        new_terms(100, "2026-01-01", "seed"),
        new_terms(10_001, "2028-01-01", "seed"),
        new_terms(-1, "2028-01-01", "seed"),
        new_terms(100, "2028-01-01", "No Body"),
        "UPDATE loan_terms SET rate = 1".to_owned(),
        "DELETE FROM loan_terms".to_owned(),
        "UPDATE loan_interest SET amount = 1".to_owned(),
        "DELETE FROM loan_interest".to_owned(),
    ] {
        let refused = service.batch_execute(&wrong).await.expect_err(&wrong);
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
    }
    service.batch_execute(&new_terms(100, "2027-01-01", "seed")).await.unwrap();
    let back =
        async |tx: &Transaction<'_>| proceeds::reverse(tx, booked.proceeds, "Waived".into(), coop.clerk, wall).await;
    ground.run(back).await.unwrap();
    terms("3", date(2026, 12, 31)).await.unwrap();
    ground.audit().await;
}

/// Posts this entry with the service's own code, and asks the database when the transaction ends.
async fn refused(coop: &Coop, entry: &Entry, besides: &str) -> Option<SqlState> {
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let posted = posting::post(&tx, &coop.ground.book, entry.clone(), coop.ground.wall).await.unwrap();
    if !besides.is_empty() {
        tx.batch_execute(&besides.replace("{entry}", &posted.number.to_string())).await.unwrap();
    }
    tx.commit().await.err().and_then(|error| error.code().cloned())
}

#[tokio::test]
async fn k7_no_reserve_is_left_to_anybody_without_a_vote_that_passed_and_before_debts_and_capital() {
    let coop = Coop::new().await;
    let (ground, book, wall) = (&coop.ground, coop.ground.book.id, coop.ground.wall);
    let had = NewOpening {
        opened_on: Some(date(2026, 1, 1)),
        balances: vec![("assets:cash:bank".into(), usd("9.00")), ("equity:reserve".into(), usd("9.00"))],
        memo: String::new(),
    };
    ground.run(async |tx| openings::open(tx, book, had.clone(), coop.clerk, wall).await).await.unwrap();
    let account = async |account: chart::Account| {
        let ensure =
            async |tx: &Transaction<'_>| accounts::ensure(tx, &ground.book, &account, ground.book.currency, wall).await;
        ground.run(ensure).await.unwrap()
    };
    let (reserve, union) = (account(chart::reserve()).await, account(chart::lender_payable("union")).await);
    let entry = |minor: &str| movements::assets_passed_on(&[(reserve, union, usd(minor))], date(2028, 1, 1), "union");
    // Two proposals, as if members had voted: one that passed, and one that failed.
    let owner = ground.database_owner().await;
    let (passed, failed) = ("00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b");
    let decided = format!(
        "ALTER TABLE proposal DISABLE TRIGGER USER;
         INSERT INTO proposal (book_id, id, proposed_by, opened_at, closes_at, ended_at, counted, approval, electors, quorum, last_day,
                               threshold, state, title, text, digest)
         SELECT {book}, v.id, '{clerk}', now() - interval '1 day', now(), now(), 1, v.approval, 1, 1, '2028-01-01', 'majority', v.state,
                'The end', 'It ends.', sha256('x')
           FROM (VALUES ('{passed}'::uuid, 10000, 'passed'), ('{failed}', 0, 'failed')) AS v(id, approval, state);
         ALTER TABLE proposal ENABLE TRIGGER USER;",
        book = book.0,
        clerk = coop.clerk.0,
    );
    owner.batch_execute(&decided).await.unwrap();
    let row = |proposal: &str, amount: i64, successor: &str| {
        format!(
            "INSERT INTO succession (book_id, id, proposal_id, passed_by, amount, entry_number, passed_at, passed_on, successor, memo)
             VALUES ({}, gen_random_uuid(), '{proposal}', '{}', {amount}, {{entry}}, now(), '2028-01-01', '{successor}', '')",
            book.0, coop.clerk.0,
        )
    };
    let violated = Some(SqlState::CHECK_VIOLATION);
    assert_eq!(refused(&coop, &entry("9.00"), "").await, violated, "nobody has decided it");
    assert_eq!(refused(&coop, &entry("9.00"), &row(passed, 901, "union")).await, violated, "another amount");
    assert_eq!(refused(&coop, &entry("9.00"), &row(passed, 900, "others")).await, violated, "another successor");
    assert_eq!(refused(&coop, &entry("9.00"), &row(failed, 900, "union")).await, violated, "it failed");
    let record = async |tx: &Transaction<'_>| coop.record(tx, ProceedsKind::Cost, "1.00", date(2027, 5, 1)).await;
    let cost = ground.run(record).await.unwrap();
    assert_eq!(refused(&coop, &entry("9.00"), &row(passed, 900, "union")).await, violated, "something is owed");
    let back = async |tx: &Transaction<'_>| proceeds::reverse(tx, cost.id, "None".into(), coop.clerk, wall).await;
    ground.run(back).await.unwrap();
    assert_eq!(
        refused(&coop, &entry("9.00"), &row(passed, 900, "union")).await,
        None,
        "by a vote, and after all others"
    );
    assert_eq!(coop.balance("liabilities:payable:lender:union").await, 900);
}
