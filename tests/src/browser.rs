//! A browser, as far as a server sees one: it keeps cookies, follows nothing by itself, and says where its forms come from.

use anyhow::{Context as _, ensure};
use api::demo::client::mails;
use reqwest::{RequestBuilder, Response, StatusCode, header, redirect};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a mail may take on a busy machine.
const MAIL_MAX: Duration = Duration::from_mins(2);

/// What stands between the parts of a form with files.
const BOUNDARY: &str = "----a-part-ends-here";

/// A browser of one person.
pub struct Browser {
    /// What it asks with.
    pub http: reqwest::Client,
    /// Where the service is.
    pub base: String,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
    /// How often its person has opened a page or sent a form.
    pub clicks: usize,
}

/// A file that is chosen in a form: the field, the name, the bytes.
pub type Chosen<'a> = (&'a str, &'a str, &'a [u8]);

/// A page, or where an answer leads to.
#[derive(Debug)]
pub struct Shown {
    /// The status.
    pub status: StatusCode,
    /// Where it leads to; empty when it does not.
    pub leads_to: String,
    /// What it shows.
    pub html: String,
}

impl Browser {
    /// One without cookies.
    ///
    /// # Errors
    ///
    /// When there can be none.
    pub fn new(base: &str) -> anyhow::Result<Browser> {
        let http = crate::http().redirect(redirect::Policy::none()).build()?;
        Ok(Browser { http, base: base.to_owned(), cookies: BTreeMap::new(), clicks: 0 })
    }

    /// One in which somebody is signed in, by the link of a mail in this folder.
    ///
    /// # Errors
    ///
    /// When no mail comes.
    pub async fn of(base: &str, folder: &Path, email: &str) -> anyhow::Result<Browser> {
        let mut browser = Browser::new(base)?;
        let seen = mails(folder, "sign-in", email)?;
        browser.post("/sign-in", &[("email", email)]).await?;
        let mail = sign_in_mail(folder, &seen, email).await?;
        let secret = mail.split_once(&format!("{base}/sign-in/")).context("a link")?.1;
        let secret = secret.split_whitespace().next().context("a secret")?;
        ensure!(browser.post("/sign-in/link", &[("secret", secret)]).await? == "/me");
        browser.clicks = 0;
        Ok(browser)
    }

    /// Sends a request with its cookies, and takes those of the answer.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn send(&mut self, request: RequestBuilder) -> anyhow::Result<Response> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(header::COOKIE, cookies.join("; ")).send().await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str()?.split_once('=').context("a cookie")?;
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(response)
    }

    /// Opens a page.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        self.clicks += 1;
        let response = self.send(self.http.get(format!("{}{path}", self.base))).await?;
        Ok((response.status(), response.text().await?))
    }

    /// Sends a form, and answers where it leads to.
    ///
    /// # Errors
    ///
    /// When it leads nowhere.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<String> {
        let shown = self.fill(path, form).await?;
        ensure!(shown.status == StatusCode::SEE_OTHER, "{path}: {}", shown.status);
        Ok(shown.leads_to)
    }

    /// Sends a form, whatever comes of it.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn fill(&mut self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Shown> {
        self.fill_from("same-origin", path, form).await
    }

    /// The same from a page of some site.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn fill_from(&mut self, site: &str, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Shown> {
        let body: Vec<_> = form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let request = self.http.post(format!("{}{path}", self.base)).header("sec-fetch-site", site);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.join("&"));
        self.show(request).await
    }

    /// Sends a form with files.
    ///
    /// # Errors
    ///
    /// When no answer comes.
    pub async fn upload(&mut self, path: &str, form: &[(&str, &str)], files: &[Chosen<'_>]) -> anyhow::Result<Shown> {
        let mut body = Vec::new();
        let part = |body: &mut Vec<u8>, head: &str, bytes: &[u8]| {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        };
        for (name, value) in form {
            part(&mut body, &format!("name=\"{name}\""), value.as_bytes());
        }
        for (field, name, bytes) in files {
            let head = format!("name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream");
            part(&mut body, &head, bytes);
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = self.http.post(format!("{}{path}", self.base)).header("sec-fetch-site", "same-origin");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.show(request.header(header::CONTENT_TYPE, kind).body(body)).await
    }

    async fn show(&mut self, request: RequestBuilder) -> anyhow::Result<Shown> {
        self.clicks += 1;
        let response = self.send(request).await?;
        let leads_to = response.headers().get(header::LOCATION).map(|path| path.to_str().map(str::to_owned));
        let leads_to = leads_to.transpose()?.unwrap_or_default();
        Ok(Shown { status: response.status(), leads_to, html: response.text().await? })
    }
}

/// A text in a form, as browsers send it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(char::from(byte));
        } else {
            write!(all, "%{byte:02X}").expect("a text takes all");
        }
        all
    })
}

/// What stands in the inputs of the form that a page sends to an address, but for its boxes and files.
///
/// # Errors
///
/// When the page has no such form.
pub fn form_of(html: &str, action: &str) -> anyhow::Result<Vec<(String, String)>> {
    let from =
        html.split_once(&format!("action=\"{action}\"")).with_context(|| format!("no form to {action}: {html}"))?;
    let form = from.1.split("</form>").next().context("a form ends")?;
    let value = |tag: &str, name: &str| {
        let text = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
        Some(text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&"))
    };
    let mut fields = Vec::new();
    for tag in form.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        let kind = value(tag, "type").unwrap_or_default();
        if kind != "checkbox" && kind != "file" {
            fields.push((value(tag, "name").context("a name")?, value(tag, "value").unwrap_or_default()));
        }
    }
    Ok(fields)
}

/// The text of the mail that signs an address in and was not seen before.
///
/// # Errors
///
/// When none comes in time.
pub async fn sign_in_mail(folder: &Path, seen: &[PathBuf], email: &str) -> anyhow::Result<String> {
    let deadline = Instant::now() + MAIL_MAX;
    while Instant::now() < deadline {
        if let Some(path) = mails(folder, "sign-in", email)?.into_iter().find(|path| !seen.contains(path)) {
            return readable(&path);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no mail came in {} s", MAIL_MAX.as_secs())
}

/// The text of a mail.
///
/// # Errors
///
/// When it cannot be read.
pub fn readable(path: &Path) -> anyhow::Result<String> {
    let message = std::fs::read_to_string(path)?.replace("=\r\n", "").replace("\r\n", "\n");
    let mut pieces = message.split('=');
    let mut read = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let figures = piece.get(..2).filter(|two| two.bytes().all(|it| matches!(it, b'0'..=b'9' | b'A'..=b'F')));
        match figures.map(|two| u8::from_str_radix(two, 16)) {
            Some(byte) => read.extend([&[byte?], &piece.as_bytes()[2..]].concat()),
            None => read.extend([b"=", piece.as_bytes()].concat()),
        }
    }
    Ok(String::from_utf8(read)?)
}
