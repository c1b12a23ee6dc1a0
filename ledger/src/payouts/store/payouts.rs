//! Payouts, and how a book pays out.

use crate::book::AccountNumber;
use crate::engine::store::rows::{digest, money, word};
use crate::error::{Error, Refusal};
use crate::id::{BankAccountId, BookId, ClaimId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Approval, Payout, PayoutState, Policy, Sending, State};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

fn state(row: &Row) -> Result<State, Error> {
    let until = || row.get::<_, Option<Timestamp>>("state_until").ok_or_else(|| Error::inconsistent("no deadline"));
    let reason = || row.get("reason");
    Ok(match word(row.get("state"))? {
        PayoutState::Requested => State::Requested { until: until()? },
        PayoutState::Approved => State::Approved { until: until()? },
        PayoutState::Screened => State::Screened { until: until()? },
        PayoutState::Held => State::Held { until: until()?, reason: reason() },
        PayoutState::Sent => State::Sent,
        PayoutState::Settled => State::Settled,
        PayoutState::Failed => State::Failed { reason: reason() },
        PayoutState::Returned => State::Returned,
        PayoutState::Cancelled => State::Cancelled { reason: reason() },
    })
}

fn approval(book: BookId, row: &Row) -> Result<Option<Approval>, Error> {
    let found: (Option<Uuid>, Option<Uuid>, Option<&[u8]>) =
        (row.get("approved_by"), row.get("bank_account"), row.get("approved"));
    let (Some(by), Some(account), Some(approved)) = found else { return Ok(None) };
    Ok(Some(Approval { by: PersonId(by), account: BankAccountId::new(book, account), digest: digest(approved)? }))
}

pub(super) fn from_row(row: &Row) -> Result<Payout, Error> {
    let book = BookId(row.get("book_id"));
    let (claim, run): (Option<Uuid>, Option<Uuid>) = (row.get("claim"), row.get("run"));
    let screening = Some(row.get::<_, &str>("screening")).filter(|word| !word.is_empty());
    let sent: (Option<Uuid>, Option<Date>, Option<Date>) =
        (row.get("sent_by"), row.get("sent_on"), row.get("late_from"));
    let sending = match sent {
        (Some(by), Some(on), Some(late_from)) => {
            Some(Sending { by: PersonId(by), on, late_from, entry: row.get("sent_entry") })
        }
        (Some(_) | None, ..) => None,
    };
    Ok(Payout {
        id: PayoutId::new(book, row.get("id")),
        payee: Payee::new(word(row.get("payee_kind"))?, row.get("payee")),
        custodian: OrganisationId(row.get("custodian")),
        cash: row.get("cash"),
        run: run.map(|run| PayoutRunId::new(book, run)),
        source: word(row.get("source"))?,
        release: claim.map(|claim| ClaimId::new(book, claim)).zip(row.get("release")),
        payable: AccountNumber(row.get("payable")),
        amount: money(row.get("amount"), word(row.get("currency"))?)?,
        reference: row.get("reference"),
        memo: row.get("memo"),
        requested_by: PersonId(row.get("requested_by")),
        requested_at: row.get("requested_at"),
        approval: approval(book, row)?,
        screening: screening.map(word).transpose()?,
        sending,
        fee: row.get("fee"),
        returned: row.get("returned"),
        settled_on: row.get("settled_on"),
        end_entry: row.get("end_entry"),
        state: state(row)?,
        version: row.get("version"),
    })
}

