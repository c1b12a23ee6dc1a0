//! Chargebacks, who bears them, and what of pledges they hold.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BookId, CampaignId, ChargeId, ChargebackId, OrganisationId, PledgeId};
use crate::pledging::rules::chargeback::{Bearer, Chargeback, Paid, Part};
use crate::pledging::rules::fee::Payee;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;
use uuid::Uuid;

fn chargeback(row: &Row) -> Result<Chargeback, Error> {
    let book = BookId(row.get("book_id"));
    Ok(Chargeback {
        id: ChargebackId::new(book, row.get("id")),
        charge: ChargeId::new(book, row.get("charge")),
        pledge: PledgeId::new(book, row.get("pledge")),
        campaign: CampaignId::new(book, row.get("campaign")),
        partner: OrganisationId(row.get("partner")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        fee: row.get("fee"),
        reason: row.get("reason"),
        event_id: row.get("event_id"),
        reported_on: row.get("reported_on"),
        evidence_until: row.get("evidence_until"),
        until: row.get("until"),
        state: word(row.get("state"))?,
        decided_at: row.get("decided_at"),
        opened_entry: row.get("opened_entry"),
        closed_entry: row.get("closed_entry"),
        held_from: row.get("held_from"),
        held_until: row.get("held_until"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

/// A new chargeback. The charge says so too after it ([`tell_charge`]).
pub async fn insert(tx: &Transaction<'_>, new: &Chargeback) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- chargebacks::insert
            INSERT INTO chargeback (book_id, id, charge, pledge, campaign, partner, amount, currency, fee, reason, event_id,
                                    reported_on, evidence_until, until, held_from, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* charge */ &new.charge.object,
            /* pledge */ &new.pledge.object,
            /* campaign */ &new.campaign.object,
            /* partner */ &new.partner.0,
            /* amount */ &new.amount.minor(),
            /* currency */ &new.amount.currency().code(),
            /* fee */ &new.fee,
            /* reason */ &new.reason,
            /* event_id */ &new.event_id,
            /* reported_on */ &new.reported_on,
            /* evidence_until */ &new.evidence_until,
            /* until */ &new.until,
            /* held_from */ &new.held_from,
            /* created_at */ &new.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what may change of a chargeback; its version rises. What comes back is the chargeback as written.
pub async fn update(tx: &Transaction<'_>, changed: &Chargeback) -> Result<Chargeback, Error> {
    let statement = tx
        .prepare_cached(
            "-- chargebacks::update
            UPDATE chargeback SET state = $3, decided_at = $4, opened_entry = $5, closed_entry = $6, held_until = $7,
                                  version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* decided_at */ &changed.decided_at,
                /* opened_entry */ &changed.opened_entry,
                /* closed_entry */ &changed.closed_entry,
                /* held_until */ &changed.held_until,
            ],
        )
        .await?;
    chargeback(&row)
}

/// Writes into a charge what its chargebacks say; its version rises.
pub async fn tell_charge(tx: &Transaction<'_>, charge: ChargeId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- chargebacks::tell_charge
            UPDATE charge SET disputed = told.disputed, lost = told.lost, version = version + 1
              FROM (SELECT coalesce(sum(amount), 0)::bigint AS disputed,
                           coalesce(sum(amount) FILTER (WHERE state <> 'open'), 0)::bigint AS lost
                      FROM chargeback WHERE book_id = $1 AND charge = $2 AND state <> 'won') AS told
             WHERE charge.book_id = $1 AND charge.id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &charge.book.0, /* charge */ &charge.object]).await?;
    Ok(())
}

/// The chargeback with an id.
pub async fn get(client: &impl GenericClient, id: ChargebackId) -> Result<Chargeback, Error> {
    let statement =
        client.prepare_cached("-- chargebacks::get\nSELECT * FROM chargeback WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(chargeback).transpose()?.ok_or(Error::NotFound("chargeback"))
}

/// Locks the chargeback until the transaction ends; after its pledge and its charge.
pub async fn lock(tx: &Transaction<'_>, id: ChargebackId) -> Result<Chargeback, Error> {
    let statement = tx
        .prepare_cached(
            "-- chargebacks::lock\nSELECT * FROM chargeback WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(chargeback).transpose()?.ok_or(Error::NotFound("chargeback"))
}

/// The chargeback that a partner reported in this event, if there is one.
pub async fn find_by_event(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    event_id: &str,
) -> Result<Option<Chargeback>, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::find_by_event
            SELECT * FROM chargeback WHERE book_id = $1 AND partner = $2 AND event_id = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0, /* event_id */ &event_id])
        .await?;
    row.as_ref().map(chargeback).transpose()
}

/// The chargebacks of a charge, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    charge: ChargeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Chargeback>, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::list
            SELECT * FROM chargeback WHERE book_id = $1 AND charge = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &charge.book.0,
                /* charge */ &charge.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(chargeback).collect()
}

/// Those of a book that wait for money: not posted yet, or not borne. The oldest first.
pub async fn list_waiting(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<ChargebackId>, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::list_waiting
            SELECT id FROM chargeback
             WHERE book_id = $1 AND (state = 'lost_unborne' OR state = 'open' AND opened_entry = 0)
             ORDER BY id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| ChargebackId::new(book, row.get("id"))).collect())
}

