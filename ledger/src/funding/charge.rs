//! One due payment of a pledge: what a provider may answer to an attempt.

/// What a provider answered to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken.
    Captured {
        /// How the provider names the payment.
        provider_reference: String,
    },
    /// The money was not taken.
    Declined {
        /// The provider's own code, such as `insufficient_funds`.
        code: String,
        /// What to do about it.
        kind: DeclineKind,
    },
}

/// What a decline asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclineKind {
    /// May work later, such as insufficient funds: tried again on days 1, 3 and 7.
    Soft,
    /// The means of payment ran out: the donor is asked for another.
    Expired,
    /// Reported stolen or lost: nothing is tried again.
    Stolen,
}
