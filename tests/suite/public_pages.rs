//! What everybody reads of a public book, as pages and as their twins: what the API says, and nothing of single persons.

use crate::pages::{Browser, sign_in_mail};
use anyhow::{Context as _, ensure};
use api::demo::client::{mails, text};
use jiff::civil::Date;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

/// Nobody in particular, with a browser or a program.
struct Reader {
    http: reqwest::Client,
    base: String,
}

/// What was answered.
struct Read {
    status: StatusCode,
    tag: Option<String>,
    kind: String,
    body: String,
}

impl Reader {
    fn new(base: &str) -> anyhow::Result<Reader> {
        let http = tests::http().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Reader { http, base: base.to_owned() })
    }

    async fn send(&self, method: Method, path: &str, known: &str) -> anyhow::Result<Read> {
        let request = self.http.request(method, format!("{}{path}", self.base)).header(header::ACCEPT, "text/html");
        let answer = request.header(header::IF_NONE_MATCH, known).send().await?;
        let written = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (tag, kind) = (written(header::ETAG), written(header::CONTENT_TYPE).unwrap_or_default());
        Ok(Read { status: answer.status(), tag, kind, body: answer.text().await? })
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let read = self.send(Method::GET, path, "").await?;
        ensure!(read.status == StatusCode::OK, "{path}: {}", read.status);
        Ok(read.body)
    }

    async fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get(&format!("{path}.json")).await?)?)
    }

    /// A page in its three forms: none tells of single persons, and who has one is not sent it again.
    async fn three(&self, path: &str) -> anyhow::Result<[String; 3]> {
        let mut told = Vec::new();
        for (ending, kind) in [("", "text/html"), (".json", "application/json"), (".csv", "text/csv")] {
            let path = format!("{path}{ending}");
            let read = self.send(Method::GET, &path, "").await?;
            ensure!(
                read.status == StatusCode::OK && read.kind.starts_with(kind),
                "{path}: {} {}",
                read.status,
                read.kind
            );
            let head = self.send(Method::HEAD, &path, "").await?;
            ensure!(head.status == StatusCode::OK && head.body.is_empty(), "HEAD {path}: {}", head.status);
            let tag = read.tag.with_context(|| format!("{path} has no ETag"))?;
            let again = self.send(Method::GET, &path, &tag).await?;
            ensure!(again.status == StatusCode::NOT_MODIFIED && again.body.is_empty(), "{path}: {}", again.status);
            for persons in ["plg_", "dnr_", "chg_", "psn_", "donor-", "outsider-", "@donors.example", "sandbox_ok"] {
                ensure!(!read.body.contains(persons), "{path} tells of `{persons}`: {}", read.body);
            }
            ensure!(read.body.len() < 100_000, "{path}: {} bytes", read.body.len());
            told.push(read.body);
        }
        told.try_into().map_err(|_| anyhow::anyhow!("three forms"))
    }

    /// Whatever a page of this service links to here is there; a desk asks first who it is.
    async fn links_lead_somewhere(&self, html: &str) -> Outcome {
        let ends = html.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next());
        let links: BTreeSet<&str> = ends.collect();
        ensure!(links.len() > 3, "{html}");
        for link in links {
            let read = self.send(Method::GET, &format!("/{link}"), "").await?;
            let expected = if link.starts_with("desk/") { StatusCode::SEE_OTHER } else { StatusCode::OK };
            ensure!(read.status == expected, "/{link}: {}", read.status);
        }
        Ok(())
    }

    /// Nobody is told that there is something, whatever they ask.
    async fn finds_nothing(&self, path: &str) -> Outcome {
        for ending in ["", ".json", ".csv"] {
            let read = self.send(Method::GET, &format!("{path}{ending}"), "").await?;
            ensure!(read.status == StatusCode::NOT_FOUND, "{path}{ending}: {}", read.status);
            let for_people = ending.is_empty() && !path.ends_with(".json");
            let kind = if for_people { "text/html" } else { "application/problem+json" };
            ensure!(read.kind.starts_with(kind), "{path}{ending}: {}", read.kind);
        }
        Ok(())
    }
}

