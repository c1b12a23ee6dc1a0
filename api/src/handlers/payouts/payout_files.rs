//! Files by which payouts are handed to a bank: asked for, looked at and withdrawn by keepers of the host.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept};
use crate::wire::{BalanceBody, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{BookRef, OrganisationId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use ledger::payouts::files::csv_out::{COLUMNS_MAX, Column, Layout};
use ledger::payouts::operations::payout_files::{self as operations, NewPayoutFile, Which};
use ledger::payouts::rules::payout_file::{FileFormat, Item, ItemState, PAYOUTS_MAX, PayoutFile};
use ledger::payouts::store::payout_files as store;
use ledger::service::change::Change;
use ledger::{Error, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A column of a table for a bank.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutTableColumn {
    /// What stands in the first row.
    #[schema(min_length = 1, max_length = 60, example = "Beneficiary")]
    name: String,
    /// What stands below: `reference` is the end-to-end id, which the bank is to repeat.
    #[schema(
        pattern = "^(reference|holder|iban|account_number|routing_number|bank_country|street|postal_code|town|country|amount|currency|execution_day|memo)$",
        example = "holder"
    )]
    field: String,
}

/// How a table for a bank is laid out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutTable {
    /// From left to right; one is of `reference`, one of `amount`.
    #[schema(min_items = 1, max_items = 30)]
    columns: Vec<PayoutTableColumn>,
    /// What stands between them.
    #[schema(pattern = "^(comma|semicolon|tab)$", example = "semicolon")]
    delimiter: String,
    /// What stands before the minor units of an amount.
    #[schema(pattern = "^(point|comma)$", example = "comma")]
    decimal: String,
}

/// A file for a bank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutFileBody {
    /// The organisation from whose cash it pays: the host when it is left out, or a partner platform. Its own active bank account in
    /// the currency is the one that the bank debits.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// `pain001`: pain.001.001.09 of ISO 20022; `nacha_ccd` and `nacha_ppd`: the ACH network of the United States, to companies and to
    /// persons, in USD; `csv`: a table.
    #[schema(pattern = "^(pain001|nacha_ccd|nacha_ppd|csv)$", example = "pain001")]
    format: String,
    /// Of all its payouts.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// The day on which the bank is asked to pay: up to 60 days ahead by the book's clock; leave it out for today.
    #[schema(value_type = Option<String>, format = "date")]
    execution_on: Option<Date>,
    /// The company id that the bank gave, with the formats of NACHA; leave it out otherwise.
    #[serde(default)]
    #[schema(max_length = 10, pattern = "^[0-9A-Z]*$", example = "")]
    originator: String,
    /// With `csv`; all fields under their own names when it is left out.
    layout: Option<PayoutTable>,
    /// Its payouts, approved and screened, of this custodian and currency. Leave it out for all of them that are in no file, the oldest
    /// first, 10,000 at most.
    #[schema(min_items = 1, max_items = 10000)]
    payouts: Option<Vec<String>>,
}

/// A file for a bank.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutFile)]
pub struct PayoutFileBody {
    #[schema(value_type = String)]
    id: PayoutFileId,
    /// The organisation from whose cash it pays.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The run that it sends, or a part of it; null when it was asked for alone.
    #[schema(value_type = Option<String>)]
    run: Option<PayoutRunId>,
    /// `pain001`, `nacha_ccd`, `nacha_ppd` or `csv`.
    format: String,
    currency: String,
    /// The day on which the bank is asked to pay.
    #[schema(value_type = String, format = "date")]
    execution_on: Date,
    /// The company id that the bank gave; empty but with the formats of NACHA.
    originator: String,
    /// Of a table; null otherwise.
    layout: Option<PayoutTable>,
    /// What names it at the bank: a status report repeats it.
    message: String,
    /// `building`: its payouts are being sent; `ready`: it may be handed to the bank; `reported`: the bank has reported on it;
    /// `withdrawn`: it was not handed over, and what its payouts paid is owed again.
    state: String,
    /// Why it was withdrawn, or why the bank rejected all of it; empty otherwise.
    reason: String,
    /// How many payouts it was asked for.
    payouts: i32,
    /// How many of them stand in it.
    sent: i32,
    /// How many were left out: `GET /v1/payout-files/{id}/payouts` says why.
    left_out: i32,
    /// The sum of those that stand in it.
    total: BalanceBody,
    #[schema(value_type = String)]
    asked_by: PersonId,
    /// By the book's clock.
    asked_at: Timestamp,
    /// By the book's clock; null while its payouts are being sent.
    ready_at: Option<Timestamp>,
    /// Who took its text last; null when nobody has. The list of who did what has all of them.
    #[schema(value_type = Option<String>)]
    taken_by: Option<PersonId>,
    /// By the book's clock.
    taken_at: Option<Timestamp>,
}

