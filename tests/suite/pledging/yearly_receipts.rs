//! The receipt of a year: mailed by itself, asked for by its donor, shown by a link, and gone with its donor's erasure.

use super::Outcome;
use super::donors::{browse, link, linked, look, mails};
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use jiff::civil::date;
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use tests::{Stage, day, monthly, next_year, once};

#[tokio::test]
async fn a_year_has_a_receipt_of_the_same_gifts_by_mail_by_link_and_by_the_donors_page_and_a_new_edition_when_asked()
-> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let (partner, treasurer, year) = (&stage.cast.partner, &stage.cast.treasurer, next_year());
    let campaign = stage.campaign().await?;
    let mut body = monthly(&campaign, "ada", "30.00", day(11, 15), 4, "sandbox_ok")?;
    body["donor"]["name"] = json!("Ada <b>");
    let ada = stage.pledge(&campaign, &body).await?;
    let bob = stage.pledge(&campaign, &once(&campaign, "bob", "5.00", day(12, 1), "sandbox_ok")?).await?;
    let platform = format!("/v1/organisations/{}", stage.cast.platform);
    let said = json!({"address": "1 Harbour Road\nPort <Town>", "registration": "CH-4711"});
    stage.cast.operator.send(Method::PATCH, &platform, Some(&said), &[("If-Match", "\"v1\"")]).await?.ok()?;
    stage.cast.advance(day(12, 20)).await?;
    let of_ada = format!("/v1/donors/{}/yearly-receipts", text(&ada, "/donor/id")?);
    let early = partner.post(&of_ada, &json!({"year": year})).await?;
    ensure!(early.status == 409 && early.body["type"] == "/problems/year-not-over", "{early:?}");
    let never = partner.post(&of_ada, &json!({"year": year - 1})).await?;
    ensure!(never.status == 409 && never.body["type"] == "/problems/nothing-given", "{never:?}");

    stage.cast.advance(date(year + 1, 1, 7)).await?;
    // Its jobs are done once more, as after a worker that died before it could settle them.
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let again = "UPDATE job SET finished_at = NULL, leased_until = 'epoch'
                  WHERE kind IN ('issue_yearly_receipts', 'send_yearly_receipt') AND finished_at IS NOT NULL";
    ensure!(owner.execute(again, &[]).await? == 2);
    stage.app.work_until_idle().await?;
    let sent = mails(&stage, "yearly-receipt").await?;
    let [mail] = &sent[..] else { anyhow::bail!("who gave twice has one, and who gave once asks: {sent:?}") };
    ensure!(mail["recipient"] == "ada@donors.example" && text(mail, "/text")?.contains("60.00 USD"), "{mail}");
    let listed = partner.all(&of_ada).await?;
    let [first] = &listed[..] else { anyhow::bail!("one receipt: {listed:?}") };
    ensure!(first["number"] == format!("{year}-Y1") && first["receipt_count"] == 2, "{first}");
    let of_pledge = partner.all(&format!("/v1/pledges/{}/receipts", text(&ada, "/id")?)).await?;
    let same: Vec<_> = of_pledge.iter().map(|receipt| &receipt["number"]).collect();
    let items = first["receipts"].as_array().context("its items")?;
    let summed: Vec<_> = items.iter().map(|item| &item["number"]).collect();
    ensure!(summed == same[..2] && first["late"] == json!([]), "{first}");
    ensure!(first["sums"][0]["given"] == usd("60.00") && first["custodian"]["registration"] == "CH-4711", "{first}");
    ensure!(treasurer.all(&of_ada).await? == listed && stage.cast.stranger.get(&of_ada).await?.status == 404);

    let url = linked(mail, "/receipts/")?;
    let token = url.rsplit('/').next().context("a token")?;
    let page = look(url).await?.body;
    let facts = ["60.00 USD", "not of further ones", "Port &#60;Town&#62;", "Ada &#60;b&#62;", "no certificate"];
    for fact in facts.into_iter().chain(same[..2].iter().filter_map(|number| number.as_str())) {
        ensure!(page.contains(fact), "{fact} is missing: {page}");
    }
    ensure!(!page.contains("What has changed since"), "{page}");
    let by_token = format!("/v1/yearly-receipts/{token}");
    ensure!(stage.app.nobody()?.get(&by_token).await?.ok()? == *first);
    ensure!(stage.app.nobody()?.get(&format!("/v1/receipts/{token}")).await?.status == 404);

    // What goes back later stands beside it, until the host issues another edition.
    let reissue = format!("{of_ada}:reissue");
    let why = json!({"year": year, "reason": "asked for by the donor"});
    let unchanged = treasurer.post(&reissue, &why).await?;
    ensure!(unchanged.body["type"] == "/problems/yearly-receipt-unchanged", "{unchanged:?}");
    let charges = partner.all(&format!("/v1/pledges/{}/charges", text(&ada, "/id")?)).await?;
    let refund = format!("/v1/charges/{}:refund", text(&charges[0], "/id")?);
    treasurer.post(&refund, &json!({"amount": usd("12.00"), "reason": ""})).await?.ok()?;
    let plain = browse(Method::GET, url, "text/plain", "none", None).await?;
    ensure!(plain.headers[header::CONTENT_TYPE].to_str()?.starts_with("text/plain"));
    ensure!(plain.body.contains("By now 12.00 USD are returned to you, and not 0.00 USD"), "{}", plain.body);
    ensure!(partner.post(&reissue, &why).await?.status == 403, "another edition is the host's to issue");
    let second = treasurer.post(&reissue, &why).await?.ok()?["receipts"][0].clone();
    ensure!(second["number"] == format!("{year}-Y1/2") && second["sums"][0]["then"]["refunded"] == usd("12.00"));
    let kept = stage.app.nobody()?.get(&by_token).await?.ok()?;
    ensure!(kept["sums"][0]["then"] == first["sums"][0]["then"] && kept["receipts"][0]["amount"] == usd("30.00"));

    // Whoever gave once asks for it on their own page.
    let (gifts, _) = link(&stage, &bob).await?;
    let of_bob = gifts.rsplit('/').next().context("a token")?;
    ensure!(look(&format!("{gifts}/years/{year}")).await?.body.contains("Give me one receipt of the whole year"));
    let ask = format!("{}/donors/yearly-receipts", stage.app.base_url());
    let form = format!("token={of_bob}&year={year}");
    let other = browse(Method::POST, &ask, "text/html", "cross-site", Some(&form)).await?;
    ensure!(other.status == StatusCode::FORBIDDEN, "another site does nothing");
    for _ in 0..2 {
        let done = browse(Method::POST, &ask, "text/html", "same-origin", Some(&form)).await?;
        ensure!(done.status == StatusCode::SEE_OTHER, "{} {}", done.status, done.body);
    }
    let page = look(&format!("{gifts}/years/{year}")).await?.body;
    ensure!(page.contains(&format!("{year}-Y2")) && !page.contains("Give me one"), "{page}");
    let strange = format!("{gifts}/yearly-receipts/{}", text(first, "/id")?);
    ensure!(look(&strange).await?.status == StatusCode::NOT_FOUND, "nobody else's receipt");
    let asked = partner.all(&format!("/v1/donors/{}/yearly-receipts", text(&bob, "/donor/id")?)).await?;
    let own = look(&format!("{gifts}/yearly-receipts/{}", text(&asked[0], "/id")?)).await?;
    ensure!(own.body.contains("5.00 USD") && look(&gifts).await?.body.contains("Receipts of a whole year"));
    stage.app.work_until_idle().await?;
    ensure!(mails(&stage, "yearly-receipt").await?.len() == 3);

    let erase = format!("/v1/donors/{}:erase", text(&ada, "/donor/id")?);
    partner.post(&erase, &json!({"reason": "asked for it"})).await?.ok()?;
    stage.app.work_until_idle().await?;
    ensure!(mails(&stage, "yearly-receipt").await?.len() == 1, "the mails to who is erased go");
    ensure!(stage.app.nobody()?.get(&by_token).await?.status == 404 && look(url).await?.status == 404);
    let left = partner.all(&of_ada).await?;
    ensure!(left.len() == 2 && !json!(left).to_string().contains("Ada"), "what proves sums stays: {left:?}");
    stage.app.finish().await
}
