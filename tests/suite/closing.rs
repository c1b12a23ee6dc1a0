//! A book that is kept by the lines of banks, over HTTP: a month with a settlement that is short and a line that nobody knows.

use anyhow::{Context as _, ensure};
use api::demo::cast::Cast;
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
    let early = cast.partner.post_keyed("/v1/settlements", &settlement, "early").await?.ok()?;
    ensure!(early["state"] == "announced" && early["amount"] == usd("0.00"), "{early}");
    ensure!(early["announced"]["amount"] == usd("9.90") && early["announced"]["difference"].is_null(), "{early}");
    ensure!(cast.partner.post_keyed("/v1/settlements", &settlement, "early").await?.ok()? == early, "a replay");
    let path = format!("/v1/settlements/{}", text(&early, "/id")?);
    ensure!(cast.treasurer.get(&path).await?.ok()? == early);
    let listed = cast.treasurer.all(&format!("/v1/settlements?book={}", cast.book)).await?;
    ensure!(listed.iter().filter(|it| it["state"] == "announced").count() == 1, "{listed:?}");
    let of = cast.treasurer.all(&format!("{path}/charges")).await?;
    ensure!(of.len() == 1 && of[0]["charge"] == charge["id"] && of[0]["missing"] == usd("9.90"), "{of:?}");
    ensure!([403, 404].contains(&cast.stranger.get(&path).await?.status.as_u16()));
    let line = |reference: &str, amount: &str, end_to_end: &str| {
        json!({"reference": reference, "direction": "credit", "amount": usd(amount), "value_date": day(1, 9),
               "end_to_end_id": end_to_end})
    };
    let told = json!({"custodian": cast.platform, "lines": [line("b-1", "9.90", "jan-1"), line("b-2", "5.00", "")]});
    cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &told).await?.ok()?;
    let settled = cast.partner.post("/v1/settlements", &settlement).await?.ok()?;
    ensure!(settled["amount"] == usd("9.90") && settled["missing"] == usd("0.10"), "{settled}");
    ensure!(settled["id"] == early["id"], "the line has settled what was announced: {settled}");
    let shown = cast.treasurer.get(&path).await?.ok()?;
    ensure!(shown["state"] == "settled" && shown["announced"]["settled_by"].is_string(), "{shown}");
    as_of(cast, &early).await
}

/// The reconciliation as it was before the lines came, and as it is: what was owed then has arrived, and a line is there that nobody knows.
async fn as_of(cast: &Cast, early: &Value) -> Outcome {
    let report = format!("/v1/books/{}/reports/reconciliation", cast.book);
    let by = &cast.treasurer;
    let reported = text(early, "/id")?;
    let of = |seen: &Value, is_reported: bool| {
        let items = seen["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|it| (it["settlement"] == reported) == is_reported)
    };
    let then = by.get(&format!("{report}?at={}", text(early, "/created_at")?)).await?.ok()?;
    let before = of(&then, false).context("the settlement of the day")?;
    ensure!(before["arrived"] == usd("0.00") && before["book"] == usd("10.00"), "{before}");
    ensure!(then["unknown_lines"] == json!([]) && of(&then, true).is_none(), "{then}");
    let now = by.get(&report).await?.ok()?;
    let (owed, came) = (of(&now, false).context("of the day")?, of(&now, true).context("what came")?);
    ensure!(owed["book"] == usd("0.10") && came["arrived"] == usd("9.90") && came["bank"] == usd("9.90"), "{now}");
    let unknown = &now["unknown_lines"][0];
    ensure!(unknown["lines"] == 1 && unknown["difference"]["reason"] == "unknown_line", "{now}");
    ensure!(unknown["difference"]["amount"] == usd("5.00"), "{unknown}");
    ensure!(by.get(&format!("{report}?at=2100-01-01T00:00:00Z")).await?.status == 422, "what has not come");
    Ok(())
}

#[tokio::test]
async fn b12_a_month_closes_when_two_people_have_moved_what_its_bank_lines_leave_and_its_people_see_that() -> Outcome {
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

    // Its people see it without a name. In a public book others do not: it is the payment of one. What explains it comes later.
    change_book(&cast.operator, &cast.book, &json!({"visibility": "public"})).await?.ok()?;
    for outsider in [&stage.app.nobody()?, &cast.stranger] {
        for path in [&path, &one] {
            let refused = outsider.get(path).await?;
            ensure!(code(&refused) == "403 forbidden", "{path}: {} {}", refused.status, refused.body);
        }
    }
    ensure!(second.get(&one).await?.ok()? == moved);
    let listed = second.all(&path).await?;
    ensure!(listed == [moved.clone()] && !listed[0].to_string().contains("psn_"), "{listed:?}");
    let why = json!({"reason": "Bob gave it, and wrote no reference"});
    let asked = second.post(&format!("{one}:take-back"), &why).await?.ok()?;
    ensure!(asked["state"] == "taking_back" && asked["back_reason"] == why["reason"], "{asked}");
    ensure!(stage.balance("liabilities:suspense:").await? == "5.00");
    ensure!(code(&second.post(&format!("{one}:approve"), &json!({})).await?) == "409 same-person");
    let back = by.post(&format!("{one}:approve"), &json!({})).await?.ok()?;
    ensure!(back["state"] == "taken_back" && stage.balance("liabilities:suspense:").await? == "0.00", "{back}");
    cast.advance(day(1, 12)).await?;
    let later = by.post(&format!("{book}/periods/{}:close", day(1, 11)), &json!({})).await?;
    ensure!(code(&later) == "409 unexplained", "{}", later.body);
    ensure!(stage.app.count("SELECT count(*) FROM activity WHERE action = 'kept_by_bank_lines'").await? == 1);
    stage.app.finish().await
}

/// A gift by transfer of fifty dollars, of which twenty go back; answers with the refund.
async fn given_back(stage: &Stage, line: impl Fn(&str, &str, &str, &str) -> Value) -> anyhow::Result<Value> {
    let cast = &stage.cast;
    let campaign = stage.campaign().await?;
    change_book(&cast.treasurer, &cast.book, &json!({"transfers_to": cast.platform})).await?.ok()?;
    let mut body = once(&campaign, "ada", "50.00", day(1, 3), "")?;
    (body["rail"], body["method"]) = (json!("partner"), json!("transfer"));
    let pledge = stage.pledge(&campaign, &body).await?;
    cast.advance(day(1, 10)).await?;
    let told = json!({"custodian": cast.platform,
                      "lines": [line("b-1", "credit", "50.00", text(&pledge, "/transfer_reference")?)]});
    cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &told).await?.ok()?;
    let charge = stage.charge(&pledge, 1).await?;
    let path = format!("/v1/charges/{}:refund", text(&charge, "/id")?);
    cast.treasurer.post(&path, &json!({"amount": usd("20.00"), "reason": "she asked"})).await?.ok()
}

