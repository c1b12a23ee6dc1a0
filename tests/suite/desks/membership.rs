//! The members on the desk: admitted by keepers, and shown by number to whoever belongs to the cooperative.

use super::{filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use anyhow::ensure;
use api::demo::client::Client;
use tests::browser::{Browser, form_of};

async fn browser(coop: &Coop, client: &Client) -> anyhow::Result<Browser> {
    Browser::of(coop.host.app.base_url(), &coop.host.app.mail_dir(), client.email()?).await
}

#[tokio::test]
async fn a_keeper_admits_a_member_on_the_desk_and_writes_down_that_a_membership_ends() -> anyhow::Result<()> {
    let coop = Coop::open().await?;
    let desk = format!("/desk/cooperatives/{}", coop.host.book);
    let (action, leave) = (format!("{desk}/members"), format!("{desk}/departures"));
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    ensure!(open(&mut keeper, &desk).await?.contains(&format!("href=\"{action}\"")), "one click from the desk");
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    for (by, seen, sent) in
        [(&coop.host.stranger().await?, 404, 404), (&coop.ada, 200, 403), (&coop.approver, 200, 403)]
    {
        let mut other = browser(&coop, by).await?;
        ensure!(other.get(&action).await?.0 == seen);
        ensure!(other.fill(&action, &filled(&there, &[("email", "eve@press.example")])).await?.status == sent);
        ensure!(other.fill(&leave, &filled(&there, &[("number", "1")])).await?.status == sent);
    }
    let mut member = browser(&coop, &coop.ada).await?;
    let html = open(&mut member, &action).await?;
    ensure!(html.contains("(you)") && !html.contains("@press.example"), "by number, never by name: {html}");

    // Whoever has no role is invited first; what was typed stays.
    let typed =
        [("email", "eve@press.example"), ("group", "workers"), ("standing", "associate"), ("joined_on", "2027-12-01")];
    let html = refused(keeper.fill(&action, &filled(&there, &typed)).await?, "value=\"eve@press.example\"")?;
    coop.host.person("eve@press.example", "member").await?;
    let wrong =
        [("joined_on", "soon"), ("email", "eve@press.example"), ("group", "workers"), ("standing", "associate")];
    let html =
        refused(keeper.fill(&action, &filled(&form_of(&html, &action)?, &wrong)).await?, "id=\"joined_on-error\"")?;
    let html = refused(
        keeper
            .fill(
                &action,
                &filled(&form_of(&html, &action)?, &[("email", "eve"), ("group", "workers"), ("joined_on", "")]),
            )
            .await?,
        "id=\"email-error\"",
    )?;
    ensure!(send_twice(&mut keeper, &html, &action, &typed).await? == action);
    let count = "SELECT count(*) FROM member WHERE standing = 'associate'";
    ensure!(coop.host.app.count(count).await? == 1, "sent twice, one is admitted");
    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("Member without a vote") && html.contains("1 December 2027"), "{html}");

    let there = form_of(&html, &leave)?;
    let html = refused(keeper.fill(&leave, &filled(&there, &[("number", "77")])).await?, "no member has this number")?;
    let html = refused(
        keeper.fill(&leave, &filled(&form_of(&html, &leave)?, &[("number", "7"), ("left_on", "2027-11-30")])).await?,
        "value=\"7\"",
    )?;
    ensure!(send_twice(&mut keeper, &html, &leave, &[("number", "7"), ("left_on", "2028-01-31")]).await? == action);
    ensure!(open(&mut keeper, &action).await?.contains("31 January 2028"));
    coop.host.app.finish().await
}
