//! What the suite shares: one application a test, made of the real binaries over a database of its own.
//!
//! [`TestApp::finish`] ends every test: it fails when a job is left over, when a book does not balance, or when a route
//! of the contract has no entry in the who-may table. [`Stage`] puts a fiscal host, a partner and a team into it.

mod app;
pub mod browser;
pub mod chaos;
mod hledger;
pub mod identity_provider;
pub mod large_book;
mod mail_server;
pub mod payees;
mod receiver;
mod stage;
pub mod stripe;
pub mod webhooks;

/// A client that asks the service, and asks again where a busy machine closed a connection before it was heard.
pub fn http() -> reqwest::ClientBuilder {
    api::demo::client::again(reqwest::Client::builder().no_proxy())
}

pub use app::{OPERATOR, TestApp, read_figures};
pub use hledger::{balances_of_hledger, hledger};
pub use mail_server::{MailServer, TakenMail};
pub use receiver::{Received, Receiver, Script};
pub use stage::{Stage, day, monthly, next_year, once};
