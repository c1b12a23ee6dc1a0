//! A second factor: codes of an authenticator (RFC 6238: SHA-1, six digits, thirty seconds), recovery codes, and for how long a proof
//! counts. Moments are by the wall clock.

use crate::error::{Error, Refusal};
use crate::id::PersonId;
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use totp_rs::{Algorithm, Builder};

/// Seconds for which a code is the present one.
pub const STEP_S: i64 = 30;

/// Digits of a code.
const DIGITS: u8 = 6;

/// Bytes of a secret: as many as the digest has (RFC 4226, section 4).
pub const SECRET_BYTES: usize = 20;

/// How many recovery codes a person is shown.
pub const RECOVERY_CODES: usize = 10;

/// Letters of a recovery code in base32, five bits each; and of each group in which it is shown.
pub const RECOVERY_LETTERS: usize = 16;
const GROUP: usize = 4;

/// After so many wrong codes in a row none is taken for a while.
pub const TRIES_IN_A_ROW: i32 = 10;

/// How long that is the first time; each further time it is twice as long.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// The longest such wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

words! {
    /// How a second factor was proved: the word in `amr` of an access token.
    ProofMethod, "proof of a second factor" {
        /// By a code of the authenticator (RFC 8176).
        Code = "otp",
        /// By a recovery code: a word of our own, as the registry of RFC 8176 has none for it.
        RecoveryCode = "rcv",
    }
}

words! {
    /// How the second factor of a person stands.
    FactorState, "state of a second factor" {
        /// There is none.
        None = "none",
        /// Its secret was shown, and no code has come yet.
        Begun = "begun",
        /// It counts.
        Active = "active",
    }
}

/// That a second factor was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// By what.
    pub method: ProofMethod,
    /// When, by the wall clock.
    pub at: Timestamp,
}

impl Proof {
    /// Whether it still counts, for who asks for one that is not older than this.
    pub fn is_fresh(self, life: SignedDuration, wall: Timestamp) -> bool {
        wall.duration_since(self.at) < life
    }
}

/// A secret, sealed with a key that is not in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// With which key.
    pub key_version: i32,
    /// A nonce and what it hides.
    pub bytes: Vec<u8>,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed with key {}", self.key_version)
    }
}

/// A recovery code as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// With which key it was digested.
    pub key_version: i32,
    /// The keyed digest of the person and the code.
    pub digest: [u8; 32],
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for KeptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a recovery code digested with key {}", self.key_version)
    }
}

/// What has the keys that are not in the database.
pub trait Keeper: Sync {
    /// The secret that was sealed for a person.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] for what was sealed for another person, or with a key that is not there.
    fn open(&self, person: PersonId, sealed: &SealedSecret) -> Result<Vec<u8>, Error>;

    /// The digest of a recovery code of a person with a key; none when that key is not there.
    fn digest(&self, key_version: i32, person: PersonId, code: &str) -> Option<[u8; 32]>;
}

/// The second factor of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose it is.
    pub person: PersonId,
    /// When its secret was shown.
    pub begun_at: Timestamp,
    /// Since when it counts; none while no code has come.
    pub active_at: Option<Timestamp>,
    /// The step whose code was taken last; 0 before the first.
    pub last_step: i64,
    /// Wrong codes in a row.
    pub tries: i32,
    /// Until when no code is taken.
    pub waits_until: Option<Timestamp>,
    /// Its secret.
    pub secret: SealedSecret,
}

impl SecondFactor {
    /// How it stands.
    pub fn state(&self) -> FactorState {
        if self.active_at.is_some() { FactorState::Active } else { FactorState::Begun }
    }

    /// Until when no code is taken, if that is not over.
    pub fn waits(&self, wall: Timestamp) -> Option<Timestamp> {
        self.waits_until.filter(|until| *until > wall)
    }

    /// Refuses any code while it waits.
    ///
    /// # Errors
    ///
    /// `second-factor-waits`.
    pub fn check_wait(&self, wall: Timestamp) -> Result<(), Refusal> {
        match self.waits(wall) {
            None => Ok(()),
            Some(until) => {
                let detail = format!("{} wrong codes came in a row: none is taken before {until:.0}", self.tries);
                Err(Refusal::new("second-factor-waits", detail))
            }
        }
    }

