//! What people read in German who come in, found and join organisations, and look after a partner platform.

use super::reading::{german, in_german, is_german, sent_german};
use crate::coming::newcomer;
use crate::desks::{browser, filled};
use crate::webhooks::soon;
use anyhow::{Context as _, ensure};
use api::demo::cast::join;
use api::demo::client::text;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use ledger::parties::rules::second_factor::{STEP_S, code_at};
use tests::browser::form_of;
use tests::{Receiver, Script, Stage};

type Outcome = anyhow::Result<()>;

/// What people of the cast have typed.
const NAMES: &[&str] = &["Fans of Open Machines", "Open Machine Builders"];

#[tokio::test]
async fn somebody_sets_up_a_second_factor_in_german() -> Outcome {
    let stage = Stage::set().await?;
    let nora = newcomer(stage.cast.base(), stage.cast.mail(), "nora@new.example").await?;
    let mut nora = in_german(nora).await?;
    let own = "/me/second-factor";
    let (begin, confirm) = ("/me/second-factor/begin", "/me/second-factor/confirm");
    let html = german(&mut nora, own, &[]).await?;
    let shown = sent_german(&mut nora, begin, &filled(&form_of(&html, begin)?, &[]), &[]).await?;
    let secret = shown.split_once("<strong class=\"secret\">").context("a secret")?.1;
    let secret = secret.split('<').next().context("a secret")?;
    ensure!(german(&mut nora, own, &[]).await?.contains("Sie haben begonnen"));
    let code = code_at(&BASE32_NOPAD.decode(secret.as_bytes())?, Timestamp::now().as_second() / STEP_S)?;
    let there = form_of(&shown, confirm)?;
    let html = sent_german(&mut nora, confirm, &filled(&there, &[("code", &code)]), &[]).await?;
    ensure!(html.matches("<li>").count() == 10, "{html}");
    let html = german(&mut nora, own, &[]).await?;
    ensure!(html.contains("10 von 10 sind nicht benutzt") && html.contains("Er ist nachgewiesen."), "{html}");
    // Another browser of the same person, which reads what they chose, has proved nothing.
    let mut other = tests::browser::Browser::of(stage.cast.base(), stage.cast.mail(), "nora@new.example").await?;
    german(&mut other, own, &[]).await?;
    let remove = "/me/second-factor/remove";
    let refused = other.fill(remove, &filled(&form_of(&html, remove)?, &[])).await?;
    ensure!(refused.status == 403, "{refused:?}");
    is_german("what asks for a code", &refused.html, &[])?;
    stage.app.finish().await
}

