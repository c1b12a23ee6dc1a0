//! A running service with a fiscal host, a partner and a team in it.

use crate::app::{OPERATOR, TestApp};
use anyhow::Context as _;
use api::demo::cast::{Cast, usd};
use api::demo::client::{Answer, Client, text};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// The service and everybody in it.
pub struct Stage {
    /// The running processes.
    pub app: TestApp,
    /// Who takes part.
    pub cast: Cast,
}

impl Stage {
    /// Starts the api and one worker, and signs everybody in.
    pub async fn set() -> anyhow::Result<Stage> {
        Stage::set_with(1, &[]).await
    }

    /// The same with so many workers and more environment variables.
    pub async fn set_with(workers: usize, environment: &[(&str, &str)]) -> anyhow::Result<Stage> {
        let app = TestApp::start_with(workers, environment).await?;
        let cast = Cast::gather(app.base_url(), &app.mail_dir(), OPERATOR).await?;
        Ok(Stage { app, cast })
    }

    /// A live campaign with a goal of 3,000.00 USD a month.
    pub async fn campaign(&self) -> anyhow::Result<Value> {
        self.cast.campaign("open-product-development", "Open product development", "3000.00").await
    }

    /// The partner sends a pledge; answers it as it was placed.
    pub async fn pledge(&self, campaign: &Value, body: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/campaigns/{}/pledges", text(campaign, "/id")?);
        self.cast.partner.post(&path, body).await?.ok()
    }

    /// The only charge of a pledge with this sequence number.
    pub async fn charge(&self, pledge: &Value, sequence: i64) -> anyhow::Result<Value> {
        let path = format!("/v1/pledges/{}/charges", text(pledge, "/id")?);
        let charges = self.cast.partner.all(&path).await?;
        let found = charges.into_iter().find(|charge| charge["sequence"] == sequence);
        let found = found.with_context(|| format!("the pledge has no charge {sequence}"))?;
        self.cast.partner.get(&format!("/v1/charges/{}", text(&found, "/id")?)).await?.ok()
    }

    /// A pledge as it stands now.
    pub async fn again(&self, pledge: &Value) -> anyhow::Result<Value> {
        self.cast.partner.get(&format!("/v1/pledges/{}", text(pledge, "/id")?)).await?.ok()
    }

    /// Brings money into a campaign and settles it: one pledge, once.
    pub async fn fund(&self, campaign: &Value, reference: &str, amount: &str, on: Date) -> anyhow::Result<()> {
        let mut body = once(campaign, reference, amount, on, "sandbox_ok")?;
        body["donor"]["email"] = json!("");
        self.pledge(campaign, &body).await?;
        self.cast.advance(on).await?;
        self.cast.advance(on.saturating_add(jiff::ToSpan::days(3))).await
    }

    /// A milestone that is funded, with the policy's fields as given.
    pub async fn milestone(&self, campaign: &Value, amount: &str, policy: Value) -> anyhow::Result<Value> {
        let body = json!({
            "campaign": text(campaign, "/id")?, "team": self.cast.team, "name": "Sawmill", "amount": usd(amount),
            "policy": policy, "gate": {},
        });
        let made = self.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
        let path = format!("/v1/milestones/{}:fund", text(&made, "/id")?);
        self.cast.treasurer.post(&path, &json!({})).await?.ok()
    }

    /// A submitted claim of an amount.
    pub async fn claim(&self, milestone: &Value, amount: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/milestones/{}/claims", text(milestone, "/id")?);
        let body = json!({"amount": usd(amount), "note": "built", "evidence": [{
            "kind": "test_report", "title": "Test report", "url": "https://designs.example/report",
            "sha256": "c".repeat(64),
        }]});
        let claim = self.cast.claimant.post(&path, &body).await?.ok()?;
        let path = format!("/v1/claims/{}:submit", text(&claim, "/id")?);
        self.cast.claimant.post(&path, &json!({})).await?.ok()
    }

    /// A claim as the host sees it now.
    pub async fn claim_again(&self, claim: &Value) -> anyhow::Result<Value> {
        self.cast.treasurer.get(&format!("/v1/claims/{}", text(claim, "/id")?)).await?.ok()
    }

    /// A reviewer approves an amount of a claim, restating what was read.
    pub async fn approve(&self, by: &Client, claim: &Value, amount: &str) -> anyhow::Result<Answer> {
        let mut approval = api::demo::story::year::approval(claim)?;
        approval["amount"] = usd(amount);
        by.post(&format!("/v1/claims/{}/reviews", text(claim, "/id")?), &approval).await
    }

    /// What stands on the accounts whose code begins so, on either side.
    pub async fn balance(&self, prefix: &str) -> anyhow::Result<String> {
        let balance = self.cast.trial_balance().await?;
        let found = balance.into_iter().find(|(code, ..)| code.starts_with(prefix));
        Ok(found.map_or_else(|| "0.00".to_owned(), |(_, _, amount)| amount))
    }
}

/// The year in which sandbox stories play: the next one.
pub fn next_year() -> i16 {
    jiff::Zoned::now().date().year() + 1
}

/// A day of that year.
pub fn day(month: i8, day: i8) -> Date {
    date(next_year(), month, day)
}

/// A pledge that is paid once, from the sandbox provider's token.
pub fn once(campaign: &Value, reference: &str, amount: &str, on: Date, token: &str) -> anyhow::Result<Value> {
    Ok(json!({
        "reference": reference,
        "donor": {"reference": format!("donor-{reference}"), "email": format!("{reference}@donors.example")},
        "amount": usd(amount), "schedule": {"interval": "once", "start": on.to_string()},
        "rail": "sandbox", "token": token, "terms_sha256": text(campaign, "/terms_sha256")?,
    }))
}

/// A pledge that is paid monthly.
pub fn monthly(
    campaign: &Value,
    reference: &str,
    amount: &str,
    from: Date,
    payments: i32,
    token: &str,
) -> anyhow::Result<Value> {
    let mut body = once(campaign, reference, amount, from, token)?;
    body["schedule"] = json!({"interval": "monthly", "start": from.to_string(), "payments": payments});
    Ok(body)
}
