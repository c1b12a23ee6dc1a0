//! Batches of entries, dry runs and legs: order does not decide, and a key has one answer.

use super::{entry, is, keep};
use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::client::Answer;
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

async fn send(host: &Host, on_error: &str, items: &[(&str, Value)], key: &str) -> anyhow::Result<Answer> {
    let entries: Vec<Value> = items.iter().map(|(key, entry)| json!({"key": key, "entry": entry})).collect();
    let batch = json!({"on_error": on_error, "entries": entries});
    host.treasurer.post_keyed(&host.at("/journal-entries:batch"), &batch, key).await
}

/// Verdict and record number of each item.
fn verdicts(answer: &Answer) -> Vec<(String, Option<i64>, bool)> {
    let items = answer.body["items"].as_array().cloned().unwrap_or_default();
    let one = |item: &Value| {
        let verdict = item["verdict"].as_str().unwrap_or_default().to_owned();
        (verdict, item["number"].as_i64(), item["replayed"] == true)
    };
    items.iter().map(one).collect()
}

fn paid(amount: &str) -> Value {
    entry("assets:bank", "equity:own", amount, "2027-02-01")
}

#[tokio::test]
async fn f9_fl1_a_whole_batch_replays_the_entries_whose_keys_are_known_and_names_the_one_that_it_refuses() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let posted = |number| ("posted".to_owned(), Some(number), false);
    let replayed = |number| ("posted".to_owned(), Some(number), true);
    let first = send(&host, "continue", &[("one", paid("1.00"))], "a").await?;
    assert_eq!(verdicts(&first), [posted(4)]);
    let both = [("one", paid("1.00")), ("two", paid("2.00"))];
    for _ in 0..2 {
        let whole = send(&host, "all_or_nothing", &both, "b").await?;
        assert_eq!(verdicts(&whole), [replayed(4), posted(5)], "{}", whole.body);
    }
    let known = send(&host, "all_or_nothing", &both, "c").await?;
    assert_eq!(verdicts(&known), [replayed(4), replayed(5)], "{}", known.body);

    let refused = [
        (vec![("three", paid("3.00")), ("three", paid("3.00"))], "d"),
        (vec![("three", paid("3.00")), ("one", paid("9.00"))], "e"),
        (vec![("three", paid("3.00")), ("f", paid("4.00"))], "f"),
    ];
    for (items, key) in refused {
        for _ in 0..2 {
            let answer = send(&host, "all_or_nothing", &items, key).await?;
            is(&answer, 422, "invalid");
            assert_eq!(answer.body["errors"][0]["pointer"], "/entries/1/key", "{}", answer.body);
        }
    }
    let short = entry("expenses:rent", "assets:bank", "900.00", "2027-02-01");
    let alone = send(&host, "continue", &[("short", short.clone())], "g").await?;
    assert_eq!(alone.body["items"][0]["problem"]["type"], "/problems/below-floor");
    let items = [("three", paid("3.00")), ("short", short)];
    for _ in 0..2 {
        let whole = send(&host, "all_or_nothing", &items, "h").await?;
        is(&whole, 409, "below-floor");
        let detail = whole.body["detail"].as_str().unwrap_or_default();
        ensure!(detail.starts_with("entry 1 of the batch: assets:bank would fall"), "{}", whole.body);
    }
    assert_eq!(host.treasurer.all(&host.at("/journal-entries")).await?.len(), 5, "nothing of a refused batch");
    host.app.finish().await
}

