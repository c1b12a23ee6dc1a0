//! The book played again from its entries: every number and every balance.

use super::kinds::MOVEMENTS;
use super::periods::Periods;
use super::{Entry, Other, Trailer};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

/// The book after the entries read so far.
#[derive(Default)]
pub(super) struct Replay {
    records: i64,
    entries: i64,
    accounts: BTreeMap<String, Account>,
    /// Digits behind the point, by currency.
    digits: BTreeMap<String, usize>,
    periods: Periods,
}

/// What an account has moved, in its smallest units.
struct Account {
    currency: String,
    debits: i128,
    credits: i128,
    /// Whether its balance is debits less credits.
    debit_side: bool,
}

impl Account {
    fn balance(&self) -> i128 {
        if self.debit_side { self.debits - self.credits } else { self.credits - self.debits }
    }
}

impl Replay {
    /// The number of the last record.
    pub(super) fn records(&self) -> i64 {
        self.records
    }

    /// The entry that stands next.
    pub(super) fn entry(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.lines.is_empty() {
            return Err("it has no lines".into());
        }
        self.periods.admit(entry)?;
        for (index, line) in entry.lines.iter().enumerate() {
            let here = |what: String| format!("line {}: {what}", index + 1);
            if !MOVEMENTS.contains(&line.kind.as_str()) {
                return Err(here(format!("money does not move in the way of {}", line.kind)));
            }
            let amount = self.minor(&line.amount, &line.currency).map_err(here)?;
            if amount <= 0 || line.debit == line.credit {
                return Err(here("one amount above zero goes from one account to another".into()));
            }
            let debited = self.account(&line.debit, &line.currency).map_err(here)?;
            debited.debits += amount;
            let debited = debited.balance();
            let credited = self.account(&line.credit, &line.currency).map_err(here)?;
            credited.credits += amount;
            let credited = credited.balance();
            for (code, after, said) in
                [(&line.debit, debited, &line.debit_after), (&line.credit, credited, &line.credit_after)]
            {
                if self.minor(said, &line.currency).map_err(here)? != after {
                    let after = self.decimal(after, &line.currency);
                    return Err(here(format!("{code} stands at {after} after it, not at {said}")));
                }
            }
            self.periods.moved(&entry.effective, &line.currency, &line.debit, &line.credit, amount);
        }
        (self.records, self.entries) = (entry.number, self.entries + 1);
        Ok(())
    }

    /// A record that moves nothing.
    pub(super) fn record(&mut self, other: &Other) -> Result<(), String> {
        self.periods.record(other.number, &other.kind, &other.body)?;
        self.records = other.number;
        Ok(())
    }

    /// The trailer against all that was read; answers how many accounts have moved.
    pub(super) fn trailer(&mut self, trailer: &Trailer, through: i64) -> Result<usize, String> {
        if self.records != through {
            return Err(format!(
                "record {} must stand here: the header says that {through} is the last",
                self.records + 1
            ));
        }
        if trailer.entries != self.entries {
            return Err(format!("there are {} entries, not {}", self.entries, trailer.entries));
        }
        for said in &trailer.balances {
            let code = &said.account;
            let account = self.accounts.get(code).filter(|account| account.currency == said.currency);
            let account = account.ok_or_else(|| format!("no entry moves {code} in {}", said.currency))?;
            for (name, is, said) in [
                ("debits", account.debits, &said.debits),
                ("credits", account.credits, &said.credits),
                ("balance", account.balance(), &said.balance),
            ] {
                if minor(said, &account.currency, &mut self.digits)? != is {
                    let is = decimal(is, self.digits.get(&account.currency));
                    return Err(format!("the {name} of {code} come to {is}, not to {said}"));
                }
            }
        }
        if !trailer.balances.is_sorted_by(|one, next| one.account < next.account) {
            return Err("each account has one balance, by code".into());
        }
        if trailer.balances.len() != self.accounts.len() {
            let has = |code: &String| trailer.balances.iter().any(|said| said.account == *code);
            let missing = self.accounts.keys().find(|code| !has(code)).map_or("", String::as_str);
            return Err(format!("the balance of {missing} is missing"));
        }
        Ok(self.accounts.len())
    }

    fn account(&mut self, code: &str, currency: &str) -> Result<&mut Account, String> {
        match self.accounts.entry(code.to_owned()) {
            Slot::Occupied(slot) => {
                let account = slot.into_mut();
                if account.currency == currency {
                    Ok(account)
                } else {
                    Err(format!("{code} holds {}, not {currency}", account.currency))
                }
            }
            Slot::Vacant(slot) => {
                let debit_side = match code.split(':').next() {
                    Some("assets" | "expenses") => true,
                    Some("liabilities" | "equity" | "income") => false,
                    Some(_) | None => return Err(format!("{code} is no account")),
                };
                Ok(slot.insert(Account { currency: currency.to_owned(), debits: 0, credits: 0, debit_side }))
            }
        }
    }

    fn minor(&mut self, text: &str, currency: &str) -> Result<i128, String> {
        minor(text, currency, &mut self.digits)
    }

    fn decimal(&self, minor: i128, currency: &str) -> String {
        decimal(minor, self.digits.get(currency))
    }
}

/// An amount in the smallest units: all amounts of a currency have as many digits behind the point.
fn minor(text: &str, currency: &str, all_digits: &mut BTreeMap<String, usize>) -> Result<i128, String> {
    let refused = || format!("{text} is no amount");
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let plain = !whole.is_empty() && (whole == "0" || !whole.starts_with('0')) && !unsigned.ends_with('.');
    if !plain || unsigned.len() > 30 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let digits = *all_digits.entry(currency.to_owned()).or_insert(fraction.len());
    if digits != fraction.len() {
        return Err(format!("{text} {currency} has not {digits} digits behind the point, as others have"));
    }
    let minor: i128 = format!("{whole}{fraction}").parse().map_err(|_| refused())?;
    Ok(if text.starts_with('-') { -minor } else { minor })
}

/// An amount for people.
fn decimal(minor: i128, digits: Option<&usize>) -> String {
    let digits = digits.copied().unwrap_or(0);
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_and_written_to_the_digit() {
        let mut digits = BTreeMap::new();
        for (text, is) in [("0.00", 0), ("-0.05", -5), ("90071992547409.91", 9_007_199_254_740_991)] {
            assert_eq!(minor(text, "USD", &mut digits), Ok(is));
            assert_eq!(decimal(is, Some(&2)), text);
        }
        assert_eq!(decimal(-7, Some(&0)), "-7");
        for text in ["", "-", ".5", "5.", "01.00", "+1.00", "1e2", "--1.00", "1.0", "1.000", "1"] {
            assert!(minor(text, "USD", &mut digits).is_err(), "{text}");
        }
    }
}
