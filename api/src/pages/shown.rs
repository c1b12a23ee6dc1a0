//! Figures, days and words as pages show them. Each is one value: `Display` writes it for people, serde for programs.

use crate::say;
use crate::texts::{self, Said, as_shown};
use crate::wire::BalanceBody;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::money::{Money, Unit};
use ledger::parties::rules::role::{OrganisationKind, Role};
use serde::{Serialize, Serializer};
use std::fmt;

as_shown!(Amount, Day);

/// A sum of a currency or unit. People read `3,000.00 USD`, or as their language writes it; programs an amount and its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    minor: i128,
    unit: Unit,
}

impl Amount {
    /// A sum of minor units, which may be zero or less.
    pub(super) fn of(minor: impl Into<i128>, unit: impl Into<Unit>) -> Amount {
        Amount { minor: minor.into(), unit: unit.into() }
    }

    /// In minor units.
    pub(super) fn minor(self) -> i128 {
        self.minor
    }

    /// What is left of it after another sum of the same currency.
    pub(super) fn less(self, other: Amount) -> Amount {
        Amount { minor: self.minor.saturating_sub(other.minor), unit: self.unit }
    }

    /// Without its currency, for a column whose head names it: `3,000.00`.
    pub(super) fn bare(self) -> String {
        texts::read().decimal(&self.unit.format(self.minor))
    }

    /// As a table of a program has it: `3000.00`.
    pub(super) fn plain(self) -> String {
        self.unit.format(self.minor)
    }

    /// The code of its currency or unit.
    pub(super) fn code(self) -> String {
        self.unit.code().to_owned()
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Amount {
        Amount::of(money.minor(), money.currency())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.bare(), self.unit.code())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BalanceBody::new(self.minor, self.unit).serialize(serializer)
    }
}

/// A day. People read `31 January 2027`; programs `2027-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) Date);

/// The code of an account, which breaks between its parts where a line is too short for all of it.
pub(super) struct Code<'a>(pub(super) &'a str);

impl askama::filters::HtmlSafe for Code<'_> {}

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = askama::filters::escape(self.0, askama::filters::Html).map_err(|_| fmt::Error)?;
        f.write_str(&escaped.to_string().replace(':', ":<wbr>"))
    }
}

/// A month and its year: `January 2027`.
pub(super) fn month_and_year(day: Date) -> String {
    format!("{} {}", texts::read().month(day), day.year())
}

/// The beginning of a month's name, below a bar.
pub(super) fn short_month(day: Date) -> String {
    texts::read().month(day).chars().take(3).collect()
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&texts::read().day(self.0))
    }
}

/// A moment as people read it: `31 January 2027, 14:05 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    format!("{}, {} UTC", Day(at.date()), at.strftime("%H:%M"))
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A kind of organisation in words.
pub(super) fn kind_in_words(kind: OrganisationKind) -> Said {
    match kind {
        OrganisationKind::Cooperative => say("organisation-kind-cooperative"),
        OrganisationKind::FiscalHost => say("organisation-kind-host"),
        OrganisationKind::ProjectTeam => say("organisation-kind-team"),
        OrganisationKind::Sponsor => say("organisation-kind-sponsor"),
        OrganisationKind::PartnerPlatform => say("organisation-kind-partner"),
        OrganisationKind::Enterprise => say("organisation-kind-enterprise"),
    }
}

/// A role in words.
pub(super) fn role_in_words(role: Role) -> Said {
    match role {
        Role::Owner => say("organisation-role-owner"),
        Role::Treasurer => say("organisation-role-treasurer"),
        Role::Approver => say("organisation-role-approver"),
        Role::Reviewer => say("organisation-role-reviewer"),
        Role::Judge => say("organisation-role-judge"),
        Role::Auditor => say("organisation-role-auditor"),
        Role::Member => say("organisation-role-member"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::money::Currency;

    #[test]
    fn a_code_breaks_between_its_parts_and_whatever_stands_in_it_is_escaped() {
        assert_eq!(Code("assets:cash:bank").to_string(), "assets:<wbr>cash:<wbr>bank");
        assert_eq!(Code("<b>:\"x").to_string(), "&#60;b&#62;:<wbr>&#34;x");
    }

    #[test]
    fn an_amount_is_grouped_for_people_and_a_decimal_string_for_programs() {
        let written =
            [0, 5, 99_999, 100_000, 123_456_789, -123_456].map(|minor| Amount::of(minor, Currency::USD).bare());
        assert_eq!(written, ["0.00", "0.05", "999.99", "1,000.00", "1,234,567.89", "\u{2212}1,234.56"]);
        let amount = Amount::of(i64::MIN, Currency::USD);
        assert_eq!(amount.to_string(), "\u{2212}92,233,720,368,547,758.08 USD");
        let json = serde_json::to_value(amount).unwrap();
        assert_eq!(json, serde_json::json!({"amount": "-92233720368547758.08", "currency": "USD"}));
        assert_eq!(Amount::of(1_234_567, "JPY".parse::<Currency>().unwrap()).to_string(), "1,234,567 JPY");
        assert_eq!((amount.plain(), amount.code()), ("-92233720368547758.08".into(), "USD".into()));
    }

    #[test]
    fn a_day_is_written_out_for_people_and_by_its_numbers_for_programs() {
        let day = Day(jiff::civil::date(2027, 1, 31));
        assert_eq!(
            (day.to_string(), serde_json::to_value(day).unwrap()),
            ("31 January 2027".into(), "2027-01-31".into())
        );
    }
}
