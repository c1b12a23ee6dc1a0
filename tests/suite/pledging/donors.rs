//! What a donor sees and does by a link without an account, and the receipts of what was given.

use super::Outcome;
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};
use uuid::Uuid;

/// What the donor's browser is answered: status, headers and body.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: header::HeaderMap,
    pub(super) body: String,
}

pub(super) async fn browse(
    method: Method,
    url: &str,
    accept: &str,
    site: &str,
    form: Option<&str>,
) -> anyhow::Result<Page> {
    let http = tests::http().redirect(reqwest::redirect::Policy::none()).build()?;
    let request = http.request(method, url).header("sec-fetch-site", site).header(header::ACCEPT, accept);
    let request = match form {
        Some(form) => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned()),
        None => request,
    };
    let answer = request.send().await?;
    Ok(Page { status: answer.status(), headers: answer.headers().clone(), body: answer.text().await? })
}

pub(super) async fn look(url: &str) -> anyhow::Result<Page> {
    browse(Method::GET, url, "text/html", "same-origin", None).await
}

/// The page of a pledge's donor, by a new link; with it the id of the link.
pub(crate) async fn link(stage: &Stage, pledge: &Value) -> anyhow::Result<(String, String)> {
    let path = format!("/v1/pledges/{}/donor-links", text(pledge, "/id")?);
    let made = stage.cast.partner.post(&path, &json!({})).await?.ok()?;
    let url = text(&made, "/url")?;
    let url = if url.starts_with('/') { format!("{}{url}", stage.app.base_url()) } else { url.to_owned() };
    Ok((url, text(&made, "/id")?.to_owned()))
}

/// The mails of a kind in the outbox, the oldest first.
pub(crate) async fn mails(stage: &Stage, kind: &str) -> anyhow::Result<Vec<Value>> {
    let all = stage.cast.partner.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    Ok(all.into_iter().filter(|mail| mail["kind"] == kind).collect())
}

pub(crate) fn linked<'a>(mail: &'a Value, page: &str) -> anyhow::Result<&'a str> {
    text(mail, "/text")?.split_whitespace().find(|word| word.contains(page)).with_context(|| page.to_owned())
}

