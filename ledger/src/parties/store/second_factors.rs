//! Second factors and recovery codes. A secret is sealed, and opened by who has the keys.

use crate::error::Error;
use crate::id::{PersonId, SessionId};
use crate::parties::rules::second_factor::{KeptCode, Proof, SealedSecret, SecondFactor};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn second_factor(row: &Row) -> SecondFactor {
    SecondFactor {
        person: PersonId(row.get("person")),
        begun_at: row.get("begun_at"),
        active_at: row.get("active_at"),
        last_step: row.get("last_step"),
        tries: row.get("tries"),
        waits_until: row.get("waits_until"),
        secret: SealedSecret { key_version: row.get("key_version"), bytes: row.get("sealed") },
    }
}

/// The second factor of a person.
pub async fn find(client: &impl GenericClient, person: PersonId) -> Result<Option<SecondFactor>, Error> {
    let statement =
        client.prepare_cached("-- second_factors::find\nSELECT * FROM second_factor WHERE person = $1").await?;
    Ok(client.query_opt(&statement, &[/* person */ &person.0]).await?.as_ref().map(second_factor))
}

/// Locks the second factor of a person.
pub async fn lock(tx: &Transaction<'_>, person: PersonId) -> Result<Option<SecondFactor>, Error> {
    let statement =
        tx.prepare_cached("-- second_factors::lock\nSELECT * FROM second_factor WHERE person = $1 FOR UPDATE").await?;
    Ok(tx.query_opt(&statement, &[/* person */ &person.0]).await?.as_ref().map(second_factor))
}

/// Whether a person has a second factor that counts.
pub async fn is_active(client: &impl GenericClient, person: PersonId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factors::is_active
            SELECT EXISTS (SELECT FROM second_factor WHERE person = $1 AND active_at IS NOT NULL) AS active",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* person */ &person.0]).await?.get("active"))
}

/// A secret that was shown just now, in place of one that never came to count.
pub async fn begin(
    tx: &Transaction<'_>,
    person: PersonId,
    secret: &SealedSecret,
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factors::begin
            INSERT INTO second_factor (person, begun_at, key_version, sealed) VALUES ($1, $2, $3, $4)
            ON CONFLICT (person) DO UPDATE SET begun_at = excluded.begun_at, key_version = excluded.key_version,
                sealed = excluded.sealed",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* person */ &person.0,
            /* begun_at */ &wall,
            /* key_version */ &secret.key_version,
            /* sealed */ &secret.bytes,
        ],
    )
    .await?;
    Ok(())
}

/// What a code has changed.
pub async fn update(tx: &Transaction<'_>, it: &SecondFactor) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factors::update
            UPDATE second_factor SET active_at = $2, last_step = $3, tries = $4, waits_until = $5 WHERE person = $1",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* person */ &it.person.0,
            /* active_at */ &it.active_at,
            /* last_step */ &it.last_step,
            /* tries */ &it.tries,
            /* waits_until */ &it.waits_until,
        ],
    )
    .await?;
    Ok(())
}

/// Removes the second factor of a person with its recovery codes, and forgets its proofs; whether there was one.
pub async fn delete(tx: &Transaction<'_>, person: PersonId) -> Result<bool, Error> {
    let statement = tx.prepare_cached("-- second_factors::delete\nDELETE FROM second_factor WHERE person = $1").await?;
    let deleted = tx.execute(&statement, &[/* person */ &person.0]).await?;
    let statement = tx
        .prepare_cached(
            "-- second_factors::delete, the proofs
            UPDATE refresh_family SET proved_at = NULL, proved_by = NULL
             WHERE person = $1 AND ended_at IS NULL AND proved_at IS NOT NULL",
        )
        .await?;
    tx.execute(&statement, &[/* person */ &person.0]).await?;
    Ok(deleted == 1)
}

