//! What a partner brings to pledges and challenges, and a public book of which it sees more.

use super::pledging::Work;
use super::{Known, Outcome, challenges, matching, moves, parties};
use anyhow::{Context as _, bail, ensure};
use api::demo::cast::{Cast, TERMS, advance, pledge_body, usd};
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(super) async fn fill(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    parties::partner_signs_in(cast, known);
    known.example("GET /v1/partners/{id}/requests", json!({"id": cast.platform}), Value::Null);
    pledges(partner, known).await?;
    let host = challenges::Host::open(cast).await?;
    known.add(&host.book);
    host.entering(partner, known).await?;
    matching::fill(cast, known).await?;
    own_book(cast, known).await?;
    if known.first("wdr").is_none() {
        let rail = format!("/v1/books/{}/rails/stripe", cast.book);
        let withdrawn = cast.treasurer.post(&format!("{rail}:withdraw"), &json!({"reason": "A try"})).await?.ok()?;
        known.add(text(&withdrawn, "/id")?);
    }
    collected(cast, partner, known).await?;
    moves::of_partner(cast, partner, known).await?;
    webhooks(cast, partner, known).await?;
    own_day(cast, partner, known).await?;
    public_book(cast, partner, known).await
}

/// A day of the partner, as long as the book knows of days, compared with a list.
async fn own_day(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    for place in ["", "/file", "/comparisons"] {
        let read = format!("GET /v1/books/{{book}}/settlement-days/{{day}}{place}");
        known.example(&read, json!({"book": cast.book, "day": "2026-06-01"}), Value::Null);
    }
    let compare = "POST /v1/books/{book}/settlement-days/{day}/comparisons";
    known.example(compare, json!({"book": cast.book, "day": "2026-06-01"}), Value::Null);
    let path = format!("/v1/books/{}/settlement-days/2026-06-01/comparisons", cast.book);
    let list = b"id,gross\nchg_1,five\nchg_2,5.00\n".to_vec();
    let (_, compared) = crate::statement_files::send(partner, &path, "text/csv", list, "scene").await?;
    known.add(text(&compared, "/id")?);
    Ok(())
}

