//! A second factor is begun, confirmed by its first code, proved in a session, and removed by who has proved it.
//!
//! A wrong code is counted, and so is no error: what comes of a code is to be committed ([`Tried`]). Everything here locks the person
//! first, so that no two codes are tried at once.

use super::second_factor_resets;
use super::second_factor_steps::{lock_active, record, tell};
use crate::error::{Error, Refusal};
use crate::id::{PersonId, SessionId};
use crate::parties::rules::second_factor::{
    self as rules, FactorState, Keeper, KeptCode, Proof, ProofMethod, SealedSecret, SecondFactor, step_of, wrong_code,
};
use crate::parties::rules::second_factor_reset::Reset;
use crate::parties::store::{people, second_factor_resets as resets, second_factors};
use crate::service::job::FactorNews;
use crate::service::store::activity::Actor;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::fmt;

/// What somebody proves themselves with.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    /// Six digits of the authenticator.
    Code(&'a str),
    /// A recovery code, as [`rules::plain_recovery_code`] has it.
    RecoveryCode(&'a str),
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Given::Code(_) => "a code",
            Given::RecoveryCode(_) => "a recovery code",
        })
    }
}

/// What came of a code. Both are to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The factor is proved.
    Proved(Proof),
    /// It is not, and the try was counted.
    Refused(Refusal),
}

/// How the second factor of a person stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub state: FactorState,
    /// Since when it counts.
    pub active_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub codes_left: i64,
    /// Until when no code is taken.
    pub waits_until: Option<Timestamp>,
    /// The reset that was asked for last.
    pub reset: Option<Reset>,
}

/// How the second factor of a person stands.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn standing(client: &impl GenericClient, person: PersonId, wall: Timestamp) -> Result<Standing, Error> {
    let found = second_factors::find(client, person).await?;
    Ok(Standing {
        state: found.as_ref().map_or(FactorState::None, SecondFactor::state),
        active_at: found.as_ref().and_then(|it| it.active_at),
        waits_until: found.as_ref().and_then(|it| it.waits(wall)),
        codes_left: second_factors::count_codes(client, person).await?,
        reset: resets::find_last(client, person).await?,
    })
}

/// Begins: the sealed secret is that of the person, and counts once a code of it has come. A secret that was begun before is forgotten.
///
/// # Errors
///
/// `second-factor-active`: the one that counts is removed first.
pub async fn begin(
    tx: &Transaction<'_>,
    person: PersonId,
    secret: &SealedSecret,
    wall: Timestamp,
) -> Result<(), Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    let found = second_factors::lock(tx, person).await?;
    refuse_active(found.as_ref())?;
    second_factors::begin(tx, person, secret, wall).await
}

fn refuse_active(found: Option<&SecondFactor>) -> Result<(), Refusal> {
    if found.is_some_and(|it| it.active_at.is_some()) {
        let detail = "your second factor counts already: remove it first, by itself";
        return Err(Refusal::new("second-factor-active", detail));
    }
    Ok(())
}

/// The first code of a factor that was begun: from now on it counts, and these recovery codes are those of the person. It is proved in
/// the session as well.
///
/// # Errors
///
/// `second-factor-none`, `second-factor-active`, `second-factor-waits`.
pub async fn confirm(
    tx: &Transaction<'_>,
    keeper: &impl Keeper,
    (person, session): (PersonId, SessionId),
    code: &str,
    recovery_codes: &[KeptCode],
    wall: Timestamp,
) -> Result<Tried, Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    let begun = second_factors::lock(tx, person).await?.ok_or_else(rules::none)?;
    refuse_active(Some(&begun))?;
    begun.check_wait(wall)?;
    let Some(step) = step_of(&keeper.open(person, &begun.secret)?, code, begun.last_step, wall)? else {
        second_factors::update(tx, &begun.after_wrong(wall)).await?;
        return Ok(Tried::Refused(wrong_code()));
    };
    let confirmed = SecondFactor { active_at: Some(wall), ..begun.after_right(Some(step)) };
    second_factors::update(tx, &confirmed).await?;
    second_factors::replace_codes(tx, person, recovery_codes).await?;
    record(tx, person, ("second_factor_added", Actor::Person(person)), "", wall).await?;
    tell(tx, person, FactorNews::Enrolled, wall).await?;
    proved(tx, session, ProofMethod::Code, wall).await
}

