//! Exports: a book as text for the tools of accountants and auditors.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::limits::place;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{read_accounts, sees_donors, sees_proceeds};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use ledger::export::{Format, Order};
use ledger::id::BookRef;
use ledger::reports::operations::exports::{self, Asked, Sees};
use serde::Deserialize;
use utoipa::IntoParams;

/// In which format, and what of the book.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// * `hledger`: a plain-text journal with balance assertions, which `hledger check --strict` accepts.
    /// * `beancount`: the same for Beancount, version 3, which `bean-check` accepts. Each part of an account's name begins
    ///   with a capital letter; its code is in the metadata.
    /// * `csv`: a table (RFC 4180), one row for each line of the journal, fees too, with the balances of both accounts
    ///   after it and whether the note was erased. A text that begins like a formula has an apostrophe in front.
    /// * `jsonl`: JSON Lines, one for each record between a header and a trailer with the trial balance; every line
    ///   is canonical (RFC 8785) and carries its SHA-256 digest and that of the line before. `commonpurse verify` checks it.
    #[param(value_type = String, pattern = "^(hledger|beancount|csv|jsonl)$", example = "hledger")]
    format: Format,
    /// The first day whose entries are in it; with it, a journal begins with the balances of all accounts before that day, as
    /// one entry of the day, tagged `clopen:` in hledger and `#opening` in Beancount. A `jsonl` is always whole.
    from: Option<Date>,
    /// The last day whose entries are in it. A `jsonl` is always whole.
    to: Option<Date>,
    /// * `record`: by record number, as entries were written down; balances are asserted at the end.
    /// * `date`: by the day on which entries count, those of a day by record number; balances are asserted after each month.
    ///   Not with `jsonl`.
    #[param(value_type = Option<String>, pattern = "^(record|date)$", example = "date")]
    order: Option<Order>,
    /// Only with `hledger` and `beancount`: `false` leaves out the balances that are asserted month by month.
    assertions: Option<bool>,
    /// Only with `csv`: begins with a byte order mark, by which spreadsheets know that the text is UTF-8 and show its
    /// accents right.
    #[serde(default)]
    bom: bool,
}

/// By what a spreadsheet knows UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Exports the book, or the days of it that are asked for, as it was when the export began.
///
/// Each entry has its memo and reference, the number of its invoice, its counterparty and the name of the organisation with
/// which or through which money moved, as far as it has them. A counterparty is a pseudonym, an id or a short name, never
/// the name of a person. Owners, treasurers and auditors see those of donors and sponsors, other readers do not; memos and
/// invoices of a cooperative's sales and costs are for those who may list them. What a reader does not see is left out. In
/// a `jsonl` they stand beside the record (`about`, `invoice`, `counterparty`, `organisation`), and no digest counts them: it is the same for every reader.
///
/// Entries that close a result are tagged `retain:` in hledger and `#closing` in Beancount. The head of the file has the
/// command that leaves them out of an income statement.
///
/// Journals end with a line that begins with `; end:`, JSON Lines with a trailer: a text without it was cut by an error.
#[utoipa::path(tag = "exports", params(("book" = String, Path, description = "The book"), ExportQuery),
    responses((status = 200, description = "The book, as a file to keep",
               headers(("Content-Disposition" = String, description = "The name of the file, such as `attachment; \
                        filename=\"bok_….beancount\"`: it ends with journal, beancount, csv or jsonl")),
               content((String = "text/plain"), (String = "text/csv"), (String = "application/jsonl")))))]
#[get("/v1/books/{book}/export")]
pub(crate) async fn export(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let ExportQuery { format, from, to, order, assertions, bom } = query.0;
    if bom && format != Format::Csv {
        return Err(Problem::invalid("/bom", "only a csv begins with a byte order mark"));
    }
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let sees = Sees {
        donors: sees_donors(&client, caller.0.as_ref(), &book).await?,
        proceeds: sees_proceeds(&client, caller.0.as_ref(), &book).await?,
    };
    drop(client);
    let file = format!("attachment; filename=\"{}.{}\"", book.reference(), format.extension());
    let asked = Asked { format, from, to, order: order.unwrap_or(Order::Record), assertions, sees };
    let pieces = exports::export(state.connections().await?.clone(), book, asked).await?;
    // The answer goes on after the request is answered, and so does its use of the database.
    let place = place::keep();
    let pieces = pieces.map_ok(move |piece| {
        let _held = &place;
        Bytes::from(piece)
    });
    let pieces = pieces.inspect_err(|error| tracing::error!(%error, "an export was cut"));
    let mark = bom.then(|| Ok(Bytes::from_static(BYTE_ORDER_MARK.as_bytes())));
    let pieces = stream::iter(mark).chain(pieces);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, file))
        .streaming(pieces))
}
