//! A bank's word on what it was ordered: a payment status report of ISO 20022, pain.002.001.03 or .10.
//!
//! Read as [`super::xml`] reads. Only a rejection says that
//! nothing was paid; whatever else a bank says of a payment, the line of a statement settles it. Of a reason only its code is kept, as
//! the words that a bank adds may name a person or an account.

use super::xml::{Piece, Xml};
use crate::payouts::rules::statement_file::Wrong;
use std::collections::BTreeMap;

/// Namespaces that are read.
const NAMESPACES: [&str; 2] =
    ["urn:iso:std:iso:20022:tech:xsd:pain.002.001.03", "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"];

/// The most payments of one report.
pub const PAYMENTS_MAX: usize = 20_000;

/// What a bank says of a whole order, or of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Four letters, such as `RJCT`; empty when it says nothing.
    pub code: String,
    /// Its reason, such as `AC04`; empty when it gives none that is a code.
    pub reason: String,
}

impl Status {
    /// Whether nothing was paid, and nothing will be.
    pub fn is_rejected(&self) -> bool {
        self.code == "RJCT"
    }
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What names the order, as it was sent.
    pub message: String,
    /// What is said of the whole order.
    pub group: Status,
    /// What is said of payments, by their end-to-end ids; of one that comes twice the last word.
    pub payments: BTreeMap<String, Status>,
}

/// Reads a report.
///
/// # Errors
///
/// When it is no XML, no report of a version that is read, or beyond the bounds.
pub fn read(bytes: &[u8]) -> Result<Report, Wrong> {
    let mut xml = Xml::new(bytes);
    let mut found = Finding::default();
    while let Some(piece) = xml.piece()? {
        let read = match piece {
            Piece::Begins => found.open(xml.path(), xml.attributes()),
            Piece::Ends => found.close(xml.path(), xml.text()),
        };
        read.map_err(|what| xml.wrong(what))?;
    }
    found.end().map_err(|what| xml.wrong(what))
}

/// A report as far as it was read.
#[derive(Default)]
struct Finding {
    report: Report,
    has_group: bool,
    /// What is said of the order's only block of payments.
    block: Status,
    has_payments: bool,
    reference: String,
    status: Status,
}

/// Where the texts stand that are read.
const ORDER: &str = "/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts";
const BLOCK: &str = "/Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts";
const PAYMENT: &str = "/Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts";

impl Finding {
    fn open(&mut self, path: &str, attributes: &[(String, String)]) -> Result<(), String> {
        match path {
            ORDER => self.has_group = true,
            PAYMENT => {
                self.has_payments = true;
                (self.reference, self.status) = (String::new(), Status::default());
            }
            BLOCK => (self.block, self.has_payments) = (Status::default(), false),
            root if !root[1..].contains('/') => check_root(root, attributes)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, place: &str, text: &str) -> Result<(), String> {
        if place == PAYMENT {
            self.payment()?;
        } else if place == BLOCK && self.block.is_rejected() && !self.has_payments {
            // The order has one block: all of it is rejected.
            self.report.group = std::mem::take(&mut self.block);
        } else if let Some(field) = place.strip_prefix(PAYMENT) {
            match field {
                "/OrgnlEndToEndId" => text.clone_into(&mut self.reference),
                "/TxSts" => self.status.code = code(text, "TxSts")?,
                "/StsRsnInf/Rsn/Cd" | "/StsRsnInf/Rsn/Prtry" => note(&mut self.status, text),
                _ => {}
            }
        } else if let Some(field) = place.strip_prefix(BLOCK) {
            match field {
                "/PmtInfSts" => self.block.code = code(text, "PmtInfSts")?,
                "/StsRsnInf/Rsn/Cd" | "/StsRsnInf/Rsn/Prtry" => note(&mut self.block, text),
                _ => {}
            }
        } else if let Some(field) = place.strip_prefix(ORDER) {
            match field {
                "/OrgnlMsgId" => text.clone_into(&mut self.report.message),
                "/GrpSts" => self.report.group.code = code(text, "GrpSts")?,
                "/StsRsnInf/Rsn/Cd" | "/StsRsnInf/Rsn/Prtry" => note(&mut self.report.group, text),
                _ => {}
            }
        }
        Ok(())
    }

    /// One payment has been read.
    fn payment(&mut self) -> Result<(), String> {
        let (reference, status) = (std::mem::take(&mut self.reference), std::mem::take(&mut self.status));
        if reference.is_empty() || status.code.is_empty() {
            return Ok(());
        }
        if reference.chars().count() > 35 {
            return Err("an end-to-end id of more than 35 characters".to_owned());
        }
        self.report.payments.insert(reference, status);
        if self.report.payments.len() > PAYMENTS_MAX {
            return Err(format!("more than {PAYMENTS_MAX} payments"));
        }
        Ok(())
    }

    fn end(self) -> Result<Report, String> {
        if !self.has_group {
            return Err("it does not say which order it is about (OrgnlGrpInfAndSts)".to_owned());
        }
        Ok(self.report)
    }
}

fn check_root(path: &str, attributes: &[(String, String)]) -> Result<(), String> {
    let is_read = attributes
        .iter()
        .any(|(name, space)| (name == "xmlns" || name.starts_with("xmlns:")) && NAMESPACES.contains(&space.as_str()));
    if path == "/Document" && is_read {
        return Ok(());
    }
    Err(format!("no payment status report of one of the namespaces {}", NAMESPACES.join(", ")))
}

/// A status: four letters.
fn code(text: &str, field: &str) -> Result<String, String> {
    if text.len() == 4 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(format!("{field} is no status of four letters"))
    }
}

/// The first reason counts, if it is a code: letters and digits.
fn note(status: &mut Status, text: &str) {
    let is_code =
        (1..=35).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
    if status.reason.is_empty() && is_code {
        text.clone_into(&mut status.reason);
    }
}

/// What codes of the external list mean, as far as they are about whom a payment goes to.
const MEANINGS: &[(&str, &str)] = &[
    ("AC01", "the number of the account is wrong"),
    ("AC03", "the number of the payee's account is wrong"),
    ("AC04", "the account is closed"),
    ("AC06", "the account is blocked"),
    ("AG01", "the account takes no payment of this kind"),
    ("AG02", "the bank does not know this kind of payment"),
    ("AM01", "the amount is zero"),
    ("AM02", "the amount is larger than allowed"),
    ("AM04", "the account that pays is short of money"),
    ("AM05", "the bank has it already"),
    ("AM09", "the amount is not the one that was agreed"),
    ("BE01", "the name is not that of the account"),
    ("BE04", "the address of the payee is missing or wrong"),
    ("BE05", "the bank does not know who orders it"),
    ("DT01", "the day is none on which the bank pays"),
    ("DUPL", "the bank has it already"),
    ("FF01", "the bank cannot read the file"),
    ("MD07", "the holder of the account has died"),
    ("MS03", "the bank gives no reason"),
    ("RC01", "the bank of the account is not known"),
    ("RR02", "the name or address of who pays is missing"),
    ("RR03", "the name or address of the payee is missing"),
    ("RR04", "a rule of the authorities forbids it"),
    ("TM01", "it came too late for its day"),
];

/// Why a bank rejected something, in words, with its code.
pub fn why(reason: &str) -> String {
    match MEANINGS.iter().find(|(code, _)| *code == reason) {
        Some((code, meaning)) => format!("the bank rejects it: {meaning} ({code})"),
        None if reason.is_empty() => "the bank rejects it, and gives no code".to_owned(),
        None => format!("the bank rejects it: {reason}"),
    }
}
