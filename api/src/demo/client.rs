//! A person or a partner who talks to the running service over HTTP, as anybody outside would.

use anyhow::{Context as _, bail};
use reqwest::{Method, Response, StatusCode, header, retry};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a request may take.
const REQUEST_MAX: Duration = Duration::from_mins(2);

/// How often a request is sent again whose connection was closed.
const AGAIN_MAX: u32 = 3;

/// How long a connection is kept for the next request: less than the service keeps it, so that none is cut off.
const IDLE_MAX: Duration = Duration::from_secs(2);

/// How long an e-mail may take to arrive.
const MAIL_MAX: Duration = Duration::from_mins(2);

/// What stands before the secret in the link of a sign-in, and in that of an invitation.
const LINK: &str = "/sign-in/";
const INVITATION: &str = "/invitations/";

/// How the files of sign-in links begin.
const SIGN_IN: &str = "sign-in";

/// How long an access token is used before it is renewed; it lives ten minutes.
const TOKEN_USE: Duration = Duration::from_secs(300);

/// How often something awaited is looked at.
const POLL: Duration = Duration::from_millis(50);

/// An answer: its status and its body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Body; null when there is none.
    pub body: Value,
    /// Whether it is the first answer again.
    pub replayed: bool,
    /// `ETag` of what was read.
    pub etag: Option<String>,
}

impl Answer {
    /// The body, if the request succeeded.
    pub fn ok(self) -> anyhow::Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        bail!("the service answered {}: {}", self.status, self.body)
    }
}

/// The text at a JSON pointer of an answer.
pub fn text<'a>(body: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    body.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no text at {pointer} in {body}"))
}

#[derive(Debug, Clone)]
enum Credentials {
    Nobody,
    Person { refresh: String },
    Partner { id: String, secret: String },
}

#[derive(Debug, Clone)]
struct Token {
    access: String,
    since: Instant,
}

/// Where a person's e-mail arrives.
#[derive(Debug)]
struct Mailbox {
    folder: PathBuf,
    email: String,
}

/// Somebody with or without a token.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    mailbox: Option<Mailbox>,
    credentials: Mutex<Credentials>,
    token: Mutex<Option<Token>>,
}

/// Lets a client ask again where its connection was closed before an answer came. The service closes connections on which it hears
/// nothing for some seconds, and on a busy machine a request may come as late as that. Only what may be asked twice is: what reads, and
/// what carries an idempotency key, so that a service that drops what it has begun stays seen elsewhere.
pub fn again(client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let was_closed = |error: &(dyn std::error::Error + 'static)| {
        let sent = error.downcast_ref::<reqwest::Error>();
        sent.is_some_and(|error| error.is_request() && !error.is_connect() && !error.is_timeout())
    };
    let policy = retry::for_host(Here).no_budget().max_retries_per_request(AGAIN_MAX);
    client.retry(policy.classify_fn(move |asked| {
        let is_again = asked.error().is_some_and(was_closed) && may_be_asked_twice(asked.method(), asked.uri().path());
        if is_again { asked.retryable() } else { asked.success() }
    }))
}

/// What reads, and what is posted with a key: the links and tokens of a sign-in are used once, and have none.
fn may_be_asked_twice(method: &Method, path: &str) -> bool {
    let has_no_key = ["/v1/sign-in", "/v1/tokens/", "/sign-in"].iter().any(|start| path.starts_with(start));
    *method == Method::GET || (*method == Method::POST && !has_no_key)
}

/// Whatever host is asked: a client has one service.
struct Here;

impl<'a> PartialEq<&'a str> for Here {
    fn eq(&self, _: &&'a str) -> bool {
        true
    }
}

