//! What sponsors gave to the pools of rounds.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, MatchingRoundId, OrganisationId, PoolContributionId, SettlementId};
use crate::matching::rules::round::PoolContribution;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<PoolContribution, Error> {
    let book = BookId(row.get("book_id"));
    Ok(PoolContribution {
        id: PoolContributionId::new(book, row.get("id")),
        round: MatchingRoundId::new(book, row.get("round")),
        sponsor: OrganisationId(row.get("sponsor")),
        partner: OrganisationId(row.get("partner")),
        reference: row.get("reference"),
        provider_reference: row.get("provider_reference"),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        returned: row.get("returned"),
        state: word(row.get("state"))?,
        settlement: SettlementId::new(book, row.get("settlement")),
        captured_on: row.get("captured_on"),
        entry: row.get("entry"),
        created_at: row.get("created_at"),
    })
}

/// A new contribution; `false` when the custodian has one with its reference, or from its payment.
pub async fn insert(tx: &Transaction<'_>, new: &PoolContribution) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::insert
            INSERT INTO pool_contribution (book_id, id, round, sponsor, partner, reference, provider_reference, amount,
                                           currency, state, settlement, captured_on, entry, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* round */ &new.round.object,
                /* sponsor */ &new.sponsor.0,
                /* partner */ &new.partner.0,
                /* reference */ &new.reference,
                /* provider_reference */ &new.provider_reference,
                /* amount */ &new.amount.minor(),
                /* currency */ &new.amount.currency().code(),
                /* state */ &new.state.as_str(),
                /* settlement */ &new.settlement.object,
                /* captured_on */ &new.captured_on,
                /* entry */ &new.entry,
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// What a partner brought under a reference of its own, or by a payment, if it did.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    (reference, provider_reference): (&str, &str),
) -> Result<Option<PoolContribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::find
            SELECT * FROM pool_contribution
             WHERE book_id = $1 AND partner = $2 AND (reference = $3 OR provider_reference = $4)
             ORDER BY reference <> $3 LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* reference */ &reference,
                /* provider_reference */ &provider_reference,
            ],
        )
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The contributions to a round that one partner brought, or all where none is named; the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    round: MatchingRoundId,
    partner: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PoolContribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::list
            SELECT * FROM pool_contribution
             WHERE book_id = $1 AND round = $2 AND ($3::uuid IS NULL OR partner = $3) AND id > $4 ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &round.book.0,
                /* round */ &round.object,
                /* partner */ &partner.map(|partner| partner.0),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// All contributions to a round, the oldest first.
pub async fn all(client: &impl GenericClient, round: MatchingRoundId) -> Result<Vec<PoolContribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::all
            SELECT * FROM pool_contribution WHERE book_id = $1 AND round = $2 ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &round.book.0, /* round */ &round.object]).await?;
    rows.iter().map(from_row).collect()
}

/// Minor units of a pool that custodians have not yet paid over.
pub async fn unsettled(client: &impl GenericClient, round: MatchingRoundId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- contributions::unsettled
            SELECT coalesce(sum(amount), 0)::bigint FROM pool_contribution
             WHERE book_id = $1 AND round = $2 AND state = 'captured'",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &round.book.0, /* round */ &round.object]).await?;
    Ok(row.get(0))
}

/// `minor` minor units went back to the sponsor.
pub async fn update_returned(tx: &Transaction<'_>, id: PoolContributionId, minor: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- contributions::update_returned
            UPDATE pool_contribution SET state = 'returned', returned = returned + $3 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* returned */ &minor]).await?;
    Ok(())
}
