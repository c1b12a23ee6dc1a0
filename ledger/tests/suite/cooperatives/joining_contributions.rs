//! Joining contributions on a real database: what the service's login may not write of them, and the capital that they make.

use super::Coop;
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::Error;
use ledger::cooperatives::operations::joining_contributions::{self as operations, NewJoiningContribution};
use ledger::cooperatives::rules::joining_contribution::JoiningContribution;
use ledger::cooperatives::store::{cooperatives, joining_contributions as rows};
use ledger::payouts::operations::bank_line_booking::{self, Posted};
use ledger::payouts::operations::bank_lines;
use ledger::payouts::rules::bank_line::{BankLine, Direction, Told};
use ledger::service::change::Change;
use ledger::testing::{refusal, usd};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

async fn granted(coop: &Coop, member: usize, amount: &str, parts: i32) -> Result<JoiningContribution, Error> {
    let ground = &coop.ground;
    let new = NewJoiningContribution {
        member: coop.members[member].id,
        amount: usd(amount),
        parts,
        reserve: "25".parse().unwrap(),
        memo: String::new(),
    };
    ground.run(async |tx| operations::grant(tx, ground.book.id, new.clone(), coop.clerk, ground.wall).await).await
}

/// A line of the cooperative's own account, which is not booked.
async fn line(coop: &Coop, reference: &str, amount: &str) -> BankLine {
    let ground = &coop.ground;
    let told = Told {
        reference: reference.into(),
        direction: Direction::Credit,
        amount: usd(amount),
        fee: 0,
        value_on: date(2026, 6, 30),
        end_to_end: String::new(),
    };
    let take = async |tx: &Transaction<'_>| {
        let own = ground.book.organisation;
        bank_lines::take(tx, ground.book.id, own, vec![told.clone()], Change::by_service(""), ground.wall).await
    };
    ground.run(take).await.unwrap().remove(0)
}

async fn booked(coop: &Coop, line: &BankLine, member: usize) -> Result<BankLine, Error> {
    let (what, wall) = (Posted::CapitalPaidIn(coop.members[member].id), coop.ground.wall);
    let book =
        async |tx: &Transaction<'_>| bank_line_booking::book(tx, line.id, &what, Change::by_service(""), wall).await;
    coop.ground.run(book).await
}

async fn unbooked(coop: &Coop, line: &BankLine) -> Result<BankLine, Error> {
    let wall = coop.ground.wall;
    let unbook = async |tx: &Transaction<'_>| {
        bank_line_booking::unbook(tx, line.id, Change::by_service("It was another"), wall).await
    };
    coop.ground.run(unbook).await
}

async fn read(coop: &Coop, it: &JoiningContribution) -> JoiningContribution {
    rows::get(&coop.ground.client().await, it.id, coop.ground.book.currency).await.unwrap()
}

async fn capital_most(coop: &Coop) -> i64 {
    cooperatives::find(&coop.ground.client().await, coop.ground.book.id).await.unwrap().unwrap().capital_most
}

/// What the database says to a login of the service that writes this.
async fn why(service: &Client, sql: &str) -> SqlState {
    let refused = service.batch_execute(sql).await.expect_err(sql);
    refused.code().cloned().unwrap_or_else(|| panic!("{sql}: {refused}"))
}

