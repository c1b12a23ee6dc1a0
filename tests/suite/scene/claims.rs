//! Disputes in each state that a step begins with, and claims that are revoked.

use super::pledging::{Prepared, Work, approval};
use super::{Known, Outcome};
use api::demo::cast::{Cast, give_role, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};

pub(super) async fn fill(cast: &Cast, prepared: Prepared, known: &mut Known) -> Outcome {
    let Prepared { campaign, own, released } = prepared;
    let work = Work { cast, campaign };
    let decider = &cast.reviewers[1];
    give_role(&cast.operator, &cast.host, decider, "approver").await?;
    let milestone = work.milestone("Spindle", &own, 7).await?;
    let claim = work.claim(&cast.treasurer, &milestone).await?;
    let claim = work.submit(&cast.treasurer, &claim).await?;
    let path = format!("/v1/claims/{}/reviews", text(&claim, "/id")?);
    cast.reviewers[0].post(&path, &approval(&claim)?).await?.ok()?;
    let dispute = object(&cast.reviewers[0], &claim).await?;
    let said = json!({"text": "It is on page 4"});
    known.example("POST /v1/disputes/{id}:answer", json!({"id": dispute}), said.clone());

    for (name, step) in [("Collet", "reply"), ("Trigger", "accept"), ("Bearing", "appeal")] {
        let dispute = object(&cast.treasurer, &work.approved(name, 7).await?).await?;
        let path = |step: &str| format!("/v1/disputes/{dispute}:{step}");
        cast.claimant.post(&path("answer"), &said).await?.ok()?;
        if step == "appeal" {
            let ruling = json!({"ruling": "dismiss", "resolution": "It is done"});
            decider.post(&path("resolve"), &ruling).await?.ok()?;
        }
        let body = if step == "accept" { json!({}) } else { said.clone() };
        known.example(&format!("POST /v1/disputes/{{id}}:{step}"), json!({"id": dispute}), body);
    }
    let named = json!({"book": cast.book, "url": "https://designs.example/press/report.pdf"});
    let fetch = cast.treasurer.post("/v1/evidence-fetches", &named).await?.ok()?;
    known.add(text(&fetch, "/id")?);
    known.example("POST /v1/evidence-fetches", json!({}), named);
    let receipt = json!({"kind": "receipt", "title": "Steel for the frame",
        "url": "https://builders.example/receipts/2031-07.pdf", "sha256": "0".repeat(64)});
    known.example("POST /v1/claims/{id}/documents", json!({"id": claim["id"]}), receipt);
    revocations(cast, &work, &released, known).await
}

/// Objects to a half of what is approved of a claim.
async fn object(by: &Client, claim: &Value) -> anyhow::Result<String> {
    let objection = json!({"amount": usd("1.00"), "reason": "It is not done"});
    let path = format!("/v1/claims/{}/disputes", text(claim, "/id")?);
    Ok(text(&by.post(&path, &objection).await?.ok()?, "/id")?.to_owned())
}

async fn revocations(cast: &Cast, work: &Work<'_>, released: &Value, known: &mut Known) -> Outcome {
    let decider = &cast.reviewers[1];
    let fraud = json!({"reason": "The photos are of another drill"});
    let claim = work.approved("Clutch", 7).await?;
    known.example("POST /v1/claims/{id}:revoke", json!({"id": claim["id"]}), fraud.clone());
    let claim = work.approved("Fan", 7).await?;
    decider.post(&format!("/v1/claims/{}:revoke", text(&claim, "/id")?), &fraud).await?.ok()?;
    known.example("POST /v1/claims/{id}:confirm", json!({"id": claim["id"]}), json!({"request": 1}));

    let path = |step: &str| Ok::<_, anyhow::Error>(format!("/v1/claims/{}:{step}", text(released, "/id")?));
    cast.treasurer.post(&path("revoke")?, &fraud).await?.ok()?;
    decider.post(&path("confirm")?, &json!({"request": 1})).await?.ok()?;
    let id = json!({"id": released["id"]});
    let given_up = json!({"amount": usd("1.00"), "bearer": "risk_reserve", "reason": "The team has dissolved"});
    known.example("POST /v1/claims/{id}:write-off", id.clone(), given_up);
    let paid = json!({"amount": usd("1.00"), "reference": "bank-3"});
    known.example("POST /v1/claims/{id}:recover", id.clone(), paid);
    known.example("GET /v1/claims/{id}/requests", id, Value::Null);
    Ok(())
}
