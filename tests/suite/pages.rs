//! Pages of the running service: somebody signs in with a browser by the mail, no log and no figure has the secrets, and
//! every link in a mail leads to a page.

use crate::contract::Piece;
use crate::repository::root;
use crate::scene::Scene;
use anyhow::{Context as _, ensure};
use api::demo::client::{Client, mails};
use api::demo::people;
use api::stack::programs_beside_this_one;
use api::who_may::{Access, Found, find, is_page};
use reqwest::{StatusCode, header};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tests::{OPERATOR, TestApp};
use tokio::process::Command;

pub(crate) use tests::browser::{Browser, readable, sign_in_mail};

type Outcome = anyhow::Result<()>;

#[tokio::test]
async fn l4_somebody_signs_in_by_link_and_by_code_and_no_log_or_figure_has_the_secrets() -> Outcome {
    let loud = [("COMMONPURSE_LOG", "trace"), ("COMMONPURSE_METRICS_LISTEN", "127.0.0.1:0")];
    let app = TestApp::start_with(1, &loud).await?;
    let mut secrets = Vec::new();
    for by_link in [true, false] {
        let mut browser = Browser::new(app.base_url())?;
        let seen = mails(&app.mail_dir(), "sign-in", OPERATOR)?;
        ensure!(browser.post("/sign-in", &[("email", OPERATOR)]).await? == "/sign-in/code");
        secrets.extend(browser.cookies.values().cloned());
        let mail = sign_in_mail(&app.mail_dir(), &seen, OPERATOR).await?;
        let secret = mail.split_once(&format!("{}/sign-in/", app.base_url())).context("a link")?.1;
        let secret = secret.split_whitespace().next().context("a secret")?;
        let code = mail.split_once("in the same browser:\n\n").context("a code")?.1;
        let code = code.lines().next().context("a line")?;
        ensure!(secret.len() == 43 && code.len() == 9, "{secret} {code}");
        secrets.extend([secret.to_owned(), code.to_owned(), code.replace(' ', "")]);
        // However somebody writes the address, and whatever program looks at it.
        let encoded = format!("%{:02x}{}", secret.as_bytes()[0], &secret[1..]);
        for path in [format!("/sign-in/{secret}"), format!("/sign-in/{encoded}"), format!("//sign-in/{secret}")] {
            browser.get(&path).await?;
            browser.http.head(format!("{}{path}", app.base_url())).send().await?;
        }
        let leads_to = if by_link {
            browser.post("/sign-in/link", &[("secret", secret)]).await?
        } else {
            browser.post("/sign-in/code", &[("code", code)]).await?
        };
        ensure!(leads_to == "/me");
        let (status, html) = browser.get("/me").await?;
        ensure!(status == 200 && html.contains(OPERATOR) && html.contains("Nothing waits for you now"), "{html}");
        secrets.extend(browser.cookies.values().filter(|value| !value.is_empty()).cloned());
    }
    let figures = app.figures().await?;
    ensure!(figures.contains("route=\"/sign-in/{secret}\""), "the route is counted under its name");
    let folder = app.mail_dir().parent().context("the state directory")?.to_owned();
    let logs = ["api.log", "worker.log"].map(|name| std::fs::read_to_string(folder.join(name)));
    let logs = logs.into_iter().collect::<Result<Vec<_>, _>>()?;
    ensure!(logs[0].contains("/sign-in/{secret}"), "the path is logged as its route");
    for secret in secrets {
        ensure!(!figures.contains(&secret), "the figures hold {secret}");
        for log in &logs {
            let line = log.lines().find(|line| line.contains(&secret));
            ensure!(line.is_none(), "a log holds {secret}: {}", line.unwrap_or_default());
        }
    }
    app.finish().await
}

#[tokio::test]
async fn who_guesses_at_a_form_is_told_to_wait_by_a_page() -> Outcome {
    let app = TestApp::start_with(0, &[("COMMONPURSE_GUESSES_PER_MINUTE", "3")]).await?;
    let mut browser = Browser::new(app.base_url())?;
    let mut told = Vec::new();
    for _ in 0..4 {
        let request = browser.http.post(format!("{}/sign-in/code", app.base_url()));
        let request = request.header("sec-fetch-site", "same-origin").header(header::ACCEPT, "text/html");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body("code=1");
        told.push(browser.send(request).await?);
    }
    let last = told.pop().context("an answer")?;
    ensure!(told.iter().all(|answer| answer.status() == StatusCode::CONFLICT));
    ensure!(last.status() == StatusCode::TOO_MANY_REQUESTS && last.headers().contains_key(header::RETRY_AFTER));
    ensure!(last.text().await?.contains("Try again in"));
    app.finish_with_jobs_left().await
}

/// The addresses in a mail.
pub(crate) fn links(mail: &str) -> impl Iterator<Item = &str> {
    let end = |c: char| c.is_whitespace() || "\"<>)".contains(c);
    mail.match_indices("http").filter_map(move |(at, _)| mail[at..].split(end).next())
}

