//! A table of payments for banks that take one: its columns are named and ordered by whoever asks for it.

use super::batch::{Batch, Party, Payment, Unwritable};
use crate::error::Error;
use crate::export::neutral;
use crate::payouts::rules::bank_details::Number;
use crate::table::{DecimalMark, Delimiter};
use crate::text;
use crate::words::words;
use csv::{Terminator, WriterBuilder};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

words! {
    /// What a column holds.
    Field, "field of a column" {
        /// The end-to-end id.
        Reference = "reference",
        /// Whose account it is.
        Holder = "holder",
        /// Its IBAN; empty when it has none.
        Iban = "iban",
        /// The number of an account that has no IBAN; empty otherwise.
        AccountNumber = "account_number",
        /// The number of the bank of an account that has no IBAN; empty otherwise.
        RoutingNumber = "routing_number",
        /// Where the bank is.
        BankCountry = "bank_country",
        /// Street and number.
        Street = "street",
        /// May be empty.
        PostalCode = "postal_code",
        /// The town.
        Town = "town",
        /// Where the holder is.
        Country = "country",
        /// With all digits of its currency.
        Amount = "amount",
        /// Of ISO 4217.
        Currency = "currency",
        /// Year, month, day.
        ExecutionDay = "execution_day",
        /// What the payee reads.
        Memo = "memo",
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What stands in the first row.
    pub name: String,
    /// What stands below.
    pub field: Field,
}

/// How a table is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// From left to right.
    pub columns: Vec<Column>,
    /// What stands between them.
    pub delimiter: Delimiter,
    /// What stands before the minor units of an amount.
    pub decimal: DecimalMark,
}

/// The most columns.
pub const COLUMNS_MAX: usize = 30;

/// The most characters of a column's name.
pub const COLUMN_NAME_MAX: usize = 60;

impl Layout {
    /// All fields under their own names, for whoever names no columns.
    pub fn plain() -> Layout {
        let column = |field: &Field| Column { name: field.to_string(), field: *field };
        let columns = Field::ALL.iter().map(column).collect();
        Layout { columns, delimiter: Delimiter::Comma, decimal: DecimalMark::Point }
    }

    /// With its columns looked at: without a reference no line of a statement would find its payout.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at the column that is wrong.
    pub fn checked(self) -> Result<Layout, Error> {
        if !(1..=COLUMNS_MAX).contains(&self.columns.len()) {
            return Err(Error::invalid("/layout/columns", format!("1 to {COLUMNS_MAX}")));
        }
        for (place, column) in self.columns.iter().enumerate() {
            text::line(&column.name, 1..=COLUMN_NAME_MAX)
                .map_err(|wrong| Error::invalid(format!("/layout/columns/{place}/name"), wrong.to_string()))?;
        }
        for needed in [Field::Reference, Field::Amount] {
            if !self.columns.iter().any(|column| column.field == needed) {
                return Err(Error::invalid("/layout/columns", format!("one of them is of {needed}")));
            }
        }
        Ok(self)
    }
}

/// Writes the table.
///
/// # Errors
///
/// Only when the text cannot be put together.
pub fn write(batch: &Batch, layout: &Layout) -> Result<Vec<u8>, Unwritable> {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::CRLF).delimiter(layout.delimiter.byte()).from_writer(Vec::new());
    let failed = |error: csv::Error| Unwritable::Text(error.to_string());
    writer.write_record(layout.columns.iter().map(|column| neutral(&column.name).into_owned())).map_err(failed)?;
    for payment in &batch.payments {
        let cells = layout.columns.iter().map(|column| cell(batch, payment, column.field, layout.decimal));
        writer.write_record(cells.map(Cow::into_owned)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Unwritable::Text(error.to_string()))
}

fn cell<'a>(batch: &Batch, payment: &'a Payment, field: Field, decimal: DecimalMark) -> Cow<'a, str> {
    let Party { details, bank_country } = &payment.to;
    let (iban, account, routing) = match &details.number {
        Number::Iban(number) => (number.as_str(), "", ""),
        Number::Local { account, routing } => ("", account.as_str(), routing.as_str()),
    };
    let currency = payment.amount.currency();
    match field {
        Field::Reference => Cow::Borrowed(&*payment.reference),
        Field::Holder => neutral(&details.holder),
        Field::Iban => Cow::Borrowed(iban),
        Field::AccountNumber => Cow::Borrowed(account),
        Field::RoutingNumber => Cow::Borrowed(routing),
        Field::BankCountry => Cow::Borrowed(&**bank_country),
        Field::Street => neutral(&details.address.street),
        Field::PostalCode => neutral(&details.address.postal_code),
        Field::Town => neutral(&details.address.town),
        Field::Country => Cow::Borrowed(&*details.address.country),
        Field::Amount => {
            let amount = currency.format(payment.amount.minor());
            Cow::Owned(match decimal {
                DecimalMark::Point => amount,
                DecimalMark::Comma => amount.replace('.', ","),
            })
        }
        Field::Currency => Cow::Borrowed(currency.code()),
        Field::ExecutionDay => Cow::Owned(batch.execution_on.to_string()),
        Field::Memo => neutral(&payment.memo),
    }
}
