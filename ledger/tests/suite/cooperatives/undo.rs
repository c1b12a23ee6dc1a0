//! What leads on from every state of a cooperative's money and hours: losses, closed books, and what was recorded by mistake.

use super::{Coop, percent, year};
use crate::support::waits;
use deadpool_postgres::Transaction;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::book::AccountClass;
use ledger::books::operations::{accounts, entries};
use ledger::cooperatives::operations::{allocation_rules, distributions, members, proceeds, results};
use ledger::cooperatives::rules::allocation_rule::{Group, Patronage, Rule, Step};
use ledger::cooperatives::rules::cooperative::{Percent, Period, ProceedsKind};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::rules::proceeds::{Particulars, Proceeds};
use ledger::cooperatives::rules::result::PeriodResult;
use ledger::engine::store::journal;
use ledger::id::{ContributionId, ProceedsId, ResultId};
use ledger::reports::operations::{income_statement, periods};
use ledger::testing::{refusal, usd};

impl Coop {
    async fn close(&self, tx: &Transaction<'_>, period: Period) -> Result<PeriodResult, Error> {
        let closed = results::close(tx, self.ground.book.id, period, self.clerk, self.ground.wall).await?;
        Ok(closed.result)
    }

    async fn reopen(&self, tx: &Transaction<'_>, id: ResultId) -> Result<PeriodResult, Error> {
        results::reverse(tx, id, "A sale was missing".into(), self.clerk, self.ground.wall).await
    }

    async fn take_back(&self, tx: &Transaction<'_>, id: ProceedsId) -> Result<Proceeds, Error> {
        proceeds::reverse(tx, id, "Recorded twice".into(), self.clerk, self.ground.wall).await
    }

    async fn take_hours_back(&self, tx: &Transaction<'_>, id: ContributionId, index: usize) -> Result<(), Error> {
        let by = self.members[index].person;
        members::take_back(tx, id, "Noted twice".into(), by, false, self.ground.wall).await.map(|_| ())
    }

    async fn draft(&self, tx: &Transaction<'_>, period: Period) -> Result<Distribution, Error> {
        distributions::draft(tx, self.ground.book.id, period, self.clerk, self.ground.wall).await
    }

    /// From the year 2026 on, members share alike: no hours are needed.
    async fn shares_alike(&self, tx: &Transaction<'_>) {
        let group = Group::new("workers", Percent::WHOLE, Patronage::Equal);
        let rule = Rule::new(vec![Step::Members { groups: vec![group], retained: percent("0") }]);
        let (book, wall) = (self.ground.book.id, self.ground.wall);
        allocation_rules::publish(tx, book, rule, date(2026, 1, 1), 7, self.clerk, wall).await.unwrap();
    }

    async fn day_of_entry(&self, tx: &Transaction<'_>, number: i64) -> Date {
        journal::transfers(tx, self.ground.book.id, number).await.unwrap()[0].1
    }
}