#[tokio::test]
async fn a_donor_sees_by_a_link_what_became_of_the_gifts_and_steers_the_plans_alone() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let campaign = stage.campaign().await?;
    let other = stage.cast.campaign("open-loom", "Open <loom>", "1000.00").await?;
    let mut body = monthly(&campaign, "ada", "30.00", day(1, 31), 12, "sandbox_ok")?;
    body["donor"]["name"] = json!("Ada <b>");
    let pledge = stage.pledge(&campaign, &body).await?;
    let strange = stage.pledge(&campaign, &once(&campaign, "bob", "5.00", day(2, 5), "sandbox_ok")?).await?;
    stage.cast.advance(day(2, 3)).await?;
    let milestone = stage.milestone(&campaign, "20.00", json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, "20.00").await?;
    stage.approve(&stage.cast.reviewers[0], &claim, "20.00").await?.ok()?;
    stage.cast.advance(day(2, 6)).await?;

    let (url, id) = link(&stage, &pledge).await?;
    let token = url.rsplit('/').next().context("a token")?.to_owned();
    ensure!(token.len() >= 43, "{token}");
    let shown = look(&url).await?;
    ensure!(shown.status == StatusCode::OK, "{}: {}", shown.status, shown.body);
    for fact in
        ["Ada &#60;b&#62;", "30.00 USD each month: running", "10.00 USD</strong> held for Open product", "20.00 USD"]
            .iter()
            .chain(&["released on", "Sawmill", "receipt ", "Next payment on", "Open &#60;loom&#62;"])
    {
        ensure!(shown.body.contains(fact), "{fact} is missing: {}", shown.body);
    }
    ensure!(!shown.body.contains("5.00 USD") && !shown.body.contains("<script"), "{}", shown.body);
    ensure!(
        shown.headers[header::REFERRER_POLICY] == "no-referrer" && shown.headers[header::CACHE_CONTROL] == "no-store"
    );
    let policy = shown.headers[header::CONTENT_SECURITY_POLICY].to_str()?;
    ensure!(policy.starts_with("default-src 'none'"), "{policy}");

    let change = format!("{}/donors/change", stage.app.base_url());
    let of = |pledge: &Value, step: &str| {
        format!("token={token}&pledge={}&step={step}", pledge["id"].as_str().unwrap_or(""))
    };
    let ask = async |form: &str, site: &str| browse(Method::POST, &change, "text/html", site, Some(form)).await;
    ensure!(
        ask(&of(&pledge, "cancel"), "cross-site").await?.status == StatusCode::FORBIDDEN,
        "another site does nothing"
    );
    ensure!(ask(&of(&strange, "cancel"), "same-origin").await?.status == StatusCode::NOT_FOUND, "nobody else's pledge");
    ensure!(ask(&of(&pledge, "explode"), "same-origin").await?.status == StatusCode::UNPROCESSABLE_ENTITY);
    ensure!(stage.again(&pledge).await?["state"] == "active" && stage.again(&strange).await?["state"] == "completed");
    for (step, state) in [("pause", "paused"), ("resume", "active")] {
        let done = ask(&of(&pledge, step), "same-origin").await?;
        ensure!(done.status == StatusCode::SEE_OTHER, "{step}: {} {}", done.status, done.body);
        ensure!(done.headers[header::LOCATION] == format!("/donors/{token}"));
        ensure!(stage.again(&pledge).await?["state"] == state, "{step}");
    }
    let form = format!("{}&campaign={}&move_settled=yes", of(&pledge, "redirect"), text(&other, "/id")?);
    ensure!(ask(&form, "same-origin").await?.status == StatusCode::SEE_OTHER);
    ensure!(stage.again(&pledge).await?["campaign"] == other["id"]);
    let moved = look(&url).await?.body;
    ensure!(moved.contains("10.00 USD from Open product development to Open &#60;loom&#62;"), "{moved}");
    ensure!(ask(&of(&pledge, "cancel"), "same-origin").await?.status == StatusCode::SEE_OTHER);
    ensure!(stage.again(&pledge).await?["state"] == "cancelled");
    let again = ask(&of(&pledge, "cancel"), "same-origin").await?;
    ensure!(again.status == StatusCode::CONFLICT && again.body.contains("cannot be cancelled"), "{}", again.body);
    let by_donor = "SELECT count(*) FROM activity a JOIN pledge p ON p.donor = a.actor WHERE a.actor_kind = 'donor'
         AND a.action IN ('paused', 'active', 'cancelled')";
    ensure!(stage.app.count(by_donor).await? == 4, "the list of who did what names the donor");

    // Unknown, of a receipt, lapsed and revoked: one answer.
    let partner = &stage.cast.partner;
    let links = format!("/v1/pledges/{}/donor-links", text(&pledge, "/id")?);
    let revoke = async |id: &str| partner.send(Method::DELETE, &format!("{links}/{id}"), None, &[]).await;
    let (lapsed, _) = link(&stage, &pledge).await?;
    let (_, secret) = lapsed.rsplit('/').next().and_then(|token| token.split_once('-')).context("a secret")?;
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let lapses = "UPDATE donor_link SET lapses_at = now() WHERE secret_digest = sha256($1)";
    ensure!(owner.execute(lapses, &[&secret.as_bytes()]).await? == 1);
    ensure!(stage.cast.stranger.get(&links).await?.status == 403, "a person reads no links");
    ensure!(revoke(&id).await?.status == 204 && revoke(&id).await?.status == 204);
    let receipt =
        linked(&mails(&stage, "receipt").await?[0], "/receipts/")?.rsplit('/').next().context("a token")?.to_owned();
    let base = stage.app.base_url();
    let dead = [
        url,
        lapsed,
        format!("{base}/donors/1-{}", "x".repeat(43)),
        format!("{base}/donors/{receipt}"),
        format!("{base}/donors/none"),
    ];
    // People are told on a page, programs by a problem, which has the number of their request.
    for ends in [&["", "/receipts/2027-1", "/years/2027"][..], &["/data.json"]] {
        let mut answers = Vec::new();
        for address in dead.iter().flat_map(|dead| ends.iter().map(move |end| format!("{dead}{end}"))) {
            let gone = look(&address).await?;
            ensure!(gone.status == StatusCode::NOT_FOUND, "{address}: {}", gone.status);
            let id = gone.headers.get("x-request-id").context("a request's id")?.to_str()?;
            // A page names its own address, at which it can be read in another language.
            let own = address.strip_prefix(base).unwrap_or_default();
            answers.push(gone.body.replace(id, "").replace(own, ""));
        }
        ensure!(answers.iter().all(|answer| *answer == answers[0]), "they can be told apart: {answers:?}");
    }
    ensure!(ask(&of(&pledge, "resume"), "same-origin").await?.status == StatusCode::NOT_FOUND);
    let kept = partner.all(&links).await?;
    let revoked = kept.iter().filter(|link| link["revoked_at"].is_string()).count();
    ensure!(revoked == 1 && kept.iter().all(|link| link["url"].is_null()), "{kept:?}");
    let folder = stage.app.mail_dir().parent().context("the state directory")?.to_owned();
    for log in ["api.log", "worker.log"] {
        ensure!(!std::fs::read_to_string(folder.join(log))?.contains(&token), "{log} holds the secret");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn a_charge_has_one_receipt_that_never_changes_and_its_link_leads_to_it() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let campaign = stage.campaign().await?;
    let body = monthly(&campaign, "ada", "30.00", day(1, 31), 12, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 31)).await?;
    // The custodian says more of itself: what was issued stays as it was.
    let platform = format!("/v1/organisations/{}", stage.cast.platform);
    let said = json!({"address": "1 Harbour Road\nPort Town", "registration": "CH-4711", "receipt_text": "Deductible under § 10b."});
    let changed =
        stage.cast.operator.send(Method::PATCH, &platform, Some(&said), &[("If-Match", "\"v1\"")]).await?.ok()?;
    ensure!(changed["address"] == said["address"] && changed["name"] == "Fans of Open Machines", "{changed}");
    stage.cast.advance(day(3, 2)).await?;
    // Their jobs are done once more, as after a worker that died before it could settle them.
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let again = "UPDATE job SET finished_at = NULL, leased_until = 'epoch' WHERE kind = 'send_receipt'";
    ensure!(owner.execute(again, &[]).await? == 2);
    stage.app.work_until_idle().await?;

    let path = format!("/v1/pledges/{}/receipts", text(&pledge, "/id")?);
    let receipts = stage.cast.partner.all(&path).await?;
    let year = day(1, 1).year();
    let numbers: Vec<_> = receipts.iter().map(|receipt| receipt["number"].clone()).collect();
    ensure!(numbers == [format!("{year}-1"), format!("{year}-2")], "{receipts:?}");
    let [first, second] = &receipts[..] else { anyhow::bail!("two receipts") };
    ensure!(
        first["amount"] == usd("30.00") && first["lines"] == json!([{"label": "gift", "amount": usd("30.00")}]),
        "{first}"
    );
    ensure!(first["custodian"]["address"] == "" && text(first, "/tax_text")?.contains("no certificate"), "{first}");
    ensure!(
        second["custodian"]["registration"] == "CH-4711" && second["tax_text"] == "Deductible under § 10b.",
        "{second}"
    );
    ensure!(second["since"] == json!({"refunded": usd("0.00"), "disputed": usd("0.00")}), "{second}");
    ensure!(stage.cast.treasurer.all(&path).await? == receipts, "the host reads them too");
    ensure!(stage.cast.stranger.get(&path).await?.status == 404);
    let edit = owner.execute("UPDATE receipt SET amount = 1", &[]).await;
    ensure!(edit.is_err(), "a receipt is written once");

    // What came back later stands beside it.
    owner
        .execute("UPDATE charge SET refunded = 1200 WHERE id = (SELECT charge FROM receipt WHERE number = 2)", &[])
        .await?;
    let mails = mails(&stage, "receipt").await?;
    ensure!(mails.len() == 2, "one mail a receipt: {mails:?}");
    let mail = mails.iter().find(|mail| mail["text"].as_str().is_some_and(|text| text.contains(&format!("{year}-2"))));
    let url = linked(mail.context("a mail")?, "/receipts/")?;
    let token = url.rsplit('/').next().context("a token")?;
    let html = look(url).await?;
    ensure!(html.status == StatusCode::OK && html.headers[header::CONTENT_TYPE].to_str()?.starts_with("text/html"));
    for fact in ["30.00 USD", "12.00 USD were returned to you since", "1 Harbour Road", "§ 10b"] {
        ensure!(html.body.contains(fact), "{fact} is missing: {}", html.body);
    }
    let plain = browse(Method::GET, url, "text/plain", "none", None).await?;
    ensure!(plain.headers[header::CONTENT_TYPE].to_str()?.starts_with("text/plain"), "{:?}", plain.headers);
    ensure!(plain.body.contains("12.00 USD were returned") && !plain.body.contains('<'), "{}", plain.body);
    let mut expected = second.clone();
    expected["since"]["refunded"] = usd("12.00");
    let path_of_token = format!("/v1/receipts/{token}");
    ensure!(stage.app.nobody()?.get(&path_of_token).await?.ok()? == expected);
    ensure!(look(linked(mail.context("a mail")?, "/donors/")?).await?.body.contains(&format!("receipt {year}-2")));

    let gifts = linked(mail.context("a mail")?, "/donors/")?;
    let whole = look(&format!("{gifts}/years/{year}")).await?;
    ensure!(whole.body.contains("60.00 USD given, 12.00 USD returned since"), "{}", whole.body);
    ensure!(look(&format!("{gifts}/years/{}", year + 1)).await?.status == StatusCode::NOT_FOUND);
    ensure!(look(&format!("{gifts}/receipts/{year}-1")).await?.body.contains("no certificate"));
    ensure!(look(&format!("{gifts}/receipts/{year}-3")).await?.status == StatusCode::NOT_FOUND);

    let links = format!("/v1/pledges/{}/donor-links", text(&pledge, "/id")?);
    for link in stage.cast.partner.all(&links).await? {
        if link["receipt"].is_string() {
            ensure!(link["lapses_at"].is_null(), "{link}");
            let path = format!("{links}/{}", text(&link, "/id")?);
            ensure!(stage.cast.partner.send(Method::DELETE, &path, None, &[]).await?.status == 204);
        }
    }
    let gone = stage.app.nobody()?.get(&path_of_token).await?;
    let unknown = stage.app.nobody()?.get(&format!("/v1/receipts/1-{}", Uuid::now_v7())).await?;
    ensure!(
        gone.status == 404 && unknown.status == 404 && gone.body["detail"] == unknown.body["detail"],
        "{gone:?} {unknown:?}"
    );
    ensure!(look(url).await?.status == StatusCode::NOT_FOUND);
    stage.app.finish().await
}

#[tokio::test]
async fn whoever_tries_tokens_of_donors_and_receipts_is_told_to_wait_as_at_any_form() -> Outcome {
    let app = tests::TestApp::start_with(0, &[("COMMONPURSE_GUESSES_PER_MINUTE", "4")]).await?;
    let tries =
        ["/donors/1-a", "/v1/receipts/1-b", "/receipts/1-c", "/donors/1-d/data.json", "/donors/1-e/receipts/2027-1"];
    let tries = tries.map(|path| format!("{}{path}", app.base_url()));
    // At once: a guess is given back each quarter of a minute.
    let told = futures_util::future::try_join_all(tries.iter().map(|url| look(url))).await?;
    let with = |status| told.iter().filter(|answer| answer.status == status).collect::<Vec<_>>();
    ensure!(
        with(StatusCode::NOT_FOUND).len() == 4,
        "{:?}",
        told.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    let [late] = with(StatusCode::TOO_MANY_REQUESTS)[..] else { anyhow::bail!("one is told to wait") };
    ensure!(late.headers.contains_key(header::RETRY_AFTER));
    app.finish_with_jobs_left().await
}
