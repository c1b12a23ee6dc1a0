//! What an account is kept in: a currency of ISO 4217, or a unit of its book, such as hours or points.

use super::{AMOUNT_MAX, Currency, Money, MoneyError};
use std::fmt;
use std::sync::Arc;

/// The longest code of a unit.
const CODE_MAX: usize = 16;

/// The most digits behind the point that a unit of a book may have.
pub const EXPONENT_MAX: u8 = 8;

/// A currency, or a unit of a book: its code and how many digits stand behind the decimal point.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    /// Zeros stand behind a shorter code: codes have none, so that the order is that of the texts.
    code: [u8; CODE_MAX],
    exponent: u8,
}

/// Why a unit of a book was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The code has another shape.
    #[error("2 to 16 of A-Z, 0-9, '.', '_' and '-', a letter first")]
    Code,
    /// The code is one of ISO 4217.
    #[error("codes of ISO 4217 are currencies: accounts are kept in them without more ado")]
    IsCurrency,
    /// More than [`EXPONENT_MAX`] digits.
    #[error("0 to {EXPONENT_MAX} digits behind the point")]
    Exponent,
}

impl Unit {
    /// A unit of a book. Its code is none of ISO 4217, also none that has no minor units.
    pub fn own(code: &str, exponent: u8) -> Result<Unit, UnitError> {
        if iso_currency::Currency::from_code(code).is_some() {
            return Err(UnitError::IsCurrency);
        }
        Unit::kept(code, exponent)
    }

    /// A unit of a book as it was written when it was made: a code that ISO 4217 took later stays the book's own.
    pub fn kept(code: &str, exponent: u8) -> Result<Unit, UnitError> {
        let bytes = code.as_bytes();
        let fits = (2..=CODE_MAX).contains(&bytes.len())
            && bytes[0].is_ascii_uppercase()
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"._-".contains(byte));
        if !fits {
            return Err(UnitError::Code);
        }
        if exponent > EXPONENT_MAX {
            return Err(UnitError::Exponent);
        }
        Ok(Unit::padded(bytes, exponent))
    }

    fn padded(bytes: &[u8], exponent: u8) -> Unit {
        let mut code = [0; CODE_MAX];
        for (place, byte) in code.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Unit { code, exponent }
    }

    /// The code: `USD`, `HOURS`.
    pub fn code(&self) -> &str {
        let length = self.code.iter().position(|byte| *byte == 0).unwrap_or(CODE_MAX);
        std::str::from_utf8(&self.code[..length]).unwrap_or_default()
    }

    /// How many digits stand behind the decimal point.
    pub fn exponent(self) -> u32 {
        u32::from(self.exponent)
    }

    /// A signed number of minor units, an amount or a sum, as a decimal string with all its digits: `-0.05`.
    pub fn format(self, minor: impl Into<i128>) -> String {
        let minor = minor.into();
        let (sign, digits) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
        match self.exponent() {
            0 => format!("{sign}{digits}"),
            exponent => {
                let one = 10u128.pow(exponent);
                format!("{sign}{}.{:0width$}", digits / one, digits % one, width = exponent as usize)
            }
        }
    }

    /// Minor units of a positive decimal string, `1..=AMOUNT_MAX`. Too many digits are an error, never a rounding.
    pub fn parse(self, text: &str) -> Result<i64, MoneyError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(MoneyError::NotDecimal),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || text.len() > 40 || !digits(whole) || !digits(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        let exponent = self.exponent();
        let significant = fraction.trim_end_matches('0');
        if significant.len() > exponent as usize {
            return Err(MoneyError::TooFine { unit: self, digits: exponent });
        }
        let padded = format!("{whole}{significant:0<width$}", width = exponent as usize);
        in_bounds(padded.parse().map_err(|_| MoneyError::TooLarge)?)
    }

    /// Minor units of a decimal string that may have a sign or be zero: a floor.
    pub fn parse_signed(self, text: &str) -> Result<i64, MoneyError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        match self.parse(digits) {
            Ok(minor) => Ok(sign * minor),
            Err(MoneyError::NotPositive) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Checks that minor units are `1..=AMOUNT_MAX`.
pub(super) fn in_bounds(minor: i64) -> Result<i64, MoneyError> {
    match minor {
        ..=0 => Err(MoneyError::NotPositive),
        1..=AMOUNT_MAX => Ok(minor),
        _ => Err(MoneyError::TooLarge),
    }
}

impl From<Currency> for Unit {
    fn from(currency: Currency) -> Unit {
        // The exponents of ISO 4217 are at most 4.
        Unit::padded(currency.code().as_bytes(), u8::try_from(currency.exponent()).unwrap_or(u8::MAX))
    }
}

impl From<Unit> for Arc<str> {
    fn from(unit: Unit) -> Arc<str> {
        Arc::from(unit.code())
    }
}

impl PartialEq<Currency> for Unit {
    fn eq(&self, currency: &Currency) -> bool {
        *self == Unit::from(*currency)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code(), self.exponent)
    }
}

