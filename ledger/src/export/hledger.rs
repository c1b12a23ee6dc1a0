//! The journal format of hledger: <https://hledger.org/hledger.html#journal>.
//!
//! Debits are positive, credits negative. Entries stand in the order of their numbers and carry their effective dates;
//! hledger sorts by date itself. It checks balance assertions by date and, on one day, in the order of the file. So the
//! assertions stand at the end, one transaction of zero amounts for each month, dated on its last day: there they hold,
//! whatever was backdated.

use super::{Account, Assertion, Title, Transfer, Writer, one_line};
use crate::book::{AccountClass, AccountKind};
use crate::money::Unit;
use jiff::civil::Date;
use std::fmt::Write;

/// How far amounts stand behind the margin at least.
const ACCOUNT_WIDTH: usize = 48;

/// A journal.
#[derive(Debug, Default)]
pub(super) struct Hledger {
    /// Record number of the entry that was begun last.
    number: i64,
}

impl Writer for Hledger {
    fn title(&mut self, title: &Title<'_>) -> String {
        format!(
            "; {}\n; book {}, records 1 to {}\n; by record number; balances are asserted at the end, month by month\n\
             decimal-mark .\n\n",
            plain(title.name),
            title.book,
            title.through
        )
    }

    /// Declares a currency or unit, and how its amounts look.
    fn unit(&mut self, unit: Unit) -> String {
        let sample = unit.format(0);
        let sample = if sample.contains('.') { sample } else { format!("{sample}.") };
        format!("commodity 100{sample} {}\n", symbol(unit))
    }

    /// Declares an account with its type: asset, cash, liability, equity, conversion, revenue or expense.
    fn account(&mut self, account: Account<'_>) -> String {
        let kind = match (account.class, account.class.kind()) {
            (AccountClass::Cash, _) => 'C',
            (AccountClass::Exchange, _) => 'V',
            (_, AccountKind::Asset) => 'A',
            (_, AccountKind::Liability) => 'L',
            (_, AccountKind::Equity) => 'E',
            (_, AccountKind::Income) => 'R',
            (_, AccountKind::Expense) => 'X',
        };
        format!("account {}  ; type:{kind}, class:{}\n", account.code, account.class.as_str())
    }

    /// Its two postings, after the head of its entry when it is the first line.
    fn line(&mut self, line: &Transfer<'_>) -> String {
        let mut text = String::new();
        if line.number != self.number {
            self.number = line.number;
            text.push_str(&head(line));
        }
        let unit = symbol(line.unit);
        let amount = line.unit.format(line.amount);
        let width = ACCOUNT_WIDTH;
        let kind = line.kind.as_str();
        let _ = writeln!(text, "    {:width$}  {amount} {unit}  ; movement:{kind}", line.debit);
        let _ = writeln!(text, "    {:width$}  -{amount} {unit}", line.credit);
        text
    }

    fn assertions(&mut self, day: Date) -> String {
        format!("\n{day} Balances asserted  ; assert:\n")
    }

    /// Asserts also that the account holds nothing of another unit.
    fn assertion(&mut self, assertion: &Assertion<'_>) -> String {
        let unit = symbol(assertion.unit);
        let (zero, net) = (assertion.unit.format(0), assertion.unit.format(assertion.net));
        let width = ACCOUNT_WIDTH;
        format!("    {:width$}  {zero} {unit} == {net} {unit}\n", assertion.code)
    }

    /// An export without it was cut.
    fn end(&mut self, entries: i64) -> String {
        format!("\n; end: {entries} entries\n")
    }
}

/// Date, record number and memo of an entry, and what else is known of it as tags.
fn head(line: &Transfer<'_>) -> String {
    let memo = if line.memo.trim().is_empty() { line.kind.as_str() } else { line.memo };
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

/// What hledger itself calls the unit of an amount that is missing.
const RESERVED: &str = "AUTO";

/// A unit as hledger wants it: with quotes when it is more than letters. Behind a reserved word stands `'U`; codes have no
/// apostrophes, so that two of them never become one.
fn symbol(unit: Unit) -> String {
    let unit = unit.code();
    if unit == RESERVED {
        return format!("\"{unit}'U\"");
    }
    if unit.bytes().all(|byte| byte.is_ascii_alphabetic()) { unit.to_owned() } else { format!("\"{unit}\"") }
}

/// A text as one line that neither begins a comment nor ends one.
fn plain(text: &str) -> String {
    one_line(&text.replace(';', " "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::transfer;
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;

    fn currency(code: &str) -> Unit {
        code.parse::<Currency>().expect("in ISO 4217").into()
    }

    #[test]
    fn an_entry_has_one_head_and_two_postings_a_line_debit_positive() {
        let mut entries = Hledger::default();
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
        let text = Hledger::default().line(&Transfer { memo: "", reference: "", erased: true, ..transfer() });
        assert!(text.contains("(17) charge_captured\n") && text.contains("; note:erased\n"), "{text}");
    }

    #[test]
    fn units_are_declared_with_their_digits_and_quoted_when_they_are_more_than_letters() {
        assert_eq!(Hledger::default().unit(Currency::USD.into()), "commodity 1000.00 USD\n");
        assert_eq!(Hledger::default().unit(currency("JPY")), "commodity 1000. JPY\n");
        let own = |code, exponent| Hledger::default().unit(Unit::own(code, exponent).expect("a unit"));
        assert_eq!(own("HOURS-1", 0), "commodity 1000. \"HOURS-1\"\n");
        assert_eq!(own("HOURS", 2), "commodity 1000.00 HOURS\n");
        assert_eq!(own("AUTO", 2), "commodity 1000.00 \"AUTO'U\"\n");
        let text = Hledger::default().assertion(&Assertion {
            day: date(2027, 1, 31),
            code: "assets:a",
            unit: currency("KWD"),
            net: -1_500,
            net_with_children: 0,
        });
        assert!(text.ends_with("  0.000 KWD == -1.500 KWD\n"), "{text}");
    }

    #[test]
    fn an_account_says_its_type() {
        let of = |class| Hledger::default().account(Account { code: "x:y", class, unit: Currency::USD.into() });
        assert_eq!(of(AccountClass::Cash), "account x:y  ; type:C, class:cash\n");
        assert!(of(AccountClass::Fund).contains("type:L") && of(AccountClass::FeeIncome).contains("type:R"));
        assert!(of(AccountClass::Surplus).contains("type:E") && of(AccountClass::Cost).contains("type:X"));
        assert!(of(AccountClass::Receivable).contains("type:A") && of(AccountClass::Exchange).contains("type:V"));
    }
}