impl Client {
    /// Nobody in particular.
    pub fn new(base: &str) -> anyhow::Result<Client> {
        let http = again(reqwest::Client::builder().timeout(REQUEST_MAX).pool_idle_timeout(IDLE_MAX).no_proxy());
        // Without TLS no certificate is looked at: the machine's hundreds are not read for each person.
        let http = if base.starts_with("https:") { http } else { http.tls_certs_only([]) };
        Ok(Client {
            http: http.build()?,
            base: base.trim_end_matches('/').to_owned(),
            mailbox: None,
            credentials: Mutex::new(Credentials::Nobody),
            token: Mutex::new(None),
        })
    }

    /// Signs a person in: asks for the link, reads it from the mail, confirms it.
    pub async fn sign_in(base: &str, mail: &Path, email: &str) -> anyhow::Result<Client> {
        let mailbox = Mailbox { folder: mail.to_owned(), email: email.to_owned() };
        let client = Client { mailbox: Some(mailbox), ..Client::new(base)? };
        let token = client.sign_in_token(mail, email).await?;
        let answer = client.post("/v1/sign-in/confirm", &json!({"token": token})).await?.ok()?;
        client.remember(&answer)?;
        Ok(client)
    }

    /// Signs somebody else in, whose e-mail arrives in the same folder.
    pub async fn sign_in_another(&self, email: &str) -> anyhow::Result<Client> {
        Client::sign_in(&self.base, &self.mailbox()?.folder, email).await
    }

    /// The address that a person has signed in with.
    pub fn email(&self) -> anyhow::Result<&str> {
        Ok(&self.mailbox()?.email)
    }

    /// Where the service is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The refresh token of a person, which works once: whoever takes it takes the session over.
    pub fn refresh_token(&self) -> Option<String> {
        match &*lock(&self.credentials) {
            Credentials::Person { refresh } => Some(refresh.clone()),
            Credentials::Nobody | Credentials::Partner { .. } => None,
        }
    }

    /// Accepts an invitation by the link in its mail; answers the role that was given.
    pub async fn accept(&self, invitation: &str) -> anyhow::Result<Value> {
        let token = self.invitation_token(invitation).await?;
        self.post("/v1/invitations:accept", &json!({"token": token})).await?.ok()
    }

    /// The token in the mail of an invitation.
    pub async fn invitation_token(&self, invitation: &str) -> anyhow::Result<String> {
        let Mailbox { folder, email } = self.mailbox()?;
        newest_token(folder, &format!("invitation.{invitation}"), email, &[]).await
    }

    fn mailbox(&self) -> anyhow::Result<&Mailbox> {
        self.mailbox.as_ref().context("nobody who has signed in by e-mail")
    }

    /// Asks for a sign-in link, and answers the token in it.
    pub async fn sign_in_token(&self, mail: &Path, email: &str) -> anyhow::Result<String> {
        let seen = mails(mail, SIGN_IN, email)?;
        self.post("/v1/sign-in", &json!({"email": email})).await?.ok()?;
        newest_token(mail, SIGN_IN, email, &seen).await
    }

    /// A partner with its client credentials.
    pub fn partner(base: &str, id: &str, secret: &str) -> anyhow::Result<Client> {
        let client = Client::new(base)?;
        *lock(&client.credentials) = Credentials::Partner { id: id.to_owned(), secret: secret.to_owned() };
        Ok(client)
    }

