//! E-mail: to a server, into files in development, into memory in tests.
//!
//! Each mail has a stable Message-ID made from what it is about, so that a mail sent twice, because a worker died before
//! it could write that it had sent it, is one mail to the reader's program, and one file on disk.

pub(crate) mod books;
pub(crate) mod challenges;
pub(crate) mod chargebacks;
pub(crate) mod claims;
pub(crate) mod cooperatives;
pub(crate) mod custodians;
pub(crate) mod milestones;
pub(crate) mod notices;
pub(crate) mod parties;
pub(crate) mod partners;
pub(crate) mod payers;
pub(crate) mod payouts;
pub(crate) mod plan_moves;
pub(crate) mod pledge_notices;
pub(crate) mod pledging;
pub(crate) mod returnables;
pub(crate) mod second_factors;
pub(crate) mod tasks;
pub(crate) mod templates;
pub(crate) mod why;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;
use templates::Rendered;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// A mail server that does not answer for so long is away; well within a lease.
const SMTP_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    /// The recipient's address is not an address. The error does not repeat it: it may be somebody's.
    #[error("the recipient's address is not an address: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// The mail cannot be put together from its texts and headers.
    #[error("the mail cannot be put together: {0}")]
    Compose(String),
    /// The mail server answered, and refused the mail.
    #[error("the mail server refused it")]
    Refused(#[source] lettre::transport::smtp::Error),
    /// The mail server did not answer.
    #[error("the mail server cannot be reached")]
    Unreachable(#[source] lettre::transport::smtp::Error),
    /// The file of the mail cannot be written.
    #[error("the mail cannot be written: {0}")]
    File(#[from] std::io::Error),
}

impl MailError {
    /// Its name among the figures.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            MailError::Address(_) => "no_address",
            MailError::Compose(_) => "not_composed",
            MailError::Refused(_) => "refused",
            MailError::Unreachable(_) => "unreachable",
            MailError::File(_) => "not_written",
        }
    }
}

/// The way by which e-mail leaves.
pub(crate) enum Transport {
    /// To a mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Into a directory, a file each, named by its Message-ID.
    Files(PathBuf),
    /// Into memory, for tests: Message-ID and text.
    #[cfg(test)]
    Memory(std::sync::Mutex<Vec<(String, String)>>),
}

impl Transport {
    /// The way to a mail server, by its URL such as `smtps://user:password@host`.
    pub(crate) fn smtp(url: &str) -> Result<Transport, lettre::transport::smtp::Error> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?;
        Ok(Transport::Smtp(builder.timeout(Some(SMTP_TIMEOUT)).build()))
    }
}

/// Sends e-mail in the name of this installation.
pub(crate) struct Mailer {
    transport: Transport,
    from: Mailbox,
    /// The part of Message-IDs after the `@`.
    host: String,
}

impl Mailer {
    /// A mailer that sends as `from`; `host` makes its Message-IDs unique in the world.
    pub(crate) fn new(transport: Transport, from: &str, host: &str) -> Result<Mailer, MailError> {
        Ok(Mailer { transport, from: from.parse()?, host: host.to_owned() })
    }

    /// The way by which its mails leave, for tests that look at what was sent.
    #[cfg(test)]
    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends a mail. `about` names its subject for ever, such as `receipt.chg_…`: it becomes the Message-ID.
    pub(crate) async fn send(&self, about: &str, to: &str, mail: &Rendered) -> Result<(), MailError> {
        let id = self.id(about);
        let message = self.compose(&id, to, mail)?;
        match &self.transport {
            Transport::Smtp(server) => server.send(message).await.map(drop).map_err(smtp_error),
            Transport::Files(dir) => write_file(dir, &id, &message.formatted()).await,
            #[cfg(test)]
            Transport::Memory(sent) => {
                let text = String::from_utf8_lossy(&message.formatted()).into_owned();
                sent.lock().expect("no test panics while it holds this lock").push((id, text));
                Ok(())
            }
        }
    }

    /// Puts a mail together that is for nobody to get: a mail server never sees it. Where mails are files, which leave no
    /// machine, it is one too.
    pub(crate) async fn hold_back(&self, about: &str, to: &str, mail: &Rendered) -> Result<(), MailError> {
        match &self.transport {
            Transport::Smtp(_) => self.compose(&self.id(about), to, mail).map(drop),
            Transport::Files(_) => self.send(about, to, mail).await,
            #[cfg(test)]
            Transport::Memory(_) => self.send(about, to, mail).await,
        }
    }