/// Writes down who bears a lost chargeback, in the order given.
pub async fn insert_parts(tx: &Transaction<'_>, id: ChargebackId, parts: &[Part]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- chargebacks::insert_parts
            INSERT INTO chargeback_part (book_id, chargeback, number, bearer, campaign, team, amount)
            SELECT $1, $2, number, bearer, campaign, team, amount
              FROM unnest($3::int[], $4::text[], $5::uuid[], $6::uuid[], $7::bigint[])
                AS part (number, bearer, campaign, team, amount)",
        )
        .await?;
    let numbers: Vec<i32> = parts.iter().zip(1..).map(|(_, number)| number).collect();
    let bearers: Vec<&str> = parts.iter().map(|part| part.bearer.as_str()).collect();
    let amounts: Vec<i64> = parts.iter().map(|part| part.amount).collect();
    let campaign = |part: &Part| match part.bearer {
        Bearer::Fund(campaign) => Some(campaign.object),
        Bearer::TeamPayable(_) | Bearer::TeamReceivable(_) | Bearer::Fee(_) | Bearer::RiskReserve => None,
    };
    let team = |part: &Part| match part.bearer {
        Bearer::TeamPayable(team) | Bearer::TeamReceivable(team) => Some(team.0),
        Bearer::Fund(_) | Bearer::Fee(_) | Bearer::RiskReserve => None,
    };
    let campaigns: Vec<Option<Uuid>> = parts.iter().map(campaign).collect();
    let teams: Vec<Option<Uuid>> = parts.iter().map(team).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* chargeback */ &id.object, /* numbers */ &numbers,
            /* bearers */ &bearers, /* campaigns */ &campaigns, /* teams */ &teams,
            /* amounts */ &amounts,
        ],
    )
    .await?;
    Ok(())
}

/// Who bears a lost chargeback, in the order of the policy; a thousand at most.
pub async fn list_parts(client: &impl GenericClient, id: ChargebackId) -> Result<Vec<Part>, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::list_parts
            SELECT bearer, campaign, team, amount FROM chargeback_part
             WHERE book_id = $1 AND chargeback = $2 ORDER BY number LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* chargeback */ &id.object]).await?;
    rows.iter().map(|row| part(id.book, row)).collect()
}

