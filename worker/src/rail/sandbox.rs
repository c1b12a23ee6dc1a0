//! A payment provider that takes no money: the name of the token says what happens.
//!
//! [`SandboxToken`] says which there are. No token is as `sandbox_ok`; one that it does not know, which the door takes no more,
//! is declined: another means of payment is needed.
//!
//! Its memory is a table of its own, written outside our transactions, as a remote provider would: one reference has one
//! answer, whatever becomes of us.

use super::{ChargeRequest, Rail, RailError, RefundRequest};
use async_trait::async_trait;
use deadpool_postgres::Object;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::pool::Pool;
use ledger::engine::shared_read::SharedRead;
use ledger::id::BookId;
use ledger::pledging::rules::charge::{DeclineKind, Outcome};
use ledger::pledging::rules::refund;
use ledger::pledging::rules::sandbox_token::SandboxToken;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// The sandbox's provider. Charges that are asked for at the same moment are remembered together.
pub(crate) struct Sandbox {
    pool: Pool,
    charges: Arc<SharedRead<ChargeRequest, Remembered>>,
}

impl Sandbox {
    /// A provider that writes its memory through this pool: over connections that are in no transaction of ours.
    pub(crate) fn new(pool: Pool) -> Sandbox {
        let of_charges = pool.clone();
        let charges = SharedRead::new(move |requests: Vec<ChargeRequest>| {
            let pool = of_charges.clone();
            async move { remember(&pool.get().await?, requests).await }
        });
        Sandbox { pool, charges }
    }

    async fn recall(&self, book: BookId, reference: &str) -> Result<Option<Remembered>, Error> {
        Ok(recall(&self.pool.get().await?, book, &[reference]).await?.remove(reference))
    }

    /// Remembers a refund, unless it is known: what the token of the payment makes of it.
    async fn remember_refund(&self, request: &RefundRequest) -> Result<u64, Error> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(
                "-- sandbox::remember_refund
                INSERT INTO sandbox_provider_refund
                    (book_id, reference, amount_minor, currency, outcome, provider_reference, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (book_id, reference) DO NOTHING",
            )
            .await?;
        let outcome = match request.token.parse() {
            Ok(SandboxToken::RefundFails) => "failed",
            Ok(SandboxToken::RefundSlow) => "slow",
            Ok(
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
                | SandboxToken::DisputedWon
                | SandboxToken::DisputedLost,
            )
            | Err(_) => "settled",
        };
        let provider_reference = provider_reference(request.book, &request.reference);
        let rows = client
            .execute(
                &statement,
                &[
                    /* book_id */ &request.book.0,
                    /* reference */ &request.reference,
                    /* amount_minor */ &request.amount.minor(),
                    /* currency */ &request.amount.currency().code(),
                    /* outcome */ &outcome,
                    /* provider_reference */ &provider_reference,
                    /* created_at */ &request.at,
                ],
            )
            .await?;
        Ok(rows)
    }

    /// What it remembers of a refund: a slow one has arrived when it is asked about.
    async fn recall_refund(&self, book: BookId, reference: &str) -> Result<Option<(String, String)>, Error> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(
                "-- sandbox::recall_refund
                SELECT outcome, provider_reference FROM sandbox_provider_refund WHERE book_id = $1 AND reference = $2",
            )
            .await?;
        let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* reference */ &reference]).await?;
        Ok(row.map(|row| (row.get("outcome"), row.get("provider_reference"))))
    }

    async fn forget(&self, book: BookId, reference: &str, at: Timestamp) -> Result<u64, Error> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(
                "-- sandbox::forget
                UPDATE sandbox_provider_charge SET voided_at = coalesce(voided_at, $3)
                WHERE book_id = $1 AND reference = $2 AND outcome = 'captured'",
            )
            .await?;
        let rows = client
            .execute(&statement, &[/* book_id */ &book.0, /* reference */ &reference, /* voided_at */ &at])
            .await?;
        Ok(rows)
    }
}

