//! A draft of a campaign, and milestones with claims in every state.

use super::{Known, Outcome, calls, moves};
use anyhow::{Context as _, bail};
use api::demo::cast::{Cast, TERMS, give_role, organisation, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};

/// What later scenes stand on.
pub(super) struct Prepared {
    /// The campaign that is open.
    pub(super) campaign: String,
    /// A team of the treasurer.
    pub(super) own: String,
    /// A claim of which something was released, and set off against what the team owes.
    pub(super) released: Value,
}

pub(super) async fn fill(cast: &Cast, known: &mut Known) -> anyhow::Result<Prepared> {
    let draft = json!({
        "book": cast.book, "slug": "open-lathe", "title": "Open lathe", "terms": TERMS, "monthly_goal": usd("1000.00"),
    });
    let draft = cast.treasurer.post("/v1/campaigns", &draft).await?.ok()?;
    known.example("POST /v1/campaigns/{id}:publish", json!({"id": draft["id"]}), json!({"reason": ""}));
    let raised = json!({"goal": usd("1500.00"), "reason": "As agreed"});
    known.example("POST /v1/campaigns/{id}:raise", json!({"id": draft["id"]}), raised);
    let tier = json!({"name": "A printed atlas", "amount": usd("30.00"), "places": 100, "position": 1});
    known.example("POST /v1/campaigns/{id}/tiers", json!({"id": draft["id"]}), tier);
    let given_up = json!({
        "book": cast.book, "slug": "open-kiln", "title": "Open kiln", "terms": TERMS, "monthly_goal": usd("1000.00"),
    });
    let given_up = cast.treasurer.post("/v1/campaigns", &given_up).await?.ok()?;
    cast.treasurer.post(&format!("/v1/campaigns/{}:close", text(&given_up, "/id")?), &json!({})).await?.ok()?;
    known.example("POST /v1/campaigns/{id}:return", json!({"id": given_up["id"]}), json!({"reason": ""}));
    let settled = known.first("chg").context("a charge")?.to_owned();
    let part = json!({"amount": usd("1.00"), "reason": ""});
    let refund = cast.treasurer.post(&format!("/v1/charges/{settled}:refund"), &part).await?.ok()?;
    known.add(text(&refund, "/id")?);
    known.example("POST /v1/charges/{id}:refund", json!({"id": settled}), part);
    suspense(cast, known).await?;
    moves::fill(cast, &cast.treasurer, "open-kite", known).await?;
    let [closing, .., open] = &*known.values["cmp"] else { bail!("two campaigns") };
    let (closing, open) = (json!({"id": closing}), open.clone());
    let pledge = json!({"id": known.first("plg")});
    let reason = json!({"reason": "The donor asked for it"});
    let new = json!({
        "book": cast.book, "slug": "open-loom", "title": "Open loom", "terms": TERMS, "monthly_goal": usd("1000.00"),
    });
    known.example("POST /v1/campaigns", json!({}), new);
    known.example("POST /v1/campaigns/{id}:close", closing, reason.clone());
    known.example("POST /v1/pledges/{id}:cancel", pledge, reason.clone());
    let mails = cast.treasurer.all(&format!("/v1/books/{}/outbox", cast.book)).await?;
    let words = mails.iter().filter_map(|mail| mail["text"].as_str()).flat_map(str::split_whitespace);
    let receipt = words.filter_map(|word| word.split_once("/receipts/")).next().context("the link to a receipt")?.1;
    known.example("GET /v1/receipts/{token}", json!({"token": receipt}), Value::Null);
    give_role(&cast.operator, &cast.host, &cast.treasurer, "reviewer").await?;
    let own = organisation(&cast.treasurer, "Workshop of the Host", "project_team").await?;
    known.add(&own);
    let work = Work { cast, campaign: open };

    for (name, is_submitted) in [("Plan", false), ("Drawings", false), ("Prototype", true)] {
        let milestone = work.milestone(name, &cast.team, 7).await?;
        known.add(&milestone);
        let claim = work.claim(&cast.claimant, &milestone).await?;
        known.add(text(&claim, "/id")?);
        if is_submitted {
            work.submit(&cast.claimant, &claim).await?;
        }
    }
    let builders = organisation(&cast.operator, "Builders", "project_team").await?;
    let new = json!({"campaign": work.campaign, "team": builders, "name": "Stand", "amount": usd("2.00")});
    known.example("POST /v1/milestones", json!({}), new);
    let given_up = work.plan("Brochure", &own, 7).await?;
    known.example("POST /v1/milestones/{id}:cancel", json!({"id": given_up}), reason);
    let planned = work.plan("Tests", &own, 7).await?;
    known.example("POST /v1/milestones/{id}:fund", json!({"id": planned}), json!({}));
    let milestone = work.milestone("Jigs", &own, 7).await?;
    known.example("POST /v1/milestones/{id}/claims", json!({"id": milestone}), content());
    let claim = work.claim(&cast.treasurer, &milestone).await?;
    known.example("PUT /v1/claims/{id}", json!({"id": claim["id"], "If-Match": "\"v1\""}), content());
    let claim = work.claim(&cast.treasurer, &milestone).await?;
    known.example("POST /v1/claims/{id}:submit", json!({"id": claim["id"]}), json!({}));

    let claim = work.submitted("Gearbox", 7).await?;
    known.example("POST /v1/claims/{id}/reviews", json!({"id": claim["id"]}), approval(&claim)?);
    let objection = json!({"amount": usd("1.00"), "reason": "It is not done"});
    let claim = work.approved("Housing", 7).await?;
    known.example("POST /v1/claims/{id}/disputes", json!({"id": claim["id"]}), objection.clone());
    let claim = work.approved("Chuck", 7).await?;
    let path = format!("/v1/claims/{}/disputes", text(&claim, "/id")?);
    let dispute = cast.claimant.post(&path, &objection).await?.ok()?;
    known.add(text(&dispute, "/id")?);
    let ruling = json!({"ruling": "dismiss", "resolution": "It is done"});
    known.example("POST /v1/disputes/{id}:resolve", json!({"id": dispute["id"]}), ruling);

    calls::fill(&work, known).await?;
    let released = work.approved("Battery", 1).await?;
    cast.days_pass(2).await?;
    known.add(&work.release().await?);
    Ok(Prepared { campaign: work.campaign, own, released })
}

