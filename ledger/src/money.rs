//! Amounts: integer minor units inside, decimal strings outside, never a float.
//!
//! The exponent of a currency is that of ISO 4217; a [`Unit`] of a book has its own. [`Money`] is positive; a balance is a
//! plain signed number of minor units beside its currency or unit.

pub mod allocation;
mod unit;

pub use unit::{EXPONENT_MAX, Unit, UnitError, WrittenAmount};

use iso_currency::IntoEnumIterator as _;
use std::fmt;
use std::str::FromStr;

/// The largest amount of one movement: about nine quadrillion minor units, so that sums of a book stay far from overflow.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// A currency of ISO 4217 that has minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// United States dollar.
    pub const USD: Currency = Currency(iso_currency::Currency::USD);
    /// Euro.
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);

    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        iso_currency::Currency::iter().filter(|currency| currency.exponent().is_some()).map(Currency)
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits stand behind the decimal point.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// A signed number of minor units as a decimal string with all its digits: `-0.05`.
    pub fn format(self, minor: impl Into<i128>) -> String {
        Unit::from(self).format(minor)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Currency)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// No currency of ISO 4217 with minor units has this code.
    #[error("unknown currency: use a code of ISO 4217 that has minor units")]
    UnknownCurrency,
    /// The text is no plain decimal number.
    #[error("not a decimal number such as \"250000.00\"")]
    NotDecimal,
    /// Zero or less.
    #[error("must be more than zero")]
    NotPositive,
    /// More digits behind the point than the currency or unit has.
    #[error("{unit} has {digits} digits behind the point, not more")]
    TooFine {
        /// The currency or unit.
        unit: Unit,
        /// Its exponent.
        digits: u32,
    },
    /// More than [`AMOUNT_MAX`] minor units.
    #[error("too large")]
    TooLarge,
}

/// A positive amount of one currency.
///
/// ```
/// use ledger::money::{Currency, Money, MoneyError};
///
/// let price = Money::parse("12.50", Currency::USD)?;
/// assert_eq!((price.minor(), price.to_string()), (1_250, "12.50 USD".to_owned()));
/// // What the currency cannot express is refused, never rounded; and no amount is zero or less.
/// assert!(matches!(Money::parse("12.505", Currency::USD), Err(MoneyError::TooFine { digits: 2, .. })));
/// assert_eq!(Money::from_minor(0, Currency::USD), Err(MoneyError::NotPositive));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From minor units: `1..=AMOUNT_MAX`.
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
        let minor = unit::in_bounds(minor)?;
        Ok(Money { minor, currency })
    }

    /// The amounts as which a sum is posted: one, or as few as it takes when it is larger than an amount may be; none for zero
    /// or less.
    pub fn parts(sum: impl Into<i128>, currency: Currency) -> Vec<Money> {
        let mut left = sum.into();
        let mut parts = Vec::new();
        while left > 0 {
            let minor = i64::try_from(left).unwrap_or(AMOUNT_MAX).min(AMOUNT_MAX);
            parts.push(Money { minor, currency });
            left -= i128::from(minor);
        }
        parts
    }

    /// From a decimal string. Too many digits are an error, never a rounding; a sign, an exponent or a blank is refused.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        Ok(Money { minor: Unit::from(currency).parse(text)?, currency })
    }

    /// Minor units, more than zero.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.format(self.minor), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Result<i64, MoneyError> {
        Money::parse(text, Currency::USD).map(Money::minor)
    }

    #[test]
    fn decimal_strings_become_minor_units() {
        assert_eq!(usd("250000.00"), Ok(25_000_000));
        assert_eq!(usd("30"), Ok(3_000));
        assert_eq!(usd("0.01"), Ok(1));
        assert_eq!(usd("30.0100"), Ok(3_001));
    }

    #[test]
    fn too_many_digits_are_an_error_and_not_a_rounding() {
        assert_eq!(usd("30.001"), Err(MoneyError::TooFine { unit: Currency::USD.into(), digits: 2 }));
        let yen: Currency = "JPY".parse().expect("JPY is in ISO 4217");
        assert_eq!(Money::parse("1.5", yen), Err(MoneyError::TooFine { unit: yen.into(), digits: 0 }));
        let dinar: Currency = "KWD".parse().expect("KWD is in ISO 4217");
        assert_eq!(Money::parse("0.001", dinar).map(Money::minor), Ok(1));
    }

    #[test]
    fn f17_a_sum_is_posted_as_few_amounts_as_it_takes() {
        let parts = |sum: i128| Money::parts(sum, Currency::USD).iter().map(|part| part.minor()).collect::<Vec<_>>();
        assert!(parts(0).is_empty());
        assert_eq!(parts(AMOUNT_MAX.into()), [AMOUNT_MAX]);
        assert_eq!(parts(2 * i128::from(AMOUNT_MAX) + 1), [AMOUNT_MAX, AMOUNT_MAX, 1]);
        assert_eq!(parts(i128::from(i64::MAX) + 1).len(), 1_025);
    }

    #[test]
    fn what_is_no_positive_decimal_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "١", "0x1", "NaN"] {
            assert_eq!(usd(text), Err(MoneyError::NotDecimal), "{text}");
        }
        assert_eq!(usd("0.00"), Err(MoneyError::NotPositive));
        assert_eq!(usd("99999999999999999.99"), Err(MoneyError::TooLarge));
        assert_eq!(usd("99999999999999999999999999999"), Err(MoneyError::TooLarge));
        assert_eq!("XAU".parse::<Currency>(), Err(MoneyError::UnknownCurrency));
        assert_eq!("usd".parse::<Currency>(), Err(MoneyError::UnknownCurrency));
    }

    proptest! {
        #[test]
        fn every_amount_comes_back_from_its_text(minor in 1..=AMOUNT_MAX) {
            for code in ["USD", "JPY", "KWD", "CLF"] {
                let currency: Currency = code.parse().expect("in ISO 4217");
                let money = Money::from_minor(minor, currency).expect("in bounds");
                prop_assert_eq!(Money::parse(&currency.format(minor), currency), Ok(money));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,60}") {
            let _ = Money::parse(&text, Currency::USD);
        }
    }
}
