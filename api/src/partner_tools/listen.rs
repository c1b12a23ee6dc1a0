//! `commonpurse listen`: what a partner is told goes on to a program on the developer's machine, signed as what is sent to an endpoint is.
//!
//! It reads the list of events by its cursor, so that it needs no address which the service could reach. One event goes after the other: what is
//! not taken is sent again until it is, and the service is asked again until it answers, so that nothing is left out or turned around.

use super::{PartnerAt, PartnerOptions, refusal};
use crate::demo::client::{Answer, text};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use ledger::partners::rules::signing::{Headers, NEW_BYTES, Secret};
use ledger::service::event::EventKind;
use rand::RngCore as _;
use reqwest::{StatusCode, header, redirect};
use serde_json::Value;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// The variable of the secret that signs.
const FORWARD_SECRET: &str = "COMMONPURSE_FORWARD_SECRET";

/// How long the receiver may take to answer, as an endpoint may.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// How often the list is looked at when there is nothing new.
const POLL: Duration = Duration::from_millis(500);

/// The first pause after a failure, and the longest: each is twice the one before.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(15);

/// How many events are read at once.
const PAGE: usize = 50;

/// What `listen` is told.
#[derive(Debug, Clone, Args)]
pub struct ListenOptions {
    /// Where each event goes, by POST, such as `http://127.0.0.1:3000/purse-events`.
    #[arg(long)]
    pub forward_to: Url,

    /// Only events of these kinds, with commas between; `commonpurse trigger --list` shows them. [default: all that the partner may read]
    #[arg(long, value_delimiter = ',', value_parser = EventKind::from_str)]
    pub events: Vec<EventKind>,

    /// Where to go on: the cursor that the last run ended with. [default: what happens from now on]
    #[arg(long)]
    pub since: Option<String>,

    /// Which service, and which book.
    #[command(flatten)]
    pub partner: PartnerOptions,
}

/// How far somebody has read: a page, and how many events of it are done.
#[derive(Debug, Clone)]
struct Place {
    page: String,
    done: usize,
}

struct Listener {
    partner: PartnerAt,
    http: reqwest::Client,
    forward_to: Url,
    kinds: Vec<EventKind>,
    secret: Secret,
}

/// Forwards events until the process is asked to end, and says where to go on.
///
/// # Errors
///
/// When the partner cannot sign in, or the service refuses to show its events.
pub async fn listen(options: ListenOptions) -> anyhow::Result<()> {
    let stop = migrations::stop_requested(false)?;
    ensure!(matches!(options.forward_to.scheme(), "http" | "https"), "--forward-to is no http:// or https:// address");
    let (secret, is_new) = secret()?;
    let partner = PartnerAt::sign_in(options.partner).await?;
    let http = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(ANSWER_MAX);
    let http = if options.forward_to.scheme() == "https" { http } else { http.tls_certs_only([]) }.build()?;
    let forward_to = options.forward_to;
    let mut listener = Listener { partner, http, forward_to, kinds: options.events, secret };
    let page = match options.since {
        Some(cursor) => cursor,
        None => listener.end().await?,
    };
    if is_new {
        println!("signed with {}", listener.secret.reveal());
    }
    println!("listening to {}: each event goes to {}", listener.partner.book, listener.forward_to);
    let mut place = Place { page, done: 0 };
    let ended = tokio::select! {
        ended = listener.follow(&mut place) => ended,
        () = stop => Ok(()),
    };
    println!("go on with --since {}", listener.cursor(&place).await);
    ended
}

/// The secret that signs, and whether it was made just now.
fn secret() -> anyhow::Result<(Secret, bool)> {
    match std::env::var(FORWARD_SECRET) {
        Ok(given) => Ok((given.parse().with_context(|| format!("{FORWARD_SECRET} cannot be used"))?, false)),
        Err(_) => {
            let mut bytes = vec![0; NEW_BYTES];
            rand::rng().fill_bytes(&mut bytes);
            Ok((Secret::new(bytes)?, true))
        }
    }
}

impl Listener {
    fn path(&self, rest: &str) -> String {
        format!("/v1/events?book={}&{rest}", self.partner.book)
    }

