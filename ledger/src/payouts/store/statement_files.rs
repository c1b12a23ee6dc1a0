//! Files of bank statements: what came, their statements, and their lines until these are in.

use crate::engine::store::rows::{digest, money, word};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, OrganisationId, PersonId, StatementFileId};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Besides, Direction, Told};
use crate::payouts::rules::statement_file::{Balance, FileLine, PAGE, Statement, StatementFile};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

fn from_row(row: &Row) -> Result<StatementFile, Error> {
    Ok(StatementFile {
        id: StatementFileId::new(BookId(row.get("book_id")), row.get("id")),
        custodian: OrganisationId(row.get("custodian")),
        format: word(row.get("format"))?,
        sha256: digest(row.get("sha256"))?,
        bytes: row.get("bytes"),
        lines: row.get("lines"),
        taken: row.get("taken"),
        known: row.get("known"),
        skipped: row.get("skipped"),
        state: word(row.get("state"))?,
        problem: row.get("problem"),
        version: row.get("version"),
        received_at: row.get("received_at"),
    })
}

/// Writes a file that came; says whether it is new: another request may have brought the same bytes meanwhile.
pub async fn insert(tx: &Transaction<'_>, new: &StatementFile, by: PersonId) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::insert
            INSERT INTO bank_statement_file (book_id, id, custodian, received_by, bytes, lines, skipped, received_at, format, state,
                                             sha256)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'received', $10)
            ON CONFLICT (book_id, custodian, sha256) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* custodian */ &new.custodian.0,
                /* received_by */ &by.0,
                /* bytes */ &new.bytes,
                /* lines */ &new.lines,
                /* skipped */ &new.skipped,
                /* received_at */ &new.received_at,
                /* format */ &new.format.as_str(),
                /* sha256 */ &new.sha256.0.as_slice(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Writes how far the lines of a file are in, and where it stands.
pub async fn update(tx: &Transaction<'_>, file: &StatementFile) -> Result<StatementFile, Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::update
            UPDATE bank_statement_file SET taken = $3, known = $4, state = $5, problem = $6, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &file.id.book.0,
                /* id */ &file.id.object,
                /* taken */ &file.taken,
                /* known */ &file.known,
                /* state */ &file.state.as_str(),
                /* problem */ &file.problem,
            ],
        )
        .await?;
    from_row(&row)
}

