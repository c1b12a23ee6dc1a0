//! Plans that move to another partner or rail.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PlanMoveId, PledgeId};
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::plan_change::{CONSENT_DAYS, Consent};
use crate::pledging::rules::plan_move::{Collector, MoveState, PlanMove};
use crate::pledging::rules::pledge::{Pledge, Rail, Token};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn plan_move(row: &Row) -> Result<PlanMove, Error> {
    let book = BookId(row.get("book_id"));
    let id = PlanMoveId::new(book, row.get("id"));
    let asked_at: Timestamp = row.get("asked_at");
    let side = |partner: &str, rail: &str, method: &str| {
        Ok::<_, Error>(Collector {
            partner: OrganisationId(row.get(partner)),
            rail: word(row.get(rail))?,
            method: word(row.get(method))?,
        })
    };
    let consent = consent(row, asked_at);
    let ended: &str = row.get("ended_by");
    let ended = if ended.is_empty() { None } else { Some((word(ended)?, row.get("ended_note"))) };
    Ok(PlanMove {
        id,
        pledge: PledgeId::new(book, row.get("pledge")),
        from: side("from_partner", "from_rail", "from_method")?,
        to: side("to_partner", "to_rail", "to_method")?,
        from_reference: row.get("from_reference"),
        to_reference: row.get("to_reference"),
        from_token: Token(row.get("from_token")),
        token: Token(row.get("token")),
        asked_by: OrganisationId(row.get("asked_by")),
        asked_at,
        reason: row.get("reason"),
        consent: consent.ok_or_else(|| Error::inconsistent(format!("move {id}: consent")))?,
        consented_at: row.get("consented_at"),
        state: word(row.get("state"))?,
        since: row.get("state_since"),
        until: row.get("waits_until"),
        ended,
        first_on: row.get("first_on"),
        pledge_version: row.get("pledge_version"),
        version: row.get("version"),
    })
}

fn consent(row: &Row, asked_at: Timestamp) -> Option<Consent> {
    let digest = |column: &str| row.get::<_, Option<&[u8]>>(column)?.try_into().ok();
    match row.get("consent") {
        "attested" => Some(Consent::Attested {
            at: row.get::<_, Option<Timestamp>>("consented_at").unwrap_or(asked_at),
            shown: digest("shown_sha256")?,
        }),
        "link" => Some(Consent::Link {
            digest: digest("secret_digest")?,
            until: crate::calendar::later(asked_at, CONSENT_DAYS),
        }),
        _ => None,
    }
}

/// A new move, asked for.
pub async fn insert(tx: &Transaction<'_>, new: &PlanMove) -> Result<(), Error> {
    let (shown, digest) = match new.consent {
        Consent::Attested { shown, .. } => (Some(shown), None),
        Consent::Link { digest, .. } => (None, Some(digest)),
        Consent::NotNeeded => (None, None),
    };
    let statement = tx
        .prepare_cached(
            "-- plan_moves::insert
            INSERT INTO plan_move (book_id, id, pledge, from_partner, to_partner, from_rail, to_rail, from_method, to_method,
                                   from_reference, to_reference, from_token, token, asked_by, asked_at, state_since,
                                   waits_until, state, consent, reason, shown_sha256, secret_digest)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* pledge */ &new.pledge.object,
            /* from_partner */ &new.from.partner.0,
            /* to_partner */ &new.to.partner.0,
            /* from_rail */ &new.from.rail.as_str(),
            /* to_rail */ &new.to.rail.as_str(),
            /* from_method */ &new.from.method.as_str(),
            /* to_method */ &new.to.method.as_str(),
            /* from_reference */ &new.from_reference,
            /* to_reference */ &new.to_reference,
            /* from_token */ &new.from_token.0,
            /* token */ &new.token.0,
            /* asked_by */ &new.asked_by.0,
            /* asked_at */ &new.asked_at,
            /* state_since */ &new.since,
            /* waits_until */ &new.until,
            /* state */ &new.state.as_str(),
            /* consent */ &new.consent.as_str(),
            /* reason */ &new.reason,
            /* shown_sha256 */ &shown.as_ref().map(<[u8; 32]>::as_slice),
            /* secret_digest */ &digest.as_ref().map(<[u8; 32]>::as_slice),
        ],
    )
    .await?;
    Ok(())
}

/// Writes how a move stands now; its version rises. What comes back is the move as written.
pub async fn update(tx: &Transaction<'_>, changed: &PlanMove) -> Result<PlanMove, Error> {
    let statement = tx
        .prepare_cached(
            "-- plan_moves::update
            UPDATE plan_move SET state = $3, state_since = $4, waits_until = $5, consented_at = $6, ended_by = $7,
                                 ended_note = $8, from_token = $9, first_on = $10, pledge_version = $11,
                                 version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (ended_by, note) = match &changed.ended {
        Some((by, note)) => (by.as_str(), note.as_str()),
        None => ("", ""),
    };
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* state_since */ &changed.since,
                /* waits_until */ &changed.until,
                /* consented_at */ &changed.consented_at,
                /* ended_by */ &ended_by,
                /* ended_note */ &note,
                /* from_token */ &changed.from_token.0,
                /* first_on */ &changed.first_on,
                /* pledge_version */ &changed.pledge_version,
            ],
        )
        .await?;
    plan_move(&row)
}

