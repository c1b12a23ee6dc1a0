//! What an exchange account gained or lost.
//!
//! Nothing moves from one currency to another: whoever buys euros for dollars credits `equity:exchange:eur-usd:eur` with the
//! euros and debits `equity:exchange:eur-usd:usd` with the dollars, so that the entry balances in both. The two accounts
//! (trading or conversion accounts, which accounting practice counts as equity) hold the open position, and every pair of
//! currencies has a pair of its own: two accounts that are moved together once belong to each other, as one that two pairs shared
//! would hold the position of neither. At a rate the position is worth something: that is the gain or loss, and posting it
//! makes the pair even at this rate.

use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::money::Unit;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The most digits of a rate before the point, and behind it.
const DIGITS_MAX: usize = 9;

/// What one of a unit is worth in another: a positive decimal with at most nine digits on each side of the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    digits: i128,
    scale: u32,
}

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal number above zero with at most {DIGITS_MAX} digits on each side of the point")]
pub struct NoRate;

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Rate, NoRate> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let fits =
            |part: &str| (1..=DIGITS_MAX).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if !fits(whole) || !fits(fraction) {
            return Err(NoRate);
        }
        let scale = fraction.len() as u32;
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| NoRate)?;
        if digits == 0 { Err(NoRate) } else { Ok(Rate { digits, scale }) }
    }
}

impl Rate {
    /// What `minor` of a unit is worth in another, rounded to its minor units, half to even; none when it is too large.
    pub fn value(self, minor: i64, from: Unit, to: Unit) -> Option<i64> {
        let product = i128::from(minor) * self.digits;
        let (up, down) = (to.exponent(), from.exponent() + self.scale);
        let value = if up >= down {
            product.checked_mul(10i128.pow(up - down))?
        } else {
            half_to_even(product, 10i128.pow(down - up))
        };
        i64::try_from(value).ok()
    }
}

fn half_to_even(product: i128, by: i128) -> i128 {
    let (below, rest) = (product.div_euclid(by), product.rem_euclid(by));
    let up = 2 * rest > by || (2 * rest == by && below % 2 != 0);
    below + i128::from(up)
}

/// An exchange account that an entry moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The account.
    pub account: AccountNumber,
    /// Its unit.
    pub unit: Unit,
}

/// Whether these accounts are kept in more than one unit: then something is exchanged.
pub fn is_across(moved: &[Moved]) -> bool {
    moved.windows(2).any(|two| two[0].unit != two[1].unit)
}

/// The two accounts that an entry makes a pair of, if it has to make one. `partners` is what is known of those it moves; each
/// stands among them once.
///
/// # Errors
///
/// The account whose partner the entry does not move.
pub fn new_pair(
    moved: &[Moved],
    partners: &BTreeMap<AccountNumber, AccountNumber>,
) -> Result<Option<(AccountNumber, AccountNumber)>, AccountNumber> {
    let is_moved = |account: &AccountNumber| moved.iter().any(|moved| moved.account == *account);
    let is_alone = |moved: &&Moved| !partners.get(&moved.account).is_some_and(is_moved);
    let alone: Vec<&Moved> = moved.iter().filter(is_alone).collect();
    let has_partner = |moved: &&&Moved| partners.contains_key(&moved.account);
    match (alone.iter().find(has_partner), &*alone) {
        (Some(other), _) => Err(other.account),
        (None, []) => Ok(None),
        (None, [one, other]) if one.unit != other.unit => Ok(Some((one.account, other.account))),
        (None, [first, ..]) => Err(first.account),
    }
}

/// One of a pair of exchange accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its unit.
    pub unit: Unit,
    /// Credits less debits, minor units.
    pub balance: i64,
}

/// What a pair gained at a rate, in minor units of `against`; a loss is below 0. None when it is too large.
pub fn gain(of: Position, against: Position, rate: Rate) -> Option<i64> {
    against.balance.checked_add(rate.value(of.balance, of.unit, against.unit)?)
}

