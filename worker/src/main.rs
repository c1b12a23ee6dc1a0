//! The binary `commonpurse-worker`.

use anyhow::Context as _;
use clap::Parser;
use std::process::ExitCode;
use worker::Config;

fn main() -> ExitCode {
    match start(Config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, with its causes: this is for whoever started it, not for a debugger.
            eprintln!("commonpurse-worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(config: Config) -> anyhow::Result<()> {
    migrations::settings::refuse_unknown_variables()?;
    migrations::start_log("info", config.production)?;
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed already"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = migrations::stop_requested(config.stop_with_parent).context("cannot listen for signals")?;
        worker::run(config, shutdown).await
    })
}