/// Remembers what becomes of charges, unless their references are known; answers what is remembered under them.
async fn remember(client: &Object, requests: Vec<ChargeRequest>) -> Result<HashMap<ChargeRequest, Remembered>, Error> {
    let mut books: HashMap<BookId, Vec<ChargeRequest>> = HashMap::new();
    for request in requests {
        books.entry(request.book).or_default().push(request);
    }
    let statement = client
        .prepare_cached(
            "-- sandbox::remember
            INSERT INTO sandbox_provider_charge
                (book_id, reference, token, amount_minor, currency, outcome, code, provider_reference, created_at)
            SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
                                       $9::timestamptz[]) AS r
            ON CONFLICT (book_id, reference) DO NOTHING",
        )
        .await?;
    let mut answers = HashMap::new();
    for (book, requests) in books {
        let outcomes: Vec<Outcome> = requests.iter().map(decide).collect();
        let (outcomes, codes): (Vec<&str>, Vec<&str>) = outcomes.iter().map(columns).unzip();
        let references: Vec<&str> = requests.iter().map(|request| request.reference.as_str()).collect();
        client
            .execute(
                &statement,
                &[
                    /* book_id */ &book.0,
                    /* reference */ &references,
                    /* token */ &column(&requests, |request| request.token.as_str()),
                    /* amount_minor */ &column(&requests, |request| request.amount.minor()),
                    /* currency */ &column(&requests, |request| request.amount.currency().code()),
                    /* outcome */ &outcomes,
                    /* code */ &codes,
                    /* provider_reference */
                    &column(&requests, |request| provider_reference(book, &request.reference)),
                    /* created_at */ &column(&requests, |request| request.at),
                ],
            )
            .await?;
        let remembered = recall(client, book, &references).await?;
        let found = |request: &ChargeRequest| Some((request.clone(), remembered.get(&request.reference)?.clone()));
        answers.extend(requests.iter().filter_map(found));
    }
    Ok(answers)
}

fn column<'a, T>(requests: &'a [ChargeRequest], value: impl Fn(&'a ChargeRequest) -> T) -> Vec<T> {
    requests.iter().map(value).collect()
}

/// What is remembered under references.
async fn recall(client: &Object, book: BookId, references: &[&str]) -> Result<HashMap<String, Remembered>, Error> {
    let statement = client
        .prepare_cached(
            "-- sandbox::recall
            SELECT reference, token, amount_minor, currency, outcome, code, provider_reference FROM sandbox_provider_charge
            WHERE book_id = $1 AND reference = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* reference */ &references]).await?;
    let remembered = rows.iter().map(|row| {
        let remembered = Remembered {
            token: row.get("token"),
            amount_minor: row.get("amount_minor"),
            currency: row.get("currency"),
            outcome: outcome(row.get("outcome"), row.get("code"), row.get("provider_reference"))?,
        };
        Ok((row.get("reference"), remembered))
    });
    remembered.collect()
}

#[derive(Clone)]
struct Remembered {
    token: String,
    amount_minor: i64,
    currency: String,
    outcome: Outcome,
}

impl Remembered {
    fn answers(&self, request: &ChargeRequest) -> bool {
        self.token == request.token
            && self.amount_minor == request.amount.minor()
            && self.currency == request.amount.currency().code()
    }
}

#[async_trait]
impl Rail for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Outcome, RailError> {
        let remembered = self.charges.read(request.clone()).await;
        let remembered = remembered.map_err(|error| RailError::Unknown(crate::explain::explain(&error)))?;
        match remembered {
            Some(remembered) if !remembered.answers(request) => {
                Err(RailError::Rejected(format!("{} was used for another charge", request.reference)))
            }
            Some(_) if request.token == SandboxToken::Timeout.as_str() => Err(RailError::Unknown("timed out".into())),
            Some(remembered) => Ok(remembered.outcome),
            None => Err(RailError::Unknown("no memory of what was just written".into())),
        }
    }

    async fn find(&self, book: BookId, reference: &str) -> Result<Option<Outcome>, RailError> {
        let remembered = self.recall(book, reference).await;
        remembered
            .map(|found| found.map(|remembered| remembered.outcome))
            .map_err(|error| RailError::Unavailable(error.to_string()))
    }

    async fn refund(&self, request: &RefundRequest) -> Result<refund::Outcome, RailError> {
        self.remember_refund(request).await.map_err(lost)?;
        match self.recall_refund(request.book, &request.reference).await.map_err(lost)? {
            Some((outcome, provider_reference)) if outcome == "slow" => {
                Ok(refund::Outcome::Sent { provider_reference })
            }
            Some((outcome, provider_reference)) => Ok(refunded(&outcome, provider_reference)),
            None => Err(RailError::Unknown("no memory of what was just written".into())),
        }
    }

    async fn find_refund(&self, request: &RefundRequest) -> Result<Option<refund::Outcome>, RailError> {
        let remembered = self.recall_refund(request.book, &request.reference).await;
        remembered
            .map(|found| found.map(|(outcome, reference)| refunded(&outcome, reference)))
            .map_err(|error| RailError::Unavailable(error.to_string()))
    }

    async fn void(&self, book: BookId, reference: &str, _: &str, at: Timestamp) -> Result<(), RailError> {
        match self.forget(book, reference, at).await.map_err(lost)? {
            0 => Err(RailError::Rejected(format!("nothing was captured for {reference}"))),
            _ => Ok(()),
        }
    }
}

