//! Fees that a campaign's own terms name: what is taken of each captured charge, for whom, and what comes back of it with a
//! refund.
//!
//! Only what is captured bears a fee. Each fee is worked out on its own, and cut down to a whole minor unit: a rounding is the
//! donor's gain. All fees of a charge together are never more than the charge.

use crate::error::{Error, Refusal};
use crate::id::OrganisationId;
use crate::money::allocation::largest_remainder;
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most that the fixed part of a fee can be, minor units.
pub const FIXED_MAX: i64 = 1_000_000_000;

words! {
    /// For whom a fee is.
    Payee, "payee of a fee" {
        /// The organisation whose book it is: its income, once the charge has settled.
        Host = "host",
        /// The partner that brought the pledge: kept for it.
        Platform = "platform",
        /// Whoever processes payments for the custodian, and keeps its fee at once.
        Processor = "processor",
    }
}

/// A text that is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal string from 0 to 100 with at most four digits behind the point, such as \"2.9\"")]
pub struct NotPercent;

/// A percentage of a charge, exact to the ten-thousandth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(i64);

impl Rate {
    /// 100 %.
    const WHOLE: i64 = 1_000_000;

    /// So much of an amount, cut down to a whole minor unit.
    fn of(self, amount: i64) -> i64 {
        let exact = i128::from(amount) * i128::from(self.0) / i128::from(Self::WHOLE);
        i64::try_from(exact).expect("no more than the amount")
    }
}

impl FromStr for Rate {
    type Err = NotPercent;

    fn from_str(text: &str) -> Result<Rate, NotPercent> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 3) || !digits(fraction, 4) {
            return Err(NotPercent);
        }
        let rate = format!("{whole}{fraction:0<4}").parse().map_err(|_| NotPercent)?;
        if rate > Self::WHOLE { Err(NotPercent) } else { Ok(Rate(rate)) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A fee as the terms name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// For whom it is.
    #[serde(with = "text")]
    pub to: Payee,
    /// Its part of the charge.
    #[serde(with = "text")]
    pub percent: Rate,
    /// What it is besides, minor units of the campaign's currency.
    pub fixed: i64,
    /// Whether it comes back with a refund, in proportion.
    pub returned_on_refund: bool,
}

/// Kept and read as its text.
pub(super) mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(in crate::pledging::rules) fn serialize<S: Serializer>(it: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(it)
    }

    pub(in crate::pledging::rules) fn deserialize<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error>
    where
        T::Err: Display,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The line that stands for it behind the terms, when their SHA-256 is taken.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Term { to, percent, fixed, returned_on_refund } = self;
        write!(f, "fee: {to} {percent} % + {fixed}, {}", if *returned_on_refund { "returned" } else { "kept" })
    }
}

/// Refuses fees that cannot stand in terms.
///
/// # Errors
///
/// [`Error::Invalid`] at `/fees` and the place of the first that is wrong: a payee that was named before, a fee of nothing,
/// one of the processor that would be returned.
pub fn check(terms: &[Term]) -> Result<(), Error> {
    for (place, term) in terms.iter().enumerate() {
        let wrong = |field: &str, what: &str| Err(Error::invalid(format!("/fees/{place}{field}"), what));
        if terms[..place].iter().any(|before| before.to == term.to) {
            return wrong("/to", "this payee has a fee already");
        }
        if !(0..=FIXED_MAX).contains(&term.fixed) {
            return wrong("/fixed", "too much");
        }
        if term.percent.0 == 0 && term.fixed == 0 {
            return wrong("", "a fee has a percentage or a fixed part");
        }
        if term.to == Payee::Processor && term.returned_on_refund {
            return wrong("/returned_on_refund", "a processor keeps what it has withheld");
        }
    }
    Ok(())
}

/// What each fee takes of a charge, minor units, in the order of the terms: none that is nothing, and together never more
/// than the charge, which the first ones take first.
pub fn of_charge(terms: &[Term], amount: i64) -> Vec<(Term, i64)> {
    let mut left = amount;
    let mut fees = Vec::with_capacity(terms.len());
    for term in terms {
        let fee = term.percent.of(amount).saturating_add(term.fixed).min(left);
        left -= fee;
        if fee > 0 {
            fees.push((*term, fee));
        }
    }
    assert!(left >= 0, "fees are never more than the charge");
    fees
}

/// What the name of a payee's account says: `host`, an organisation's id, or `processor-` and that of the custodian.
pub fn account_name(to: Payee, custodian: OrganisationId) -> String {
    match to {
        Payee::Host => "host".to_owned(),
        Payee::Platform => custodian.to_string(),
        Payee::Processor => format!("processor-{custodian}"),
    }
}

/// How much of all fees of a charge falls on the first `part` of its minor units, cut down: over all parts of a charge the
/// last one takes what roundings left, so that they add up.
fn on_first(part: i64, fees: i64, amount: i64) -> i64 {
    let exact = i128::from(fees) * i128::from(part) / i128::from(amount);
    i64::try_from(exact).expect("no more than the fees")
}

