//! Writes a payment status report of ISO 20022, pain.002.001.10, as the bank of sandbox books answers files.

use super::elements::Elements;
use crate::payouts::files::pain002::Status;
use jiff::Timestamp;
use std::io::{self, Write};

/// The namespace of the message.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10";

/// Writes a report, named so, of an order that was sent under a name: what is said of all of it, and of each payment by its end-to-end id.
///
/// # Errors
///
/// Where it cannot be written.
pub fn write<'a, W: Write>(
    to: W,
    (name, made_at): (&str, Timestamp),
    (order, group): (&str, &Status),
    payments: impl IntoIterator<Item = (&'a str, Status)>,
) -> io::Result<W> {
    let mut xml = Elements::document(to, NAMESPACE)?;
    xml.open("CstmrPmtStsRpt")?;
    xml.open("GrpHdr")?;
    xml.leaf("MsgId", name)?;
    xml.leaf("CreDtTm", &made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    xml.close("GrpHdr")?;
    xml.open("OrgnlGrpInfAndSts")?;
    xml.leaf("OrgnlMsgId", order)?;
    xml.leaf("OrgnlMsgNmId", "pain.001.001.09")?;
    status(&mut xml, "GrpSts", group)?;
    xml.close("OrgnlGrpInfAndSts")?;
    xml.open("OrgnlPmtInfAndSts")?;
    xml.leaf("OrgnlPmtInfId", order)?;
    for (reference, of_payment) in payments {
        xml.open("TxInfAndSts")?;
        xml.leaf("OrgnlEndToEndId", reference)?;
        status(&mut xml, "TxSts", &of_payment)?;
        xml.close("TxInfAndSts")?;
    }
    xml.close("OrgnlPmtInfAndSts")?;
    xml.close("CstmrPmtStsRpt")?;
    xml.end()
}

fn status<W: Write>(xml: &mut Elements<W>, name: &str, status: &Status) -> io::Result<()> {
    xml.leaf(name, &status.code)?;
    if status.reason.is_empty() { Ok(()) } else { xml.path(&["StsRsnInf", "Rsn", "Cd"], &status.reason) }
}
