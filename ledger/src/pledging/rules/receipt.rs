//! The receipt of a charge: facts as they were when it was issued. What happened to the money since is shown beside it, and never
//! written into it.

use crate::id::{CampaignId, ChargeId, DonorId, OrganisationId, PledgeId, ReceiptId};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a receipt says of its use before the tax office when its custodian has no text of its own.
pub const NO_TAX_CERTIFICATE: &str = "This receipt confirms a payment. It is no certificate for the tax office, and says nothing of whether the payment can be deducted.";

/// What the line is called of what goes to the campaign.
pub const GIFT: &str = "gift";

/// How the line of a fee begins; the payee follows.
pub const FEE_OF: &str = "fee of the ";

/// A part of the amount of a receipt, such as the gift itself or a fee.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// Minor units.
    pub amount: i64,
}

/// Who took the money, as named when the receipt was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custodian {
    /// The organisation.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Its postal address; empty when not given.
    pub address: String,
    /// Its number in a public register; empty when not given.
    pub registration: String,
}

/// The receipt of a charge. No name stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// Year of the payment and number within the book and the year.
    pub number: Number,
    /// The charge that was captured.
    pub charge: ChargeId,
    /// The pledge of the charge.
    pub pledge: PledgeId,
    /// The pseudonym of who gave.
    pub donor: DonorId,
    /// The campaign to which it was given.
    pub campaign: CampaignId,
    /// Name of the campaign.
    pub campaign_title: String,
    /// What was given, in the currency of the campaign.
    pub amount: Money,
    /// What the donor paid, when that was in another currency; none otherwise.
    pub original: Option<Money>,
    /// What the amount is made of; they add up to it.
    pub lines: Vec<Line>,
    /// Day of the capture.
    pub given_on: Date,
    /// Record number of the entry of the capture.
    pub entry: i64,
    /// Who took the money.
    pub custodian: Custodian,
    /// What it says of its use before the tax office.
    pub tax_text: String,
    /// SHA-256 of the terms that the donor agreed to.
    pub terms_digest: [u8; 32],
    /// When it was issued, in book time.
    pub issued_at: Timestamp,
}

/// The number of a receipt, such as `2027-15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Year of the payment, in the zone of the book.
    pub year: i32,
    /// Within the book and the year, from 1.
    pub number: i32,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.year, self.number)
    }
}

/// A text that is no number of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the number of a receipt")]
pub struct NoNumber;

impl FromStr for Number {
    type Err = NoNumber;

    fn from_str(text: &str) -> Result<Number, NoNumber> {
        let (year, number) = text.split_once('-').ok_or(NoNumber)?;
        match (year.parse(), number.parse()) {
            (Ok(year), Ok(number)) => Ok(Number { year, number }),
            (Err(_), _) | (_, Err(_)) => Err(NoNumber),
        }
    }
}

/// A receipt, and what has changed since it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// As it was issued.
    pub receipt: Receipt,
    /// Minor units that went back to the donor since.
    pub refunded: i64,
    /// Minor units that are under dispute.
    pub disputed: i64,
}

/// What receipts come to in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The currency of the receipts.
    pub currency: Currency,
    /// What was given, minor units.
    pub given: i128,
    /// What of it went back since, minor units.
    pub refunded: i128,
    /// What of it is under dispute, minor units.
    pub disputed: i128,
}

/// What receipts come to, by currency in the order of their codes.
pub fn sums(receipts: &[Shown]) -> Vec<Sum> {
    let mut sums = BTreeMap::new();
    for shown in receipts {
        let currency = shown.receipt.amount.currency();
        let none = Sum { currency, given: 0, refunded: 0, disputed: 0 };
        let sum = sums.entry(currency.code()).or_insert(none);
        sum.given += i128::from(shown.receipt.amount.minor());
        sum.refunded += i128::from(shown.refunded);
        sum.disputed += i128::from(shown.disputed);
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_from_its_text_and_no_other_text_is_one() {
        let number = Number { year: 2027, number: 15 };
        assert_eq!((number.to_string().as_str(), "2027-15".parse()), ("2027-15", Ok(number)));
        for wrong in ["", "2027", "2027-", "-15", "a-1", "2027-1-5"] {
            assert_eq!(wrong.parse::<Number>(), Err(NoNumber), "{wrong}");
        }
    }
}
