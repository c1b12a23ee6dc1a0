//! A partner's own list of a day, compared with that of the ledger.

use super::comparison_lists::{LIST_MAX, ListBody, ListLayout};
use super::pledges::require_concerned;
use super::settlement_days::{OfDay, concerned};
use crate::auth::Caller;
use crate::extract::{Params, Spool, Spooled};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, require_admitted};
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path, block};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books;
use ledger::evidence::Digest;
use ledger::id::{BookRef, ComparisonId, OrganisationId};
use ledger::money::Currency;
use ledger::parties::rules::role::Scope as Permission;
use ledger::pledging::operations::comparisons::{self as operations, List};
use ledger::pledging::operations::settlement_days;
use ledger::pledging::rules::comparison::{Difference, Sum};
use ledger::pledging::rules::settlement_day::{LineKind, Turn};
use ledger::pledging::store::comparisons::{self as store, Kept, KeptDifference, Side};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A partner's list of a day, compared with that of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementComparison)]
pub struct ComparisonBody {
    #[schema(value_type = String)]
    id: ComparisonId,
    /// The partner whose list it is.
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// The day, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// SHA-256 of the bytes of the list.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    sha256: Digest,
    /// How many bytes the list has.
    bytes: i64,
    /// How many lines the day had here when it was compared.
    our_lines: i32,
    /// How many lines the list has, those that cannot be read too.
    their_lines: i32,
    /// How many lines both have, with the same figures.
    matched: i32,
    /// How many differences there are.
    differences: i64,
    /// How many of them are kept line by line: the first 10,000.
    kept: i32,
    /// How many there are of each word that occurs.
    counts: Vec<DifferenceCountBody>,
    /// What the lines of both come to, one for each currency. Pledges are no money, and not in them.
    totals: Vec<ComparedTotalBody>,
    /// When it was compared, by the book's clock. It is deleted after 90 days.
    made_at: Timestamp,
}

/// How many differences there are of a word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DifferenceCount)]
pub struct DifferenceCountBody {
    /// The word.
    #[schema(value_type = String)]
    difference: Difference,
    /// How many lines.
    lines: i64,
}

/// What the lines of both come to in a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedTotal)]
pub struct ComparedTotalBody {
    /// That of the ledger.
    ours: ListTotalBody,
    /// That of the list, but for lines that cannot be read.
    theirs: ListTotalBody,
}

/// What the lines of a list come to in a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListTotal)]
pub struct ListTotalBody {
    /// How many lines move money.
    lines: i64,
    /// What came, less what went back.
    gross: BalanceBody,
    /// What processors kept.
    fees: BalanceBody,
    /// What is owed more by it, or less.
    net: BalanceBody,
}

/// A line that differs, with the figures of both.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementDifference)]
pub struct DifferenceBody {
    /// Its place in the comparison, from 1.
    place: i32,
    /// `not_ours`: nothing of the day is called so here. `not_theirs`: it is not on the list. `amount`, `fee`, `currency`: both have it, with
    /// another figure. `state`: something else happened to it here. `day`: the list says another day. `duplicate`: the list has it once more.
    /// `unreadable`: the line cannot be read at a column. One word for a line: the first that holds, in the order `state`, `day`, `currency`,
    /// `amount`, `fee`.
    #[schema(value_type = String)]
    difference: Difference,
    /// Our charge, refund, chargeback or pledge; null without our line.
    object: Option<String>,
    /// The line of the list's text at which theirs begins, from 1, or the place of an object in its array, from 1; null without theirs.
    line: Option<i32>,
    /// The column that cannot be read; null otherwise.
    column: Option<String>,
    /// How the list calls a line that nothing here matches; null otherwise.
    reference: Option<String>,
    /// Our line; null without it.
    ours: Option<ComparedLineBody>,
    /// Theirs; null without it, and when it cannot be read.
    theirs: Option<ComparedLineBody>,
}

