//! Word to the service manager that started this process, by the protocol of systemd's `sd_notify(3)`: `Type=notify` knows
//! when it is ready, `WatchdogSec=` starts it again when it hangs. Without such a manager nothing is said.

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// The process is ready. While the handle runs the manager hears that it lives, when it wants to; that is said by the
/// runtime of the caller, so that one which hangs says nothing any more.
pub fn ready() -> JoinHandle<()> {
    say(NotifyState::Ready);
    tokio::spawn(async {
        // Half of the time after which the manager gives up, as it recommends.
        let Some(period) = sd_notify::watchdog_enabled().map(|longest| longest / 2).filter(|half| !half.is_zero())
        else {
            return;
        };
        let mut every = tokio::time::interval(period);
        loop {
            every.tick().await;
            say(NotifyState::Watchdog);
        }
    })
}

/// The process takes no more work and finishes what it has. It still lives: the handle of [`ready`] goes on until the end.
pub fn stopping() {
    say(NotifyState::Stopping);
}

fn say(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