/// Somebody new gives once. Each gives twice what the one before gave, so that a sum tells who is in it.
async fn gives(stage: &Stage, campaign: &Value, number: u32, on: Date) -> Outcome {
    let amount = format!("{}.00", 1 << number);
    stage.pledge(campaign, &once(campaign, &format!("outsider-{number}"), &amount, on, "sandbox_ok")?).await?;
    Ok(())
}

/// Dollars of an amount of a page.
fn dollars(amount: &Value) -> anyhow::Result<i64> {
    Ok(text(amount, "/amount")?.trim_end_matches(".00").parse()?)
}

/// What was collected in each month, as a reader has it: such as `05`, and dollars.
fn months(page: &Value) -> anyhow::Result<Vec<(String, i64)>> {
    let months = page["months"].as_array().context("months")?;
    months.iter().map(|row| Ok((text(row, "/month")?[5..].to_owned(), dollars(&row["collected"])?))).collect()
}

/// Every figure of gifts that a reader has seen until now, on whatever page.
type Seen = BTreeSet<i64>;

/// However a reader takes figures from each other, of one moment or of two, what is left is of nobody or of five donors or more.
fn tells_nobodys_gift(seen: &Seen) -> Outcome {
    for one in seen {
        for other in seen {
            let left = one & !other;
            ensure!(left == 0 || left.count_ones() >= 5, "{one} less {other}: {seen:?}");
        }
    }
    Ok(())
}

/// The campaign's page, its fund in the book and the first page at this moment: they say what the API says to nobody in particular.
async fn reads_campaign(
    stage: &Stage,
    reader: &Reader,
    id: &str,
    seen: &mut Seen,
) -> anyhow::Result<Vec<(String, i64)>> {
    let path = format!("/campaigns/{id}");
    let [html, json, csv] = reader.three(&path).await?;
    let page: Value = serde_json::from_str(&json)?;
    let totals = stage.app.nobody()?.get(&format!("/v1/campaigns/{id}/public-totals")).await?.ok()?;
    for row in page["totals"].as_array().context("totals")? {
        let name = text(row, "/name")?;
        ensure!(row["amount"] == totals[name.to_lowercase()], "{name}: {row} {totals}");
        ensure!(html.contains(name), "{html}");
    }
    let to_the_last_cent = format!("/v1/campaigns/{id}/totals");
    let refused = stage.cast.stranger.get(&to_the_last_cent).await?;
    ensure!([403, 404].contains(&refused.status.as_u16()), "{} {}", refused.status, refused.body);
    let found = months(&page)?;
    let whole = dollars(&totals["collected"])?;
    ensure!(found.iter().map(|(_, sum)| sum).sum::<i64>() == whole, "{found:?} {whole}");
    ensure!(csv.lines().count() == found.len() + 1 && csv.starts_with("month,collected,waiting,currency"), "{csv}");
    for (_, sum) in &found {
        ensure!(csv.contains(&format!(",{sum}.00,,USD")), "{csv}");
    }
    let fund = format!("/books/{}/accounts/{}.json", stage.cast.book, text(&page, "/fund")?);
    let fund: Value = serde_json::from_str(&reader.get(&fund).await?)?;
    let home = reader.json("/home").await?;
    let of_home = home["currencies"][0]["figures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_home = of_home.iter().filter(|row| ["Collected", "Held"].map(Value::from).contains(&row["name"]));
    seen.extend(found.iter().map(|(_, sum)| *sum));
    for figure in
        [&totals["collected"], &page["has"], &fund["balance"]].into_iter().chain(of_home.map(|row| &row["amount"]))
    {
        ensure!(dollars(figure)? == whole, "{figure}: {totals}");
        seen.insert(whole);
    }
    for (row, name) in fund["lines"].as_array().context("lines")?.iter().zip(1..) {
        ensure!(row["entry"].is_null(), "line {name}: {fund}");
        seen.insert(dollars(&row["amount"])?);
    }
    // What is promised has the same amounts in another order: it is rounded down.
    let insider = stage.cast.treasurer.get(&format!("/v1/campaigns/{id}/totals")).await?.ok()?;
    let (pledged, rough) = (dollars(&insider["pledged"])?, dollars(&totals["pledged"])?);
    ensure!((whole..=pledged).contains(&rough) && [rough % 1_000, rough - whole].contains(&0), "{rough} of {pledged}");
    tells_nobodys_gift(seen)?;
    Ok(found)
}

/// A milestone of which an amount is released, by two reviewers.
async fn released(stage: &Stage, campaign: &Value, amount: &str) -> anyhow::Result<Value> {
    let policy = json!({"reviewers_needed": 2, "objection_days": 1});
    let milestone = stage.milestone(campaign, amount, policy).await?;
    let claim = stage.claim(&milestone, amount).await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, amount).await?.ok()?;
    }
    Ok(milestone)
}

