//! What donors and those who collect for them do.

use super::steps::Step;
use super::{Outcome, Story};
use anyhow::ensure;
use api::demo::cast::usd;
use api::demo::client::text;
use ledger::pledging::rules::sandbox_token::SandboxToken;
use rand::Rng;
use serde_json::{Value, json};

impl Story<'_> {
    /// A pledge that somebody might place with a campaign as it stands now, or as it was.
    async fn asked(&mut self, campaign: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/campaigns/{}", text(campaign, "/id")?);
        let campaign = self.world.stage.cast.partner.get(&path).await?.ok()?;
        let is_partner = self.dice.random_ratio(2, 5);
        let token = self.one_of(SandboxToken::ALL);
        let token = if self.dice.random_ratio(1, 2) { SandboxToken::Ok } else { token };
        let mut schedule = json!({"interval": "once", "start": self.in_days(0, 12)});
        if campaign["kind"] == "recurring" && self.dice.random_ratio(2, 3) {
            schedule["interval"] = json!(self.one_of(&["monthly", "monthly", "quarterly", "yearly"]));
            if self.dice.random_ratio(4, 5) {
                schedule["payments"] = json!(self.dice.random_range(1..=4));
            }
        }
        let mut body = json!({
            "reference": self.name(),
            "donor": {
                "reference": format!("donor-{}", self.dice.random_range(0..6)),
                "email": self.one_of(&["", "d@donors.example"]),
            },
            "amount": usd(&self.amount(20_000)), "schedule": schedule, "terms_sha256": campaign["terms_sha256"],
            "method": self.one_of(&["card", "card", "debit"]), "rail": if is_partner { "partner" } else { "sandbox" },
            "token": if is_partner { "" } else { token.as_str() },
        });
        let tiers: Vec<Value> = self.tiers.iter().filter(|tier| tier["campaign"] == campaign["id"]).cloned().collect();
        if !tiers.is_empty() && self.dice.random_ratio(2, 3) {
            body["tier"] = tiers[self.dice.random_range(0..tiers.len())]["id"].clone();
        }
        Ok(body)
    }

    /// A campaign to give to: often the first, which always takes pledges.
    fn any_campaign(&mut self) -> Value {
        if self.dice.random_ratio(1, 3) { self.campaigns[0].clone() } else { self.campaign() }
    }

    /// What was said to a pledge: whether it was trimmed, and why it was not taken.
    fn placed(&mut self, placed: Option<&Value>, problem: &Value) -> Outcome {
        match problem.as_str().unwrap_or_default() {
            "/problems/campaign-full" => self.world.count("a campaign is full"),
            "/problems/tier-sold-out" => self.world.count("a tier is sold out"),
            "/problems/partner-withdrawn" | "/problems/rail-withdrawn" => self.world.count("nobody takes it"),
            _ => {}
        }
        let Some(pledge) = placed else { return Ok(()) };
        if !pledge["asked_amount"].is_null() {
            self.world.count("a pledge is trimmed");
        }
        self.pledges.push(text(pledge, "/id")?.to_owned());
        Ok(())
    }

    pub(super) async fn pledge(&mut self) -> Outcome {
        let campaign = self.any_campaign();
        let body = self.asked(&campaign).await?;
        let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
        let answer = self.world.stage.cast.partner.post(&path, &body).await?;
        let what = format!(
            "{} {} {} {} {} {}",
            body["reference"],
            campaign["slug"],
            body["amount"]["amount"],
            body["schedule"],
            body["token"],
            body["tier"]
        );
        let problem = answer.body["type"].clone();
        let placed = self.heard(Step::Pledge, &what, answer)?;
        self.placed(placed.as_ref(), &problem)
    }

    /// A few pledges at once: those that fit are placed.
    pub(super) async fn batch(&mut self) -> Outcome {
        let campaign = self.any_campaign();
        let mut items = Vec::new();
        for _ in 0..self.dice.random_range(2..=4) {
            let body = self.asked(&campaign).await?;
            items.push(json!({"key": body["reference"], "pledge": body}));
        }
        let path = format!("/v1/campaigns/{}/pledges:batch", text(&campaign, "/id")?);
        let batch = json!({"on_error": "continue", "pledges": items});
        let answer = self.world.stage.cast.partner.post(&path, &batch).await?;
        let what = format!("{} {}", campaign["slug"], batch["pledges"]);
        let Some(batch) = self.heard(Step::Batch, &what, answer)? else { return Ok(()) };
        for item in batch["items"].as_array().into_iter().flatten() {
            let placed = (item["verdict"] == "placed").then_some(&item["pledge"]);
            self.told.push(format!("… {} {}", item["verdict"], item["problem"]["type"]));
            self.placed(placed, &item["problem"]["type"])?;
        }
        Ok(())
    }

    /// A partner's report of a capture is true: it is taken, whatever it comes to.
    pub(super) async fn report(&mut self) -> Outcome {
        let open = "c.rail = 'partner' AND c.state IN ('processing', 'declined')";
        let Some(charge) = self.charge(open).await? else { return Ok(()) };
        let id = text(&charge, "/id")?;
        let body = json!({"event_id": self.name(), "provider_reference": self.name()});
        let answer = self.world.stage.cast.partner.post(&format!("/v1/charges/{id}:capture"), &body).await?;
        ensure!(answer.status.is_success(), "a true report is refused: {answer:?}");
        self.heard(Step::Report, id, answer)?;
        Ok(())
    }

    /// A partner says that a payment was declined, or that it cannot collect it.
    pub(super) async fn decline(&mut self) -> Outcome {
        let open = "c.rail = 'partner' AND c.state = 'processing'";
        let Some(charge) = self.charge(open).await? else { return Ok(()) };
        let id = text(&charge, "/id")?;
        let mut body = json!({"event_id": self.name(), "code": "no_funds"});
        let word = self.one_of(&["decline", "decline", "decline", "cannot-collect"]);
        if word == "decline" {
            body["kind"] = json!(self.one_of(&["soft", "soft", "expired", "hard", "stolen"]));
        }
        let answer = self.world.stage.cast.partner.post(&format!("/v1/charges/{id}:{word}"), &body).await?;
        self.heard(Step::Decline, &format!("{id} {}", body["kind"]), answer)?;
        Ok(())
    }

    /// A change of a pledge, of up to three that do not refuse it.
    pub(super) async fn change(&mut self, step: Step) -> Outcome {
        for _ in 0..3 {
            if self.pledges.is_empty() || self.change_one(step).await? {
                break;
            }
        }
        Ok(())
    }

    async fn change_one(&mut self, step: Step) -> anyhow::Result<bool> {
        let pledge = self.pledges[self.dice.random_range(0..self.pledges.len())].clone();
        let (word, body) = if step == Step::Pause {
            let is_open = self.dice.random_ratio(1, 3);
            ("pause", if is_open { json!({}) } else { json!({"until": self.in_days(1, 60)}) })
        } else if step == Step::Resume {
            let token = self.one_of(&["", "sandbox_ok", "sandbox_expired_card"]);
            ("resume", if token.is_empty() { json!({}) } else { json!({"token": token}) })
        } else if step == Step::Redirect {
            let moves = self.dice.random_ratio(2, 3);
            ("redirect", json!({"campaign": self.campaign()["id"], "move_settled": moves}))
        } else if step == Step::Change {
            let consent = json!({"consented_at": self.now.to_string(), "shown_sha256": "7".repeat(64)});
            let interval = self.one_of(&["monthly", "quarterly", "yearly"]);
            ("change", json!({"amount": usd(&self.amount(20_000)), "interval": interval, "consent": consent}))
        } else {
            ("cancel", json!({}))
        };
        let answer = self.world.stage.cast.partner.post(&format!("/v1/pledges/{pledge}:{word}"), &body).await?;
        Ok(self.heard(step, &format!("{pledge} {body}"), answer)?.is_some())
    }

    /// Money comes for a pledge, and no due date explains it.
    pub(super) async fn unexplained(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        for _ in 0..3 {
            if self.pledges.is_empty() {
                break;
            }
            let id = self.pledges[self.dice.random_range(0..self.pledges.len())].clone();
            let pledge = cast.partner.get(&format!("/v1/pledges/{id}")).await?.ok()?;
            if pledge["rail"] != "partner" {
                continue;
            }
            let amount = if self.dice.random_ratio(4, 5) { pledge["amount"].clone() } else { usd(&self.amount(9_000)) };
            let body = json!({"amount": amount, "event_id": self.name(), "provider_reference": self.name()});
            let answer = cast.partner.post(&format!("/v1/pledges/{id}/suspense"), &body).await?;
            if self.heard(Step::Unexplained, &format!("{id} {}", amount["amount"]), answer)?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// The host says whose payment money in suspense is, or returns it.
    pub(super) async fn decide(&mut self, step: Step) -> Outcome {
        let treasurer = &self.world.stage.cast.treasurer;
        let all = treasurer.all(&format!("/v1/books/{}/suspense", self.book)).await?;
        for item in all.iter().filter(|item| item["state"] == "open") {
            let id = text(item, "/id")?;
            let (word, body) = if step == Step::SendBack {
                ("return", json!({"reason": "a story"}))
            } else {
                let other = self.pledges[self.dice.random_range(0..self.pledges.len())].clone();
                let own = self.dice.random_ratio(5, 6);
                (
                    "match",
                    json!({"pledge": if own { item["pledge"].clone() } else { json!(other) }, "reason": "a story"}),
                )
            };
            let answer = treasurer.post(&format!("/v1/suspense/{id}:{word}"), &body).await?;
            if self.heard(step, &format!("{id} {}", body["pledge"]), answer)?.is_some() {
                break;
            }
        }
        Ok(())
    }
}
