//! What goes back to donors, what banks take back, and who bears it.

use super::steps::{Step, free_of, minor, written};
use super::{Outcome, Story};
use anyhow::ensure;
use api::demo::cast::usd;
use api::demo::client::text;
use rand::Rng;
use serde_json::json;

impl Story<'_> {
    pub(super) async fn refund(&mut self) -> Outcome {
        let Some(charge) = self.charge("c.captured_on IS NOT NULL").await? else { return Ok(()) };
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
    pub(super) async fn end_refund(&mut self) -> Outcome {
        let partner = &self.world.stage.cast.partner;
        let some = "c.rail = 'partner' AND EXISTS (
            SELECT FROM refund r WHERE r.book_id = c.book_id AND r.charge = c.id AND r.state = 'requested')";
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

    /// A partner's report of a refund is true: no more than what the charge had, it is taken, whoever has the money.
    pub(super) async fn report_refund(&mut self) -> Outcome {
        let had = "c.rail = 'partner' AND c.captured_on IS NOT NULL AND c.amount - c.refunded - c.disputed >= 100";
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

    /// A donor takes back what nobody used of a pledge, if it is returnable by now.
    pub(super) async fn take_home(&mut self) -> Outcome {
        for _ in 0..6 {
            if self.pledges.is_empty() {
                break;
            }
            let pledge = self.pledges[self.dice.random_range(0..self.pledges.len())].clone();
            let path = format!("/v1/pledges/{pledge}:return");
            let answer = self.world.stage.cast.partner.post(&path, &json!({})).await?;
            if self.heard(Step::TakeHome, &pledge, answer)?.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// A bank takes a charge back, or a part of it: what it reports is true, and taken.
    pub(super) async fn take_back(&mut self) -> Outcome {
        let had = "c.captured_on IS NOT NULL AND c.amount - c.refunded - c.disputed > 0";
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

    pub(super) async fn rule(&mut self) -> Outcome {
        let partner = &self.world.stage.cast.partner;
        let open =
            "EXISTS (SELECT FROM chargeback b WHERE b.book_id = c.book_id AND b.charge = c.id AND b.state = 'open')";
        let Some(charge) = self.charge(open).await? else { return Ok(()) };
        let found = partner.all(&format!("/v1/charges/{}/chargebacks", text(&charge, "/id")?)).await?;
        let Some(open) = found.iter().find(|it| it["state"] == "open") else { return Ok(()) };
        let (id, word) = (text(open, "/id")?, self.one_of(&["win", "lose"]));
        let answer = partner.post(&format!("/v1/chargebacks/{id}:{word}"), &json!({})).await?;
        self.heard(Step::Rule, &format!("{id} {word}"), answer)?;
        Ok(())
    }

    pub(super) async fn fund_reserve(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        let body = json!({"amount": usd("5000.00"), "custodian": cast.platform, "reference": self.name()});
        let answer = cast.treasurer.post(&format!("/v1/books/{}/risk-reserve:fund", self.book), &body).await?;
        self.heard(Step::FundReserve, "", answer)?;
        Ok(())
    }

    /// A team pays back what it owes, or a part; or that is given up.
    pub(super) async fn recover(&mut self) -> Outcome {
        let cast = &self.world.stage.cast;
        let path = format!("/v1/books/{}/receivables", self.book);
        let owed = cast.treasurer.all(&format!("{path}?team={}", cast.team)).await?;
        let owed = owed.first().map_or(0, |it| minor(&it["owed"]));
        if owed == 0 {
            return Ok(());
        }
        let amount = if self.dice.random_ratio(1, 2) { owed } else { self.dice.random_range(1..=owed) };
        let (word, body) = if self.dice.random_ratio(1, 2) {
            ("recover", json!({"amount": usd(&written(amount)), "reference": self.name()}))
        } else {
            ("write-off", json!({"amount": usd(&written(amount)), "reason": "a story"}))
        };
        let answer = cast.treasurer.post(&format!("{path}/{}:{word}", cast.team), &body).await?;
        self.heard(Step::Recover, &format!("{word} {amount} of {owed}"), answer)?;
        Ok(())
    }
}
