//! What donors and payees read in German: their gifts, their receipts, and what the link of a mail asks them.

use super::reading::{german, in_german, is_german, sent_german};
use crate::payees::Coop;
use crate::pledging::donors::{link, linked, mails};
use crate::pledging::moving::newcomer;
use crate::scene::payouts::account;
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use jiff::civil::date;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE};
use serde_json::json;
use tests::browser::Browser;
use tests::{Stage, day, monthly, next_year};

type Outcome = anyhow::Result<()>;

/// What people of the cast and of these stories have typed.
const NAMES: &[&str] = &["Fans of Open Machines", "Open product development"];

/// The path of a link.
fn path_of<'a>(stage: &Stage, link: &'a str) -> anyhow::Result<&'a str> {
    link.strip_prefix(stage.app.base_url()).with_context(|| link.to_owned())
}

/// The first link of a page that has this in it.
fn link_of<'a>(html: &'a str, part: &str) -> anyhow::Result<&'a str> {
    let mut links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.find(|link| link.contains(part)).with_context(|| format!("{part}: {html}"))
}

#[tokio::test]
async fn a_donor_reads_in_german_what_was_given_where_it_is_and_each_receipt_and_programs_read_english() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let (campaign, year) = (stage.campaign().await?, next_year());
    let mut body = monthly(&campaign, "ada", "30.00", day(11, 15), 4, "sandbox_ok")?;
    body["donor"]["name"] = json!("Ada");
    let ada = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(date(year + 1, 1, 7)).await?;
    let charges = stage.cast.partner.all(&format!("/v1/pledges/{}/charges", text(&ada, "/id")?)).await?;
    let refund = format!("/v1/charges/{}:refund", text(&charges[0], "/id")?);
    stage.cast.treasurer.post(&refund, &json!({"amount": usd("12.00"), "reason": ""})).await?.ok()?;

    let mut browser = in_german(Browser::new(stage.cast.base())?).await?;
    let (page, _) = link(&stage, &ada).await?;
    let page = path_of(&stage, &page)?;
    let html = german(&mut browser, page, NAMES).await?;
    for says in ["Ihre Spenden, Ada", "30,00 USD jeden Monat: läuft.", "30,00 USD jeden Monat pausieren", "Quittung"] {
        ensure!(html.contains(says), "{says}: {html}");
    }
    ensure!(html.contains("12,00 USD an Sie zurückgegeben") && !html.contains("30.00"), "{html}");
    let receipt = german(&mut browser, link_of(&html, "/receipts/")?, NAMES).await?;
    ensure!(receipt.contains("Danke, Ada.") && receipt.contains("keine Bescheinigung"), "{receipt}");
    let of_year = german(&mut browser, link_of(&html, "/years/")?, NAMES).await?;
    ensure!(of_year.contains("60,00 USD gegeben, 12,00 USD seither zurückgegeben."), "{of_year}");
    let whole = german(&mut browser, link_of(&html, "/yearly-receipts/")?, NAMES).await?;
    ensure!(whole.contains("Inzwischen sind 12,00 USD an Sie zurückgegeben und nicht 0,00 USD."), "{whole}");

    // The link of a mail leads to the same; as plain text it is what programs keep, in English.
    let mail = mails(&stage, "yearly-receipt").await?.pop().context("a mail")?;
    let by_mail = linked(&mail, "/receipts/")?;
    german(&mut browser, path_of(&stage, by_mail)?, NAMES).await?;
    let mut texts = Vec::new();
    for language in ["de", "en"] {
        let plain = browser.http.get(by_mail).header(ACCEPT, "text/plain").header(ACCEPT_LANGUAGE, language);
        let plain = plain.send().await?;
        ensure!(!plain.headers().contains_key("content-language"), "{:?}", plain.headers());
        texts.push(plain.text().await?);
    }
    ensure!(texts[0] == texts[1] && texts[0].contains("Given:      60.00 USD"), "{texts:?}");

    // What it says besides: what somebody does not want to be mailed, and what a problem means.
    let off = path_of(&stage, linked(&mails(&stage, "receipt").await?[0], "/unsubscribe/")?)?.to_owned();
    let html = german(&mut browser, &off, NAMES).await?;
    ensure!(html.contains("Sie bekommen E-Mails über Geld, das kam oder ging, wie es sollte."), "{html}");
    ensure!(sent_german(&mut browser, &off, &[], NAMES).await?.contains("sind abgestellt"));
    sent_german(&mut browser, &format!("{off}/again"), &[], NAMES).await?;
    for path in ["/problems", "/problems/fund-short"] {
        let asked = browser.http.get(format!("{}{path}", browser.base)).header(ACCEPT, "text/html");
        let html = browser.send(asked).await?.text().await?;
        is_german(path, &html, NAMES)?;
        ensure!(html.contains("Was zu tun ist:"), "{html}");
    }
    stage.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn a_donor_is_asked_in_german_whether_a_plan_may_change_or_move_and_reads_what_came_of_it() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let (cast, campaign) = (&stage.cast, stage.campaign().await?);
    let ada = stage.pledge(&campaign, &monthly(&campaign, "ada", "30.00", day(2, 15), 12, "sandbox_ok")?).await?;
    let mut body = monthly(&campaign, "bob", "5.00", day(2, 15), 12, "")?;
    body["rail"] = json!("partner");
    let bob = stage.pledge(&campaign, &body).await?;
    let change = format!("/v1/pledges/{}:change", text(&ada, "/id")?);
    let change = cast.partner.post(&change, &json!({"amount": usd("45.00"), "reason": "asked for"})).await?.ok()?;
    let (_, new) = newcomer(&stage).await?;
    let to = json!({"reference": "bob-new", "reason": "They close down"});
    let moved = new.post(&format!("/v1/pledges/{}:move", text(&bob, "/id")?), &to).await?.ok()?;
    cast.idle().await?;

    let mut browser = in_german(Browser::new(cast.base())?).await?;
    let mail = mails(&stage, "consent").await?.pop().context("a mail")?;
    let asked = path_of(&stage, linked(&mail, "/plan-changes/")?)?;
    let html = german(&mut browser, asked, NAMES).await?;
    ensure!(html.contains("45,00 USD jeden Monat") && html.contains("Ich stimme zu"), "{html}");
    let (id, secret) = (text(&change, "/id")?, asked.rsplit('/').next().context("a secret")?);
    let agreed = [("id", id), ("secret", secret)];
    let html = sent_german(&mut browser, "/plan-changes/consent", &agreed, NAMES).await?;
    ensure!(html.contains("an geben Sie 45,00 USD jeden Monat."), "{html}");
    let again = browser.fill("/plan-changes/consent", &agreed).await?;
    ensure!(again.status == 409, "{again:?}");
    is_german("a link that is used up", &again.html, NAMES)?;

    let mail = mails(&stage, "plan-move").await?.pop().context("a mail")?;
    let asked = path_of(&stage, linked(&mail, "/plan-moves/")?)?;
    let names = [NAMES, &["New &#60;b&#62;Fans"]].concat();
    let html = german(&mut browser, asked, &names).await?;
    ensure!(html.contains("5,00 USD jeden Monat") && html.contains("Ich möchte das nicht"), "{html}");
    let (id, secret) = (text(&moved, "/id")?, asked.rsplit('/').next().context("a secret")?);
    let (page, _) = link(&stage, &bob).await?;
    let page = path_of(&stage, &page)?;
    ensure!(german(&mut browser, page, &names).await?.contains("Antworten Sie durch ihren Link"));
    let yes = [("id", id), ("secret", secret), ("answer", "yes")];
    ensure!(sent_german(&mut browser, "/plan-moves/answer", &yes, NAMES).await?.contains("Sie haben zugestimmt"));
    ensure!(german(&mut browser, page, &names).await?.contains("Sie haben zugestimmt, dass er von New"));
    stage.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn a_payee_confirms_a_bank_account_in_german() -> Outcome {
    let coop = Coop::open().await?;
    let (host, path) = (&coop.host, "/v1/me/bank-accounts");
    coop.ada.post(path, &account(&host.book, "USD", "000123456789")).await?.ok()?;
    coop.ada.post(path, &account(&host.book, "USD", "000987654321")).await?.ok()?;
    host.app.work_until_idle().await?;
    let mail = coop.mails("bank_account_link").await?.pop().context("a mail")?;
    let link = linked(&mail, "/bank-accounts/")?;
    let asked = link.strip_prefix(host.app.base_url()).context("a link of ours")?;
    let mut browser = in_german(Browser::new(host.app.base_url())?).await?;
    let html = german(&mut browser, asked, &[]).await?;
    ensure!(html.contains("Ist das Ihr Bankkonto?") && html.contains("4321"), "{html}");
    let (id, secret) = asked.trim_start_matches("/bank-accounts/").split_once('/').context("a secret")?;
    let mine = [("id", id), ("secret", secret)];
    let html = sent_german(&mut browser, "/bank-accounts/confirm", &mine, &[]).await?;
    ensure!(html.contains("das auf 4321 endet"), "{html}");
    coop.host.app.finish_with_jobs_left().await
}