#[tokio::test]
async fn f13_an_entry_that_is_wrong_in_itself_has_its_verdict_and_the_others_are_posted() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let leg = |account: &str, side: &str, amount: &str| json!({"account": account, "side": side, "amount": {"amount": amount, "currency": "USD"}});
    let unbalanced = json!({"legs": [leg("assets:bank", "debit", "1.00"), leg("equity:own", "credit", "2.00")]});
    let mut other_unit = paid("1.00");
    other_unit["lines"][0]["amount"]["currency"] = json!("EUR");
    let wrong = [
        ("unknown account", entry("assets:none", "equity:own", "1.00", "2027-02-01"), "/entry/lines/0/debit"),
        ("unit", other_unit, "/entry/lines/0/amount/currency"),
        ("unbalanced", unbalanced, "/entry/legs"),
        ("no lines", json!({"lines": []}), "/entry/lines"),
        ("too fine", paid("1.001"), "/entry/lines/0/amount/amount"),
    ];
    let key_of = |what: &str| what.replace(' ', "-");
    let mut items: Vec<(String, Value)> = wrong.iter().map(|(what, entry, _)| (key_of(what), entry.clone())).collect();
    items.insert(0, ("first".into(), paid("1.00")));
    items.push(("last".into(), paid("2.00")));
    let items: Vec<(&str, Value)> = items.iter().map(|(key, entry)| (key.as_str(), entry.clone())).collect();
    let answer = send(&host, "continue", &items, "a").await?.ok()?;
    let told = answer["items"].as_array().cloned().unwrap_or_default();
    assert_eq!((&told[0]["number"], &told[wrong.len() + 1]["number"]), (&json!(4), &json!(5)), "{answer}");
    for (index, (what, _, pointer)) in wrong.iter().enumerate() {
        let item = &told[index + 1];
        assert_eq!(item["verdict"], "refused", "{what}: {item}");
        assert_eq!(item["problem"]["errors"][0]["pointer"], format!("/entries/{}{pointer}", index + 1), "{item}");
    }
    for (what, entry, pointer) in &wrong {
        let key = key_of(what);
        let items = [("first", paid("1.00")), (key.as_str(), entry.clone()), ("third", paid("3.00"))];
        let stopped = send(&host, "stop", &items, &format!("stop-{}", what.replace(' ', "-"))).await?;
        let told: Vec<String> = verdicts(&stopped).into_iter().map(|(verdict, ..)| verdict).collect();
        assert_eq!(told, ["posted", "refused", "skipped"], "{what}: {}", stopped.body);
        let whole = send(&host, "all_or_nothing", &items, &format!("whole-{}", what.replace(' ', "-"))).await?;
        is(&whole, 422, "invalid");
        assert_eq!(whole.body["errors"][0]["pointer"], format!("/entries/1{pointer}"), "{}", whole.body);
    }
    // What is not of the contract's shape is no batch.
    let mut a_number = paid("1.00");
    a_number["lines"][0]["amount"]["amount"] = json!(1.0);
    let mut no_number = paid("1.00");
    no_number["lines"][0]["amount"]["amount"] = json!("1e3");
    for (key, entry, pointer) in [
        ("a-number", a_number, "/entries/1/entry/lines/0/amount/amount"),
        ("no-number", no_number, "/entries/1/entry/lines/0/amount/amount"),
        ("two words", paid("1.00"), "/entries/1/key"),
    ] {
        let whole = send(&host, "continue", &[("sixth", paid("1.00")), (key, entry)], &key.replace(' ', "-")).await?;
        is(&whole, 422, "invalid");
        assert_eq!(whole.body["errors"][0]["pointer"], pointer, "{}", whole.body);
    }
    assert_eq!(host.treasurer.all(&host.at("/journal-entries")).await?.len(), 5);
    host.app.finish().await
}

#[tokio::test]
async fn fl5_a_dry_run_with_a_known_key_is_answered_as_the_call_itself() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let (path, dry) = (host.at("/journal-entries"), host.at("/journal-entries?dry_run=true"));
    let tried = host.treasurer.post_keyed(&dry, &paid("1.00"), "rent").await?;
    assert_eq!((tried.status.as_u16(), tried.replayed), (200, false), "a dry run takes no key");
    let posted = host.treasurer.post_keyed(&path, &paid("1.00"), "rent").await?;
    let again = host.treasurer.post_keyed(&dry, &paid("1.00"), "rent").await?;
    assert_eq!((again.status.as_u16(), again.replayed, &again.body), (201, true, &posted.body));
    for target in [&path, &dry] {
        is(&host.treasurer.post_keyed(target, &paid("2.00"), "rent").await?, 422, "idempotency-key-reused");
    }
    let short = entry("expenses:rent", "assets:bank", "900.00", "2027-02-01");
    is(&host.treasurer.post_keyed(&path, &short, "short").await?, 409, "below-floor");
    let again = host.treasurer.post_keyed(&dry, &short, "short").await?;
    is(&again, 409, "below-floor");
    ensure!(again.replayed, "{again:?}");
    assert_eq!(host.treasurer.all(&path).await?.len(), 4);
    host.app.finish().await
}

#[tokio::test]
async fn fl23_an_account_on_both_sides_is_posted_in_any_order_or_refused_at_its_legs() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let leg = |account: &str, side: &str, amount: &str| json!({"account": account, "side": side, "amount": {"amount": amount, "currency": "USD"}});
    let mut legs = vec![
        leg("assets:bank", "debit", "100.00"),
        leg("assets:bank", "credit", "3.00"),
        leg("expenses:rent", "debit", "3.00"),
        leg("income:boards", "credit", "100.00"),
    ];
    for turn in 0..4 {
        legs.rotate_left(1);
        if turn % 2 == 1 {
            legs.reverse();
        }
        let posted = host.treasurer.post(&host.at("/journal-entries"), &json!({"legs": legs})).await?;
        assert_eq!(posted.status.as_u16(), 201, "{}", posted.body);
        let shown = posted.body["legs"].as_array().cloned().unwrap_or_default();
        for leg in &legs {
            ensure!(shown.contains(leg), "{leg} of {}", posted.body);
        }
        let accounts = host.treasurer.all(&host.at("/accounts")).await?;
        let bank = accounts.iter().find(|account| account["code"] == "assets:bank").context("the bank")?;
        assert_eq!(bank["balance"]["amount"], format!("{}.50", 124 + 97 * (turn + 1)), "{bank}");
    }
    let mut itself = vec![
        leg("assets:bank", "debit", "6.00"),
        leg("assets:bank", "credit", "6.00"),
        leg("expenses:rent", "debit", "5.00"),
        leg("income:boards", "credit", "5.00"),
    ];
    for _ in 0..4 {
        itself.rotate_left(1);
        let refused = host.treasurer.post(&host.at("/journal-entries"), &json!({"legs": itself})).await?;
        is(&refused, 422, "invalid");
        assert_eq!(refused.body["errors"][0]["pointer"], "/legs");
        ensure!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("assets:bank")), "{refused:?}");
    }
    host.app.finish().await
}
