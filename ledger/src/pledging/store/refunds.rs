//! Refunds of charges.

use crate::book::AccountNumber;
use crate::engine::store::rows::word;
use crate::error::{Error, Refusal};
use crate::id::{BookId, CampaignId, ChargeId, OrganisationId, PledgeId, RefundId};
use crate::money::{Currency, Money};
use crate::pledging::rules::conversion::GivenBack;
use crate::pledging::rules::refund::{FeePart, Refund, State};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn refund(row: &Row) -> Result<Refund, Error> {
    let book = BookId(row.get("book_id"));
    let id = RefundId::new(book, row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("refund {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let money = |column: &str| Money::from_minor(row.get(column), currency).map_err(|_| bad(column));
    let Json(fees) = row.try_get::<_, Json<Vec<FeePart>>>("fees")?;
    let until: Option<Timestamp> = row.get("waits_until");
    let provider_reference: Option<String> = row.get("provider_reference");
    Ok(Refund {
        id,
        charge: ChargeId::new(book, row.get("charge")),
        partner: OrganisationId(row.get("partner")),
        amount: money("amount")?,
        sent: money("sent")?,
        original: given_back(row)?,
        settled_amount: row
            .get::<_, Option<i64>>("settled_amount")
            .map(|minor| Money::from_minor(minor, currency))
            .transpose()
            .map_err(|_| bad("settled_amount"))?,
        fees,
        rail: row.get::<_, &str>("rail").parse()?,
        of_cash: row.get("of_cash"),
        reason: row.get("reason"),
        reference: row.get("reference"),
        state: match (row.get("state"), until, provider_reference) {
            ("requested", Some(until), None) => State::Requested { until },
            ("sent", Some(until), Some(provider_reference)) => State::Sent { until, provider_reference },
            ("settled", None, Some(provider_reference)) => State::Settled { provider_reference },
            ("failed", None, None) => State::Failed { code: row.get("failure") },
            _ => return Err(bad("state")),
        },
        entry: row.get("entry"),
        end_entry: row.get("end_entry"),
        version: row.get("version"),
        requested_at: row.get("requested_at"),
    })
}

fn given_back(row: &Row) -> Result<Option<GivenBack>, Error> {
    let Some(code) = row.get::<_, Option<&str>>("original_currency") else { return Ok(None) };
    Ok(Some(GivenBack { minor: row.get("original_amount"), currency: word(code)? }))
}

/// A new refund, requested.
pub async fn insert(tx: &Transaction<'_>, new: &Refund) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- refunds::insert
            INSERT INTO refund (book_id, id, charge, partner, amount, sent, fees, currency, rail, of_cash, reason, reference,
                                state, waits_until, entry, requested_at, original_amount, original_currency)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* charge */ &new.charge.object,
            /* partner */ &new.partner.0,
            /* amount */ &new.amount.minor(),
            /* sent */ &new.sent.minor(),
            /* fees */ &Json(&new.fees),
            /* currency */ &new.currency().code(),
            /* rail */ &new.rail.as_str(),
            /* of_cash */ &new.of_cash,
            /* reason */ &new.reason,
            /* reference */ &new.reference,
            /* state */ &new.state.as_str(),
            /* waits_until */ &new.state.until(),
            /* entry */ &new.entry,
            /* requested_at */ &new.requested_at,
            /* original_amount */ &new.original.map(|back| back.minor),
            /* original_currency */ &new.original.map(|back| back.currency.code()),
        ],
    )
    .await?;
    Ok(())
}

