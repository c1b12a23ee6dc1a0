//! What everybody reads of a host without a token: payouts that no bank has told of, and claims that were revoked.

use crate::scene::payouts::account;
use anyhow::ensure;
use api::demo::cast::{give_role, usd};
use api::demo::client::{Client, text};
use jiff::ToSpan as _;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

/// A host whose book everybody reads, and a campaign of it with 5,000.00 settled; raul decides and approves too.
struct Public {
    stage: Stage,
    nobody: Client,
    campaign: Value,
}

impl Public {
    /// The bank does with what is sent to the team what the last digits of its account say.
    async fn set(account_number: &str) -> anyhow::Result<Public> {
        let stage = Stage::set().await?;
        let cast = &stage.cast;
        give_role(&cast.operator, &cast.host, &cast.reviewers[1], "approver").await?;
        let path = format!("/v1/books/{}", cast.book);
        let seen = cast.operator.get(&path).await?.etag.unwrap_or_default();
        let public = json!({"visibility": "public"});
        cast.operator.send(Method::PATCH, &path, Some(&public), &[("If-Match", &seen)]).await?.ok()?;
        let accounts = format!("/v1/organisations/{}/bank-accounts", cast.team);
        cast.claimant.post(&accounts, &account(&cast.book, "USD", account_number)).await?.ok()?;
        let campaign = stage.campaign().await?;
        stage.fund(&campaign, "trust", "5000.00", day(1, 1)).await?;
        let nobody = stage.app.nobody()?;
        Ok(Public { stage, nobody, campaign })
    }

    /// A claim on a milestone of its own of which an amount is released on the next day but one.
    async fn released(&self, of: &str, amount: &str) -> anyhow::Result<Value> {
        let policy = json!({"reviewers_needed": 1, "objection_days": 1});
        let claim = self.stage.claim(&self.stage.milestone(&self.campaign, of, policy).await?, of).await?;
        self.stage.approve(&self.stage.cast.reviewers[0], &claim, amount).await?.ok()?;
        self.stage.cast.days_pass(2).await?;
        Ok(claim)
    }

    /// A part of what is owed to the team is asked for, approved by somebody else, and sent.
    async fn sent(&self, amount: &str) -> anyhow::Result<Value> {
        let cast = &self.stage.cast;
        let new = json!({"payee": cast.team, "source": "team", "currency": "USD", "custodian": cast.platform,
            "amount": usd(amount), "memo": "Sawmill"});
        let asked = cast.treasurer.post(&format!("/v1/books/{}/payouts", cast.book), &new).await?.ok()?;
        let path = format!("/v1/payouts/{}", text(&asked, "/id")?);
        let raul = &cast.reviewers[1];
        let seen = raul.get(&path).await?.ok()?;
        raul.post(&format!("{path}:approve"), &json!({"digest": seen["digest"]})).await?.ok()?;
        self.stage.app.work_until_idle().await?;
        cast.treasurer.post(&format!("{path}:send"), &json!({})).await?.ok()
    }

    async fn payout(&self, payout: &Value) -> anyhow::Result<Value> {
        self.stage.cast.treasurer.get(&format!("/v1/payouts/{}", text(payout, "/id")?)).await?.ok()
    }

    /// What everybody reads of payouts: on their way, late, and since when the first is.
    async fn counted(&self) -> anyhow::Result<(i64, i64, Value)> {
        let path = format!("/v1/books/{}/reports/payouts", self.stage.cast.book);
        let read = self.nobody.get(&path).await?.ok()?;
        let number = |name: &str| read[name].as_i64().unwrap_or(-1);
        Ok((number("in_transit"), number("late_payouts"), read["late_since"].clone()))
    }

    /// The bank tells that a payout has left.
    async fn told(&self, payout: &Value, line: &str, amount: &str) -> Outcome {
        let cast = &self.stage.cast;
        let line = json!({"reference": line, "direction": "debit", "amount": usd(amount), "value_date": payout["sent_on"],
            "end_to_end_id": payout["reference"]});
        let lines = json!({"custodian": cast.platform, "lines": [line]});
        cast.treasurer.post(&format!("/v1/books/{}/bank-statements", cast.book), &lines).await?.ok().map(drop)
    }

    /// What everybody reads of revoked claims of the campaign.
    async fn notes(&self) -> anyhow::Result<Vec<Value>> {
        self.nobody.all(&format!("/v1/clawbacks?campaign={}", text(&self.campaign, "/id")?)).await
    }
}

