//! What members voted. Who votes again adds a vote: the last one counts.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::governance::rules::vote::Choice;
use crate::id::{MemberId, PersonId, ProposalId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use uuid::Uuid;

/// A vote, after those that the member cast before. The caller has locked the proposal.
pub async fn insert(
    tx: &Transaction<'_>,
    (id, member): (ProposalId, MemberId),
    choice: Choice,
    by: PersonId,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- ballots::insert
            INSERT INTO ballot (book_id, proposal_id, member_id, version, choice, cast_by, cast_at)
            SELECT $1, $2, $3, coalesce(max(b.version), 0) + 1, $4, $5, $6
              FROM ballot b WHERE b.book_id = $1 AND b.proposal_id = $2 AND b.member_id = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* proposal_id */ &id.object,
            /* member_id */ &member.object,
            /* choice */ &choice.as_str(),
            /* cast_by */ &by.0,
            /* cast_at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// The last vote of a member.
pub async fn last(
    client: &impl GenericClient,
    id: ProposalId,
    member: MemberId,
) -> Result<Option<(Choice, Timestamp)>, Error> {
    let statement = client
        .prepare_cached(
            "-- ballots::last
            SELECT choice, cast_at FROM ballot WHERE book_id = $1 AND proposal_id = $2 AND member_id = $3
             ORDER BY version DESC LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[/* book_id */ &id.book.0, /* proposal_id */ &id.object, /* member_id */ &member.object],
        )
        .await?;
    row.map(|row| Ok((word(row.get("choice"))?, row.get("cast_at")))).transpose()
}

/// The last vote of each member that cast one.
pub async fn all_last(client: &impl GenericClient, id: ProposalId) -> Result<HashMap<Uuid, Choice>, Error> {
    let statement = client
        .prepare_cached(
            "-- ballots::all_last
            SELECT DISTINCT ON (member_id) member_id, choice FROM ballot WHERE book_id = $1 AND proposal_id = $2
             ORDER BY member_id, version DESC",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* proposal_id */ &id.object]).await?;
    rows.iter().map(|row| Ok((row.get("member_id"), word(row.get("choice"))?))).collect()
}
