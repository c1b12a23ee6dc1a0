//! Who runs on which core of this machine.

use anyhow::ensure;
use std::process::{Command, Stdio};

/// Binds processes, each with all of its threads, to some cores, such as `1` or `0-3`. What they start later stays there too.
///
/// # Errors
///
/// Where there is no `taskset`, or no such core.
pub(crate) fn bind(processes: &[u32], cores: &str) -> anyhow::Result<()> {
    for process in processes {
        let mut taskset = Command::new("taskset");
        taskset.args(["--all-tasks", "--cpu-list", "--pid", cores, &process.to_string()]);
        let status = taskset.stdout(Stdio::null()).status()?;
        ensure!(status.success(), "taskset: {status}");
    }
    Ok(())
}
