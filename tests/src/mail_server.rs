//! A mail server that takes every mail, and tells how often it was asked.

use anyhow::Context as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A busy machine may take long to send a mail.
const MAIL_MAX: Duration = Duration::from_mins(2);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A mail that came.
#[derive(Debug, Clone)]
pub struct TakenMail {
    /// The lines by which the client named the recipients.
    pub to: String,
    /// Headers and body, as they came.
    pub message: String,
}

/// What a mail server has seen.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    mails: Vec<TakenMail>,
}

/// A mail server on this machine (RFC 5321, as much as a client needs), until it is dropped.
#[derive(Debug)]
pub struct MailServer {
    /// Its address, for `COMMONPURSE_SMTP_URL`.
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl MailServer {
    /// Listens on a free port.
    pub async fn start() -> anyhow::Result<MailServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("smtp://{}", listener.local_addr()?);
        let seen = Arc::<Mutex<Seen>>::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&seen)));
        Ok(MailServer { url, seen, task })
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        with(&self.seen, |seen| seen.connections)
    }

    /// The mails that came, the oldest first.
    pub fn mails(&self) -> Vec<TakenMail> {
        with(&self.seen, |seen| seen.mails.clone())
    }

    /// Waits for a mail to an address.
    pub async fn mail_to(&self, address: &str) -> anyhow::Result<TakenMail> {
        let deadline = Instant::now() + MAIL_MAX;
        loop {
            let found = self.mails().into_iter().find(|mail| mail.to.contains(address));
            if found.is_some() || Instant::now() > deadline {
                return found.with_context(|| format!("no mail to {address} came in {} s", MAIL_MAX.as_secs()));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn with<T>(seen: &Mutex<Seen>, look: impl FnOnce(&mut Seen) -> T) -> T {
    look(&mut seen.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn serve(listener: TcpListener, seen: Arc<Mutex<Seen>>) {
    while let Ok((client, _)) = listener.accept().await {
        with(&seen, |seen| seen.connections += 1);
        let seen = Arc::clone(&seen);
        // A client that goes away in the middle is no concern of ours.
        tokio::spawn(async move { talk(client, &seen).await.ok() });
    }
}

async fn talk(client: TcpStream, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let (hears, mut says) = client.into_split();
    let mut lines = BufReader::new(hears).lines();
    says.write_all(b"220 ready\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match &*word {
            "DATA" => {
                says.write_all(b"354 go on\r\n").await?;
                let mut message = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    message += &format!("{line}\n");
                }
                let mail = TakenMail { to: std::mem::take(&mut to), message };
                with(seen, |seen| seen.mails.push(mail));
                "250 taken\r\n"
            }
            "QUIT" => return says.write_all(b"221 bye\r\n").await,
            "RCPT" => {
                to += &line;
                "250 well\r\n"
            }
            _ => "250 well\r\n",
        };
        says.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
