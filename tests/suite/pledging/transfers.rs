//! Gifts by transfer over HTTP: what donors are told to write, what comes of a file of the bank, and who sees what differs.

use super::donors::{link, look};
use crate::statement_files::{entry, send, statement};
use anyhow::ensure;
use api::demo::client::{Client, text};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

pub(super) async fn change_book(by: &Client, book: &str, change: &Value) -> anyhow::Result<api::demo::client::Answer> {
    let path = format!("/v1/books/{book}");
    let seen = by.get(&path).await?.etag.unwrap_or_default();
    by.send(Method::PATCH, &path, Some(change), &[("If-Match", &seen)]).await
}

#[tokio::test]
async fn b10_donors_transfer_with_a_reference_and_everybody_sees_where_it_went_and_what_differs() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let cast = &stage.cast;
    let by = &cast.treasurer;
    let campaign = stage.campaign().await?;
    ensure!(campaign["transfer_reference"].is_null(), "{campaign}");
    for wrong in [json!({}), json!({"transfers_to": "nobody"}), json!({"transfers_to": cast.team})] {
        ensure!(change_book(by, &cast.book, &wrong).await?.status == 422, "{wrong}");
    }
    let changed = change_book(by, &cast.book, &json!({"transfers_to": cast.platform})).await?.ok()?;
    ensure!(changed["transfers_to"] == json!(cast.platform), "{changed}");
    let campaign_path = format!("/v1/campaigns/{}", text(&campaign, "/id")?);
    let of_campaign = text(&by.get(&campaign_path).await?.ok()?, "/transfer_reference")?.to_owned();
    let mut body = once(&campaign, "ada", "30.00", day(1, 3), "")?;
    (body["rail"], body["method"]) = (json!("partner"), json!("transfer"));
    let pledge = stage.pledge(&campaign, &body).await?;
    let of_pledge = text(&pledge, "/transfer_reference")?.to_owned();
    ensure!(of_campaign.len() == 25 && of_pledge.len() == 25 && of_pledge != of_campaign);
    let groups: Vec<&str> = (0..25).step_by(4).filter_map(|at| of_pledge.get(at..25.min(at + 4))).collect();
    let (url, _) = link(&stage, &pledge).await?;
    let page = look(&url).await?.body;
    ensure!(page.contains(&groups.join(" ")) && page.contains("To pay by transfer"), "{page}");
    cast.advance(day(1, 5)).await?;

    // A file of the bank: two gifts, one with the reference in its text as people type it, and one that nobody knows.
    let on = day(1, 4);
    let free = |text: &str| format!("<RmtInf><Ustrd>{text}</Ustrd></RmtInf>");
    let structured = format!("<RmtInf><Strd><CdtrRefInf><Ref>{of_campaign}</Ref></CdtrRefInf></Strd></RmtInf>");
    let entries = entry("t-1", "25.00", "CRDT", on, &free(&format!("gift {}", groups.join(" ").to_lowercase())))
        + &entry("t-2", "7.50", "CRDT", on, &structured)
        + &entry("t-3", "4.00", "CRDT", on, &free("happy birthday"));
    let file = statement(&entries, "0.00", "36.50", on);
    let path = format!("/v1/books/{}/bank-statement-files?custodian={}", cast.book, cast.platform);
    let (status, sent) = send(by, &path, "application/xml", file.clone(), "one").await?;
    ensure!(status == 201, "{sent}");
    stage.app.work_until_idle().await?;
    let lines = by.all(&format!("/v1/books/{}/bank-lines", cast.book)).await?;
    let states: Vec<&Value> = lines.iter().map(|line| &line["state"]).collect();
    ensure!(states == ["gift", "gift", "suspense"], "{lines:?}");
    let charge = by.get(&format!("/v1/charges/{}", text(&lines[0], "/charge")?)).await?.ok()?;
    ensure!(charge["state"] == "settled" && charge["amount"]["amount"] == "25.00", "{charge}");
    ensure!(charge["pledge"] == pledge["id"], "{charge}");

    // The same lines by themselves are the ones that are there; one more is a gift at once.
    let credit = |reference: &str, amount: &str, on: Date, free: &str| {
        json!({"reference": reference, "direction": "credit", "amount": {"amount": amount, "currency": "USD"},
               "value_date": on, "text": free})
    };
    let statements = format!("/v1/books/{}/bank-statements", cast.book);
    let told = json!({"custodian": cast.platform, "lines": [
        credit("t-1", "25.00", on, ""),
        credit("t-4", "2.50", day(1, 5), &format!("for all of you: {of_campaign}")),
    ]});
    let taken = by.post(&statements, &told).await?.ok()?;
    ensure!(taken["lines"][0]["charge"] == lines[0]["charge"] && taken["lines"][1]["state"] == "gift", "{taken}");
    ensure!(stage.balance("liabilities:fund:").await? == "35.00");

    // What waits is a task of the host, who says that it is a gift to the campaign.
    let waiting = by.get("/v1/me/waiting").await?.ok()?;
    let tasks = waiting["items"].as_array().cloned().unwrap_or_default();
    ensure!(tasks.iter().any(|task| task["kind"] == "match_suspense" && task["title"] == "t-3"), "{waiting}");
    let item = format!("/v1/suspense/{}", text(&lines[2], "/suspense")?);
    let shown = by.get(&item).await?.ok()?;
    ensure!(shown["why"] == "reference_unknown" && shown["pledge"].is_null() && shown["bank_line"] == lines[2]["id"]);
    ensure!(by.post(&format!("{item}:match"), &json!({})).await?.status == 422);
    let matched =
        by.post(&format!("{item}:match"), &json!({"campaign": campaign["id"], "reason": "she called"})).await?;
    ensure!(matched.ok()?["state"] == "matched");
    ensure!(stage.balance("liabilities:fund:").await? == "39.00");
    ensure!(stage.balance("liabilities:suspense:").await? == "0.00");

    // Its own people see what differs: nothing but a card payment that is on its way. A stranger sees no single one of a public book.
    stage.pledge(&campaign, &once(&campaign, "bob", "5.00", day(1, 5), "sandbox_ok")?).await?;
    stage.app.work_until_idle().await?;
    change_book(&cast.operator, &cast.book, &json!({"visibility": "public"})).await?.ok()?;
    let report = format!("/v1/books/{}/reports/reconciliation", cast.book);
    let seen = by.get(&report).await?.ok()?;
    ensure!(seen["custodians"][0]["unexplained"]["amount"] == "0.00", "{seen}");
    let all = by.all(&report).await?;
    let found: Vec<&Value> = all.iter().filter(|it| it["differences"] != json!([])).collect();
    ensure!(all.len() == 5 && found.len() == 1, "{all:?}");
    let difference = &found[0]["differences"][0];
    ensure!(difference["reason"] == "in_transit" && difference["amount"]["amount"] == "5.00", "{found:?}");
    ensure!(all.iter().filter(|it| it["bank"]["amount"] == it["book"]["amount"]).count() == 4, "{all:?}");
    let none = by.get(&format!("{report}?custodian={}", cast.host)).await?.ok()?;
    ensure!(none["items"] == json!([]) && none["custodians"] == json!([]), "{none}");
    a_stranger_sees_no_bank_line(&stage).await?;
    stage.app.finish().await
}

/// To a stranger of a public book with payments of people, banks and the book agree or differ: no figure of either is told.
async fn a_stranger_sees_no_bank_line(stage: &Stage) -> Outcome {
    let nobody = Client::new(stage.app.base_url())?;
    for path in ["reconciliation", "custodian-check"] {
        let seen = nobody.get(&format!("/v1/books/{}/reports/{path}", stage.cast.book)).await?;
        ensure!(seen.status == 403, "{path}: {}", seen.body);
    }
    let check = nobody.get("/check.json").await?.ok()?;
    let bank = &check["books"][0]["banks"][0];
    ensure!(bank["is_explained"] == true && bank["figures"].is_null(), "{check}");
    let page = nobody.download("/check").await?;
    ensure!(page.contains("agrees with the book") && !page.contains("At the bank"), "{page}");
    Ok(())
}
