//! Receipts are issued when their charge is captured, once: by the lane that writes the capture, or else by the job that mails them.

use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::ChargeId;
use crate::id::ReceiptId;
use crate::parties::rules::organisation::Organisation;
use crate::parties::store::organisations;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, State};
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::receipt::{Custodian, FEE_OF, GIFT, Line, NO_TAX_CERTIFICATE, Number, Receipt};
use crate::pledging::store::fees::{self, ChargeFee};
use crate::pledging::store::{campaigns, charges, issued_receipts, pledges};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Issues the receipt of a charge, or answers the one that was issued; none while the charge is not captured.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown charge.
pub async fn issue(tx: &Transaction<'_>, id: ChargeId, wall: Timestamp) -> Result<Option<Receipt>, Error> {
    // Whoever else issues it waits here.
    let charge = charges::lock(tx, id).await?;
    if let Some(shown) = issued_receipts::of_charge(tx, id).await? {
        return Ok(Some(shown.receipt));
    }
    let book = books::get(tx, id.book).await?;
    let pledge = pledges::get(tx, charge.pledge).await?;
    let campaign = campaigns::get(tx, charge.campaign).await?;
    let custodian = charge.rail.custodian(charge.partner, book.organisation);
    let custodian = organisations::find(tx, custodian).await?.ok_or(Error::NotFound("organisation"))?;
    let fees = fees::of_charge(tx, id).await?;
    match compose(&book, &charge, &pledge, &campaign, custodian, &fees, wall) {
        Some(new) => Ok(Some(issued_receipts::insert(tx, &book, new).await?)),
        None => Ok(None),
    }
}

/// The receipt of a charge, but for its number, which it gets when it is written; none while the charge is not captured.
pub(super) fn compose(
    book: &Book,
    charge: &Charge,
    pledge: &Pledge,
    campaign: &Campaign,
    custodian: Organisation,
    fees: &[ChargeFee],
    wall: Timestamp,
) -> Option<Receipt> {
    let given_on = match charge.state {
        State::Captured { on, .. } | State::Settled { on, .. } => on,
        State::Scheduled | State::Processing { .. } | State::Declined { .. } | State::Voided { .. } | State::Missed => {
            return None;
        }
    };
    let (custodian, tax_text) = named(custodian);
    Some(Receipt {
        id: ReceiptId::generate(book.id),
        number: Number { year: given_on.year().into(), number: 0 },
        charge: charge.id,
        pledge: pledge.id,
        donor: pledge.donor,
        campaign: campaign.id,
        campaign_title: campaign.title.clone(),
        amount: charge.amount,
        original: charge.conversion.map(|it| it.original),
        lines: lines(charge.amount.minor(), fees),
        given_on,
        entry: charge.entry,
        custodian,
        tax_text,
        terms_digest: pledge.terms_digest,
        issued_at: book.now(wall),
    })
}

/// A custodian as receipts name it now, and what they say of their use before the tax office.
pub(super) fn named(custodian: Organisation) -> (Custodian, String) {
    let Organisation { id, name, address, registration, receipt_text, .. } = custodian;
    let tax_text = if receipt_text.is_empty() { NO_TAX_CERTIFICATE.to_owned() } else { receipt_text };
    (Custodian { id, name, address, registration }, tax_text)
}

/// What goes to the campaign, and each fee that the charge bore: together the amount.
fn lines(amount: i64, fees: &[ChargeFee]) -> Vec<Line> {
    let gift = amount - fees.iter().map(|fee| fee.amount).sum::<i64>();
    let of_fees = fees.iter().map(|fee| Line { label: format!("{FEE_OF}{}", fee.to), amount: fee.amount });
    [Line { label: GIFT.to_owned(), amount: gift }].into_iter().chain(of_fees).filter(|line| line.amount > 0).collect()
}
