//! A matching round on the wire.

use crate::auth::Caller;
use crate::problem::Problem;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody, bounded, paragraphs, parse, parse_currency};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{BookId, BookRef, MatchingRoundId};
use ledger::matching::operations::pool::PoolState;
use ledger::matching::operations::rounds::NewRound;
use ledger::matching::rules::formula::{Formula, Terms};
use ledger::matching::rules::round::{Ballot, Round};
use ledger::matching::rules::votes::VoteCost;
use ledger::matching::store::rounds;
use ledger::money::{Currency, Money};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What voters have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBallot {
    /// What each identity may spend in the round.
    #[schema(minimum = 1, maximum = 1000000)]
    allowance: i32,
    /// What votes for one campaign cost of it: `linear`, as many as there are; `quadratic`, the square of their number.
    #[schema(pattern = "^(linear|quadratic)$")]
    cost: String,
}

/// A matching round to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMatchingRound {
    /// In which book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    pub(super) book: String,
    /// Name in addresses and in the code of its pool's account; never changes.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{1,62}$", example = "spring-2031")]
    slug: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "Spring round")]
    title: String,
    /// What sponsors agree to; never changes. Every contribution to the pool names its SHA-256.
    #[schema(min_length = 1, max_length = 50000)]
    terms: String,
    /// The currency of its pool and its campaigns.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// By which formula it is counted, c being what each identity gave to a campaign:
    ///
    /// * `clr_subtracting_v1`: (Σ√c)² − Σc, scaled down to the pool where the pool is less;
    /// * `clr_shared_v1`: the whole pool, shared by (Σ√c)²;
    /// * `one_to_one_v1`: each gift by the same amount, in the order of capture, until the pool or a cap is used up;
    /// * `votes_v1`: the whole pool, shared by votes.
    #[schema(pattern = "^(clr_subtracting_v1|clr_shared_v1|one_to_one_v1|votes_v1)$")]
    formula: String,
    /// Whether what `clr_subtracting_v1` leaves in the pool is shared as well; else it goes back to the sponsors.
    #[serde(default)]
    saturate: bool,
    /// The most that one campaign is matched by; with `one_to_one_v1`.
    cap_per_campaign: Option<MoneyBody>,
    /// The most by which the gifts of one identity are matched in the whole round; with `one_to_one_v1`.
    cap_per_identity: Option<MoneyBody>,
    /// What voters have; with `votes_v1`.
    ballot: Option<NewBallot>,
    /// Whether only identities weigh that a partner has stated as verified. What others give stays a gift, and is not matched.
    #[serde(default)]
    verified_only: bool,
    /// The first day of its period, in the zone of the book: what is captured on it counts.
    #[schema(value_type = String, format = "date")]
    first_day: Date,
    /// The last day of its period.
    #[schema(value_type = String, format = "date")]
    last_day: Date,
    /// Days for which objections to the draft of its result are heard.
    #[schema(minimum = 1, maximum = 365)]
    objection_days: u16,
}

impl NewMatchingRound {
    /// What it asks for, in a book.
    pub(super) fn parse(&self, book: BookId) -> Result<NewRound, Problem> {
        let currency = parse_currency("/currency", &self.currency)?;
        let formula: Formula = parse("/formula", &self.formula)?;
        let ballot = self.ballot.as_ref().map(|ballot| {
            Ok::<_, Problem>(Ballot { allowance: ballot.allowance, cost: parse("/ballot/cost", &ballot.cost)? })
        });
        Ok(NewRound {
            book,
            slug: self.slug.clone(),
            title: bounded("/title", &self.title, text::NAME)?,
            terms: paragraphs("/terms", &self.terms, text::TERMS)?,
            currency,
            formula: Terms {
                formula,
                saturate: self.saturate,
                cap_per_campaign: cap("/cap_per_campaign", self.cap_per_campaign.as_ref(), currency)?,
                cap_per_identity: cap("/cap_per_identity", self.cap_per_identity.as_ref(), currency)?,
            },
            ballot: ballot.transpose()?,
            verified_only: self.verified_only,
            first_day: self.first_day,
            last_day: self.last_day,
            objection_days: self.objection_days,
        })
    }
}

