//! Matching rounds, their campaigns, what is objected to and what was found afterwards.

use crate::book::AccountNumber;
use crate::engine::store::rows::{days, digest, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId, MatchingRoundId, PersonId};
use crate::matching::rules::formula::Terms;
use crate::matching::rules::round::{Ballot, Clawback, Objection, Round, RoundState};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn state(row: &Row) -> Result<RoundState, Error> {
    let name: &str = row.get("state");
    let until: Option<Timestamp> = row.get("state_until");
    Ok(match (name, until) {
        ("draft", Some(until)) => RoundState::Draft { until },
        ("open", Some(until)) => RoundState::Open { until },
        ("tallied", Some(until)) => RoundState::Tallied { until },
        ("objection", Some(until)) => RoundState::Objection { until },
        ("final", Some(until)) => RoundState::Final { until },
        ("paid", None) => RoundState::Paid,
        ("cancelled", None) => RoundState::Cancelled { reason: row.get("reason") },
        _ => return Err(Error::inconsistent(format!("a matching round in the state {name}"))),
    })
}

fn from_row(row: &Row) -> Result<Round, Error> {
    let ballot = match (row.get::<_, Option<i32>>("allowance"), row.get::<_, Option<&str>>("vote_cost")) {
        (Some(allowance), Some(cost)) => Some(Ballot { allowance, cost: word(cost)? }),
        (Some(_) | None, _) => None,
    };
    Ok(Round {
        id: MatchingRoundId::new(BookId(row.get("book_id")), row.get("id")),
        slug: row.get("slug"),
        title: row.get("title"),
        terms: row.get("terms"),
        terms_digest: digest(row.get("terms_sha256"))?,
        currency: word(row.get("currency"))?,
        formula: Terms {
            formula: word(row.get("formula"))?,
            saturate: row.get("saturate"),
            cap_per_campaign: row.get("cap_per_campaign"),
            cap_per_identity: row.get("cap_per_identity"),
        },
        ballot,
        verified_only: row.get("verified_only"),
        first_day: row.get("first_day"),
        last_day: row.get("last_day"),
        objection_days: days(row, "objection_days")?,
        account: row.get::<_, Option<i32>>("account").map(AccountNumber),
        tally: row.get("tally"),
        pool: row.get("pool"),
        state: state(row)?,
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new round; `false` when the book has one with its slug.
pub async fn insert(tx: &Transaction<'_>, new: &Round) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::insert
            INSERT INTO matching_round (book_id, id, slug, title, terms, terms_sha256, currency, formula, saturate,
                                        cap_per_campaign, cap_per_identity, allowance, vote_cost, verified_only,
                                        first_day, last_day, objection_days, state, state_until, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
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
                /* terms */ &new.terms,
                /* terms_sha256 */ &new.terms_digest.0.as_slice(),
                /* currency */ &new.currency.code(),
                /* formula */ &new.formula.formula.as_str(),
                /* saturate */ &new.formula.saturate,
                /* cap_per_campaign */ &new.formula.cap_per_campaign,
                /* cap_per_identity */ &new.formula.cap_per_identity,
                /* allowance */ &new.ballot.map(|ballot| ballot.allowance),
                /* vote_cost */ &new.ballot.map(|ballot| ballot.cost.as_str()),
                /* verified_only */ &new.verified_only,
                /* first_day */ &new.first_day,
                /* last_day */ &new.last_day,
                /* objection_days */ &new.objection_days.cast_signed(),
                /* state */ &new.state.as_str(),
                /* state_until */ &new.state.until(),
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The round with an id.
pub async fn get(client: &impl GenericClient, id: MatchingRoundId) -> Result<Round, Error> {
    let statement =
        client.prepare_cached("-- rounds::get\nSELECT * FROM matching_round WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("matching round"))
}

/// Locks the round until the transaction ends; before campaigns, settlements and the head of the book.
pub async fn lock(tx: &Transaction<'_>, id: MatchingRoundId) -> Result<Round, Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::lock\nSELECT * FROM matching_round WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("matching round"))
}

/// The rounds of a book, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Round>, Error> {
    let statement = client
        .prepare_cached(
            "-- rounds::list
            SELECT * FROM matching_round WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves where it stands now and raises the version; answers it as it is then. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, changed: &Round) -> Result<Round, Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::update
            UPDATE matching_round SET state = $3, state_until = $4, reason = $5, account = $6, tally = $7, pool = $8,
                                      version = version + 1
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
                /* reason */ &changed.state.reason(),
                /* account */ &changed.account.map(|account| account.0),
                /* tally */ &changed.tally,
                /* pool */ &changed.pool,
            ],
        )
        .await?;
    from_row(&row)
}

/// Adds a campaign to a round; says whether that is new.
pub async fn insert_campaign(
    tx: &Transaction<'_>,
    round: MatchingRoundId,
    campaign: CampaignId,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::insert_campaign
            INSERT INTO matching_campaign (book_id, round, campaign) VALUES ($1, $2, $3)
            ON CONFLICT (book_id, round, campaign) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(&statement, &[/* book_id */ &round.book.0, /* round */ &round.object, /* campaign */ &campaign.object])
        .await?;
    Ok(written == 1)
}

/// The campaigns of a round, by id.
pub async fn campaigns(client: &impl GenericClient, round: MatchingRoundId) -> Result<Vec<CampaignId>, Error> {
    let statement = client
        .prepare_cached(
            "-- rounds::campaigns
            SELECT campaign FROM matching_campaign WHERE book_id = $1 AND round = $2 ORDER BY campaign",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &round.book.0, /* round */ &round.object]).await?;
    Ok(rows.iter().map(|row| CampaignId::new(round.book, row.get(0))).collect())
}

/// Writes an objection, as the next of its round. The caller has locked the round.
pub async fn insert_objection(
    tx: &Transaction<'_>,
    round: &Round,
    by: PersonId,
    reason: &str,
    at: Timestamp,
) -> Result<Objection, Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::insert_objection
            INSERT INTO matching_objection (book_id, round, number, tally, raised_by, reason, raised_at)
            SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6
              FROM matching_objection WHERE book_id = $1 AND round = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* tally */ &round.tally,
                /* raised_by */ &by.0,
                /* reason */ &reason,
                /* raised_at */ &at,
            ],
        )
        .await?;
    Ok(objection(&row))
}

fn objection(row: &Row) -> Objection {
    Objection {
        number: row.get("number"),
        raised_by: PersonId(row.get("raised_by")),
        tally: row.get("tally"),
        reason: row.get("reason"),
        raised_at: row.get("raised_at"),
    }
}

/// The objections of a round, the oldest first, after a number.
pub async fn objections(
    client: &impl GenericClient,
    round: MatchingRoundId,
    after: i32,
    limit: i64,
) -> Result<Vec<Objection>, Error> {
    let statement = client
        .prepare_cached(
            "-- rounds::objections
            SELECT * FROM matching_objection WHERE book_id = $1 AND round = $2 AND number > $3 ORDER BY number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &round.book.0,
                /* round */ &round.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(objection).collect())
}

/// Writes what a campaign got too much, as the next finding of its round. The caller has locked the round.
pub async fn insert_clawback(
    tx: &Transaction<'_>,
    campaign: CampaignId,
    round: MatchingRoundId,
    (share, would_be): (i64, i64),
    at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- rounds::insert_clawback
            INSERT INTO matching_clawback (book_id, round, number, campaign, share, would_be, found_at)
            SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6
              FROM matching_clawback WHERE book_id = $1 AND round = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &round.book.0,
            /* round */ &round.object,
            /* campaign */ &campaign.object,
            /* share */ &share,
            /* would_be */ &would_be,
            /* found_at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// What was found of a round after its result was final, the oldest first, after a number.
pub async fn clawbacks(
    client: &impl GenericClient,
    round: MatchingRoundId,
    after: i32,
    limit: i64,
) -> Result<Vec<Clawback>, Error> {
    let statement = client
        .prepare_cached(
            "-- rounds::clawbacks
            SELECT * FROM matching_clawback WHERE book_id = $1 AND round = $2 AND number > $3 ORDER BY number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &round.book.0,
                /* round */ &round.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    let clawback = |row: &Row| Clawback {
        number: row.get("number"),
        campaign: CampaignId::new(round.book, row.get("campaign")),
        share: row.get("share"),
        would_be: row.get("would_be"),
        found_at: row.get("found_at"),
    };
    Ok(rows.iter().map(clawback).collect())
}
