//! Matching rounds in every state that an operation waits for: some in the host's book, and in a book of their own those whose
//! period is over.

use super::{Known, Outcome};
use anyhow::Context as _;
use api::demo::cast::{Cast, TERMS, advance, sandbox_book, usd};
use api::demo::client::text;
use jiff::civil::date;
use serde_json::{Value, json};

/// When the time for objections to one of them has passed.
const LATE: &str = "2031-01-07T12:00:00Z";

pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let campaign = known.values["cmp"].last().context("a campaign")?.clone();
    let pledge = known.first("plg").context("a pledge")?.to_owned();
    let donor = cast.partner.get(&format!("/v1/pledges/{pledge}")).await?.ok()?;
    let donor = text(&donor, "/donor/id")?.to_owned();
    known.add(&donor);
    let here = Rounds { cast, book: cast.book.clone(), campaign: campaign.clone() };
    let number = known.values.get("mrd").map_or(0, Vec::len);
    let slug = |name: &str| format!("{name}-{number}");
    let reason = json!({"reason": "As agreed"});

    known.example("POST /v1/matching-rounds", json!({}), here.round(&slug("new"), "2099-12-31", 14));
    let joining =
        here.cast.treasurer.post("/v1/matching-rounds", &here.round(&slug("joining"), "2099-12-31", 14)).await?.ok()?;
    let joins = json!({"campaign": campaign});
    known.example("POST /v1/matching-rounds/{id}/campaigns", json!({"id": joining["id"]}), joins);
    let opening = here.draft(&here.round(&slug("opening"), "2099-12-31", 14)).await?;
    known.example("POST /v1/matching-rounds/{id}:open", json!({"id": opening["id"]}), reason.clone());
    let given_up = here.draft(&here.round(&slug("given-up"), "2099-12-31", 14)).await?;
    known.example("POST /v1/matching-rounds/{id}:cancel", json!({"id": given_up["id"]}), reason.clone());
    let open = here.open(&here.round(&slug("open"), "2099-12-31", 14)).await?;
    known.add(text(&open, "/id")?);
    let gift = |reference: String| {
        json!({
            "sponsor": cast.platform, "reference": reference, "provider_reference": reference, "amount": usd("10.00"),
            "terms_sha256": open["terms_sha256"],
        })
    };
    let path = format!("/v1/matching-rounds/{}/contributions", text(&open, "/id")?);
    cast.treasurer.post(&path, &gift(slug("first"))).await?.ok()?;
    known.example("POST /v1/matching-rounds/{id}/contributions", json!({"id": open["id"]}), gift(slug("second")));
    let mut by_votes = here.round(&slug("votes"), "2099-12-31", 14);
    by_votes["formula"] = json!("votes_v1");
    by_votes["ballot"] = json!({"allowance": 1_000_000, "cost": "linear"});
    let by_votes = here.open(&by_votes).await?;
    let votes = json!({"donor": donor, "campaign": campaign, "votes": 3});
    known.example("POST /v1/matching-rounds/{id}/votes", json!({"id": by_votes["id"]}), votes);
    let identity = json!({"identity": "e".repeat(64), "verified": true});
    known.example("POST /v1/donors/{id}/identity", json!({"id": donor}), identity);
    counted(cast, known).await
}

/// Rounds that were counted.
async fn counted(cast: &Cast, known: &mut Known) -> Outcome {
    let book = sandbox_book(&cast.treasurer, &cast.host, "Matching").await?;
    let admit = json!({"organisation": cast.platform});
    cast.treasurer.post(&format!("/v1/books/{book}/partners"), &admit).await?.ok()?;
    advance(&cast.treasurer, &book, date(2031, 1, 1)).await?;
    let campaign = json!({
        "book": book, "slug": "matched", "title": "Matched", "terms": TERMS, "monthly_goal": usd("10.00"),
    });
    let campaign = cast.treasurer.post("/v1/campaigns", &campaign).await?.ok()?;
    let campaign = text(&campaign, "/id")?.to_owned();
    cast.treasurer.post(&format!("/v1/campaigns/{campaign}:publish"), &json!({})).await?.ok()?;
    let there = Rounds { cast, book: book.clone(), campaign };
    let mut rounds = Vec::new();
    for (slug, objection_days) in [("publishing", 14), ("recomputing", 14), ("heard", 30), ("standing", 1)] {
        rounds.push(there.open(&there.round(slug, "2031-01-02", objection_days)).await?);
    }
    advance(&cast.treasurer, &book, date(2031, 1, 4)).await?;
    for round in &rounds[2..] {
        there.step(round, ":publish").await?;
    }
    for (round, step) in rounds.iter().zip([":publish", ":recompute", "/objections", ":finalise"]) {
        let body = json!({"reason": "As agreed"});
        known.example(&format!("POST /v1/matching-rounds/{{id}}{step}"), json!({"id": round["id"]}), body);
    }
    for of in ["shares", "clawbacks", "export"] {
        let published = json!({"id": rounds[2]["id"]});
        known.example(&format!("GET /v1/matching-rounds/{{id}}/{of}"), published, Value::Null);
    }
    known.late.push((book, LATE));
    Ok(())
}

struct Rounds<'a> {
    cast: &'a Cast,
    book: String,
    campaign: String,
}

impl Rounds<'_> {
    /// One whose period begins with January.
    fn round(&self, slug: &str, last_day: &str, objection_days: u16) -> Value {
        json!({
            "book": self.book, "slug": slug, "title": "Spring round", "terms": TERMS, "currency": "USD",
            "formula": "clr_subtracting_v1", "first_day": "2031-01-01", "last_day": last_day,
            "objection_days": objection_days,
        })
    }

    /// A draft with a campaign in it.
    async fn draft(&self, round: &Value) -> anyhow::Result<Value> {
        let made = self.cast.treasurer.post("/v1/matching-rounds", round).await?.ok()?;
        let path = format!("/v1/matching-rounds/{}/campaigns", text(&made, "/id")?);
        self.cast.treasurer.post(&path, &json!({"campaign": self.campaign})).await?.ok()
    }

    async fn open(&self, round: &Value) -> anyhow::Result<Value> {
        let draft = self.draft(round).await?;
        self.step(&draft, ":open").await
    }

    async fn step(&self, round: &Value, step: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/matching-rounds/{}{step}", text(round, "/id")?);
        self.cast.treasurer.post(&path, &json!({"reason": ""})).await?.ok()
    }
}
