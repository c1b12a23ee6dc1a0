//! What a partner's developer runs on their own machine: events that are forwarded to it, events that are fired by hand, and exports that go in by file.
//!
//! All sign in as the partner does, and exports go in by people too. Id and secret come by the environment alone, as everybody on a machine sees the
//! arguments of its programs.

mod import;
mod listen;
mod opening;
mod trigger;

pub use import::{ImportOptions, import};
pub use listen::{ListenOptions, listen};
pub use trigger::{TriggerOptions, trigger};

use crate::demo::client::{Answer, Client, text};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use ledger::id::BookRef;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::collections::BTreeSet;
use url::{Host, Url};

/// The variables of the client credentials.
const CLIENT_ID: &str = "COMMONPURSE_CLIENT_ID";
const CLIENT_SECRET: &str = "COMMONPURSE_CLIENT_SECRET";

/// Which service, and which book. Client id and secret are read from COMMONPURSE_CLIENT_ID and COMMONPURSE_CLIENT_SECRET.
#[derive(Debug, Clone, Args)]
pub struct PartnerOptions {
    /// Where the service is.
    #[arg(long, env = "COMMONPURSE_URL", default_value = "http://127.0.0.1:8080")]
    pub url: Url,

    /// The book, such as `bok_…`. [default: that of the campaigns that the partner sees, when it is one]
    #[arg(long, env = "COMMONPURSE_BOOK")]
    pub book: Option<BookRef>,
}

/// A partner that signs in, and the book that it asks about.
struct PartnerAt {
    base: String,
    id: String,
    secret: SecretString,
    client: Client,
    book: String,
}

impl PartnerAt {
    /// Signs in, and finds the book.
    async fn sign_in(options: PartnerOptions) -> anyhow::Result<PartnerAt> {
        let base = safe(&options.url)?;
        let (id, secret) = (variable(CLIENT_ID)?, SecretString::from(variable(CLIENT_SECRET)?));
        let client = Client::partner(&base, &id, secret.expose_secret())?;
        client.access_token().await.with_context(|| format!("{base} gives no token"))?;
        let book = match options.book {
            Some(book) => book.to_string(),
            None => only_book(&client).await?,
        };
        Ok(PartnerAt { base, id, secret, client, book })
    }

    /// Signs in anew at the next request: the token that there is is not taken any more.
    fn forget_token(&mut self) -> anyhow::Result<()> {
        self.client = Client::partner(&self.base, &self.id, self.secret.expose_secret())?;
        Ok(())
    }
}

/// A partner that will sign in when it first asks.
fn client_of_partner(url: &Url) -> anyhow::Result<Client> {
    let (id, secret) = (variable(CLIENT_ID)?, SecretString::from(variable(CLIENT_SECRET)?));
    Client::partner(&safe(url)?, &id, secret.expose_secret())
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).with_context(|| format!("{name} is not set"))
}

/// The address of a service to which a secret may go: by https, or on this machine.
fn safe(url: &Url) -> anyhow::Result<String> {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    ensure!(is_safe, "{url} is no place to send a secret to: it must begin with https://, but for this machine");
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The book of the campaigns that a partner sees.
async fn only_book(client: &Client) -> anyhow::Result<String> {
    let campaigns = client.all("/v1/campaigns").await.context("which book? say it with --book")?;
    let books: BTreeSet<&str> = campaigns.iter().filter_map(|campaign| campaign["book"].as_str()).collect();
    match books.into_iter().collect::<Vec<_>>().as_slice() {
        [book] => Ok((*book).to_owned()),
        [] => bail!("no campaign tells the book: say it with --book"),
        several => bail!("which book? say it with --book: {}", several.join(", ")),
    }
}

/// What the service said no with, in a sentence.
fn refusal(answer: &Answer) -> String {
    let said = text(&answer.body, "/detail").or_else(|_| text(&answer.body, "/title"));
    let fields = answer.body["errors"].as_array().into_iter().flatten().filter_map(field);
    let told: Vec<String> = said.ok().map(str::to_owned).into_iter().chain(fields).collect();
    format!("the service answers {}: {}", answer.status, told.join("; "))
}

fn field(error: &Value) -> Option<String> {
    Some(format!("{} {}", error["pointer"].as_str()?, error["detail"].as_str().or(error["message"].as_str())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbx_a_secret_goes_by_https_or_to_this_machine() {
        for url in ["https://purse.example", "http://127.0.0.1:8080/", "http://localhost:8080", "http://[::1]/"] {
            assert!(safe(&url.parse().unwrap()).is_ok_and(|base| !base.ends_with('/')), "{url}");
        }
        for url in ["http://purse.example", "http://localhost.example/", "http://10.0.0.1/", "ftp://localhost/"] {
            assert!(safe(&url.parse().unwrap()).is_err(), "{url}");
        }
    }
}
