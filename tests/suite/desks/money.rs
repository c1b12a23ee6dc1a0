//! Payouts and distributions on the desks of whoever approves and sends them.

use super::{browser, filled, open, refused, send_twice};
use crate::cooperatives::Coop;
use crate::scene::payouts::account;
use crate::second_factor::early_in_a_step;
use anyhow::ensure;
use api::demo::cast::{give_role, join, usd};
use api::demo::client::text;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use ledger::parties::rules::second_factor::{STEP_S, code_at};
use serde_json::{Value, json};
use tests::browser::{Browser, form_of};
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// A payout of 10.00 USD that waits for its approval.
async fn asked_for(stage: &Stage) -> anyhow::Result<Value> {
    let cast = &stage.cast;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d5", "1000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "1000.00", json!({"reviewers_needed": 1, "objection_days": 1})).await?;
    let claim = stage.claim(&milestone, "1000.00").await?;
    stage.approve(&cast.reviewers[0], &claim, "1000.00").await?.ok()?;
    cast.advance(day(1, 7)).await?;
    let accounts = format!("/v1/organisations/{}/bank-accounts", cast.team);
    cast.claimant.post(&accounts, &account(&cast.book, "USD", "000123456789")).await?.ok()?;
    let new = json!({"payee": cast.team, "source": "team", "currency": "USD", "custodian": cast.platform,
        "release": {"claim": claim["id"], "number": 1}, "memo": "Sawmill"});
    cast.treasurer.post(&format!("/v1/books/{}/payouts", cast.book), &new).await?.ok()
}

#[tokio::test]
async fn d5_a_payout_is_approved_and_sent_by_pages_once_each_and_never_past_the_second_factor() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let [rita, raul] = &cast.reviewers;
    give_role(&cast.operator, &cast.host, rita, "approver").await?;
    let payout = asked_for(&stage).await?;
    let desk = format!("/desk/payouts/{}", text(&payout, "/id")?);
    let approve = format!("{desk}/approve");
    let mut approver = browser(cast, rita).await?;
    let me = open(&mut approver, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Approve a payout")), "{me}");
    let html = open(&mut approver, &desk).await?;
    ensure!(html.contains("<h1>1,000.00 USD to Open Machine Builders") && html.contains("ending in 6789"), "{html}");
    let there = form_of(&html, &approve)?;
    let form = filled(&there, &[]);
    // Who may not, may not here; and who has asked for it does not approve it.
    for (by, status) in [(&cast.stranger, 404), (raul, 404)] {
        ensure!(browser(cast, by).await?.get(&desk).await?.0 == status);
    }
    ensure!(browser(cast, raul).await?.fill(&approve, &form).await?.status == 403);
    let mut treasurer = browser(cast, &cast.treasurer).await?;
    let own = open(&mut treasurer, &desk).await?;
    let own = form_of(&own, &approve)?;
    refused(treasurer.fill(&approve, &filled(&own, &[])).await?, "class=\"wrong\"")?;
    // From here on a second factor is asked for, and the form that is open already does not go past it.
    early_in_a_step().await;
    let begun = rita.post("/v1/me/second-factor", &json!({})).await?.ok()?;
    let step = Timestamp::now().as_second() / STEP_S;
    let secret = BASE32_NOPAD.decode(text(&begun, "/secret")?.as_bytes())?;
    let confirm = json!({"code": code_at(&secret, step - 1)?});
    rita.post("/v1/me/second-factor:confirm", &confirm).await?.ok()?;
    let shown = approver.fill(&approve, &form).await?;
    ensure!(shown.status == 403 && shown.html.contains("Prove your second factor first"), "{shown:?}");
    let html = open(&mut approver, &desk).await?;
    let proof = format!("/me/second-factor?back={desk}");
    ensure!(html.contains(&proof) && form_of(&html, &approve).is_err(), "{html}");
    let (action, code) = ("/me/second-factor/proof", code_at(&secret, step)?);
    let there = form_of(&open(&mut approver, &proof).await?, action)?;
    let html = refused(approver.fill(action, &filled(&there, &[("code", "000 000")])).await?, "class=\"wrong\"")?;
    ensure!(!html.contains("000 000"));
    let leads_to = approver.post(action, &filled(&form_of(&html, action)?, &[("code", &code)])).await?;
    ensure!(leads_to == desk, "{leads_to}");
    let html = open(&mut approver, &desk).await?;
    ensure!(send_twice(&mut approver, &html, &approve, &[]).await? == desk);
    stage.app.work_until_idle().await?;
    let me = open(&mut treasurer, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Send a payout")), "{me}");
    let html = open(&mut treasurer, &desk).await?;
    ensure!(send_twice(&mut treasurer, &html, &format!("{desk}/send"), &[]).await? == desk);
    stage.app.work_until_idle().await?;
    ensure!(stage.balance("liabilities:payable:team:").await? == "0.00", "it is sent once");
    ensure!(stage.app.count("SELECT count(*) FROM payout").await? == 1);
    stage.app.finish().await
}

#[tokio::test]
async fn d6_an_operator_tries_a_job_again_in_two_steps_and_nobody_else_sees_what_they_look_after() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d6", "1000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "1000.00", json!({})).await?;
    stage.claim(&milestone, "1000.00").await?;
    stage.app.work_until_idle().await?;
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let bury = "UPDATE job SET dead_at = now(), last_error = 'the <b>bank</b> is away' WHERE (book_id, id) IN
                (SELECT book_id, id FROM job WHERE finished_at IS NULL AND book_id > 0 ORDER BY due_at DESC LIMIT 1)";
    ensure!(owner.execute(bury, &[]).await? == 1);
    let dead = "SELECT count(*) FROM job WHERE dead_at IS NOT NULL AND finished_at IS NULL";
    let mut operator = browser(&stage.cast, &stage.cast.operator).await?;
    ensure!(open(&mut operator, "/me").await?.contains("href=\"/desk/operator\""));
    operator.clicks = 0;
    let html = open(&mut operator, "/desk/operator").await?;
    ensure!(
        html.contains("1 jobs given up") && html.contains("&#60;b&#62;bank") && !html.contains("<b>bank"),
        "{html}"
    );
    let action = html.split_once("action=\"/desk/books/").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
    let action = format!("/desk/books/{}", action.unwrap_or_default());
    let there = form_of(&html, &action)?;
    let mut stranger = browser(&stage.cast, &stage.cast.stranger).await?;
    ensure!(stranger.get("/desk/operator").await?.0 == 403);
    ensure!(stranger.fill(&action, &filled(&there, &[])).await?.status == 404);
    ensure!(operator.fill_from("cross-site", &action, &filled(&there, &[])).await?.status == 403);
    operator.clicks -= 1;
    ensure!(stage.app.count(dead).await? == 1);
    let leads_to = send_twice(&mut operator, &html, &action, &[]).await?;
    ensure!(operator.clicks == 2 && stage.app.count(dead).await? == 0, "{leads_to}");
    ensure!(open(&mut operator, &leads_to).await?.contains("is due again"));
    stage.app.finish().await
}

