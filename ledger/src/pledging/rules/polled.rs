//! What a partner asks for when it polls its pledges and charges: by the words that they are shown with.

use crate::words::words;

words! {
    /// The word that a charge is shown with, of those that are kept.
    ChargeWord, "state of a charge" {
        /// It is being tried, or the partner is to report it.
        Processing = "processing",
        /// The last attempt was declined.
        Declined = "declined",
        /// The money was taken.
        Captured = "captured",
        /// The money has arrived.
        Settled = "settled",
        /// The money was taken for a campaign that had closed.
        Voided = "voided",
        /// Nobody tried it before the next one fell due.
        Missed = "missed",
        /// The donor's bank has taken something of it back.
        Disputed = "disputed",
        /// What the bank took back is lost.
        Lost = "lost",
        /// All of it went back.
        Refunded = "refunded",
    }
}

impl ChargeWord {
    /// The states in which charges with this word are kept.
    pub fn kept_as(self) -> &'static [&'static str] {
        match self {
            ChargeWord::Processing => &["processing"],
            ChargeWord::Declined => &["declined"],
            ChargeWord::Captured => &["captured"],
            ChargeWord::Settled => &["settled"],
            ChargeWord::Voided => &["voided"],
            ChargeWord::Missed => &["missed"],
            ChargeWord::Disputed | ChargeWord::Lost | ChargeWord::Refunded => &["captured", "settled"],
        }
    }

    /// The states in which charges are kept, whatever their word is.
    pub const KEPT: &'static [&'static str] = &["processing", "declined", "captured", "settled", "voided", "missed"];
}

words! {
    /// The word that a pledge is shown with.
    PledgeWord, "state of a pledge" {
        /// Promised, without a means of payment yet.
        Created = "created",
        /// Charged when due.
        Active = "active",
        /// Waits for its donor.
        NeedsAction = "needs_action",
        /// The donor wants no charge for a while.
        Paused = "paused",
        /// Payments failed, or nobody answered.
        Lapsed = "lapsed",
        /// All payments were made or missed.
        Completed = "completed",
        /// Ended before its last payment.
        Cancelled = "cancelled",
        /// Everything it brought went back.
        Refunded = "refunded",
    }
}

impl PledgeWord {
    /// The states in which pledges with this word may be kept: in their own, or in one that waits and whose end has come, which somebody
    /// has still to write down.
    pub fn kept_as(word: Option<PledgeWord>) -> Vec<&'static str> {
        let may_be = |kept: &&PledgeWord| word.is_none_or(|word| word == **kept || kept.waits());
        PledgeWord::ALL.iter().filter(may_be).map(|kept| kept.as_str()).collect()
    }

    /// Whether it comes to another state by itself.
    fn waits(self) -> bool {
        match self {
            PledgeWord::Created | PledgeWord::NeedsAction | PledgeWord::Paused | PledgeWord::Lapsed => true,
            PledgeWord::Active | PledgeWord::Completed | PledgeWord::Cancelled | PledgeWord::Refunded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kept_state_of_a_charge_is_found_by_a_word_and_no_other() {
        for word in ChargeWord::ALL {
            assert!(word.kept_as().iter().all(|kept| ChargeWord::KEPT.contains(kept)), "{word}");
        }
        for kept in ChargeWord::KEPT {
            assert!(kept.parse::<ChargeWord>().is_ok_and(|word| word.kept_as() == [*kept]), "{kept}");
        }
    }

    #[test]
    fn a_pledge_whose_wait_is_over_may_have_any_word() {
        assert_eq!(PledgeWord::kept_as(None).len(), 8);
        let active = PledgeWord::kept_as(Some(PledgeWord::Active));
        assert_eq!(active, ["created", "active", "needs_action", "paused", "lapsed"]);
        assert_eq!(PledgeWord::kept_as(Some(PledgeWord::Paused)), ["created", "needs_action", "paused", "lapsed"]);
    }
}
