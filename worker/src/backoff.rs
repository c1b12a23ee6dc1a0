//! How long to pause after a failure: doubling from a second to an hour, with jitter.

use jiff::SignedDuration;

/// The longest pause, before jitter.
const PAUSE_MAX_S: i64 = 3_600;

/// The pause after the given number of failed tries. The jitter, in thousandths, stretches or shrinks it: 1000 is none.
pub(crate) fn pause(tries: i32, jitter_per_mille: i32) -> SignedDuration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(12);
    let seconds = (1_i64 << doublings).min(PAUSE_MAX_S);
    SignedDuration::from_millis(seconds * i64::from(jitter_per_mille))
}

/// A quarter more or less, so that jobs that failed together do not come back together.
pub(crate) fn jitter_per_mille() -> i32 {
    rand::random_range(750..=1_250)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_to_an_hour() {
        let seconds: Vec<i64> = (1..=16).map(|tries| pause(tries, 1_000).as_secs()).collect();
        assert_eq!(seconds[..6], [1, 2, 4, 8, 16, 32]);
        assert_eq!(seconds[11..], [2_048, 3_600, 3_600, 3_600, 3_600]);
        assert_eq!(pause(0, 1_000), SignedDuration::from_secs(1));
        assert_eq!(pause(i32::MAX, 1_000), SignedDuration::from_secs(3_600));
    }

    #[test]
    fn jitter_moves_a_pause_by_a_quarter_at_most() {
        assert_eq!(pause(3, 750), SignedDuration::from_secs(3));
        assert_eq!(pause(3, 1_250), SignedDuration::from_secs(5));
        for _ in 0..1_000 {
            assert!((750..=1_250).contains(&jitter_per_mille()));
        }
    }
}
