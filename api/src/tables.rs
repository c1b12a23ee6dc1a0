//! How a table that somebody sends is laid out: the parameters that say so stand here once, and what they come to.

use crate::problem::Problem;
use crate::wire::{bounded, word_or};
use ledger::table::{COLUMN_MAX, DayFormat, DecimalMark, Delimiter, Encoding, Layout, SKIPPED_MAX};

/// The words of a request that lay a table out, as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct LayoutWords<'a> {
    /// How letters are written.
    pub encoding: Option<&'a str>,
    /// What stands between columns.
    pub delimiter: Option<&'a str>,
    /// What stands before the fraction of an amount.
    pub decimal: Option<&'a str>,
    /// How days are written.
    pub days: Option<&'a str>,
    /// Lines before the one that names the columns.
    pub skip_lines: u8,
}

impl LayoutWords<'_> {
    /// The layout; what is not said is as in our own tables.
    pub fn parse(self) -> Result<Layout, Problem> {
        if self.skip_lines > SKIPPED_MAX {
            return Err(Problem::invalid("/skip_lines", format!("at most {SKIPPED_MAX}")));
        }
        Ok(Layout {
            encoding: word_or("/encoding", self.encoding, Encoding::Utf8)?,
            delimiter: word_or("/delimiter", self.delimiter, Delimiter::Comma)?,
            decimal: word_or("/decimal", self.decimal, DecimalMark::Point)?,
            days: word_or("/days", self.days, DayFormat::Iso)?,
            skip: self.skip_lines,
        })
    }
}

/// The name of a column, if one is given.
pub fn column(pointer: &str, given: &Option<String>) -> Result<Option<String>, Problem> {
    given.as_deref().map(|name| bounded(pointer, name, 1..=COLUMN_MAX)).transpose()
}

/// Declares a query that says what the columns of a table mean, and behind its own parameters those that lay the table out.
macro_rules! table_query {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$of_field:meta])* $field:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($(#[$of_field])* $field: Option<String>,)*
            /// Of a table: `utf-8` when it is left out, or `latin-1`.
            #[param(pattern = "^(utf-8|latin-1)$")]
            encoding: Option<String>,
            /// Of a table: what stands between columns, `comma` when it is left out.
            #[param(pattern = "^(comma|semicolon|tab)$")]
            delimiter: Option<String>,
            /// Of a table: what stands before the fraction of an amount, `point` when it is left out.
            #[param(pattern = "^(point|comma)$")]
            decimal: Option<String>,
            /// Of a table: `iso` (2031-02-03) when it is left out, `dotted` (03.02.2031), `day_first` (03/02/2031), `month_first` (02/03/2031)
            /// or `digits` (20310203).
            #[param(pattern = "^(iso|dotted|day_first|month_first|digits)$")]
            days: Option<String>,
            /// Of a table: lines before the one that names the columns.
            #[param(maximum = 50)]
            skip_lines: Option<u8>,
        }

        impl $name {
            /// How the table is laid out.
            fn layout(&self) -> Result<ledger::table::Layout, $crate::problem::Problem> {
                let words = $crate::tables::LayoutWords {
                    encoding: self.encoding.as_deref(),
                    delimiter: self.delimiter.as_deref(),
                    decimal: self.decimal.as_deref(),
                    days: self.days.as_deref(),
                    skip_lines: self.skip_lines.unwrap_or(0),
                };
                words.parse()
            }

            /// The first of the parameters that say something of a table alone, if one is given: of a file of another kind they say nothing.
            /// `besides` are those that are not of tables.
            fn of_tables(&self, besides: &[&str]) -> Option<&'static str> {
                let given = [
                    $((concat!("/", stringify!($field)), self.$field.is_some()),)*
                    ("/encoding", self.encoding.is_some()),
                    ("/delimiter", self.delimiter.is_some()),
                    ("/decimal", self.decimal.is_some()),
                    ("/days", self.days.is_some()),
                    ("/skip_lines", self.skip_lines.is_some()),
                ];
                let mut named = given.iter().filter(|(pointer, is_given)| *is_given && !besides.contains(pointer));
                named.next().map(|(pointer, _)| *pointer)
            }
        }
    };
}

pub(crate) use table_query;
