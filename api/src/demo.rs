//! `commonpurse dev` and `commonpurse demo`: the whole service on this machine, and a story played in it.

pub mod cast;
pub mod checks;
pub mod client;
pub mod literals;
pub mod people;
mod progress;
pub mod story;

use crate::serve;
use crate::stack::{Settings, Stack, private_directory, programs_beside_this_one};
use anyhow::{Context as _, ensure};
use clap::Args;
use ledger::engine::store::books;
use migrations::{Durability, PrivateServer};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::{Path, PathBuf};
use story::Plot;

/// The database of `dev`, whose data is kept between runs.
const DEV_DATABASE: &str = "commonpurse_dev";

/// The database of `demo`, made anew for each run.
const DEMO_DATABASE: &str = "commonpurse_demo";

/// Where `dev` and `demo` keep their things, if nothing else is said.
pub const HOME: &str = ".commonpurse";

/// The first operator of `dev` and `demo`.
pub const OPERATOR: &str = "operator@commonpurse.example";

/// Options of `commonpurse demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoOptions {
    /// Which story is played.
    #[arg(long, value_enum, default_value_t)]
    story: Plot,
    /// Play the story, check it, stop everything, and exit 0 only if every check held.
    #[arg(long)]
    pub once: bool,
    #[command(flatten)]
    place: PlaceOptions,
    /// Change one literal of the story (NAME=VALUE), to see that its checks can fail.
    #[arg(long, hide = true)]
    expect: Vec<String>,
}

/// Options of `commonpurse dev`.
#[derive(Debug, Clone, Args)]
pub struct DevOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Sign-in links are mailed to this first operator.
    #[arg(long, default_value = OPERATOR)]
    operator: String,
    /// Begin with an empty database: what was kept is lost.
    #[arg(long)]
    fresh: bool,
}

/// Where `dev` and `demo` keep their things.
#[derive(Debug, Clone, Args)]
struct PlaceOptions {
    /// Keys, mail, logs and the private PostgreSQL go below this directory.
    #[arg(long, default_value = HOME)]
    home: PathBuf,
    /// Where the service listens; the next free port when it is taken.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// How many workers run.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    workers: u8,
    /// Another database than a private one, with the login of the service; DATABASE_URL does not count here. One with live
    /// books is refused.
    #[arg(long, value_name = "URL")]
    database: Option<SecretString>,
    /// The same database with the login that migrates it. [default: that of --database]
    #[arg(long, value_name = "URL", requires = "database")]
    database_owner: Option<SecretString>,
}

/// A stack and the private database below it, if it has one.
struct Running {
    stack: Stack,
    server: Option<PrivateServer>,
}

impl Running {
    async fn stop(self) -> anyhow::Result<()> {
        let Running { stack, server } = self;
        tokio::task::spawn_blocking(move || stack.stop()).await??;
        if let Some(server) = server {
            server.stop().await?;
        }
        Ok(())
    }
}

/// Plays the story; then leaves the service running until Ctrl-C, or stops it when it runs once.
pub async fn demo(options: DemoOptions) -> anyhow::Result<()> {
    let literals = literals::Literals::with_changes(&options.expect)?;
    let running = start(&options.place, DEMO_DATABASE, true, OPERATOR).await?;
    let mail = running.stack.mail_dir();
    let stop = migrations::stop_requested(false)?;
    let played = tokio::select! {
        played = story::play(options.story, &running.stack.base_url, &mail, &literals) => played,
        () = stop => Err(anyhow::anyhow!("stopped before the story had ended")),
    };
    let told = match played {
        Ok(told) => told,
        Err(error) => {
            running.stop().await?;
            return Err(error);
        }
    };
    for kept in &told.books {
        println!("\n{}\nfor hledger: {}", kept.closing, kept.journal.display());
    }
    println!("\nall checks held ({} of them)", told.checks);
    if !options.once {
        let people = people::of(options.story);
        people::write(&running.stack.settings.state, &running.stack.base_url, &mail, people).await?;
        // Whoever reads that it is up may stop it at once.
        let stop = migrations::stop_requested(false)?;
        println!("\n{}", addresses(&running, people, Some(&told)));
        stop.await;
        println!("stopping …");
    }
    running.stop().await
}

/// The service without the story, its data kept between runs.
pub async fn dev(options: DevOptions) -> anyhow::Result<()> {
    let running = start(&options.place, DEV_DATABASE, options.fresh, &options.operator).await?;
    let (state, mail) = (running.stack.settings.state.clone(), running.stack.mail_dir());
    let people = [("operator", options.operator.as_str())];
    people::write(&state, &running.stack.base_url, &mail, &people).await?;
    let stop = migrations::stop_requested(false)?;
    println!("{}", addresses(&running, &people, None));
    println!("  first operator   {}", options.operator);
    stop.await;
    println!("stopping …");
    running.stop().await
}

