//! A loss that the reserve and the members' capital bear, and what of it stands against the next shares.

use super::capital::{lived, publish, share, workers};
use super::{Coop, percent, year};
use crate::support::waits;
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{Entry, Line, MovementKind};
use ledger::cooperatives::operations::{distributions, members, redemptions, results};
use ledger::cooperatives::rules::allocation_rule::{Losses, Pot, Rule};
use ledger::cooperatives::rules::cooperative::{Percent, ProceedsKind};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::store::{distributions as rows, statements};
use ledger::engine::posting;
use ledger::engine::store::accounts;
use ledger::testing::{refusal, usd};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

const HOURS: [&str; 4] = ["2080", "1560", "1040", "520"];

/// A fifth to the reserve, the rest to the capital of the members by hours; of losses the reserve bears so much.
fn rule(reserve: &str) -> Rule {
    let steps = vec![share("20", Pot::Reserve, None), workers(Percent::WHOLE)];
    Rule { losses: Some(Losses { reserve: percent(reserve) }), ..Rule::new(steps) }
}

/// After a year that left capitals of 14,000.00, 10,500.00, 7,000.00 and 300.00, and 7,950.00 in the reserve.
async fn after_a_good_year(reserve: &str) -> Coop {
    let mut coop = Coop::new().await;
    publish(&coop, rule(reserve), 2026).await;
    lived(&mut coop, 2026, "39750.00", &[(0, "1400"), (1, "1050"), (2, "700"), (3, "30")]).await;
    assert_eq!(bearers(&coop).await, (795_000, vec![1_400_000, 1_050_000, 700_000, 30_000], 0));
    coop
}

/// The reserve, the capitals, and what stands against the fourth's shares.
async fn bearers(coop: &Coop) -> (i64, Vec<i64>, i64) {
    let mut capital = Vec::new();
    for number in 1..=4 {
        capital.push(coop.balance(&format!("equity:capital:member:{number}")).await);
    }
    (coop.balance("equity:reserve").await, capital, coop.balance("assets:receivable:member:4").await)
}

