//! Whether a book's money is real.

use crate::words::words;

words! {
    /// Whether money is real. A book is one or the other for ever; live and sandbox never see each other's data.
    Mode, "mode" {
        /// Real money: it refuses the sandbox rail, and its clock is the wall clock.
        Live = "live",
        /// Play money and a clock that can be moved forward, for trying out.
        Sandbox = "sandbox",
    }
}
