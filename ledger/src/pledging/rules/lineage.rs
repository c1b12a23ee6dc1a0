//! Fund lineage: which pledges' money paid for what.
//!
//! Settled money lies in a fund in layers, one for each charge that arrived as cash, one for each sum that a donor
//! moved in, and one for what a matching round paid. Whatever leaves the fund takes parts of layers by the method that the campaign has stated; a donor who
//! redirects, or is given back, has parts of the own layers only. Parts add up to what left, never to more of a layer
//! than it held, and depend on the record numbers alone: anyone who replays the book finds the same parts.

use crate::error::Refusal;
use crate::id::PledgeId;
use crate::money::allocation::largest_remainder;
use crate::words::words;
use std::collections::BTreeMap;

words! {
    /// By which method a fund chooses whose money is used.
    Method, "lineage method" {
        /// Of the layer that settled first, then of the next.
        Fifo = "fifo",
        /// Of every layer in proportion to what is left of it, by the largest remainder.
        ProRata = "pro_rata",
    }
}

/// Settled money of one pledge, or of a matching round, in a fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Record number of the entry that brought it to the fund; no two layers of a fund have the same.
    pub number: i64,
    /// Record number of the entry with which it became cash: the first part of its place in the order.
    pub settled: i64,
    /// The pledge whose money it is; none where a matching round paid it.
    pub pledge: Option<PledgeId>,
    /// Minor units that nothing has used yet.
    pub left: i64,
}

/// What is used of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Number of the layer, as in [`Layer::number`].
    pub layer: i64,
    /// What is used of it, minor units, more than zero.
    pub amount: i64,
}

/// The parts of layers that make up an amount. In which order the layers are given does not matter.
///
/// # Errors
///
/// `fund-short` when the layers hold less.
pub fn draw(method: Method, layers: &[Layer], amount: i64) -> Result<Vec<Part>, Refusal> {
    let held: i128 = layers.iter().map(|layer| i128::from(layer.left)).sum();
    if held < i128::from(amount) {
        let detail = format!("{amount} minor units are asked for, and settled money of pledges is {held}");
        return Err(Refusal::new("fund-short", detail));
    }
    let mut ordered: Vec<&Layer> = layers.iter().filter(|layer| layer.left > 0).collect();
    ordered.sort_unstable_by_key(|layer| (layer.settled, layer.number));
    let amounts = match method {
        Method::Fifo => oldest_first(&ordered, amount),
        Method::ProRata if ordered.is_empty() => Vec::new(),
        // A share is no larger than what is left, and is rounded up only when it is no whole number: never past it.
        Method::ProRata => {
            let weights: Vec<u64> = ordered.iter().map(|layer| layer.left.unsigned_abs()).collect();
            largest_remainder(amount, &weights)?
        }
    };
    let parts = ordered.iter().zip(amounts).map(|(layer, amount)| {
        assert!(amount <= layer.left, "no more than what is left of a layer");
        Part { layer: layer.number, amount }
    });
    let parts: Vec<Part> = parts.filter(|part| part.amount > 0).collect();
    assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), amount, "the parts add up to the use");
    Ok(parts)
}

/// What an entry used of a layer and nobody has given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Record number of the entry that used it.
    pub entry: i64,
    /// Number of the layer, as in [`Layer::number`].
    pub layer: i64,
    /// The place of the layer in the order of use, as in [`Layer::settled`].
    pub settled: i64,
    /// Minor units that were used of it and have not come back.
    pub left: i64,
}

/// What comes back of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack {
    /// Record number of the entry that had used it.
    pub entry: i64,
    /// Number of the layer.
    pub layer: i64,
    /// What comes back to it, minor units, more than zero.
    pub amount: i64,
}

/// The mirror of [`draw`]: to which layers an amount goes that comes back of what was used of them. By the same method: to the
/// layer that settled first, then to the next; or to all in proportion to what they have not back.
///
/// # Errors
///
/// `fund-short` when less was used.
pub fn give_back(method: Method, used: &[Used], amount: i64) -> Result<Vec<GivenBack>, Refusal> {
    let mut ordered = used.to_vec();
    ordered.sort_unstable_by_key(|used| (used.settled, used.layer, used.entry));
    // A layer that two entries used stands there twice: the place in the order is what it is known by.
    let places = (0_i64..).zip(&ordered);
    let layers: Vec<Layer> =
        places.map(|(place, used)| Layer { number: place, settled: 0, pledge: None, left: used.left }).collect();
    let parts: BTreeMap<i64, i64> =
        draw(method, &layers, amount)?.iter().map(|part| (part.layer, part.amount)).collect();
    let back = (0_i64..).zip(&ordered).filter_map(|(place, used)| {
        let amount = *parts.get(&place)?;
        Some(GivenBack { entry: used.entry, layer: used.layer, amount })
    });
    Ok(back.collect())
}

