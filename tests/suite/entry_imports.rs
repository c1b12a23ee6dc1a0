//! Entries in by file: each team once, by somebody who is a member of it, and each line with its own verdict.

use crate::shares::Open;
use anyhow::ensure;
use api::demo::cast::organisation;
use api::demo::client::text;
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

fn counts(told: &Value) -> [i64; 4] {
    ["created", "already_there", "refused", "unreadable"].map(|word| told[word].as_i64().unwrap_or(-1))
}

#[tokio::test]
async fn p15_9_teams_are_entered_by_file_each_once_by_their_members() -> Outcome {
    let open = Open::set("return_to_sponsors").await?;
    let cast = &open.stage.cast;
    let second = organisation(&cast.claimant, "Second Workshop", "project_team").await?;
    let foreign = organisation(&cast.stranger, "Gear Works", "project_team").await?;
    let path = format!("{}/entry-imports", open.path);
    let csv = format!(
        "Team ID,Note\r\n{},=1+1\r\n\"\",x\r\n{foreign},x\r\n\r\nteam,x\r\n{second}\r\n{second},again\r\n",
        cast.team
    );
    let import = json!({"rules_sha256": open.sha256, "csv": csv});
    let tried = cast.claimant.post(&format!("{path}?dry_run=true"), &import).await?.ok()?;
    ensure!(counts(&tried) == [3, 0, 2, 1], "each line is tried by itself: {tried:#}");
    ensure!(open.stage.app.count("SELECT count(*) FROM entrant").await? == 0, "it was only tried");
    let told = cast.claimant.post(&path, &import).await?.ok()?;
    ensure!(counts(&told) == [2, 1, 2, 1], "{told:#}");
    let item = |place: usize| &told["items"][place];
    ensure!(item(1)["verdict"] == "unreadable" && item(1)["line"] == 3 && item(1)["column"] == "Team ID", "{told:#}");
    ensure!(item(2)["problem"]["status"] == 403 && item(3)["problem"]["errors"][0]["pointer"] == "/team", "{told:#}");
    ensure!(item(4)["entry"] == item(5)["entry"] && item(3)["line"] == 6, "{told:#}");
    let again = cast.claimant.post(&path, &import).await?.ok()?;
    ensure!(
        counts(&again) == [0, 3, 2, 1] && open.stage.app.count("SELECT count(*) FROM entrant").await? == 2,
        "{again:#}"
    );
    let other = json!({"rules_sha256": "0".repeat(64), "csv": format!("Team ID\n{foreign}\n")});
    let refused = cast.stranger.post(&path, &other).await?.ok()?;
    ensure!(refused["items"][0]["problem"]["type"] == "/problems/rules-mismatch", "{refused:#}");
    by_name(&open, &path, &second).await?;
    let lacking = json!({"rules_sha256": open.sha256, "csv": "Team\nx\n"});
    let lacking = cast.claimant.post(&path, &lacking).await?;
    ensure!(lacking.status == 422 && lacking.body["errors"][0]["pointer"] == "/csv", "{lacking:?}");
    open.stage.app.finish().await
}

/// By the export of a leaderboard, and by columns of one's own, teams are found by their names among those of whoever sends it.
async fn by_name(open: &Open, path: &str, second: &str) -> Outcome {
    let cast = &open.stage.cast;
    let third = organisation(&cast.claimant, "Third Workshop", "project_team").await?;
    let csv = "Rank,TeamId,TeamName,Score\n1,81726,Second Workshop,0.91\n2,9,Third Workshop,0.90\n3,7,Gear Works,0.85\n4,5,,0.8\n";
    let import = json!({"rules_sha256": open.sha256, "adapter": "leaderboard", "csv": csv});
    let told = cast.claimant.post(path, &import).await?.ok()?;
    ensure!(counts(&told) == [1, 1, 1, 1], "{told:#}");
    ensure!(
        told["items"][0]["team"] == "Second Workshop" && told["items"][0]["verdict"] == "already_there",
        "{told:#}"
    );
    let entered = "SELECT count(*) FROM entrant e JOIN organisation o ON o.id = e.team WHERE o.name = 'Third Workshop'";
    ensure!(open.stage.app.count(entered).await? == 1, "{third}");
    let foreign = &told["items"][2]["problem"]["errors"][0];
    ensure!(foreign["pointer"] == "/team" && text(foreign, "/message")?.contains("none of your teams"), "{told:#}");
    ensure!(told["items"][3]["column"] == "TeamName", "{told:#}");

    // Two that are called the same are told apart by their ids alone.
    organisation(&cast.claimant, "Second Workshop", "project_team").await?;
    let csv = format!("Nr,Name\n,Second Workshop\n{second},Second Workshop\n");
    let own = json!({"rules_sha256": open.sha256, "column_team": "Nr", "column_team_name": "Name", "csv": csv});
    let told = cast.claimant.post(path, &own).await?.ok()?;
    ensure!(counts(&told) == [0, 1, 1, 0], "{told:#}");
    ensure!(text(&told, "/items/0/problem/errors/0/message")?.contains("give its id"), "{told:#}");
    let unknown = json!({"rules_sha256": open.sha256, "adapter": "newspaper", "csv": "Team ID\n"});
    let unknown = cast.claimant.post(path, &unknown).await?;
    ensure!(unknown.status == 422 && unknown.body["errors"][0]["pointer"] == "/adapter", "{unknown:?}");
    Ok(())
}
