//! The journal format of hledger: <https://hledger.org/hledger.html#journal>.
//!
//! Debits are positive, credits negative. Entries stand in the order of their numbers and carry their effective dates;
//! hledger sorts by date itself. It checks balance assertions by date and, on one day, in the order of the file. So the
//! assertions stand at the end, one transaction of zero amounts for each month, dated on its last day: there they hold,
//! whatever was backdated.

use super::{Account, Assertion, Title, Transfer, decimal};
use crate::book::{AccountClass, AccountKind};
use jiff::civil::Date;
use std::fmt::Write;

/// How far amounts stand behind the margin at least.
const ACCOUNT_WIDTH: usize = 48;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; charset=utf-8";

/// What stands before all else.
pub fn title(title: &Title<'_>) -> String {
    format!(
        "; {}\n; book {}, records 1 to {}\n; by record number; balances are asserted at the end, month by month\ndecimal-mark .\n",
        plain(title.name),
        title.book,
        title.through
    )
}

/// Declares a currency or unit, and how its amounts look.
pub fn commodity(unit: &str) -> String {
    let sample = decimal(0, unit);
    let sample = if sample.contains('.') { sample } else { format!("{sample}.") };
    format!("commodity 100{sample} {}\n", symbol(unit))
}

/// Declares an account with its type: asset, cash, liability, equity, revenue or expense.
pub fn account(account: Account<'_>) -> String {
    let kind = match (account.class, account.class.kind()) {
        (AccountClass::Cash, _) => 'C',
        (_, AccountKind::Asset) => 'A',
        (_, AccountKind::Liability) => 'L',
        (_, AccountKind::Equity) => 'E',
        (_, AccountKind::Income) => 'R',
        (_, AccountKind::Expense) => 'X',
    };
    format!("account {}  ; type:{kind}, class:{}\n", account.code, account.class.name())
}

/// Writes entries line by line.
#[derive(Debug, Default)]
pub struct Entries {
    number: i64,
}

impl Entries {
    /// The text of the next line: its two postings, after the head of its entry when it is the first.
    pub fn line(&mut self, line: &Transfer<'_>) -> String {
        let mut text = String::new();
        if line.number != self.number {
            self.number = line.number;
            text.push_str(&head(line));
        }
        let unit = symbol(line.unit);
        let amount = decimal(line.amount, line.unit);
        let width = ACCOUNT_WIDTH;
        let kind = line.kind.name();
        let _ = writeln!(text, "    {:width$}  {amount} {unit}  ; movement:{kind}", line.debit);
        let _ = writeln!(text, "    {:width$}  -{amount} {unit}", line.credit);
        text
    }
}

/// Date, record number and memo of an entry, and what else is known of it as tags.
fn head(line: &Transfer<'_>) -> String {
    let memo = if line.memo.trim().is_empty() { line.kind.name() } else { line.memo };
    let mut text = format!("\n{} ({}) {}\n", line.effective, line.number, plain(memo));
    if !line.reference.is_empty() {
        let _ = writeln!(text, "    ; reference:{}", plain(line.reference).replace(',', " "));
    }
    if line.occurred != line.effective {
        let _ = writeln!(text, "    ; occurred:{}", line.occurred);
    }
    if line.erased {
        text.push_str("    ; note:erased\n");
    }
    text
}

/// The head of the assertions of a day. Nothing follows when no account is asserted.
pub fn assertions(day: Date) -> String {
    format!("\n{day} Balances asserted  ; assert:\n")
}

/// Asserts the balance of an account at the end of that day, and that it holds nothing of another unit.
pub fn assertion(assertion: Assertion<'_>) -> String {
    let unit = symbol(assertion.unit);
    let (zero, net) = (decimal(0, assertion.unit), decimal(assertion.net, assertion.unit));
    let width = ACCOUNT_WIDTH;
    format!("    {:width$}  {zero} {unit} == {net} {unit}\n", assertion.code)
}

/// What stands at the end: an export without it was cut.
pub fn end(entries: i64) -> String {
    format!("\n; end: {entries} entries\n")
}

/// A unit as hledger wants it: with quotes when it is more than letters.
fn symbol(unit: &str) -> String {
    if unit.bytes().all(|byte| byte.is_ascii_alphabetic()) { unit.to_owned() } else { format!("\"{unit}\"") }
}

/// A text as one line that neither begins a comment nor ends one.
fn plain(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() || c == ';' || is_break(c) { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Line and paragraph separators, and marks that turn the direction of what follows.
fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::MovementKind;
    use jiff::civil::date;

    fn transfer() -> Transfer<'static> {
        Transfer {
            number: 17,
            effective: date(2027, 2, 1),
            occurred: date(2027, 1, 31),
            memo: "Charge\ncaptured; (a) | b",
            reference: "chg_a, date:2020-01-01",
            erased: false,
            kind: MovementKind::ChargeCaptured,
            debit: "assets:receivable:partner",
            credit: "liabilities:fund:press",
            unit: "USD",
            amount: 3_000,
        }
    }

    #[test]
    fn an_entry_has_one_head_and_two_postings_a_line_debit_positive() {
        let mut entries = Entries::default();
        let text = entries.line(&transfer()) + &entries.line(&Transfer { amount: 5, ..transfer() });
        let squeezed: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            squeezed,
            [
                "",
                "2027-02-01 (17) Charge captured (a) | b",
                "; reference:chg_a date:2020-01-01",
                "; occurred:2027-01-31",
                "assets:receivable:partner 30.00 USD ; movement:charge_captured",
                "liabilities:fund:press -30.00 USD",
                "assets:receivable:partner 0.05 USD ; movement:charge_captured",
                "liabilities:fund:press -0.05 USD",
            ]
        );
    }

    #[test]
    fn an_erased_note_is_marked_and_the_movement_stands_for_the_memo() {
        let text = Entries::default().line(&Transfer { memo: "", reference: "", erased: true, ..transfer() });
        assert!(text.contains("(17) charge_captured\n") && text.contains("; note:erased\n"), "{text}");
    }

    #[test]
    fn units_are_declared_with_their_digits_and_quoted_when_they_are_more_than_letters() {
        assert_eq!(commodity("USD"), "commodity 1000.00 USD\n");
        assert_eq!(commodity("JPY"), "commodity 1000. JPY\n");
        assert_eq!(commodity("HOURS-1"), "commodity 1000. \"HOURS-1\"\n");
        let text = assertion(Assertion { code: "assets:a", unit: "KWD", net: -1_500 });
        assert!(text.ends_with("  0.000 KWD == -1.500 KWD\n"), "{text}");
    }

    #[test]
    fn an_account_says_its_type() {
        let of = |class| account(Account { code: "x:y", class });
        assert_eq!(of(AccountClass::Cash), "account x:y  ; type:C, class:cash\n");
        assert!(of(AccountClass::Fund).contains("type:L") && of(AccountClass::FeeIncome).contains("type:R"));
        assert!(of(AccountClass::Surplus).contains("type:E") && of(AccountClass::Cost).contains("type:X"));
        assert!(of(AccountClass::Receivable).contains("type:A"));
    }
}
