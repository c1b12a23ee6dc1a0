//! Books, their heads' beginnings, and the partners admitted to them.

use super::rows::word;
use crate::book::Mode;
use crate::calendar::{self, to_microseconds};
use crate::error::{Error, Refusal};
use crate::id::{BookId, BookRef, OrganisationId, PersonId};
use crate::money::Currency;
use crate::words::words;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

words! {
    /// Who may read a book.
    Visibility, "visibility" {
        /// People with a role in the organisation that owns it, plain members excepted.
        Private = "private",
        /// The same, and members.
        Members = "members",
        /// Everybody.
        Public = "public",
    }
}

/// A book: a unit with its own accounts, order of entries and clock.
#[derive(Debug, Clone)]
pub struct Book {
    /// Its number.
    pub id: BookId,
    /// The `UUIDv7` in its outside id.
    pub uid: Uuid,
    /// The organisation that owns it.
    pub organisation: OrganisationId,
    /// Name for people.
    pub name: String,
    /// Base currency.
    pub currency: Currency,
    /// Live or sandbox.
    pub mode: Mode,
    /// IANA zone in which its days begin.
    pub zone: TimeZone,
    /// Name of that zone.
    pub zone_name: String,
    /// Who may read it.
    pub visibility: Visibility,
    /// How far its clock is ahead of the wall clock.
    pub clock_offset: SignedDuration,
    /// Where its clock walks, in book time; none when it has arrived.
    pub clock_target: Option<Timestamp>,
    /// From when on, in book time, it takes nothing new, as it is wound up; none when it is not.
    pub winds_up_at: Option<Timestamp>,
    /// The organisation to whose bank account donors transfer; none when they do not.
    pub transfers_to: Option<OrganisationId>,
    /// Whether money settles by lines of bank statements alone, and periods close only when nothing is unexplained.
    pub kept_by_bank_lines: bool,
    /// Raised by every change of the row.
    pub version: i64,
    /// Wall clock at creation.
    pub created_at: Timestamp,
}

impl Book {
    /// The outside id.
    pub fn reference(&self) -> BookRef {
        BookRef::new(self.id, self.uid)
    }

    /// The book's own moment: wall clock and offset, in microseconds as the database keeps it, so that what is answered first is
    /// what is read later.
    pub fn now(&self, wall: Timestamp) -> Timestamp {
        to_microseconds(wall.checked_add(self.clock_offset).unwrap_or(Timestamp::MAX))
    }

    /// The book's own day, in its zone.
    pub fn today(&self, wall: Timestamp) -> Date {
        self.day_of(self.now(wall))
    }

    /// The first day that what is recorded may reach back to: 1 January, ten years before the year in which it was opened.
    pub fn first_day(&self) -> Date {
        let opened = self.day_of(self.created_at);
        Date::new(opened.year().saturating_sub(10), 1, 1).unwrap_or(Date::MIN)
    }

    /// Refuses what would begin at a moment when it takes nothing new any more, as it is wound up.
    ///
    /// # Errors
    ///
    /// `book-winding-up`.
    pub fn takes_new(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.winds_up_at.filter(|from| *from <= now) {
            None => Ok(()),
            Some(from) => {
                let since = self.day_of(from);
                let detail = format!(
                    "the book is wound up, and takes nothing new since {since}: no pledges, campaigns, challenges, rounds or contributions. \
                     What was begun before goes on; its wind-up says what becomes of the money"
                );
                Err(Refusal::new("book-winding-up", detail))
            }
        }
    }

    /// The day in the book's zone on which a moment falls.
    pub fn day_of(&self, moment: Timestamp) -> Date {
        moment.to_zoned(self.zone.clone()).date()
    }

    /// The first moment of a day in the book's zone.
    pub fn start_of(&self, day: Date) -> Timestamp {
        day.to_zoned(self.zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    pub(crate) fn from_row(row: &Row) -> Result<Book, Error> {
        let zone_name: String = row.get("zone");
        let bad = |what: &str| Error::inconsistent(format!("book {}: {what}", row.get::<_, i32>("number")));
        Ok(Book {
            id: BookId(row.get("number")),
            uid: row.get("uid"),
            organisation: OrganisationId(row.get("organisation")),
            name: row.get("name"),
            currency: row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?,
            mode: word(row.get("mode"))?,
            zone: calendar::zone(&zone_name).or_else(|| TimeZone::get(&zone_name).ok()).ok_or_else(|| bad("zone"))?,
            zone_name,
            visibility: word(row.get("visibility"))?,
            clock_offset: SignedDuration::from_secs(row.get("clock_offset_s")),
            clock_target: row.get("clock_target"),
            winds_up_at: row.get("winds_up_at"),
            transfers_to: row.get::<_, Option<Uuid>>("transfers_to").map(OrganisationId),
            kept_by_bank_lines: row.get("kept_by_bank_lines"),
            version: row.get("version"),
            created_at: row.get("created_at"),
        })
    }
}

/// Books that a person may read, or only public ones when nobody asks, after `after` by number.
///
/// Private books are read by people with a role other than member, members' books by members too.
pub async fn list_readable(
    client: &impl GenericClient,
    person: Option<PersonId>,
    after: BookId,
    limit: i64,
) -> Result<Vec<Book>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::list_readable
             SELECT b.* FROM book b
              WHERE b.number > $1
                AND (b.visibility = 'public'
                     OR EXISTS (SELECT FROM membership m
                                 WHERE m.organisation = b.organisation AND m.person = $2
                                   AND (b.visibility = 'members' OR m.role <> 'member')))
              ORDER BY b.number LIMIT $3",
        )
        .await?;
    let person = person.map(|person| person.0);
    let rows = client.query(&statement, &[/* after */ &after.0, /* person */ &person, /* limit */ &limit]).await?;
    rows.iter().map(Book::from_row).collect()
}

