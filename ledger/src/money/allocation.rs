//! Dividing a whole number of minor units into parts that add up to it: the largest-remainder method on exact integers.
//!
//! Each part is its exact share cut down to a whole unit; the units left over go, one each, to the largest remainders. A tie
//! goes to whoever comes first, so callers give the weights in a stable order of their own (a member's number), never
//! in the order in which rows happened to arrive.
//!
//! With a *carry*, what someone has lost or won by rounding so far is added to the remainder before the remainders are
//! ranked: over the rounds nobody is always the loser, and still no part is ever a whole unit away from its exact share.

use crate::error::Refusal;
use std::cmp::Reverse;

/// How many carry units make one minor unit: a carry is kept in billionths.
pub const CARRY_PER_UNIT: i64 = 1_000_000_000;

/// A carry beyond this many units is cut off, so that no sum can overflow. Rules keep it below a few units.
const CARRY_MAX: i64 = 1_000 * CARRY_PER_UNIT;

/// One party's claim on a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claim {
    /// Hours, basis points, or 1 for equal parts.
    pub weight: u64,
    /// Billionths of a minor unit that rounding has kept from it so far; negative when rounding was kind to it.
    pub carry: i64,
}

/// What one party gets of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it gets, minor units, 0 or more.
    pub amount: i64,
    /// Billionths of a minor unit that it carries into its next round.
    pub carry: i64,
}

/// Divides `amount` by weights, in the order given; without carry.
///
/// # Errors
///
/// `no-weights` when all weights are zero, or there are none; `nothing-to-divide` when `amount` is negative.
pub fn largest_remainder(amount: i64, weights: &[u64]) -> Result<Vec<i64>, Refusal> {
    let claims: Vec<Claim> = weights.iter().map(|&weight| Claim { weight, carry: 0 }).collect();
    Ok(divide(amount, &claims)?.into_iter().map(|part| part.amount).collect())
}

