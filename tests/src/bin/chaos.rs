//! `make chaos`: two hundred kills under load, and what is left afterwards. `KILLS` and `COMMONPURSE_SEED` change it.

use anyhow::Context as _;
use std::process::ExitCode;
use tests::chaos::{self, Options};

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let number = |name: &str, default: u64| match std::env::var(name) {
        Ok(value) => value.parse().with_context(|| format!("{name} is a number")),
        Err(_) => Ok(default),
    };
    let kills = usize::try_from(number("KILLS", 200)?)?;
    let seed = number("COMMONPURSE_SEED", rand::random::<u32>().into())?;
    let tally = chaos::run(Options { kills, seed, callers: 24 }).await?;
    for wrong in tally.wrong.iter().take(100) {
        println!("wrong: {wrong}");
    }
    println!("{tally}");
    Ok(if tally.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
