//! Bank accounts of payees: given and confirmed by their owners and treasurers, shown by their last four characters.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{ChangeStateRequest, OfBook, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::engine::store::books;
use ledger::id::{BankAccountId, BookRef, OrganisationId, PersonId};
use ledger::payouts::operations::bank_accounts::{self as operations, NewBankAccount};
use ledger::payouts::rules::bank_account::{BankAccount, State as AccountState};
use ledger::payouts::rules::bank_details::{Address, BankDetails, Number};
use ledger::payouts::store::bank_accounts;
use ledger::service::change::Change;
use ledger::{Error, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where the holder of a bank account is, in fields, as bank files ask for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankAddress)]
pub struct AddressBody {
    /// Street and number.
    #[serde(default)]
    #[schema(max_length = 70, example = "Werkweg 3")]
    street: String,
    #[serde(default)]
    #[schema(max_length = 16, example = "10115")]
    postal_code: String,
    #[schema(min_length = 1, max_length = 35, example = "Berlin")]
    town: String,
    /// Of ISO 3166-1, two letters.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    country: String,
}

/// What a bank account is: an IBAN, or where there is none the numbers of the account and of its bank. It is kept sealed, shown to
/// nobody, and no part of what an idempotency key stands for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankDetails)]
pub struct DetailsBody {
    /// Whose account it is, as the bank has it.
    #[schema(min_length = 1, max_length = 70, example = "Drill Team e.V.")]
    holder: String,
    /// With or without blanks.
    #[schema(min_length = 5, max_length = 50, example = "DE89 3704 0044 0532 0130 00")]
    iban: Option<String>,
    #[schema(pattern = "^[0-9A-Z][0-9A-Z -]{2,32}[0-9A-Z]$", example = "000123456789")]
    account_number: Option<String>,
    /// Of the bank, such as an ABA number.
    #[schema(pattern = "^[0-9A-Z][0-9A-Z -]{1,32}[0-9A-Z]$", example = "021000021")]
    routing_number: Option<String>,
    address: AddressBody,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for DetailsBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bank account")
    }
}

/// A bank account to which payouts of a book go from now on, or once it is confirmed and has waited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBankAccountBody {
    /// The book whose payouts go to it.
    #[schema(pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// Of which payouts go to it.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
    /// Where the bank is, of ISO 3166-1; of an IBAN its first two letters.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    country: String,
    bank_details: DetailsBody,
}

/// A bank account of a payee, as far as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankAccount)]
pub struct BankAccountBody {
    #[schema(value_type = String)]
    id: BankAccountId,
    /// The book whose payouts go to it.
    #[schema(value_type = String)]
    book: BookRef,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// Of which payouts go to it.
    currency: String,
    /// Where the bank is, of ISO 3166-1.
    country: String,
    /// The last four characters of its number: all of it that is shown.
    last_four: String,
    /// `proposed`: another owner or treasurer of the organisation is to confirm it; `waiting`: it is confirmed, and active when
    /// three days have passed; `active`: payouts go to it; `replaced`: they go to another one; `rejected`: it never was active.
    state: String,
    /// `proposed`: until when it can be confirmed; `waiting`: when it becomes active, both by the book's clock. Null otherwise.
    until: Option<Timestamp>,
    /// Why it was rejected; empty otherwise.
    reason: String,
    #[schema(value_type = String)]
    proposed_by: PersonId,
    /// By the book's clock.
    proposed_at: Timestamp,
    /// Null before, and for the first account of a currency, which needs no second person.
    #[schema(value_type = Option<String>)]
    confirmed_by: Option<PersonId>,
    /// By the book's clock.
    confirmed_at: Option<Timestamp>,
    /// From when payouts go to it, by the book's clock; null while they never have.
    active_at: Option<Timestamp>,
}

impl BankAccountBody {
    pub(super) fn new(it: BankAccount, book: BookRef) -> BankAccountBody {
        let (state, until) = (it.state.word().to_string(), it.state.until());
        let reason = match it.state {
            AccountState::Rejected { reason } => reason,
            AccountState::Proposed { .. }
            | AccountState::Waiting { .. }
            | AccountState::Active
            | AccountState::Replaced => String::new(),
        };
        BankAccountBody {
            id: it.id,
            book,
            organisation: it.payee,
            currency: it.currency.code().to_owned(),
            country: it.country,
            last_four: it.last_four,
            state,
            until,
            reason,
            proposed_by: it.proposed_by,
            proposed_at: it.proposed_at,
            confirmed_by: it.confirmed.map(|(person, _)| person),
            confirmed_at: it.confirmed.map(|(_, at)| at),
            active_at: it.active_at,
        }
    }
}

impl DetailsBody {
    fn parse(&self, country: &str) -> Result<BankDetails, Error> {
        let number = match (&self.iban, &self.account_number, &self.routing_number) {
            (Some(iban), None, None) => Number::iban(iban)?,
            (None, Some(account), Some(routing)) => Number::local(account, routing, country)?,
            (Some(_) | None, ..) => {
                let said = "an iban, or an account_number with its routing_number";
                return Err(Error::invalid("/bank_details", said));
            }
        };
        let AddressBody { street, postal_code, town, country: of_holder } = &self.address;
        let address = Address {
            street: street.clone(),
            postal_code: postal_code.clone(),
            town: town.clone(),
            country: of_holder.clone(),
        };
        let details = BankDetails::new(self.holder.clone(), number, address)?;
        details.check_bank(country)?;
        Ok(details)
    }
}

