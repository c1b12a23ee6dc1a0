//! Chargebacks: a donor's bank takes a charge back, wholly or in part. `open → won | lost`.
//!
//! The provider, or the partner that collected the charge, decides; an open one that nobody decides is lost when its time
//! runs out. A lost one finds its bearers in a fixed order ([`share`]). Where the host's risk reserve does not reach, it
//! waits as `lost_unborne` until the reserve is funded.
//!
//! While a chargeback is not over, what funds hold of its pledge is held: nothing releases, sets aside or moves it.

use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{CampaignId, ChargeId, ChargebackId, OrganisationId, PledgeId};
use crate::money::allocation::largest_remainder;
use crate::money::{Currency, Money};
use crate::pledging::rules::charge::{Charge, State as ChargeState};
use crate::pledging::rules::fee::Payee;
use crate::pledging::rules::sandbox_token::SandboxToken;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after which a chargeback that nobody decides counts as lost.
pub const DECISION_DAYS: i64 = 120;
/// The reason of a bank debit that came back. Nobody contests it: it is lost as soon as it is reported.
pub const RETURNED: &str = "returned";
/// The reason of money that its partner gave back by itself, and that was not held any more. Nobody contests that either.
pub const REFUNDED: &str = "refunded";
/// Days after the capture on which the sandbox's provider disputes a charge whose token says so.
pub const SANDBOX_DAYS: i64 = 5;
/// Days after that on which it decides.
pub const SANDBOX_DECISION_DAYS: i64 = 10;
/// Minor units that the sandbox's provider takes for a dispute.
pub const SANDBOX_FEE: i64 = 1_500;

words! {
    /// How a chargeback stands.
    State, "state of a chargeback" {
        /// The provider has the money, and has not decided.
        Open = "open",
        /// The provider gave it back.
        Won = "won",
        /// It is lost, and waits for money that bears it.
        LostUnborne = "lost_unborne",
        /// It is lost, and borne.
        Lost = "lost",
    }
}

words! {
    /// How a chargeback is decided.
    Ruling, "ruling" {
        /// The provider gives the money back.
        Win = "win",
        /// The donor keeps it.
        Lose = "lose",
    }
}

/// A charge that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chargeback {
    /// Its id.
    pub id: ChargebackId,
    /// The charge that was taken back.
    pub charge: ChargeId,
    /// The pledge of that charge.
    pub pledge: PledgeId,
    /// The campaign of that charge.
    pub campaign: CampaignId,
    /// The partner that brought the pledge: the custodian, where the rail of the charge names no other.
    pub partner: OrganisationId,
    /// What was taken back.
    pub amount: Money,
    /// What the provider took for it besides, minor units.
    pub fee: i64,
    /// The provider's own code of the reason.
    pub reason: String,
    /// How the partner names the report.
    pub event_id: String,
    /// The day on which the provider took the money, in the zone of the book.
    pub reported_on: Date,
    /// Until when the provider takes evidence, in book time; none when it did not say.
    pub evidence_until: Option<Timestamp>,
    /// When an open one counts as lost, in book time.
    pub until: Timestamp,
    /// How it stands.
    pub state: State,
    /// When it was decided, in book time; none while it is open.
    pub decided_at: Option<Timestamp>,
    /// Record number of the entry by which the money left; 0 before.
    pub opened_entry: i64,
    /// Record number of the entry of its end; 0 when there is none.
    pub closed_entry: i64,
    /// Record number from which on the pledge's layers are held.
    pub held_from: i64,
    /// Record number of the first record after the hold; none while it stands.
    pub held_until: Option<i64>,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was reported, in book time.
    pub created_at: Timestamp,
}

impl Chargeback {
    /// What left the custodian's cash, minor units: the amount and the fee.
    pub fn total(&self) -> i64 {
        self.amount.minor() + self.fee
    }