impl PayoutTable {
    fn parse(&self) -> Result<Layout, Error> {
        if self.columns.len() > COLUMNS_MAX {
            return Err(Error::invalid("/layout/columns", format!("{COLUMNS_MAX} at most")));
        }
        let column = |(place, column): (usize, &PayoutTableColumn)| {
            let field = parse_word(&format!("/layout/columns/{place}/field"), &column.field)?;
            Ok::<Column, Error>(Column { name: column.name.clone(), field })
        };
        let columns = self.columns.iter().enumerate().map(column).collect::<Result<_, _>>()?;
        let delimiter = parse_word("/layout/delimiter", &self.delimiter)?;
        Layout { columns, delimiter, decimal: parse_word("/layout/decimal", &self.decimal)? }.checked()
    }
}

fn parse_word<T>(pointer: &str, text: &str) -> Result<T, Error>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Error::invalid(pointer.to_owned(), error.to_string()))
}

impl From<Layout> for PayoutTable {
    fn from(it: Layout) -> PayoutTable {
        let column = |column: Column| PayoutTableColumn { name: column.name, field: column.field.to_string() };
        PayoutTable {
            columns: it.columns.into_iter().map(column).collect(),
            delimiter: it.delimiter.to_string(),
            decimal: it.decimal.to_string(),
        }
    }
}

impl From<PayoutFile> for PayoutFileBody {
    fn from(it: PayoutFile) -> PayoutFileBody {
        PayoutFileBody {
            message: PayoutFile::message_of(it.id),
            id: it.id,
            custodian: it.custodian,
            run: it.run,
            format: it.format.to_string(),
            currency: it.currency.code().to_owned(),
            execution_on: it.execution_on,
            originator: it.originator,
            layout: it.layout.map(PayoutTable::from),
            state: it.state.word().to_string(),
            reason: it.state.reason().to_owned(),
            payouts: it.items,
            sent: it.sent,
            left_out: it.left_out,
            total: BalanceBody::new(it.total, it.currency),
            asked_by: it.asked_by,
            asked_at: it.asked_at,
            ready_at: it.ready_at,
            taken_by: it.taken.map(|(person, _)| person),
            taken_at: it.taken.map(|(_, at)| at),
        }
    }
}

/// How a table is laid out: all fields under their own names when nobody says how. Other formats have no layout.
pub(super) fn layout_of(asked: Option<&PayoutTable>, format: FileFormat) -> Result<Option<Layout>, Error> {
    match (asked, format) {
        (Some(layout), _) => layout.parse().map(Some),
        (None, FileFormat::Csv) => Ok(Some(Layout::plain())),
        (None, FileFormat::Pain001 | FileFormat::NachaCcd | FileFormat::NachaPpd) => Ok(None),
    }
}

/// Refuses where no key opens bank details: the text of a file could not be made.
pub(super) fn require_vault(state: &State) -> Result<(), Error> {
    if state.vault.is_empty() {
        let detail = "no key is set up here that would open bank details";
        return Err(Refusal::new("bank-details-not-kept", detail).into());
    }
    Ok(())
}

impl NewPayoutFileBody {
    fn parse(&self, book: BookRef) -> Result<NewPayoutFile, Problem> {
        let format: FileFormat = parse("/format", &self.format)?;
        let layout = layout_of(self.layout.as_ref(), format)?;
        let which = match &self.payouts {
            None => Which::All,
            Some(named) if !(1..=PAYOUTS_MAX).contains(&named.len()) => {
                return Err(Error::invalid("/payouts", format!("1 to {PAYOUTS_MAX}")).into());
            }
            Some(named) => {
                let named = named.iter().enumerate().map(|(place, id)| parse(&format!("/payouts/{place}"), id));
                Which::These(named.collect::<Result<Vec<PayoutId>, Problem>>()?)
            }
        };
        Ok(NewPayoutFile {
            book: book.book,
            custodian: self.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?,
            format,
            currency: parse_currency("/currency", &self.currency)?,
            execution_on: self.execution_on,
            originator: self.originator.clone(),
            layout,
            which,
        })
    }
}

/// Asks for a file by which payouts are handed to a bank. Whoever asks sends its payouts, by the rules of a single one; that is done
/// meanwhile, some hundreds at a time, and the file is `ready` after the last. Those that cannot go are left out, each with a reason, and
/// may go with another file. Its text is kept nowhere: it is made whenever somebody takes it.
#[utoipa::path(tag = "payout-files", params(("book" = String, Path, description = "The book")),
    request_body = NewPayoutFileBody,
    responses((status = 201, description = "Asked for: its payouts are being sent", body = PayoutFileBody)))]
