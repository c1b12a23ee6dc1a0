//! The journal format of hledger: <https://hledger.org/hledger.html#journal>.
//!
//! Debits are positive, credits negative. Entries stand in the order of their numbers and carry their effective dates;
//! hledger sorts by date itself. It checks balance assertions by date and, on one day, in the order of the file. So the
//! assertions stand at the end, one transaction of zero amounts for each month, dated on its last day: there they hold,
//! whatever was backdated. By date, they stand behind the entries of their month.
//!
//! Tags are those of hledger's own `close`: `retain:` at an entry that moves a result to equity, `clopen:` at the balances
//! with which a part of a book begins, `assert:` at assertions. So `not:tag:retain` leaves closings out.

use super::{Account, Assertion, Entry, Title, Writer, one_line};
use crate::book::{AccountClass, AccountKind};
use crate::money::Unit;
use jiff::civil::Date;
use std::fmt::Write;

/// How far amounts stand behind the margin at least.
const ACCOUNT_WIDTH: usize = 48;

/// The report of what was earned and spent, without the entries that close results and those that open balances.
const INCOME_STATEMENT: &str = "hledger -f FILE incomestatement not:tag:retain not:tag:clopen";

/// A journal.
#[derive(Debug, Default)]
pub(super) struct Hledger;

impl Writer for Hledger {
    fn title(&mut self, title: &Title<'_>) -> String {
        format!(
            "; {}\n; book {}, {}\n; {}\n; what was earned and spent, without closings: {INCOME_STATEMENT}\n\
             decimal-mark .\n\n",
            plain(title.name),
            title.book,
            title.extent(),
            title.layout()
        )
    }

    /// Declares a currency or unit, and how its amounts look.
    fn unit(&mut self, unit: Unit) -> String {
        let sample = unit.format(0);
        let sample = if sample.contains('.') { sample } else { format!("{sample}.") };
        format!("commodity 100{sample} {}\n", symbol(unit))
    }

    /// Declares an account with its type: asset, cash, liability, equity, conversion, revenue or expense,
    /// and with the name of whose it is.
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
        let name = value(account.name);
        let name = if name.is_empty() { name } else { format!(", name:{name}") };
        format!("account {}  ; type:{kind}, class:{}{name}\n", account.code, account.class.as_str())
    }

    fn opening(&mut self, day: Date) -> String {
        format!("\n{day} Opening balances  ; clopen:\n")
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

    fn assertions(&mut self, day: Date) -> String {
        format!("\n{day} Balances asserted  ; assert:\n")
    }

    /// Asserts also that the account holds nothing of another unit.
    fn assertion(&mut self, assertion: &Assertion<'_>) -> String {
        let (unit, net) = (symbol(assertion.unit), assertion.unit.format(assertion.net));
        posting(assertion.code, &format!("{} {unit} == {net}", assertion.unit.format(0)), assertion.unit)
    }

    /// An export without it was cut.
    fn end(&mut self, entries: i64) -> String {
        format!("\n; end: {entries} entries\n")
    }
}

fn posting(code: &str, amount: &str, unit: Unit) -> String {
    let width = ACCOUNT_WIDTH;
    format!("    {code:width$}  {amount} {}\n", symbol(unit))
}

/// Date, record number, payee and memo of an entry, and what else is known of it as tags.
fn head(entry: &Entry<'_>) -> String {
    let mut text = format!("\n{} ({}) {}\n", entry.effective, entry.number, description(entry));
    let _ = writeln!(text, "    ; movement:{}", entry.movement());
    for (tag, said) in [
        ("reference", entry.reference),
        ("invoice", entry.invoice),
        ("counterparty", entry.counterparty),
        ("organisation", entry.organisation),
    ] {
        let said = value(said);
        if !said.is_empty() {
            let _ = writeln!(text, "    ; {tag}:{said}");
        }
    }
    if entry.occurred != entry.effective {
        let _ = writeln!(text, "    ; occurred:{}", entry.occurred);
    }
    if entry.is_closing() {
        text.push_str("    ; retain:\n");
    }
    if entry.is_opening() {
        text.push_str("    ; clopen:\n");
    }
    if entry.erased {
        text.push_str("    ; note:erased\n");
    }
    text
}

