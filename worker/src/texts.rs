//! What mails say, in the language of who gets them: one text a name, in `texts/en` and `texts/de`.
//!
//! A mail is made of texts and of values that are written only when it is known who reads them: the same amount is `1,200.00 USD` for
//! one and `1.200,00 USD` for another.

use catalogue::{Catalogue, FluentValue, files};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::calendar::Interval;
use ledger::money::{Money, Unit};
pub(crate) use ledger::parties::rules::language::Language;
use ledger::parties::rules::role::Role;
use ledger::pledging::rules::conversion::rate;
use ledger::pledging::rules::plan_change::Terms;
use std::sync::LazyLock;

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(&FILES));

/// The files, in English and in German.
static FILES: [(&str, &str); 12] = files![
    "books",
    "challenges",
    "cooperatives",
    "facts",
    "frame",
    "milestones",
    "notices",
    "parties",
    "partners",
    "payouts",
    "pledging",
    "why"
];

/// What stands in a mail and is no text of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// As it is: a name, an id, what somebody wrote.
    Text(String),
    /// A whole number, by which a text may choose its words.
    Number(i64),
    /// A sum of minor units, which may be zero.
    Amount(i128, Unit),
    /// A decimal without a unit, such as hours or a rate.
    Decimal(String),
    /// A day.
    Day(Date),
    /// A moment to the minute, in UTC.
    Moment(Timestamp),
    /// A text of ours.
    Said(Said),
}

impl Value {
    /// A sum of minor units, which may be zero.
    pub(crate) fn sum(minor: impl Into<i128>, unit: impl Into<Unit>) -> Value {
        Value::Amount(minor.into(), unit.into())
    }

    /// Nothing to say.
    pub(crate) fn none() -> Value {
        Value::Text(String::new())
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) | Value::Decimal(text) => text.is_empty(),
            Value::Number(_) | Value::Amount(..) | Value::Day(_) | Value::Moment(_) | Value::Said(_) => false,
        }
    }

    /// As a language writes it.
    pub(crate) fn written(&self, language: Language) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Amount(minor, unit) => format!("{} {}", language.decimal(&unit.format(*minor)), unit.code()),
            Value::Decimal(decimal) => language.decimal(decimal),
            Value::Day(day) => language.day(*day),
            Value::Moment(at) => {
                let at = at.to_zoned(TimeZone::UTC);
                format!("{}, {} UTC", language.day(at.date()), at.strftime("%H:%M"))
            }
            Value::Said(said) => said.written(language),
        }
    }

    /// All values that stand in it, and itself.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<Value> {
        let within = match self {
            Value::Said(said) => said.all(),
            Value::Text(_)
            | Value::Number(_)
            | Value::Amount(..)
            | Value::Decimal(_)
            | Value::Day(_)
            | Value::Moment(_) => Vec::new(),
        };
        [within, vec![self.clone()]].concat()
    }

    fn in_text(&self, language: Language) -> FluentValue<'static> {
        match self {
            Value::Number(number) => FluentValue::from(*number),
            Value::Text(_)
            | Value::Amount(..)
            | Value::Decimal(_)
            | Value::Day(_)
            | Value::Moment(_)
            | Value::Said(_) => FluentValue::from(self.written(language)),
        }
    }
}

macro_rules! values {
    ($($kind:ty => |$it:ident| $value:expr),+ $(,)?) => {
        $(impl From<$kind> for Value {
            fn from($it: $kind) -> Value {
                $value
            }
        })+
    };
}

values! {
    &str => |text| Value::Text(text.to_owned()),
    &String => |text| Value::Text(text.clone()),
    String => |text| Value::Text(text),
    i64 => |number| Value::Number(number),
    i32 => |number| Value::Number(number.into()),
    Money => |money| Value::sum(money.minor(), money.currency()),
    Date => |day| Value::Day(day),
    Timestamp => |at| Value::Moment(at),
    Said => |said| Value::Said(said),
    &Value => |value| value.clone(),
}

/// A text with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    id: &'static str,
    values: Vec<(&'static str, Value)>,
}

/// The text of this name.
pub(crate) fn say(id: &'static str) -> Said {
    Said { id, values: Vec::new() }
}

impl Said {
    /// With a value: the text has it as `{ $name }`.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Said {
        self.values.push((name, value.into()));
        self
    }

    /// All values that stand in it.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<Value> {
        self.values.iter().flat_map(|(_, value)| value.all()).collect()
    }

    /// In a language.
    pub(crate) fn written(&self, language: Language) -> String {
        let values: Vec<_> = self.values.iter().map(|(name, value)| (*name, value.in_text(language))).collect();
        TEXTS.written(language, self.id, &values)
    }
}

/// A role, as one is invited to it.
pub(crate) fn role(role: Role) -> Said {
    match role {
        Role::Owner => say("facts-role-owner"),
        Role::Treasurer => say("facts-role-treasurer"),
        Role::Approver => say("facts-role-approver"),
        Role::Reviewer => say("facts-role-reviewer"),
        Role::Judge => say("facts-role-judge"),
        Role::Auditor => say("facts-role-auditor"),
        Role::Member => say("facts-role-member"),
    }
}

/// From one day to another.
pub(crate) fn period(from: Date, to: Date) -> Value {
    say("facts-from-to").with("from", from).with("to", to).into()
}

/// What is collected, and how often.
pub(crate) fn terms(terms: Terms) -> Value {
    let said = match terms.interval {
        Interval::Month => say("pledging-terms-month"),
        Interval::Quarter => say("pledging-terms-quarter"),
        Interval::Year => say("pledging-terms-year"),
    };
    said.with("amount", terms.amount).into()
}

/// An amount with what the donor paid for it in another currency, if they did: `53.75 EUR (50.00 CHF at 1.0750000000)`.
pub(crate) fn paid(amount: Money, original: Option<Money>) -> Value {
    let Some(original) = original else { return amount.into() };
    let said = say("pledging-converted").with("amount", amount).with("original", original);
    said.with("rate", Value::Decimal(rate(original, amount))).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::money::Currency;

    #[test]
    fn values_are_written_as_the_language_of_who_reads_writes_them() {
        let written = |value: Value| Language::ALL.map(|language| value.written(language));
        let amount = Money::from_minor(120_050, Currency::USD).unwrap();
        assert_eq!(written(amount.into()), ["1,200.50 USD", "1.200,50 USD"]);
        assert_eq!(written(Value::sum(0, Currency::USD)), ["0.00 USD", "0,00 USD"]);
        assert_eq!(written(Value::Decimal("1560.00".into())), ["1,560.00", "1.560,00"]);
        assert_eq!(written(jiff::civil::date(2027, 3, 1).into()), ["1 March 2027", "1. März 2027"]);
        let at: Timestamp = "2027-03-01T09:05:00Z".parse().unwrap();
        assert_eq!(written(at.into()), ["1 March 2027, 09:05 UTC", "1. März 2027, 09:05 UTC"]);
        assert!(Value::none().is_empty() && !Value::from("x").is_empty());
    }
}
