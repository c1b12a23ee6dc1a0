//! Claims over HTTP, by every window: who is told, what the clock does, and what a revocation brings back.

use anyhow::ensure;
use api::demo::cast::{give_role, usd};
use api::demo::client::{Client, text};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use std::cell::Cell;
use tests::{OPERATOR, Stage, day};

type Outcome = anyhow::Result<()>;

const TREASURER: &str = "treasurer@host.example";
const RITA: &str = "rita@host.example";
const RAUL: &str = "raul@host.example";
const CLARA: &str = "clara@builders.example";

/// A stage on which raul decides too, and the mails about claims that were looked at.
struct Told {
    stage: Stage,
    seen: Cell<usize>,
}

impl Told {
    async fn set() -> anyhow::Result<Told> {
        let stage = Stage::set().await?;
        give_role(&stage.cast.operator, &stage.cast.host, &stage.cast.reviewers[1], "approver").await?;
        Ok(Told { stage, seen: Cell::new(0) })
    }

    /// Fails unless since the last look this was told to these people, and nothing else was.
    async fn expect(&self, subject: &str, to: &[&str]) -> Outcome {
        self.stage.app.work_until_idle().await?;
        let path = format!("/v1/books/{}/outbox", self.stage.cast.book);
        let mails: Vec<Value> = self.stage.cast.treasurer.all(&path).await?;
        let about: Vec<&Value> = mails.iter().filter(|mail| mail["kind"] == "claim").collect();
        let mut found = Vec::new();
        for mail in about.iter().skip(self.seen.get()) {
            ensure!(mail["subject"] == format!("[test] {subject}: Sawmill"), "{subject} was expected: {mail}");
            found.push(text(mail, "/recipient")?);
        }
        let mut to = to.to_vec();
        found.sort_unstable();
        to.sort_unstable();
        ensure!(found == to, "{subject} went to {found:?}, not to {to:?}");
        self.seen.set(about.len());
        Ok(())
    }

    async fn milestone(&self, campaign: &Value, amount: &str) -> anyhow::Result<Value> {
        let policy = json!({"reviewers_needed": 1, "objection_days": 14, "review_days": 14});
        self.stage.milestone(campaign, amount, policy).await
    }

    async fn object(&self, claim: &Value, amount: &str) -> anyhow::Result<Value> {
        let body = json!({"amount": usd(amount), "reason": "It is not done"});
        let path = format!("/v1/claims/{}/disputes", text(claim, "/id")?);
        self.stage.cast.reviewers[0].post(&path, &body).await?.ok()
    }

    async fn step(&self, by: &Client, dispute: &Value, step: &str, body: Value) -> anyhow::Result<Value> {
        by.post(&format!("/v1/disputes/{}:{step}", text(dispute, "/id")?), &body).await?.ok()
    }
}

#[tokio::test]
async fn m8_each_window_of_claims_and_disputes_tells_whom_it_waits_for_and_its_clock_ends_it() -> Outcome {
    let told = Told::set().await?;
    let campaign = told.stage.campaign().await?;
    told.stage.fund(&campaign, "m8", "30.00", day(1, 1)).await?;
    let [rita, raul] = &told.stage.cast.reviewers;
    let (clara, treasurer) = (&told.stage.cast.claimant, &told.stage.cast.treasurer);
    let text_of = |text: &str| json!({"text": text});

    let claim = told.stage.claim(&told.milestone(&campaign, "10.00").await?, "10.00").await?;
    told.stage.approve(rita, &claim, "10.00").await?.ok()?;
    told.expect("A claim is approved", &[OPERATOR, CLARA, TREASURER, RITA, RAUL]).await?;
    let dispute = told.object(&claim, "3.00").await?;
    told.expect("A claim is disputed", &[OPERATOR, CLARA, TREASURER, RAUL]).await?;
    told.step(clara, &dispute, "answer", text_of("It is on page 4")).await?;
    told.expect("The team has answered your objection", &[RITA]).await?;
    told.step(rita, &dispute, "reply", text_of("Page 4 is of another saw")).await?;
    told.expect("A dispute waits for a decision", &[TREASURER, RAUL]).await?;
    let ruling = json!({"ruling": "uphold_part", "amount": usd("1.00"), "resolution": "A third of it is there"});
    let decided = told.step(treasurer, &dispute, "resolve", ruling).await?;
    ensure!(decided["state"] == "decided" && decided["decision"]["struck"]["amount"] == "1.00", "{decided}");
    told.expect("A dispute is decided", &[OPERATOR, CLARA, RITA]).await?;
    told.step(clara, &dispute, "appeal", text_of("The page was not read")).await?;
    told.expect("An appeal waits for a decision", &[RAUL]).await?;
    let over = told.step(raul, &dispute, "resolve", json!({"ruling": "dismiss", "resolution": "It is there"})).await?;
    ensure!(over["state"] == "dismissed" && over["resolved_by"].is_string(), "{over}");
    told.expect("A dispute is over", &[OPERATOR, CLARA, RITA]).await?;

    // Nobody answers: the clock upholds it, as of its seventh day.
    let silent = told.object(&claim, "2.00").await?;
    told.expect("A claim is disputed", &[OPERATOR, CLARA, TREASURER, RAUL]).await?;
    let now = told.stage.cast.today().await?;
    told.stage.cast.advance(now.saturating_add(30.days())).await?;
    told.expect("A dispute is over", &[OPERATOR, CLARA, RITA]).await?;
    let listed = rita.all(&format!("/v1/claims/{}/disputes", text(&claim, "/id")?)).await?;
    let silent = listed.iter().find(|it| it["id"] == silent["id"]).cloned().unwrap_or_default();
    ensure!(silent["state"] == "upheld" && silent["resolved_at"] == silent["until"], "{silent}");
    let claim = told.stage.claim_again(&claim).await?;
    ensure!(claim["decision"]["released"]["amount"] == "8.00" && claim["gate_missing"] == json!([]), "{claim}");

    // What reviewers and clocks make of other claims.
    let opinion = |claim: &Value, verdict: &str| {
        let mut said = api::demo::story::year::approval(claim)?;
        said["verdict"] = json!(verdict);
        said["amount"] = Value::Null;
        anyhow::Ok(said)
    };
    let asked = told.stage.claim(&told.milestone(&campaign, "5.00").await?, "5.00").await?;
    let path = format!("/v1/claims/{}/reviews", text(&asked, "/id")?);
    rita.post(&path, &opinion(&asked, "ask_changes")?).await?.ok()?;
    told.expect("A reviewer asks for changes", &[OPERATOR, CLARA]).await?;
    let here = "m8_each_window_of_claims_and_disputes_tells_whom_it_waits_for_and_its_clock_ends_it";
    crate::outbox::windows::each_is_told_with_its_day(&told.stage.app, Some(here)).await?;
    let now = told.stage.cast.today().await?;
    told.stage.cast.advance(now.saturating_add(20.days())).await?;
    told.expect("A claim has expired", &[OPERATOR, CLARA]).await?;
    let rejected = told.stage.claim(&told.milestone(&campaign, "5.00").await?, "5.00").await?;
    let path = format!("/v1/claims/{}/reviews", text(&rejected, "/id")?);
    rita.post(&path, &opinion(&rejected, "reject")?).await?.ok()?;
    told.expect("A claim is rejected", &[OPERATOR, CLARA]).await?;
    told.stage.app.finish().await
}

