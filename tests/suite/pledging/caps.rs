//! Caps and tiers over HTTP: what still fits is decided by the book, however many ask at once.

use super::Outcome;
use super::kinds::{published, totals};
use super::transfers::change_book;
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::{Answer, Client, text};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::browser::Browser;
use tests::{Stage, day, monthly, once};

async fn place(stage: &Stage, campaign: &Value, body: &Value) -> anyhow::Result<Answer> {
    stage.cast.partner.post(&format!("/v1/campaigns/{}/pledges", text(campaign, "/id")?), body).await
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

fn capped(over: &str) -> Value {
    let elsewhere = json!({"amount": usd("2500.00"), "on": "2026-01-15", "reason": "A grant of the city"});
    json!({"kind": "keep_what_you_raise", "goal": usd("5000.00"), "cap": usd("5000.00"), "over_cap": over,
           "funded_elsewhere": elsewhere})
}

#[tokio::test]
async fn p16_what_is_funded_elsewhere_takes_room_below_the_cap_and_raising_the_goal_reopens() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = published(&stage, "refusing", capped("refuse")).await?;
    ensure!(campaign["funded_elsewhere"]["amount"] == usd("2500.00"), "{campaign}");
    let body = |reference: &str, amount: &str| once(&campaign, reference, amount, day(1, 10), "sandbox_ok");
    let over = place(&stage, &campaign, &body("over", "2500.01")?).await?;
    refused(&over, "campaign-full")?;
    ensure!(text(&over.body, "/detail")?.contains("2500.00 USD still fit"), "{over:?}");
    ensure!(place(&stage, &campaign, &body("all", "2500.00")?).await?.status == 201);
    refused(&place(&stage, &campaign, &body("more", "0.01")?).await?, "campaign-full")?;
    let raise = format!("/v1/campaigns/{}:raise", text(&campaign, "/id")?);
    let lower = stage.cast.treasurer.post(&raise, &json!({"goal": usd("4999.99")})).await?;
    refused(&lower, "goal-not-raised")?;
    let raised = stage.cast.treasurer.post(&raise, &json!({"goal": usd("5100.00"), "reason": "agreed"})).await?.ok()?;
    ensure!(raised["goal"] == usd("5100.00") && raised["cap"] == usd("5100.00"), "{raised}");
    ensure!(place(&stage, &campaign, &body("reopened", "100.00")?).await?.status == 201);
    refused(&place(&stage, &campaign, &body("full", "0.01")?).await?, "campaign-full")?;

    let campaign = published(&stage, "trimming", capped("trim")).await?;
    let body = |reference: &str, amount: &str| once(&campaign, reference, amount, day(1, 10), "sandbox_ok");
    let trimmed = place(&stage, &campaign, &body("trimmed", "2500.01")?).await?.ok()?;
    ensure!(trimmed["amount"] == usd("2500.00") && trimmed["asked_amount"] == usd("2500.01"), "{trimmed}");
    let again = place(&stage, &campaign, &body("trimmed", "2500.01")?).await?;
    ensure!(again.status == 200 && again.body["amount"] == usd("2500.00"), "{again:?}");
    refused(&place(&stage, &campaign, &body("nothing", "0.01")?).await?, "campaign-full")?;
    let raise = format!("/v1/campaigns/{}:raise", text(&campaign, "/id")?);
    stage.cast.treasurer.post(&raise, &json!({"goal": usd("5010.00")})).await?.ok()?;
    let item = |reference: &str| anyhow::Ok(json!({"key": reference, "pledge": body(reference, "6.00")?}));
    let batch = json!({"on_error": "continue", "pledges": [item("in-1")?, item("in-2")?, item("in-3")?]});
    let path = format!("/v1/campaigns/{}/pledges:batch", text(&campaign, "/id")?);
    let items = stage.cast.partner.post(&path, &batch).await?.ok()?;
    ensure!(items["items"][0]["pledge"]["amount"] == usd("6.00"), "{items}");
    ensure!(items["items"][1]["pledge"]["amount"] == usd("4.00"), "{items}");
    ensure!(items["items"][2]["problem"]["type"] == "/problems/campaign-full", "{items}");
    stage.cast.advance(day(1, 10)).await?;
    let found = totals(&stage, &campaign).await?;
    ensure!(found["pledged"] == usd("2510.00") && found["collected"] == usd("2510.00"), "{found}");
    stage.app.finish().await
}

