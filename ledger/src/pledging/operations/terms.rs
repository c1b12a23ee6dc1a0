//! Terms of a campaign change for those who pledge later, and for nobody else.

use super::campaigns::{terms_digest, with_policies};
use crate::calendar::days_after;
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::CampaignId;
use crate::pledging::rules::fee;
use crate::pledging::rules::returnable::IDLE_MONTHS;
use crate::pledging::rules::terms::TermsVersion;
use crate::pledging::store::{campaigns, terms};
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// A version of its terms takes effect within so many days.
pub const EFFECT_DAYS_MAX: i64 = 366;

/// What donors shall agree to from a day on.
#[derive(Debug, Clone)]
pub struct NewTerms {
    /// What they agree to.
    pub terms: String,
    /// What it takes of each captured charge.
    pub fees: Vec<fee::Term>,
    /// The first day of it; the book's today when none.
    pub effective_on: Option<Date>,
}

/// Writes the next version of a campaign's terms. Pledges that were made before stay bound to theirs, with their fees. To the terms of a
/// campaign with a last day it is added how it ends, which no version changes, nor when its money counts as unused.
///
/// # Errors
///
/// `campaign-closed`, `terms-written`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/terms`, `/fees`,
/// `/effective_on` or `/reason`; [`Error::NotFound`] for an unknown campaign.
pub async fn write(
    tx: &Transaction<'_>,
    id: CampaignId,
    new: NewTerms,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<TermsVersion, Error> {
    check_text("/terms", &new.terms, text::TERMS)?;
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    fee::check(&new.fees)?;
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    change.check(campaign.version, "campaign")?;
    let (now, today) = (book.now(wall), book.today(wall));
    if campaign.state.clone().at(now).is_over() {
        return Err(Refusal::new("campaign-closed", "the campaign takes no pledges any more").into());
    }
    let before = terms::list_later(tx, id, campaign.terms_version - 1, 1).await?;
    let earliest = before.first().and_then(|last| last.effective_on).map_or(today, |last| last.max(today));
    let latest = days_after(today, EFFECT_DAYS_MAX).max(earliest);
    let effective_on = new.effective_on.unwrap_or(earliest);
    if effective_on < earliest || effective_on > latest {
        let message = format!("must be from {earliest}, when the version before is in effect, to {latest}");
        return Err(Error::invalid("/effective_on", message));
    }
    let idle_months = Some(campaign.idle_months).filter(|months| *months != IDLE_MONTHS);
    let text = with_policies(new.terms, &campaign.kind, idle_months);
    check_text("/terms", &text, text::TERMS)?;
    let version = TermsVersion {
        version: campaign.terms_version + 1,
        digest: terms_digest(&text, &new.fees),
        terms: text,
        fees: new.fees,
        effective_on: Some(effective_on),
        created_at: now,
    };
    if version.digest == campaign.terms_digest || !terms::insert(tx, id, &version).await? {
        let detail = "a version of the campaign's terms says the same: pledges name a version by its SHA-256";
        return Err(Refusal::new("terms-written", detail).into());
    }
    activity::record(tx, book.id, Done::new(&id, "terms_written", change.actor).because(change.reason), now).await?;
    Ok(version)
}
