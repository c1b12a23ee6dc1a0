//! Pledges as crowdfunding, pre-order and prize platforms export them: a table whose columns a map names.
//!
//! Nothing is guessed. A line that cannot be read is told with its line and its column, and leaves the others as they are.

use crate::money::Currency;
use crate::table::{Broken, Layout, Rows, Unreadable, amount_of};
use crate::words::words;
use jiff::civil::Date;
use std::borrow::Cow;

/// The most lines of an export that are taken at once.
pub const LINES_MAX: usize = 1_000;

words! {
    /// A kind of platform, whose exports call their columns as such platforms mostly do.
    Adapter, "adapter" {
        /// Pledges of backers.
        Crowdfunding = "crowdfunding",
        /// Orders of a shop that are paid before there are goods.
        PreOrder = "pre_order",
        /// Contributions of sponsors to a prize.
        Prize = "prize",
    }
}

/// The columns of an export by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// What the platform calls the pledge. It must be there.
    pub reference: Option<String>,
    /// What one payment is. It must be there.
    pub amount: Option<String>,
    /// What the platform calls the donor; without it a donor is called as the pledge.
    pub donor: Option<String>,
    /// The donor's name.
    pub name: Option<String>,
    /// The donor's e-mail address.
    pub email: Option<String>,
    /// The currency of the amount.
    pub currency: Option<String>,
    /// `once`, `monthly`, `quarterly` or `yearly`.
    pub interval: Option<String>,
    /// How many payments a plan has.
    pub payments: Option<String>,
    /// The first day on which it may be charged.
    pub starts_on: Option<String>,
    /// Our id of the tier.
    pub tier: Option<String>,
}

impl Columns {
    /// As platforms of a kind mostly call them.
    pub fn of(adapter: Adapter) -> Columns {
        let named = |[reference, amount, donor, name]: [&str; 4]| Columns {
            reference: Some(reference.into()),
            amount: Some(amount.into()),
            donor: Some(donor.into()),
            name: Some(name.into()),
            email: Some("Email".into()),
            currency: Some("Currency".into()),
            ..Columns::default()
        };
        match adapter {
            Adapter::Crowdfunding => named(["Pledge ID", "Pledge Amount", "Backer ID", "Backer Name"]),
            Adapter::PreOrder => named(["Order", "Total", "Customer", "Billing Name"]),
            Adapter::Prize => named(["Contribution ID", "Amount", "Sponsor ID", "Sponsor Name"]),
        }
    }

    /// These, and for those that are not named others.
    pub fn or(self, others: Columns) -> Columns {
        Columns {
            reference: self.reference.or(others.reference),
            amount: self.amount.or(others.amount),
            donor: self.donor.or(others.donor),
            name: self.name.or(others.name),
            email: self.email.or(others.email),
            currency: self.currency.or(others.currency),
            interval: self.interval.or(others.interval),
            payments: self.payments.or(others.payments),
            starts_on: self.starts_on.or(others.starts_on),
            tier: self.tier.or(others.tier),
        }
    }

    /// The column that a field of a pledge comes from, by a pointer to it.
    pub fn behind(&self, pointer: &str) -> Option<&str> {
        let fields = [
            ("/reference", &self.reference),
            ("/amount", &self.amount),
            ("/donor/reference", &self.donor),
            ("/donor/name", &self.name),
            ("/donor/email", &self.email),
            ("/schedule/interval", &self.interval),
            ("/schedule/payments", &self.payments),
            ("/schedule/start", &self.starts_on),
            ("/tier", &self.tier),
        ];
        fields.iter().find(|(field, _)| pointer.starts_with(field)).and_then(|(_, column)| column.as_deref())
    }
}

/// A pledge as a line of an export has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// What the platform calls it.
    pub reference: String,
    /// What the platform calls the donor.
    pub donor: String,
    /// The donor's name; may be empty.
    pub name: String,
    /// The donor's e-mail address; may be empty.
    pub email: String,
    /// Minor units of one payment.
    pub amount: i64,
    /// Their currency.
    pub currency: Currency,
    /// The word of the interval, if the line says one.
    pub interval: Option<String>,
    /// How many payments, if the line says that.
    pub payments: Option<i32>,
    /// The first day, if the line says one.
    pub starts_on: Option<Date>,
    /// The tier, if the line says one.
    pub tier: Option<String>,
}

/// A column: its name and its place.
struct Column {
    name: String,
    place: usize,
}