/// The pledge is collected in the new way; its version rises. The move must be active already, for the version before.
pub async fn update_pledge(tx: &Transaction<'_>, moved: &PlanMove) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- plan_moves::update_pledge
            UPDATE pledge SET partner = $3, rail = $4, method = $5, token = $6, reference = $7, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &moved.pledge.book.0,
            /* id */ &moved.pledge.object,
            /* partner */ &moved.to.partner.0,
            /* rail */ &moved.to.rail.as_str(),
            /* method */ &moved.to.method.as_str(),
            /* token */ &moved.token.0,
            /* reference */ &moved.to_reference,
        ],
    )
    .await?;
    Ok(())
}

/// The move with an id.
pub async fn get(client: &impl GenericClient, id: PlanMoveId) -> Result<PlanMove, Error> {
    let statement =
        client.prepare_cached("-- plan_moves::get\nSELECT * FROM plan_move WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(plan_move).transpose()?.ok_or(Error::NotFound("move of a plan"))
}

/// The moves of a pledge's plan, all or those from and to one partner, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    pledge: PledgeId,
    only: Option<OrganisationId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PlanMove>, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_moves::list
            SELECT * FROM plan_move
             WHERE book_id = $1 AND pledge = $2 AND id > $3 AND ($4::uuid IS NULL OR $4 IN (from_partner, to_partner))
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* after */ &after,
                /* only */ &only.map(|only| only.0),
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(plan_move).collect()
}

/// The move of a pledge's plan that is asked for or consented to, as it was last written; none when there is none.
pub async fn open(client: &impl GenericClient, pledge: PledgeId) -> Result<Option<PlanMove>, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_moves::open
            SELECT * FROM plan_move WHERE book_id = $1 AND pledge = $2 AND state IN ('asked', 'consented')",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    row.as_ref().map(plan_move).transpose()
}

/// Whether a partner has collected a pledge before it moved away; with a rail, on that rail.
pub async fn collected_before(
    client: &impl GenericClient,
    pledge: PledgeId,
    partner: OrganisationId,
    rail: Option<Rail>,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_moves::collected_before
            SELECT EXISTS (SELECT FROM plan_move
                            WHERE book_id = $1 AND pledge = $2 AND state = $3 AND from_partner = $4
                              AND ($5::text IS NULL OR from_rail = $5))",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &pledge.book.0,
                /* pledge */ &pledge.object,
                /* state */ &MoveState::Active.as_str(),
                /* partner */ &partner.0,
                /* rail */ &rail.map(Rail::as_str),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The provider's token of the means by which a charge is taken: its pledge's, or what that had before it moved away from who
/// collects this charge.
pub async fn token_of(client: &impl GenericClient, pledge: &Pledge, charge: &Charge) -> Result<Token, Error> {
    if charge.is_collected_as(pledge) {
        return Ok(pledge.token.clone());
    }
    let statement = client
        .prepare_cached(
            "-- plan_moves::token_of
            SELECT from_token FROM plan_move
             WHERE book_id = $1 AND pledge = $2 AND state = $3 AND from_partner = $4 AND from_rail = $5
             ORDER BY id DESC LIMIT 1",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &pledge.id.book.0,
                /* pledge */ &pledge.id.object,
                /* state */ &MoveState::Active.as_str(),
                /* partner */ &charge.partner.0,
                /* rail */ &charge.rail.as_str(),
            ],
        )
        .await?;
    Ok(row.map_or_else(|| pledge.token.clone(), |row| Token(row.get(0))))
}

/// Whether a partner has asked for a pledge, has collected it, or was to, by a move of its plan.
pub async fn concerns(client: &impl GenericClient, pledge: PledgeId, partner: OrganisationId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_moves::concerns
            SELECT EXISTS (SELECT FROM plan_move WHERE book_id = $1 AND pledge = $2 AND $3 IN (from_partner, to_partner))",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* partner */ &partner.0])
        .await?;
    Ok(row.get(0))
}

/// The last move of a pledge's plan; none when it never was to move.
pub async fn last(client: &impl GenericClient, pledge: PledgeId) -> Result<Option<PlanMove>, Error> {
    let statement = client
        .prepare_cached(
            "-- plan_moves::last
            SELECT * FROM plan_move WHERE book_id = $1 AND pledge = $2 ORDER BY id DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    row.as_ref().map(plan_move).transpose()
}
