//! A distribution among more members than one entry has lines for: posted by a series of entries, which goes on after whatever stopped it, and is
//! taken back as a whole.

use super::{Coop, year};
use deadpool_postgres::Transaction;
use jiff::ToSpan;
use jiff::civil::date;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::books::operations::accounts;
use ledger::cooperatives::operations::{allocation_rules, distributions, statements};
use ledger::cooperatives::rules::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step};
use ledger::cooperatives::rules::cooperative::{Percent, ProceedsKind};
use ledger::cooperatives::rules::distribution::{Distribution, DistributionState};
use ledger::cooperatives::store::{distributions as rows, series, statements as statement_rows};
use ledger::engine::posting;
use ledger::id::DistributionId;
use ledger::testing::refusal;
use ledger::{Error, chart};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// More than five entries have lines for.
const CROWD: i32 = 4_500;

/// The cooperative, with a crowd besides, from number 7 on: so many joined in 2026, the others a year later.
pub(super) async fn with_crowd(crowd: i32, early: i32) -> Coop {
    let coop = Coop::new().await;
    let book = coop.ground.book.id;
    let owner = coop.ground.database_owner().await;
    let people = format!(
        "INSERT INTO person (id, caller, email, name, created_at)
         SELECT gen_random_uuid(), 1000000 + n, 'crowd' || n || '@many.example', '', now() FROM generate_series(1, {crowd}) n;
         INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
         SELECT {book}, gen_random_uuid(), p.caller - 1000000 + 6, p.id, 'crowd',
                CASE WHEN p.caller - 1000000 <= {early} THEN date '2026-01-01' ELSE date '2027-01-01' END, false, now()
           FROM person p WHERE p.caller > 1000000;
         UPDATE cooperative SET members_last = members_last + {crowd} WHERE book_id = {book};",
        book = book.0
    );
    owner.batch_execute(&people).await.unwrap();
    coop
}

/// The cooperative, with a crowd besides that shares 90 % of a year's result alike.
async fn crowded() -> Coop {
    let coop = with_crowd(CROWD, CROWD).await;
    let (book, wall) = (coop.ground.book.id, coop.ground.wall);
    let steps = vec![
        Step::Share { of: Base::Net, percent: "10".parse().unwrap(), to: Pot::DevelopmentFund, until: None },
        Step::Members { groups: vec![Group::new("crowd", Percent::WHOLE, Patronage::Equal)], retained: Percent::ZERO },
    ];
    let publish = async |tx: &Transaction<'_>| {
        coop.record(tx, ProceedsKind::Sale, "100000.00", date(2026, 6, 1)).await?;
        allocation_rules::publish(tx, book, Rule::new(steps.clone()), date(2026, 1, 1), 7, coop.clerk, wall).await
    };
    coop.ground.run(publish).await.unwrap();
    coop
}

/// Drafted, opened, approved, and its window passed.
pub(super) async fn due(coop: &mut Coop, of: i16) -> Distribution {
    let (book, wall, clerk, approver) = (coop.ground.book.id, coop.ground.wall, coop.clerk, coop.approver);
    let draft = coop.ground.run(async |tx| distributions::draft(tx, book, year(of), clerk, wall).await).await.unwrap();
    let bring = async |tx: &Transaction<'_>| {
        distributions::open(tx, draft.id, clerk, wall).await?;
        distributions::approve(tx, draft.id, Some(draft.digest), "", approver, wall).await
    };
    let approved = coop.ground.run(bring).await.unwrap();
    let until = coop.ground.book.now(wall) + (8 * 24).hours();
    coop.ground.leap_to(until).await;
    approved
}

pub(super) async fn advance(coop: &Coop, id: DistributionId) -> Distribution {
    let wall = coop.ground.wall;
    coop.ground.run(async |tx| distributions::advance(tx, id, wall).await).await.unwrap()
}

