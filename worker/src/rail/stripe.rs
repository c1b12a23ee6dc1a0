//! Stripe, over its published HTTP API: payments of means that donors left there, for live books alone.
//!
//! **Once.** Every request that makes something carries our reference as `Idempotency-Key`: for 24 hours Stripe answers the same
//! to the same one. The reference also stands in the metadata of what is made, by which it is found ([`Rail::find`]) when the
//! key is forgotten; Stripe's search is behind by a minute, sometimes more. So whoever does not know what became of a
//! reference searches, and when nothing is found sends the same request again: of the two, one always holds.
//!
//! **Off session.** The donor is not there. A payment that waits for the donor is given up, so that it cannot be taken later, and
//! the donor is asked; one that a bank is still at ([`RailError::Pending`]) stays under way until Stripe tells us, or is asked in
//! a day.
//!
//! Fees that Stripe takes stand in its balance, which is not read: a campaign's terms say what a charge bears.

mod declines;
mod http;
mod objects;
#[cfg(test)]
mod tests;

use super::{ChargeRequest, Rail, RailError, RefundRequest};
use async_trait::async_trait;
use http::{Http, Refused};
use jiff::Timestamp;
use ledger::id::BookId;
use ledger::pledging::operations::provider_reports::Report;
use ledger::pledging::rules::charge::{DeclineKind, Outcome};
use ledger::pledging::rules::refund;
use ledger::pledging::rules::stripe::{EventKind, StripeToken, is_id, units};
use objects::{ABANDONED, BOOK, Charge, Dispute, Intent, Page, REFERENCE, Refund, Standing};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;

/// The most pages of refunds of one payment that are read, of a hundred each.
const PAGES_MAX: usize = 10;

/// Stripe, with the installation's key.
pub(crate) struct Stripe {
    http: Http,
    is_live: bool,
}

/// What Stripe says of an object that an event was about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// There is none: the event was not Stripe's, or is of another account.
    Unknown,
    /// It belongs to no payment that we asked for.
    Foreign,
    /// It is about a payment of ours, which stands so.
    Ours(Box<Report>),
}

impl Stripe {
    /// Stripe at an address; a call takes no longer than this.
    pub(crate) fn new(base: Url, key: SecretString, deadline: Duration) -> Result<Stripe, reqwest::Error> {
        let is_live = ["sk_live_", "rk_live_"].iter().any(|prefix| key.expose_secret().starts_with(prefix));
        Ok(Stripe { http: Http::new(base, key, deadline)?, is_live })
    }

    /// Refused while the key is none of a live account: it would take nothing, and say that it had.
    pub(crate) fn for_live(&self) -> Result<&Stripe, RailError> {
        if self.is_live {
            return Ok(self);
        }
        tracing::error!("a live book is to be charged, and COMMONPURSE_STRIPE_SECRET_KEY is no live key");
        Err(RailError::Rejected("the key of Stripe is no live key: nobody is charged for a live book".into()))
    }