/// What became of a refund that is remembered.
fn refunded(outcome: &str, provider_reference: String) -> refund::Outcome {
    if outcome == "failed" {
        refund::Outcome::Failed { code: "card_closed".into() }
    } else {
        refund::Outcome::Settled { provider_reference }
    }
}

fn lost(error: Error) -> RailError {
    RailError::Unknown(crate::explain::explain(&error))
}

/// The outcome that the token's name asks for.
fn decide(request: &ChargeRequest) -> Outcome {
    let declined = |code: &str, kind| Outcome::Declined { code: code.into(), kind };
    if request.token.is_empty() {
        return captured(request);
    }
    let Ok(token) = request.token.parse() else { return declined("unknown_token", DeclineKind::Expired) };
    match token {
        SandboxToken::Ok
        | SandboxToken::AnswersTwice
        | SandboxToken::SettlesShort
        | SandboxToken::SettlesLate
        | SandboxToken::Timeout
        | SandboxToken::RefundFails
        | SandboxToken::RefundSlow
        | SandboxToken::DisputedWon
        | SandboxToken::DisputedLost => captured(request),
        SandboxToken::HardDecline => declined("account_closed", DeclineKind::Hard),
        SandboxToken::InsufficientFunds => declined("insufficient_funds", DeclineKind::Soft),
        SandboxToken::InsufficientFundsOnce if request.attempt == 1 => {
            declined("insufficient_funds", DeclineKind::Soft)
        }
        SandboxToken::InsufficientFundsOnce => captured(request),
        SandboxToken::ExpiredCard => declined("expired_card", DeclineKind::Expired),
        SandboxToken::StolenCard => declined("stolen_card", DeclineKind::Stolen),
    }
}

fn captured(request: &ChargeRequest) -> Outcome {
    Outcome::Captured { provider_reference: provider_reference(request.book, &request.reference) }
}

/// The provider's own name for a payment: the same for the same reference, and unlike it.
fn provider_reference(book: BookId, reference: &str) -> String {
    let digest = Sha256::digest(format!("sandbox\n{book}\n{reference}"));
    format!("sbx_{}", hex::encode(&digest[..12]))
}

fn columns(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Captured { .. } => ("captured", ""),
        Outcome::Declined { code, kind: DeclineKind::Soft } => ("soft", code),
        Outcome::Declined { code, kind: DeclineKind::Expired } => ("expired", code),
        Outcome::Declined { code, kind: DeclineKind::Stolen } => ("stolen", code),
        Outcome::Declined { code, kind: DeclineKind::Hard } => ("hard", code),
    }
}

fn outcome(name: &str, code: String, provider_reference: String) -> Result<Outcome, Error> {
    match name {
        "captured" => Ok(Outcome::Captured { provider_reference }),
        "soft" => Ok(Outcome::Declined { code, kind: DeclineKind::Soft }),
        "expired" => Ok(Outcome::Declined { code, kind: DeclineKind::Expired }),
        "stolen" => Ok(Outcome::Declined { code, kind: DeclineKind::Stolen }),
        "hard" => Ok(Outcome::Declined { code, kind: DeclineKind::Hard }),
        other => Err(Error::inconsistent(format!("sandbox outcome {other}"))),
    }
}

#[cfg(test)]
mod tests;
