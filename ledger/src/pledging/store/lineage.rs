//! Fund lineage: layers of settled money, and what entries used of them.

use crate::book::{AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::{BookId, CampaignId, DonorId, MatchingRoundId, MilestoneId, PledgeId, ReleaseId};
use crate::pledging::rules::lineage::{Layer, Part};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

/// A layer of money that `entry` brought into a fund: moved by its donor, or back from a refund that failed.
pub async fn insert_moved(
    tx: &Transaction<'_>,
    fund: AccountNumber,
    pledge: PledgeId,
    entry: i64,
    amount: i64,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- lineage::insert_moved
            INSERT INTO fund_layer (book_id, fund, number, settled, pledge, amount, remaining)
            VALUES ($1, $2, $3, $3, $4, $5, $5)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &pledge.book.0,
            /* fund */ &fund.0,
            /* entry */ &entry,
            /* pledge */ &pledge.object,
            /* amount */ &amount,
        ],
    )
    .await?;
    Ok(())
}

fn layer(book: BookId, row: &Row) -> Layer {
    Layer {
        number: row.get("number"),
        settled: row.get("settled"),
        pledge: row.get::<_, Option<Uuid>>("pledge").map(|pledge| PledgeId::new(book, pledge)),
        left: row.get("remaining"),
    }
}

/// Layers of a fund of which something is left and that neither a chargeback nor a frozen custodian holds, in the order of use, after a place in it.
pub async fn list_open(
    client: &impl GenericClient,
    book: BookId,
    fund: AccountNumber,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<Layer>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::list_open
            SELECT number, settled, pledge, remaining FROM fund_layer AS l
             WHERE book_id = $1 AND fund = $2 AND remaining > 0 AND (settled, number) > ($3, $4)
               AND NOT EXISTS (SELECT FROM chargeback c
                                WHERE c.book_id = l.book_id AND c.pledge = l.pledge AND c.state IN ('open', 'lost_unborne'))
               AND (NOT EXISTS (SELECT FROM custodian_freeze f WHERE f.book_id = $1 AND f.released_at IS NULL)
                    OR NOT EXISTS (SELECT FROM frozen_layer z
                                    WHERE z.book_id = $1 AND z.fund = $2 AND z.number = l.number))
             ORDER BY settled, number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* fund */ &fund.0, /* settled */ &after.0,
                /* number */ &after.1, /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| layer(book, row)).collect())
}

/// Layers of one pledge in a fund of which something is left, in the order of use.
pub async fn list_own(client: &impl GenericClient, fund: AccountNumber, pledge: PledgeId) -> Result<Vec<Layer>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::list_own
            SELECT number, settled, pledge, remaining FROM fund_layer
             WHERE book_id = $1 AND pledge = $2 AND fund = $3 AND remaining > 0
             ORDER BY settled, number",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* fund */ &fund.0])
        .await?;
    Ok(rows.iter().map(|row| layer(pledge.book, row)).collect())
}

/// The campaigns in whose funds something of a pledge's settled money is left, by id.
pub async fn campaigns_with(client: &impl GenericClient, pledge: PledgeId) -> Result<Vec<CampaignId>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::campaigns_with
            SELECT DISTINCT c.id FROM fund_layer l JOIN campaign c ON c.book_id = l.book_id AND c.fund = l.fund
             WHERE l.book_id = $1 AND l.pledge = $2 AND l.remaining > 0 ORDER BY c.id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    Ok(rows.iter().map(|row| CampaignId::new(pledge.book, row.get(0))).collect())
}

/// An entry uses parts of a fund's layers. Says how many layers had them.
pub async fn insert_uses(
    tx: &Transaction<'_>,
    book: BookId,
    fund: AccountNumber,
    entry: i64,
    parts: &[Part],
) -> Result<u64, Error> {
    let layers: Vec<i64> = parts.iter().map(|part| part.layer).collect();
    let amounts: Vec<i64> = parts.iter().map(|part| part.amount).collect();
    let update = tx
        .prepare_cached(
            "-- lineage::insert_uses
            UPDATE fund_layer AS l SET remaining = l.remaining - part.amount
              FROM unnest($3::bigint[], $4::bigint[]) AS part (layer, amount)
             WHERE l.book_id = $1 AND l.fund = $2 AND l.number = part.layer",
        )
        .await?;
    let updated = tx
        .execute(
            &update,
            &[
                /* book_id */ &book.0, /* fund */ &fund.0, /* layers */ &layers,
                /* amounts */ &amounts,
            ],
        )
        .await?;
    let insert = tx
        .prepare_cached(
            "-- lineage::insert_uses
            INSERT INTO fund_use (book_id, fund, entry, layer, amount)
            SELECT $1, $2, $3, part.layer, part.amount FROM unnest($4::bigint[], $5::bigint[]) AS part (layer, amount)",
        )
        .await?;
    tx.execute(
        &insert,
        &[
            /* book_id */ &book.0, /* fund */ &fund.0, /* entry */ &entry, /* layers */ &layers,
            /* amounts */ &amounts,
        ],
    )
    .await?;
    Ok(updated)
}