struct Places {
    reference: Column,
    amount: Column,
    donor: Option<Column>,
    name: Option<Column>,
    email: Option<Column>,
    currency: Option<Column>,
    interval: Option<Column>,
    payments: Option<Column>,
    starts_on: Option<Column>,
    tier: Option<Column>,
}

/// Reads an export. Columns of `named` must be there; of those that an adapter adds, reference and amount. Amounts without a currency are of
/// `currency`.
///
/// # Errors
///
/// One that is no table, has more than 1,000 lines, or lacks a column.
pub fn read(
    text: &str,
    layout: Layout,
    named: &Columns,
    adapter: Option<Adapter>,
    currency: Currency,
) -> Result<Vec<Result<Line, Unreadable>>, Broken> {
    let mut rows = Rows::new(text.as_bytes(), layout)?;
    let places = places(&rows, named, adapter).map_err(|what| Broken { at: u64::from(layout.skip) + 1, what })?;
    let mut lines = Vec::new();
    while rows.read()? {
        if lines.len() == LINES_MAX {
            let what = format!("more than {LINES_MAX} lines: send the others by themselves");
            return Err(Broken { at: rows.at(), what });
        }
        lines.push(line(&rows, &places, currency));
    }
    Ok(lines)
}

fn places(rows: &Rows<&[u8]>, named: &Columns, adapter: Option<Adapter>) -> Result<Places, String> {
    let usual = adapter.map(Columns::of).unwrap_or_default();
    let at = |name: &str| rows.place(name).map(|place| Column { name: name.to_owned(), place });
    let column = |given: &Option<String>, usual: &Option<String>| match (given, usual) {
        (Some(name), _) => at(name).map(Some),
        (None, Some(name)) if rows.columns().contains(name) => at(name).map(Some),
        (None, Some(_) | None) => Ok(None),
    };
    let needed = |given: &Option<String>, usual: &Option<String>, what: &str| {
        let name = given.as_ref().or(usual.as_ref()).ok_or_else(|| format!("the map names no column of the {what}"))?;
        at(name)
    };
    Ok(Places {
        reference: needed(&named.reference, &usual.reference, "reference")?,
        amount: needed(&named.amount, &usual.amount, "amount")?,
        donor: column(&named.donor, &usual.donor)?,
        name: column(&named.name, &usual.name)?,
        email: column(&named.email, &usual.email)?,
        currency: column(&named.currency, &usual.currency)?,
        interval: column(&named.interval, &usual.interval)?,
        payments: column(&named.payments, &usual.payments)?,
        starts_on: column(&named.starts_on, &usual.starts_on)?,
        tier: column(&named.tier, &usual.tier)?,
    })
}

