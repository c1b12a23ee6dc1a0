//! A partner's own list of a day as it is sent: a table, or a JSON array of objects.

use crate::extract::read_json;
use crate::problem::{FieldError, Problem};
use crate::tables::{column, table_query};
use ledger::money::Currency;
use ledger::pledging::rules::comparison::{LINES_MAX, TheirLine, Unreadable};
use ledger::pledging::rules::comparison_list::{Columns, Said, WORDS, object, read};
use ledger::table::Layout;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The largest list, in bytes.
pub(super) const LIST_MAX: usize = 8 * 1024 * 1024;

/// The operation that takes one.
const ROUTE: &str = "/v1/books/{book}/settlement-days/{day}/comparisons";

/// The most characters of a text of an object: those of the longest name, and an apostrophe before it.
const TEXT_MAX: usize = 201;

table_query! {
    /// How to read a list that is a table. Columns that are not named are called as in our own table of a day, and may be left out.
    ListLayout {
        /// The column that says what happened, in our words; `kind`. Without it a line went back when its gross is less than zero, and was captured
        /// otherwise.
        #[param(max_length = 100)]
        column_kind,
        /// The column of our ids; `id`.
        #[param(max_length = 100)]
        column_id,
        /// The column of your names of pledges; `reference`.
        #[param(max_length = 100)]
        column_reference,
        /// The column of the provider's names of payments and refunds; `provider_reference`.
        #[param(max_length = 100)]
        column_provider_reference,
        /// The column of what donors gave, or got back with a minus; `gross`.
        #[param(max_length = 100)]
        column_gross,
        /// The column of what processors keep; `fee`.
        #[param(max_length = 100)]
        column_fee,
        /// The column of gross less fee; `net`.
        #[param(max_length = 100)]
        column_net,
        /// The column of what pledges promise; `promised`.
        #[param(max_length = 100)]
        column_promised,
        /// The column of how pledges went on, in our words; `turn`.
        #[param(max_length = 100)]
        column_turn,
        /// The column of currencies; `currency`. Amounts without one are of the currency of the book.
        #[param(max_length = 100)]
        column_currency,
        /// The column of days; `day`.
        #[param(max_length = 100)]
        column_day,
    }
}

/// How a list comes.
pub(super) enum Form {
    /// As a table.
    Table(Layout, Box<Columns>),
    /// As an array of objects.
    Objects,
}

/// The lines of a list.
type Lines = Vec<Result<TheirLine, Unreadable>>;

impl ListLayout {
    /// How a list of a media type is read.
    pub(super) fn form(&self, media_type: &str) -> Result<Form, Problem> {
        if media_type == "application/json" {
            return match self.of_tables(&[]) {
                Some(pointer) => Err(Problem::invalid(pointer, "a list in JSON has our words: this is of tables")),
                None => Ok(Form::Objects),
            };
        }
        let columns = Columns {
            kind: column("/column_kind", &self.column_kind)?,
            id: column("/column_id", &self.column_id)?,
            reference: column("/column_reference", &self.column_reference)?,
            provider_reference: column("/column_provider_reference", &self.column_provider_reference)?,
            gross: column("/column_gross", &self.column_gross)?,
            fee: column("/column_fee", &self.column_fee)?,
            net: column("/column_net", &self.column_net)?,
            promised: column("/column_promised", &self.column_promised)?,
            turn: column("/column_turn", &self.column_turn)?,
            currency: column("/column_currency", &self.column_currency)?,
            day: column("/column_day", &self.column_day)?,
        };
        Ok(Form::Table(self.layout()?, Box::new(columns)))
    }
}

impl Form {
    /// Reads a list, on a thread that may take its time.
    pub(super) fn read(&self, mut file: File, currency: Currency) -> Result<Lines, Problem> {
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|_| Problem::internal())?;
        match self {
            Form::Table(layout, columns) => read(&text, *layout, columns, currency)
                .map_err(|broken| Problem::invalid("", format!("line {}: {}", broken.at, broken.what))),
            Form::Objects => {
                let list: ListBody = read_json(&text, "POST", ROUTE)?;
                drop(text);
                list.lines(currency)
            }
        }
    }
}

/// A list as an array, with an object for each line.
#[derive(Debug)]
pub struct ListBody(Vec<ListLineBody>);