/// Endpoints, each for what is done to it once, at which nobody may be reached; and an event on its way to one.
async fn webhooks(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    let made = async |kind: &str| -> anyhow::Result<String> {
        let new = json!({"book": cast.book, "url": "http://127.0.0.1:9/events", "kinds": [kind]});
        Ok(text(&partner.post("/v1/webhook-endpoints", &new).await?.ok()?, "/id")?.to_owned())
    };
    let (kept, rotated) = (made("webhook_endpoint.paused").await?, made("webhook_endpoint.paused").await?);
    let (changed, deleted) = (made("webhook_endpoint.paused").await?, made("webhook_endpoint.paused").await?);
    let new = json!({"book": cast.book, "url": "https://shop.example/purse-events", "kinds": ["charge.captured"]});
    known.example("POST /v1/webhook-endpoints", json!({}), new);
    let change = json!({"description": "shop, second try"});
    known.example("PATCH /v1/webhook-endpoints/{id}", json!({"id": changed, "If-Match": "\"v1\""}), change);
    let rotate = json!({"old_ends_after_hours": 24});
    known.example("POST /v1/webhook-endpoints/{id}:rotate-secret", json!({"id": rotated}), rotate);
    known.example("DELETE /v1/webhook-endpoints/{id}", json!({"id": deleted}), Value::Null);
    let path = format!("/v1/webhook-endpoints/{kept}");
    partner.post(&format!("{path}:ping"), &json!({})).await?.ok()?;
    let deadline = Instant::now() + Duration::from_mins(1);
    let event = loop {
        let deliveries = partner.all(&format!("{path}/deliveries")).await?;
        if let Some(delivery) = deliveries.first() {
            break text(delivery, "/event")?.to_owned();
        }
        ensure!(Instant::now() < deadline, "the ping is on its way after no minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    known.add(&kept);
    known.add(&event);
    for read in ["GET /v1/webhook-endpoints/{id}", "GET /v1/webhook-endpoints/{id}/deliveries"] {
        known.example(read, json!({"id": kept}), Value::Null);
    }
    let of_event = json!({"id": kept, "event": event});
    known.example("GET /v1/webhook-endpoints/{id}/deliveries/{event}/attempts", of_event.clone(), Value::Null);
    known.example("POST /v1/webhook-endpoints/{id}/deliveries/{event}:replay", of_event, json!({}));
    known.example("POST /v1/webhook-endpoints/{id}:ping", json!({"id": kept}), json!({}));
    let fired = json!({"kind": "charge.captured"});
    known.example("POST /v1/books/{book}/events:fire", json!({"book": cast.book}), fired);
    let since = json!({"since": "2026-11-20T10:00:00Z"});
    known.example("POST /v1/webhook-endpoints/{id}:replay", json!({"id": kept}), since);
    Ok(())
}

/// Charges that the partner collects itself, each to be reported on; and money that its donor can have back.
async fn collected(cast: &Cast, partner: &Client, known: &mut Known) -> Outcome {
    let by = json!({"book": cast.book, "organisation": cast.platform});
    known.example("POST /v1/books/{book}/partners/{organisation}:settle-by", by, json!({"settles_by": "clock"}));
    let campaign = cast.campaign("open-kiln-2", "Open kiln", "1000.00").await?;
    let mut charges = Vec::new();
    for (place, rail) in ["partner", "partner", "partner", "sandbox"].into_iter().enumerate() {
        let body = json!({
            "reference": format!("collected-{place}"), "donor": {"reference": "collected"}, "amount": usd("10.00"),
            "schedule": {"interval": "once"}, "rail": rail, "token": if rail == "sandbox" { "sandbox_ok" } else { "" },
            "terms_sha256": campaign["terms_sha256"],
        });
        let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
        let pledge = partner.post(&path, &body).await?.ok()?;
        cast.idle().await?;
        let of_pledge = partner.all(&format!("/v1/pledges/{}/charges", text(&pledge, "/id")?)).await?;
        charges.push((pledge["id"].clone(), of_pledge.first().context("a charge")?["id"].clone()));
    }
    let [(_, declined), (_, given_up), (_, paid), (returned, _)] = &*charges else { bail!("four charges") };
    let event = |event: &str, code: &str| json!({"event_id": event, "code": code});
    let given_up_for = event("evt-given-up", "account_closed");
    known.example("POST /v1/charges/{id}:cannot-collect", json!({"id": given_up}), given_up_for);
    let mut soft = event("evt-declined", "insufficient_funds");
    soft["kind"] = json!("soft");
    known.example("POST /v1/charges/{id}:decline", json!({"id": declined}), soft);
    cast.days_pass(3).await?;
    let capture = format!("/v1/charges/{}:capture", paid.as_str().context("an id")?);
    let report = json!({"event_id": "evt-paid", "provider_reference": "pay-paid"});
    let captured = partner.post(&capture, &report).await?.ok()?;
    let settled = json!({
        "book": cast.book, "reference": "payout-1", "date": captured["captured_on"], "amount": usd("10.00"),
        "lines": [{"charge": paid, "amount": "10.00"}],
    });
    known.example("POST /v1/settlements", json!({}), settled.clone());
    announced(cast, partner, known, settled).await?;
    let listed = json!({"book": cast.book, "day": captured["captured_on"], "charges": [paid]});
    known.example("POST /v1/reconciliations", json!({}), listed);
    let close = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
    cast.treasurer.post(&close, &json!({"reason": "Done"})).await?.ok()?;
    known.example("POST /v1/pledges/{id}:return", json!({"id": returned}), json!({}));
    Ok(())
}

/// A settlement that was announced while the book was kept by lines of banks, and is withdrawn since.
async fn announced(cast: &Cast, partner: &Client, known: &mut Known, mut settled: Value) -> Outcome {
    let path = format!("/v1/books/{}", cast.book);
    let kept = async |is_kept: bool| {
        let seen = cast.treasurer.get(&path).await?.etag.unwrap_or_default();
        let change = json!({"kept_by_bank_lines": is_kept});
        cast.treasurer.send(reqwest::Method::PATCH, &path, Some(&change), &[("If-Match", &seen)]).await?.ok()
    };
    kept(true).await?;
    settled["reference"] = json!("payout-0");
    let announced = partner.post("/v1/settlements", &settled).await?.ok()?;
    kept(false).await?;
    known.add(text(&announced, "/id")?);
    let why = json!({"reason": "Our bank kept its charges"});
    known.example("POST /v1/settlements/{id}:withdraw", json!({"id": announced["id"]}), why);
    Ok(())
}

async fn pledges(partner: &Client, known: &mut Known) -> Outcome {
    let [first, .., last] = &*known.values["cmp"] else { bail!("two campaigns") };
    let [cancelled, paused, resumed, redirected, .., due] = &*known.values["plg"] else { bail!("five pledges") };
    let (last, shown) = (json!({"campaign": last}), redirected.clone());
    let money =
        |event: &str| json!({"amount": usd("7.00"), "event_id": event, "provider_reference": format!("pay-{event}")});
    let held = partner.post(&format!("/v1/pledges/{due}/suspense"), &money("evt-7")).await?.ok()?;
    let with_money = json!({"id": due});
    let due = partner.all(&format!("/v1/pledges/{due}/charges")).await?;
    let due = json!({"id": due[0]["id"]});
    let taken = partner.all(&format!("/v1/pledges/{paused}/charges")).await?;
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
    let batch = json!({"on_error": "stop", "pledges": [{"key": "first", "pledge": new}]});
    known.example("POST /v1/campaigns/{id}/pledges:batch", json!({"id": campaign["id"]}), batch);
    let import = json!({
        "adapter": "crowdfunding", "interval": "once", "rail": "sandbox", "token": "sandbox_ok",
        "terms_sha256": new["terms_sha256"], "csv": "Pledge ID,Pledge Amount\nb-1,30.00\n",
    });
    known.example("POST /v1/campaigns/{id}/pledge-imports", json!({"id": campaign["id"]}), import);
    let links = format!("/v1/pledges/{shown}/donor-links");
    for _ in 0..2 {
        known.add(text(&partner.post(&links, &json!({})).await?.ok()?, "/id")?);
    }
    let revoked = json!({"id": shown, "link": known.first("dlk")});
    known.example("DELETE /v1/pledges/{id}/donor-links/{link}", revoked, Value::Null);
    known.example("POST /v1/pledges/{id}/donor-links", json!({"id": shown}), json!({}));
    known.example("POST /v1/campaigns/{id}/pledges", json!({"id": campaign["id"]}), new);
    known.add(text(&held, "/id")?);
    known.example("POST /v1/pledges/{id}/suspense", with_money, money("evt-8"));
    known.add(text(&waiting, "/id")?);
    known.example("POST /v1/plan-changes/{id}:withdraw", json!({"id": waiting["id"]}), json!({}));
    let taken = text(taken.first().context("a charge")?, "/id")?.to_owned();
    let capture = json!({"event_id": "evt-0", "provider_reference": "pay-5552"});
    partner.post(&format!("/v1/charges/{taken}:capture"), &capture).await?.ok()?;
    let part = json!({"amount": usd("1.00")});
    for (end, body) in [("settle", json!({"provider_reference": "ref-2"})), ("fail", json!({"code": "card_closed"}))] {
        let refund = partner.post(&format!("/v1/charges/{taken}:refund"), &part).await?.ok()?;
        known.add(text(&refund, "/id")?);
        known.example(&format!("POST /v1/refunds/{{id}}:{end}"), json!({"id": refund["id"]}), body);
    }
    let made = json!({
        "event_id": "evt-2", "provider_reference": "pay-5552", "refund_reference": "ref-3", "amount": usd("1.00"),
    });
    known.example("POST /v1/charges/{id}/refunds", json!({"id": taken}), made);
    known.example("POST /v1/charges/{id}:refund", json!({"id": taken}), part);
    let paid = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    known.example("POST /v1/charges/{id}:capture", due, paid);
    chargebacks(partner, known).await
}

/// A charge that can be taken back, and one of which that has happened twice.
async fn chargebacks(partner: &Client, known: &mut Known) -> Outcome {
    let mut captured = Vec::new();
    for pledge in known.values["plg"].clone() {
        let charges = partner.all(&format!("/v1/pledges/{pledge}/charges")).await?;
        captured.extend(charges.into_iter().filter(|charge| charge["state"] == "settled").map(|it| it["id"].clone()));
    }
    // Not of the last campaign: what milestones are funded with must be free.
    let [open, other, ..] = &*captured else { bail!("two settled charges at least, not {captured:?}") };
    let taken = |event: &str| json!({"event_id": event, "amount": usd("1.00"), "reason": "fraudulent"});
    let path = format!("/v1/charges/{}/chargebacks", other.as_str().unwrap_or_default());
    for (event, how) in [("evt-won", "win"), ("evt-lost", "lose")] {
        let chargeback = partner.post(&path, &taken(event)).await?.ok()?;
        known.add(text(&chargeback, "/id")?);
        known.example(&format!("POST /v1/chargebacks/{{id}}:{how}"), json!({"id": chargeback["id"]}), json!({}));
    }
    let chargeback = json!({"event_id": "evt-2", "amount": usd("30.00"), "reason": "fraudulent"});
    known.example("POST /v1/charges/{id}/chargebacks", json!({"id": open}), chargeback);
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

    let news = json!({"about": id, "title": "It charges", "body": "For an hour."});
    let news = by.post("/v1/updates", &news).await?.ok()?;
    known.example("GET /v1/updates", json!({"about": id}), Value::Null);
    known.example("GET /v1/updates/{id}", json!({"id": news["id"]}), Value::Null);
    let call = json!({"campaign": id, "name": "Case", "amount": usd("2.00"), "applications_until": "2031-02-01"});
    let call = by.post("/v1/milestone-calls", &call).await?.ok()?;
    known.example("GET /v1/milestone-calls/{id}", json!({"id": call["id"]}), Value::Null);
    let of_campaign = json!({"campaign": id});
    known.example("GET /v1/milestone-calls", of_campaign.clone(), Value::Null);
    known.example("GET /v1/milestones", of_campaign.clone(), Value::Null);
    known.example("GET /v1/milestones/{id}", json!({"id": claim["milestone"]}), Value::Null);
    known.example("GET /v1/releases", of_campaign, Value::Null);
    known.example("GET /v1/releases/{id}/sources", json!({"id": work.release().await?}), Value::Null);
    Ok(())
}