#[tokio::test]
async fn a_public_campaign_says_what_the_api_says_and_nobody_can_subtract_one_donors_gift() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let id = text(&campaign, "/id")?;
    let reader = Reader::new(stage.app.base_url())?;
    let badge = format!("/campaigns/{id}/badge.svg");
    for private in [&format!("/campaigns/{id}"), &badge] {
        reader.finds_nothing(private).await?;
    }
    let home = reader.json("/home").await?;
    ensure!(home["currencies"] == json!([]) && home["books"] == json!([]) && home["as_of"].is_null(), "{home}");
    let book = format!("/v1/books/{}", stage.cast.book);
    let seen = stage.cast.operator.get(&book).await?.etag.unwrap_or_default();
    let public = json!({"visibility": "public"});
    stage.cast.operator.send(Method::PATCH, &book, Some(&public), &[("If-Match", &seen)]).await?.ok()?;

    for (numbers, month) in [(0..6, 1), (6..8, 2), (8..13, 3), (13..14, 4)] {
        for number in numbers {
            gives(&stage, &campaign, number, day(month, 5)).await?;
        }
    }
    let seen = &mut Seen::new();
    ensure!(reads_campaign(&stage, &reader, id, seen).await?.is_empty(), "nobody has given yet");
    let month = |name: &str, sum| (name.to_owned(), sum);
    stage.cast.advance(day(1, 9)).await?;
    let january = reads_campaign(&stage, &reader, id, seen).await?;
    ensure!(january.len() == 1 && january[0].1.count_ones() == 5, "one of six waits for four others: {january:?}");
    let html = reader.get(&format!("/campaigns/{id}")).await?;
    let (first, year) = (january[0].1, day(1, 1).year());
    let title = format!("<title>Open product development: {first}.00 USD of 3,000.00 USD in January {year}");
    ensure!(html.contains(&title), "{html}");
    let picture = reader.get(&badge).await?;
    let figure = format!("<desc id=\"badge-figure\">{first}.00 USD of 3,000.00 USD in January {year}</desc>");
    ensure!(picture.starts_with("<svg ") && picture.contains(&figure), "{picture}");
    stage.cast.advance(day(2, 9)).await?;
    ensure!(reads_campaign(&stage, &reader, id, seen).await? == [month("01", first), month("02", 0)], "three wait");
    stage.cast.advance(day(3, 9)).await?;
    let march = reads_campaign(&stage, &reader, id, seen).await?;
    ensure!(
        march.len() == 3 && march[2].1.count_ones() == 5 && march[2].1 & 192 == 192,
        "with both of February: {march:?}"
    );
    stage.cast.advance(day(4, 9)).await?;
    let april = reads_campaign(&stage, &reader, id, seen).await?;
    ensure!(april == [march, vec![month("04", 0)]].concat(), "four wait: {april:?}");
    let insider = stage.cast.treasurer.get(&format!("/v1/campaigns/{id}/totals")).await?.ok()?;
    ensure!(dollars(&insider["collected"])? == 16_383 && dollars(&insider["available"])? == 16_383, "{insider}");

    let first = released(&stage, &campaign, "63.00").await?;
    let second = released(&stage, &campaign, "12.00").await?;
    stage.cast.advance(day(4, 12)).await?;
    of_milestones(&stage, &reader, [&first, &second]).await?;
    of_home(&stage, &reader, id, [&first, &second]).await?;
    the_team_reads_its_claim(&stage, &first).await?;
    let page = reader.json(&format!("/campaigns/{id}")).await?;
    let milestone = &page["milestones"][0];
    ensure!(milestone["state"] == "released" && milestone["released"]["amount"] == "63.00", "{page}");
    reader.links_lead_somewhere(&reader.get(&format!("/campaigns/{id}")).await?).await?;
    for wrong in [format!("/campaigns/{id}x"), "/campaigns/cmp_x".into(), "/milestones/%2e.json".into()] {
        reader.finds_nothing(&wrong).await?;
    }
    stage.app.finish().await
}

