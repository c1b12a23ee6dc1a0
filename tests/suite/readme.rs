//! The README's first pledge, run as it is written.

use anyhow::{Context as _, ensure};
use api::demo::people;
use tests::Stage;
use tokio::process::Command;

#[tokio::test]
async fn the_readmes_lines_place_a_first_pledge_and_it_is_charged() -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?;
    let block = readme.split("<!-- first-pledge -->").nth(1).context("the README has a first pledge")?;
    let lines = block.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).context("its lines")?;

    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let place = tempfile::tempdir()?;
    let folder = place.path().join(".commonpurse/commonpurse_demo");
    std::fs::create_dir_all(&folder)?;
    stage.cast.write_partner_file(&folder.join("partner.env"), &campaign)?;
    for _ in 0..2 {
        let output = Command::new("sh").args(["-euc", lines]).current_dir(place.path()).output().await?;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success() && said.contains("\"id\":\"plg_"), "{said}");
    }
    ensure!(stage.app.count("SELECT count(*) FROM pledge").await? == 1, "as often as you like: it is one pledge");
    stage.cast.idle().await?;
    ensure!(stage.app.mails("receipt.", "ada@donors.example")? == 1);
    stage.app.finish().await
}

#[tokio::test]
async fn the_readmes_lines_show_a_person_what_waits_for_them() -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?;
    let block = readme.split("<!-- people -->").nth(1).context("the README has a person")?;
    let lines = block.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).context("its lines")?;

    let stage = Stage::set().await?;
    let place = tempfile::tempdir()?;
    let folder = place.path().join(".commonpurse/commonpurse_demo");
    std::fs::create_dir_all(&folder)?;
    let team = people::STORY.iter().find(|(role, _)| *role == "team").context("a team")?;
    people::write(&folder, stage.app.base_url(), &stage.app.mail_dir(), &[*team]).await?;
    let output = Command::new("sh").args(["-euc", lines]).current_dir(place.path()).output().await?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success() && said.contains("\"items\":[]"), "{said}");
    stage.app.finish().await
}

#[test]
fn the_readme_names_the_two_commands_and_the_operators_page_every_setting() -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))?;
    let operating = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../OPERATING.md"))?;
    for command in ["make demo", "make test"] {
        ensure!(readme.contains(command), "{command}");
    }
    for settings in ["../api/src/config.rs", "../worker/src/config.rs"] {
        let source = std::fs::read_to_string(format!("{}/{settings}", env!("CARGO_MANIFEST_DIR")))?;
        for line in source.lines().filter(|line| line.contains("env = \"COMMONPURSE_") && !line.contains("hide = true"))
        {
            let name = line.split('"').nth(1).context("a name")?;
            ensure!(operating.contains(name), "OPERATING.md does not say what {name} is");
        }
    }
    Ok(())
}
