//! A few kills under load; `make chaos` does two hundred.

use anyhow::ensure;
use tests::chaos::{self, Options};

#[tokio::test(flavor = "multi_thread")]
async fn six_kills_under_load_lose_nothing_and_double_nothing() -> anyhow::Result<()> {
    let tally = chaos::run(Options { kills: 6, seed: 6, callers: 24 }).await?;
    ensure!(tally.holds(), "{tally}: {:#?}", tally.wrong);
    ensure!(tally.acknowledged > 100, "{tally}");
    Ok(())
}