/// What a refusal says.
fn detail<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal)) => refusal.detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn f10_a_loss_of_any_length_is_carried_forward_and_the_next_surplus_bears_it() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.shares_alike(&tx).await;
    let (first, second) =
        (Period::new(date(2025, 7, 1), date(2026, 6, 30)).unwrap(), (date(2026, 7, 1), date(2027, 6, 30)));
    let second = Period::new(second.0, second.1).unwrap();
    let third = Period::new(date(2027, 7, 1), date(2027, 12, 31)).unwrap();
    coop.record(&tx, ProceedsKind::Sale, "40.00", date(2025, 8, 1)).await.unwrap();
    coop.record(&tx, ProceedsKind::Cost, "100.00", date(2025, 9, 1)).await.unwrap();
    coop.record(&tx, ProceedsKind::Cost, "7.00", date(2026, 9, 1)).await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, "100.00", date(2027, 8, 1)).await.unwrap();
    tx.commit().await.unwrap();

    for period in [first, Period::new(date(2025, 8, 1), date(2026, 7, 31)).unwrap()] {
        let refused = coop.ground.run(async |tx| coop.draft(tx, period).await).await;
        assert!(detail(refused).contains("POST /v1/cooperatives/{book}/results"), "{period}: it says what leads on");
    }
    let tx = client.transaction().await.unwrap();
    let of_first = coop.close(&tx, first).await.unwrap();
    assert_eq!((of_first.net(), of_first.entry.is_some()), (-6_000, true));
    assert_eq!(coop.close(&tx, first).await.unwrap(), of_first, "closed twice, it is closed once");
    assert_eq!(refusal(coop.draft(&tx, first).await), "no-surplus");
    let of_second = coop.close(&tx, second).await.unwrap();
    assert_eq!((of_second.loss_before, of_second.net(), of_second.entry), (6_000, -6_700, None), "nothing was sold");
    tx.commit().await.unwrap();
    assert_eq!(coop.balance("equity:surplus").await, 0, "the surplus never falls below zero");
    assert_eq!(coop.balance("expenses:cost:presses").await, 6_700);

    let tx = client.transaction().await.unwrap();
    let draft = coop.draft(&tx, third).await.unwrap();
    assert_eq!((draft.sales, draft.costs, draft.loss_before, draft.net()), (10_000, 0, 6_700, 3_300));
    distributions::open(&tx, draft.id, coop.clerk, coop.ground.wall).await.unwrap();
    distributions::approve(&tx, draft.id, None, "", coop.approver, coop.ground.wall).await.unwrap();
    tx.commit().await.unwrap();
    coop.pass_window(draft.id).await;
    let shares: i64 = coop.members_balances().await.iter().sum();
    assert_eq!(shares, 3_300);
    for closed in ["equity:surplus", "income:sales:presses", "expenses:cost:presses"] {
        assert_eq!(coop.balance(closed).await, 0, "{closed}");
    }
    coop.ground.audit().await;
}

#[tokio::test]
async fn f11_the_result_of_a_book_that_is_closed_already_counts_on_its_first_open_day() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "12345.67", "345.67").await;
    periods::close(&tx, &coop.ground.book, date(2027, 3, 31), coop.ground.wall).await.unwrap();
    tx.commit().await.unwrap();
    let posted = coop.distribute(2026).await;
    assert_eq!(posted.net(), 1_200_000);
    let tx = client.transaction().await.unwrap();
    let result = ledger::cooperatives::store::results::latest(&tx, coop.ground.book.id).await.unwrap().unwrap();
    assert_eq!(coop.day_of_entry(&tx, result.entry.unwrap()).await, date(2027, 4, 1));
    // What undoes it counts on an open day as well, and never before it.
    periods::close(&tx, &coop.ground.book, date(2027, 4, 30), coop.ground.wall).await.unwrap();
    let why = "The hours were wrong".to_owned();
    distributions::reverse(&tx, posted.id, why, coop.clerk, coop.ground.wall).await.unwrap();
    let opened = coop.reopen(&tx, result.id).await.unwrap();
    let mirror = opened.undone.unwrap().entry.unwrap();
    assert_eq!(coop.day_of_entry(&tx, mirror).await, coop.ground.book.today(coop.ground.wall));
    tx.commit().await.unwrap();
    assert_eq!(coop.balance("equity:surplus").await, 0);
    assert_eq!(coop.balance("income:sales:presses").await, 1_234_567);
    coop.ground.audit().await;
}

#[tokio::test]
async fn f12_attested_hours_that_no_period_would_count_are_named_and_never_lost() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2027, 6, 1), "100.00", "10.00").await;
    let [ada, bea] = [coop.members[0].person, coop.members[1].person];
    let wall = coop.ground.wall;
    let gap = coop.hours(&tx, 0, "8", 2026).await.unwrap();
    let late = coop.hours(&tx, 1, "8", 2026).await.unwrap();
    members::attest(&tx, gap.id, bea, wall).await.unwrap();
    let refused = coop.draft(&tx, year(2027)).await;
    assert!(detail(refused).contains("attested hours end on 2026-12-31"));
    coop.take_hours_back(&tx, gap.id, 0).await.unwrap();
    coop.draft(&tx, year(2027)).await.unwrap();
    // Now no period can have that day any more.
    let again = coop.hours(&tx, 0, "8", 2026).await;
    assert_eq!(refusal(again), "period-distributed");
    assert_eq!(refusal(members::attest(&tx, late.id, ada, wall).await), "period-distributed");
}

