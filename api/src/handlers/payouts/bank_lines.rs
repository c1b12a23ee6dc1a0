//! Bank statements, line by line; how a book pays out, and what it says of its payouts to everybody who may read it.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept, read};
use crate::wire::{AmountBody, BalanceBody, MoneyBody, bounded, parse, parse_balance};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{BankLineId, BookRef, ChargeId, OrganisationId, PayoutId, StatementFileId, SuspenseId};
use ledger::money::Currency;
use ledger::payouts::operations::bank_line_booking::{self, Posted};
use ledger::payouts::operations::bank_lines as operations;
use ledger::payouts::operations::payouts as payout_operations;
use ledger::payouts::rules::bank_line::{BankLine, Besides, BookedAs, LineState, Told};
use ledger::payouts::rules::payout::Policy;
use ledger::payouts::store::{bank_lines, payouts};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A line of a bank statement, as the bank has it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBankLine {
    /// How the bank names the line; the same one twice is one.
    #[schema(min_length = 1, max_length = 200, example = "2031-02-03/0017")]
    reference: String,
    /// `debit`: the money left the account; `credit`: it came.
    #[schema(pattern = "^(debit|credit)$", example = "debit")]
    direction: String,
    /// What moved, without the fee.
    amount: MoneyBody,
    /// What the bank took besides, of the same currency; leave it out when it took nothing.
    fee: Option<MoneyBody>,
    /// The value day.
    #[schema(value_type = String, format = "date")]
    value_date: Date,
    /// The end-to-end id that stands in it; leave it out when there is none.
    #[serde(default)]
    #[schema(max_length = 200, example = "CP0190F2C4A7B87C3E9D5A1B2C3D4E5F60")]
    end_to_end_id: String,
    /// What it is paid for, by the payee's own reference (ISO 11649): `transfer_reference` of a campaign or a pledge makes it a gift. Leave
    /// it out when there is none.
    #[serde(default)]
    #[schema(max_length = 50, example = "RF18 5390 0754 7034")]
    creditor_reference: String,
    /// The free text that its payer wrote, in which one such reference is looked for; nothing else of it is kept.
    #[serde(default)]
    #[schema(max_length = 500)]
    text: String,
}

/// A part of a statement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBankStatement {
    /// The organisation whose account it is of: the host when it is left out, or a partner platform.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// In the order of the statement.
    #[schema(min_items = 1, max_items = 1000)]
    lines: Vec<NewBankLine>,
}

/// A line of a bank statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankLine)]
pub struct BankLineBody {
    #[schema(value_type = String)]
    id: BankLineId,
    #[schema(value_type = String)]
    custodian: OrganisationId,
    reference: String,
    /// `debit` or `credit`.
    direction: String,
    amount: MoneyBody,
    fee: BalanceBody,
    #[schema(value_type = String, format = "date")]
    value_date: Date,
    end_to_end_id: String,
    /// What it is paid for, by the payee's own reference; null when it says none.
    creditor_reference: Option<String>,
    /// The bank's code of its kind, such as `PMNT-RCDT-ESCT`; null when it says none.
    bank_code: Option<String>,
    /// Why the money came back, by the bank's code; null when it does not say that it did.
    return_reason: Option<String>,
    /// The file that it came with; null when it was sent by itself.
    #[schema(value_type = Option<String>)]
    file: Option<StatementFileId>,
    /// `open` while nobody knows what it is, `matched` with a payout, `booked` as what a person says that it is, a `gift` by transfer, or
    /// money in `suspense`.
    state: String,
    /// Why it is open: `reference_unknown`, `amount_differs`, `state_differs` (the payout cannot move so, or not yet) `cash_short`
    /// (by the book, less is there than left), `reversal` (money with the reference of a gift left) or `custodian_frozen` (match it
    /// after the release); null when it is not open.
    why: Option<String>,
    /// The payout that it settled or brought back; null when it has none.
    #[schema(value_type = Option<String>)]
    payout: Option<PayoutId>,
    /// The charge that it is, as a gift by transfer; null when it is none.
    #[schema(value_type = Option<String>)]
    charge: Option<ChargeId>,
    /// The money in suspense that it is, which may have been matched since; null when it is none.
    #[schema(value_type = Option<String>)]
    suspense: Option<SuspenseId>,
    /// What a person of the host says that it is: `bank_fee`, `interest`, `customer_paid`, `cost_paid`, `loan_received`, `loan_repaid`,
    /// `capital_paid_in`, or `entry`, what the book has already; null when nobody has said so.
    booked_as: Option<String>,
    /// With whom: the short name of the customer, the supplier or the lender, or the id of the member; null for the others.
    party: Option<String>,
    /// Record number of the entry; null while it is open.
    entry: Option<i64>,
    /// By the book's clock.
    recorded_at: Timestamp,
}