    /// Where the list ends now.
    async fn end(&self) -> anyhow::Result<String> {
        let answer = self.partner.client.get(&self.path("from=end&limit=1")).await?;
        ensure!(answer.status.is_success(), refusal(&answer));
        Ok(text(&answer.body, "/poll_cursor")?.to_owned())
    }

    /// Reads and forwards, page after page, for ever.
    async fn follow(&mut self, place: &mut Place) -> anyhow::Result<()> {
        loop {
            let page = self.read(&place.page).await?;
            let items = page["items"].as_array().context("a page without events")?;
            for event in items {
                if self.is_wanted(event) {
                    self.forward(event).await?;
                }
                place.done += 1;
            }
            *place = Place { page: text(&page, "/poll_cursor")?.to_owned(), done: 0 };
            if page["next_cursor"].is_null() {
                tokio::time::sleep(POLL).await;
            }
        }
    }

    fn is_wanted(&self, event: &Value) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|kind| event["kind"] == kind.to_string())
    }

    /// The page after a cursor. A service that does not answer is asked again.
    async fn read(&mut self, cursor: &str) -> anyhow::Result<Value> {
        let path = self.path(&format!("limit={PAGE}&cursor={cursor}"));
        let mut pause = PAUSE;
        loop {
            let why = match self.partner.client.get(&path).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer.body),
                Ok(answer) if is_final(&answer) => bail!(refusal(&answer)),
                Ok(answer) => refusal(&answer),
                Err(error) => format!("{error:#}"),
            };
            // It may have other keys by now.
            self.partner.forget_token()?;
            println!("{why}; again in {} ms", pause.as_millis());
            tokio::time::sleep(pause).await;
            pause = PAUSE_MAX.min(pause * 2);
        }
    }

    /// Sends an event until it is taken.
    async fn forward(&self, event: &Value) -> anyhow::Result<()> {
        let (id, kind, at) = (text(event, "/id")?, text(event, "/kind")?, text(event, "/recorded_at")?);
        let mark = if event["test"] == true { " (test)" } else { "" };
        let body = serde_json::to_vec(event)?;
        let mut pause = PAUSE;
        loop {
            let (is_taken, told) = match self.post(id, &body).await {
                Ok(status) => (status.is_success(), status.as_u16().to_string()),
                Err(error) if error.is_timeout() => (false, "no answer in time".to_owned()),
                Err(_) => (false, "not reached".to_owned()),
            };
            if is_taken {
                println!("{at} {kind} {id}{mark}: {told}");
                return Ok(());
            }
            println!("{at} {kind} {id}{mark}: {told}; again in {} ms", pause.as_millis());
            tokio::time::sleep(pause).await;
            pause = PAUSE_MAX.min(pause * 2);
        }
    }

    async fn post(&self, id: &str, body: &[u8]) -> Result<StatusCode, reqwest::Error> {
        let secrets = std::slice::from_ref(&self.secret);
        let headers = Headers::new(secrets, id, ledger::calendar::now(), body);
        let message = self.http.post(self.forward_to.clone()).header(header::CONTENT_TYPE, "application/json");
        let signed = message
            .header("webhook-id", headers.id)
            .header("webhook-timestamp", headers.timestamp)
            .header("webhook-signature", headers.signature);
        Ok(signed.body(body.to_owned()).send().await?.status())
    }

    /// Where to go on: behind the last event that was taken; of a page that was not ended, and that the service does not show just now, from
    /// its first one on.
    async fn cursor(&self, place: &Place) -> String {
        if place.done == 0 {
            return place.page.clone();
        }
        let path = self.path(&format!("limit={}&cursor={}", place.done, place.page));
        let shown = tokio::time::timeout(ANSWER_MAX, self.partner.client.get(&path)).await;
        let body =
            shown.ok().and_then(Result::ok).filter(|answer| answer.status.is_success()).map(|answer| answer.body);
        let next = body.as_ref().and_then(|body| body["next_cursor"].as_str().or(body["poll_cursor"].as_str()));
        next.unwrap_or(&place.page).to_owned()
    }
}

/// Whether the service says no, and would say so again.
fn is_final(answer: &Answer) -> bool {
    let again = [StatusCode::UNAUTHORIZED, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    answer.status.is_client_error() && !again.contains(&answer.status)
}
