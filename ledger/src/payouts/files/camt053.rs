//! Reads camt.053.001 of ISO 20022, the statements of banks, as it comes: `.02` to `.13`, whose elements that are read here are alike.
//!
//! Only what is booked counts. An entry that stands for several payments becomes a line of each when they tell their amounts and
//! these come to its own; else it stays one line, so that the balance is right and a person looks. A line counts on its day of
//! booking, as the balances do: the value day is read where a bank tells no other.

use super::lines::{Movement, Names, day, minor, named, plain};
use super::xml::{Piece, Xml};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Besides, Direction};
use crate::payouts::rules::statement_file::{Balance, NAME_MAX, Part, STATEMENTS_MAX, Statement, Wrong};
use jiff::civil::Date;
use std::collections::VecDeque;
use std::io::BufRead;
use std::mem::take;

/// The most payments of one entry.
const DETAILS_MAX: usize = 100_000;

/// Where statements stand.
const STATEMENTS: &str = "/Document/BkToCstmrStmt/Stmt";

/// What namespaces of this format begin with.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";

/// A file that is read.
pub struct Camt053<R: BufRead> {
    xml: Xml<R>,
    path: String,
    has_statements: bool,
    number: i32,
    account: Account,
    balance: BalanceSeen,
    entry: Entry,
    charge: Charge,
    names: Names,
    ready: VecDeque<Part>,
    skipped: i64,
}

/// A statement, as far as it is read.
#[derive(Default)]
struct Account {
    name: String,
    last_four: String,
    currency: Option<Currency>,
    opening: Option<Balance>,
    closed_before: Option<Balance>,
    closing: Option<Balance>,
    lines: i64,
    credits: i64,
    debits: i64,
}

#[derive(Default)]
struct BalanceSeen {
    kind: String,
    minor: Option<i64>,
    direction: Option<Direction>,
    on: Option<Date>,
}

#[derive(Default)]
struct Entry {
    name: String,
    number: String,
    amount: Option<i64>,
    direction: Option<Direction>,
    status: String,
    booked_on: Option<Date>,
    value_on: Option<Date>,
    code: [String; 4],
    charges: i64,
    text: String,
    details: Vec<Detail>,
}

/// A payment of an entry.
#[derive(Default)]
struct Detail {
    name: String,
    end_to_end: String,
    amount: Option<i64>,
    /// Told where the amount itself is not.
    transaction: Option<i64>,
    direction: Option<Direction>,
    charges: i64,
    structured: String,
    free: String,
    return_reason: String,
}

#[derive(Default)]
struct Charge {
    minor: i64,
    is_included: bool,
    is_credit: bool,
}

impl<R: BufRead> Camt053<R> {
    /// Reads a file.
    pub fn new(source: R) -> Camt053<R> {
        Camt053 {
            xml: Xml::new(source),
            path: String::new(),
            has_statements: false,
            number: 0,
            account: Account::default(),
            balance: BalanceSeen::default(),
            entry: Entry::default(),
            charge: Charge::default(),
            names: Names::default(),
            ready: VecDeque::new(),
            skipped: 0,
        }
    }

    /// Entries so far that are no lines.
    pub fn skipped(&self) -> i64 {
        self.skipped
    }