/// One side of a line that differs. What a list does not say is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedLine)]
pub struct ComparedLineBody {
    /// What happened.
    #[schema(value_type = String)]
    kind: LineKind,
    /// How a pledge went on.
    #[schema(value_type = Option<String>)]
    turn: Option<Turn>,
    /// What the donor gave, or got back.
    gross: Option<BalanceBody>,
    /// What the processor kept.
    fee: Option<BalanceBody>,
    /// Gross less fee.
    net: Option<BalanceBody>,
    /// What a pledge promises.
    promised: Option<BalanceBody>,
}

impl ComparisonBody {
    fn new(it: Kept) -> Result<ComparisonBody, Error> {
        let counts =
            it.counts.iter().map(|(difference, lines)| DifferenceCountBody { difference: *difference, lines: *lines });
        let total = |sum: &Sum, currency: Currency| ListTotalBody {
            lines: sum.lines,
            gross: BalanceBody::new(sum.gross, currency),
            fees: BalanceBody::new(sum.fees, currency),
            net: BalanceBody::new(sum.net, currency),
        };
        let totals = it.sums.iter().map(|(code, sums)| {
            let currency = currency_of(code)?;
            Ok(ComparedTotalBody { ours: total(&sums.ours, currency), theirs: total(&sums.theirs, currency) })
        });
        Ok(ComparisonBody {
            id: it.id,
            partner: it.partner,
            day: it.day,
            sha256: it.sha256,
            bytes: it.bytes,
            our_lines: it.our_lines,
            their_lines: it.their_lines,
            matched: it.matched,
            differences: it.counts.values().sum(),
            kept: it.kept,
            counts: counts.collect(),
            totals: totals.collect::<Result<_, Error>>()?,
            made_at: it.made_at,
        })
    }
}

fn currency_of(code: &str) -> Result<Currency, Error> {
    code.parse().map_err(|_| Error::inconsistent("a comparison in no currency"))
}

impl DifferenceBody {
    fn new(it: KeptDifference) -> Result<DifferenceBody, Error> {
        let line = |side: Side| -> Result<ComparedLineBody, Error> {
            let currency = currency_of(&side.currency)?;
            let balance = |minor: Option<i64>| minor.map(|minor| BalanceBody::new(minor, currency));
            let is_pledge = side.kind == LineKind::Pledge;
            Ok(ComparedLineBody {
                kind: side.kind,
                turn: side.turn,
                gross: balance(side.gross),
                fee: balance(side.fee),
                net: balance(side.net),
                promised: balance(side.promised).filter(|_| is_pledge),
            })
        };
        Ok(DifferenceBody {
            place: it.place,
            difference: it.what,
            object: it.object,
            line: it.line,
            column: it.column,
            reference: it.reference,
            ours: it.ours.map(line).transpose()?,
            theirs: it.theirs.map(line).transpose()?,
        })
    }
}

/// Compares the partner's own list of a day with what the ledger has, line by line, and keeps what differs. The list is a table with the
/// columns of ours, in any order, or with others that the query names, or a JSON array of objects with the same words; it has 50,000 lines and
/// 8 MiB at most. A line is found by our id if it has one, else by the provider's reference, else by that of the pledge. What it does not say
/// is not compared. A line that cannot be read is named with its column, and the others are compared all the same; a list that is no table, or
/// lacks a column that was named, is refused, and so is an array with a field of another type or of no name of ours. Nothing is posted or
/// changed by it; of the list its figures are kept, and the names of lines that nothing here matches.
#[utoipa::path(tag = "settlements",
    params(("book" = String, Path, description = "The book"),
           ("day" = String, Path, description = "The day, in the zone of the book", format = "date", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
           ListLayout),
    request_body(content((String = "text/csv"), (inline(ListBody) = "application/json")), description = "The list, byte for byte"),
    responses((status = 201, description = "Compared", body = ComparisonBody)))]
