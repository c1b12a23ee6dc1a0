//! A fiscal host that closes with many groups on board: what its book takes no more, and where each cent goes.

use anyhow::{Context as _, bail, ensure};
use api::demo::cast::usd;
use api::demo::client::{Answer, text};
use jiff::civil::Date;
use ledger::verify::verify;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

/// How long a clock may walk, with a worker killed on the way.
const WALK_MAX: Duration = Duration::from_mins(8);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// So many groups, and as many as a large host has with `COMMONPURSE_LONG`.
fn groups() -> usize {
    if std::env::var_os("COMMONPURSE_LONG").is_some() { 600 } else { 12 }
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

/// What many give to each group: amounts that no pro rata divides, and a plan.
fn gifts(campaign: &Value, group: usize) -> anyhow::Result<Vec<Value>> {
    let on = day(1, 5);
    let mut all = vec![monthly(campaign, &format!("plan-{group}"), "5.00", on, 12, "sandbox_ok")?];
    for (place, amount) in ["10.00", "3.33", "0.07"].into_iter().enumerate() {
        all.push(once(campaign, &format!("gift-{group}-{place}"), amount, on, "sandbox_ok")?);
    }
    // Mail is told of by a few: it is the same for all.
    for pledge in all.iter_mut().filter(|_| group > 2) {
        pledge["donor"]["email"] = json!("");
    }
    Ok(all)
}

/// The groups of the host with what was given to them, and the pledges by their references.
async fn fill(stage: &Stage) -> anyhow::Result<(Vec<Value>, BTreeMap<String, Value>)> {
    let (cast, mut campaigns, mut pledges) = (&stage.cast, Vec::new(), BTreeMap::new());
    for group in 0..groups() {
        let body = json!({
            "book": cast.book, "slug": format!("group-{group:03}"), "title": format!("Group {group:03}"), "terms": "For the group.",
            "monthly_goal": usd("100.00"), "lineage": "pro_rata",
        });
        let made = cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
        let publish = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
        let live = cast.treasurer.post(&publish, &json!({})).await?.ok()?;
        let batch: Vec<Value> = gifts(&live, group)?
            .into_iter()
            .map(|pledge| json!({"key": pledge["reference"], "pledge": pledge}))
            .collect();
        let path = format!("/v1/campaigns/{}/pledges:batch", text(&live, "/id")?);
        let placed = cast.partner.post(&path, &json!({"on_error": "stop", "pledges": batch})).await?.ok()?;
        for verdict in placed["items"].as_array().context("verdicts")? {
            pledges.insert(text(verdict, "/pledge/reference")?.to_owned(), verdict["pledge"]["id"].clone());
        }
        campaigns.push(live);
    }
    Ok((campaigns, pledges))
}

/// Sends the clock on, kills a worker in the middle of what that brings, and lets another one go on beside the second.
async fn walk_with_a_kill(stage: &mut Stage, to: Date) -> Outcome {
    let path = format!("/v1/books/{}", stage.cast.book);
    let to = json!({"to": format!("{to}T12:00:00Z")});
    let mut stands = stage.cast.treasurer.post(&format!("{path}/clock:advance"), &to).await?.ok()?;
    let (deadline, mut is_killed) = (Instant::now() + WALK_MAX, false);
    while stands["status"] != "ready" {
        ensure!(Instant::now() < deadline, "the clock still walks: {stands}");
        let begun = stage.app.count("SELECT count(*) FROM refund").await?;
        if !is_killed && begun > 12 {
            let stack = stage.app.stack();
            stack.workers().remove(0).kill()?;
            stack.add_worker(&[])?;
            is_killed = true;
        }
        tokio::time::sleep(POLL).await;
        stands = stage.cast.treasurer.get(&path).await?.ok()?;
    }
    ensure!(is_killed, "nothing was under way that a killed worker could leave behind");
    Ok(())
}

async fn lines(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    stage.cast.treasurer.all(&format!("/v1/books/{}/wind-up/lines", stage.cast.book)).await
}

async fn plan(stage: &Stage, group: usize, body: Value) -> anyhow::Result<Answer> {
    let path = format!("/v1/books/{}/wind-up/lines/liabilities:fund:group-{group:03}:plan", stage.cast.book);
    stage.cast.treasurer.post(&path, &body).await
}

/// What a donor does by the link that the partner makes.
async fn by_link(stage: &Stage, pledge: &Value, step: &str, says: &str) -> Outcome {
    let links = format!("/v1/pledges/{}/donor-links", pledge.as_str().context("an id")?);
    let made = stage.cast.partner.post(&links, &json!({})).await?.ok()?;
    let url = text(&made, "/url")?;
    let token = url.rsplit('/').next().context("a token")?;
    let http = tests::http().redirect(reqwest::redirect::Policy::none()).build()?;
    let page = http.get(format!("{}/donors/{token}", stage.app.base_url())).send().await?.text().await?;
    ensure!(page.contains(says), "{page}");
    let form = format!("token={token}&pledge={}&step={step}", pledge.as_str().context("an id")?);
    let change = http.post(format!("{}/donors/change", stage.app.base_url()));
    let change = change.header("sec-fetch-site", "same-origin");
    let done = change.header("content-type", "application/x-www-form-urlencoded").body(form).send().await?;
    if done.status() != 303 {
        bail!("{step}: {} {}", done.status(), done.text().await?);
    }
    Ok(())
}

/// A milestone of the first group that is paid out of many small gifts.
async fn release(stage: &Stage, campaign: &Value, amount: &str) -> Outcome {
    let milestone = stage.milestone(campaign, amount, json!({"reviewers_needed": 2, "objection_days": 3})).await?;
    let claim = stage.claim(&milestone, amount).await?;
    for by in &stage.cast.reviewers {
        stage.approve(by, &stage.claim_again(&claim).await?, amount).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn c4_a_fiscal_host_closes_with_many_groups_on_board_and_each_cent_is_with_its_donor_or_named() -> Outcome {
    let mut stage = Stage::set_with(2, &[("COMMONPURSE_WORKER_LEASE_S", "10")]).await?;
    let (campaigns, pledges) = fill(&stage).await?;
    stage.cast.advance(day(1, 9)).await?;
    let book = format!("/v1/books/{}", stage.cast.book);
    let days = json!({"last_day": day(1, 31), "return_after": day(3, 15), "why": "The foundation closes"});
    for by in [&stage.cast.stranger, &stage.cast.reviewers[0]] {
        let answer = by.post(&format!("{book}:wind-up"), &days).await?;
        ensure!(answer.status == 403 || answer.status == 404, "an owner says it alone: {answer:?}");
    }
    ensure!(stage.cast.treasurer.get(&format!("{book}/wind-up")).await?.status == 404);
    let said = stage.cast.treasurer.post(&format!("{book}:wind-up"), &days).await?.ok()?;
    ensure!(said["state"] == "announced", "{said}");
    stage.cast.advance(day(2, 6)).await?;

    // Nothing new, and each plan has ended once.
    let late = once(&campaigns[0], "late", "1.00", day(2, 6), "sandbox_ok")?;
    let place = format!("/v1/campaigns/{}/pledges", text(&campaigns[0], "/id")?);
    refused(&stage.cast.partner.post(&place, &late).await?, "book-winding-up")?;
    let batch = json!({"on_error": "continue", "pledges": [{"key": "late", "pledge": late}]});
    let verdict = stage.cast.partner.post(&format!("{place}:batch"), &batch).await?.ok()?.to_string();
    ensure!(verdict.contains("book-winding-up"), "{verdict}");
    let new = json!({
        "book": stage.cast.book, "slug": "late", "title": "Late", "terms": "None.", "monthly_goal": usd("1.00"),
    });
    refused(&stage.cast.treasurer.post("/v1/campaigns", &new).await?, "book-winding-up")?;
    refused(&stage.cast.treasurer.post(&format!("{book}:resume"), &json!({})).await?, "wind-up-begun")?;
    let ended = stage.app.count("SELECT count(*) FROM pledge WHERE schedule <> 'once' AND state = 'cancelled'").await?;
    ensure!(ended == groups() as i64, "{ended} plans have ended");
    ensure!(
        stage
            .app
            .count("SELECT count(*) FROM charge WHERE due_on > make_date(extract(year FROM due_on)::int, 1, 31)")
            .await?
            == 0
    );
    ensure!(stage.app.mails("pledge.", "plan-0@donors.example")? == 1, "the donor of a plan is told once");

    // The three plans.
    let listed = lines(&stage).await?;
    let funds: Vec<_> = listed.iter().filter(|line| line["kind"] == "fund").collect();
    ensure!(funds.len() == groups(), "{listed:?}");
    ensure!(funds.iter().all(|line| line["state"] == "waiting" && line["balance"] == usd("18.40")), "{listed:?}");
    plan(&stage, 0, json!({"plan": "spend_down"})).await?.ok()?;
    for group in [1, 2] {
        let moving = plan(&stage, group, json!({"plan": "move", "to": campaigns[0]["id"]})).await?.ok()?;
        ensure!(moving["state"] == "moving" && moving["decides"] == "donors", "{moving}");
    }
    plan(&stage, 3, json!({"plan": "return"})).await?.ok()?;
    stage.app.work_until_idle().await?;
    ensure!(stage.app.mails("returnable.", "gift-1-0@donors.example")? == 1, "who may move money is asked");
    let to = format!("redirect&campaign={}&move_settled=yes", text(&campaigns[0], "/id")?);
    by_link(&stage, &pledges["gift-1-0"], &to, "proposes to move it to Group 000").await?;
    by_link(&stage, &pledges["gift-1-1"], "return", "goes back to you by itself").await?;
    stage.app.work_until_idle().await?;
    let early = lines(&stage).await?;
    let of = |lines: &[Value], group: usize| {
        let code = format!("liabilities:fund:group-{group:03}");
        lines.iter().find(|line| line["account"] == code.as_str()).cloned().unwrap_or_default()
    };
    ensure!(of(&early, 3)["state"] == "empty", "what was told to go back has gone: {}", of(&early, 3));
    ensure!(of(&early, 1)["balance"] == usd("5.07") && of(&early, 0)["balance"] == usd("28.40"), "{early:?}");
    refused(&plan(&stage, 3, json!({"plan": "spend_down"})).await?, "wind-up-returning")?;
    release(&stage, &campaigns[0], "7.77").await?;

    walk_with_a_kill(&mut stage, day(3, 25)).await?;
    stage.app.work_until_idle().await?;
    let done = stage.cast.treasurer.get(&format!("{book}/wind-up")).await?.ok()?;
    ensure!(done["state"] == "done", "{done}: {:?}", lines(&stage).await?);
    for line in lines(&stage).await? {
        let is_owed = line["account"].as_str().is_some_and(|code| code.starts_with("liabilities:payable:team:"));
        ensure!(line["state"] == if is_owed { "owed" } else { "empty" }, "{line}");
    }
    ensure!(stage.balance("liabilities:fund:").await? == "0.00");
    ensure!(stage.balance("liabilities:payable:team:").await? == "7.77", "what was earned is owed to the team");
    ensure!(stage.balance("assets:cash:").await? == "7.77");
    // Each donor has back what was captured, less what the release took of it; whom it took nothing of, all.
    let wrong = "WITH given AS (SELECT pledge, sum(amount) AS given FROM charge WHERE captured_on IS NOT NULL GROUP BY pledge),
             back AS (SELECT c.pledge, sum(r.sent) AS back FROM refund r JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
                       WHERE r.state = 'settled' GROUP BY c.pledge),
             used AS (SELECT l.pledge, sum(u.amount) AS used FROM fund_use u
                        JOIN fund_layer l ON l.book_id = u.book_id AND l.fund = u.fund AND l.number = u.layer
                        JOIN release r ON r.book_id = u.book_id AND r.entry_number = u.entry GROUP BY l.pledge)
        SELECT count(*) FROM given LEFT JOIN back USING (pledge) LEFT JOIN used USING (pledge)
         WHERE given <> coalesce(back, 0) + coalesce(used, 0)";
    ensure!(stage.app.count(wrong).await? == 0, "somebody has more or less back than they gave");
    ensure!(stage.app.count("SELECT count(*) FROM refund WHERE state <> 'settled'").await? == 0);

    let kinds = stage.cast.treasurer.all(&format!("/v1/events?book={}", stage.cast.book)).await?;
    let kinds: Vec<_> = kinds.iter().filter(|it| it["object"] == said["id"]).map(|it| it["kind"].clone()).collect();
    ensure!(kinds == ["wind_up.announced", "wind_up.winding", "wind_up.done"], "{kinds:?}");
    let close = format!("{book}/periods/{}:close", day(3, 24));
    stage.cast.treasurer.post(&close, &json!({})).await?.ok()?;
    let export = stage.cast.treasurer.download(&format!("{book}/export?format=jsonl")).await?;
    verify(export.as_bytes()).map_err(|wrong| anyhow::anyhow!("the export does not hold: {wrong:?}"))?;
    stage.app.finish().await
}
