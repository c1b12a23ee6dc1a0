//! Votes on the desks of a cooperative's members and keepers: something is asked, members vote once however often they press, give their
//! vote away, and read what came of it.

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
async fn d28_members_vote_in_two_steps_give_their_vote_away_and_read_what_came_of_it_and_keepers_ask_and_withdraw()
-> Outcome {
    let coop = Coop::open().await?;
    let votes = format!("/desk/cooperatives/{}/votes", coop.host.book);
    let (mut keeper, mut ada) = (browser(&coop, &coop.host.treasurer).await?, browser(&coop, &coop.ada).await?);

    // A keeper asks; what was typed wrongly stands there again, and a second press asks nothing more.
    let mut html = open(&mut keeper, &votes).await?;
    ensure!(html.contains("Nothing was put to the vote yet."), "{html}");
    let asked =
        [("title", "A <new> press"), ("text", "We buy it in July."), ("last_day", "2028-01-31"), ("quorum", "2")];
    for (field, value, says) in [
        ("quorum", "many", "id=\"quorum-error\""),
        ("quorum", "7", "id=\"quorum-error\""),
        ("last_day", "", "id=\"last_day-error\""),
        ("title", "", "id=\"title-error\""),
    ] {
        let mut wrong = asked.to_vec();
        wrong.retain(|(name, _)| *name != field);
        wrong.extend([(field, value), ("threshold", "majority")]);
        html = refused(keeper.fill(&votes, &filled(&form_of(&html, &votes)?, &wrong)).await?, says)?;
        ensure!(html.contains("We buy it in July."), "{html}");
    }
    let mut good = asked.to_vec();
    good.push(("threshold", "two_thirds"));
    ensure!(send_twice(&mut keeper, &html, &votes, &good).await? == votes);
    ensure!(coop.host.app.count("SELECT count(*) FROM proposal").await? == 1);
    let all = coop.ada.all(&coop.at("/proposals")).await?;
    let one = format!("/desk/proposals/{}", text(&all[0], "/id")?);
    let (vote, withdraw) = (format!("{one}/vote"), format!("{one}/withdraw"));
    ensure!(form_of(&open(&mut keeper, &one).await?, &vote).is_err(), "the treasurer is no member");

    // It waits for Ada, who votes: two steps, and two presses are one vote.
    ada.clicks = 0;
    let html = open(&mut ada, "/me").await?;
    ensure!(html.contains("Vote on a proposal") && html.contains(&one), "{html}");
    let html = open(&mut ada, &one).await?;
    ensure!(html.contains("A &#60;new&#62; press") && html.contains("at least two thirds"), "{html}");
    ensure!(
        send_twice(&mut ada, &html, &vote, &[("choice", "yes")]).await? == one && ada.clicks <= 4,
        "{}",
        ada.clicks
    );
    ensure!(coop.host.app.count("SELECT count(*) FROM ballot").await? == 1);
    ensure!(open(&mut ada, &one).await?.contains("You have voted yes."));
    ensure!(!open(&mut ada, "/me").await?.contains(&one), "it waits no more");
    refused(ada.fill(&vote, &filled(&form_of(&html, &vote)?, &[("choice", "perhaps")])).await?, "choice")?;

    // Bea lets Ada vote for her; nobody has the number 99, and Ada cannot give the vote back to her.
    let mut bea = browser(&coop, &coop.bea).await?;
    let give = format!("/desk/cooperatives/{}/delegation", coop.host.book);
    let html = open(&mut bea, &votes).await?;
    ensure!(html.contains("Nobody votes for you."), "{html}");
    let there = form_of(&html, &give)?;
    let html = refused(bea.fill(&give, &filled(&there, &[("number", "99")])).await?, "id=\"number-error\"")?;
    ensure!(send_twice(&mut bea, &html, &give, &[("number", "1")]).await? == votes);
    ensure!(open(&mut bea, &votes).await?.contains("Member 1 votes for you"));
    let html = open(&mut ada, &votes).await?;
    refused(ada.fill(&give, &filled(&form_of(&html, &give)?, &[("number", "2")])).await?, "come back")?;
    ensure!(!html.contains("Member 2"), "who gave a vote to whom is theirs");

    // Who keeps the books withdraws another one, and nobody else can.
    let body = json!({"title": "Another", "text": "Not this.", "last_day": "2028-01-31", "quorum": 1, "threshold": "majority"});
    let other = coop.host.treasurer.post(&coop.at("/proposals"), &body).await?.ok()?;
    let other = format!("/desk/proposals/{}", text(&other, "/id")?);
    let html = open(&mut keeper, &other).await?;
    let (withdraws, there) = (format!("{other}/withdraw"), form_of(&html, &format!("{other}/withdraw"))?);
    for (by, status) in [(&coop.host.stranger().await?, 404), (&coop.ada, 403), (&coop.approver, 403)] {
        let shown = browser(&coop, by).await?.fill(&withdraws, &filled(&there, &[("reason", "No")])).await?;
        ensure!(shown.status == status, "{shown:?}");
    }
    let html = refused(keeper.fill(&withdraws, &filled(&there, &[("reason", "")])).await?, "id=\"reason-error\"")?;
    ensure!(send_twice(&mut keeper, &html, &withdraws, &[("reason", "It is too dear")]).await? == other);
    ensure!(open(&mut ada, &other).await?.contains("It is withdrawn: It is too dear"));

    coop.host.app.advance(&coop.host.treasurer, &coop.host.book, "2028-02-01T12:00:00Z").await?;
    let html = open(&mut bea, &one).await?;
    ensure!(html.contains("It has passed: 2 of 6 members were counted, and 100.00 % of yes and no was yes."), "{html}");
    ensure!(form_of(&html, &vote).is_err() && form_of(&open(&mut keeper, &one).await?, &withdraw).is_err());
    ensure!(open(&mut ada, &one).await?.contains("You have voted yes."));
    coop.host.app.finish().await
}