#[tokio::test]
async fn c2_whatever_is_said_to_be_sent_and_never_arrives_is_counted_in_public_until_a_bank_tells_of_it() -> Outcome {
    let public = Public::set("000123450005").await?;
    public.released("5000.00", "3000.00").await?;
    ensure!(public.counted().await? == (0, 0, Value::Null));
    let policy = json!({"threshold": null, "late_days": 2});
    let path = format!("/v1/books/{}/payout-policy", public.stage.cast.book);
    public.stage.cast.treasurer.post(&path, &policy).await?.ok()?;
    let first = public.sent("2000.00").await?;
    let sent_on = public.stage.cast.today().await?;
    ensure!(first["state"] == "sent" && public.counted().await? == (1, 0, Value::Null), "{first}");
    public.stage.cast.days_pass(1).await?;
    let second = public.sent("1000.00").await?;
    ensure!(public.counted().await? == (2, 0, Value::Null), "on their way, and in time");

    // Nobody says anything: after two bank days the counter rises, and after the next ones again.
    let mut counted = Vec::new();
    for _ in 0..8 {
        public.stage.cast.days_pass(1).await?;
        counted.push(public.counted().await?.1);
    }
    ensure!(counted.is_sorted() && counted.contains(&0) && counted.last() == Some(&2), "{counted:?}");
    ensure!(public.counted().await? == (2, 2, json!(sent_on)), "since the day on which the first was sent");
    ensure!(public.payout(&first).await?["state"] == "sent", "nobody calls it settled");

    // A line of another amount or of another reference settles nothing; the one of the payout does, and is counted no more.
    public.told(&first, "line-1", "1999.99").await?;
    public.told(&json!({"sent_on": first["sent_on"], "reference": "NOTPROVIDED"}), "line-2", "2000.00").await?;
    ensure!(public.counted().await? == (2, 2, json!(sent_on)));
    public.told(&first, "line-3", "2000.00").await?;
    ensure!(public.payout(&first).await?["state"] == "settled");
    let (in_transit, late, since) = public.counted().await?;
    ensure!((in_transit, late) == (1, 1) && since == json!(sent_on.saturating_add(1.days())), "{since}");
    ensure!(public.payout(&second).await?["state"] == "sent");
    public.stage.app.finish().await
}

#[tokio::test]
async fn m10_what_a_revoked_team_was_paid_is_set_off_against_its_next_share_and_everybody_reads_why() -> Outcome {
    let public = Public::set("000123456789").await?;
    let (stage, cast) = (&public.stage, &public.stage.cast);
    let claim = public.released("4000.00", "3000.00").await?;
    let paid = public.sent("3000.00").await?;
    cast.days_pass(2).await?;
    ensure!(public.payout(&paid).await?["state"] == "settled");
    ensure!(public.notes().await?.is_empty());

    let path = |step: &str| Ok::<_, anyhow::Error>(format!("/v1/claims/{}:{step}", text(&claim, "/id")?));
    let why = json!({"reason": "The photos are of another saw"});
    cast.treasurer.post(&path("revoke")?, &why).await?.ok()?;
    cast.reviewers[1].post(&path("confirm")?, &json!({"request": 1})).await?.ok()?;
    let note = public.notes().await?;
    let amounts =
        |note: &Value| ["amount", "unpaid", "set_off", "recovered", "owed"].map(|name| note[name]["amount"].clone());
    ensure!(amounts(&note[0]) == ["3000.00", "0.00", "0.00", "0.00", "3000.00"], "{note:?}");
    ensure!(
        note[0]["reason"] == why["reason"] && note[0]["team"] == cast.team && note[0]["state"] == "open",
        "{note:?}"
    );
    ensure!(!note[0].to_string().contains("psn_"), "it names no person: {note:?}");
    ensure!(stage.balance("assets:receivable:clawback:").await? == "3000.00");
    ensure!(stage.balance("liabilities:fund:").await? == "2000.00", "5,000.00, of which 3,000.00 were released");

    // The next share: all of it pays what the team owes, and is in the fund again.
    let next = public.released("1000.00", "1000.00").await?;
    let all = public.nobody.all(&format!("/v1/releases?campaign={}", text(&public.campaign, "/id")?)).await?;
    let of_next: Vec<&Value> = all.iter().filter(|release| release["claim"] == next["id"]).collect();
    ensure!(of_next.len() == 1 && of_next[0]["amount"] == usd("1000.00"), "{all:?}");
    ensure!(of_next[0]["set_off"] == usd("1000.00"), "{all:?}");
    let note = public.notes().await?;
    ensure!(amounts(&note[0]) == ["3000.00", "0.00", "1000.00", "0.00", "2000.00"], "{note:?}");
    for (account, amount) in [
        ("assets:receivable:clawback:", "2000.00"),
        ("liabilities:recoveries:", "2000.00"),
        ("liabilities:payable:team:", "0.00"),
        ("liabilities:fund:", "2000.00"),
    ] {
        let stands = stage.balance(account).await?;
        ensure!(stands == amount, "{account} {stands}");
    }
    let nothing = json!({"payee": cast.team, "source": "team", "currency": "USD", "custodian": cast.platform});
    let nothing = cast.treasurer.post(&format!("/v1/books/{}/payouts", cast.book), &nothing).await?;
    ensure!(nothing.status == 409 && nothing.body["type"] == "/problems/payout-nothing", "{nothing:?}");

    // Paid back, it is settled in public too.
    let back = json!({"amount": usd("2000.00"), "reference": "bank-1"});
    cast.treasurer.post(&path("recover")?, &back).await?.ok()?;
    let note = public.notes().await?;
    ensure!(amounts(&note[0]) == ["3000.00", "0.00", "1000.00", "2000.00", "0.00"], "{note:?}");
    ensure!(note[0]["state"] == "settled" && stage.balance("liabilities:fund:").await? == "4000.00", "{note:?}");
    public.stage.app.finish().await
}