/// Puts new recovery codes in place of all others.
pub async fn replace_codes(tx: &Transaction<'_>, person: PersonId, codes: &[KeptCode]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached("-- second_factors::replace_codes, the old ones\nDELETE FROM recovery_code WHERE person = $1")
        .await?;
    tx.execute(&statement, &[/* person */ &person.0]).await?;
    let statement = tx
        .prepare_cached(
            "-- second_factors::replace_codes
            INSERT INTO recovery_code (person, digest, key_version) VALUES ($1, $2, $3)",
        )
        .await?;
    for code in codes {
        let digest = &code.digest[..];
        tx.execute(&statement, &[/* person */ &person.0, /* digest */ &digest, /* key_version */ &code.key_version])
            .await?;
    }
    Ok(())
}

/// The versions of the keys with which the recovery codes of a person are digested that are not used yet.
pub async fn key_versions(client: &impl GenericClient, person: PersonId) -> Result<Vec<i32>, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factors::key_versions
            SELECT DISTINCT key_version FROM recovery_code WHERE person = $1 AND used_at IS NULL ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* person */ &person.0]).await?;
    Ok(rows.iter().map(|row| row.get("key_version")).collect())
}

/// Uses up the recovery code with a digest; whether there was one that was not used.
pub async fn use_code(
    tx: &Transaction<'_>,
    person: PersonId,
    digest: &[u8; 32],
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factors::use_code
            UPDATE recovery_code SET used_at = $3 WHERE person = $1 AND digest = $2 AND used_at IS NULL",
        )
        .await?;
    let digest = &digest[..];
    let used = tx.execute(&statement, &[/* person */ &person.0, /* digest */ &digest, /* used_at */ &wall]).await?;
    Ok(used == 1)
}

/// How many recovery codes of a person are not used.
pub async fn count_codes(client: &impl GenericClient, person: PersonId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factors::count_codes
            SELECT count(*) AS codes FROM recovery_code WHERE person = $1 AND used_at IS NULL",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* person */ &person.0]).await?.get("codes"))
}

/// The last proof in a session, from its columns `proved_by` and `proved_at`.
pub(super) fn proof(session: &Row) -> Result<Option<Proof>, Error> {
    match (session.get::<_, Option<&str>>("proved_by"), session.get("proved_at")) {
        (Some(method), Some(at)) => Ok(Some(Proof { method: method.parse()?, at })),
        (None | Some(_), None) | (None, Some(_)) => Ok(None),
    }
}

/// Writes down that the factor was proved in a session.
pub async fn update_proved(tx: &Transaction<'_>, session: SessionId, proof: Proof) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- second_factors::update_proved
            UPDATE refresh_family SET proved_at = $2, proved_by = $3 WHERE id = $1",
        )
        .await?;
    let by = proof.method.as_str();
    tx.execute(&statement, &[/* id */ &session.0, /* proved_at */ &proof.at, /* proved_by */ &by]).await?;
    Ok(())
}

/// Secrets that an older key has sealed, by their persons, after one.
pub async fn list_older(
    client: &impl GenericClient,
    key_version: i32,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(PersonId, SealedSecret)>, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factors::list_older
            SELECT * FROM second_factor WHERE key_version < $1 AND person > $2 ORDER BY person LIMIT $3",
        )
        .await?;
    let rows =
        client.query(&statement, &[/* key_version */ &key_version, /* after */ &after, /* limit */ &limit]).await?;
    let older = rows.iter().map(second_factor).map(|it| (it.person, it.secret));
    Ok(older.collect())
}

/// Seals a secret anew, if it is still sealed as it was read.
pub async fn reseal(
    client: &impl GenericClient,
    person: PersonId,
    was: &SealedSecret,
    sealed: &SealedSecret,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- second_factors::reseal
            UPDATE second_factor SET sealed = $3, key_version = $4 WHERE person = $1 AND sealed = $2",
        )
        .await?;
    let resealed = client
        .execute(
            &statement,
            &[
                /* person */ &person.0,
                /* was */ &was.bytes,
                /* sealed */ &sealed.bytes,
                /* key_version */ &sealed.key_version,
            ],
        )
        .await?;
    Ok(resealed == 1)
}
