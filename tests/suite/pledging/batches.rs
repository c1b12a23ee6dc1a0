//! Batches of pledges: a verdict each, order kept, and each key one answer, however often and however interrupted they come.

use super::kinds::{published, totals};
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::{Answer, text};
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

fn path_of(campaign: &Value) -> anyhow::Result<String> {
    Ok(format!("/v1/campaigns/{}/pledges:batch", text(campaign, "/id")?))
}

fn batch(on_error: &str, items: &[(String, Value)]) -> Value {
    let pledges: Vec<Value> = items.iter().map(|(key, pledge)| json!({"key": key, "pledge": pledge})).collect();
    json!({"on_error": on_error, "pledges": pledges})
}

async fn send(stage: &Stage, campaign: &Value, on_error: &str, items: &[(String, Value)]) -> anyhow::Result<Answer> {
    stage.cast.partner.post(&path_of(campaign)?, &batch(on_error, items)).await
}

/// Verdict, reference of the pledge and whether it is the first answer again, of each item.
fn told(answer: &Answer) -> Vec<(&str, &str, bool)> {
    let items = answer.body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut told = Vec::new();
    for item in items {
        let reference = item["pledge"]["reference"].as_str().unwrap_or_default();
        told.push((item["verdict"].as_str().unwrap_or_default(), reference, item["replayed"] == true));
    }
    told
}

fn kind(answer: &Answer, place: usize) -> &str {
    answer.body["items"][place]["problem"]["type"].as_str().unwrap_or_default()
}

fn pointer(answer: &Answer, place: usize) -> &str {
    answer.body["items"][place]["problem"]["errors"][0]["pointer"].as_str().unwrap_or_default()
}

fn named(items: &[(&str, &Value)]) -> Vec<(String, Value)> {
    items.iter().map(|(key, pledge)| ((*key).to_owned(), (*pledge).clone())).collect()
}

async fn counts(stage: &Stage) -> anyhow::Result<(i64, i64)> {
    let pledges = stage.app.count("SELECT count(*) FROM pledge").await?;
    Ok((pledges, stage.app.count("SELECT count(*) FROM donor").await?))
}

#[tokio::test]
async fn each_pledge_of_a_batch_has_its_verdict_in_its_place_and_a_repeated_batch_hears_the_same() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let good = |reference: &str| once(&campaign, reference, "30.00", day(2, 1), "sandbox_ok");
    let (first, last) = (good("first")?, monthly(&campaign, "last", "5.00", day(2, 1), 12, "sandbox_ok")?);
    let mut of_first = first.clone();
    of_first["reference"] = json!("same donor");
    let other = once(&campaign, "first", "31.00", day(2, 1), "sandbox_ok")?;
    let changed = |pointer: &str, value: Value| -> anyhow::Result<Value> {
        let mut pledge = good("wrong")?;
        *pledge.pointer_mut(pointer).context("a field")? = value;
        Ok(pledge)
    };
    let wrong = [
        ("currency", changed("/amount/currency", json!("EUR"))?, "invalid", "/amount/currency"),
        ("none", changed("/amount/amount", json!("0.00"))?, "invalid", "/amount/amount"),
        ("much", changed("/amount/amount", json!("9999999999999999.99"))?, "invalid", "/amount/amount"),
        ("fine", changed("/amount/amount", json!("1.001"))?, "invalid", "/amount/amount"),
        ("token", changed("/token", json!("tok_visa"))?, "invalid", "/token"),
        ("late", changed("/schedule/start", json!("2001-01-01"))?, "invalid", "/schedule/start"),
        ("terms", changed("/terms_sha256", json!("0".repeat(64)))?, "terms-mismatch", ""),
    ];
    let mut items = named(&[("one", &first), ("two", &of_first)]);
    items.extend(wrong.iter().map(|(key, pledge, ..)| ((*key).to_owned(), pledge.clone())));
    items.extend(named(&[("three", &first), ("four", &other), ("one", &first), ("one", &last), ("five", &last)]));
    let answer = send(&stage, &campaign, "continue", &items).await?;
    ensure!(answer.status == 200, "{answer:?}");
    let verdicts = told(&answer);
    assert_eq!(verdicts[..2], [("placed", "first", false), ("placed", "same donor", false)], "{}", answer.body);
    for (index, (what, _, code, field)) in wrong.iter().enumerate() {
        let place = index + 2;
        assert_eq!(verdicts[place].0, "refused", "{what}: {}", answer.body);
        assert_eq!(kind(&answer, place), format!("/problems/{code}"), "{what}");
        let expected = if field.is_empty() { String::new() } else { format!("/pledges/{place}/pledge{field}") };
        assert_eq!(pointer(&answer, place), expected, "{what}");
    }
    let rest = [
        ("repeated", "first", false),
        ("refused", "", false),
        ("placed", "first", true),
        ("refused", "", false),
        ("placed", "last", false),
    ];
    assert_eq!(verdicts[9..], rest, "{}", answer.body);
    assert_eq!(
        (kind(&answer, 10), kind(&answer, 12)),
        ("/problems/reference-taken", "/problems/idempotency-key-reused")
    );
    assert_eq!(counts(&stage).await?, (3, 2), "one donor for each reference");
    let again = send(&stage, &campaign, "continue", &items).await?;
    for (place, (before, now)) in verdicts.iter().zip(told(&again)).enumerate() {
        assert_eq!((before.0, before.1), (now.0, now.1), "{place}: {}", again.body);
        // Who was not understood, or had a key of somebody else's, was not answered for ever.
        let never_kept = [3, 4, 5, 6, 12].contains(&place);
        ensure!(now.2 != never_kept, "{place}: {}", again.body["items"][place]);
    }
    assert_eq!(counts(&stage).await?, (3, 2));
    stage.cast.advance(day(2, 1)).await?;
    ensure!(stage.app.count("SELECT count(*) FROM sandbox_provider_charge").await? == 3, "each is charged once");
    stage.app.finish().await
}

