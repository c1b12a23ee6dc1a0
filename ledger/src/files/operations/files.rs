//! Uploaded files: kept by parts, named by evidence and documents, and gone after a week when nothing names them.

use crate::calendar::to_microseconds;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::files::rules::file::{FileType, Named, OF_A_PERSON_MAX, PART_MAX, StoredFile};
use crate::files::store::files;
use crate::id::{BookId, FileId, PersonId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

/// A file that is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewFile {
    /// The book whose evidence may name it.
    pub book: BookId,
    /// Who uploads it.
    pub owner: PersonId,
    /// What it says that it is.
    pub content_type: FileType,
    /// How many bytes it has.
    pub bytes: i64,
    /// Of its bytes.
    pub sha256: Digest,
}

/// Parts of a file, of [`PART_MAX`] bytes but for the last, in order; an error when it cannot be read.
pub type Parts = Receiver<Result<Vec<u8>, String>>;

/// Keeps a file with all its parts. Uploads of one person come here one after the other.
///
/// # Errors
///
/// `files-full`; [`Error::Invalid`] when its bytes are not of its type.
pub async fn keep(tx: &Transaction<'_>, new: NewFile, mut parts: Parts, wall: Timestamp) -> Result<StoredFile, Error> {
    if files::bytes_of(tx, new.book, new.owner).await? + new.bytes > OF_A_PERSON_MAX {
        let detail = format!("of one person {} MiB are kept in a book", OF_A_PERSON_MAX / 1024 / 1024);
        return Err(Refusal::new("files-full", detail).into());
    }
    let NewFile { book, owner, content_type, bytes, sha256 } = new;
    let created_at = to_microseconds(wall);
    let file = StoredFile { id: FileId::generate(book), owner, content_type, bytes, sha256, created_at };
    files::insert(tx, &file).await?;
    let (mut number, mut came) = (0, 0);
    while let Some(part) = parts.recv().await {
        let part = part.map_err(Error::inconsistent)?;
        let is_wrong = number == 0 && !content_type.fits(&part, bytes);
        if is_wrong || (content_type.is_text() && part.contains(&0)) {
            return Err(Error::invalid("", format!("these bytes are no {content_type}")));
        }
        number += 1;
        came += i64::try_from(part.len()).unwrap_or_default();
        files::insert_part(tx, file.id, number, &part).await?;
    }
    if came != bytes || number != file.parts() {
        return Err(Error::inconsistent(format!("{came} bytes of {bytes} came, in parts of {PART_MAX}")));
    }
    Ok(file)
}

/// Writes down that evidence or documents of something name these files.
///
/// # Errors
///
/// [`Error::Invalid`] when one of them is gone by now.
pub async fn name(tx: &Transaction<'_>, named: &[FileId], of: (Named, Uuid), wall: Timestamp) -> Result<(), Error> {
    for file in named {
        if !files::name(tx, *file, of, wall).await? {
            return Err(Error::invalid("", format!("{file} is gone: upload it again")));
        }
    }
    Ok(())
}
