//! Plans that may move to another rail, asked for by the host or by the partner that collects them.

use super::{Known, Outcome};
use api::demo::cast::{Cast, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};

/// Pledges whose plans somebody moves to another rail of their partner, each in its own state. `slug` is that of their campaign.
pub(super) async fn fill(cast: &Cast, by: &Client, slug: &str, known: &mut Known) -> Outcome {
    let campaign = cast.campaign(slug, "Open kite", "100.00").await?;
    let asked = json!({"rail": "partner", "reason": "By standing order from now on"});
    let first = pledge(cast, &campaign, "sandbox", &format!("{slug}-1")).await?;
    known.example("POST /v1/pledges/{id}:move", json!({"id": first["id"]}), asked.clone());
    let second = pledge(cast, &campaign, "sandbox", &format!("{slug}-2")).await?;
    let waits = by.post(&format!("/v1/pledges/{}:move", text(&second, "/id")?), &asked).await?.ok()?;
    known.add(text(&waits, "/id")?);
    known.example("POST /v1/plan-moves/{id}:decline", json!({"id": waits["id"]}), json!({}));
    Ok(())
}

/// The partner's own, whose mandate is to end.
pub(super) async fn of_partner(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    fill(cast, partner, "open-kite-2", known).await?;
    let campaign = cast.campaign("open-kite-3", "Open kite", "100.00").await?;
    let third = pledge(cast, &campaign, "partner", "open-kite-3").await?;
    let consent = json!({"consented_at": third["created_at"], "shown_sha256": "d".repeat(64)});
    let to_sandbox = json!({"rail": "sandbox", "token": "sandbox_ok", "consent": consent});
    let agreed = partner.post(&format!("/v1/pledges/{}:move", text(&third, "/id")?), &to_sandbox).await?.ok()?;
    let ended = json!({"reference": "mandate-1"});
    known.example("POST /v1/plan-moves/{id}:confirm-ended", json!({"id": agreed["id"]}), ended);
    Ok(())
}

async fn pledge(cast: &Cast, campaign: &Value, rail: &str, reference: &str) -> anyhow::Result<Value> {
    let body = json!({
        "reference": reference, "donor": {"reference": "moving", "email": "moving@donors.example"},
        "amount": usd("10.00"), "schedule": {"interval": "monthly"}, "rail": rail,
        "token": if rail == "sandbox" { "sandbox_ok" } else { "" }, "terms_sha256": campaign["terms_sha256"],
    });
    cast.partner.post(&format!("/v1/campaigns/{}/pledges", text(campaign, "/id")?), &body).await?.ok()
}
