//! An amount in a document of rules: `{"amount": "50.00", "currency": "USD"}`.

use crate::money::{Currency, Money};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    amount: String,
    currency: String,
}

pub(super) fn serialize<S: serde::Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    let currency = money.currency();
    Text { amount: currency.format(money.minor()), currency: currency.code().to_owned() }.serialize(serializer)
}

pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let currency: Currency = text.currency.parse().map_err(D::Error::custom)?;
    Money::parse(&text.amount, currency).map_err(D::Error::custom)
}
