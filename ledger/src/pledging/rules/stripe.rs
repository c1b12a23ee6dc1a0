//! What is Stripe's own about a payment: how it names a means of payment, how it counts amounts, and which events it tells of.

use crate::error::Error;
use crate::money::{Currency, Money};
use crate::words::words;
use std::fmt;
use std::str::FromStr;

/// The most letters of one of Stripe's ids.
const ID_MAX: usize = 90;

/// A donor's means of payment at Stripe, written `cus_…/pm_…`: the customer, and the method that is attached to it. Stripe lets a
/// method without a customer be charged once, and so neither retries a declined payment nor keeps a plan with it: such a
/// one is refused.
#[derive(Clone, PartialEq, Eq)]
pub struct StripeToken {
    /// The customer, `cus_…`.
    pub customer: String,
    /// Its means of payment, `pm_…`.
    pub method: String,
}

/// Without what it says, so that no log can print it.
impl fmt::Debug for StripeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a means of payment at Stripe")
    }
}

impl FromStr for StripeToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<StripeToken, Error> {
        let parts = text.split_once('/').filter(|(customer, method)| is_id(customer, "cus_") && is_id(method, "pm_"));
        let (customer, method) = parts.ok_or_else(|| {
            Error::invalid("/token", "must be a customer of Stripe and the means of payment attached to it: cus_…/pm_…")
        })?;
        Ok(StripeToken { customer: customer.to_owned(), method: method.to_owned() })
    }
}

/// Whether a text is one of Stripe's ids with this prefix: nothing that could be more than a part of a path.
pub fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).filter(|rest| !rest.is_empty() && rest.len() <= ID_MAX);
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// An amount that Stripe does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Stripe takes {currency} in steps of {step}")]
pub struct NotTaken {
    currency: Currency,
    step: String,
}

/// Currencies that Stripe counts whole. From <https://docs.stripe.com/currencies#zero-decimal>, without the ugx of that list, which
/// <https://docs.stripe.com/currencies#special-cases> takes out again.
const WHOLE: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];

/// Currencies that Stripe counts in thousandths, of which the last digit must be 0:
/// <https://docs.stripe.com/currencies#three-decimal>.
const THOUSANDTHS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// Currencies without digits that Stripe counts in hundredths all the same: <https://docs.stripe.com/currencies#special-cases>. (Of
/// HUF and TWD, which stand there too, only payouts are whole.)
const WHOLE_IN_HUNDREDTHS: &[&str] = &["ISK", "UGX"];

/// How many of Stripe's units make one whole of a currency, and in which steps it takes them.
fn counting(currency: Currency) -> (i64, i64) {
    match currency.code() {
        code if WHOLE.contains(&code) => (1, 1),
        code if THOUSANDTHS.contains(&code) => (1_000, 10),
        code if WHOLE_IN_HUNDREDTHS.contains(&code) => (100, 100),
        _ => (100, 1),
    }
}

/// How many of our minor units make one whole of a currency.
fn whole(currency: Currency) -> i64 {
    10_i64.pow(currency.exponent())
}

/// An amount as Stripe counts it. Nothing is rounded.
///
/// # Errors
///
/// [`NotTaken`] for a part that Stripe does not take, such as 0.005 KWD.
pub fn units(amount: Money) -> Result<i64, NotTaken> {
    let currency = amount.currency();
    let (in_whole, step) = counting(currency);
    let exact = i128::from(amount.minor()) * i128::from(in_whole);
    let whole = i128::from(whole(currency));
    let units = i64::try_from(exact / whole).ok().filter(|units| exact % whole == 0 && units % step == 0);
    units.ok_or_else(|| {
        let step = i128::from(step) * whole / i128::from(in_whole);
        NotTaken { currency, step: currency.format(step.max(1)) }
    })
}

