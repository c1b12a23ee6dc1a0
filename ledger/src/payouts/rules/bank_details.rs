//! What a bank account is: its holder, its number and an address in fields. Nothing here prints any of it.
//!
//! What no file for its bank could carry is refused when it is given, and not when a file is made.

use crate::error::Error;
use crate::payouts::files::latin::latin;
use crate::text;
use iban::{Iban, IbanLike};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most characters of the number of an account, or of the routing number of its bank.
const NUMBER_MAX: usize = 34;

/// The most characters of the number of an account in the ACH network, which all banks of the United States are in.
pub const ACH_NUMBER_MAX: usize = 17;

/// The number by which a bank knows an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// Of ISO 13616, without blanks.
    Iban(String),
    /// Where there is no IBAN: the number of the account, and that of its bank.
    Local {
        /// Letters and digits.
        account: String,
        /// Of the bank, such as an ABA number.
        routing: String,
    },
}

/// Where the holder of an account is, as bank files ask for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street and number; may be empty.
    pub street: String,
    /// May be empty.
    pub postal_code: String,
    /// The town.
    pub town: String,
    /// Of ISO 3166-1, two letters.
    pub country: String,
}

/// A bank account, as whoever pays needs it. It is kept sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankDetails {
    /// Whose account it is, as the bank has it.
    pub holder: String,
    /// Its number.
    pub number: Number,
    /// Where the holder is.
    pub address: Address,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for BankDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bank account")
    }
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a bank account")
    }
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address of a bank account")
    }
}

impl Number {
    /// From an IBAN as people write it: its length, its form and its check digits are looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/bank_details/iban`, without the number.
    pub fn iban(text: &str) -> Result<Number, Error> {
        let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let found: Result<Iban, _> = compact.to_ascii_uppercase().parse();
        match found {
            Ok(iban) => Ok(Number::Iban(iban.electronic_str().to_owned())),
            Err(_) => Err(Error::invalid("/bank_details/iban", "no IBAN: its check digits, or its form, are wrong")),
        }
    }

    /// From the number of an account and that of its bank, in a country. Of the United States the bank's number is looked at, its range and
    /// its check digit, and the account's is as long as the ACH network has room for.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/bank_details/account_number` or `/bank_details/routing_number`, without the number.
    pub fn local(account: &str, routing: &str, country: &str) -> Result<Number, Error> {
        let compact = |pointer: &'static str, text: &str, least: usize, most: usize| {
            let kept: String = text.chars().filter(|letter| *letter != ' ' && *letter != '-').collect();
            let is_word = kept.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
            if (least..=most).contains(&kept.len()) && is_word {
                Ok(kept)
            } else {
                Err(Error::invalid(pointer, format!("{least} to {most} digits and capital letters")))
            }
        };
        let is_us = country == "US";
        let most = if is_us { ACH_NUMBER_MAX } else { NUMBER_MAX };
        let account = compact("/bank_details/account_number", account, 4, most)?;
        let routing = compact("/bank_details/routing_number", routing, 3, NUMBER_MAX)?;
        if is_us && !is_aba(&routing) {
            let said = "no ABA number: nine digits, the first two of a range that is given out, the last a check";
            return Err(Error::invalid("/bank_details/routing_number", said));
        }
        Ok(Number::Local { account, routing })
    }

    /// The last four characters: all of it that anybody is shown.
    pub fn last_four(&self) -> String {
        let number = match self {
            Number::Iban(number) | Number::Local { account: number, .. } => number,
        };
        number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }
}

/// Whether an ABA number may be one: its first two digits are of a range that is given out, and the digits by 3, 7, 1 in turn add up to
/// tens.
fn is_aba(routing: &str) -> bool {
    let digits: Option<Vec<u32>> = routing.chars().map(|letter| letter.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let weighed: u32 = digits.iter().zip([3, 7, 1].iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        let range = digits.iter().take(2).fold(0, |number, digit| number * 10 + digit);
        let is_given_out = matches!(range, 0..=12 | 21..=32 | 61..=72 | 80);
        digits.len() == 9 && is_given_out && weighed > 0 && weighed.is_multiple_of(10)
    })
}