/// Money that no due date explains: one to match, one to return, one to look at.
async fn suspense(cast: &Cast, known: &mut Known) -> Outcome {
    let pledge = known.values["plg"].get(3).context("four pledges")?.clone();
    let charges = cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await?;
    let capture = format!("/v1/charges/{}:capture", text(charges.first().context("a charge")?, "/id")?);
    let report = json!({"event_id": "evt-sus", "provider_reference": "pay-sus"});
    cast.partner.post(&capture, &report).await?.ok()?;
    for end in ["match", "return", "show"] {
        let money = json!({"amount": usd("30.00"), "event_id": format!("evt-{end}"), "provider_reference": format!("pay-{end}")});
        let item = cast.partner.post(&format!("/v1/pledges/{pledge}/suspense"), &money).await?.ok()?;
        match end {
            "match" => {
                known.example("POST /v1/suspense/{id}:match", json!({"id": item["id"]}), json!({"pledge": pledge}))
            }
            "return" => known.example("POST /v1/suspense/{id}:return", json!({"id": item["id"]}), json!({})),
            _ => known.add(text(&item, "/id")?),
        }
    }
    Ok(())
}

/// The digest of the evidence: that of the contract's example, as a review restates it.
const EVIDENCE: &str = "876162d935417420d888f1d363dcb64069ec8312ef89a5463d7db5224d809406";

/// What a claim says.
fn content() -> Value {
    let evidence = json!({
        "kind": "test_report", "title": "Test report", "url": "https://designs.example/report", "sha256": EVIDENCE,
    });
    json!({"amount": usd("2.00"), "note": "Done", "evidence": [evidence]})
}

/// An approval that restates what was read.
pub(super) fn approval(claim: &Value) -> anyhow::Result<Value> {
    api::demo::story::year::approval(claim)
}

/// The work on a campaign's milestones.
pub(super) struct Work<'a> {
    pub(super) cast: &'a Cast,
    pub(super) campaign: String,
}

impl Work<'_> {
    /// A milestone that one reviewer decides on.
    async fn plan(&self, name: &str, team: &str, objection_days: u16) -> anyhow::Result<String> {
        let milestone = json!({
            "campaign": self.campaign, "team": team, "name": name, "amount": usd("2.00"),
            "policy": {"reviewers_needed": 1, "objection_days": objection_days},
        });
        Ok(text(&self.cast.treasurer.post("/v1/milestones", &milestone).await?.ok()?, "/id")?.to_owned())
    }

    /// The same, funded.
    pub(super) async fn milestone(&self, name: &str, team: &str, objection_days: u16) -> anyhow::Result<String> {
        let id = self.plan(name, team, objection_days).await?;
        self.cast.treasurer.post(&format!("/v1/milestones/{id}:fund"), &json!({})).await?.ok()?;
        Ok(id)
    }

    pub(super) async fn claim(&self, by: &Client, milestone: &str) -> anyhow::Result<Value> {
        by.post(&format!("/v1/milestones/{milestone}/claims"), &content()).await?.ok()
    }

    pub(super) async fn submit(&self, by: &Client, claim: &Value) -> anyhow::Result<Value> {
        by.post(&format!("/v1/claims/{}:submit", text(claim, "/id")?), &json!({})).await?.ok()
    }

    /// A claim of the team under review.
    async fn submitted(&self, name: &str, objection_days: u16) -> anyhow::Result<Value> {
        let milestone = self.milestone(name, &self.cast.team, objection_days).await?;
        let claim = self.claim(&self.cast.claimant, &milestone).await?;
        self.submit(&self.cast.claimant, &claim).await
    }

    pub(super) async fn approved(&self, name: &str, objection_days: u16) -> anyhow::Result<Value> {
        let claim = self.submitted(name, objection_days).await?;
        let path = format!("/v1/claims/{}/reviews", text(&claim, "/id")?);
        self.cast.reviewers[0].post(&path, &approval(&claim)?).await?.ok()?;
        Ok(claim)
    }
    /// The first release.
    pub(super) async fn release(&self) -> anyhow::Result<String> {
        let releases = self.cast.treasurer.all(&format!("/v1/releases?campaign={}", self.campaign)).await?;
        Ok(text(releases.first().context("a release")?, "/id")?.to_owned())
    }
}
