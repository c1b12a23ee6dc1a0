//! A gift in another currency: its partner takes the donor's own money, and brings the campaign what that comes to.
//!
//! The donor's plan is in the original currency. Each payment brings what the rate of its day makes of it; a refund gives the original
//! back. What a refund cost more or less than it gave back is the host's loss or gain, and no donor's.

use crate::book::Entry;
use crate::error::{Error, Refusal};
use crate::money::{Currency, Money};
use crate::movements;
use crate::pledging::rules::pledge::Rail;
use std::fmt;

/// By how much of what was promised a payment may come to something else, percent: rates move, and amounts are mistyped.
pub const DRIFT_PERCENT: i64 = 20;
/// How many times what a refund gives back it may cost at most, and the other way round.
pub const REFUND_FACTOR: i64 = 2;
/// Digits behind the point of a rate, as it is written.
pub const RATE_DIGITS: u32 = 10;

/// A payment in another currency than its campaign's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// What the donor pays.
    pub original: Money,
    /// What its partner promised that this comes to, in the currency of the campaign.
    pub promised: Money,
}

/// What a partner says that it collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collected {
    /// What it comes to in the currency of the campaign.
    pub amount: Money,
    /// What the donor paid, if that was in another currency.
    pub original: Option<Money>,
}

impl Conversion {
    /// Refuses a payment that came to something else than the promise by more than a rate moves, or of other original money.
    ///
    /// # Errors
    ///
    /// `original-differs`, `rate-out-of-bounds`.
    pub fn check(&self, came: Money, original: Money) -> Result<(), Refusal> {
        if original != self.original {
            let detail = format!("a payment of the pledge is {}, and {original} was reported", self.original);
            return Err(Refusal::new("original-differs", detail));
        }
        let promised = self.promised.minor();
        // Both are amounts, of 53 bits.
        let drift = (came.minor() - promised).abs();
        if drift * 100 <= promised * DRIFT_PERCENT {
            return Ok(());
        }
        let detail = format!(
            "{came} came of {}, and {} was promised: more than {DRIFT_PERCENT} % off. If it is right, give the payment back and place a new \
             pledge at the rate of today; else report what came",
            self.original, self.promised
        );
        Err(Refusal::new("rate-out-of-bounds", detail))
    }
}

/// The entry of a capture, which says what the donor paid in another currency.
pub fn noted(capture: Entry, conversion: Option<Conversion>) -> Entry {
    match conversion {
        Some(Conversion { original, .. }) => movements::given_as(capture, original),
        None => capture,
    }
}

/// Refuses original money that cannot stand beside an amount.
///
/// # Errors
///
/// [`Error::Invalid`] at `/original/currency` when it is that of the amount; `original-refused` when nobody converts it.
pub fn check_original(original: Money, amount: Money, rail: Rail) -> Result<(), Error> {
    if original.currency() == amount.currency() {
        let message = format!("the campaign is in {}: leave the original out", amount.currency());
        return Err(Error::invalid("/original/currency", message));
    }
    match rail {
        Rail::Partner => Ok(()),
        Rail::Sandbox | Rail::Stripe => {
            let detail = "only a partner that collects by itself converts: use the rail `partner`, or pledge in the campaign's currency";
            Err(Refusal::new("original-refused", detail).into())
        }
    }
}

/// What one of the original's currency came to in that of the amount: to [`RATE_DIGITS`] digits, half up. The exact rate is the two
/// amounts.
pub fn rate(original: Money, converted: Money) -> String {
    let scale = |currency: Currency, more: u32| 10_i128.pow(currency.exponent() + more);
    let dividend = i128::from(converted.minor()) * scale(original.currency(), RATE_DIGITS);
    let divisor = i128::from(original.minor()) * scale(converted.currency(), 0);
    let units = (2 * dividend + divisor) / (2 * divisor);
    let one = 10_i128.pow(RATE_DIGITS);
    format!("{}.{:0digits$}", units / one, units % one, digits = RATE_DIGITS as usize)
}

/// What of the original goes back with a further part of a payment, minor units: `sent` before and `given` with it are what other
/// refunds gave back of the amount and of the original. Cut down: over all parts the last one takes what roundings left, so that
/// both add up.
pub fn part_of(original: Money, amount: Money, (sent, given): (i64, i64), part: i64) -> i64 {
    assert!(0 <= sent && 0 < part && sent + part <= amount.minor(), "a part of the payment");
    let so_far = i128::from(original.minor()) * i128::from(sent + part) / i128::from(amount.minor());
    let so_far = i64::try_from(so_far).expect("no more than the original");
    (so_far - given).max(0)
}

/// What of the original goes back with a refund: nothing when a small part of the payment comes to less than its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack {
    /// Minor units.
    pub minor: i64,
    /// The currency of the original.
    pub currency: Currency,
}

impl fmt::Display for GivenBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.format(self.minor), self.currency)
    }
}

