//! Word to the donor about a pledge that is not charged any more.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::pledge_notices::{PledgeNotice, Standing};
use crate::texts::Value;
use jiff::Timestamp;
use ledger::engine::store::books;
use ledger::id::PledgeId;
use ledger::pledging::rules::pledge::{Need, State};
use ledger::pledging::store::{plan_changes, pledges};
use ledger::service::store::jobs::Leased;

impl Context {
    /// Tells the donor how a pledge stands and what can be done, unless it stands otherwise by now.
    pub(super) async fn notify_pledge(
        &self,
        leased: &Leased,
        id: PledgeId,
        since: Timestamp,
        again: bool,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let pledge = pledges::get(&client, id).await?;
        let about = plan_changes::surroundings(&client, id).await?;
        drop(client);
        let day = |at: Timestamp| Value::Day(book.day_of(at));
        let standing = match pledge.state {
            State::NeedsAction { until, need: Need::Means, .. } => Standing::NeedsMeans(day(until)),
            State::NeedsAction { until, need: Need::Campaign, .. } => Standing::NeedsCampaign(day(until)),
            State::NeedsAction { until, need: Need::Partner | Need::Rail, .. } => Standing::NeedsCollector(day(until)),
            State::Lapsed { until, .. } => Standing::Lapsed(day(until)),
            State::Cancelled { since } if book.takes_new(since).is_err() => {
                Standing::HostCloses(book.winds_up_at.map_or_else(Value::none, day))
            }
            State::Cancelled { .. } => Standing::Cancelled,
            State::Created { .. }
            | State::Active { .. }
            | State::Paused { .. }
            | State::Completed { .. }
            | State::Refunded { .. } => return self.settle(leased).await,
        };
        if pledge.state.since() == since && !about.email.is_empty() {
            let mail = PledgeNotice {
                donor: about.name,
                campaign: about.campaign_title,
                amount: pledge.amount.into(),
                pledge: id.to_string(),
                standing,
                again,
            };
            // The job stands for the state and the moment.
            let occasion = Occasion::new("pledge", &leased.id).brought_by(pledge.partner).for_donor(pledge.donor);
            self.send(leased, occasion, &about.email, &mail).await?;
        }
        self.settle(leased).await
    }
}
