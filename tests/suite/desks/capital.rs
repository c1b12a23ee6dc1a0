//! Retained shares on the desk: asked for by a keeper, read and approved by another person, and what a member reads of it.

use super::{filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use anyhow::ensure;
use api::demo::client::Client;
use serde_json::json;
use tests::browser::{Browser, form_of};

type Outcome = anyhow::Result<()>;

async fn browser(coop: &Coop, client: &Client) -> anyhow::Result<Browser> {
    Browser::of(coop.host.app.base_url(), &coop.host.app.mail_dir(), client.email()?).await
}

#[tokio::test]
async fn retained_shares_are_asked_for_by_a_keeper_and_approved_by_who_has_read_what_each_gives() -> Outcome {
    let coop = Coop::open().await?;
    let workers = json!([{"group": "workers", "percent": "100", "by": "hours"}]);
    let rule = json!({"effective_from": "2026-01-01", "losses": {"reserve": "50"}, "hold_months": 6,
        "steps": [{"step": "members", "groups": workers, "retained": "100"}]});
    coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule).await?.ok()?;
    coop.record("sale", "5000.00", "2026-06-01").await?.ok()?;
    coop.work(2026).await?;
    coop.distribute(2026, "2028-01-09T12:00:00Z").await?;

    let desk = format!("/desk/cooperatives/{}", coop.host.book);
    let action = format!("{desk}/redemptions");
    let mut keeper = browser(&coop, &coop.host.treasurer).await?;
    ensure!(open(&mut keeper, &desk).await?.contains(&format!("href=\"{action}\"")));
    let html = open(&mut keeper, &action).await?;
    let there = form_of(&html, &action)?;
    for (by, seen, sent) in
        [(&coop.host.stranger().await?, 404, 404), (&coop.ada, 200, 403), (&coop.approver, 200, 403)]
    {
        let mut other = browser(&coop, by).await?;
        ensure!(other.get(&action).await?.0 == seen);
        for amount in ["3000.00", ""] {
            ensure!(other.fill(&action, &filled(&there, &[("amount", amount)])).await?.status == sent);
        }
    }
    let none = keeper.fill(&action, &filled(&there, &[("amount", "1.00"), ("number", "77")])).await?;
    let html = refused(none, "no member has this number")?;
    ensure!(html.contains("value=\"77\""), "what was typed is kept: {html}");
    let html =
        refused(keeper.fill(&action, &filled(&there, &[("amount", "5000.01")])).await?, "5000.00 of retained shares")?;
    ensure!(send_twice(&mut keeper, &html, &action, &[("amount", "3000.00")]).await? == action);
    ensure!(coop.host.app.count("SELECT count(*) FROM redemption").await? == 1, "sent twice, it is asked for once");

    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("3,000.00 USD wait for another person") && form_of(&html, &action).is_err(), "{html}");
    let mut approver = browser(&coop, &coop.approver).await?;
    ensure!(open(&mut approver, "/me").await?.contains(&format!("href=\"{action}\"")), "it waits for the approver");
    let html = open(&mut approver, &action).await?;
    let given = ["1,200.00</td>", "900.00</td>", "600.00</td>", "300.00</td>"];
    ensure!(given.iter().all(|amount| html.contains(amount)), "{html}");
    ensure!(html.contains("Approving makes 3,000.00 USD payable to the members"), "{html}");
    let approve = html.split("action=\"").find(|it| it.starts_with("/desk/redemptions/")).unwrap_or_default();
    let approve = approve.split('"').next().unwrap_or_default().to_owned();
    let there = form_of(&html, &approve)?;
    ensure!(browser(&coop, &coop.ada).await?.fill(&approve, &filled(&there, &[])).await?.status == 403);
    let own = keeper.fill(&approve, &filled(&there, &[])).await?;
    ensure!(own.status == 403 || own.status == 422, "who asks does not approve: {own:?}");
    ensure!(send_twice(&mut approver, &html, &approve, &[]).await? == action);
    let used = "SELECT count(*) FROM retained_use WHERE NOT undone";
    ensure!(coop.host.app.count(used).await? == 4, "approved twice, it is redeemed once");

    let html = open(&mut browser(&coop, &coop.ada).await?, &format!("{desk}/me")).await?;
    ensure!(html.contains("1,200.00 USD of your capital was redeemed") && html.contains("800.00</td>"), "{html}");
    let html = open(&mut keeper, &action).await?;
    ensure!(html.contains("3,000.00 USD of all members") && html.contains("payable, entry"), "{html}");
    coop.host.app.finish().await
}
