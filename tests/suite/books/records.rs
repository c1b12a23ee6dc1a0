//! The ledger API beyond single entries: batches, reversals, holds, closed periods.

use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::{Answer, text};
use serde_json::{Value, json};
use tests::{Stage, day};
use uuid::Uuid;

type Outcome = anyhow::Result<()>;

/// A book with a bank that cannot be overdrawn.
async fn kept() -> anyhow::Result<(Stage, String)> {
    let stage = Stage::set().await?;
    let path = format!("/v1/books/{}", stage.cast.book);
    for (code, class, floor) in
        [("assets:bank", "asset", Some("0.00")), ("equity:own", "equity", None), ("income:boards", "income", None)]
    {
        let body = json!({"code": code, "class": class, "currency": "USD", "floor": floor});
        stage.cast.treasurer.post(&format!("{path}/accounts"), &body).await?.ok()?;
    }
    Ok((stage, path))
}

fn entry(debit: &str, credit: &str, amount: &str) -> Value {
    json!({"lines": [{"debit": debit, "credit": credit, "amount": usd(amount)}]})
}

fn is_problem(answer: &Answer, status: u16, code: &str) -> bool {
    answer.status == status && answer.body["type"] == format!("/problems/{code}")
}

#[tokio::test]
async fn a_batch_gives_each_entry_its_own_verdict_and_each_key_its_first_answer() -> Outcome {
    let (stage, path) = kept().await?;
    let keys: Vec<String> = (0..3).map(|_| Uuid::now_v7().to_string()).collect();
    let batch = |on_error: &str, keys: &[String]| {
        let spend = entry("equity:own", "assets:bank", "70.00");
        let entries = [entry("assets:bank", "equity:own", "100.00"), spend.clone(), spend];
        let entries: Vec<Value> =
            entries.iter().zip(keys).map(|(entry, key)| json!({"key": key, "entry": entry})).collect();
        json!({"on_error": on_error, "entries": entries})
    };
    let route = format!("{path}/journal-entries:batch");
    let verdicts = |answer: Value| -> Vec<String> {
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["verdict"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let refused = stage.cast.treasurer.post(&route, &batch("all_or_nothing", &keys)).await?;
    ensure!(is_problem(&refused, 409, "below-floor"), "{refused:?}");
    ensure!(stage.balance("assets:bank").await? == "0.00", "nothing of it was posted");

    let first = stage.cast.treasurer.post(&route, &batch("continue", &keys)).await?.ok()?;
    ensure!(verdicts(first.clone()) == ["posted", "posted", "refused"], "{first}");
    ensure!(first["items"][2]["problem"]["type"] == "/problems/below-floor", "{first}");
    let again = stage.cast.treasurer.post(&route, &batch("continue", &keys)).await?.ok()?;
    ensure!(
        verdicts(again.clone()) == ["posted", "posted", "refused"] && again["items"][0]["replayed"] == true,
        "{again}"
    );
    ensure!(again["items"][1]["number"] == first["items"][1]["number"]);
    ensure!(stage.balance("assets:bank").await? == "30.00");

    let fresh: Vec<String> = (0..3).map(|_| Uuid::now_v7().to_string()).collect();
    let mut stop = batch("stop", &fresh);
    stop["entries"].as_array_mut().context("entries")?.swap(0, 2);
    let stopped = stage.cast.treasurer.post(&route, &stop).await?.ok()?;
    ensure!(verdicts(stopped.clone()) == ["refused", "skipped", "skipped"], "{stopped}");
    stage.app.finish().await
}

#[tokio::test]
async fn a_reversal_is_the_exact_mirror_linked_and_once() -> Outcome {
    let (stage, path) = kept().await?;
    let entries = format!("{path}/journal-entries");
    let posted = stage.cast.treasurer.post(&entries, &entry("assets:bank", "income:boards", "15.50")).await?.ok()?;
    let route = format!("{entries}/{}:reverse", posted["number"]);
    let mirror = stage.cast.treasurer.post(&route, &json!({"reason": "posted twice"})).await?.ok()?;
    ensure!(mirror["lines"][0]["debit"] == "income:boards" && mirror["lines"][0]["kind"] == "reversal", "{mirror}");
    ensure!(stage.balance("assets:bank").await? == "0.00");
    let twice = stage.cast.treasurer.post(&route, &json!({"reason": "again"})).await?;
    ensure!(is_problem(&twice, 409, "already-reversed") || is_problem(&twice, 409, "below-floor"), "{twice:?}");
    let of_mirror = format!("{entries}/{}:reverse", mirror["number"]);
    let refused = stage.cast.treasurer.post(&of_mirror, &json!({"reason": "no"})).await?;
    ensure!(is_problem(&refused, 409, "not-reversible"), "{refused:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn what_is_held_is_not_spent_and_a_hold_ends_once() -> Outcome {
    let (stage, path) = kept().await?;
    let treasurer = &stage.cast.treasurer;
    let entries = format!("{path}/journal-entries");
    treasurer.post(&entries, &entry("assets:bank", "equity:own", "100.00")).await?.ok()?;
    let hold = |amount: &str, expires: Option<String>| json!({"account": "assets:bank", "amount": usd(amount), "expires_at": expires});
    let short = treasurer.post(&format!("{path}/holds"), &hold("100.01", None)).await?;
    ensure!(is_problem(&short, 409, "below-floor"), "{short:?}");
    let held = treasurer.post(&format!("{path}/holds"), &hold("60.00", None)).await?.ok()?;
    let spend = treasurer.post(&entries, &entry("equity:own", "assets:bank", "40.01")).await?;
    ensure!(is_problem(&spend, 409, "below-floor"), "{spend:?}");
    treasurer.post(&entries, &entry("equity:own", "assets:bank", "40.00")).await?.ok()?;

    let route = format!("{path}/holds/{}", text(&held, "/id")?);
    let capture = json!({"to": "equity:own", "amount": usd("25.00"), "memo": "part of it"});
    let captured = treasurer.post(&format!("{route}:capture"), &capture).await?.ok()?;
    ensure!(captured["hold"]["state"] == "captured", "{captured}");
    ensure!(stage.balance("assets:bank").await? == "35.00", "the rest is free again");
    for end in ["capture", "release"] {
        let body = if end == "capture" { capture.clone() } else { json!({}) };
        let again = treasurer.post(&format!("{route}:{end}"), &body).await?;
        ensure!(is_problem(&again, 409, "hold-ended"), "{again:?}");
    }

    let until = format!("{}T00:00:00Z", day(1, 10));
    let passing = treasurer.post(&format!("{path}/holds"), &hold("35.00", Some(until))).await?.ok()?;
    ensure!(passing["state"] == "held", "{passing}");
    stage.cast.advance(day(1, 11)).await?;
    treasurer.post(&entries, &entry("equity:own", "assets:bank", "35.00")).await?.ok()?;
    let listed = treasurer.all(&format!("{path}/holds")).await?;
    ensure!(listed.len() == 2 && listed[1]["state"] == "released", "{listed:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn a_loss_on_an_exchange_is_posted_and_balances_are_read_at_any_moment() -> Outcome {
    let (stage, path) = kept().await?;
    let treasurer = &stage.cast.treasurer;
    for (code, class, currency) in [
        ("assets:bank-eur", "asset", "EUR"),
        ("equity:exchange:eur", "equity", "EUR"),
        ("equity:exchange:usd", "equity", "USD"),
        ("expenses:exchange-loss", "expense", "USD"),
    ] {
        let body = json!({"code": code, "class": class, "currency": currency});
        treasurer.post(&format!("{path}/accounts"), &body).await?.ok()?;
    }
    let entries = format!("{path}/journal-entries");
    let first = treasurer.post(&entries, &entry("assets:bank", "equity:own", "100.00")).await?.ok()?;
    let leg = |account: &str, side: &str, amount: &str, currency: &str| json!({"account": account, "side": side, "amount": {"amount": amount, "currency": currency}});
    let mut legs = vec![
        leg("assets:bank", "credit", "100.00", "USD"),
        leg("equity:exchange:usd", "debit", "98.50", "USD"),
        leg("expenses:exchange-loss", "debit", "1.50", "USD"),
        leg("assets:bank-eur", "debit", "90.00", "EUR"),
    ];
    let lame = treasurer.post(&entries, &json!({"legs": legs})).await?;
    ensure!(is_problem(&lame, 422, "invalid"), "{lame:?}");
    ensure!(text(&lame.body, "/errors/0/message")? == "EUR: debits 90.00, credits 0.00", "{lame:?}");
    legs.push(leg("equity:exchange:eur", "credit", "90.00", "EUR"));
    let exchanged = treasurer.post(&entries, &json!({"legs": legs})).await?.ok()?;
    let read = exchanged["legs"].as_array().context("legs")?;
    ensure!(read.len() == legs.len() && legs.iter().all(|leg| read.contains(leg)), "{exchanged}");

    let of_bank = format!("{path}/accounts/assets:bank/balance");
    let today = format!("{of_bank}?as_of={}", day(12, 31));
    let after = format!("{of_bank}?after={}", first["number"]);
    let before = format!("{of_bank}?as_of=2020-01-01");
    for (at, expected) in [(&of_bank, "0.00"), (&after, "100.00"), (&today, "0.00"), (&before, "0.00")] {
        let found = treasurer.get(at).await?.ok()?;
        ensure!(text(&found, "/balance/amount")? == expected, "{at}: {found}");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn a_closed_period_refuses_entries_but_never_a_fact_from_outside() -> Outcome {
    let (stage, path) = kept().await?;
    let treasurer = &stage.cast.treasurer;
    let campaign = stage.campaign().await?;
    let gift = tests::once(&campaign, "gift", "30.00", day(2, 1), "sandbox_ok")?;
    stage.pledge(&campaign, &gift).await?;
    stage.cast.advance(day(2, 1)).await?;
    let entries = format!("{path}/journal-entries");
    let close = format!("{path}/periods/{}:close", day(1, 31));
    treasurer.post(&close, &json!({})).await?.ok()?;
    let twice = treasurer.post(&close, &json!({})).await?;
    ensure!(is_problem(&twice, 409, "period-closed"), "{twice:?}");
    let mut late = entry("assets:bank", "equity:own", "1.00");
    late["effective"] = json!(day(1, 31).to_string());
    let refused = treasurer.post(&entries, &late).await?;
    ensure!(is_problem(&refused, 409, "closed-period"), "{refused:?}");
    late["effective"] = json!(day(2, 1).to_string());
    treasurer.post(&entries, &late).await?.ok()?;
    let future = treasurer.post(&format!("{path}/periods/{}:close", day(2, 20)), &json!({})).await?;
    ensure!(is_problem(&future, 422, "invalid"), "{future:?}");
    // The settlement of what was captured on 1 February arrives after that day has been closed.
    stage.cast.advance(day(2, 2)).await?;
    treasurer.post(&format!("{path}/periods/{}:close", day(2, 1)), &json!({})).await?.ok()?;
    stage.cast.advance(day(2, 5)).await?;
    ensure!(stage.balance("assets:cash:").await? == "30.00");
    stage.app.finish().await
}
