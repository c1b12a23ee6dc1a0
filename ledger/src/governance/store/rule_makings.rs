//! How the rules of cooperatives are made.

use crate::cooperatives::rules::cooperative::Percent;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::governance::rules::rule_making::{Needs, RuleMaking};
use crate::id::{BookId, PersonId, ProposalId};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<RuleMaking, Error> {
    let book = BookId(row.get("book_id"));
    let needs = match (row.get::<_, Option<i32>>("quorum"), row.get::<_, Option<&str>>("threshold")) {
        (Some(quorum), Some(threshold)) => {
            let quorum = u64::try_from(quorum).map_err(|_| Error::inconsistent("a negative quorum"))?;
            Some(Needs { quorum: Percent::from_hundredths(quorum), threshold: word(threshold)? })
        }
        _ => None,
    };
    Ok(RuleMaking {
        book,
        version: row.get("version"),
        needs,
        proposal: row.get::<_, Option<Uuid>>("proposal_id").map(|id| ProposalId::new(book, id)),
        set_by: PersonId(row.get("set_by")),
        set_at: row.get("set_at"),
    })
}

/// A new version.
pub async fn insert(tx: &Transaction<'_>, new: &RuleMaking) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- rule_makings::insert
            INSERT INTO rule_making (book_id, version, quorum, threshold, proposal_id, set_by, set_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    let quorum = new.needs.map(|needs| i32::try_from(needs.quorum.hundredths())).transpose();
    let quorum = quorum.map_err(|_| Error::inconsistent("a quorum beyond its bound"))?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.book.0,
            /* version */ &new.version,
            /* quorum */ &quorum,
            /* threshold */ &new.needs.map(|needs| needs.threshold.as_str()),
            /* proposal_id */ &new.proposal.map(|proposal| proposal.object),
            /* set_by */ &new.set_by.0,
            /* set_at */ &new.set_at,
        ],
    )
    .await?;
    Ok(())
}

/// The versions of a book, the last one first, before a version.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<RuleMaking>, Error> {
    let statement = client
        .prepare_cached(
            "-- rule_makings::list
            SELECT * FROM rule_making WHERE book_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// How rules are made now; none where nobody has said it, and keepers do.
pub async fn in_force(client: &impl GenericClient, book: BookId) -> Result<Option<RuleMaking>, Error> {
    Ok(list(client, book, None, 1).await?.pop())
}