fn line(rows: &Rows<&[u8]>, places: &Places, currency: Currency) -> Result<Line, Unreadable> {
    let wrong = |column: &Column, what: &'static str| Unreadable { at: rows.at(), column: column.name.clone(), what };
    let field = |column: &Column| -> Result<String, Unreadable> {
        let field = rows.field(column.place).map_err(|what| wrong(column, what))?;
        Ok(Cow::into_owned(field).trim().to_owned())
    };
    let text = |column: &Option<Column>| -> Result<Option<String>, Unreadable> {
        let Some(column) = column else { return Ok(None) };
        Ok(Some(field(column)?).filter(|text| !text.is_empty()))
    };
    let parsed = |column: &Option<Column>, what: &'static str| match (text(column)?, column) {
        (Some(text), Some(column)) => Ok(Some((text, wrong(column, what)))),
        (Some(_) | None, _) => Ok(None),
    };
    let reference = field(&places.reference)?;
    if reference.is_empty() {
        return Err(wrong(&places.reference, "it must be given"));
    }
    let currency = match parsed(&places.currency, "no currency")? {
        Some((code, wrong)) => code.parse().map_err(|_| wrong)?,
        None => currency,
    };
    let amount = rows.field(places.amount.place).map_err(|what| wrong(&places.amount, what))?;
    let amount = amount_of(&amount, rows.layout().decimal, currency).map_err(|what| wrong(&places.amount, what))?;
    let amount = amount.filter(|amount| *amount > 0).ok_or_else(|| wrong(&places.amount, "more than zero"))?;
    let payments = match parsed(&places.payments, "no number of payments")? {
        Some((number, wrong)) => Some(number.parse().map_err(|_| wrong)?),
        None => None,
    };
    let starts_on = match parsed(&places.starts_on, "no day as the map says")? {
        Some((day, wrong)) => Some(rows.layout().days.read(&day).ok_or(wrong)?),
        None => None,
    };
    Ok(Line {
        at: rows.at(),
        donor: text(&places.donor)?.unwrap_or_else(|| reference.clone()),
        name: text(&places.name)?.unwrap_or_default(),
        email: text(&places.email)?.unwrap_or_default(),
        amount,
        currency,
        interval: text(&places.interval)?,
        payments,
        starts_on,
        tier: text(&places.tier)?,
        reference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{DayFormat, DecimalMark, Delimiter};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn named(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn p15_9_an_export_of_a_platform_is_read_by_the_usual_names_of_its_columns() {
        let text = "\u{feff}Pledge ID,Backer Name,Email,Pledge Amount,Note\r\n\
                    b-1,\"Ada\nLovelace\",ada@donors.example,\"$1,234.56\",\r\n\r\n\
                    b-2,=1+1,,20.00,x\r\nb-3,,,€5,x\r\nb-4\r\n,,,5.00,x\r\nb-5,,,-5.00,x\r\n";
        let layout = Layout::default();
        let lines = read(text, layout, &Columns::default(), Some(Adapter::Crowdfunding), Currency::USD).unwrap();
        let first = lines[0].clone().unwrap();
        assert_eq!((first.at, first.amount, first.donor.as_str()), (2, 123_456, "b-1"));
        assert_eq!((first.name.as_str(), first.email.as_str()), ("Ada\nLovelace", "ada@donors.example"));
        assert_eq!(lines[1].clone().unwrap().name, "=1+1");
        let wrong: Vec<(u64, &str)> =
            lines.iter().filter_map(|line| line.as_ref().err()).map(|it| (it.at, it.column.as_str())).collect();
        assert_eq!(wrong, [(6, "Pledge Amount"), (7, "Pledge Amount"), (8, "Pledge ID"), (9, "Pledge Amount")]);
    }

    #[test]
    fn p15_9_a_map_of_ones_own_names_columns_formats_and_plans() {
        let text = "Nr;Betrag;Rhythmus;Raten;Ab\n1;1.234,56 €;monthly;24;31.01.2027\n2;5;;;31.02.2027\n3;5;;x;\n";
        let layout = Layout {
            delimiter: Delimiter::Semicolon,
            decimal: DecimalMark::Comma,
            days: DayFormat::Dotted,
            ..Layout::default()
        };
        let columns = Columns {
            reference: named("Nr"),
            amount: named("Betrag"),
            interval: named("Rhythmus"),
            payments: named("Raten"),
            starts_on: named("Ab"),
            ..Columns::default()
        };
        let lines = read(text, layout, &columns, None, Currency::EUR).unwrap();
        let plan = lines[0].clone().unwrap();
        assert_eq!((plan.amount, plan.interval.as_deref(), plan.payments), (123_456, Some("monthly"), Some(24)));
        assert_eq!(plan.starts_on, Some(date(2027, 1, 31)));
        assert_eq!(lines[1].clone().unwrap_err().column, "Ab");
        assert_eq!(lines[2].clone().unwrap_err().column, "Raten");
        assert_eq!(columns.behind("/schedule/start"), Some("Ab"));
        for (text, columns, what) in [
            ("", columns.clone(), "no column is called 'Nr'"),
            ("Nr;Betrag;Rhythmus;Raten\n", columns.clone(), "no column is called 'Ab'"),
            ("Nr;Nr;Betrag\n", Columns { reference: named("Nr"), ..Columns::default() }, "two columns are called 'Nr'"),
            ("Nr\n", Columns::default(), "the map names no column of the reference"),
        ] {
            assert_eq!(read(text, layout, &columns, None, Currency::EUR).unwrap_err().what, what);
        }
        let none =
            read("Order,Total\n", Layout::default(), &Columns::default(), Some(Adapter::PreOrder), Currency::EUR);
        assert_eq!(none, Ok(vec![]), "a table of nothing");
        let long = format!("Order,Total\n{}", "1,1\n".repeat(LINES_MAX + 1));
        let long = read(&long, Layout::default(), &Columns::default(), Some(Adapter::PreOrder), Currency::EUR);
        assert_eq!(long.unwrap_err().at, 1_002);
    }

    proptest! {
        #[test]
        fn p15_9_whatever_comes_as_an_export_is_read_or_refused(text in any::<String>()) {
            let text = format!("Order,Total\n{text}");
            let _read = read(&text, Layout::default(), &Columns::default(), Some(Adapter::PreOrder), Currency::EUR);
        }
    }
}
