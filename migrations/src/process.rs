//! How a process of ours learns that it should end: a signal, or the end of the process that started it.

use std::io::Read;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Ready when the process was asked to stop by SIGTERM or SIGINT, or, `with_parent`, when its standard input ends:
/// the parent holds the other end of that pipe, so that nothing outlives it, however it died.
///
/// # Errors
///
/// When the signals cannot be listened for.
pub fn stop_requested(with_parent: bool) -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (orphaned, parent_gone) = oneshot::channel::<()>();
    if with_parent {
        // A plain thread: a pending read of standard input must not hold up the runtime when it ends.
        std::thread::spawn(move || {
            let mut byte = [0u8; 1];
            while std::io::stdin().read(&mut byte).is_ok_and(|count| count > 0) {}
            let _ = orphaned.send(());
        });
    }
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = parent_gone, if with_parent => {}
        }
    })
}
