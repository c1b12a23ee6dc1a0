//! Retained shares that are paid back, the oldest first.

use super::capital::{lived, publish, workers};
use super::{Coop, percent};
use crate::support::waits;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::cooperatives::operations::{distributions, redemptions as operations};
use ledger::cooperatives::rules::allocation_rule::Rule;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::cooperatives::rules::redemption::{Given, Redemption};
use ledger::cooperatives::store::redemption_parts;
use ledger::cooperatives::store::redemptions::{self as rows, Wanted};
use ledger::cooperatives::store::unpaid;
use ledger::engine::posting;
use ledger::engine::store::accounts;
use ledger::id::{MemberId, PersonId};
use ledger::parties::rules::role::Role;
use ledger::testing::{refusal, usd};
use tokio_postgres::error::SqlState;

const HOURS: [(usize, &str); 4] = [(0, "2080"), (1, "1560"), (2, "1040"), (3, "520")];

/// A cooperative that retains all of its surplus, after some years with these.
async fn retaining(surpluses: &[&str]) -> Coop {
    let mut coop = Coop::new().await;
    publish(&coop, Rule::new(vec![workers(Percent::WHOLE)]), 2026).await;
    for (of, surplus) in (2026..).zip(surpluses) {
        lived(&mut coop, of, surplus, &HOURS).await;
    }
    coop
}

async fn asked(coop: &Coop, member: Option<MemberId>, amount: &str) -> Result<Redemption, Error> {
    let ground = &coop.ground;
    let ask = async |tx: &Transaction<'_>| {
        operations::request(tx, ground.book.id, member, usd(amount), coop.clerk, ground.wall).await
    };
    ground.run(ask).await
}

async fn approved(coop: &Coop, it: &Redemption, by: PersonId) -> Result<Redemption, Error> {
    coop.ground.run(async |tx| operations::approve(tx, it.id, it.digest, by, coop.ground.wall).await).await
}

/// What each share gives.
async fn plan_of(coop: &Coop, it: &Redemption) -> Vec<Given> {
    let parts = redemption_parts::list(&coop.ground.client().await, it.id, None, -1, 10_000).await.unwrap();
    parts.into_iter().map(|part| part.given).collect()
}

/// Number, year and what is left of each notice.
async fn left(coop: &Coop) -> Vec<(i32, i16, i64)> {
    let wanted = Wanted { members: None, due_on: None };
    let notices = rows::notices(&coop.ground.client().await, coop.ground.book.id, wanted).await.unwrap();
    notices.iter().map(|it| (it.number, it.period_to.year(), it.left())).collect()
}

/// What each of the four has as capital, and is owed.
async fn capital_and_owed(coop: &Coop) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    for number in 1..=4 {
        let capital = coop.balance(&format!("equity:capital:member:{number}")).await;
        all.push((capital, coop.balance(&format!("liabilities:payable:member:{number}")).await));
    }
    all
}