    /// Deletes the files of mails that are about one of these objects. What was sent to a server is not here any more.
    pub(crate) async fn forget(&self, objects: &[String]) -> Result<(), MailError> {
        let Transport::Files(dir) = &self.transport else { return Ok(()) };
        let mut files = match tokio::fs::read_dir(dir).await {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        while let Some(file) = files.next_entry().await? {
            let name = file.file_name().to_string_lossy().into_owned();
            // The kind, what it is about, and what comes after that.
            let is_about = name.split(['.', '@']).nth(1).is_some_and(|about| objects.iter().any(|it| it == about));
            if is_about {
                tokio::fs::remove_file(file.path()).await?;
            }
        }
        Ok(())
    }

    fn id(&self, about: &str) -> String {
        format!("{about}@{}", self.host)
    }

    fn compose(&self, id: &str, to: &str, mail: &Rendered) -> Result<Message, MailError> {
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte)) {
            return Err(MailError::Compose("its Message-ID has characters that are no part of one".into()));
        }
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .date(ledger::calendar::now().into())
            .message_id(Some(format!("<{id}>")))
            .header(AutoSubmitted)
            .subject(mail.subject.clone());
        if let Some(link) = &mail.unsubscribe {
            message = message.header(Unsubscribe(link.clone())).header(OneClick);
        }
        message
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| MailError::Compose(error.to_string()))
    }
}

fn smtp_error(error: lettre::transport::smtp::Error) -> MailError {
    if error.is_permanent() || error.is_transient() { MailError::Refused(error) } else { MailError::Unreachable(error) }
}

/// Writes a file, which only its owner reads, whole or not at all: under another name first, then renamed over what an earlier attempt may have
/// left.
async fn write_file(dir: &Path, id: &str, message: &[u8]) -> Result<(), MailError> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).await?;
    let unfinished = dir.join(format!(".{}.tmp", Uuid::new_v4()));
    let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).await?;
    file.write_all(message).await?;
    file.flush().await?;
    tokio::fs::rename(&unfinished, dir.join(format!("{id}.eml"))).await?;
    Ok(())
}

/// The header `Auto-Submitted: auto-generated` (RFC 3834), so that no out-of-office reply comes back.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The header `List-Unsubscribe` (RFC 2369): where mails like this are turned off.
#[derive(Debug, Clone)]
struct Unsubscribe(String);

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Unsubscribe(value.trim().trim_start_matches('<').trim_end_matches('>').to_owned()))
    }

    /// An address has no space in which a line could be broken: it stands whole, on a line of its own.
    fn display(&self) -> HeaderValue {
        let plain: String = self.0.chars().filter(|sign| sign.is_ascii_graphic() && !"<>".contains(*sign)).collect();
        let value = format!("<{plain}>");
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), format!("\r\n {value}"))
    }
}

