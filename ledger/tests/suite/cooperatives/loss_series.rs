//! A loss among more members than one entry has lines for.

use super::capital::{publish, share};
use super::series::{advance, due, with_crowd};
use super::{Coop, percent, year};
use deadpool_postgres::Transaction;
use jiff::civil::date;
use ledger::book::{Entry, Line, MovementKind};
use ledger::books::operations::accounts;
use ledger::books::store::holds;
use ledger::chart;
use ledger::cooperatives::operations::members::{self, NewContribution};
use ledger::cooperatives::operations::{distributions, redemptions, results};
use ledger::cooperatives::rules::allocation_rule::{Group, Losses, Patronage, Pot, Rule, Step};
use ledger::cooperatives::rules::contribution::{Contributed, Unit};
use ledger::cooperatives::rules::cooperative::{Member, Percent, Period, ProceedsKind};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::store::{members as member_rows, results as result_rows, series};
use ledger::engine::posting;
use ledger::engine::store::accounts as account_rows;
use ledger::id::HoldId;
use ledger::testing::{refusal, usd};

/// With two lines for each of the early ones, more than four entries have lines for.
const CROWD: i32 = 2_600;

/// Those who have capital, of 40.00 each.
const EARLY: i32 = 2_000;

/// After a year that left them their capital, and 20,000.00 in the reserve; and after one that lost 130,000.00.
async fn after_a_bad_year() -> (Coop, Distribution) {
    let mut coop = with_crowd(CROWD, EARLY).await;
    let steps = vec![
        share("20", Pot::Reserve, None),
        Step::Members { groups: vec![Group::new("crowd", Percent::WHOLE, Patronage::Equal)], retained: Percent::WHOLE },
    ];
    let rule = Rule { losses: Some(Losses { reserve: percent("50") }), ..Rule::new(steps) };
    publish(&coop, rule, 2026).await;
    let sold = async |tx: &Transaction<'_>| coop.record(tx, ProceedsKind::Sale, "100000.00", date(2026, 6, 1)).await;
    coop.ground.run(sold).await.unwrap();
    let good = due(&mut coop, 2026).await;
    assert_eq!(advance(&coop, good.id).await.state.as_str(), "posted");
    let lost = async |tx: &Transaction<'_>| {
        coop.record(tx, ProceedsKind::Sale, "1000.00", date(2027, 6, 1)).await?;
        coop.record(tx, ProceedsKind::Cost, "41000.00", date(2027, 6, 1)).await?;
        coop.record_under(tx, ProceedsKind::Cost, "rent", ("90000.00", date(2027, 6, 1))).await
    };
    coop.ground.run(lost).await.unwrap();
    let loss = due(&mut coop, 2027).await;
    assert_eq!((loss.net(), loss.plan.from_reserve), (-13_000_000, 2_000_000));
    (coop, loss)
}

