//! An organisation with its people and a sandbox book, and nobody else: what tests of books and of cooperatives build on.

use anyhow::ensure;
use api::demo::cast::{join, organisation};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use tests::TestApp;

/// A cooperative with a treasurer, and its sandbox book.
pub(crate) struct Host {
    pub(crate) app: TestApp,
    pub(crate) operator: Client,
    pub(crate) treasurer: Client,
    /// The cooperative, `org_…`.
    pub(crate) organisation: String,
    /// Its book, `bok_…`.
    pub(crate) book: String,
}

impl Host {
    /// Starts the service and opens the book.
    pub(crate) async fn open(name: &str, visibility: &str) -> anyhow::Result<Host> {
        let app = TestApp::start().await?;
        let operator = app.operator().await?;
        let organisation = organisation(&operator, name, "cooperative").await?;
        let treasurer = join(&operator, &organisation, "treasurer@host.example", "treasurer").await?;
        let mut asked = new_book(&organisation, "sandbox", visibility);
        asked["name"] = json!(name);
        let opener = if visibility == "public" { &operator } else { &treasurer };
        let book = opener.post("/v1/books", &asked).await?;
        ensure!(book.status == 201, "{}", book.body);
        let book = text(&book.body, "/id")?.to_owned();
        Ok(Host { app, operator, treasurer, organisation, book })
    }

    /// Signs somebody in who accepts a role in the cooperative.
    pub(crate) async fn person(&self, email: &str, role: &str) -> anyhow::Result<Client> {
        join(&self.operator, &self.organisation, email, role).await
    }

    /// Signs somebody in who belongs to another organisation.
    pub(crate) async fn stranger(&self) -> anyhow::Result<Client> {
        let elsewhere = organisation(&self.operator, "Somewhere else", "sponsor").await?;
        join(&self.operator, &elsewhere, "stranger@elsewhere.example", "owner").await
    }

    /// A path in the book.
    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/v1/books/{}{rest}", self.book)
    }
}

/// What is sent to open a book.
pub(crate) fn new_book(organisation: &str, mode: &str, visibility: &str) -> Value {
    json!({
        "organisation": organisation, "name": "Sawmill", "currency": "USD", "mode": mode, "zone": "Europe/Berlin",
        "visibility": visibility,
    })
}
