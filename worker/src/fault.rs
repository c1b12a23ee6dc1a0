//! Points where a development build can be told to die, so that tests can see what a crash leaves behind.

use crate::config::Fault;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

/// The points of one process, which count how often they were passed.
pub(crate) struct Points {
    #[cfg(debug_assertions)]
    fault: Option<Fault>,
    #[cfg(debug_assertions)]
    charges: AtomicU32,
}

impl Points {
    #[cfg(debug_assertions)]
    pub(crate) fn new(fault: Option<Fault>) -> Points {
        Points { fault, charges: AtomicU32::new(0) }
    }

    #[cfg(not(debug_assertions))]
    pub(crate) fn new(_: Option<Fault>) -> Points {
        Points {}
    }

    /// The point at which a provider has answered to a charge, and nothing is written yet.
    pub(crate) fn after_charge(&self) {
        #[cfg(debug_assertions)]
        if let Some(Fault::ExitAfterCharge(calls)) = self.fault
            && self.charges.fetch_add(1, Ordering::SeqCst) + 1 == calls
        {
            tracing::error!("the planned crash after {calls} provider calls");
            std::process::abort();
        }
    }
}
