//! Votes, and what of its allowance each identity has spent.

use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{CampaignId, DonorId};
use crate::matching::rules::formula::Line;
use crate::matching::rules::round::{Ballot, Round};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

/// Locks what an identity has spent in a round, making its row if it is new; answers that.
pub async fn lock_voter(tx: &Transaction<'_>, round: &Round, ballot: Ballot, identity: Digest) -> Result<i32, Error> {
    let statement = tx
        .prepare_cached(
            "-- votes::lock_voter
            INSERT INTO matching_voter AS v (book_id, round, identity, allowance, spent) VALUES ($1, $2, $3, $4, 0)
            ON CONFLICT (book_id, round, identity) DO UPDATE SET spent = v.spent
            RETURNING spent",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* identity */ &identity.0.as_slice(),
                /* allowance */ &ballot.allowance,
            ],
        )
        .await?;
    Ok(row.get("spent"))
}

/// How many votes an identity has given to a campaign.
pub async fn given(
    client: &impl GenericClient,
    round: &Round,
    identity: Digest,
    campaign: CampaignId,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- votes::given
            SELECT coalesce(sum(votes), 0) FROM matching_vote
             WHERE book_id = $1 AND round = $2 AND identity = $3 AND campaign = $4",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* identity */ &identity.0.as_slice(),
                /* campaign */ &campaign.object,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Votes that are to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewVotes {
    /// Pseudonym of the identity.
    pub identity: Digest,
    /// Whose votes.
    pub donor: DonorId,
    /// For which campaign.
    pub campaign: CampaignId,
    /// How many.
    pub votes: i32,
    /// What they cost of the allowance.
    pub cost: i32,
}

/// Writes votes, and what the identity has spent with them; no votes are written that its allowance does not bear. The caller
/// has locked the round.
pub async fn insert(tx: &Transaction<'_>, round: &Round, new: NewVotes, at: Timestamp) -> Result<i32, Error> {
    let spend = tx
        .prepare_cached(
            "-- votes::insert
            UPDATE matching_voter SET spent = spent + $4 WHERE book_id = $1 AND round = $2 AND identity = $3",
        )
        .await?;
    let (book, id) = (round.id.book.0, round.id.object);
    tx.execute(
        &spend,
        &[
            /* book_id */ &book,
            /* round */ &id,
            /* identity */ &new.identity.0.as_slice(),
            /* cost */ &new.cost,
        ],
    )
    .await?;
    let insert = tx
        .prepare_cached(
            "-- votes::insert
            INSERT INTO matching_vote (book_id, round, number, identity, donor, campaign, votes, at)
            SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7
              FROM matching_vote WHERE book_id = $1 AND round = $2
            RETURNING number",
        )
        .await?;
    let row = tx
        .query_one(
            &insert,
            &[
                /* book_id */ &book,
                /* round */ &id,
                /* identity */ &new.identity.0.as_slice(),
                /* donor */ &new.donor.object,
                /* campaign */ &new.campaign.object,
                /* votes */ &new.votes,
                /* at */ &at,
            ],
        )
        .await?;
    Ok(row.get("number"))
}

/// All votes of a round, as lines of a tally.
pub async fn lines(client: &impl GenericClient, round: &Round) -> Result<Vec<Line>, Error> {
    let statement = client
        .prepare_cached(
            "-- votes::lines
            SELECT number, campaign, identity, votes FROM matching_vote
             WHERE book_id = $1 AND round = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &round.id.book.0, /* round */ &round.id.object]).await?;
    let line = |row: &Row| {
        Ok(Line {
            number: row.get::<_, i32>("number").into(),
            campaign: CampaignId::new(round.id.book, row.get("campaign")),
            identity: digest(row.get("identity"))?,
            amount: row.get::<_, i32>("votes").into(),
            weighs: true,
        })
    };
    rows.iter().map(line).collect()
}
