//! Files of bank statements, as banks make them.

use crate::auth::Caller;
use crate::extract::{Params, Spool, Spooled};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::tables::{column, table_query};
use crate::visibility::{book_of, kept};
use crate::wire::{BalanceBody, etag, parse, parse_balance, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::id::{BookRef, OrganisationId, StatementFileId};
use ledger::payouts::files::csv_statement::{Amounts, Map};
use ledger::payouts::files::parts::{self, Reading};
use ledger::payouts::operations::statement_files::{self as operations, NewFile, Parcels};
use ledger::payouts::rules::statement_file::{FileState, Format, Statement, StatementFile};
use ledger::payouts::store::statement_files;
use serde::Serialize;
use std::fs::File;
use std::io::BufReader;
use utoipa::ToSchema;
use uuid::Uuid;

/// The media types that are taken.
const MEDIA_TYPES: &[&str] = &["application/xml", "text/xml", "text/csv"];

/// Bytes that are read from the disk at once.
const AT_ONCE: usize = 256 * 1024;

/// Parcels that are read ahead of the database.
const AHEAD: usize = 2;

table_query! {
    /// Whose file it is, and, of a table, what its columns mean.
    HowToRead {
        /// The organisation whose account it is of: the host when it is left out, or a partner platform.
        #[param(pattern = "^org_[a-z2-7]{26}$")]
        custodian,
        /// Of a table: the currency of the account.
        #[param(pattern = "^[A-Z]{3}$")]
        currency,
        /// Of a table: the name of the column with the day of booking.
        #[param(max_length = 100)]
        column_day,
        /// Of a table: the column of amounts, with a minus before what left.
        #[param(max_length = 100)]
        column_amount,
        /// Of a table with two columns of amounts: that of what left.
        #[param(max_length = 100)]
        column_debit,
        /// Of a table with two columns of amounts: that of what came.
        #[param(max_length = 100)]
        column_credit,
        /// Of a table: the column of currencies; a row in another one than the account's is refused.
        #[param(max_length = 100)]
        column_currency,
        /// Of a table: the column with the bank's own reference of a row. Without it rows are named by what they say.
        #[param(max_length = 100)]
        column_reference,
        /// Of a table: the column of end-to-end ids.
        #[param(max_length = 100)]
        column_end_to_end,
        /// Of a table: the column of free texts, in which a creditor reference (RF…) is looked for; nothing else of it is kept.
        #[param(max_length = 100)]
        column_text,
        /// Of a table: the balance before its first row, if it is known; it is held to it when both are.
        #[param(pattern = r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")]
        opening_balance,
        /// Of a table: the balance after its last row.
        #[param(pattern = r"^-?[0-9]{1,16}(\.[0-9]{1,4})?$")]
        closing_balance,
    }
}

impl HowToRead {
    fn reading(&self, media_type: &str) -> Result<Reading, Problem> {
        if media_type == "text/csv" {
            return Ok(Reading::Csv(Box::new(self.map()?)));
        }
        match self.of_tables(&["/custodian"]) {
            Some(pointer) => Err(Problem::invalid(pointer, "a file of XML says this itself")),
            None => Ok(Reading::Camt053),
        }
    }

    fn map(&self) -> Result<Map, Problem> {
        let needed = |pointer: &'static str, given: &Option<String>| {
            column(pointer, given)?.ok_or_else(|| Problem::invalid(pointer, "a table needs it"))
        };
        let currency = parse_currency("/currency", &needed("/currency", &self.currency)?)?;
        let amounts = match (&self.column_amount, &self.column_debit, &self.column_credit) {
            (Some(_), None, None) => Amounts::Signed(needed("/column_amount", &self.column_amount)?),
            (None, Some(_), Some(_)) => Amounts::Split {
                debit: needed("/column_debit", &self.column_debit)?,
                credit: needed("/column_credit", &self.column_credit)?,
            },
            (None, None, None) => {
                return Err(Problem::invalid("/column_amount", "a table needs it, or both of two columns"));
            }
            (Some(_), ..) => return Err(Problem::invalid("/column_amount", "one column of amounts, or two")),
            (None, ..) => return Err(Problem::invalid("/column_debit", "both columns of amounts, or one of all")),
        };
        let balance = |pointer: &'static str, given: &Option<String>| -> Result<Option<i64>, Error> {
            given.as_deref().map(|given| parse_balance(pointer, given, currency.into())).transpose()
        };
        Ok(Map {
            layout: self.layout()?,
            day: needed("/column_day", &self.column_day)?,
            amounts,
            currency,
            currency_column: column("/column_currency", &self.column_currency)?,
            reference: column("/column_reference", &self.column_reference)?,
            end_to_end: column("/column_end_to_end", &self.column_end_to_end)?,
            text: column("/column_text", &self.column_text)?,
            opening: balance("/opening_balance", &self.opening_balance)?,
            closing: balance("/closing_balance", &self.closing_balance)?,
        })
    }
}

