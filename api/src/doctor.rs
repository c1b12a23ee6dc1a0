//! `commonpurse doctor`: looks at everything that an installation rests on, and says how to mend what is not well.

mod findings;

use crate::config::{DatabaseConfig, ServeConfig};
use crate::handlers::health::HEARTBEAT_AGE_MAX;
use crate::serve;
use anyhow::ensure;
use clap::Args;
use findings::{Finding, Needs};
use ledger::engine::store::checks;
use ledger::service::store::{adoptions, heartbeats};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use migrations::Access;
use migrations::settings::StripeConfig;
use nix::sys::statvfs::statvfs;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the mail server, and the database, may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// The most frozen books that are named.
const FROZEN_MAX: i64 = 20;

/// The settings of `commonpurse doctor`: those of the service and what it needs to know of the worker's.
#[derive(Debug, Clone, Args)]
pub struct DoctorConfig {
    /// As the service reads them.
    #[command(flatten)]
    pub serve: ServeConfig,

    /// The mail server of the worker.
    #[arg(long, env = "COMMONPURSE_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// Where the worker writes e-mail instead, in development.
    #[arg(long, env = "COMMONPURSE_MAIL_DIR")]
    pub mail_dir: Option<PathBuf>,

    /// How many jobs of a kind of work each worker does at once.
    #[arg(long, env = "COMMONPURSE_WORKER_CONCURRENCY", default_value_t = 8)]
    pub worker_concurrency: u16,

    /// Who takes the payments of live books.
    #[command(flatten)]
    pub stripe: StripeConfig,

    /// Say it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Looks, says what was found, and fails when something is not well.
pub async fn doctor(config: &DoctorConfig) -> anyhow::Result<()> {
    let mut found = vec![findings::configuration(config.serve.check())];
    found.push(mail(config).await);
    found.push(stripe(config));
    found.push(disk(&config.serve.state_dir));
    found.extend(database(config).await);
    if config.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        found.iter().for_each(|finding| println!("{finding}"));
    }
    let failed = found.iter().filter(|finding| finding.has_failed()).count();
    ensure!(failed == 0, "{failed} of {} checks failed", found.len());
    Ok(())
}

/// Whether the mail server lets us in.
async fn mail(config: &DoctorConfig) -> Finding {
    const CHECK: &str = "mail";
    if config.smtp_url.is_some() && config.mail_dir.is_some() {
        let mend = "set one of COMMONPURSE_SMTP_URL and COMMONPURSE_MAIL_DIR";
        return Finding::fail(CHECK, "goes two ways, and the worker does not start", mend);
    }
    let Some(url) = &config.smtp_url else {
        return match &config.mail_dir {
            Some(folder) if !config.serve.production => Finding::ok(CHECK, format!("goes into {}", folder.display())),
            Some(_) | None => Finding::fail(
                CHECK,
                "has nowhere to go",
                "set COMMONPURSE_SMTP_URL, or COMMONPURSE_MAIL_DIR in development",
            ),
        };
    };
    // The library's own message is dropped: it may quote the URL, and with it a password.
    let Ok(builder) = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()) else {
        return Finding::fail(CHECK, "COMMONPURSE_SMTP_URL cannot be read", "write it as smtps://user:password@host");
    };
    let server: AsyncSmtpTransport<Tokio1Executor> = builder.timeout(Some(DEADLINE)).build();
    match tokio::time::timeout(DEADLINE, server.test_connection()).await {
        Ok(Ok(true)) => Finding::ok(CHECK, "the mail server answers"),
        Ok(Ok(false)) => Finding::fail(CHECK, "the mail server answers, and takes no mail", "look at its log"),
        Ok(Err(error)) => Finding::fail(
            CHECK,
            format!("the mail server refuses: {error}"),
            "look at COMMONPURSE_SMTP_URL and at the server",
        ),
        Err(_) => Finding::fail(
            CHECK,
            format!("the mail server has not answered within {} s", DEADLINE.as_secs()),
            "look at COMMONPURSE_SMTP_URL and at firewalls",
        ),
    }
}

