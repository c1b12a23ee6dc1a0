//! A team claims a milestone, and reviewers decide.

use super::{browser, filled, open, refused, send_twice};
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::text;
use serde_json::{Value, json};
use tests::browser::{Browser, form_of};
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// What somebody types who wants more than to be read.
const HOSTILE: &str = "<script>alert(\"x\")</script></textarea><b>built</b>";

/// An archive, as far as its first bytes tell.
pub(super) const ARCHIVE: &[u8] = b"PK\x03\x04 drawings of a saw";

pub(super) async fn milestone(stage: &Stage, campaign: &Value) -> anyhow::Result<Value> {
    let body = json!({
        "campaign": text(campaign, "/id")?, "team": stage.cast.team, "name": "Saw <i>mill</i>", "amount": usd("5000.00"),
        "policy": {"reviewers_needed": 2}, "gate": {"design_files": true, "licence": true},
    });
    let made = stage.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
    let path = format!("/v1/milestones/{}:fund", text(&made, "/id")?);
    stage.cast.treasurer.post(&path, &json!({})).await?.ok()
}

/// The team writes a claim with a file and a link, and submits it; answers its id.
async fn claim(stage: &Stage, milestone: &str) -> anyhow::Result<String> {
    let mut team = browser(&stage.cast, &stage.cast.claimant).await?;
    let desk = format!("/desk/milestones/{milestone}/claim");
    let me = open(&mut team, "/me").await?;
    ensure!(me.contains("href=\"/desk/milestones\""), "{me}");
    team.clicks = 0;
    let list = open(&mut team, "/desk/milestones").await?;
    ensure!(list.contains(&desk) && list.contains("5,000.00 USD") && !list.contains("<i>mill"), "{list}");
    let html = open(&mut team, &desk).await?;
    ensure!(html.contains("✗ Design files: is missing"), "{html}");
    let there = form_of(&html, &desk)?;
    let sha256 = "a".repeat(64);
    let typed = [
        ("amount", "3000.00"),
        ("note", HOSTILE),
        ("kind-0", "design_files"),
        ("kind-1", "licence"),
        ("title-1", "Licence"),
        ("link-1", "https://designs.example/licence?a=\"b\""),
        ("sha256-1", &sha256),
        ("licence-1", "CERN-OHL-S-2.0"),
        ("kind-2", "other"),
    ];
    let form = filled(&there, &typed);
    let files = [("upload-0", "saw.zip", ARCHIVE), ("upload-2", "", b"".as_slice())];
    // The finger slips: it is sent twice.
    for _ in 0..2 {
        let shown = team.upload(&desk, &form, &files).await?;
        ensure!(shown.status == 303 && shown.leads_to == desk, "{shown:?}");
    }
    team.clicks -= 1;
    let clicks = team.clicks;
    let html = open(&mut team, &desk).await?;
    team.clicks = clicks;
    ensure!(html.contains("Your draft is saved") && html.contains("✓ Design files: is in the draft"), "{html}");
    ensure!(html.contains("for 3,000.00 USD") && html.contains("saw.zip") && !html.contains("<script>"), "{html}");
    let path = format!("/v1/milestones/{milestone}/claims");
    let claims = stage.cast.claimant.all(&path).await?;
    ensure!(claims.len() == 1 && stage.app.count("SELECT count(*) FROM stored_file").await? == 1, "{claims:?}");
    ensure!(text(&claims[0], "/note")? == HOSTILE);
    let id = text(&claims[0], "/id")?.to_owned();
    let leads_to = send_twice(&mut team, &html, &format!("/desk/claims/{id}/submit"), &[]).await?;
    ensure!(leads_to == format!("/desk/claims/{id}") && team.clicks == 4, "{leads_to} {}", team.clicks);
    ensure!(open(&mut team, &leads_to).await?.contains("It waits for its reviewers"));
    Ok(id)
}

