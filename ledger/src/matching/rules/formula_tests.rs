use super::*;
use crate::evidence::Digest;
use crate::id::BookId;
use crate::matching::rules::quadratic::{SCALE, root};
use proptest::prelude::*;
use uuid::Uuid;

const PLAIN: Terms =
    Terms { formula: Formula::ClrSubtractingV1, saturate: false, cap_per_campaign: None, cap_per_identity: None };

fn campaign(number: u8) -> CampaignId {
    CampaignId::new(BookId(1), Uuid::from_u128(number.into()))
}

fn identity(number: u8) -> Digest {
    Digest([number; 32])
}

/// Gifts as (campaign, identity, minor units), in the order of capture.
fn lines(gifts: &[(u8, u8, i64)]) -> Vec<Line> {
    let line = |(&(to, by, amount), number): (&(u8, u8, i64), i64)| Line {
        number,
        campaign: campaign(to),
        identity: identity(by),
        amount,
        weighs: true,
    };
    gifts.iter().zip(1..).map(line).collect()
}

fn shares(terms: &Terms, pool: i64, gifts: &[(u8, u8, i64)]) -> Vec<i64> {
    let mut to: Vec<CampaignId> = gifts.iter().map(|(to, ..)| campaign(*to)).collect();
    to.dedup();
    tally(terms, pool, &to, &lines(gifts)).expect("small").iter().map(|share| share.share).collect()
}

/// A ten × 1.00, B one × 10.00, C four × 2.50.
fn three_projects() -> Vec<(u8, u8, i64)> {
    let a = (1..=10).map(|by| (1, by, 100));
    let c = (1..=4).map(|by| (3, by, 250));
    a.chain([(2, 1, 1_000)]).chain(c).collect()
}

#[test]
fn q1_nine_four_and_one_are_matched_by_twenty_two() {
    let lines = lines(&[(1, 1, 900), (1, 2, 400), (1, 3, 100)]);
    let found = tally(&PLAIN, 10_000, &[campaign(1)], &lines).expect("small");
    assert_eq!((found[0].raw, found[0].share, found[0].given, found[0].identities), (2_200, 2_200, 1_400, 3));
    assert_eq!(found[0].roots, 60 * SCALE);
}

#[test]
fn q2_a_pool_is_shared_in_proportion_and_no_more_is_used_than_the_formula_says() {
    let gifts = three_projects();
    let raw: Vec<u128> = tally(&PLAIN, 1, &[campaign(1), campaign(2), campaign(3)], &lines(&gifts))
        .expect("small")
        .iter()
        .map(|share| share.raw)
        .collect();
    assert_eq!(raw, [9_000, 0, 3_000]);
    assert_eq!(shares(&PLAIN, 10_000, &gifts), [7_500, 0, 2_500]);
    assert_eq!(shares(&PLAIN, 6_000, &gifts), [4_500, 0, 1_500]);
    assert_eq!(shares(&PLAIN, 20_000, &gifts), [9_000, 0, 3_000]);
    assert_eq!(shares(&Terms { saturate: true, ..PLAIN }, 20_000, &gifts), [15_000, 0, 5_000]);
}

#[test]
fn a_shared_pool_is_used_up_by_the_squares() {
    let shared = Terms { formula: Formula::ClrSharedV1, ..PLAIN };
    // (Σ√c)² is 100.00, 10.00 and 40.00.
    assert_eq!(shares(&shared, 15_000, &three_projects()), [10_000, 1_000, 4_000]);
}

#[test]
fn q6_two_gifts_of_one_person_are_one_and_matched_by_nothing() {
    for saturate in [false, true] {
        let terms = Terms { saturate, ..PLAIN };
        assert_eq!(shares(&terms, 10_000, &[(1, 1, 5_000), (1, 1, 5_000)]), [0]);
    }
    assert_eq!(shares(&PLAIN, 100_000, &[(1, 1, 5_000), (1, 2, 5_000)]), [10_000], "of two persons they are matched");
}

#[test]
fn what_an_unverified_identity_gave_is_a_gift_and_weighs_nothing() {
    for formula in Formula::ALL {
        let mut lines = lines(&[(1, 1, 900), (1, 2, 400), (1, 3, 100)]);
        lines[2].weighs = false;
        let with = tally(&Terms { formula: *formula, ..PLAIN }, 1_000_000, &[campaign(1)], &lines).expect("small");
        let without = tally(&Terms { formula: *formula, ..PLAIN }, 1_000_000, &[campaign(1)], &lines[..2]);
        let without = without.expect("small");
        assert_eq!((with[0].raw, with[0].share, with[0].identities), (without[0].raw, without[0].share, 2));
        assert_eq!((with[0].given, without[0].given), (1_400, 1_300));
    }
}

#[test]
fn one_to_one_matches_in_the_order_of_capture_and_the_last_gift_in_part() {
    let terms = Terms { formula: Formula::OneToOneV1, ..PLAIN };
    let gifts = [(1, 1, 3_000), (2, 2, 3_000), (1, 3, 3_000)];
    assert_eq!(sorted(&terms, 7_000, &gifts), [4_000, 3_000]);
    assert_eq!(sorted(&Terms { cap_per_campaign: Some(3_500), ..terms }, 10_000, &gifts), [3_500, 3_000]);
    assert_eq!(sorted(&Terms { cap_per_identity: Some(1_000), ..terms }, 10_000, &gifts), [2_000, 1_000]);
}

