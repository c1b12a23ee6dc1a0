//! Challenges, the versions of their rules with the prizes, and their panels of judges.

use crate::book::AccountNumber;
use crate::challenges::rules::challenge::{Challenge, ChallengeState};
use crate::challenges::rules::rulebook::{Condition, Rules, RulesVersion, Timetable};
use crate::engine::store::rows::{digest, money, word};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, ChallengeId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeSet;
use tokio_postgres::Row;
use uuid::Uuid;

fn state(row: &Row) -> Result<ChallengeState, Error> {
    let name: &str = row.get("state");
    let until: Option<Timestamp> = row.get("state_until");
    let reason = || row.get("reason");
    Ok(match (name, until) {
        ("draft", Some(until)) => ChallengeState::Draft { until },
        ("funding", Some(until)) => ChallengeState::Funding { until },
        ("announced", Some(until)) => ChallengeState::Announced { until },
        ("open", Some(until)) => ChallengeState::Open { until },
        ("extended", Some(until)) => ChallengeState::Extended { until },
        ("judging", Some(until)) => ChallengeState::Judging { until, escalated: row.get("escalated") },
        ("provisional", Some(until)) => ChallengeState::Provisional { until },
        ("awarded", None) => ChallengeState::Awarded,
        ("closed", None) => ChallengeState::Closed,
        ("cancelled", None) => ChallengeState::Cancelled { reason: reason() },
        ("no_award", None) => ChallengeState::NoAward { reason: reason() },
        _ => return Err(Error::inconsistent(format!("a challenge in the state {name}"))),
    })
}

