//! Pages of a book, over HTTP: its own people see every line, others sums over five givers, and nobody subtracts one from another.

use crate::host::Host;
use crate::pages::{Browser, sign_in_mail};
use anyhow::{Context as _, ensure};
use api::demo::client::{Client, text};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::path::Path;
use tests::{Stage, day, once};

type Outcome = anyhow::Result<()>;

const FUND: &str = "liabilities:fund:open-product-development";

/// Makes a book public.
pub(crate) async fn publish(stage: &Stage) -> Outcome {
    let path = format!("/v1/books/{}", stage.cast.book);
    let seen = stage.cast.operator.get(&path).await?.etag.unwrap_or_default();
    let public = json!({"visibility": "public"});
    stage.cast.operator.send(Method::PATCH, &path, Some(&public), &[("If-Match", &seen)]).await?.ok().map(|_| ())
}

/// Somebody signs in with a browser.
async fn browser(base: &str, mail: &Path, email: &str) -> anyhow::Result<Browser> {
    let mut browser = Browser::new(base)?;
    let seen = api::demo::client::mails(mail, "sign-in", email)?;
    ensure!(browser.post("/sign-in", &[("email", email)]).await? == "/sign-in/code");
    let mail = sign_in_mail(mail, &seen, email).await?;
    let secret = mail.split_once(&format!("{base}/sign-in/")).context("a link")?.1;
    let secret = secret.split_whitespace().next().context("a secret")?;
    ensure!(browser.post("/sign-in/link", &[("secret", secret)]).await? == "/me");
    Ok(browser)
}

/// Whole dollars of an amount.
fn dollars(amount: &Value) -> anyhow::Result<i64> {
    let (whole, cents) = text(amount, "/amount")?.split_once('.').context("a decimal")?;
    ensure!(cents == "00", "{amount}");
    Ok(whole.parse()?)
}

/// Each gives as many dollars as nobody else's bit has: a sum says whose gifts are in it.
async fn give(stage: &Stage, campaign: &Value, bits: std::ops::Range<u32>, on: jiff::civil::Date) -> Outcome {
    for bit in bits {
        let amount = format!("{}.00", 1 << bit);
        stage.pledge(campaign, &once(campaign, &format!("fan-{bit}"), &amount, on, "sandbox_ok")?).await?;
    }
    stage.cast.advance(on).await
}

/// What nobody in particular sees of the fund: its lines, and what the tree of the book has of it.
async fn seen(nobody: &Client, book: &str, as_of: &str) -> anyhow::Result<(Value, i64)> {
    let fund = nobody.get(&format!("/books/{book}/accounts/{FUND}.json")).await?.ok()?;
    let tree = nobody.get(&format!("/books/{book}.json{as_of}")).await?.ok()?;
    let accounts = tree["accounts"].as_array().context("accounts")?;
    let of_fund = accounts.iter().find(|account| account["code"] == FUND);
    let balance = of_fund.map_or(Ok(0), |account| dollars(&account["balances"][0]))?;
    Ok((fund, balance))
}

/// Every number of dollars that somebody can read in what is shown.
fn figures(of: &Value) -> anyhow::Result<Vec<i64>> {
    let mut found = vec![0, dollars(&of["balance"])?];
    for line in of["lines"].as_array().context("lines")? {
        found.extend([dollars(&line["amount"])?, dollars(&line["balance"])?]);
    }
    Ok(found)
}