#[tokio::test]
async fn f12_hours_of_a_period_without_a_surplus_are_refused_once_it_is_closed() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let result = coop.close(&tx, year(2026)).await.unwrap();
    assert_eq!((result.net(), result.entry), (0, None));
    let refused = coop.hours(&tx, 0, "8", 2026).await;
    assert!(detail(refused).contains(&format!("POST /v1/results/{}:reverse", result.id)));
    coop.reopen(&tx, result.id).await.unwrap();
    coop.hours(&tx, 0, "8", 2026).await.unwrap();
}

#[tokio::test]
async fn f12_nobody_is_asked_to_attest_hours_that_count_for_nothing() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let bea = coop.members[1].person;
    let tx = client.transaction().await.unwrap();
    let wrong = coop.hours(&tx, 0, "8", 2027).await.unwrap();
    coop.hours(&tx, 2, "8", 2026).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&coop.ground, bea).await, ["attest_hours", "attest_hours"]);
    let tx = client.transaction().await.unwrap();
    coop.take_hours_back(&tx, wrong.id, 0).await.unwrap();
    let result = coop.close(&tx, year(2026)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&coop.ground, bea).await, [""; 0]);
    let tx = client.transaction().await.unwrap();
    coop.reopen(&tx, result.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(&coop.ground, bea).await, ["attest_hours"]);
}

#[tokio::test]
async fn fl11_what_happened_before_the_first_day_of_a_book_is_refused() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let first = coop.ground.book.first_day();
    let sale = async |day| coop.record(&tx, ProceedsKind::Sale, "1.00", day).await;
    for day in [date(1926, 11, 20), first.yesterday().unwrap()] {
        let refused = sale(day).await;
        assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == "/occurred_on"), "{refused:?}");
    }
    sale(first).await.unwrap();
    let refused = coop.hours(&tx, 0, "8", 1926).await;
    assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == "/from"), "{refused:?}");
}

#[tokio::test]
async fn fl11_what_was_recorded_by_mistake_is_taken_back_once_and_counts_in_no_result() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2027, 6, 1), "12345.67", "345.67").await;
    // Years before anything else happened: nothing could be distributed with it.
    let wrong = coop.record(&tx, ProceedsKind::Sale, "500.00", date(2020, 6, 1)).await.unwrap();
    let dear = coop.record(&tx, ProceedsKind::Cost, "70.00", date(2027, 7, 1)).await.unwrap();
    assert_eq!(refusal(coop.draft(&tx, year(2027)).await), "earlier-proceeds");
    for one in [&wrong, &dear] {
        let back = coop.take_back(&tx, one.id).await.unwrap();
        let undone = back.undone.unwrap();
        assert_eq!((undone.by, undone.reason.as_str()), (coop.clerk, "Recorded twice"));
        let mirror = undone.entry.unwrap();
        assert_eq!(coop.day_of_entry(&tx, mirror).await, one.occurred_on, "in its period while that is open");
        let by = ledger::books::store::reversals::find(&tx, coop.ground.book.id, one.entry).await.unwrap();
        assert_eq!(by, Some(mirror));
        assert_eq!(refusal(coop.take_back(&tx, one.id).await), "already-reversed");
    }
    let draft = coop.draft(&tx, year(2027)).await.unwrap();
    assert_eq!(draft.net(), 1_200_000);
    tx.commit().await.unwrap();
    assert_eq!(coop.balance("assets:cash:bank").await, 1_234_567);
    assert_eq!(coop.balance("liabilities:costs:bank").await, 34_567);
    coop.ground.audit().await;
}

