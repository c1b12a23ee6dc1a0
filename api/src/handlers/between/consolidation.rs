//! What the books of several cooperatives come to together, as of a federation.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::Params;
use crate::handlers::cooperatives::members::cooperative;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility;
use crate::wire::{BalanceBody, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::between::operations::consolidations as operations;
use ledger::between::rules::consolidation::{BOOKS_MAX, Consolidated};
use ledger::between::store::affiliations;
use ledger::engine::store::books::{self as book_rows, Book};
use ledger::id::{BookId, BookRef};
use ledger::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which books, and as of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsolidatedWith {
    /// The other books, parted by commas: up to nineteen whose accounts the caller may read, in the currency of the first one. When it is not given,
    /// they are those of the cooperatives that are of the federation whose book the first one is, today or on `as_of`.
    #[param(max_length = 1000, example = "bok_aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    with: Option<String>,
    /// What counts until the end of this day; all that is recorded when it is not given.
    as_of: Option<Date>,
}

/// A book, and its last record that counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsolidatedBook)]
pub struct PartBody {
    #[schema(value_type = String)]
    book: BookRef,
    name: String,
    through: i64,
}

/// What all books have on accounts of a class, without what they owe one another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsolidatedClass)]
pub struct ClassBody {
    class: String,
    balance: BalanceBody,
}

/// What one book owes another one, as each of them says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsolidatedPair)]
pub struct BetweenBody {
    /// The book that owes.
    #[schema(value_type = String)]
    from: BookRef,
    /// The book that is owed.
    #[schema(value_type = String)]
    to: BookRef,
    /// What the first one says that it owes.
    owed: BalanceBody,
    /// What the second one says that it is owed.
    expected: BalanceBody,
    /// Sent, and not accepted yet.
    sent_in_transit: BalanceBody,
    /// Paid, and not received yet.
    paid_in_transit: BalanceBody,
}

/// Several books as one: assets = liabilities + equity + result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consolidation)]
pub struct ConsolidationBody {
    as_of: Option<Date>,
    books: Vec<PartBody>,
    classes: Vec<ClassBody>,
    between: Vec<BetweenBody>,
    assets: BalanceBody,
    liabilities: BalanceBody,
    equity: BalanceBody,
    /// Income less expenses that no closing has moved to equity yet.
    result: BalanceBody,
}

impl ConsolidationBody {
    fn new(whole: Consolidated, parts: Vec<operations::Part>, as_of: Option<Date>, currency: Currency) -> Self {
        let money = |minor: i128| BalanceBody::new(minor, currency);
        let reference = |id: BookId| parts.iter().find(|part| part.book.id == id).map(|part| part.book.reference());
        let between = whole.between.iter().filter_map(|it| {
            Some(BetweenBody {
                from: reference(it.from)?,
                to: reference(it.to)?,
                owed: money(it.owed),
                expected: money(it.expected),
                sent_in_transit: money(it.sent()),
                paid_in_transit: money(it.paid()),
            })
        });
        let class = |(class, balance): (&ledger::book::AccountClass, &i128)| ClassBody {
            class: class.as_str().to_owned(),
            balance: money(*balance),
        };
        ConsolidationBody {
            as_of,
            between: between.collect(),
            classes: whole.classes.iter().map(class).collect(),
            assets: money(whole.totals.assets),
            liabilities: money(whole.totals.liabilities),
            equity: money(whole.totals.equity),
            result: money(whole.totals.result),
            books: parts
                .into_iter()
                .map(|part| PartBody { book: part.book.reference(), name: part.book.name, through: part.through })
                .collect(),
        }
    }
}

/// The books that are named, each of which the caller may read.
async fn named_books(client: &impl GenericClient, caller: Caller, named: &str) -> Result<Vec<Book>, Problem> {
    let names: Vec<&str> = named.split(',').collect();
    if names.len() >= BOOKS_MAX {
        return Err(Problem::invalid("/with", format!("{BOOKS_MAX} books at most, with the first one")));
    }
    let (reader, mut found) = (MaybeCaller(Some(caller)), Vec::with_capacity(names.len()));
    for name in names {
        let other: BookRef = parse("/with", name.trim())?;
        found.push(visibility::read_accounts(client, &reader, other).await?);
    }
    Ok(found)
}

/// Adds up the books of a federation: balances by class without what they owe one another, and what is in transit between them. For people who have a
/// role in the first one: of the cooperatives that are of it (`GET /v1/cooperatives/{book}/affiliations`), or of other books whose accounts they may
/// read.
#[utoipa::path(tag = "remittances", operation_id = "consolidate",
    params(("book" = String, Path, description = "The first book"), ConsolidatedWith),
    responses((status = 200, description = "The books as one", body = ConsolidationBody)))]
#[get("/v1/cooperatives/{book}/consolidation")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<ConsolidatedWith>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let mut books: Vec<Book> = vec![cooperative(&client, &caller, *id).await?];
    let currency = books[0].currency;
    match &query.0.with {
        Some(named) => books.extend(named_books(&client, caller, named).await?),
        None => {
            for of in affiliations::of_day(&client, books[0].id, query.0.as_of).await? {
                books.push(book_rows::get(&client, of).await?);
            }
        }
    }
    let (whole, parts) = operations::read(&client, books, query.0.as_of).await?;
    Ok(HttpResponse::Ok().json(ConsolidationBody::new(whole, parts, query.0.as_of, currency)))
}