    /// Somebody with an access token, for as long as it lives.
    pub fn with_token(base: &str, access: &str) -> anyhow::Result<Client> {
        let client = Client::new(base)?;
        *lock(&client.token) = Some(Token { access: access.to_owned(), since: Instant::now() });
        Ok(client)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None, &[]).await
    }

    /// POST with a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.post_keyed(path, body, &Uuid::now_v7().to_string()).await
    }

    /// POST with this idempotency key.
    pub async fn post_keyed(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Some(body), &[("Idempotency-Key", key)]).await
    }

    /// Any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let response = self.request(method, path, body, headers).await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, etag) = (response.status(), header(header::ETAG.as_str()));
        let replayed = header("Idempotent-Replayed").is_some_and(|value| value == "true");
        let bytes = response.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
        Ok(Answer { status, body, replayed, etag })
    }

    /// POST of a file as it is, with a fresh idempotency key.
    pub async fn post_file(&self, path: &str, media_type: &str, file: Vec<u8>) -> anyhow::Result<Answer> {
        let mut request = self.http.post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, media_type);
        if let Some(token) = self.access_token().await? {
            request = request.bearer_auth(token);
        }
        let request = request.header("Idempotency-Key", Uuid::now_v7().to_string()).body(file);
        let response = request.send().await.with_context(|| format!("no answer for {path}"))?;
        let (status, bytes) = (response.status(), response.bytes().await?);
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body, replayed: false, etag: None })
    }

    /// GET of something that is no JSON, such as an export.
    pub async fn download(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.request(Method::GET, path, None, &[]).await?.error_for_status()?.text().await?)
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Response> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = self.access_token().await? {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.with_context(|| format!("no answer for {path}"))
    }

    /// Every item of a list, page after page.
    pub async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        let mark = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = match &cursor {
                Some(cursor) => format!("{path}{mark}limit=200&cursor={cursor}"),
                None => format!("{path}{mark}limit=200"),
            };
            let mut body = self.get(&page).await?.ok()?;
            if let Some(Value::Array(more)) = body.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            match body.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }

    /// A token that is still young, renewed when it is not.
    pub async fn access_token(&self) -> anyhow::Result<Option<String>> {
        if let Some(token) = lock(&self.token).clone().filter(|token| token.since.elapsed() < TOKEN_USE) {
            return Ok(Some(token.access));
        }
        let credentials = lock(&self.credentials).clone();
        let request = match &credentials {
            Credentials::Nobody => return Ok(None),
            Credentials::Person { refresh } => {
                self.http.post(format!("{}/v1/tokens/refresh", self.base)).json(&json!({"refresh_token": refresh}))
            }
            Credentials::Partner { id, secret } => self
                .http
                .post(format!("{}/v1/oauth/token", self.base))
                .basic_auth(id, Some(secret))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body("grant_type=client_credentials"),
        };
        let response = request.send().await?;
        let status = response.status();
        let body: Value = response.json().await?;
        if !status.is_success() {
            bail!("no token: {status} {body}");
        }
        self.remember(&body)?;
        Ok(lock(&self.token).clone().map(|token| token.access))
    }

    fn remember(&self, answer: &Value) -> anyhow::Result<()> {
        let access = text(answer, "/access_token")?.to_owned();
        *lock(&self.token) = Some(Token { access, since: Instant::now() });
        if let Some(refresh) = answer.get("refresh_token").and_then(Value::as_str) {
            *lock(&self.credentials) = Credentials::Person { refresh: refresh.to_owned() };
        }
        Ok(())
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The e-mails to an address whose file names contain a word.
pub fn mails(folder: &Path, kind: &str, email: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(kind) && name.ends_with(".eml") {
            let mail = std::fs::read_to_string(&path)?;
            if mail.lines().any(|line| line.starts_with("To:") && line.contains(email)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The token in the link of a mail that was not seen before.
async fn newest_token(folder: &Path, kind: &str, email: &str, seen: &[PathBuf]) -> anyhow::Result<String> {
    let deadline = Instant::now() + MAIL_MAX;
    while Instant::now() < deadline {
        if let Some(path) = mails(folder, kind, email)?.into_iter().find(|path| !seen.contains(path)) {
            let mail = unfold_quoted_printable(&std::fs::read_to_string(path)?);
            let token = [LINK, INVITATION].iter().find_map(|path| mail.split_once(path));
            let token = token.context("the mail has no link")?.1;
            let end = token.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(token.len());
            return Ok(token[..end].to_owned());
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("no mail {kind} for {email} came in {} s", MAIL_MAX.as_secs())
}

/// Soft line breaks and the escaped equals sign of quoted-printable (RFC 2045): enough to find a link.
fn unfold_quoted_printable(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}
