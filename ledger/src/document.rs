//! A document beside a claim or a payout: an invoice, or what a tax office asks for. A link with the SHA-256 of what stands behind it.

use crate::error::{Error, Refusal};
use crate::evidence::{Digest, Evidence, EvidenceKind};
use crate::id::PersonId;
use crate::words::words;
use jiff::Timestamp;

/// The most documents of a claim, or of a payout.
pub const DOCUMENTS_MAX: i32 = 20;

words! {
    /// What a document is.
    DocumentKind, "kind of document" {
        /// The invoice of whoever is paid.
        Invoice = "invoice",
        /// What a tax office asks for.
        Tax = "tax",
        /// What whoever is paid has paid.
        Receipt = "receipt",
        /// Anything else.
        Other = "other",
    }
}

/// A document beside something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<T> {
    /// The claim or the payout.
    pub of: T,
    /// Its number among those of the same, from 1.
    pub number: i32,
    /// What it is.
    pub kind: DocumentKind,
    /// Title, link and digest.
    pub piece: Evidence,
    /// Who put it there.
    pub added_by: PersonId,
    /// In book time.
    pub added_at: Timestamp,
}

/// A document that is put beside something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument<T> {
    /// The claim or the payout.
    pub of: T,
    /// What it is.
    pub kind: DocumentKind,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub url: String,
    /// Of what stands there.
    pub sha256: Digest,
}

/// What comes of putting a document beside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put<T> {
    /// The same bytes are there already.
    Known(Document<T>),
    /// It is to be written.
    New(Document<T>),
}

impl<T: Clone> NewDocument<T> {
    /// Puts it beside those that are there, by number. The same bytes twice are one document.
    ///
    /// # Errors
    ///
    /// `too-many-documents`; [`Error::Invalid`] at `/title` or `/url`.
    pub fn put(self, known: &[Document<T>], by: PersonId, now: Timestamp) -> Result<Put<T>, Error> {
        let piece = Evidence::new("", EvidenceKind::Other, self.title, self.url, self.sha256, None)?;
        if let Some(same) = known.iter().find(|known| known.piece.sha256() == piece.sha256()) {
            return Ok(Put::Known(same.clone()));
        }
        let last = known.last().map_or(0, |last| last.number);
        if last >= DOCUMENTS_MAX {
            let detail = format!("there are {DOCUMENTS_MAX} documents: put the others behind one link");
            return Err(Refusal::new("too-many-documents", detail).into());
        }
        let NewDocument { of, kind, .. } = self;
        Ok(Put::New(Document { of, number: last + 1, kind, piece, added_by: by, added_at: now }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(known: &[Document<u8>], bytes: &[u8]) -> Result<Put<u8>, Error> {
        let url = "https://builders.example/invoice.pdf".to_owned();
        let kind = DocumentKind::Invoice;
        let new = NewDocument { of: 7, kind, title: "Invoice".into(), url, sha256: Digest::of(bytes) };
        new.put(known, PersonId(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn twenty_documents_are_put_and_the_same_bytes_twice_are_one() {
        let mut known = Vec::new();
        for number in 1..=20u8 {
            let Ok(Put::New(document)) = put(&known, &[number]) else { panic!("{number} is new") };
            assert_eq!(document.number, i32::from(number));
            known.push(document);
        }
        assert_eq!(put(&known, &[3]).expect("known"), Put::Known(known[2].clone()));
        let Err(Error::Refused(refusal)) = put(&known, &[21]) else { panic!("one too many") };
        assert_eq!(refusal.code, "too-many-documents");
    }
}