fn oldest_first(ordered: &[&Layer], amount: i64) -> Vec<i64> {
    let mut missing = amount;
    let take = |layer: &&Layer| {
        let part = missing.min(layer.left);
        missing -= part;
        part
    };
    ordered.iter().map(take).collect()
}

/// What each pledge gets when a fund returns its money: what is left of its own layers, exactly.
pub fn returned(layers: &[Layer]) -> BTreeMap<PledgeId, i64> {
    let mut sums = BTreeMap::new();
    for layer in layers.iter().filter(|layer| layer.left > 0) {
        if let Some(pledge) = layer.pledge {
            *sums.entry(pledge).or_insert(0) += layer.left;
        }
    }
    sums
}

/// Money that left a fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Record number of the entry with which it left.
    pub entry: i64,
    /// How much left, minor units.
    pub amount: i64,
    /// The pledge whose own layers it took, of a move or a refund; none where the method chose.
    pub own: Option<PledgeId>,
}

/// A time in which the method took nothing of a pledge's layers: a chargeback held them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The pledge whose layers were held.
    pub pledge: PledgeId,
    /// Record number from which on they were held.
    pub from: i64,
    /// Record number of the first record after the hold; none while it stands.
    pub until: Option<i64>,
}

/// The parts of every use of a fund's history, by entry: what anyone finds who has the layers as they came and the uses,
/// in whatever order. Nothing was held in it.
///
/// # Errors
///
/// As [`draw`]: the history is not of one fund, or not whole.
pub fn replay(method: Method, layers: &[Layer], uses: &[Use]) -> Result<BTreeMap<i64, Vec<Part>>, Refusal> {
    replay_held(method, layers, uses, &[])
}