    /// The same after a wrong code: each ten in a row make it wait, twice as long each time.
    #[must_use]
    pub fn after_wrong(self, wall: Timestamp) -> SecondFactor {
        let tries = self.tries.saturating_add(1);
        let waits_until = if tries % TRIES_IN_A_ROW == 0 { Some(wall + wait(tries / TRIES_IN_A_ROW)) } else { None };
        SecondFactor { tries, waits_until, ..self }
    }

    /// The same after a right code; of the authenticator, with its step.
    #[must_use]
    pub fn after_right(self, step: Option<i64>) -> SecondFactor {
        SecondFactor { last_step: step.unwrap_or(self.last_step), tries: 0, waits_until: None, ..self }
    }
}

/// How long nothing is taken after so many times ten wrong codes.
fn wait(tens: i32) -> SignedDuration {
    let doublings = u32::try_from(tens - 1).unwrap_or(0).min(16);
    (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT)
}

/// The refusal of a code that is none, too old, or was taken before: one for all of them.
pub fn wrong_code() -> Refusal {
    Refusal::new("second-factor-code-wrong", "the code is wrong, too old or was used before")
}

/// The refusal of whoever has no second factor that counts.
pub fn none() -> Refusal {
    Refusal::new("second-factor-none", "you have no second factor that counts: begin with POST /v1/me/second-factor")
}

/// The code of a step.
///
/// # Errors
///
/// [`Error::Inconsistent`] for a secret that is too short.
pub fn code_at(secret: &[u8], step: i64) -> Result<String, Error> {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_secret(secret);
    let made = builder.with_step_duration(STEP_S.unsigned_abs()).build();
    let made = made.map_err(|_| Error::inconsistent("the secret of a second factor is too short"))?;
    Ok(made.generate(u64::try_from(step * STEP_S).unwrap_or(0)).to_string())
}

/// The step whose code was typed: the present one, the one before or the one after, and none that was taken. It takes as long
/// whichever it is.
///
/// # Errors
///
/// As [`code_at`].
pub fn step_of(secret: &[u8], typed: &str, last_step: i64, wall: Timestamp) -> Result<Option<i64>, Error> {
    let present = wall.as_second().div_euclid(STEP_S);
    let mut found = 0_i64;
    for step in [present + 1, present, present - 1] {
        let is_it = code_at(secret, step)?.as_bytes().ct_eq(typed.as_bytes());
        found.conditional_assign(&step, is_it);
    }
    Ok(Some(found).filter(|step| *step > last_step))
}

/// The six digits of a code as it is typed: a blank in the middle makes no difference.
pub fn digits(typed: &str) -> Option<String> {
    let all = usize::from(DIGITS);
    let plain = match typed.split_once(' ') {
        Some((first, second)) if first.len() == all / 2 => format!("{first}{second}"),
        Some(_) => return None,
        None => typed.to_owned(),
    };
    (plain.len() == all && plain.bytes().all(|byte| byte.is_ascii_digit())).then_some(plain)
}

/// A recovery code as it is shown: four groups of four.
pub fn shown_recovery_code(plain: &str) -> String {
    let letters: Vec<char> = plain.chars().collect();
    letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// The letters of a recovery code as it is typed: large ones, and the dashes between its groups, make no difference.
pub fn plain_recovery_code(typed: &str) -> Option<String> {
    let mut plain = String::new();
    let mut after_dash = false;
    for letter in typed.chars() {
        match letter.to_ascii_lowercase() {
            '-' if !after_dash && plain.len().is_multiple_of(GROUP) && (1..RECOVERY_LETTERS).contains(&plain.len()) => {
                after_dash = true;
            }
            small @ ('a'..='z' | '2'..='7') if plain.len() < RECOVERY_LETTERS => {
                plain.push(small);
                after_dash = false;
            }
            _other => return None,
        }
    }
    (plain.len() == RECOVERY_LETTERS).then_some(plain)
}

#[cfg(test)]
#[path = "second_factor_tests.rs"]
mod tests;
