//! Progress of the story: a bar on a terminal, lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// How many months the story has.
const MONTHS: u64 = 12;

/// Where the story is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar when people look at it.
    pub(super) fn new() -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(MONTHS);
            let style = ProgressStyle::with_template("{bar:24} month {pos:>2}/{len}  {elapsed}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Progress { bar }
    }

    /// Says what happens now.
    pub(super) fn say(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => println!("{what}"),
        }
    }

    /// This month is over: of a story that tells its months in other words.
    pub(super) fn reached(&self, month: i8) {
        if let Some(bar) = &self.bar {
            bar.set_position(month.unsigned_abs().into());
        }
    }

    /// A month begins.
    pub(super) fn month(&self, month: i8) {
        match &self.bar {
            Some(bar) => bar.set_position(month.unsigned_abs().into()),
            None => println!("month {month} of {MONTHS}: charged, settled"),
        }
    }
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
