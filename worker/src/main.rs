//! The binary `commonpurse-worker`.

use anyhow::Context as _;
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
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
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let orphaned = orphaned(config.stop_with_parent);
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = orphaned => {}
            }
        };
        worker::run(config, shutdown).await
    })
}

/// Ready when standard input ends, which it does when the process at its other end dies; never when nobody asks.
async fn orphaned(asked: bool) {
    if !asked {
        return std::future::pending().await;
    }
    let (ended, end) = oneshot::channel();
    // A thread of its own: a read of standard input cannot be called off.
    std::thread::spawn(move || {
        // An error ends it like an end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.await;
}