/// Draws the number of a new book.
pub async fn next_number(tx: &Transaction<'_>) -> Result<BookId, Error> {
    let statement = tx.prepare_cached("-- books::next_number\nSELECT counter_next('book')").await?;
    Ok(BookId(tx.query_one(&statement, &[]).await?.get(0)))
}

/// Writes a new book with its head.
pub async fn insert(tx: &Transaction<'_>, book: &Book) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- books::insert
             INSERT INTO book (number, uid, organisation, name, currency, mode, zone, visibility, clock_offset_s, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* number */ &book.id.0,
            /* uid */ &book.uid,
            /* organisation */ &book.organisation.0,
            /* name */ &book.name,
            /* currency */ &book.currency.code(),
            /* mode */ &book.mode.as_str(),
            /* zone */ &book.zone_name,
            /* visibility */ &book.visibility.as_str(),
            /* clock_offset_s */ &book.clock_offset.as_secs(),
            /* created_at */ &book.created_at,
        ],
    )
    .await?;
    let begin = tx.prepare_cached("-- books::begin\nSELECT book_begin($1)").await?;
    tx.query_one(&begin, &[/* book */ &book.id.0]).await?;
    Ok(())
}

/// The book with this number, if there is one.
pub async fn find(client: &impl GenericClient, book: BookId) -> Result<Option<Book>, Error> {
    let statement = client.prepare_cached("-- books::find\nSELECT * FROM book WHERE number = $1").await?;
    client.query_opt(&statement, &[/* number */ &book.0]).await?.as_ref().map(Book::from_row).transpose()
}

/// The book with this number.
pub async fn get(client: &impl GenericClient, book: BookId) -> Result<Book, Error> {
    find(client, book).await?.ok_or(Error::NotFound("book"))
}

/// The book that an outside id names: number and `UUIDv7` must both fit.
pub async fn resolve(client: &impl GenericClient, reference: BookRef) -> Result<Book, Error> {
    let book = get(client, reference.book).await?;
    if book.uid == reference.object { Ok(book) } else { Err(Error::NotFound("book")) }
}

/// The book, its row locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<Book, Error> {
    let statement = tx.prepare_cached("-- books::lock\nSELECT * FROM book WHERE number = $1 FOR NO KEY UPDATE").await?;
    let row = tx.query_opt(&statement, &[/* number */ &book.0]).await?;
    row.as_ref().map(Book::from_row).transpose()?.ok_or(Error::NotFound("book"))
}

/// Books of these organisations, or all when `organisations` is none, after `after` by number.
pub async fn list(
    client: &impl GenericClient,
    organisations: Option<&[OrganisationId]>,
    after: BookId,
    limit: i64,
) -> Result<Vec<Book>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::list
             SELECT * FROM book
              WHERE number > $1 AND ($2::uuid[] IS NULL OR organisation = ANY($2))
              ORDER BY number LIMIT $3",
        )
        .await?;
    let organisations = organisations.map(|all| all.iter().map(|organisation| organisation.0).collect::<Vec<_>>());
    let rows = client.query(&statement, &[/* after */ &after.0, &organisations, /* limit */ &limit]).await?;
    rows.iter().map(Book::from_row).collect()
}

/// Whether a database holds a live book; one that nobody has migrated holds none.
pub async fn any_live(client: &impl GenericClient) -> Result<bool, Error> {
    let known = client.prepare_cached("-- books::any_live\nSELECT to_regclass('public.book') IS NOT NULL").await?;
    if !client.query_one(&known, &[]).await?.get::<_, bool>(0) {
        return Ok(false);
    }
    let statement =
        client.prepare_cached("-- books::any_live\nSELECT EXISTS (SELECT FROM book WHERE mode = 'live')").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// Puts the clock of a sandbox book further ahead, and says where it walks from there; none when it stays.
pub async fn set_clock(
    tx: &Transaction<'_>,
    book: BookId,
    offset: SignedDuration,
    target: Option<Timestamp>,
) -> Result<Book, Error> {
    let statement = tx
        .prepare_cached(
            "-- books::set_clock
             UPDATE book SET clock_offset_s = $2, clock_target = $3, version = version + 1 WHERE number = $1
             RETURNING *",
        )
        .await?;
    let row =
        tx.query_one(&statement, &[/* number */ &book.0, /* offset */ &offset.as_secs(), /* target */ &target]).await?;
    Book::from_row(&row)
}

/// The books whose clock walks, after one by number.
pub async fn list_walking(client: &impl GenericClient, after: BookId, limit: i64) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::list_walking
             SELECT number FROM book WHERE clock_target IS NOT NULL AND number > $1 ORDER BY number LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* after */ &after.0, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| BookId(row.get("number"))).collect())
}