#[tokio::test]
async fn b13_a_refund_by_transfer_leaves_with_its_line_and_what_a_bank_has_less_is_owed_once_two_people_say_so()
-> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let (by, second) = (&cast.treasurer, &cast.operator);
    let book = format!("/v1/books/{}", cast.book);
    change_book(by, &cast.book, &json!({"kept_by_bank_lines": true})).await?.ok()?;
    let line = |reference: &str, direction: &str, amount: &str, free: &str| json!({"reference": reference, "direction": direction, "amount": usd(amount), "value_date": day(1, 9), "text": free});
    let refund = given_back(&stage, line).await?;
    let one = format!("/v1/refunds/{}", text(&refund, "/id")?);
    let sent = cast.partner.post(&format!("{one}:settle"), &json!({"provider_reference": "back-1"})).await?.ok()?;
    ensure!(sent["state"] == "sent" && stage.balance("assets:cash:").await? == "50.00", "{sent}");

    // The line by which it left, and one by which the bank took three dollars that nobody knows.
    let of_refund = text(&refund, "/transfer_reference")?;
    let lines = json!([line("b-2", "debit", "20.00", of_refund), line("b-3", "debit", "3.00", "")]);
    let told = json!({"custodian": cast.platform, "lines": lines});
    let taken = by.post(&format!("{book}/bank-statements"), &told).await?.ok()?;
    ensure!(taken["lines"][0]["state"] == "booked" && taken["lines"][0]["booked_as"] == "entry", "{taken}");
    let settled = cast.partner.get(&one).await?.ok()?;
    ensure!(settled["state"] == "settled" && settled["end_entry"] == taken["lines"][0]["entry"], "{settled}");
    ensure!(stage.balance("assets:cash:").await? == "30.00");

    let close = format!("{book}/periods/{}:close", day(1, 9));
    ensure!(code(&by.post(&close, &json!({})).await?) == "409 unexplained");
    let less = json!({"custodian": cast.platform, "amount": usd("3.00"), "side": "less", "date": day(1, 9),
                      "reason": "Their bank does not say what it took"});
    let proposed = by.post(&format!("{book}/bank-differences"), &less).await?.ok()?;
    let path = format!("/v1/bank-differences/{}:approve", text(&proposed, "/id")?);
    let moved = second.post(&path, &json!({})).await?.ok()?;
    ensure!(moved["state"] == "moved" && stage.balance("assets:shortfall:").await? == "3.00", "{moved}");
    ensure!(stage.balance("assets:cash:").await? == "27.00");
    let closed = by.post(&close, &json!({})).await?.ok()?;
    ensure!(closed["differences"] == json!([moved]), "{closed}");
    stage.app.work_until_idle().await?;
    stage.app.finish().await
}
