//! Plans that change over HTTP: the mail to the donor, the link in it, and the charges that follow.

use super::Outcome;
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Stage, day, monthly};

/// What the donor's browser is answered: status and page.
pub(super) async fn browse(method: Method, url: &str, form: Option<&str>) -> anyhow::Result<(StatusCode, String)> {
    let http = tests::http().build()?;
    let request = http.request(method, url).header("sec-fetch-site", "same-origin").header(header::ACCEPT, "text/html");
    let request = match form {
        Some(form) => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned()),
        None => request,
    };
    let answer = request.send().await?;
    Ok((answer.status(), answer.text().await?))
}

/// The mails of a kind in the outbox, the oldest first.
async fn mails(stage: &Stage, kind: &str) -> anyhow::Result<Vec<Value>> {
    let outbox = format!("/v1/books/{}/outbox", stage.cast.book);
    let all = stage.cast.partner.all(&outbox).await?;
    Ok(all.into_iter().filter(|mail| mail["kind"] == kind).collect())
}

async fn changes(stage: &Stage, pledge: &Value) -> anyhow::Result<Vec<Value>> {
    stage.cast.partner.all(&format!("/v1/pledges/{}/changes", text(pledge, "/id")?)).await
}

#[tokio::test]
async fn fl19_a_donor_agrees_by_the_link_of_a_mail_once_and_is_told_before_the_first_charge_at_new_terms() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let body = monthly(&campaign, "fl19", "30.00", day(1, 31), 12, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 31)).await?;
    let path = format!("/v1/pledges/{}:change", text(&pledge, "/id")?);
    let asked = stage.cast.partner.post(&path, &json!({"amount": usd("45.00"), "reason": "asked for"})).await?;
    ensure!(asked.status == 201, "{asked:?}");
    ensure!(asked.body["state"] == "pending" && asked.body["consent"] == "link", "{asked:?}");
    stage.cast.idle().await?;
    let mail = mails(&stage, "consent").await?.pop().context("a mail")?;
    ensure!(mail["recipient"] == "fl19@donors.example", "{mail}");
    let words = text(&mail, "/text")?;
    ensure!(words.contains("30.00 USD each month") && words.contains("45.00 USD each month"), "{words}");
    let link = words.split_whitespace().find(|word| word.contains("/plan-changes/")).context("a link")?;
    let secret = link.rsplit('/').next().context("a secret")?;
    ensure!(secret.len() == 43, "{link}");

    // Programs that look at mail open the link as often as they like.
    for method in [Method::HEAD, Method::GET, Method::GET] {
        let (status, page) = browse(method.clone(), link, None).await?;
        ensure!(status == StatusCode::OK, "{status}: {page}");
        ensure!(
            method == Method::HEAD || (page.contains("45.00 USD each month") && page.contains("I agree")),
            "{page}"
        );
        ensure!(method == Method::HEAD || page.contains("<td>11</td>"), "how many payments are left: {page}");
    }
    ensure!(changes(&stage, &pledge).await?[0]["state"] == "pending");
    let other = format!("{}x", &link[..link.len() - 1]);
    ensure!(browse(Method::GET, &other, None).await?.0 == StatusCode::CONFLICT, "another secret shows nothing");

    let id = text(&asked.body, "/id")?;
    let form = format!("id={id}&secret={secret}");
    let consent = format!("{}/plan-changes/consent", stage.app.base_url());
    let (status, page) = browse(Method::POST, &consent, Some(&form)).await?;
    ensure!(status == StatusCode::OK && page.contains("you give 45.00 USD each month"), "{status}: {page}");
    let (status, page) = browse(Method::POST, &consent, Some(&form)).await?;
    ensure!(status == StatusCode::CONFLICT && page.contains("does not work any more"), "{status}: {page}");
    ensure!(browse(Method::GET, link, None).await?.0 == StatusCode::CONFLICT, "it is used up");

    // The next due date: the plan is on the last day of each month.
    let next = day(3, 1).yesterday()?;
    stage.cast.idle().await?;
    let told = mails(&stage, "plan-change").await?.pop().context("the donor is told at once")?;
    ensure!(text(&told, "/text")?.contains("by the link in our mail"), "{told}");
    stage.cast.advance(next).await?;
    let charge = stage.charge(&pledge, 2).await?;
    ensure!(charge["amount"] == usd("45.00") && charge["due_on"] == next.to_string(), "{charge}");
    let told_at = text(&told, "/created_at")?;
    let begun_at = stage
        .app
        .count(
            "SELECT count(*) FROM job j JOIN job k ON k.kind = 'charge_pledge'
         WHERE j.kind = 'send_plan_change' AND k.payload->>'sequence' = '2' AND j.finished_at <= k.finished_at",
        )
        .await?;
    ensure!(begun_at >= 1, "told at {told_at}, after the charge");
    let kept = changes(&stage, &pledge).await?.remove(0);
    ensure!(kept["state"] == "applied" && kept["applies_from"] == next.to_string(), "{kept}");
    ensure!(kept["asked_by"] == stage.cast.platform.as_str() && kept["consented_at"].is_string(), "{kept}");
    let folder = stage.app.mail_dir().parent().context("the state directory")?.to_owned();
    for log in ["api.log", "worker.log"] {
        ensure!(!std::fs::read_to_string(folder.join(log))?.contains(secret), "{log} holds the secret");
    }
    let left = stage.app.count("SELECT count(*) FROM job WHERE payload ? 'token'").await?;
    ensure!(left == 0, "the secret leaves the database with the mail");
    stage.app.finish().await
}

