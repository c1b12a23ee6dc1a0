//! What every story has: the numbers that must come out, what was checked so far, and where its e-mail arrives.

use crate::demo::checks::Checks;
use crate::demo::client::{Answer, text};
use crate::demo::literals::Literals;
use crate::demo::progress::Progress;
use anyhow::Context as _;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Tells a story, and looks at every step whether it is true.
#[derive(Debug)]
pub(super) struct Teller {
    mail: PathBuf,
    pub(super) literals: Literals,
    pub(super) checks: Checks,
    pub(super) progress: Progress,
}

impl Teller {
    /// One who has told nothing yet.
    pub(super) fn new(mail: &Path, literals: &Literals) -> Teller {
        Teller {
            mail: mail.to_owned(),
            literals: literals.clone(),
            checks: Checks::default(),
            progress: Progress::new(),
        }
    }

    /// Where e-mail is written.
    pub(super) fn mail(&self) -> &Path {
        &self.mail
    }

    /// Where the story keeps its files: the directory above the e-mail.
    pub(super) fn state(&self) -> anyhow::Result<&Path> {
        self.mail.parent().context("the mail folder lies below the state directory")
    }

    /// A chapter, and how long it took.
    pub(super) async fn timed<T>(
        &self,
        chapter: &str,
        played: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let begun = Instant::now();
        let told = played.await?;
        self.took(chapter, begun);
        Ok(told)
    }

    /// Says how long a chapter took.
    pub(super) fn took(&self, chapter: &str, begun: Instant) {
        let tenths = begun.elapsed().as_millis() / 100;
        self.progress.say(&format!("{chapter}: {}.{} s", tenths / 10, tenths % 10));
    }

    /// What was found must be what the story says.
    pub(super) fn equal<A: PartialEq<B> + Debug, B: Debug>(&self, what: &str, found: A, told: B) -> anyhow::Result<()> {
        self.checks.equal(what, found, told)
    }

    /// What is not allowed must be refused, and for this reason.
    pub(super) fn refused(&self, what: &str, answer: &Answer, status: u16, code: &str) -> anyhow::Result<()> {
        let kind = text(&answer.body, "/type")?;
        self.equal(what, (answer.status.as_u16(), kind), (status, format!("/problems/{code}").as_str()))
    }
}
