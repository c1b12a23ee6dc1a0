//! What the jobs that send e-mail share.
//!
//! Such a job reads the facts, sends the mail, and is settled. Facts may have changed since the job was written: a mail
//! that would no longer be true is not sent.

use super::Context;
use crate::failure::Failure;
use crate::figures;
use crate::mail::MailError;
use crate::mail::templates::Mail;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::time::Instant;

impl Context {
    /// Sends the same text to several people: each gets a mail of its own, with an id of its own, and reads nobody
    /// else's address. The others still get theirs when one fails.
    pub(super) async fn send_all(&self, about: &str, to: &[String], mail: &(impl Mail + Sync)) -> Result<(), Failure> {
        let mut all = Ok(());
        for address in to {
            let digest = Sha256::digest(address.as_bytes());
            let sent = self.send(&format!("{about}.{}", hex::encode(&digest[..6])), address, mail).await;
            all = all.and(sent);
        }
        all
    }

    /// Renders a mail and sends it. `about` names the mail for ever: it becomes the Message-ID.
    pub(super) async fn send(&self, about: &str, to: &str, mail: &(impl Mail + Sync)) -> Result<(), Failure> {
        let began = Instant::now();
        let sent = self.hand_over(about, to, mail).await;
        figures::mail(sent.as_ref().map_or_else(MailError::as_str, |()| "sent"), began.elapsed());
        Ok(sent?)
    }

    async fn hand_over(&self, about: &str, to: &str, mail: &(impl Mail + Sync)) -> Result<(), MailError> {
        let rendered = mail.render().map_err(|error| MailError::Compose(error.to_string()))?;
        let sent = self.mailer.send(about, to, &rendered).await;
        if matches!(sent, Ok(()) | Err(MailError::Refused(_))) {
            self.breakers.mail.answered();
        }
        sent
    }
}

/// A day as it is written in mails: 20 November 2026.
pub(super) fn written(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_with_the_name_of_its_month() {
        assert_eq!(written(jiff::civil::date(2027, 2, 1)), "1 February 2027");
    }
}
