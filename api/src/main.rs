//! The binary `commonpurse`.

use api::commands::Cli;
use api::config::refuse_unknown_variables;
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[actix_web::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("commonpurse: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    // Before anything else: with two TLS providers in the program rustls would refuse to choose.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("another TLS provider is installed already"))?;
    let cli = Cli::parse();
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    refuse_unknown_variables::<Cli>(names)?;
    start_log(cli.command.is_production(), cli.command.log_default())?;
    cli.command.run().await
}

/// Logs go to standard error: JSON in production, lines for people elsewhere.
fn start_log(production: bool, default: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(std::env::var("COMMONPURSE_LOG").unwrap_or_else(|_| default.to_owned()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    if production {
        registry.with(lines.json()).init();
    } else {
        registry.with(lines.compact()).init();
    }
    Ok(())
}