#[tokio::test]
async fn a_crowd_is_posted_entry_by_entry_goes_on_after_a_stop_and_is_taken_back_as_a_whole() {
    let mut coop = crowded().await;
    let id = due(&mut coop, 2026).await.id;
    let (wall, clerk) = (coop.ground.wall, coop.clerk);
    let begun = advance(&coop, id).await;
    assert_eq!(begun.state.as_str(), "approved", "it is being posted");
    let client = coop.ground.client().await;
    let first = series::list(&client, id).await.unwrap();
    assert_eq!((first.len(), first[0].members, first[1].members), (4, (0, 1_005), (1_006, 2_005)));
    // A worker dies: what it did not commit is not there, and the next one goes on.
    let mut lost = coop.ground.client().await;
    let tx = lost.transaction().await.unwrap();
    assert_eq!(distributions::advance(&tx, id, wall).await.unwrap().state.as_str(), "posted");
    tx.rollback().await.unwrap();
    assert_eq!(series::list(&client, id).await.unwrap(), first);
    let withdraw = async |tx: &Transaction<'_>| distributions::withdraw(tx, id, "No".into(), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(withdraw).await), "distribution-state", "half of it is in the book");
    let posted = advance(&coop, id).await;
    assert_eq!(posted.state.as_str(), "posted");
    assert_eq!(advance(&coop, id).await, posted, "done twice, it is done once");
    let all = series::list(&client, id).await.unwrap();
    assert_eq!((all.len(), posted.state.posting().map(|it| it.entry)), (5, Some(all[0].entry)));
    assert_eq!(all[4].members, (4_006, 4_506));
    let shares: i64 = posted.plan.groups.iter().map(|group| group.cash).sum();
    assert_eq!(
        (shares, coop.balance("equity:development").await, coop.balance("equity:surplus").await),
        (9_000_000, 1_000_000, 0)
    );
    for number in [7, 1_006, 4_506] {
        assert_eq!(coop.balance(&format!("liabilities:payable:member:{number}")).await, 2_000, "{number}");
    }

    // Statements come by the thousand, and each names its own entry.
    let issue = async |after| coop.ground.run(async |tx| statements::issue(tx, id, after, wall).await).await.unwrap();
    let all_issued = async || statement_rows::list(&client, id.book, None, Uuid::nil(), 10_000).await.unwrap().len();
    for (after, issued) in [(0, 1_000), (0, 1_000), (1_006, 2_000), (2_006, 3_000), (3_006, 4_000)] {
        assert_eq!(issue(after).await.state.as_str(), "posted", "after {after}");
        assert_eq!(all_issued().await, issued, "after {after}");
    }
    let issued = issue(4_006).await;
    assert_eq!((issued.state.as_str(), all_issued().await), ("statements_issued", 4_500));
    assert_eq!(issue(4_006).await.version, issued.version);
    let last = rows::shares(&client, id, None, 4_505, 10).await.unwrap()[0].member;
    let read = statement_rows::list(&client, last.book, Some(&[last]), Uuid::nil(), 2).await.unwrap();
    assert_eq!((read.len(), read[0].entry, read[0].member_number), (1, all[4].entry, 4_506));

    let reverse =
        async |tx: &Transaction<'_>| distributions::reverse(tx, id, "A sale was none".into(), clerk, wall).await;
    assert_eq!(coop.ground.run(reverse).await.unwrap().state.as_str(), "reversing");
    assert_eq!(advance(&coop, id).await.state.as_str(), "reversed");
    assert_eq!((coop.balance("equity:surplus").await, coop.balance("equity:development").await), (10_000_000, 0));
    assert_eq!(coop.balance("liabilities:payable:member:4506").await, 0);
    assert_eq!(rows::carries(&client, coop.ground.book.id).await.unwrap().len(), 0);
    coop.ground.audit().await;
}

#[tokio::test]
async fn the_database_takes_no_series_that_is_not_whole_and_no_entry_that_is_not_its_next() {
    let mut coop = crowded().await;
    let id = due(&mut coop, 2026).await.id;
    advance(&coop, id).await;
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    let next = |number: i32, entry: &str, from: i32| {
        format!(
            "INSERT INTO distribution_entry (book_id, distribution_id, number, entry_number, from_member, to_member)
             SELECT book_id, distribution_id, {number}, {entry}, {from}, {from} FROM distribution_entry WHERE number = 4"
        )
    };
    for wrong in [
        next(5, "entry_number", 4_006),
        next(6, "entry_number + 1", 4_006),
        next(5, "entry_number + 1", 4_006),
        next(4, "entry_number + 1", 4_006),
        "UPDATE distribution_entry SET reversal_number = entry_number + 1".to_owned(),
        "UPDATE distribution_entry SET to_member = 9".to_owned(),
        "DELETE FROM distribution_entry".to_owned(),
        "UPDATE distribution SET state = 'withdrawn', reason = 'x', version = version + 1".to_owned(),
        "UPDATE distribution SET state = 'posted', entry_number = (SELECT entry_number FROM distribution_entry WHERE number = 1),
                posted_at = now(), version = version + 1"
            .to_owned(),
    ] {
        let refused = service.batch_execute(&wrong).await.expect_err(&wrong);
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
    }
    assert_eq!(advance(&coop, id).await.state.as_str(), "posted");
    coop.ground.audit().await;
}

/// Pays something out of what a member is owed, as a payout does.
async fn pay(coop: &Coop, number: i32, minor: i64) -> Result<posting::Posted, Error> {
    let transit = ("liabilities:payouts:bank", AccountClass::PayoutsInTransit);
    take(coop, MovementKind::PayoutSent, &chart::member_payable(number), transit, minor).await
}

