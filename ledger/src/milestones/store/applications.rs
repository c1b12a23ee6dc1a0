//! Applications of teams for calls.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, MilestoneApplicationId, MilestoneCallId, OrganisationId, PersonId};
use crate::milestones::rules::application::{Application, ApplicationEnd, ApplicationState, Closeness};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Application, Error> {
    let book = BookId(row.get("book_id"));
    let by = row.get::<_, Option<Uuid>>("ended_by").map(PersonId);
    let end = match (word(row.get("state"))?, by, row.get::<_, Option<String>>("reason")) {
        (ApplicationState::Submitted, None, None) => None,
        (ApplicationState::Accepted, Some(by), None) => Some(ApplicationEnd::Accepted { by }),
        (ApplicationState::Declined, Some(by), Some(reason)) => Some(ApplicationEnd::Declined { by, reason }),
        (ApplicationState::Withdrawn, Some(by), None) => Some(ApplicationEnd::Withdrawn { by }),
        (ApplicationState::Lapsed, None, None) => Some(ApplicationEnd::Lapsed),
        (
            state @ (ApplicationState::Submitted
            | ApplicationState::Accepted
            | ApplicationState::Declined
            | ApplicationState::Withdrawn
            | ApplicationState::Lapsed),
            ..,
        ) => {
            return Err(Error::inconsistent(format!("an application that is {state} and lacks what belongs to it")));
        }
    };
    Ok(Application {
        id: MilestoneApplicationId::new(book, row.get("id")),
        call: MilestoneCallId::new(book, row.get("call")),
        team: OrganisationId(row.get("team")),
        team_name: row.get("team_name"),
        applied_by: PersonId(row.get("applied_by")),
        text: row.get("text"),
        submitted_at: row.get("submitted_at"),
        ended: end.zip(row.get("ended_at")),
    })
}

/// A new application, which waits.
pub async fn insert(tx: &Transaction<'_>, new: &Application) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- applications::insert
            INSERT INTO milestone_application (book_id, id, call, team, applied_by, submitted_at, text)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* call */ &new.call.object,
            /* team */ &new.team.0,
            /* applied_by */ &new.applied_by.0,
            /* submitted_at */ &new.submitted_at,
            /* text */ &new.text,
        ],
    )
    .await?;
    Ok(())
}

/// The application with this id.
pub async fn get(client: &impl GenericClient, id: MilestoneApplicationId) -> Result<Application, Error> {
    let statement = client
        .prepare_cached(
            "-- applications::get
            SELECT a.*, o.name AS team_name FROM milestone_application a JOIN organisation o ON o.id = a.team
             WHERE a.book_id = $1 AND a.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("application"))
}

/// The applications for a call, the oldest first, after an id: all, or those of the teams that a person belongs to.
pub async fn list(
    client: &impl GenericClient,
    call: MilestoneCallId,
    of: Option<PersonId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Application>, Error> {
    let statement = client
        .prepare_cached(
            "-- applications::list
            SELECT a.*, o.name AS team_name FROM milestone_application a JOIN organisation o ON o.id = a.team
             WHERE a.book_id = $1 AND a.call = $2 AND a.id > $4
               AND ($3::uuid IS NULL OR a.team IN (SELECT organisation FROM membership WHERE person = $3))
             ORDER BY a.id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &call.book.0,
                /* call */ &call.object,
                /* person */ &of.map(|of| of.0),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// How many applications a call has; those that were taken back do not count.
pub async fn count(client: &impl GenericClient, call: MilestoneCallId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- applications::count
            SELECT count(*) FROM milestone_application WHERE book_id = $1 AND call = $2 AND state <> 'withdrawn'",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &call.book.0, /* call */ &call.object]).await?;
    Ok(row.get(0))
}

/// How often a team has applied for a call, and whether one of its applications waits.
pub async fn count_of_team(
    client: &impl GenericClient,
    call: MilestoneCallId,
    team: OrganisationId,
) -> Result<(i64, bool), Error> {
    let statement = client
        .prepare_cached(
            "-- applications::count_of_team
            SELECT count(*), coalesce(bool_or(state = 'submitted'), false)
              FROM milestone_application WHERE book_id = $1 AND call = $2 AND team = $3",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &call.book.0, /* call */ &call.object, /* team */ &team.0])
        .await?;
    Ok((row.get(0), row.get(1)))
}

/// What a person has to do with the teams whose applications for a call wait.
pub async fn closeness(
    client: &impl GenericClient,
    call: MilestoneCallId,
    person: PersonId,
) -> Result<Closeness, Error> {
    let statement = client
        .prepare_cached(
            "-- applications::closeness
            SELECT coalesce(bool_or(EXISTS (SELECT FROM membership m WHERE m.organisation = a.team AND m.person = $3)), false),
                   coalesce(bool_or(EXISTS (SELECT FROM declared_tie t WHERE t.book_id = a.book_id AND t.organisation = a.team
                                               AND t.person = $3)), false)
              FROM milestone_application a WHERE a.book_id = $1 AND a.call = $2 AND a.state = 'submitted'",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &call.book.0, /* call */ &call.object, /* person */ &person.0])
        .await?;
    Ok(Closeness { is_member: row.get(0), is_tied: row.get(1) })
}

/// Ends one application that waits, or all that wait for a call, and answers which. The caller has locked the call.
pub async fn end(
    tx: &Transaction<'_>,
    call: MilestoneCallId,
    one: Option<MilestoneApplicationId>,
    end: &ApplicationEnd,
    at: Timestamp,
) -> Result<Vec<MilestoneApplicationId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- applications::end
            UPDATE milestone_application
               SET state = $4, ended_by = $5, reason = $6, ended_at = greatest($7, submitted_at), version = version + 1
             WHERE book_id = $1 AND call = $2 AND ($3::uuid IS NULL OR id = $3) AND state = 'submitted'
            RETURNING id",
        )
        .await?;
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &call.book.0,
                /* call */ &call.object,
                /* id */ &one.map(|one| one.object),
                /* state */ &end.state().as_str(),
                /* ended_by */ &end.by().map(|by| by.0),
                /* reason */ &end.reason(),
                /* ended_at */ &at,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| MilestoneApplicationId::new(call.book, row.get("id"))).collect())
}
