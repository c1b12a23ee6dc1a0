//! Owners of a partner keep its credentials and endpoints, and read what was sent and what it asked.

use super::{browser, filled, open, refused, send_twice};
use crate::webhooks::soon;
use anyhow::{Context as _, ensure};
use api::demo::cast::join;
use api::demo::client::Client;
use tests::browser::{Browser, form_of};
use tests::{Receiver, Script, Stage};

type Outcome = anyhow::Result<()>;

/// What stands in a row of a table.
fn cell(html: &str, head: &str) -> anyhow::Result<String> {
    let row =
        html.split_once(&format!("<th scope=\"row\">{head}</th><td>")).with_context(|| format!("{head}: {html}"))?;
    Ok(row.1.split('<').next().unwrap_or_default().to_owned())
}

/// Sends a form that shows a secret, and sends it once more: the second time the secret is gone. Answers the id and the secret.
async fn secret_of(by: &mut Browser, action: &str, form: &[(&str, &str)]) -> anyhow::Result<(String, String)> {
    let first = by.fill(action, form).await?;
    ensure!(first.status == 200 && first.html.contains("the only time that the secret is shown"), "{first:?}");
    let (id, secret) = (cell(&first.html, "Id")?, cell(&first.html, "Secret")?);
    ensure!(secret.len() > 30 && first.leads_to.is_empty(), "{first:?}");
    let again = by.fill(action, form).await?;
    ensure!(again.status == 200 && again.html.contains("Done before."), "{again:?}");
    ensure!(!again.html.contains(&secret), "it is shown once: {again:?}");
    by.clicks -= 1;
    Ok((id, secret))
}

/// Refuses secrets in a log of one of the programs.
fn no_log_has(stage: &Stage, secrets: &[String]) -> Outcome {
    for name in ["api.log", "worker.log"] {
        let log = std::fs::read_to_string(stage.app.state_dir().join(name))?;
        ensure!(!log.is_empty(), "{name} is empty");
        for secret in secrets {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            ensure!(line.is_none(), "{name}: {}", line.unwrap_or_default());
        }
    }
    Ok(())
}