/// Whose money it was that paid an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Giver {
    /// A pledge, with the pseudonym of its donor.
    Pledge(PledgeId, DonorId),
    /// A matching round, and so its sponsors.
    Round(MatchingRoundId),
}

impl Giver {
    /// Its place in the order of a list.
    pub fn key(self) -> Uuid {
        match self {
            Giver::Pledge(pledge, _) => pledge.object,
            Giver::Round(round) => round.object,
        }
    }
}

/// What one giver paid of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Whose money it was.
    pub giver: Giver,
    /// What it paid, minor units.
    pub amount: i64,
}

/// The pledges and matching rounds that paid an entry, by id, after one ([`Uuid::nil`] for the beginning).
pub async fn list_sources(
    client: &impl GenericClient,
    book: BookId,
    entry: i64,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Source>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::list_sources
            SELECT coalesce(l.pledge, l.round) AS giver, p.donor, sum(u.amount)::bigint AS amount
              FROM fund_use u
              JOIN fund_layer l ON l.book_id = u.book_id AND l.fund = u.fund AND l.number = u.layer
              LEFT JOIN pledge p ON p.book_id = l.book_id AND p.id = l.pledge
             WHERE u.book_id = $1 AND u.entry = $2 AND coalesce(l.pledge, l.round) > $3
             GROUP BY coalesce(l.pledge, l.round), p.donor ORDER BY giver LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* entry */ &entry, /* after */ &after, /* limit */ &limit])
        .await?;
    let source = |row: &Row| Source {
        giver: match row.get::<_, Option<Uuid>>("donor") {
            Some(donor) => Giver::Pledge(PledgeId::new(book, row.get("giver")), DonorId::new(book, donor)),
            None => Giver::Round(MatchingRoundId::new(book, row.get("giver"))),
        },
        amount: row.get("amount"),
    };
    Ok(rows.iter().map(source).collect())
}

/// How many pledges of how many donors paid an entry.
pub async fn count_sources(client: &impl GenericClient, book: BookId, entry: i64) -> Result<(i64, i64), Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::count_sources
            SELECT count(DISTINCT l.pledge), count(DISTINCT p.donor)
              FROM fund_use u
              JOIN fund_layer l ON l.book_id = u.book_id AND l.fund = u.fund AND l.number = u.layer
              JOIN pledge p ON p.book_id = l.book_id AND p.id = l.pledge
             WHERE u.book_id = $1 AND u.entry = $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* entry */ &entry]).await?;
    Ok((row.get(0), row.get(1)))
}

/// What an entry used of a pledge's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Record number of the entry.
    pub entry: i64,
    /// How the money moved.
    pub kind: MovementKind,
    /// What it used, minor units.
    pub amount: i64,
    /// The release that it was, with its milestone; none when it was something else.
    pub release: Option<(ReleaseId, MilestoneId)>,
    /// The campaign to which its donor moved it; none when nobody did.
    pub moved_to: Option<CampaignId>,
}

/// What a pledge's money was used for, the oldest first, after an entry.
pub async fn list_uses(
    client: &impl GenericClient,
    pledge: PledgeId,
    after: i64,
    limit: i64,
) -> Result<Vec<Used>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::list_uses
            SELECT u.entry, t.kind, sum(u.amount)::bigint AS amount, r.id AS release, r.milestone_id, m.to_campaign
              FROM fund_layer l
              JOIN fund_use u ON u.book_id = l.book_id AND u.fund = l.fund AND u.layer = l.number
              JOIN transfer t ON t.book_id = u.book_id AND t.pos = u.entry << 16
              LEFT JOIN release r ON r.book_id = u.book_id AND r.entry_number = u.entry
              LEFT JOIN pledge_move m ON m.book_id = u.book_id AND m.entry = u.entry
             WHERE l.book_id = $1 AND l.pledge = $2 AND u.entry > $3
             GROUP BY u.entry, t.kind, r.id, r.milestone_id, m.to_campaign ORDER BY u.entry LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| used(pledge.book, row)).collect()
}

