//! The means of payment of sandbox books: the name of a token says what happens.

use super::pledge::Rail;
use super::stripe::StripeToken;
use crate::error::Error;
use crate::words::words;

words! {
    /// A means of payment of the sandbox's provider, which takes no money.
    SandboxToken, "sandbox token" {
        /// Captured.
        Ok = "sandbox_ok",
        /// Declined each time; may work later.
        InsufficientFunds = "sandbox_insufficient_funds",
        /// The first attempt is declined, later ones are captured.
        InsufficientFundsOnce = "sandbox_insufficient_funds_once",
        /// Declined: another means of payment is needed.
        ExpiredCard = "sandbox_expired_card",
        /// Declined: never try again.
        StolenCard = "sandbox_stolen_card",
        /// Declined: the means is refused for good.
        HardDecline = "sandbox_hard_decline",
        /// Captured, and reported a second time by an event of its own.
        AnswersTwice = "sandbox_answers_twice",
        /// Captured, but the answer is lost.
        Timeout = "sandbox_timeout",
        /// Captured; its custodian pays over a tenth less than it owes.
        SettlesShort = "sandbox_settles_short",
        /// Captured; its custodian pays it over days after the day that was promised.
        SettlesLate = "sandbox_settles_late",
        /// Captured; a refund fails.
        RefundFails = "sandbox_refund_fails",
        /// Captured; a refund is on its way for a day.
        RefundSlow = "sandbox_refund_slow",
        /// Captured, disputed five days later, and won ten days after that.
        DisputedWon = "sandbox_disputed_won",
        /// Captured, disputed five days later, and lost ten days after that.
        DisputedLost = "sandbox_disputed_lost",
    }
}

impl SandboxToken {
    /// What happens to a payment by it.
    pub fn meaning(self) -> &'static str {
        match self {
            SandboxToken::Ok => "captured",
            SandboxToken::InsufficientFunds => "declined each time, and tried again on days 1, 3 and 7",
            SandboxToken::InsufficientFundsOnce => "declined at first, captured when it is tried again",
            SandboxToken::ExpiredCard => "declined: the donor is asked for another means",
            SandboxToken::StolenCard => "declined: never tried again",
            SandboxToken::HardDecline => "declined: never tried again, and the donor is asked for another means",
            SandboxToken::AnswersTwice => {
                "captured, and reported a second time 70 milliseconds after the provider was asked"
            }
            SandboxToken::Timeout => "captured, but the answer is lost",
            SandboxToken::SettlesShort => {
                "captured; a tenth of it is missing when it settles, stays owed, and arrives when a settlement is reported"
            }
            SandboxToken::SettlesLate => "captured; settles five days after the day that was promised",
            SandboxToken::RefundFails => "captured; a refund of it fails",
            SandboxToken::RefundSlow => "captured; a refund of it arrives a day after it was sent",
            SandboxToken::DisputedWon => "captured, taken back five days later, and given back ten days after that",
            SandboxToken::DisputedLost => "captured, taken back five days later, and lost ten days after that",
        }
    }
}

/// Whether a rail knows the token: the sandbox has a few, partners keep their own, and Stripe's have a form.
///
/// # Errors
///
/// [`Error::Invalid`] at `/token`, with the list.
pub fn check(rail: Rail, token: &str) -> Result<(), Error> {
    match rail {
        Rail::Sandbox => {
            token.parse::<SandboxToken>().map(drop).map_err(|unknown| Error::invalid("/token", unknown.to_string()))
        }
        Rail::Partner => Ok(()),
        Rail::Stripe => token.parse::<StripeToken>().map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_that_say_how_money_settles_are_those_of_the_treasury() {
        use crate::treasury::rules::settlement::{LATE_TOKEN, SHORT_TOKEN};
        assert_eq!(SandboxToken::SettlesShort.as_str(), SHORT_TOKEN);
        assert_eq!(SandboxToken::SettlesLate.as_str(), LATE_TOKEN);
    }

    #[test]
    fn u5_a_token_that_the_sandbox_does_not_know_is_refused_with_the_list_of_those_that_it_does() {
        let refused = check(Rail::Sandbox, "tok_visa").unwrap_err().to_string();
        for token in SandboxToken::ALL {
            assert!(refused.contains(token.as_str()), "{refused}");
            check(Rail::Sandbox, token.as_str()).unwrap();
        }
        check(Rail::Partner, "tok_visa").unwrap();
    }
}
