//! What can happen in a story.

use super::{Outcome, Story};
use crate::pledging::chargebacks::pay_out_in;
use anyhow::ensure;
use api::demo::cast::{trial_balance, usd};
use api::demo::client::text;
use api::demo::story::year::approval;
use ledger::pledging::rules::sandbox_token::SandboxToken;
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Leap,
    Pledge,
    Report,
    ReportRefund,
    Pause,
    Resume,
    Cancel,
    Redirect,
    Change,
    Refund,
    EndRefund,
    TakeBack,
    Rule,
    FundReserve,
    Milestone,
    Claim,
    CancelMilestone,
    PayOut,
    PoolGift,
    Close,
    Return,
}

impl Step {
    /// All of them, each with how often it is to happen.
    const OFTEN: &[(Step, usize)] = &[
        (Step::Leap, 6),
        (Step::Pledge, 8),
        (Step::Report, 4),
        (Step::ReportRefund, 2),
        (Step::Pause, 1),
        (Step::Resume, 2),
        (Step::Cancel, 1),
        (Step::Redirect, 2),
        (Step::Change, 1),
        (Step::Refund, 2),
        (Step::EndRefund, 1),
        (Step::TakeBack, 2),
        (Step::Rule, 2),
        (Step::FundReserve, 1),
        (Step::Milestone, 3),
        (Step::Claim, 3),
        (Step::CancelMilestone, 1),
        (Step::PayOut, 2),
        (Step::PoolGift, 2),
        (Step::Close, 1),
        (Step::Return, 1),
    ];

    /// One of them.
    pub(super) fn any(dice: &mut StdRng) -> Step {
        let all: usize = Step::OFTEN.iter().map(|(_, often)| often).sum();
        let mut at = dice.random_range(0..all);
        for (step, often) in Step::OFTEN {
            if at < *often {
                return *step;
            }
            at -= often;
        }
        Step::Leap
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Step::Leap => "the clock leaps",
            Step::Pledge => "a pledge",
            Step::Report => "a capture by a partner",
            Step::ReportRefund => "a refund that a partner made",
            Step::Pause => "a pause",
            Step::Resume => "a pause ends, or another means",
            Step::Cancel => "a pledge is cancelled",
            Step::Redirect => "another campaign",
            Step::Change => "another plan",
            Step::Refund => "a refund",
            Step::EndRefund => "the end of a partner's refund",
            Step::TakeBack => "a chargeback",
            Step::Rule => "a chargeback is decided",
            Step::FundReserve => "the reserve is funded",
            Step::Milestone => "a milestone is funded",
            Step::Claim => "a claim is approved",
            Step::CancelMilestone => "a milestone is cancelled",
            Step::PayOut => "a team is paid",
            Step::PoolGift => "a sponsor gives",
            Step::Close => "a campaign is closed",
            Step::Return => "a closed campaign gives back",
        }
    }

    /// What must have happened at least once over all stories: each kind of step, and what is counted besides.
    pub(super) fn reached() -> impl Iterator<Item = &'static str> {
        let besides = [
            "a worker is killed",
            "a release",
            "a round pays",
            "a campaign fails",
            "a campaign succeeds",
            "a loss is borne by a team",
            "a loss is borne by a fund",
            "a loss is borne by the reserve",
            "a chargeback is won",
            "a refund of money that was gone",
        ];
        Step::OFTEN.iter().map(|(step, _)| step.as_str()).chain(besides)
    }
}

