//! Whatever a cooperative's bank takes and pays, and whenever it is told, each result counts all of it once.

use super::Coop;
use deadpool_postgres::Transaction;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ledger::books::operations::accounts;
use ledger::cooperatives::operations::results;
use ledger::cooperatives::rules::cooperative::{Period, ProceedsKind};
use ledger::cooperatives::rules::result::PeriodResult;
use ledger::engine::posting;
use ledger::{chart, movements};

/// Numbers that look like chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).unwrap()
    }
}

/// What was told: what the bank paid and took, by day, and what was sold less what it cost.
#[derive(Default)]
struct Told {
    paid: Vec<(Date, i64)>,
    taken: Vec<(Date, i64)>,
    proceeds: i64,
}

fn after(all: &[(Date, i64)], day: Date) -> i64 {
    all.iter().filter(|(on, _)| *on > day).map(|(_, minor)| minor).sum()
}

fn by(all: &[(Date, i64)], day: Date) -> i64 {
    all.iter().filter(|(on, _)| *on <= day).map(|(_, minor)| minor).sum()
}

async fn bank(coop: &Coop, tx: &Transaction<'_>, is_fee: bool, minor: i64, day: Date) {
    let (book, wall) = (&coop.ground.book, coop.ground.wall);
    let cash = accounts::ensure(tx, book, &chart::cash_of("bank"), book.currency, wall).await.unwrap();
    let entry = if is_fee {
        let charges = accounts::ensure(tx, book, &chart::bank_charges(), book.currency, wall).await.unwrap();
        movements::bank_fee(charges, cash, minor, day, "line")
    } else {
        let income = accounts::ensure(tx, book, &chart::interest_income(), book.currency, wall).await.unwrap();
        movements::interest(cash, income, minor, day, "line")
    };
    posting::post(tx, book, entry, wall).await.unwrap();
}

/// One thing that happens in a month: a sale, a cost, or a line of the bank of any day of the year up to some weeks after it.
async fn happens(coop: &Coop, tx: &Transaction<'_>, dice: &mut Dice, first: Date, told: &mut Told) {
    let minor = 1 + dice.below(90_000);
    let amount = format!("{}.{:02}", minor / 100, minor % 100);
    let start = date(2026, 1, 1);
    let days = i64::from(first.day_of_year()) + 60;
    let day = start.saturating_add(dice.below(days.unsigned_abs()).days());
    match dice.below(4) {
        0 => {
            coop.record(tx, ProceedsKind::Sale, &amount, first).await.unwrap();
            told.proceeds += minor;
        }
        1 => {
            coop.record(tx, ProceedsKind::Cost, &amount, first).await.unwrap();
            told.proceeds -= minor;
        }
        2 => {
            bank(coop, tx, true, minor, day).await;
            told.taken.push((day, minor));
        }
        _ => {
            bank(coop, tx, false, minor, day).await;
            told.paid.push((day, minor));
        }
    }
}

async fn close(coop: &Coop, tx: &Transaction<'_>, period: Period) -> PeriodResult {
    results::close(tx, coop.ground.book.id, period, coop.clerk, coop.ground.wall).await.unwrap().result
}

#[tokio::test]
async fn k27_after_each_result_no_account_of_income_or_expense_has_anything_of_its_days_but_the_loss_that_it_left() {
    for seed in [1, 2, 3] {
        let coop = Coop::new().await;
        let (mut dice, mut told, mut results_so_far) = (Dice(seed), Told::default(), 0);
        for month in 1..=12 {
            let first = date(2026, month, 1);
            let period = Period::new(first, first.last_of_month()).unwrap();
            let mut client = coop.ground.client().await;
            let tx = client.transaction().await.unwrap();
            if month == 1 {
                coop.record(&tx, ProceedsKind::Sale, "9000.00", first).await.unwrap();
                told.proceeds += 900_000;
            }
            for _ in 0..dice.below(6) {
                happens(&coop, &tx, &mut dice, first, &mut told).await;
            }
            let mut closed = close(&coop, &tx, period).await;
            if dice.below(3) == 0 {
                let why = "A look at it".to_owned();
                results::reverse(&tx, closed.id, why, coop.clerk, coop.ground.wall).await.unwrap();
                happens(&coop, &tx, &mut dice, first, &mut told).await;
                closed = close(&coop, &tx, period).await;
            }
            tx.commit().await.unwrap();

            results_so_far += closed.net() + closed.loss_before;
            let earned = told.proceeds + by(&told.paid, period.to) - by(&told.taken, period.to);
            assert_eq!(results_so_far, earned, "seed {seed}, {period}: the results are what the book earned");
            assert_eq!(coop.balance("income:sales:presses").await, 0);
            assert_eq!(coop.balance("income:interest").await, after(&told.paid, period.to), "seed {seed}, {period}");
            let left: i64 = closed.carried.iter().map(|part| part.amount).sum();
            let costs = coop.balance("expenses:cost:presses").await + coop.balance("expenses:bank-charges").await;
            assert_eq!(costs, left + after(&told.taken, period.to), "seed {seed}, {period}");
            assert_eq!(coop.balance("equity:surplus").await - left, earned, "seed {seed}, {period}");
        }
    }
}