/// Posts what a pair gained: exchange → gain, or loss → exchange. None when it is even.
pub fn result_posted(
    against: AccountNumber,
    gains: AccountNumber,
    losses: AccountNumber,
    gain: i64,
    day: Date,
    memo: String,
    reference: &str,
) -> Option<Entry> {
    let (kind, debit, credit) = match gain {
        0 => return None,
        1.. => (MovementKind::ExchangeGain, against, gains),
        ..0 => (MovementKind::ExchangeLoss, losses, against),
    };
    let amount = i64::try_from(gain.unsigned_abs()).ok()?;
    let lines = vec![Line { kind, debit, credit, amount }];
    Some(Entry { lines, effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn unit(code: &str) -> Unit {
        code.parse::<Currency>().expect("in ISO 4217").into()
    }

    fn at(code: &str, balance: i64) -> Position {
        Position { unit: unit(code), balance }
    }

    fn rate(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    #[test]
    fn a_hundred_euros_bought_for_a_hundred_and_ten_dollars_gain_two_at_one_twelve() {
        let (euros, dollars) = (at("EUR", 10_000), at("USD", -11_000));
        assert_eq!(gain(euros, dollars, rate("1.12")), Some(200));
        assert_eq!(gain(euros, dollars, rate("1.1")), Some(0));
        assert_eq!(gain(euros, dollars, rate("1.05")), Some(-500));
        assert_eq!(gain(at("EUR", 0), at("USD", 200), rate("7")), Some(200), "what was sold has its result already");
    }

    #[test]
    fn units_with_other_digits_meet_and_a_half_goes_to_the_even_one() {
        assert_eq!(rate("0.0065").value(1_000, unit("JPY"), unit("USD")), Some(650));
        assert_eq!(rate("155.5").value(1_000, unit("USD"), unit("JPY")), Some(1_555));
        assert_eq!(rate("3.25").value(1_000, unit("KWD"), unit("USD")), Some(325));
        assert_eq!(rate("0.5").value(1, unit("EUR"), unit("USD")), Some(0));
        assert_eq!(rate("0.5").value(3, unit("EUR"), unit("USD")), Some(2));
        assert_eq!(rate("0.5").value(-3, unit("EUR"), unit("USD")), Some(-2));
        assert_eq!(rate("999999999").value(i64::MAX, unit("JPY"), unit("KWD")), None);
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "0.000", "-1", "1.", ".5", "1e3", "1.1234567890", "1234567890", "1,5", "+1"] {
            assert_eq!(text.parse::<Rate>(), Err(NoRate), "{text}");
        }
    }

    #[test]
    fn fl25_an_account_belongs_to_one_pair() {
        let account = |number, code| Moved { account: AccountNumber(number), unit: unit(code) };
        let (eur, usd, jpy, usd_too) = (account(1, "EUR"), account(2, "USD"), account(3, "JPY"), account(4, "USD"));
        let number = |moved: Moved| moved.account;
        let known = BTreeMap::from([(number(eur), number(usd)), (number(usd), number(eur))]);
        assert_eq!(new_pair(&[eur, usd], &BTreeMap::new()), Ok(Some((number(eur), number(usd)))));
        assert_eq!(new_pair(&[usd, eur], &known), Ok(None));
        assert_eq!(new_pair(&[jpy, usd], &known), Err(number(usd)));
        assert_eq!(new_pair(&[eur, usd, jpy, usd_too], &known), Ok(Some((number(jpy), number(usd_too)))));
        assert_eq!(new_pair(&[eur, usd, jpy], &BTreeMap::new()), Err(number(eur)));
        assert!(is_across(&[eur, usd]) && !is_across(&[usd, usd_too]) && !is_across(&[eur]));
    }

    proptest! {
        #[test]
        fn a_pair_is_even_after_its_result_is_posted(
            of in -1_000_000_000_000i64..1_000_000_000_000, against in -1_000_000_000_000i64..1_000_000_000_000,
            digits in 1..1_000_000_000i128, scale in 0..10u32,
        ) {
            let rate = Rate { digits, scale };
            let Some(result) = gain(at("EUR", of), at("USD", against), rate) else { return Ok(()) };
            prop_assert_eq!(gain(at("EUR", of), at("USD", against - result), rate), Some(0));
        }
    }
}
