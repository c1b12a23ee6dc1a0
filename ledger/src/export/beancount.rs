//! The syntax of Beancount, version 3: <https://beancount.github.io/docs/beancount_language_syntax.html>.
//!
//! Debits are positive, credits negative, and nothing is rounded: every tolerance is 0. Beancount sorts by date itself and
//! checks a balance at the start of its day, with all accounts below. So what holds at the end of a month is asserted on
//! the first day of the next, children included; `open` stands on the first day of the first month.

use super::{Account, Assertion, Title, Transfer, Writer, one_line};
use crate::money::Unit;
use jiff::civil::{Date, date};
use std::fmt::Write;

/// How far amounts stand behind the margin at least.
const ACCOUNT_WIDTH: usize = 48;

/// When accounts of a book without entries are opened.
const LONG_AGO: Date = date(1970, 1, 1);

/// A ledger.
#[derive(Debug)]
pub(super) struct Beancount {
    /// Record number of the entry that was begun last.
    number: i64,
    /// Day of all declarations.
    begins: Date,
}

impl Default for Beancount {
    fn default() -> Beancount {
        Beancount { number: 0, begins: LONG_AGO }
    }
}

impl Writer for Beancount {
    fn title(&mut self, title: &Title<'_>) -> String {
        self.begins = title.begins.unwrap_or(LONG_AGO);
        format!(
            "; book {}, records 1 to {}\n; by record number; balances are asserted at the end, month by month\n\
             option \"title\" {}\noption \"operating_currency\" \"{}\"\noption \"tolerance_multiplier\" \"0\"\n\n",
            title.book,
            title.through,
            quoted(title.name),
            title.currency
        )
    }

    fn unit(&mut self, unit: Unit) -> String {
        format!("{} commodity {}\n", self.begins, currency(unit))
    }

    /// Opens an account for its one currency, with its code and class as they are in the book.
    fn account(&mut self, account: Account<'_>) -> String {
        let name = name(account.code);
        let (code, class) = (quoted(account.code), quoted(account.class.as_str()));
        format!("{} open {name} {}\n  code: {code}\n  class: {class}\n", self.begins, currency(account.unit))
    }

    /// Its two postings, after the head of its entry when it is the first line.
    fn line(&mut self, line: &Transfer<'_>) -> String {
        let mut text = String::new();
        if line.number != self.number {
            self.number = line.number;
            text.push_str(&head(line));
        }
        let (debit, credit) = (name(line.debit), name(line.credit));
        let (amount, unit) = (line.unit.format(line.amount), currency(line.unit));
        let width = ACCOUNT_WIDTH;
        let _ = writeln!(text, "  {debit:width$}  {amount} {unit}\n    movement: \"{}\"", line.kind.as_str());
        let _ = writeln!(text, "  {credit:width$}  -{amount} {unit}");
        text
    }

    fn assertions(&mut self, _day: Date) -> String {
        "\n".into()
    }

    /// Nothing can be asserted after the last day of the calendar.
    fn assertion(&mut self, assertion: &Assertion<'_>) -> String {
        let Ok(day) = assertion.day.tomorrow() else { return String::new() };
        let (name, unit) = (name(assertion.code), currency(assertion.unit));
        let net = assertion.unit.format(assertion.net_with_children);
        let width = ACCOUNT_WIDTH;
        format!("{day} balance {name:width$}  {net} ~ 0 {unit}\n")
    }

    /// An export without it was cut.
    fn end(&mut self, entries: i64) -> String {
        format!("\n; end: {entries} entries\n")
    }
}

/// Date and memo of an entry, and what else is known of it as metadata.
fn head(line: &Transfer<'_>) -> String {
    let memo = if line.memo.trim().is_empty() { line.kind.as_str() } else { line.memo };
    let mut text = format!("\n{} * {}\n  record: {}\n", line.effective, quoted(memo), line.number);
    if !line.reference.is_empty() {
        let _ = writeln!(text, "  reference: {}", quoted(line.reference));
    }
    if line.occurred != line.effective {
        let _ = writeln!(text, "  occurred: {}", line.occurred);
    }
    if line.erased {
        text.push_str("  note: \"erased\"\n");
    }
    text
}