/// Divides `amount` by weights, in the order given, and carries what rounding gave and took.
///
/// Who has no exact remainder in this round (a weight of zero above all) gets no unit that is left over, whatever its carry.
///
/// # Errors
///
/// As [`largest_remainder`].
pub fn divide(amount: i64, claims: &[Claim]) -> Result<Vec<Part>, Refusal> {
    if amount < 0 {
        return Err(Refusal::new("nothing-to-divide", "a loss is not divided by this rule"));
    }
    let total: i128 = claims.iter().map(|claim| i128::from(claim.weight)).sum();
    if total == 0 {
        return Err(Refusal::new("no-weights", "nobody has a share in it, so it stays undistributed"));
    }
    // amount < 2^63, weight < 2^64: the product stays below 2^127.
    let exact = |claim: &Claim| i128::from(amount) * i128::from(claim.weight);
    let mut parts: Vec<i64> = claims.iter().map(|claim| narrow(exact(claim) / total)).collect();
    let left = amount - parts.iter().sum::<i64>();

    let rank = |index: usize| {
        let carry = i128::from(claims[index].carry.clamp(-CARRY_MAX, CARRY_MAX));
        // The same scale for both: billionths of a unit, times the total weight.
        (exact(&claims[index]) % total) * i128::from(CARRY_PER_UNIT) + carry * total
    };
    let mut by_remainder: Vec<usize> = (0..claims.len()).filter(|&at| exact(&claims[at]) % total > 0).collect();
    by_remainder.sort_by_key(|&index| (Reverse(rank(index)), index));
    // The remainders sum to `left` units and each is less than one, so there are always enough of them.
    let units = usize::try_from(left).expect("what is left over is less than the number of claims");
    for &index in &by_remainder[..units] {
        parts[index] += 1;
    }
    assert_eq!(parts.iter().sum::<i64>(), amount, "the parts add up to the whole");

    Ok(claims
        .iter()
        .zip(parts)
        .map(|(claim, amount)| {
            // Cut towards zero: equal claims with equal histories keep equal carries.
            let above = (exact(claim) - i128::from(amount) * total) * i128::from(CARRY_PER_UNIT) / total;
            let carry = (claim.carry + narrow(above)).clamp(-CARRY_MAX, CARRY_MAX);
            Part { amount, carry }
        })
        .collect())
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).expect("a part is no larger than the whole")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EIGHTY_TWENTY: [u64; 2] = [8_000, 2_000];

    fn parts(amount: i64, weights: &[u64]) -> Vec<i64> {
        largest_remainder(amount, weights).expect("somebody has a weight")
    }

    #[test]
    fn r1_eighty_twenty_of_the_smallest_amounts() {
        let got: Vec<_> = (1..=5).map(|amount| parts(amount, &EIGHTY_TWENTY)).collect();
        assert_eq!(got, [[1, 0], [2, 0], [2, 1], [3, 1], [4, 1]]);
    }

    #[test]
    fn r2_eighty_twenty_of_larger_amounts() {
        assert_eq!(parts(10_001, &EIGHTY_TWENTY), [8_001, 2_000]);
        assert_eq!(parts(10_003, &EIGHTY_TWENTY), [8_002, 2_001]);
        assert_eq!(parts(33_333, &EIGHTY_TWENTY), [26_666, 6_667]);
        assert_eq!(parts(100_000_001, &EIGHTY_TWENTY), [80_000_001, 20_000_000]);
    }

    #[test]
    fn r3_after_seven_rounds_with_carry_seven_equal_members_have_the_same() {
        let first = parts(85, &[1; 7]);
        assert_eq!(first, [13, 12, 12, 12, 12, 12, 12]);
        let mut sums = [0; 7];
        let mut claims = [Claim { weight: 1, carry: 0 }; 7];
        for round in 0..7 {
            let parts = divide(85, &claims).expect("seven weights");
            for (index, part) in parts.iter().enumerate() {
                sums[index] += part.amount;
                claims[index].carry = part.carry;
            }
            assert_eq!(parts[round].amount, 13, "each round another member has the odd unit");
        }
        assert_eq!(sums, [85; 7]);
    }

    #[test]
    fn r4_ten_thousand_by_three() {
        assert_eq!(parts(10_000, &[1, 1, 1]), [3_334, 3_333, 3_333]);
    }

    #[test]
    fn r7_currencies_without_cents_and_with_mills_divide_alike() {
        assert_eq!(parts(101, &EIGHTY_TWENTY), [81, 20]);
        assert_eq!(parts(1, &EIGHTY_TWENTY), [1, 0]);
    }

    #[test]
    fn r10_without_weights_nothing_is_divided() {
        for weights in [&[][..], &[0, 0, 0][..]] {
            assert_eq!(largest_remainder(100, weights).expect_err("nobody").code, "no-weights");
        }
        assert_eq!(largest_remainder(-1, &[1]).expect_err("a loss").code, "nothing-to-divide");
        assert_eq!(parts(0, &[0, 3]), [0, 0]);
    }

    #[test]
    fn a_member_without_weight_gets_no_unit_however_much_it_carries() {
        let claims =
            [Claim { weight: 0, carry: 900_000_000 }, Claim { weight: 1, carry: 0 }, Claim { weight: 1, carry: 0 }];
        let parts = divide(3, &claims).expect("two weights");
        assert_eq!(parts.iter().map(|part| part.amount).collect::<Vec<_>>(), [0, 2, 1]);
        assert_eq!(parts[0].carry, 900_000_000);
    }

    proptest! {
        #[test]
        fn r9_parts_add_up_and_each_is_within_one_unit_of_exact(
            amount in 0i64..=9_007_199_254_740_991,
            claims in proptest::collection::vec((0u64..=1_000_000_000_000, -2_000_000_000i64..2_000_000_000), 1..40),
        ) {
            let claims: Vec<Claim> = claims.into_iter().map(|(weight, carry)| Claim { weight, carry }).collect();
            let total: i128 = claims.iter().map(|claim| i128::from(claim.weight)).sum();
            prop_assume!(total > 0);
            let parts = divide(amount, &claims).expect("a weight");
            prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), amount);
            for (part, claim) in parts.iter().zip(&claims) {
                let away = i128::from(part.amount) * total - i128::from(amount) * i128::from(claim.weight);
                prop_assert!(away.abs() < total, "{part:?} of {claim:?}");
                prop_assert!(part.amount >= 0);
            }
            prop_assert_eq!(divide(amount, &claims).expect("a replay"), parts);
        }

        #[test]
        fn carried_over_many_rounds_equal_members_stay_within_one_unit_of_each_other(
            amounts in proptest::collection::vec(0i64..1_000, 1..60),
            members in 1usize..12,
        ) {
            let mut claims = vec![Claim { weight: 1, carry: 0 }; members];
            let mut sums = vec![0i64; members];
            for amount in amounts {
                for (index, part) in divide(amount, &claims).expect("weights").into_iter().enumerate() {
                    sums[index] += part.amount;
                    claims[index].carry = part.carry;
                }
            }
            let (least, most) = (sums.iter().min().expect("one"), sums.iter().max().expect("one"));
            prop_assert!(most - least <= 1, "{sums:?}");
        }
    }
}
