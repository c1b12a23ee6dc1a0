//! What a pledge comes to when what its custodian holds is free again.
//!
//! While it was frozen no payment began and no retry was counted. Of all that fell due meanwhile one payment is made, at the most: the
//! latest due date, as with every plan that is late; the earlier ones are missed. A retry of an earlier payment goes on only where
//! no later one is due.

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesOn {
    /// Nothing fell due meanwhile: the plan goes on as it is.
    Nothing,
    /// The retry of a declined payment.
    Retry,
    /// The latest due date; declined payments before it are given up, without a lapse.
    Latest,
}

/// What goes on of a pledge at the release.
pub fn goes_on(a_payment_is_due: bool, a_retry_is_due: bool) -> GoesOn {
    match (a_payment_is_due, a_retry_is_due) {
        (true, _) => GoesOn::Latest,
        (false, true) => GoesOn::Retry,
        (false, false) => GoesOn::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_a_donor_is_asked_for_one_payment_at_the_most_when_a_custodian_is_released() {
        assert_eq!(goes_on(true, true), GoesOn::Latest);
        assert_eq!(goes_on(true, false), GoesOn::Latest);
        assert_eq!(goes_on(false, true), GoesOn::Retry);
        assert_eq!(goes_on(false, false), GoesOn::Nothing);
    }
}