/// A reviewer finds the claim among what waits, reads it and approves a part.
async fn approve(reviewer: &mut Browser, id: &str, amount: &str) -> anyhow::Result<()> {
    let desk = format!("/desk/claims/{id}");
    reviewer.clicks = 0;
    let me = open(reviewer, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Review a claim")), "{me}");
    let html = open(reviewer, &desk).await?;
    let typed = [("tie", "none"), ("verdict", "approve"), ("amount", amount), ("comment", "")];
    let leads_to = send_twice(reviewer, &html, &format!("{desk}/reviews"), &typed).await?;
    ensure!(leads_to == desk && reviewer.clicks == 3, "{leads_to} {}", reviewer.clicks);
    Ok(())
}

#[tokio::test]
async fn d1_a_team_claims_with_a_file_in_four_steps_and_two_reviewers_approve_in_three_each() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d1", "5000.00", day(1, 1)).await?;
    let milestone = milestone(&stage, &campaign).await?;
    let id = claim(&stage, text(&milestone, "/id")?).await?;
    let desk = format!("/desk/claims/{id}");
    let [rita, raul] = &stage.cast.reviewers;
    let (mut first, mut second) = (browser(&stage.cast, rita).await?, browser(&stage.cast, raul).await?);
    let html = open(&mut first, &desk).await?;
    ensure!(html.contains("Nobody else has decided yet") && !html.contains("<script>"), "{html}");
    let file = html.split_once("href=\"/desk/files/").context("the file")?.1;
    let file = format!("/desk/files/{}", file.split('"').next().unwrap_or_default());
    ensure!(first.get(&file).await?.1.as_bytes() == ARCHIVE);
    approve(&mut first, &id, "3000.00").await?;
    let html = open(&mut second, &desk).await?;
    ensure!(html.contains("you see it once you have") && !html.contains("approved 3,000.00"), "{html}");
    approve(&mut second, &id, "2500.00").await?;
    let html = open(&mut second, &desk).await?;
    ensure!(html.contains("You approved 2,500.00 USD") && html.contains("A reviewer approved 3,000.00 USD"), "{html}");
    ensure!(stage.app.count("SELECT count(*) FROM review").await? == 2, "each is heard once");
    stage.cast.advance(day(1, 14)).await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "2500.00");
    // Who may not read the claim is told that there is none, and is shown no file of it.
    let mut stranger = browser(&stage.cast, &stage.cast.stranger).await?;
    for path in [&desk, &file, &format!("/desk/milestones/{}/claim", text(&milestone, "/id")?)] {
        ensure!(stranger.get(path).await?.0 == 404, "{path}");
    }
    stage.app.finish().await
}

/// A claim that waits for its reviewers, and its desk.
async fn waiting() -> anyhow::Result<(Stage, Value, String)> {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d2", "5000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "5000.00", json!({"reviewers_needed": 2})).await?;
    let claim = stage.claim(&milestone, "5000.00").await?;
    let desk = format!("/desk/claims/{}", text(&claim, "/id")?);
    Ok((stage, claim, desk))
}

#[tokio::test]
async fn d2_a_decision_that_is_refused_keeps_what_was_typed_and_says_why_beside_the_field() -> Outcome {
    let (stage, claim, desk) = waiting().await?;
    let action = format!("{desk}/reviews");
    let mut rita = browser(&stage.cast, &stage.cast.reviewers[0]).await?;
    let html = open(&mut rita, &desk).await?;
    let there = form_of(&html, &action)?;
    let with = |typed: &[(&'static str, &'static str)]| filled(&there, typed);
    let untied = rita.fill(&action, &with(&[("verdict", "approve"), ("comment", HOSTILE)])).await?;
    let html = refused(untied, "href=\"#tie\"")?;
    ensure!(html.contains("&#60;script&#62;") && !html.contains("<script>"), "what was typed is kept: {html}");
    let silent = rita.fill(&action, &with(&[("verdict", "ask_changes"), ("tie", "none")])).await?;
    refused(silent, "id=\"comment-error\"")?;
    let much = [("verdict", "approve"), ("tie", "none"), ("amount", "5000.001")];
    refused(rita.fill(&action, &with(&much)).await?, "id=\"amount-error\"")?;
    let above = [("verdict", "approve"), ("tie", "none"), ("amount", "5000.01")];
    refused(rita.fill(&action, &with(&above)).await?, "claimed amount or a part of it")?;
    // Back, and another word into the same form: it is not taken for the first.
    let below = [("verdict", "approve"), ("tie", "none"), ("amount", "4000.00")];
    let html = refused(rita.fill(&action, &with(&below)).await?, "was sent before")?;
    // The team has changed its evidence meanwhile.
    let path = format!("/v1/claims/{}", text(&claim, "/id")?);
    let tag = stage.cast.claimant.get(&path).await?.etag.unwrap_or_default();
    let mut edited = json!({"amount": claim["amount"], "note": "built", "evidence": claim["evidence"]});
    edited["evidence"][0]["sha256"] = json!("d".repeat(64));
    stage.cast.claimant.send(reqwest::Method::PUT, &path, Some(&edited), &[("If-Match", &tag)]).await?.ok()?;
    stage.cast.claimant.post(&format!("{path}:submit"), &json!({})).await?.ok()?;
    let stale = filled(&form_of(&html, &action)?, &below)
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect::<Vec<_>>();
    let html = refused(rita.fill(&action, &filled(&stale, &[])).await?, "has changed since this page was shown")?;
    send_twice(&mut rita, &html, &action, &[("verdict", "ask_changes"), ("tie", "none"), ("comment", "Measure it")])
        .await?;
    let now = stage.claim_again(&claim).await?;
    ensure!(now["state"] == "changes_asked", "{now}");
    // The team finds it among what waits, and reads why.
    let mut clara = browser(&stage.cast, &stage.cast.claimant).await?;
    ensure!(open(&mut clara, "/me").await?.contains(&format!("href=\"{desk}\">Change your claim")));
    ensure!(open(&mut clara, &desk).await?.contains("asked for changes"));
    stage.app.finish().await
}