/// Some of them alone and the others in one batch, all at once: those that are placed. Who is not hears why, in this word.
async fn at_once(stage: &Stage, campaign: &Value, bodies: &[Value], code: &str) -> anyhow::Result<Vec<Value>> {
    let (alone, batched) = bodies.split_at(bodies.len() / 2);
    let items: Vec<Value> = batched.iter().map(|body| json!({"key": body["reference"], "pledge": body})).collect();
    let batch = json!({"on_error": "continue", "pledges": items});
    let path = format!("/v1/campaigns/{}/pledges:batch", text(campaign, "/id")?);
    let (answers, batch) = tokio::join!(
        join_all(alone.iter().map(|body| place(stage, campaign, body))),
        stage.cast.partner.post(&path, &batch)
    );
    let mut placed = Vec::new();
    for answer in answers {
        let answer = answer?;
        if answer.status == 201 {
            placed.push(answer.body);
        } else {
            refused(&answer, code)?;
        }
    }
    for item in batch?.ok()?["items"].as_array().context("items")? {
        if item["verdict"] == "placed" {
            placed.push(item["pledge"].clone());
        } else {
            ensure!(item["problem"]["type"] == format!("/problems/{code}"), "{item}");
        }
    }
    Ok(placed)
}

#[tokio::test]
async fn thirty_two_who_ask_at_once_pass_neither_a_cap_nor_the_places_of_a_tier_and_who_leaves_makes_room() -> Outcome {
    let stage = Stage::set().await?;
    let kind = json!({"kind": "all_or_nothing", "goal": usd("100.00"), "cap": usd("100.00")});
    let campaign = published(&stage, "crowded", kind).await?;
    let bodies: Vec<Value> = (0..32)
        .map(|place| once(&campaign, &format!("b-{place}"), "30.00", day(1, 10), "sandbox_ok"))
        .collect::<anyhow::Result<_>>()?;
    let placed = at_once(&stage, &campaign, &bodies, "campaign-full").await?;
    ensure!(placed.len() == 3, "{} fit", placed.len());
    ensure!(totals(&stage, &campaign).await?["pledged"] == usd("90.00"));
    let whole = |amount: &str| -> anyhow::Result<Value> {
        let first = once(&campaign, "whole-1", "10.00", day(1, 10), "sandbox_ok")?;
        let second = once(&campaign, "whole-2", amount, day(1, 10), "sandbox_ok")?;
        Ok(json!({"on_error": "all_or_nothing",
                  "pledges": [{"key": "whole-1", "pledge": first}, {"key": "whole-2", "pledge": second}]}))
    };
    let path = format!("/v1/campaigns/{}/pledges:batch", text(&campaign, "/id")?);
    let over = stage.cast.partner.post(&path, &whole("0.01")?).await?;
    refused(&over, "campaign-full")?;
    ensure!(text(&over.body, "/detail")?.contains("pledge 1 of the batch"), "{over:?}");
    let cancel = format!("/v1/pledges/{}:cancel", text(&placed[0], "/id")?);
    stage.cast.partner.post(&cancel, &json!({"reason": "the donor asked"})).await?.ok()?;
    let whole = stage.cast.partner.post(&path, &whole("30.00")?).await?.ok()?;
    ensure!(whole["items"][1]["verdict"] == "placed", "{whole}");

    let atlas = published(&stage, "atlas", json!({"kind": "all_or_nothing", "goal": usd("60.00")})).await?;
    let tiers = format!("/v1/campaigns/{}/tiers", text(&atlas, "/id")?);
    let new = json!({"name": "A printed atlas", "amount": usd("20.00"), "places": 3});
    let tier = stage.cast.treasurer.post(&tiers, &new).await?.ok()?;
    let body = |reference: &str, amount: &str, token: &str| -> anyhow::Result<Value> {
        let mut body = once(&atlas, reference, amount, day(1, 10), token)?;
        body["tier"] = tier["id"].clone();
        Ok(body)
    };
    let little = place(&stage, &atlas, &body("little", "19.99", "sandbox_ok")?).await?;
    ensure!(little.status == 422 && little.body["errors"][0]["pointer"] == "/amount", "{little:?}");
    let mut elsewhere = body("elsewhere", "20.00", "sandbox_ok")?;
    elsewhere["terms_sha256"] = campaign["terms_sha256"].clone();
    let elsewhere = place(&stage, &campaign, &elsewhere).await?;
    ensure!(elsewhere.body["errors"][0]["pointer"] == "/tier", "{elsewhere:?}");
    let bodies: Vec<Value> = (0..32)
        .map(|place| body(&format!("t-{place}"), "20.00", "sandbox_insufficient_funds"))
        .collect::<anyhow::Result<_>>()?;
    let taken = at_once(&stage, &atlas, &bodies, "tier-sold-out").await?;
    ensure!(taken.len() == 3 && taken[0]["has_place"] == true, "{} places", taken.len());
    ensure!(stage.cast.treasurer.all(&tiers).await?[0]["places_left"] == 0);
    let without = once(&atlas, "without", "20.00", day(1, 10), "sandbox_ok")?;
    ensure!(place(&stage, &atlas, &without).await?.status == 201, "the campaign itself has room");
    let cancel = format!("/v1/pledges/{}:cancel", text(&taken[0], "/id")?);
    stage.cast.partner.post(&cancel, &json!({})).await?.ok()?;
    let good = place(&stage, &atlas, &body("good", "20.00", "sandbox_ok")?).await?.ok()?;
    refused(&place(&stage, &atlas, &body("one-more", "20.00", "sandbox_ok")?).await?, "tier-sold-out")?;

    // The payments of two are tried for a week, and then given up; the third is collected, and goes back whole.
    stage.cast.advance(day(1, 19)).await?;
    let found = totals(&stage, &campaign).await?;
    ensure!(found["pledged"] == usd("130.00") && found["dropped"] == usd("30.00"), "{found}");
    ensure!(found["collected"] == usd("100.00") && found["counted_since"].is_string(), "{found}");
    let lapsed = stage.again(&taken[1]).await?;
    ensure!(lapsed["state"] == "lapsed" && lapsed["has_place"] == false, "{lapsed}");
    ensure!(stage.cast.treasurer.all(&tiers).await?[0]["places_left"] == 2);
    let charge = stage.charge(&good, 1).await?;
    let refund = format!("/v1/charges/{}:refund", text(&charge, "/id")?);
    stage.cast.treasurer.post(&refund, &json!({"reason": "asked for"})).await?.ok()?;
    stage.app.work_until_idle().await?;
    let back = stage.again(&good).await?;
    ensure!(back["state"] == "refunded" && back["has_place"] == false, "{back}");
    ensure!(stage.cast.treasurer.all(&tiers).await?[0]["places_left"] == 3);
    stage.app.finish().await
}