impl BankDetails {
    /// With the texts of holder and address looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at the field that is wrong.
    pub fn new(holder: String, number: Number, address: Address) -> Result<BankDetails, Error> {
        let line = |pointer: &'static str, text: &str, length| {
            text::line(text, length).map_err(|wrong| Error::invalid(pointer, wrong.to_string()))
        };
        line("/bank_details/holder", &holder, 1..=70)?;
        line("/bank_details/address/street", &address.street, 0..=70)?;
        line("/bank_details/address/postal_code", &address.postal_code, 0..=16)?;
        line("/bank_details/address/town", &address.town, 1..=35)?;
        for (pointer, text) in [("/bank_details/holder", &holder), ("/bank_details/address/town", &address.town)] {
            if latin(text, 70).is_empty() {
                return Err(Error::invalid(pointer, "it has no letter or digit that a bank could read"));
            }
        }
        check_country("/bank_details/address/country", &address.country)?;
        Ok(BankDetails { holder, number, address })
    }

    /// Refuses a country of the bank that is not that of its IBAN.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/country`.
    pub fn check_bank(&self, country: &str) -> Result<(), Error> {
        check_country("/country", country)?;
        match &self.number {
            Number::Iban(number) if !number.starts_with(country) => {
                Err(Error::invalid("/country", "the IBAN is of another country"))
            }
            Number::Iban(_) | Number::Local { .. } => Ok(()),
        }
    }
}

fn check_country(pointer: &'static str, country: &str) -> Result<(), Error> {
    if country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Error::invalid(pointer, "a country of ISO 3166-1: two capital letters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address { street: "Werkweg 3".into(), postal_code: "10115".into(), town: "Berlin".into(), country: "DE".into() }
    }

    #[test]
    fn an_iban_is_taken_as_people_write_it_and_refused_with_one_digit_wrong() {
        let number = Number::iban("de89 3704 0044 0532 0130 00").unwrap();
        assert_eq!(
            (number.last_four().as_str(), number.clone()),
            ("3000", Number::Iban("DE89370400440532013000".into()))
        );
        for wrong in ["DE89370400440532013001", "DE8937040044053201300", "", "DE", "GB82WEST1234569876543", "ü"] {
            let refused = Number::iban(wrong).unwrap_err().to_string();
            assert!(
                refused.contains("/bank_details/iban") && (wrong.len() < 4 || !refused.contains(wrong)),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_routing_number_of_the_united_states_has_its_check_digit() {
        assert_eq!(Number::local("000123456789", "021000021", "US").unwrap().last_four(), "6789");
        for wrong in ["021000022", "02100002", "0210000210", "000000000", "02100002A", "990000003", "130000006"] {
            assert!(Number::local("000123456789", wrong, "US").is_err(), "{wrong}");
        }
        let seventeen = "12345678901234567";
        assert!(Number::local(seventeen, "021000021", "US").is_ok(), "as long as the network has room for");
        let refused = Number::local(&format!("{seventeen}8"), "021000021", "US").unwrap_err().to_string();
        assert!(refused.contains("/bank_details/account_number") && !refused.contains(seventeen), "{refused}");
        assert!(Number::local(&format!("{seventeen}8"), "123456", "NZ").is_ok(), "elsewhere it is no bound");
        assert!(
            Number::local("12-3456-0789012-00", "123456", "NZ").is_ok(),
            "of other countries only the form is known"
        );
        for wrong in ["123", "12 34 ü", "1234567890123456789012345678901234567890"] {
            assert!(Number::local(wrong, "123456", "NZ").is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_country_of_an_iban_is_that_of_its_bank_and_nothing_of_an_account_is_printed() {
        let number = Number::iban("DE89370400440532013000").unwrap();
        let details = BankDetails::new("Drill Team e.V.".into(), number, address()).unwrap();
        assert!(
            details.check_bank("DE").is_ok() && details.check_bank("FR").is_err() && details.check_bank("de").is_err()
        );
        let shown = format!("{details:?} {:?} {:?}", details.number, details.address);
        for told in ["3000", "0532", "Drill", "Berlin"] {
            assert!(!shown.contains(told), "{shown}");
        }
        let hostile = Address { town: "Ber\u{202e}lin".into(), ..address() };
        assert!(BankDetails::new("Drill Team".into(), details.number.clone(), hostile).is_err());
        for nothing in ["...", "&&", "\u{e000}"] {
            let refused = BankDetails::new(nothing.into(), details.number.clone(), address()).unwrap_err().to_string();
            assert!(refused.contains("/bank_details/holder"), "a bank could read nothing of it: {refused}");
        }
    }
}