impl From<BankLine> for BankLineBody {
    fn from(it: BankLine) -> BankLineBody {
        let (state, why, booked_as, entry) = match it.state {
            LineState::Open(why) => ("open", Some(why.to_string()), None, None),
            LineState::Matched { entry, .. } => ("matched", None, None, Some(entry)),
            LineState::Gift { entry, .. } => ("gift", None, None, Some(entry)),
            LineState::Suspense { entry, .. } => ("suspense", None, None, Some(entry)),
            LineState::Booked { kind, entry } => ("booked", None, Some(kind.to_string()), Some(entry)),
        };
        let (payout, charge, suspense) = match it.state {
            LineState::Matched { payout, .. } => (Some(payout), None, None),
            LineState::Gift { charge, .. } => (None, Some(charge), None),
            LineState::Suspense { item, .. } => (None, None, Some(item)),
            LineState::Open(_) | LineState::Booked { .. } => (None, None, None),
        };
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        BankLineBody {
            id: it.id,
            custodian: it.custodian,
            reference: it.told.reference,
            direction: it.told.direction.to_string(),
            amount: it.told.amount.into(),
            fee: BalanceBody::new(it.told.fee, it.told.amount.currency()),
            value_date: it.told.value_on,
            end_to_end_id: it.told.end_to_end,
            creditor_reference: given(it.besides.creditor_reference),
            bank_code: given(it.besides.bank_code),
            return_reason: given(it.besides.return_reason),
            file: it.file,
            state: state.to_owned(),
            why,
            payout,
            charge,
            suspense,
            booked_as,
            party: given(it.party),
            entry,
            recorded_at: it.recorded_at,
        }
    }
}

/// What became of the lines of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankStatement)]
pub struct BankStatementBody {
    /// In the order in which they were sent.
    lines: Vec<BankLineBody>,
}

impl NewBankLine {
    fn parse(&self, place: usize) -> Result<(Told, Besides), Problem> {
        let at = |field: &str| format!("/lines/{place}/{field}");
        let amount = self.amount.parse(&at("amount"))?;
        let fee = match &self.fee {
            Some(fee) => {
                let fee = fee.parse(&at("fee"))?;
                if fee.currency() != amount.currency() {
                    return Err(Error::invalid(at("fee/currency"), "another currency than the amount's").into());
                }
                fee.minor()
            }
            None => 0,
        };
        let structured = bounded(&at("creditor_reference"), &self.creditor_reference, 0..=50)?;
        let free = bounded(&at("text"), &self.text, 0..=500)?;
        let besides = Besides { creditor_reference: Besides::reference_of(&structured, &free), ..Besides::default() };
        let told = Told {
            reference: bounded(&at("reference"), &self.reference, text::REFERENCE)?,
            direction: parse(&at("direction"), &self.direction)?,
            amount,
            fee,
            value_on: self.value_date,
            end_to_end: bounded(&at("end_to_end_id"), &self.end_to_end_id, text::REFERENCE_OR_NONE)?,
        };
        Ok((told, besides))
    }
}

