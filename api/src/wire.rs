//! How values look on the wire: money, bounded texts, versions.

use crate::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use jiff::civil::{Date, date};
use ledger::money::{Currency, Money, MoneyError, Unit, WrittenAmount};
use ledger::parties::rules::role::Email;
use ledger::text;
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use std::ops::RangeInclusive;
use utoipa::{IntoParams, ToSchema};

/// An amount: a decimal string with at most the digits of the currency, and the currency's code of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// More than zero; a JSON number is refused.
    #[schema(example = "250000.00", pattern = r"^[0-9]{1,16}(\.[0-9]{1,4})?$", max_length = 21)]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

impl MoneyBody {
    /// Whether it is written as the contract wants it, whatever it comes to.
    pub fn check_shape(&self, pointer: &str) -> Result<(), Problem> {
        parse_currency(&format!("{pointer}/currency"), &self.currency)?;
        let (whole, fraction) = self.amount.split_once('.').unwrap_or((&self.amount, "0"));
        if are_digits(whole, 16) && are_digits(fraction, 4) {
            return Ok(());
        }
        Err(Problem::invalid(format!("{pointer}/amount"), "1 to 16 digits, and 1 to 4 behind a point"))
    }

    /// The amount. `pointer` is where this body stands, such as `/amount`.
    pub fn parse(&self, pointer: &str) -> Result<Money, Problem> {
        let currency = parse_currency(&format!("{pointer}/currency"), &self.currency)?;
        Money::parse(&self.amount, currency)
            .map_err(|error| Problem::invalid(format!("{pointer}/amount"), error.to_string()))
    }
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> MoneyBody {
        BalanceBody::new(money.minor(), money.currency()).into()
    }
}

/// An amount that an account is moved by: a decimal string with at most the digits of the account's currency or unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Amount)]
pub struct AmountBody {
    /// More than zero; a JSON number is refused.
    #[schema(example = "7.50", pattern = r"^[0-9]{1,16}(\.[0-9]{1,8})?$", max_length = 25)]
    pub amount: String,
    /// ISO 4217, or a unit of the book.
    #[schema(example = "HOURS", pattern = "^[A-Z][A-Z0-9._-]{1,15}$")]
    pub currency: String,
}

impl AmountBody {
    /// Whether it is written as the contract wants it, whatever the unit is.
    pub fn check_shape(&self, pointer: &str) -> Result<(), Problem> {
        let (whole, fraction) = self.amount.split_once('.').unwrap_or((&self.amount, "0"));
        if !are_digits(whole, 16) || !are_digits(fraction, 8) {
            let message = "1 to 16 digits, and 1 to 8 behind a point";
            return Err(Problem::invalid(format!("{pointer}/amount"), message));
        }
        let is_first = |byte: &u8| byte.is_ascii_uppercase();
        let is_rest = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"._-".contains(byte);
        match self.currency.as_bytes() {
            [first, rest @ ..] if is_first(first) && (1..=15).contains(&rest.len()) && rest.iter().all(is_rest) => {
                Ok(())
            }
            _ => Err(Problem::invalid(format!("{pointer}/currency"), "a code such as USD, or of a unit of the book")),
        }
    }
}

fn are_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl From<AmountBody> for WrittenAmount {
    fn from(body: AmountBody) -> WrittenAmount {
        WrittenAmount { digits: body.amount, unit: body.currency }
    }
}

/// A balance or a sum, which may be zero or less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Balance)]
pub struct BalanceBody {
    /// Signed, with all digits of the currency or unit.
    #[schema(example = "-0.05", pattern = r"^-?[0-9]+(\.[0-9]{1,8})?$")]
    pub amount: String,
    /// ISO 4217, or a unit of the book.
    #[schema(example = "USD", pattern = "^[A-Z][A-Z0-9._-]{1,15}$")]
    pub currency: String,
}

impl BalanceBody {
    /// From minor units: those of an account, or a sum over many, which has 128 bits.
    pub fn new(minor: impl Into<i128>, unit: impl Into<Unit>) -> BalanceBody {
        let unit = unit.into();
        BalanceBody { amount: unit.format(minor), currency: unit.code().to_owned() }
    }
}

impl From<BalanceBody> for MoneyBody {
    fn from(balance: BalanceBody) -> MoneyBody {
        MoneyBody { amount: balance.amount, currency: balance.currency }
    }
}

/// Minor units, which may be zero or less, from a decimal with at most the digits of the currency or unit.
pub fn parse_balance(pointer: &'static str, text: &str, unit: Unit) -> Result<i64, ledger::Error> {
    unit.parse_signed(text).map_err(|error| ledger::Error::invalid(pointer, error.to_string()))
}

/// A word of a closed set, or the one that stands for none.
pub fn word_or<T>(pointer: &str, given: Option<&str>, none: T) -> Result<T, Problem>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    given.map_or(Ok(none), |given| parse(pointer, given))
}

/// A currency by its code.
pub fn parse_currency(pointer: &str, code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|error: MoneyError| Problem::invalid(pointer, error.to_string()))
}