    /// It is decided, at a moment. Refused with `chargeback-decided` when it was decided otherwise; `None` when it was decided
    /// so before.
    pub fn decide(self, ruling: Ruling, at: Timestamp) -> Result<Option<Chargeback>, Refusal> {
        let is_same = match (self.state, ruling) {
            (State::Open, Ruling::Win) => {
                return Ok(Some(Chargeback { state: State::Won, decided_at: Some(at), ..self }));
            }
            (State::Open, Ruling::Lose) => {
                return Ok(Some(Chargeback { state: State::LostUnborne, decided_at: Some(at), ..self }));
            }
            (State::Won, Ruling::Win) | (State::Lost | State::LostUnborne, Ruling::Lose) => true,
            (State::Won, Ruling::Lose) | (State::Lost | State::LostUnborne, Ruling::Win) => false,
        };
        if is_same {
            return Ok(None);
        }
        Err(Refusal::new("chargeback-decided", format!("the chargeback was decided before: it is {}", self.state)))
    }

    /// When its time ran out, if it is open and it did by now.
    pub fn ran_out(&self, now: Timestamp) -> Option<Timestamp> {
        (self.state == State::Open && self.until <= now).then_some(self.until)
    }
}

/// Whether a chargeback for a reason is lost as soon as it is reported.
pub fn is_uncontested(reason: &str) -> bool {
    matches!(reason, RETURNED | REFUNDED)
}

/// When an open one counts as lost.
pub fn until(now: Timestamp) -> Timestamp {
    later(now, DECISION_DAYS)
}

/// Refuses a chargeback of a charge that was not captured, and of more than is left of it.
///
/// # Errors
///
/// `charge-not-captured`, `chargeback-exceeds-charge`.
pub fn check(charge: &Charge, amount: Money) -> Result<(), Refusal> {
    match charge.state {
        ChargeState::Captured { .. } | ChargeState::Settled { .. } => {}
        ChargeState::Scheduled
        | ChargeState::Processing { .. }
        | ChargeState::Declined { .. }
        | ChargeState::Voided { .. }
        | ChargeState::Missed => {
            let detail = format!("the charge is {}: no money of it can be taken back", charge.state.as_str());
            return Err(Refusal::new("charge-not-captured", detail));
        }
    }
    let left = charge.amount.minor() - charge.refunded - charge.disputed;
    if amount.minor() <= left {
        return Ok(());
    }
    let currency = charge.amount.currency();
    let detail = format!(
        "{amount} was taken back, and {} {currency} of the charge is neither refunded nor disputed",
        currency.format(left)
    );
    Err(Refusal::new("chargeback-exceeds-charge", detail))
}

/// How the sandbox's provider will decide the dispute of a charge by this token; none when it disputes nothing.
pub fn of_token(token: &str) -> Option<Ruling> {
    match token.parse().ok()? {
        SandboxToken::DisputedWon => Some(Ruling::Win),
        SandboxToken::DisputedLost => Some(Ruling::Lose),
        SandboxToken::Ok
        | SandboxToken::InsufficientFunds
        | SandboxToken::InsufficientFundsOnce
        | SandboxToken::ExpiredCard
        | SandboxToken::StolenCard
        | SandboxToken::HardDecline
        | SandboxToken::AnswersTwice
        | SandboxToken::SettlesShort
        | SandboxToken::SettlesLate
        | SandboxToken::Timeout
        | SandboxToken::RefundFails
        | SandboxToken::RefundSlow => None,
    }
}

/// A team that was paid of the pledge's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The team.
    pub team: OrganisationId,
    /// What it got of the pledge's own layers and has not borne yet, minor units.
    pub got: i64,
    /// What the book still owes to it, minor units.
    pub unpaid: i64,
}

/// A fee that the charge bore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    /// For whom it is.
    pub to: Payee,
    /// The part of it that falls on what was taken back, minor units.
    pub part: i64,
    /// What can be given back of it: nothing where the terms say so, and no more than its account holds.
    pub returns: i64,
}

/// What is to be borne, and what there is that can bear it. All in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What was taken back.
    pub amount: i64,
    /// What the provider took for it besides.
    pub fee: i64,
    /// What is left of the pledge's own layers, by campaign.
    pub layers: Vec<(CampaignId, i64)>,
    /// The teams that were paid of the pledge's own layers.
    pub paid: Vec<Paid>,
    /// The fees that the charge bore.
    pub fees: Vec<Fee>,
}