fn part(book: BookId, row: &Row) -> Result<Part, Error> {
    let campaign: Option<Uuid> = row.get("campaign");
    let team: Option<Uuid> = row.get("team");
    let bearer = match (row.get("bearer"), campaign, team) {
        ("fund", Some(campaign), None) => Bearer::Fund(CampaignId::new(book, campaign)),
        ("team_payable", None, Some(team)) => Bearer::TeamPayable(OrganisationId(team)),
        ("team_receivable", None, Some(team)) => Bearer::TeamReceivable(OrganisationId(team)),
        ("risk_reserve", None, None) => Bearer::RiskReserve,
        ("host_fee", None, None) => Bearer::Fee(Payee::Host),
        ("platform_fee", None, None) => Bearer::Fee(Payee::Platform),
        (other, ..) => return Err(Error::inconsistent(format!("a bearer of a chargeback is {other}"))),
    };
    Ok(Part { bearer, amount: row.get("amount") })
}

/// What teams got of a pledge's own layers by releases and did not give back, less what they have borne of its lost chargebacks, by team; minor units.
/// What the book owes to them is not looked at here.
pub async fn paid_of(client: &impl GenericClient, pledge: PledgeId, limit: i64) -> Result<Vec<Paid>, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::paid_of
            SELECT g.team, (g.got - coalesce(b.borne, 0))::bigint AS got
              FROM (SELECT r.team, sum(u.amount - coalesce((SELECT sum(k.amount) FROM fund_return k
                                                             WHERE k.book_id = u.book_id AND k.fund = u.fund
                                                               AND k.used_by = u.entry AND k.layer = u.layer), 0)) AS got
                      FROM fund_layer l
                      JOIN fund_use u ON u.book_id = l.book_id AND u.fund = l.fund AND u.layer = l.number
                      JOIN release r ON r.book_id = u.book_id AND r.entry_number = u.entry
                     WHERE l.book_id = $1 AND l.pledge = $2 GROUP BY r.team) AS g
              LEFT JOIN (SELECT p.team, sum(p.amount) AS borne
                           FROM chargeback c
                           JOIN chargeback_part p ON p.book_id = c.book_id AND p.chargeback = c.id
                          WHERE c.book_id = $1 AND c.pledge = $2 AND p.team IS NOT NULL GROUP BY p.team) AS b
                ON b.team = g.team
             WHERE g.got > coalesce(b.borne, 0) ORDER BY g.team LIMIT $3",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object, /* limit */ &limit])
        .await?;
    let paid = |row: &Row| Paid { team: OrganisationId(row.get("team")), got: row.get("got"), unpaid: 0 };
    Ok(rows.iter().map(paid).collect())
}

/// Whether a chargeback that is not over holds the money of a pledge.
pub async fn holds(client: &impl GenericClient, pledge: PledgeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::holds
            SELECT EXISTS (SELECT FROM chargeback
                            WHERE book_id = $1 AND pledge = $2 AND state IN ('open', 'lost_unborne'))",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    Ok(row.get(0))
}

/// What of a campaign's fund is held, minor units: what is left of the layers of pledges with a chargeback that is not over.
pub async fn held(client: &impl GenericClient, campaign: CampaignId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::held
            SELECT coalesce(sum(l.remaining), 0)::bigint
              FROM (SELECT DISTINCT pledge FROM chargeback
                     WHERE book_id = $1 AND state IN ('open', 'lost_unborne')) AS h
              JOIN fund_layer l ON l.book_id = $1 AND l.pledge = h.pledge
              JOIN campaign c ON c.book_id = $1 AND c.fund = l.fund
             WHERE c.id = $2",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object]).await?;
    Ok(row.get(0))
}

/// Whether a campaign's fund has, or had, money of a pledge with a chargeback that was not won.
pub async fn any_of_fund(client: &impl GenericClient, campaign: CampaignId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- chargebacks::any_of_fund
            SELECT EXISTS (SELECT FROM campaign c
                             JOIN fund_layer l ON l.book_id = c.book_id AND l.fund = c.fund
                             JOIN chargeback b ON b.book_id = l.book_id AND b.pledge = l.pledge AND b.state <> 'won'
                            WHERE c.book_id = $1 AND c.id = $2)",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign */ &campaign.object]).await?;
    Ok(row.get(0))
}
