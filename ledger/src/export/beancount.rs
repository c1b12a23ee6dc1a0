//! The syntax of Beancount, version 3: <https://beancount.github.io/docs/beancount_language_syntax.html>.
//!
//! Debits are positive, credits negative, and nothing is rounded: every tolerance is 0. Beancount sorts by date itself and
//! checks a balance at the start of its day, with all accounts below. So what holds at the end of a month is asserted on
//! the first day of the next, children included; `open` stands on the first day of the first month.
//!
//! An entry that moves a result to equity has the tag `#closing`, the balances with which a part of a book begins have
//! `#opening`: reports of what was earned and spent leave them out.

use super::{Account, Assertion, Entry, Title, Writer, one_line};
use crate::money::Unit;
use jiff::civil::{Date, date};
use std::fmt::Write;

/// How far amounts stand behind the margin at least.
const ACCOUNT_WIDTH: usize = 48;

/// When accounts of a book without entries are opened.
const LONG_AGO: Date = date(1970, 1, 1);

/// The report of what was earned and spent, without the entries that close results and those that open balances.
const INCOME_STATEMENT: &str = "bean-query FILE \"SELECT account, sum(position) FROM NOT 'closing' IN tags AND \
    NOT 'opening' IN tags WHERE account ~ '^(Income|Expenses):' GROUP BY account\"";

/// A ledger.
#[derive(Debug)]
pub(super) struct Beancount {
    /// Day of all declarations.
    begins: Date,
}

impl Default for Beancount {
    fn default() -> Beancount {
        Beancount { begins: LONG_AGO }
    }
}

impl Writer for Beancount {
    fn title(&mut self, title: &Title<'_>) -> String {
        self.begins = title.begins.unwrap_or(LONG_AGO);
        format!(
            "; book {}, {}\n; {}\n; what was earned and spent, without closings: {INCOME_STATEMENT}\n\
             ; in fava the filter: -#closing -#opening\n\
             option \"title\" {}\noption \"operating_currency\" \"{}\"\noption \"tolerance_multiplier\" \"0\"\n\n",
            title.book,
            title.extent(),
            title.layout(),
            quoted(title.name),
            title.currency
        )
    }

    fn unit(&mut self, unit: Unit) -> String {
        format!("{} commodity {}\n", self.begins, currency(unit))
    }

    /// Opens an account for its one currency, with its code and class as they are in the book, and the name of whose it is.
    fn account(&mut self, account: Account<'_>) -> String {
        let name = name(account.code);
        let (code, class) = (quoted(account.code), quoted(account.class.as_str()));
        let text =
            format!("{} open {name} {}\n  code: {code}\n  class: {class}\n", self.begins, currency(account.unit));
        text + &metadata("name", account.name)
    }

    fn opening(&mut self, day: Date) -> String {
        format!("\n{day} * \"Opening balances\" #opening\n")
    }

    fn opened(&mut self, code: &str, unit: Unit, net: i64) -> String {
        posting(code, &unit.format(net), unit)
    }

    /// Its head, and the two postings of each line.
    fn entry(&mut self, entry: &Entry<'_>) -> String {
        let mut text = head(entry);
        for line in entry.lines {
            let amount = line.unit.format(line.amount);
            text += &posting(line.debit, &amount, line.unit);
            text += &posting(line.credit, &format!("-{amount}"), line.unit);
        }
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

fn posting(code: &str, amount: &str, unit: Unit) -> String {
    let width = ACCOUNT_WIDTH;
    format!("  {:width$}  {amount} {}\n", name(code), currency(unit))
}

/// Date, payee and memo of an entry, and what else is known of it as metadata.
fn head(entry: &Entry<'_>) -> String {
    let payee = entry.payee();
    let payee = if payee.is_empty() { payee } else { quoted(&payee) + " " };
    let tag = match (entry.is_closing(), entry.is_opening()) {
        (true, _) => " #closing",
        (false, true) => " #opening",
        (false, false) => "",
    };
    let mut text =
        format!("\n{} * {payee}{}{tag}\n  record: {}\n", entry.effective, quoted(&entry.narration()), entry.number);
    for (key, said) in [
        ("movement", &*entry.movement()),
        ("reference", entry.reference),
        ("invoice", entry.invoice),
        ("counterparty", entry.counterparty),
        ("organisation", entry.organisation),
    ] {
        text += &metadata(key, said);
    }
    if entry.occurred != entry.effective {
        let _ = writeln!(text, "  occurred: {}", entry.occurred);
    }
    if entry.erased {
        text.push_str("  note: \"erased\"\n");
    }
    text
}

/// A text as metadata; nothing when it is empty.
fn metadata(key: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("  {key}: {}\n", quoted(text)) }
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
    use super::super::tests::{HOSTILE, entry, lines, squeezed, title};
    use super::*;
    use crate::book::{AccountClass, MovementKind};
    use crate::export::Line;
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
        let (code, class, unit) = ("liabilities:fund:open_press.2", AccountClass::Fund, Currency::USD.into());
        let account = Account { code, class, unit, name: "" };
        let opened = "1970-01-01 open Liabilities:Fund:Open-U-press-D-2 USD\n  code: \
                      \"liabilities:fund:open_press.2\"\n  class: \"fund\"\n";
        assert_eq!(ledger.account(account), opened);
        let named = ledger.account(Account { name: "The \"Press\"", ..account });
        assert_eq!(named, format!("{opened}  name: \"The \\\"Press\\\"\"\n"));
    }

    #[test]
    fn an_entry_has_one_head_and_two_postings_a_line_debit_positive() {
        let lines = lines();
        let entry = Entry { invoice: "17", organisation: "Partner", ..entry(&lines) };
        assert_eq!(
            squeezed(&Beancount::default().entry(&entry)),
            [
                "",
                "2027-02-01 * \"Partner\" \"Charge captured; (a) | b\"",
                "record: 17",
                "movement: \"charge_captured\"",
                "reference: \"chg_a, date:2020-01-01\"",
                "invoice: \"17\"",
                "counterparty: \"dnr_a\"",
                "organisation: \"Partner\"",
                "occurred: 2027-01-31",
                "Assets:Receivable:Partner 30.00 USD",
                "Liabilities:Fund:Press -30.00 USD",
                "Assets:Receivable:Partner 0.05 USD",
                "Liabilities:Fund:Press -0.05 USD",
            ]
        );
    }

    #[test]
    fn what_closes_and_what_opens_has_the_tag_by_which_the_head_of_the_file_leaves_it_out() {
        let mut ledger = Beancount::default();
        let closing: Vec<_> =
            lines().into_iter().map(|line| Line { kind: MovementKind::ResultClosed, ..line }).collect();
        assert!(ledger.entry(&Entry { counterparty: "", ..entry(&closing) }).contains(" b\" #closing\n"));
        assert!(!ledger.entry(&entry(&lines())).contains('#'));
        assert!(ledger.opening(date(2027, 1, 1)).ends_with("2027-01-01 * \"Opening balances\" #opening\n"));
        assert!(ledger.title(&title()).contains("NOT 'closing' IN tags AND NOT 'opening' IN tags"));
    }

    #[test]
    fn a_hostile_text_stays_in_its_quotes() {
        let lines = lines();
        let hostile = Entry { memo: HOSTILE, invoice: HOSTILE, organisation: HOSTILE, ..entry(&lines) };
        let text = Beancount::default().entry(&hostile);
        assert_eq!(text.lines().count(), 1 + 8 + 4, "{text}");
        for line in text.lines().filter(|line| line.contains("Müller")) {
            let open = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            assert!(open % 2 == 0 && line.ends_with('"'), "{line}");
        }
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