#[tokio::test]
async fn every_link_in_a_mail_leads_to_a_page() -> Outcome {
    let scene = Scene::set(&[Piece::Books, Piece::Pledging, Piece::Challenges, Piece::Cooperatives]).await?;
    let (base, mut kinds) = (scene.app.base_url().to_owned(), BTreeMap::new());
    let http = tests::http().build()?;
    for file in std::fs::read_dir(scene.app.mail_dir())? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        let kind = name.split('.').next().unwrap_or_default().to_owned();
        let found = kinds.entry(kind).or_insert(0);
        if *found > 1 {
            continue;
        }
        *found += 1;
        for link in links(&readable(&file.path())?) {
            ensure!(link.starts_with(&base), "{name} links to {link}");
            let answer = http.get(link).send().await?;
            let is_html = answer.headers()[header::CONTENT_TYPE].to_str()?.starts_with("text/html");
            ensure!(answer.status() == StatusCode::OK && is_html, "{name} links to {link}: {}", answer.status());
        }
    }
    ensure!(["sign-in", "invitation", "receipt"].iter().all(|kind| kinds.contains_key(*kind)), "{kinds:?}");
    scene.app.finish_with_jobs_left().await
}

#[test]
fn the_worker_makes_links_to_pages_only_and_no_template_has_one_of_its_own() -> Outcome {
    let mut made = 0;
    for (file, source) in crate::repository::sources(&root().join("worker/src/jobs"))? {
        for rest in source.split("self.link(").skip(1) {
            let path = rest.trim_start_matches("&format!(").trim_start_matches('"');
            let path = path.split('"').next().context("a path")?;
            let path = format!("/{}", path.replace(['{', '}'], "x"));
            let row = find("GET", &path);
            ensure!(is_page(&path) && matches!(row, Found::Route(..)), "{}: {path} is no page", file.display());
            made += 1;
        }
    }
    ensure!(made > 2, "the links are not found");
    let mut folders = vec![root().join("worker/templates"), root().join("worker/texts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let own =
                text.contains("http") || text.matches("href=").count() != text.matches("href=\"{{ link }}\"").count();
            ensure!(!own, "{} has a link that no job makes", path.display());
        }
    }
    Ok(())
}

async fn sign_in_command(home: &Path, role: &str) -> anyhow::Result<(bool, String)> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    let output = command.args(["sign-in", role, "--home"]).arg(home).output().await?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), said))
}

#[tokio::test]
async fn a_fresh_link_for_each_role_is_printed_while_the_demo_runs_and_not_without_it() -> Outcome {
    let app = TestApp::start().await?;
    let home = tempfile::tempdir()?;
    let (done, said) = sign_in_command(home.path(), "operator").await?;
    ensure!(!done && said.contains("no demo runs below"), "{said}");
    // What `demo` leaves in its state directory, with the mail of the service that runs.
    let state = home.path().join("commonpurse_demo");
    std::fs::create_dir(&state)?;
    std::os::unix::fs::symlink(app.mail_dir(), state.join("mail"))?;
    people::write(&state, app.base_url(), &app.mail_dir(), &[("host-owner", OPERATOR)]).await?;
    let file = state.join(people::FILE);
    ensure!(std::fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600);
    let lines = std::fs::read_to_string(&file)?;
    let token = lines.split_once("HOST_OWNER_REFRESH_TOKEN=").context("a token")?.1.trim();
    let body = serde_json::json!({"refresh_token": token});
    Client::new(app.base_url())?.post("/v1/tokens/refresh", &body).await?.ok()?;
    let (done, said) = sign_in_command(home.path(), "emperor").await?;
    ensure!(!done && said.contains("try host-owner"), "{said}");
    let (done, said) = sign_in_command(home.path(), "host-owner").await?;
    let secret = said.trim().strip_prefix(&format!("{}/sign-in/", app.base_url())).context("a link")?;
    ensure!(done, "{said}");
    let mut browser = Browser::new(app.base_url())?;
    ensure!(browser.post("/sign-in/link", &[("secret", secret)]).await? == "/me");
    app.finish().await
}

#[test]
fn pages_are_no_part_of_the_contract() -> Outcome {
    let contract = std::fs::read_to_string(root().join("openapi/openapi.json"))?;
    for (_, path, access) in api::who_may::PAGES {
        ensure!(!contract.contains(&format!("\"{path}\":")), "{path} is a page, and in the contract");
        let for_pages = access.scope().is_none() && !matches!(access, Access::Signed | Access::SignedIn);
        ensure!(for_pages, "{path}: a page's row asks for a token");
    }
    Ok(())
}

/// The secret in the link of a mail that signs somebody in, wherever the link leads.
fn secret_of(mail: &str) -> anyhow::Result<&str> {
    mail.split_once("/sign-in/").and_then(|(_, rest)| rest.split_whitespace().next()).context("a link")
}