#[tokio::test]
async fn somebody_founds_a_team_asks_to_join_another_and_is_answered_in_german() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let mut nora = in_german(newcomer(cast.base(), cast.mail(), "nora@new.example").await?).await?;
    let html = german(&mut nora, "/desk/organisations/new", &[]).await?;
    let there = form_of(&html, "/desk/organisations")?;
    let team = [("name", "Noras Werkstatt"), ("kind", "project_team")];
    let desk = nora.post("/desk/organisations", &filled(&there, &team)).await?;
    let html = german(&mut nora, &desk, &[]).await?;
    ensure!(html.contains("Es ist ein Team: Es tut die Arbeit") && html.contains("<td>Eigentümerschaft</td>"));

    let own = "/me/join-requests";
    german(&mut nora, own, NAMES).await?;
    let (status, html) = nora.get(&format!("{own}?organisation=nichts")).await?;
    ensure!(status == 422 && html.contains("Das ist keine Kennung einer Organisation"), "{html}");
    is_german("an id that is none", &html, NAMES)?;
    let ask = format!("/desk/organisations/{}/join", cast.team);
    let html = german(&mut nora, &ask, NAMES).await?;
    let form = form_of(&html, &ask)?;
    ensure!(nora.post(&ask, &filled(&form, &[("note", "Ich schweiße.")])).await? == own);
    ensure!(german(&mut nora, own, NAMES).await?.contains("wartet auf die Eigentümer, bis"));

    let requests = cast.claimant.all(&format!("/v1/organisations/{}/join-requests", cast.team)).await?;
    let desk = format!("/desk/join-requests/{}", text(&requests[0], "/id")?);
    let mut clara = in_german(browser(cast, &cast.claimant).await?).await?;
    german(&mut clara, &format!("/desk/organisations/{}", cast.team), NAMES).await?;
    let html = german(&mut clara, &desk, NAMES).await?;
    ensure!(html.contains("nora@new.example möchte zu Open Machine Builders"), "{html}");
    let accept = format!("{desk}/accept");
    let accepted = clara.post(&accept, &filled(&form_of(&html, &accept)?, &[("role", "member")])).await?;
    ensure!(accepted == desk && german(&mut clara, &desk, NAMES).await?.contains("Rolle: Mitglied"));
    ensure!(german(&mut nora, own, NAMES).await?.contains("Rolle: Mitglied"));
    stage.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn an_owner_of_a_partner_looks_after_credentials_and_endpoints_in_german() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let cast = &stage.cast;
    let receiver = Receiver::open(Script::default()).await?;
    let owner = join(&cast.operator, &cast.platform, "olga@fans.example", "owner").await?;
    let mut olga = in_german(browser(cast, &owner).await?).await?;
    let desk = format!("/desk/partners/{}", cast.platform);
    let html = german(&mut olga, &desk, NAMES).await?;
    ensure!(html.contains("zuletzt benutzt: ") && html.contains("ihre Zusagen lesen"), "{html}");
    let action = format!("{desk}/credentials");
    let typed = [("name", "Nachts"), ("mode", "sandbox"), ("scope-requests-read", "yes")];
    let there = form_of(&html, &action)?;
    let html = sent_german(&mut olga, &action, &filled(&there, &typed), NAMES).await?;
    ensure!(html.contains("Nur dieses eine Mal wird das Geheimnis gezeigt."), "{html}");
    let html = sent_german(&mut olga, &action, &filled(&there, &typed), NAMES).await?;
    ensure!(html.contains("Schon getan."), "{html}");
    let requests = format!("{desk}/requests");
    cast.partner.get("/v1/pledges").await?;
    soon("what was asked is listed", async || Ok(german(&mut olga, &requests, NAMES).await?.contains("/v1/"))).await?;
    german(&mut olga, &format!("{requests}?only=failed"), NAMES).await?;

    let list = format!("{desk}/books/{}/endpoints", cast.book);
    let html = german(&mut olga, &list, NAMES).await?;
    let url = receiver.url("/olga");
    let typed = [("url", url.as_str()), ("description", "Olga")];
    let html = sent_german(&mut olga, &list, &filled(&form_of(&html, &list)?, &typed), NAMES).await?;
    ensure!(html.contains("Das Geheimnis des Endpunkts"), "{html}");
    let html = german(&mut olga, &list, NAMES).await?;
    let one = html.split_once("href=\"/desk/endpoints/").context("an endpoint")?.1;
    let one = format!("/desk/endpoints/{}", one.split('"').next().unwrap_or_default());
    let html = german(&mut olga, &one, NAMES).await?;
    let ping = format!("{one}/ping");
    ensure!(olga.post(&ping, &filled(&form_of(&html, &ping)?, &[])).await? == one);
    soon("the page says so", async || Ok(german(&mut olga, &one, NAMES).await?.contains("zugestellt</span>"))).await?;
    for state in ["waiting", "given_up", "delivered"] {
        german(&mut olga, &format!("{one}?state={state}"), NAMES).await?;
    }
    let html = german(&mut olga, &one, NAMES).await?;
    let sent = html.split_once(&format!("href=\"{one}/deliveries/")).context("a delivery")?.1;
    let sent = format!("{one}/deliveries/{}", sent.split('"').next().unwrap_or_default());
    ensure!(german(&mut olga, &sent, NAMES).await?.contains("1: antwortete 200"));
    stage.app.finish_with_jobs_left().await
}
