//! A judge scores what was handed in.

use super::{browser, filled, open, refused, send_twice};
use crate::shares::Open;
use anyhow::ensure;
use api::demo::cast::{join, organisation, person};
use api::demo::client::text;
use serde_json::json;
use tests::browser::form_of;

type Outcome = anyhow::Result<()>;

#[tokio::test]
async fn d8_a_judge_scores_an_entry_in_three_steps_says_first_that_there_is_no_tie_and_sees_no_card_of_others()
-> Outcome {
    let challenge = Open::set("return_to_sponsors").await?;
    let (cast, path) = (&challenge.stage.cast, &challenge.path);
    let entry = json!({"team": cast.team, "rules_sha256": challenge.sha256});
    cast.claimant.post(&format!("{path}/entries"), &entry).await?.ok()?;
    let work = challenge.draft(&cast.claimant, &cast.team, json!([])).await?;
    let id = text(&work, "/id")?;
    cast.claimant.post(&format!("/v1/submissions/{id}:submit"), &json!({})).await?.ok()?;
    let joan = join(&cast.operator, &cast.host, "joan@panel.example", "judge").await?;
    let jack = join(&cast.operator, &cast.host, "jack@panel.example", "judge").await?;
    for judge in [&joan, &jack] {
        cast.treasurer.post(&format!("{path}/judges"), &json!({"person": person(judge).await?})).await?.ok()?;
    }
    challenge.days_pass(21).await?;
    let desk = format!("/desk/submissions/{id}/scores");
    let (mut first, mut second) = (browser(cast, &joan).await?, browser(cast, &jack).await?);
    let me = open(&mut first, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Score a submission")), "{me}");
    let html = open(&mut first, &desk).await?;
    let there = form_of(&html, &desk)?;
    let untied = [("points-0", "94"), ("comment", "As <i>measured</i>")];
    let html = refused(first.fill(&desk, &filled(&there, &untied)).await?, "href=\"#tie\"")?;
    ensure!(html.contains("value=\"94\"") && html.contains("As &#60;i&#62;measured"), "{html}");
    let much = [("points-0", "101"), ("tie", "none")];
    let html = refused(first.fill(&desk, &filled(&there, &much)).await?, "id=\"points-0-error\"")?;
    ensure!(stage_cards(&challenge).await? == 0);
    first.clicks = 2;
    let typed = [("points-0", "94"), ("tie", "none"), ("comment", "As measured")];
    ensure!(send_twice(&mut first, &html, &desk, &typed).await? == desk && first.clicks == 3);
    ensure!(open(&mut first, &desk).await?.contains("You gave 94 on"));
    ensure!(stage_cards(&challenge).await? == 1);
    let html = open(&mut second, &desk).await?;
    ensure!(!html.contains("value=\"94\"") && !html.contains("As measured"), "cards are sealed: {html}");
    // Who has a tie declares it, and scores no more; whoever is no judge never does.
    let late = form_of(&html, &desk)?;
    let tie = format!("/desk/submissions/{id}/tie");
    send_twice(&mut second, &html, &tie, &[("reason", "I drew a part of it")]).await?;
    refused(second.fill(&desk, &filled(&late, &typed)).await?, "tied to the team")?;
    ensure!(browser(cast, &cast.reviewers[0]).await?.fill(&desk, &filled(&late, &typed)).await?.status == 403);
    ensure!(browser(cast, &cast.stranger).await?.get(&desk).await?.0 == 404);
    ensure!(stage_cards(&challenge).await? == 1);
    challenge.stage.app.finish().await
}

#[tokio::test]
async fn d15_a_judge_goes_from_one_entry_to_the_next_with_the_step_that_scores() -> Outcome {
    let challenge = Open::set("return_to_sponsors").await?;
    let (cast, path) = (&challenge.stage.cast, &challenge.path);
    let gears = organisation(&cast.stranger, "Gear Works", "project_team").await?;
    for (by, team) in [(&cast.claimant, &cast.team), (&cast.stranger, &gears)] {
        let entry = json!({"team": team, "rules_sha256": challenge.sha256});
        by.post(&format!("{path}/entries"), &entry).await?.ok()?;
        let work = challenge.draft(by, team, json!([])).await?;
        by.post(&format!("/v1/submissions/{}:submit", text(&work, "/id")?), &json!({})).await?.ok()?;
    }
    let joan = join(&cast.operator, &cast.host, "joan@panel.example", "judge").await?;
    cast.treasurer.post(&format!("{path}/judges"), &json!({"person": person(&joan).await?})).await?.ok()?;
    challenge.days_pass(21).await?;
    let mut judge = browser(cast, &joan).await?;
    let me = open(&mut judge, "/me").await?;
    let first = me.split_once("href=\"/desk/submissions/").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
    let first = format!("/desk/submissions/{}", first.unwrap_or_default());
    judge.clicks = 1;
    let html = open(&mut judge, &first).await?;
    ensure!(html.contains("Score it, and show the next entry"), "{html}");
    let typed = [("points-0", "94"), ("tie", "none"), ("comment", "As measured"), ("then", "next")];
    let next = send_twice(&mut judge, &html, &first, &typed).await?;
    ensure!(next != first && next.ends_with("/scores") && judge.clicks == 3, "{next} {}", judge.clicks);
    let html = open(&mut judge, &next).await?;
    ensure!(html.contains("Your card") && !html.contains("show the next entry"), "it is the last one: {html}");
    ensure!(send_twice(&mut judge, &html, &next, &typed).await? == next && stage_cards(&challenge).await? == 2);
    ensure!(open(&mut judge, "/me").await?.contains("Nothing waits for you now"));
    challenge.stage.app.finish().await
}

async fn stage_cards(challenge: &Open) -> anyhow::Result<i64> {
    challenge.stage.app.count("SELECT count(*) FROM scorecard").await
}