/// Takes something of an account, by an entry of one line.
async fn take(
    coop: &Coop,
    kind: MovementKind,
    from: &chart::Account,
    (to, class): (&str, AccountClass),
    minor: i64,
) -> Result<posting::Posted, Error> {
    let (ground, wall) = (&coop.ground, coop.ground.wall);
    let credit = ground.account(to, class).await;
    let take = async |tx: &Transaction<'_>| {
        let debit = accounts::ensure(tx, &ground.book, from, ground.book.currency, wall).await?;
        let lines = vec![Line { kind, debit, credit, amount: minor }];
        let entry = Entry { lines, effective: ground.book.today(wall), outside_fact: false, note: None };
        posting::post(tx, &ground.book, entry, wall).await
    };
    ground.run(take).await
}

#[tokio::test]
async fn a_series_is_taken_back_in_steps_and_nobody_is_paid_of_what_they_are_still_to_give_back() {
    let mut coop = crowded().await;
    let id = due(&mut coop, 2026).await.id;
    advance(&coop, id).await;
    let posted = advance(&coop, id).await;
    let (wall, clerk) = (coop.ground.wall, coop.clerk);
    let reverse =
        async |tx: &Transaction<'_>| distributions::reverse(tx, id, "A sale was none".into(), clerk, wall).await;

    // Member 900 is in the first entry, which is mirrored last: yet nothing moves while the member has been paid.
    pay(&coop, 900, 1).await.unwrap();
    assert_eq!(refusal(coop.ground.run(reverse).await), "below-floor");
    assert_eq!(advance(&coop, id).await, posted, "nothing moved");
    coop.ground
        .run(async |tx| {
            let (book, currency) = (&coop.ground.book, coop.ground.book.currency);
            let transit = coop.ground.account("liabilities:payouts:bank", AccountClass::PayoutsInTransit).await;
            let credit = accounts::ensure(tx, book, &chart::member_payable(900), currency, wall).await?;
            let line = Line { kind: MovementKind::PayoutFailed, debit: transit, credit, amount: 1 };
            let entry = Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: None };
            posting::post(tx, book, entry, wall).await
        })
        .await
        .unwrap();

    let reversing = coop.ground.run(reverse).await.unwrap();
    assert_eq!(reversing.state.as_str(), "reversing");
    assert_eq!(refusal(coop.ground.run(reverse).await), "distribution-state", "once is enough");
    let balance = async |number: i32| coop.balance(&format!("liabilities:payable:member:{number}")).await;
    assert_eq!((balance(4_506).await, balance(1_006).await, balance(900).await), (0, 0, 2_000), "the last ones first");
    assert_eq!(refusal(pay(&coop, 900, 1).await), "series-under-way", "it is to be given back");
    // So is whatever else takes of such an account; a worker waits it out.
    for (kind, from, to) in [
        (MovementKind::PayoutFee, chart::member_payable(900), ("assets:cash:bank", AccountClass::Cash)),
        (MovementKind::FundMoved, chart::development(), ("liabilities:funds:other", AccountClass::Fund)),
    ] {
        assert_eq!(refusal(take(&coop, kind, &from, to, 1).await), "series-under-way", "{kind:?}");
    }
    let draft =
        async |tx: &Transaction<'_>| distributions::draft(tx, coop.ground.book.id, year(2027), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(draft).await), "distribution-open");
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    for wrong in [
        "UPDATE distribution SET state = 'posted', reason = '', version = version + 1",
        "UPDATE distribution SET state = 'reversed', reversal_number = entry_number + 1, version = version + 1",
    ] {
        let refused = service.batch_execute(wrong).await.expect_err(wrong);
        assert_eq!(refused.code(), Some(&SqlState::RESTRICT_VIOLATION), "{wrong}: {refused}");
    }

    // A worker dies, and the next one goes on.
    let mut lost = coop.ground.client().await;
    let tx = lost.transaction().await.unwrap();
    assert_eq!(distributions::advance(&tx, id, wall).await.unwrap().state.as_str(), "reversed");
    tx.rollback().await.unwrap();
    let reversed = advance(&coop, id).await;
    assert_eq!((reversed.state.as_str(), balance(900).await), ("reversed", 0));
    assert_eq!(advance(&coop, id).await, reversed, "done twice, it is done once");
    let entries = series::list(&coop.ground.client().await, id).await.unwrap();
    let DistributionState::Reversed { reversal, .. } = reversed.state else { panic!("{reversed:?}") };
    assert_eq!(entries[0].reversal, Some(reversal), "the mirror of the first one");
    assert!(entries.iter().all(|it| it.reversal.is_some()));
    assert_eq!((coop.balance("equity:surplus").await, coop.balance("equity:development").await), (10_000_000, 0));
    coop.ground.audit().await;
}
