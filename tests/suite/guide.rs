//! The partners' guide, `openapi/README.md`, run as it is written.

use anyhow::{Context as _, ensure};
use api::demo::client::text;
use api::stack::programs_beside_this_one;
use serde_json::Value;
use std::time::Duration;
use tests::{Receiver, Script, Stage};
use tokio::process::Command;
use tokio::time::timeout;

/// How long the lines may take that wait for an event.
const ARRIVED_MAX: Duration = Duration::from_mins(2);

/// The lines of all its blocks, one after the other.
fn lines(guide: &str) -> anyhow::Result<String> {
    Ok(blocks(guide, "<!-- guide -->")?.concat())
}

/// The blocks of the part between two marks.
fn blocks<'a>(guide: &'a str, mark: &str) -> anyhow::Result<Vec<&'a str>> {
    let part = guide.split(mark).nth(1).with_context(|| format!("the guide has its part {mark}"))?;
    Ok(part.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect())
}

#[tokio::test]
async fn p15_10_the_guide_s_lines_lead_from_nothing_to_a_settled_pledge_and_its_events() -> anyhow::Result<()> {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/README.md"))?;
    let lines = lines(&guide)?;
    // Endpoints on this machine, as `make demo` has them.
    let stage = Stage::set_with(1, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let campaign = stage.campaign().await?;
    let place = tempfile::tempdir()?;
    let folder = place.path().join(".commonpurse/commonpurse_demo");
    std::fs::create_dir_all(&folder)?;
    stage.cast.write_partner_file(&folder.join("partner.env"), &campaign)?;
    // As often as one likes: it happens once.
    for _ in 0..2 {
        let output = Command::new("sh").args(["-euc", &lines]).current_dir(place.path()).output().await?;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{said}");
        for told in [
            "charge.captured",
            "charge.settled",
            "pledge.completed",
            "day,kind,id,charge",
            "\"webhook_endpoint.pinged\"",
            "\"state\":\"delivered\"",
            "not ours: evt_",
        ] {
            ensure!(said.contains(told), "{told}: {said}");
        }
        ensure!(said.matches("verified: evt_").count() == 3, "{said}");
    }
    let pledges: Vec<Value> = stage.cast.partner.all("/v1/pledges").await?;
    ensure!(pledges.len() == 1 && text(&pledges[0], "/state")? == "completed", "{pledges:?}");
    let settlements = stage.cast.partner.all("/v1/settlements").await?;
    let reported: Vec<_> = settlements.iter().filter(|settlement| settlement["by"] == "report").collect();
    ensure!(reported.len() == 1 && reported[0]["amount"]["amount"] == "10.00", "{settlements:?}");
    let left = stage.cast.partner.all(&format!("/v1/webhook-endpoints?book={}", stage.cast.book)).await?;
    ensure!(left.is_empty(), "the guide leaves no endpoint: {left:?}");
    stage.cast.idle().await?;
    stage.app.finish().await
}

#[tokio::test]
async fn sbx_the_guide_s_lines_show_an_event_arrive_at_a_program_on_this_machine() -> anyhow::Result<()> {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/README.md"))?;
    let lines = [blocks(&guide, "<!-- guide -->")?[0], blocks(&guide, "<!-- listen -->")?[0]].concat();
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let place = tempfile::tempdir()?;
    let folder = place.path().join(".commonpurse/commonpurse_demo");
    std::fs::create_dir_all(&folder)?;
    stage.cast.write_partner_file(&folder.join("partner.env"), &campaign)?;
    let receiver = Receiver::open(Script::default()).await?;
    let programs = programs_beside_this_one()?;
    let path = format!("{}:{}", programs.display(), std::env::var("PATH")?);
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", &lines])
        .current_dir(place.path())
        .env("PATH", path)
        .env("RECEIVER", receiver.url("/purse-events"));
    let output = timeout(ARRIVED_MAX, shell.kill_on_drop(true).output()).await.context("the event arrives")??;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{said}");
    for told in ["fired charge.captured evt_", "(test): 200", "go on with --since "] {
        ensure!(said.contains(told), "{told}: {said}");
    }
    ensure!(receiver.at("/purse-events").len() == 1, "it has arrived once");
    stage.app.finish().await
}
