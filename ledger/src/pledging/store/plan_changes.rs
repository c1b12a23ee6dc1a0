//! Changes of plans, and what came of each.

use crate::calendar::Interval;
use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId, PlanChangeId, PledgeId};
use crate::money::{Currency, Money};
use crate::pledging::rules::plan_change::{Consent, Outcome, PlanChange, Terms};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use tokio_postgres::Row;
use uuid::Uuid;

fn change(row: &Row) -> Result<PlanChange, Error> {
    let book = BookId(row.get("book_id"));
    let id = PlanChangeId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("change {id} of a plan: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let terms = |amount: &str, interval: &str| {
        let interval: Interval = row.get::<_, &str>(interval).parse()?;
        let amount = Money::from_minor(row.get(amount), currency).map_err(|_| bad(amount))?;
        Ok::<_, Error>(Terms { amount, interval })
    };
    Ok(PlanChange {
        id,
        pledge: PledgeId::new(book, row.get("pledge")),
        asked_by: OrganisationId(row.get("asked_by")),
        asked_at: row.get("asked_at"),
        reason: row.get("reason"),
        from: terms("from_amount", "from_interval")?,
        to: terms("to_amount", "to_interval")?,
        consent: consent(row).ok_or_else(|| bad("consent"))?,
        end: end(row).map_err(|()| bad("outcome"))?,
    })
}

fn consent(row: &Row) -> Option<Consent> {
    let digest = |column: &str| row.get::<_, Option<&[u8]>>(column)?.try_into().ok();
    match row.get("consent") {
        "not_needed" => Some(Consent::NotNeeded),
        "attested" => Some(Consent::Attested {
            at: row.get::<_, Option<Timestamp>>("consented_at")?,
            shown: digest("shown_sha256")?,
        }),
        "link" => Some(Consent::Link {
            digest: digest("secret_digest")?,
            until: row.get::<_, Option<Timestamp>>("lapses_at")?,
        }),
        _ => None,
    }
}

fn end(row: &Row) -> Result<Option<(Outcome, Timestamp)>, ()> {
    let Some(at) = row.get::<_, Option<Timestamp>>("at") else { return Ok(None) };
    let outcome = match (row.get("outcome"), row.get("terms_from"), row.get("starts_on")) {
        ("applied", Some(first), Some(starts_on)) => Outcome::Applied { first, starts_on },
        ("replaced", None, None::<Date>) => Outcome::Replaced,
        ("withdrawn", None, None) => Outcome::Withdrawn,
        _ => return Err(()),
    };
    Ok(Some((outcome, at)))
}

/// A new change.
pub async fn insert(tx: &Transaction<'_>, new: &PlanChange) -> Result<(), Error> {
    let (consented_at, shown) = match new.consent {
        Consent::Attested { at, shown } => (Some(at), Some(shown)),
        Consent::NotNeeded | Consent::Link { .. } => (None, None),
    };
    let (lapses_at, digest) = match new.consent {
        Consent::Link { digest, until } => (Some(until), Some(digest)),
        Consent::NotNeeded | Consent::Attested { .. } => (None, None),
    };
    let statement = tx
        .prepare_cached(
            "-- plan_changes::insert
            INSERT INTO plan_change (book_id, id, pledge, asked_by, asked_at, reason, currency, from_amount, from_interval,
                                     to_amount, to_interval, consent, consented_at, shown_sha256, lapses_at, secret_digest)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* pledge */ &new.pledge.object,
            /* asked_by */ &new.asked_by.0,
            /* asked_at */ &new.asked_at,
            /* reason */ &new.reason,
            /* currency */ &new.from.amount.currency().code(),
            /* from_amount */ &new.from.amount.minor(),
            /* from_interval */ &new.from.interval.as_str(),
            /* to_amount */ &new.to.amount.minor(),
            /* to_interval */ &new.to.interval.as_str(),
            /* consent */ &new.consent.as_str(),
            /* consented_at */ &consented_at,
            /* shown_sha256 */ &shown.as_ref().map(<[u8; 32]>::as_slice),
            /* lapses_at */ &lapses_at,
            /* secret_digest */ &digest.as_ref().map(<[u8; 32]>::as_slice),
        ],
    )
    .await?;
    Ok(())
}