fn from_row(row: &Row) -> Result<Challenge, Error> {
    let days = |column: &str| {
        u16::try_from(row.get::<_, i16>(column)).map_err(|_| Error::inconsistent(format!("a negative {column}")))
    };
    Ok(Challenge {
        id: ChallengeId::new(BookId(row.get("book_id")), row.get("id")),
        slug: row.get("slug"),
        title: row.get("title"),
        summary: row.get("summary"),
        purse: money(row.get("purse"), word(row.get("currency"))?)?,
        rules_version: row.get("rules_version"),
        rules: digest(row.get("rules_sha256"))?,
        timetable: Timetable {
            announced_days: days("announced_days")?,
            appeal_days: days("appeal_days")?,
            funding_days: days("funding_days")?,
            judging_days: days("judging_days")?,
            submission_days: days("submission_days")?,
        },
        account: row.get::<_, Option<i32>>("account").map(AccountNumber),
        state: state(row)?,
        is_blind: row.get("is_blind"),
        extensions: u8::try_from(row.get::<_, i16>("extensions"))
            .map_err(|_| Error::inconsistent("a number of extensions out of bounds"))?,
        consent_until: row.get("consent_until"),
        rolls_until: row.get("rolls_until"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new challenge; `false` when the book has one with its slug.
pub async fn insert(tx: &Transaction<'_>, new: &Challenge) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- challenges::insert
            INSERT INTO challenge (book_id, id, slug, title, summary, purse, currency, rules_version, rules_sha256,
                                   announced_days, appeal_days, funding_days, judging_days, submission_days,
                                   state, state_until, version, created_at, is_blind)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            ON CONFLICT (book_id, slug) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* slug */ &new.slug,
                /* title */ &new.title,
                /* summary */ &new.summary,
                /* purse */ &new.purse.minor(),
                /* currency */ &new.purse.currency().code(),
                /* rules_version */ &new.rules_version,
                /* rules_sha256 */ &new.rules.0.as_slice(),
                /* announced_days */ &new.timetable.announced_days.cast_signed(),
                /* appeal_days */ &new.timetable.appeal_days.cast_signed(),
                /* funding_days */ &new.timetable.funding_days.cast_signed(),
                /* judging_days */ &new.timetable.judging_days.cast_signed(),
                /* submission_days */ &new.timetable.submission_days.cast_signed(),
                /* state */ &new.state.as_str(),
                /* state_until */ &new.state.until(),
                /* version */ &new.version,
                /* created_at */ &new.created_at,
                /* is_blind */ &new.is_blind,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The challenge with an id.
pub async fn get(client: &impl GenericClient, id: ChallengeId) -> Result<Challenge, Error> {
    let statement =
        client.prepare_cached("-- challenges::get\nSELECT * FROM challenge WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("challenge"))
}

/// Locks the challenge until the transaction ends; before its entries, its submissions and the head of the book.
pub async fn lock(tx: &Transaction<'_>, id: ChallengeId) -> Result<Challenge, Error> {
    let statement = tx
        .prepare_cached("-- challenges::lock\nSELECT * FROM challenge WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("challenge"))
}

/// The challenge, which cannot change until the transaction ends. Teams and judges share this lock.
pub async fn hold(tx: &Transaction<'_>, id: ChallengeId) -> Result<Challenge, Error> {
    let statement = tx
        .prepare_cached("-- challenges::hold\nSELECT * FROM challenge WHERE book_id = $1 AND id = $2 FOR SHARE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("challenge"))
}

/// The challenges of a book, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Challenge>, Error> {
    let statement = client
        .prepare_cached(
            "-- challenges::list
            SELECT * FROM challenge WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves where it stands now, with the rules in force, and raises the version; answers it as it is then. The caller has
/// locked it.
pub async fn update(tx: &Transaction<'_>, changed: &Challenge) -> Result<Challenge, Error> {
    let escalated = matches!(changed.state, ChallengeState::Judging { escalated: true, .. });
    let statement = tx
        .prepare_cached(
            "-- challenges::update
            UPDATE challenge SET state = $3, state_until = $4, escalated = $5, reason = $6, account = $7, purse = $8,
                                 rules_version = $9, rules_sha256 = $10, announced_days = $11, appeal_days = $12,
                                 funding_days = $13, judging_days = $14, submission_days = $15, is_blind = $16,
                                 extensions = $17, consent_until = $18, rolls_until = $19, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* state_until */ &changed.state.until(),
                /* escalated */ &escalated,
                /* reason */ &changed.state.reason(),
                /* account */ &changed.account.map(|account| account.0),
                /* purse */ &changed.purse.minor(),
                /* rules_version */ &changed.rules_version,
                /* rules_sha256 */ &changed.rules.0.as_slice(),
                /* announced_days */ &changed.timetable.announced_days.cast_signed(),
                /* appeal_days */ &changed.timetable.appeal_days.cast_signed(),
                /* funding_days */ &changed.timetable.funding_days.cast_signed(),
                /* judging_days */ &changed.timetable.judging_days.cast_signed(),
                /* submission_days */ &changed.timetable.submission_days.cast_signed(),
                /* is_blind */ &changed.is_blind,
                /* extensions */ &i16::from(changed.extensions),
                /* consent_until */ &changed.consent_until,
                /* rolls_until */ &changed.rolls_until,
            ],
        )
        .await?;
    from_row(&row)
}

/// Writes a version of the rules, and its prizes.
pub async fn insert_rules(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    version: i32,
    rules: &Rules,
    by: PersonId,
    at: Timestamp,
) -> Result<(), Error> {
    let document = rules.canonical();
    let statement = tx
        .prepare_cached(
            "-- challenges::insert_rules
            INSERT INTO challenge_rules (book_id, challenge, version, document, sha256, created_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &challenge.book.0,
            /* challenge */ &challenge.object,
            /* version */ &version,
            /* document */ &document,
            /* sha256 */ &rules.digest().0.as_slice(),
            /* created_by */ &by.0,
            /* created_at */ &at,
        ],
    )
    .await?;
    insert_prizes(tx, challenge, version, rules).await
}

async fn insert_prizes(tx: &Transaction<'_>, challenge: ChallengeId, version: i32, rules: &Rules) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- challenges::insert_prizes
            INSERT INTO prize (book_id, challenge, version, number, name, stage, amount, count, condition, first_place,
                               last_place, score)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .await?;
    for (prize, number) in rules.prizes.iter().zip(1i16..) {
        let (condition, places, score) = match prize.condition {
            Condition::Rank { first, last } => ("rank", Some((first, last)), None),
            Condition::Threshold { score } => ("threshold", None, Some(score)),
            Condition::Contribution => ("contribution", None, None),
        };
        tx.execute(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* version */ &version,
                /* number */ &number,
                /* name */ &prize.name,
                /* stage */ &prize.stage,
                /* amount */ &prize.amount.minor(),
                /* count */ &prize.count.cast_signed(),
                /* condition */ &condition,
                /* first_place */ &places.map(|(first, _)| first.cast_signed()),
                /* last_place */ &places.map(|(_, last)| last.cast_signed()),
                /* score */ &score.map(u16::cast_signed),
            ],
        )
        .await?;
    }
    Ok(())
}

/// A version of the rules. What is read has the digest that was agreed to, or it is an error.
pub async fn get_rules(
    client: &impl GenericClient,
    challenge: ChallengeId,
    version: i32,
) -> Result<RulesVersion, Error> {
    let statement = client
        .prepare_cached(
            "-- challenges::get_rules
            SELECT document, sha256, created_at FROM challenge_rules
             WHERE book_id = $1 AND challenge = $2 AND version = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* version */ &version,
            ],
        )
        .await?
        .ok_or(Error::NotFound("version of the rules"))?;
    let document: String = row.get("document");
    let sha256 = digest(row.get("sha256"))?;
    if Digest::of(document.as_bytes()) != sha256 {
        return Err(Error::inconsistent(format!("{challenge}: rules {version} no longer have their digest")));
    }
    let rules = serde_json::from_str(&document)
        .map_err(|error| Error::inconsistent(format!("{challenge}: rules {version}: {error}")))?;
    Ok(RulesVersion { version, rules, document, sha256, created_at: row.get("created_at") })
}

/// Puts a person on the panel; says whether that is new.
pub async fn insert_judge(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    person: PersonId,
    by: PersonId,
    at: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- challenges::insert_judge
            INSERT INTO judge (book_id, challenge, person, appointed_by, appointed_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (book_id, challenge, person) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &challenge.book.0,
                /* challenge */ &challenge.object,
                /* person */ &person.0,
                /* appointed_by */ &by.0,
                /* appointed_at */ &at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The panel of a challenge.
pub async fn panel(client: &impl GenericClient, challenge: ChallengeId) -> Result<BTreeSet<PersonId>, Error> {
    let statement = client
        .prepare_cached("-- challenges::panel\nSELECT person FROM judge WHERE book_id = $1 AND challenge = $2")
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &challenge.book.0, /* challenge */ &challenge.object]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get("person"))).collect())
}