#[tokio::test]
async fn a_batch_stops_at_the_first_refusal_or_places_nothing_of_it() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let good = |reference: &str| once(&campaign, reference, "30.00", day(2, 1), "sandbox_ok");
    let (first, second, third) = (good("first")?, good("second")?, good("third")?);
    let mut wrong = good("wrong")?;
    wrong["terms_sha256"] = json!("0".repeat(64));
    let items = named(&[("one", &first), ("bad", &wrong), ("two", &second)]);
    let whole = send(&stage, &campaign, "all_or_nothing", &items).await?;
    ensure!(whole.status == 409 && whole.body["type"] == "/problems/terms-mismatch", "{whole:?}");
    ensure!(text(&whole.body, "/detail")?.starts_with("pledge 1 of the batch: "), "{}", whole.body);
    assert_eq!(counts(&stage).await?, (0, 0), "a refused batch leaves nobody behind");
    let mut other = good("other")?;
    other["amount"]["currency"] = json!("EUR");
    let whole = send(&stage, &campaign, "all_or_nothing", &named(&[("one", &first), ("other", &other)])).await?;
    assert_eq!(whole.body["errors"][0]["pointer"], "/pledges/1/pledge/amount/currency", "{}", whole.body);
    let twice = send(&stage, &campaign, "all_or_nothing", &named(&[("one", &first), ("one", &second)])).await?;
    assert_eq!(twice.body["errors"][0]["pointer"], "/pledges/1/key", "{}", twice.body);

    let stopped = send(&stage, &campaign, "stop", &items).await?;
    assert_eq!(told(&stopped), [("placed", "first", false), ("refused", "", false), ("skipped", "", false)]);
    let again = send(&stage, &campaign, "stop", &items).await?;
    assert_eq!(told(&again), [("placed", "first", true), ("refused", "", true), ("skipped", "", false)]);

    let whole = named(&[("one", &first), ("two", &second), ("three", &third), ("four", &third)]);
    for replayed in [false, true] {
        let answer = send(&stage, &campaign, "all_or_nothing", &whole).await?;
        let expected = [
            ("placed", "first", true),
            ("placed", "second", replayed),
            ("placed", "third", replayed),
            ("repeated", "third", replayed),
        ];
        assert_eq!(told(&answer), expected, "{}", answer.body);
    }
    assert_eq!(counts(&stage).await?, (3, 3));
    let refused = send(&stage, &campaign, "all_or_nothing", &named(&[("bad", &wrong)])).await?;
    assert_eq!(refused.body["errors"][0]["pointer"], "/pledges/0/key", "{}", refused.body);

    let close = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
    stage.cast.treasurer.post(&close, &json!({"reason": "done"})).await?.ok()?;
    let late = named(&[("two", &second), ("late", &good("late")?)]);
    let answer = send(&stage, &campaign, "continue", &late).await?;
    assert_eq!(told(&answer), [("placed", "second", true), ("refused", "", false)]);
    assert_eq!(kind(&answer, 1), "/problems/campaign-not-live");
    assert_eq!(counts(&stage).await?, (3, 3));
    stage.app.finish().await
}