/// The header `List-Unsubscribe-Post: List-Unsubscribe=One-Click` (RFC 8058): a POST there does it, without anything else.
#[derive(Debug, Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(OneClick)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use std::os::unix::fs::PermissionsExt as _;

    fn mail(text: &str) -> Rendered {
        Rendered {
            subject: "Grüße".into(),
            text: text.into(),
            html: format!("<p>{text}</p>"),
            unsubscribe: None,
            language: Language::English,
        }
    }

    fn mailer(transport: Transport) -> Mailer {
        Mailer::new(transport, "Purse <purse@example.org>", "purse.example.org").unwrap()
    }

    #[tokio::test]
    async fn t15_a_mail_sent_twice_is_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let mailer = mailer(Transport::Files(dir.path().join("mail")));
        mailer.send("receipt.chg_a", "ada@example.org", &mail("first")).await.unwrap();
        mailer.send("receipt.chg_a", "ada@example.org", &mail("second")).await.unwrap();
        let names: Vec<_> = std::fs::read_dir(dir.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, ["receipt.chg_a@purse.example.org.eml"]);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir.path().join("mail")), 0o700);
        assert_eq!(mode(&dir.path().join("mail").join(&names[0])), 0o600);
        let text = std::fs::read_to_string(dir.path().join("mail").join(&names[0])).unwrap();
        assert!(text.contains("second") && !text.contains("first"), "{text}");
    }

    #[tokio::test]
    async fn a_mail_has_a_stable_id_and_says_that_a_machine_wrote_it() {
        let mailer = mailer(Transport::Memory(std::sync::Mutex::default()));
        mailer.send("receipt.chg_a", "ada@example.org", &mail("thank you")).await.unwrap();
        let Transport::Memory(sent) = &mailer.transport else { panic!("memory was chosen") };
        let (id, text) = sent.lock().unwrap()[0].clone();
        assert_eq!(id, "receipt.chg_a@purse.example.org");
        for line in [
            "Message-ID: <receipt.chg_a@purse.example.org>",
            "Auto-Submitted: auto-generated",
            "From: Purse <purse@example.org>",
            "To: ada@example.org",
            "Content-Type: multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
    }

    #[tokio::test]
    async fn a_mail_that_may_be_turned_off_says_so_in_its_headers_and_no_text_makes_another_header_or_a_long_line() {
        let mailer = mailer(Transport::Memory(std::sync::Mutex::default()));
        let long = "x".repeat(20_000);
        let hostile = format!("Ada\r\nBcc: all@example.org\r\n\r\n{long}\r\n.\r\nQUIT");
        let link = format!("https://purse.example.org/unsubscribe/{}", "a".repeat(180));
        let asked = Rendered { subject: hostile.clone(), unsubscribe: Some(link.clone()), ..mail(&hostile) };
        mailer.send("receipt.chg_a", "ada@example.org", &asked).await.unwrap();
        let bad = Rendered { unsubscribe: Some(format!("{link}>\r\nBcc: all@example.org")), ..mail("x") };
        mailer.send("receipt.chg_b", "ada@example.org", &bad).await.unwrap();
        let Transport::Memory(sent) = &mailer.transport else { panic!("memory was chosen") };
        let sent = sent.lock().unwrap().clone();
        assert!(sent[0].1.contains(&format!("List-Unsubscribe: \r\n <{link}>\r\n")), "{}", &sent[0].1[..2_000]);
        assert!(sent[0].1.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{}", &sent[0].1[..2_000]);
        for (id, text) in &sent {
            let (headers, _) = text.split_once("\r\n\r\n").unwrap();
            assert!(headers.lines().all(|line| !line.to_ascii_lowercase().starts_with("bcc")), "{id}: {headers}");
            assert!(text.lines().all(|line| line.len() <= 998), "{id}: RFC 5322, 2.1.1");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_and_what_would_leave_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mailer = mailer(Transport::Files(dir.path().into()));
        let sent = mailer.send("receipt.chg_a", "ada@example.org\r\nBcc: all@example.org", &mail("x")).await;
        assert!(matches!(sent, Err(MailError::Address(_))));
        let sent = mailer.send("../receipt", "ada@example.org", &mail("x")).await;
        assert!(matches!(sent, Err(MailError::Compose(_))));
    }

    /// What persons and donors give as their address is parsed in another crate of ours than the one that mails.
    #[test]
    fn fl36_every_address_that_is_taken_can_be_mailed_to() {
        let locals = [
            "ada",
            "o'brien",
            "a.b+c",
            "_x",
            "ü",
            "a..b",
            ".a",
            "a b",
            "a,b",
            "<a",
            "\"a\"",
            "",
            "a@b",
            &"l".repeat(64),
            &"l".repeat(65),
        ];
        let domains = [
            "x.example",
            "a-b.example",
            "bücher.example",
            "xn--bcher-kva.example",
            "[127.0.0.1]",
            "127.0.0.1",
            "x",
            "x..y",
            "-x.y",
            "x.y>",
            "",
            " x.y",
            "x.y ",
            "x_y.example",
        ];
        let (mut taken, mut mailed) = (0, 0);
        for (local, domain) in locals.iter().flat_map(|local| domains.iter().map(move |domain| (local, domain))) {
            let text = format!("{local}@{domain}");
            let is_mailed = text.parse::<lettre::Address>().is_ok();
            mailed += usize::from(is_mailed);
            if let Ok(email) = text.parse::<ledger::parties::rules::role::Email>() {
                taken += 1;
                assert!(email.as_str().parse::<Mailbox>().is_ok() && is_mailed, "{text}");
            }
        }
        assert!(taken > 20 && mailed > taken, "{taken} of {mailed}");
    }
}
