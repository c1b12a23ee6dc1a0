//! Payment providers behind one trait.
//!
//! A provider is called outside our transactions, so after a crash or a lost connection nobody knows what it did. Every
//! call carries our own reference, one per attempt of a charge; before a call is repeated, the provider is asked
//! ([`Rail::find`]) whether it knows that reference.

pub(crate) mod sandbox;
pub(crate) mod stripe;

use async_trait::async_trait;
use jiff::Timestamp;
use ledger::book::Mode;
use ledger::engine::pool::Pool;
use ledger::id::BookId;
use ledger::money::Money;
use ledger::pledging::rules::charge::Outcome;
use ledger::pledging::rules::refund;
use sandbox::Sandbox;
use stripe::Stripe;

/// One attempt to take money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ChargeRequest {
    /// The book that the money is taken for.
    pub(crate) book: BookId,
    /// Our name for this attempt; the provider gives the same answer to it for ever.
    pub(crate) reference: String,
    /// Which attempt of the charge this is, from 1.
    pub(crate) attempt: i32,
    /// The provider's token for the donor's means of payment.
    pub(crate) token: String,
    /// The amount to take.
    pub(crate) amount: Money,
    /// Wall clock of the call.
    pub(crate) at: Timestamp,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundRequest {
    /// The book whose donor gets it.
    pub(crate) book: BookId,
    /// Our name for the refund; the provider gives the same answer to it for ever.
    pub(crate) reference: String,
    /// How the provider names the payment of which it goes back.
    pub(crate) payment: String,
    /// The provider's token for the means of payment by which it came.
    pub(crate) token: String,
    /// The amount that goes back.
    pub(crate) amount: Money,
    /// Wall clock of the call.
    pub(crate) at: Timestamp,
}

/// Why a call of a provider has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RailError {
    /// The provider may have taken the money: ask it before trying again.
    #[error("the provider's answer was lost: {0}")]
    Unknown(String),
    /// The provider certainly took nothing.
    #[error("the provider cannot be reached: {0}")]
    Unavailable(String),
    /// The provider will never take this request: somebody has to look.
    #[error("the provider rejects the request: {0}")]
    Rejected(String),
    /// The provider has the request, and a bank has not answered yet: it tells us, or is asked later.
    #[error("the provider waits for a bank: {0}")]
    Pending(String),
    /// The provider was not asked, as it has not answered for a while.
    #[error("{0}")]
    Resting(String),
}

impl RailError {
    /// Its name among the figures.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            RailError::Unknown(_) => "unknown",
            RailError::Unavailable(_) => "unavailable",
            RailError::Rejected(_) => "rejected",
            RailError::Pending(_) => "pending",
            RailError::Resting(_) => "resting",
        }
    }
}

/// A payment provider.
#[async_trait]
pub(crate) trait Rail: Send + Sync {
    /// Its name among the figures.
    fn name(&self) -> &'static str;

    /// Whether it counts by itself how often it does not answer: then no other provider waits for it.
    fn has_own_breaker(&self) -> bool {
        false
    }

    /// Takes money, once per reference.
    async fn charge(&self, request: &ChargeRequest) -> Result<Outcome, RailError>;

    /// Asks what became of a reference; `None` when the provider never saw it.
    async fn find(&self, book: BookId, reference: &str) -> Result<Option<Outcome>, RailError>;

    /// Gives money back, once per reference.
    async fn refund(&self, request: &RefundRequest) -> Result<refund::Outcome, RailError>;

    /// Asks what became of a refund; `None` when the provider never saw it.
    async fn find_refund(&self, request: &RefundRequest) -> Result<Option<refund::Outcome>, RailError>;

    /// Gives captured money back before it reaches us, as if it had never been taken: `payment` is the provider's name of it. Done
    /// twice, it is done once.
    async fn void(&self, book: BookId, reference: &str, payment: &str, at: Timestamp) -> Result<(), RailError>;
}

/// The providers of this installation.
pub(crate) struct Rails {
    sandbox: Sandbox,
    stripe: Option<Stripe>,
}

impl Rails {
    /// All of them; the sandbox's provider keeps its memory in the database behind this pool.
    pub(crate) fn new(pool: &Pool, stripe: Option<Stripe>) -> Rails {
        Rails { sandbox: Sandbox::new(pool.clone()), stripe }
    }

    /// The provider of a book. A live book never gets the sandbox's, and a sandbox book never one that takes money; charges that
    /// a partner collects never come here.
    pub(crate) fn of(&self, mode: Mode) -> Result<&dyn Rail, RailError> {
        match mode {
            Mode::Sandbox => Ok(&self.sandbox),
            Mode::Live => Ok(self.stripe()?),
        }
    }

    /// Stripe, for live books, if this installation has it.
    pub(crate) fn stripe(&self) -> Result<&Stripe, RailError> {
        let stripe = self.stripe.as_ref();
        stripe.ok_or_else(|| RailError::Rejected("COMMONPURSE_STRIPE_SECRET_KEY is not set".into()))?.for_live()
    }
}