/// An amount as somebody writes it, before anything says how many digits its unit has: the account that it moves does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenAmount {
    /// A decimal string.
    pub digits: String,
    /// Code of a currency or unit.
    pub unit: String,
}

impl From<Money> for WrittenAmount {
    fn from(money: Money) -> WrittenAmount {
        WrittenAmount { digits: money.currency().format(money.minor()), unit: money.currency().code().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(code: &str, exponent: u8) -> Unit {
        Unit::own(code, exponent).expect("a unit")
    }

    #[test]
    fn a_unit_has_the_shape_of_a_code_and_is_no_currency() {
        assert_eq!(unit("HOURS", 2).code(), "HOURS");
        assert_eq!(unit("A234567890.2-4_6", 8).code(), "A234567890.2-4_6");
        for code in ["", "H", "hours", "1HOUR", "HOURS ", "-AB", "HÖURS", "A2345678901234567"] {
            assert_eq!(Unit::own(code, 0), Err(UnitError::Code), "{code}");
        }
        for code in ["USD", "JPY", "XAU"] {
            assert_eq!(Unit::own(code, 2), Err(UnitError::IsCurrency), "{code}");
        }
        assert_eq!(Unit::own("HOURS", 9), Err(UnitError::Exponent));
    }

    #[test]
    fn a_unit_counts_with_its_own_number_of_digits() {
        let (hours, points) = (unit("HOURS", 2), unit("POINTS", 0));
        assert_eq!((hours.parse("7.5"), hours.format(750)), (Ok(750), "7.50".into()));
        assert_eq!(hours.parse("7.555"), Err(MoneyError::TooFine { unit: hours, digits: 2 }));
        assert_eq!((points.parse("12"), points.format(-12)), (Ok(12), "-12".into()));
        assert_eq!(points.parse("12.5"), Err(MoneyError::TooFine { unit: points, digits: 0 }));
        assert_eq!(unit("BEANS", 8).format(1), "0.00000001");
        assert_eq!((hours.parse_signed("-0.05"), hours.parse_signed("0")), (Ok(-5), Ok(0)));
        assert_eq!(hours.parse("0"), Err(MoneyError::NotPositive));
    }

    #[test]
    fn a_currency_is_a_unit() {
        assert_eq!((Unit::from(Currency::USD).code(), Unit::from(Currency::USD).exponent()), ("USD", 2));
        assert_eq!(Unit::kept("USD", 2), Ok(Unit::from(Currency::USD)));
        assert!(Unit::from(Currency::EUR) == Currency::EUR && Unit::from(Currency::EUR) != Currency::USD);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 1..=AMOUNT_MAX, exponent in 0..=EXPONENT_MAX) {
            let unit = unit("HOURS", exponent);
            prop_assert_eq!(unit.parse(&unit.format(minor)), Ok(minor));
        }

        #[test]
        fn units_stand_in_the_order_of_their_codes(a in "[A-Z][A-Z0-9._-]{3,15}", b in "[A-Z][A-Z0-9._-]{3,15}") {
            prop_assert_eq!(unit(&a, 1).cmp(&unit(&b, 1)), a.cmp(&b));
        }
    }
}
