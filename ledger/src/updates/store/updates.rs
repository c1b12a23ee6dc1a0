//! Updates, the newest first.

use crate::error::Error;
use crate::id::{BookId, CampaignId, ChallengeId, MilestoneId, OrganisationId, PersonId, UpdateId};
use crate::updates::rules::update::{About, Update, Withdrawn};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<Update, Error> {
    let book = BookId(row.get("book_id"));
    let of = |column: &str| row.get::<_, Option<Uuid>>(column);
    let about = match (of("campaign"), of("challenge"), of("milestone")) {
        (Some(id), None, None) => About::Campaign(CampaignId::new(book, id)),
        (None, Some(id), None) => About::Challenge(ChallengeId::new(book, id)),
        (None, None, Some(id)) => About::Milestone(MilestoneId::new(book, id)),
        (Some(_) | None, Some(_) | None, Some(_) | None) => {
            return Err(Error::inconsistent("an update that is not about one thing".to_owned()));
        }
    };
    let withdrawn = match (of("withdrawn_by"), row.get("withdrawn_at"), row.get("reason")) {
        (Some(by), Some(at), Some(reason)) => Some(Withdrawn { by: PersonId(by), at, reason }),
        (Some(_) | None, Some(_) | None, Some(_) | None) => None,
    };
    Ok(Update {
        id: UpdateId::new(book, row.get("id")),
        about,
        organisation: OrganisationId(row.get("organisation")),
        organisation_name: row.get("organisation_name"),
        by: PersonId(row.get("written_by")),
        at: row.get("written_at"),
        title: row.get("title"),
        body: row.get("body"),
        withdrawn,
    })
}

/// The columns of what an update is about.
fn columns(about: About) -> (Option<Uuid>, Option<Uuid>, Option<Uuid>) {
    match about {
        About::Campaign(id) => (Some(id.object), None, None),
        About::Challenge(id) => (None, Some(id.object), None),
        About::Milestone(id) => (None, None, Some(id.object)),
    }
}

/// A new update.
pub async fn insert(tx: &Transaction<'_>, new: &Update) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- updates::insert
            INSERT INTO update_note (book_id, id, campaign, challenge, milestone, organisation, written_by, written_at, title, body)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .await?;
    let (campaign, challenge, milestone) = columns(new.about);
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* campaign */ &campaign,
            /* challenge */ &challenge,
            /* milestone */ &milestone,
            /* organisation */ &new.organisation.0,
            /* written_by */ &new.by.0,
            /* written_at */ &new.at,
            /* title */ &new.title,
            /* body */ &new.body,
        ],
    )
    .await?;
    Ok(())
}

/// How many updates about a thing were written after a moment; those that were withdrawn too.
pub async fn count_since(client: &impl GenericClient, about: About, since: Timestamp) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- updates::count_since
            SELECT count(*) FROM update_note
             WHERE book_id = $1 AND (campaign = $2 OR challenge = $3 OR milestone = $4) AND written_at > $5",
        )
        .await?;
    let (campaign, challenge, milestone) = columns(about);
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &about.book().0,
                /* campaign */ &campaign,
                /* challenge */ &challenge,
                /* milestone */ &milestone,
                /* since */ &since,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The update with this id.
pub async fn get(client: &impl GenericClient, id: UpdateId) -> Result<Update, Error> {
    let statement = client
        .prepare_cached(
            "-- updates::get
            SELECT u.*, o.name AS organisation_name FROM update_note u JOIN organisation o ON o.id = u.organisation
             WHERE u.book_id = $1 AND u.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("update"))
}

/// The updates about a thing, the newest first, before an id; those about a campaign with those about its milestones where
/// that is asked for.
pub async fn list(
    client: &impl GenericClient,
    about: About,
    with_milestones: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Update>, Error> {
    let statement = client
        .prepare_cached(
            "-- updates::list
            SELECT u.*, o.name AS organisation_name FROM update_note u JOIN organisation o ON o.id = u.organisation
             WHERE u.book_id = $1 AND u.id < $5
               AND (u.campaign = $2 OR u.challenge = $3 OR u.milestone = $4
                    OR $7 AND u.milestone IN (SELECT m.id FROM milestone m WHERE m.book_id = $1 AND m.campaign_id = $2))
             ORDER BY u.id DESC LIMIT $6",
        )
        .await?;
    let (campaign, challenge, milestone) = columns(about);
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &about.book().0,
                /* campaign */ &campaign,
                /* challenge */ &challenge,
                /* milestone */ &milestone,
                /* before */ &before.unwrap_or(Uuid::max()),
                /* limit */ &limit,
                /* with_milestones */ &with_milestones,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Writes down that an update was withdrawn; says whether it stood until then.
pub async fn withdraw(tx: &Transaction<'_>, id: UpdateId, withdrawn: &Withdrawn) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- updates::withdraw
            UPDATE update_note SET withdrawn_by = $3, withdrawn_at = $4, reason = $5
             WHERE book_id = $1 AND id = $2 AND withdrawn_at IS NULL",
        )
        .await?;
    let changed = tx
        .execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* withdrawn_by */ &withdrawn.by.0,
                /* withdrawn_at */ &withdrawn.at,
                /* reason */ &withdrawn.reason,
            ],
        )
        .await?;
    Ok(changed == 1)
}
