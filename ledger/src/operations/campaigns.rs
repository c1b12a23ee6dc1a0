//! Campaigns: made as a draft, published with a fund of their own, closed; and what came to them.

use crate::book::AccountClass;
use crate::error::{Error, Refusal};
use crate::funding::campaign::{Kind, State};
use crate::funding::lineage::Method;
use crate::id::{BookId, CampaignId};
use crate::money::Money;
use crate::operations::accounts;
use crate::store::activity::{self, Actor};
use crate::store::books::{self, Book};
use crate::store::campaigns::{self, Campaign, Sums};
use crate::store::{balances, milestones};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;

/// What a new campaign shall be.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// In which book.
    pub book: BookId,
    /// Name in addresses and in the code of its fund account: 2 to 63 of a-z, 0-9 and `-`.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// What donors agree to.
    pub terms: String,
    /// What should come in each month; its currency is that of the campaign.
    pub monthly_goal: Money,
    /// Whose money a release takes; never changes.
    pub lineage: Method,
}

/// A new campaign, as a draft.
pub async fn create(tx: &Transaction<'_>, new: NewCampaign, actor: Actor, wall: Timestamp) -> Result<Campaign, Error> {
    check_slug(&new.slug)?;
    check_text("/title", &new.title, 1..=200)?;
    check_text("/summary", &new.summary, 0..=2_000)?;
    check_text("/terms", &new.terms, 1..=50_000)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    let campaign = Campaign {
        id: CampaignId::generate(book.id),
        terms_digest: terms_digest(&new.terms),
        slug: new.slug,
        title: new.title,
        summary: new.summary,
        terms: new.terms,
        kind: Kind::Recurring { monthly_goal: new.monthly_goal },
        currency: new.monthly_goal.currency(),
        lineage: new.lineage,
        fund: None,
        state: State::draft(now),
        version: 1,
        created_at: wall,
    };
    if !campaigns::insert(tx, &campaign).await? {
        return Err(Refusal::new("slug-taken", format!("the book has a campaign {}", campaign.slug)).into());
    }
    activity::record(tx, book.id, &campaign.id.to_string(), "created", actor, "", now).await?;
    campaigns::get(tx, campaign.id).await
}

/// What the digest of a pledge's terms is compared with.
pub fn terms_digest(terms: &str) -> [u8; 32] {
    Sha256::digest(terms.as_bytes()).into()
}

/// A change of state that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The version that they have seen; none: whatever it is.
    pub version: Option<i64>,
    /// Who asks.
    pub actor: Actor,
    /// Why, without personal data; may be empty.
    pub reason: &'a str,
}

impl Change<'_> {
    /// A change by the service itself, whatever the version.
    pub fn by_service(reason: &str) -> Change<'_> {
        Change { version: None, actor: Actor::Service, reason }
    }

    /// Refuses it when the thing has changed since, or its reason is no reason.
    pub(crate) fn check(&self, version: i64, what: &'static str) -> Result<(), Error> {
        check_text("/reason", self.reason, 0..=1_000)?;
        match self.version {
            Some(seen) if seen != version => Err(Error::Stale(what)),
            Some(_) | None => Ok(()),
        }
    }
}

/// Opens a draft for pledges, and its fund account with floor 0: nothing is spent that is not there.
pub async fn publish(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "published", wall, State::publish).await
}

/// Stops pledges and charges for a while; nobody ending it, the campaign closes.
pub async fn suspend(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "suspended", wall, State::suspend).await
}

/// Ends a suspension.
pub async fn reinstate(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "reinstated", wall, State::reinstate).await
}

/// Ends a campaign. Its pledges learn of it when they fall due: their donors are asked for another campaign.
pub async fn close(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    step(tx, id, change, "closed", wall, State::close).await
}

async fn step(
    tx: &Transaction<'_>,
    id: CampaignId,
    change: Change<'_>,
    action: &str,
    wall: Timestamp,
    decide: impl FnOnce(State, Timestamp) -> Result<State, Refusal>,
) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    change.check(campaign.version, "campaign")?;
    let now = book.now(wall);
    let state = decide(campaign.state.clone(), now)?;
    let fund = match (campaign.fund, &state) {
        (None, State::Live { .. }) => {
            let code = format!("liabilities:fund:{}", campaign.slug);
            Some(accounts::ensure(tx, book.id, &code, AccountClass::Fund, campaign.currency, wall).await?)
        }
        (fund, State::Draft { .. } | State::Live { .. } | State::Suspended { .. } | State::Closed { .. }) => fund,
    };
    campaigns::update_state(tx, id, &state, fund).await?;
    activity::record(tx, book.id, &id.to_string(), action, change.actor, change.reason, now).await?;
    campaigns::get(tx, id).await
}

/// What of a campaign's fund is settled and set aside for nothing, minor units; negative when more is set aside than there is.
///
/// The caller has locked the campaign, so that nobody else draws on it meanwhile. The fund is read before what has not
/// settled: a capture that commits in between makes the answer too small for a moment, never too large.
pub async fn available(tx: &Transaction<'_>, campaign: &Campaign) -> Result<i64, Error> {
    let Some(fund) = campaign.fund else { return Ok(0) };
    let balance = balances::get(tx, campaign.id.book, fund).await?;
    let unsettled = campaigns::unsettled(tx, campaign.id).await?;
    let earmarked = milestones::earmarked(tx, campaign.id).await?;
    Ok(balance.net() - balance.held - unsettled - earmarked)
}

/// What came to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// From its charges and pledges.
    pub sums: Sums,
    /// What a release or a redirection can draw on, minor units: settled, and set aside for nothing.
    pub available: i64,
}

/// Sums up a campaign from its rows and its fund, never from counters.
pub async fn totals(tx: &Transaction<'_>, book: &Book, campaign: &Campaign, wall: Timestamp) -> Result<Totals, Error> {
    let available = available(tx, campaign).await?;
    Ok(Totals { sums: campaigns::sums(tx, campaign.id, book.now(wall)).await?, available })
}

/// Refuses what cannot stand in an address and in the code of an account.
pub(crate) fn check_slug(slug: &str) -> Result<(), Error> {
    let bytes = slug.as_bytes();
    let is_word = bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-');
    if (2..=63).contains(&bytes.len()) && is_word && bytes[0] != b'-' {
        return Ok(());
    }
    Err(Error::invalid("/slug", "2 to 63 of a-z, 0-9 and '-', not beginning with '-'"))
}

/// Refuses a text that is too short, too long, or holds control characters other than line breaks and tabs.
pub(crate) fn check_text(pointer: &'static str, text: &str, length: RangeInclusive<usize>) -> Result<(), Error> {
    if !length.contains(&text.chars().count()) {
        let (least, most) = (length.start(), length.end());
        return Err(Error::invalid(pointer, format!("must have {least} to {most} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Error::invalid(pointer, "must not hold control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_word_of_an_address() {
        for good in ["drill", "open-drill-2", "a1"] {
            assert!(check_slug(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "-drill", "Drill", "open drill", "open:drill", "ü-drill", &"a".repeat(64)] {
            assert!(check_slug(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_is_bounded_in_characters_and_holds_no_control_characters() {
        assert!(check_text("/title", &"ü".repeat(200), 1..=200).is_ok());
        assert!(check_text("/title", &"ü".repeat(201), 1..=200).is_err());
        assert!(check_text("/title", "", 1..=200).is_err());
        assert!(check_text("/terms", "one\nby\tone", 1..=200).is_ok());
        assert!(check_text("/title", "nul\0", 1..=200).is_err());
    }
}