#[post("/v1/books/{book}/settlement-days/{day}/comparisons")]
pub(crate) async fn compare_settlement_day(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Date)>,
    query: Params<ListLayout>,
    body: Spool,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?;
    let form = query.0.form(body.media_type(&["text/csv", "application/json"])?)?;
    let (id, day) = path.into_inner();
    let client = state.client().await?;
    let book = books::resolve(&client, id).await?;
    require_admitted(&client, partner, &book, "book").await?;
    drop(client);
    let whose = settlement_days::of(&book, partner.organisation, day, ledger::calendar::now())?;
    let _room = state.files.try_acquire().map_err(|_| Error::Overloaded)?;
    let Spooled { key, file, bytes, sha256 } = body.read(&state, LIST_MAX).await?;
    if bytes == 0 {
        return Err(Problem::invalid("", "the list is empty"));
    }
    let currency = book.currency;
    let lines = block(move || form.read(file, currency)).await.map_err(|_| Problem::internal())??;
    idempotent(&state, &key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = books::resolve(tx, id).await?;
        require_admitted(tx, partner, &book, "book").await?;
        let list = List { lines: lines.clone(), sha256, bytes, credential: partner.credential };
        let kept = operations::compare(tx, &book, &whose, list, ledger::calendar::now()).await?;
        Ok(Reply::created(&ComparisonBody::new(kept)?))
    })
    .await
}

/// Lists the comparisons of a day that are kept.
#[utoipa::path(tag = "settlements",
    params(("book" = String, Path, description = "The book"),
           ("day" = String, Path, description = "The day, in the zone of the book", format = "date", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
           OfDay),
    responses((status = 200, description = "A page, the oldest first", body = Page<ComparisonBody>)))]
#[get("/v1/books/{book}/settlement-days/{day}/comparisons")]
pub(crate) async fn list_comparisons(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, Date)>,
    query: Params<OfDay>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfDay { partner, limit, cursor } = query.0;
    let window = Window::<Uuid>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let (_, whose) = concerned(&client, &caller, path.into_inner(), partner.as_deref()).await?;
    let rows = store::list(&client, &whose, window.after.unwrap_or_default(), window.fetch()).await?;
    let bodies: Vec<ComparisonBody> = rows.into_iter().map(ComparisonBody::new).collect::<Result<_, _>>()?;
    Ok(window.page(bodies, |body| body.id.object, |body| body).respond(&http))
}

/// The comparison, for its partner and people of the host.
async fn readable(state: &State, caller: &Caller, id: ComparisonId) -> Result<Kept, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "comparison").await?;
    if caller.partner().is_none() {
        caller.require_role(&client, book.organisation, "comparison").await?;
    }
    let kept = store::get(&client, id).await?;
    require_concerned(&client, caller, &book, kept.partner, "comparison").await?;
    Ok(kept)
}

/// Shows what a comparison has found, in figures.
#[utoipa::path(tag = "settlements", params(("id" = String, Path, description = "The comparison")),
    responses((status = 200, description = "What both lists come to", body = ComparisonBody)))]
#[get("/v1/settlement-comparisons/{id}")]
pub(crate) async fn show_comparison(
    state: Data<State>,
    caller: Caller,
    id: Path<ComparisonId>,
) -> Result<HttpResponse, Problem> {
    let kept = readable(&state, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(ComparisonBody::new(kept)?))
}

/// Lists what a comparison has found, line by line: first the lines that cannot be read, then those of ours that differ, then those of theirs
/// that nothing here matches.
#[utoipa::path(tag = "settlements", params(("id" = String, Path, description = "The comparison"), PageQuery),
    responses((status = 200, description = "A page, in their order", body = Page<DifferenceBody>)))]
#[get("/v1/settlement-comparisons/{id}/differences")]
pub(crate) async fn list_differences(
    state: Data<State>,
    caller: Caller,
    id: Path<ComparisonId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let kept = readable(&state, &caller, *id).await?;
    let client = state.client().await?;
    let rows = store::differences(&client, kept.id, window.after.unwrap_or(0), window.fetch()).await?;
    let bodies: Vec<DifferenceBody> = rows.into_iter().map(DifferenceBody::new).collect::<Result<_, _>>()?;
    Ok(window.page(bodies, |body| body.place, |body| body).respond(&http))
}