async fn start(place: &PlaceOptions, database: &str, fresh: bool, operator: &str) -> anyhow::Result<Running> {
    std::fs::create_dir_all(&place.home).with_context(|| format!("cannot make {}", place.home.display()))?;
    let home = place.home.canonicalize()?;
    let (server, owner_url, database_url) = match &place.database {
        Some(url) => {
            let owner_url = place.database_owner.as_ref().unwrap_or(url).expose_secret().to_owned();
            refuse_live_books(&owner_url).await?;
            migrations::apply(&owner_url, &migrations::Roles::default()).await?;
            (None, owner_url, url.expose_secret().to_owned())
        }
        None => {
            let server = PrivateServer::start(&home.join("postgresql"), Durability::Kept).await?;
            if fresh {
                drop_database(&server.url("postgres"), database).await?;
            }
            server.migrate(database).await?;
            let (owner_url, database_url) = (server.url(database), server.service_url(database));
            (Some(server), owner_url, database_url)
        }
    };
    let service = migrations::service_access(&database_url, "commonpurse-dev")?;
    migrations::check_service(&migrations::connect(&service).await?).await?;
    crate::operators::add_operator(&owner_url, &operator.parse()?).await?;
    let state = home.join(database);
    if fresh {
        forget(&state)?;
    }
    private_directory(&state)?;
    let settings = Settings {
        database_url,
        programs: programs_beside_this_one()?,
        state,
        listen: free_address(&place.listen)?,
        // All people of the story sign in within a minute, from one address; and what a partner tries receives on this machine.
        environment: [
            ("COMMONPURSE_GUESSES_PER_MINUTE", "600"),
            ("COMMONPURSE_FETCH_ANYWHERE", "true"),
            // The story is the same at every hour.
            ("COMMONPURSE_TASKS_MAIL_AT", "never"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    };
    let workers = usize::from(place.workers);
    let stack = tokio::task::spawn_blocking(move || Stack::start(settings, workers)).await??;
    Ok(Running { stack, server })
}

/// Real money is nothing to play with: neither the story nor its operator comes into such a database.
async fn refuse_live_books(url: &str) -> anyhow::Result<()> {
    let access: migrations::Access = url.parse()?;
    // With a sentence of its own when there is no way to it.
    migrations::connect(&access).await?;
    let client = serve::pool_of(access, 1)?.get().await?;
    ensure!(
        !books::any_live(&client).await?,
        "this database holds live books: `dev` and `demo` are for sandbox books only"
    );
    Ok(())
}

async fn drop_database(url: &str, database: &str) -> anyhow::Result<()> {
    let client = migrations::connect(&url.parse()?).await?;
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await?;
    Ok(())
}

fn forget(state: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(state) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The address asked for, or any free port of the same host when it is taken.
fn free_address(asked: &str) -> anyhow::Result<String> {
    if std::net::TcpListener::bind(asked).is_ok() {
        return Ok(asked.to_owned());
    }
    let (host, _) = asked.rsplit_once(':').context("an address is HOST:PORT")?;
    let listener = std::net::TcpListener::bind(format!("{host}:0"))?;
    Ok(listener.local_addr()?.to_string())
}

/// How this program is asked for a sign-in link.
fn sign_in_command() -> String {
    let program = std::env::args().next().unwrap_or_else(|| "commonpurse".to_owned());
    format!("{program} sign-in")
}

/// Where the state lies, when it is not where `sign-in` looks.
fn home_flag(state: &Path) -> String {
    let usual = std::env::current_dir().map(|here| here.join(HOME));
    match state.parent() {
        Some(home) if usual.is_ok_and(|usual| usual != home) => format!(" --home {}", home.display()),
        Some(_) | None => String::new(),
    }
}

fn addresses(running: &Running, people: &[(&str, &str)], told: Option<&story::Told>) -> String {
    let base = &running.stack.base_url;
    let mut lines = vec![
        format!("The service is up; Ctrl-C stops everything.\n\n  API              {base}/v1"),
        format!("  documentation    {base}/docs"),
        format!("  contract         {base}/openapi.json"),
        format!("  e-mail           {}", running.stack.mail_dir().display()),
    ];
    if let Some(server) = &running.server {
        let database = if told.is_some() { DEMO_DATABASE } else { DEV_DATABASE };
        lines.push(format!("  database         psql '{}'", server.url(database)));
    }
    for kept in told.into_iter().flat_map(|told| &told.books) {
        let title = format!("{}'s book", kept.whose);
        lines.push(format!("  {title:<16} {base}/v1/books/{}", kept.book));
        lines.push(format!("  kept by          {}", kept.treasurer));
    }
    for (what, path) in told.into_iter().flat_map(|told| &told.pages) {
        lines.push(format!("  page of the {what:<12} {base}{path}"));
    }
    let state = &running.stack.settings.state;
    let roles: Vec<_> = people.iter().map(|(role, _)| *role).collect();
    lines.push(format!("  sign in          {base}/sign-in, or by a link that this prints:"));
    lines.push(format!("                   {} ROLE{}", sign_in_command(), home_flag(state)));
    lines.push(format!("  roles            {}", roles.join(", ")));
    lines.push(format!("  their tokens     {}", state.join(people::FILE).display()));
    lines.join("\n")
}
