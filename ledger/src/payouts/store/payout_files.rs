//! Files for banks, and the payouts of each.

use crate::engine::store::rows::{money, word};
use crate::error::{Error, Refusal};
use crate::id::{BankAccountId, BookId, OrganisationId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use crate::money::{Currency, Money};
use crate::payouts::files::csv_out::Layout;
use crate::payouts::rules::payout_file::{FileState, Item, ItemState, LeftOut, PayoutFile, PayoutFileState};
use crate::payouts::store::bank_accounts::Sealed;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{Json, ToSql};
use uuid::Uuid;

fn from_row(row: &Row) -> Result<PayoutFile, Error> {
    let book = BookId(row.get("book_id"));
    let reason = || row.get("reason");
    let state = match word(row.get("state"))? {
        PayoutFileState::Building => FileState::Building,
        PayoutFileState::Ready => FileState::Ready,
        PayoutFileState::Reported => FileState::Reported { reason: reason() },
        PayoutFileState::Withdrawn => FileState::Withdrawn { reason: reason() },
    };
    let taken_by: Option<Uuid> = row.get("taken_by");
    let layout: Option<Json<Layout>> = row.get("layout");
    let run: Option<Uuid> = row.get("run");
    Ok(PayoutFile {
        id: PayoutFileId::new(book, row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        debtor: BankAccountId::new(book, row.get("debtor")),
        run: run.map(|run| PayoutRunId::new(book, run)),
        format: word(row.get("format"))?,
        currency: word(row.get("currency"))?,
        execution_on: row.get("execution_on"),
        originator: row.get("originator"),
        layout: layout.map(|layout| layout.0),
        asked_by: PersonId(row.get("asked_by")),
        asked_at: row.get("asked_at"),
        ready_at: row.get("ready_at"),
        taken: taken_by.map(PersonId).zip(row.get("taken_at")),
        items: row.get("items"),
        sent: row.get("sent"),
        left_out: row.get("left_out"),
        total: row.get("total"),
        state,
        version: row.get("version"),
    })
}

/// Writes a new file with the payouts that it is asked for, in order.
///
/// # Errors
///
/// `payout-in-file` when another file has taken one of them.
pub async fn insert(tx: &Transaction<'_>, new: &PayoutFile, payouts: &[PayoutId]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payout_files::insert
            INSERT INTO payout_file (book_id, id, custodian, debtor, asked_by, asked_at, items, execution_on, format, state,
                                     currency, originator, layout, run)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* custodian */ &new.custodian.0,
            /* debtor */ &new.debtor.object,
            /* asked_by */ &new.asked_by.0,
            /* asked_at */ &new.asked_at,
            /* items */ &new.items,
            /* execution_on */ &new.execution_on,
            /* format */ &new.format.as_str(),
            /* state */ &new.state.word().as_str(),
            /* currency */ &new.currency.code(),
            /* originator */ &new.originator,
            /* layout */ &new.layout.as_ref().map(Json),
            /* run */ &new.run.map(|run| run.object),
        ],
    )
    .await?;
    let statement = tx
        .prepare_cached(
            "-- payout_files::insert, its payouts
            INSERT INTO payout_file_item (book_id, file, payout, place, state)
            SELECT $1, $2, p.id, p.place::int, 'waiting' FROM unnest($3::uuid[]) WITH ORDINALITY AS p (id, place)",
        )
        .await?;
    let objects: Vec<Uuid> = payouts.iter().map(|payout| payout.object).collect();
    let written = tx
        .execute(&statement, &[/* book_id */ &new.id.book.0, /* file */ &new.id.object, /* payouts */ &objects])
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Refusal::new("payout-in-file", "another file has taken some of these payouts just now").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes where a file stands and what it holds; its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &PayoutFile) -> Result<PayoutFile, Error> {
    let statement = tx
        .prepare_cached(
            "-- payout_files::update
            UPDATE payout_file SET state = $3, reason = $4, ready_at = $5, sent = $6, left_out = $7, total = $8,
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
                /* state */ &changed.state.word().as_str(),
                /* reason */ &changed.state.reason(),
                /* ready_at */ &changed.ready_at,
                /* sent */ &changed.sent,
                /* left_out */ &changed.left_out,
                /* total */ &changed.total,
            ],
        )
        .await?;
    from_row(&row)
}

/// Writes who has taken the text of a file, and when.
pub async fn set_taken(tx: &Transaction<'_>, id: PayoutFileId, by: PersonId, at: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payout_files::set_taken
            UPDATE payout_file SET taken_by = $3, taken_at = $4 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* taken_by */ &by.0, /* taken_at */ &at])
        .await?;
    Ok(())
}

/// A file.
pub async fn get(client: &impl GenericClient, id: PayoutFileId) -> Result<PayoutFile, Error> {
    let statement =
        client.prepare_cached("-- payout_files::get\nSELECT * FROM payout_file WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout file"))?)
}

