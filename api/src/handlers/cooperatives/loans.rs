//! Loans to a cooperative, and their interest.

use super::members::cooperative;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, book_day, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::operations::{loan_interest, loans as operations};
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::cooperatives::rules::loan::{Loan, LoanInterest, LoanTerms};
use ledger::cooperatives::store::loans;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, LoanTermsId, PersonId, ProceedsId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Terms to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoanTermsRequest {
    /// Short name of the lender: a pseudonym, as bank lines and allocation rules have it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "seed")]
    lender: String,
    /// The rate in percent a year, a decimal string, exact to the hundredth, from 0 to 100; 0 for none.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "3.00")]
    rate: String,
    /// First day that counts at this rate; the book's own day when it is not given.
    effective_from: Option<Date>,
}

/// At what rate a loan bears interest, from a day on until other terms begin. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoanTerms)]
pub struct LoanTermsBody {
    #[schema(value_type = String)]
    id: LoanTermsId,
    #[schema(example = "seed")]
    lender: String,
    /// Percent a year.
    #[schema(value_type = String, example = "3.00")]
    rate: Percent,
    /// First day that counts at this rate.
    effective_from: Date,
    #[schema(value_type = String)]
    published_by: PersonId,
    /// When they were written down, by the book's clock.
    published_at: Timestamp,
}

impl From<LoanTerms> for LoanTermsBody {
    fn from(it: LoanTerms) -> LoanTermsBody {
        let LoanTerms { id, lender, rate, effective_from, published_by, published_at } = it;
        LoanTermsBody { id, lender, rate, effective_from, published_by, published_at }
    }
}

/// Writes down at what rate a loan bears interest from a day on: actual days over 365, on what stands of the loan at the end of each day. The
/// rate holds until other terms begin. What is booked already does not change.
#[utoipa::path(tag = "proceeds", operation_id = "publish_loan_terms",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewLoanTermsRequest,
    responses((status = 201, description = "Written down", body = LoanTermsBody)))]
#[post("/v1/cooperatives/{book}/loan-terms")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewLoanTermsRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = operations::NewLoanTerms {
        lender: request.body.lender.clone(),
        rate: parse("/rate", &request.body.rate)?,
        effective_from: request.body.effective_from.map(|day| book_day("/effective_from", day)).transpose()?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let terms = operations::publish(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&LoanTermsBody::from(terms)))
    })
    .await
}

/// Lists the terms of all loans.
#[utoipa::path(tag = "proceeds", operation_id = "list_loan_terms",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<LoanTermsBody>)))]
#[get("/v1/cooperatives/{book}/loan-terms")]
pub(crate) async fn list_terms(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = loans::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, LoanTermsBody::from).respond(&http))
}

/// As of which day, and which page of lenders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoansOn {
    /// What stands at the end of this day, and the interest through it; the book's own day when it is not given. On a day that lies ahead, what stands
    /// now goes on standing.
    as_of: Option<Date>,
    /// Lenders of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// A loan as it stands at the end of a day. It is a debt: it is paid before any capital.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Loan)]
pub struct LoanBody {
    /// Short name of the lender.
    #[schema(example = "seed")]
    lender: String,
    /// The day.
    as_of: Date,
    /// What is lent and was not paid back.
    stands: BalanceBody,
    /// The rate of that day, percent a year; null where no terms have begun.
    #[schema(value_type = Option<String>, example = "3.00")]
    rate: Option<Percent>,
    /// The interest of all days since the first terms began, rounded once: what stands at the end of each, times its rate, over 365.
    interest: BalanceBody,
    /// How much of it is booked as a cost, on whichever day.
    booked: BalanceBody,
    /// What is not booked of it.
    to_book: BalanceBody,
    /// The last day whose interest is booked; null where none is.
    booked_through: Option<Date>,
}

impl LoanBody {
    fn new(it: Loan, book: &Book, as_of: Date) -> LoanBody {
        let money = |minor: i64| BalanceBody::new(minor, book.currency);
        LoanBody {
            as_of,
            stands: money(it.stands),
            rate: it.rate,
            interest: money(it.interest),
            booked: money(it.booked),
            to_book: money(it.to_book()),
            booked_through: it.booked_through,
            lender: it.lender,
        }
    }
}

/// Lists loans with their interest as of a day: of everybody who has lent, or with whom there are terms.
#[utoipa::path(tag = "proceeds", operation_id = "list_loans",
    params(("book" = String, Path, description = "The cooperative's book"), LoansOn),
    responses((status = 200, description = "A page, by the name of the lender", body = Page<LoanBody>)))]
#[get("/v1/cooperatives/{book}/loans")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<LoansOn>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let LoansOn { as_of, limit, cursor } = query.0;
    let window = Window::<String>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let as_of = as_of.unwrap_or_else(|| book.today(ledger::calendar::now()));
    let after = window.after.clone().unwrap_or_default();
    let rows = operations::list(&client, &book, as_of, &after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.lender.clone(), |row| LoanBody::new(row, &book, as_of)).respond(&http))
}

/// Interest to be booked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoanInterestRequest {
    /// Short name of the lender.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "seed")]
    lender: String,
    /// The last day that counts; the book's own day when it is not given.
    through: Option<Date>,
}

/// Interest that was booked as a cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoanInterest)]
pub struct LoanInterestBody {
    /// The cost, by which it is taken back (`POST /v1/proceeds/{id}:reverse`).
    #[schema(value_type = String)]
    proceeds: ProceedsId,
    #[schema(example = "seed")]
    lender: String,
    /// The last day that counts.
    through: Date,
    /// All interest through that day less what was booked of it before.
    amount: MoneyBody,
    /// The day of the cost: that day, or the first one that was not closed.
    occurred_on: Date,
    /// Number of its journal entry.
    entry: i64,
}

impl From<LoanInterest> for LoanInterestBody {
    fn from(it: LoanInterest) -> LoanInterestBody {
        let LoanInterest { proceeds, lender, through, amount, occurred_on, entry } = it;
        LoanInterestBody { proceeds, lender, through, amount: amount.into(), occurred_on, entry }
    }
}

/// Books the interest of a loan through a day as a cost that is owed to the lender: cost → costs payable. Results count it before anything is
/// shared, and none is closed while interest of its days is not booked. A line of the bank that is booked as `cost_paid` pays it.
#[utoipa::path(tag = "proceeds", operation_id = "book_loan_interest",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewLoanInterestRequest,
    responses((status = 201, description = "Booked", body = LoanInterestBody)))]
#[post("/v1/cooperatives/{book}/loan-interest")]
pub(crate) async fn book_interest(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewLoanInterestRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let through = request.body.through.map(|day| book_day("/through", day)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, lender) = (cooperative(tx, &caller, *id).await?, &request.body.lender);
        let booked = loan_interest::book(tx, book.id, lender, through, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&LoanInterestBody::from(booked)))
    })
    .await
}
