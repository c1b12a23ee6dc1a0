//! What a member says, and how much of it is enough.

use crate::words::words;

words! {
    /// What a member says.
    Choice, "choice" {
        /// For it.
        Yes = "yes",
        /// Against it.
        No = "no",
        /// Neither: it counts for the quorum only.
        Blank = "blank",
    }
}

words! {
    /// How much of yes and no must be yes.
    Threshold, "threshold" {
        /// More than half.
        Majority = "majority",
        /// Two thirds, or more.
        TwoThirds = "two_thirds",
    }
}