fn sorted(terms: &Terms, pool: i64, gifts: &[(u8, u8, i64)]) -> Vec<i64> {
    let found = tally(terms, pool, &[campaign(2), campaign(1)], &lines(gifts)).expect("small");
    found.iter().map(|share| share.share).collect()
}

#[test]
fn votes_share_the_whole_pool() {
    let terms = Terms { formula: Formula::VotesV1, ..PLAIN };
    assert_eq!(shares(&terms, 10_000, &[(1, 1, 3), (2, 1, 1)]), [7_500, 2_500]);
}

#[test]
fn a_round_in_which_nobody_gave_uses_nothing() {
    for formula in Formula::ALL {
        let found = tally(&Terms { formula: *formula, ..PLAIN }, 10_000, &[campaign(1)], &[]).expect("empty");
        assert_eq!((found[0].share, found[0].raw), (0, 0));
    }
}

#[test]
fn the_largest_rounds_are_counted_to_the_last_unit() {
    let gifts: Vec<_> = (0..200).map(|by| (u8::from(by > 100), by, 1 << 50)).collect();
    for formula in Formula::ALL {
        let terms = Terms { formula: *formula, ..PLAIN };
        let found = tally(&terms, (1 << 53) - 1, &[campaign(0), campaign(1)], &lines(&gifts)).expect("it fits");
        assert_eq!(found.iter().map(|share| share.share).sum::<i64>(), (1 << 53) - 1, "{formula}");
    }
    let too_many: Vec<_> = (0..=255).cycle().take(1_100).map(|by| (1, by, (1 << 53) - 1)).collect();
    assert_eq!(tally(&PLAIN, 1, &[campaign(1)], &lines(&too_many)).expect_err("a sum").code, "sum-too-large");
}

/// The raw match by another way: roots with three digits more are multiplied pair by pair, as 2 Σ √a √b over all pairs is
/// (Σ√c)² − Σc.
fn reference(sums: &[i64]) -> u128 {
    let fine = |sum: i64| (u128::from(sum.unsigned_abs()) * 10_u128.pow(24)).isqrt();
    let mut doubled = 0_u128;
    for (at, a) in sums.iter().enumerate() {
        doubled += sums[at + 1..].iter().map(|b| 2 * (fine(*a) * fine(*b) / 10_u128.pow(18))).sum::<u128>();
    }
    doubled / 10_u128.pow(6)
}

proptest! {
    #[test]
    fn the_order_of_gifts_does_not_matter_the_parts_add_up_and_a_larger_pool_takes_no_more_than_a_unit_from_anybody(
        gifts in proptest::collection::vec((0u8..5, 0u8..12, 1i64..1_000_000), 1..60),
        pool in 0i64..10_000_000, more in 0i64..10_000_000, formula in 0usize..4, saturate in any::<bool>(),
    ) {
        let formula = Formula::ALL[formula];
        let terms = Terms { formula, saturate, ..PLAIN };
        let all: Vec<CampaignId> = (0..5).map(campaign).collect();
        let of = lines(&gifts);
        let found = tally(&terms, pool, &all, &of).expect("small");
        let (mut mixed, mut turned) = (of.clone(), all.clone());
        mixed.reverse();
        turned.reverse();
        prop_assert_eq!(&tally(&terms, pool, &turned, &mixed).expect("small"), &found);

        let used: i64 = found.iter().map(|share| share.share).sum();
        let raw: u128 = found.iter().map(|share| share.raw).sum();
        prop_assert!(used <= pool && found.iter().all(|share| share.share >= 0));
        let is_wholly_used = saturate || formula == Formula::ClrSharedV1;
        let full = match formula {
            Formula::ClrSubtractingV1 if !is_wholly_used => None,
            Formula::OneToOneV1 => Some(pool.min(i64::try_from(raw).expect("small"))),
            Formula::ClrSubtractingV1 if raw == 0 => None,
            Formula::ClrSubtractingV1 | Formula::ClrSharedV1 | Formula::VotesV1 => Some(pool),
        };
        prop_assert!(full.is_none_or(|full| used == full), "{used} of {pool}, raw {raw}");

        let larger = tally(&terms, pool + more, &all, &of).expect("small");
        for (before, after) in found.iter().zip(&larger) {
            prop_assert!(after.share >= before.share - 1, "{} after {}", after.share, before.share);
        }
    }

    #[test]
    fn the_raw_match_is_that_of_the_exact_formula(sums in proptest::collection::vec(1i64..100_000_000, 1..30)) {
        let gifts: Vec<_> = sums.iter().zip(0u8..).map(|(sum, by)| (1, by, *sum)).collect();
        let found = tally(&PLAIN, 1, &[campaign(1)], &lines(&gifts)).expect("small")[0].raw;
        prop_assert!(found.abs_diff(reference(&sums)) <= 1, "{found} for {}", reference(&sums));
        let squares: Vec<_> = (1..=20u8).map(|by| (1, by, i64::from(by) * i64::from(by))).collect();
        prop_assert_eq!(tally(&PLAIN, 1, &[campaign(1)], &lines(&squares)).expect("small")[0].raw, 210 * 210 - 2_870);
    }

    #[test]
    fn a_root_is_the_largest_whole_number_below(amount in 0i64..=i64::MAX) {
        let (root, square) = (root(amount), u128::from(amount.unsigned_abs()) * SCALE * SCALE);
        prop_assert!(root * root <= square && (root + 1) * (root + 1) > square);
    }
}
