//! What is due while the mail server says nothing.

use crate::Service;
use crate::report::{Report, Row};
use anyhow::ensure;
use api::demo::cast::usd;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::OPERATOR;

/// How many mails wait.
const MAILS: usize = 1_000;

/// How many holds come due.
const HOLDS: i64 = 40;

/// How long it may take at all.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Measures how long after their moment holds end, the last of them.
pub(crate) async fn silent(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let account = json!({"code": "assets:bank", "class": "asset", "currency": "USD"});
    cast.treasurer.post(&format!("/v1/books/{}/accounts", cast.book), &account).await?.ok()?;
    // Only who is known gets a mail.
    let email = json!({"email": OPERATOR});
    for _ in 0..MAILS {
        cast.stranger.post("/v1/sign-in", &email).await?.ok()?;
    }
    // It takes connections, and never says a word.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("smtp://{}", listener.local_addr()?);
    service.stack.add_worker(&[("COMMONPURSE_SMTP_URL", &url)])?;
    wait(service, "SELECT count(*) FROM job WHERE kind = 'send_sign_in' AND leased_by <> ''", 1).await?;
    let due = Timestamp::now() + SignedDuration::from_secs(2);
    let hold = json!({"account": "assets:bank", "amount": usd("1.00"), "expires_at": due});
    for _ in 0..HOLDS {
        cast.treasurer.post(&format!("/v1/books/{}/holds", cast.book), &hold).await?.ok()?;
    }
    wait(service, "SELECT count(*) FROM hold WHERE ended > 0", HOLDS).await?;
    let late = due.duration_until(Timestamp::now());
    let left = service.count("SELECT count(*) FROM job WHERE kind = 'send_sign_in' AND finished_at IS NULL").await?;
    ensure!(left >= MAILS as i64, "{left} mails are left: the server was not silent");
    report.add(Row::time("hold_beside_silent_mail", late.as_micros() as u64));
    Ok(())
}

/// Waits until so many are counted.
async fn wait(service: &Service, query: &str, least: i64) -> anyhow::Result<()> {
    let deadline = Instant::now() + WAIT_MAX;
    while service.count(query).await? < least {
        ensure!(Instant::now() < deadline, "after {} s less than {least}: {query}", WAIT_MAX.as_secs());
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