/// A line of a list: what happened, in the words of our own table of a day. What is left out, or null, is not compared. It is named by `id`,
/// `provider_reference` or `reference`, and has a `gross`, or, of a pledge, what is `promised`.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementListLine)]
pub struct ListLineBody {
    /// The day, such as 2031-02-03.
    #[schema(max_length = 201)]
    day: Option<String>,
    /// What happened: `charge`, `refund`, `dispute`, `dispute_won` or `pledge`; a line with another word cannot be read. Without it a line went back
    /// when its gross is less than zero, and was captured otherwise.
    #[schema(max_length = 201, example = "charge")]
    kind: Option<String>,
    /// Our id of the charge, refund, chargeback or pledge.
    #[schema(max_length = 201)]
    id: Option<String>,
    /// Not compared.
    #[schema(max_length = 201)]
    charge: Option<String>,
    /// Not compared.
    #[schema(max_length = 201)]
    pledge: Option<String>,
    /// Not compared.
    #[schema(max_length = 201)]
    custodian: Option<String>,
    /// What the donor gave, or got back with a minus: a decimal.
    #[schema(max_length = 201, example = "25.00")]
    gross: Option<String>,
    /// What the processor keeps.
    #[schema(max_length = 201, example = "0.95")]
    fee: Option<String>,
    /// Gross less fee.
    #[schema(max_length = 201, example = "24.05")]
    net: Option<String>,
    /// The currency of all; that of the book when it is left out.
    #[schema(max_length = 201, example = "USD")]
    currency: Option<String>,
    /// Not compared.
    #[schema(max_length = 201)]
    entry: Option<String>,
    /// How you call the pledge.
    #[schema(max_length = 201)]
    reference: Option<String>,
    /// How the provider calls the payment or the refund.
    #[schema(max_length = 201)]
    provider_reference: Option<String>,
    /// What a pledge promises.
    #[schema(max_length = 201)]
    promised: Option<String>,
    /// How a pledge went on: `made`, `changed`, `moved_in`, `moved_away` or `ended`.
    #[schema(max_length = 201)]
    turn: Option<String>,
}

impl ListLineBody {
    /// What it says under each word, and what it says that nobody compares.
    fn said(self) -> (Said, [(&'static str, Option<String>); 4]) {
        let ListLineBody {
            day, kind, id, charge, pledge, custodian, gross, fee, net, currency, entry, reference, ..
        } = self;
        let said =
            [kind, id, reference, self.provider_reference, gross, fee, net, self.promised, self.turn, currency, day];
        (said, [("charge", charge), ("pledge", pledge), ("custodian", custodian), ("entry", entry)])
    }
}

impl ListBody {
    fn lines(self, currency: Currency) -> Result<Lines, Problem> {
        let mut lines = Vec::with_capacity(self.0.len());
        let mut wrong: Vec<FieldError> = Vec::new();
        for (place, line) in self.0.into_iter().enumerate() {
            let (said, besides) = line.said();
            let texts = WORDS.iter().zip(&said).map(|(word, text)| (*word, text));
            for (word, text) in texts.chain(besides.iter().map(|(word, text)| (*word, text))) {
                if text.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX) {
                    let message = format!("must have at most {TEXT_MAX} characters");
                    wrong.push(FieldError { pointer: format!("/{place}/{word}"), message });
                }
            }
            let at = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
            lines.push(object(at, &said, currency));
        }
        match wrong.first().cloned() {
            Some(first) => Err(Problem::invalid(first.pointer, first.message).with_errors(wrong)),
            None => Ok(lines),
        }
    }
}

/// An array that has too many objects is not read to its end.
impl<'de> Deserialize<'de> for ListBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ListBody, D::Error> {
        struct Bounded;

        impl<'de> Visitor<'de> for Bounded {
            type Value = ListBody;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ListBody, A::Error> {
                let mut lines = Vec::new();
                while let Some(line) = items.next_element()? {
                    if lines.len() == LINES_MAX {
                        return Err(A::Error::custom(format!("must have at most {LINES_MAX} items")));
                    }
                    lines.push(line);
                }
                Ok(ListBody(lines))
            }
        }

        deserializer.deserialize_seq(Bounded)
    }
}

impl PartialSchema for ListBody {
    fn schema() -> RefOr<Schema> {
        let line = Ref::from_schema_name("SettlementListLine");
        let lines = ArrayBuilder::new().items(line).max_items(Some(LINES_MAX));
        lines.description(Some("The lines, in any order.")).into()
    }
}

impl ToSchema for ListBody {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("SettlementListLine".to_owned(), ListLineBody::schema()));
        ListLineBody::schemas(schemas);
    }
}
