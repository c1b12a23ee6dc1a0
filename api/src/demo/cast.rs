//! Who takes part: a fiscal host with a sandbox book, a partner platform, reviewers, a team, and a stranger.

use super::client::{Client, text};
use anyhow::bail;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the worker may take with what is due.
const IDLE_MAX: Duration = Duration::from_mins(10);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// The scopes of the partner's credential.
const SCOPES: [&str; 8] = [
    "campaigns:read",
    "pledges:write",
    "pledges:read",
    "charges:read",
    "charges:write",
    "settlements:read",
    "contributions:write",
    "webhooks:write",
];

/// Everybody in the story, signed in, and what they have made.
#[derive(Debug)]
pub struct Cast {
    base: String,
    mail: PathBuf,
    /// An operator, who runs the installation.
    pub operator: Client,
    /// Owner of the fiscal host.
    pub treasurer: Client,
    /// Two reviewers of the host.
    pub reviewers: [Client; 2],
    /// A member of the team, who also has the role of a reviewer: it must not help.
    pub claimant: Client,
    /// Signed in, with no role here.
    pub stranger: Client,
    /// The partner platform.
    pub partner: Client,
    /// The fiscal host, `org_…`.
    pub host: String,
    /// Its sandbox book, `bok_…`.
    pub book: String,
    /// The partner platform, `org_…`.
    pub platform: String,
    /// The team, `org_…`.
    pub team: String,
    /// Client id and secret of the partner.
    pub credential: (String, String),
}

impl Cast {
    /// Signs everybody in and makes their organisations, the book and the credentials.
    pub async fn gather(base: &str, mail: &Path, operator: &str) -> anyhow::Result<Cast> {
        let operator = Client::sign_in(base, mail, operator).await?;
        let host = organisation(&operator, "Common Host", "fiscal_host").await?;
        let platform = organisation(&operator, "Fans of Open Machines", "partner_platform").await?;
        let team = organisation(&operator, "Open Machine Builders", "project_team").await?;
        let elsewhere = organisation(&operator, "Somewhere Else", "sponsor").await?;
        // All at once: each waits for two mails.
        let (treasurer, rita, raul, claimant, stranger) = tokio::try_join!(
            join(&operator, &host, "treasurer@host.example", "owner"),
            join(&operator, &host, "rita@host.example", "reviewer"),
            join(&operator, &host, "raul@host.example", "reviewer"),
            join(&operator, &host, "clara@builders.example", "reviewer"),
            join(&operator, &elsewhere, "stranger@elsewhere.example", "owner"),
        )?;
        give_role(&operator, &team, &claimant, "owner").await?;
        let book = sandbox_book(&treasurer, &host, "Common Host (sandbox)").await?;
        let admit = json!({"organisation": platform});
        treasurer.post(&format!("/v1/books/{book}/partners"), &admit).await?.ok()?;
        let credential = json!({"name": "story", "mode": "sandbox", "scopes": SCOPES});
        let credential = operator.post(&format!("/v1/partners/{platform}/credentials"), &credential).await?.ok()?;
        let (id, secret) = (text(&credential, "/id")?.to_owned(), text(&credential, "/secret")?.to_owned());
        Ok(Cast {
            base: base.to_owned(),
            mail: mail.to_owned(),
            treasurer,
            reviewers: [rita, raul],
            claimant,
            stranger,
            partner: Client::partner(base, &id, &secret)?,
            operator,
            host,
            book,
            platform,
            team,
            credential: (id, secret),
        })
    }

    /// Where the service listens.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where e-mail is written.
    pub fn mail(&self) -> &Path {
        &self.mail
    }

