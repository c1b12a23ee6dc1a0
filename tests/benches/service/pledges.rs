//! Pledges a thousand at a request, against one at a request on as many connections.

use crate::load::{self, AsyncCaller, Figure, closed_loop};
use crate::report::{Report, Row};
use crate::wire::Wire;
use crate::{ROUNDS, RUN, Service, requests};
use anyhow::Context as _;
use api::demo::client::text;
use serde_json::{Value, json};
use std::sync::Mutex;
use tests::{day, once};
use uuid::Uuid;

/// How many connections ask at once.
const CONNECTIONS: usize = 8;

/// How many pledges a batch has.
const BATCH: usize = 1_000;

/// What the batches are compared with.
const AGAINST: &str =
    "POST /v1/campaigns/{id}/pledges on as many connections: a pledge at a request, each of a donor of its own";

/// Measures both in turns.
pub(crate) async fn batch(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let campaign = cast.campaign("machines", "Machines", "3000.00").await?;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let base = &service.stack.base_url;
    let (mut single, mut batched) = (Vec::new(), Vec::new());
    let token = cast.partner.access_token().await?.context("the partner has a token")?;
    measure(base, &token, &format!("{path}:batch"), &campaign, BATCH).await?;
    service.analyze().await?;
    for _ in 0..ROUNDS {
        let token = cast.partner.access_token().await?.context("the partner has a token")?;
        single.push(measure(base, &token, &path, &campaign, 1).await?);
        batched.push(measure(base, &token, &format!("{path}:batch"), &campaign, BATCH).await?);
    }
    report.add(Row::compared("pledge_batch", load::median_of(batched), AGAINST, load::median_of(single)));
    Ok(())
}

async fn measure(base: &str, token: &str, path: &str, campaign: &Value, count: usize) -> anyhow::Result<Figure> {
    let mut callers = Vec::new();
    for _ in 0..CONNECTIONS {
        let (wire, head) = (Wire::connect(base).await?, requests::head(base, token));
        callers.push(Connection {
            wire,
            head,
            path: path.to_owned(),
            pledge: once(campaign, "x", "5.00", day(2, 1), "sandbox_ok")?,
            count,
        });
    }
    let callers = Mutex::new(callers);
    let next = |_| callers.lock().expect("nobody panicked").pop().expect("one for each");
    Ok(closed_loop(CONNECTIONS, RUN, count as u64, next).await)
}

/// One connection, and how many pledges it sends at a request.
struct Connection {
    wire: Wire,
    head: String,
    path: String,
    pledge: Value,
    count: usize,
}

impl Connection {
    /// A pledge of a donor whom nobody knows yet.
    fn fresh(&self) -> Value {
        let mut pledge = self.pledge.clone();
        let name = Uuid::now_v7().to_string();
        pledge["donor"]["reference"] = json!(name);
        pledge["reference"] = json!(name);
        pledge
    }
}

impl AsyncCaller for Connection {
    async fn call(&mut self) {
        let (body, expected) = if self.count == 1 {
            (self.fresh(), 201)
        } else {
            let items = (0..self.count).map(|_| json!({"key": Uuid::now_v7(), "pledge": self.fresh()}));
            (json!({"on_error": "continue", "pledges": items.collect::<Vec<_>>()}), 200)
        };
        let request = requests::post(&self.path, &self.head, &body.to_string());
        let status = self.wire.ask(request.as_bytes()).await.expect("an answer");
        assert_eq!(status, expected, "{}", self.wire.text());
        assert!(!self.wire.text().contains("\"refused\""), "a pledge was refused");
    }
}