#[tokio::test]
async fn d10_an_owner_of_a_partner_keeps_its_credentials_and_each_secret_is_shown_once_and_is_in_no_log() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_LOG", "trace"), ("RUST_LOG", "trace")]).await?;
    let (cast, desk) = (&stage.cast, format!("/desk/partners/{}", stage.cast.platform));
    let olga = join(&cast.operator, &cast.platform, "olga@fans.example", "owner").await?;
    let auditor = join(&cast.operator, &cast.platform, "anna@fans.example", "auditor").await?;
    let mut olga = browser(cast, &olga).await?;
    let me = open(&mut olga, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Credentials and endpoints of")), "{me}");
    olga.clicks = 0;
    let html = open(&mut olga, &desk).await?;
    ensure!(html.contains("story") && html.contains("last used: "), "{html}");
    let action = format!("{desk}/credentials");
    let there = form_of(&html, &action)?;
    // Whoever may not see the partner sees no desk of it, and makes nothing there.
    for (by, status) in [(&cast.stranger, 404), (&auditor, 403)] {
        let mut other = browser(cast, by).await?;
        for path in [&desk, &format!("{desk}/requests")] {
            ensure!(other.get(path).await?.0 == status, "{path}: {status}");
        }
        ensure!(other.fill(&action, &filled(&there, &[("name", "x")])).await?.status == status);
    }
    ensure!(Browser::new(cast.base())?.get(&desk).await?.0 == 303);
    let typed = [("name", "Nightly <b>import</b>"), ("mode", "sandbox")];
    let html = refused(olga.fill(&action, &filled(&there, &typed)).await?, "id=\"scopes-error\"")?;
    ensure!(
        html.contains("Nightly &#60;b&#62;import") && !html.contains("<b>import"),
        "what was typed is kept: {html}"
    );
    let there = form_of(&html, &action)?;
    let typed = [("name", "Nightly"), ("mode", "sandbox"), ("scope-requests-read", "yes")];
    ensure!(olga.fill_from("cross-site", &action, &filled(&there, &typed)).await?.status == 403);
    olga.clicks = 1;
    let (id, secret) = secret_of(&mut olga, &action, &filled(&there, &typed)).await?;
    ensure!(olga.clicks == 2, "{}", olga.clicks);
    ensure!(stage.app.count("SELECT count(*) FROM credential WHERE name = 'Nightly'").await? == 1, "it is made once");
    let asked = format!("/v1/partners/{}/requests", cast.platform);
    let program = Client::partner(cast.base(), &id, &secret)?;
    ensure!(program.get(&asked).await?.status == 200 && program.get("/v1/pledges").await?.status == 403);

    let html = open(&mut olga, &desk).await?;
    let rotate = format!("{action}/{id}/rotate");
    let there = form_of(&html, &rotate)?;
    let unsaid = olga.fill(&rotate, &filled(&there, &[])).await?;
    refused(unsaid, "choose how long the present secret goes on")?;
    let (_, newer) = secret_of(&mut olga, &rotate, &filled(&there, &[("hours", "0")])).await?;
    ensure!(newer != secret && Client::partner(cast.base(), &id, &newer)?.get(&asked).await?.status == 200);

    soon("what was asked is listed", async || {
        let html = open(&mut olga, &format!("{desk}/requests")).await?;
        Ok(html.contains("GET /v1/partners/{id}/requests") && html.contains("GET /v1/pledges"))
    })
    .await?;
    let html = open(&mut olga, &format!("{desk}/requests?only=failed")).await?;
    ensure!(html.contains("GET /v1/pledges") && html.contains("forbidden"), "{html}");
    ensure!(!html.contains("GET /v1/partners/{id}/requests"), "{html}");

    let html = open(&mut olga, &desk).await?;
    let revoke = format!("{action}/{id}/revoke");
    ensure!(send_twice(&mut olga, &html, &revoke, &[]).await? == desk);
    let html = open(&mut olga, &desk).await?;
    ensure!(html.contains("revoked on") && form_of(&html, &revoke).is_err(), "{html}");
    ensure!(program.get(&asked).await.map_or(true, |answer| answer.status != 200), "its tokens work no more");
    no_log_has(&stage, &[secret, newer])?;
    stage.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn d11_an_owner_of_a_partner_makes_an_endpoint_tries_it_reads_each_attempt_and_sends_again() -> Outcome {
    let loud = [("COMMONPURSE_FETCH_ANYWHERE", "true"), ("COMMONPURSE_LOG", "trace"), ("RUST_LOG", "trace")];
    let stage = Stage::set_with(1, &loud).await?;
    let cast = &stage.cast;
    let receiver = Receiver::open(Script::default()).await?;
    let owner = join(&cast.operator, &cast.platform, "olga@fans.example", "owner").await?;
    let auditor = join(&cast.operator, &cast.platform, "anna@fans.example", "auditor").await?;
    let mut olga = browser(cast, &owner).await?;
    let desk = format!("/desk/partners/{}", cast.platform);
    let list = format!("{desk}/books/{}/endpoints", cast.book);
    ensure!(open(&mut olga, &desk).await?.contains(&format!("href=\"{list}\"")));
    let html = open(&mut olga, &list).await?;
    let there = form_of(&html, &list)?;
    let wrong = [("url", "http://shop.example/<b>"), ("kinds", "charge.captured\ncharge.lost")];
    let html = refused(olga.fill(&list, &filled(&there, &wrong)).await?, "id=\"url-error\"")?;
    ensure!(html.contains("shop.example/&#60;b&#62;") && html.contains("charge.lost"), "{html}");
    let there = form_of(&html, &list)?;
    let url = receiver.url("/olga");
    let typed = [("url", url.as_str()), ("description", "Olga"), ("kinds", "pledge_move.posted")];
    let (id, secret) = secret_of(&mut olga, &list, &filled(&there, &typed)).await?;
    ensure!(secret.starts_with("whsec_"));
    ensure!(stage.app.count("SELECT count(*) FROM webhook_endpoint").await? == 1, "it is made once");
    ensure!(open(&mut olga, &list).await?.contains(&format!("href=\"/desk/endpoints/{id}\"")));

    let desk = format!("/desk/endpoints/{id}");
    let html = open(&mut olga, &desk).await?;
    let ping = format!("{desk}/ping");
    let there = form_of(&html, &ping)?;
    for (by, status) in [(&cast.stranger, 404), (&auditor, 403), (&cast.treasurer, 404)] {
        let mut other = browser(cast, by).await?;
        ensure!(other.get(&desk).await?.0 == status && other.get(&list).await?.0 == status, "{status}");
        ensure!(other.fill(&ping, &filled(&there, &[])).await?.status == status, "{status}");
    }
    ensure!(send_twice(&mut olga, &html, &ping, &[]).await? == desk);
    soon("the ping has come", async || Ok(receiver.at("/olga").len() == 1)).await?;
    soon("the page says so", async || Ok(open(&mut olga, &desk).await?.contains("delivered</span>"))).await?;
    let html = open(&mut olga, &format!("{desk}?state=delivered")).await?;
    ensure!(open(&mut olga, &format!("{desk}?state=given_up")).await?.contains("<p>Nothing.</p>"));
    let sent = html.split_once(&format!("href=\"{desk}/deliveries/")).context("a delivery")?.1;
    let sent = format!("{desk}/deliveries/{}", sent.split('"').next().unwrap_or_default());
    let html = open(&mut olga, &sent).await?;
    ensure!(html.contains("1: answered 200") && html.contains("webhook_endpoint.pinged"), "{html}");
    ensure!(send_twice(&mut olga, &html, &format!("{sent}/replay"), &[]).await? == sent);
    soon("it has come again, once", async || Ok(receiver.at("/olga").len() == 2)).await?;
    soon("each attempt is listed", async || Ok(open(&mut olga, &sent).await?.contains("2: answered 200"))).await?;

    let html = open(&mut olga, &desk).await?;
    let turn = format!("{desk}/turn");
    let late = form_of(&html, &turn)?;
    ensure!(send_twice(&mut olga, &html, &turn, &[]).await? == desk);
    let html = open(&mut olga, &desk).await?;
    ensure!(html.contains("paused: what happens waits") && form_of(&html, &ping).is_err(), "{html}");
    let stale = filled(&late, &[("key", "another-try")]);
    refused(olga.fill(&turn, &stale).await?, "has changed since this page was shown")?;
    ensure!(send_twice(&mut olga, &html, &turn, &[]).await? == desk);
    let html = open(&mut olga, &desk).await?;
    let rotate = format!("{desk}/rotate");
    let (_, newer) = secret_of(&mut olga, &rotate, &filled(&form_of(&html, &rotate)?, &[("hours", "24")])).await?;
    ensure!(newer != secret && open(&mut olga, &desk).await?.contains("Two secrets sign"));
    ensure!(send_twice(&mut olga, &html, &format!("{desk}/delete"), &[]).await? == list);
    ensure!(olga.get(&desk).await?.0 == 404 && open(&mut olga, &list).await?.contains("is sent nowhere"));
    no_log_has(&stage, &[secret, newer])?;
    stage.app.finish_with_jobs_left().await
}
