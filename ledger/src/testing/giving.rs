//! Money on the ground of a test: campaigns, what donors promise to them, and what has come of it.

use super::{Ground, usd};
use crate::calendar::Interval;
use crate::id::PledgeId;
use crate::parties::rules::privacy::Privacy;
use crate::pledging::operations::campaigns::{self, NewCampaign};
use crate::pledging::operations::charges::{self, Begun, Recorded};
use crate::pledging::operations::pledges::{self, AskedDonor, AskedSchedule, PlacePledge};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::Outcome;
use crate::pledging::rules::pledge::Rail;
use crate::pledging::store::charges as charge_rows;
use crate::service::change::Change;
use crate::service::store::activity::Actor;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::Method;
use jiff::Timestamp;

/// A pledge of one payment, due at once.
pub const ONCE: AskedSchedule = AskedSchedule::Once { on: None };

/// A pledge of monthly payments without an end, the first of them due at once.
pub const MONTHLY: AskedSchedule =
    AskedSchedule::Recurring { interval: Interval::Month, start: None, anchor: None, payments: None };

impl Ground {
    /// What a campaign is made of, whose releases take what settled first.
    pub fn new_campaign(&self, slug: &str) -> NewCampaign {
        let terms = "The money pays for the milestones of the press, and for nothing else.";
        NewCampaign::new(self.book.id, slug, "Open press", terms, usd("3000.00"))
    }

    /// A live campaign.
    pub async fn campaign(&self, slug: &str) -> Campaign {
        self.publish(self.new_campaign(slug)).await
    }

    /// A campaign made and published.
    pub async fn publish(&self, new: NewCampaign) -> Campaign {
        let wall = self.wall;
        let live = self.run(async |tx| {
            let draft = campaigns::create(tx, new, Actor::Service, wall).await?;
            campaigns::publish(tx, draft.id, Change::by_service(""), wall).await
        });
        live.await.expect("a live campaign")
    }

    /// A pledge of one payment to a campaign, as the partner asks for it.
    pub fn ask(&self, campaign: &Campaign, reference: &str, amount: &str) -> PlacePledge {
        PlacePledge {
            tier: None,
            campaign: campaign.id,
            partner: self.partner,
            reference: reference.into(),
            donor: AskedDonor {
                reference: format!("donor of {reference}"),
                name: "Ada".into(),
                email: "ada@example.org".into(),
                privacy: Privacy::HostOnly,
            },
            amount: usd(amount),
            original: None,
            schedule: ONCE,
            rail: Rail::Sandbox,
            method: Method::Card,
            token: "card".into(),
            terms_digest: campaign.terms_digest,
            by: Actor::Partner(self.partner),
        }
    }

    /// A pledge whose first payment is captured at once, and has not settled.
    pub async fn captured(&self, asked: PlacePledge, wall: Timestamp) -> PledgeId {
        let begun = self.run(async |tx| {
            let pledge = pledges::place(tx, asked, wall).await?.pledge.id;
            Ok((pledge, charges::begin(tx, pledge, 1, wall).await?))
        });
        let (pledge, begun) = begun.await.expect("a charge");
        let Begun::Try { charge, attempt, reference, .. } = begun else { panic!("{pledge} is not charged") };
        let paid = Outcome::Captured { provider_reference: reference };
        let recorded = self.run(async |tx| charges::record_outcome(tx, charge, attempt, paid, wall).await).await;
        assert_eq!(recorded.expect("an outcome"), Recorded::Captured);
        pledge
    }

    /// The settlement of the first payment of a pledge arrives, and all that was captured on the same day with it.
    pub async fn settle(&self, pledge: PledgeId, wall: Timestamp) {
        let charges = charge_rows::list(&self.client().await, pledge, 0, 1).await.expect("a read");
        let settlement = charges[0].settlement.expect("what was captured is in a settlement");
        self.run(async |tx| settlements::settle(tx, settlement, wall).await).await.expect("money");
    }

    /// Money in a campaign's fund that was captured three days ago and has settled.
    pub async fn settled(&self, campaign: &Campaign, amount: &str) -> PledgeId {
        let asked = self.ask(campaign, &format!("settled {amount}"), amount);
        let pledge = self.captured(asked, self.day(-3)).await;
        self.settle(pledge, self.wall).await;
        pledge
    }
}