/// What a year has sold and cost, and the hours of the four.
async fn record(coop: &Coop, of: i16, sales: &str, costs: &str) {
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, sales, date(of, 6, 1)).await.unwrap();
    coop.record(&tx, ProceedsKind::Cost, costs, date(of, 6, 1)).await.unwrap();
    for (index, hours) in HOURS.into_iter().enumerate() {
        let recorded = coop.hours(&tx, index, hours, of).await.unwrap();
        members::attest(&tx, recorded.id, coop.members[5].person, coop.ground.wall).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn drafted(coop: &Coop, of: i16) -> Result<Distribution, Error> {
    let (ground, clerk) = (&coop.ground, coop.clerk);
    ground.run(async |tx| distributions::draft(tx, ground.book.id, year(of), clerk, ground.wall).await).await
}

async fn taken_back(coop: &Coop, it: &Distribution) -> Result<Distribution, Error> {
    let (clerk, wall) = (coop.clerk, coop.ground.wall);
    let why = "a cost was another year's".to_owned();
    coop.ground.run(async |tx| distributions::reverse(tx, it.id, why, clerk, wall).await).await
}

#[tokio::test]
async fn k16_a_loss_is_borne_by_reserve_and_capital_and_what_is_lacking_is_netted_with_the_next_shares() {
    let mut coop = after_a_good_year("50").await;
    record(&coop, 2027, "1000.00", "11000.00").await;
    let loss = coop.distribute(2027).await;
    assert_eq!((loss.net(), loss.plan.from_reserve), (-1_000_000, 500_000));
    let parts: Vec<_> = coop.shares(loss.id).await.iter().map(|part| (part.from_capital(), part.stands)).collect();
    assert_eq!(parts, [(200_000, 0), (150_000, 0), (100_000, 0), (30_000, 20_000)]);
    assert_eq!(bearers(&coop).await, (295_000, vec![1_200_000, 900_000, 600_000, 0], 20_000));
    for even in ["equity:surplus", "expenses:cost:presses", "income:sales:presses", "liabilities:payable:member:1"] {
        assert_eq!(coop.balance(even).await, 0, "{even}");
    }
    let client = coop.ground.client().await;
    let dora = [coop.members[3].id];
    let own = statements::list(&client, coop.ground.book.id, Some(&dora), Uuid::nil(), 10).await.unwrap();
    assert_eq!((own[0].issued.retained, own[0].lost, own[0].left()), (30_000, 30_000, 0), "the share of 2026 bore it");
    let last = &own[1].issued;
    assert_eq!((last.loss, last.stands, last.cash, last.retained), (50_000, 20_000, 0, 0));
    drop(client);

    // What bore a loss is not redeemed, and its distribution is not taken back before the loss is.
    let first = rows::youngest(&coop.ground.client().await, coop.ground.book.id, &["statements_issued"]).await.unwrap();
    assert_eq!(first.map(|it| it.id), Some(loss.id));
    let more = async |tx: &Transaction<'_>| {
        redemptions::request(tx, coop.ground.book.id, Some(dora[0]), usd("0.01"), coop.clerk, coop.ground.wall).await
    };
    assert_eq!(refusal(coop.ground.run(more).await), "not-enough-capital");

    let next = lived(&mut coop, 2028, "5200.00", &[(0, "2080"), (1, "1560"), (2, "1040"), (3, "520")]).await;
    assert_eq!((next.loss_before, next.net()), (0, 520_000), "the loss is borne, and no result bears it again");
    let parts: Vec<_> = coop.shares(next.id).await.iter().map(|part| (part.retained, part.netted)).collect();
    assert_eq!(parts, [(166_400, 0), (124_800, 0), (83_200, 0), (21_600, 20_000)]);
    assert_eq!(bearers(&coop).await, (399_000, vec![1_366_400, 1_024_800, 683_200, 21_600], 0));
    coop.ground.audit().await;

    // Back to before it: the later result first.
    assert_eq!(refusal(taken_back(&coop, &loss).await), "later-result");
    taken_back(&coop, &next).await.unwrap();
    assert_eq!(bearers(&coop).await.2, 20_000, "it stands against the next shares again");
    let open =
        async |tx: &Transaction<'_>, id| results::reverse(tx, id, "again".into(), coop.clerk, coop.ground.wall).await;
    coop.ground.run(async |tx| open(tx, next.result).await).await.unwrap();
    taken_back(&coop, &loss).await.unwrap();
    assert_eq!(bearers(&coop).await, (795_000, vec![1_400_000, 1_050_000, 700_000, 30_000], 0));
    assert_eq!(coop.balance("expenses:cost:presses").await, 1_000_000, "what no sales covered is open again");
    assert_eq!(coop.balance("equity:surplus").await, 0);
    coop.ground.run(async |tx| open(tx, loss.result).await).await.unwrap();
    coop.ground.audit().await;
}

