//! Later versions of campaigns' terms.

use crate::error::Error;
use crate::id::CampaignId;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::fee;
use crate::pledging::rules::terms::TermsVersion;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

fn version(row: &Row) -> Result<TermsVersion, Error> {
    let digest = row.get::<_, &[u8]>("terms_sha256").try_into();
    let Json(fees) = row.try_get::<_, Json<_>>("fees")?;
    Ok(TermsVersion {
        version: row.get("version"),
        terms: row.get("terms"),
        fees,
        digest: digest.map_err(|_| Error::inconsistent("the digest of a campaign's terms"))?,
        effective_on: Some(row.get("effective_on")),
        created_at: row.get("created_at"),
    })
}

/// A new version, and the campaign's count of them; says no when a version has this digest.
pub async fn insert(tx: &Transaction<'_>, campaign: CampaignId, new: &TermsVersion) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- terms::insert
            INSERT INTO campaign_terms (book_id, campaign, version, terms, terms_sha256, fees, effective_on, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (book_id, campaign, terms_sha256) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* version */ &new.version,
                /* terms */ &new.terms,
                /* terms_sha256 */ &new.digest.as_slice(),
                /* fees */ &Json(&new.fees),
                /* effective_on */ &new.effective_on,
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    if rows == 0 {
        return Ok(false);
    }
    let statement = tx
        .prepare_cached(
            "-- terms::insert
            UPDATE campaign SET terms_version = $3, version = version + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[/* book_id */ &campaign.book.0, /* id */ &campaign.object, /* terms_version */ &new.version],
    )
    .await?;
    Ok(true)
}

/// The later versions of a campaign's terms, after one (1 for the beginning), the oldest first.
pub async fn list_later(
    client: &impl GenericClient,
    campaign: CampaignId,
    after: i32,
    limit: i64,
) -> Result<Vec<TermsVersion>, Error> {
    let statement = client
        .prepare_cached(
            "-- terms::list_later
            SELECT * FROM campaign_terms WHERE book_id = $1 AND campaign = $2 AND version > $3 ORDER BY version LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* campaign */ &campaign.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(version).collect()
}

/// The version to which new pledges agree on a day.
pub async fn in_effect(client: &impl GenericClient, campaign: &Campaign, day: Date) -> Result<TermsVersion, Error> {
    if campaign.terms_version == 1 {
        return Ok(TermsVersion::first(campaign));
    }
    let statement = client
        .prepare_cached(
            "-- terms::in_effect
            SELECT * FROM campaign_terms WHERE book_id = $1 AND campaign = $2 AND effective_on <= $3
             ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &campaign.id.book.0, /* campaign */ &campaign.id.object, /* day */ &day])
        .await?;
    Ok(row.as_ref().map(version).transpose()?.unwrap_or_else(|| TermsVersion::first(campaign)))
}

/// The fees that a charge bears whose donor agreed to terms of this digest: those of that version of the campaign's own terms.
/// Who agreed to others, and was redirected since, bears none.
pub async fn fees_for(
    client: &impl GenericClient,
    campaign: &Campaign,
    agreed: &[u8; 32],
) -> Result<Vec<fee::Term>, Error> {
    if *agreed == campaign.terms_digest {
        return Ok(campaign.fees.clone());
    }
    if campaign.terms_version == 1 {
        return Ok(Vec::new());
    }
    let statement = client
        .prepare_cached(
            "-- terms::fees_for
            SELECT fees FROM campaign_terms WHERE book_id = $1 AND campaign = $2 AND terms_sha256 = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &campaign.id.book.0,
                /* campaign */ &campaign.id.object,
                /* terms_sha256 */ &agreed.as_slice(),
            ],
        )
        .await?;
    match row {
        Some(row) => Ok(row.try_get::<_, Json<Vec<fee::Term>>>("fees")?.0),
        None => Ok(Vec::new()),
    }
}
