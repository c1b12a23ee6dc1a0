//! The way back, in the host's book: a campaign that fails, a refund, and a charge that is taken back after it paid for work.

use super::Story;
use super::year::{approval, claim_body};
use crate::demo::cast::{Cast, TERMS, usd};
use crate::demo::client::text;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Plays it from whatever day it is there.
pub async fn play(story: &Story) -> anyhow::Result<()> {
    story.teller.progress.say("the way back: a campaign fails, a charge is refunded, another is taken back");
    let back = WayBack { story, cast: &story.cast };
    back.a_campaign_fails().await?;
    back.a_charge_is_refunded().await?;
    back.a_charge_is_taken_back().await
}

struct WayBack<'a> {
    story: &'a Story,
    cast: &'a Cast,
}

impl WayBack<'_> {
    /// All or nothing: what came is less than the goal, and every cent of it goes back.
    async fn a_campaign_fails(&self) -> anyhow::Result<()> {
        let last_day = self.cast.today().await?.saturating_add(3.days());
        let kind = json!({"kind": "all_or_nothing", "goal": usd("500.00"), "last_day": last_day.to_string()});
        let campaign = self.campaign("hail-cannon", "Hail cannon", kind).await?;
        for donor in ["hail-1", "hail-2", "hail-3"] {
            self.gives(&campaign, donor, "50.00", last_day).await?;
        }
        self.cast.days_pass(5).await?;
        let failed = self.cast.treasurer.get(&format!("/v1/campaigns/{}", text(&campaign, "/id")?)).await?.ok()?;
        self.story.equal("a campaign with less than its goal", text(&failed, "/state")?, "failed")?;
        let literals = &self.story.teller.literals;
        let totals = self.totals(&campaign).await?;
        self.story.equal("what goes back of it", text(&totals, "/returnable/amount")?, literals.failed.as_str())?;
        self.cast.days_pass(15).await?;
        let totals = self.totals(&campaign).await?;
        self.story.equal("what went back of it", text(&totals, "/refunded/amount")?, literals.failed.as_str())?;
        self.story.equal("what its fund still holds", self.fund("hail-cannon").await?, "0.00".to_owned())
    }

    /// A part of a gift goes back; the rest stays.
    async fn a_charge_is_refunded(&self) -> anyhow::Result<()> {
        let campaign = self.campaign("repairs", "Repairs", json!({"monthly_goal": usd("100.00")})).await?;
        let charge = self.gives(&campaign, "second-thoughts", "40.00", self.cast.today().await?).await?;
        self.cast.days_pass(3).await?;
        let asked = json!({"amount": usd(&self.story.teller.literals.refund), "reason": "the donor asked"});
        let path = format!("/v1/charges/{charge}:refund");
        self.cast.treasurer.post(&path, &asked).await?.ok()?;
        self.cast.idle().await?;
        let refunds = self.cast.treasurer.all(&format!("/v1/charges/{charge}/refunds")).await?;
        self.story.equal("refunds", refunds.len(), 1)?;
        self.story.equal("the refund", text(&refunds[0], "/state")?, "settled")?;
        self.story.equal(
            "what is left in the fund",
            self.fund("repairs").await?,
            self.story.teller.literals.kept.clone(),
        )?;
        let more = json!({"amount": usd("25.01")});
        let more = self.cast.treasurer.post(&path, &more).await?;
        self.story.refused("a refund of more than is left", &more, 409, "refund-exceeds-charge")
    }

    /// A gift of 100.00 bears a processor's fee of 3.20 and the host's of 5 %, and the rest is released; then the donor's bank takes
    /// it back, for a fee of 15.00.
    async fn a_charge_is_taken_back(&self) -> anyhow::Result<()> {
        let fees = json!([
            {"to": "processor", "percent": "2.9", "fixed": usd("0.30"), "returned_on_refund": false},
            {"to": "host", "percent": "5", "returned_on_refund": true},
        ]);
        let campaign =
            self.campaign("seed-drill", "Seed drill", json!({"monthly_goal": usd("100.00"), "fees": fees})).await?;
        let charge = self.gives(&campaign, "stolen-card", "100.00", self.cast.today().await?).await?;
        self.cast.days_pass(3).await?;
        let released = self.story.teller.literals.net_gift.clone();
        self.story.equal("a gift after its fees", self.fund("seed-drill").await?, released.clone())?;
        self.release(&campaign, &released).await?;
        self.story.equal("the fund after the release", self.fund("seed-drill").await?, "0.00".to_owned())?;
        let reserve = json!({"amount": usd("20.00"), "reference": "reserve-1"});
        let path = format!("/v1/books/{}/risk-reserve:fund", self.cast.book);
        self.cast.treasurer.post(&path, &reserve).await?.ok()?;
        let taken = json!({"event_id": "bank-1", "amount": usd("100.00"), "fee": usd("15.00"), "reason": "fraudulent"});
        let opened = self.cast.partner.post(&format!("/v1/charges/{charge}/chargebacks"), &taken).await?.ok()?;
        let lose = format!("/v1/chargebacks/{}:lose", text(&opened, "/id")?);
        let lost = self.cast.partner.post(&lose, &json!({})).await?.ok()?;
        self.story.equal("the chargeback", text(&lost, "/state")?, "lost")?;
        let mut bearers = Vec::new();
        for part in lost["borne_by"].as_array().into_iter().flatten() {
            bearers.push(format!("{} {}", text(part, "/bearer")?, text(part, "/amount/amount")?));
        }
        self.story.equal("who bears it", bearers.join(" / "), self.story.teller.literals.bearers.clone())
    }

    async fn campaign(&self, slug: &str, title: &str, what: Value) -> anyhow::Result<Value> {
        let mut body = json!({"book": self.cast.book, "slug": slug, "title": title, "terms": TERMS});
        for (field, value) in what.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        let made = self.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
        self.cast.treasurer.post(&format!("/v1/campaigns/{}:publish", text(&made, "/id")?), &json!({})).await?.ok()
    }

    /// A single gift, charged at once; answers its charge.
    async fn gives(&self, campaign: &Value, donor: &str, amount: &str, by: Date) -> anyhow::Result<String> {
        let today = self.cast.today().await?.min(by);
        let body = json!({
            "reference": donor, "donor": {"reference": donor, "email": ""}, "amount": usd(amount),
            "schedule": {"interval": "once", "start": today.to_string()},
            "rail": "sandbox", "token": "sandbox_ok", "terms_sha256": text(campaign, "/terms_sha256")?,
        });
        let path = format!("/v1/campaigns/{}/pledges", text(campaign, "/id")?);
        let pledge = self.cast.partner.post(&path, &body).await?.ok()?;
        self.cast.idle().await?;
        let charges = self.cast.partner.all(&format!("/v1/pledges/{}/charges", text(&pledge, "/id")?)).await?;
        self.story.equal("charges of a single gift", charges.len(), 1)?;
        Ok(text(&charges[0], "/id")?.to_owned())
    }

    /// A milestone of an amount, funded, claimed, approved by two reviewers and released a week later.
    async fn release(&self, campaign: &Value, amount: &str) -> anyhow::Result<()> {
        let body = json!({
            "campaign": text(campaign, "/id")?, "team": self.cast.team, "name": "Seed drill", "amount": usd(amount),
            "policy": {"reviewers_needed": 2, "review_days": 14, "objection_days": 7, "on_silence": "escalate"},
            "gate": {"licence": true, "design_files": true},
        });
        let made = self.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
        let path = format!("/v1/milestones/{}", text(&made, "/id")?);
        self.cast.treasurer.post(&format!("{path}:fund"), &json!({})).await?.ok()?;
        let mut claim = claim_body("Seed drill");
        claim["amount"] = usd(amount);
        let claim = self.cast.claimant.post(&format!("{path}/claims"), &claim).await?.ok()?;
        let claim = format!("/v1/claims/{}", text(&claim, "/id")?);
        let submitted = self.cast.claimant.post(&format!("{claim}:submit"), &json!({})).await?.ok()?;
        for reviewer in &self.cast.reviewers {
            reviewer.post(&format!("{claim}/reviews"), &approval(&submitted)?).await?.ok()?;
        }
        self.cast.days_pass(8).await
    }

    async fn totals(&self, campaign: &Value) -> anyhow::Result<Value> {
        self.cast.treasurer.get(&format!("/v1/campaigns/{}/totals", text(campaign, "/id")?)).await?.ok()
    }

    /// What a campaign's fund holds.
    async fn fund(&self, slug: &str) -> anyhow::Result<String> {
        let balance = self.cast.trial_balance().await?;
        super::sum(&balance, &format!("liabilities:fund:{slug}"), "credit")
    }
}
