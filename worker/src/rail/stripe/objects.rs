//! What is read of Stripe's objects. Fields that are not named here are passed over: the version of the API is ours, and what it
//! adds changes nothing.

use super::declines;
use crate::rail::RailError;
use jiff::Timestamp;
use ledger::money::{Currency, Money};
use ledger::pledging::operations::provider_reports::{DisputeSeen, RefundSeen};
use ledger::pledging::rules::charge::{DeclineKind, Outcome};
use ledger::pledging::rules::chargeback::Ruling;
use ledger::pledging::rules::{refund, stripe};
use serde::Deserialize;

/// Under which names our own references stand in the metadata of an object.
pub(super) const REFERENCE: &str = "reference";
pub(super) const BOOK: &str = "book";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) reference: Option<String>,
}

/// A `PaymentIntent`.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    last_payment_error: Option<ApiError>,
    #[serde(default)]
    cancellation_reason: Option<String>,
}

/// How a payment stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has ended.
    Ended(Outcome),
    /// A bank is still at it.
    Pending,
    /// It waits for the donor, who is not there, or for us: it is to be given up.
    Waiting,
}

impl Intent {
    /// How it stands, by <https://docs.stripe.com/payments/paymentintents/lifecycle>.
    pub(super) fn standing(&self) -> Standing {
        match self.status.as_str() {
            "succeeded" => Standing::Ended(Outcome::Captured { provider_reference: self.id.clone() }),
            "requires_payment_method" => Standing::Ended(self.declined()),
            "canceled" => Standing::Ended(match self.cancellation_reason.as_deref() {
                // As we give up what waits for the donor.
                Some(ABANDONED) | None => ask("authentication_required"),
                Some(_) => ask("canceled"),
            }),
            "requires_action" | "requires_confirmation" | "requires_capture" => Standing::Waiting,
            _ => Standing::Pending,
        }
    }

    fn declined(&self) -> Outcome {
        self.last_payment_error.as_ref().map_or_else(|| soft("declined"), ApiError::declined)
    }
}

/// The reason that is given when a payment is given up because the donor is not there.
pub(super) const ABANDONED: &str = "abandoned";

fn ask(code: &str) -> Outcome {
    Outcome::Declined { code: code.to_owned(), kind: DeclineKind::Expired }
}

fn soft(code: &str) -> Outcome {
    Outcome::Declined { code: code.to_owned(), kind: DeclineKind::Soft }
}

/// Why Stripe did not do something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiError {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) code: String,
    pub(super) param: String,
    decline_code: Option<String>,
    advice_code: Option<String>,
    pub(super) payment_intent: Option<Box<Intent>>,
}

impl ApiError {
    /// The decline that it says.
    pub(super) fn declined(&self) -> Outcome {
        let code = match (self.decline_code.as_deref(), self.code.as_str()) {
            (Some(code), _) if !code.is_empty() => code,
            (_, "") => "declined",
            (_, code) => code,
        };
        Outcome::Declined { code: code.to_owned(), kind: declines::kind(code, self.advice_code.as_deref()) }
    }

    /// In words for us: its codes, and never its message, which may quote what was sent.
    pub(super) fn words(&self) -> String {
        format!("{} {} {}", self.kind, self.code, self.param).trim().to_owned()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Failed {
    pub(super) error: ApiError,
}

/// A page of objects.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// A charge, of which only its payment is read.
#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    #[serde(default)]
    pub(super) payment_intent: Option<String>,
}

/// A refund.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    failure_reason: Option<String>,
    #[serde(default)]
    pub(super) payment_intent: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

impl Refund {
    /// How it stands, by <https://docs.stripe.com/api/refunds/object>.
    pub(super) fn outcome(&self) -> refund::Outcome {
        let provider_reference = self.id.clone();
        match self.status.as_deref() {
            Some("succeeded") => refund::Outcome::Settled { provider_reference },
            Some("failed") => {
                refund::Outcome::Failed { code: self.failure_reason.clone().unwrap_or_else(|| "failed".into()) }
            }
            Some("canceled") => refund::Outcome::Failed { code: "canceled".into() },
            Some(_) | None => refund::Outcome::Sent { provider_reference },
        }
    }

    pub(super) fn seen(self) -> Result<RefundSeen, RailError> {
        let outcome = self.outcome();
        let amount = amount(self.amount, &self.currency)?;
        Ok(RefundSeen { id: self.id, reference: self.metadata.reference, amount, outcome })
    }
}

/// A dispute.
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    reason: String,
    status: String,
    #[serde(default)]
    pub(super) payment_intent: Option<String>,
    #[serde(default)]
    evidence_details: EvidenceDetails,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

impl Dispute {
    /// What it says, by <https://docs.stripe.com/api/disputes/object>; none while a bank only asks, and takes nothing.
    pub(super) fn seen(self) -> Result<Option<DisputeSeen>, RailError> {
        if self.status.starts_with("warning_") {
            return Ok(None);
        }
        let ruling = match self.status.as_str() {
            "won" => Some(Ruling::Win),
            "lost" => Some(Ruling::Lose),
            _ => None,
        };
        let evidence_until = self.evidence_details.due_by.and_then(|second| Timestamp::from_second(second).ok());
        let amount = amount(self.amount, &self.currency)?;
        Ok(Some(DisputeSeen { id: self.id, amount, reason: self.reason, evidence_until, ruling }))
    }
}

fn amount(units: i64, currency: &str) -> Result<Money, RailError> {
    let odd = || RailError::Rejected(format!("{units} {currency} is no amount"));
    let currency: Currency = currency.to_uppercase().parse().map_err(|_| odd())?;
    stripe::from_units(units, currency).map_err(|_| odd())
}