fn used(book: BookId, row: &Row) -> Result<Used, Error> {
    let kind: i16 = row.get("kind");
    let release: Option<Uuid> = row.get("release");
    let milestone: Option<Uuid> = row.get("milestone_id");
    let moved_to: Option<Uuid> = row.get("to_campaign");
    Ok(Used {
        entry: row.get("entry"),
        kind: MovementKind::from_number(kind)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
        amount: row.get("amount"),
        release: release.zip(milestone).map(|(id, of)| (ReleaseId::new(book, id), MilestoneId::new(book, of))),
        moved_to: moved_to.map(|id| CampaignId::new(book, id)),
    })
}

/// What came of a pledge as cash, whatever fund it lies in now, and what of it is left; minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What arrived as cash, minor units.
    pub contributed: i64,
    /// What nothing has used yet, minor units.
    pub left: i64,
}

/// How a pledge's money stands. A move from fund to fund changes neither number.
pub async fn standing(client: &impl GenericClient, pledge: PledgeId) -> Result<Standing, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::standing
            SELECT coalesce(sum(amount) FILTER (WHERE settled > number), 0)::bigint AS contributed,
                   coalesce(sum(remaining), 0)::bigint AS remaining
              FROM fund_layer WHERE book_id = $1 AND pledge = $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    Ok(Standing { contributed: row.get("contributed"), left: row.get("remaining") })
}

/// What is wrong with the lineage of a book, as sentences; empty when of every campaign's fund the layers hold what has
/// settled, every layer has lost what its uses took and did not give back, and the uses of every entry add up to what it took out of the fund: but for
/// refunds of what had not settled, which had no layer yet.
pub async fn audit(client: &impl GenericClient, book: BookId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- lineage::audit
            WITH fund AS (
                SELECT k.fund, (SELECT coalesce(sum(c.amount - c.refunded - c.fees), 0) FROM charge c
                                 WHERE c.book_id = $1 AND c.campaign = k.id AND c.state = 'captured') AS unsettled
                  FROM campaign k WHERE k.book_id = $1 AND k.fund IS NOT NULL),
            held AS (SELECT fund, sum(remaining) AS remaining FROM fund_layer WHERE book_id = $1 GROUP BY fund),
            used AS (SELECT fund, entry, sum(amount) AS amount FROM fund_use WHERE book_id = $1 GROUP BY fund, entry),
            back AS (SELECT fund, layer, sum(amount) AS amount FROM fund_return WHERE book_id = $1 GROUP BY fund, layer),
            moved AS (SELECT t.debit AS fund, t.pos >> 16 AS entry, t.amount
                        FROM transfer t JOIN fund ON fund.fund = t.debit WHERE t.book_id = $1
                       UNION ALL
                      SELECT t.credit, t.pos >> 16, -t.amount
                        FROM transfer t JOIN fund ON fund.fund = t.credit WHERE t.book_id = $1),
            gone AS (SELECT m.fund, m.entry, sum(m.amount) AS amount FROM moved m
                      WHERE NOT EXISTS (SELECT FROM refund r
                                         WHERE r.book_id = $1 AND r.entry = m.entry AND NOT r.of_cash)
                      GROUP BY m.fund, m.entry HAVING sum(m.amount) > 0)
            SELECT 'fund ' || f.fund || ': layers hold ' || coalesce(h.remaining, 0) || ', settled in it is '
                   || b.credits - b.debits - f.unsettled
              FROM fund f JOIN balance b ON b.book_id = $1 AND b.account = f.fund
              LEFT JOIN held h ON h.fund = f.fund
             WHERE coalesce(h.remaining, 0) <> b.credits - b.debits - f.unsettled
            UNION ALL
            SELECT 'layer ' || l.number || ' of fund ' || l.fund || ': ' || l.remaining || ' of ' || l.amount
                   || ' is left, uses took ' || coalesce(sum(u.amount), 0) || ' and gave back ' || coalesce(k.amount, 0)
              FROM fund_layer l
              LEFT JOIN fund_use u ON u.book_id = l.book_id AND u.fund = l.fund AND u.layer = l.number
              LEFT JOIN back k ON k.fund = l.fund AND k.layer = l.number
             WHERE l.book_id = $1
             GROUP BY l.fund, l.number, l.amount, l.remaining, k.amount
            HAVING l.amount - l.remaining <> coalesce(sum(u.amount), 0) - coalesce(k.amount, 0)
            UNION ALL
            SELECT 'entry ' || coalesce(g.entry, u.entry) || ': took ' || coalesce(g.amount, 0) || ' out of fund '
                   || coalesce(g.fund, u.fund) || ', its uses are ' || coalesce(u.amount, 0)
              FROM gone g FULL JOIN used u ON u.fund = g.fund AND u.entry = g.entry
             WHERE coalesce(g.amount, 0) <> coalesce(u.amount, 0)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