/// The file with these bytes that came for a custodian before, if one did.
pub async fn find(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    sha256: Digest,
) -> Result<Option<StatementFile>, Error> {
    let statement = client
        .prepare_cached(
            "-- statement_files::find
            SELECT * FROM bank_statement_file WHERE book_id = $1 AND custodian = $2 AND sha256 = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* sha256 */ &sha256.0.as_slice()],
        )
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A file.
pub async fn get(client: &impl GenericClient, id: StatementFileId) -> Result<StatementFile, Error> {
    let statement = client
        .prepare_cached("-- statement_files::get\nSELECT * FROM bank_statement_file WHERE book_id = $1 AND id = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("statement file"))?)
}

/// A file, locked.
pub async fn lock(tx: &Transaction<'_>, id: StatementFileId) -> Result<StatementFile, Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::lock
            SELECT * FROM bank_statement_file WHERE book_id = $1 AND id = $2 FOR UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    from_row(&row.ok_or(Error::NotFound("statement file"))?)
}

/// The files of a book, the oldest first, after an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StatementFile>, Error> {
    let statement = client
        .prepare_cached(
            "-- statement_files::list
            SELECT * FROM bank_statement_file WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Writes a statement of a file.
pub async fn insert_statement(
    tx: &Transaction<'_>,
    file: StatementFileId,
    custodian: OrganisationId,
    new: &Statement,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::insert_statement
            INSERT INTO bank_statement (book_id, file, number, custodian, lines, opening, closing, credits, debits, opening_on,
                                        closing_on, currency, account, name)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    let (minor, on) = (|balance: Balance| balance.minor, |balance: Balance| balance.on);
    tx.execute(
        &statement,
        &[
            /* book_id */ &file.book.0,
            /* file */ &file.object,
            /* number */ &new.number,
            /* custodian */ &custodian.0,
            /* lines */ &new.lines,
            /* opening */ &new.opening.map(minor),
            /* closing */ &new.closing.map(minor),
            /* credits */ &new.credits,
            /* debits */ &new.debits,
            /* opening_on */ &new.opening.map(on),
            /* closing_on */ &new.closing.map(on),
            /* currency */ &new.currency.code(),
            /* account */ &new.account,
            /* name */ &new.name,
        ],
    )
    .await?;
    Ok(())
}

/// The statements of a file after a place, in their order.
pub async fn statements(
    client: &impl GenericClient,
    file: StatementFileId,
    after: i32,
    limit: i64,
) -> Result<Vec<Statement>, Error> {
    let statement = client
        .prepare_cached(
            "-- statement_files::statements
            SELECT * FROM bank_statement WHERE book_id = $1 AND file = $2 AND number > $3 ORDER BY number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &file.book.0,
                /* file */ &file.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(statement_of_row).collect()
}

fn statement_of_row(row: &Row) -> Result<Statement, Error> {
    let balance = |minor: &str, on: &str| {
        let (minor, on): (Option<i64>, Option<Date>) = (row.get(minor), row.get(on));
        Some(Balance { minor: minor?, on: on? })
    };
    Ok(Statement {
        number: row.get("number"),
        name: row.get("name"),
        account: row.get("account"),
        currency: word(row.get("currency"))?,
        opening: balance("opening", "opening_on"),
        closing: balance("closing", "closing_on"),
        lines: row.get("lines"),
        credits: row.get("credits"),
        debits: row.get("debits"),
    })
}

/// Lines as columns.
struct Columns<'a> {
    amounts: Vec<i64>,
    fees: Vec<i64>,
    days: Vec<Date>,
    are_debits: Vec<bool>,
    currencies: Vec<&'a str>,
    references: Vec<&'a str>,
    end_to_ends: Vec<&'a str>,
    creditor_references: Vec<&'a str>,
    bank_codes: Vec<&'a str>,
    return_reasons: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(lines: &'a [FileLine]) -> Columns<'a> {
        Columns {
            amounts: lines.iter().map(|line| line.told.amount.minor()).collect(),
            fees: lines.iter().map(|line| line.told.fee).collect(),
            days: lines.iter().map(|line| line.told.value_on).collect(),
            are_debits: lines.iter().map(|line| line.told.direction == Direction::Debit).collect(),
            currencies: lines.iter().map(|line| line.told.amount.currency().code()).collect(),
            references: lines.iter().map(|line| line.told.reference.as_str()).collect(),
            end_to_ends: lines.iter().map(|line| line.told.end_to_end.as_str()).collect(),
            creditor_references: lines.iter().map(|line| line.besides.creditor_reference.as_str()).collect(),
            bank_codes: lines.iter().map(|line| line.besides.bank_code.as_str()).collect(),
            return_reasons: lines.iter().map(|line| line.besides.return_reason.as_str()).collect(),
        }
    }
}

/// Keeps lines of a file until they go in; their places begin after `before`.
pub async fn keep(tx: &Transaction<'_>, file: StatementFileId, before: i64, lines: &[FileLine]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::keep
            INSERT INTO bank_statement_line (book_id, file, number, amount, fee, value_on, is_debit, currency, reference, end_to_end,
                                             creditor_reference, bank_code, return_reason)
            SELECT $1, $2, $3 + l.place, l.amount, l.fee, l.value_on, l.is_debit, l.currency, l.reference, l.end_to_end,
                   l.creditor_reference, l.bank_code, l.return_reason
              FROM unnest($4::bigint[], $5::bigint[], $6::date[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[],
                          $12::text[], $13::text[])
                   WITH ORDINALITY AS l (amount, fee, value_on, is_debit, currency, reference, end_to_end, creditor_reference,
                                         bank_code, return_reason, place)",
        )
        .await?;
    let columns = Columns::of(lines);
    tx.execute(
        &statement,
        &[
            /* book_id */ &file.book.0,
            /* file */ &file.object,
            /* before */ &before,
            /* amounts */ &columns.amounts,
            /* fees */ &columns.fees,
            /* days */ &columns.days,
            /* are_debits */ &columns.are_debits,
            /* currencies */ &columns.currencies,
            /* references */ &columns.references,
            /* end_to_ends */ &columns.end_to_ends,
            /* creditor_references */ &columns.creditor_references,
            /* bank_codes */ &columns.bank_codes,
            /* return_reasons */ &columns.return_reasons,
        ],
    )
    .await?;
    Ok(())
}

/// A page of the lines of a file that are not in yet, with the place of the last one; in the order of the file.
pub async fn next(client: &impl GenericClient, file: StatementFileId) -> Result<(Vec<FileLine>, i64), Error> {
    let statement = client
        .prepare_cached(
            "-- statement_files::next
            SELECT * FROM bank_statement_line WHERE book_id = $1 AND file = $2 ORDER BY number LIMIT $3",
        )
        .await?;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let rows =
        client.query(&statement, &[/* book_id */ &file.book.0, /* file */ &file.object, /* limit */ &limit]).await?;
    let last = rows.last().map_or(0, |row| row.get("number"));
    Ok((rows.iter().map(line_of_row).collect::<Result<_, _>>()?, last))
}

fn line_of_row(row: &Row) -> Result<FileLine, Error> {
    let currency: Currency = word(row.get("currency"))?;
    let number: i64 = row.get("number");
    Ok(FileLine {
        at: number.unsigned_abs(),
        told: Told {
            reference: row.get("reference"),
            direction: if row.get("is_debit") { Direction::Debit } else { Direction::Credit },
            amount: money(row.get("amount"), currency)?,
            fee: row.get("fee"),
            value_on: row.get("value_on"),
            end_to_end: row.get("end_to_end"),
        },
        besides: Besides {
            creditor_reference: row.get("creditor_reference"),
            bank_code: row.get("bank_code"),
            return_reason: row.get("return_reason"),
        },
    })
}

/// Drops the lines of a file up to a place: they are in, or will not go in.
pub async fn drop_through(tx: &Transaction<'_>, file: StatementFileId, through: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- statement_files::drop_through
            DELETE FROM bank_statement_line WHERE book_id = $1 AND file = $2 AND number <= $3",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &file.book.0, /* file */ &file.object, /* through */ &through]).await?;
    Ok(())
}
