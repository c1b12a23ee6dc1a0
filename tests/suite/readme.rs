//! The README's first pledge, run as it is written.

use crate::repository::root;
use anyhow::{Context as _, ensure};
use api::demo::people;
use serde_json::Value;
use std::path::Path;
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

/// All sources of tests below a folder, in one text.
fn sources(folder: &Path) -> anyhow::Result<String> {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all += &sources(&path)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all += &std::fs::read_to_string(path)?;
        }
    }
    Ok(all)
}

#[test]
fn what_the_founding_documents_name_is_in_the_contract_and_shown_by_a_test_or_said_to_be_missing() -> anyhow::Result<()>
{
    let root = root();
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let contract: Value = serde_json::from_str(&std::fs::read_to_string(root.join("openapi/openapi.json"))?)?;
    let paths: Vec<&String> = contract["paths"].as_object().context("paths")?.keys().collect();
    let tests = sources(&root.join("tests/suite"))? + &sources(&root.join("ledger/tests"))?;
    let part = readme.split("## What the founding documents name").nth(1).context("the table")?;
    let part = part.split("\n## ").next().unwrap_or(part);
    let mut numbers = Vec::new();
    for row in part.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (number, test) = (cells[1].parse::<u32>()?, cells[4].trim_matches('`'));
        ensure!(tests.contains(&format!("fn {test}(")), "{number}: no test is {test}");
        let named = cells[3].split('`').filter_map(|word| word.split(' ').find(|word| word.starts_with("/v1/")));
        for path in named {
            ensure!(paths.iter().any(|known| *known == path), "{number}: the contract has no {path}");
        }
        numbers.push(number);
    }
    let missing = part.split("Not there yet:").nth(1).context("what is missing")?;
    for range in missing.split(['(', ')']).skip(1).step_by(2).flat_map(|all| all.split(", ")) {
        let (first, last) = range.split_once('–').unwrap_or((range, range));
        numbers.extend(first.parse::<u32>()?..=last.parse()?);
    }
    numbers.sort_unstable();
    ensure!(numbers == Vec::from_iter(1..=45), "each of the 45 once: {numbers:?}");
    Ok(())
}
