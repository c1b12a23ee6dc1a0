//! The commands of `commonpurse`.

use crate::config::{MigrateConfig, OwnerConfig, ServeConfig};
use crate::demo::{self, DemoOptions, DevOptions};
use crate::doctor::{DoctorConfig, doctor};
use crate::keys::vault::Vault;
use crate::operators::{add_operator, adopt, frozen_books, list_operators, release_book, remove_operator};
use crate::partner_tools::{self, ImportOptions, ListenOptions, TriggerOptions};
use crate::{keys, reseal, serve};
use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use ledger::id::BookRef;
use ledger::parties::rules::role::Email;
use migrations::settings::DatabaseConfig;
use migrations::{Preview, Roles};
use secrecy::ExposeSecret;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    /// Print a fresh sign-in link for somebody in the demo that runs here, such as `team` or `reviewer`.
    SignIn {
        /// Their role: operator, host-owner, reviewer, team, judge, treasurer, approver or member; in `dev` operator.
        role: String,
        /// The directory that `demo` or `dev` was given.
        #[arg(long, default_value = demo::HOME)]
        home: PathBuf,
    },
    /// Serve the API.
    Serve(Box<ServeConfig>),
    /// Bring the database to the newest schema; connects as its owner.
    Migrate(MigrateConfig),
    /// Look at all that the service rests on, and say how to mend what is not well; exits 1 when something fails.
    Doctor(Box<DoctorConfig>),
    /// Check an export in JSON Lines, offline: every digest, number and balance.
    Verify {
        /// The export.
        file: PathBuf,
    },
    /// Count an exported matching round again, offline, and say whether its shares are what comes out.
    RecomputeRound {
        /// The export of the round.
        file: PathBuf,
    },
    /// As a partner: forward events to a program on this machine, signed as at a webhook endpoint, from now on until Ctrl-C.
    ///
    /// The client id and secret of the partner are read from COMMONPURSE_CLIENT_ID and COMMONPURSE_CLIENT_SECRET, the secret that signs from
    /// COMMONPURSE_FORWARD_SECRET; where that is not set, one is made and printed. A receiver that does not answer 200 to 299 is sent the same event
    /// until it does; the next ones wait. At the end it prints the cursor with which --since goes on.
    Listen(ListenOptions),
    /// As a partner: fire an event by hand in a sandbox book, which comes to this partner alone and says that it is a test.
    ///
    /// The client id and secret of the partner are read from COMMONPURSE_CLIENT_ID and COMMONPURSE_CLIENT_SECRET; its scopes are webhooks:write and
    /// the one that reads such events. Nothing in the book changes.
    Trigger(TriggerOptions),
    /// As a partner, or as somebody of a host or a team: take pledges or entries in by file, the export of another platform; or open the book
    /// of a cooperative with what it had in another installation, by its export in JSON Lines, every digest of which is checked.
    ///
    /// The client id and secret of the partner are read from COMMONPURSE_CLIENT_ID and COMMONPURSE_CLIENT_SECRET; where COMMONPURSE_TOKEN has the access
    /// token of a person, that is who asks. Each line is taken once, however often its file is sent. It prints the lines that were not taken, and ends
    /// with 1 when there are any.
    Import(Box<ImportOptions>),
    /// Say that a restored copy is the installation from now on: its workers charge, mail and release again.
    Adopt {
        /// Why, at most 1,000 characters; no personal data.
        #[arg(long)]
        reason: String,
        /// Where the database is.
        #[command(flatten)]
        owner: OwnerConfig,
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

/// What is said of a restored copy.
const COPY: &str = "this is a copy, restored to another place than the installation's: it charges nobody, mails nobody and does \
                    no other job until `commonpurse adopt --reason …` says that it is the installation";

/// Keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new signing key as PKCS#8 PEM.
    Generate {
        /// A new file for it, that its owner alone can read. [default: print it]
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Move the keys of a directory on: the next one signs, the current one is still believed, a new one is published for
    /// the next time. Then start each process anew, one after the other.
    Rotate {
        /// The directory, as in COMMONPURSE_SIGNING_KEY_DIR; an empty one gets its first keys.
        #[arg(env = "COMMONPURSE_SIGNING_KEY_DIR")]
        directory: PathBuf,
    },
    /// Put a new key of bank details and second factors into a directory: it seals what is given from the next start on. Keep the old
    /// ones: they open what they have sealed.
    RotateBank {
        /// The directory, as in COMMONPURSE_BANK_KEY_DIR; an empty one gets its first key.
        #[arg(env = "COMMONPURSE_BANK_KEY_DIR")]
        directory: PathBuf,
    },
    /// Seal all bank details and second factors anew that an older key has sealed. After it, an old key is needed for backups, and for
    /// recovery codes that were shown in its time.
    ResealBank {
        /// The directory, as in COMMONPURSE_BANK_KEY_DIR.
        #[arg(env = "COMMONPURSE_BANK_KEY_DIR")]
        directory: PathBuf,
        /// Where the database is.
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

impl Command {
    /// Whether logs are for machines.
    pub fn is_production(&self) -> bool {
        match self {
            Command::Serve(config) => config.production,
            Command::Demo(_)
            | Command::Doctor(_)
            | Command::Dev(_)
            | Command::SignIn { .. }
            | Command::Listen(_)
            | Command::Trigger(_)
            | Command::Import(_)
            | Command::Migrate(_)
            | Command::Verify { .. }
            | Command::RecomputeRound { .. }
            | Command::Adopt { .. }
            | Command::Operator(_)
            | Command::Book(_)
            | Command::Keys(_) => false,
        }
    }

    /// What is logged when `COMMONPURSE_LOG` does not say: the story speaks for itself.
    pub fn log_default(&self) -> &'static str {
        match self {
            Command::Demo(_)
            | Command::Doctor(_)
            | Command::SignIn { .. }
            | Command::Listen(_)
            | Command::Trigger(_)
            | Command::Import(_) => "warn",
            Command::Dev(_)
            | Command::Serve(_)
            | Command::Migrate(_)
            | Command::Verify { .. }
            | Command::RecomputeRound { .. }
            | Command::Adopt { .. }
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
            Command::SignIn { role, home } => {
                println!("{}", demo::people::link(&home, &role).await?);
                Ok(())
            }
            Command::Serve(config) => {
                let stop = migrations::stop_requested(config.stop_with_parent)?;
                serve::serve(*config, stop).await
            }
            Command::Migrate(config) => migrate(&config).await,
            Command::Doctor(config) => doctor(&config).await,
            Command::Verify { file } => verify(&file),
            Command::RecomputeRound { file } => recompute_round(&file),
            Command::Listen(options) => partner_tools::listen(options).await,
            Command::Trigger(options) => partner_tools::trigger(options).await,
            Command::Import(options) => partner_tools::import(*options).await,
            Command::Adopt { reason, owner } => {
                let number = adopt(owner.url()?.expose_secret(), &reason).await?;
                println!(
                    "this database is the installation from now on (adoption {number}): its workers take up their jobs"
                );
                Ok(())
            }
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
            Command::Keys(KeysCommand::Generate { file: None }) => {
                print!("{}", keys::generate().expose_secret());
                Ok(())
            }
            Command::Keys(KeysCommand::Generate { file: Some(path) }) => {
                Ok(keys::files::write_new(&path, &keys::generate())?)
            }
            Command::Keys(KeysCommand::Rotate { directory }) => {
                keys::files::rotate(&directory, SystemTime::now())?;
                println!("the keys in {} have moved on: start each process anew", directory.display());
                Ok(())
            }
            Command::Keys(KeysCommand::RotateBank { directory }) => {
                let version = keys::vault::rotate(&directory)?;
                println!("key {version} in {} seals bank details: start each process anew", directory.display());
                Ok(())
            }
            Command::Keys(KeysCommand::ResealBank { directory, database }) => {
                let vault = Vault::load(&directory)?;
                let count = reseal::reseal(&vault, database.url()?.expose_secret()).await?;
                println!(
                    "{count} bank accounts, second factors and webhook endpoints are sealed anew, all of them with key {}",
                    vault.version()
                );
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

async fn migrate(config: &MigrateConfig) -> anyhow::Result<()> {
    let url = config.owner.url()?;
    let roles = Roles::named(&config.owner_role, &config.service_role)?;
    if config.check || config.sql {
        let preview = migrations::preview(url.expose_secret(), &roles).await?;
        if config.sql {
            print!("{}", preview.sql);
            return Ok(());
        }
        return up_to_date(&preview);
    }
    let report = migrations::apply(url.expose_secret(), &roles).await?;
    println!("the schema was at version {} and is at {}", report.before, report.now);
    if report.is_copy {
        println!("{COPY}");
    }
    Ok(())
}

/// Says that a database is up to date, or fails with what is not.
fn up_to_date(preview: &Preview) -> anyhow::Result<()> {
    if preview.is_up_to_date() {
        println!("the schema is at version {} and up to date", preview.now);
        return Ok(());
    }
    let mut wrong = Vec::new();
    if !preview.due.is_empty() {
        let (before, now) = (preview.before, preview.now);
        wrong.push(format!("it is at version {before} of {now}, and to be applied: {}", preview.due.join(", ")));
    }
    if preview.is_orphaned {
        wrong.push("roles are missing, or tables belong to somebody else".to_owned());
    }
    bail!("the database is not up to date: {}; run `commonpurse migrate`", wrong.join("; "))
}

/// Says what holds of an export, or names the first record that is wrong.
fn verify(file: &Path) -> anyhow::Result<()> {
    let text = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let held = ledger::verify::verify(BufReader::new(text))?;
    println!("{} {:?} holds: {} entries, {} accounts", held.book, held.name, held.entries, held.accounts);
    println!("its last digest is {}", held.digest);
    Ok(())
}

/// Prints the shares that come out, or names the first line that says otherwise.
fn recompute_round(file: &Path) -> anyhow::Result<()> {
    let text = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    for share in ledger::recount::recount(BufReader::new(text))?.shares {
        println!("{share}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_knows_each_variable_of_this_program_and_this_one_reads_all_that_are_its_own() {
        let [own, of_the_worker] = migrations::settings::known_variables();
        let read = migrations::settings::variables_of::<Cli>();
        assert!(read.is_superset(&own), "{own:?}");
        // The doctor looks at what the worker has as well.
        assert!(read.is_subset(&(&own | &of_the_worker)), "{read:?}");
    }
}
