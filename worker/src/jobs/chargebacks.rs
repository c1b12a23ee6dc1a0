//! Jobs of chargebacks: the sandbox's provider takes charges back and decides, what falls due is done, the host is told.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::chargebacks::{Chargeback, Standing};
use crate::texts::Value;
use ledger::engine::store::books;
use ledger::id::{ChargeId, ChargebackId};
use ledger::pledging::operations::{chargeback_notices, chargebacks};
use ledger::pledging::rules::chargeback::{Ruling, State};
use ledger::service::store::jobs::Leased;

const fn ruling(wins: bool) -> Ruling {
    if wins { Ruling::Win } else { Ruling::Lose }
}

impl Context {
    /// The sandbox's provider takes a captured charge back, as its token says.
    pub(super) async fn open_chargeback(&self, leased: &Leased, charge: ChargeId, wins: bool) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| chargebacks::open_by_sandbox(tx, charge, ruling(wins), wall).await)
            .await?;
        Ok(())
    }

    /// The sandbox's provider decides a chargeback that it opened, unless it was decided before.
    pub(super) async fn decide_chargeback(&self, leased: &Leased, id: ChargebackId, wins: bool) -> Result<(), Failure> {
        self.settle_with(leased, async |tx, wall| chargebacks::decide_by_sandbox(tx, id, ruling(wins), wall).await)
            .await?;
        Ok(())
    }

    /// Does what falls due of a chargeback, as far as it can be done by now.
    pub(super) async fn advance_chargeback(&self, leased: &Leased, id: ChargebackId) -> Result<(), Failure> {
        let chargeback = self.settle_with(leased, async |tx, wall| chargebacks::advance(tx, id, wall).await).await?;
        tracing::info!(job = %leased.id, chargeback = %id, "chargeback {id} is {}", chargeback.state);
        Ok(())
    }

    /// Tells the owners and treasurers of the host how a chargeback stands, once for each state that they are told of.
    pub(super) async fn send_chargeback_notice(&self, leased: &Leased, id: ChargebackId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let notice = chargeback_notices::notice(&client, id).await?;
        drop(client);
        let of = notice.chargeback;
        let standing = match of.state {
            State::Open => Standing::Open { until: book.day_of(of.evidence_until.unwrap_or(of.until)).into() },
            State::Won => Standing::Won,
            State::LostUnborne => Standing::LostUnborne,
            State::Lost => Standing::Lost,
        };
        let mail = Chargeback {
            amount: of.amount.into(),
            fee: Value::sum(of.fee, of.amount.currency()),
            campaign: notice.campaign,
            reason: of.reason,
            charge: of.charge.to_string(),
            chargeback: id.to_string(),
            standing,
        };
        let occasion = Occasion::new("chargeback", &format!("{id}.{}", of.state));
        self.send_all(leased, occasion, &notice.recipients, &mail).await?;
        self.settle(leased).await
    }
}