#[tokio::test]
async fn a_text_of_a_batch_that_no_pledge_may_have_is_named_and_nothing_is_placed() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let mut good = once(&campaign, "first", "30.00", day(2, 1), "sandbox_ok")?;
    good["tier"] = Value::Null;
    for (field, value) in [
        ("/tier", json!("0".repeat(36))),
        ("/reference", json!("")),
        ("/reference", json!("x".repeat(201))),
        ("/reference", json!("a\u{202e}b")),
        ("/donor/name", json!("Ada\r\nBcc: all@example.org")),
        ("/donor/email", json!("ada@")),
        ("/terms_sha256", json!("A".repeat(64))),
        ("/amount/amount", json!("-1.00")),
        ("/amount/amount", json!(30.0)),
        ("/rail", json!("bank")),
    ] {
        let mut wrong = good.clone();
        match wrong.pointer_mut(field) {
            Some(place) => *place = value,
            None => wrong["donor"]["name"] = value,
        }
        let answer = send(&stage, &campaign, "continue", &named(&[("one", &good), ("two", &wrong)])).await?;
        ensure!(answer.status == 422, "{field}: {answer:?}");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/pledges/1/pledge{field}"), "{}", answer.body);
    }
    for (on_error, items) in [("continue", Vec::new()), ("perhaps", named(&[("one", &good)]))] {
        ensure!(send(&stage, &campaign, on_error, &items).await?.status == 422);
    }
    let many: Vec<(String, Value)> = (0..1_001).map(|number| (format!("key-{number}"), good.clone())).collect();
    ensure!(send(&stage, &campaign, "continue", &many).await?.status == 422);
    assert_eq!(counts(&stage).await?, (0, 0));
    stage.app.finish().await
}

#[tokio::test]
async fn a_batch_that_dies_in_the_middle_is_sent_again_and_places_each_pledge_once() -> Outcome {
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let pledge = |number: usize| once(&campaign, &format!("gift-{number}"), "5.00", day(2, 1), "sandbox_ok");
    let items = (0..1_000).map(|number| Ok((format!("key-{number}"), pledge(number)?)));
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    let (path, body) = (path_of(&campaign)?, batch("continue", &items));
    // Two senders at once, and the service dies when the first rows are there.
    let partner = &stage.cast.partner;
    let sent = async { tokio::join!(partner.post(&path, &body), partner.post(&path, &body)) };
    tokio::pin!(sent);
    let began = std::time::Instant::now();
    loop {
        tokio::select! {
            _ = &mut sent => break,
            () = tokio::time::sleep(std::time::Duration::from_millis(1)) => {}
        }
        if stage.app.count("SELECT count(*) FROM pledge").await? > 0 {
            break;
        }
        ensure!(began.elapsed().as_secs() < 120, "nothing was placed");
    }
    let mut stack = stage.app.take_stack()?;
    let stack = tokio::task::spawn_blocking(move || {
        stack.kill_api()?;
        stack.restart_api()?;
        anyhow::Ok(stack)
    })
    .await??;
    stage.app.put_stack(stack);
    let placed = stage.app.count("SELECT count(*) FROM pledge").await?;
    println!("{placed} pledges were there when the service died");
    for turn in 0..2 {
        let answer = stage.cast.partner.post(&path, &body).await?;
        ensure!(answer.status == 200, "{answer:?}");
        let verdicts = told(&answer);
        let replayed = verdicts.iter().filter(|(.., replayed)| *replayed).count();
        assert_eq!(replayed as i64, if turn == 0 { placed } else { 1_000 }, "each of the first turn is remembered");
        for (number, verdict) in verdicts.iter().enumerate() {
            assert_eq!((verdict.0, verdict.1), ("placed", format!("gift-{number}").as_str()));
        }
    }
    assert_eq!(counts(&stage).await?, (1_000, 1_000));
    ensure!(stage.app.count("SELECT count(*) FROM job WHERE kind = 'charge_pledge'").await? == 1_000);
    stage.app.finish().await
}

