//! What members got of patronage in a calendar year, for tax forms.

use super::members::{cooperative, visible_members};
use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::BalanceBody;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use ledger::Error;
use ledger::cooperatives::rules::tax_year::{TaxYear, table};
use ledger::cooperatives::store::tax_years;
use ledger::id::{BookRef, MemberId};
use ledger::money::Currency;
use serde::Serialize;
use std::ops::RangeInclusive;
use utoipa::ToSchema;

/// The years of which is told.
const YEARS: RangeInclusive<i16> = 2016..=2200;

/// So many members are read at once for the table.
const AT_ONCE: i64 = 1_000;

/// What a member got of patronage in a calendar year: the figures of the United States' form 1099-PATR.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaxYear)]
pub struct TaxYearBody {
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    /// What the member was told of in the year and got in cash, or netted with what had been paid before; without interest on the member's capital.
    cash: BalanceBody,
    /// What was retained of it by qualified notices: the rule says so (`notices`), the member agreed, at least a fifth of the share is cash, and the
    /// statement was issued by the 15th of the ninth month after the period's last day.
    qualified: BalanceBody,
    /// What was retained by notices that are not qualified.
    non_qualified: BalanceBody,
    /// Box 1: cash and qualified notices.
    box_1: BalanceBody,
    /// Box 5: what was redeemed in the year of notices that are not qualified, whenever they were given.
    box_5: BalanceBody,
    /// Whether a form is due: from 10.00 on.
    is_reported: bool,
}

impl TaxYearBody {
    fn new(it: &TaxYear, currency: Currency) -> TaxYearBody {
        let money = |minor| BalanceBody::new(minor, currency);
        TaxYearBody {
            member: it.member,
            number: it.number,
            cash: money(it.cash),
            qualified: money(it.qualified),
            non_qualified: money(it.non_qualified),
            box_1: money(it.box_1()),
            box_5: money(it.box_5()),
            is_reported: it.is_reported(currency),
        }
    }
}

/// The calendar year that a path names: one of those that a book may have.
fn of_path(year: i16) -> Result<i16, Error> {
    if YEARS.contains(&year) { Ok(year) } else { Err(Error::NotFound("tax year")) }
}

/// Lists what each member got of patronage in a calendar year, in the zone of the book: members see their own; owners, treasurers, approvers
/// and auditors all. Whoever was told of no share until its end is left out, and so are distributions and redemptions that were taken back.
#[utoipa::path(tag = "statements", operation_id = "list_tax_year",
    params(("book" = String, Path, description = "The cooperative's book"),
           ("year" = i16, Path, description = "The calendar year", minimum = 2016, maximum = 2200), PageQuery),
    responses((status = 200, description = "A page, by number", body = Page<TaxYearBody>)))]
#[get("/v1/cooperatives/{book}/tax-years/{year}")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, i16)>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, year) = path.into_inner();
    let year = of_path(year)?;
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let after = window.after.unwrap_or_default();
    let rows = tax_years::list(&client, &book, year, own.as_deref(), after, window.fetch()).await?;
    let currency = book.currency;
    Ok(window.page(rows, |row| row.number, |row| TaxYearBody::new(&row, currency)).respond(&http))
}

/// The members for whom a form is due for a calendar year, as one table (RFC 4180) by number, with the columns `number`, `member`, `box_1`, `box_5`,
/// `cash`, `qualified`, `non_qualified` and `currency`. A year without any is the row of their names alone.
#[utoipa::path(tag = "statements", operation_id = "download_tax_year",
    params(("book" = String, Path, description = "The cooperative's book"),
           ("year" = i16, Path, description = "The calendar year", minimum = 2016, maximum = 2200)),
    responses((status = 200, description = "The year, as a file to keep",
               headers(("Content-Disposition" = String, description = "The name of the file, such as `attachment; filename=\"patronage-2027.csv\"`")),
               content((String = "text/csv")))))]
#[get("/v1/cooperatives/{book}/tax-years/{year}/file")]
pub(crate) async fn download(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, i16)>,
) -> Result<HttpResponse, Problem> {
    let (id, year) = path.into_inner();
    let year = of_path(year)?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, id).await?;
    let (mut file, mut after) = (Vec::new(), 0);
    loop {
        let page = tax_years::list(&client, &book, year, None, after, AT_ONCE).await?;
        let rows = table(&page, book.currency, after == 0);
        file.extend(rows.map_err(|error| Error::inconsistent(error.to_string()))?);
        match page.last() {
            Some(last) => after = last.number,
            None => break,
        }
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"patronage-{year}.csv\"")))
        .body(Bytes::from(file)))
}