/// Writes down what came of a change.
pub async fn insert_end(tx: &Transaction<'_>, id: PlanChangeId, outcome: Outcome, at: Timestamp) -> Result<(), Error> {
    let (first, starts_on) = match outcome {
        Outcome::Applied { first, starts_on } => (Some(first), Some(starts_on)),
        Outcome::Replaced | Outcome::Withdrawn => (None, None),
    };
    let statement = tx
        .prepare_cached(
            "-- plan_changes::insert_end
            INSERT INTO plan_change_end (book_id, change, outcome, at, terms_from, starts_on)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* change */ &id.object,
            /* outcome */ &outcome.as_str(),
            /* at */ &at,
            /* terms_from */ &first,
            /* starts_on */ &starts_on,
        ],
    )
    .await?;
    Ok(())
}

/// The change with an id.
pub async fn get(client: &impl GenericClient, id: PlanChangeId) -> Result<PlanChange, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_changes::get
            SELECT c.*, e.outcome, e.at, e.terms_from, e.starts_on
              FROM plan_change c LEFT JOIN plan_change_end e ON e.book_id = c.book_id AND e.change = c.id
             WHERE c.book_id = $1 AND c.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(change).transpose()?.ok_or(Error::NotFound("change of a plan"))
}

/// The changes of a pledge's plan, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    pledge: PledgeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PlanChange>, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_changes::list
            SELECT c.*, e.outcome, e.at, e.terms_from, e.starts_on
              FROM plan_change c LEFT JOIN plan_change_end e ON e.book_id = c.book_id AND e.change = c.id
             WHERE c.book_id = $1 AND c.pledge = $2 AND c.id > $3 ORDER BY c.id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(change).collect()
}

/// The change of a pledge's plan that waits for the donor at a moment, if there is one. Under the lock of the pledge.
pub async fn pending(tx: &Transaction<'_>, pledge: PledgeId, now: Timestamp) -> Result<Option<PlanChangeId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- plan_changes::pending
            SELECT c.id FROM plan_change c
             WHERE c.book_id = $1 AND c.pledge = $2 AND c.lapses_at > $3
               AND NOT EXISTS (SELECT FROM plan_change_end e WHERE e.book_id = c.book_id AND e.change = c.id)
             ORDER BY c.id DESC LIMIT 1",
        )
        .await?;
    let row =
        tx.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* now */ &now]).await?;
    Ok(row.map(|row| PlanChangeId::new(pledge.book, row.get("id"))))
}

/// Whether a change of a pledge's plan was applied that the donor is not told of yet: its mail waits to be sent.
pub async fn is_untold(client: &impl GenericClient, pledge: PledgeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_changes::is_untold
            SELECT EXISTS (SELECT FROM plan_change c
                             JOIN job j ON j.book_id = c.book_id AND j.kind = 'send_plan_change' AND j.dedupe = c.id::text
                            WHERE c.book_id = $1 AND c.pledge = $2 AND j.finished_at IS NULL AND j.dead_at IS NULL)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    Ok(row.get(0))
}

/// Those of these pledges of whose changed plan the donor is not told yet.
pub async fn untold_among(client: &impl GenericClient, book: BookId, pledges: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_changes::untold_among
            SELECT DISTINCT c.pledge FROM plan_change c
              JOIN job j ON j.book_id = c.book_id AND j.kind = 'send_plan_change' AND j.dedupe = c.id::text
             WHERE c.book_id = $1 AND c.pledge = ANY ($2) AND j.finished_at IS NULL AND j.dead_at IS NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* pledge */ &pledges]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What mails and pages about a change say besides.
#[derive(Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The donor.
    pub donor: DonorId,
    /// The donor's address; empty when not given or erased.
    pub email: String,
    /// The donor's name; empty when not given or erased.
    pub name: String,
    /// Name of the campaign to which the next charges go.
    pub campaign_title: String,
}

/// The campaign alone, so that no log can print a person.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a donor of {}", self.campaign_title)
    }
}

/// What mails and pages say about a pledge besides its terms.
pub async fn surroundings(client: &impl GenericClient, pledge: PledgeId) -> Result<Surroundings, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_changes::surroundings
            SELECT d.id AS donor, d.email, d.name, k.title
              FROM pledge p
              JOIN donor d ON d.book_id = p.book_id AND d.id = p.donor
              JOIN campaign k ON k.book_id = p.book_id AND k.id = p.campaign
             WHERE p.book_id = $1 AND p.id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* id */ &pledge.object]).await?;
    let row = row.ok_or(Error::NotFound("pledge"))?;
    Ok(Surroundings {
        donor: DonorId { book: pledge.book, object: row.get("donor") },
        email: row.get("email"),
        name: row.get("name"),
        campaign_title: row.get("title"),
    })
}