#[tokio::test]
async fn a_plan_with_an_end_is_promised_whole_and_of_an_open_one_the_first_payment() -> Outcome {
    let stage = Stage::set().await?;
    let kind = json!({"kind": "recurring", "monthly_goal": usd("50.00"), "cap": usd("100.00"), "last_day": null});
    let campaign = published(&stage, "plans", kind).await?;
    let whole = monthly(&campaign, "whole", "20.00", day(1, 10), 4, "sandbox_ok")?;
    let mut open = monthly(&campaign, "open", "20.00", day(1, 10), 4, "sandbox_ok")?;
    open["schedule"] = json!({"interval": "monthly", "start": day(1, 10).to_string()});
    let whole = stage.pledge(&campaign, &whole).await?;
    stage.pledge(&campaign, &open).await?;
    let over = once(&campaign, "over", "0.01", day(1, 10), "sandbox_ok")?;
    refused(&place(&stage, &campaign, &over).await?, "campaign-full")?;
    stage.cast.advance(day(2, 10)).await?;
    let found = totals(&stage, &campaign).await?;
    // The second payment of the open plan is promised and collected beyond the cap.
    ensure!(found["pledged"] == usd("120.00") && found["collected"] == usd("80.00"), "{found}");
    let cancel = format!("/v1/pledges/{}:cancel", text(&whole, "/id")?);
    stage.cast.partner.post(&cancel, &json!({})).await?.ok()?;
    let found = totals(&stage, &campaign).await?;
    ensure!(found["dropped"] == usd("40.00"), "{found}");
    ensure!(
        place(&stage, &campaign, &once(&campaign, "fits", "40.00", day(2, 10), "sandbox_ok")?).await?.status == 201
    );
    stage.app.finish().await
}