    /// What Stripe says by now of an object that an event was about.
    pub(crate) async fn look_up(&self, kind: EventKind, object: &str) -> Result<Looked, RailError> {
        if !is_id(object, "") {
            return Ok(Looked::Unknown);
        }
        let (payment, with_refunds, dispute) = match kind {
            EventKind::PaymentSucceeded | EventKind::PaymentFailed | EventKind::PaymentCanceled => {
                (Some(object.to_owned()), false, None)
            }
            EventKind::ChargeRefunded => {
                match found(self.http.get::<Charge>(&format!("v1/charges/{object}"), &[]).await)? {
                    Some(charge) => (charge.payment_intent, true, None),
                    None => return Ok(Looked::Unknown),
                }
            }
            EventKind::RefundCreated
            | EventKind::RefundUpdated
            | EventKind::RefundFailed
            | EventKind::ChargeRefundUpdated => {
                match found(self.http.get::<Refund>(&format!("v1/refunds/{object}"), &[]).await)? {
                    Some(refund) => (refund.payment_intent, true, None),
                    None => return Ok(Looked::Unknown),
                }
            }
            EventKind::DisputeCreated
            | EventKind::DisputeUpdated
            | EventKind::DisputeClosed
            | EventKind::DisputeFundsWithdrawn
            | EventKind::DisputeFundsReinstated => {
                match found(self.http.get::<Dispute>(&format!("v1/disputes/{object}"), &[]).await)? {
                    Some(dispute) => (dispute.payment_intent.clone(), false, dispute.seen()?),
                    None => return Ok(Looked::Unknown),
                }
            }
        };
        let Some(payment) = payment else { return Ok(Looked::Foreign) };
        let Some(intent) = self.intent(&payment).await? else { return Ok(Looked::Unknown) };
        let Some(reference) = intent.metadata.reference.clone() else { return Ok(Looked::Foreign) };
        let outcome = match intent.standing() {
            Standing::Ended(outcome) => Some(outcome),
            Standing::Pending | Standing::Waiting => None,
        };
        let refunds = if with_refunds { self.refunds(&intent.id).await? } else { Vec::new() };
        let refunds = refunds.into_iter().map(Refund::seen).collect::<Result<_, _>>()?;
        Ok(Looked::Ours(Box::new(Report { reference, payment: intent.id, outcome, refunds, dispute })))
    }

    async fn intent(&self, id: &str) -> Result<Option<Intent>, RailError> {
        if !is_id(id, "") {
            return Ok(None);
        }
        found(self.http.get(&format!("v1/payment_intents/{id}"), &[]).await)
    }

    /// All refunds of a payment.
    async fn refunds(&self, payment: &str) -> Result<Vec<Refund>, RailError> {
        let mut all: Vec<Refund> = Vec::new();
        for _ in 0..PAGES_MAX {
            let last = all.last().map(|refund| refund.id.clone());
            let mut query = vec![("payment_intent", payment), ("limit", "100")];
            query.extend(last.as_deref().map(|last| ("starting_after", last)));
            let page: Page<Refund> = self.http.get("v1/refunds", &query).await?;
            let has_more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !has_more {
                return Ok(all);
            }
        }
        Err(RailError::Rejected(format!("{payment} has more refunds than are read")))
    }

    /// What a payment has come to; one that waits for the donor is given up.
    async fn end(&self, intent: Intent) -> Result<Outcome, RailError> {
        match intent.standing() {
            Standing::Ended(outcome) => Ok(outcome),
            Standing::Pending => Err(RailError::Pending(format!("{} is {}", intent.id, intent.status))),
            Standing::Waiting => {
                let canceled = self.cancel(&intent.id).await?;
                match canceled.standing() {
                    Standing::Ended(outcome) => Ok(outcome),
                    Standing::Pending | Standing::Waiting => {
                        Err(RailError::Unknown(format!("{} was given up and is {}", intent.id, canceled.status)))
                    }
                }
            }
        }
    }

    async fn cancel(&self, id: &str) -> Result<Intent, RailError> {
        let path = format!("v1/payment_intents/{id}/cancel");
        let form = [("cancellation_reason", ABANDONED)];
        Ok(self.http.post(&path, &format!("{id}-cancel"), &form).await?)
    }
}

/// An object that may not be there.
fn found<T>(answer: Result<T, Refused>) -> Result<Option<T>, RailError> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(Refused::Said(StatusCode::NOT_FOUND, _)) => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

