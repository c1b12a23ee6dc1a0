//! Mails in the language of who gets them.

use super::reading::{english_words, in_german, is_german};
use crate::coming::newcomer;
use crate::desks::browser;
use crate::repository::{root, sources};
use anyhow::{Context as _, ensure};
use api::demo::cast::invite;
use api::demo::client::{mails, text};
use serde_json::json;
use std::path::Path;
use tests::browser::{Browser, readable};
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// What people of the cast have typed.
const NAMES: &[&str] = &["Open Machine Builders", "The workshop is full"];

/// The only mail of a kind that came to an address since there were some, as a person reads it.
fn newest(folder: &Path, kind: &str, email: &str, before: usize) -> anyhow::Result<String> {
    let mut found = mails(folder, kind, email)?;
    ensure!(found.len() == before + 1, "{kind} to {email}: {found:?}");
    found.sort_by_key(|path| path.metadata().and_then(|file| file.modified()).ok());
    readable(found.last().context("a mail")?)
}

/// Refuses a mail that is not in German from top to bottom, in plain text and in HTML.
fn is_in_german(kind: &str, mail: &str) -> Outcome {
    let (plain, html) = mail.split_once("<!doctype html>").context("a mail in HTML")?;
    let plain = plain.split_once("text/plain").and_then(|(_, rest)| rest.split_once("\n\n")).context("a text")?.1;
    let plain = plain.split("\n--").next().unwrap_or_default();
    let plain = plain.split_whitespace().filter(|word| !word.contains("://") && !word.contains("/v1/"));
    let plain = NAMES.iter().fold(plain.collect::<Vec<_>>().join(" "), |text, name| text.replace(name, " "));
    let english: Vec<_> = english_words(&plain).collect();
    ensure!(english.is_empty(), "{kind} says {english:?}: {plain}");
    let html = html.split("</html>").next().unwrap_or_default();
    is_german(kind, &format!("<!doctype html>{html}</html>"), NAMES)
}

#[tokio::test]
async fn who_chose_german_gets_mails_in_german_and_who_chose_nothing_in_english() -> Outcome {
    let stage = Stage::set().await?;
    let (app, cast) = (&stage.app, &stage.cast);
    let (base, folder, nora) = (cast.base(), cast.mail(), "nora@new.example");
    in_german(newcomer(base, folder, nora).await?).await?;
    // The next sign-in, with its code.
    let before = mails(folder, "sign-in", nora)?.len();
    let mut signing_in = Browser::new(base)?;
    signing_in.post("/sign-in", &[("email", nora)]).await?;
    app.work_until_idle().await?;
    let mail = newest(folder, "sign-in", nora, before)?;
    ensure!(mail.contains("Der Link gilt einmal, für ") && mail.contains("im selben Browser:\n\n"), "{mail}");
    ensure!(mail.contains("weil jemand sich mit dieser Adresse anmelden wollte. Sie lässt sich nicht abstellen."));
    ensure!(mail.contains(&format!("Anmelden:\n{base}/sign-in/")), "the same link: {mail}");
    is_in_german("sign-in", &mail)?;

    // An invitation; and one to an address of nobody.
    invite(&cast.claimant, &cast.team, nora, "auditor").await?;
    invite(&cast.claimant, &cast.team, "nobody@new.example", "auditor").await?;
    app.work_until_idle().await?;
    let mail = newest(folder, "invitation", nora, 0)?;
    ensure!(mail.contains("Open Machine Builders lädt Sie ein, mitzumachen, mit der Rolle „Revision“."), "{mail}");
    ensure!(mail.contains(&format!("Die Einladung annehmen:\n{base}/invitations/")), "{mail}");
    is_in_german("invitation", &mail)?;
    let mail = newest(folder, "invitation", "nobody@new.example", 0)?;
    ensure!(mail.contains("Open Machine Builders invites you to take part, with the role auditor."), "{mail}");

    // A request to join: the owner reads of it in English, who asked reads the answer in German.
    let asker = app.sign_in(nora).await?;
    let requests = format!("/v1/organisations/{}/join-requests", cast.team);
    let asked = asker.post(&requests, &json!({"note": "Ich schweiße."})).await?.ok()?;
    app.work_until_idle().await?;
    let mail = newest(folder, "join_request", cast.claimant.email()?, 0)?;
    ensure!(mail.contains("asks to join Open Machine Builders."), "{mail}");
    let decline = format!("/v1/join-requests/{}:decline", text(&asked, "/id")?);
    cast.claimant.post(&decline, &json!({"reason": "The workshop is full"})).await?.ok()?;
    app.work_until_idle().await?;
    let mail = newest(folder, "join_request", nora, 0)?;
    ensure!(mail.contains("Die Begründung: The workshop is full"), "{mail}");
    ensure!(mail.contains("E-Mails mehr über den Ausgang von etwas, woran Sie beteiligt waren:\n"), "{mail}");
    is_in_german("join_request", &mail)?;
    stage.app.finish().await
}

#[tokio::test]
async fn a_reviewer_who_chose_german_reads_its_figures_and_days_and_another_one_english() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let reviewer = stage.cast.reviewers[0].email()?.to_owned();
    in_german(browser(&stage.cast, &stage.cast.reviewers[0]).await?).await?;
    stage.fund(&campaign, "ada", "3000.00", day(2, 1)).await?;
    let policy = json!({"review_days": 14, "objection_days": 7, "on_silence": "release"});
    let milestone = stage.milestone(&campaign, "2000.00", policy).await?;
    stage.claim(&milestone, "1250.00").await?;
    stage.app.work_until_idle().await?;
    let outbox = stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let of = |kind: &str, to: &str| {
        let found = outbox.iter().find(|mail| mail["kind"] == kind && mail["recipient"] == to);
        found.with_context(|| format!("{kind} to {to}: {outbox:?}"))
    };
    let review = of("review", &reviewer)?;
    ensure!(text(review, "/subject")?.starts_with("[test] Bitte prüfen: "), "{review}");
    let said = text(review, "/text")?;
    ensure!(said.starts_with("[test] Diese E-Mail ist von einem Übungsbuch: "), "{said}");
    let days: Vec<_> = said.lines().filter(|line| line.starts_with("Prüfen bis:")).collect();
    ensure!(said.contains("1.250,00 USD") && days.len() == 1 && days[0].contains(". "), "{said}");
    let english = of("review", stage.cast.reviewers[1].email()?)?;
    let text_of_the_other = text(english, "/text")?;
    ensure!(text_of_the_other.contains("1,250.00 USD") && text_of_the_other.contains("Review by:"), "{english}");
    stage.app.finish().await
}

#[test]
fn every_mail_that_the_worker_writes_is_written_by_a_test_of_its_own_file_which_looks_at_every_language() -> Outcome {
    let mut made = 0;
    for (file, source) in sources(&root().join("worker/src/mail"))? {
        let (own, tests) = source.split_once("#[cfg(test)]\nmod tests").unwrap_or((&source, ""));
        for rest in own.split("\nimpl Mail for ").skip(1) {
            let name = rest.split(' ').next().context("a name")?;
            let written = [format!("{name} {{"), format!("{name}::")].iter().any(|how| tests.contains(how));
            ensure!(written && tests.contains(".render("), "{}: no test writes {name}", file.display());
            made += 1;
        }
    }
    ensure!(made > 25, "{made} mails");
    // What each of them is held to.
    let templates = std::fs::read_to_string(root().join("worker/src/mail/templates.rs"))?;
    ensure!(templates.contains("tests::says_the_same_in_every_language(&letter);"));
    Ok(())
}
