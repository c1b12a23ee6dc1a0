//! Appeals of teams against provisional rankings.

use crate::challenges::rules::appeal::Appeal;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{AppealId, BookId, ChallengeId, EntrantId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Appeal, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Appeal {
        id: AppealId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        entrant: EntrantId::new(book, row.get("entrant")),
        raised_by: PersonId(row.get("raised_by")),
        reason: row.get("reason"),
        state: word(row.get("state"))?,
        raised_at: row.get("raised_at"),
        until: row.get("until"),
        decided_by: row.get::<_, Option<Uuid>>("decided_by").map(PersonId),
        decided_at: row.get("decided_at"),
        decision: row.get("decision"),
    })
}

/// A new appeal; `false` when the team has raised one.
pub async fn insert(tx: &Transaction<'_>, new: &Appeal) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- appeals::insert
            INSERT INTO appeal (book_id, id, challenge, entrant, raised_by, reason, state, raised_at, until)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (book_id, challenge, entrant) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* challenge */ &new.challenge.object,
                /* entrant */ &new.entrant.object,
                /* raised_by */ &new.raised_by.0,
                /* reason */ &new.reason,
                /* state */ &new.state.as_str(),
                /* raised_at */ &new.raised_at,
                /* until */ &new.until,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The appeal with an id.
pub async fn get(client: &impl GenericClient, id: AppealId) -> Result<Appeal, Error> {
    let statement =
        client.prepare_cached("-- appeals::get\nSELECT * FROM appeal WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("appeal"))
}

/// The appeals against the rankings of a challenge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Appeal>, Error> {
    let statement = client
        .prepare_cached(
            "-- appeals::list
            SELECT * FROM appeal WHERE book_id = $1 AND challenge = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// When the first of the open appeals lapses; none when there is none.
pub async fn next_lapse(client: &impl GenericClient, challenge: ChallengeId) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- appeals::next_lapse
            SELECT min(until) AS until FROM appeal WHERE book_id = $1 AND challenge = $2 AND state = 'open'",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get("until"))
}

/// The open appeals whose time has passed lapse; answers which.
pub async fn lapse(tx: &Transaction<'_>, challenge: ChallengeId, now: Timestamp) -> Result<Vec<AppealId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- appeals::lapse
            UPDATE appeal SET state = 'lapsed', decided_at = until, version = version + 1
             WHERE book_id = $1 AND challenge = $2 AND state = 'open' AND until <= $3
            RETURNING id",
        )
        .await?;
    let rows = tx
        .query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object, /* now */ &now])
        .await?;
    Ok(rows.iter().map(|row| AppealId::new(challenge.book, row.get("id"))).collect())
}

/// It was decided. The caller has locked its challenge.
pub async fn update(tx: &Transaction<'_>, decided: &Appeal) -> Result<Appeal, Error> {
    let statement = tx
        .prepare_cached(
            "-- appeals::update
            UPDATE appeal SET state = $3, decided_by = $4, decided_at = $5, decision = $6, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &decided.id.book.0,
                /* id */ &decided.id.object,
                /* state */ &decided.state.as_str(),
                /* decided_by */ &decided.decided_by.map(|person| person.0),
                /* decided_at */ &decided.decided_at,
                /* decision */ &decided.decision,
            ],
        )
        .await?;
    from_row(&row)
}
