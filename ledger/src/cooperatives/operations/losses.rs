//! Losses that a distribution can divide.

use crate::cooperatives::rules::result::PeriodResult;
use crate::cooperatives::store::{allocation_rules, results};
use crate::error::Error;
use deadpool_postgres::Transaction;

/// Whether a distribution can divide the loss of a result: the rule says who bears one, and no later result has borne it.
pub(super) async fn divides(tx: &Transaction<'_>, result: &PeriodResult) -> Result<bool, Error> {
    let rule = allocation_rules::in_force(tx, result.id.book, result.period.to).await?;
    let says = rule.is_some_and(|rule| rule.rule.losses.is_some());
    let is_last = results::latest(tx, result.id.book).await?.is_some_and(|last| last.id == result.id);
    Ok(result.net() < 0 && says && is_last)
}