#[tokio::test]
async fn k4_the_reserve_bears_a_loss_first_where_the_version_of_the_rule_says_so() {
    let mut coop = after_a_good_year("100").await;
    record(&coop, 2027, "1000.00", "8000.00").await;
    let loss = coop.distribute(2027).await;
    assert_eq!((loss.plan.from_reserve, loss.plan.members()), (700_000, 0));
    assert_eq!(bearers(&coop).await, (95_000, vec![1_400_000, 1_050_000, 700_000, 30_000], 0));
    assert_eq!(coop.balance("expenses:cost:presses").await, 0);
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_loss_before_the_members_closes_no_other_result_and_falls_when_what_was_to_bear_it_is_gone() {
    let mut coop = after_a_good_year("0").await;
    record(&coop, 2027, "1000.00", "11000.00").await;
    // Hours still count when the result is closed first, as the loss is divided by them.
    let late = async |tx: &Transaction<'_>| {
        results::close(tx, coop.ground.book.id, year(2027), coop.clerk, coop.ground.wall).await?;
        coop.hours(tx, 0, "10", 2027).await
    };
    let late = coop.ground.run(late).await.unwrap();
    let second = coop.members[1].person;
    assert_eq!(waits(&coop.ground, second).await, ["attest_hours"]);
    let draft = drafted(&coop, 2027).await.unwrap();
    assert_eq!(coop.shares(draft.id).await[3].stands, 70_000, "of 1,000.00 the fourth's 300.00 bear a part");
    let (clerk, approver, wall) = (coop.clerk, coop.approver, coop.ground.wall);
    assert_eq!(waits(&coop.ground, second).await, [""; 0], "the draft counts what was attested");
    let attest = async |tx: &Transaction<'_>| members::attest(tx, late.id, second, wall).await;
    assert_eq!(refusal(coop.ground.run(attest).await), "period-distributed");
    let open = async |tx: &Transaction<'_>| distributions::open(tx, draft.id, clerk, wall).await;
    coop.ground.run(open).await.unwrap();
    let approve = async |tx: &Transaction<'_>| distributions::approve(tx, draft.id, None, "", approver, wall).await;
    coop.ground.run(approve).await.unwrap();
    let close = async |tx: &Transaction<'_>| {
        let first = ledger::cooperatives::rules::cooperative::Period { from: date(2028, 1, 1), to: date(2028, 1, 1) };
        results::close(tx, coop.ground.book.id, first, clerk, wall).await
    };
    assert_eq!(refusal(coop.ground.run(close).await), "loss-under-way");

    let dora = coop.members[3].id;
    let redeem = async |tx: &Transaction<'_>| {
        let it = redemptions::request(tx, coop.ground.book.id, Some(dora), usd("1.00"), clerk, wall).await?;
        redemptions::approve(tx, it.id, it.digest, approver, wall).await
    };
    coop.ground.run(redeem).await.unwrap();
    let until = coop.ground.book.now(wall) + jiff::ToSpan::hours(8 * 24);
    coop.ground.leap_to(until).await;
    let advanced = coop.ground.run(async |tx| distributions::advance(tx, draft.id, wall).await).await.unwrap();
    assert_eq!(advanced.state.as_str(), "withdrawn", "it would take more of the fourth than is there");
    assert_eq!(coop.balance("expenses:cost:presses").await, 1_000_000);
    let anew = drafted(&coop, 2027).await.unwrap();
    assert_eq!(coop.shares(anew.id).await[3].stands, 70_100);
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_rule_that_is_silent_leaves_the_loss_to_the_next_result_and_one_that_bore_it_already_keeps_it() {
    let coop = after_a_good_year("50").await;
    let silent = Rule { losses: None, ..rule("50") };
    publish(&coop, silent, 2027).await;
    record(&coop, 2027, "1000.00", "11000.00").await;
    assert_eq!(refusal(drafted(&coop, 2027).await), "no-surplus");
    coop.ground.audit().await;
}

#[tokio::test]
async fn nothing_is_taken_of_reserve_and_capital_but_a_loss_and_nothing_comes_back_but_one() {
    let coop = after_a_good_year("50").await;
    coop.ground
        .run(async |tx| {
            coop.record(tx, ProceedsKind::Sale, "1000.00", date(2027, 6, 1)).await?;
            results::close(tx, coop.ground.book.id, year(2027), coop.clerk, coop.ground.wall).await
        })
        .await
        .unwrap();
    let account = async |code: &str| {
        let found = accounts::find(&coop.ground.client().await, coop.ground.book.id, code).await.unwrap();
        found.unwrap().number
    };
    let surplus = account("equity:surplus").await;
    let (reserve, capital) = (account("equity:reserve").await, account("equity:capital:member:1").await);
    for (kind, debit, credit) in [
        (MovementKind::LossBorne, reserve, surplus),
        (MovementKind::LossBorne, capital, surplus),
        (MovementKind::LossRestored, surplus, reserve),
        (MovementKind::LossRestored, surplus, capital),
    ] {
        let mut client = coop.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let line = Line { kind, debit, credit, amount: 1 };
        let entry = Entry { lines: vec![line], effective: date(2028, 1, 9), outside_fact: false, note: None };
        posting::post(&tx, &coop.ground.book, entry, coop.ground.wall).await.unwrap();
        let why = tx.commit().await.expect_err("there is no loss");
        assert_eq!(why.code(), Some(&SqlState::CHECK_VIOLATION), "{}", kind.as_str());
    }
    coop.ground.audit().await;
}
