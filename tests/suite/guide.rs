//! The partners' guide, `openapi/README.md`, run as it is written.

use anyhow::{Context as _, ensure};
use api::demo::client::text;
use serde_json::Value;
use tests::Stage;
use tokio::process::Command;

/// The lines of all its blocks, one after the other.
fn lines(guide: &str) -> anyhow::Result<String> {
    let part = guide.split("<!-- guide -->").nth(1).context("the guide has its part")?;
    let blocks = part.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    Ok(blocks.collect())
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
