//! A member says at its desk whether a part of its shares may stay, under the bylaws that hold.

use super::{filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use anyhow::ensure;
use api::demo::client::{Client, text};
use serde_json::json;
use tests::browser::{Browser, form_of};

type Outcome = anyhow::Result<()>;

async fn browser(coop: &Coop, client: &Client) -> anyhow::Result<Browser> {
    Browser::of(coop.host.app.base_url(), &coop.host.app.mail_dir(), client.email()?).await
}

#[tokio::test]
async fn a_member_agrees_at_its_desk_in_two_steps_to_the_bylaws_that_it_is_shown() -> Outcome {
    let coop = Coop::open().await?;
    let own = format!("/desk/cooperatives/{}/me", coop.host.book);
    let say = format!("/desk/members/{}/consent", text(&coop.members[0], "/id")?);
    let mut ada = browser(&coop, &coop.ada).await?;
    ensure!(form_of(&open(&mut ada, &own).await?, &say).is_err(), "there is nothing to agree to");
    let bylaws = async |digit: &str, title: &str| {
        let new = json!({"title": title, "url": "https://press.example/bylaws?a=1&b=2", "sha256": digit.repeat(64)});
        coop.host.treasurer.post(&coop.at("/bylaws"), &new).await?.ok()
    };
    bylaws("a", "Bylaws <2027>").await?;
    ada.clicks = 0;
    let html = open(&mut ada, &own).await?;
    ensure!(html.contains("You were asked to agree") && html.contains("Bylaws &#60;2027&#62;"), "{html}");
    ensure!(html.contains("https://press.example/bylaws?a=1&#38;b=2"), "{html}");
    let to = send_twice(&mut ada, &html, &say, &[("choice", "yes")]).await?;
    ensure!(to == own && ada.clicks <= 3, "{to} in {}", ada.clicks);
    ensure!(coop.host.app.count("SELECT count(*) FROM member_consent").await? == 1);
    let agreed = open(&mut ada, &own).await?;
    ensure!(agreed.contains("You agreed, under the bylaws that hold."), "{agreed}");
    ensure!(agreed.contains("a part of your share may stay as your capital"), "{agreed}");
    refused(ada.fill(&say, &filled(&form_of(&agreed, &say)?, &[("choice", "perhaps")])).await?, "agree or not")?;

    // The page was opened before other bylaws came: nobody agrees to what it was not shown.
    bylaws("b", "Bylaws of 2028").await?;
    let html = refused(ada.fill(&say, &filled(&form_of(&agreed, &say)?, &[("choice", "no")])).await?, "read those")?;
    ensure!(html.contains("You agreed under earlier bylaws."), "{html}");
    ensure!(send_twice(&mut ada, &html, &say, &[("choice", "no")]).await? == own);
    ensure!(open(&mut ada, &own).await?.contains("You did not agree."));
    let mut bea = browser(&coop, &coop.bea).await?;
    let there = form_of(&html, &say)?;
    let shown = bea.fill(&say, &filled(&there, &[("choice", "yes")])).await?;
    ensure!(shown.status == 403, "{shown:?}");
    coop.host.app.finish().await
}
