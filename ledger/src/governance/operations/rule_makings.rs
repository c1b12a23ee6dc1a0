//! How allocation rules are made: written down, kept to, and loosened by a vote only.

use crate::cooperatives::operations::allocation_rules;
use crate::cooperatives::operations::members::lock;
use crate::cooperatives::rules::allocation_rule::{AllocationRule, Rule};
use crate::cooperatives::rules::cooperative::Percent;
use crate::error::{Error, Refusal};
use crate::governance::rules::rule_making::{Needs, RuleMaking, VERSIONS_MAX};
use crate::governance::store::{proposals, rule_makings};
use crate::id::{BookId, PersonId, ProposalId};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// Says how rules are made from now on. Keepers may ask for more than before; for less, members have voted.
///
/// # Errors
///
/// `rule-by-vote`, `proposal-not-passed`; `not-a-cooperative`. [`Error::Invalid`] at `/quorum_percent` or `/proposal`; [`Error::NotFound`] for an
/// unknown book.
pub async fn set(
    tx: &Transaction<'_>,
    book: BookId,
    (needs, proposal): (Option<Needs>, Option<ProposalId>),
    by: PersonId,
    wall: Timestamp,
) -> Result<RuleMaking, Error> {
    let (book, _) = lock(tx, book).await?;
    if needs.is_some_and(|it| it.quorum == Percent::ZERO || it.quorum > Percent::WHOLE) {
        return Err(Error::invalid("/quorum_percent", "more than 0, and at most 100 %"));
    }
    let found = match proposal {
        None => None,
        Some(id) if id.book == book.id => match proposals::get(tx, id).await {
            Err(Error::NotFound(_)) => return Err(unknown()),
            found => Some(found?),
        },
        Some(_) => return Err(unknown()),
    };
    let last = rule_makings::in_force(tx, book.id).await?;
    if let Some(last) = &last {
        if last.needs == needs {
            return Ok(last.clone());
        }
        last.check_next(needs, found.as_ref())?;
    } else if needs.is_none() {
        return Err(Error::invalid("/by_vote", "keepers make the rules already"));
    }
    let before = last.as_ref().map_or(0, |it| it.version);
    if before >= VERSIONS_MAX {
        return Err(Error::invalid("/by_vote", format!("it is said {VERSIONS_MAX} times at most")));
    }
    let now = book.now(wall);
    let set = RuleMaking {
        book: book.id,
        version: before + 1,
        needs,
        proposal,
        set_by: by,
        set_at: last.map_or(now, |it| it.set_at.max(now)),
    };
    rule_makings::insert(tx, &set).await?;
    let object = format!("rule-making {}", set.version);
    activity::record(tx, book.id, Done::new(&object, "set", Actor::Person(by)), set.set_at).await?;
    Ok(set)
}

fn unknown() -> Error {
    Error::invalid("/proposal", "a proposal of the cooperative")
}

/// Publishes an allocation rule for who keeps the books, unless members decide on rules.
///
/// # Errors
///
/// `rule-by-vote`; what [`allocation_rules::publish`] refuses.
pub async fn publish(
    tx: &Transaction<'_>,
    book: BookId,
    rule: Rule,
    (effective_from, window_days): (Date, u16),
    by: PersonId,
    wall: Timestamp,
) -> Result<AllocationRule, Error> {
    let (book, _) = lock(tx, book).await?;
    if rule_makings::in_force(tx, book.id).await?.is_some_and(|it| it.needs.is_some()) {
        let detail = "members decide on rules by vote: put it to the vote by POST /v1/cooperatives/{book}/proposals";
        return Err(Refusal::new("rule-by-vote", detail).into());
    }
    allocation_rules::publish(tx, book.id, rule, effective_from, window_days, by, wall).await
}

/// What a vote on a rule needs by how rules are made; none where nobody has said it.
pub(super) async fn needs(client: &impl GenericClient, book: BookId) -> Result<Option<Needs>, Error> {
    Ok(rule_makings::in_force(client, book).await?.and_then(|it| it.needs))
}
