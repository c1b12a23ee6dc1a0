//! Closed periods: nothing takes effect in them afterwards, and each was closed with the trial balance of its day.

use super::Entry;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The name of the record that closes a period.
const CLOSED: &str = "period_closed";

/// The other records that are no entries.
const OTHERS: [&str; 6] =
    ["floor_changed", "account_closed", "hold_placed", "hold_ended", "note_erased", "rule_version"];

/// What took effect on which day, and until when the book is closed. Days are texts as of ISO 8601, which sort by time.
#[derive(Default)]
pub(super) struct Periods {
    /// The last day of the last closed period, and the number of its record.
    closed: Option<(String, i64)>,
    /// Debits less credits by account and unit, and by day, in smallest units.
    moved: BTreeMap<(String, String), BTreeMap<String, i128>>,
}

/// What a closing says of itself.
#[derive(Deserialize)]
struct Closing {
    through: String,
    trial_balance: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    code: String,
    credit: String,
    debit: String,
    unit: String,
}

impl Periods {
    /// Whether an entry may take effect on its day.
    pub(super) fn admit(&self, entry: &Entry) -> Result<(), String> {
        let (effective, occurred) = (&entry.effective, &entry.occurred);
        if !is_day(effective) || !is_day(occurred) {
            return Err("its days are no days".into());
        }
        let closed = self.closed.as_ref();
        if let Some((through, number)) = closed.filter(|(through, _)| effective <= through) {
            return Err(format!(
                "it takes effect on {effective}, and record {number} has closed all days until {through}"
            ));
        }
        let is_late = closed.is_some_and(|(through, _)| occurred <= through);
        if effective != occurred && !(is_late && occurred < effective) {
            return Err(format!("it happened on {occurred}, which was open, and takes effect on {effective}"));
        }
        Ok(())
    }

    /// A line took effect.
    pub(super) fn moved(&mut self, day: &str, unit: &str, debit: &str, credit: &str, amount: i128) {
        for (code, amount) in [(debit, amount), (credit, -amount)] {
            let days = self.moved.entry((code.to_owned(), unit.to_owned())).or_default();
            *days.entry(day.to_owned()).or_default() += amount;
        }
    }

    /// A record that is no entry.
    pub(super) fn record(&mut self, number: i64, kind: &str, body: &Value) -> Result<(), String> {
        if kind != CLOSED {
            return if OTHERS.contains(&kind) { Ok(()) } else { Err(format!("there are no records of kind {kind}")) };
        }
        let closing = Closing::deserialize(body).map_err(|error| format!("it closes no period: {error}"))?;
        if !is_day(&closing.through) {
            return Err(format!("{} is no day", closing.through));
        }
        if let Some((through, before)) = self.closed.as_ref().filter(|(through, _)| closing.through <= *through) {
            return Err(format!(
                "it closes {}, and record {before} has closed all days until {through}",
                closing.through
            ));
        }
        self.compare(&closing)?;
        self.closed = Some((closing.through, number));
        Ok(())
    }

    /// The trial balance that a closing names against that of its day.
    fn compare(&self, closing: &Closing) -> Result<(), String> {
        let until = |days: &BTreeMap<String, i128>| days.range(..=closing.through.clone()).map(|(_, net)| net).sum();
        let mut right: BTreeMap<(&str, &str), i128> = self
            .moved
            .iter()
            .map(|((code, unit), days)| ((code.as_str(), unit.as_str()), until(days)))
            .filter(|(_, net): &(_, i128)| *net != 0)
            .collect();
        for said in &closing.trial_balance {
            let (debit, credit): (Option<i128>, Option<i128>) = (said.debit.parse().ok(), said.credit.parse().ok());
            let net = debit.zip(credit).map(|(debit, credit)| debit - credit);
            let is = right.remove(&(said.code.as_str(), said.unit.as_str())).unwrap_or(0);
            if net != Some(is) {
                let (code, through) = (&said.code, &closing.through);
                return Err(format!(
                    "its trial balance has {} less {} of {code}, which by {through} are {is} smallest units of {}",
                    said.debit, said.credit, said.unit
                ));
            }
        }
        match right.keys().next() {
            Some((code, _)) => Err(format!("its trial balance lacks {code}")),
            None => Ok(()),
        }
    }
}

/// Whether a text is a day as the format writes it: four digits, two and two.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.into_iter().all(is_number)
}
