//! Lines of bank statements.

use crate::engine::store::rows::{money, word};
use crate::error::Error;
use crate::id::{BankLineId, BookId, ChargeId, OrganisationId, PayoutId, StatementFileId, SuspenseId};
use crate::money::Money;
use crate::payouts::rules::bank_line::{BankLine, Besides, Direction, LineState, Told};
use crate::payouts::rules::statement_file::FileLine;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<BankLine, Error> {
    let book = BookId(row.get("book_id"));
    let payout: Option<Uuid> = row.get("payout");
    let file: Option<Uuid> = row.get("file");
    let (booked_as, entry): (&str, i64) = (row.get("booked_as"), row.get("entry"));
    let (charge, item): (Option<Uuid>, Option<Uuid>) = (row.get("charge"), row.get("suspense"));
    let state = match (payout, charge, item) {
        (Some(payout), _, _) => LineState::Matched { payout: PayoutId::new(book, payout), entry },
        (None, Some(charge), _) => LineState::Gift { charge: ChargeId::new(book, charge), entry },
        (None, None, Some(item)) => LineState::Suspense { item: SuspenseId::new(book, item), entry },
        (None, None, None) if booked_as.is_empty() => LineState::Open(word(row.get("why"))?),
        (None, None, None) => LineState::Booked { kind: word(booked_as)?, entry },
    };
    Ok(BankLine {
        id: BankLineId::new(book, row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        told: Told {
            reference: row.get("reference"),
            direction: if row.get("is_debit") { Direction::Debit } else { Direction::Credit },
            amount: money(row.get("amount"), word(row.get("currency"))?)?,
            fee: row.get("fee"),
            value_on: row.get("value_on"),
            end_to_end: row.get("end_to_end"),
        },
        besides: Besides {
            creditor_reference: row.get("creditor_reference"),
            bank_code: row.get("bank_code"),
            return_reason: row.get("return_reason"),
        },
        file: file.map(|file| StatementFileId::new(book, file)),
        state,
        party: row.get("party"),
        recorded_at: row.get("recorded_at"),
    })
}

/// Writes a line that matches nothing yet; says whether it is new.
pub async fn insert(tx: &Transaction<'_>, new: &BankLine) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::insert
            INSERT INTO bank_line (book_id, id, custodian, amount, fee, recorded_at, value_on, is_debit, state, why, currency,
                                   reference, end_to_end, creditor_reference)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 'reference_unknown', $9, $10, $11, $12)
            ON CONFLICT (book_id, custodian, reference) DO NOTHING",
        )
        .await?;
    let told = &new.told;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* custodian */ &new.custodian.0,
                /* amount */ &told.amount.minor(),
                /* fee */ &told.fee,
                /* recorded_at */ &new.recorded_at,
                /* value_on */ &told.value_on,
                /* is_debit */ &(told.direction == Direction::Debit),
                /* currency */ &told.amount.currency().code(),
                /* reference */ &told.reference,
                /* end_to_end */ &told.end_to_end,
                /* creditor_reference */ &new.besides.creditor_reference,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// Writes lines of a file that match nothing yet; answers with those that were there before.