#[tokio::test]
async fn what_stays_in_the_reserve_is_no_capital_and_the_most_that_there_ever_was_stays_with_what_is_taken_back() {
    let coop = Coop::new().await;
    let it = granted(&coop, 0, "100.00", 4).await.unwrap();
    let first = line(&coop, "first", "50.00").await;
    booked(&coop, &first, 0).await.unwrap();
    assert_eq!(capital_most(&coop).await, 3_750, "three quarters of two parts");
    let (reserve, capital) = ("equity:reserve", "equity:capital:member:1");
    assert_eq!((coop.balance(reserve).await, coop.balance(capital).await), (1_250, 3_750));
    unbooked(&coop, &first).await.unwrap();
    assert_eq!((coop.balance(reserve).await, coop.balance(capital).await), (0, 0));
    assert_eq!((read(&coop, &it).await.parts_paid, capital_most(&coop).await), (0, 3_750));
    assert_eq!(refusal(unbooked(&coop, &first).await), "bank-line-state", "what was taken back is taken back once");
    booked(&coop, &first, 0).await.unwrap();
    let rest = line(&coop, "rest", "50.00").await;
    booked(&coop, &rest, 0).await.unwrap();
    assert_eq!((read(&coop, &it).await.state.as_str(), capital_most(&coop).await), ("paid", 7_500));
    let told: Vec<String> = coop.ground.events_of(it.id.object).await.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["joining_contribution.open", "joining_contribution.paid"]);
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_contribution_that_is_all_reserve_or_all_capital_has_lines_of_that_alone() {
    let coop = Coop::new().await;
    for (member, reserve, of_reserve, of_capital) in [(0, "100", 900, 0), (1, "0", 900, 900)] {
        let ground = &coop.ground;
        let new = NewJoiningContribution {
            member: coop.members[member].id,
            amount: usd("9.00"),
            parts: 1,
            reserve: reserve.parse().unwrap(),
            memo: String::new(),
        };
        let grant = async |tx: &Transaction<'_>| {
            operations::grant(tx, ground.book.id, new.clone(), coop.clerk, ground.wall).await
        };
        ground.run(grant).await.unwrap();
        let paid = line(&coop, reserve, "9.00").await;
        booked(&coop, &paid, member).await.unwrap();
        let capital = format!("equity:capital:member:{}", member + 1);
        assert_eq!((coop.balance("equity:reserve").await, coop.balance(&capital).await), (of_reserve, of_capital));
    }
    coop.ground.audit().await;
}

#[tokio::test]
async fn the_database_takes_no_parts_but_those_of_the_plan_and_none_as_paid_that_no_line_pays() {
    let coop = Coop::new().await;
    let it = granted(&coop, 0, "100.00", 4).await.unwrap();
    let (paid, other, capital) = (
        line(&coop, "paid", "25.00").await,
        line(&coop, "other", "25.00").await,
        line(&coop, "capital", "25.00").await,
    );
    booked(&coop, &paid, 0).await.unwrap();
    booked(&coop, &capital, 1).await.unwrap();
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    let (book, id, member) = (coop.ground.book.id.0, it.id.object, coop.members[2].id.object);
    let (paid, other, capital) = (paid.id.object, other.id.object, capital.id.object);
    let of = format!("book_id = {book} AND joining_id = '{id}'");
    let plan = format!("book_id = {book} AND id = '{id}'");
    let new = |amount: i64, parts: i32| {
        format!(
            "INSERT INTO joining_contribution (book_id, id, member_id, amount, parts, reserve_percent, memo, granted_by, granted_at,
                state, version)
             VALUES ({book}, '00000000-0000-7000-8000-000000000001', '{member}', {amount}, {parts}, 2500, '', '{}', now(), 'open', 1);",
            coop.clerk.0
        )
    };
    let parts = |values: &str| {
        let values = values.replace('(', &format!("({book}, '00000000-0000-7000-8000-000000000001', "));
        format!("INSERT INTO joining_part (book_id, joining_id, number, amount, to_reserve) VALUES {values};")
    };
    let pay = |number: i32, line: &dyn std::fmt::Display| {
        format!(
            "UPDATE joining_part SET bank_line = '{line}', entry_number = coalesce((SELECT nullif(entry, 0) FROM bank_line
                 WHERE book_id = {book} AND id = '{line}'), 1) WHERE {of} AND number = {number};"
        )
    };
    let says = |paid: i32| format!("UPDATE joining_contribution SET parts_paid = {paid} WHERE {plan};");
    for (wrong, code) in [
        // Parts that are not those of the plan.
        (new(100, 2), SqlState::CHECK_VIOLATION),
        (format!("{}{}", new(100, 2), parts("(1, 50, 12)")), SqlState::CHECK_VIOLATION),
        (format!("{}{}", new(100, 2), parts("(1, 50, 12), (2, 51, 13)")), SqlState::CHECK_VIOLATION),
        (format!("{}{}", new(100, 2), parts("(1, 50, 12), (3, 50, 13)")), SqlState::CHECK_VIOLATION),
        (format!("{}{}", new(100, 2), parts("(1, 60, 12), (2, 40, 13)")), SqlState::CHECK_VIOLATION),
        (format!("{}{}", new(100, 2), parts("(1, 50, 12), (2, 50, 14)")), SqlState::CHECK_VIOLATION),
        (new(1, 2), SqlState::CHECK_VIOLATION),
        (
            format!(
                "INSERT INTO joining_part (book_id, joining_id, number, amount, to_reserve) VALUES ({book}, '{id}', 5, 1, 0)"
            ),
            SqlState::CHECK_VIOLATION,
        ),
        // What was written down.
        (format!("UPDATE joining_part SET amount = 1 WHERE {of}"), SqlState::INSUFFICIENT_PRIVILEGE),
        (format!("DELETE FROM joining_part WHERE {of}"), SqlState::INSUFFICIENT_PRIVILEGE),
        (format!("UPDATE joining_contribution SET amount = 1 WHERE {plan}"), SqlState::INSUFFICIENT_PRIVILEGE),
        (format!("DELETE FROM joining_contribution WHERE {plan}"), SqlState::INSUFFICIENT_PRIVILEGE),
        // Parts that nothing pays, out of order, or that something else pays.
        (says(2), SqlState::CHECK_VIOLATION),
        (says(0), SqlState::CHECK_VIOLATION),
        (format!("{}{}", pay(2, &other), says(2)), SqlState::CHECK_VIOLATION),
        (format!("{}{}", pay(2, &capital), says(2)), SqlState::CHECK_VIOLATION),
        (format!("{}{}", pay(2, &paid), says(2)), SqlState::CHECK_VIOLATION),
        (pay(1, &other), SqlState::RESTRICT_VIOLATION),
        (format!("{}{}", pay(3, &other), says(2)), SqlState::CHECK_VIOLATION),
        // Parts that are freed while their line is booked, and a line that is taken back while it pays parts.
        (
            format!(
                "UPDATE joining_part SET bank_line = NULL, entry_number = NULL WHERE {of} AND number = 1; {}",
                says(0)
            ),
            SqlState::CHECK_VIOLATION,
        ),
        (
            format!(
                "UPDATE bank_line SET state = 'open', why = 'reference_unknown', booked_as = '', party = '', entry = 0
                 WHERE book_id = {book} AND id = '{paid}'"
            ),
            SqlState::RESTRICT_VIOLATION,
        ),
        (
            format!(
                "INSERT INTO reversal (book_id, number, reversed_by)
                 SELECT book_id, entry, entry + 1 FROM bank_line WHERE book_id = {book} AND id = '{paid}'"
            ),
            SqlState::CHECK_VIOLATION,
        ),
    ] {
        assert_eq!(why(&service, &format!("BEGIN; {wrong}; COMMIT")).await, code, "{wrong}");
        service.batch_execute("ROLLBACK").await.unwrap();
    }

    let cancel = async |tx: &Transaction<'_>| {
        operations::cancel(tx, it.id, "She moves".into(), coop.clerk, coop.ground.wall).await
    };
    coop.ground.run(cancel).await.unwrap();
    for wrong in [
        format!(
            "UPDATE joining_contribution SET state = 'open', cancelled_by = NULL, cancelled_at = NULL, reason = '' WHERE {plan}"
        ),
        format!("UPDATE joining_contribution SET reason = 'Another' WHERE {plan}"),
        says(2),
    ] {
        assert_eq!(why(&service, &wrong).await, SqlState::RESTRICT_VIOLATION, "{wrong}");
    }
    coop.ground.audit().await;
}