/// Whether payments of live books can be taken, by the look of the secrets: nobody is asked.
fn stripe(config: &DoctorConfig) -> Finding {
    let secrets = config.serve.webhooks.secrets();
    match (config.stripe.secret_key(), secrets) {
        (Ok(key), Ok(secrets)) => {
            findings::stripe(key.as_ref().map(|key| findings::StripeKey::of(key.expose_secret())), secrets.is_empty())
        }
        (Err(error), _) => Finding::fail("stripe", error.to_string(), "look at COMMONPURSE_STRIPE_SECRET_KEY_FILE"),
        (_, Err(error)) => Finding::fail("stripe", error.to_string(), "look at COMMONPURSE_STRIPE_WEBHOOK_SECRET_FILE"),
    }
}

/// The room on the disk of our own files; that of the database is its own machine's matter.
fn disk(state: &Path) -> Finding {
    let there = std::path::absolute(state).ok();
    let there = there.as_deref().and_then(|path| path.ancestors().find(|path| path.exists()));
    match there.map(statvfs) {
        Some(Ok(disk)) => {
            let in_mib = |blocks: u64| blocks.saturating_mul(disk.fragment_size()) >> 20;
            findings::disk(in_mib(disk.blocks_available()), in_mib(disk.blocks()))
        }
        Some(Err(_)) | None => Finding::warn("disk", "cannot be looked at", "look at COMMONPURSE_STATE_DIR"),
    }
}

/// What the database and its server say. Where one question has no answer, the others would have none either.
async fn database(config: &DoctorConfig) -> Vec<Finding> {
    let (access, client) = match connected(&config.serve.database).await {
        Ok(connected) => connected,
        Err(error) => {
            return vec![Finding::fail("database", format!("{error:#}"), "look at DATABASE_URL and at the server")];
        }
    };
    let needs = Needs {
        api: u32::from(config.serve.pool_size) + serve::OTHER_CONNECTIONS,
        worker: 2 * u32::from(config.worker_concurrency) + findings::WORKER_CONNECTIONS,
    };
    let mut found = match migrations::server_facts(&client).await {
        Ok(facts) => findings::server(&facts, needs),
        Err(error) => return vec![Finding::fail("database", error.to_string(), "look at the log of the database")],
    };
    let schema = migrations::check(&client).await;
    let is_ours = schema.is_ok();
    found.push(findings::schema(schema));
    if is_ours {
        found.push(findings::login(migrations::check_service(&client).await));
        match migrations::compare_rights(&client).await {
            Ok(differs) => found.push(findings::rights(&differs)),
            Err(error) => found.push(Finding::fail("rights", error.to_string(), "run `commonpurse migrate`")),
        }
        found.extend(installation(access).await.unwrap_or_else(|error| {
            vec![Finding::fail("installation", format!("cannot be read: {error:#}"), "run `commonpurse migrate`")]
        }));
    }
    found
}

async fn connected(database: &DatabaseConfig) -> anyhow::Result<(Access, tokio_postgres::Client)> {
    let access = migrations::service_access(database.url()?.expose_secret(), "commonpurse-doctor")?;
    let client = migrations::connect(&access).await?;
    Ok((access, client))
}

/// What the tables say of how the service fares.
async fn installation(access: Access) -> anyhow::Result<Vec<Finding>> {
    let client = serve::pool_of(access, 1)?.get().await?;
    let seen = heartbeats::list_since(&client, ledger::calendar::now() - HEARTBEAT_AGE_MAX).await?;
    let frozen = checks::list_frozen(&client, FROZEN_MAX).await?;
    let frozen: Vec<String> = frozen.iter().map(|freeze| freeze.book.to_string()).collect();
    Ok(vec![
        findings::adoption(adoptions::holds(&client).await?),
        findings::workers(seen.len()),
        findings::books(&frozen),
    ])
}
