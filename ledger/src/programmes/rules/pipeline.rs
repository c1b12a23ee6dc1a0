//! The board of a book's products: how many are in each stage, and how many their money pays for by the end of a year.

use super::product::{Funding, Product, Stage};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;

/// Of so many months that are over the mean is what comes in a month, the newest.
pub const MONTHS: i32 = 3;

/// How many products the money pays for by the end of a year. All amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// What a product costs: the mean of those that go on, rounded up.
    pub cost: i64,
    /// What was collected this year, with the month that runs.
    pub collected: i128,
    /// What comes in a month: the mean of the newest three months that are over, rounded down.
    pub a_month: i128,
    /// The last day of the year.
    pub by: Date,
    /// So many products all of that pays for by then: what was collected, and as much in each month to come as in those.
    pub products: i64,
    /// What is over then.
    pub over: i128,
    /// What a product a week takes in a month, rounded up: 52 in a year.
    pub weekly: i128,
}

/// A forecast for the year of a day; none where no product goes on. `collected`: what came to the campaigns of the products by the first days of
/// months.
pub fn forecast(products: &[(Product, Funding)], collected: &BTreeMap<Date, i128>, today: Date) -> Option<Forecast> {
    let costs: Vec<i128> = products
        .iter()
        .filter(|(product, _)| product.stopped.is_none())
        .map(|(product, _)| i128::from(product.amount.minor()))
        .collect();
    let count = i128::try_from(costs.len()).ok().filter(|count| *count > 0)?;
    let cost = rounded_up(costs.iter().sum(), count);
    let this_month = today.first_of_month();
    let in_months = |from: Date, until: Date| -> i128 {
        collected.iter().filter(|(month, _)| (from..=until).contains(*month)).map(|(_, minor)| minor).sum()
    };
    let newest = in_months(this_month.saturating_sub(MONTHS.months()), this_month.saturating_sub(1.month()));
    let a_month = newest.div_euclid(i128::from(MONTHS));
    let year = in_months(date(today.year(), 1, 1), this_month);
    let to_come = i128::from(12 - today.month());
    let all = (year + a_month * to_come).max(0);
    Some(Forecast {
        cost: i64::try_from(cost).ok()?,
        collected: year,
        a_month,
        by: date(today.year(), 12, 31),
        products: i64::try_from(all / cost).unwrap_or(i64::MAX),
        over: all % cost,
        weekly: rounded_up(52 * cost, 12),
    })
}

/// A division that rounds up, of what is not below zero.
fn rounded_up(amount: i128, by: i128) -> i128 {
    amount / by + i128::from(amount % by > 0)
}

/// How many products that go on are in each stage, in their order.
pub fn stages(products: &[(Product, Funding)]) -> Vec<(Stage, usize)> {
    let goes_on = |stage: Stage| {
        let is_there = |product: &Product| product.stopped.is_none() && product.stage == stage;
        products.iter().filter(|(product, _)| is_there(product)).count()
    };
    Stage::ALL.iter().map(|stage| (*stage, goes_on(*stage))).collect()
}

/// What keeps a product from its next stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocker {
    /// So much of its cost is neither set aside nor released, minor units.
    Money(i128),
    /// The evidence that the next stage asks for.
    Evidence(Stage),
}

/// What keeps a product from its next stage: money that is not there, and evidence. Nothing keeps one that was stopped, or is sold.
pub fn blockers(product: &Product, funding: &Funding) -> Vec<Blocker> {
    let Some(next) = product.stage.next().filter(|_| product.stopped.is_none()) else { return Vec::new() };
    let lacks = Some(funding.lacks(product.amount)).filter(|lacks| *lacks > 0);
    lacks.map(Blocker::Money).into_iter().chain([Blocker::Evidence(next)]).collect()
}

/// What products that go on lack in all.
pub fn lack(products: &[(Product, Funding)]) -> i128 {
    let goes_on = products.iter().filter(|(product, _)| product.stopped.is_none());
    goes_on.map(|(product, funding)| funding.lacks(product.amount)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{BookId, PersonId, ProductId};
    use crate::money::{Currency, Money};
    use crate::programmes::rules::product::Stopped;
    use jiff::Timestamp;

    fn product(minor: i64) -> (Product, Funding) {
        let product = Product {
            id: ProductId::generate(BookId(1)),
            name: "Press".to_owned(),
            about: String::new(),
            amount: Money::from_minor(minor, Currency::USD).expect("money"),
            stage: Stage::Design,
            staged_at: Timestamp::UNIX_EPOCH,
            opened_by: PersonId::generate(),
            opened_at: Timestamp::UNIX_EPOCH,
            stopped: None,
            version: 1,
        };
        (product, Funding::default())
    }

    /// So much in each month of the year before and of this one until a day.
    fn steady(monthly: i128, until: Date) -> BTreeMap<Date, i128> {
        let months = (0..24).map(|offset: i32| date(2027, 1, 1).saturating_add(offset.months()));
        months.filter(|month| *month <= until).map(|month| (month, monthly)).collect()
    }

    #[test]
    fn g2_three_thousand_a_month_make_nine_products_of_four_thousand_by_december_in_whatever_month_it_is_asked() {
        let products = vec![product(400_000); 3];
        for month in 1..=12i8 {
            let today = date(2028, month, 15);
            let found = forecast(&products, &steady(300_000, today), today).expect("a forecast");
            assert_eq!((found.products, found.over, found.by), (9, 0, date(2028, 12, 31)), "{month}");
            assert_eq!((found.a_month, found.cost), (300_000, 400_000));
            // N for row 35: 52 × 4,000 / 12.
            assert_eq!(found.weekly, 1_733_334);
        }
    }

    #[test]
    fn g3_two_thousand_four_hundred_a_month_make_seven_and_eight_hundred_are_over() {
        let today = date(2028, 6, 30);
        let found = forecast(&[product(400_000)], &steady(240_000, today), today).expect("a forecast");
        assert_eq!((found.products, found.over), (7, 80_000));
    }

    #[test]
    fn what_is_stopped_costs_nothing_and_without_products_there_is_no_forecast() {
        let (mut stopped, funding) = product(100);
        stopped.stopped = Some(Stopped { by: PersonId::generate(), reason: "No".into(), at: Timestamp::UNIX_EPOCH });
        let today = date(2028, 1, 1);
        assert_eq!(forecast(&[(stopped.clone(), funding.clone())], &BTreeMap::new(), today), None);
        assert!(blockers(&stopped, &funding).is_empty());
        let all = [(stopped, funding), product(101), product(100)];
        let found = forecast(&all, &BTreeMap::new(), today).expect("a forecast");
        assert_eq!((found.cost, found.products, lack(&all)), (101, 0, 201));
        assert_eq!(stages(&all)[0], (Stage::Design, 2));
        assert_eq!(blockers(&all[1].0, &all[1].1), [Blocker::Money(101), Blocker::Evidence(Stage::Facility)]);
        let paid = Funding { released: 101, ..Funding::default() };
        assert_eq!(blockers(&all[1].0, &paid), [Blocker::Evidence(Stage::Facility)]);
    }
}
