//! What hosts do: campaigns with caps, tiers, fees and versions of terms, and partners and rails that come and go.

use super::steps::{Step, minor, written};
use super::{Outcome, Story};
use api::demo::cast::{TERMS, usd};
use api::demo::client::text;
use rand::Rng;
use serde_json::{Value, json};

impl Story<'_> {
    /// What a campaign asks for; the first and the last have no end, so that there is always one to give to, and another one.
    fn kind(&mut self, slug: &str) -> Value {
        let goal = usd(self.one_of(&["50.00", "400.00"]));
        let basis = self.one_of(&["collected", "pledged"]);
        let last_day = self.in_days(8, 70);
        match if matches!(slug, "first" | "fourth") { 3 } else { self.dice.random_range(0..3) } {
            0 => json!({"kind": "all_or_nothing", "goal": goal, "verdict_basis": basis, "last_day": last_day}),
            1 => json!({"kind": "keep_what_you_raise", "goal": goal, "last_day": last_day}),
            2 => {
                json!({"kind": "minimum_and_optimum", "minimum": goal, "optimum": usd("900.00"), "verdict_basis": basis,
                        "last_day": last_day})
            }
            _ => json!({"kind": "recurring", "monthly_goal": goal}),
        }
    }

    fn fees(&mut self) -> Value {
        let returned = self.dice.random_ratio(1, 2);
        json!([
            {"to": "processor", "percent": "2.9", "fixed": usd("0.30")},
            {"to": "platform", "percent": "1.5", "returned_on_refund": returned},
            {"to": "host", "percent": self.one_of(&["5", "90"]), "returned_on_refund": !returned},
        ])
    }

    /// A campaign of any kind, with a cap or without; the first has none, so that there is always one to give to.
    pub(super) async fn publish(&mut self, slug: &str) -> Outcome {
        let mut body = json!({"book": self.book, "slug": slug, "title": slug, "terms": TERMS});
        body["lineage"] = json!(self.one_of(&["fifo", "pro_rata"]));
        let terms = self.kind(slug);
        for (field, value) in terms.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        // The last one is soon full, and takes of a pledge what fits.
        if slug == "fourth" {
            (body["cap"], body["over_cap"]) = (usd("150.00"), json!("trim"));
        } else if slug != "first" && self.dice.random_ratio(1, 2) {
            body["cap"] = usd(self.one_of(&["150.00", "400.00", "700.00"]));
            body["over_cap"] = json!(self.one_of(&["refuse", "trim"]));
        }
        if self.dice.random_ratio(1, 2) {
            body["returnable_after_months"] = json!(1);
        }
        if self.dice.random_ratio(2, 3) {
            body["fees"] = self.fees();
        }
        let by = &self.world.stage.cast.treasurer;
        let made = by.post("/v1/campaigns", &body).await?.ok()?;
        let live = by.post(&format!("/v1/campaigns/{}:publish", text(&made, "/id")?), &json!({})).await?.ok()?;
        self.told
            .push(format!("campaign {slug}: {terms}, cap {} {}, fees {}", body["cap"], body["over_cap"], body["fees"]));
        self.campaigns.push(live);
        Ok(())
    }

    /// A matching round over all campaigns, with a pool.
    pub(super) async fn open_round(&mut self) -> Outcome {
        let formula = self.one_of(&["clr_subtracting_v1", "clr_shared_v1", "one_to_one_v1"]);
        let round = json!({
            "book": self.book, "slug": "round", "title": "Round", "terms": "What many give weighs more.", "currency": "USD",
            "formula": formula, "first_day": self.today().to_string(), "last_day": self.in_days(5, 60),
            "objection_days": 7,
        });
        let by = &self.world.stage.cast.treasurer;
        let made = by.post("/v1/matching-rounds", &round).await?.ok()?;
        let path = format!("/v1/matching-rounds/{}", text(&made, "/id")?);
        for campaign in &self.campaigns {
            by.post(&format!("{path}/campaigns"), &json!({"campaign": campaign["id"]})).await?.ok()?;
        }
        self.round = Some(by.post(&format!("{path}:open"), &json!({})).await?.ok()?);
        self.told.push(format!("round by {formula}"));
        Ok(())
    }

    /// A tier of a campaign, of any number of places or of few.
    pub(super) async fn tier(&mut self) -> Outcome {
        let campaign = self.campaign();
        self.tier_of(&campaign).await
    }

    pub(super) async fn tier_of(&mut self, campaign: &Value) -> Outcome {
        let mut body = json!({"name": self.name(), "amount": usd(&self.amount(3_000))});
        if self.dice.random_ratio(3, 4) {
            body["places"] = json!(self.dice.random_range(1..=3));
        }
        let path = format!("/v1/campaigns/{}/tiers", text(campaign, "/id")?);
        let answer = self.world.stage.cast.treasurer.post(&path, &body).await?;
        let made = self.heard(Step::Tier, &format!("{} {}", campaign["slug"], body["places"]), answer)?;
        self.tiers.extend(made);
        Ok(())
    }

    /// The cap of a campaign rises, or its goal.
    pub(super) async fn raise(&mut self) -> Outcome {
        let by = &self.world.stage.cast.treasurer;
        let path = format!("/v1/campaigns/{}", text(&self.campaign(), "/id")?);
        let shown = by.get(&path).await?.ok()?;
        let goal = ["goal", "minimum", "monthly_goal"].into_iter().find(|field| !shown[field].is_null());
        let (field, of) = match goal {
            Some(goal) if shown["cap"].is_null() || self.dice.random_ratio(1, 3) => ("goal", &shown[goal]),
            Some(_) | None => ("cap", &shown["cap"]),
        };
        let more = minor(of) + self.dice.random_range(1_000..=20_000);
        let mut body = json!({"reason": "a story"});
        body[field] = usd(&written(more));
        let answer = by.post(&format!("{path}:raise"), &body).await?;
        self.heard(Step::Raise, &format!("{} {field} {more}", shown["slug"]), answer)?;
        Ok(())
    }

    /// Other terms, with other fees, from today on or later.
    pub(super) async fn other_terms(&mut self) -> Outcome {
        let campaign = self.campaign();
        let mut body = json!({"terms": format!("{TERMS} {}", self.name()), "reason": "a story"});
        if self.dice.random_ratio(2, 3) {
            body["fees"] = self.fees();
        }
        if self.dice.random_ratio(1, 3) {
            body["effective_on"] = json!(self.in_days(0, 20));
        }
        let path = format!("/v1/campaigns/{}/terms", text(&campaign, "/id")?);
        let answer = self.world.stage.cast.treasurer.post(&path, &body).await?;
        self.heard(Step::Terms, &format!("{} {} {}", campaign["slug"], body["fees"], body["effective_on"]), answer)?;
        Ok(())
    }

    /// The partner leaves, or a rail, at once or after a last day.
    pub(super) async fn withdraw(&mut self) -> Outcome {
        let partner = format!("partners/{}", self.world.stage.cast.platform);
        let leaver = self.one_of(&[partner.as_str(), "rails/sandbox", "rails/partner"]).to_owned();
        let mut body = json!({"reason": "a story"});
        if self.dice.random_ratio(1, 2) {
            body["last_day"] = json!(self.in_days(0, 15));
        }
        let path = format!("/v1/books/{}/{leaver}", self.book);
        let answer = self.world.stage.cast.treasurer.post(&format!("{path}:withdraw"), &body).await?;
        let done = self.heard(Step::Withdraw, &format!("{leaver} {}", body["last_day"]), answer)?;
        self.withdrawn.extend(done.map(|_| path));
        Ok(())
    }

    /// Whoever left first comes back.
    pub(super) async fn restore(&mut self) -> Outcome {
        if self.withdrawn.is_empty() {
            return Ok(());
        }
        let path = self.withdrawn.remove(0);
        let answer = self.world.stage.cast.treasurer.post(&format!("{path}:restore"), &json!({})).await?;
        self.heard(Step::Restore, &path, answer)?;
        Ok(())
    }

    /// A campaign is closed, now and then; one that is over gives back.
    pub(super) async fn end_campaign(&mut self, step: Step) -> Outcome {
        let campaign = self.campaign();
        if step == Step::Return {
            return self.give_back(&campaign).await.map(drop);
        }
        if self.dice.random_ratio(1, 2) {
            let path = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
            let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
            self.heard(step, &campaign["slug"].to_string(), answer)?;
        }
        Ok(())
    }

    /// What a campaign holds goes back, if it is over; says whether it does.
    pub(super) async fn give_back(&mut self, campaign: &Value) -> anyhow::Result<bool> {
        let path = format!("/v1/campaigns/{}:return", text(campaign, "/id")?);
        let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
        Ok(self.heard(Step::Return, &campaign["slug"].to_string(), answer)?.is_some())
    }
}