/// Takes lines of a bank statement. A debit with the end-to-end id of a payout that was sent settles it, on its value day; a credit
/// with that of one that has settled brings it back. A credit with the `transfer_reference` of a campaign or a pledge is a gift: a charge,
/// captured and settled in one, of the amount that came; what cannot be taken so waits in suspense, and so does every other credit of the
/// account to which donors transfer. What matches nothing stays open, with why.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book")),
    request_body = NewBankStatement,
    responses((status = 201, description = "Taken, now or before", body = BankStatementBody)))]
#[post("/v1/books/{book}/bank-statements")]
pub(crate) async fn take(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewBankStatement>,
) -> Result<HttpResponse, Problem> {
    let asked = &request.body;
    let lines = asked.lines.iter().enumerate().map(|(place, line)| line.parse(place));
    let lines: Vec<(Told, Besides)> = lines.collect::<Result<_, _>>()?;
    let custodian: Option<OrganisationId> = asked.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *book).await?;
        let custodian = custodian.unwrap_or(book.organisation);
        let change = Change { version: None, actor: actor(&caller), reason: "" };
        let taken =
            operations::take_with(tx, book.id, custodian, lines.clone(), change, ledger::calendar::now()).await?;
        Ok(Reply::created(&BankStatementBody { lines: taken.into_iter().map(BankLineBody::from).collect() }))
    })
    .await
}

/// Which lines a page has.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichLines {
    /// `true` for those that match nothing yet.
    #[serde(default)]
    open: bool,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists the lines of bank statements of a book.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), WhichLines),
    responses((status = 200, description = "A page, the oldest first", body = Page<BankLineBody>)))]
#[get("/v1/books/{book}/bank-lines")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<WhichLines>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let WhichLines { open, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *book).await?;
    let rows = bank_lines::list(&client, book.id, open, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, BankLineBody::from).respond(&http))
}

/// Tries to match an open line again, such as when the cash that it tells of has arrived.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The line")), request_body = Nothing,
    responses((status = 200, description = "The line as it is now", body = BankLineBody)))]
#[post("/v1/bank-lines/{id}:match")]
pub(crate) async fn again(
    state: Data<State>,
    caller: Caller,
    id: Path<BankLineId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "bank line").await?;
        caller.require_role(tx, book.organisation, "bank line").await?;
        let change = Change { version: None, actor: actor(&caller), reason: "" };
        let line = operations::again(tx, *id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankLineBody::from(line)))
    })
    .await
}

/// What a line is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookBankLine {
    /// `bank_fee`: a charge of the bank, which left; `interest`: what the bank paid; `entry`: what an entry of the book has moved
    /// already. Of a cooperative: `customer_paid`: what was sold on credit; `cost_paid`: a cost, which left; `loan_received` and
    /// `loan_repaid`; `capital_paid_in`: capital of a member, or the next parts of what the member pays to join.
    #[schema(
        pattern = "^(bank_fee|interest|entry|customer_paid|cost_paid|loan_received|loan_repaid|capital_paid_in)$",
        example = "bank_fee"
    )]
    pub(crate) booked_as: String,
    /// The record number of that entry; left out with the others.
    #[schema(minimum = 1)]
    pub(crate) entry: Option<i64>,
    /// Of a cooperative, with whom: the short name of the customer, the supplier or the lender, or the id of the member
    /// (`capital_paid_in`); left out with the others.
    #[schema(pattern = "^([a-z0-9][a-z0-9-]{0,39}|mbr_[a-z2-7]+)$", example = "steel-works")]
    pub(crate) party: Option<String>,
    /// Why, without personal data; may be left out.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) reason: String,
}

/// What a line is said to be.
enum What {
    /// Something that is posted of it.
    Posted(Posted),
    /// What this entry has moved already.
    Entry(i64),
}

