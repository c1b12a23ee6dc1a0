//! Words and texts in a document of rules, refused by JSON Pointer where they are none.

use crate::error::Error;
use crate::text;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// A word for a stage, a criterion or a question.
pub(super) fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(allowed)
}

pub(super) fn has_twins<T: Ord>(all: &[T]) -> bool {
    all.iter().collect::<BTreeSet<_>>().len() < all.len()
}

pub(super) fn paragraphs(pointer: &str, text: &str, length: RangeInclusive<usize>) -> Result<(), Error> {
    text::paragraphs(text, length).map_err(|wrong| Error::invalid(pointer.to_owned(), wrong.to_string()))
}

pub(super) fn name(pointer: &str, name: &str) -> Result<(), Error> {
    text::line(name, text::NAME).map_err(|wrong| Error::invalid(pointer.to_owned(), wrong.to_string()))
}
