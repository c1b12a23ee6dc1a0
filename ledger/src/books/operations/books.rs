//! Books: opening one, admitting partners, and who may read.

use crate::book::Mode;
use crate::books::store::transfers;
use crate::calendar;
use crate::engine::store::books::{self, Book, Visibility};
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PersonId};
use crate::money::Currency;
use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp, ToSpan};
use uuid::Uuid;

/// What a new book needs.
#[derive(Debug, Clone)]
pub struct OpenBook {
    /// The organisation that will own it.
    pub organisation: OrganisationId,
    /// Name for people.
    pub name: String,
    /// Base currency.
    pub currency: Currency,
    /// Live or sandbox.
    pub mode: Mode,
    /// Name of the IANA zone in which its days begin.
    pub zone: String,
    /// Who may read it.
    pub visibility: Visibility,
}

/// Opens a book with an empty journal.
///
/// # Errors
///
/// [`Error::Invalid`] at `/zone`.
pub async fn open(tx: &Transaction<'_>, asked: OpenBook, wall: Timestamp) -> Result<Book, Error> {
    let zone = calendar::zone(&asked.zone)
        .ok_or_else(|| Error::invalid("/zone", "not a zone of the IANA database, such as Europe/Berlin"))?;
    let book = Book {
        id: books::next_number(tx).await?,
        uid: Uuid::now_v7(),
        organisation: asked.organisation,
        name: asked.name,
        currency: asked.currency,
        mode: asked.mode,
        zone,
        zone_name: asked.zone,
        visibility: asked.visibility,
        clock_offset: SignedDuration::ZERO,
        clock_target: None,
        winds_up_at: None,
        transfers_to: None,
        kept_by_bank_lines: false,
        version: 1,
        created_at: wall,
    };
    books::insert(tx, &book).await?;
    Ok(book)
}

/// What of a book changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeBook {
    /// Who may read it; none for as before.
    pub visibility: Option<Visibility>,
    /// To whose bank account donors transfer, or to nobody's; none for as before.
    pub transfers_to: Option<Option<OrganisationId>>,
    /// Whether it is kept by lines of banks; none for as before.
    pub kept_by_bank_lines: Option<bool>,
}

/// Changes who may read a book, to whose bank account donors transfer (the host's, or that of a partner that is admitted), and whether it is kept by
/// lines of banks.
///
/// # Errors
///
/// [`Error::Invalid`] at `/transfers_to`; [`Error::Stale`] for an outdated version; [`Error::NotFound`] for an unknown book.
pub async fn change(tx: &Transaction<'_>, book: BookId, version: i64, change: ChangeBook) -> Result<Book, Error> {
    let mut book = books::lock(tx, book).await?;
    if book.version != version {
        return Err(Error::Stale("book"));
    }
    if let Some(custodian) = change.transfers_to {
        if let Some(custodian) = custodian
            && custodian != book.organisation
            && !books::partner_admitted(tx, book.id, custodian).await?
        {
            return Err(Error::invalid("/transfers_to", "neither the host nor a partner that is admitted to the book"));
        }
        book = transfers::set(tx, book.id, custodian).await?;
    }
    if let Some(kept) = change.kept_by_bank_lines {
        book = transfers::set_kept_by_bank_lines(tx, book.id, kept).await?;
    }
    if let Some(visibility) = change.visibility {
        book = books::set_visibility(tx, book.id, visibility).await?;
    }
    Ok(book)
}

/// Admits a partner platform, which may then bring pledges into the book.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn admit_partner(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<bool, Error> {
    books::admit_partner(tx, book.id, partner, by, wall).await
}

/// Withdraws the admission of a partner platform: from now on it neither reads nor writes in the book. What it has brought
/// stays, and what it has collected is settled.
///
/// # Errors
///
/// [`Error::NotFound`] when it is not admitted.
pub async fn withdraw_partner(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    if books::withdraw_partner(tx, book.id, partner, by, wall).await? {
        Ok(())
    } else {
        Err(Error::NotFound("partner"))
    }
}

/// The last moment of a day in the book's zone, exclusive: when something that may happen "until that day" ends.
pub fn end_of(book: &Book, day: jiff::civil::Date) -> Timestamp {
    book.start_of(day.saturating_add(1.day()))
}