#[tokio::test]
async fn the_database_lets_no_capital_of_a_member_with_an_open_plan_come_beside_the_plan() {
    let coop = Coop::new().await;
    let paid = line(&coop, "paid", "25.00").await;
    booked(&coop, &paid, 0).await.unwrap();
    granted(&coop, 0, "100.00", 4).await.unwrap();
    // The same entry as that of the line is posted again by the service, but no part names it.
    let (book, wall) = (&coop.ground.book, coop.ground.wall);
    let post = async |member: usize, reserve: i64| {
        let work = async |tx: &Transaction<'_>| {
            let ensure = async |account: &ledger::chart::Account| {
                ledger::books::operations::accounts::ensure(tx, book, account, book.currency, wall).await
            };
            let cash = ensure(&ledger::chart::cash_of("bank")).await?;
            let number = coop.members[member].number;
            let capital = ensure(&ledger::chart::member_capital(number)).await?;
            let reserve = (ensure(&ledger::chart::reserve()).await?, reserve);
            let day = date(2026, 6, 30);
            let entry = ledger::movements::joining_paid_in(cash, reserve, (capital, 100), day, "line");
            ledger::engine::posting::post(tx, book, entry, wall).await
        };
        coop.ground.run(work).await
    };
    for (member, reserve, is_refused) in [(0, 0, true), (0, 1, true), (1, 1, true), (1, 0, false)] {
        let posted = post(member, reserve).await;
        assert_eq!(posted.is_err(), is_refused, "member {member} with {reserve} to the reserve: {posted:?}");
    }
    coop.ground.audit().await;
}