#[tokio::test]
async fn d14_an_operator_tries_a_job_of_the_installation_again_reads_mismatches_and_invites_in_two_steps_each()
-> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let line = json!({"lines": [{
        "reference": "2031-02-03/<b>17</b>", "direction": "debit", "amount": usd("12.00"), "end_to_end_id": "nobody-knows",
        "value_date": cast.today().await?.to_string(),
    }]});
    cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &line).await?.ok()?;
    stage.app.work_until_idle().await?;
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let bury =
        "UPDATE job SET finished_at = NULL, dead_at = now(), last_error = 'nobody is there' WHERE (book_id, id) IN
                (SELECT book_id, id FROM job WHERE book_id = 0 LIMIT 1)";
    ensure!(owner.execute(bury, &[]).await? == 1);
    // What was done once may fail when it is tried again, and for a reason of its own.
    let dead = "SELECT count(*) FROM job
                 WHERE book_id = 0 AND dead_at IS NOT NULL AND finished_at IS NULL AND last_error = 'nobody is there'";
    let mut operator = browser(cast, &cast.operator).await?;
    let html = open(&mut operator, "/desk/operator").await?;
    ensure!(html.contains("1 jobs given up, 1 mismatches") && html.contains("12.00 USD left"), "{html}");
    ensure!(html.contains("no payout from this account has its reference") && html.contains("0 days ago"), "{html}");
    ensure!(html.contains("&#60;b&#62;17") && !html.contains("<b>17"), "{html}");
    let action = html.split_once("action=\"/desk/jobs/").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
    let action = format!("/desk/jobs/{}", action.unwrap_or_default());
    let there = form_of(&html, &action)?;
    for other in [&cast.stranger, &cast.treasurer] {
        ensure!(browser(cast, other).await?.fill(&action, &filled(&there, &[])).await?.status == 404);
    }
    ensure!(stage.app.count(dead).await? == 1);
    let leads_to = send_twice(&mut operator, &html, &action, &[]).await?;
    ensure!(operator.clicks == 2 && stage.app.count(dead).await? == 0, "{leads_to} {}", operator.clicks);
    let noted = "SELECT count(*) FROM activity WHERE book_id = 0 AND action = 'requeued'";
    ensure!(stage.app.count(noted).await? == 1, "who did it is noted, once");
    ensure!(open(&mut operator, &leads_to).await?.contains("is due again"));

    let invite = "/desk/operator/invitations";
    let html = open(&mut operator, "/desk/operator").await?;
    let there = form_of(&html, invite)?;
    let typed = [("organisation", cast.team.as_str()), ("email", "nobody"), ("role", "reviewer")];
    let html = refused(operator.fill(invite, &filled(&there, &typed)).await?, "id=\"email-error\"")?;
    ensure!(html.contains("value=\"nobody\"") && html.contains(&format!("{}\" selected", cast.team)), "{html}");
    let typed = [("organisation", cast.team.as_str()), ("email", "nora@builders.example"), ("role", "reviewer")];
    let mut stranger = browser(cast, &cast.stranger).await?;
    ensure!(stranger.fill(invite, &filled(&there, &typed)).await?.status == 404);
    operator.clicks = 1;
    let leads_to = send_twice(&mut operator, &html, invite, &typed).await?;
    ensure!(operator.clicks == 2 && leads_to == format!("/desk/operator?invited={}", cast.team), "{leads_to}");
    ensure!(open(&mut operator, &leads_to).await?.contains("An invitation of Open Machine Builders is on its way"));
    let invited = "SELECT count(*) FROM invitation WHERE email = 'nora@builders.example' AND role = 'reviewer'";
    ensure!(stage.app.count(invited).await? == 1, "they are invited once");
    stage.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn d7_a_distribution_is_brought_before_the_members_and_approved_by_another_person() -> Outcome {
    let coop = Coop::open().await?;
    coop.work(2026).await?;
    coop.record("sale", "1000.00", "2026-06-01").await?.ok()?;
    let host = &coop.host;
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let draft = host.treasurer.post(&coop.at("/distributions"), &period).await?.ok()?;
    let desk = format!("/desk/distributions/{}", text(&draft, "/id")?);
    let mail = host.app.mail_dir();
    let base = host.app.base_url();
    let mut ada = Browser::of(base, &mail, coop.ada.email()?).await?;
    ensure!(ada.get(&desk).await?.0 == 404, "a draft is nobody's but its makers'");
    let mut treasurer = Browser::of(base, &mail, host.treasurer.email()?).await?;
    ensure!(open(&mut treasurer, "/me").await?.contains(&format!("href=\"{desk}\">Open a distribution")));
    let html = open(&mut treasurer, &desk).await?;
    ensure!(html.contains("What is distributed") && html.contains("1,000.00 USD"), "{html}");
    ensure!(send_twice(&mut treasurer, &html, &format!("{desk}/open"), &[]).await? == desk);
    let html = open(&mut ada, &desk).await?;
    ensure!(html.contains("Members may object until") && form_of(&html, &format!("{desk}/approve")).is_err(), "{html}");
    let mut approver = Browser::of(base, &mail, coop.approver.email()?).await?;
    let me = open(&mut approver, "/me").await?;
    ensure!(me.contains(&format!("href=\"{desk}\">Approve a distribution")), "{me}");
    let html = open(&mut approver, &desk).await?;
    let there = form_of(&html, &format!("{desk}/approve"))?;
    let mut other = Browser::of(base, &mail, coop.ada.email()?).await?;
    ensure!(other.fill(&format!("{desk}/approve"), &filled(&there, &[])).await?.status == 403);
    let odd = approver.fill(&format!("{desk}/approve"), &filled(&there, &[("digest", "00")])).await?;
    refused(odd, "class=\"wrong\"")?;
    ensure!(send_twice(&mut approver, &html, &format!("{desk}/approve"), &[]).await? == desk);
    let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
    ensure!(host.treasurer.get(&one).await?.ok()?["state"] == "approved");
    coop.host.app.finish().await
}