/// A file, locked: it is about to change.
pub async fn lock(tx: &Transaction<'_>, id: PayoutFileId) -> Result<PayoutFile, Error> {
    let statement = tx
        .prepare_cached("-- payout_files::lock\nSELECT * FROM payout_file WHERE book_id = $1 AND id = $2 FOR UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("payout file"))?)
}

/// The files of a book, the oldest first, after an id: all of them, or those that send a run.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    run: Option<PayoutRunId>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PayoutFile>, Error> {
    let rows = match run {
        None => {
            let statement = client
                .prepare_cached(
                    "-- payout_files::list
                    SELECT * FROM payout_file WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                )
                .await?;
            client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?
        }
        Some(run) => {
            let statement = client
                .prepare_cached(
                    "-- payout_files::list, of a run
                    SELECT * FROM payout_file WHERE book_id = $1 AND run = $2 AND id > $3 ORDER BY id LIMIT $4",
                )
                .await?;
            let parameters: [&(dyn ToSql + Sync); 4] = [
                /* book_id */ &book.0,
                /* run */ &run.object,
                /* after */ &after,
                /* limit */ &limit,
            ];
            client.query(&statement, &parameters).await?
        }
    };
    rows.iter().map(from_row).collect()
}

/// Payouts of a run that may be sent and are in no file, by their ids, after one.
pub async fn list_free_of_run(
    client: &impl GenericClient,
    run: PayoutRunId,
    after: Option<PayoutId>,
    limit: i64,
) -> Result<Vec<PayoutId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::list_free_of_run
            SELECT p.id FROM payout p
             WHERE p.book_id = $1 AND p.run = $2 AND p.state = 'screened' AND p.id > $3
               AND NOT EXISTS (SELECT FROM payout_file_item i
                                WHERE i.book_id = $1 AND i.payout = p.id AND i.state <> 'left_out' OFFSET 0)
             ORDER BY p.id LIMIT $4",
        )
        .await?;
    let after = after.map_or(Uuid::nil(), |after| after.object);
    let parameters: [&(dyn ToSql + Sync); 4] =
        [/* book_id */ &run.book.0, /* run */ &run.object, /* after */ &after, /* limit */ &limit];
    let rows = client.query(&statement, &parameters).await?;
    Ok(rows.iter().map(|row| PayoutId::new(run.book, row.get(0))).collect())
}

/// Payouts of a book that may be sent from a custodian's cash in a currency and are in no file, by their ids.
pub async fn list_free(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: Currency,
    limit: i64,
) -> Result<Vec<PayoutId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::list_free
            SELECT p.id FROM payout p
             WHERE p.book_id = $1 AND p.custodian = $2 AND p.currency = $3 AND p.state = 'screened'
               AND NOT EXISTS (SELECT FROM payout_file_item i
                                WHERE i.book_id = $1 AND i.payout = p.id AND i.state <> 'left_out' OFFSET 0)
             ORDER BY p.id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &currency.code(),
                /* limit */ &limit,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| PayoutId::new(book, row.get(0))).collect())
}

/// What is looked at before a payout goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its object.
    pub object: Uuid,
    /// From whose cash it is paid.
    pub custodian: OrganisationId,
    /// Of its amount.
    pub currency: Currency,
    /// Whether it is approved and screened, and waits for whoever sends it.
    pub is_screened: bool,
    /// Whether a file has it.
    pub in_file: bool,
}

/// What is known of payouts that somebody names; those that are not there are missing.
pub async fn candidates(client: &impl GenericClient, book: BookId, objects: &[Uuid]) -> Result<Vec<Candidate>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::candidates
            SELECT p.id, p.custodian, p.currency, p.state = 'screened' AS is_screened,
                   EXISTS (SELECT FROM payout_file_item i
                            WHERE i.book_id = p.book_id AND i.payout = p.id AND i.state <> 'left_out') AS in_file
              FROM payout p WHERE p.book_id = $1 AND p.id = ANY ($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* objects */ &objects]).await?;
    let candidate = |row: &Row| {
        Ok(Candidate {
            object: row.get("id"),
            custodian: OrganisationId(row.get("custodian")),
            currency: word(row.get("currency"))?,
            is_screened: row.get("is_screened"),
            in_file: row.get("in_file"),
        })
    };
    rows.iter().map(candidate).collect()
}

fn item(book: BookId, row: &Row) -> Result<Item, Error> {
    let why = Some(row.get::<_, &str>("why")).filter(|why| !why.is_empty());
    Ok(Item {
        place: row.get("place"),
        payout: PayoutId::new(book, row.get("payout")),
        state: word(row.get("state"))?,
        why: why.map(word).transpose()?,
    })
}

/// The payouts of a file by their places, after one: all of them, or those in one state.
pub async fn list_items(
    client: &impl GenericClient,
    id: PayoutFileId,
    state: Option<ItemState>,
    after: i32,
    limit: i64,
) -> Result<Vec<Item>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::list_items
            SELECT * FROM payout_file_item
             WHERE book_id = $1 AND file = $2 AND ($3::text IS NULL OR state = $3) AND place > $4 ORDER BY place LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* file */ &id.object,
                /* state */ &state.map(ItemState::as_str),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| item(id.book, row)).collect()
}