/// Says who may read a book.
pub async fn set_visibility(tx: &Transaction<'_>, book: BookId, visibility: Visibility) -> Result<Book, Error> {
    let statement = tx
        .prepare_cached(
            "-- books::set_visibility
             UPDATE book SET visibility = $2, version = version + 1 WHERE number = $1
             RETURNING *",
        )
        .await?;
    let row = tx.query_one(&statement, &[&book.0, /* visibility */ &visibility.as_str()]).await?;
    Book::from_row(&row)
}

/// A partner platform that may bring pledges into a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The partner platform.
    pub organisation: OrganisationId,
    /// The person who admitted it.
    pub admitted_by: PersonId,
    /// When, by the wall clock.
    pub admitted_at: Timestamp,
}

/// Admits a partner platform to a book, also one whose admission was withdrawn; answers whether it was not admitted before.
pub async fn admit_partner(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    by: PersonId,
    at: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- books::admit_partner
             INSERT INTO book_partner (book_id, organisation, admitted_by, admitted_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (book_id, organisation) DO UPDATE
                SET admitted_by = excluded.admitted_by, admitted_at = excluded.admitted_at,
                    withdrawn_by = NULL, withdrawn_at = NULL
              WHERE book_partner.withdrawn_at IS NOT NULL",
        )
        .await?;
    let rows = tx.execute(&statement, &[&book.0, /* partner */ &partner.0, /* by */ &by.0, /* at */ &at]).await?;
    Ok(rows == 1)
}

/// Withdraws the admission of a partner platform; answers whether it was admitted.
pub async fn withdraw_partner(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    by: PersonId,
    at: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- books::withdraw_partner
             UPDATE book_partner SET withdrawn_by = $3, withdrawn_at = $4
              WHERE book_id = $1 AND organisation = $2 AND withdrawn_at IS NULL",
        )
        .await?;
    let rows = tx.execute(&statement, &[&book.0, /* partner */ &partner.0, /* by */ &by.0, /* at */ &at]).await?;
    Ok(rows == 1)
}

/// The partner platforms that are admitted to a book, by their ids, after one.
pub async fn list_partners(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Admission>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::list_partners
             SELECT organisation, admitted_by, admitted_at FROM book_partner
              WHERE book_id = $1 AND organisation > $2 AND withdrawn_at IS NULL ORDER BY organisation LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[&book.0, /* after */ &after, /* limit */ &limit]).await?;
    let admissions = rows.iter().map(|row| Admission {
        organisation: OrganisationId(row.get("organisation")),
        admitted_by: PersonId(row.get("admitted_by")),
        admitted_at: row.get("admitted_at"),
    });
    Ok(admissions.collect())
}

/// Whether a partner platform may bring pledges into a book.
pub async fn partner_admitted(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- books::partner_admitted
             SELECT 1 FROM book_partner WHERE book_id = $1 AND organisation = $2 AND withdrawn_at IS NULL",
        )
        .await?;
    Ok(client.query_opt(&statement, &[/* book */ &book.0, /* partner */ &partner.0]).await?.is_some())
}

/// Numbers of the books of a mode that a partner platform may bring pledges into, from one on.
pub async fn of_partner_from(
    client: &impl GenericClient,
    partner: OrganisationId,
    mode: Mode,
    from: BookId,
    limit: i64,
) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::of_partner_from
             SELECT p.book_id FROM book_partner p JOIN book b ON b.number = p.book_id
              WHERE p.organisation = $1 AND p.withdrawn_at IS NULL AND b.mode = $2 AND p.book_id >= $3
              ORDER BY p.book_id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* partner */ &partner.0,
                /* mode */ &mode.as_str(),
                /* from */ &from.0,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| BookId(row.get(0))).collect())
}

/// The books that have admitted a partner platform, by their numbers, after one.
pub async fn list_admitting(
    client: &impl GenericClient,
    partner: OrganisationId,
    after: BookId,
    limit: i64,
) -> Result<Vec<Book>, Error> {
    let statement = client
        .prepare_cached(
            "-- books::list_admitting
             SELECT b.* FROM book_partner p JOIN book b ON b.number = p.book_id
              WHERE p.organisation = $1 AND p.withdrawn_at IS NULL AND p.book_id > $2
              ORDER BY p.book_id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* partner */ &partner.0, /* after */ &after.0, /* limit */ &limit]).await?;
    rows.iter().map(Book::from_row).collect()
}
