//! Resets of second factors.

use crate::error::Error;
use crate::id::PersonId;
use crate::parties::rules::second_factor_reset::Reset;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn reset(row: &Row) -> Result<Reset, Error> {
    let consent = |by: &str, at: &str| {
        let (by, at): (Option<Uuid>, Option<Timestamp>) = (row.get(by), row.get(at));
        by.map(PersonId).zip(at)
    };
    Ok(Reset {
        id: row.get("id"),
        person: PersonId(row.get("person")),
        asked_at: row.get("asked_at"),
        first: consent("first_by", "first_at"),
        second: consent("second_by", "second_at"),
        until: row.get("until"),
        ended_at: row.get("ended_at"),
        state: row.get::<_, &str>("state").parse()?,
    })
}

/// A reset that was asked for just now.
pub async fn insert(tx: &Transaction<'_>, new: &Reset) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factor_resets::insert
            INSERT INTO second_factor_reset (id, person, asked_at, until, state) VALUES ($1, $2, $3, $4, $5)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &new.id,
            /* person */ &new.person.0,
            /* asked_at */ &new.asked_at,
            /* until */ &new.until,
            /* state */ &new.state.as_str(),
        ],
    )
    .await?;
    Ok(())
}

/// The reset that a person asked for last.
pub async fn find_last(client: &impl GenericClient, person: PersonId) -> Result<Option<Reset>, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factor_resets::find_last
            SELECT * FROM second_factor_reset WHERE person = $1 ORDER BY asked_at DESC LIMIT 1",
        )
        .await?;
    client.query_opt(&statement, &[/* person */ &person.0]).await?.as_ref().map(reset).transpose()
}

/// Writes down how a reset stands now. Its person is locked by whoever changes it.
pub async fn update(tx: &Transaction<'_>, it: &Reset) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factor_resets::update
            UPDATE second_factor_reset SET first_by = $2, first_at = $3, second_by = $4, second_at = $5, until = $6,
                ended_at = $7, state = $8
             WHERE id = $1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* id */ &it.id,
            /* first_by */ &it.first.map(|(by, _)| by.0),
            /* first_at */ &it.first.map(|(_, at)| at),
            /* second_by */ &it.second.map(|(by, _)| by.0),
            /* second_at */ &it.second.map(|(_, at)| at),
            /* until */ &it.until,
            /* ended_at */ &it.ended_at,
            /* state */ &it.state.as_str(),
        ],
    )
    .await?;
    Ok(())
}