#[tokio::test]
async fn fl19_less_often_is_applied_at_once_more_often_by_attested_consent_and_a_waiting_change_is_taken_back()
-> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let body = monthly(&campaign, "fl19", "30.00", day(1, 31), 12, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(2, 10)).await?;
    let partner = &stage.cast.partner;
    let path = format!("/v1/pledges/{}:change", text(&pledge, "/id")?);
    let quarterly = partner.post(&path, &json!({"interval": "quarterly"})).await?.ok()?;
    ensure!(quarterly["state"] == "applied" && quarterly["consent"] == "not_needed", "{quarterly}");
    let shown = stage.again(&pledge).await?;
    ensure!(shown["schedule"]["interval"] == "quarterly", "{shown}");
    ensure!(shown["schedule"]["next_due_on"] == quarterly["applies_from"], "{shown}");
    stage.cast.advance(day(6, 1)).await?;
    let charges = partner.all(&format!("/v1/pledges/{}/charges", text(&pledge, "/id")?)).await?;
    let due: Vec<_> = charges.iter().filter_map(|charge| charge["due_on"].as_str()).collect();
    let expected = [day(1, 31), day(3, 1).yesterday()?, day(5, 31)].map(|day| day.to_string());
    ensure!(due == expected, "the clock has stopped at the new dates: {due:?}");

    let waiting = partner.post(&path, &json!({"amount": usd("31.00")})).await?.ok()?;
    let withdraw = format!("/v1/plan-changes/{}:withdraw", text(&waiting, "/id")?);
    ensure!(partner.post(&withdraw, &json!({})).await?.ok()?["state"] == "withdrawn");
    let stranger = stage.cast.stranger.post(&withdraw, &json!({})).await?;
    ensure!(stranger.status == 403, "{stranger:?}");
    let consent = json!({"consented_at": format!("{}T09:00:00Z", day(6, 1)), "shown_sha256": "a".repeat(64)});
    let back = partner.post(&path, &json!({"interval": "monthly", "consent": consent})).await?.ok()?;
    ensure!(back["state"] == "applied" && back["consent"] == "attested", "{back}");
    ensure!(back["shown_sha256"] == "a".repeat(64) && back["applies_from"] == day(8, 31).to_string(), "{back}");
    let applied = format!("/v1/plan-changes/{}:withdraw", text(&back, "/id")?);
    let refused = partner.post(&applied, &json!({})).await?;
    ensure!(refused.status == 409 && refused.body["type"] == "/problems/change-applied", "{refused:?}");
    let cancel = format!("/v1/pledges/{}:cancel", text(&pledge, "/id")?);
    partner.post(&cancel, &json!({})).await?.ok()?;
    let over = partner.post(&path, &json!({"amount": usd("1.00")})).await?;
    ensure!(over.status == 409 && over.body["type"] == "/problems/pledge-over", "{over:?}");
    ensure!(text(&over.body, "/detail")?.contains("place a new one"), "{over:?}");
    let states: Vec<_> = changes(&stage, &pledge).await?.iter().map(|change| change["state"].clone()).collect();
    ensure!(states == ["applied", "withdrawn", "applied"], "{states:?}");
    stage.cast.idle().await?;
    stage.app.finish().await
}
