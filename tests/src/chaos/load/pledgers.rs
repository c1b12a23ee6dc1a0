//! Partners who send pledges, and report the charges that they collect by themselves.

use super::{By, PATIENCE, POLL, Request, Shared, insist, perhaps_again};
use crate::stage::{day, once};
use anyhow::bail;
use api::demo::client::text;
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(super) async fn pledge(shared: &Shared, caller: usize, mut dice: StdRng) -> anyhow::Result<()> {
    let path = format!("/v1/campaigns/{}/pledges", text(&shared.campaign, "/id")?);
    for count in 0.. {
        if shared.stopped() {
            break;
        }
        let reference = format!("pledge-{caller}-{count}");
        let amount = format!("{}.00", dice.random_range(5..100));
        let collects = caller % 2 == 1;
        let mut body = once(&shared.campaign, &reference, &amount, day(1, 1), "sandbox_ok")?;
        if collects {
            (body["rail"], body["token"]) = (json!("partner"), json!(""));
        }
        let request = Request::new(By::Partner, &path, body);
        let answer = insist(shared, &mut dice, &request).await?;
        if answer.status != 201 {
            bail!("a pledge was answered {answer:?}");
        }
        shared.told().pledges.push(reference.clone());
        perhaps_again(shared, &mut dice, &answer, &request).await?;
        if collects {
            collect(shared, &mut dice, &answer.body, &reference).await?;
            shared.told().captures.push(reference);
        }
        tokio::time::sleep(Duration::from_millis(dice.random_range(200..700))).await;
    }
    Ok(())
}

/// Waits for the charge of a pledge, and reports it as collected.
async fn collect(shared: &Shared, dice: &mut StdRng, pledge: &Value, reference: &str) -> anyhow::Result<()> {
    let charge = waiting_charge(shared, text(pledge, "/id")?).await?;
    let path = format!("/v1/charges/{charge}:capture");
    let body = json!({"event_id": format!("event-{reference}"), "provider_reference": format!("payment-{reference}")});
    let request = Request::new(By::Partner, &path, body);
    let answer = insist(shared, dice, &request).await?;
    if answer.status != 200 || answer.body["state"] != "captured" {
        bail!("the capture of {reference} was answered {answer:?}");
    }
    perhaps_again(shared, dice, &answer, &request).await
}

/// The id of a pledge's charge, once it waits for the partner.
async fn waiting_charge(shared: &Shared, pledge: &str) -> anyhow::Result<String> {
    let (path, deadline) = (format!("/v1/pledges/{pledge}/charges"), Instant::now() + PATIENCE);
    while Instant::now() < deadline {
        if let Ok(answer) = shared.partner.get(&path).await {
            let charge = &answer.body["items"][0];
            if charge["state"] == "processing" {
                return Ok(text(charge, "/id")?.to_owned());
            }
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("the charge of {pledge} did not come in {} s", PATIENCE.as_secs())
}
