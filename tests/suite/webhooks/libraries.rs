//! What the worker sends is verified by the libraries of Standard Webhooks that receivers use, and what is not of the worker is refused.

use super::{Endpoint, NOTHING_ELSE, Outcome, soon};
use crate::contract::{npm_modules, root, run, tool};
use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use jiff::{SignedDuration, Timestamp};
use ledger::partners::rules::signing::{Headers, Secret};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use tests::{Received, Receiver, Script, Stage};
use tokio::process::Command;

/// A message as a library is given it.
fn message(secret: &str, body: &str, headers: &Value) -> Value {
    json!({"secret": secret, "body": body, "headers": headers})
}

/// What a receiver has of a message that came.
fn came(received: &Received) -> anyhow::Result<(String, Value)> {
    Ok((String::from_utf8(received.body.clone())?, json!(received.headers)))
}

/// What is signed by the rules, at another moment.
fn signed_at(at: Timestamp, secret: &Secret, id: &str, body: &str) -> Value {
    let Headers { id, timestamp, signature } = Headers::new(std::slice::from_ref(secret), id, at, body.as_bytes());
    json!({"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature})
}

/// What the library of a language says of each message.
async fn said(language: &str, messages: &Path) -> anyhow::Result<Vec<String>> {
    let script = |name: &str| root().join("tests/contract").join(name);
    let mut command = if language == "Python" {
        let mut python = Command::new(tool("python")?);
        python.arg(script("verify_webhooks.py"));
        python
    } else {
        let mut node = Command::new("node");
        node.arg(script("verify_webhooks.cjs")).arg(npm_modules()?);
        node
    };
    Ok(serde_json::from_str(&run(command.arg(messages)).await?)?)
}

pub(super) async fn libraries_of_two_languages_verify_what_was_sent(stage: &Stage, partner: &Client) -> Outcome {
    let receiver = Receiver::open(Script::default()).await?;
    let it = Endpoint::make(stage, partner, &receiver.url("/"), &[NOTHING_ELSE]).await?;
    it.pinged(1).await?;
    soon("the ping came", async || Ok(receiver.count() == 1)).await?;
    let second = text(&it.act(":rotate-secret", &json!({})).await?.ok()?, "/secret")?.to_owned();
    it.pinged(2).await?;
    soon("the second came", async || Ok(receiver.count() == 2)).await?;
    let last = text(&it.act(":rotate-secret", &json!({"old_ends_after_hours": 0})).await?.ok()?, "/secret")?.to_owned();
    it.pinged(3).await?;
    soon("the third came", async || Ok(receiver.count() == 3)).await?;
    let [one, both, alone] = &*receiver.at("/") else { anyhow::bail!("three messages") };
    let first = it.secret.reveal();
    let ((body, headers), both, alone) = (came(one)?, came(both)?, came(alone)?);
    let mut other = headers.clone();
    other["webhook-id"] = json!("evt_another");
    let (id, long_ago) = (one.header("webhook-id")?, Timestamp::now() - SignedDuration::from_mins(6));
    let mut later = headers.clone();
    later["webhook-timestamp"] = json!((one.header("webhook-timestamp")?.parse::<i64>()? + 1).to_string());
    let (no_match, too_old) = ("No matching signature found", "Message timestamp too old");
    let cases = [
        (message(&first, &body, &headers), ""),
        (message(&first, &both.0, &both.1), ""),
        (message(&second, &both.0, &both.1), ""),
        (message(&last, &alone.0, &alone.1), ""),
        (message(&first, &alone.0, &alone.1), no_match),
        (message(&second, &alone.0, &alone.1), no_match),
        (message(&second, &body, &headers), no_match),
        (message(&first, &body.replace("pinged", "paused"), &headers), no_match),
        (message(&first, &format!("{body} "), &headers), no_match),
        (message(&first, &body, &other), no_match),
        (message(&first, &body, &later), no_match),
        (message(&first, &body, &signed_at(Timestamp::now(), &it.secret, id, &body)), ""),
        (message(&first, &body, &signed_at(long_ago, &it.secret, id, &body)), too_old),
    ];
    let place = tempfile::tempdir()?;
    let file = place.path().join("messages.json");
    std::fs::write(&file, json!(cases.iter().map(|(message, _)| message).collect::<Vec<_>>()).to_string())?;
    let expected: Vec<_> = cases.iter().map(|(_, verdict)| *verdict).collect();
    for language in ["Python", "JavaScript"] {
        let said = said(language, &file).await.context(language)?;
        ensure!(said == expected, "{language}: {said:#?}, but {expected:#?} was to be said");
    }
    partner.send(Method::DELETE, &it.path, None, &[]).await?;
    Ok(())
}
