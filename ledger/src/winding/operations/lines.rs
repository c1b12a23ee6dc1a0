//! What goes where when a book is wound up: read from the book each time, so that nothing has to be kept in step.

use crate::books::rules::wind_up::WindUp;
use crate::challenges::store::contributions as purse_contributions;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::matching::store::contributions as pool_contributions;
use crate::pledging::store::{campaigns, chargebacks};
use crate::winding::rules::line::{Account, Line, LineKind, Of, Reason, Remains};
use crate::winding::store::lines;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;

/// The lines of a wind-up with what remains in them and why, by the codes of their accounts, after one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn list(
    client: &impl GenericClient,
    book: &Book,
    of: &WindUp,
    after: &str,
    limit: i64,
    wall: Timestamp,
) -> Result<Vec<Line>, Error> {
    let now = book.now(wall);
    let mut found = Vec::new();
    for account in lines::list(client, of.id, after, limit).await? {
        found.push(stand(client, book, of, account, now).await?);
    }
    Ok(found)
}

/// An account as a line at a moment.
pub(super) async fn stand(
    client: &impl GenericClient,
    book: &Book,
    of: &WindUp,
    account: Account,
    now: Timestamp,
) -> Result<Line, Error> {
    let known = if account.balance == 0 { Vec::new() } else { known(client, book, &account).await? };
    Ok(account.stand(of, now, &known))
}

/// What cannot go yet of an account, by its reasons.
async fn known(client: &impl GenericClient, book: &Book, account: &Account) -> Result<Vec<Remains>, Error> {
    let remains = |reason, amount| Remains { amount, reason };
    Ok(match (account.kind, account.of) {
        (LineKind::Fund, Some(Of::Campaign(id))) => vec![
            remains(Reason::Settles, campaigns::unsettled(client, id).await?),
            remains(Reason::SetAside, campaigns::earmarked(client, id).await?),
            remains(Reason::Chargeback, chargebacks::held(client, id).await?),
        ],
        (LineKind::Purse, Some(Of::Challenge(id))) => {
            vec![remains(Reason::Settles, purse_contributions::totals(client, id).await?.captured)]
        }
        (LineKind::Pool, Some(Of::Round(id))) => {
            vec![remains(Reason::Settles, pool_contributions::unsettled(client, id).await?)]
        }
        (LineKind::Refunds, Some(Of::Organisation(id))) => {
            vec![remains(Reason::OnItsWay, lines::refunds_open(client, book.id, id, account.unit.code()).await?)]
        }
        (_, _) => Vec::new(),
    })
}