/// Proves the factor in a session. A recovery code is used up; who proves the factor has not lost it, and so ends a reset.
///
/// # Errors
///
/// `second-factor-none`, `second-factor-waits`.
pub async fn prove(
    tx: &Transaction<'_>,
    keeper: &impl Keeper,
    (person, session): (PersonId, SessionId),
    given: Given<'_>,
    wall: Timestamp,
) -> Result<Tried, Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    let found = second_factors::lock(tx, person).await?;
    let factor = found.filter(|it| it.active_at.is_some()).ok_or_else(rules::none)?;
    factor.check_wait(wall)?;
    let (right, method) = match given {
        Given::Code(code) => {
            let step = step_of(&keeper.open(person, &factor.secret)?, code, factor.last_step, wall)?;
            (step.map(|step| factor.clone().after_right(Some(step))), ProofMethod::Code)
        }
        Given::RecoveryCode(code) => {
            let is_used = use_recovery_code(tx, keeper, person, code, wall).await?;
            (is_used.then(|| factor.clone().after_right(None)), ProofMethod::RecoveryCode)
        }
    };
    let Some(right) = right else {
        second_factors::update(tx, &factor.after_wrong(wall)).await?;
        return Ok(Tried::Refused(wrong_code()));
    };
    second_factors::update(tx, &right).await?;
    if method == ProofMethod::RecoveryCode {
        tell(tx, person, FactorNews::RecoveryCodeUsed, wall).await?;
    }
    second_factor_resets::end_by_proof(tx, person, wall).await?;
    proved(tx, session, method, wall).await
}

/// Uses up a recovery code, whichever key it was digested with; whether it was one.
async fn use_recovery_code(
    tx: &Transaction<'_>,
    keeper: &impl Keeper,
    person: PersonId,
    code: &str,
    wall: Timestamp,
) -> Result<bool, Error> {
    for version in second_factors::key_versions(tx, person).await? {
        if let Some(digest) = keeper.digest(version, person, code)
            && second_factors::use_code(tx, person, &digest, wall).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn proved(
    tx: &Transaction<'_>,
    session: SessionId,
    method: ProofMethod,
    wall: Timestamp,
) -> Result<Tried, Error> {
    let proof = Proof { method, at: wall };
    second_factors::update_proved(tx, session, proof).await?;
    Ok(Tried::Proved(proof))
}

/// New recovery codes in place of all others, for who has just proved the factor.
///
/// # Errors
///
/// `second-factor-none`.
pub async fn renew_codes(
    tx: &Transaction<'_>,
    person: PersonId,
    codes: &[KeptCode],
    wall: Timestamp,
) -> Result<(), Error> {
    lock_active(tx, person).await?;
    second_factors::replace_codes(tx, person, codes).await?;
    record(tx, person, ("recovery_codes_renewed", Actor::Person(person)), "", wall).await?;
    tell(tx, person, FactorNews::CodesRenewed, wall).await
}

/// Removes the factor, for who has just proved it.
///
/// # Errors
///
/// `second-factor-none`.
pub async fn remove(tx: &Transaction<'_>, person: PersonId, wall: Timestamp) -> Result<(), Error> {
    lock_active(tx, person).await?;
    second_factors::delete(tx, person).await?;
    second_factor_resets::end_by_proof(tx, person, wall).await?;
    record(tx, person, ("second_factor_removed", Actor::Person(person)), "", wall).await?;
    tell(tx, person, FactorNews::Removed, wall).await
}
