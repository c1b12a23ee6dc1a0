//! Work that is paid of funds, and a matching round that adds to them.

use super::steps::{Step, minor, written};
use super::{Outcome, Story};
use crate::pledging::chargebacks::pay_out_in;
use api::demo::cast::{trial_balance, usd};
use api::demo::client::text;
use api::demo::story::year::approval;
use rand::Rng;
use serde_json::json;

impl Story<'_> {
    pub(super) async fn milestone(&mut self) -> Outcome {
        // One that has something to spend, if it is not decided yet whether it may.
        let cast = &self.world.stage.cast;
        let (mut campaign, mut available) = (self.campaign(), 0);
        for other in self.campaigns.clone() {
            let totals = format!("/v1/campaigns/{}/totals", text(&other, "/id")?);
            let found = minor(&cast.treasurer.get(&totals).await?.ok()?["available"]);
            if found >= 100 && (available == 0 || self.dice.random_ratio(1, 4)) {
                (campaign, available) = (other, found);
            }
        }
        if available == 0 {
            return Ok(());
        }
        let amount = written(self.dice.random_range(100..=available));
        let body = json!({
            "campaign": campaign["id"], "team": cast.team, "name": self.name(), "amount": usd(&amount),
            "policy": {"reviewers_needed": 1, "objection_days": self.one_of(&[1, 1, 6])}, "gate": {},
        });
        let made = cast.treasurer.post("/v1/milestones", &body).await?;
        if !made.status.is_success() {
            self.told.push(format!("no milestone: {}", made.body["type"]));
            return Ok(());
        }
        let id = text(&made.body, "/id")?.to_owned();
        let answer = cast.treasurer.post(&format!("/v1/milestones/{id}:fund"), &json!({})).await?;
        let funded = self.heard(Step::Milestone, &format!("{id} {amount} of {}", campaign["slug"]), answer)?;
        self.milestones.extend(funded.map(|_| id));
        Ok(())
    }

    /// The team claims a part of a milestone, and a reviewer approves it.
    pub(super) async fn claim(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        if self.milestones.is_empty() {
            return Ok(());
        }
        let milestone = self.milestones[self.dice.random_range(0..self.milestones.len())].clone();
        let path = format!("/v1/milestones/{milestone}");
        let whole = minor(&cast.treasurer.get(&path).await?.ok()?["amount"]);
        let amount = if self.dice.random_ratio(2, 3) { whole } else { self.dice.random_range(1..=whole) };
        let body = json!({"amount": usd(&written(amount)), "note": "built", "evidence": [{
            "kind": "test_report", "title": "Test report", "url": "https://designs.example/report",
            "sha256": "c".repeat(64),
        }]});
        let draft = cast.claimant.post(&format!("{path}/claims"), &body).await?;
        let Some(claim) = self.heard(Step::Claim, &format!("{milestone} {}", body["amount"]["amount"]), draft)? else {
            return Ok(());
        };
        let path = format!("/v1/claims/{}", text(&claim, "/id")?);
        let submitted = cast.claimant.post(&format!("{path}:submit"), &json!({})).await?;
        let Some(claim) = self.heard(Step::Claim, "submitted", submitted)? else { return Ok(()) };
        let answer = cast.reviewers[0].post(&format!("{path}/reviews"), &approval(&claim)?).await?;
        self.heard(Step::Claim, "approved", answer)?;
        Ok(())
    }

    pub(super) async fn cancel_milestone(&mut self) -> Outcome {
        if self.milestones.is_empty() {
            return Ok(());
        }
        let milestone = self.milestones[self.dice.random_range(0..self.milestones.len())].clone();
        let path = format!("/v1/milestones/{milestone}:cancel");
        let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
        self.heard(Step::CancelMilestone, &milestone, answer)?;
        Ok(())
    }

    /// The host pays the team what the book owes to it, as far as the cash reaches.
    pub(super) async fn pay_out(&mut self) -> Outcome {
        let stage = &self.world.stage;
        let standing = trial_balance(&stage.cast.treasurer, &self.book).await?;
        let of = |account: String| {
            let found = standing.iter().find(|(code, ..)| *code == account);
            found.map_or(0, |(_, _, amount)| amount.replace('.', "").parse().unwrap_or(0))
        };
        let (owed, cash): (i64, i64) = (
            of(format!("liabilities:payable:team:{}", stage.cast.team)),
            of(format!("assets:cash:{}", stage.cast.platform)),
        );
        let paid = owed.min(cash);
        if paid > 0 {
            pay_out_in(stage, &self.book, &stage.cast.team, paid).await?;
            self.told.push(format!("the team is paid {paid}"));
            self.world.count(Step::PayOut.as_str());
        }
        Ok(())
    }

    pub(super) async fn pool_gift(&mut self) -> Outcome {
        let Some(round) = self.round.clone() else { return Ok(()) };
        let cast = &self.world.stage.cast;
        let gift = json!({
            "sponsor": cast.platform, "reference": self.name(), "provider_reference": self.name(),
            "amount": usd(&self.amount(40_000)), "terms_sha256": round["terms_sha256"],
        });
        let path = format!("/v1/matching-rounds/{}/contributions", text(&round, "/id")?);
        let answer = cast.treasurer.post(&path, &gift).await?;
        self.heard(Step::PoolGift, "", answer)?;
        Ok(())
    }
}