/// A text of one line, within the bounds of its kind ([`ledger::text`]).
/// Write the same bounds into the schema: `#[schema(min_length = 1, max_length = 200)]`.
pub fn bounded(pointer: &str, text: &str, length: RangeInclusive<usize>) -> Result<String, Problem> {
    text::line(text, length).map_err(|wrong| Problem::invalid(pointer, wrong.to_string()))?;
    Ok(text.to_owned())
}

/// A text of several lines, within the bounds of its kind.
pub fn paragraphs(pointer: &str, text: &str, length: RangeInclusive<usize>) -> Result<String, Problem> {
    text::paragraphs(text, length).map_err(|wrong| Problem::invalid(pointer, wrong.to_string()))?;
    Ok(text.to_owned())
}

/// A value whose `FromStr` says what is wrong: an id, a role, an address.
pub fn parse<T>(pointer: &str, text: &str) -> Result<T, Problem>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Problem::invalid(pointer, error.to_string()))
}

/// An e-mail address that need not be given: empty then.
pub fn email_or_none(pointer: &str, text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let email: Email = parse(pointer, text)?;
    Ok(email.as_str().to_owned())
}

/// The first day of every book: before it, nothing can count.
const FIRST_DAY: Date = date(1, 1, 2);

/// A day on which something counts in a book.
pub fn book_day(pointer: &str, day: Date) -> Result<Date, Problem> {
    if day >= FIRST_DAY { Ok(day) } else { Err(Problem::invalid(pointer, format!("books begin on {FIRST_DAY}"))) }
}

/// The strong `ETag` of a version, quotes included.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version that the caller has seen, from `If-Match`. Missing: 428; no tag of ours: 412.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<IfMatch, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(tag) = request.headers().get(IF_MATCH) else {
            let detail = "send the ETag of your last reading in If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return ready(Err(Problem::new(status, "if-match-missing", "If-Match is missing", detail)));
        };
        let version = tag
            .to_str()
            .ok()
            .and_then(|tag| tag.strip_prefix("\"v")?.strip_suffix('"'))
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        ready(version.map(IfMatch).ok_or_else(|| ledger::Error::Stale("thing").into()))
    }
}

/// Which page of a book's list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfBook {
    /// The book.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    pub(crate) book: String,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub(crate) cursor: Option<String>,
}

/// Why a state changes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeStateRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    pub(crate) reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn pointer(problem: &Problem) -> &str {
        &problem.body().errors[0].pointer
    }

    #[test]
    fn money_names_the_field_that_is_wrong() {
        let body = |amount: &str, currency: &str| MoneyBody { amount: amount.into(), currency: currency.into() };
        assert_eq!(body("30.00", "USD").parse("/amount").unwrap().minor(), 3_000);
        assert_eq!(pointer(&body("30.001", "USD").parse("/amount").unwrap_err()), "/amount/amount");
        assert_eq!(pointer(&body("30", "ZZZ").parse("/amount").unwrap_err()), "/amount/currency");
        assert!(serde_json::from_str::<MoneyBody>(r#"{"amount": 30.0, "currency": "USD"}"#).is_err());
    }

    #[test]
    fn a_balance_has_a_sign_and_may_be_zero() {
        let usd = |text| {
            parse_balance("/floor", text, Currency::USD.into()).map_err(|error| Problem::from(error).body().status)
        };
        assert_eq!((usd("-0.05"), usd("0.00"), usd("30"), usd("-0")), (Ok(-5), Ok(0), Ok(3_000), Ok(0)));
        for wrong in ["--1", "", "-", "1.001", "1e3"] {
            assert_eq!(usd(wrong), Err(422), "{wrong}");
        }
        let hours = BalanceBody::new(7, Unit::own("HOURS", 1).unwrap());
        assert_eq!((hours.amount.as_str(), hours.currency.as_str()), ("0.7", "HOURS"));
        assert_eq!(BalanceBody::new(-5, Currency::USD).amount, "-0.05");
    }

    #[test]
    fn a_text_keeps_its_bounds_in_characters() {
        assert_eq!(bounded("/name", "Ünïcode", 1..=7).unwrap(), "Ünïcode");
        assert_eq!(pointer(&bounded("/name", "", 1..=7).unwrap_err()), "/name");
        assert!(bounded("/name", "12345678", 1..=7).is_err());
        assert!(bounded("/name", "a\nb", 1..=7).is_err() && bounded("/name", "a\0", 1..=7).is_err());
        assert!(paragraphs("/text", "a\nb", 1..=7).is_ok() && paragraphs("/text", "a\0", 1..=7).is_err());
    }

    #[actix_web::test]
    async fn a_change_needs_the_tag_of_the_last_reading() {
        let status = async |tag: Option<&str>| {
            let mut request = TestRequest::default();
            if let Some(tag) = tag {
                request = request.insert_header((IF_MATCH, tag));
            }
            IfMatch::extract(&request.to_http_request()).await.map_err(|problem| problem.body().status)
        };
        assert_eq!(status(Some("\"v7\"")).await, Ok(IfMatch(7)));
        assert_eq!(status(None).await, Err(428));
        for other in ["v7", "\"7\"", "W/\"v7\"", "*", "\"v-7\"", "\"v\""] {
            assert_eq!(status(Some(other)).await, Err(412), "{other}");
        }
    }
}