/// How many members have something else than their capital less what it bears of a loss, or than what stands against their shares: up to a number
/// as the plan says, after it as before. And what their notices gave.
async fn off_plan(coop: &Coop, loss: &Distribution, up_to: i32) -> (i64, i64) {
    let owner = coop.ground.database_owner().await;
    let (book, id) = (coop.ground.book.id.0, loss.id.object);
    let query = format!(
        "SELECT count(*) FILTER (WHERE has.capital <> plan.capital - plan.borne OR has.stands <> plan.stands),
                (SELECT coalesce(sum(u.amount), 0)::bigint FROM retained_use u
                  WHERE u.book_id = {book} AND u.used_by = '{id}' AND NOT u.undone)
           FROM (SELECT p.number, CASE WHEN p.number <= {EARLY} + 6 THEN 4000 ELSE 0 END AS capital,
                        CASE WHEN p.number <= {up_to} THEN (p.share->>'loss')::bigint - coalesce((p.share->>'stands')::bigint, 0) ELSE 0 END
                            AS borne,
                        CASE WHEN p.number <= {up_to} THEN coalesce((p.share->>'stands')::bigint, 0) ELSE 0 END AS stands
                   FROM distribution_part p WHERE p.book_id = {book} AND p.distribution_id = '{id}') AS plan
          CROSS JOIN LATERAL (
                SELECT coalesce(sum(b.credits - b.debits) FILTER (WHERE a.code LIKE 'equity:capital:%'), 0) AS capital,
                       coalesce(sum(b.debits - b.credits) FILTER (WHERE a.code LIKE 'assets:receivable:%'), 0) AS stands
                  FROM account a JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
                 WHERE a.book_id = {book}
                   AND a.code IN ('equity:capital:member:' || plan.number, 'assets:receivable:member:' || plan.number)) AS has"
    );
    let row = owner.query_one(&query, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// Minor units that the capital of members up to a number bears.
async fn borne_by_capital(coop: &Coop, loss: &Distribution, up_to: i32) -> i64 {
    let shares = coop.shares(loss.id).await;
    shares.iter().filter(|part| part.number <= up_to).map(|part| part.from_capital()).sum()
}

async fn costs_left(coop: &Coop) -> i64 {
    coop.balance("expenses:cost:presses").await + coop.balance("expenses:cost:rent").await
}

#[tokio::test]
async fn a_loss_among_a_crowd_is_borne_entry_by_entry_goes_on_after_a_stop_and_is_the_plan_to_the_cent() {
    let (coop, loss) = after_a_bad_year().await;
    assert_eq!(off_plan(&coop, &loss, 0).await, (0, 0), "nothing moved yet");
    assert_eq!(advance(&coop, loss.id).await.state.as_str(), "approved", "it is being posted");
    let client = coop.ground.client().await;
    let first = series::list(&client, loss.id).await.unwrap();
    assert_eq!((first.len(), first[0].members.0), (4, 0));
    let through = first[3].members.1;
    let half = borne_by_capital(&coop, &loss, through).await;
    assert!(through < CROWD + 6, "there are more");
    assert_eq!(off_plan(&coop, &loss, through).await, (0, half), "what is posted is what the notices gave");
    let borne: i64 = coop.shares(loss.id).await.iter().filter(|it| it.number <= through).map(|it| it.loss).sum();
    assert_eq!(costs_left(&coop).await, 13_000_000 - 2_000_000 - borne, "costs go as they are borne");
    assert_eq!(coop.balance("equity:surplus").await, 0, "and nothing waits between two entries");

    // A worker dies: what it did not commit is not there, and the next one goes on.
    let mut lost = coop.ground.client().await;
    let tx = lost.transaction().await.unwrap();
    assert_eq!(distributions::advance(&tx, loss.id, coop.ground.wall).await.unwrap().state.as_str(), "posted");
    tx.rollback().await.unwrap();
    assert_eq!(series::list(&client, loss.id).await.unwrap(), first);
    assert_eq!(off_plan(&coop, &loss, through).await, (0, half));
    let posted = advance(&coop, loss.id).await;
    assert_eq!((posted.state.as_str(), posted.state.posting().map(|it| it.entry)), ("posted", Some(first[0].entry)));
    assert_eq!(advance(&coop, loss.id).await, posted, "done twice, it is done once");
    let all = series::list(&client, loss.id).await.unwrap();
    assert_eq!((all.len(), all[4].members.1), (5, CROWD + 6));
    let whole = borne_by_capital(&coop, &loss, i32::MAX).await;
    assert_eq!(off_plan(&coop, &loss, i32::MAX).await, (0, whole));
    assert_eq!((whole, costs_left(&coop).await), (8_000_000, 0), "all of the capital bears, and stands for the rest");
    assert_eq!((coop.balance("equity:reserve").await, coop.balance("equity:surplus").await), (0, 0));
    coop.ground.audit().await;

    // Whatever entry of the series covered a cost, a result of days before it had that cost on its account.
    let yesterday = coop.ground.book.today(coop.ground.wall).yesterday().unwrap();
    let covered = async |code: &str| {
        let account = account_rows::find(&client, coop.ground.book.id, code).await.unwrap().unwrap();
        result_rows::closed_after(&client, coop.ground.book.id, account.number, yesterday).await.unwrap()
    };
    assert_eq!((covered("expenses:cost:presses").await, covered("expenses:cost:rent").await), (4_000_000, 9_000_000));

    // Back, in steps: what is mirrored is what the notices have again. Nothing moves while somebody has less standing against a share than is to go.
    let (wall, clerk) = (coop.ground.wall, coop.clerk);
    let why = "a cost was another year's";
    let reverse = async |tx: &Transaction<'_>| distributions::reverse(tx, loss.id, why.into(), clerk, wall).await;
    let stands = account_rows::find(&client, coop.ground.book.id, &chart::member_receivable(7).code).await.unwrap();
    let (hold, account) = (HoldId::generate(coop.ground.book.id), stands.unwrap().number);
    let held = async |tx: &Transaction<'_>| holds::place(tx, hold, account, 1, None, wall).await;
    coop.ground.run(held).await.unwrap();
    assert_eq!(refusal(coop.ground.run(reverse).await), "below-floor");
    assert!(series::list(&client, loss.id).await.unwrap().iter().all(|it| it.reversal.is_none()), "nothing moved");
    let free = async |tx: &Transaction<'_>| holds::end(tx, hold, 0, wall).await;
    coop.ground.run(free).await.unwrap();
    assert_eq!(coop.ground.run(reverse).await.unwrap().state.as_str(), "reversing");
    let left = borne_by_capital(&coop, &loss, all[0].members.1).await;
    assert_eq!(off_plan(&coop, &loss, all[0].members.1).await, (0, left));
    let close = async |tx: &Transaction<'_>| {
        let day = Period { from: date(2028, 1, 1), to: date(2028, 1, 1) };
        results::close(tx, coop.ground.book.id, day, clerk, wall).await
    };
    assert_eq!(refusal(coop.ground.run(close).await), "loss-under-way", "no other result bears half of it");
    assert_eq!(advance(&coop, loss.id).await.state.as_str(), "reversed");
    assert_eq!(off_plan(&coop, &loss, 0).await, (0, 0));
    assert_eq!((covered("expenses:cost:presses").await, covered("expenses:cost:rent").await), (0, 0));
    assert_eq!((coop.balance("equity:reserve").await, costs_left(&coop).await), (2_000_000, 13_000_000));
    coop.ground.audit().await;
}

#[tokio::test]
async fn while_a_loss_is_posted_entry_by_entry_nothing_takes_what_it_counts_on_and_nothing_but_all_of_it_is_posted() {
    let (coop, loss) = after_a_bad_year().await;
    let (ground, wall, clerk, approver) = (&coop.ground, coop.ground.wall, coop.clerk, coop.approver);
    let ask =
        async |tx: &Transaction<'_>| redemptions::request(tx, ground.book.id, None, usd("1.00"), clerk, wall).await;
    let asked = ground.run(ask).await.unwrap();
    advance(&coop, loss.id).await;
    let approve = async |tx: &Transaction<'_>| redemptions::approve(tx, asked.id, asked.digest, approver, wall).await;
    assert_eq!(refusal(ground.run(approve).await), "series-under-way");
    let redeem = async |tx: &Transaction<'_>| {
        let (book, currency) = (&ground.book, ground.book.currency);
        let debit = accounts::ensure(tx, book, &chart::member_capital(2_006), currency, wall).await?;
        let credit = accounts::ensure(tx, book, &chart::member_payable(2_006), currency, wall).await?;
        let line = Line { kind: MovementKind::CapitalRedeemed, debit, credit, amount: 1 };
        let entry = Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: None };
        posting::post(tx, book, entry, wall).await
    };
    assert_eq!(refusal(ground.run(redeem).await), "series-under-way", "it takes of the capital");

    let service = migrations::connect(&ground.database.service_url.parse().unwrap()).await.unwrap();
    let id = loss.id.object;
    let next = |from: i32, to: i32| {
        format!(
            "INSERT INTO distribution_entry (book_id, distribution_id, number, entry_number, from_member, to_member)
             SELECT book_id, distribution_id, 5, entry_number + 1, {from}, {to} FROM distribution_entry
              WHERE number = 4 AND distribution_id = '{id}'"
        )
    };
    for wrong in [
        next(2_400, 2_606),
        next(1, 2_606),
        format!("UPDATE distribution SET state = 'withdrawn', reason = 'x', version = version + 1 WHERE id = '{id}'"),
        format!(
            "UPDATE distribution SET state = 'posted', posted_at = now(), version = version + 1,
                    entry_number = (SELECT max(entry_number) FROM distribution_entry) WHERE id = '{id}'"
        ),
        // Of a member whose part of the loss is not this much.
        "INSERT INTO retained_use (book_id, distribution_id, member_id, used_by, kind, amount)
             SELECT p.book_id, p.distribution_id, p.member_id, gen_random_uuid(), 'loss', p.retained FROM distribution_part p
              WHERE p.number = 2006 AND p.retained > 0"
            .to_owned(),
    ] {
        let refused = service.batch_execute(&wrong).await.expect_err(&wrong);
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
    }
    assert_eq!(advance(&coop, loss.id).await.state.as_str(), "posted");
    ground.audit().await;
}