/// Writes the state of a refund; its version rises.
///
/// # Errors
///
/// `reference-taken` when another refund of the partner has its provider reference: one outside payment is one refund.
pub async fn update(tx: &Transaction<'_>, changed: &Refund) -> Result<Refund, Error> {
    let failure = match &changed.state {
        State::Failed { code } => code.as_str(),
        State::Requested { .. } | State::Sent { .. } | State::Settled { .. } => "",
    };
    let statement = tx
        .prepare_cached(
            "-- refunds::update
            UPDATE refund SET state = $3, waits_until = $4, provider_reference = $5, failure = $6, end_entry = $7,
                              settled_amount = $8,
                              version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let written = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.as_str(),
                /* waits_until */ &changed.state.until(),
                /* provider_reference */ &changed.state.provider_reference(),
                /* failure */ &failure,
                /* end_entry */ &changed.end_entry,
                /* settled_amount */ &changed.settled_amount.map(Money::minor),
            ],
        )
        .await;
    match written {
        Ok(row) => refund(&row),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Refusal::new("reference-taken", "another refund has this provider reference").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The refund with an id.
pub async fn get(client: &impl GenericClient, id: RefundId) -> Result<Refund, Error> {
    let statement =
        client.prepare_cached("-- refunds::get\nSELECT * FROM refund WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(refund).transpose()?.ok_or(Error::NotFound("refund"))
}

/// The refund of a charge that its asker calls so, if there is one.
pub async fn find(client: &impl GenericClient, charge: ChargeId, reference: &str) -> Result<Option<Refund>, Error> {
    let statement = client
        .prepare_cached(
            "-- refunds::find
            SELECT * FROM refund WHERE book_id = $1 AND charge = $2 AND reference = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &charge.book.0, /* charge */ &charge.object, /* reference */ &reference])
        .await?;
    row.as_ref().map(refund).transpose()
}

/// The refunds of a charge, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(
    client: &impl GenericClient,
    charge: ChargeId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Refund>, Error> {
    let statement = client
        .prepare_cached(
            "-- refunds::list
            SELECT * FROM refund WHERE book_id = $1 AND charge = $2 AND id > $3 ORDER BY id LIMIT $4",
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
    rows.iter().map(refund).collect()
}

/// What refunds of a charge that have not failed gave back: minor units of what was sent, and of the original.
pub async fn given(client: &impl GenericClient, charge: ChargeId) -> Result<(i64, i64), Error> {
    let statement = client
        .prepare_cached(
            "-- refunds::given
            SELECT coalesce(sum(sent), 0)::bigint AS sent, coalesce(sum(original_amount), 0)::bigint AS original
              FROM refund WHERE book_id = $1 AND charge = $2 AND state <> 'failed'",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &charge.book.0, /* charge */ &charge.object]).await?;
    Ok((row.get("sent"), row.get("original")))
}

/// Whether all that a pledge brought went back: nothing of a captured charge is left, and no refund is on its way.
pub async fn is_all_back(client: &impl GenericClient, pledge: PledgeId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- refunds::is_all_back
            SELECT NOT EXISTS (SELECT FROM charge c
                                WHERE c.book_id = $1 AND c.pledge = $2 AND c.state IN ('captured', 'settled')
                                  AND (c.refunded < c.amount
                                       OR EXISTS (SELECT FROM refund r WHERE r.book_id = c.book_id AND r.charge = c.id
                                                                         AND r.state IN ('requested', 'sent'))))",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &pledge.book.0, /* pledge */ &pledge.object]).await?;
    Ok(row.get(0))
}

/// What the entry of a refund took of each fund, minor units, by account.
pub async fn taken(tx: &Transaction<'_>, refund: &Refund) -> Result<Vec<(AccountNumber, i64)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- refunds::taken
            SELECT fund, sum(amount)::bigint AS amount FROM fund_use
             WHERE book_id = $1 AND entry = $2 GROUP BY fund ORDER BY fund",
        )
        .await?;
    let rows = tx.query(&statement, &[/* book_id */ &refund.id.book.0, /* entry */ &refund.entry]).await?;
    Ok(rows.iter().map(|row| (AccountNumber(row.get("fund")), row.get("amount"))).collect())
}

/// The next pledges of which a campaign's fund holds settled money, by id, after one ([`Uuid::nil`] for the beginning), each with
/// what it is, minor units.
pub async fn holders(
    client: &impl GenericClient,
    campaign: CampaignId,
    fund: AccountNumber,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(PledgeId, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- refunds::holders
            SELECT pledge, sum(remaining)::bigint AS held FROM fund_layer
             WHERE book_id = $1 AND fund = $2 AND remaining > 0 AND pledge > $3
             GROUP BY pledge ORDER BY pledge LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &campaign.book.0,
                /* fund */ &fund.0,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| (PledgeId::new(campaign.book, row.get("pledge")), row.get("held"))).collect())
}