#[tokio::test]
async fn pp_two_days_of_a_public_fund_subtract_to_no_gift_of_fewer_than_five_and_no_search_finds_one() -> Outcome {
    let stage = Stage::set().await?;
    let book = stage.cast.book.clone();
    let campaign = stage.campaign().await?;
    let nobody = stage.app.nobody()?;
    give(&stage, &campaign, 0..6, day(1, 1)).await?;
    for path in ["", "/search", "/corrections", "/corrections.atom", "/entries/1", &format!("/accounts/{FUND}")] {
        ensure!(nobody.get(&format!("/books/{book}{path}")).await?.status == 404, "{path} of a private book");
    }
    publish(&stage).await?;

    // Day by day, and as of each day afterwards: whatever is looked at, what one figure has more than another is of five.
    let mut known = vec![];
    let mut balances = vec![];
    for (bits, on) in [(6..6, day(1, 1)), (6..7, day(1, 2)), (7..11, day(1, 3)), (11..12, day(1, 4))] {
        give(&stage, &campaign, bits, on).await?;
        let (fund, balance) = seen(&nobody, &book, "").await?;
        ensure!(fund["in_sums"] == true && fund["balance"]["amount"] == format!("{balance}.00"), "{fund}");
        known.extend(figures(&fund)?);
        balances.push(balance);
    }
    let afterwards = [day(1, 1), day(1, 2), day(1, 3), day(1, 4)];
    for on in afterwards {
        known.push(seen(&nobody, &book, &format!("?as_of={on}")).await?.1);
    }
    ensure!(balances[0].count_ones() == 5 && balances[1] == balances[0], "{balances:?}");
    ensure!(balances[2].count_ones() == 10 && balances[3] == balances[2], "{balances:?}");
    for one in &known {
        for other in &known {
            let left = (one & !other).count_ones();
            ensure!(left == 0 || left >= 5, "{one} less {other} is of {left}");
        }
    }

    // Its own people see each gift, and where it is.
    let mut insider = browser(stage.app.base_url(), &stage.app.mail_dir(), stage.cast.treasurer.email()?).await?;
    let journal = format!("/v1/books/{book}/journal-entries");
    let entries = stage.cast.treasurer.all(&journal).await?;
    let gifts: Vec<i64> = entries
        .iter()
        .filter(|entry| entry["lines"].to_string().contains("charge_captured"))
        .filter_map(|entry| entry["number"].as_i64())
        .collect();
    ensure!(gifts.len() == 12, "{entries:?}");
    let (status, html) = insider.get(&format!("/books/{book}/entries/{}", gifts[0])).await?;
    ensure!(status == 200 && html.contains("Charge captured") && html.contains("a payment of a pledge"), "{html}");
    ensure!(insider.get(&format!("/books/{book}/search?amount=32")).await?.1.contains("Charge captured"));
    let (_, html) = insider.get(&format!("/books/{book}/accounts/{FUND}")).await?;
    ensure!(gifts.iter().all(|gift| html.contains(&format!("entries/{gift}\""))), "{html}");

    // Others find none of them, in whatever form, nor by the API.
    for number in gifts {
        for form in ["", ".json", ".csv"] {
            let answer = nobody.get(&format!("/books/{book}/entries/{number}{form}")).await?;
            ensure!(answer.status == 404, "entry {number}{form}: {answer:?}");
        }
        for asked in [format!("text={number}"), format!("text={number}&amount=")] {
            let found = nobody.get(&format!("/books/{book}/search.json?{asked}")).await?.ok()?;
            ensure!(found["lines"] == json!([]), "{found}");
        }
    }
    for bit in 0..12 {
        let found = nobody.get(&format!("/books/{book}/search.json?amount={}", 1 << bit)).await?.ok()?;
        ensure!(found["lines"] == json!([]), "{found}");
    }
    for path in ["/accounts", "/journal-entries", "/reports/trial-balance", "/account-tree", "/export?format=jsonl"] {
        let refused = nobody.get(&format!("/v1/books/{book}{path}")).await?;
        ensure!(refused.status == 403, "{path}: {refused:?}");
    }
    ensure!(nobody.get(&format!("/v1/books/{book}/reports/funds")).await?.ok()?["items"] == json!([]));
    stage.app.finish().await
}