#[tokio::test]
async fn fl11_an_invoice_that_was_taken_back_is_recorded_again() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let new = |amount: &str| proceeds::NewProceeds {
        kind: ProceedsKind::Sale,
        label: "presses".into(),
        party: "bank".into(),
        on_credit: false,
        particulars: Particulars::default(),
        amount: usd(amount),
        vat: None,
        occurred_on: Some(date(2026, 6, 1)),
        memo: String::new(),
        reference: "2026-17".into(),
    };
    let record = async |amount: &str| {
        proceeds::record(&tx, coop.ground.book.id, new(amount), coop.clerk, coop.ground.wall).await
    };
    let wrong = record("10.00").await.unwrap();
    coop.take_back(&tx, wrong.proceeds.id).await.unwrap();
    record("100.00").await.unwrap();
}

#[tokio::test]
async fn fl11_what_a_distribution_counted_is_taken_back_after_it_and_each_refusal_says_so() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "12345.67", "345.67").await;
    let sale = coop.record(&tx, ProceedsKind::Sale, "100.00", date(2026, 7, 1)).await.unwrap();
    let hours = coop.hours(&tx, 0, "10", 2026).await.unwrap();
    members::attest(&tx, hours.id, coop.members[1].person, coop.ground.wall).await.unwrap();
    tx.commit().await.unwrap();
    drop(client);
    let posted = coop.distribute(2026).await;

    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let (back, open) = (
        format!("POST /v1/distributions/{}:reverse", posted.id),
        format!("POST /v1/results/{}:reverse", posted.result),
    );
    let counted = detail(coop.take_back(&tx, sale.id).await);
    assert!(counted.contains(&back) && counted.contains(&open), "{counted}");
    assert!(detail(coop.take_hours_back(&tx, hours.id, 0).await).contains(&back));
    assert!(detail(coop.reopen(&tx, posted.result).await).contains(&back));
    distributions::reverse(&tx, posted.id, "A sale too many".into(), coop.clerk, coop.ground.wall).await.unwrap();
    let counted = detail(coop.take_back(&tx, sale.id).await);
    assert!(counted.contains(&open) && !counted.contains(&back), "{counted}");
    let result = coop.reopen(&tx, posted.result).await.unwrap();
    assert_eq!(refusal(coop.reopen(&tx, result.id).await), "already-reversed");
    coop.take_back(&tx, sale.id).await.unwrap();
    coop.take_hours_back(&tx, hours.id, 0).await.unwrap();
    let statement = income_statement(&tx, &coop.ground.book, date(2026, 1, 1), date(2028, 12, 31)).await.unwrap();
    assert_eq!((statement.totals[0].result, statement.totals[0].closed), (1_200_000, 0));
    tx.commit().await.unwrap();
    drop(client);
    let again = coop.distribute(2026).await;
    assert_eq!(again.net(), 1_200_000);
    assert_eq!(coop.members_balances().await, [345_600, 259_200, 172_800, 86_400, 108_000, 108_000]);
    coop.ground.audit().await;
}

#[tokio::test]
async fn fl11_results_are_opened_again_the_latest_first() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.record(&tx, ProceedsKind::Cost, "10.00", date(2026, 6, 1)).await.unwrap();
    let first = coop.close(&tx, year(2026)).await.unwrap();
    let second = coop.close(&tx, year(2027)).await.unwrap();
    assert_eq!((first.net(), second.net()), (-1_000, -1_000));
    let refused = detail(coop.reopen(&tx, first.id).await);
    assert!(refused.contains(&format!("POST /v1/results/{}:reverse", second.id)), "{refused}");
    coop.reopen(&tx, second.id).await.unwrap();
    coop.reopen(&tx, first.id).await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, "30.00", date(2026, 6, 1)).await.unwrap();
    let anew = coop.close(&tx, year(2026)).await.unwrap();
    assert_eq!((anew.net(), anew.carried.len()), (2_000, 0));
    tx.commit().await.unwrap();
    coop.ground.audit().await;
}