/// Both were released, in whatever order: of how many donors' money is said where they are five or more.
async fn of_milestones(stage: &Stage, reader: &Reader, both: [&Value; 2]) -> Outcome {
    for milestone in both {
        let id = text(milestone, "/id")?;
        let [html, json, csv] = reader.three(&format!("/milestones/{id}")).await?;
        reader.links_lead_somewhere(&html).await?;
        let page: Value = serde_json::from_str(&json)?;
        let shown = stage.app.nobody()?.get(&format!("/v1/milestones/{id}")).await?.ok()?;
        ensure!(page["released"] == shown["released"] && page["amount"] == shown["amount"], "{page} {shown}");
        ensure!(page["releases"][0]["donors"].as_i64().is_none_or(|donors| donors >= 5), "{page}");
        let amount = text(&shown, "/amount/amount")?;
        ensure!(html.contains(&format!("<title>Sawmill: {amount} USD of {amount} USD released")), "{html}");
        ensure!(csv.contains(&format!(",{amount},USD,")), "{csv}");
        // On what, and by whom: digests and roles. What the team wrote is for those who read the claim.
        let claim = &page["claims"][0];
        ensure!(claim["approvals"].as_array().map(Vec::len) == Some(2) && claim["approvals"][0]["role"] == "reviewer");
        ensure!(
            claim["approvals"][0]["sha256"] == claim["sha256"] && claim["decision"]["by"] == "reviewers",
            "{claim}"
        );
        ensure!(claim["evidence"][0]["sha256"] == "c".repeat(64) && claim["evidence"][0]["kind"] == "test_report");
        ensure!(!json.contains("Test report"), "{json}");
        for inside in ["https://designs.example", "built"] {
            ensure!([&html, &json, &csv].iter().all(|body| !body.contains(inside)), "{inside}: {html}");
        }
    }
    Ok(())
}

/// Whom the API shows a claim sees here too what the team wrote.
async fn the_team_reads_its_claim(stage: &Stage, milestone: &Value) -> Outcome {
    let (folder, me) = (stage.app.mail_dir(), stage.cast.claimant.get("/v1/me").await?.ok()?);
    let email = text(&me, "/email")?;
    let mut browser = Browser::new(stage.app.base_url())?;
    let seen = mails(&folder, "sign-in", email)?;
    browser.post("/sign-in", &[("email", email)]).await?;
    let mail = sign_in_mail(&folder, &seen, email).await?;
    let secret = mail.split_once("/sign-in/").and_then(|(_, rest)| rest.split_whitespace().next()).context("a link")?;
    browser.post("/sign-in/link", &[("secret", secret)]).await?;
    let path = format!("/milestones/{}", text(milestone, "/id")?);
    let (status, html) = browser.get(&path).await?;
    ensure!(status == StatusCode::OK && html.contains("https://designs.example/report"), "{status}: {html}");
    let (_, json) = browser.get(&format!("{path}.json")).await?;
    let claim: Value = serde_json::from_str(&json)?;
    let claim = &claim["claims"][0];
    ensure!(claim["evidence"][0]["title"] == "Test report" && claim["disputes"] == json!([]), "{claim}");
    Ok(())
}

