//! A redemption of the shares of more members than one entry has lines for.

use super::Coop;
use super::capital::publish;
use super::series::{advance, due, with_crowd};
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::cooperatives::operations::{distributions, redemptions};
use ledger::cooperatives::rules::allocation_rule::{Group, Patronage, Rule, Step};
use ledger::cooperatives::rules::cooperative::{Percent, ProceedsKind};
use ledger::cooperatives::rules::redemption::Redemption;
use ledger::cooperatives::store::redemption_parts as parts;
use ledger::testing::{refusal, usd};

const CROWD: i32 = 1_500;

/// After two years, of which the crowd has shares of 15,000.00 each.
async fn with_capital(crowd: i32) -> Coop {
    let mut coop = with_crowd(crowd, crowd).await;
    let groups = vec![Group::new("crowd", Percent::WHOLE, Patronage::Equal)];
    publish(&coop, Rule::new(vec![Step::Members { groups, retained: Percent::WHOLE }]), 2026).await;
    for of in [2026, 2027] {
        let sold = async |tx: &Transaction<'_>| coop.record(tx, ProceedsKind::Sale, "15000.00", date(of, 6, 1)).await;
        coop.ground.run(sold).await.unwrap();
        let shared = due(&mut coop, of).await;
        while advance(&coop, shared.id).await.state.as_str() == "approved" {}
    }
    coop
}

async fn asked(coop: &Coop, amount: &str) -> Redemption {
    let (ground, clerk) = (&coop.ground, coop.clerk);
    let ask = async |tx: &Transaction<'_>| {
        redemptions::request(tx, ground.book.id, None, usd(amount), clerk, ground.wall).await
    };
    ground.run(ask).await.unwrap()
}

async fn go_on(coop: &Coop, it: &Redemption) -> Redemption {
    coop.ground.run(async |tx| redemptions::advance(tx, it.id, coop.ground.wall).await).await.unwrap()
}

/// What the crowd has as capital and is owed, and how much of its shares went to the redemption.
async fn sums(coop: &Coop, it: &Redemption) -> (i64, i64, i64) {
    let query = format!(
        "SELECT (SELECT sum(b.credits - b.debits)::bigint FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
                  WHERE a.book_id = {book} AND a.code LIKE 'equity:capital:member:%'),
                (SELECT coalesce(sum(b.credits - b.debits), 0)::bigint
                   FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
                  WHERE a.book_id = {book} AND a.code LIKE 'liabilities:payable:member:%'),
                (SELECT coalesce(sum(u.amount), 0)::bigint FROM retained_use u
                  WHERE u.book_id = {book} AND u.used_by = '{id}' AND NOT u.undone)",
        book = coop.ground.book.id.0,
        id = it.id.object
    );
    let row = coop.ground.database_owner().await.query_one(&query, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test]