/// Refuses a cost of a refund that no rate explains.
///
/// # Errors
///
/// [`Error::Invalid`] at `/settled_amount` when the refund gave no other currency back, at `/settled_amount/currency` when it is not
/// that of the campaign; `rate-out-of-bounds`.
pub fn check_settled(is_converted: bool, sent: Money, settled: Money) -> Result<(), Error> {
    if !is_converted {
        return Err(Error::invalid("/settled_amount", "the gift was not in another currency: leave it out"));
    }
    if settled.currency() != sent.currency() {
        return Err(Error::invalid("/settled_amount/currency", format!("the campaign is in {}", sent.currency())));
    }
    let (cost, gave) = (settled.minor(), sent.minor());
    if cost <= gave.saturating_mul(REFUND_FACTOR) && gave <= cost.saturating_mul(REFUND_FACTOR) {
        return Ok(());
    }
    let detail = format!(
        "a refund of {sent} cannot have cost {settled}: from half of it to twice is booked. Report it without `settled_amount`, and settle \
         the difference with the host"
    );
    Err(Refusal::new("rate-out-of-bounds", detail).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::AMOUNT_MAX;
    use proptest::prelude::*;

    fn money(text: &str, code: &str) -> Money {
        Money::parse(text, code.parse().expect("a currency")).expect("an amount")
    }

    #[test]
    fn a_rate_is_what_one_of_the_original_came_to_whatever_digits_both_have() {
        let cases = [
            (money("50.00", "CHF"), money("53.75", "EUR"), "1.0750000000"),
            (money("15000", "JPY"), money("97.65", "USD"), "0.0065100000"),
            (money("3.000", "KWD"), money("1450", "JPY"), "483.3333333333"),
            (money("0.03", "EUR"), money("0.02", "USD"), "0.6666666667"),
            (money("90071992547409.91", "EUR"), money("0.01", "USD"), "0.0000000000"),
            (money("1", "JPY"), money("9007199254740.991", "KWD"), "9007199254740.9910000000"),
        ];
        for (original, converted, written) in cases {
            assert_eq!(rate(original, converted), written, "{original} as {converted}");
        }
    }

    #[test]
    fn a_payment_may_come_to_a_fifth_more_or_less_than_was_promised_of_the_same_original() {
        let original = money("50.00", "CHF");
        let conversion = Conversion { original, promised: money("50.00", "EUR") };
        for came in ["40.00", "50.00", "60.00"] {
            conversion.check(money(came, "EUR"), original).expect("within the bounds");
        }
        for came in ["39.99", "60.01"] {
            assert_eq!(conversion.check(money(came, "EUR"), original).expect_err(came).code, "rate-out-of-bounds");
        }
        let other = conversion.check(money("50.00", "EUR"), money("49.99", "CHF")).expect_err("other money");
        assert_eq!(other.code, "original-differs");
        let largest = Money::from_minor(AMOUNT_MAX, Currency::EUR).expect("an amount");
        let huge = Conversion { original: largest, promised: largest };
        assert!(huge.check(largest, largest).is_ok() && huge.check(money("0.01", "EUR"), largest).is_err());
    }

    #[test]
    fn what_a_refund_cost_is_from_half_of_what_it_gave_back_to_twice() {
        let sent = money("10.01", "EUR");
        for cost in ["5.01", "10.01", "20.02"] {
            check_settled(true, sent, money(cost, "EUR")).expect("within the bounds");
        }
        let wrong =
            [(true, money("5.00", "EUR")), (true, money("20.03", "EUR")), (true, money("10.00", "CHF")), (false, sent)];
        for (is_converted, cost) in wrong {
            assert!(check_settled(is_converted, sent, cost).is_err(), "{cost}");
        }
    }

    proptest! {
        #[test]
        fn parts_of_refunds_add_up_in_both_currencies_also_when_some_fail(
            original in 1..=AMOUNT_MAX, amount in 1..=AMOUNT_MAX,
            steps in proptest::collection::vec((1..=AMOUNT_MAX, any::<bool>()), 1..12)
        ) {
            let yen: Currency = "JPY".parse().expect("in ISO 4217");
            let original = Money::from_minor(original, yen).expect("in bounds");
            let whole = Money::from_minor(amount, Currency::EUR).expect("in bounds");
            let mut standing: Vec<(i64, i64)> = Vec::new();
            let sums = |of: &[(i64, i64)]| of.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            for (part, fails) in steps {
                if fails && !standing.is_empty() {
                    standing.remove(usize::try_from(part).expect("positive") % standing.len());
                    continue;
                }
                let (sent, given) = sums(&standing);
                let part = part.min(amount - sent);
                if part == 0 { continue }
                standing.push((part, part_of(original, whole, (sent, given), part)));
                let (_, given) = sums(&standing);
                prop_assert!(given <= original.minor(), "no more than was paid");
            }
            let (sent, given) = sums(&standing);
            if sent < amount {
                standing.push((amount - sent, part_of(original, whole, (sent, given), amount - sent)));
            }
            prop_assert_eq!(sums(&standing), (amount, original.minor()));
        }
    }
}
