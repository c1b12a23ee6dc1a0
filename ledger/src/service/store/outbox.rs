//! The outbox of sandbox books: their mail is kept here, where those who try the service out read it, and sent to nobody.

use crate::error::Error;
use crate::id::{BookId, MailId, OrganisationId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use std::fmt;
use tokio_postgres::Row;
use uuid::Uuid;

/// The longest subject that is kept, in bytes.
const SUBJECT_MAX: usize = 2_000;

/// The longest text that is kept, in bytes.
const TEXT_MAX: usize = 65_536;

/// A mail that was sent to nobody.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mail {
    /// Its id: the order of the list.
    pub id: MailId,
    /// The partner that brought the pledge which it is about, if it is about one.
    pub partner: Option<OrganisationId>,
    /// What it is: `receipt`, `decline`.
    pub kind: String,
    /// What it is about, such as `receipt.chg_…`; a book has one mail about it.
    pub about: String,
    /// The address that it is written to.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Wall clock when it was written.
    pub created_at: Timestamp,
}

/// The id alone, so that no log can print a person.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mail {}", self.id)
    }
}

fn mail(book: BookId, row: &Row) -> Mail {
    Mail {
        id: MailId::new(book, row.get("id")),
        partner: row.get::<_, Option<Uuid>>("partner").map(OrganisationId),
        kind: row.get("kind"),
        about: row.get("about"),
        recipient: row.get("recipient"),
        subject: row.get("subject"),
        text: row.get("text"),
        created_at: row.get("created_at"),
    }
}

/// Keeps mails of a book, each unless the book has one about the same already. What is longer than an outbox takes is cut.
pub async fn keep_each(client: &impl GenericClient, book: BookId, mails: &[Mail]) -> Result<(), Error> {
    let statement = client
        .prepare_cached(
            "-- outbox::keep_each
            INSERT INTO outbox_mail (book_id, id, partner, kind, about, recipient, subject, text, created_at)
            SELECT $1, m.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                                       $9::timestamptz[]) AS m
            ON CONFLICT (book_id, about) DO NOTHING",
        )
        .await?;
    client
        .execute(
            &statement,
            &[
                /* book_id */ &book.0,
                /* id */ &column(mails, |mail| mail.id.object),
                /* partner */ &column(mails, |mail| mail.partner.map(|partner| partner.0)),
                /* kind */ &column(mails, |mail| mail.kind.as_str()),
                /* about */ &column(mails, |mail| mail.about.as_str()),
                /* recipient */ &column(mails, |mail| mail.recipient.as_str()),
                /* subject */ &column(mails, |mail| cut(&mail.subject, SUBJECT_MAX)),
                /* text */ &column(mails, |mail| cut(&mail.text, TEXT_MAX)),
                /* created_at */ &column(mails, |mail| mail.created_at),
            ],
        )
        .await?;
    Ok(())
}

fn column<'a, T>(mails: &'a [Mail], value: impl Fn(&'a Mail) -> T) -> Vec<T> {
    mails.iter().map(value).collect()
}

/// The beginning of a text, cut between two characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The mails of a book after one, the oldest first.
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Mail>, Error> {
    let statement = client
        .prepare_cached(
            "-- outbox::list
            SELECT id, partner, kind, about, recipient, subject, text, created_at FROM outbox_mail
            WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* id */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| mail(book, row)).collect())
}

/// Those among them that are about pledges which a partner brought.
pub async fn list_of_partner(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Mail>, Error> {
    let statement = client
        .prepare_cached(
            "-- outbox::list_of_partner
            SELECT id, partner, kind, about, recipient, subject, text, created_at FROM outbox_mail
            WHERE book_id = $1 AND partner = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* id */ &after, /* limit */ &limit])
        .await?;
    Ok(rows.iter().map(|row| mail(book, row)).collect())
}