/// Each of two members works a hundred hours in a year, and the other one attests them.
async fn works(coop: &Coop, of: i16, two: &[Member]) {
    let (wall, clerk) = (coop.ground.wall, coop.clerk);
    for (member, other) in two.iter().zip(two.iter().rev()) {
        let contributed = Contributed { unit: Unit::Hours, kind: None, quantity: "100".parse().unwrap() };
        let new = NewContribution { member: member.id, worked: year(of), contributed, note: String::new() };
        let attested = async |tx: &Transaction<'_>| {
            let recorded = members::record(tx, new.clone(), clerk, true, wall).await?;
            members::attest(tx, recorded.id, other.person, wall).await
        };
        coop.ground.run(attested).await.unwrap();
    }
}

#[tokio::test]
async fn who_bears_a_loss_behind_thousands_who_bear_nothing_has_it_taken_of_the_shares_that_were_retained() {
    // More than are read at once, and the two last ones alone work.
    let mut coop = with_crowd(4_100, 4_100).await;
    let book = coop.ground.book.id;
    let two = member_rows::of_numbers(&coop.ground.client().await, book, &[4_105, 4_106]).await.unwrap();
    let groups = vec![Group::new("crowd", Percent::WHOLE, Patronage::Hours)];
    let steps = vec![Step::Members { groups, retained: Percent::WHOLE }];
    publish(&coop, Rule { losses: Some(Losses { reserve: Percent::ZERO }), ..Rule::new(steps) }, 2026).await;
    works(&coop, 2026, &two).await;
    works(&coop, 2027, &two).await;
    let years = async |tx: &Transaction<'_>| {
        coop.record(tx, ProceedsKind::Sale, "100.00", date(2026, 6, 1)).await?;
        coop.record(tx, ProceedsKind::Cost, "60.00", date(2027, 6, 1)).await
    };
    coop.ground.run(years).await.unwrap();
    let good = due(&mut coop, 2026).await;
    assert_eq!(advance(&coop, good.id).await.state.as_str(), "posted");
    let loss = due(&mut coop, 2027).await;
    assert_eq!(advance(&coop, loss.id).await.state.as_str(), "posted");
    assert_eq!(coop.balance("equity:capital:member:4106").await, 2_000);
    assert_eq!(lost_of_shares(&coop, &loss).await, 6_000, "as much of their retained shares is lost");
    coop.ground.audit().await;
}

/// Minor units that went of retained shares by a loss.
async fn lost_of_shares(coop: &Coop, loss: &Distribution) -> i64 {
    let query = format!(
        "SELECT coalesce(sum(amount), 0)::bigint FROM retained_use WHERE book_id = {} AND used_by = '{}' AND kind = 'loss' AND NOT undone",
        coop.ground.book.id.0, loss.id.object
    );
    coop.ground.database_owner().await.query_one(&query, &[]).await.unwrap().get(0)
}
