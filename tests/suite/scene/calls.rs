//! Calls with applications, in each state that an operation begins with. The last day of the one that is decided is tomorrow.

use super::pledging::Work;
use super::{Known, Outcome};
use api::demo::cast::{organisation, usd};
use api::demo::client::{Client, text};
use serde_json::{Value, json};

pub(super) async fn fill(work: &Work<'_>, known: &mut Known) -> Outcome {
    let cast = work.cast;
    let (tomorrow, later) = (cast.today().await?.tomorrow()?.to_string(), "2031-01-31");
    let welders = organisation(&cast.treasurer, "Welders", "project_team").await?;
    let new = |until: &str| {
        json!({
            "campaign": work.campaign, "name": "Frame", "description": "It is welded.", "amount": usd("2.00"),
            "applications_until": until,
        })
    };
    known.example("POST /v1/milestone-calls", json!({}), new(later));
    let text_of = |team: &str| json!({"team": team, "text": "We weld it in March."});

    let closing = open(&cast.treasurer, &new(&tomorrow)).await?;
    let decided = apply(&cast.claimant, &closing, &text_of(&cast.team)).await?;
    known.example("POST /v1/milestone-applications/{id}:accept", json!({"id": decided}), json!({}));
    let call = open(&cast.treasurer, &new(later)).await?;
    let declined = apply(&cast.claimant, &call, &text_of(&cast.team)).await?;
    let why = json!({"reason": "The work needs a welder"});
    known.example("POST /v1/milestone-applications/{id}:decline", json!({"id": declined}), why.clone());

    let call = open(&cast.treasurer, &new(later)).await?;
    let own = apply(&cast.treasurer, &call, &text_of(&welders)).await?;
    known.example("POST /v1/milestone-applications/{id}:withdraw", json!({"id": own}), Value::Null);
    let call = open(&cast.treasurer, &new(later)).await?;
    known.example("POST /v1/milestone-calls/{id}/applications", json!({"id": call}), text_of(&welders));
    let call = open(&cast.treasurer, &new(later)).await?;
    known.example("POST /v1/milestone-calls/{id}:withdraw", json!({"id": call}), why);

    let call = open(&cast.treasurer, &new(later)).await?;
    let waits = apply(&cast.claimant, &call, &text_of(&cast.team)).await?;
    known.add(&call);
    known.add(&waits);
    Ok(())
}

async fn open(by: &Client, new: &Value) -> anyhow::Result<String> {
    Ok(text(&by.post("/v1/milestone-calls", new).await?.ok()?, "/id")?.to_owned())
}

async fn apply(by: &Client, call: &str, new: &Value) -> anyhow::Result<String> {
    let path = format!("/v1/milestone-calls/{call}/applications");
    Ok(text(&by.post(&path, new).await?.ok()?, "/id")?.to_owned())
}