/// What lines of a kind moved on one side of an account, as the journal says.
async fn moved(stage: &Stage, side: &str, account: &str, kind: &str) -> anyhow::Result<i64> {
    let query = format!(
        "SELECT coalesce(sum(t.amount), 0)::bigint FROM transfer t JOIN movement_kind k ON k.kind = t.kind
           JOIN account a ON a.book_id = t.book_id AND a.number = t.{side} WHERE a.code = '{account}' AND k.name = '{kind}'"
    );
    stage.app.count(&query).await
}

#[tokio::test]
async fn the_five_totals_of_a_campaign_are_what_its_accounts_moved_and_none_is_in_another() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = published(&stage, "five", json!({"kind": "keep_what_you_raise", "goal": usd("500.00")})).await?;
    let give = async |reference: &str, amount: &str, token: &str| {
        stage.pledge(&campaign, &once(&campaign, reference, amount, day(1, 5), token)?).await
    };
    let kept = give("kept", "100.00", "sandbox_ok").await?;
    let taken = give("taken", "30.00", "sandbox_ok").await?;
    give("stolen", "50.00", "sandbox_stolen_card").await?;
    let left = give("left", "20.00", "sandbox_ok").await?;
    let five = async || -> anyhow::Result<[String; 5]> {
        let found = totals(&stage, &campaign).await?;
        let fund = "liabilities:fund:five";
        let (promises, disputes) = ("equity:commitments:five:pledged", "assets:disputes:five");
        let journal = [
            moved(&stage, "credit", promises, "pledge_committed").await?,
            moved(&stage, "credit", fund, "charge_captured").await?,
            moved(&stage, "debit", promises, "commitment_dropped").await?,
            moved(&stage, "debit", fund, "refund_sent").await? - moved(&stage, "credit", fund, "refund_failed").await?,
            moved(&stage, "debit", disputes, "dispute_opened").await?
                - moved(&stage, "credit", disputes, "dispute_won").await?,
        ];
        let mut told = [const { String::new() }; 5];
        for (place, field) in ["pledged", "collected", "dropped", "refunded", "disputed"].into_iter().enumerate() {
            text(&found, &format!("/{field}/amount"))?.clone_into(&mut told[place]);
            ensure!(told[place].replace('.', "").parse::<i64>()? == journal[place], "{field}: {found} {journal:?}");
        }
        ensure!(!found.as_object().context("totals")?.keys().any(|field| field.contains("raised")), "{found}");
        Ok(told)
    };
    assert_eq!(five().await?, ["200.00", "0.00", "0.00", "0.00", "0.00"]);
    let cancel = format!("/v1/pledges/{}:cancel", text(&left, "/id")?);
    stage.cast.partner.post(&cancel, &json!({})).await?.ok()?;
    assert_eq!(five().await?, ["200.00", "0.00", "20.00", "0.00", "0.00"]);
    stage.cast.advance(day(1, 9)).await?;
    assert_eq!(five().await?, ["200.00", "130.00", "70.00", "0.00", "0.00"]);
    let refund = format!("/v1/charges/{}:refund", text(&stage.charge(&kept, 1).await?, "/id")?);
    stage.cast.treasurer.post(&refund, &json!({"amount": usd("40.00"), "reason": "asked for"})).await?.ok()?;
    assert_eq!(five().await?, ["200.00", "130.00", "70.00", "40.00", "0.00"]);
    let disputed = format!("/v1/charges/{}/chargebacks", text(&stage.charge(&taken, 1).await?, "/id")?);
    let event = json!({"event_id": "evt-1", "amount": usd("30.00"), "fee": usd("15.00"), "reason": "fraudulent"});
    stage.cast.partner.post(&disputed, &event).await?.ok()?;
    assert_eq!(five().await?, ["200.00", "130.00", "70.00", "40.00", "45.00"]);
    stage.app.finish().await
}

