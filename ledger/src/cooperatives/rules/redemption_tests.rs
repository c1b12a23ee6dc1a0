//! Which notices give what.

use super::*;
use crate::id::BookId;
use jiff::civil::date;
use proptest::prelude::*;

/// A notice of a member and a year.
fn notice((number, year, left): (i32, i16, i64)) -> Notice {
    Notice {
        member: MemberId::generate(BookId(1)),
        number,
        distribution: DistributionId::generate(BookId(1)),
        period_to: date(year, 12, 31),
        retained: left + 7,
        redeemed: 3,
        lost: 4,
    }
}

/// Number, year, what is given and what is left.
fn shape(given: &[Given]) -> Vec<(i32, i16, i64, i64)> {
    given.iter().map(|it| (it.number, it.period_to.year(), it.amount, it.left)).collect()
}

#[test]
fn k20_of_one_member_the_oldest_notice_gives_first_and_the_rest_stays() {
    let notices: Vec<Notice> = [(1, 2024, 70_000), (1, 2022, 50_000), (1, 2023, 80_000)].map(notice).into();
    let given = oldest_first(100_000, &notices, Currency::USD).expect("enough");
    assert_eq!(shape(&given), [(1, 2022, 50_000, 0), (1, 2023, 50_000, 30_000)]);
}

#[test]
fn k20_of_all_members_a_year_that_does_not_suffice_is_divided_by_what_is_left_in_it() {
    let notices: Vec<Notice> =
        [(1, 2022, 200_000), (2, 2022, 150_000), (3, 2022, 100_000), (4, 2022, 50_000), (1, 2023, 90_000)]
            .map(notice)
            .into();
    let given = oldest_first(300_000, &notices, Currency::USD).expect("enough");
    let parts: Vec<i64> = given.iter().map(|it| it.amount).collect();
    assert_eq!(parts, [120_000, 90_000, 60_000, 30_000]);
    let all = oldest_first(510_000, &notices, Currency::USD).expect("enough");
    assert_eq!(
        shape(&all).last(),
        Some(&(1, 2023, 10_000, 80_000)),
        "the next year only when the first has nothing left"
    );
    assert_eq!(oldest_first(590_001, &notices, Currency::USD).expect_err("too much").code, "not-enough-capital");
}

proptest! {
    #[test]
    fn whatever_is_there_the_parts_add_up_and_no_later_year_gives_while_an_older_one_has_something(
        shares in prop::collection::vec((1..6i32, 2020..2026i16, 1..5_000i64), 1..30), percent in 1..101i64
    ) {
        let notices: Vec<Notice> = shares.into_iter().map(notice).collect();
        let there: i64 = notices.iter().map(Notice::left).sum();
        let amount = (there * percent / 100).max(1);
        let given = oldest_first(amount, &notices, Currency::USD).expect("enough");
        prop_assert_eq!(given.iter().map(|it| it.amount).sum::<i64>(), amount);
        prop_assert!(given.iter().all(|it| it.amount > 0 && it.left >= 0));
        let last = given.iter().map(|it| it.period_to.year()).max().expect("something was given");
        let left_of = |notice: &Notice| {
            let some = given.iter().find(|it| it.distribution == notice.distribution);
            some.map_or(notice.left(), |it| it.left)
        };
        for notice in notices.iter().filter(|notice| notice.period_to.year() < last) {
            prop_assert_eq!(left_of(notice), 0, "an older year has something left");
        }
        for number in 1..6 {
            let mut own: Vec<&Notice> = notices.iter().filter(|notice| notice.number == number).collect();
            own.sort_by_key(|notice| (notice.period_to, notice.distribution.object));
            let untouched = own.iter().skip_while(|notice| left_of(notice) == 0).skip(1);
            prop_assert!(untouched.into_iter().all(|notice| left_of(notice) == notice.left()), "oldest first");
        }
        prop_assert!(oldest_first(there + 1, &notices, Currency::USD).is_err());
    }
}