#[tokio::test]
async fn pp_a_release_is_seen_by_everybody_line_by_line_and_no_page_names_a_giver() -> Outcome {
    let stage = Stage::set().await?;
    let book = stage.cast.book.clone();
    let campaign = stage.campaign().await?;
    publish(&stage).await?;
    give(&stage, &campaign, 4..10, day(1, 1)).await?;
    stage.cast.advance(day(1, 4)).await?;
    let milestone = stage.milestone(&campaign, "130.00", json!({"reviewers_needed": 2, "objection_days": 7})).await?;
    let claim = stage.claim(&milestone, "130.00").await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, "130.00").await?.ok()?;
    }
    stage.cast.advance(day(1, 14)).await?;

    let nobody = stage.app.nobody()?;
    let fund = nobody.get(&format!("/books/{book}/accounts/{FUND}.json")).await?.ok()?;
    let newest = &fund["lines"][0];
    ensure!(newest["kind"] == "milestone_released" && newest["amount"]["amount"] == "-130.00", "{fund}");
    let entry = newest["entry"].as_i64().context("an entry")?;
    let shown = nobody.download(&format!("/books/{book}/entries/{entry}")).await?;
    ensure!(shown.contains("Milestone released") && !shown.contains("after it"), "{shown}");
    let found = nobody.get(&format!("/books/{book}/search.json?amount=130")).await?.ok()?;
    ensure!(found["lines"][0]["entry"] == entry, "{found}");

    // Nothing that anybody reads names whoever gave, what they promised or paid, or how a partner calls it.
    let team =
        text(&nobody.get(&format!("/books/{book}/entries/{entry}.json")).await?.ok()?, "/lines/0/to")?.to_owned();
    let one = format!("/books/{book}/entries/{entry}");
    let mut pages = vec!["/check".to_owned(), "/check.json".to_owned(), "/check.csv".to_owned()];
    for path in [format!("/books/{book}"), format!("/books/{book}/accounts/{FUND}"), one] {
        pages.extend(["", ".json", ".csv"].map(|form| format!("{path}{form}")));
    }
    pages.push(format!("/books/{book}/accounts/{team}"));
    pages.extend(["", ".json", ".csv", ".atom"].map(|form| format!("/books/{book}/corrections{form}")));
    pages.push(format!("/books/{book}/search?text=fan-4"));
    for page in &pages {
        let shown = nobody.download(page).await?;
        for word in ["chg_", "plg_", "dnr_", "rct_", "donor-fan", "@"] {
            ensure!(!shown.contains(word), "{page} has {word}: {shown}");
        }
        ensure!(shown.len() < 100_000, "{page} has {} bytes", shown.len());
    }
    let check = nobody.get("/check.json").await?.ok()?;
    let holds = &check["books"][0]["holds"][0];
    ensure!(holds["is_enough"] == true && dollars(&holds["beyond"])? == 0, "{check}");

    // Who has a page is not sent it again; what is asked for wrongly is said beside its field.
    let http = tests::http().build()?;
    let address = format!("{}/books/{book}", stage.app.base_url());
    let first = http.get(&address).send().await?;
    let tag = first.headers()[header::ETAG].clone();
    ensure!(http.get(&address).header(header::IF_NONE_MATCH, tag).send().await?.status() == StatusCode::NOT_MODIFIED);
    let wrong = http.get(format!("{address}/search?amount=much")).send().await?;
    ensure!(wrong.status() == 422 && wrong.text().await?.contains("id=\"amount-wrong\""));
    for path in
        ["/accounts/assets:cash", "/accounts/nothing", "/entries/0", "/entries/x", "/entries/99999999999999999999"]
    {
        ensure!(nobody.get(&format!("/books/{book}{path}")).await?.status == 404, "{path}");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn pp_a_book_without_payments_is_read_whole_newest_first_and_what_was_reversed_is_linked_both_ways() -> Outcome {
    let host = Host::open("Sawmill", "public").await?;
    for (code, class) in [("assets:bank", "asset"), ("equity:own", "equity")] {
        let body = json!({"code": code, "class": class, "currency": "USD"});
        host.treasurer.post(&host.at("/accounts"), &body).await?.ok()?;
    }
    let paid = |amount: String| {
        json!({"lines": [{"debit": "assets:bank", "credit": "equity:own", "amount": {"amount": amount, "currency": "USD"}}],
               "effective": "2027-02-01", "memo": "<b>kept & paid</b>"})
    };
    let items: Vec<Value> =
        (1..=120).map(|n| json!({"key": format!("k{n}"), "entry": paid(format!("{n}.00"))})).collect();
    let batch = json!({"on_error": "all_or_nothing", "entries": items});
    host.treasurer.post(&host.at("/journal-entries:batch"), &batch).await?.ok()?;
    let reason = json!({"reason": "posted <twice>"});
    host.treasurer.post(&host.at("/journal-entries/7:reverse"), &reason).await?.ok()?;

    let nobody = host.app.nobody()?;
    let (mut path, mut lines) = (format!("/books/{}/accounts/assets:bank.json", host.book), Vec::new());
    loop {
        let page = nobody.get(&path).await?.ok()?;
        lines.extend(page["lines"].as_array().context("lines")?.clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/books/{}/accounts/assets:bank.json?{next}", host.book);
    }
    ensure!(lines.len() == 121 && lines[0]["entry"] == 121 && lines[120]["entry"] == 1, "{}", lines.len());
    for pair in lines.windows(2) {
        let before = dollars(&pair[1]["balance"])?;
        ensure!(dollars(&pair[0]["balance"])? == before + dollars(&pair[0]["amount"])?, "{pair:?}");
    }
    let kind = format!("/books/{}/accounts/assets:bank.json?kind=reversal", host.book);
    let only = nobody.get(&kind).await?.ok()?;
    ensure!(only["lines"].as_array().map(Vec::len) == Some(1) && only["next"].is_null(), "{only}");

    let reversed = nobody.download(&format!("/books/{}/entries/7", host.book)).await?;
    ensure!(reversed.contains("It was reversed") && reversed.contains("/entries/121\""), "{reversed}");
    ensure!(reversed.contains("&#60;b&#62;kept &#38; paid"), "{reversed}");
    let mirror = nobody.download(&format!("/books/{}/entries/121", host.book)).await?;
    ensure!(mirror.contains("It reverses") && mirror.contains("/entries/7\""), "{mirror}");
    for form in ["", ".json", ".csv", ".atom"] {
        let shown = nobody.download(&format!("/books/{}/corrections{form}", host.book)).await?;
        ensure!(
            shown.contains("Entry 7 was wrong") && !shown.contains("<twice>") | form.contains(['j', 'c']),
            "{shown}"
        );
    }
    let found =
        nobody.get(&format!("/books/{}/search.json?amount=42&from=2027-02-01&to=2027-02-01", host.book)).await?;
    ensure!(found.ok()?["lines"][0]["entry"] == 42);
    let early = nobody.get(&format!("/books/{}.json?as_of=2027-01-31", host.book)).await?.ok()?;
    ensure!(early["accounts"] == json!([]) && early["as_of"] == "2027-01-31", "{early}");
    let tree = nobody.download(&format!("/books/{}.csv", host.book)).await?;
    ensure!(tree.contains("assets:bank,asset,7253.00,USD"), "{tree}");
    host.app.finish().await
}
