//! Somebody new comes in by pages: they sign up, say how they are called, found a team, enter a challenge, and set up a second factor.

use crate::desks::{browser, filled, open, refused, send_twice};
use crate::shares::Open;
use anyhow::{Context as _, ensure};
use api::demo::client::mails;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use ledger::parties::rules::second_factor::{STEP_S, code_at};
use std::path::Path;
use tests::Stage;
use tests::browser::{Browser, form_of, sign_in_mail};

type Outcome = anyhow::Result<()>;

/// The browser of somebody who has just signed up with an address that nobody had.
pub(crate) async fn newcomer(base: &str, folder: &Path, email: &str) -> anyhow::Result<Browser> {
    let mut browser = Browser::new(base)?;
    let seen = mails(folder, "sign-in", email)?;
    ensure!(browser.post("/sign-up", &[("email", email)]).await? == "/sign-in/code");
    let mail = sign_in_mail(folder, &seen, email).await?;
    let secret = mail.split_once(&format!("{base}/sign-in/")).context("a link")?.1;
    let secret = secret.split_whitespace().next().context("a secret")?;
    ensure!(browser.post("/sign-in/link", &[("secret", secret)]).await? == "/me");
    browser.clicks = 0;
    Ok(browser)
}

async fn persons(stage: &Stage) -> anyhow::Result<i64> {
    stage.app.count("SELECT count(*) FROM person").await
}

#[tokio::test]
async fn somebody_new_signs_up_by_a_mail_says_their_name_once_and_reads_what_there_is_to_do() -> Outcome {
    let stage = Stage::set().await?;
    let (base, folder) = (stage.cast.base().to_owned(), stage.cast.mail().to_owned());
    let before = persons(&stage).await?;
    // Who only signs in with an address that nobody has is answered alike, and becomes nobody.
    let mut unknown = Browser::new(&base)?;
    ensure!(unknown.post("/sign-in", &[("email", "nobody@new.example")]).await? == "/sign-in/code");
    stage.app.work_until_idle().await?;
    ensure!(persons(&stage).await? == before && mails(&folder, "sign-in", "nobody@new.example")?.is_empty());
    let wrong = unknown.fill("/sign-up", &[("email", "no address")]).await?;
    ensure!(wrong.status == 422 && wrong.html.contains("value=\"no address\""), "{wrong:?}");

    let mut nora = newcomer(&base, &folder, "nora@new.example").await?;
    ensure!(persons(&stage).await? == before + 1);
    let me = open(&mut nora, "/me").await?;
    for says in ["How are you called?", "Nothing waits for you now", "What you can do here first"] {
        ensure!(me.contains(says), "{says}: {me}");
    }
    let long = "n".repeat(201);
    let html = refused(
        nora.fill("/me/name", &filled(&form_of(&me, "/me/name")?, &[("name", &long)])).await?,
        "id=\"name-error\"",
    )?;
    ensure!(html.contains(&long));
    ensure!(send_twice(&mut nora, &html, "/me/name", &[("name", "Nora & sons")]).await? == "/me");
    let me = open(&mut nora, "/me").await?;
    ensure!(me.contains("Nora &#38; sons, nora@new.example") && !me.contains("How are you called?"), "{me}");
    // Signing up once more signs in, and makes nobody else.
    newcomer(&base, &folder, "nora@new.example").await?;
    ensure!(persons(&stage).await? == before + 1);
    stage.app.finish().await
}

