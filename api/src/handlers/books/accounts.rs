//! Accounts of a book, and their statements.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note, read_accounts};
use crate::wire::{BalanceBody, parse_balance};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::book::AccountClass;
use ledger::books::operations::{accounts as operations, units};
use ledger::engine::store::accounts::{self, Account};
use ledger::engine::store::{balances, journal};
use ledger::id::BookRef;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An account to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Path of 2 to 8 parts; the first is that of the class: `assets`, `liabilities`, `equity`, `income`, `expenses`.
    /// Pseudonyms, never names of persons.
    #[schema(
        min_length = 3,
        max_length = 650,
        pattern = "^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$",
        example = "expenses:rent"
    )]
    code: String,
    /// What it is for; `exchange` is equity through which entries across currencies balance in each. Accounts of other classes are opened by the operations that move them.
    #[schema(pattern = "^(asset|liability|equity|income|expense|exchange)$")]
    class: String,
    /// ISO 4217, or a unit of the book.
    #[schema(pattern = "^[A-Z][A-Z0-9._-]{1,15}$", example = "USD")]
    currency: String,
    /// Lowest balance allowed on its own side after holds, as a decimal of 0 or less, since the account begins with nothing on
    /// it; no limit when it is not given. It holds after each entry in the order of records, whatever the days on which entries
    /// count: the balance as of a day can be lower, when money that came later counts earlier or the other way round.
    #[schema(pattern = r"^-?[0-9]{1,16}(\.[0-9]{1,8})?$", max_length = 26, example = "0.00")]
    floor: Option<String>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    code: String,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    kind: &'static str,
    /// What it is for.
    class: &'static str,
    /// What stands on its own side: debits less credits of assets and expenses, credits less debits of the others.
    balance: BalanceBody,
    /// Set aside by holds.
    held: BalanceBody,
    /// Lowest balance allowed after each entry, in the order of records; null when there is none.
    floor: Option<BalanceBody>,
    /// Takes no more postings.
    closed: bool,
    /// When it was opened, by the wall clock.
    opened_at: Timestamp,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> AccountBody {
        let balance = |minor| BalanceBody::new(minor, account.unit);
        AccountBody {
            kind: account.class.kind().as_str(),
            class: account.class.as_str(),
            balance: balance(account.balance()),
            held: balance(account.held),
            floor: account.floor.map(balance),
            closed: account.closed,
            opened_at: account.opened_at,
            code: account.code,
        }
    }
}

/// Opens an account of a class that no operation manages.
#[utoipa::path(tag = "accounts", params(("book" = String, Path, description = "The book")), request_body = NewAccount,
    responses((status = 201, description = "Opened", body = AccountBody)))]
#[post("/v1/books/{book}/accounts")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewAccount>,
) -> Result<HttpResponse, Problem> {
    let body = request.body;
    let class = AccountClass::from_name(&body.class);
    let class =
        class.ok_or_else(|| Problem::invalid("/class", "asset, liability, equity, income, expense or exchange"))?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let unit = units::resolve(tx, &book, "/currency", &body.currency).await?;
        let floor = body.floor.as_deref().map(|floor| parse_balance("/floor", floor, unit)).transpose()?;
        let wall = ledger::calendar::now();
        let account = operations::open(tx, &book, &body.code, class, unit, floor, wall).await?;
        note(tx, &caller, &book, &format!("account {}", account.number), "account_opened", wall).await?;
        Ok(Reply::created(&AccountBody::from(account)))
    })
    .await
}

/// Lists the accounts of a book with their balances now.
#[utoipa::path(tag = "accounts", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by code", body = Page<AccountBody>)))]
#[get("/v1/books/{book}/accounts")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<String>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let after = window.after.as_deref().unwrap_or_default();
    let rows = accounts::list(&client, book.id, after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.code.clone(), AccountBody::from).respond(&http))
}

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Moment {
    /// At the end of this day, by effect.
    as_of: Option<Date>,
    /// After the record with this number.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// A balance at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountBalance)]
pub struct AccountBalanceBody {
    /// Code of the account.
    account: String,
    /// On the account's own side.
    balance: BalanceBody,
    /// The day, when one was asked for.
    as_of: Option<Date>,
    /// The last record that counts.
    through: i64,
}

/// Shows an account's balance: now, after a record, or at the end of a day.
#[utoipa::path(tag = "accounts",
    params(("book" = String, Path, description = "The book"), ("code" = String, Path, description = "The account's code", max_length = 650, pattern = "^[a-z0-9:._-]+$"), Moment),
    responses((status = 200, description = "The balance", body = AccountBalanceBody)))]
#[get("/v1/books/{book}/accounts/{code}/balance")]
pub(crate) async fn balance_at(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    query: Params<Moment>,
) -> Result<HttpResponse, Problem> {
    let (id, code) = path.into_inner();
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, id).await?;
    let account = accounts::find(&client, book.id, &code).await?.ok_or(ledger::Error::NotFound("account"))?;
    let last = journal::last_number(&client, book.id).await?;
    let (minor, through) = match (query.0.as_of, query.0.after) {
        (Some(_), Some(_)) => return Err(Problem::invalid("/after", "give as_of or after, not both")),
        (Some(day), None) => (balances::as_of(&client, book.id, account.number, day, last).await?, last),
        (None, after) => {
            let number = after.unwrap_or(last);
            if !(0..=last).contains(&number) {
                return Err(Problem::invalid("/after", format!("the book has records 1 to {last}")));
            }
            (balances::after(&client, book.id, account.number, number).await?, number)
        }
    };
    let balance = BalanceBody::new(minor, account.unit);
    Ok(HttpResponse::Ok().json(AccountBalanceBody { account: code, balance, as_of: query.0.as_of, through }))
}