    /// Makes a campaign with a monthly goal and publishes it; answers its representation.
    pub async fn campaign(&self, slug: &str, title: &str, goal: &str) -> anyhow::Result<Value> {
        let body = json!({
            "book": self.book, "slug": slug, "title": title, "summary": "Machines that anybody may build.",
            "terms": TERMS, "monthly_goal": usd(goal),
        });
        let campaign = self.treasurer.post("/v1/campaigns", &body).await?.ok()?;
        let path = format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?);
        self.treasurer.post(&path, &json!({})).await?.ok()
    }

    /// Moves the host's clock to noon (UTC) of a day, and waits until the worker has done what is due by then.
    pub async fn advance(&self, day: Date) -> anyhow::Result<()> {
        advance(&self.treasurer, &self.book, day).await
    }

    /// The day on which the host's clock stands.
    pub async fn today(&self) -> anyhow::Result<Date> {
        today(&self.treasurer, &self.book).await
    }

    /// Moves the host's clock ahead by this many days.
    pub async fn days_pass(&self, days: i64) -> anyhow::Result<()> {
        self.advance(self.today().await?.saturating_add(days.days())).await
    }

    /// Waits until no job of the host's book is due or running.
    pub async fn idle(&self) -> anyhow::Result<()> {
        idle(&self.treasurer, &self.book).await
    }

    /// The trial balance of the host's book.
    pub async fn trial_balance(&self) -> anyhow::Result<Vec<Standing>> {
        trial_balance(&self.treasurer, &self.book).await
    }

    /// The receipts that were sent, as files.
    pub fn receipts(&self) -> anyhow::Result<usize> {
        let mut count = 0;
        for file in std::fs::read_dir(&self.mail)? {
            let name = file?.file_name();
            let name = name.to_string_lossy();
            count += usize::from(name.starts_with("receipt.") && name.ends_with(".eml"));
        }
        Ok(count)
    }
}

impl Cast {
    /// Writes what a partner needs for a first pledge, as shell variables that only the owner of the file may read.
    pub fn write_partner_file(&self, path: &Path, campaign: &Value) -> anyhow::Result<()> {
        let (id, secret) = &self.credential;
        let campaign = text(campaign, "/id")?;
        let base = &self.base;
        let lines = format!("BASE={base}\nCLIENT_ID={id}\nCLIENT_SECRET={secret}\nCAMPAIGN={campaign}\n");
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(lines.as_bytes())?;
        Ok(())
    }
}

/// The terms of the story's campaigns.
pub const TERMS: &str = "Your money pays for open product development and for nothing else. What is not spent stays \
                         restricted; it is yours to redirect, and it is never forfeited.";

/// An amount of dollars on the wire.
pub fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// Makes an organisation; answers its id.
pub async fn organisation(by: &Client, name: &str, kind: &str) -> anyhow::Result<String> {
    let made = by.post("/v1/organisations", &json!({"name": name, "kind": kind})).await?.ok()?;
    Ok(text(&made, "/id")?.to_owned())
}

/// Invites somebody to a role in an organisation; answers the id of the invitation.
pub async fn invite(by: &Client, organisation: &str, email: &str, role: &str) -> anyhow::Result<String> {
    let body = json!({"email": email, "role": role});
    let made = by.post(&format!("/v1/organisations/{organisation}/invitations"), &body).await?.ok()?;
    Ok(text(&made, "/id")?.to_owned())
}

/// Gives somebody who is signed in a role: they are invited, and accept. Answers the person's id.
pub async fn give_role(by: &Client, organisation: &str, to: &Client, role: &str) -> anyhow::Result<String> {
    let invitation = invite(by, organisation, to.email()?, role).await?;
    Ok(text(&to.accept(&invitation).await?, "/person")?.to_owned())
}

/// Invites somebody to a role, who signs in and accepts.
pub async fn join(by: &Client, organisation: &str, email: &str, role: &str) -> anyhow::Result<Client> {
    let invitation = invite(by, organisation, email, role).await?;
    let client = by.sign_in_another(email).await?;
    client.accept(&invitation).await?;
    Ok(client)
}

/// The id of somebody who is signed in.
pub async fn person(client: &Client) -> anyhow::Result<String> {
    Ok(text(&client.get("/v1/me").await?.ok()?, "/id")?.to_owned())
}

