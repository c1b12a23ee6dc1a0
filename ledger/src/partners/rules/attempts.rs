//! What becomes of what is sent to an endpoint: whether an answer counts, and when it is sent again.
//!
//! Ten attempts, the pauses of Standard Webhooks 1.0.0 between them, with jitter; a `Retry-After` makes a pause longer, never shorter, and
//! never longer than the longest of them.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// The pauses after the first attempt that failed, the second, and so on.
pub const PAUSES: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    PAUSE_MAX,
];

/// The longest pause, before jitter, and the longest that a receiver may ask for.
pub const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// The status of the answer.
        code: u16,
        /// How long it asked to be left alone, if it did.
        retry_after: Option<SignedDuration>,
    },
    /// None came: no connection, no address that is public, nothing in time.
    None,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// It is sent again after a pause.
    Again(SignedDuration),
    /// The receiver wants nothing more, ever.
    Gone,
    /// It was tried as often as it is.
    GivenUp,
}

/// What follows from how an attempt ended; the first attempt is number 1. The jitter, in thousandths, stretches or shrinks
/// the pause: 1000 is none.
pub fn judge(answer: Answer, attempt: usize, jitter_per_mille: i32) -> Verdict {
    let retry_after = match answer {
        Answer::Status { code: 200..=299, .. } => return Verdict::Delivered,
        Answer::Status { code: 410, .. } => return Verdict::Gone,
        Answer::Status { retry_after, .. } => retry_after.unwrap_or_default(),
        Answer::None => SignedDuration::ZERO,
    };
    let Some(pause) = PAUSES.get(attempt.saturating_sub(1)) else { return Verdict::GivenUp };
    // Seconds by thousandths are milliseconds.
    let pause = SignedDuration::from_millis(pause.as_secs() * i64::from(jitter_per_mille));
    Verdict::Again(pause.max(retry_after.min(PAUSE_MAX)))
}

/// How long a `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date. None for anything else, and for what is past.
pub fn retry_after(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let asked = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than is waited for.
        SignedDuration::from_secs(header.parse().unwrap_or(i64::MAX))
    } else {
        DateTimeParser::new().parse_timestamp(header).ok()?.duration_since(now)
    };
    asked.is_positive().then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Answer {
        Answer::Status { code, retry_after: None }
    }

    #[test]
    fn ten_attempts_are_made_with_the_pauses_of_the_standard() {
        let texts = ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"];
        for (place, text) in texts.iter().enumerate() {
            assert_eq!(judge(status(500), place + 1, 1_000), Verdict::Again(text.parse().unwrap()), "{text}");
        }
        assert_eq!(judge(status(500), 10, 1_000), Verdict::GivenUp);
        assert_eq!(judge(Answer::None, usize::MAX, 1_000), Verdict::GivenUp);
    }

    #[test]
    fn jitter_moves_a_pause_and_nothing_else() {
        assert_eq!(judge(Answer::None, 1, 750), Verdict::Again(SignedDuration::from_millis(3_750)));
        assert_eq!(judge(Answer::None, 9, 1_250), Verdict::Again(SignedDuration::from_hours(30)));
        assert_eq!(judge(status(204), 1, 1_250), Verdict::Delivered);
    }

    #[test]
    fn every_status_is_judged_and_a_redirect_is_a_failure() {
        for code in 100..=599 {
            let verdict = judge(status(code), 1, 1_000);
            let expected = match code {
                200..=299 => Verdict::Delivered,
                410 => Verdict::Gone,
                _ => Verdict::Again(SignedDuration::from_secs(5)),
            };
            assert_eq!(verdict, expected, "{code}");
        }
        assert_eq!(judge(status(410), 10, 1_000), Verdict::Gone, "the last attempt too");
        assert_eq!(judge(status(200), 10, 1_000), Verdict::Delivered);
    }

    #[test]
    fn a_receiver_makes_a_pause_longer_and_neither_shorter_nor_endless() {
        let asks = |seconds| Answer::Status { code: 503, retry_after: Some(SignedDuration::from_secs(seconds)) };
        assert_eq!(judge(asks(60), 1, 1_000), Verdict::Again(SignedDuration::from_secs(60)));
        assert_eq!(judge(asks(1), 2, 1_000), Verdict::Again(SignedDuration::from_mins(5)));
        assert_eq!(judge(asks(i64::MAX), 1, 1_000), Verdict::Again(PAUSE_MAX));
        assert_eq!(judge(asks(60), 10, 1_000), Verdict::GivenUp);
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date_to_come_and_else_nothing() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(SignedDuration::from_secs(120)));
        assert_eq!(retry_after("Fri, 20 Nov 2026 10:02:00 GMT", now), Some(SignedDuration::from_secs(120)));
        assert_eq!(retry_after(&"9".repeat(40), now), Some(SignedDuration::from_secs(i64::MAX)));
        for none in ["", "0", "-5", "1.5", "soon", "Fri, 20 Nov 2026 09:58:00 GMT"] {
            assert_eq!(retry_after(none, now), None, "{none}");
        }
    }
}