/// Gives the bank account to which payouts of a book to this organisation go, in one currency. The first one is active at once; a
/// changed one is confirmed by another owner or treasurer, waits three days, and may be rejected until then. Whoever keeps the
/// organisation is told of each step by mail.
#[utoipa::path(tag = "bank-accounts", params(("id" = String, Path, description = "The organisation that is paid")),
    request_body = NewBankAccountBody,
    responses((status = 201, description = "Given, with its last four characters", body = BankAccountBody)))]
#[post("/v1/organisations/{id}/bank-accounts")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    request: Keyed<NewBankAccountBody>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let asked = &request.body;
    let book: BookRef = parse("/book", &asked.book)?;
    let currency = parse_currency("/currency", &asked.currency)?;
    let details = asked.bank_details.parse(&asked.country)?;
    let account = BankAccountId::generate(book.book);
    let sealed = state.vault.seal(account, &details).map_err(|_| {
        Error::from(Refusal::new("bank-details-not-kept", "no key is set up here that would seal bank details"))
    })?;
    let new = NewBankAccount {
        id: account,
        payee: *id,
        currency,
        country: asked.country.clone(),
        last_four: details.number.last_four(),
        sealed,
    };
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        caller.require_role(tx, *id, "organisation").await?;
        let book = books::resolve(tx, book).await?;
        let given = operations::propose(tx, new.clone(), by, Timestamp::now()).await?;
        Ok(Reply::created(&BankAccountBody::new(given, book.reference())))
    })
    .await
}

/// Lists the bank accounts of an organisation in a book, also those that are over.
#[utoipa::path(tag = "bank-accounts",
    params(("id" = String, Path, description = "The organisation that is paid"), OfBook),
    responses((status = 200, description = "A page, the oldest first", body = Page<BankAccountBody>)))]
#[get("/v1/organisations/{id}/bank-accounts")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<OfBook>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfBook { book, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let book: BookRef = parse("/book", &book)?;
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    let book = books::resolve(&client, book).await?;
    let after = window.after.unwrap_or_default();
    let rows = bank_accounts::list(&client, book.id, *id, after, window.fetch()).await?;
    let reference = book.reference();
    Ok(window.page(rows, |row| row.id.object, |row| BankAccountBody::new(row, reference)).respond(&http))
}

/// Shows a bank account, to the owners and treasurers of the organisation.
#[utoipa::path(tag = "bank-accounts", params(("id" = String, Path, description = "The bank account")),
    responses((status = 200, description = "The bank account, with its ETag", body = BankAccountBody,
        headers(("ETag" = String)))))]
#[get("/v1/bank-accounts/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<BankAccountId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (found, book) = kept(&client, &caller, *id).await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(BankAccountBody::new(found, book)))
}

/// The account, for the owners and treasurers of its organisation.
async fn kept(
    client: &impl GenericClient,
    caller: &Caller,
    id: BankAccountId,
) -> Result<(BankAccount, BookRef), Error> {
    let book = book_of(client, id.book, "bank account").await?.reference();
    let found = bank_accounts::get(client, id).await;
    // Whoever is nobody to the organisation is told the same of one that is there.
    caller
        .require_role(client, found.as_ref().map_or(OrganisationId(Uuid::nil()), |it| it.payee), "bank account")
        .await?;
    Ok((found?, book))
}

/// Confirms a bank account that another owner or treasurer of the organisation has given: it becomes active three days later, and
/// payouts that were approved until then are to be approved again.
#[utoipa::path(tag = "bank-accounts", params(("id" = String, Path, description = "The bank account")),
    request_body = Nothing, responses((status = 200, description = "It waits", body = BankAccountBody)))]
#[post("/v1/bank-accounts/{id}:confirm")]
pub(crate) async fn confirm(
    state: Data<State>,
    caller: Caller,
    id: Path<BankAccountId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, book) = kept(tx, &caller, *id).await?;
        let confirmed = operations::confirm(tx, *id, by, Timestamp::now()).await?;
        Ok(Reply::ok(&BankAccountBody::new(confirmed, book)))
    })
    .await
}

/// Rejects a bank account that is not active yet, with a reason. Payouts go where they went.
#[utoipa::path(tag = "bank-accounts", params(("id" = String, Path, description = "The bank account")),
    request_body = ChangeStateRequest, responses((status = 200, description = "Rejected", body = BankAccountBody)))]
#[post("/v1/bank-accounts/{id}:reject")]
pub(crate) async fn reject(
    state: Data<State>,
    caller: Caller,
    id: Path<BankAccountId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, book) = kept(tx, &caller, *id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &request.body.reason };
        let rejected = operations::reject(tx, *id, change, Timestamp::now()).await?;
        Ok(Reply::ok(&BankAccountBody::new(rejected, book)))
    })
    .await
}