/// A file of bank statements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementFile)]
pub struct StatementFileBody {
    #[schema(value_type = String)]
    id: StatementFileId,
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// `camt053` or `csv`.
    #[schema(value_type = String)]
    format: Format,
    /// SHA-256 of its bytes: the same file twice is one.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    sha256: Digest,
    bytes: i64,
    /// How many lines it has.
    lines: i64,
    /// How many of its lines are in, as they were new.
    taken: i64,
    /// How many of its lines were there before.
    known: i64,
    /// Entries that are no lines: of nothing, or not booked by the bank yet.
    skipped: i64,
    /// `received` while its lines go in, `imported` when all are in, or `refused`: then `problem` says why.
    #[schema(value_type = String)]
    state: FileState,
    /// Why not all of its lines are in; null when it was not refused.
    problem: Option<String>,
    /// By the book's clock.
    received_at: Timestamp,
}

impl From<StatementFile> for StatementFileBody {
    fn from(it: StatementFile) -> StatementFileBody {
        StatementFileBody {
            id: it.id,
            custodian: it.custodian,
            format: it.format,
            sha256: it.sha256,
            bytes: it.bytes,
            lines: it.lines,
            taken: it.taken,
            known: it.known,
            skipped: it.skipped,
            state: it.state,
            problem: Some(it.problem).filter(|problem| !problem.is_empty()),
            received_at: it.received_at,
        }
    }
}

/// Takes a file of bank statements as the bank made it: camt.053.001 as XML, or a table whose columns the query names. It is read whole
/// before it is answered; one that cannot be read, or whose lines do not lead from its opening to its closing balance, is refused and
/// leaves nothing. Its lines go in one after the other then, as those sent by themselves do: debits and credits with the end-to-end id
/// of a payout settle it or bring it back, all others wait open. The same bytes again are the file that is there. Names, account
/// numbers and free texts are not kept.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), HowToRead),
    request_body(content((String = "application/xml"), (String = "text/csv")), description = "The file, byte for byte"),
    responses((status = 201, description = "Taken, now or before", body = StatementFileBody)))]
#[post("/v1/books/{book}/bank-statement-files")]
pub(crate) async fn send_file(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<HowToRead>,
    body: Spool,
) -> Result<HttpResponse, Problem> {
    let media_type = body.media_type(MEDIA_TYPES)?;
    let reading = query.0.reading(media_type)?;
    let custodian: Option<OrganisationId> = query.0.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?;
    let by = caller.person()?.id;
    let client = state.client().await?;
    kept(&client, &caller, *book).await?;
    drop(client);
    let _room = state.files.try_acquire().map_err(|_| Error::Overloaded)?;
    let limit = usize::from(state.config.statement_mib) * 1024 * 1024;
    let Spooled { key, file, bytes, sha256 } = body.read(&state, limit).await?;
    if bytes == 0 {
        return Err(Problem::invalid("", "the file is empty"));
    }
    idempotent(&state, &key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *book).await?;
        let custodian = custodian.unwrap_or(book.organisation);
        let new = NewFile { book: book.id, custodian, format: reading.format(), sha256, bytes };
        let there = operations::find(tx, &new).await?;
        let taken = match there {
            Some(there) => there,
            None => operations::receive(tx, new, read(file, reading), by, ledger::calendar::now()).await?,
        };
        Ok(Reply::created(&StatementFileBody::from(taken)))
    })
    .await
}

