//! Bank accounts of payees: given and confirmed by the owners and treasurers of an organisation, or by the person who is paid, shown by
//! their last four characters.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::keys;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::who_may::KEEPERS;
use crate::wire::{ChangeStateRequest, OfBook, bounded, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::engine::store::books;
use ledger::id::{BankAccountId, BookRef, OrganisationId, PersonId};
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::bank_accounts::{self as operations, NewBankAccount};
use ledger::payouts::rules::bank_account::{BankAccount, State as AccountState};
use ledger::payouts::rules::bank_details::{Address, BankDetails, Number};
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::store::{bank_accounts, payees};
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
    /// Of a bank of the United States 17 digits and letters at most.
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
    /// The organisation that is paid; null when it is a person.
    #[schema(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// The person who is paid; null when it is an organisation.
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// Of which payouts go to it.
    currency: String,
    /// Where the bank is, of ISO 3166-1.
    country: String,
    /// The last four characters of its number: all of it that is shown.
    last_four: String,
    /// `proposed`: another owner or treasurer of the organisation is to confirm it, or the person by the link of a mail; `waiting`: it is confirmed, and active when
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
            organisation: it.payee.organisation(),
            person: match it.payee {
                Payee::Person(person) => Some(person),
                Payee::Organisation(_) => None,
            },
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
    give(&state, &caller, Payee::Organisation(*id), &request).await
}

/// Gives the bank account to which payouts of a book to the caller go, in one currency: as a member of its cooperative, or as one of
/// its lenders. The first one is active at once. There is no second person of a person: a changed one is confirmed by the link that is
/// mailed to their address, waits three days, and may be rejected until then.
#[utoipa::path(tag = "bank-accounts", request_body = NewBankAccountBody,
    responses((status = 201, description = "Given, with its last four characters", body = BankAccountBody)))]
#[post("/v1/me/bank-accounts")]
pub(crate) async fn create_own(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewBankAccountBody>,
) -> Result<HttpResponse, Problem> {
    give(&state, &caller, Payee::Person(caller.person()?.id), &request).await
}

async fn give(
    state: &State,
    caller: &Caller,
    payee: Payee,
    request: &Keyed<NewBankAccountBody>,
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
    let (country, last_four) = (asked.country.clone(), details.number.last_four());
    let new = NewBankAccount { id: account, payee, currency, country, last_four, sealed };
    let secret = keys::secret();
    idempotent(state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        if let Payee::Organisation(organisation) = payee {
            caller.require_role(tx, organisation, "organisation").await?;
        }
        let book = books::resolve(tx, book).await?;
        let given = operations::propose(tx, new.clone(), &secret, by, ledger::calendar::now()).await?;
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
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    page_of(&client, Payee::Organisation(*id), query.0, &http).await
}

/// Lists the caller's own bank accounts in a book, also those that are over.
#[utoipa::path(tag = "bank-accounts", params(OfBook),
    responses((status = 200, description = "A page, the oldest first", body = Page<BankAccountBody>)))]
#[get("/v1/me/bank-accounts")]
pub(crate) async fn list_own(
    state: Data<State>,
    caller: Caller,
    query: Params<OfBook>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let book: BookRef = parse("/book", &query.0.book)?;
    let client = state.client().await?;
    if !payees::is_of_book(&client, book.book, person).await? {
        return Err(Error::NotFound("book").into());
    }
    page_of(&client, Payee::Person(person), query.0, &http).await
}

async fn page_of(
    client: &impl GenericClient,
    payee: Payee,
    OfBook { book, limit, cursor }: OfBook,
    http: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let book: BookRef = parse("/book", &book)?;
    let book = books::resolve(client, book).await?;
    let after = window.after.unwrap_or_default();
    let rows = bank_accounts::list(client, book.id, payee, after, window.fetch()).await?;
    let reference = book.reference();
    Ok(window.page(rows, |row| row.id.object, |row| BankAccountBody::new(row, reference)).respond(http))
}

/// Shows a bank account, to the owners and treasurers of the organisation, or to the person who is paid.
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

/// The account, for the owners and treasurers of its organisation, or for the person whose it is.
pub(crate) async fn kept(
    client: &impl GenericClient,
    caller: &Caller,
    id: BankAccountId,
) -> Result<(BankAccount, BookRef), Error> {
    let book = book_of(client, id.book, "bank account").await?.reference();
    let found = bank_accounts::get(client, id).await?;
    require_payee(client, caller, found.payee, KEEPERS, "bank account").await?;
    Ok((found, book))
}

/// Refuses who is not the payee: of an organisation, who has none of some roles in it. Whoever is nobody to it is told that there is no
/// such thing.
pub(super) async fn require_payee(
    client: &impl GenericClient,
    caller: &Caller,
    payee: Payee,
    roles: &[Role],
    what: &'static str,
) -> Result<(), Error> {
    let person = caller.person()?.id;
    match payee {
        Payee::Person(payee) if payee == person => Ok(()),
        Payee::Person(_) => Err(Error::NotFound(what)),
        Payee::Organisation(organisation) => {
            if caller.has_role(client, organisation, roles).await? {
                return Ok(());
            }
            let is_of_it = caller.has_role(client, organisation, Role::ALL).await?;
            Err(if is_of_it { Error::Forbidden("your roles here do not allow this") } else { Error::NotFound(what) })
        }
    }
}

/// By what a bank account is confirmed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBankAccountRequest {
    /// The secret at the end of the link that was mailed, for the bank account of a person; an organisation has none.
    #[schema(min_length = 1, max_length = 200)]
    token: Option<String>,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for ConfirmBankAccountRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a confirmation")
    }
}

/// Confirms a bank account that another owner or treasurer of the organisation has given, or that of the caller with the token of the
/// mail: it becomes active three days later, and payouts that were approved until then are to be approved again.
#[utoipa::path(tag = "bank-accounts", params(("id" = String, Path, description = "The bank account")),
    request_body = ConfirmBankAccountRequest, responses((status = 200, description = "It waits", body = BankAccountBody)))]
#[post("/v1/bank-accounts/{id}:confirm")]
pub(crate) async fn confirm(
    state: Data<State>,
    caller: Caller,
    id: Path<BankAccountId>,
    request: Keyed<ConfirmBankAccountRequest>,
) -> Result<HttpResponse, Problem> {
    confirm_once(&state, &caller, *id, &request.key, request.body.token.as_deref()).await
}

/// Confirms a bank account, once for its key: that of a request, or of a form.
pub(crate) async fn confirm_once(
    state: &State,
    caller: &Caller,
    id: BankAccountId,
    key: &IdempotencyKey,
    token: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let token = token.map(|token| bounded("/token", token, 1..=200)).transpose()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, book) = kept(tx, caller, id).await?;
        let confirmed = match &token {
            Some(token) => operations::confirm_by_link(tx, id, token, ledger::calendar::now()).await?,
            None => operations::confirm(tx, id, by, ledger::calendar::now()).await?,
        };
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
    reject_once(&state, &caller, *id, &request.key, &request.body.reason).await
}

/// Rejects a bank account, once for its key: that of a request, or of a form.
pub(crate) async fn reject_once(
    state: &State,
    caller: &Caller,
    id: BankAccountId,
    key: &IdempotencyKey,
    reason: &str,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, book) = kept(tx, caller, id).await?;
        let change = Change { version: None, actor: actor(caller), reason };
        let rejected = operations::reject(tx, id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankAccountBody::new(rejected, book)))
    })
    .await
}