#[tokio::test]
async fn fl11_the_database_lets_nobody_take_back_twice_or_change_anything_else() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let sale = coop.record(&tx, ProceedsKind::Sale, "10.00", date(2026, 6, 1)).await.unwrap();
    coop.take_back(&tx, sale.id).await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, "10.00", date(2026, 6, 1)).await.unwrap();
    let result = coop.close(&tx, year(2026)).await.unwrap();
    coop.reopen(&tx, result.id).await.unwrap();
    coop.close(&tx, year(2026)).await.unwrap();
    let hours = coop.hours(&tx, 0, "10", 2027).await.unwrap();
    coop.take_hours_back(&tx, hours.id, 0).await.unwrap();
    tx.commit().await.unwrap();
    let owner = coop.ground.database_owner().await;
    for sql in [
        "UPDATE proceeds SET reversed_at = now() WHERE reversed_at IS NOT NULL",
        "UPDATE proceeds SET amount = 1 WHERE reversed_at IS NULL",
        "UPDATE proceeds SET reversed_at = NULL, reversed_by = NULL, reversal_reason = NULL, reversal_number = NULL",
        "UPDATE period_result SET reversal_reason = 'x' WHERE reversed_at IS NOT NULL",
        "UPDATE period_result SET sales = sales + 1 WHERE reversed_at IS NULL",
        "UPDATE contribution SET reversal_reason = 'x' WHERE reversed_at IS NOT NULL",
        "DELETE FROM proceeds",
        "DELETE FROM period_result",
    ] {
        let refused = owner.execute(sql, &[]).await.unwrap_err();
        assert_eq!(refused.code().map(|code| code.code()), Some("23001"), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn fl11_the_entry_of_an_operation_names_the_operation_that_undoes_it() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let sale = coop.record(&tx, ProceedsKind::Sale, "10.00", date(2026, 6, 1)).await.unwrap();
    let refused = entries::reverse(&tx, &coop.ground.book, sale.entry, None, "wrong", coop.ground.wall).await;
    let said = detail(refused);
    assert!(said.contains("POST /v1/proceeds/{id}:reverse"), "{said}");
}

#[tokio::test]
async fn f1_a_code_that_is_for_something_else_is_named_before_anything_is_posted() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.shares_alike(&tx).await;
    let (book, wall) = (&coop.ground.book, coop.ground.wall);
    for code in
        ["liabilities:fund:press", "assets:cash:bank", "income:sales:presses", "equity:surplus", "equity:reserve:eur"]
    {
        let class = AccountClass::ALL.iter().find(|class| !class.is_managed() && code.starts_with(class.kind().root()));
        let opened = accounts::open(&tx, book, code, *class.unwrap(), book.currency.into(), None, wall).await;
        assert_eq!(refusal(opened), "code-of-operation", "{code}");
    }
    // Accounts of people from before codes were kept.
    let open = async |code, class, unit| {
        ledger::engine::store::accounts::open(&tx, book.id, code, class, unit, None, wall).await.unwrap()
    };
    open("assets:cash:bank", AccountClass::Asset, "USD").await;
    open("expenses:cost:presses", AccountClass::Cost, "EUR").await;
    let day = date(2026, 6, 1);
    let refused = coop.record(&tx, ProceedsKind::Sale, "1.00", day).await;
    assert!(detail(refused).starts_with("assets:cash:bank is open, of class asset and kept in USD"));
    assert_eq!(refusal(coop.record(&tx, ProceedsKind::Cost, "1.00", day).await), "account-mismatch");
    open("liabilities:payable:member:1", AccountClass::Liability, "USD").await;
    let new = proceeds::NewProceeds {
        kind: ProceedsKind::Sale,
        label: "presses".into(),
        party: "till".into(),
        on_credit: false,
        particulars: Particulars::default(),
        amount: usd("100.00"),
        vat: None,
        occurred_on: Some(day),
        memo: String::new(),
        reference: String::new(),
    };
    proceeds::record(&tx, book.id, new, coop.clerk, wall).await.unwrap();
    assert_eq!(refusal(coop.draft(&tx, year(2026)).await), "account-mismatch", "a draft is refused, not its posting");
}