/// What of each fee falls on a further part of a charge that is refunded, in the order given: `fees` are what each took, and
/// what earlier refunds have undone of it; `before` is what was refunded before.
///
/// # Errors
///
/// Never for figures of one charge.
pub fn undone(fees: &[(i64, i64)], amount: i64, before: i64, part: i64) -> Result<Vec<i64>, Refusal> {
    assert!(0 <= before && 0 < part && before + part <= amount, "a part of the charge");
    let total: i64 = fees.iter().map(|(fee, _)| fee).sum();
    let so_far: i64 = fees.iter().map(|(_, undone)| undone).sum();
    let share = on_first(before + part, total, amount) - so_far;
    if share <= 0 {
        return Ok(vec![0; fees.len()]);
    }
    let weights: Vec<u64> = fees.iter().map(|(fee, undone)| (fee - undone).unsigned_abs()).collect();
    let parts = largest_remainder(share, &weights)?;
    let fits = |(part, (fee, undone)): (&i64, &(i64, i64))| part + undone <= *fee;
    assert!(parts.iter().zip(fees).all(fits), "no fee is undone twice");
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn term(to: Payee, percent: &str, fixed: i64) -> Term {
        Term { to, percent: percent.parse().expect("a rate"), fixed, returned_on_refund: to != Payee::Processor }
    }

    #[test]
    fn p9_a_hundred_less_a_processors_and_a_hosts_fee_is_91_80() {
        let terms = [term(Payee::Processor, "2.9", 30), term(Payee::Host, "5", 0)];
        let fees: Vec<i64> = of_charge(&terms, 10_000).iter().map(|(_, fee)| *fee).collect();
        assert_eq!(fees, [320, 500]);
    }

    #[test]
    fn c6_five_percent_of_95_charges_of_104_are_494() {
        let terms = [term(Payee::Platform, "5", 0)];
        let all: i64 = (0..95).flat_map(|_| of_charge(&terms, 10_400)).map(|(_, fee)| fee).sum();
        assert_eq!(all, 49_400);
    }

    #[test]
    fn a_percentage_has_four_digits_behind_the_point_and_is_written_without_zeros() {
        for (text, shown) in [("5", "5"), ("2.9000", "2.9"), ("0.0001", "0.0001"), ("100", "100"), ("10.0", "10")] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()), Ok(shown.into()), "{text}");
        }
        for wrong in ["", ".5", "5.", "1.23456", "-1", "100.0001", "1e1", "1000"] {
            assert_eq!(wrong.parse::<Rate>(), Err(NotPercent), "{wrong}");
        }
    }

    #[test]
    fn terms_name_a_payee_once_and_a_processor_returns_nothing() {
        let host = term(Payee::Host, "5", 0);
        assert!(check(&[host, term(Payee::Platform, "1", 0)]).is_ok());
        assert!(check(&[host, host]).is_err());
        assert!(check(&[term(Payee::Host, "0", 0)]).is_err());
        assert!(check(&[Term { returned_on_refund: true, ..term(Payee::Processor, "1", 0) }]).is_err());
    }

    proptest! {
        #[test]
        fn parts_undo_each_fee_once_and_all_parts_the_whole(
            amount in 1..1_000_000i64, percents in proptest::collection::vec(0..1_000_000i64, 1..4), fixed in 0..500i64,
            parts in proptest::collection::vec(1..300_000i64, 1..12)
        ) {
            let payees = [Payee::Host, Payee::Platform, Payee::Processor];
            let terms: Vec<Term> = percents.iter().zip(payees)
                .map(|(percent, to)| Term { to, percent: Rate(*percent), fixed, returned_on_refund: true }).collect();
            let mut fees: Vec<(i64, i64)> = of_charge(&terms, amount).iter().map(|(_, fee)| (*fee, 0)).collect();
            let total: i64 = fees.iter().map(|(fee, _)| fee).sum();
            prop_assert!(total <= amount);
            let (mut refunded, mut fund) = (0, amount - total);
            for part in parts.into_iter().chain([amount]) {
                let part = part.min(amount - refunded);
                if part == 0 { continue }
                let undo = undone(&fees, amount, refunded, part).expect("figures of one charge");
                for (fee, more) in fees.iter_mut().zip(&undo) {
                    prop_assert!(*more >= 0);
                    fee.1 += more;
                    prop_assert!(fee.1 <= fee.0);
                }
                refunded += part;
                fund -= part - undo.iter().sum::<i64>();
                prop_assert!(fund >= 0);
                let standing: i64 = fees.iter().map(|(fee, undone)| fee - undone).sum();
                prop_assert_eq!(fund, amount - refunded - standing, "the fund holds what is neither refunded nor a fee");
            }
            prop_assert_eq!((refunded, fund), (amount, 0));
            prop_assert!(fees.iter().all(|(fee, undone)| fee == undone));
        }
    }
}