impl BookBankLine {
    /// What it says, with an entry or with somebody exactly where one belongs.
    fn parse(&self) -> Result<What, Problem> {
        let kind: BookedAs = parse("/booked_as", &self.booked_as)?;
        let party = || {
            let party = self.party.clone();
            party.ok_or_else(|| {
                Problem::invalid("/party", "say with whom, by the short name, or by the id of the member")
            })
        };
        let posted = match kind {
            BookedAs::Entry => None,
            BookedAs::BankFee => Some(Posted::BankFee),
            BookedAs::Interest => Some(Posted::Interest),
            BookedAs::CustomerPaid => Some(Posted::CustomerPaid(party()?)),
            BookedAs::CostPaid => Some(Posted::CostPaid(party()?)),
            BookedAs::LoanReceived => Some(Posted::LoanReceived(party()?)),
            BookedAs::LoanRepaid => Some(Posted::LoanRepaid(party()?)),
            BookedAs::CapitalPaidIn => Some(Posted::CapitalPaidIn(parse("/party", &party()?)?)),
        };
        if self.party.is_some() && posted.as_ref().is_none_or(|posted| posted.party().is_empty()) {
            return Err(Problem::invalid("/party", "nobody else is on the other side of this: leave it out"));
        }
        match (posted, self.entry) {
            (Some(posted), None) => Ok(What::Posted(posted)),
            (None, Some(entry)) if entry > 0 => Ok(What::Entry(entry)),
            (Some(_), Some(_)) | (None, _) => {
                Err(Problem::invalid("/entry", "the number of an entry with `entry`, and none with the others"))
            }
        }
    }
}

/// Books a line of the host's own account that is open, or in suspense, as a charge of the bank, which is an expense of the host, or as interest, which is
/// income; in the book of a cooperative also as what a customer, a supplier, a lender or a member paid or got, on the day of the line; or
/// names the entry that has moved its custodian's cash by as much already, such as a settlement. Nothing else becomes any of these: what
/// came for somebody stays open until it is known whose it is.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The line")), request_body = BookBankLine,
    responses((status = 200, description = "The line as it is now", body = BankLineBody)))]
#[post("/v1/bank-lines/{id}:book")]
pub(crate) async fn book_line(
    state: Data<State>,
    caller: Caller,
    id: Path<BankLineId>,
    request: Keyed<BookBankLine>,
) -> Result<HttpResponse, Problem> {
    book_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Books a line as what it is said to be, once for its key: that of a request, or of a form.
pub(crate) async fn book_once(
    state: &State,
    caller: &Caller,
    id: BankLineId,
    key: &IdempotencyKey,
    said: &BookBankLine,
) -> Result<HttpResponse, Problem> {
    let what = said.parse()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "bank line").await?;
        caller.require_role(tx, book.organisation, "bank line").await?;
        let change = Change { version: None, actor: actor(caller), reason: &said.reason };
        let wall = ledger::calendar::now();
        let line = match &what {
            What::Posted(posted) => bank_line_booking::book(tx, id, posted, change, wall).await?,
            What::Entry(entry) => bank_line_booking::explain(tx, id, *entry, change, wall).await?,
        };
        Ok(Reply::ok(&BankLineBody::from(line)))
    })
    .await
}

/// Why a booking is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnbookBankLine {
    /// Without personal data.
    #[schema(min_length = 1, max_length = 1000, example = "It was the rent")]
    pub(crate) reason: String,
}

/// Takes back what a line was booked as, by the mirror of the entry that was posted for it: the line is open again.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The line")), request_body = UnbookBankLine,
    responses((status = 200, description = "The line as it is now", body = BankLineBody)))]
