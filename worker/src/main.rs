//! The binary `commonpurse-worker`.

use anyhow::Context as _;
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use worker::Config;

fn main() -> ExitCode {
    match start(Config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, with its causes: this is for whoever started it, not for a debugger.
            tracing::error!("the worker cannot run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tokio_postgres=warn"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if config.production {
        logs.json().init();
    } else {
        logs.init();
    }
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed already"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown = migrations::stop_requested(config.stop_with_parent).context("cannot listen for signals")?;
        worker::run(config, shutdown).await
    })
}