/// A cap in minor units of the round's currency.
fn cap(pointer: &str, cap: Option<&MoneyBody>, currency: Currency) -> Result<Option<i64>, Problem> {
    let Some(cap) = cap else { return Ok(None) };
    let amount: Money = cap.parse(pointer)?;
    if amount.currency() != currency {
        return Err(Problem::invalid(format!("{pointer}/currency"), format!("the round is in {currency}")));
    }
    Ok(Some(amount.minor()))
}

/// What voters have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ballot)]
pub struct BallotBody {
    allowance: i32,
    /// `linear` or `quadratic`.
    #[schema(value_type = String)]
    cost: VoteCost,
}

/// What a pool holds now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pool)]
pub struct PoolBody {
    /// In the pool's account.
    balance: BalanceBody,
    /// In it, and arrived as cash.
    settled: BalanceBody,
}

/// A matching round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchingRound)]
pub struct MatchingRoundBody {
    #[schema(value_type = String)]
    id: MatchingRoundId,
    #[schema(value_type = String)]
    book: BookRef,
    slug: String,
    title: String,
    terms: String,
    /// What contributions to the pool repeat.
    #[schema(value_type = String)]
    terms_sha256: Digest,
    currency: String,
    /// `clr_subtracting_v1`, `clr_shared_v1`, `one_to_one_v1` or `votes_v1`.
    #[schema(value_type = String)]
    formula: Formula,
    saturate: bool,
    /// Null when there is no cap.
    cap_per_campaign: Option<MoneyBody>,
    /// Null when there is no cap.
    cap_per_identity: Option<MoneyBody>,
    /// Null unless it is a round by votes.
    ballot: Option<BallotBody>,
    verified_only: bool,
    #[schema(value_type = String, format = "date")]
    first_day: Date,
    #[schema(value_type = String, format = "date")]
    last_day: Date,
    objection_days: u16,
    /// Number of the tally that counts; 0 before the first.
    tally: i32,
    /// What was in the pool at that tally.
    pool: BalanceBody,
    /// What the pool holds now; in lists it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    funding: Option<PoolBody>,
    /// `draft`, `open`, `tallied`, `objection`, `final`, `paid` or `cancelled`.
    state: String,
    /// When the default of a waiting state comes true; null when it does not wait. By the book's clock.
    state_until: Option<Timestamp>,
    /// Why it was cancelled; null otherwise.
    reason: Option<String>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl MatchingRoundBody {
    pub(super) fn new(it: Round, book: &Book, pool: Option<PoolState>) -> MatchingRoundBody {
        let balance = |minor: i64| BalanceBody::new(minor, it.currency);
        let cap = |cap: Option<i64>| cap.map(|minor| MoneyBody::from(balance(minor)));
        MatchingRoundBody {
            id: it.id,
            book: book.reference(),
            terms_sha256: it.terms_digest,
            currency: it.currency.code().to_owned(),
            formula: it.formula.formula,
            saturate: it.formula.saturate,
            cap_per_campaign: cap(it.formula.cap_per_campaign),
            cap_per_identity: cap(it.formula.cap_per_identity),
            ballot: it.ballot.map(|Ballot { allowance, cost }| BallotBody { allowance, cost }),
            verified_only: it.verified_only,
            first_day: it.first_day,
            last_day: it.last_day,
            objection_days: it.objection_days,
            tally: it.tally,
            pool: balance(it.pool),
            funding: pool.map(|pool| PoolBody { balance: balance(pool.balance), settled: balance(pool.settled) }),
            state: it.state.as_str().to_owned(),
            state_until: it.state.until(),
            reason: Some(it.state.reason().to_owned()).filter(|reason| !reason.is_empty()),
            created_at: it.created_at,
            slug: it.slug,
            title: it.title,
            terms: it.terms,
        }
    }
}

/// A round with its book, for those who may read the book's campaigns.
pub(super) async fn readable(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    id: MatchingRoundId,
) -> Result<(Book, Round), Error> {
    let book = book_of(client, id.book, "matching round").await?;
    let round = rounds::get(client, id).await?;
    Reader::of(client, caller, &book).await?.require_campaigns("matching round").await?;
    Ok((book, round))
}

/// A round with its book, for those who may see its result: the book's own people, and from its publication on whoever may see
/// the round.
pub(super) async fn with_result(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    id: MatchingRoundId,
) -> Result<(Book, Round), Error> {
    let (book, round) = readable(client, caller, id).await?;
    if !round.state.is_published() {
        Reader::of(client, caller, &book).await?.require_team(None, false, "result of the matching round").await?;
    }
    Ok((book, round))
}
