//! The commands of `commonpurse`.

use crate::config::{OwnerConfig, ServeConfig};
use crate::demo::{self, DemoOptions, DevOptions};
use crate::operators::{add_operator, frozen_books, list_operators, release_book, remove_operator};
use crate::{keys, serve};
use anyhow::Context;
use clap::{Parser, Subcommand};
use ledger::id::BookRef;
use ledger::parties::rules::role::Email;
use secrecy::ExposeSecret;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

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
    /// Play the founding story with real numbers in the whole service, on a private PostgreSQL.
    Demo(DemoOptions),
    /// Run the whole service on a private PostgreSQL, its data kept between runs.
    Dev(DevOptions),
    /// Serve the API.
    Serve(Box<ServeConfig>),
    /// Bring the database to the newest schema; connects as its owner.
    Migrate(OwnerConfig),
    /// Check an export in JSON Lines, offline: every digest, number and balance.
    Verify {
        /// The export.
        file: PathBuf,
    },
    /// Who runs the installation.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Books that differ from themselves.
    #[command(subcommand)]
    Book(BookCommand),
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
        owner: OwnerConfig,
    },
    /// List those who run the installation.
    List {
        /// Where the database is.
        #[command(flatten)]
        owner: OwnerConfig,
    },
    /// Make an operator none; they keep their account and their roles.
    Remove {
        /// The address.
        email: Email,
        /// Even when nobody else runs the installation.
        #[arg(long)]
        force: bool,
        /// Where the database is.
        #[command(flatten)]
        owner: OwnerConfig,
    },
}

/// Books that differ from themselves.
#[derive(Debug, Subcommand)]
pub enum BookCommand {
    /// List the frozen books, with what was found.
    Frozen {
        /// Where the database is.
        #[command(flatten)]
        owner: OwnerConfig,
    },
    /// Let a frozen book take records again; its comparison begins anew. Who did it and why is kept.
    Release {
        /// The book, such as `bok_…`.
        book: BookRef,
        /// What was found and done, at most 1,000 characters; no personal data.
        #[arg(long)]
        reason: String,
        /// Where the database is.
        #[command(flatten)]
        owner: OwnerConfig,
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
            Command::Demo(_)
            | Command::Dev(_)
            | Command::Migrate(_)
            | Command::Verify { .. }
            | Command::Operator(_)
            | Command::Book(_)
            | Command::Keys(_) => false,
        }
    }

    /// What is logged when `COMMONPURSE_LOG` does not say: the story speaks for itself.
    pub fn log_default(&self) -> &'static str {
        match self {
            Command::Demo(_) => "warn",
            Command::Dev(_)
            | Command::Serve(_)
            | Command::Migrate(_)
            | Command::Verify { .. }
            | Command::Operator(_)
            | Command::Book(_)
            | Command::Keys(_) => "info",
        }
    }

    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Demo(options) => demo::demo(options).await,
            Command::Dev(options) => demo::dev(options).await,
            Command::Serve(config) => {
                let stop = migrations::stop_requested(config.stop_with_parent)?;
                serve::serve(*config, stop).await
            }
            Command::Migrate(owner) => migrate(&owner).await,
            Command::Verify { file } => verify(&file),
            Command::Operator(command) => command.run().await,
            Command::Book(BookCommand::Frozen { owner }) => {
                for freeze in frozen_books(owner.url()?.expose_secret()).await? {
                    println!("{} ({}) is frozen since {}", freeze.book, freeze.name, freeze.frozen_at);
                    for found in freeze.found {
                        println!("  {found}");
                    }
                }
                Ok(())
            }
            Command::Book(BookCommand::Release { book, reason, owner }) => {
                let freeze = release_book(owner.url()?.expose_secret(), book, &reason).await?;
                println!("{book} takes records again: freeze {freeze} is over, and the comparison begins anew");
                Ok(())
            }
            Command::Keys(KeysCommand::Generate) => {
                print!("{}", keys::generate().expose_secret());
                Ok(())
            }
        }
    }
}

impl OperatorCommand {
    async fn run(self) -> anyhow::Result<()> {
        match self {
            OperatorCommand::Add { email, owner } => {
                let id = add_operator(owner.url()?.expose_secret(), &email).await?;
                println!("{} ({id}) is an operator", email.as_str());
            }
            OperatorCommand::List { owner } => {
                for person in list_operators(owner.url()?.expose_secret()).await? {
                    println!("{} ({})", person.email, person.id);
                }
            }
            OperatorCommand::Remove { email, force, owner } => {
                let id = remove_operator(owner.url()?.expose_secret(), &email, force).await?;
                println!("{} ({id}) is no operator any more", email.as_str());
            }
        }
        Ok(())
    }
}

async fn migrate(owner: &OwnerConfig) -> anyhow::Result<()> {
    let report = migrations::apply(owner.url()?.expose_secret()).await?;
    println!("the schema was at version {} and is at {}", report.before, report.now);
    Ok(())
}

/// Says what holds of an export, or names the first record that is wrong.
fn verify(file: &Path) -> anyhow::Result<()> {
    let text = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let held = ledger::verify::verify(BufReader::new(text))?;
    println!("{} {:?} holds: {} entries, {} accounts", held.book, held.name, held.entries, held.accounts);
    println!("its last digest is {}", held.digest);
    Ok(())
}
