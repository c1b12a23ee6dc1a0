//! What came to a campaign month by month, for everybody.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::CampaignId;
use crate::pledging::rules::months::{Span, spans};
use crate::pledging::store::campaign_months;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// The months of a campaign up to the book's present one, the oldest first: each span is of five donors or more, or of nobody. None when
/// fewer than five gave in all.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn months(
    client: &impl GenericClient,
    book: &Book,
    campaign: CampaignId,
    wall: Timestamp,
) -> Result<Vec<Span>, Error> {
    Ok(spans(campaign_months::list(client, campaign).await?, book.today(wall)))
}
