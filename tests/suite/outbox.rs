//! The mail of sandbox books never leaves: it is read by API, by whom it concerns.

use crate::repository::{root, sources};
use anyhow::{Context as _, ensure};
use api::demo::cast::{join, organisation};
use api::demo::client::{Client, text};
use ledger::service::event::told::{MAILS, MailKind, Place, mail_kind};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{MailServer, Stage, TestApp, day, once};

mod rare;
pub(crate) mod windows;

type Outcome = anyhow::Result<()>;

/// Another partner platform, which no book has admitted, with the scope that reads the outbox.
async fn another_partner(stage: &Stage) -> anyhow::Result<(String, Client)> {
    let operator = &stage.cast.operator;
    let platform = organisation(operator, "Fans of Closed Machines", "partner_platform").await?;
    let asked = json!({"name": "other", "mode": "sandbox", "scopes": ["pledges:read"]});
    let made = operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    let client = Client::partner(stage.cast.base(), text(&made, "/id")?, text(&made, "/secret")?)?;
    Ok((platform, client))
}

fn is_marked(mail: &Value) -> bool {
    ["/subject", "/text"].iter().all(|part| text(mail, part).is_ok_and(|text| text.starts_with("[test] ")))
}

#[tokio::test]
async fn s1_mail_of_a_sandbox_book_is_in_its_outbox_and_a_mail_server_gets_the_sign_in_mail_only() -> Outcome {
    let mut stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let (other_platform, other_partner) = another_partner(&stage).await?;
    let outbox = format!("/v1/books/{}/outbox", stage.cast.book);
    // A donor who reads German has mails in German: a partner that tries its integration does not learn that from them.
    let donor = join(&stage.cast.operator, &other_platform, "paid@donors.example", "member").await?;
    let seen = donor.get("/v1/me").await?.etag.unwrap_or_default();
    donor.send(Method::PATCH, "/v1/me", Some(&json!({"language": "de"})), &[("If-Match", &seen)]).await?.ok()?;
    // From here on mails go to a server, as they do in production.
    let server = MailServer::start().await?;
    stage.app.work_until_idle().await?;
    stage.app.stack().workers().clear();
    stage.app.stack().add_worker(&[("COMMONPURSE_SMTP_URL", &server.url)])?;

    let pledge = stage.pledge(&campaign, &once(&campaign, "paid", "30.00", day(2, 1), "sandbox_ok")?).await?;
    stage.pledge(&campaign, &once(&campaign, "declined", "30.00", day(2, 1), "sandbox_stolen_card")?).await?;
    stage.cast.advance(day(2, 1)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    let kept = stage.cast.partner.all(&outbox).await?;
    let kinds: Vec<_> = kept.iter().filter_map(|mail| mail["kind"].as_str()).collect();
    ensure!(kinds.len() == 2 && ["receipt", "decline"].iter().all(|kind| kinds.contains(kind)), "{kept:?}");
    ensure!(kept.iter().all(is_marked), "{kept:?}");
    let receipt = kept.iter().find(|mail| mail["kind"] == "receipt").context("a receipt")?;
    ensure!(receipt["recipient"] == "paid@donors.example", "{receipt}");
    ensure!(receipt["about"] == format!("receipt.{}", text(&charge, "/id")?), "{receipt}");
    ensure!(text(receipt, "/text")?.contains("30.00 USD"), "{receipt}");
    ensure!(server.connections() == 0, "the mail server was asked: {:?}", server.mails());

    for reader in [&stage.cast.treasurer, &stage.cast.operator] {
        ensure!(reader.all(&outbox).await? == kept, "who keeps the book, or runs the installation, reads it");
    }
    for stranger in [&stage.cast.stranger, &other_partner] {
        ensure!(stranger.get(&outbox).await?.status == 404, "strangers read nothing");
    }
    ensure!(stage.cast.reviewers[0].get(&outbox).await?.status == 403, "another role does not keep the book");
    let admit = json!({"organisation": other_platform});
    stage.cast.treasurer.post(&format!("/v1/books/{}/partners", stage.cast.book), &admit).await?.ok()?;
    ensure!(other_partner.all(&outbox).await?.is_empty(), "a partner reads what is about its own pledges");

    // The job of the receipt is done a second time, as after a worker that died before it could settle it.
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let again = "UPDATE job SET finished_at = NULL, leased_until = 'epoch' WHERE kind = 'send_receipt'";
    ensure!(owner.execute(again, &[]).await? == 1, "one receipt");
    stage.app.work_until_idle().await?;
    let attempts = stage.app.count("SELECT attempts::bigint FROM job WHERE kind = 'send_receipt'").await?;
    ensure!(attempts == 2 && stage.cast.partner.all(&outbox).await? == kept, "{attempts} attempts");

    stage.app.nobody()?.post("/v1/sign-in", &json!({"email": "treasurer@host.example"})).await?.ok()?;
    let sign_in = server.mail_to("treasurer@host.example").await?;
    ensure!(!sign_in.message.contains("[test]"), "a sign-in is of the installation: {}", sign_in.message);
    ensure!(server.mails().len() == 1, "and nothing else has left: {:?}", server.mails());
    stage.app.finish().await
}

/// Kinds of mail that the scene of the contract has no occasion for, each with the test that sees it.
pub(crate) const SEEN_ELSEWHERE: &[(&str, &str)] = &[
    ("account_wanted", "m6_a_cooperatives_members_are_paid_whole_by_a_run_and_a_second_run_pays_nothing"),
    ("bank_account_link", "a_person_confirms_a_changed_bank_account_by_the_link_of_the_mail_and_waits_three_days"),
    ("card-testing", "p14_try_eleven_from_one_address_or_on_one_card_is_refused_without_asking_the_provider"),
    ("decline", "s1_mail_of_a_sandbox_book_is_in_its_outbox_and_a_mail_server_gets_the_sign_in_mail_only"),
    ("entry", "s1_a_donor_hears_that_nothing_can_be_collected_and_a_team_that_its_silence_withdrew_its_entry"),
    ("objection", "an_objection_is_answered_by_a_third_person_and_a_distribution_can_be_taken_back"),
    ("factor-reset", "sf_who_has_lost_both_is_reset_by_two_operators_a_day_later"),
    (
        "freeze",
        "t11_money_reported_to_a_frozen_book_is_kept_and_posted_once_after_the_release_on_the_day_of_the_report",
    ),
    ("not-collected", "s1_a_donor_hears_that_nothing_can_be_collected_and_a_team_that_its_silence_withdrew_its_entry"),
    (
        "payments-held",
        "c3_a_frozen_custodian_holds_its_pledges_refunds_and_releases_for_months_and_the_other_one_goes_on",
    ),
    ("plan-change", "fl19_a_donor_agrees_by_the_link_of_a_mail_once_and_is_told_before_the_first_charge_at_new_terms"),
    ("pledge", "a_partner_that_leaves_stops_nothing_that_was_begun_and_its_plans_wait_until_it_comes_back"),
    ("second-factor", "sf_a_second_factor_is_begun_proved_and_removed_by_itself_and_a_code_counts_once"),
    ("webhooks-stopped", "wh_partners_are_sent_what_happened_signed_once_and_again_until_they_have_it"),
    ("returnable", "c1_what_nobody_claims_for_two_years_waits_for_its_donor_whatever_terms_are_written_later"),
    ("tasks", "what_waits_is_mailed_once_a_day_in_the_language_of_its_reader_until_they_turn_it_off"),
];

/// Whether no sentence of a text ends in two points, and no two spaces follow one another but behind a colon, where facts stand in a row.
fn is_clean(text: &str) -> bool {
    text.lines().all(|line| {
        let said = line.trim();
        let doubled = said.match_indices("  ").next().is_some_and(|(at, _)| !said[..at].ends_with(':'));
        !doubled && (said.contains("://") || !said.contains(".."))
    })
}

/// What stands in a template but for what askama puts there.
fn written(template: &str) -> String {
    let mut rest = template.to_owned();
    for (begins, ends, instead) in [("{%", "%}", ""), ("{#", "#}", ""), ("{{", "}}", "x")] {
        while let Some((at, length)) = rest.find(begins).and_then(|at| Some((at, rest[at..].find(ends)? + ends.len())))
        {
            rest.replace_range(at..at + length, instead);
        }
    }
    rest
}

/// The files below a folder that are no sources.
fn templates(folder: &std::path::Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut templates(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "ftl" || kind == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn no_mail_and_no_page_has_two_points_or_two_spaces() -> Outcome {
    let mut read = 0;
    for folder in ["worker/texts", "api/templates"] {
        for path in templates(&root().join(folder))? {
            ensure!(is_clean(&written(&std::fs::read_to_string(&path)?)), "{}", path.display());
            read += 1;
        }
    }
    ensure!(read > 60, "only {read} templates");
    for folder in ["worker/src/mail", "worker/src/jobs", "api/src/pages"] {
        for (path, source) in sources(&root().join(folder))? {
            for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
                // A sentence of ours: a letter, two points, and the end of the text or another sentence.
                let ends = line.match_indices("..").any(|(at, _)| {
                    let after = &line[at + 2..];
                    line[..at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '}')
                        && (after.starts_with('"') || after.starts_with(' '))
                });
                ensure!(!ends, "{}: {line}", path.display());
            }
        }
    }
    Ok(())
}

/// Fails unless the outbox of this installation, and its folder of mail, have every kind of mail that there is.
pub(crate) async fn every_kind_was_written(app: &TestApp) -> Outcome {
    let pool = app.connection().await?;
    let mut seen = BTreeSet::new();
    for row in pool.query("SELECT kind, text FROM outbox_mail", &[]).await? {
        let (kind, text): (String, String) = (row.get(0), row.get(1));
        let place = mail_kind(&kind).context("a kind of the table")?.place();
        let leads = text.lines().any(|line| line.starts_with("http") && !line.contains("/unsubscribe/"));
        ensure!(leads != matches!(place, Place::Nowhere(_)), "{kind} leads to {place:?}: {text}");
        seen.insert(kind);
    }
    for MailKind { name: kind, .. } in MAILS {
        let begins = format!("{kind}.");
        let is_there = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with(&begins))
        };
        if std::fs::read_dir(app.mail_dir())?.any(is_there) {
            seen.insert((*kind).to_owned());
        }
    }
    let known: BTreeSet<String> = MAILS.iter().map(|kind| kind.name.to_owned()).collect();
    let elsewhere: BTreeSet<String> = SEEN_ELSEWHERE.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    let missing: Vec<_> = known.difference(&seen).filter(|kind| !elsewhere.contains(*kind)).collect();
    ensure!(missing.is_empty(), "nobody was written these kinds of mail: {missing:?}");
    let both: Vec<_> = seen.intersection(&elsewhere).collect();
    ensure!(both.is_empty(), "these need no other test: {both:?}");
    Ok(())
}

#[test]
fn s1_each_kind_of_mail_that_the_scene_has_no_occasion_for_is_seen_by_a_test_that_there_is() -> Outcome {
    let tests = sources(&root().join("tests/suite"))?;
    for (kind, name) in SEEN_ELSEWHERE {
        let of_test = format!("fn {name}(");
        let sees = |source: &str| source.contains(&of_test) && source.contains(kind);
        ensure!(tests.iter().any(|(_, source)| sees(source)), "no test {name} has to do with mails of kind {kind}");
    }
    Ok(())
}

#[test]
fn s1_the_worker_writes_the_kinds_of_mail_that_the_table_of_who_is_told_has_and_no_others() -> Outcome {
    let mut written = BTreeSet::new();
    for (_, source) in sources(&root().join("worker/src/jobs"))? {
        let own = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (start, _) in own.match_indices("Occasion::new(\"") {
            let rest = &own[start + "Occasion::new(\"".len()..];
            written.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    // The two of a decline are told apart before.
    written.extend(["decline", "not-collected"].map(str::to_owned));
    let known: BTreeSet<String> = MAILS.iter().map(|kind| kind.name.to_owned()).collect();
    ensure!(written == known, "the worker writes {written:?}, and the table has {known:?}");
    Ok(())
}
