//! Products, the steps that they took, and the milestones that pay for them.

use crate::engine::store::rows::{money, piece, sum, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId, MilestoneId, PersonId, ProductId};
use crate::money::Currency;
use crate::programmes::rules::product::{Funding, Product, Stage, Step, Stopped};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row, currency: Currency) -> Result<Product, Error> {
    let by = row.get::<_, Option<Uuid>>("stopped_by").map(PersonId);
    let stopped = match (by, row.get("reason"), row.get("stopped_at")) {
        (Some(by), Some(reason), Some(at)) => Some(Stopped { by, reason, at }),
        (None, None, None) => None,
        _ => return Err(Error::inconsistent("a product that lacks a part of its end")),
    };
    Ok(Product {
        id: ProductId::new(BookId(row.get("book_id")), row.get("id")),
        name: row.get("name"),
        about: row.get("about"),
        amount: money(row.get("amount"), currency)?,
        stage: word(row.get("stage"))?,
        staged_at: row.get("staged_at"),
        opened_by: PersonId(row.get("opened_by")),
        opened_at: row.get("opened_at"),
        stopped,
        version: row.get("version"),
    })
}

/// A new product.
pub async fn insert(tx: &Transaction<'_>, new: &Product) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- products::insert
            INSERT INTO product (book_id, id, opened_by, opened_at, staged_at, amount, name, about)
            VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* opened_by */ &new.opened_by.0,
            /* opened_at */ &new.opened_at,
            /* amount */ &new.amount.minor(),
            /* name */ &new.name,
            /* about */ &new.about,
        ],
    )
    .await?;
    Ok(())
}

/// The product with this id, in the currency of its book.
pub async fn get(client: &impl GenericClient, id: ProductId, currency: Currency) -> Result<Product, Error> {
    let statement = client
        .prepare_cached(
            "-- products::get
            SELECT * FROM product WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("product"))
}

/// The same, its row locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: ProductId, currency: Currency) -> Result<Product, Error> {
    let statement = tx
        .prepare_cached(
            "-- products::lock
            SELECT * FROM product WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| from_row(row, currency)).transpose()?.ok_or(Error::NotFound("product"))
}

/// The products of a book, the youngest first, before an id.
pub async fn list(
    client: &impl GenericClient,
    (book, currency): (BookId, Currency),
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Product>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::list
            SELECT * FROM product WHERE book_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(|row| from_row(row, currency)).collect()
}

/// Stops a product. The caller has locked it.
pub async fn stop(
    tx: &Transaction<'_>,
    id: ProductId,
    (by, reason, at): (PersonId, &str, Timestamp),
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- products::stop
            UPDATE product SET stopped_by = $3, stopped_at = $4, reason = $5, version = version + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* id */ &id.object, /* stopped_by */ &by.0,
            /* stopped_at */ &at, /* reason */ &reason,
        ],
    )
    .await?;
    Ok(())
}

/// Takes a product one stage on, with the evidence for it. The caller has locked it.
pub async fn advance(tx: &Transaction<'_>, id: ProductId, step: &Step) -> Result<(), Error> {
    let taken = tx
        .prepare_cached(
            "-- products::insert_step
            INSERT INTO product_step (book_id, product_id, stage, taken_by, taken_at, pieces) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    let pieces =
        i16::try_from(step.evidence.len()).map_err(|_| Error::inconsistent("more evidence than a step has"))?;
    let (book, object, stage) = (id.book.0, id.object, step.stage.as_str());
    tx.execute(
        &taken,
        &[
            /* book_id */ &book, /* product_id */ &object, /* stage */ &stage,
            /* taken_by */ &step.by.0, /* taken_at */ &step.at, /* pieces */ &pieces,
        ],
    )
    .await?;
    let evidence = tx
        .prepare_cached(
            "-- products::insert_evidence
            INSERT INTO product_evidence (book_id, product_id, stage, number, kind, title, url, licence, sha256)
            SELECT $1, $2, $3, e.number, e.kind, e.title, e.url, e.licence, e.sha256
              FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
                   WITH ORDINALITY AS e(kind, title, url, licence, sha256, number)",
        )
        .await?;
    let of = &step.evidence;
    let kinds: Vec<&str> = of.iter().map(|it| it.kind().as_str()).collect();
    let titles: Vec<&str> = of.iter().map(|it| it.title()).collect();
    let urls: Vec<&str> = of.iter().map(|it| it.url()).collect();
    let licences: Vec<&str> = of.iter().map(|it| it.licence().unwrap_or_default()).collect();
    let digests: Vec<Vec<u8>> = of.iter().map(|it| it.sha256().0.to_vec()).collect();
    tx.execute(
        &evidence,
        &[
            /* book_id */ &book, /* product_id */ &object, /* stage */ &stage, /* kinds */ &kinds,
            /* titles */ &titles, /* urls */ &urls, /* licences */ &licences,
            /* digests */ &digests,
        ],
    )
    .await?;
    let staged = tx
        .prepare_cached(
            "-- products::advance
            UPDATE product SET stage = $3, staged_at = $4, version = version + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&staged, &[/* book_id */ &book, /* id */ &object, /* stage */ &stage, /* staged_at */ &step.at]).await?;
    Ok(())
}

/// The steps that a product took, the first one first.
pub async fn steps(client: &impl GenericClient, id: ProductId) -> Result<Vec<Step>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::steps
            SELECT s.stage, s.taken_at, s.taken_by, e.kind, e.title, e.url, e.licence, e.sha256
              FROM product_step s
              JOIN product_evidence e ON e.book_id = s.book_id AND e.product_id = s.product_id AND e.stage = s.stage
             WHERE s.book_id = $1 AND s.product_id = $2 ORDER BY s.taken_at, s.stage, e.number",
        )
        .await?;
    let mut steps: Vec<Step> = Vec::new();
    for row in client.query(&statement, &[/* book_id */ &id.book.0, /* product_id */ &id.object]).await? {
        let stage: Stage = word(row.get("stage"))?;
        if steps.last().is_none_or(|step| step.stage != stage) {
            let by = PersonId(row.get("taken_by"));
            steps.push(Step { stage, at: row.get("taken_at"), by, evidence: Vec::new() });
        }
        if let Some(step) = steps.last_mut() {
            step.evidence.push(piece(&row)?);
        }
    }
    Ok(steps)
}

