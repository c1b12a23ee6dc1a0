//! Which mails persons and donors want, and the key that signs the links by which they say so.

use crate::error::Error;
use crate::id::{BookId, DonorId, PersonId};
use crate::service::preferences::{LinkKey, MailLink, Preferences, Wishes};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn preferences(row: &Row) -> Preferences {
    Preferences {
        wishes: Wishes {
            decisions: row.get("decisions"),
            deadlines: row.get("deadlines"),
            money: row.get("money"),
            news: row.get("news"),
        },
        version: row.get("version"),
        link_serial: row.get("link_serial"),
    }
}

/// What a person has said; none when they have said nothing.
pub async fn find(client: &impl GenericClient, person: PersonId) -> Result<Option<Preferences>, Error> {
    let statement = client
        .prepare_cached(
            "-- preferences::find
            SELECT version, link_serial, decisions, deadlines, money, news FROM mail_preference WHERE person = $1",
        )
        .await?;
    Ok(client.query_opt(&statement, &[/* person */ &person.0]).await?.as_ref().map(preferences))
}

/// Saves what a person says, if they have seen what they said last.
pub async fn update(
    tx: &Transaction<'_>,
    person: PersonId,
    seen: i64,
    wishes: Wishes,
) -> Result<Option<Preferences>, Error> {
    let statement = tx
        .prepare_cached(
            "-- preferences::update
            UPDATE mail_preference SET version = version + 1, decisions = $3, deadlines = $4, money = $5, news = $6
             WHERE person = $1 AND version = $2
            RETURNING version, link_serial, decisions, deadlines, money, news",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* person */ &person.0,
                /* version */ &seen,
                /* decisions */ &wishes.decisions,
                /* deadlines */ &wishes.deadlines,
                /* money */ &wishes.money,
                /* news */ &wishes.news,
            ],
        )
        .await?;
    Ok(row.as_ref().map(preferences))
}

/// What a person says for the first time; none when somebody was faster.
pub async fn insert(tx: &Transaction<'_>, person: PersonId, wishes: Wishes) -> Result<Option<Preferences>, Error> {
    let statement = tx
        .prepare_cached(
            "-- preferences::insert
            INSERT INTO mail_preference (person, version, decisions, deadlines, money, news) VALUES ($1, 2, $2, $3, $4, $5)
            ON CONFLICT (person) DO NOTHING
            RETURNING version, link_serial, decisions, deadlines, money, news",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* person */ &person.0,
                /* decisions */ &wishes.decisions,
                /* deadlines */ &wishes.deadlines,
                /* money */ &wishes.money,
                /* news */ &wishes.news,
            ],
        )
        .await?;
    Ok(row.as_ref().map(preferences))
}

/// Raises the number with which links of a person are signed.
pub async fn raise_serial(tx: &Transaction<'_>, person: PersonId) -> Result<Preferences, Error> {
    let statement = tx
        .prepare_cached(
            "-- preferences::raise_serial
            INSERT INTO mail_preference AS p (person, version, link_serial) VALUES ($1, 2, 1)
            ON CONFLICT (person) DO UPDATE SET version = p.version + 1, link_serial = p.link_serial + 1
            RETURNING version, link_serial, decisions, deadlines, money, news",
        )
        .await?;
    Ok(preferences(&tx.query_one(&statement, &[/* person */ &person.0]).await?))
}

/// Turns the group of a link off or on; says whether the link still works.
pub async fn turn(tx: &Transaction<'_>, person: PersonId, link: MailLink, on: bool) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- preferences::turn
            INSERT INTO mail_preference AS p (person, version, decisions, deadlines, money, news)
            VALUES ($1, 2, $3 OR $2 <> 'decisions', $3 OR $2 <> 'deadlines', $3 OR $2 <> 'money', $3 OR $2 <> 'news')
            ON CONFLICT (person) DO UPDATE SET
                version = p.version + 1,
                decisions = CASE $2 WHEN 'decisions' THEN $3 ELSE p.decisions END,
                deadlines = CASE $2 WHEN 'deadlines' THEN $3 ELSE p.deadlines END,
                money = CASE $2 WHEN 'money' THEN $3 ELSE p.money END,
                news = CASE $2 WHEN 'news' THEN $3 ELSE p.news END
             WHERE p.link_serial = $4",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* person */ &person.0,
                /* group */ &link.group.as_str(),
                /* on */ &on,
                /* link_serial */ &link.serial,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Whether a donor wants mails about money; none for one who is unknown or was erased.
pub async fn donor_wants(client: &impl GenericClient, donor: DonorId) -> Result<Option<bool>, Error> {
    Ok(donors_want(client, donor.book, &[donor]).await?.first().map(|(_, wants)| *wants))
}

/// Whether donors of a book want mails about money; those who were erased are left out.
pub async fn donors_want(
    client: &impl GenericClient,
    book: BookId,
    donors: &[DonorId],
) -> Result<Vec<(DonorId, bool)>, Error> {
    let statement = client
        .prepare_cached(
            "-- preferences::donors_want
            SELECT d.id, coalesce(w.money, true) AS money
              FROM donor d LEFT JOIN donor_mail_preference w ON w.book_id = d.book_id AND w.donor = d.id
             WHERE d.book_id = $1 AND d.id = ANY ($2) AND d.erased_at IS NULL",
        )
        .await?;
    let ids: Vec<Uuid> = donors.iter().map(|donor| donor.object).collect();
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* donor */ &ids]).await?;
    Ok(rows.iter().map(|row| (DonorId::new(book, row.get("id")), row.get("money"))).collect())
}

/// A donor turns mails about money off or on; false for one who is unknown or was erased.
pub async fn turn_of_donor(tx: &Transaction<'_>, donor: DonorId, on: bool) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- preferences::turn_of_donor
            INSERT INTO donor_mail_preference (book_id, donor, money)
            SELECT book_id, id, $3 FROM donor WHERE book_id = $1 AND id = $2 AND erased_at IS NULL FOR NO KEY UPDATE
            ON CONFLICT (book_id, donor) DO UPDATE SET money = EXCLUDED.money",
        )
        .await?;
    let rows =
        tx.execute(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object, /* money */ &on]).await?;
    Ok(rows == 1)
}

/// The key that signs links.
pub async fn key(client: &impl GenericClient) -> Result<LinkKey, Error> {
    let statement = client.prepare_cached("-- preferences::key\nSELECT key FROM mail_link_key").await?;
    Ok(LinkKey(client.query_one(&statement, &[]).await?.get("key")))
}

/// Of these addresses those of persons, with what each has said.
pub async fn of_addresses(
    client: &impl GenericClient,
    addresses: &[String],
) -> Result<Vec<(String, PersonId, Preferences)>, Error> {
    let statement = client
        .prepare_cached(
            "-- preferences::of_addresses
            SELECT p.email, p.id, coalesce(w.version, 1) AS version, coalesce(w.link_serial, 0) AS link_serial,
                   coalesce(w.decisions, true) AS decisions, coalesce(w.deadlines, true) AS deadlines,
                   coalesce(w.money, true) AS money, coalesce(w.news, true) AS news
              FROM person p LEFT JOIN mail_preference w ON w.person = p.id
             WHERE p.email = ANY ($1)",
        )
        .await?;
    let rows = client.query(&statement, &[/* email */ &addresses]).await?;
    Ok(rows.iter().map(|row| (row.get("email"), PersonId(row.get("id")), preferences(row))).collect())
}