/// Reads a file on another thread, a little ahead of whoever keeps what it says.
fn read(file: File, reading: Reading) -> Parcels {
    let (sender, parcels) = tokio::sync::mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let source = BufReader::with_capacity(AT_ONCE, file);
        let told = parts::read(source, reading, |parcel| sender.blocking_send(Ok(parcel)).is_ok());
        if let Err(wrong) = told {
            // Nobody hears it when the request has ended meanwhile.
            let _ = sender.blocking_send(Err(wrong));
        }
    });
    parcels
}

/// Lists the files of bank statements of a book.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<StatementFileBody>)))]
#[get("/v1/books/{book}/bank-statement-files")]
pub(crate) async fn list_files(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *book).await?;
    let rows = statement_files::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, StatementFileBody::from).respond(&http))
}

/// A file of bank statements, with how far its lines are in.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "As it is now", body = StatementFileBody, headers(("ETag" = String)))))]
#[get("/v1/bank-statement-files/{id}")]
pub(crate) async fn show_file(
    state: Data<State>,
    caller: Caller,
    id: Path<StatementFileId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "statement file").await?;
    caller.require_role(&client, book.organisation, "statement file").await?;
    let file = statement_files::get(&client, *id).await?;
    let version = etag(file.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, version)).json(StatementFileBody::from(file)))
}

/// A statement of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FileStatement)]
pub struct StatementBody {
    /// Its place in the file, from 1.
    number: i32,
    /// How the bank names it; null when it does not.
    name: Option<String>,
    /// The last four characters of the account; null when the file names none.
    account: Option<String>,
    /// The balance before its first line; null when it tells none.
    opening: Option<BalanceBody>,
    #[schema(value_type = Option<String>, format = "date")]
    opening_day: Option<Date>,
    /// The balance after its last line; null when it tells none.
    closing: Option<BalanceBody>,
    #[schema(value_type = Option<String>, format = "date")]
    closing_day: Option<Date>,
    /// What came by its lines.
    credits: BalanceBody,
    /// What left by them, with fees.
    debits: BalanceBody,
    /// How many lines it has.
    lines: i64,
}

impl From<Statement> for StatementBody {
    fn from(it: Statement) -> StatementBody {
        let money = |minor: i64| BalanceBody::new(minor, it.currency);
        StatementBody {
            number: it.number,
            opening: it.opening.map(|balance| money(balance.minor)),
            opening_day: it.opening.map(|balance| balance.on),
            closing: it.closing.map(|balance| money(balance.minor)),
            closing_day: it.closing.map(|balance| balance.on),
            credits: money(it.credits),
            debits: money(it.debits),
            lines: it.lines,
            name: Some(it.name).filter(|name| !name.is_empty()),
            account: Some(it.account).filter(|account| !account.is_empty()),
        }
    }
}

/// Lists the statements of a file, with their balances.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The file"), PageQuery),
    responses((status = 200, description = "A page, in the order of the file", body = Page<StatementBody>)))]
#[get("/v1/bank-statement-files/{id}/statements")]
pub(crate) async fn statements(
    state: Data<State>,
    caller: Caller,
    id: Path<StatementFileId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "statement file").await?;
    caller.require_role(&client, book.organisation, "statement file").await?;
    let rows = statement_files::statements(&client, *id, window.after.unwrap_or(0), window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, StatementBody::from).respond(&http))
}