#[tokio::test]
async fn k20_of_one_member_the_oldest_notices_are_redeemed_by_two_people_and_their_distribution_stays() {
    let coop = retaining(&["1250.00", "2000.00", "1750.00"]).await;
    let (ada, clerk, wall) = (&coop.members[0], coop.clerk, coop.ground.wall);
    let too_much = asked(&coop, Some(ada.id), "2000.01").await;
    assert_eq!(refusal(too_much), "not-enough-capital", "of the others there is more");
    let it = asked(&coop, Some(ada.id), "1000.00").await.unwrap();
    let plan = plan_of(&coop, &it).await;
    let parts: Vec<_> = plan.iter().map(|it| (it.period_to.year(), it.amount, it.left)).collect();
    assert_eq!(parts, [(2026, 50_000, 0), (2027, 50_000, 30_000)]);
    assert_eq!(capital_and_owed(&coop).await[0], (200_000, 0), "asked for, nothing moves");
    assert_eq!(refusal(asked(&coop, None, "1.00").await), "redemption-open");
    coop.ground.give(coop.approver, Role::Approver).await;
    assert_eq!(waits(&coop.ground, coop.approver).await, ["approve_redemption"]);
    assert_eq!(waits(&coop.ground, clerk).await, [""; 0], "who asks does not approve");
    assert_eq!(refusal(approved(&coop, &it, clerk).await), "same-person", "who asks does not approve");
    assert_eq!(refusal(approved(&coop, &it, ada.person).await), "same-person", "nor whose shares they are");
    let other = Redemption { digest: [0; 32], ..it.clone() };
    assert_eq!(refusal(approved(&coop, &other, coop.approver).await), "digest-mismatch");

    let done = approved(&coop, &it, coop.approver).await.unwrap();
    assert_eq!(done.state.as_str(), "approved");
    assert_eq!(waits(&coop.ground, coop.approver).await, [""; 0]);
    assert_eq!(refusal(approved(&coop, &it, coop.approver).await), "redemption-state", "nothing is redeemed twice");
    assert_eq!(capital_and_owed(&coop).await[0], (100_000, 100_000));
    let of_ada: Vec<_> = left(&coop).await.into_iter().filter(|(number, ..)| *number == 1).collect();
    assert_eq!(of_ada, [(1, 2026, 0), (1, 2027, 30_000), (1, 2028, 70_000)]);

    let first = plan[0].distribution;
    let reverse = async |tx: &Transaction<'_>| distributions::reverse(tx, first, "wrong".into(), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(reverse).await), "retained-used");
    let back = async |tx: &Transaction<'_>, by| operations::reverse(tx, it.id, "too early".into(), by, wall).await;
    let own = coop.ground.run(async |tx| back(tx, coop.approver).await).await;
    assert_eq!(refusal(own), "same-person");
    let reversed = coop.ground.run(async |tx| back(tx, clerk).await).await.unwrap();
    assert_eq!(reversed.state.as_str(), "reversed");
    assert_eq!(refusal(coop.ground.run(async |tx| back(tx, clerk).await).await), "redemption-state");
    assert_eq!(capital_and_owed(&coop).await[0], (200_000, 0));
    assert_eq!(left(&coop).await.iter().map(|(.., left)| left).sum::<i64>(), 500_000);
    coop.ground.run(reverse).await.unwrap();
    assert_eq!(capital_and_owed(&coop).await[0].0, 150_000, "what was retained by it is gone");
    coop.ground.audit().await;
}

#[tokio::test]
async fn k20_of_all_members_a_year_is_divided_by_what_is_left_and_no_row_can_say_more() {
    let coop = retaining(&["5000.00", "500.00"]).await;
    let it = asked(&coop, None, "3000.00").await.unwrap();
    let withdraw = async |tx: &Transaction<'_>| {
        operations::withdraw(tx, it.id, "not yet".into(), coop.clerk, coop.ground.wall).await
    };
    coop.ground.run(withdraw).await.unwrap();
    assert_eq!(refusal(approved(&coop, &it, coop.approver).await), "redemption-state");
    let it = asked(&coop, None, "3000.00").await.unwrap();
    approved(&coop, &it, coop.approver).await.unwrap();
    let expected = [(100_000, 120_000), (75_000, 90_000), (50_000, 60_000), (25_000, 30_000)];
    assert_eq!(capital_and_owed(&coop).await, expected, "1,200.00, 900.00, 600.00 and 300.00 of 2026");
    // 2,000.00 are left of 2026, and go before anything of 2027 does.
    let it = asked(&coop, None, "2100.00").await.unwrap();
    let plan = plan_of(&coop, &it).await;
    let sum = |of: i16| plan.iter().filter(|it| it.period_to.year() == of).map(|it| it.amount).sum::<i64>();
    assert_eq!((sum(2026), sum(2027)), (200_000, 10_000));
    approved(&coop, &it, coop.approver).await.unwrap();
    assert_eq!(refusal(asked(&coop, None, "400.01").await), "not-enough-capital");

    // The database holds to it: no use beyond what was retained, none that changes, and none that comes back as the book's own.
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    let book = coop.ground.book.id.0;
    let once_more = format!(
        "INSERT INTO retained_use (book_id, distribution_id, member_id, used_by, kind, amount)
         SELECT book_id, distribution_id, member_id, gen_random_uuid(), kind, amount FROM retained_use WHERE book_id = {book}"
    );
    let why = service.batch_execute(&once_more).await.expect_err("it is used up");
    assert_eq!(why.code(), Some(&SqlState::CHECK_VIOLATION));
    for (change, code) in [
        ("UPDATE retained_use SET amount = amount - 1", SqlState::INSUFFICIENT_PRIVILEGE),
        ("DELETE FROM retained_use", SqlState::INSUFFICIENT_PRIVILEGE),
        ("UPDATE retained_use SET undone = false", SqlState::RESTRICT_VIOLATION),
        ("UPDATE redemption SET amount = 1", SqlState::INSUFFICIENT_PRIVILEGE),
        ("UPDATE redemption SET state = 'requested', entry_number = NULL", SqlState::RESTRICT_VIOLATION),
    ] {
        let why = service.batch_execute(change).await.expect_err("it is written once");
        assert_eq!(why.code(), Some(&code), "{change}");
    }
    coop.ground.audit().await;
}