    /// The next part of the file; none at its end.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn part(&mut self) -> Result<Option<Part>, Wrong> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Ok(Some(part));
            }
            let Some(piece) = self.xml.piece()? else {
                return if self.has_statements { Ok(None) } else { Err(self.xml.wrong("no statement of camt.053")) };
            };
            let mut path = take(&mut self.path);
            path.clear();
            path.push_str(self.xml.path());
            match (piece, path.strip_prefix(STATEMENTS)) {
                (Piece::Begins, Some(place)) => self.begin(place)?,
                (Piece::Ends, Some(place)) => self.end(place)?,
                (Piece::Begins, None) => self.lead(&path)?,
                (Piece::Ends, None) => {}
            }
            self.path = path;
        }
    }

    /// Refuses a document of another kind as soon as it shows.
    fn lead(&self, path: &str) -> Result<(), Wrong> {
        let is_known = match path {
            "/Document" => {
                let is_namespace = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
                self.xml.attributes().iter().any(|(name, value)| is_namespace(name) && value.starts_with(NAMESPACE))
            }
            "/Document/BkToCstmrStmt" => true,
            other => other.starts_with("/Document/BkToCstmrStmt/"),
        };
        if is_known { Ok(()) } else { Err(self.xml.wrong("no document of camt.053.001")) }
    }

    fn begin(&mut self, place: &str) -> Result<(), Wrong> {
        match place {
            "" => {
                if usize::try_from(self.number).is_ok_and(|number| number >= STATEMENTS_MAX) {
                    return Err(self.xml.wrong(format!("more than {STATEMENTS_MAX} statements")));
                }
                self.number += 1;
                self.has_statements = true;
                self.account = Account::default();
            }
            "/Bal" => self.balance = BalanceSeen::default(),
            "/Ntry" => self.entry = Entry::default(),
            "/Ntry/NtryDtls/TxDtls" => {
                if self.entry.details.len() == DETAILS_MAX {
                    return Err(self.xml.wrong(format!("more than {DETAILS_MAX} payments of one entry")));
                }
                self.entry.details.push(Detail::default());
            }
            _ if place.ends_with("/Chrgs") || place.ends_with("/Chrgs/Rcrd") => self.charge = Charge::default(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, place: &str) -> Result<(), Wrong> {
        if let Some(place) = place.strip_prefix("/Ntry/NtryDtls/TxDtls") {
            return self.end_detail(place);
        }
        if let Some(place) = place.strip_prefix("/Ntry") {
            return self.end_entry(place);
        }
        if let Some(place) = place.strip_prefix("/Bal") {
            return self.end_balance(place);
        }
        match place {
            "" => return self.end_statement(),
            "/Id" => self.account.name = self.name("Id")?,
            "/Acct/Id/IBAN" | "/Acct/Id/Othr/Id" => {
                let letters: Vec<char> = self.xml.text().chars().filter(char::is_ascii_alphanumeric).collect();
                self.account.last_four = letters[letters.len().saturating_sub(4)..].iter().collect();
            }
            "/Acct/Ccy" => self.account.currency = Some(self.currency(self.xml.text())?),
            _ => {}
        }
        Ok(())
    }

    fn end_balance(&mut self, place: &str) -> Result<(), Wrong> {
        match place {
            "/Tp/CdOrPrtry/Cd" => self.balance.kind = self.xml.text().to_owned(),
            "/Amt" => self.balance.minor = Some(self.amount("a balance")?),
            "/CdtDbtInd" => self.balance.direction = Some(self.direction()?),
            "/Dt/Dt" | "/Dt/DtTm" => self.balance.on = Some(self.day()?),
            "" => {
                let BalanceSeen { kind, minor, direction, on } = take(&mut self.balance);
                let (Some(minor), Some(direction), Some(on)) = (minor, direction, on) else {
                    return Err(self.xml.wrong("a balance without amount, side or day"));
                };
                let minor = if direction == Direction::Debit { -minor } else { minor };
                let balance = Some(Balance { minor, on });
                match kind.as_str() {
                    "OPBD" => self.account.opening = self.account.opening.or(balance),
                    "PRCD" => self.account.closed_before = self.account.closed_before.or(balance),
                    "CLBD" => self.account.closing = balance,
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_statement(&mut self) -> Result<(), Wrong> {
        let it = take(&mut self.account);
        let currency = it.currency.ok_or_else(|| self.xml.wrong("a statement without a currency"))?;
        let opening = it.opening.or(it.closed_before);
        let Account { name, last_four, closing, lines, credits, debits, .. } = it;
        let statement = Statement {
            number: self.number,
            name,
            account: last_four,
            currency,
            opening,
            closing,
            lines,
            credits,
            debits,
        };
        statement.check(self.xml.line())?;
        self.ready.push_back(Part::Statement(statement));
        Ok(())
    }

    fn end_entry(&mut self, place: &str) -> Result<(), Wrong> {
        match place {
            "" => return self.finish_entry(),
            "/NtryRef" => self.entry.number = self.name("NtryRef")?,
            "/AcctSvcrRef" => self.entry.name = self.name("AcctSvcrRef")?,
            "/Amt" => self.entry.amount = Some(self.amount("an entry")?),
            "/CdtDbtInd" => self.entry.direction = Some(self.direction()?),
            "/Sts" | "/Sts/Cd" | "/Sts/Prtry" if !self.xml.text().is_empty() => {
                self.entry.status = self.xml.text().to_owned();
            }
            "/BookgDt/Dt" | "/BookgDt/DtTm" => self.entry.booked_on = Some(self.day()?),
            "/ValDt/Dt" | "/ValDt/DtTm" => self.entry.value_on = Some(self.day()?),
            "/BkTxCd/Domn/Cd" => self.entry.code[0] = self.code()?,
            "/BkTxCd/Domn/Fmly/Cd" => self.entry.code[1] = self.code()?,
            "/BkTxCd/Domn/Fmly/SubFmlyCd" => self.entry.code[2] = self.code()?,
            "/BkTxCd/Prtry/Cd" => self.entry.code[3] = self.code()?,
            "/AddtlNtryInf" => self.entry.text = self.xml.text().to_owned(),
            _ if place.starts_with("/Chrgs") => {
                if let Some(charge) = self.end_charge(place)? {
                    self.entry.charges += charge;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_detail(&mut self, place: &str) -> Result<(), Wrong> {
        let charge = if place.starts_with("/Chrgs") { self.end_charge(place)? } else { None };
        let named = match place {
            "/Refs/EndToEndId" | "/Refs/AcctSvcrRef" => self.name("Refs")?,
            "/RtrInf/Rsn/Cd" | "/RtrInf/Rsn/Prtry" => self.code()?,
            _ => String::new(),
        };
        let amount = match place {
            "/Amt" | "/AmtDtls/TxAmt/Amt" => self.own_amount()?,
            _ => None,
        };
        let direction = if place == "/CdtDbtInd" { Some(self.direction()?) } else { None };
        let Some(detail) = self.entry.details.last_mut() else { return Ok(()) };
        match place {
            "/Refs/EndToEndId" => detail.end_to_end = named,
            "/Refs/AcctSvcrRef" => detail.name = named,
            "/Amt" => detail.amount = amount,
            "/AmtDtls/TxAmt/Amt" => detail.transaction = amount,
            "/CdtDbtInd" => detail.direction = direction,
            "/RmtInf/Strd/CdtrRefInf/Ref" => detail.structured = self.xml.text().to_owned(),
            "/RmtInf/Ustrd" if detail.free.len() < 1_000 => {
                detail.free.push(' ');
                detail.free.push_str(self.xml.text());
            }
            "/RtrInf/Rsn/Cd" | "/RtrInf/Rsn/Prtry" => detail.return_reason = named,
            _ => detail.charges += charge.unwrap_or_default(),
        }
        Ok(())
    }

    /// What ends within charges: when it is one that the amount holds, its minor units.
    fn end_charge(&mut self, place: &str) -> Result<Option<i64>, Wrong> {
        match place.trim_start_matches("/Chrgs").trim_start_matches("/Rcrd") {
            "/Amt" => self.charge.minor = self.own_amount()?.unwrap_or_default(),
            "/ChrgInclInd" => self.charge.is_included = matches!(self.xml.text(), "true" | "1"),
            "/CdtDbtInd" => self.charge.is_credit = self.direction()? == Direction::Credit,
            "" => {
                let charge = take(&mut self.charge);
                return Ok(Some(charge.minor).filter(|_| charge.is_included && !charge.is_credit));
            }
            _ => {}
        }
        Ok(None)
    }

    fn finish_entry(&mut self) -> Result<(), Wrong> {
        let entry = take(&mut self.entry);
        let (Some(amount), Some(direction)) = (entry.amount, entry.direction) else {
            return Err(self.xml.wrong("an entry without amount or side"));
        };
        if entry.status != "BOOK" || amount == 0 {
            self.skipped += 1;
            return Ok(());
        }
        let booked_on = entry.booked_on.or(entry.value_on);
        let booked_on = booked_on.ok_or_else(|| self.xml.wrong("an entry without a day"))?;
        let too_much = || self.xml.wrong("the lines of a statement come to too much");
        let sum = match direction {
            Direction::Credit => &mut self.account.credits,
            Direction::Debit => &mut self.account.debits,
        };
        *sum = sum.checked_add(amount).ok_or_else(too_much)?;
        let currency = self.account.currency.ok_or_else(|| self.xml.wrong("an entry without a currency"))?;
        let whole = Movement {
            name: self.entry_name(&entry),
            statement: self.account.name.clone(),
            direction,
            moved: amount,
            charges: entry.charges,
            currency,
            booked_on,
            end_to_end: String::new(),
            besides: Besides { bank_code: entry_code(&entry.code), ..Besides::default() },
        };
        for movement in movements(whole, entry) {
            let line = movement.line(self.xml.line(), &mut self.names);
            let line = line.ok_or_else(|| self.xml.wrong("an amount that is too large"))?;
            self.account.lines += 1;
            self.ready.push_back(Part::Line(line));
        }
        Ok(())
    }

    /// The bank's own reference is unique for an account; the number of an entry is so within its statement only.
    fn entry_name(&self, entry: &Entry) -> String {
        let statement = &self.account.name;
        match (entry.name.is_empty(), entry.number.is_empty() || statement.is_empty()) {
            (false, _) => entry.name.clone(),
            (true, false) => {
                let whole = format!("{statement}/{}", entry.number);
                // Both are short in every bank's files; a name that is not is told by its content.
                if whole.chars().count() <= NAME_MAX { whole } else { String::new() }
            }
            (true, true) => String::new(),
        }
    }

    fn name(&self, element: &str) -> Result<String, Wrong> {
        named(self.xml.text()).ok_or_else(|| self.xml.wrong(format!("{element} is too long, or holds odd characters")))
    }

    fn code(&self) -> Result<String, Wrong> {
        plain(self.xml.text(), 35).ok_or_else(|| self.xml.wrong("a code is too long, or holds odd characters"))
    }

    fn currency(&self, code: &str) -> Result<Currency, Wrong> {
        code.parse().map_err(|_| self.xml.wrong("an unknown currency"))
    }

    fn direction(&self) -> Result<Direction, Wrong> {
        match self.xml.text() {
            "CRDT" => Ok(Direction::Credit),
            "DBIT" => Ok(Direction::Debit),
            _ => Err(self.xml.wrong("a side that is neither CRDT nor DBIT")),
        }
    }

    fn day(&self) -> Result<Date, Wrong> {
        day(self.xml.text()).ok_or_else(|| self.xml.wrong("no day"))
    }

    /// An amount in the currency of the account, which it sets when the account has told none.
    fn amount(&mut self, of: &str) -> Result<i64, Wrong> {
        let currency = self.written_currency()?;
        if *self.account.currency.get_or_insert(currency) != currency {
            return Err(self.xml.wrong(format!("{of} is in another currency than its account")));
        }
        self.minor(currency)
    }

    /// An amount if it is in the currency of the account.
    fn own_amount(&self) -> Result<Option<i64>, Wrong> {
        let currency = self.written_currency()?;
        if self.account.currency == Some(currency) { self.minor(currency).map(Some) } else { Ok(None) }
    }

    fn written_currency(&self) -> Result<Currency, Wrong> {
        let written = self.xml.attributes().iter().find(|(name, _)| name == "Ccy");
        let code = written.map(|(_, code)| code.as_str()).or(self.account.currency.map(Currency::code));
        self.currency(code.ok_or_else(|| self.xml.wrong("an amount without a currency"))?)
    }

    fn minor(&self, currency: Currency) -> Result<i64, Wrong> {
        let minor = minor(self.xml.text(), currency).filter(|minor| *minor >= 0);
        minor.ok_or_else(|| self.xml.wrong(format!("no amount of {currency}")))
    }
}

/// The codes by which a bank says what kind of movement it is, such as `PMNT-RCDT-ESCT`.
fn entry_code(code: &[String; 4]) -> String {
    let [domain, family, sub_family, proprietary] = code;
    if domain.is_empty() {
        return proprietary.clone();
    }
    let parts = [domain, family, sub_family].map(String::as_str);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("-").chars().take(35).collect()
}

/// What an entry moved: payment by payment, or as a whole.
fn movements(whole: Movement, entry: Entry) -> Vec<Movement> {
    let signed = |direction: Direction, minor: i64| match direction {
        Direction::Credit => i128::from(minor),
        Direction::Debit => -i128::from(minor),
    };
    let amount = |detail: &Detail| detail.amount.or(detail.transaction).filter(|amount| *amount > 0);
    let side = |detail: &Detail| detail.direction.unwrap_or(whole.direction);
    let sum: Option<i128> =
        entry.details.iter().map(|detail| amount(detail).map(|minor| signed(side(detail), minor))).sum();
    let is_split = entry.details.len() > 1 && sum == Some(signed(whole.direction, whole.moved));
    if is_split {
        let each = entry.details.iter().enumerate().filter_map(|(place, detail)| {
            let name = match (detail.name.is_empty() || detail.name == whole.name, whole.name.is_empty()) {
                (false, _) => detail.name.clone(),
                (true, false) => format!("{}/{}", whole.name, place + 1),
                (true, true) => String::new(),
            };
            let moved = amount(detail)?;
            let charges = detail.charges;
            Some(of_detail(Movement { name, direction: side(detail), moved, charges, ..whole.clone() }, detail, ""))
        });
        return each.collect();
    }
    match &entry.details[..] {
        [detail] => {
            let charges = if whole.charges > 0 { whole.charges } else { detail.charges };
            let name = if whole.name.is_empty() { detail.name.clone() } else { whole.name.clone() };
            vec![of_detail(Movement { name, charges, ..whole }, detail, &entry.text)]
        }
        [] | [_, _, ..] => {
            let reference = Besides::reference_of("", if entry.details.is_empty() { &entry.text } else { "" });
            vec![Movement { besides: Besides { creditor_reference: reference, ..whole.besides.clone() }, ..whole }]
        }
    }
}

fn of_detail(movement: Movement, detail: &Detail, text: &str) -> Movement {
    let free = if detail.free.is_empty() { text } else { &detail.free };
    let besides = Besides {
        creditor_reference: Besides::reference_of(&detail.structured, free),
        return_reason: detail.return_reason.clone(),
        ..movement.besides
    };
    Movement { end_to_end: detail.end_to_end.clone(), besides, ..movement }
}