#[post("/v1/bank-lines/{id}:unbook")]
pub(crate) async fn unbook(
    state: Data<State>,
    caller: Caller,
    id: Path<BankLineId>,
    request: Keyed<UnbookBankLine>,
) -> Result<HttpResponse, Problem> {
    unbook_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Takes back what a line was booked as, once for its key: that of a request, or of a form.
pub(crate) async fn unbook_once(
    state: &State,
    caller: &Caller,
    id: BankLineId,
    key: &IdempotencyKey,
    why: &UnbookBankLine,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "bank line").await?;
        caller.require_role(tx, book.organisation, "bank line").await?;
        let change = Change { version: None, actor: actor(caller), reason: &why.reason };
        let line = bank_line_booking::unbook(tx, id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankLineBody::from(line)))
    })
    .await
}

/// How a book pays out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutPolicy {
    /// Above it, who asks for a payout, who approves it and who sends it are three people; leave it out for never. In the currency
    /// of the book: payouts in another one then always need three.
    threshold: Option<AmountBody>,
    /// Bank days after which a payout that was sent and has no line of a statement counts as late.
    #[schema(minimum = 1, maximum = 60, example = 5)]
    late_days: i16,
}

/// How a book pays out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutPolicy)]
pub struct PayoutPolicyBody {
    /// Above it three people are needed; null when they never are.
    threshold: Option<BalanceBody>,
    /// Bank days after which a payout counts as late.
    late_days: i16,
}

impl PayoutPolicyBody {
    fn new(it: Policy, currency: Currency) -> PayoutPolicyBody {
        let threshold = it.threshold.map(|threshold| BalanceBody::new(threshold, currency));
        PayoutPolicyBody { threshold, late_days: it.late_days }
    }
}

/// Says how a book pays out: above which amount three people are needed, and when a payout is late.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book")), request_body = NewPayoutPolicy,
    responses((status = 200, description = "As it is now", body = PayoutPolicyBody)))]
#[post("/v1/books/{book}/payout-policy")]
pub(crate) async fn set_policy(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewPayoutPolicy>,
) -> Result<HttpResponse, Problem> {
    let asked = request.body;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *book).await?;
        let threshold = match &asked.threshold {
            Some(asked) if asked.currency != book.currency.code() => {
                return Err(Error::invalid("/threshold/currency", format!("the book is in {}", book.currency)));
            }
            Some(asked) => Some(parse_balance("/threshold/amount", &asked.amount, book.currency.into())?),
            None => None,
        };
        let policy = Policy { threshold, late_days: asked.late_days };
        let set = payout_operations::set_policy(tx, book.id, policy, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&PayoutPolicyBody::new(set, book.currency)))
    })
    .await
}

/// What a book says of its payouts to everybody who may read it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutReport)]
pub struct PayoutReportBody {
    /// The day on which it is counted, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    as_of: Date,
    /// Payouts that were sent, and of which no line of a bank statement is known yet.
    in_transit: i64,
    /// Of those, how many should have had a line by now.
    late_payouts: i64,
    /// The day on which the first of the late ones was sent; null when none is late.
    #[schema(value_type = Option<String>, format = "date")]
    late_since: Option<Date>,
    /// Bank days after which one is late.
    late_days: i16,
}

/// Counts the payouts of a book that are on their way, and those that are late: sent, and not on a bank statement after so many bank
/// days.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book")),
    responses((status = 200, description = "As of today", body = PayoutReportBody)))]
#[get("/v1/books/{book}/reports/payouts")]
pub(crate) async fn report(
    state: Data<State>,
    caller: MaybeCaller,
    book: Path<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, _) = read(&client, &caller, *book).await?;
    let today = book.today(ledger::calendar::now());
    let figures = payouts::figures(&client, book.id, today).await?;
    let late_days = payouts::policy(&client, book.id).await?.late_days;
    Ok(HttpResponse::Ok().json(PayoutReportBody {
        as_of: today,
        in_transit: figures.in_transit,
        late_payouts: figures.late,
        late_since: figures.late_since,
        late_days,
    }))
}
