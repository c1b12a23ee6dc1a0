//! Jobs of plans that move to another partner or rail.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::plan_moves::{PlanMoveMail, Step};
use crate::texts::{self, Value, say};
use ledger::id::PlanMoveId;
use ledger::pledging::operations::moving::telling::Named;
use ledger::pledging::operations::moving::{steps, telling};
use ledger::pledging::rules::plan_move::MoveState;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Lets a move expire that nobody has answered in time.
    pub(super) async fn advance_plan_move(&self, leased: &Leased, id: PlanMoveId) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| steps::run_out(tx, id, wall).await).await
    }

    /// Asks the donor by a link whether the plan shall move, or tells how the move stands, unless it stands otherwise by now.
    pub(super) async fn send_plan_move(
        &self,
        leased: &Leased,
        id: PlanMoveId,
        version: i64,
        token: &str,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let told = telling::mail(&client, id, version, ledger::calendar::now()).await?;
        drop(client);
        let Some(told) = told else { return self.settle(leased).await };
        let step = match told.state {
            MoveState::Asked if token.is_empty() => return self.settle(leased).await,
            MoveState::Asked => Step::Asked(self.link(&format!("plan-moves/{id}/{token}")).into()),
            MoveState::Consented => Step::Consented,
            MoveState::Active => Step::Active,
            MoveState::Declined => Step::Declined,
            MoveState::Expired => Step::Expired,
        };
        let mail = PlanMoveMail {
            step,
            terms: match told.terms {
                Some(terms) => texts::terms(terms),
                None => say("pledging-terms-once").with("amount", told.amount).into(),
            },
            donor: told.about.name,
            campaign: told.about.campaign_title,
            from: named(told.from),
            to: named(told.to),
            first_on: told.first_on.map_or_else(Value::none, Value::Day),
            until: told.until.map_or_else(Value::none, Value::Day),
            pledge: told.plan_move.pledge.to_string(),
        };
        // Who is to collect learns nothing of the donor by it.
        let occasion = Occasion::new("plan-move", &format!("{id}.{version}"));
        let occasion = occasion.brought_by(told.known_by).for_donor(told.about.donor);
        self.send(leased, occasion, &told.about.email, &mail).await?;
        self.settle(leased).await
    }
}

/// Who collects, by the names of those who have part in it.
fn named(named: Named) -> Value {
    match named {
        Named::Partner { name } => name.into(),
        Named::Simulated { partner } => say("pledging-move-by-simulation").with("partner", partner).into(),
        Named::Stripe { host, partner } => {
            say("pledging-move-by-stripe").with("host", host).with("partner", partner).into()
        }
    }
}