/// Writes a new payout.
///
/// # Errors
///
/// `payout-exists` when its release is being paid, or was paid just now.
pub async fn insert(tx: &Transaction<'_>, new: &Payout) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payouts::insert
            INSERT INTO payout (book_id, id, payee, custodian, source, claim, release, payable, amount, currency, reference,
                                memo, requested_by, requested_at, state, state_until, payee_kind, cash, run)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* payee */ &new.payee.uuid(),
                /* custodian */ &new.custodian.0,
                /* source */ &new.source.as_str(),
                /* claim */ &new.release.map(|(claim, _)| claim.object),
                /* release */ &new.release.map(|(_, number)| number),
                /* payable */ &new.payable.0,
                /* amount */ &new.amount.minor(),
                /* currency */ &new.amount.currency().code(),
                /* reference */ &new.reference,
                /* memo */ &new.memo,
                /* requested_by */ &new.requested_by.0,
                /* requested_at */ &new.requested_at,
                /* state */ &new.state.word().as_str(),
                /* state_until */ &new.state.until(),
                /* payee_kind */ &new.payee.kind().as_str(),
                /* cash */ &new.cash,
                /* run */ &new.run.map(|run| run.object),
            ],
        )
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Refusal::new("payout-exists", "this release is being paid by another payout").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes where a payout stands; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &Payout) -> Result<Payout, Error> {
    let statement = tx
        .prepare_cached(
            "-- payouts::update
            UPDATE payout SET state = $3, state_until = $4, reason = $5, bank_account = $6, approved_by = $7, approved = $8,
                              screening = $9, sent_by = $10, sent_on = $11, late_from = $12, sent_entry = $13, fee = $14,
                              returned = $15, settled_on = $16, end_entry = $17, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (approval, sending) = (changed.approval, changed.sending);
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* state */ &changed.state.word().as_str(),
                /* state_until */ &changed.state.until(),
                /* reason */ &changed.state.reason(),
                /* bank_account */ &approval.map(|approval| approval.account.object),
                /* approved_by */ &approval.map(|approval| approval.by.0),
                /* approved */ &approval.as_ref().map(|approval| &approval.digest.0[..]),
                /* screening */ &changed.screening.map_or("", |answer| answer.as_str()),
                /* sent_by */ &sending.map(|sending| sending.by.0),
                /* sent_on */ &sending.map(|sending| sending.on),
                /* late_from */ &sending.map(|sending| sending.late_from),
                /* sent_entry */ &sending.map_or(0, |sending| sending.entry),
                /* fee */ &changed.fee,
                /* returned */ &changed.returned,
                /* settled_on */ &changed.settled_on,
                /* end_entry */ &changed.end_entry,
            ],
        )
        .await?;
    from_row(&row)
}

/// A payout.
pub async fn get(client: &impl GenericClient, id: PayoutId) -> Result<Payout, Error> {
    let statement =
        client.prepare_cached("-- payouts::get\nSELECT * FROM payout WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout"))?)
}

/// A payout, locked: it is about to change.
pub async fn lock(tx: &Transaction<'_>, id: PayoutId) -> Result<Payout, Error> {
    let statement =
        tx.prepare_cached("-- payouts::lock\nSELECT * FROM payout WHERE book_id = $1 AND id = $2 FOR UPDATE").await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout"))?)
}

/// The payout that a bank knows by an end-to-end id, paid by a custodian; locked.
pub async fn lock_by_reference(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    reference: &str,
) -> Result<Option<Payout>, Error> {
    let statement = tx
        .prepare_cached(
            "-- payouts::lock_by_reference
            SELECT * FROM payout WHERE book_id = $1 AND reference = $2 AND custodian = $3 FOR UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(&statement, &[/* book_id */ &book.0, /* reference */ &reference, /* custodian */ &custodian.0])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Where the payout stands that a bank knows by an end-to-end id, paid by a custodian.
pub async fn state_by_reference(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    reference: &str,
) -> Result<Option<PayoutState>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::state_by_reference
            SELECT state FROM payout WHERE book_id = $1 AND reference = $2 AND custodian = $3",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &book.0, /* reference */ &reference, /* custodian */ &custodian.0])
        .await?;
    row.map(|row| word(row.get(0))).transpose()
}

/// Locks the payouts of a custodian that lines of a statement name, in one order whatever that of the lines; answers with the
/// references of those that there are.
pub async fn lock_all(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    references: &[&str],
) -> Result<Vec<String>, Error> {
    let statement = tx
        .prepare_cached(
            "-- payouts::lock_all
            SELECT reference FROM payout WHERE book_id = $1 AND custodian = $2 AND reference = ANY($3) ORDER BY id FOR UPDATE",
        )
        .await?;
    let rows = tx
        .query(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* references */ &references])
        .await?;
    Ok(rows.iter().map(|row| row.get("reference")).collect())
}

/// The teams to which what is owed is paid by payouts of a custodian with these references.
pub async fn teams_of(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    references: &[String],
) -> Result<Vec<OrganisationId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::teams_of
            SELECT DISTINCT payee FROM payout
             WHERE book_id = $1 AND custodian = $2 AND reference = ANY($3) AND source = 'team'",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* references */ &references])
        .await?;
    Ok(rows.iter().map(|row| OrganisationId(row.get("payee"))).collect())
}

/// The payout of a release that is not over without having paid it.
pub async fn of_release(client: &impl GenericClient, claim: ClaimId, number: i32) -> Result<Option<Payout>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::of_release
            SELECT * FROM payout WHERE book_id = $1 AND claim = $2 AND release = $3
               AND state NOT IN ('failed', 'returned', 'cancelled')",
        )
        .await?;
    let row = client
        .query_opt(&statement, &[/* book_id */ &claim.book.0, /* claim */ &claim.object, /* release */ &number])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Minor units of what is owed by an account that payouts wait to pay which are not sent yet.