#[tokio::test]
async fn d3_nobody_decides_by_a_page_who_may_not_by_the_api_and_no_other_site_decides_for_somebody() -> Outcome {
    let (stage, claim, desk) = waiting().await?;
    let action = format!("{desk}/reviews");
    let (mut rita, mut raul) =
        (browser(&stage.cast, &stage.cast.reviewers[0]).await?, browser(&stage.cast, &stage.cast.reviewers[1]).await?);
    let html = open(&mut rita, &desk).await?;
    let there = form_of(&html, &action)?;
    let form = filled(&there, &[("verdict", "approve"), ("tie", "none")]);
    let mut nobody = Browser::new(stage.app.base_url())?;
    ensure!(nobody.get(&desk).await?.0 == 303);
    for (by, status) in [(&stage.cast.stranger, 404), (&stage.cast.treasurer, 403)] {
        let mut other = browser(&stage.cast, by).await?;
        ensure!(other.fill(&action, &form).await?.status == status, "{status}");
    }
    let mut treasurer = browser(&stage.cast, &stage.cast.treasurer).await?;
    ensure!(open(&mut treasurer, &desk).await?.contains("You do not decide here"));
    let mut clara = browser(&stage.cast, &stage.cast.claimant).await?;
    refused(clara.fill(&action, &form).await?, "nobody decides on a claim of their own")?;
    for site in ["cross-site", "same-site", "none"] {
        ensure!(rita.fill_from(site, &action, &form).await?.status == 403, "{site}");
    }
    ensure!(stage.app.count("SELECT count(*) FROM review").await? == 0);
    // Who declares a tie decides no more; the form that was open before is refused too.
    let html = open(&mut raul, &desk).await?;
    let opened = form_of(&html, &action)?;
    let tie = format!("{desk}/tie");
    refused(raul.fill(&tie, &filled(&form_of(&html, &tie)?, &[("reason", " ")])).await?, "id=\"reason-error\"")?;
    send_twice(&mut raul, &html, &tie, &[("reason", "My sister works there")]).await?;
    ensure!(open(&mut raul, &desk).await?.contains("a declared tie to the team"));
    let late = filled(&opened, &[("verdict", "approve"), ("tie", "none")]);
    refused(raul.fill(&action, &late).await?, "a declared tie to the team")?;
    ensure!(stage.claim_again(&claim).await?["state"] == "submitted");
    stage.app.finish().await
}

#[tokio::test]
async fn d4_a_draft_that_is_refused_keeps_its_files_and_only_the_team_writes_it() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d4", "5000.00", day(1, 1)).await?;
    let milestone = milestone(&stage, &campaign).await?;
    let desk = format!("/desk/milestones/{}/claim", text(&milestone, "/id")?);
    let mut team = browser(&stage.cast, &stage.cast.claimant).await?;
    let html = open(&mut team, &desk).await?;
    let there = form_of(&html, &desk)?;
    let with = |typed: &[(&'static str, &'static str)]| filled(&there, typed);
    let odd = team.upload(&desk, &with(&[("note", "x")]), &[("upload-1", "saw.exe", b"MZ")]).await?;
    refused(odd, "id=\"upload-1-error\"")?;
    let lies = team.upload(&desk, &with(&[]), &[("upload-0", "saw.png", ARCHIVE)]).await?;
    refused(lies, "these bytes are no image/png")?;
    let unlinked =
        [("title-1", "Report"), ("link-1", "nowhere"), ("sha256-1", "00"), ("kind-0", "photo"), ("kind-1", "other")];
    let shown = team.upload(&desk, &with(&unlinked), &[("upload-0", "saw.zip", ARCHIVE)]).await?;
    let html = refused(shown, "id=\"sha256-1-error\"")?;
    ensure!(html.contains("Its file is kept here.") && html.contains("value=\"nowhere\""), "{html}");
    // The other row goes, the file stays without being sent again.
    let there = form_of(&html, &desk)?;
    let again = filled(&there, &[("kind-0", "design_files"), ("kind-1", "other"), ("drop-1", "yes")]);
    ensure!(team.upload(&desk, &again, &[]).await?.status == 303);
    let html = open(&mut team, &desk).await?;
    ensure!(html.contains("Your draft is saved") && html.contains("saw.zip"), "{html}");
    let id = html.split_once("action=\"/desk/claims/").context("a draft")?.1;
    let submit = format!("/desk/claims/{}", id.split('"').next().unwrap_or_default());
    // The gate is not open: it says so, and what was written stays.
    let there = form_of(&html, &submit)?;
    refused(team.fill(&submit, &filled(&there, &[])).await?, "evidence of: licence")?;
    // Whoever is not of the team writes nothing, and sends no file either.
    for (by, status) in [(&stage.cast.stranger, 404), (&stage.cast.treasurer, 403)] {
        let mut other = browser(&stage.cast, by).await?;
        ensure!(other.get(&desk).await?.0 == status);
        ensure!(other.upload(&desk, &again, &[("upload-0", "a.txt", b"a")]).await?.status == status);
        ensure!(other.fill(&submit, &filled(&there, &[])).await?.status == status);
    }
    ensure!(stage.app.count("SELECT count(*) FROM stored_file").await? == 1);
    stage.app.finish().await
}