#[tokio::test]
async fn k5_a_member_who_left_has_the_capital_back_once_the_time_is_over_for_which_it_stays() {
    let mut coop = Coop::new().await;
    let rule = Rule { hold_months: Some(12), ..Rule::new(vec![workers(Percent::WHOLE)]) };
    publish(&coop, rule, 2026).await;
    lived(&mut coop, 2026, "1000.00", &HOURS).await;
    let (bea, clerk, wall) = (coop.members[1].id, coop.clerk, coop.ground.wall);
    let day = jiff::civil::date(2027, 6, 30);
    let leave = async |tx: &Transaction<'_>| {
        ledger::cooperatives::operations::members::leave(tx, bea, Some(day), clerk, wall).await
    };
    coop.ground.run(leave).await.unwrap();
    lived(&mut coop, 2027, "1000.00", &[(0, "100"), (2, "100")]).await;
    assert_eq!(coop.balance("equity:capital:member:2").await, 30_000, "her hours of 2026");
    // Of 2026 the time is over since 31 December 2027; of 2027 it is not.
    let it = asked(&coop, Some(bea), "300.00").await.unwrap();
    approved(&coop, &it, coop.approver).await.unwrap();
    assert_eq!(coop.balance("liabilities:payable:member:2").await, 30_000);
    assert_eq!(coop.balance("equity:capital:member:2").await, 0);
    let of_2026 = asked(&coop, None, "700.00").await.unwrap();
    assert!(plan_of(&coop, &of_2026).await.iter().all(|it| it.period_to.year() == 2026));
    approved(&coop, &of_2026, coop.approver).await.unwrap();
    assert_eq!(refusal(asked(&coop, None, "0.01").await), "not-enough-capital", "what is left stays until 2029");
    let start = coop.ground.book.start_of(jiff::civil::date(2029, 1, 1));
    coop.ground.leap_to(start).await;
    let both = asked(&coop, None, "1000.00").await.unwrap();
    assert_eq!(plan_of(&coop, &both).await.len(), 2);
    coop.ground.audit().await;
}

#[tokio::test]
async fn what_is_redeemed_is_owed_besides_the_shares_and_makes_no_paid_share_look_unpaid() {
    let mut coop = Coop::new().await;
    publish(&coop, Rule::new(vec![workers(percent("50"))]), 2026).await;
    let shared = lived(&mut coop, 2026, "1000.00", &HOURS).await;
    let unpaid = async || {
        let left = unpaid::of(&coop.ground.client().await, coop.ground.book.id, &[shared.id]).await.unwrap();
        left[&shared.id]
    };
    assert_eq!(unpaid().await, 50_000);
    let it = asked(&coop, None, "500.00").await.unwrap();
    approved(&coop, &it, coop.approver).await.unwrap();
    assert_eq!(unpaid().await, 50_000, "what was redeemed is another thing");
    let account = async |code: &str| {
        accounts::find(&coop.ground.client().await, coop.ground.book.id, code).await.unwrap().unwrap().number
    };
    let transit = coop.ground.account("liabilities:payouts:bank", AccountClass::PayoutsInTransit).await;
    let line = |debit| Line { kind: MovementKind::PayoutSent, debit, credit: transit, amount: 20_000 };
    let entry = Entry {
        lines: vec![line(account("liabilities:payable:member:1").await)],
        effective: coop.ground.book.today(coop.ground.wall),
        outside_fact: false,
        note: None,
    };
    let paid = async |tx: &Transaction<'_>| posting::post(tx, &coop.ground.book, entry.clone(), coop.ground.wall).await;
    coop.ground.run(paid).await.unwrap();
    assert_eq!(unpaid().await, 30_000, "the first has the share of 200.00, and is owed the capital of 200.00");
}