#[tokio::test]
async fn d9_another_keeper_confirms_a_bank_account_by_a_page_that_shows_its_last_four_characters_only() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "d9", "1000.00", day(1, 1)).await?;
    stage.milestone(&campaign, "1000.00", json!({})).await?;
    let bea = join(&cast.operator, &cast.team, "bea@builders.example", "treasurer").await?;
    let accounts = format!("/v1/organisations/{}/bank-accounts", cast.team);
    cast.claimant.post(&accounts, &account(&cast.book, "USD", "000123456789")).await?.ok()?;
    let given = cast.claimant.post(&accounts, &account(&cast.book, "USD", "000987654321")).await?.ok()?;
    let desk = format!("/desk/bank-accounts/{}", text(&given, "/id")?);
    let (confirm, reject) = (format!("{desk}/confirm"), format!("{desk}/reject"));
    let mut keeper = browser(cast, &bea).await?;
    ensure!(open(&mut keeper, "/me").await?.contains(&format!("href=\"{desk}\">Confirm a bank account")));
    let html = open(&mut keeper, &desk).await?;
    ensure!(html.contains("4321") && !html.contains("000987654321"), "{html}");
    let there = form_of(&html, &confirm)?;
    ensure!(browser(cast, &cast.stranger).await?.fill(&confirm, &filled(&there, &[])).await?.status == 404);
    let mut clara = browser(cast, &cast.claimant).await?;
    refused(clara.fill(&confirm, &filled(&there, &[])).await?, "class=\"wrong\"")?;
    let silent = keeper.fill(&reject, &filled(&form_of(&html, &reject)?, &[("reason", "")])).await?;
    let html = refused(silent, "id=\"reason-error\"")?;
    ensure!(send_twice(&mut keeper, &html, &confirm, &[]).await? == desk);
    ensure!(open(&mut keeper, &desk).await?.contains("confirmed; payouts go to it from"));
    stage.app.finish().await
}
