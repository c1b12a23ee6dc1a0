//! Publishing versions of a cooperative's allocation rule.

use super::{member_indices, members};
use crate::cooperatives::rules::allocation_rule::{AllocationRule, Rule};
use crate::cooperatives::rules::cooperative::Cooperative;
use crate::cooperatives::rules::distribution::WINDOW_DAYS_MAX;
use crate::cooperatives::rules::minima;
use crate::cooperatives::rules::waterfall::digest;
use crate::cooperatives::store::{allocation_rules, cooperatives};
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{AllocationRuleId, BookId, PersonId};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// Publishes the next version. Earlier ones never change; a distribution uses the version in force on its last day.
///
/// # Errors
///
/// `rule-invalid`; `rule-below-minimum` when it gives less than the minima that it names; `rule-too-late` when it would hold for a period whose result is closed; `pay-ratio` when the indices of its first day's members do not keep it; `not-a-cooperative`;
/// [`Error::Invalid`] at `/objection_days`; [`Error::NotFound`] for an unknown book.
pub async fn publish(
    tx: &Transaction<'_>,
    book: BookId,
    rule: Rule,
    effective_from: Date,
    window_days: u16,
    by: PersonId,
    wall: Timestamp,
) -> Result<AllocationRule, Error> {
    let at = books::get(tx, book).await?.now(wall);
    publish_as_of(tx, book, rule, effective_from, window_days, (by, at)).await
}

/// Publishes the next version as of a moment, in book time.
///
/// # Errors
///
/// As [`publish`].
pub(crate) async fn publish_as_of(
    tx: &Transaction<'_>,
    book: BookId,
    rule: Rule,
    effective_from: Date,
    window_days: u16,
    (by, at): (PersonId, Timestamp),
) -> Result<AllocationRule, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    check("", &rule, effective_from, window_days, cooperative.closed_through)?;
    member_indices::check_ratio(tx, book.id, &rule, effective_from).await?;
    let published = AllocationRule {
        id: AllocationRuleId::generate(book.id),
        version: cooperative.rules_last + 1,
        effective_from,
        window_days,
        digest: digest(&rule)?,
        rule,
        published_by: by,
        published_at: at,
    };
    allocation_rules::insert(tx, &published).await?;
    cooperatives::update(tx, book.id, Cooperative { rules_last: published.version, ..cooperative }).await?;
    activity::record(tx, book.id, Done::new(&published.id, "published", Actor::Person(by)), at).await?;
    Ok(published)
}

/// Refuses a rule that could not be published; `at` is where it stands in a request.
///
/// # Errors
///
/// `rule-invalid`, `rule-below-minimum`, `rule-too-late`; [`Error::Invalid`] at `/objection_days` below that.
pub(crate) fn check(
    at: &str,
    rule: &Rule,
    effective_from: Date,
    window_days: u16,
    closed_through: Date,
) -> Result<(), Error> {
    rule.check()?;
    minima::check(rule)?;
    if window_days == 0 || window_days > WINDOW_DAYS_MAX {
        return Err(Error::invalid(format!("{at}/objection_days"), format!("1 to {WINDOW_DAYS_MAX}")));
    }
    if effective_from <= closed_through {
        let detail = format!("the result is closed through {closed_through}: a rule begins after it");
        return Err(Refusal::new("rule-too-late", detail).into());
    }
    Ok(())
}
