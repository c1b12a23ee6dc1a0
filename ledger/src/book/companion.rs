//! Rows of other modules, opaque to the book, that are written in the transaction of an entry.
//!
//! A row is text from the start: whoever makes one pays for it, and a batch of thousands is put together by copying.

use serde_json::{Number, Value};
use std::collections::BTreeMap;

/// A row of another module, opaque to the book, that is written in the transaction of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// Its table, or the name of a change that the database knows how to make to one.
    table: &'static str,
    /// Its columns by name, as JSON.
    row: String,
    /// The byte of the row, a `0`, in whose place the record number of the entry goes.
    number: Option<usize>,
}

impl Companion {
    /// A row that knows nothing of its entry.
    pub fn new(table: &'static str, row: &Value) -> Companion {
        Companion { table, row: row.to_string(), number: None }
    }

    /// A row in which the record number of its entry goes to a place, a JSON Pointer; one that has no such place stays as it is.
    pub fn numbered(table: &'static str, mut row: Value, place: &str) -> Companion {
        let mut with = |number: i64| {
            *row.pointer_mut(place)? = Value::Number(Number::from(number));
            Some(row.to_string())
        };
        let (Some(zero), Some(one)) = (with(0), with(1)) else { return Companion::new(table, &row) };
        // The two differ in nothing but the one digit.
        let number = zero.bytes().zip(one.bytes()).position(|(of_zero, of_one)| of_zero != of_one);
        Companion { table, row: zero, number }
    }
}

/// The companions of a batch by table, each row as it goes with its entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Companions {
    /// The rows of each table, with commas between them.
    rows: BTreeMap<&'static str, String>,
}

impl Companions {
    /// Adds a row that goes with the entry of a number.
    pub fn push(&mut self, companion: &Companion, number: i64) {
        let rows = self.rows.entry(companion.table).or_default();
        if !rows.is_empty() {
            rows.push(',');
        }
        match companion.number {
            None => rows.push_str(&companion.row),
            Some(at) => {
                rows.push_str(&companion.row[..at]);
                rows.push_str(&number.to_string());
                rows.push_str(&companion.row[at + 1..]);
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All of them, as a JSON object of arrays by table.
    pub fn text(&self) -> String {
        let length: usize = self.rows.iter().map(|(table, rows)| table.len() + rows.len() + 6).sum();
        let mut text = String::with_capacity(length + 2);
        for (table, rows) in &self.rows {
            text.push(if text.is_empty() { '{' } else { ',' });
            // The names of tables are our own, of letters, `_` and blanks.
            text.push_str(&format!("\"{table}\":["));
            text.push_str(rows);
            text.push(']');
        }
        text.push_str(if text.is_empty() { "{}" } else { "}" });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(all: &Companions) -> Value {
        serde_json::from_str(&all.text()).expect("JSON")
    }

    #[test]
    fn none_are_an_empty_object() {
        assert_eq!(read(&Companions::default()), json!({}));
    }

    #[test]
    fn a_row_without_the_place_stays_as_it_is() {
        let row = json!({ "body": { "id": 1 } });
        assert_eq!(Companion::numbered("reply", row.clone(), "/body/entry/0"), Companion::new("reply", &row));
    }

    proptest! {
        #[test]
        fn the_number_goes_to_its_place_and_nowhere_else_whatever_the_row_says(
            texts in proptest::collection::vec(any::<String>(), 0..4), zero in any::<i64>(), number in 0..i64::MAX,
        ) {
            let row = |entry: i64| json!({ "a": texts, "entry": entry, "0": 0, "z": { "entry": 0, "text": "\"entry\":0" } });
            let mut all = Companions::default();
            all.push(&Companion::numbered("reply", row(zero), "/entry"), number);
            all.push(&Companion::new("job", &row(zero)), number);
            all.push(&Companion::numbered("reply", row(zero), "/z/entry"), number);
            let mut inner = row(zero);
            inner["z"]["entry"] = number.into();
            prop_assert_eq!(read(&all), json!({ "job": [row(zero)], "reply": [row(number), inner] }));
        }
    }
}