async fn a_redemption_of_a_crowd_is_payable_entry_by_entry_goes_on_after_a_stop_and_is_taken_back_as_a_whole() {
    let coop = with_capital(CROWD).await;
    // All of 2026, and half of 2027: two shares of each member.
    let it = asked(&coop, "22500.00").await;
    let client = coop.ground.client().await;
    assert_eq!(parts::list(&client, it.id, None, -1, 10_000).await.unwrap().len(), 3_000);
    let (wall, clerk, approver) = (coop.ground.wall, coop.clerk, coop.approver);
    let approve = async |tx: &Transaction<'_>| redemptions::approve(tx, it.id, it.digest, approver, wall).await;
    let begun = coop.ground.run(approve).await.unwrap();
    assert_eq!((begun.state.as_str(), sums(&coop, &it).await), ("posting", (1_500_000, 1_500_000, 1_500_000)));
    let first = parts::entries(&client, it.id).await.unwrap();
    assert_eq!((first.len(), first[0].members), (1, (7, 1_006)));
    let reverse = async |tx: &Transaction<'_>| redemptions::reverse(tx, it.id, "too early".into(), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(reverse).await), "redemption-state", "not before all of it is there");
    let other = asked(&coop, "1.00").await;
    let approve_other =
        async |tx: &Transaction<'_>| redemptions::approve(tx, other.id, other.digest, approver, wall).await;
    assert_eq!(refusal(coop.ground.run(approve_other).await), "series-under-way");
    let shared = parts::list(&client, it.id, None, -1, 1).await.unwrap()[0].given.distribution;
    let take_back = async |tx: &Transaction<'_>| distributions::reverse(tx, shared, "x".into(), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(take_back).await), "series-under-way");

    // A worker dies: what it did not commit is not there, and the next one goes on.
    let mut lost = coop.ground.client().await;
    let tx = lost.transaction().await.unwrap();
    assert_eq!(redemptions::advance(&tx, it.id, wall).await.unwrap().state.as_str(), "approved");
    tx.rollback().await.unwrap();
    assert_eq!(sums(&coop, &it).await.2, 1_500_000);
    let done = go_on(&coop, &it).await;
    assert_eq!((done.state.as_str(), done.state.redeemed()), ("approved", begun.state.redeemed()));
    assert_eq!(sums(&coop, &it).await, (750_000, 2_250_000, 2_250_000));
    assert_eq!(go_on(&coop, &it).await, done, "done twice, it is done once");
    for number in [7, 1_006, 1_007, 1_506] {
        assert_eq!(coop.balance(&format!("liabilities:payable:member:{number}")).await, 1_500, "{number}");
    }
    let reversed = coop.ground.run(reverse).await.unwrap();
    assert_eq!((reversed.state.as_str(), sums(&coop, &it).await), ("reversed", (3_000_000, 0, 0)));
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_redemption_of_more_than_four_entries_is_taken_back_in_steps() {
    let coop = with_capital(4_500).await;
    let it = asked(&coop, "30000.00").await;
    let (wall, clerk, approver) = (coop.ground.wall, coop.clerk, coop.approver);
    let approve = async |tx: &Transaction<'_>| redemptions::approve(tx, it.id, it.digest, approver, wall).await;
    coop.ground.run(approve).await.unwrap();
    assert_eq!(go_on(&coop, &it).await.state.as_str(), "approved");
    assert_eq!(sums(&coop, &it).await, (0, 3_000_000, 3_000_000));
    let reverse = async |tx: &Transaction<'_>| redemptions::reverse(tx, it.id, "too early".into(), clerk, wall).await;
    assert_eq!(coop.ground.run(reverse).await.unwrap().state.as_str(), "reversing");
    let (capital, owed, used) = sums(&coop, &it).await;
    assert_eq!((capital + owed, owed), (3_000_000, used), "what is not owed any more is a share again");
    assert!(owed > 0, "there is more to take back");
    assert_eq!(refusal(coop.ground.run(reverse).await), "redemption-state");
    assert_eq!(go_on(&coop, &it).await.state.as_str(), "reversed");
    assert_eq!(sums(&coop, &it).await, (3_000_000, 0, 0));
    assert!(parts::entries(&coop.ground.client().await, it.id).await.unwrap().iter().all(|it| it.reversal.is_some()));
    coop.ground.audit().await;
}

#[tokio::test]
async fn the_database_takes_no_redemption_that_is_not_whole_and_no_entry_that_is_not_its_next() {
    let coop = with_capital(CROWD).await;
    let it = asked(&coop, "15000.00").await;
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    let id = it.id.object;
    let approved = format!(
        "UPDATE redemption SET state = 'approved', approved_by = '{}', approved_at = now(), version = version + 1,
                entry_number = (SELECT max(entry_number) FROM distribution_entry) WHERE id = '{id}'",
        coop.approver.0
    );
    let more = format!(
        "INSERT INTO redemption_part (book_id, redemption_id, line, number, member_id, distribution_id, amount, remains)
         SELECT book_id, redemption_id, line + 10000, number + 10000, member_id, distribution_id, amount, remains FROM redemption_part
          WHERE redemption_id = '{id}'"
    );
    let refused = async |wrong: &str| {
        let refused = service.batch_execute(wrong).await.expect_err(wrong);
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
    };
    for wrong in [&approved, &more] {
        refused(wrong).await;
    }
    let approve =
        async |tx: &Transaction<'_>| redemptions::approve(tx, it.id, it.digest, coop.approver, coop.ground.wall).await;
    coop.ground.run(approve).await.unwrap();
    let next = |number: i32, entry: &str, from: i32| {
        format!(
            "INSERT INTO redemption_entry (book_id, redemption_id, number, entry_number, from_member, to_member)
             SELECT book_id, redemption_id, {number}, {entry}, {from}, 1506 FROM redemption_entry"
        )
    };
    for wrong in [
        next(2, "entry_number", 1_007),
        next(2, "entry_number + 1", 1_007),
        next(3, "entry_number + 1", 1_007),
        next(2, "entry_number + 1", 1_006),
        format!("UPDATE redemption SET state = 'approved', version = version + 1 WHERE id = '{id}'"),
        format!("UPDATE redemption SET state = 'withdrawn', reason = 'x', version = version + 1 WHERE id = '{id}'"),
        "UPDATE redemption_part SET amount = 1".to_owned(),
        "DELETE FROM redemption_entry".to_owned(),
        "UPDATE redemption_entry SET reversal_number = entry_number + 1".to_owned(),
    ] {
        refused(&wrong).await;
    }
    assert_eq!(go_on(&coop, &it).await.state.as_str(), "approved");
    coop.ground.audit().await;
}