/// `PAYEE | NOTE`, as hledger divides a description at its first bar. A note with bars of its own and no payee has one in
/// front, so that no part of it is taken for a payee.
fn description(entry: &Entry<'_>) -> String {
    let payee = plain(&entry.payee().replace('|', "/"));
    let memo = plain(&entry.narration());
    let memo = if memo.is_empty() { entry.movement() } else { memo };
    match payee.is_empty() {
        true if memo.contains('|') => format!("| {memo}"),
        true => memo,
        false => format!("{payee} | {memo}"),
    }
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

/// The value of a tag, which ends at a comma.
fn value(text: &str) -> String {
    plain(&text.replace(',', " "))
}

/// A text as one line that neither begins a comment nor ends one.
fn plain(text: &str) -> String {
    one_line(&text.replace(';', " "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOSTILE, entry, lines, squeezed, title};
    use super::*;
    use crate::book::MovementKind;
    use crate::export::Line;
    use crate::money::Currency;
    use jiff::civil::date;

    fn currency(code: &str) -> Unit {
        code.parse::<Currency>().expect("in ISO 4217").into()
    }

    #[test]
    fn an_entry_has_one_head_and_two_postings_a_line_debit_positive() {
        let lines = lines();
        let entry = Entry { invoice: "17", organisation: "Partner, One | Two", ..entry(&lines) };
        assert_eq!(
            squeezed(&Hledger.entry(&entry)),
            [
                "",
                "2027-02-01 (17) Partner, One / Two | Charge captured (a) | b",
                "; movement:charge_captured",
                "; reference:chg_a date:2020-01-01",
                "; invoice:17",
                "; counterparty:dnr_a",
                "; organisation:Partner One | Two",
                "; occurred:2027-01-31",
                "assets:receivable:partner 30.00 USD",
                "liabilities:fund:press -30.00 USD",
                "assets:receivable:partner 0.05 USD",
                "liabilities:fund:press -0.05 USD",
            ]
        );
    }

    #[test]
    fn a_memo_with_bars_names_no_payee_and_an_empty_one_is_the_movement() {
        let lines = lines();
        let of = |memo, counterparty| description(&Entry { memo, counterparty, ..entry(&lines) });
        assert_eq!(of("a | b", ""), "| a | b");
        assert_eq!(of("a | b", "steel"), "steel | a | b");
        assert_eq!(of("Rent", ""), "Rent");
        assert_eq!(of(" ;", ""), "charge_captured");
    }

    #[test]
    fn an_erased_note_is_marked_and_the_movement_stands_for_the_memo() {
        let lines = lines();
        let erased = Entry { memo: "", reference: "", counterparty: "", erased: true, ..entry(&lines) };
        let text = Hledger.entry(&erased);
        assert!(text.contains("(17) charge_captured\n") && text.contains("; note:erased\n"), "{text}");
    }

    #[test]
    fn what_closes_and_what_opens_has_the_tag_by_which_the_head_of_the_file_leaves_it_out() {
        let closing: Vec<_> =
            lines().into_iter().map(|line| Line { kind: MovementKind::ResultClosed, ..line }).collect();
        assert!(Hledger.entry(&entry(&closing)).contains("\n    ; retain:\n"));
        assert!(!Hledger.entry(&entry(&lines())).contains("retain"));
        for kind in [MovementKind::BookOpened, MovementKind::OpeningTakenBack] {
            let opened: Vec<_> = lines().into_iter().map(|line| Line { kind, ..line }).collect();
            assert!(Hledger.entry(&entry(&opened)).contains("\n    ; clopen:\n"));
        }
        assert!(!Hledger.entry(&entry(&lines())).contains("clopen"));
        assert!(Hledger.opening(date(2027, 1, 1)).ends_with("2027-01-01 Opening balances  ; clopen:\n"));
        assert!(Hledger.opened("assets:a", Currency::USD.into(), -5).ends_with("  -0.05 USD\n"));
        assert!(Hledger.title(&title()).contains("incomestatement not:tag:retain not:tag:clopen\n"));
    }

    #[test]
    fn a_hostile_name_stays_the_value_of_its_tag() {
        let lines = lines();
        let hostile = Entry { memo: HOSTILE, invoice: HOSTILE, organisation: HOSTILE, ..entry(&lines) };
        let text = Hledger.entry(&hostile);
        assert_eq!(text.lines().count(), 1 + 1 + 6 + 4, "{text}");
        assert_eq!(text.matches(" | ").count(), 4, "payee, memo and two tags: {text}");
        let account = Account { code: "x:y", class: AccountClass::Fund, unit: Currency::USD.into(), name: HOSTILE };
        let text = Hledger.account(account);
        assert_eq!((text.lines().count(), text.matches(',').count(), text.matches(';').count()), (1, 2, 1), "{text}");
    }

    #[test]
    fn units_are_declared_with_their_digits_and_quoted_when_they_are_more_than_letters() {
        assert_eq!(Hledger.unit(Currency::USD.into()), "commodity 1000.00 USD\n");
        assert_eq!(Hledger.unit(currency("JPY")), "commodity 1000. JPY\n");
        let own = |code, exponent| Hledger.unit(Unit::own(code, exponent).expect("a unit"));
        assert_eq!(own("HOURS-1", 0), "commodity 1000. \"HOURS-1\"\n");
        assert_eq!(own("HOURS", 2), "commodity 1000.00 HOURS\n");
        assert_eq!(own("AUTO", 2), "commodity 1000.00 \"AUTO'U\"\n");
        let text = Hledger.assertion(&Assertion {
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
        let of = |class| Hledger.account(Account { code: "x:y", class, unit: Currency::USD.into(), name: "" });
        assert_eq!(of(AccountClass::Cash), "account x:y  ; type:C, class:cash\n");
        assert!(of(AccountClass::Fund).contains("type:L") && of(AccountClass::FeeIncome).contains("type:R"));
        assert!(of(AccountClass::Surplus).contains("type:E") && of(AccountClass::Cost).contains("type:X"));
        assert!(of(AccountClass::Receivable).contains("type:A") && of(AccountClass::Exchange).contains("type:V"));
    }
}