/// The same of a history in which chargebacks held layers for a time.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_held(
    method: Method,
    layers: &[Layer],
    uses: &[Use],
    held: &[Held],
) -> Result<BTreeMap<i64, Vec<Part>>, Refusal> {
    let mut left: Vec<Layer> = layers.to_vec();
    let mut ordered: Vec<&Use> = uses.iter().collect();
    ordered.sort_unstable_by_key(|used| used.entry);
    let mut parts = BTreeMap::new();
    for used in ordered {
        let is_there =
            |layer: &&Layer| layer.settled < used.entry && used.own.is_none_or(|own| layer.pledge == Some(own));
        let is_held = |layer: &&Layer| {
            let holds = |hold: &Held| {
                layer.pledge == Some(hold.pledge)
                    && hold.from <= used.entry
                    && hold.until.is_none_or(|end| used.entry < end)
            };
            used.own.is_none() && held.iter().any(holds)
        };
        let there: Vec<Layer> = left.iter().filter(is_there).filter(|layer| !is_held(layer)).copied().collect();
        let method = if used.own.is_some() { Method::Fifo } else { method };
        let drawn = draw(method, &there, used.amount)?;
        let of: BTreeMap<i64, i64> = drawn.iter().map(|part| (part.layer, part.amount)).collect();
        for layer in &mut left {
            layer.left -= of.get(&layer.number).copied().unwrap_or(0);
        }
        parts.insert(used.entry, drawn);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn pledge(number: u128) -> PledgeId {
        PledgeId::new(BookId(1), Uuid::from_u128(number))
    }

    fn layer(number: i64, settled: i64, of: u128, left: i64) -> Layer {
        Layer { number, settled, pledge: Some(pledge(of)), left }
    }

    fn parts(method: Method, layers: &[Layer], amount: i64) -> Vec<(i64, i64)> {
        let parts = draw(method, layers, amount).expect("enough");
        parts.into_iter().map(|part| (part.layer, part.amount)).collect()
    }

    #[test]
    fn what_settled_first_is_used_first_whatever_was_captured_first() {
        let layers = [layer(1, 9, 1, 3_000), layer(2, 5, 2, 3_000), layer(3, 5, 3, 3_000)];
        assert_eq!(parts(Method::Fifo, &layers, 6_500), [(2, 3_000), (3, 3_000), (1, 500)]);
    }

    #[test]
    fn pro_rata_takes_of_each_in_proportion_and_the_odd_unit_of_the_oldest() {
        let layers = [layer(3, 4, 3, 100), layer(1, 4, 1, 100), layer(2, 4, 2, 100)];
        assert_eq!(parts(Method::ProRata, &layers, 100), [(1, 34), (2, 33), (3, 33)]);
        assert_eq!(parts(Method::ProRata, &layers, 300), [(1, 100), (2, 100), (3, 100)]);
    }

    #[test]
    fn more_than_the_layers_hold_is_refused() {
        for method in Method::ALL {
            assert_eq!(draw(*method, &[layer(1, 2, 1, 10)], 11).expect_err("short").code, "fund-short");
            assert_eq!(draw(*method, &[], 1).expect_err("empty").code, "fund-short");
        }
    }

    #[test]
    fn a_fund_that_returns_its_money_gives_each_pledge_what_is_left_of_its_own() {
        let layers = [layer(1, 4, 1, 0), layer(2, 4, 2, 1_250), layer(3, 4, 1, 3_000), layer(5, 8, 2, 1)];
        assert_eq!(returned(&layers), BTreeMap::from([(pledge(1), 3_000), (pledge(2), 1_251)]));
    }

    /// A history: every step settles some charges under one record number, or uses part of what is there.
    #[derive(Debug, Clone)]
    enum Step {
        Settle(Vec<(u128, i64)>),
        Use { thousandths: i64, own: Option<u128> },
    }

    fn step() -> impl Strategy<Value = Step> {
        let charges = proptest::collection::vec((0u128..6, 1i64..1_000_000), 1..8);
        prop_oneof![
            charges.prop_map(Step::Settle),
            (1i64..=1_000, proptest::option::of(0u128..6))
                .prop_map(|(thousandths, own)| Step::Use { thousandths, own }),
        ]
    }

    /// Layers as they came, and uses, of steps that are taken one after another.
    fn history(steps: &[Step]) -> (Vec<Layer>, Vec<Use>) {
        let (mut layers, mut uses, mut next) = (Vec::new(), Vec::<Use>::new(), 1);
        for step in steps {
            match step {
                Step::Settle(charges) => {
                    let settled = next + i64::try_from(charges.len()).expect("few");
                    for (of, amount) in charges {
                        layers.push(layer(next, settled, *of, *amount));
                        next += 1;
                    }
                }
                Step::Use { thousandths, own } => {
                    let own = own.map(pledge);
                    let drawn = replay(Method::Fifo, &layers, &uses).expect("a history so far");
                    let used = |layer: &Layer| -> i64 {
                        let all = drawn.values().flatten().filter(|part| part.layer == layer.number);
                        all.map(|part| part.amount).sum()
                    };
                    // Pro rata leaves other pledges something else, so that the own part is what both methods leave.
                    let there: i64 = layers.iter().map(|layer| layer.left - used(layer)).sum();
                    let amount = there * thousandths / 1_000;
                    if own.is_none() && amount > 0 {
                        uses.push(Use { entry: next, amount, own });
                    }
                    if let Some(own) = own {
                        let least = least_left(&layers, &uses, own) * thousandths / 1_000;
                        uses.extend((least > 0).then_some(Use { entry: next, amount: least, own: Some(own) }));
                    }
                }
            }
            next += 1;
        }
        (layers, uses)
    }

    /// What is left of a pledge's layers by either method.
    fn least_left(layers: &[Layer], uses: &[Use], own: PledgeId) -> i64 {
        let left = |method: &Method| {
            let drawn = replay(*method, layers, uses).expect("a history so far");
            let of = |number| layers.iter().any(|layer| layer.number == number && layer.pledge == Some(own));
            let used: i64 = drawn.values().flatten().filter(|part| of(part.layer)).map(|part| part.amount).sum();
            layers.iter().filter(|layer| layer.pledge == Some(own)).map(|layer| layer.left).sum::<i64>() - used
        };
        Method::ALL.iter().map(left).min().expect("two methods")
    }

    proptest! {
        #[test]
        fn parts_add_up_never_exceed_a_layer_and_come_out_the_same_in_any_order_of_reading(
            steps in proptest::collection::vec(step(), 1..14),
            seed in any::<u64>(),
            by_share in any::<bool>(),
        ) {
            let method = if by_share { Method::ProRata } else { Method::Fifo };
            let (layers, uses) = history(&steps);
            let drawn = replay(method, &layers, &uses).expect("a history of what was there");
            prop_assert_eq!(drawn.len(), uses.len());
            for used in &uses {
                let parts = &drawn[&used.entry];
                prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), used.amount);
                for part in parts {
                    let of = layers.iter().find(|layer| layer.number == part.layer).expect("a layer of the fund");
                    prop_assert!(part.amount > 0 && of.settled < used.entry);
                    prop_assert!(used.own.is_none_or(|own| of.pledge == Some(own)));
                }
            }
            let mut left = layers.clone();
            for layer in &mut left {
                let all = drawn.values().flatten().filter(|part| part.layer == layer.number);
                layer.left -= all.map(|part| part.amount).sum::<i64>();
                prop_assert!(layer.left >= 0);
            }
            let came: i64 = layers.iter().map(|layer| layer.left).sum();
            let went: i64 = uses.iter().map(|used| used.amount).sum();
            prop_assert_eq!(returned(&left).values().sum::<i64>(), came - went);

            let (mut mixed_layers, mut mixed_uses) = (layers, uses);
            shuffle(&mut mixed_layers, seed);
            shuffle(&mut mixed_uses, seed);
            prop_assert_eq!(replay(method, &mixed_layers, &mixed_uses).expect("the same history"), drawn);
        }
    }

    /// Fisher and Yates, by a linear congruential generator.
    fn shuffle<T>(items: &mut [T], mut seed: u64) {
        for index in (1..items.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from(seed >> 33).expect("31 bits") % (index + 1);
            items.swap(index, other);
        }
    }
}