#[tokio::test]
async fn p16_5_every_cookie_is_for_this_host_by_https_alone_and_read_by_no_script() -> Outcome {
    let app = TestApp::start_with(1, &[("COMMONPURSE_PUBLIC_URL", "https://purse.example")]).await?;
    let mut browser = Browser::new(app.base_url())?;
    let mut set = BTreeMap::new();
    let mut post = async |browser: &mut Browser, path: &str, form: String| -> anyhow::Result<StatusCode> {
        let request = browser.http.post(format!("{}{path}", app.base_url())).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let answer = browser.send(request).await?;
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str()?;
            let mut parts = cookie.split("; ");
            let (name, value) = parts.next().and_then(|first| first.split_once('=')).context("a name")?;
            let kept: std::collections::BTreeSet<&str> = parts.collect();
            for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
                ensure!(kept.contains(attribute), "{path}: {cookie}");
            }
            ensure!(kept.iter().any(|it| it.starts_with("Max-Age=")) && kept.len() == 5, "{path}: {cookie}");
            ensure!(name.starts_with("__Host-"), "{path}: {cookie}");
            set.entry(name.to_owned()).or_insert_with(Vec::new).push(value.is_empty());
        }
        Ok(answer.status())
    };
    for way_out in ["/sign-out", "/sign-out/everywhere"] {
        let seen = mails(&app.mail_dir(), "sign-in", OPERATOR)?;
        post(&mut browser, "/sign-in", format!("email={}", OPERATOR.replace('@', "%40"))).await?;
        let mail = sign_in_mail(&app.mail_dir(), &seen, OPERATOR).await?;
        post(&mut browser, "/sign-in/link", format!("secret={}", secret_of(&mail)?)).await?;
        ensure!(browser.get("/me").await?.0 == StatusCode::OK);
        ensure!(post(&mut browser, way_out, String::new()).await? == StatusCode::SEE_OTHER);
        ensure!(browser.get("/me").await?.0 == StatusCode::SEE_OTHER, "{way_out}: the page is gone");
    }
    // The language is no secret, and is never taken back.
    ensure!(post(&mut browser, "/language", "language=de&back=%2F".to_owned()).await? == StatusCode::SEE_OTHER);
    ensure!(set.remove("__Host-commonpurse-language") == Some(vec![false]), "{set:?}");
    ensure!(
        set.len() == 2 && set.values().all(|emptied| emptied.contains(&true) && emptied.contains(&false)),
        "{set:?}"
    );
    // No other place makes one.
    for (file, source) in crate::repository::sources(&root().join("api/src"))? {
        let is_place = file.ends_with("pages/cookies.rs");
        ensure!(is_place || !source.contains("Cookie::build"), "{} makes a cookie of its own", file.display());
        ensure!(!source.contains("Cookie::new") && !source.contains("SET_COOKIE"), "{}", file.display());
    }
    app.finish().await
}

#[tokio::test]
async fn p16_5_a_person_signs_out_everywhere_on_a_page_and_says_how_they_are_called() -> Outcome {
    let app = TestApp::start_with(1, &[]).await?;
    let mut signed_in = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::new(app.base_url())?;
        let seen = mails(&app.mail_dir(), "sign-in", OPERATOR)?;
        browser.post("/sign-in", &[("email", OPERATOR)]).await?;
        let mail = sign_in_mail(&app.mail_dir(), &seen, OPERATOR).await?;
        browser.post("/sign-in/link", &[("secret", secret_of(&mail)?)]).await?;
        signed_in.push(browser);
    }
    let program = Client::sign_in(app.base_url(), &app.mail_dir(), OPERATOR).await?;
    let shown = program.get("/v1/me").await?;
    let seen = shown.etag.clone().context("an ETag")?;
    ensure!(shown.ok()?["name"] == "");
    let change = async |tag: &str, name: &str| {
        let body = serde_json::json!({"name": name});
        program.send(reqwest::Method::PATCH, "/v1/me", Some(&body), &[("If-Match", tag)]).await
    };
    let named = change(&seen, "Ada Lovelace").await?;
    ensure!(
        named.status == 200 && named.body["name"] == "Ada Lovelace" && named.etag.as_ref() != Some(&seen),
        "{named:?}"
    );
    ensure!(change(&seen, "Somebody else").await?.status == 412, "it was changed meanwhile");
    for name in ["x".repeat(201), "a\u{202e}b".to_owned(), "a\nb".to_owned()] {
        let refused = change(named.etag.as_deref().context("an ETag")?, &name).await?;
        ensure!(refused.status == 422 && refused.body["errors"][0]["pointer"] == "/name", "{refused:?}");
    }
    ensure!(program.get("/v1/me").await?.ok()?["name"] == "Ada Lovelace");

    let (_, html) = signed_in[0].get("/me").await?;
    ensure!(html.contains("action=\"/sign-out/everywhere\""), "{html}");
    ensure!(signed_in[0].post("/sign-out/everywhere", &[]).await? == "/sign-in");
    for browser in &mut signed_in {
        ensure!(browser.get("/me").await?.0 == StatusCode::SEE_OTHER, "each browser is signed out");
    }
    let token = program.access_token().await?.context("a token")?;
    let answer = tests::http().build()?.get(format!("{}/v1/me", app.base_url()));
    ensure!(answer.bearer_auth(token).send().await?.status() == StatusCode::UNAUTHORIZED, "and each program");
    app.finish().await
}