/// The name of an account: each part of its code begins with a capital letter or a digit; `_` is `-U-` and `.` is `-D-`.
///
/// Two codes never have one name: a code has no capital letters, so that those inside a part are read back as what they
/// stand for.
fn name(code: &str) -> String {
    let mut name = String::with_capacity(code.len());
    let mut begins = true;
    for c in code.chars() {
        match c {
            '_' => name.push_str("-U-"),
            '.' => name.push_str("-D-"),
            first if begins => name.push(first.to_ascii_uppercase()),
            other => name.push(other),
        }
        begins = c == ':';
    }
    name
}

/// What Beancount reads as a value where a currency may stand.
const RESERVED: [&str; 3] = ["TRUE", "FALSE", "NULL"];

/// A unit as a currency of Beancount, which ends with a letter or a digit, and is no reserved word: behind another end, or
/// such a word, stands `'U`.
///
/// Codes have no apostrophes, so that two of them never become one.
fn currency(unit: Unit) -> String {
    let code = unit.code();
    let is_free = code.ends_with(|c: char| c.is_ascii_alphanumeric()) && !RESERVED.contains(&code);
    if is_free { code.to_owned() } else { format!("{code}'U") }
}

/// A text in quotes, on one line.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{title, transfer};
    use super::*;
    use crate::book::AccountClass;
    use crate::money::Currency;
    use proptest::prelude::*;

    /// The code that a name was made of.
    fn code(name: &str) -> String {
        let parts = name.split(':').map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_ascii_lowercase() + &rest.replace("-U-", "_").replace("-D-", ".")
        });
        parts.collect::<Vec<_>>().join(":")
    }

    proptest! {
        #[test]
        fn every_code_has_a_name_that_beancount_takes_and_that_no_other_code_has(
            written in "(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,12}){1,4}"
        ) {
            let named = name(&written);
            prop_assert_eq!(code(&named), written);
            for part in named.split(':') {
                prop_assert!(part.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "{}", &named);
                prop_assert!(part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{}", &named);
            }
        }
    }

    #[test]
    fn an_account_is_opened_for_its_unit_and_keeps_its_code() {
        let mut ledger = Beancount::default();
        assert!(ledger.title(&title()).contains("option \"title\" \"The \\\"host\\\"\"\n"));
        let account =
            Account { code: "liabilities:fund:open_press.2", class: AccountClass::Fund, unit: Currency::USD.into() };
        assert_eq!(
            ledger.account(account),
            "1970-01-01 open Liabilities:Fund:Open-U-press-D-2 USD\n  code: \"liabilities:fund:open_press.2\"\n  \
             class: \"fund\"\n"
        );
    }

    #[test]
    fn an_entry_has_one_head_and_two_postings_a_line_debit_positive() {
        let mut ledger = Beancount::default();
        let text = ledger.line(&transfer()) + &ledger.line(&Transfer { amount: 5, ..transfer() });
        let squeezed: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            squeezed,
            [
                "",
                "2027-02-01 * \"Charge captured; (a) | b\"",
                "record: 17",
                "reference: \"chg_a, date:2020-01-01\"",
                "occurred: 2027-01-31",
                "Assets:Receivable:Partner 30.00 USD",
                "movement: \"charge_captured\"",
                "Liabilities:Fund:Press -30.00 USD",
                "Assets:Receivable:Partner 0.05 USD",
                "movement: \"charge_captured\"",
                "Liabilities:Fund:Press -0.05 USD",
            ]
        );
    }

    #[test]
    fn a_unit_that_ends_with_a_mark_gets_an_end_that_beancount_takes() {
        let commodity = |code| Beancount::default().unit(Unit::own(code, 2).expect("a unit"));
        assert_eq!(commodity("HOURS"), "1970-01-01 commodity HOURS\n");
        assert_eq!(commodity("HOURS-"), "1970-01-01 commodity HOURS-'U\n");
        assert_eq!(commodity("TRUE"), "1970-01-01 commodity TRUE'U\n");
        assert_eq!(commodity("TRUE1"), "1970-01-01 commodity TRUE1\n");
    }

    #[test]
    fn a_balance_holds_at_the_start_of_the_next_day_to_the_cent() {
        let at =
            |day| Assertion { day, code: "assets:bank", unit: Currency::USD.into(), net: 1, net_with_children: -250 };
        let text = Beancount::default().assertion(&at(date(2027, 2, 28)));
        assert!(text.starts_with("2027-03-01 balance Assets:Bank ") && text.ends_with("  -2.50 ~ 0 USD\n"), "{text}");
        assert_eq!(Beancount::default().assertion(&at(Date::MAX)), "");
    }
}
