//! An uploaded file: which types are taken, and whether its bytes are of the type that it says.

use crate::evidence::Digest;
use crate::id::{FileId, PersonId};
use crate::words::words;
use jiff::Timestamp;

/// The bytes of a row of a file.
pub const PART_MAX: usize = 256 * 1024;

/// The bytes that are kept of one person in a book.
pub const OF_A_PERSON_MAX: i64 = 200 * 1024 * 1024;

words! {
    /// The media types that are taken.
    FileType, "media type" {
        /// A document.
        Pdf = "application/pdf",
        /// An archive.
        Zip = "application/zip",
        /// A picture.
        Jpeg = "image/jpeg",
        /// A picture.
        Png = "image/png",
        /// A model of a thing, as an archive.
        ThreeMf = "model/3mf",
        /// A model of a thing (ISO 10303-21).
        Step = "model/step",
        /// A model of a thing, as triangles.
        Stl = "model/stl",
        /// A table.
        Csv = "text/csv",
        /// A text.
        Text = "text/plain",
    }
}

words! {
    /// What names a file.
    Named, "what names a file" {
        /// A claim, as evidence.
        Claim = "claim",
        /// A document beside a claim.
        ClaimDocument = "claim_document",
        /// A document beside a payout.
        PayoutDocument = "payout_document",
        /// A submission, as evidence.
        Submission = "submission",
    }
}

const PDF: &[u8] = b"%PDF-";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];
const STEP: &[u8] = b"ISO-10303-21;";

/// How a binary model as triangles is laid out: a head, the number of triangles, and so many bytes for each.
const STL_HEAD: i64 = 84;
const STL_TRIANGLE: i64 = 50;

impl FileType {
    /// With what the name of such a file ends.
    pub fn extension(self) -> &'static str {
        match self {
            FileType::Pdf => "pdf",
            FileType::Zip => "zip",
            FileType::Jpeg => "jpg",
            FileType::Png => "png",
            FileType::ThreeMf => "3mf",
            FileType::Step => "step",
            FileType::Stl => "stl",
            FileType::Csv => "csv",
            FileType::Text => "txt",
        }
    }

    /// The type of a file whose name ends so; none when no such file is taken.
    pub fn of_name(name: &str) -> Option<FileType> {
        let (_, end) = name.rsplit_once('.')?;
        let end = end.to_ascii_lowercase();
        let end = match end.as_str() {
            "jpeg" => "jpg",
            "stp" => "step",
            "md" => "txt",
            other => other,
        };
        FileType::ALL.iter().copied().find(|it| it.extension() == end)
    }

    /// Whether a browser may show it in its window: it holds nothing that runs.
    pub fn is_safe_to_show(self) -> bool {
        match self {
            FileType::Jpeg | FileType::Png | FileType::Csv | FileType::Text => true,
            FileType::Pdf | FileType::Zip | FileType::ThreeMf | FileType::Step | FileType::Stl => false,
        }
    }

    /// Whether it is one of letters: no byte of it is zero.
    pub fn is_text(self) -> bool {
        match self {
            FileType::Csv | FileType::Text | FileType::Step => true,
            FileType::Pdf | FileType::Zip | FileType::Jpeg | FileType::Png | FileType::ThreeMf | FileType::Stl => false,
        }
    }

    /// Whether a file that begins so, and has so many bytes in all, can be of this type.
    pub fn fits(self, head: &[u8], bytes: i64) -> bool {
        let is_zip = ZIP.iter().any(|magic| head.starts_with(magic));
        match self {
            FileType::Pdf => head.starts_with(PDF),
            FileType::Zip | FileType::ThreeMf => is_zip,
            FileType::Jpeg => head.starts_with(JPEG),
            FileType::Png => head.starts_with(PNG),
            FileType::Step => head.starts_with(STEP),
            FileType::Stl => is_triangles(head, bytes) || head.starts_with(b"solid"),
            FileType::Csv | FileType::Text => {
                let is_other = [PDF, PNG, JPEG].iter().any(|magic| head.starts_with(magic));
                !is_zip && !is_other && !head.contains(&0)
            }
        }
    }
}

fn is_triangles(head: &[u8], bytes: i64) -> bool {
    let count = head.get(80..84).and_then(|count| count.try_into().ok()).map(u32::from_le_bytes);
    count.is_some_and(|count| bytes == STL_HEAD + STL_TRIANGLE * i64::from(count))
}

/// An uploaded file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: FileId,
    /// Who uploaded it.
    pub owner: PersonId,
    /// What it is.
    pub content_type: FileType,
    /// How many bytes it has.
    pub bytes: i64,
    /// Of its bytes.
    pub sha256: Digest,
    /// By the wall clock.
    pub created_at: Timestamp,
}

impl StoredFile {
    /// In how many rows its bytes are kept.
    pub fn parts(&self) -> i32 {
        let parts = usize::try_from(self.bytes).unwrap_or_default().div_ceil(PART_MAX);
        i32::try_from(parts).unwrap_or(i32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_type_that_it_says_or_it_is_none() {
        let mut stl = vec![0u8; 80];
        stl.extend_from_slice(&2u32.to_le_bytes());
        for (kind, head, bytes) in [
            (FileType::Pdf, &b"%PDF-1.7"[..], 100),
            (FileType::Png, b"\x89PNG\r\n\x1a\nIHDR", 100),
            (FileType::Jpeg, b"\xff\xd8\xff\xe0", 100),
            (FileType::Zip, b"PK\x03\x04...", 100),
            (FileType::ThreeMf, b"PK\x03\x04...", 100),
            (FileType::Step, b"ISO-10303-21;\nHEADER;", 100),
            (FileType::Stl, &stl, 84 + 100),
            (FileType::Stl, b"solid drill\n", 100),
            (FileType::Csv, b"a,b\n1,2\n", 8),
            (FileType::Text, "Grüße".as_bytes(), 7),
        ] {
            assert!(kind.fits(head, bytes), "{kind}");
        }
        for (kind, head, bytes) in [
            (FileType::Pdf, &b"<html>"[..], 100),
            (FileType::Png, b"\xff\xd8\xff", 100),
            (FileType::Stl, &stl, 84 + 99),
            (FileType::Stl, b"", 0),
            (FileType::Text, b"PK\x03\x04...", 100),
            (FileType::Csv, b"%PDF-1.7", 100),
            (FileType::Text, b"a\0b", 3),
            (FileType::Step, b"ISO-10303", 9),
        ] {
            assert!(!kind.fits(head, bytes), "{kind} {head:?}");
        }
    }

    #[test]
    fn the_parts_of_a_file_hold_all_of_it() {
        let file = |bytes| StoredFile {
            id: FileId::generate(crate::id::BookId(1)),
            owner: PersonId::generate(),
            content_type: FileType::Text,
            bytes,
            sha256: Digest::of(b""),
            created_at: Timestamp::UNIX_EPOCH,
        };
        for (bytes, parts) in [(1, 1), (262_144, 1), (262_145, 2), (10 * 1024 * 1024, 40)] {
            assert_eq!(file(bytes).parts(), parts, "{bytes}");
        }
    }
}
