//! Work whose prizes are divided: share plans that wait to be attested, objected to, decided about and revised, and one that is fixed.

use super::challenges::Host;
use super::{Known, Outcome};
use api::demo::cast::organisation;
use api::demo::client::{Client, text};
use serde_json::{Value, json};

/// Two parts of the whole.
fn parts(first: &str, second: &str, note: &str) -> Value {
    json!({
        "parts": [
            {"contributor": first, "part": "Housing and assembly", "share": 6250},
            {"contributor": second, "part": "gearbox", "share": 3750},
        ],
        "note": note,
    })
}

impl Host<'_> {
    /// Of teams that nothing else names: digests of parts hold their ids.
    pub(super) async fn sharing(&self, open: &Value, known: &mut Known) -> Outcome {
        let (treasurer, claimant) = (&self.cast.treasurer, &self.cast.claimant);
        let [gears, housing] = [
            organisation(treasurer, "Gear Works", "project_team").await?,
            organisation(treasurer, "Housing Works", "project_team").await?,
        ];
        let [makers, helpers] = [
            organisation(claimant, "Makers", "project_team").await?,
            organisation(claimant, "Helpers", "project_team").await?,
        ];
        for (by, team) in [(treasurer, &gears), (treasurer, &housing), (claimant, &makers)] {
            self.enter(by, team, open).await?;
        }
        let unplanned = self.draft(treasurer, &gears, open, "final").await?;
        let new = parts(&gears, &housing, "By the parts that were drawn");
        known.example("POST /v1/submissions/{id}/share-plans", json!({"id": unplanned["id"]}), new.clone());

        let attested = self.plan(treasurer, (gears.as_str(), "proposal"), open, &new).await?;
        let body = json!({"contributor": housing, "parts_sha256": attested["parts_sha256"]});
        known.example("POST /v1/share-plans/{id}:attest", json!({"id": attested["id"]}), body);
        let objected = self.plan(treasurer, (gears.as_str(), "prototype"), open, &new).await?;
        let body = json!({"contributor": housing, "reason": "We drew the housing too"});
        known.example("POST /v1/share-plans/{id}:object", json!({"id": objected["id"]}), body);
        let revised = self.plan(treasurer, (housing.as_str(), "proposal"), open, &parts(&housing, &gears, "")).await?;
        known.example("POST /v1/share-plans/{id}:revise", json!({"id": revised["id"]}), parts(&housing, &gears, ""));

        let decided = self.plan(claimant, (makers.as_str(), "proposal"), open, &parts(&makers, &helpers, "")).await?;
        let body = json!({"contributor": helpers, "reason": "We built the half of it"});
        claimant.post(&format!("/v1/share-plans/{}:object", text(&decided, "/id")?), &body).await?.ok()?;
        let body = json!({"reason": "The commits of both teams were counted"});
        known.example("POST /v1/share-plans/{id}:decide", json!({"id": decided["id"]}), body);

        let whole = json!({"parts": [{"contributor": housing, "part": "all of it", "share": 10000}]});
        let fixed = self.plan(treasurer, (housing.as_str(), "prototype"), open, &whole).await?;
        known.add(text(&fixed, "/id")?);
        Ok(())
    }

    /// Work of a team for a stage, with a share plan.
    async fn plan(
        &self,
        by: &Client,
        (team, stage): (&str, &str),
        open: &Value,
        plan: &Value,
    ) -> anyhow::Result<Value> {
        let draft = self.draft(by, team, open, stage).await?;
        by.post(&format!("/v1/submissions/{}/share-plans", text(&draft, "/id")?), plan).await?.ok()
    }
}
