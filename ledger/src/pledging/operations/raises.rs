//! The goal and the cap of a campaign are raised; neither ever falls.

use crate::engine::posting;
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::CampaignId;
use crate::money::Money;
use crate::movements;
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::commitment::{Cap, room};
use crate::pledging::store::campaigns;
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is to be raised of a campaign; what is none stays, but for a cap that is the goal, which rises with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raise {
    /// The goal, the minimum or the monthly goal.
    pub goal: Option<Money>,
    /// The cap.
    pub cap: Option<Money>,
}

/// Raises the goal of a campaign that is a draft or live, its cap, or both. Pledges are taken again as far as the cap has risen.
///
/// # Errors
///
/// `campaign-not-live`, `goal-not-raised`; [`Error::Invalid`] at `/goal`, `/cap` or `/reason`; [`Error::Stale`] for an outdated
/// version; [`Error::NotFound`] for an unknown campaign.
pub async fn raise(
    tx: &Transaction<'_>,
    id: CampaignId,
    raise: Raise,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    change.check(campaign.version, "campaign")?;
    let now = book.now(wall);
    let state = campaign.state.clone().at(now);
    if !matches!(state, State::Draft { .. }) {
        state.takes_pledges()?;
    }
    let raised = raised(campaign.clone(), raise)?;
    if let (Some(before), Some(after), Some(of)) = (campaign.cap, raised.cap, campaign.commitments) {
        let more = room(after.amount, raised.elsewhere.as_ref()) - room(before.amount, campaign.elsewhere.as_ref());
        if let Ok(more) = Money::from_minor(more, campaign.currency) {
            let entry = movements::cap_raised(of.beyond, of.room, more, book.day_of(now), id);
            posting::post(tx, &book, entry, wall).await?;
        }
    }
    let changed = campaigns::update_raised(tx, &raised).await?;
    activity::record(tx, book.id, Done::new(&id, "raised", change.actor).because(change.reason), now).await?;
    Ok(changed)
}

/// The campaign with what is raised: nothing ever falls.
fn raised(campaign: Campaign, raise: Raise) -> Result<Campaign, Error> {
    let check = |pointer: &'static str, before: Money, after: Money| {
        if after.currency() != before.currency() {
            return Err(Error::invalid(pointer, format!("the campaign is in {}", before.currency())));
        }
        if after.minor() <= before.minor() {
            let detail = format!("{after} is not more than {before}: what donors were shown only rises");
            return Err(Refusal::new("goal-not-raised", detail).into());
        }
        Ok(after)
    };
    let before = campaign.kind.goal();
    let mut raised = campaign;
    if let Some(goal) = raise.goal {
        let Some(before) = before else { return Err(Error::invalid("/goal", "the campaign has none")) };
        let goal = check("/goal", before, goal)?;
        raised.kind = raised.kind.with_goal(goal).map_err(|message| Error::invalid("/goal", message))?;
    }
    let follows = raised.cap.is_some_and(|cap| before == Some(cap.amount));
    let wanted = raise.cap.or(raise.goal.filter(|_| follows));
    if let Some(wanted) = wanted {
        let Some(cap) = raised.cap else { return Err(Error::invalid("/cap", "the campaign has none")) };
        raised.cap = Some(Cap { amount: check("/cap", cap.amount, wanted)?, ..cap });
    }
    if wanted.is_none() && raise.goal.is_none() {
        return Err(Error::invalid("/goal", "say what is to be raised: the goal, the cap or both"));
    }
    Ok(raised)
}
