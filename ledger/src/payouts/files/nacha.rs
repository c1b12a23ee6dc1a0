//! A file of the ACH network in the United States: credits in one batch (CCD to companies, PPD to persons), each with an addendum that
//! holds its end-to-end id.
//!
//! Records of 94 characters in blocks of ten. Of a payment's reference, whose 34 characters the field for an id has no room for, the
//! last 15 stand there, and all of it in the addendum. Sums and hashes as the rules of the network say: the hash adds the first eight
//! digits of the receiving banks' numbers, and keeps its last ten digits.

use super::batch::{Batch, Payment, Unwritable};
use super::latin::latin_or_none;
use crate::payouts::rules::bank_details::{ACH_NUMBER_MAX, Number};

/// Characters of a record.
pub const RECORD: usize = 94;

/// Records of a block.
pub const BLOCK: usize = 10;

/// The most minor units of one entry.
pub const AMOUNT_MAX: i64 = 9_999_999_999;

/// The most minor units of a file.
pub const TOTAL_MAX: i64 = 999_999_999_999;

/// To whom the payments of a batch go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryClass {
    /// Companies.
    Ccd,
    /// Persons.
    Ppd,
}

impl EntryClass {
    fn word(self) -> &'static str {
        match self {
            EntryClass::Ccd => "CCD",
            EntryClass::Ppd => "PPD",
        }
    }
}

/// Writes the file.
///
/// # Errors
///
/// When an account is none of the network, or an amount has too many digits.
pub fn write(batch: &Batch, class: EntryClass) -> Result<Vec<u8>, Unwritable> {
    let Number::Local { routing, .. } = &batch.from.details.number else { return Err(Unwritable::Debtor) };
    let bank = routing.get(..8).filter(|_| routing.len() == 9).ok_or(Unwritable::Debtor)?;
    let (name, originator) = (upper(&batch.from.details.holder, 23), left(&batch.originator, 10));
    let made = batch.made_at.strftime("%y%m%d%H%M").to_string();
    let effective = batch.execution_on.strftime("%y%m%d").to_string();
    let mut records = vec![
        format!("101 {routing}{originator:>10}{made}A094101{:<23}{:<23}{:8}", "", left(&name, 23), ""),
        format!(
            "5220{:<16}{:20}{originator}{}{:<10}{}{effective}{:3}1{bank}0000001",
            left(&name, 16),
            "",
            class.word(),
            "PAYOUT",
            made.get(..6).unwrap_or_default(),
            ""
        ),
    ];
    let unfit = batch.payments.iter().filter(|payment| number(payment).is_none());
    let unfit: Vec<String> = unfit.map(|payment| payment.reference.clone()).collect();
    if !unfit.is_empty() {
        return Err(Unwritable::Accounts(unfit));
    }
    let mut hash: i64 = 0;
    for (place, payment) in batch.payments.iter().enumerate() {
        let (entry, addendum, of_bank) = entry(payment, bank, place + 1)?;
        hash = (hash + of_bank) % 10_000_000_000;
        records.push(entry);
        records.push(addendum);
    }
    let total = i64::try_from(batch.total()).ok().filter(|total| *total <= TOTAL_MAX).ok_or(Unwritable::Amount)?;
    let count = batch.payments.len() * 2;
    records.push(format!("8220{count:06}{hash:010}{:012}{total:012}{originator}{:19}{:6}{bank}0000001", 0, "", ""));
    let blocks = (records.len() + 1).div_ceil(BLOCK);
    records.push(format!("9000001{blocks:06}{count:08}{hash:010}{:012}{total:012}{:39}", 0, ""));
    records.resize(blocks * BLOCK, "9".repeat(RECORD));
    if records.iter().any(|record| record.len() != RECORD) {
        return Err(Unwritable::Text("a record is not of 94 characters".to_owned()));
    }
    Ok((records.join("\r\n") + "\r\n").into_bytes())
}

/// The number of a payment's account, that of its bank without its check digit, and that digit; none where the format has no room for it.
fn number(payment: &Payment) -> Option<(&str, &str, &str)> {
    let Number::Local { account, routing } = &payment.to.details.number else { return None };
    let (bank, check) = routing.split_at_checked(8).filter(|(_, check)| check.len() == 1)?;
    let is_held = account.len() <= ACH_NUMBER_MAX && bank.parse::<i64>().is_ok();
    is_held.then_some((account, bank, check))
}

/// The two records of a payment, and the number of its bank as it is added up.
fn entry(payment: &Payment, bank: &str, place: usize) -> Result<(String, String, i64), Unwritable> {
    let unfit = || Unwritable::Accounts(vec![payment.reference.clone()]);
    let (account, of_bank, check) = number(payment).ok_or_else(unfit)?;
    let hashed: i64 = of_bank.parse().map_err(|_| unfit())?;
    let amount = payment.amount.minor();
    if amount > AMOUNT_MAX {
        return Err(Unwritable::Amount);
    }
    let reference = &payment.reference;
    let id = reference.get(reference.len().saturating_sub(15)..).unwrap_or_default();
    let name = upper(&payment.to.details.holder, 22);
    let entry = format!("622{of_bank}{check}{account:<17}{amount:010}{id:<15}{name:<22}{:2}1{bank}{place:07}", "");
    let memo = if payment.memo.is_empty() { String::new() } else { upper(&payment.memo, 80) };
    let told = left(format!("{reference} {memo}").trim_end(), 80);
    Ok((entry, format!("705{told:<80}0001{place:07}"), hashed))
}

/// A text in capital letters that every bank of the network takes.
fn upper(text: &str, most: usize) -> String {
    latin_or_none(text, most).to_ascii_uppercase()
}

/// A text of exactly so many characters, with blanks after it.
fn left(text: &str, width: usize) -> String {
    format!("{:<width$}", text.get(..width.min(text.len())).unwrap_or_default())
}