#[async_trait]
impl Rail for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn has_own_breaker(&self) -> bool {
        true
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Outcome, RailError> {
        let rejected = |error: String| RailError::Rejected(error);
        let token: StripeToken = request.token.parse().map_err(|error: ledger::Error| rejected(error.to_string()))?;
        let amount = units(request.amount).map_err(|error| rejected(error.to_string()))?.to_string();
        let currency = request.amount.currency().code().to_lowercase();
        let (reference, book) = (format!("metadata[{REFERENCE}]"), format!("metadata[{BOOK}]"));
        let form = [
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("customer", &token.customer),
            ("payment_method", &token.method),
            ("confirm", "true"),
            ("off_session", "true"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            (&reference, &request.reference),
            (&book, &request.book.0.to_string()),
        ];
        match self.http.post::<Intent>("v1/payment_intents", &request.reference, &form).await {
            Ok(intent) => self.end(intent).await,
            Err(Refused::Said(StatusCode::PAYMENT_REQUIRED, error)) => match error.payment_intent {
                Some(intent) if intent.standing() == Standing::Waiting => self.end(*intent).await,
                Some(_) | None => Ok(error.declined()),
            },
            // The donor took the means away; of a customer that is not there, the key may be one of another account.
            Err(Refused::Said(_, error)) if error.code == "resource_missing" && error.param == "payment_method" => {
                Ok(Outcome::Declined { code: error.code, kind: DeclineKind::Expired })
            }
            Err(refused) => Err(refused.into()),
        }
    }

    async fn find(&self, _: BookId, reference: &str) -> Result<Option<Outcome>, RailError> {
        let query = format!("metadata['{REFERENCE}']:'{reference}'");
        let page: Page<Intent> =
            self.http.get("v1/payment_intents/search", &[("query", query.as_str()), ("limit", "10")]).await?;
        let best = page.data.into_iter().filter(|intent| intent.metadata.reference.as_deref() == Some(reference));
        match best.min_by_key(|intent| intent.status != "succeeded") {
            Some(intent) => self.end(intent).await.map(Some),
            None => Ok(None),
        }
    }

    async fn refund(&self, request: &RefundRequest) -> Result<refund::Outcome, RailError> {
        let Ok(amount) = units(request.amount) else {
            return Ok(refund::Outcome::Failed { code: "amount_not_taken".into() });
        };
        let (reference, book) = (format!("metadata[{REFERENCE}]"), format!("metadata[{BOOK}]"));
        let form = [
            ("payment_intent", request.payment.as_str()),
            ("amount", &amount.to_string()),
            (&reference, &request.reference),
            (&book, &request.book.0.to_string()),
        ];
        match self.http.post::<Refund>("v1/refunds", &request.reference, &form).await {
            Ok(refund) => Ok(refund.outcome()),
            Err(Refused::Said(_, error)) if is_final(&error.code) => Ok(refund::Outcome::Failed { code: error.code }),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn find_refund(&self, request: &RefundRequest) -> Result<Option<refund::Outcome>, RailError> {
        let all = self.refunds(&request.payment).await?;
        let ours = all.iter().find(|refund| refund.metadata.reference.as_deref() == Some(&request.reference));
        Ok(ours.map(Refund::outcome))
    }

    async fn void(&self, _: BookId, reference: &str, payment: &str, _: Timestamp) -> Result<(), RailError> {
        let intent = self.intent(payment).await?;
        let intent = intent.ok_or_else(|| RailError::Rejected(format!("Stripe does not know {payment}")))?;
        match intent.status.as_str() {
            "canceled" => Ok(()),
            "succeeded" => {
                let name = format!("{reference}-void");
                let metadata = format!("metadata[{REFERENCE}]");
                let form = [("payment_intent", payment), (&metadata, &name)];
                match self.http.post::<Refund>("v1/refunds", &name, &form).await {
                    Ok(_) => Ok(()),
                    Err(Refused::Said(_, error)) if error.code == "charge_already_refunded" => Ok(()),
                    Err(refused) => Err(refused.into()),
                }
            }
            _ => self.cancel(payment).await.map(drop),
        }
    }
}

/// Whether a refund can never be made: the payment has gone back already, or is under dispute.
fn is_final(code: &str) -> bool {
    matches!(code, "charge_already_refunded" | "charge_disputed" | "charge_not_refundable" | "amount_too_large")
}