/// How many places of the only tier of a campaign are free, as somebody is told: by the API, on the page for programs, and for people.
async fn free(reader: &Client, base: &str, id: &str) -> anyhow::Result<(i64, String)> {
    let told =
        reader.all(&format!("/v1/campaigns/{id}/tiers")).await?[0]["places_left"].as_i64().context("a number")?;
    let twin = reader.get(&format!("/campaigns/{id}.json")).await?.ok()?;
    ensure!(twin["tiers"][0]["places_left"] == told, "{twin}");
    let (_, page) = Browser::new(base)?.get(&format!("/campaigns/{id}")).await?;
    let row = page.split_once("A printed atlas").and_then(|(_, rest)| rest.split("</tr>").next()).context("a row")?;
    Ok((told, row.to_owned()))
}

#[tokio::test]
async fn outsiders_are_told_of_free_places_in_fives_and_find_nobody_by_subtracting_two_days() -> Outcome {
    let stage = Stage::set().await?;
    change_book(&stage.cast.operator, &stage.cast.book, &json!({"visibility": "public"})).await?.ok()?;
    let atlas = published(&stage, "atlas", json!({"kind": "all_or_nothing", "goal": usd("600.00")})).await?;
    let id = text(&atlas, "/id")?;
    let new = json!({"name": "A printed atlas", "amount": usd("20.00"), "places": 12});
    let tier = stage.cast.treasurer.post(&format!("/v1/campaigns/{id}/tiers"), &new).await?.ok()?;
    let outsider = stage.app.nobody()?;
    let (mut days, mut taken) = (Vec::new(), Vec::new());
    for donor in 0..=12 {
        let exact = stage.cast.treasurer.all(&format!("/v1/campaigns/{id}/tiers")).await?;
        ensure!(exact[0]["places_left"] == 12 - donor, "the book's own people read what is so: {exact:?}");
        let partners = stage.cast.partner.all(&format!("/v1/campaigns/{id}/tiers")).await?;
        ensure!(partners == exact, "and so do those who bring donors: {partners:?}");
        let (told, row) = free(&outsider, stage.cast.base(), id).await?;
        ensure!(row.contains(&format!("{told} of 12")) && row.contains("up to") == (told > 0), "{row}");
        days.push(told);
        if donor < 12 {
            let mut body = once(&atlas, &format!("a-{donor}"), "20.00", day(1, 20), "sandbox_ok")?;
            body["tier"] = tier["id"].clone();
            taken.push(place(&stage, &atlas, &body).await?.ok()?);
        }
    }
    ensure!(days == [12, 12, 12, 12, 12, 7, 7, 7, 7, 7, 7, 7, 0], "{days:?}");
    // Who leaves is not found either, but that there is room again is told, as it is taken again.
    let cancel = |pledge: &Value| anyhow::Ok(format!("/v1/pledges/{}:cancel", text(pledge, "/id")?));
    for pledge in &taken[..4] {
        stage.cast.partner.post(&cancel(pledge)?, &json!({"reason": "the donor asked"})).await?.ok()?;
        ensure!(free(&outsider, stage.cast.base(), id).await?.0 == 7);
    }
    stage.app.finish().await
}