#[tokio::test]
async fn m10_a_claim_is_revoked_by_two_people_for_good_and_everybody_reads_why() -> Outcome {
    let told = Told::set().await?;
    let campaign = told.stage.campaign().await?;
    told.stage.fund(&campaign, "m10", "30.00", day(1, 1)).await?;
    let [rita, raul] = &told.stage.cast.reviewers;
    let (stranger, treasurer) = (&told.stage.cast.stranger, &told.stage.cast.treasurer);
    let claim = told.stage.claim(&told.milestone(&campaign, "10.00").await?, "10.00").await?;
    told.stage.approve(rita, &claim, "6.00").await?.ok()?;
    told.stage.cast.advance(day(1, 20)).await?;
    ensure!(told.stage.balance("liabilities:payable:team:").await? == "6.00");
    told.expect("A claim is approved", &[OPERATOR, CLARA, TREASURER, RITA, RAUL]).await?;

    let path = |step: &str| Ok::<_, anyhow::Error>(format!("/v1/claims/{}:{step}", text(&claim, "/id")?));
    let why = json!({"reason": "The photos are of another saw"});
    ensure!(stranger.post(&path("revoke")?, &why).await?.status == 404);
    ensure!(rita.post(&path("revoke")?, &why).await?.status == 403, "a reviewer does not decide");
    let own = told.stage.cast.operator.post(&path("revoke")?, &why).await?;
    ensure!(own.body["type"] == "/problems/own-team", "{own:?}");
    let asked = treasurer.post(&path("revoke")?, &why).await?.ok()?;
    ensure!(asked["state"] == "requested" && asked["number"] == 1, "{asked}");
    told.expect("A revocation waits for your word", &[RAUL]).await?;
    let confirm = json!({"request": 1});
    let alone = treasurer.post(&path("confirm")?, &confirm).await?;
    ensure!(alone.status == 409 && alone.body["type"] == "/problems/same-person", "{alone:?}");
    ensure!(told.stage.balance("liabilities:payable:team:").await? == "6.00", "one person moves nothing");
    let done = raul.post(&path("confirm")?, &confirm).await?.ok()?;
    ensure!(done["state"] == "confirmed", "{done}");
    told.expect("A claim is revoked", &[OPERATOR, CLARA, TREASURER, RITA, RAUL]).await?;
    ensure!(told.stage.balance("liabilities:payable:team:").await? == "0.00");
    ensure!(told.stage.balance("liabilities:fund:").await? == "30.00", "all of it is in the fund again");
    let now = told.stage.claim_again(&claim).await?;
    ensure!(now["state"] == "revoked" && now["reason"] == why["reason"], "{now}");
    ensure!(now["clawback"]["unpaid"]["amount"] == "6.00" && now["clawback"]["state"] == "settled", "{now}");
    let notes = rita.all(&format!("/v1/clawbacks?campaign={}", text(&campaign, "/id")?)).await?;
    ensure!(
        notes.len() == 1 && notes[0]["reason"] == why["reason"] && notes[0]["team"] == told.stage.cast.team,
        "{notes:?}"
    );
    let again = raul.post(&path("confirm")?, &confirm).await?;
    ensure!(again.status == 200 || again.body["type"] == "/problems/request-closed", "{again:?}");
    let final_word = raul.post(&path("revoke")?, &why).await?;
    ensure!(final_word.body["type"] == "/problems/claim-not-approved", "a revocation is final: {final_word:?}");
    let owes = json!({"amount": usd("1.00"), "reference": "bank-1"});
    let nothing = treasurer.post(&path("recover")?, &owes).await?;
    ensure!(nothing.body["type"] == "/problems/receivable-exceeded", "{nothing:?}");
    told.stage.app.finish().await
}
