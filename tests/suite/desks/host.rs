//! Keepers of a book make campaigns, challenges and milestones from templates.

use super::{browser, filled, open, refused};
use anyhow::ensure;
use api::demo::cast::TERMS;
use tests::Stage;
use tests::browser::{Browser, form_of};

type Outcome = anyhow::Result<()>;

/// What stands in the fields of a template that are no inputs.
const OF_CHALLENGE: [(&str, &str); 10] = [
    ("summary", "A drill that anybody may build."),
    ("terms", TERMS),
    ("eligibility", "Any team may enter."),
    ("unawarded", "return_to_sponsors"),
    ("gate-design_files", "yes"),
    ("gate-test_report", "yes"),
    ("licences", "CERN-OHL-S-2.0, MIT"),
    ("title", "An open <i>drill</i>"),
    ("judges_needed", "2"),
    ("appeal_days", "7"),
];

/// Sends a form twice, which leads to the book's desk both times.
async fn made_once(by: &mut Browser, html: &str, action: &str, typed: &[(&str, &str)], leads_to: &str) -> Outcome {
    let there = form_of(html, action)?;
    let form = filled(&there, typed);
    for _ in 0..2 {
        let shown = by.fill(action, &form).await?;
        ensure!(shown.status == 303 && shown.leads_to == leads_to, "{shown:?}");
    }
    by.clicks -= 1;
    Ok(())
}

#[tokio::test]
async fn d12_a_keeper_makes_a_campaign_and_a_milestone_from_templates_in_three_steps_each_and_once() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let (desk, mut keeper) = (format!("/desk/books/{}", cast.book), browser(cast, &cast.treasurer).await?);
    ensure!(open(&mut keeper, "/me").await?.contains(&format!("href=\"{desk}\">What Common Host (sandbox) offers")));
    keeper.clicks = 0;
    let html = open(&mut keeper, &desk).await?;
    let from = format!("{desk}/campaigns?template=monthly");
    ensure!(html.contains(&format!("href=\"{from}\"")) && html.contains("make one first"), "{html}");
    let action = format!("{desk}/campaigns");
    let html = open(&mut keeper, &from).await?;
    ensure!(html.contains("a draft that asks for 3,000.00 USD each month"), "{html}");
    let typed = [("summary", "Machines."), ("terms", TERMS), ("kind", "recurring"), ("last_day", "")];
    let there = form_of(&html, &action)?;
    for (by, status) in [(&cast.stranger, 404), (&cast.reviewers[0], 403)] {
        let mut other = browser(cast, by).await?;
        for path in [&desk, &action, &format!("{desk}/challenges"), &format!("{desk}/milestones")] {
            ensure!(other.get(path).await?.0 == status, "{path}: {status}");
        }
        ensure!(other.fill(&action, &filled(&there, &typed)).await?.status == status);
    }
    ensure!(keeper.fill_from("cross-site", &action, &filled(&there, &typed)).await?.status == 403);
    keeper.clicks -= 1;
    made_once(&mut keeper, &html, &action, &typed, &format!("{desk}?made=campaign")).await?;
    ensure!(keeper.clicks == 3, "{}", keeper.clicks);
    let html = open(&mut keeper, &format!("{desk}?made=campaign")).await?;
    ensure!(html.contains("is a draft now") && html.contains("3,000.00 USD each month"), "{html}");
    ensure!(stage.app.count("SELECT count(*) FROM campaign").await? == 1);

    keeper.clicks = 1;
    let html = open(&mut keeper, &format!("{desk}/milestones?template=prototype")).await?;
    let action = format!("{desk}/milestones");
    ensure!(html.contains("plans 20,000.00 USD of Monthly product development"), "{html}");
    let campaigns = cast.treasurer.all(&format!("/v1/campaigns?book={}", cast.book)).await?;
    let campaign = api::demo::client::text(&campaigns[0], "/id")?;
    let typed =
        [("campaign", campaign), ("description", "It <b>saws</b>"), ("team", cast.team.as_str()), ("licence", "yes")];
    let there = form_of(&html, &action)?;
    let nobody = filled(&there, &[("campaign", campaign), ("team", "the builders")]);
    let html = refused(keeper.fill(&action, &nobody).await?, "id=\"team-error\"")?;
    ensure!(html.contains("value=\"the builders\""), "{html}");
    keeper.clicks -= 1;
    made_once(&mut keeper, &html, &action, &typed, &format!("{desk}?made=milestone")).await?;
    ensure!(keeper.clicks == 3, "{}", keeper.clicks);
    let made = cast.treasurer.all(&format!("/v1/milestones?campaign={campaign}")).await?;
    ensure!(made.len() == 1 && made[0]["policy"]["reviewers_needed"] == 3, "{made:?}");
    ensure!(made[0]["gate"]["licence"] == true && made[0]["amount"]["amount"] == "20000.00", "{made:?}");
    let html = open(&mut keeper, &desk).await?;
    ensure!(html.contains("20,000.00 USD") && html.contains("planned: no money is set aside"), "{html}");
    stage.app.finish().await
}

