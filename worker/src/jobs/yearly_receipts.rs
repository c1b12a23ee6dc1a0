//! Jobs of the receipts of years: issued some days after the year's end, and mailed.

use super::Context;
use super::mailing::{Occasion, secret};
use crate::failure::Failure;
use crate::mail::pledging::{GivenInAYear, YearlyReceipt as YearlyReceiptMail};
use crate::texts::Value;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{DonorId, YearlyReceiptId};
use ledger::pledging::operations::donor_links;
use ledger::pledging::operations::yearly_receipts::{PAGE, issue_due, shown};
use ledger::pledging::rules::donor_link::LinkToken;
use ledger::pledging::rules::yearly_receipt::{YearSum, YearlyReceipt};
use ledger::pledging::store::{donors, yearly_receipts};
use ledger::service::store::jobs::Leased;

impl Context {
    /// Issues the receipts of a year to donors who gave more than once, a page, each with a mail.
    pub(super) async fn issue_yearly_receipts(
        &self,
        leased: &Leased,
        year: i32,
        as_of: Timestamp,
        from: Option<DonorId>,
    ) -> Result<(), Failure> {
        let book = leased.id.book;
        let new = self
            .settle_with(leased, async |tx, wall| issue_due(tx, book, (year, as_of), (from, PAGE), wall).await)
            .await?;
        tracing::info!(job = %leased.id, new, "{new} receipts of {year} are issued");
        Ok(())
    }

    /// Mails the receipt of a year to the donor with fresh links, if there is an address.
    pub(super) async fn send_yearly_receipt(&self, leased: &Leased, id: YearlyReceiptId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let receipt = yearly_receipts::get(&tx, id).await?;
        let donor = donors::get(&tx, receipt.donor).await?;
        let made = if donor.email.is_empty() { None } else { links(&tx, &receipt).await? };
        let host = books::get(&tx, id.book).await?.name;
        let year = shown(&tx, receipt).await?;
        tx.commit().await?;
        drop(client);
        if let Some((one, all)) = made {
            let mail = YearlyReceiptMail {
                donor: donor.name,
                year: year.receipt.number.year,
                number: year.receipt.number.to_string(),
                custodian: year.receipt.custodian.name,
                host,
                count: year.count,
                sums: year.sums.iter().map(sum).collect(),
                link: self.link(&format!("receipts/{one}")).into(),
                gifts: self.link(&format!("donors/{all}")).into(),
                tax_text: year.receipt.tax_text,
            };
            let occasion = Occasion::new("yearly-receipt", &id).brought_by(donor.partner);
            self.send(leased, occasion, &donor.email, &mail).await?;
        }
        self.settle(leased).await
    }
}

/// Fresh links to a receipt of a year and to all that its donor gave; none when the donor was erased meanwhile.
async fn links(tx: &Transaction<'_>, receipt: &YearlyReceipt) -> Result<Option<(LinkToken, LinkToken)>, Error> {
    let wall = ledger::calendar::now();
    match donor_links::make_of_yearly_receipt(tx, receipt.donor, receipt.id, secret(), wall).await {
        Ok((_, one)) => Ok(Some((one, donor_links::make(tx, receipt.donor, secret(), wall).await?.1))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was given in a currency, and what of it had come back when the receipt was issued.
fn sum(sum: &YearSum) -> GivenInAYear {
    let money = |minor: i128| Value::sum(minor, sum.currency);
    let back = |minor: i128| (minor > 0).then(|| money(minor));
    GivenInAYear { given: money(sum.given), returned: back(sum.then.refunded), taken_back: back(sum.then.disputed) }
}
