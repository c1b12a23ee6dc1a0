//! The commands of `commonpurse`.

use crate::config::{DatabaseConfig, ServeConfig};
use crate::{keys, serve};
use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::Timestamp;
use ledger::operations::identity;
use ledger::party::Email;
use secrecy::ExposeSecret;

/// People put money into a common purse, and everyone can follow each cent.
#[derive(Debug, Parser)]
#[command(name = "commonpurse", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API.
    Serve(Box<ServeConfig>),
    /// Bring the database to the newest schema; connects as its owner.
    Migrate(DatabaseConfig),
    /// Who runs the installation.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Keys.
    #[command(subcommand)]
    Keys(KeysCommand),
}

/// Who runs the installation.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make the person with an address an operator; they can sign in from now on.
    Add {
        /// The address.
        email: Email,
        /// Where the database is.
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

/// Keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print a new signing key as PKCS#8 PEM.
    Generate,
}

impl Command {
    /// Whether logs are for machines.
    pub fn is_production(&self) -> bool {
        match self {
            Command::Serve(config) => config.production,
            Command::Migrate(_) | Command::Operator(_) | Command::Keys(_) => false,
        }
    }

    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Serve(config) => serve::serve(*config, serve::stop_signal()).await,
            Command::Migrate(database) => migrate(&database).await,
            Command::Operator(OperatorCommand::Add { email, database }) => add_operator(&email, &database).await,
            Command::Keys(KeysCommand::Generate) => {
                print!("{}", keys::generate().expose_secret());
                Ok(())
            }
        }
    }
}

async fn migrate(database: &DatabaseConfig) -> anyhow::Result<()> {
    let report = migrations::apply(database.url()?.expose_secret()).await?;
    println!("the schema was at version {} and is at {}", report.before, report.now);
    Ok(())
}

async fn add_operator(email: &Email, database: &DatabaseConfig) -> anyhow::Result<()> {
    let pool = serve::pool(database.url()?.expose_secret(), 1)?;
    let mut client = pool.get().await.context("the database cannot be reached")?;
    let tx = client.transaction().await?;
    let id = identity::ensure_operator(&tx, email, Timestamp::now()).await?;
    tx.commit().await?;
    println!("{} ({id}) is an operator", email.as_str());
    Ok(())
}