#[tokio::test]
async fn batches_that_meet_one_another_and_single_pledges_place_each_reference_once_and_promise_what_they_placed()
-> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let path = path_of(&campaign)?;
    let one = path.trim_end_matches(":batch").to_owned();
    // One donor gives twice: the batches bring the same donors in opposite orders, and some references are of both.
    let pledge = |reference: usize| -> anyhow::Result<Value> {
        let mut pledge = once(&campaign, &format!("gift-{reference}"), "5.00", day(2, 1), "sandbox_ok")?;
        pledge["donor"]["reference"] = json!(format!("donor-{}", reference % 50));
        Ok(pledge)
    };
    let items = |of: &str, references: Vec<usize>| -> anyhow::Result<Value> {
        let items = references.into_iter().map(|number| Ok((format!("{of}-{number}"), pledge(number)?)));
        Ok(batch("continue", &items.collect::<anyhow::Result<Vec<_>>>()?))
    };
    let forth = items("forth", (0..120).collect())?;
    let back = items("back", (80..200).rev().collect())?;
    let partner = &stage.cast.partner;
    let singles = async {
        for number in [3, 81, 119, 198] {
            let answer = partner.post(&one, &pledge(number)?).await?;
            ensure!([200, 201, 409].contains(&answer.status.as_u16()), "{answer:?}");
        }
        anyhow::Ok(())
    };
    let (forth_told, back_told, alone) = tokio::join!(partner.post(&path, &forth), partner.post(&path, &back), singles);
    alone?;
    for answer in [forth_told?, back_told?] {
        ensure!(answer.status == 200, "{answer:?}");
        let refused = told(&answer).iter().filter(|(verdict, ..)| !["placed", "repeated"].contains(verdict)).count();
        assert_eq!(refused, 0, "{}", answer.body);
    }
    assert_eq!(counts(&stage).await?, (200, 50));
    let promised = stage.app.count("SELECT sum(promised)::bigint FROM pledge").await?;
    let pledged = totals(&stage, &campaign).await?["pledged"].clone();
    assert_eq!((promised, pledged), (200 * 500, usd("1000.00")));
    stage.app.finish().await
}

#[tokio::test]
async fn a_batch_larger_than_a_campaign_has_room_for_places_what_fits_in_its_order() -> Outcome {
    let stage = Stage::set().await?;
    let cap =
        json!({"kind": "keep_what_you_raise", "goal": usd("1000.00"), "cap": usd("1000.00"), "over_cap": "refuse"});
    let campaign = published(&stage, "small", cap).await?;
    let pledge = |number: usize| once(&campaign, &format!("gift-{number}"), "5.00", day(1, 10), "sandbox_ok");
    let items = (0..250).map(|number| Ok((format!("key-{number}"), pledge(number)?)));
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    for replayed in [false, true] {
        let answer = send(&stage, &campaign, "continue", &items).await?;
        for (number, (verdict, _, again)) in told(&answer).into_iter().enumerate() {
            let expected = if number < 200 { "placed" } else { "refused" };
            assert_eq!((verdict, again), (expected, replayed), "{number}: {}", answer.body["items"][number]);
        }
        assert_eq!(kind(&answer, 249), "/problems/campaign-full");
    }
    assert_eq!(counts(&stage).await?, (200, 200));
    stage.app.finish().await
}