/// Who bears a part of a lost chargeback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// The pledge's own layers in the fund of a campaign.
    Fund(CampaignId),
    /// What is owed to a team, and not paid out.
    TeamPayable(OrganisationId),
    /// A team, which owes it from now on.
    TeamReceivable(OrganisationId),
    /// A fee that is given back.
    Fee(Payee),
    /// The host's risk reserve.
    RiskReserve,
}

impl Bearer {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Bearer::Fund(_) => "fund",
            Bearer::TeamPayable(_) => "team_payable",
            Bearer::TeamReceivable(_) => "team_receivable",
            Bearer::Fee(Payee::Host) => "host_fee",
            Bearer::Fee(Payee::Platform) => "platform_fee",
            Bearer::Fee(Payee::Processor) => "processor_fee",
            Bearer::RiskReserve => "risk_reserve",
        }
    }
}

/// A part of a lost chargeback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Who bears it.
    pub bearer: Bearer,
    /// Minor units, more than zero.
    pub amount: i64,
}

/// Who bears a lost chargeback: what reached the fund is borne by the pledge's own layers that are left, then by the teams that
/// were paid of them, in proportion to what each got (largest remainder), first out of what is not paid out yet; the fees
/// that are given back bear their part; all else, the provider's own fee with it, is borne by the risk reserve.
///
/// # Errors
///
/// Only what [`largest_remainder`] refuses.
pub fn share(loss: &Loss) -> Result<Vec<Part>, Refusal> {
    let of_fees: i64 = loss.fees.iter().map(|fee| fee.part).sum();
    let mut left = (loss.amount - of_fees).max(0);
    let mut parts = Vec::new();
    for (campaign, held) in &loss.layers {
        let amount = left.min(*held).max(0);
        left -= amount;
        parts.push(Part { bearer: Bearer::Fund(*campaign), amount });
    }
    let got: i64 = loss.paid.iter().map(|paid| paid.got).sum();
    let of_teams = left.min(got);
    if of_teams > 0 {
        // A share is no larger than what a team got: it is rounded up only where it is no whole number.
        let weights: Vec<u64> = loss.paid.iter().map(|paid| paid.got.unsigned_abs()).collect();
        for (paid, amount) in loss.paid.iter().zip(largest_remainder(of_teams, &weights)?) {
            let unpaid = amount.min(paid.unpaid).max(0);
            parts.push(Part { bearer: Bearer::TeamPayable(paid.team), amount: unpaid });
            parts.push(Part { bearer: Bearer::TeamReceivable(paid.team), amount: amount - unpaid });
        }
    }
    for fee in &loss.fees {
        parts.push(Part { bearer: Bearer::Fee(fee.to), amount: fee.part.min(fee.returns).max(0) });
    }
    let borne: i64 = parts.iter().map(|part| part.amount).sum();
    parts.push(Part { bearer: Bearer::RiskReserve, amount: loss.amount + loss.fee - borne });
    parts.retain(|part| part.amount > 0);
    let sum: i64 = parts.iter().map(|part| part.amount).sum();
    assert_eq!(sum, loss.amount + loss.fee, "the parts are the amount and the fee");
    Ok(parts)
}

/// What of a fee falls on a further part of a charge that is lost, after `before` minor units of it: in proportion, cut down, so
/// that all parts of the charge together come to the fee.
pub fn part_of_fee(fee: i64, charge: i64, before: i64, part: i64) -> i64 {
    let on_first = |part: i64| {
        let exact = i128::from(fee) * i128::from(part.clamp(0, charge)) / i128::from(charge.max(1));
        i64::try_from(exact).unwrap_or(fee)
    };
    on_first(before + part) - on_first(before)
}

/// Refuses a loss that the risk reserve does not reach for: `reserve-short`.
///
/// # Errors
///
/// `reserve-short`, with what is missing.
pub fn reserve_reaches(needed: i64, there: i64, currency: Currency) -> Result<(), Refusal> {
    if needed <= there {
        return Ok(());
    }
    let (needed, there, short) = (currency.format(needed), currency.format(there), currency.format(needed - there));
    let detail = format!(
        "{needed} {currency} falls on the risk reserve, which has {there}: fund it with {short} {currency} more"
    );
    Err(Refusal::new("reserve-short", detail))
}
