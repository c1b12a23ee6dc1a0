//! A book that is kept by the lines of banks, over HTTP: a month with a settlement that is short and a line that nobody knows.

use anyhow::ensure;
use api::demo::client::{Answer, Client, text};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn code(answer: &Answer) -> String {
    let kind = answer.body["type"].as_str().unwrap_or_default();
    format!("{} {}", answer.status.as_u16(), kind.trim_start_matches("/problems/"))
}

async fn change_book(by: &Client, book: &str, change: &Value) -> anyhow::Result<Answer> {
    let path = format!("/v1/books/{book}");
    let seen = by.get(&path).await?.etag.unwrap_or_default();
    by.send(Method::PATCH, &path, Some(change), &[("If-Match", &seen)]).await
}

/// The partner collects ten dollars, and its bank keeps ten cents of them: the line settles what came, and another one is known to nobody.
async fn paid_over_short(stage: &Stage) -> Outcome {
    let cast = &stage.cast;
    let campaign = stage.campaign().await?;
    let mut body = once(&campaign, "ada", "10.00", day(1, 3), "")?;
    body["rail"] = json!("partner");
    let pledge = stage.pledge(&campaign, &body).await?;
    cast.advance(day(1, 4)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    let charge_id = text(&charge, "/id")?;
    let capture = json!({"event_id": "e-1", "provider_reference": "p-1"});
    cast.partner.post(&format!("/v1/charges/{charge_id}:capture"), &capture).await?.ok()?;
    cast.advance(day(1, 10)).await?;
    let shown = cast.partner.get(&format!("/v1/charges/{charge_id}")).await?.ok()?;
    ensure!(shown["state"] == "captured", "the clock settles nothing: {shown}");
    let settlement = json!({
        "book": cast.book, "reference": "jan-1", "date": day(1, 9), "amount": usd("9.90"),
        "lines": [{"charge": charge_id, "amount": "9.90"}], "accept_difference": true, "reason": "The bank kept ten cents",
    });
    let early = cast.partner.post("/v1/settlements", &settlement).await?;
    ensure!(code(&early) == "409 line-not-there", "{}", early.body);
    let line = |reference: &str, amount: &str, end_to_end: &str| {
        json!({"reference": reference, "direction": "credit", "amount": usd(amount), "value_date": day(1, 9),
               "end_to_end_id": end_to_end})
    };
    let told = json!({"custodian": cast.platform, "lines": [line("b-1", "9.90", "jan-1"), line("b-2", "5.00", "")]});
    cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &told).await?.ok()?;
    let settled = cast.partner.post("/v1/settlements", &settlement).await?.ok()?;
    ensure!(settled["amount"] == usd("9.90") && settled["missing"] == usd("0.10"), "{settled}");
    Ok(())
}

#[tokio::test]
async fn b12_a_month_closes_when_two_people_have_moved_what_its_bank_lines_leave_and_everybody_sees_that() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let by = &cast.treasurer;
    let second = &cast.operator;
    let book = format!("/v1/books/{}", cast.book);
    let rule = json!({"kept_by_bank_lines": true});
    ensure!(
        [403, 404].contains(&change_book(&cast.claimant, &cast.book, &rule).await?.status.as_u16()),
        "an owner's rule"
    );
    ensure!(change_book(by, &cast.book, &rule).await?.ok()?["kept_by_bank_lines"] == true);

    paid_over_short(&stage).await?;

    // Nobody knows the other line.
    let close = format!("{book}/periods/{}:close", day(1, 9));
    let refused = by.post(&close, &json!({})).await?;
    ensure!(code(&refused) == "409 unexplained", "{}", refused.body);
    ensure!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("5.00 USD")), "{}", refused.body);
    let difference = |amount: &str| {
        json!({"custodian": cast.platform, "amount": usd(amount), "side": "more", "date": day(1, 9),
               "reason": "Their bank does not know whose it is"})
    };
    let path = format!("{book}/bank-differences");
    ensure!(code(&by.post(&path, &difference("4.00")).await?) == "409 difference-differs");
    ensure!([403, 404].contains(&cast.claimant.post(&path, &difference("5.00")).await?.status.as_u16()));
    let proposed = by.post(&path, &difference("5.00")).await?.ok()?;
    let one = format!("/v1/bank-differences/{}", text(&proposed, "/id")?);
    ensure!(code(&by.post(&format!("{one}:approve"), &json!({})).await?) == "409 same-person");
    ensure!([403, 404].contains(&cast.stranger.post(&format!("{one}:approve"), &json!({})).await?.status.as_u16()));
    let moved = second.post(&format!("{one}:approve"), &json!({})).await?.ok()?;
    ensure!(moved["state"] == "moved" && stage.balance("liabilities:suspense:").await? == "5.00", "{moved}");
    let closed = by.post(&close, &json!({})).await?.ok()?;
    ensure!(closed["differences"] == json!([moved]), "{closed}");

    // Everybody sees it in a public book, and nobody's name; what explains it comes later.
    change_book(&cast.operator, &cast.book, &json!({"visibility": "public"})).await?.ok()?;
    let nobody = stage.app.nobody()?;
    let listed = nobody.all(&path).await?;
    ensure!(listed == [moved.clone()] && !listed[0].to_string().contains("psn_"), "{listed:?}");
    let why = json!({"reason": "Bob gave it, and wrote no reference"});
    let back = second.post(&format!("{one}:take-back"), &why).await?.ok()?;
    ensure!(back["state"] == "taken_back" && stage.balance("liabilities:suspense:").await? == "0.00", "{back}");
    cast.advance(day(1, 12)).await?;
    let later = by.post(&format!("{book}/periods/{}:close", day(1, 11)), &json!({})).await?;
    ensure!(code(&later) == "409 unexplained", "{}", later.body);
    ensure!(stage.app.count("SELECT count(*) FROM activity WHERE action = 'kept_by_bank_lines'").await? == 1);
    stage.app.finish().await
}