pub async fn insert_all(
    tx: &Transaction<'_>,
    file: StatementFileId,
    custodian: OrganisationId,
    lines: &[FileLine],
    at: Timestamp,
) -> Result<Vec<BankLine>, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::insert_all
            INSERT INTO bank_line (book_id, id, custodian, file, amount, fee, recorded_at, value_on, is_debit, state, why, currency,
                                   reference, end_to_end, creditor_reference, bank_code, return_reason)
            SELECT $1, l.id, $2, $3, l.amount, l.fee, $4, l.value_on, l.is_debit, 'open', 'reference_unknown', l.currency,
                   l.reference, l.end_to_end, l.creditor_reference, l.bank_code, l.return_reason
              FROM unnest($5::uuid[], $6::bigint[], $7::bigint[], $8::date[], $9::boolean[], $10::text[], $11::text[], $12::text[],
                          $13::text[], $14::text[], $15::text[])
                   AS l (id, amount, fee, value_on, is_debit, currency, reference, end_to_end, creditor_reference, bank_code,
                         return_reason)
            ON CONFLICT (book_id, custodian, reference) DO NOTHING
            RETURNING reference",
        )
        .await?;
    let texts = |text: fn(&FileLine) -> &str| lines.iter().map(text).collect::<Vec<&str>>();
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &file.book.0,
                /* custodian */ &custodian.0,
                /* file */ &file.object,
                /* recorded_at */ &at,
                /* ids */ &lines.iter().map(|_| BankLineId::generate(file.book).object).collect::<Vec<Uuid>>(),
                /* amounts */ &lines.iter().map(|line| line.told.amount.minor()).collect::<Vec<i64>>(),
                /* fees */ &lines.iter().map(|line| line.told.fee).collect::<Vec<i64>>(),
                /* days */ &lines.iter().map(|line| line.told.value_on).collect::<Vec<Date>>(),
                /* are_debits */
                &lines.iter().map(|line| line.told.direction == Direction::Debit).collect::<Vec<bool>>(),
                /* currencies */ &texts(|line| line.told.amount.currency().code()),
                /* references */ &texts(|line| &line.told.reference),
                /* end_to_ends */ &texts(|line| &line.told.end_to_end),
                /* creditor_references */ &texts(|line| &line.besides.creditor_reference),
                /* bank_codes */ &texts(|line| &line.besides.bank_code),
                /* return_reasons */ &texts(|line| &line.besides.return_reason),
            ],
        )
        .await?;
    let new: std::collections::HashSet<&str> = rows.iter().map(|row| row.get("reference")).collect();
    let known: Vec<&str> =
        lines.iter().map(|line| line.told.reference.as_str()).filter(|reference| !new.contains(reference)).collect();
    if known.is_empty() { Ok(Vec::new()) } else { with_references(tx, file.book, custodian, &known).await }
}

/// The lines of a custodian that its bank names so.
pub async fn with_references(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    references: &[&str],
) -> Result<Vec<BankLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_lines::with_references
            SELECT * FROM bank_line WHERE book_id = $1 AND custodian = $2 AND reference = ANY($3)",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* references */ &references])
        .await?;
    rows.iter().map(from_row).collect()
}

/// Writes what became of a line, or why it matches nothing, and when in book time; it stands so since, if it did not before. Nobody is on
/// its other side.
pub async fn update(tx: &Transaction<'_>, id: BankLineId, state: LineState, at: Timestamp) -> Result<BankLine, Error> {
    update_with(tx, id, state, "", at).await
}

/// Does as [`update`], and says who is on its other side.
pub async fn update_with(
    tx: &Transaction<'_>,
    id: BankLineId,
    state: LineState,
    party: &str,
    at: Timestamp,
) -> Result<BankLine, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::update_with
            UPDATE bank_line SET state = $3, why = $4, payout = $5, entry = $6, booked_as = $7, charge = $8, suspense = $9,
                                 stands_since = CASE state WHEN $3 THEN stands_since ELSE $10 END, party = $11, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (word, why, entry, booked_as) = match state {
        LineState::Open(why) => ("open", why.as_str(), 0, ""),
        LineState::Matched { entry, .. } => ("matched", "", entry, ""),
        LineState::Gift { entry, .. } => ("gift", "", entry, ""),
        LineState::Suspense { entry, .. } => ("suspense", "", entry, ""),
        LineState::Booked { kind, entry } => ("booked", "", entry, kind.as_str()),
    };
    let (payout, charge, item) = match state {
        LineState::Matched { payout, .. } => (Some(payout.object), None, None),
        LineState::Gift { charge, .. } => (None, Some(charge.object), None),
        LineState::Suspense { item, .. } => (None, None, Some(item.object)),
        LineState::Open(_) | LineState::Booked { .. } => (None, None, None),
    };
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0, /* id */ &id.object, /* state */ &word, /* why */ &why,
                /* payout */ &payout, /* entry */ &entry, /* booked_as */ &booked_as,
                /* charge */ &charge, /* suspense */ &item, /* stands_since */ &at,
                /* party */ &party,
            ],
        )
        .await?;
    from_row(&row)
}

