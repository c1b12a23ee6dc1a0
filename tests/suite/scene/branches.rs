//! What the branches of challenges wait for: other rules, more time, a rubric, appeals, money that nobody won.

use super::challenges::Host;
use super::{Known, Outcome};
use api::demo::cast::advance;
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};

/// What the rubric says that is secret.
const RUBRIC: &str = "Below 1.2 kg; repaired with one screwdriver.";

/// SHA-256 of that.
const RUBRIC_SHA256: &str = "df46128a3b65fb42659d843c5d5ae422e458560c7f59b807f5f4fa794ace29ac";

/// Challenges with branches, on the days on which the others come on too.
pub(super) struct Branches {
    extended: Value,
    secret: Value,
    appealed: [Value; 3],
}

impl Branches {
    /// Announced, with all of their purses; before them one that nobody won, whose money waits for another.
    pub(super) async fn announced(host: &Host<'_>, known: &mut Known) -> anyhow::Result<Branches> {
        let treasurer = &host.cast.treasurer;
        advance(treasurer, &host.book, date(2030, 12, 20)).await?;
        let mut rolling = host.challenge("rolling", 1, false);
        rolling["rules"]["unawarded"] = json!("roll_over");
        let rolling = host.funded_as(&rolling).await?;
        advance(treasurer, &host.book, date(2030, 12, 23)).await?;
        host.step(&rolling, ":open").await?;
        advance(treasurer, &host.book, date(2030, 12, 25)).await?;
        host.step(&rolling, ":rank").await?;
        advance(treasurer, &host.book, date(2030, 12, 27)).await?;
        advance(treasurer, &host.book, date(2031, 1, 1)).await?;
        let next = host.make("next", 30, false).await?;
        host.step(&next, ":publish").await?;
        let body = json!({"challenge": next["id"], "reason": "Nobody won it"});
        known.example("POST /v1/challenges/{id}:roll-over", json!({"id": rolling["id"]}), body);

        let mut extended = host.challenge("extended", 30, false);
        extended["rules"]["extensions"] = json!({"days": 14, "most": 2});
        let mut secret = host.challenge("secret", 1, false);
        secret["rules"]["secret_rubric"] = json!(RUBRIC_SHA256);
        let mut appealed = [Value::Null, Value::Null, Value::Null];
        for (number, challenge) in appealed.iter_mut().enumerate() {
            let mut new = host.challenge(&format!("appealed-{number}"), 1, false);
            new["rules"]["timetable"]["appeal_days"] = json!(60);
            new["rules"]["appeal_decision_days"] = json!(60);
            *challenge = host.funded_as(&new).await?;
        }
        let (extended, secret) = (host.funded_as(&extended).await?, host.funded_as(&secret).await?);
        Ok(Branches { extended, secret, appealed })
    }

    /// Open, and entered by who appeals.
    pub(super) async fn open(&self, host: &Host<'_>, newcomers: &str, known: &mut Known) -> Outcome {
        let cast = host.cast;
        for challenge in [&self.extended, &self.secret].into_iter().chain(&self.appealed) {
            host.step(challenge, ":open").await?;
        }
        host.enter(&cast.treasurer, newcomers, &self.appealed[0]).await?;
        for challenge in &self.appealed[1..] {
            host.enter(&cast.claimant, &cast.team, challenge).await?;
        }
        let body = json!({"days": 7, "reason": "The test bench came a week late"});
        known.example("POST /v1/challenges/{id}:extend", json!({"id": self.extended["id"]}), body);
        Ok(())
    }

    /// Judged: one waits for its rubric, the others are ranked, and two appeals wait to be decided.
    pub(super) async fn judged(&self, host: &Host<'_>, newcomers: &str, known: &mut Known) -> Outcome {
        let (secret, rubric) = (json!({"id": self.secret["id"]}), json!({"text": RUBRIC}));
        let path = format!("/v1/challenges/{}/rubric", text(&self.secret, "/id")?);
        host.cast.treasurer.post(&path, &rubric).await?.ok()?;
        known.example("POST /v1/challenges/{id}/rubric", secret.clone(), rubric);
        known.example("GET /v1/challenges/{id}/rubric", secret, Value::Null);
        for challenge in &self.appealed {
            host.step(challenge, ":rank").await?;
        }
        let appeal = |team: &str| json!({"team": team, "reason": "The torque was read with the wrong gear."});
        known.example("POST /v1/challenges/{id}/appeals", json!({"id": self.appealed[0]["id"]}), appeal(newcomers));
        for (challenge, decision) in self.appealed[1..].iter().zip(["uphold", "dismiss"]) {
            let path = format!("/v1/challenges/{}/appeals", text(challenge, "/id")?);
            let raised = host.cast.claimant.post(&path, &appeal(&host.cast.team)).await?.ok()?;
            known.add(text(&raised, "/id")?);
            let body = json!({"reason": "As it was read again"});
            known.example(&format!("POST /v1/appeals/{{id}}:{decision}"), json!({"id": raised["id"]}), body);
        }
        Ok(())
    }
}

impl Host<'_> {
    /// One whose rules change: who has entered and who gave agrees, or leaves.
    pub(super) async fn consenting(&self, by: &Client, known: &mut Known) -> Outcome {
        let treasurer = &self.cast.treasurer;
        let mut new = self.challenge("consenting", 30, true);
        new["rules"]["terms"] = json!("All work is published within a year.");
        let made = treasurer.post("/v1/challenges", &new).await?.ok()?;
        self.step(&made, ":publish").await?;
        let asked = self.give(by, &made, &self.gift(&made, "asked", "10.00")).await?;
        let mut paid = self.gift(&made, "leaves", "10.00");
        paid["provider_reference"] = json!("leaves");
        let leaves = self.give(by, &made, &paid).await?;
        self.step(&made, ":announce").await?;
        let mut entries = Vec::new();
        for name in ["Agreeing", "Leaving"] {
            let team = api::demo::cast::organisation(treasurer, name, "project_team").await?;
            entries.push(self.enter(treasurer, &team, &made).await?);
        }
        let rules = json!({"purse": new["purse"], "rules": self.challenge("", 30, true)["rules"]});
        let path = format!("/v1/challenges/{}/rules", text(&made, "/id")?);
        let changed = treasurer.post(&path, &rules).await?.ok()?;
        let consent = json!({"rules_sha256": changed["rules_sha256"]});
        known.example("POST /v1/purse-contributions/{id}:consent", json!({"id": asked["id"]}), consent.clone());
        known.example("POST /v1/purse-contributions/{id}:withdraw", json!({"id": leaves["id"]}), json!({}));
        known.example("POST /v1/entrants/{id}:consent", json!({"id": entries[0]["id"]}), consent);
        let why = json!({"reason": "We do not publish within a week"});
        known.example("POST /v1/entrants/{id}:withdraw", json!({"id": entries[1]["id"]}), why);
        Ok(())
    }
}