/// An amount that Stripe has counted.
///
/// # Errors
///
/// [`Error::Inconsistent`] when it is no amount of the currency.
pub fn from_units(units: i64, currency: Currency) -> Result<Money, Error> {
    let (in_whole, _) = counting(currency);
    let exact = i128::from(units) * i128::from(whole(currency));
    let minor = i64::try_from(exact / i128::from(in_whole)).ok().filter(|_| exact % i128::from(in_whole) == 0);
    let amount = minor.and_then(|minor| Money::from_minor(minor, currency).ok());
    amount.ok_or_else(|| Error::inconsistent(format!("{units} is no amount that Stripe counts in {currency}")))
}

words! {
    /// An event of Stripe that says something about our money. Others are kept and ignored.
    EventKind, "kind of event" {
        /// A payment was taken.
        PaymentSucceeded = "payment_intent.succeeded",
        /// A payment was declined.
        PaymentFailed = "payment_intent.payment_failed",
        /// A payment was given up.
        PaymentCanceled = "payment_intent.canceled",
        /// Something of a payment went back.
        ChargeRefunded = "charge.refunded",
        /// A refund was made.
        RefundCreated = "refund.created",
        /// A refund stands otherwise.
        RefundUpdated = "refund.updated",
        /// A refund did not arrive.
        RefundFailed = "refund.failed",
        /// A refund stands otherwise, in the words of older accounts.
        ChargeRefundUpdated = "charge.refund.updated",
        /// A donor's bank has taken a payment back.
        DisputeCreated = "charge.dispute.created",
        /// A dispute stands otherwise.
        DisputeUpdated = "charge.dispute.updated",
        /// A dispute is decided.
        DisputeClosed = "charge.dispute.closed",
        /// The money of a dispute was taken.
        DisputeFundsWithdrawn = "charge.dispute.funds_withdrawn",
        /// The money of a dispute was given back.
        DisputeFundsReinstated = "charge.dispute.funds_reinstated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, code: &str) -> Money {
        Money::parse(text, code.parse().expect("a currency")).expect("an amount")
    }

    #[test]
    fn amounts_are_counted_as_stripe_publishes_it_and_come_back_the_same() {
        let cases = [
            ("10.00", "USD", 1_000),
            ("500", "JPY", 500),
            ("5.12", "EUR", 512),
            ("5.120", "KWD", 5_120),
            ("5", "ISK", 500),
            ("5", "UGX", 500),
            ("10.45", "HUF", 1_045),
            ("10.45", "TWD", 1_045),
            ("7.00", "MGA", 7),
            ("7", "XOF", 7),
        ];
        for (text, code, counted) in cases {
            let amount = money(text, code);
            assert_eq!(units(amount), Ok(counted), "{text} {code}");
            assert_eq!(from_units(counted, amount.currency()).expect("an amount"), amount, "{text} {code}");
        }
    }

    #[test]
    fn what_stripe_does_not_take_is_refused_and_never_rounded() {
        assert_eq!(units(money("5.124", "KWD")).unwrap_err().to_string(), "Stripe takes KWD in steps of 0.010");
        assert_eq!(units(money("7.50", "MGA")).unwrap_err().to_string(), "Stripe takes MGA in steps of 1.00");
        assert!(from_units(150, "ISK".parse().expect("a currency")).is_err(), "a króna has no parts");
        assert!(from_units(0, Currency::USD).is_err());
    }

    #[test]
    fn a_token_is_a_customer_and_a_method_and_is_not_printed() {
        let token: StripeToken = "cus_Na1/pm_1Mx".parse().expect("a token");
        assert_eq!((token.customer.as_str(), token.method.as_str()), ("cus_Na1", "pm_1Mx"));
        assert!(!format!("{token:?}").contains("pm_1Mx"));
        for wrong in
            ["pm_1Mx", "cus_Na1", "cus_/pm_1", "cus_1/pm_", "cus_1/pm_1/2", "cus_1/card_1", "cus_1/pm_1?x=1", ""]
        {
            assert!(wrong.parse::<StripeToken>().is_err(), "{wrong}");
        }
    }
}
