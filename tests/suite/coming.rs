//! Somebody new comes in by pages: they sign up, say how they are called, found a team, enter a challenge, and set up a second factor; they
//! ask to join a team, and decline what they are invited to.

use crate::desks::{browser, filled, open, refused, send_twice};
use crate::shares::Open;
use anyhow::{Context as _, ensure};
use api::demo::cast::{invite, organisation, usd};
use api::demo::client::{Client, mails, text};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use ledger::id::OrganisationId;
use ledger::parties::rules::second_factor::{STEP_S, code_at};
use serde_json::{Value, json};
use std::path::Path;
use tests::Stage;
use tests::browser::{Browser, form_of, readable, sign_in_mail};

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

    // Who asks for a link makes nobody of an address that may be another's: only opening the link does.
    ensure!(unknown.post("/sign-up", &[("email", "nora@new.example")]).await? == "/sign-in/code");
    let asked = json!({"email": "nora@new.example", "sign_up": true});
    ensure!(stage.app.nobody()?.post("/v1/sign-in", &asked).await?.status == 202);
    stage.app.work_until_idle().await?;
    ensure!(persons(&stage).await? == before && mails(&folder, "sign-in", "nora@new.example")?.len() == 2);
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
async fn where_only_the_invited_come_in_everybody_else_hears_so_and_the_invited_come_in() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_SIGN_UP", "invited")]).await?;
    let (cast, base, folder) = (&stage.cast, stage.cast.base().to_owned(), stage.cast.mail().to_owned());
    let before = persons(&stage).await?;
    let mut browser = Browser::new(&base)?;
    ensure!(!open(&mut browser, "/sign-in").await?.contains("/sign-up"));
    ensure!(open(&mut browser, "/sign-up").await?.contains("Only people who were invited come in here"));
    for email in [cast.stranger.email()?, "nora@new.example", "no address"] {
        let closed = browser.fill("/sign-up", &[("email", email)]).await?;
        ensure!(closed.status == 409 && closed.html.contains("Ask the owners of your team"), "{email}: {closed:?}");
    }
    let nobody = stage.app.nobody()?;
    for email in [cast.stranger.email()?, "nora@new.example"] {
        let closed = nobody.post("/v1/sign-in", &json!({"email": email, "sign_up": true})).await?;
        ensure!(closed.status == 409 && closed.body["type"] == "/problems/sign-up-closed", "{}", closed.body);
    }
    ensure!(stage.app.count("SELECT count(*) FROM job WHERE payload->>'email' = 'nora@new.example'").await? == 0);
    invite(&cast.treasurer, &cast.host, "nora@new.example", "auditor").await?;
    let seen = mails(&folder, "sign-in", "nora@new.example")?;
    ensure!(browser.post("/sign-in", &[("email", "nora@new.example")]).await? == "/sign-in/code");
    let mail = sign_in_mail(&folder, &seen, "nora@new.example").await?;
    ensure!(persons(&stage).await? == before, "an invitation makes nobody before its link is opened");
    let secret = mail.split_once(&format!("{base}/sign-in/")).context("a link")?.1;
    let secret = secret.split_whitespace().next().context("a secret")?;
    ensure!(browser.post("/sign-in/link", &[("secret", secret)]).await? == "/me");
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
async fn who_enters_for_a_fee_reads_who_holds_it_before_and_after() -> Outcome {
    let fee = json!({"amount": usd("5.00"), "goes_to": "teams"});
    let challenge = Open::set_for("return_to_sponsors", Some(fee)).await?;
    let cast = &challenge.stage.cast;
    let name = async |of: &str| {
        let found = cast.operator.get(&format!("/v1/organisations/{of}")).await?.ok()?;
        Ok::<_, anyhow::Error>(text(&found, "/name")?.to_owned())
    };
    let (host, platform) = (name(&cast.host).await?, name(&cast.platform).await?);
    let enter = format!("/desk/challenges/{}/enter", challenge.path.rsplit_once('/').context("an id")?.1);
    let mut clara = browser(cast, &cast.claimant).await?;
    let html = open(&mut clara, &enter).await?;
    let says =
        format!("owes a fee of 5.00 USD before work is handed in. It is paid to {host}: the money is held by {host}");
    ensure!(html.contains(&format!("{says}, custodian.")), "{html}");
    let agreed = [("team", cast.team.as_str()), ("agree", "yes")];
    ensure!(send_twice(&mut clara, &html, &enter, &agreed).await? == enter);
    ensure!(open(&mut clara, &enter).await?.contains(&format!("is due before work is handed in, to {host}")));
    let other = organisation(&cast.claimant, "Second bench", "project_team").await?;
    let by_platform =
        json!({"team": other, "rules_sha256": challenge.sha256, "collector": cast.platform, "answers": []});
    cast.claimant.post(&format!("{}/entries", challenge.path), &by_platform).await?.ok()?;
    let html = open(&mut clara, &enter).await?;
    ensure!(html.contains(&format!("is due before work is handed in, to {platform}")), "{html}");
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
    let keys: Vec<_> = html.split("name=\"key\" value=\"").skip(1).filter_map(|at| at.split('"').next()).collect();
    ensure!(keys.len() == 2 && keys[0] != keys[1], "each form has a key of its own: {keys:?}");
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

/// How requests stand, as a list tells it.
async fn states(by: &Client, path: &str) -> anyhow::Result<Vec<String>> {
    by.all(path).await?.iter().map(|one| Ok(text(one, "/state")?.to_owned())).collect()
}

/// As if all that is asked had been asked fourteen days before.
async fn let_lapse(stage: &Stage) -> Outcome {
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let sql = "SET session_replication_role = replica;
               UPDATE join_request SET asked_at = asked_at - interval '336 hours', until = until - interval '336 hours'
                WHERE outcome IS NULL;
               UPDATE job SET due_at = due_at - interval '336 hours'
                WHERE kind = 'send_join_notice' AND finished_at IS NULL";
    Ok(owner.batch_execute(sql).await?)
}

#[tokio::test]
async fn who_asks_to_join_a_team_by_pages_is_answered_by_an_owner_and_hears_of_it() -> Outcome {
    let stage = Stage::set().await?;
    let (app, cast) = (&stage.app, &stage.cast);
    let mut nora = newcomer(cast.base(), cast.mail(), "nora@new.example").await?;
    let own = "/me/join-requests";
    ensure!(open(&mut nora, "/me").await?.contains(&format!("href=\"{own}\"")));
    let (status, html) = nora.get(&format!("{own}?organisation=nothing")).await?;
    ensure!(
        status == 422 && html.contains("value=\"nothing\"") && html.contains("id=\"organisation-error\""),
        "{html}"
    );
    let join = format!("/desk/organisations/{}/join", cast.team);
    for none in [&cast.host, &cast.platform] {
        ensure!(nora.get(&format!("/desk/organisations/{none}/join")).await?.0 == 404, "{none} takes no requests");
    }
    let html = open(&mut nora, &join).await?;
    ensure!(html.contains("Ask to join Open Machine Builders") && html.contains("within fourteen days"), "{html}");
    let html =
        refused(nora.fill(&join, &filled(&form_of(&html, &join)?, &[("note", " ")])).await?, "id=\"note-error\"")?;
    ensure!(send_twice(&mut nora, &html, &join, &[("note", "I weld <b>steel</b>")]).await? == own);
    ensure!(app.count("SELECT count(*) FROM join_request").await? == 1, "sent twice, asked once");
    let html = open(&mut nora, own).await?;
    ensure!(html.contains("Open Machine Builders") && html.contains("waits for the owners, until"), "{html}");
    let html = open(&mut nora, &join).await?;
    let again = nora.fill(&join, &filled(&form_of(&html, &join)?, &[("note", "It is me once more")])).await?;
    ensure!(refused(again, "its owners have not answered yet")?.contains("It is me once more"));

    // Whoever may answer is told, and nobody else sees it.
    app.work_until_idle().await?;
    let id = text(&cast.claimant.all(&format!("/v1/organisations/{}/join-requests", cast.team)).await?[0], "/id")?
        .to_owned();
    let desk = format!("/desk/join-requests/{id}");
    let mail = mails(cast.mail(), "join_request", cast.claimant.email()?)?;
    ensure!(mail.len() == 1 && readable(&mail[0])?.contains(&desk), "{mail:?}");
    let mut clara = browser(cast, &cast.claimant).await?;
    ensure!(open(&mut clara, "/me").await?.contains(&format!("href=\"{desk}\"")), "it waits for an owner");
    let page = open(&mut clara, &format!("/desk/organisations/{}", cast.team)).await?;
    ensure!(page.contains(&format!("href=\"{desk}\"")) && page.contains("nora@new.example"), "{page}");
    for other in
        [browser(cast, &cast.stranger).await?, browser(cast, &cast.treasurer).await?].iter_mut().chain([&mut nora])
    {
        ensure!(other.get(&desk).await?.0 == 404);
    }
    let html = open(&mut clara, &desk).await?;
    ensure!(html.contains("I weld &#60;b&#62;steel") && html.contains("nora@new.example asks to join"), "{html}");
    let (accept, decline) = (format!("{desk}/accept"), format!("{desk}/decline"));
    let silent = clara.fill(&decline, &filled(&form_of(&html, &decline)?, &[("reason", "")])).await?;
    let html = refused(silent, "id=\"reason-error\"")?;
    let seen_before = open(&mut clara, &desk).await?;
    let stranger = browser(cast, &cast.stranger)
        .await?
        .fill(&accept, &filled(&form_of(&html, &accept)?, &[("role", "owner")]))
        .await?;
    ensure!(stranger.status == 404, "{stranger:?}");
    ensure!(send_twice(&mut clara, &html, &accept, &[("role", "member")]).await? == desk);
    ensure!(
        open(&mut clara, &desk).await?.contains("as member")
            && form_of(&open(&mut clara, &desk).await?, &accept).is_err()
    );
    let late = clara.fill(&decline, &filled(&form_of(&seen_before, &decline)?, &[("reason", "Too late")])).await?;
    refused(late, "the request was accepted")?;
    app.work_until_idle().await?;
    ensure!(app.mails("role", "nora@new.example")? == 1 && app.mails("join_request", "nora@new.example")? == 0);
    open(&mut nora, &format!("/desk/organisations/{}", cast.team)).await?;
    ensure!(open(&mut nora, own).await?.contains("as member"));
    stage.app.finish().await
}

#[tokio::test]
async fn a_request_to_join_is_declined_withdrawn_or_lapses_and_outsiders_hear_that_there_is_none() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_JOIN_REQUESTS_PER_DAY", "4")]).await?;
    let (app, cast) = (&stage.app, &stage.cast);
    let requests = format!("/v1/organisations/{}/join-requests", cast.team);
    let (asker, owner) = (&cast.stranger, &cast.claimant);
    let note = json!({"note": "I weld"});
    let nobody = asker.post(&requests, &json!({"note": ""})).await?;
    ensure!(nobody.status == 422, "{}", nobody.body);
    for hidden in [&cast.host, &cast.platform, &OrganisationId::generate().to_string()] {
        let path = format!("/v1/organisations/{hidden}/join-requests");
        ensure!(
            asker.post(&path, &note).await?.status == 404
                && asker.post(&path, &json!({"note": ""})).await?.status == 404
        );
    }
    let asked = asker.post(&requests, &note).await?.ok()?;
    ensure!(asked["state"] == "open" && asked["role"] == Value::Null && asked["note"] == "I weld", "{asked}");
    ensure!(asker.post(&requests, &note).await?.body["type"] == "/problems/join-request-open");
    let member = owner.post(&requests, &note).await?;
    ensure!(member.status == 409 && member.body["type"] == "/problems/already-belongs", "{}", member.body);

    let of = |step: &str| Ok::<_, anyhow::Error>(format!("/v1/join-requests/{}:{step}", text(&asked, "/id")?));
    let (as_member, full) = (json!({"role": "member"}), json!({"reason": "The workshop is full"}));
    for outsider in [&cast.treasurer, asker] {
        ensure!(outsider.get(&requests).await?.status == 404);
        for body in [&as_member, &json!({"role": "emperor"})] {
            ensure!(outsider.post(&of("accept")?, body).await?.status == 404);
        }
        ensure!(outsider.post(&of("decline")?, &json!({"reason": ""})).await?.status == 404);
    }
    ensure!(cast.treasurer.post(&of("withdraw")?, &json!({})).await?.status == 404);
    ensure!(cast.treasurer.all("/v1/me/join-requests").await?.is_empty());
    ensure!(owner.post(&of("accept")?, &json!({"role": "emperor"})).await?.status == 422);
    let declined = owner.post(&of("decline")?, &full).await?.ok()?;
    ensure!(declined["state"] == "declined" && declined["reason"] == "The workshop is full", "{declined}");
    ensure!(owner.post(&of("accept")?, &as_member).await?.body["type"] == "/problems/join-request-ended");
    app.work_until_idle().await?;
    let mail = mails(cast.mail(), "join_request", asker.email()?)?;
    ensure!(mail.len() == 1 && readable(&mail[0])?.contains("The workshop is full"), "{mail:?}");

    let second = asker.post(&requests, &note).await?.ok()?;
    let withdraw = format!("/v1/join-requests/{}:withdraw", text(&second, "/id")?);
    ensure!(asker.post(&withdraw, &json!({})).await?.ok()?["state"] == "withdrawn");
    let third = asker.post(&requests, &note).await?.ok()?;
    let_lapse(&stage).await?;
    let accept = format!("/v1/join-requests/{}:accept", text(&third, "/id")?);
    ensure!(owner.post(&accept, &as_member).await?.body["type"] == "/problems/join-request-ended");
    ensure!(owner.get("/v1/me/waiting").await?.ok()?["items"] == json!([]), "nothing waits");
    // Who asked hears that nobody has answered; of what was declined or withdrawn nothing more is said.
    app.work_until_idle().await?;
    let mail = mails(cast.mail(), "join_request", asker.email()?)?;
    let lapsed = mail.iter().map(|one| readable(one)).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(lapsed.iter().filter(|one| one.contains("it has lapsed")).count() == 1 && mail.len() == 2, "{lapsed:?}");
    asker.post(&requests, &note).await?.ok()?;
    for (who, path) in [(owner, requests.as_str()), (asker, "/v1/me/join-requests")] {
        ensure!(states(who, path).await? == ["open", "lapsed", "withdrawn", "declined"]);
    }
    let workshop = organisation(&cast.treasurer, "Open Workshop", "cooperative").await?;
    let quota = asker.post(&format!("/v1/organisations/{workshop}/join-requests"), &note).await?;
    ensure!(quota.status == 429 && quota.body["type"] == "/problems/quota", "{}", quota.body);
    stage.app.finish().await
}