#[tokio::test]
async fn who_founds_a_team_in_three_steps_enters_a_challenge_with_it_in_two_more() -> Outcome {
    let challenge = Open::set("return_to_sponsors").await?;
    let (app, cast) = (&challenge.stage.app, &challenge.stage.cast);
    let mut nora = newcomer(cast.base(), cast.mail(), "nora@new.example").await?;
    open(&mut nora, "/me").await?;
    let html = open(&mut nora, "/desk/organisations/new").await?;
    let there = form_of(&html, "/desk/organisations")?;
    let nameless = filled(&there, &[("name", " "), ("kind", "project_team")]);
    let html = refused(nora.fill("/desk/organisations", &nameless).await?, "id=\"name-error\"")?;
    let there = form_of(&html, "/desk/organisations")?;
    let host = filled(&there, &[("name", "X"), ("kind", "fiscal_host")]);
    ensure!(nora.fill("/desk/organisations", &host).await?.status == 403, "a host is admitted by an operator");
    nora.clicks = 2;
    let team = [("name", "Nora's workshop"), ("kind", "project_team")];
    let desk = send_twice(&mut nora, &html, "/desk/organisations", &team).await?;
    ensure!(nora.clicks == 3 && app.count("SELECT count(*) FROM organisation WHERE name LIKE 'Nora%'").await? == 1);
    let html = open(&mut nora, &desk).await?;
    ensure!(html.contains("nora@new.example") && html.contains("<td>owner</td>"), "{html}");
    ensure!(browser(cast, &cast.stranger).await?.get(&desk).await?.0 == 404, "a stranger sees nothing");

    let id = challenge.path.rsplit_once('/').context("an id")?.1;
    let enter = format!("/desk/challenges/{id}/enter");
    ensure!(open(&mut nora, &format!("/challenges/{id}")).await?.contains(&format!("href=\"{enter}\"")));
    nora.clicks = 0;
    let html = open(&mut nora, &enter).await?;
    ensure!(html.contains(&challenge.sha256) && html.contains("It costs nothing."), "{html}");
    let team = desk.rsplit_once('/').context("an id")?.1;
    let there = form_of(&html, &enter)?;
    let silent = filled(&there, &[("team", team)]);
    let html = refused(nora.fill(&enter, &silent).await?, "id=\"agree-error\"")?;
    let foreign = [("team", cast.team.as_str()), ("agree", "yes")];
    let there = form_of(&html, &enter)?;
    let foreign = filled(&there, &foreign);
    ensure!(nora.fill(&enter, &foreign).await?.status == 403, "a team is entered by its own people");
    nora.clicks = 1;
    let agreed = [("team", team), ("agree", "yes")];
    ensure!(send_twice(&mut nora, &html, &enter, &agreed).await? == enter && nora.clicks == 2);
    ensure!(app.count("SELECT count(*) FROM entrant").await? == 1);
    let html = open(&mut nora, &enter).await?;
    ensure!(html.contains("no fee is due") && html.contains("You have no team that could enter beside."), "{html}");
    challenge.stage.app.finish().await
}

#[tokio::test]
async fn a_second_factor_is_set_up_on_pages_and_its_secrets_are_shown_once() -> Outcome {
    let stage = Stage::set().await?;
    let mut nora = newcomer(stage.cast.base(), stage.cast.mail(), "nora@new.example").await?;
    let own = "/me/second-factor";
    let (begin, confirm) = ("/me/second-factor/begin", "/me/second-factor/confirm");
    let html = open(&mut nora, own).await?;
    let form = form_of(&html, begin)?;
    let shown = nora.fill(begin, &filled(&form, &[])).await?;
    ensure!(shown.status == 200 && shown.html.contains("<svg class=\"qr\""), "{shown:?}");
    let secret = shown.html.split_once("<strong class=\"secret\">").context("a secret")?.1;
    let secret = secret.split('<').next().context("a secret")?.to_owned();
    ensure!(shown.html.contains(&format!("secret={secret}&#38;issuer=commonpurse")), "{}", shown.html);
    // Sent once more it shows nothing, and the secret stays as it was.
    ensure!(nora.post(begin, &filled(&form, &[])).await? == own);
    ensure!(!open(&mut nora, own).await?.contains(&secret));
    let there = form_of(&shown.html, confirm)?;
    let html = refused(nora.fill(confirm, &filled(&there, &[("code", "12 34")])).await?, "id=\"code-error\"")?;
    ensure!(!html.contains(&secret) && !html.contains("12 34"));
    let step = Timestamp::now().as_second() / STEP_S;
    let code = code_at(&BASE32_NOPAD.decode(secret.as_bytes())?, step)?;
    let there = form_of(&html, confirm)?;
    let typed = filled(&there, &[("code", &code)]);
    let shown = nora.fill(confirm, &typed).await?;
    let codes = |html: &str| html.matches("<li>").count();
    ensure!(shown.status == 200 && codes(&shown.html) == 10, "{shown:?}");
    let again = nora.fill(confirm, &typed).await?;
    ensure!(again.status == 200 && codes(&again.html) == 0 && again.html.contains("are not shown again"), "{again:?}");
    let html = open(&mut nora, own).await?;
    ensure!(html.contains("10 of 10 are not used") && html.contains("It is proved."), "{html}");
    let (renew, remove) = ("/me/second-factor/recovery-codes", "/me/second-factor/remove");
    let renewed = nora.fill(renew, &filled(&form_of(&html, renew)?, &[])).await?;
    ensure!(renewed.status == 200 && codes(&renewed.html) == 10, "{renewed:?}");
    let html = open(&mut nora, own).await?;
    // Another browser of the same person has proved nothing: it sees no button, and a form that is sent is refused.
    let mut other = Browser::of(stage.cast.base(), stage.cast.mail(), "nora@new.example").await?;
    ensure!(form_of(&open(&mut other, own).await?, remove).is_err());
    ensure!(other.fill(remove, &filled(&form_of(&html, remove)?, &[])).await?.status == 403);
    ensure!(send_twice(&mut nora, &html, remove, &[]).await? == own);
    ensure!(open(&mut nora, own).await?.contains("Set up a second factor"));
    stage.app.finish().await
}