#[tokio::test]
async fn d13_a_challenge_is_made_only_by_who_has_read_what_it_does_with_the_purse_that_was_typed() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let desk = format!("/desk/books/{}", cast.book);
    let (action, mut keeper) = (format!("{desk}/challenges"), browser(cast, &cast.treasurer).await?);
    let html = open(&mut keeper, &format!("{action}?template=drill")).await?;
    ensure!(html.contains("a purse of 250,000.00 USD for 14 prizes"), "{html}");
    let there = form_of(&html, &action)?;
    // Another purse than was read is shown first, and nothing is made.
    let typed: Vec<_> = OF_CHALLENGE.into_iter().chain([("purse", "250001.00")]).collect();
    let unread = keeper.fill(&action, &filled(&there, &typed)).await?;
    ensure!(unread.status == 200 && unread.html.contains("Not done yet."), "{unread:?}");
    ensure!(unread.html.contains("a purse of 250,001.00 USD for 14 prizes"), "{}", unread.html);
    ensure!(unread.html.contains("An open &#60;i&#62;drill") && !unread.html.contains("<i>drill"), "{}", unread.html);
    ensure!(stage.app.count("SELECT count(*) FROM challenge").await? == 0);
    // The prizes do not sum to it: that is said beside the purse.
    let there = form_of(&unread.html, &action)?;
    let html = refused(keeper.fill(&action, &filled(&there, &typed)).await?, "id=\"purse-error\"")?;
    ensure!(html.contains("value=\"250001.00\""), "{html}");
    let few: Vec<_> = typed.iter().copied().chain([("prize-1-amount", "many")]).collect();
    refused(keeper.fill(&action, &filled(&form_of(&html, &action)?, &few)).await?, "id=\"prize-1-amount-error\"")?;
    let more: Vec<_> = typed.iter().copied().chain([("prize-1-amount", "50001.00")]).collect();
    made_once(&mut keeper, &html, &action, &more, &format!("{desk}?made=challenge")).await?;
    let made = cast.treasurer.all(&format!("/v1/challenges?book={}", cast.book)).await?;
    ensure!(made.len() == 1 && made[0]["purse"]["amount"] == "250001.00" && made[0]["state"] == "draft", "{made:?}");
    let html = open(&mut keeper, &desk).await?;
    ensure!(html.contains("250,001.00 USD") && html.contains("draft"), "{html}");
    let rules = api::demo::client::text(&made[0], "/id")?;
    let rules = cast.treasurer.get(&format!("/v1/challenges/{rules}/rules")).await?.ok()?;
    ensure!(rules["rules"]["prizes"][3]["condition"]["last"] == 14, "{rules}");
    ensure!(rules["rules"]["licences"] == serde_json::json!(["CERN-OHL-S-2.0", "MIT"]), "{rules}");
    stage.app.finish().await
}
