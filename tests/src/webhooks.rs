//! Endpoints of partners in a book, some of which are hostile, and events for all of them.

use crate::{Receiver, Script, day, once};
use anyhow::ensure;
use api::demo::cast::{Cast, organisation};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use std::collections::HashSet;

/// What the partners may do.
const SCOPES: &[&str] = &["webhooks:write", "pledges:write", "pledges:read"];

/// The kind of event of which each pledge makes one.
const KIND: &str = "pledge.active";

/// The most pledges of a request.
const BATCH_MAX: usize = 1_000;

/// What hostile endpoints do, each in its way.
pub fn hostile() -> [Script; 5] {
    [
        Script::round(&[Script::SILENT]),
        Script::round(&[Script::HUGE, Script::SLOW]),
        Script::round(&[Script::REDIRECT]),
        Script::round(&["500 Oops", "200 OK", Script::SLOW]),
        Script::round(&[Script::CLOSED]),
    ]
}

/// The endpoints of one partner, each at a receiver of its own.
pub struct Crowd {
    /// The partner.
    pub partner: Client,
    /// Those that take what they are sent.
    pub good: Vec<Receiver>,
    /// The others.
    pub hostile: Vec<Receiver>,
    campaign: Value,
    brought: usize,
}

impl Crowd {
    /// A partner of the book with so many endpoints; hostile ones are made first.
    ///
    /// # Errors
    ///
    /// When anything of it is refused.
    pub async fn open(
        cast: &Cast,
        campaign: &Value,
        name: &str,
        good: usize,
        hostile: Vec<Script>,
    ) -> anyhow::Result<Crowd> {
        let platform = organisation(&cast.operator, name, "partner_platform").await?;
        let admitted = json!({"organisation": platform});
        cast.treasurer.post(&format!("/v1/books/{}/partners", cast.book), &admitted).await?.ok()?;
        let asked = json!({"name": "crowd", "mode": "sandbox", "scopes": SCOPES});
        let made = cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
        let partner = Client::partner(cast.base(), text(&made, "/id")?, text(&made, "/secret")?)?;
        let campaign = campaign.clone();
        let mut crowd = Crowd { partner, good: Vec::new(), hostile: Vec::new(), campaign, brought: 0 };
        crowd.join(cast, hostile).await?;
        for _ in 0..good {
            let receiver = Receiver::open(Script::default()).await?;
            crowd.endpoint(cast, &receiver).await?;
            crowd.good.push(receiver);
        }
        Ok(crowd)
    }

    /// More hostile endpoints.
    ///
    /// # Errors
    ///
    /// When one is refused.
    pub async fn join(&mut self, cast: &Cast, hostile: Vec<Script>) -> anyhow::Result<()> {
        for script in hostile {
            let receiver = Receiver::open(script).await?;
            self.endpoint(cast, &receiver).await?;
            self.hostile.push(receiver);
        }
        Ok(())
    }

    async fn endpoint(&self, cast: &Cast, at: &Receiver) -> anyhow::Result<()> {
        let new = json!({"book": cast.book, "url": at.url("/"), "kinds": [KIND]});
        self.partner.post("/v1/webhook-endpoints", &new).await?.ok()?;
        Ok(())
    }

    /// So many more pledges, and as many events for each endpoint.
    ///
    /// # Errors
    ///
    /// When one is refused.
    pub async fn bring(&mut self, count: usize) -> anyhow::Result<()> {
        let path = format!("/v1/campaigns/{}/pledges:batch", text(&self.campaign, "/id")?);
        let (first, end) = (self.brought, self.brought + count);
        self.brought = end;
        for from in (first..end).step_by(BATCH_MAX) {
            let mut pledges = Vec::new();
            for number in from..end.min(from + BATCH_MAX) {
                let pledge = once(&self.campaign, &format!("p-{number}"), "5.00", day(2, 1), "sandbox_ok")?;
                pledges.push(json!({"key": format!("p-{number}"), "pledge": pledge}));
            }
            let answer = self.partner.post(&path, &json!({"on_error": "stop", "pledges": pledges})).await?.ok()?;
            ensure!(!answer.to_string().contains("\"refused\""), "a pledge was refused");
        }
        Ok(())
    }

    /// Whether each good endpoint has all that was brought.
    pub fn is_served(&self) -> bool {
        self.good.iter().all(|receiver| receiver.count() >= self.brought)
    }

    /// Refuses what came twice to a good endpoint, or not at all.
    ///
    /// # Errors
    ///
    /// When that is so.
    pub fn check(&self) -> anyhow::Result<()> {
        let count = self.brought;
        for receiver in &self.good {
            let came = receiver.at("/");
            let ids =
                came.iter().map(|message| message.header("webhook-id")).collect::<anyhow::Result<HashSet<_>>>()?;
            ensure!(came.len() == count && ids.len() == count, "{} came, {} of them once", came.len(), ids.len());
        }
        Ok(())
    }
}