/// The line that a custodian's bank names so; locked.
pub async fn lock_by_reference(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    reference: &str,
) -> Result<Option<BankLine>, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::lock_by_reference
            SELECT * FROM bank_line WHERE book_id = $1 AND custodian = $2 AND reference = $3 FOR UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* reference */ &reference])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The credit of a custodian that has a reference, as the bank's, the payer's or the payee's, and is of an amount; locked.
pub async fn lock_credit_named(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    reference: &str,
    amount: Money,
) -> Result<Option<BankLine>, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::lock_credit_named
            SELECT * FROM bank_line
             WHERE book_id = $1 AND custodian = $2 AND currency = $3 AND amount = $4 AND NOT is_debit
               AND $5 IN (reference, end_to_end, creditor_reference)
             ORDER BY id LIMIT 1 FOR UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* book_id */ &book.0,
                /* custodian */ &custodian.0,
                /* currency */ &amount.currency().code(),
                /* amount */ &amount.minor(),
                /* reference */ &reference,
            ],
        )
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The first credit of a custodian that has a reference, as the bank's, the payer's or the payee's, and that nobody has explained; locked.
pub async fn lock_open_credit_named(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    reference: &str,
) -> Result<Option<BankLine>, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::lock_open_credit_named
            SELECT * FROM bank_line
             WHERE book_id = $1 AND custodian = $2 AND state IN ('open', 'suspense') AND NOT is_debit
               AND $3 IN (reference, end_to_end, creditor_reference)
             ORDER BY id LIMIT 1 FOR UPDATE",
        )
        .await?;
    let row = tx
        .query_opt(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* reference */ &reference])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The line that an entry is of, if there is one.
pub async fn of_entry(client: &impl GenericClient, book: BookId, entry: i64) -> Result<Option<BankLineId>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_lines::of_entry\nSELECT id FROM bank_line WHERE book_id = $1 AND entry = $2 AND entry > 0",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* entry */ &entry]).await?;
    Ok(row.map(|row| BankLineId::new(book, row.get("id"))))
}

/// A line.
pub async fn get(client: &impl GenericClient, id: BankLineId) -> Result<BankLine, Error> {
    let statement =
        client.prepare_cached("-- bank_lines::get\nSELECT * FROM bank_line WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank line"))?)
}

/// A line, locked.
pub async fn lock(tx: &Transaction<'_>, id: BankLineId) -> Result<BankLine, Error> {
    let statement = tx
        .prepare_cached("-- bank_lines::lock\nSELECT * FROM bank_line WHERE book_id = $1 AND id = $2 FOR UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("bank line"))?)
}

/// Open lines with an end-to-end id by which money came back, the oldest first; locked.
pub async fn lock_open_credits(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    end_to_end: &str,
) -> Result<Vec<BankLine>, Error> {
    let statement = tx
        .prepare_cached(
            "-- bank_lines::lock_open_credits
            SELECT * FROM bank_line WHERE book_id = $1 AND end_to_end = $2 AND custodian = $3 AND state = 'open' AND NOT is_debit
             ORDER BY id LIMIT 10 FOR UPDATE",
        )
        .await?;
    let rows = tx
        .query(&statement, &[/* book_id */ &book.0, /* end_to_end */ &end_to_end, /* custodian */ &custodian.0])
        .await?;
    rows.iter().map(from_row).collect()
}

/// The lines of a book that a person has to explain, the oldest first: those that match nothing, and those in suspense.
pub async fn unexplained(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<BankLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_lines::unexplained
            SELECT * FROM bank_line WHERE book_id = $1 AND state IN ('open', 'suspense') ORDER BY id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// The lines of a book that are explained already, the youngest first.
pub async fn recently_explained(client: &impl GenericClient, book: BookId, limit: i64) -> Result<Vec<BankLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_lines::recently_explained
            SELECT * FROM bank_line WHERE book_id = $1 AND state NOT IN ('open', 'suspense') ORDER BY id DESC LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Lines of a book, the oldest first, after an id: all of them, or those that match nothing yet.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    open_only: bool,
    after: Uuid,
    limit: i64,
) -> Result<Vec<BankLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- bank_lines::list
            SELECT * FROM bank_line WHERE book_id = $1 AND (state = 'open' OR NOT $2) AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* open_only */ &open_only, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(from_row).collect()
}
