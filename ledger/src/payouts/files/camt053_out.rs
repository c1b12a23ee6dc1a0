//! Writes statements of ISO 20022, camt.053.001.08, as the bank of sandbox books answers files: line by line, to wherever they go.

use super::elements::Elements;
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Direction, Told};
use crate::payouts::rules::statement_file::Balance;
use jiff::Timestamp;
use std::io::{self, Write};

/// The namespace of the message.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";

/// What stands above the lines of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How the bank names it: 35 letters and digits at most.
    pub name: String,
    /// How the bank names the account: 34 at most.
    pub account: String,
    /// Of the account.
    pub currency: Currency,
    /// Before the first line.
    pub opening: Balance,
    /// After the last one.
    pub closing: Balance,
}

/// A message that is written.
pub struct Camt053Writer<W: Write>(Elements<W>);

impl<W: Write> Camt053Writer<W> {
    /// Begins a message with its name, 35 letters and digits at most.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn begin(to: W, message: &str, made_at: Timestamp) -> io::Result<Camt053Writer<W>> {
        let mut xml = Elements::document(to, NAMESPACE)?;
        xml.open("BkToCstmrStmt")?;
        xml.open("GrpHdr")?;
        xml.leaf("MsgId", message)?;
        xml.leaf("CreDtTm", &made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
        xml.close("GrpHdr")?;
        Ok(Camt053Writer(xml))
    }

    /// Begins a statement.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn statement(&mut self, head: &Head) -> io::Result<()> {
        let xml = &mut self.0;
        xml.open("Stmt")?;
        xml.leaf("Id", &head.name)?;
        xml.open("Acct")?;
        xml.path(&["Id", "Othr", "Id"], &head.account)?;
        xml.leaf("Ccy", head.currency.code())?;
        xml.close("Acct")?;
        for (kind, balance) in [("OPBD", head.opening), ("CLBD", head.closing)] {
            xml.open("Bal")?;
            xml.path(&["Tp", "CdOrPrtry", "Cd"], kind)?;
            xml.amount("Amt", i128::from(balance.minor).abs(), head.currency)?;
            xml.leaf("CdtDbtInd", if balance.minor < 0 { "DBIT" } else { "CRDT" })?;
            xml.path(&["Dt", "Dt"], &balance.on.to_string())?;
            xml.close("Bal")?;
        }
        Ok(())
    }

    /// A line of the statement: booked, with what the bank kept of it, and the code of why it came back.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn line(&mut self, told: &Told, return_reason: Option<&str>) -> io::Result<()> {
        let (xml, currency) = (&mut self.0, told.amount.currency());
        let (side, moved, sub_family) = match told.direction {
            Direction::Debit => ("DBIT", i128::from(told.amount.minor()) + i128::from(told.fee), "DMCT"),
            Direction::Credit => ("CRDT", i128::from(told.amount.minor()), "RRTN"),
        };
        let day = told.value_on.to_string();
        xml.open("Ntry")?;
        xml.amount("Amt", moved, currency)?;
        xml.leaf("CdtDbtInd", side)?;
        xml.path(&["Sts", "Cd"], "BOOK")?;
        xml.path(&["BookgDt", "Dt"], &day)?;
        xml.path(&["ValDt", "Dt"], &day)?;
        xml.leaf("AcctSvcrRef", &told.reference)?;
        xml.open("BkTxCd")?;
        xml.open("Domn")?;
        xml.leaf("Cd", "PMNT")?;
        xml.open("Fmly")?;
        xml.leaf("Cd", "ICDT")?;
        xml.leaf("SubFmlyCd", sub_family)?;
        xml.close("Fmly")?;
        xml.close("Domn")?;
        xml.close("BkTxCd")?;
        if told.fee > 0 && told.direction == Direction::Debit {
            xml.open("Chrgs")?;
            xml.open("Rcrd")?;
            xml.amount("Amt", told.fee, currency)?;
            xml.leaf("CdtDbtInd", "DBIT")?;
            xml.leaf("ChrgInclInd", "true")?;
            xml.close("Rcrd")?;
            xml.close("Chrgs")?;
        }
        xml.open("NtryDtls")?;
        xml.open("TxDtls")?;
        xml.path(&["Refs", "EndToEndId"], &told.end_to_end)?;
        xml.amount("Amt", moved, currency)?;
        xml.leaf("CdtDbtInd", side)?;
        if let Some(reason) = return_reason {
            xml.path(&["RtrInf", "Rsn", "Cd"], reason)?;
        }
        xml.close("TxDtls")?;
        xml.close("NtryDtls")?;
        xml.close("Ntry")
    }

    /// Ends the statement.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn statement_ends(&mut self) -> io::Result<()> {
        self.0.close("Stmt")
    }

    /// Ends the message.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn end(mut self) -> io::Result<W> {
        self.0.close("BkToCstmrStmt")?;
        self.0.end()
    }
}
