//! Awards: prizes, or parts of them, that became payable. Written once.

use crate::challenges::rules::award::Award;
use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{AwardId, BookId, ChallengeId, OrganisationId, SharePlanId, SubmissionId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Award, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Award {
        id: AwardId::new(book, row.get("id")),
        challenge: ChallengeId::new(book, row.get("challenge")),
        rules_version: row.get("version"),
        prize: row.get("prize"),
        number: row.get("number"),
        part: row.get("part"),
        plan: row.get::<_, Option<Uuid>>("plan").map(|plan| SharePlanId::new(book, plan)),
        submission: SubmissionId::new(book, row.get("submission")),
        team: OrganisationId(row.get("team")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        entry: row.get("entry"),
        awarded_at: row.get("awarded_at"),
    })
}

/// A new award.
pub async fn insert(tx: &Transaction<'_>, new: &Award) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- awards::insert
            INSERT INTO award (book_id, id, challenge, version, prize, number, submission, team, amount, currency, entry,
                               awarded_at, part, plan)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* challenge */ &new.challenge.object,
            /* version */ &new.rules_version,
            /* prize */ &new.prize,
            /* number */ &new.number,
            /* submission */ &new.submission.object,
            /* team */ &new.team.0,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* entry */ &new.entry,
            /* awarded_at */ &new.awarded_at,
            /* part */ &new.part,
            /* plan */ &new.plan.map(|plan| plan.object),
        ],
    )
    .await?;
    Ok(())
}

/// The awards of a challenge by tier, number and part, after three of them ((0, 0, 0) for the beginning).
pub async fn list(
    client: &impl GenericClient,
    challenge: ChallengeId,
    after: (i16, i32, i16),
    limit: i64,
) -> Result<Vec<Award>, Error> {
    let statement = client
        .prepare_cached(
            "-- awards::list
            SELECT * FROM award
             WHERE book_id = $1 AND challenge = $2 AND (prize, number, part) > ($3, $4, $5)
             ORDER BY prize, number, part LIMIT $6",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* after_prize */ &after.0,
                /* after_number */ &after.1,
                /* after_part */ &after.2,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// What a challenge has awarded, in minor units: at most its purse.
pub async fn total(client: &impl GenericClient, challenge: ChallengeId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- awards::total
            SELECT coalesce(sum(amount), 0)::bigint FROM award WHERE book_id = $1 AND challenge = $2",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(row.get(0))
}

/// The awards of a team in a book, the newest first: what it can be paid.
pub async fn list_of_team(
    client: &impl GenericClient,
    book: BookId,
    team: OrganisationId,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Award>, Error> {
    let statement = client
        .prepare_cached(
            "-- awards::list_of_team
            SELECT * FROM award WHERE book_id = $1 AND team = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* team */ &team.0, /* before */ &before, /* limit */ &limit])
        .await?;
    rows.iter().map(from_row).collect()
}