#[tokio::test]
async fn an_invitation_is_declined_by_its_link_once_and_who_invited_sees_it() -> Outcome {
    let stage = Stage::set().await?;
    let (cast, asker) = (&stage.cast, &stage.cast.stranger);
    let invited = invite(&cast.treasurer, &cast.host, asker.email()?, "auditor").await?;
    let token = asker.invitation_token(&invited).await?;
    let mut page = browser(cast, asker).await?;
    let html = open(&mut page, &format!("/invitations/{token}")).await?;
    let decline = "/invitations/decline";
    let form = form_of(&html, decline)?;
    let other = browser(cast, &cast.claimant).await?.fill(decline, &filled(&form, &[])).await?;
    ensure!(other.status == 409, "only who has the address: {other:?}");
    for _ in 0..2 {
        let shown = page.fill(decline, &filled(&form, &[])).await?;
        ensure!(shown.status == 200 && shown.html.contains("You have said no"), "{shown:?}");
    }
    let declined = asker.post("/v1/invitations:decline", &json!({"token": token})).await?.ok()?;
    ensure!(declined["state"] == "declined" && declined["id"] == json!(invited), "{declined}");
    let accepted = asker.post("/v1/invitations:accept", &json!({"token": token})).await?;
    ensure!(accepted.status == 409 && accepted.body["type"] == "/problems/invitation-invalid", "{}", accepted.body);
    let listed = cast.treasurer.all(&format!("/v1/organisations/{}/invitations", cast.host)).await?;
    let listed = listed.iter().find(|one| one["id"] == json!(invited)).context("the invitation")?;
    ensure!(listed["state"] == "declined", "{listed}");
    let desk = format!("/desk/organisations/{}", cast.host);
    let html = open(&mut browser(cast, &cast.treasurer).await?, &desk).await?;
    ensure!(html.contains("<td>auditor</td><td>declined</td>"), "{html}");
    ensure!(!open(&mut browser(cast, &cast.reviewers[0]).await?, &desk).await?.contains("Who was invited"));

    let again = invite(&cast.treasurer, &cast.host, asker.email()?, "auditor").await?;
    let token = asker.invitation_token(&again).await?;
    asker.accept(&again).await?;
    let late = asker.post("/v1/invitations:decline", &json!({"token": token})).await?;
    ensure!(late.status == 409 && late.body["type"] == "/problems/invitation-invalid", "{}", late.body);
    stage.app.finish().await
}
