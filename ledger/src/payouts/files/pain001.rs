//! A credit transfer initiation of ISO 20022: pain.001.001.09, with structured addresses.
//!
//! One block of payments, since a file has one currency and one day. Each payment is to be booked by itself, so that each has a line of
//! the statement with its end-to-end id.

use super::batch::{Batch, Party, Payment, Unwritable};
use super::elements::Elements;
use super::latin::{NOT_PROVIDED, latin, latin_or_none};
use crate::money::Currency;
use crate::payouts::rules::bank_details::{Address, Number};
use std::io;

/// The message as far as it is written.
type Xml = Elements<Vec<u8>>;

/// The namespace of the message.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// Characters of a name in the SEPA schemes; ISO 20022 has room for 140.
const NAME_MAX: usize = 70;

/// Characters of what the payee reads.
const MEMO_MAX: usize = 140;

/// Who numbers the banks of a country that has no IBAN, of the external code list of clearing systems.
const CLEARINGS: &[(&str, &str)] = &[
    ("AU", "AUBSB"),
    ("CA", "CACPA"),
    ("CN", "CNAPS"),
    ("GB", "GBDSC"),
    ("HK", "HKNCC"),
    ("IN", "INFSC"),
    ("JP", "JPZGN"),
    ("NZ", "NZNCC"),
    ("SG", "SGIBG"),
    ("TW", "TWNCC"),
    ("US", "USABA"),
    ("ZA", "ZANCC"),
];

/// Writes the message.
///
/// # Errors
///
/// Only when the text cannot be put together.
pub fn write(batch: &Batch) -> Result<Vec<u8>, Unwritable> {
    message(batch).map_err(|error| Unwritable::Text(error.to_string()))
}

fn message(batch: &Batch) -> io::Result<Vec<u8>> {
    let mut xml = Xml::document(Vec::new(), NAMESPACE)?;
    xml.open("CstmrCdtTrfInitn")?;
    xml.open("GrpHdr")?;
    xml.leaf("MsgId", &batch.message)?;
    xml.leaf("CreDtTm", &batch.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    counted(&mut xml, batch)?;
    xml.open("InitgPty")?;
    xml.leaf("Nm", &latin_or_none(&batch.from.details.holder, NAME_MAX))?;
    xml.close("InitgPty")?;
    xml.close("GrpHdr")?;
    block(&mut xml, batch)?;
    xml.close("CstmrCdtTrfInitn")?;
    xml.end()
}

/// The payments, with the account that pays them.
fn block(xml: &mut Xml, batch: &Batch) -> io::Result<()> {
    let is_sepa = batch.currency == Currency::EUR;
    xml.open("PmtInf")?;
    xml.leaf("PmtInfId", &batch.message)?;
    xml.leaf("PmtMtd", "TRF")?;
    xml.leaf("BtchBookg", "false")?;
    counted(xml, batch)?;
    if is_sepa {
        xml.open("PmtTpInf")?;
        xml.open("SvcLvl")?;
        xml.leaf("Cd", "SEPA")?;
        xml.close("SvcLvl")?;
        xml.close("PmtTpInf")?;
    }
    xml.open("ReqdExctnDt")?;
    xml.leaf("Dt", &batch.execution_on.to_string())?;
    xml.close("ReqdExctnDt")?;
    party(xml, "Dbtr", &batch.from)?;
    account(xml, "DbtrAcct", &batch.from, Some(batch.currency))?;
    agent(xml, "DbtrAgt", &batch.from)?;
    xml.leaf("ChrgBr", if is_sepa { "SLEV" } else { "SHAR" })?;
    for payment in &batch.payments {
        transfer(xml, payment)?;
    }
    xml.close("PmtInf")
}

fn transfer(xml: &mut Xml, payment: &Payment) -> io::Result<()> {
    xml.open("CdtTrfTxInf")?;
    xml.open("PmtId")?;
    xml.leaf("EndToEndId", &payment.reference)?;
    xml.close("PmtId")?;
    xml.open("Amt")?;
    xml.amount("InstdAmt", payment.amount.minor(), payment.amount.currency())?;
    xml.close("Amt")?;
    // A bank finds the bank of an IBAN by itself.
    if matches!(payment.to.details.number, Number::Local { .. }) {
        agent(xml, "CdtrAgt", &payment.to)?;
    }
    party(xml, "Cdtr", &payment.to)?;
    account(xml, "CdtrAcct", &payment.to, None)?;
    let memo = latin(&payment.memo, MEMO_MAX);
    xml.open("RmtInf")?;
    xml.leaf("Ustrd", if memo.is_empty() { &payment.reference } else { &memo })?;
    xml.close("RmtInf")?;
    xml.close("CdtTrfTxInf")
}

fn party(xml: &mut Xml, name: &str, party: &Party) -> io::Result<()> {
    let Address { street, postal_code, town, country } = &party.details.address;
    xml.open(name)?;
    xml.leaf("Nm", &latin_or_none(&party.details.holder, NAME_MAX))?;
    xml.open("PstlAdr")?;
    for (name, text, most) in [("StrtNm", street, 70), ("PstCd", postal_code, 16)] {
        let text = latin(text, most);
        if !text.is_empty() {
            xml.leaf(name, &text)?;
        }
    }
    xml.leaf("TwnNm", &latin_or_none(town, 35))?;
    xml.leaf("Ctry", country)?;
    xml.close("PstlAdr")?;
    xml.close(name)
}

fn account(xml: &mut Xml, name: &str, party: &Party, currency: Option<Currency>) -> io::Result<()> {
    xml.open(name)?;
    xml.open("Id")?;
    match &party.details.number {
        Number::Iban(number) => xml.leaf("IBAN", number)?,
        Number::Local { account, .. } => {
            xml.open("Othr")?;
            xml.leaf("Id", account)?;
            xml.close("Othr")?;
        }
    }
    xml.close("Id")?;
    if let Some(currency) = currency {
        xml.leaf("Ccy", currency.code())?;
    }
    xml.close(name)
}

/// The bank of an account: by its number, or as one that the IBAN names.
fn agent(xml: &mut Xml, name: &str, party: &Party) -> io::Result<()> {
    xml.open(name)?;
    xml.open("FinInstnId")?;
    match &party.details.number {
        Number::Local { routing, .. } => {
            xml.open("ClrSysMmbId")?;
            if let Some((_, code)) = CLEARINGS.iter().find(|(country, _)| *country == party.bank_country) {
                xml.open("ClrSysId")?;
                xml.leaf("Cd", code)?;
                xml.close("ClrSysId")?;
            }
            xml.leaf("MmbId", routing)?;
            xml.close("ClrSysMmbId")?;
        }
        Number::Iban(_) => {
            xml.open("Othr")?;
            xml.leaf("Id", NOT_PROVIDED)?;
            xml.close("Othr")?;
        }
    }
    xml.close("FinInstnId")?;
    xml.close(name)
}

/// How many payments there are, and their sum.
fn counted(xml: &mut Xml, batch: &Batch) -> io::Result<()> {
    xml.leaf("NbOfTxs", &batch.payments.len().to_string())?;
    xml.leaf("CtrlSum", &batch.currency.format(batch.total()))
}