pub async fn waiting_of(client: &impl GenericClient, book: BookId, payable: AccountNumber) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::waiting_of
            SELECT least(coalesce(sum(amount), 0), 9223372036854775807)::bigint FROM payout
             WHERE book_id = $1 AND payable = $2 AND state IN ('requested', 'approved', 'screened', 'held')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* payable */ &payable.0]).await?;
    Ok(row.get(0))
}

/// The payouts that wait to pay what is owed by an account and are not sent yet, the oldest first.
pub async fn list_waiting(
    client: &impl GenericClient,
    book: BookId,
    payable: AccountNumber,
) -> Result<Vec<PayoutId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::list_waiting
            SELECT id FROM payout
             WHERE book_id = $1 AND payable = $2 AND state IN ('requested', 'approved', 'screened', 'held') ORDER BY id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* payable */ &payable.0]).await?;
    Ok(rows.iter().map(|row| PayoutId::new(book, row.get("id"))).collect())
}

/// Minor units that payouts of a claim's releases have sent and that did not come back.
pub async fn sent_of(client: &impl GenericClient, claim: ClaimId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::sent_of
            SELECT coalesce(sum(amount), 0)::bigint FROM payout
             WHERE book_id = $1 AND claim = $2 AND state IN ('sent', 'settled')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &claim.book.0, /* claim */ &claim.object]).await?;
    Ok(row.get(0))
}

/// The oldest payout of an account of what is owed that is not over.
pub async fn open_of(
    client: &impl GenericClient,
    book: BookId,
    payable: AccountNumber,
) -> Result<Option<Payout>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::open_of
            SELECT * FROM payout WHERE book_id = $1 AND payable = $2
               AND state IN ('requested', 'approved', 'screened', 'held', 'sent') ORDER BY id LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* payable */ &payable.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The payouts to a payee in a currency whose approval falls with its account: approved, and not sent; by their ids.
pub async fn approved_of(
    client: &impl GenericClient,
    book: BookId,
    payee: Payee,
    currency: Currency,
) -> Result<Vec<PayoutId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::approved_of
            SELECT id FROM payout WHERE book_id = $1 AND payee = $2 AND currency = $3
               AND state IN ('approved', 'screened', 'held') ORDER BY id",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* payee */ &payee.uuid(), /* currency */ &currency.code()])
        .await?;
    Ok(rows.iter().map(|row| PayoutId::new(book, row.get(0))).collect())
}

/// Payouts of a book, the oldest first, after an id: all of them, or those to one payee, or of one run.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    payee: Option<Payee>,
    run: Option<PayoutRunId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Payout>, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::list
            SELECT * FROM payout
             WHERE book_id = $1 AND ($2::uuid IS NULL OR payee = $2) AND id > $3 AND ($5::uuid IS NULL OR run = $5)
             ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* payee */ &payee.map(Payee::uuid),
                /* after */ &after,
                /* limit */ &limit,
                /* run */ &run.map(|run| run.object),
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// What a book says of its payouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Sent, and without a line of a statement so far.
    pub in_transit: i64,
    /// Of those, how many should have had one by now.
    pub late: i64,
    /// The day on which the first of the late ones was sent.
    pub late_since: Option<Date>,
}

/// How many payouts of a book are on their way on a day, and how many late.
pub async fn figures(client: &impl GenericClient, book: BookId, today: Date) -> Result<Figures, Error> {
    let statement = client
        .prepare_cached(
            "-- payouts::figures
            SELECT count(*) AS in_transit, count(*) FILTER (WHERE late_from <= $2) AS late,
                   min(sent_on) FILTER (WHERE late_from <= $2) AS late_since
              FROM payout WHERE book_id = $1 AND state = 'sent'",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* today */ &today]).await?;
    Ok(Figures { in_transit: row.get("in_transit"), late: row.get("late"), late_since: row.get("late_since") })
}

/// How a book pays out.
pub async fn policy(client: &impl GenericClient, book: BookId) -> Result<Policy, Error> {
    let statement = client
        .prepare_cached("-- payouts::policy\nSELECT threshold, late_days FROM payout_policy WHERE book_id = $1")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    let set = |row: Row| Policy { threshold: row.get("threshold"), late_days: row.get("late_days") };
    Ok(row.map(set).unwrap_or_default())
}

/// Says how a book pays out.
pub async fn set_policy(tx: &Transaction<'_>, book: BookId, policy: Policy, at: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payouts::set_policy
            INSERT INTO payout_policy (book_id, threshold, late_days, set_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (book_id) DO UPDATE SET threshold = $2, late_days = $3, set_at = $4",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* threshold */ &policy.threshold,
            /* late_days */ &policy.late_days,
            /* set_at */ &at,
        ],
    )
    .await?;
    Ok(())
}
