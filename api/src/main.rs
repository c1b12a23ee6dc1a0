//! The binary `commonpurse`.

use api::commands::Cli;
use clap::Parser;
use std::process::ExitCode;

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
    migrations::settings::refuse_unknown_variables()?;
    migrations::start_log(cli.command.log_default(), cli.command.is_production())?;
    cli.command.run().await
}