/// How long the news may take on a busy machine.
const NEWS_MAX: Duration = Duration::from_mins(2);

/// The first page sums up what the only public book tells everybody of its campaign, and tells of both releases.
async fn of_home(stage: &Stage, reader: &Reader, campaign: &str, both: [&Value; 2]) -> Outcome {
    // What happened is told once nothing older can come before it any more.
    let deadline = Instant::now() + NEWS_MAX;
    let page = loop {
        let page = reader.json("/home").await?;
        let told = page["news"].as_array().map_or(0, Vec::len);
        if told >= both.len() || Instant::now() > deadline {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let html = reader.get("/").await?;
    reader.links_lead_somewhere(&html).await?;
    let csv = reader.get("/home.csv").await?;
    ensure!(page["mode"] == "sandbox" && page["as_of"] == day(4, 12).to_string() && page["book_count"] == 1, "{page}");
    ensure!(html.contains("none of this is real money") && html.contains("href=\"/check\""), "{html}");
    let funds = format!("/v1/books/{}/reports/funds", stage.cast.book);
    let funds = stage.cast.treasurer.get(&funds).await?.ok()?;
    let fund = &funds["items"][0];
    let figures = page["currencies"][0]["figures"].as_array().context("figures")?;
    let totals = stage.app.nobody()?.get(&format!("/v1/campaigns/{campaign}/public-totals")).await?.ok()?;
    for (name, in_report) in [
        ("Collected", &totals["collected"]),
        ("Released", &fund["released"]),
        ("Returned", &totals["refunded"]),
        ("Held", &totals["balance"]),
    ] {
        let figure = figures.iter().find(|figure| figure["name"] == name).context(name)?;
        ensure!(figure["amount"]["amount"] == in_report["amount"], "{name}: {figure} {in_report}");
        ensure!(csv.contains(&format!("{name},{},USD", text(figure, "/amount/amount")?)), "{csv}");
    }
    ensure!(figures[2]["name"] == "Paid out" && figures[2]["amount"]["amount"] == "0.00", "{page}");
    for milestone in both {
        let href = format!("/milestones/{}", text(milestone, "/id")?);
        let news = page["news"].as_array().context("news")?;
        ensure!(news.iter().any(|one| one["href"] == *href && one["kind"] == "release.posted"), "{page}");
        ensure!(html.contains(&href), "{html}");
    }
    let read = reader.send(Method::GET, "/", "").await?;
    let again = reader.send(Method::GET, "/", &read.tag.context("an ETag")?).await?;
    ensure!(again.status == StatusCode::NOT_MODIFIED, "{}", again.status);
    let find = async |code: &str| {
        let request = reader.http.post(format!("{}/receipts", reader.base)).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.body(format!("code={code}")).send().await?;
        let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        Ok::<_, anyhow::Error>((answer.status(), to, answer.text().await?))
    };
    let (status, to, _) = find("http%3A%2F%2Fx.example%2Freceipts%2F1-abc_D").await?;
    ensure!(status == StatusCode::SEE_OTHER && to == "/receipts/1-abc_D", "{status} {to}");
    let (status, to, html) = find("%3Cb%3E").await?;
    ensure!(status == StatusCode::UNPROCESSABLE_ENTITY && to.is_empty(), "{status} {to}");
    ensure!(html.contains("value=\"&#60;b&#62;\"") && html.contains("aria-invalid"), "{html}");
    Ok(())
}
