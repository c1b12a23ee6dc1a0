//! Tallies: what counted, what each campaign gets by it, and what was paid.

use crate::book::AccountNumber;
use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::id::{BookId, CampaignId, MatchingRoundId};
use crate::matching::rules::formula::{Line, Share};
use crate::matching::rules::round::Round;
use crate::pledging::rules::lineage::Layer;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// Writes a tally whole. The caller has locked the round.
pub async fn insert(tx: &Transaction<'_>, round: &Round, lines: &[Line], shares: &[Share]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tallies::insert
            INSERT INTO matching_line (book_id, round, tally, number, campaign, identity, amount, weighs)
            SELECT $1, $2, $3, line.* FROM unnest($4::bigint[], $5::uuid[], $6::bytea[], $7::bigint[], $8::boolean[]) AS line",
        )
        .await?;
    let numbers: Vec<i64> = lines.iter().map(|line| line.number).collect();
    let campaigns: Vec<Uuid> = lines.iter().map(|line| line.campaign.object).collect();
    let identities: Vec<&[u8]> = lines.iter().map(|line| line.identity.0.as_slice()).collect();
    let amounts: Vec<i64> = lines.iter().map(|line| line.amount).collect();
    let weigh: Vec<bool> = lines.iter().map(|line| line.weighs).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &round.id.book.0,
            /* round */ &round.id.object,
            /* tally */ &round.tally,
            /* numbers */ &numbers,
            /* campaigns */ &campaigns,
            /* identities */ &identities,
            /* amounts */ &amounts,
            /* weigh */ &weigh,
        ],
    )
    .await?;
    insert_shares(tx, round, shares).await
}

async fn insert_shares(tx: &Transaction<'_>, round: &Round, shares: &[Share]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tallies::insert_shares
            INSERT INTO matching_share (book_id, round, tally, campaign, given, identities, roots, raw, share)
            VALUES ($1, $2, $3, $4, $5, $6, $7::text::numeric, $8::text::numeric, $9)",
        )
        .await?;
    for share in shares {
        tx.execute(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* tally */ &round.tally,
                /* campaign */ &share.campaign.object,
                /* given */ &share.given,
                /* identities */ &share.identities,
                /* roots */ &share.roots.to_string(),
                /* raw */ &share.raw.to_string(),
                /* share */ &share.share,
            ],
        )
        .await?;
    }
    Ok(())
}

/// What counted in the tally of a round that counts, by number.
pub async fn lines(client: &impl GenericClient, round: &Round) -> Result<Vec<Line>, Error> {
    let statement = client
        .prepare_cached(
            "-- tallies::lines
            SELECT number, campaign, identity, amount, weighs FROM matching_line
             WHERE book_id = $1 AND round = $2 AND tally = $3 ORDER BY number",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &round.id.book.0, /* round */ &round.id.object, /* tally */ &round.tally])
        .await?;
    let line = |row: &Row| {
        Ok(Line {
            number: row.get("number"),
            campaign: CampaignId::new(round.id.book, row.get("campaign")),
            identity: digest(row.get("identity"))?,
            amount: row.get("amount"),
            weighs: row.get("weighs"),
        })
    };
    rows.iter().map(line).collect()
}

/// What campaigns get by the tally of a round that counts, by id, after one ([`Uuid::nil`] for the beginning).
pub async fn shares(client: &impl GenericClient, round: &Round, after: Uuid, limit: i64) -> Result<Vec<Share>, Error> {
    let statement = client
        .prepare_cached(
            "-- tallies::shares
            SELECT campaign, given, identities, roots::text AS roots, raw::text AS raw, share FROM matching_share
             WHERE book_id = $1 AND round = $2 AND tally = $3 AND campaign > $4 ORDER BY campaign LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* tally */ &round.tally,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| share(round.id, row)).collect()
}

fn share(round: MatchingRoundId, row: &Row) -> Result<Share, Error> {
    let whole = |column: &str| {
        let text: &str = row.get(column);
        text.parse().map_err(|_| Error::inconsistent(format!("{round}: {column} {text} is no whole number")))
    };
    Ok(Share {
        campaign: CampaignId::new(round.book, row.get("campaign")),
        given: row.get("given"),
        identities: row.get("identities"),
        roots: whole("roots")?,
        raw: whole("raw")?,
        share: row.get("share"),
    })
}

/// The campaign has its share: written once, with the layer of the money in its fund.
pub async fn insert_payment(
    tx: &Transaction<'_>,
    round: &Round,
    share: &Share,
    fund: AccountNumber,
    entry: i64,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tallies::insert_payment
            INSERT INTO matching_payment (book_id, round, tally, campaign, amount, entry) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &round.id.book.0,
            /* round */ &round.id.object,
            /* tally */ &round.tally,
            /* campaign */ &share.campaign.object,
            /* amount */ &share.share,
            /* entry */ &entry,
        ],
    )
    .await?;
    let layer = tx
        .prepare_cached(
            "-- tallies::insert_payment
            INSERT INTO fund_layer (book_id, fund, number, settled, round, amount, remaining)
            VALUES ($1, $2, $3, $3, $4, $5, $5)",
        )
        .await?;
    tx.execute(
        &layer,
        &[
            /* book_id */ &round.id.book.0,
            /* fund */ &fund.0,
            /* entry */ &entry,
            /* round */ &round.id.object,
            /* amount */ &share.share,
        ],
    )
    .await?;
    Ok(())
}

/// What rounds paid into a fund and nothing has used yet, a layer each.
pub async fn left_in(
    client: &impl GenericClient,
    fund: AccountNumber,
    book: BookId,
) -> Result<Vec<(MatchingRoundId, Layer)>, Error> {
    let statement = client
        .prepare_cached(
            "-- tallies::left_in
            SELECT round, number, settled, remaining FROM fund_layer
             WHERE book_id = $1 AND fund = $2 AND round IS NOT NULL AND remaining > 0 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* fund */ &fund.0]).await?;
    let layer = |row: &Row| {
        let left =
            Layer { number: row.get("number"), settled: row.get("settled"), pledge: None, left: row.get("remaining") };
        (MatchingRoundId::new(book, row.get("round")), left)
    };
    Ok(rows.iter().map(layer).collect())
}
