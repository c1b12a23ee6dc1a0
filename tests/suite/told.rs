//! Who is mailed what, and who wants no more of it: by the link of a mail, and by what a person says.

use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::{Client, mails, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Stage, TestApp, day, once};

type Outcome = anyhow::Result<()>;

/// The one mail of a kind to an address, its lines unfolded.
fn mail(app: &TestApp, kind: &str, email: &str) -> anyhow::Result<String> {
    let found = mails(&app.mail_dir(), kind, email)?;
    ensure!(found.len() == 1, "{kind} to {email}: {}", found.len());
    let mail = std::fs::read_to_string(&found[0])?;
    Ok(mail.replace("=\r\n", "").replace("=3D", "=").replace("\r\n ", " "))
}

/// The path of the link by which such mails are turned off, as a program reads it; none where they cannot be.
fn unsubscribe(mail: &str) -> anyhow::Result<Option<String>> {
    let header = |name: &str| mail.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let Some(link) = header("List-Unsubscribe:") else {
        ensure!(header("List-Unsubscribe-Post:").is_none() && mail.contains("It cannot be turned off."), "{mail}");
        return Ok(None);
    };
    ensure!(header("List-Unsubscribe-Post:") == Some("List-Unsubscribe=One-Click"), "{mail}");
    let link = link.strip_prefix('<').and_then(|link| link.strip_suffix('>')).context("angle brackets")?;
    let path = link.find("/unsubscribe/").map(|at| link[at..].to_owned()).context("our link")?;
    ensure!(mail.matches(&path).count() >= 3, "the header, the text and the page have it: {mail}");
    Ok(Some(path))
}

/// Asks a page as a program of another site does, without cookies.
async fn ask(app: &TestApp, method: Method, path: &str, site: &str) -> anyhow::Result<(StatusCode, String)> {
    let http = tests::http().build()?;
    let mut request = http.request(method.clone(), format!("{}{path}", app.base_url())).header("accept", "text/html");
    if method == Method::POST {
        let form = if path.ends_with("/again") { "" } else { "List-Unsubscribe=One-Click" };
        request = request.header("sec-fetch-site", site).header("content-type", "application/x-www-form-urlencoded");
        request = request.body(form);
    }
    let answer = request.send().await?;
    Ok((answer.status(), answer.text().await?))
}

/// A payment that has come, of a donor with this name.
async fn paid(stage: &Stage, campaign: &Value, name: &str, month: i8) -> anyhow::Result<Value> {
    let pledge = stage.pledge(campaign, &once(campaign, name, "30.00", day(month, 1), "sandbox_ok")?).await?;
    stage.cast.advance(day(month, 1)).await?;
    stage.charge(&pledge, 1).await
}

async fn refund(stage: &Stage, charge: &Value) -> Outcome {
    let path = format!("/v1/charges/{}:refund", text(charge, "/id")?);
    let asked = json!({"amount": usd("10.00"), "reason": "A part was not needed"});
    stage.cast.treasurer.post(&path, &asked).await?.ok()?;
    stage.app.work_until_idle().await
}

const NOTICES: &str = "SELECT count(*) FROM job WHERE kind = 'send_refund_notice'";

#[tokio::test]
async fn a_donor_turns_mails_of_money_off_by_the_link_of_one_and_none_is_queued_until_they_are_on_again() -> Outcome {
    let stage = Stage::set().await?;
    let (app, campaign) = (&stage.app, stage.campaign().await?);
    let charge = paid(&stage, &campaign, "ada", 2).await?;
    let link = unsubscribe(&mail(app, "receipt", "ada@donors.example")?)?.context("a receipt may be turned off")?;
    let again = format!("{link}/again");

    let (status, page) = ask(app, Method::GET, &link, "").await?;
    ensure!(status == 200 && page.matches("<button>").count() == 1 && page.contains("No more of them"), "{page}");
    ensure!(ask(app, Method::GET, &link, "").await?.1 == page, "to look changes nothing");
    let (status, _) = ask(app, Method::POST, &link, "cross-site").await?;
    ensure!(status == 200, "a program of a mail provider needs no page of ours: {status}");
    ensure!(ask(app, Method::POST, &link, "none").await?.0 == 200, "done twice, it is done once");
    ensure!(ask(app, Method::GET, &link, "").await?.1.contains("Turn them on again"));

    refund(&stage, &charge).await?;
    ensure!(app.count(NOTICES).await? == 0 && app.mails("refund.", "ada@donors.example")? == 0);
    ensure!(ask(app, Method::POST, &again, "cross-site").await?.0 == 403, "a button of ours is pressed on our page");
    ensure!(ask(app, Method::POST, &again, "same-origin").await?.0 == 200);
    refund(&stage, &charge).await?;
    ensure!(app.count(NOTICES).await? == 1 && app.mails("refund.", "ada@donors.example")? == 1);

    // Whatever leads nowhere is one answer.
    let (unknown, said) = ask(app, Method::POST, "/unsubscribe/x", "none").await?;
    let forged = link.replace(".money.", ".news.");
    for path in [forged.as_str(), &link[..link.len() - 1], &format!("/unsubscribe/{}", "a.".repeat(500))] {
        let (status, page) = ask(app, Method::POST, path, "none").await?;
        ensure!((status, &page) == (unknown, &said) && status == 404, "{path}: {status} {page}");
    }

    // A decline cannot be turned off, and says so.
    ask(app, Method::POST, &link, "none").await?;
    stage.pledge(&campaign, &once(&campaign, "bob", "30.00", day(3, 1), "sandbox_hard_decline")?).await?;
    stage.cast.advance(day(3, 1)).await?;
    let kinds: Vec<_> = mails(&app.mail_dir(), "", "bob@donors.example")?;
    ensure!(kinds.len() == 1, "{kinds:?}");
    let name = kinds[0].file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ensure!(name.starts_with("decline."), "{name}");
    let told = std::fs::read_to_string(&kinds[0])?.replace("=\r\n", "");
    ensure!(unsubscribe(&told)?.is_none());
    stage.app.finish().await
}