/// Writes down that a milestone pays for a product; answers whether it paid for none before.
pub async fn link(
    tx: &Transaction<'_>,
    id: ProductId,
    milestone: MilestoneId,
    (by, at): (PersonId, Timestamp),
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- products::link
            INSERT INTO product_milestone (book_id, product_id, milestone_id, linked_by, linked_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (book_id, milestone_id) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* product_id */ &id.object,
                /* milestone_id */ &milestone.object,
                /* linked_by */ &by.0,
                /* linked_at */ &at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The product that a milestone pays for, if it pays for one.
pub async fn of_milestone(client: &impl GenericClient, id: MilestoneId) -> Result<Option<ProductId>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::of_milestone
            SELECT product_id FROM product_milestone WHERE book_id = $1 AND milestone_id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* milestone_id */ &id.object]).await?;
    Ok(row.map(|row| ProductId::new(id.book, row.get("product_id"))))
}

/// What milestones have for some products of a book. One that was given up counts nothing that it has not released.
pub async fn funding(
    client: &impl GenericClient,
    book: BookId,
    products: &[Uuid],
) -> Result<HashMap<Uuid, Funding>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::funding
            SELECT l.product_id, array_agg(m.id ORDER BY m.id) AS milestones,
                   sum(CASE WHEN m.state = 'cancelled' THEN m.released_total ELSE m.amount END)::text AS planned,
                   sum(CASE WHEN m.state IN ('funded', 'claimed', 'partly_released') THEN m.amount - m.released_total ELSE 0 END)::text AS aside,
                   sum(m.released_total)::text AS released
              FROM product_milestone l JOIN milestone m ON m.book_id = l.book_id AND m.id = l.milestone_id
             WHERE l.book_id = $1 AND l.product_id = ANY($2) GROUP BY l.product_id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* products */ &products]).await?;
    let of = |row: &Row| -> Result<(Uuid, Funding), Error> {
        let milestones: Vec<Uuid> = row.get("milestones");
        let funding = Funding {
            milestones: milestones.into_iter().map(|id| MilestoneId::new(book, id)).collect(),
            planned: sum(row, "planned")?,
            aside: sum(row, "aside")?,
            released: sum(row, "released")?,
        };
        Ok((row.get("product_id"), funding))
    };
    rows.iter().map(of).collect()
}

/// What was released for a product by its milestones in a span of time, minor units, in one currency.
pub async fn released_between(
    client: &impl GenericClient,
    id: ProductId,
    currency: Currency,
    (from, until): (Timestamp, Timestamp),
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- products::released_between
            SELECT coalesce(sum(r.amount), 0)::text AS released
              FROM product_milestone l
              JOIN milestone m ON m.book_id = l.book_id AND m.id = l.milestone_id
              JOIN release r ON r.book_id = m.book_id AND r.campaign_id = m.campaign_id AND r.milestone_id = m.id
             WHERE l.book_id = $1 AND l.product_id = $2 AND r.currency = $3 AND r.released_at >= $4 AND r.released_at < $5",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* product_id */ &id.object,
                /* currency */ &currency.code(),
                /* from */ &from,
                /* until */ &until,
            ],
        )
        .await?;
    i64::try_from(sum(&row, "released")?).map_err(|_| Error::inconsistent("more was released than a fund can hold"))
}

/// The campaigns whose milestones pay for a product.
pub async fn campaigns(client: &impl GenericClient, id: ProductId) -> Result<Vec<CampaignId>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::campaigns
            SELECT DISTINCT m.campaign_id
              FROM product_milestone l JOIN milestone m ON m.book_id = l.book_id AND m.id = l.milestone_id
             WHERE l.book_id = $1 AND l.product_id = $2 ORDER BY m.campaign_id LIMIT 100",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* product_id */ &id.object]).await?;
    Ok(rows.iter().map(|row| CampaignId::new(id.book, row.get("campaign_id"))).collect())
}

/// The fund accounts of the campaigns whose milestones pay for products of a book.
pub async fn funds(client: &impl GenericClient, book: BookId, currency: Currency) -> Result<Vec<i32>, Error> {
    let statement = client
        .prepare_cached(
            "-- products::funds
            SELECT DISTINCT c.fund
              FROM product_milestone l
              JOIN milestone m ON m.book_id = l.book_id AND m.id = l.milestone_id
              JOIN campaign c ON c.book_id = m.book_id AND c.id = m.campaign_id
             WHERE l.book_id = $1 AND c.fund IS NOT NULL AND c.currency = $2 ORDER BY c.fund LIMIT 100",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* currency */ &currency.code()]).await?;
    Ok(rows.iter().map(|row| row.get("fund")).collect())
}
