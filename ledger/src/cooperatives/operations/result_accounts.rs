//! What the accounts of a book have for a result besides sales and costs, and what a result leaves out.

use crate::book::{AccountClass, AccountKind};
use crate::chart;
use crate::cooperatives::rules::result::{LEFT_OUT, LeftOut, OTHER, OnAccount};
use crate::cooperatives::store::results;
use crate::engine::store::books::Book;
use crate::engine::store::{accounts, balances};
use crate::error::Error;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// A number above that of every record.
const LAST: i64 = 1 << 46;

/// What of earlier losses is still on the accounts of their costs: a charge that its bank gave back since is none any more.
pub(super) async fn still_there(
    client: &impl GenericClient,
    book: &Book,
    carried: &[OnAccount],
) -> Result<Vec<OnAccount>, Error> {
    let numbers: Vec<_> = carried.iter().map(|part| part.account).collect();
    let found = accounts::load(client, book.id, &numbers).await?;
    let has = |part: &OnAccount| found.iter().find(|it| it.number == part.account).map_or(0, |it| it.balance());
    let parts = carried.iter().map(|part| OnAccount { amount: part.amount.min(has(part)), ..*part });
    Ok(parts.filter(|part| part.amount > 0).collect())
}

/// The loss with which the book was opened by the end of a day, as far as no result has `carried` it since, borne it or divided it.
pub(super) async fn opened_loss(
    client: &impl GenericClient,
    book: &Book,
    day: Date,
    carried: &[OnAccount],
) -> Result<Option<OnAccount>, Error> {
    let Some(account) = accounts::find(client, book.id, &chart::loss_brought_forward().code).await? else {
        return Ok(None);
    };
    let number = account.number;
    if carried.iter().any(|part| part.account == number) {
        return Ok(None);
    }
    let by_then = balances::as_of(client, book.id, number, day, LAST).await?;
    let amount = by_then.min(balances::get(client, book.id, number).await?.net());
    Ok((amount > 0).then_some(OnAccount { account: number, amount }))
}

/// What was earned and what was paid besides sales and costs by the end of a day, by account: without what results have taken, and
/// without what they have `carried` to the next one. What came back since is not there to be taken.
pub(super) async fn other(
    client: &impl GenericClient,
    book: &Book,
    day: Date,
    carried: &[OnAccount],
) -> Result<(Vec<OnAccount>, Vec<OnAccount>), Error> {
    let numbers = results::accounts_of(client, book, OTHER).await?;
    let (mut income, mut costs) = (Vec::new(), Vec::new());
    for account in accounts::load(client, book.id, &numbers).await? {
        let number = account.number;
        let by_then = balances::as_of(client, book.id, number, day, LAST).await?;
        let kind = account.class.kind();
        let taken = i64::from(-kind.side()) * results::closed_after(client, book.id, number, day).await?;
        let before = carried.iter().find(|part| part.account == number).map_or(0, |part| part.amount);
        let amount = (by_then - taken).min(account.balance()) - before;
        let parts = match kind {
            AccountKind::Income => &mut income,
            AccountKind::Expense => &mut costs,
            AccountKind::Asset | AccountKind::Liability | AccountKind::Equity => continue,
        };
        if amount > 0 {
            parts.push(OnAccount { account: number, amount });
        }
    }
    Ok((income, costs))
}

/// What a result that ends on a day leaves out: accounts of income and expenses with what was on them then.
pub(super) async fn left_out(client: &impl GenericClient, book: &Book, day: Date) -> Result<Vec<LeftOut>, Error> {
    let classes: Vec<AccountClass> = LEFT_OUT.iter().map(|(class, _)| *class).collect();
    let numbers = results::accounts_of(client, book, &classes).await?;
    let mut found = Vec::new();
    for account in accounts::load(client, book.id, &numbers).await? {
        let amount = balances::as_of(client, book.id, account.number, day, LAST).await?;
        let why = LEFT_OUT.iter().find(|(class, _)| *class == account.class).map(|(_, why)| *why);
        if let Some(why) = why.filter(|_| amount != 0) {
            found.push(LeftOut { account: account.code, amount, why });
        }
    }
    Ok(found)
}