async fn wishes(client: &Client) -> anyhow::Result<(Value, String)> {
    let answer = client.get("/v1/me/mail-preferences").await?;
    let etag = answer.etag.clone().context("an ETag")?;
    Ok((answer.ok()?, etag))
}

#[tokio::test]
async fn what_a_person_says_counts_for_a_mail_that_is_queued_already_and_the_others_get_theirs() -> Outcome {
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "ada", "300.00", day(2, 1)).await?;
    let policy = json!({"review_days": 14, "objection_days": 7, "on_silence": "release"});
    let milestone = stage.milestone(&campaign, "100.00", policy).await?;
    stage.app.work_until_idle().await?;
    stage.app.stack().workers().clear();
    stage.claim(&milestone, "50.00").await?;
    let waiting = "SELECT count(*) FROM job WHERE kind = 'notify_reviewers' AND finished_at IS NULL";
    ensure!(stage.app.count(waiting).await? == 1, "the mail is queued");

    let [first, second] = &stage.cast.reviewers;
    let (all, etag) = wishes(first).await?;
    ensure!(all == json!({"decisions": true, "deadlines": true, "money": true, "news": true}), "{all}");
    let said = json!({"decisions": true, "deadlines": false, "money": true, "news": true});
    let put = async |seen: &[(&str, &str)], body: &Value| {
        first.send(Method::PUT, "/v1/me/mail-preferences", Some(body), seen).await
    };
    ensure!(put(&[], &said).await?.status == 428);
    ensure!(put(&[("If-Match", &etag)], &json!({"deadlines": false})).await?.status == 422, "all four are said");
    let saved = put(&[("If-Match", &etag)], &said).await?;
    ensure!(saved.etag.as_deref() == Some("\"v2\"") && saved.body == said, "{}", saved.body);
    ensure!(put(&[("If-Match", &etag)], &all).await?.status == 412, "somebody else was faster");

    stage.app.stack().add_worker(&[])?;
    stage.app.work_until_idle().await?;
    ensure!(stage.app.mails("review.", first.email()?)? == 0, "it was turned off after it was queued");
    let got = mail(&stage.app, "review.", second.email()?)?;
    let link = unsubscribe(&got)?.context("a review may be turned off")?;
    let kept = stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let kept: Vec<_> = kept.iter().filter(|mail| mail["kind"] == "review").collect();
    ensure!(kept.len() == 1 && text(kept[0], "/text")?.contains("can be turned off"), "{kept:?}");
    ensure!(!text(kept[0], "/text")?.contains("/unsubscribe/"), "others read the outbox, and get no link of a person");
    ensure!(text(kept[0], "/text")?.contains("because you review"), "{kept:?}");
    let role = mails(&stage.app.mail_dir(), "role.", second.email()?)?;
    let role = std::fs::read_to_string(role.first().context("a role")?)?.replace("=\r\n", "");
    ensure!(unsubscribe(&role)?.is_none(), "that somebody was given access cannot be turned off");

    ensure!(ask(&stage.app, Method::POST, &link, "cross-site").await?.0 == 200);
    ensure!(wishes(second).await? == (said, "\"v2\"".to_owned()), "the link says what the person could have said");
    second.post("/v1/me/mail-preferences:revoke-links", &json!({})).await?.ok()?;
    for method in [Method::GET, Method::POST] {
        ensure!(ask(&stage.app, method, &link, "none").await?.0 == 404, "it was revoked");
    }
    ensure!(ask(&stage.app, Method::POST, &format!("{link}/again"), "same-origin").await?.0 == 404);
    ensure!(wishes(second).await?.0["deadlines"] == false, "and what was said stays");
    ensure!(stage.app.nobody()?.get("/v1/me/mail-preferences").await?.status == 401);
    ensure!(stage.cast.partner.get("/v1/me/mail-preferences").await?.status == 403);
    stage.app.finish().await
}
