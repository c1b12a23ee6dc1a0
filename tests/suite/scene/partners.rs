//! What a partner brings to pledges and challenges, and a public book of which it sees more.

use super::pledging::Work;
use super::{Known, Outcome, challenges, matching, parties};
use anyhow::bail;
use api::demo::cast::{Cast, TERMS, advance, pledge_body, usd};
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};

pub(super) async fn fill(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    parties::partner_signs_in(cast, known);
    pledges(partner, known).await?;
    let host = challenges::Host::open(cast).await?;
    known.add(&host.book);
    host.entering(partner, known).await?;
    matching::fill(cast, known).await?;
    own_book(cast, known).await?;
    public_book(cast, partner, known).await
}

async fn pledges(partner: &Client, known: &mut Known) -> Outcome {
    let [first, .., last] = &*known.values["cmp"] else { bail!("two campaigns") };
    let [cancelled, paused, resumed, redirected, .., due] = &*known.values["plg"] else { bail!("five pledges") };
    let last = json!({"campaign": last});
    let due = partner.all(&format!("/v1/pledges/{due}/charges")).await?;
    let due = json!({"id": due[0]["id"]});
    partner.post(&format!("/v1/pledges/{resumed}:pause"), &json!({})).await?.ok()?;
    let dearer = json!({"amount": usd("90.00")});
    let waiting = partner.post(&format!("/v1/pledges/{redirected}:change"), &dearer).await?.ok()?;
    let campaign = partner.get(&format!("/v1/campaigns/{first}")).await?.ok()?;
    let new = pledge_body(&campaign, 3, "30.00", date(2031, 2, 1))?;
    let changes = [
        ("pause", json!({"id": paused}), json!({})),
        ("resume", json!({"id": resumed}), json!({})),
        ("redirect", json!({"id": redirected}), last),
        ("change", json!({"id": redirected}), json!({"amount": usd("20.00"), "interval": "quarterly"})),
        ("cancel", json!({"id": cancelled}), json!({})),
    ];
    for (change, pledge, body) in changes {
        known.example(&format!("POST /v1/pledges/{{id}}:{change}"), pledge, body);
    }
    known.example("POST /v1/campaigns/{id}/pledges", json!({"id": campaign["id"]}), new);
    known.add(text(&waiting, "/id")?);
    known.example("POST /v1/plan-changes/{id}:withdraw", json!({"id": waiting["id"]}), json!({}));
    let paid = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    known.example("POST /v1/charges/{id}:capture", due, paid);
    Ok(())
}

/// A sandbox book of the partner's own, whose clock it may move.
async fn own_book(cast: &Cast, known: &mut Known) -> Outcome {
    let book = json!({
        "organisation": cast.platform, "name": "A try", "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
    });
    let book = cast.operator.post("/v1/books", &book).await?.ok()?;
    let book = json!({"book": book["id"]});
    known.example("GET /v1/books/{book}", book.clone(), Value::Null);
    known.example("POST /v1/books/{book}/clock:advance", book, json!({"to": "2099-01-01T12:00:00Z"}));
    Ok(())
}

/// A campaign that has released money for a milestone.
async fn public_book(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    let by = &cast.treasurer;
    let book = json!({
        "organisation": cast.host, "name": "Open books", "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
        "visibility": "public",
    });
    let book = cast.operator.post("/v1/books", &book).await?.ok()?;
    let book = text(&book, "/id")?;
    by.post(&format!("/v1/books/{book}/partners"), &json!({"organisation": cast.platform})).await?.ok()?;
    let campaign = json!({"book": book, "slug": "open", "title": "Open", "terms": TERMS, "monthly_goal": usd("10.00")});
    let campaign = by.post("/v1/campaigns", &campaign).await?.ok()?;
    let id = text(&campaign, "/id")?;
    by.post(&format!("/v1/campaigns/{id}:publish"), &json!({})).await?.ok()?;
    let pledge = pledge_body(&campaign, 4, "30.00", date(2031, 1, 1))?;
    partner.post(&format!("/v1/campaigns/{id}/pledges"), &pledge).await?.ok()?;
    advance(by, book, date(2031, 1, 1)).await?;
    advance(by, book, date(2031, 1, 4)).await?;
    let work = Work { cast, campaign: id.to_owned() };
    let claim = work.approved("Battery", 1).await?;
    advance(by, book, date(2031, 1, 6)).await?;

    let of_campaign = json!({"campaign": id});
    known.example("GET /v1/milestones", of_campaign.clone(), Value::Null);
    known.example("GET /v1/milestones/{id}", json!({"id": claim["milestone"]}), Value::Null);
    known.example("GET /v1/releases", of_campaign, Value::Null);
    known.example("GET /v1/releases/{id}/sources", json!({"id": work.release().await?}), Value::Null);
    Ok(())
}