#[post("/v1/books/{book}/payout-files")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewPayoutFileBody>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = request.body.parse(*book)?;
    require_vault(&state)?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, &caller, *book).await?;
        let made = operations::create(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&PayoutFileBody::from(made)))
    })
    .await
}

/// Which files a page has.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfRun {
    /// Only those that send this run.
    #[param(pattern = "^prn_[a-z2-7]{32}$")]
    run: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists the payout files of a book: all, or those that send a run.
#[utoipa::path(tag = "payout-files", params(("book" = String, Path, description = "The book"), OfRun),
    responses((status = 200, description = "A page, the oldest first", body = Page<PayoutFileBody>)))]
#[get("/v1/books/{book}/payout-files")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<OfRun>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfRun { run, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let run: Option<PayoutRunId> = run.map(|run| parse("/run", &run)).transpose()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *book).await?;
    if run.is_some_and(|run| run.book != book.id) {
        return Err(Error::invalid("/run", "no run of this book").into());
    }
    let rows = store::list(&client, book.id, run, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, PayoutFileBody::from).respond(&http))
}

/// Shows a payout file.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The file, with its ETag", body = PayoutFileBody, headers(("ETag" = String)))))]
#[get("/v1/payout-files/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PayoutFileId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    require_keeper(&client, &caller, *id).await?;
    let found = store::get(&client, *id).await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(PayoutFileBody::from(found)))
}

/// Refuses who does not keep the book of a file: there is none, then.
pub(super) async fn require_keeper(
    client: &impl GenericClient,
    caller: &Caller,
    id: PayoutFileId,
) -> Result<(), Error> {
    let book = book_of(client, id.book, "payout file").await?;
    caller.require_role(client, book.organisation, "payout file").await
}

/// A payout of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutFileItem)]
pub struct PayoutFileItemBody {
    /// Its place in the file, from 1.
    place: i32,
    #[schema(value_type = String)]
    payout: PayoutId,
    /// `waiting`: it is to be sent; `sent`: it stands in the file; `left_out`: it may go with another one.
    state: String,
    /// Why it was left out: `state` (it is not approved and screened any more, or was sent otherwise), `same_person` (above the
    /// threshold, whoever asked for the file asked for it or approved it), `frozen` (the custodian is), `debt_less` (less is owed by
    /// now), `bank_country` (the format reaches no bank there), `amount` (the format has no room for it), `refused` (the book refuses
    /// it: send it by itself to read why). Null otherwise.
    why: Option<String>,
}

impl From<Item> for PayoutFileItemBody {
    fn from(it: Item) -> PayoutFileItemBody {
        let why = it.why.map(|why| why.to_string());
        PayoutFileItemBody { place: it.place, payout: it.payout, state: it.state.to_string(), why }
    }
}

/// Which payouts of a file a page has.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InState {
    /// Only those in this state.
    #[param(pattern = "^(waiting|sent|left_out)$", example = "left_out")]
    state: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists the payouts of a file by their places, with why some were left out.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file"), InState),
    responses((status = 200, description = "A page, in the order of the file", body = Page<PayoutFileItemBody>)))]
#[get("/v1/payout-files/{id}/payouts")]
pub(crate) async fn payouts(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutFileId>,
    query: Params<InState>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let InState { state: of, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<i32>()?;
    let of: Option<ItemState> = of.map(|word| parse("/state", &word)).transpose()?;
    let client = state.client().await?;
    require_keeper(&client, &caller, *id).await?;
    store::get(&client, *id).await?;
    let rows = store::list_items(&client, *id, of, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.place, PayoutFileItemBody::from).respond(&http))
}

/// Why a file is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawPayoutFileRequest {
    /// Why, without personal data.
    #[schema(min_length = 1, max_length = 1000, example = "Another day of execution")]
    reason: String,
    /// Say `true` of a file whose text somebody took, when the bank does not have it: what it has it may pay all the same.
    #[serde(default)]
    not_at_bank: bool,
}

/// Gives up a file that nobody has handed to the bank, with a reason: each of its payouts fails, and is owed again. Another try is another
/// payout, with a reference of its own.
#[utoipa::path(tag = "payout-files", params(("id" = String, Path, description = "The file")),
    request_body = WithdrawPayoutFileRequest,
    responses((status = 200, description = "Withdrawn; its payouts fail meanwhile", body = PayoutFileBody)))]
#[post("/v1/payout-files/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutFileId>,
    request: Keyed<WithdrawPayoutFileRequest>,
) -> Result<HttpResponse, Problem> {
    let WithdrawPayoutFileRequest { reason, not_at_bank } = &request.body;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        require_keeper(tx, &caller, *id).await?;
        let change = Change { version: None, actor: actor(&caller), reason };
        let withdrawn = operations::withdraw(tx, *id, *not_at_bank, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&PayoutFileBody::from(withdrawn)))
    })
    .await
}