/// The first payouts of a file that still wait, by their places.
pub async fn list_waiting(
    client: &impl GenericClient,
    id: PayoutFileId,
    limit: i64,
) -> Result<Vec<(i32, PayoutId)>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::list_waiting
            SELECT place, payout FROM payout_file_item
             WHERE book_id = $1 AND file = $2 AND state = 'waiting' ORDER BY place LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* file */ &id.object, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| (row.get("place"), PayoutId::new(id.book, row.get("payout")))).collect())
}

/// Writes what became of places of a file.
pub async fn settle_items(
    tx: &Transaction<'_>,
    id: PayoutFileId,
    sent: &[i32],
    left_out: &[(i32, LeftOut)],
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- payout_files::settle_items
            UPDATE payout_file_item i SET state = CASE WHEN v.why = '' THEN 'sent' ELSE 'left_out' END, why = v.why
              FROM unnest($3::int[], $4::text[]) AS v (place, why)
             WHERE i.book_id = $1 AND i.file = $2 AND i.place = v.place",
        )
        .await?;
    let places: Vec<i32> = sent.iter().copied().chain(left_out.iter().map(|(place, _)| *place)).collect();
    let whys = sent.iter().map(|_| "").chain(left_out.iter().map(|(_, why)| why.as_str()));
    let whys: Vec<&str> = whys.collect();
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* file */ &id.object, /* places */ &places, /* whys */ &whys])
        .await?;
    Ok(())
}

/// The first payouts of a file that are on their way, by their places.
pub async fn list_on_their_way(
    client: &impl GenericClient,
    id: PayoutFileId,
    limit: i64,
) -> Result<Vec<PayoutId>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::list_on_their_way
            SELECT p.id FROM payout_file_item i JOIN payout p ON p.book_id = i.book_id AND p.id = i.payout
             WHERE i.book_id = $1 AND i.file = $2 AND i.state = 'sent' AND p.state = 'sent' ORDER BY i.place LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* file */ &id.object, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| PayoutId::new(id.book, row.get(0))).collect())
}

/// Whether a payout was sent by a file.
pub async fn is_in_one(client: &impl GenericClient, payout: PayoutId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::is_in_one
            SELECT EXISTS (SELECT FROM payout_file_item WHERE book_id = $1 AND payout = $2 AND state = 'sent')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &payout.book.0, /* payout */ &payout.object]).await?;
    Ok(row.get(0))
}

/// How many payouts of a file the bank has paid, or given back.
pub async fn count_paid(client: &impl GenericClient, id: PayoutFileId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::count_paid
            SELECT count(*) FROM payout_file_item i JOIN payout p ON p.book_id = i.book_id AND p.id = i.payout
             WHERE i.book_id = $1 AND i.file = $2 AND i.state = 'sent' AND p.state IN ('settled', 'returned')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &id.book.0, /* file */ &id.object]).await?;
    Ok(row.get(0))
}

/// A payment of a file, with the account that it goes to, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPayment {
    /// The payout.
    pub payout: PayoutId,
    /// The end-to-end id.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// What the payee reads beside it.
    pub memo: String,
    /// Where it goes, as its approval said when it was sent.
    pub account: SealedAccount,
}

/// An account as a file needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAccount {
    /// The account.
    pub id: BankAccountId,
    /// Where the bank is.
    pub country: String,
    /// What it is.
    pub sealed: Sealed,
}

fn account(book: BookId, row: &Row) -> SealedAccount {
    SealedAccount {
        id: BankAccountId::new(book, row.get("account")),
        country: row.get("country"),
        sealed: Sealed { key_version: row.get("key_version"), bytes: row.get("sealed") },
    }
}

/// The payments that stand in a file, in its order.
pub async fn payments(client: &impl GenericClient, id: PayoutFileId) -> Result<Vec<SealedPayment>, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::payments
            SELECT p.id AS payout, p.reference, p.amount, p.currency, p.memo, b.id AS account, b.country, b.key_version, b.sealed
              FROM payout_file_item i JOIN payout p ON p.book_id = i.book_id AND p.id = i.payout
              JOIN bank_account b ON b.book_id = p.book_id AND b.id = p.bank_account
             WHERE i.book_id = $1 AND i.file = $2 AND i.state = 'sent' ORDER BY i.place",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* file */ &id.object]).await?;
    let payment = |row: &Row| {
        Ok(SealedPayment {
            payout: PayoutId::new(id.book, row.get("payout")),
            reference: row.get("reference"),
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            memo: row.get("memo"),
            account: account(id.book, row),
        })
    };
    rows.iter().map(payment).collect()
}

/// What an account is, sealed.
pub async fn sealed_account(client: &impl GenericClient, id: BankAccountId) -> Result<SealedAccount, Error> {
    let statement = client
        .prepare_cached(
            "-- payout_files::sealed_account
            SELECT id AS account, country, key_version, sealed FROM bank_account WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(|row| account(id.book, row)).ok_or(Error::NotFound("bank account"))
}