impl Story<'_> {
    /// One step, accepted or refused.
    pub(super) async fn take(&mut self, step: Step) -> Outcome {
        match step {
            Step::Leap => Ok(()),
            Step::Pledge => self.pledge().await,
            Step::Report => self.report().await,
            Step::ReportRefund => self.report_refund().await,
            Step::Pause | Step::Resume | Step::Cancel | Step::Redirect | Step::Change => self.change(step).await,
            Step::Refund => self.refund().await,
            Step::EndRefund => self.end_refund().await,
            Step::TakeBack => self.take_back().await,
            Step::Rule => self.rule().await,
            Step::FundReserve => self.fund_reserve().await,
            Step::Milestone => self.milestone().await,
            Step::Claim => self.claim().await,
            Step::CancelMilestone => self.cancel_milestone().await,
            Step::PayOut => self.pay_out().await,
            Step::PoolGift => self.pool_gift().await,
            Step::Close | Step::Return => self.end_campaign(step).await,
        }
    }

    fn campaign(&mut self) -> Value {
        let index = self.dice.random_range(0..self.campaigns.len());
        self.campaigns[index].clone()
    }

    async fn pledge(&mut self) -> Outcome {
        let campaign = if self.dice.random_ratio(1, 3) { self.campaigns[0].clone() } else { self.campaign() };
        let reference = self.name();
        let donor = format!("donor-{}", self.dice.random_range(0..6));
        let is_partner = self.dice.random_ratio(1, 3);
        let token = self.one_of(SandboxToken::ALL);
        let token = if self.dice.random_ratio(1, 2) { SandboxToken::Ok } else { token };
        let mut schedule = json!({"interval": "once", "start": self.in_days(0, 12)});
        if campaign["slug"] == "first" && self.dice.random_ratio(2, 3) {
            schedule["interval"] = json!(self.one_of(&["monthly", "monthly", "quarterly", "yearly"]));
            if self.dice.random_ratio(4, 5) {
                schedule["payments"] = json!(self.dice.random_range(1..=4));
            }
        }
        let body = json!({
            "reference": reference, "donor": {"reference": donor, "email": self.one_of(&["", "d@donors.example"])},
            "amount": usd(&self.amount(20_000)), "schedule": schedule, "terms_sha256": campaign["terms_sha256"],
            "method": self.one_of(&["card", "card", "debit"]), "rail": if is_partner { "partner" } else { "sandbox" },
            "token": if is_partner { "" } else { token.as_str() },
        });
        let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
        let answer = self.world.stage.cast.partner.post(&path, &body).await?;
        let what = format!("{reference} {} {} {}", body["amount"]["amount"], body["schedule"], body["token"]);
        if let Some(pledge) = self.heard(Step::Pledge, &what, answer)? {
            self.pledges.push(text(&pledge, "/id")?.to_owned());
        }
        Ok(())
    }

    /// A charge of any pledge that a step can be about.
    async fn charge(&mut self, fits: impl Fn(&Value) -> bool) -> anyhow::Result<Option<Value>> {
        let from = self.dice.random_range(0..=self.pledges.len());
        for pledge in self.pledges.iter().cycle().skip(from).take(self.pledges.len()) {
            let path = format!("/v1/pledges/{pledge}/charges");
            let charges = self.world.stage.cast.partner.all(&path).await?;
            let fitting: Vec<&Value> = charges.iter().filter(|charge| fits(charge)).collect();
            if !fitting.is_empty() {
                return Ok(Some(fitting[self.dice.random_range(0..fitting.len())].clone()));
            }
        }
        Ok(None)
    }

    /// A partner's report of a capture is true: it is taken, whatever it comes to.
    async fn report(&mut self) -> Outcome {
        let open =
            |it: &Value| it["rail"] == "partner" && matches!(it["state"].as_str(), Some("processing" | "declined"));
        let Some(charge) = self.charge(open).await? else { return Ok(()) };
        let id = text(&charge, "/id")?;
        let body = json!({"event_id": self.name(), "provider_reference": self.name()});
        let answer = self.world.stage.cast.partner.post(&format!("/v1/charges/{id}:capture"), &body).await?;
        ensure!(answer.status.is_success(), "a true report is refused: {answer:?}");
        self.heard(Step::Report, id, answer)?;
        Ok(())
    }

    /// A partner's report of a refund is true: no more than what the charge had, it is taken, whoever has the money.
    async fn report_refund(&mut self) -> Outcome {
        let had = |it: &Value| it["rail"] == "partner" && it["captured_on"].is_string() && free_of(it) >= 100;
        let Some(charge) = self.charge(had).await? else { return Ok(()) };
        let id = text(&charge, "/id")?;
        let mut body = json!({
            "event_id": self.name(), "provider_reference": charge["provider_reference"], "refund_reference": self.name(),
        });
        if self.dice.random_ratio(1, 2) {
            body["amount"] = usd(&written(self.dice.random_range(100..=free_of(&charge))));
        }
        let answer = self.world.stage.cast.partner.post(&format!("/v1/charges/{id}/refunds"), &body).await?;
        ensure!(answer.status.is_success(), "a true report is refused: {answer:?}");
        if answer.status == 202 {
            self.world.count("a refund of money that was gone");
        }
        self.heard(Step::ReportRefund, &format!("{id} {}", body["amount"]["amount"]), answer)?;
        Ok(())
    }

    async fn change(&mut self, step: Step) -> Outcome {
        if self.pledges.is_empty() {
            return Ok(());
        }
        let pledge = self.pledges[self.dice.random_range(0..self.pledges.len())].clone();
        let (word, body) = if step == Step::Pause {
            let is_open = self.dice.random_ratio(1, 3);
            ("pause", if is_open { json!({}) } else { json!({"until": self.in_days(1, 60)}) })
        } else if step == Step::Resume {
            let token = self.one_of(&["", "sandbox_ok", "sandbox_expired_card"]);
            ("resume", if token.is_empty() { json!({}) } else { json!({"token": token}) })
        } else if step == Step::Redirect {
            let moves = self.dice.random_ratio(2, 3);
            ("redirect", json!({"campaign": self.campaign()["id"], "move_settled": moves}))
        } else if step == Step::Change {
            let consent = json!({"consented_at": self.now.to_string(), "shown_sha256": "7".repeat(64)});
            let interval = self.one_of(&["monthly", "quarterly", "yearly"]);
            ("change", json!({"amount": usd(&self.amount(20_000)), "interval": interval, "consent": consent}))
        } else {
            ("cancel", json!({}))
        };
        let answer = self.world.stage.cast.partner.post(&format!("/v1/pledges/{pledge}:{word}"), &body).await?;
        self.heard(step, &format!("{pledge} {body}"), answer)?;
        Ok(())
    }

    async fn refund(&mut self) -> Outcome {
        let Some(charge) = self.charge(|it| it["captured_on"].is_string()).await? else { return Ok(()) };
        let id = text(&charge, "/id")?;
        let mut body = json!({"reason": "a story"});
        if free_of(&charge) > 1 && self.dice.random_ratio(1, 2) {
            body["amount"] = usd(&written(self.dice.random_range(1..free_of(&charge))));
        }
        let cast = &self.world.stage.cast;
        let by = if self.dice.random_ratio(1, 2) { &cast.treasurer } else { &cast.partner };
        let answer = by.post(&format!("/v1/charges/{id}:refund"), &body).await?;
        self.heard(Step::Refund, &format!("{id} {}", body["amount"]["amount"]), answer)?;
        Ok(())
    }

    /// A partner says what became of a refund that it was to send.
    async fn end_refund(&mut self) -> Outcome {
        let partner = &self.world.stage.cast.partner;
        let some = |it: &Value| it["rail"] == "partner" && minor(&it["refunded"]) > 0;
        let Some(charge) = self.charge(some).await? else { return Ok(()) };
        let refunds = partner.all(&format!("/v1/charges/{}/refunds", text(&charge, "/id")?)).await?;
        let Some(refund) = refunds.iter().find(|it| it["state"] == "requested") else { return Ok(()) };
        let id = text(refund, "/id")?;
        let (word, body) = if self.dice.random_ratio(2, 3) {
            ("settle", json!({"provider_reference": self.name()}))
        } else {
            ("fail", json!({"code": "card_closed"}))
        };
        let answer = partner.post(&format!("/v1/refunds/{id}:{word}"), &body).await?;
        self.heard(Step::EndRefund, &format!("{id} {word}"), answer)?;
        Ok(())
    }

    /// A bank takes a charge back, or a part of it: what it reports is true, and taken.
    async fn take_back(&mut self) -> Outcome {
        let had = |it: &Value| it["captured_on"].is_string() && free_of(it) > 0;
        let Some(charge) = self.charge(had).await? else { return Ok(()) };
        let (id, free) = (text(&charge, "/id")?, free_of(&charge));
        let amount = if self.dice.random_ratio(1, 2) { free } else { self.dice.random_range(1..=free) };
        let mut body = json!({"event_id": self.name(), "amount": usd(&written(amount))});
        body["reason"] = json!(self.one_of(&["fraudulent", "fraudulent", "returned"]));
        if self.dice.random_ratio(2, 3) {
            body["fee"] = usd("15.00");
        }
        let answer = self.world.stage.cast.partner.post(&format!("/v1/charges/{id}/chargebacks"), &body).await?;
        ensure!(answer.status.is_success(), "a true report is refused: {answer:?}");
        self.heard(Step::TakeBack, &format!("{id} {} {}", body["amount"]["amount"], body["reason"]), answer)?;
        Ok(())
    }

    async fn rule(&mut self) -> Outcome {
        let partner = &self.world.stage.cast.partner;
        let Some(charge) = self.charge(|it| minor(&it["disputed"]) > 0).await? else { return Ok(()) };
        let found = partner.all(&format!("/v1/charges/{}/chargebacks", text(&charge, "/id")?)).await?;
        let Some(open) = found.iter().find(|it| it["state"] == "open") else { return Ok(()) };
        let (id, word) = (text(open, "/id")?, self.one_of(&["win", "lose"]));
        let answer = partner.post(&format!("/v1/chargebacks/{id}:{word}"), &json!({})).await?;
        self.heard(Step::Rule, &format!("{id} {word}"), answer)?;
        Ok(())
    }

    async fn fund_reserve(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        let body = json!({"amount": usd("5000.00"), "custodian": cast.platform, "reference": self.name()});
        let answer = cast.treasurer.post(&format!("/v1/books/{}/risk-reserve:fund", self.book), &body).await?;
        self.heard(Step::FundReserve, "", answer)?;
        Ok(())
    }

    async fn milestone(&mut self) -> Outcome {
        // One that has something to spend, if it is not decided yet whether it may.
        let cast = &self.world.stage.cast;
        let (mut campaign, mut available) = (self.campaign(), 0);
        for other in self.campaigns.clone() {
            let totals = format!("/v1/campaigns/{}/totals", text(&other, "/id")?);
            let found = minor(&cast.treasurer.get(&totals).await?.ok()?["available"]);
            if found >= 100 && (available == 0 || self.dice.random_ratio(1, 4)) {
                (campaign, available) = (other, found);
            }
        }
        if available == 0 {
            return Ok(());
        }
        let amount = written(self.dice.random_range(100..=available));
        let body = json!({
            "campaign": campaign["id"], "team": cast.team, "name": self.name(), "amount": usd(&amount),
            "policy": {"reviewers_needed": 1, "objection_days": self.one_of(&[1, 1, 6])}, "gate": {},
        });
        let made = cast.treasurer.post("/v1/milestones", &body).await?;
        if !made.status.is_success() {
            self.told.push(format!("no milestone: {}", made.body["type"]));
            return Ok(());
        }
        let id = text(&made.body, "/id")?.to_owned();
        let answer = cast.treasurer.post(&format!("/v1/milestones/{id}:fund"), &json!({})).await?;
        let funded = self.heard(Step::Milestone, &format!("{id} {amount} of {}", campaign["slug"]), answer)?;
        self.milestones.extend(funded.map(|_| id));
        Ok(())
    }

    /// The team claims a part of a milestone, and a reviewer approves it.
    async fn claim(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        if self.milestones.is_empty() {
            return Ok(());
        }
        let milestone = self.milestones[self.dice.random_range(0..self.milestones.len())].clone();
        let path = format!("/v1/milestones/{milestone}");
        let whole = minor(&cast.treasurer.get(&path).await?.ok()?["amount"]);
        let amount = if self.dice.random_ratio(2, 3) { whole } else { self.dice.random_range(1..=whole) };
        let body = json!({"amount": usd(&written(amount)), "note": "built", "evidence": [{
            "kind": "test_report", "title": "Test report", "url": "https://designs.example/report",
            "sha256": "c".repeat(64),
        }]});
        let draft = cast.claimant.post(&format!("{path}/claims"), &body).await?;
        let Some(claim) = self.heard(Step::Claim, &format!("{milestone} {}", body["amount"]["amount"]), draft)? else {
            return Ok(());
        };
        let path = format!("/v1/claims/{}", text(&claim, "/id")?);
        let submitted = cast.claimant.post(&format!("{path}:submit"), &json!({})).await?;
        let Some(claim) = self.heard(Step::Claim, "submitted", submitted)? else { return Ok(()) };
        let answer = cast.reviewers[0].post(&format!("{path}/reviews"), &approval(&claim)?).await?;
        self.heard(Step::Claim, "approved", answer)?;
        Ok(())
    }

    async fn cancel_milestone(&mut self) -> Outcome {
        if self.milestones.is_empty() {
            return Ok(());
        }
        let milestone = self.milestones[self.dice.random_range(0..self.milestones.len())].clone();
        let path = format!("/v1/milestones/{milestone}:cancel");
        let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
        self.heard(Step::CancelMilestone, &milestone, answer)?;
        Ok(())
    }

    /// The host pays the team all that the book owes to it, if the cash is there.
    async fn pay_out(&mut self) -> Outcome {
        let stage = &self.world.stage;
        let standing = trial_balance(&stage.cast.treasurer, &self.book).await?;
        let of = |account: String| {
            let found = standing.iter().find(|(code, ..)| *code == account);
            found.map_or(0, |(_, _, amount)| amount.replace('.', "").parse().unwrap_or(0))
        };
        let (owed, cash): (i64, i64) = (
            of(format!("liabilities:payable:team:{}", stage.cast.team)),
            of(format!("assets:cash:{}", stage.cast.platform)),
        );
        if owed > 0 && owed <= cash {
            pay_out_in(stage, &self.book, &stage.cast.team, owed).await?;
            self.told.push(format!("the team is paid {owed}"));
            self.world.count(Step::PayOut.as_str());
        }
        Ok(())
    }

    async fn pool_gift(&mut self) -> Outcome {
        let Some(round) = self.round.clone() else { return Ok(()) };
        let cast = &self.world.stage.cast;
        let gift = json!({
            "sponsor": cast.platform, "reference": self.name(), "provider_reference": self.name(),
            "amount": usd(&self.amount(40_000)), "terms_sha256": round["terms_sha256"],
        });
        let path = format!("/v1/matching-rounds/{}/contributions", text(&round, "/id")?);
        let answer = cast.treasurer.post(&path, &gift).await?;
        self.heard(Step::PoolGift, "", answer)?;
        Ok(())
    }

    /// A campaign is closed, now and then; one that is over gives back.
    async fn end_campaign(&mut self, step: Step) -> Outcome {
        let campaign = self.campaign();
        if step == Step::Return {
            return self.give_back(&campaign).await.map(drop);
        }
        if self.dice.random_ratio(1, 3) {
            let path = format!("/v1/campaigns/{}:close", text(&campaign, "/id")?);
            let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
            self.heard(step, &campaign["slug"].to_string(), answer)?;
        }
        Ok(())
    }

    /// What a campaign holds goes back, if it is over; says whether it does.
    pub(super) async fn give_back(&mut self, campaign: &Value) -> anyhow::Result<bool> {
        let path = format!("/v1/campaigns/{}:return", text(campaign, "/id")?);
        let answer = self.world.stage.cast.treasurer.post(&path, &json!({"reason": "a story"})).await?;
        Ok(self.heard(Step::Return, &campaign["slug"].to_string(), answer)?.is_some())
    }
}

/// Minor units of an amount on the wire.
pub(super) fn minor(amount: &Value) -> i64 {
    amount["amount"].as_str().unwrap_or_default().replace('.', "").parse().unwrap_or(0)
}

/// Minor units as they stand on the wire.
fn written(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// What of a captured charge neither went back nor was taken back.
fn free_of(charge: &Value) -> i64 {
    minor(&charge["amount"]) - minor(&charge["refunded"]) - minor(&charge["disputed"])
}