/// Opens a private sandbox book in dollars; answers its id.
pub async fn sandbox_book(by: &Client, organisation: &str, name: &str) -> anyhow::Result<String> {
    let body = json!({
        "organisation": organisation, "name": name, "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
        "visibility": "private",
    });
    Ok(text(&by.post("/v1/books", &body).await?.ok()?, "/id")?.to_owned())
}

/// The day on which a book's clock stands, in the zone in which its days begin.
pub async fn today(by: &Client, book: &str) -> anyhow::Result<Date> {
    let shown = by.get(&format!("/v1/books/{book}")).await?.ok()?;
    let jobs = by.get(&format!("/v1/books/{book}/jobs")).await?.ok()?;
    let now: Timestamp = text(&jobs, "/now")?.parse()?;
    Ok(now.to_zoned(TimeZone::get(text(&shown, "/zone")?)?).date())
}

/// A bank account in dollars to which payouts of a book go, by the number of it and of its bank.
pub fn bank_account(book: &str, holder: &str, number: usize) -> Value {
    json!({
        "book": book, "currency": "USD", "country": "US",
        "bank_details": {
            "holder": holder, "account_number": format!("{number:06}4711"), "routing_number": "021000021",
            "address": {"street": "3 Works Lane", "postal_code": "10027", "town": "New York", "country": "US"},
        },
    })
}

/// Moves a book's clock to noon (UTC) of a day, and waits until the worker has done what is due by then.
pub async fn advance(by: &Client, book: &str, day: Date) -> anyhow::Result<()> {
    let to = json!({"to": format!("{day}T12:00:00Z")});
    let path = format!("/v1/books/{book}");
    let deadline = Instant::now() + IDLE_MAX;
    let asked = by.post(&format!("{path}/clock:advance"), &to).await?;
    // The clock ticks: who is at a day's noon cannot go there once more a second later, and need not.
    let is_there = asked.status == 409 && today(by, book).await? == day;
    let mut stands = if is_there { by.get(&path).await?.ok()? } else { asked.ok()? };
    while stands["status"] != "ready" {
        if Instant::now() > deadline {
            bail!("the clock still walks after {} s: {stands}", IDLE_MAX.as_secs());
        }
        tokio::time::sleep(POLL).await;
        stands = by.get(&path).await?.ok()?;
    }
    Ok(())
}

/// Waits until no job of a book is due or running.
pub async fn idle(by: &Client, book: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + IDLE_MAX;
    loop {
        let jobs = by.get(&format!("/v1/books/{book}/jobs")).await?.ok()?;
        if jobs["dead"] != 0 {
            bail!("jobs were given up: {jobs}");
        }
        if jobs["due"] == 0 && jobs["leased"] == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("jobs are still due after {} s: {jobs}", IDLE_MAX.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A monthly pledge of one of the story's donors.
pub fn pledge_body(campaign: &Value, number: usize, amount: &str, start: Date) -> anyhow::Result<Value> {
    Ok(json!({
        "reference": format!("fan-{number:03}"),
        "donor": {
            "reference": format!("donor-{number:03}"),
            "name": format!("Fan {number}"),
            "email": format!("fan{number:03}@donors.example"),
        },
        "amount": usd(amount),
        "schedule": {"interval": "monthly", "start": start.to_string(), "payments": 12},
        "rail": "sandbox",
        "token": "sandbox_ok",
        "terms_sha256": text(campaign, "/terms_sha256")?,
    }))
}

/// What stands on an account: (code, side, amount).
pub type Standing = (String, &'static str, String);

/// A book's trial balance: every account that does not stand at zero.
pub async fn trial_balance(by: &Client, book: &str) -> anyhow::Result<Vec<Standing>> {
    let lines = by.all(&format!("/v1/books/{book}/reports/trial-balance")).await?;
    let mut found = Vec::new();
    for line in &lines {
        let code = text(line, "/code")?.to_owned();
        for side in ["debit", "credit"] {
            let amount = text(line, &format!("/{side}/amount"))?;
            if amount.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
                found.push((code.clone(), side, amount.to_owned()));
            }
        }
    }
    Ok(found)
}
