//! A challenge on the wire.

use crate::auth::{Caller, Who};
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::purses::PurseState;
use ledger::challenges::rules::challenge::{Challenge, ChallengeState};
use ledger::challenges::store::challenges;
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{BookRef, ChallengeId};
use serde::Serialize;
use utoipa::ToSchema;

/// What a purse holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Purse)]
pub struct PurseBody {
    /// Promised by sponsors, no money yet.
    pledged: BalanceBody,
    /// At a custodian, not yet arrived.
    captured: BalanceBody,
    /// In the purse, and arrived: what counts for the opening.
    settled: BalanceBody,
    /// What is still wanted of settled money.
    short: BalanceBody,
    /// Gone back to sponsors.
    returned: BalanceBody,
    /// Gone on to other challenges, as nobody had won it.
    rolled_over: BalanceBody,
    /// In the purse account now.
    balance: BalanceBody,
}

/// A challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Challenge)]
pub struct ChallengeBody {
    #[schema(value_type = String)]
    id: ChallengeId,
    #[schema(value_type = String)]
    book: BookRef,
    slug: String,
    title: String,
    summary: String,
    /// What its prizes sum to.
    purse: MoneyBody,
    /// What the purse holds; in lists it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    funding: Option<PurseBody>,
    rules_version: i32,
    /// What teams and sponsors restate when they agree to the rules.
    #[schema(value_type = String)]
    rules_sha256: Digest,
    /// `draft`, `funding`, `announced`, `open`, `extended`, `judging`, `provisional`, `awarded`, `closed`, `cancelled` or
    /// `no_award`.
    state: String,
    /// When the default of a waiting state comes true; null when it does not wait. By the book's clock.
    state_until: Option<Timestamp>,
    /// Whether one judging time has passed without all scores.
    escalated: bool,
    /// Whether judges see no teams until the ranking is provisional.
    blind: bool,
    /// How often its time for submissions was made longer.
    extensions: u8,
    /// Until when teams agree to rules that were changed; null when nobody waits for that. By the book's clock.
    consent_until: Option<Timestamp>,
    /// Until when prize money that nobody won may go to another challenge; null when none waits. By the book's clock.
    rolls_until: Option<Timestamp>,
    /// Why it was cancelled or awarded nothing; null otherwise.
    reason: Option<String>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl ChallengeBody {
    pub(crate) fn new(it: Challenge, book: &Book, purse: Option<PurseState>) -> ChallengeBody {
        let balance = |minor: i64| BalanceBody::new(minor, it.purse.currency());
        let funding = purse.map(|PurseState { totals, balance: held, settled }| PurseBody {
            pledged: BalanceBody::new(totals.pledged, it.purse.currency()),
            captured: balance(totals.captured),
            settled: balance(settled),
            short: balance((it.purse.minor() - settled).max(0)),
            returned: balance(totals.returned),
            rolled_over: balance(totals.rolled),
            balance: balance(held),
        });
        ChallengeBody {
            id: it.id,
            book: book.reference(),
            slug: it.slug,
            title: it.title,
            summary: it.summary,
            purse: it.purse.into(),
            funding,
            rules_version: it.rules_version,
            rules_sha256: it.rules,
            state: it.state.as_str().to_owned(),
            state_until: it.state.until(),
            escalated: matches!(it.state, ChallengeState::Judging { escalated: true, .. }),
            blind: it.is_blind,
            extensions: it.extensions,
            consent_until: it.consent_until,
            rolls_until: it.rolls_until,
            reason: Some(it.state.reason().to_owned()).filter(|reason| !reason.is_empty()),
            created_at: it.created_at,
        }
    }
}

/// A challenge with its book; whether the caller may see it is asked next.
pub(crate) async fn challenge_of(client: &impl GenericClient, id: ChallengeId) -> Result<(Book, Challenge), Error> {
    Ok((book_of(client, id.book, "challenge").await?, challenges::get(client, id).await?))
}

/// Refuses whoever may not see a challenge: who may read the book's campaigns may, and from the announcement on everybody
/// who is signed in.
pub(crate) async fn require_reader(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    challenge: &Challenge,
) -> Result<(), Error> {
    let is_person = caller.is_some_and(|caller| matches!(caller.who, Who::Person(_)));
    if is_person && challenge.state.is_announced() {
        return Ok(());
    }
    Reader::of(client, caller, book).await?.require_campaigns("challenge").await.map(|_| ())
}
