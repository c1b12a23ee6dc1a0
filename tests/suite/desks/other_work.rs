//! Units, points and the use of equipment on the desk of hours.

use super::{open, refused};
use crate::cooperatives::Coop;
use anyhow::{Context as _, ensure};
use tests::browser::Browser;

/// The key of the last form of a page.
fn last_key(html: &str) -> anyhow::Result<&str> {
    let (_, after) = html.rsplit_once("name=\"key\" value=\"").context("a form")?;
    Ok(after.split('"').next().unwrap_or_default())
}

#[tokio::test]
async fn other_work_is_written_down_beside_the_week_and_say_in_what_they_are_counted() -> anyhow::Result<()> {
    let coop = Coop::open().await?;
    let grid = format!("/desk/cooperatives/{}/hours", coop.host.book);
    let browser = async |email: &str| Browser::of(coop.host.app.base_url(), &coop.host.app.mail_dir(), email).await;
    let (mut ada, mut bea) = (browser(coop.ada.email()?).await?, browser(coop.bea.email()?).await?);
    let html = open(&mut ada, &grid).await?;
    ensure!(
        html.contains("Units made, points, equipment or things") && html.contains("then only where a rule"),
        "{html}"
    );
    let typed = |key, quantity, day| {
        let other =
            [("other-unit", "units"), ("other-quantity", quantity), ("other-day", day), ("other-note", "Drills")];
        [("key", key), ("week", "2027-12-13")].into_iter().chain(other).collect::<Vec<_>>()
    };
    let key = last_key(&html)?;
    let html = refused(ada.fill(&grid, &typed(key, "many", "2027-12-15")).await?, "id=\"other-quantity-error\"")?;
    ensure!(html.contains("value=\"many\"") && html.contains("value=\"2027-12-15\""), "what was typed is kept");
    let html =
        refused(ada.fill(&grid, &typed(last_key(&html)?, "1000000.01", "2027-12-15")).await?, "at most 1000000.00")?;
    let html =
        refused(ada.fill(&grid, &typed(last_key(&html)?, "12.5", "2029-12-15")).await?, "id=\"other-day-error\"")?;
    let (key, count) = (last_key(&html)?, "SELECT count(*) FROM contribution WHERE unit = 'units'");
    for _ in 0..2 {
        let done = ada.fill(&grid, &typed(key, "12.5", "2027-12-15")).await?;
        ensure!(done.status == 303, "{done:?}");
    }
    ensure!(coop.host.app.count(count).await? == 1, "posted twice is done once");
    ensure!(open(&mut ada, &grid).await?.contains("12.50 units"));
    let html = open(&mut bea, &grid).await?;
    ensure!(html.contains("12.50 units of member 1, 15 December 2027"), "{html}");
    // Equipment says what it was; without that it is asked for beside its field.
    let used = |key, kind| {
        let other = [("other-unit", "use"), ("other-kind", kind), ("other-quantity", "3"), ("other-day", "2027-12-15")];
        [("key", key), ("week", "2027-12-13")].into_iter().chain(other).collect::<Vec<_>>()
    };
    let html = open(&mut ada, &grid).await?;
    let html = refused(ada.fill(&grid, &used(last_key(&html)?, "")).await?, "id=\"other-kind-error\"")?;
    let done = ada.fill(&grid, &used(last_key(&html)?, "laser-2")).await?;
    ensure!(done.status == 303, "{done:?}");
    ensure!(open(&mut bea, &grid).await?.contains("3.00 hours of use of laser-2 of member 1"));
    coop.host.app.finish().await
}
