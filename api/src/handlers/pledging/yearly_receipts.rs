//! Receipts of years: asked for and listed by the partner that knows the donor and by the host, and one by the link of its mail.

use super::donors::known;
use super::receipts::{CustodianBody, LineBody};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{BalanceBody, MoneyBody, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{DonorId, ReceiptId, YearlyReceiptId};
use ledger::money::Currency;
use ledger::pledging::operations::{donor_links, yearly_receipts as operations};
use ledger::pledging::rules::yearly_receipt::{Back, Item, Late, ShownYear, YearSum, YearlyReceipt};
use ledger::pledging::store::yearly_receipts as store;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What had come back, or has by now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CameBack)]
pub struct BackBody {
    /// What went back to the donor.
    refunded: BalanceBody,
    /// What the donor's bank took back.
    disputed: BalanceBody,
}

impl BackBody {
    fn new<A: Into<i128>>(back: Back<A>, currency: Currency) -> BackBody {
        BackBody {
            refunded: BalanceBody::new(back.refunded.into(), currency),
            disputed: BalanceBody::new(back.disputed.into(), currency),
        }
    }
}

/// What the payments of a year come to in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearlyReceiptSum)]
pub struct SumBody {
    /// What was given.
    given: BalanceBody,
    /// What that is made of, by the labels of the single receipts; they add up to it.
    lines: Vec<LineBody>,
    /// What had come back of it when the receipt was issued.
    then: BackBody,
    /// What has come back of it by now.
    now: BackBody,
}

impl From<YearSum> for SumBody {
    fn from(it: YearSum) -> SumBody {
        let currency = it.currency;
        SumBody {
            given: BalanceBody::new(it.given, currency),
            lines: it.lines.into_iter().map(|(label, amount)| LineBody::new(label, amount, currency)).collect(),
            then: BackBody::new(it.then, currency),
            now: BackBody::new(it.now, currency),
        }
    }
}

/// A single receipt that is summed up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearlyReceiptItem)]
pub struct ItemBody {
    /// The receipt of the charge.
    #[schema(value_type = String)]
    receipt: ReceiptId,
    /// Its number.
    #[schema(pattern = "^[0-9]{1,4}-[0-9]{1,10}$", example = "2027-15")]
    number: String,
    /// Day of the capture, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    given_on: Date,
    /// Name of the campaign, as that receipt has it.
    campaign_title: String,
    amount: MoneyBody,
    /// What had come back of it when the receipt of the year was issued.
    then: BackBody,
    /// What has come back of it by now.
    now: BackBody,
}

impl From<Item> for ItemBody {
    fn from(it: Item) -> ItemBody {
        let currency = it.amount.currency();
        ItemBody {
            receipt: it.receipt,
            number: it.number.to_string(),
            given_on: it.given_on,
            campaign_title: it.campaign_title,
            amount: it.amount.into(),
            then: BackBody::new(it.then, currency),
            now: BackBody::new(it.now, currency),
        }
    }
}

/// A payment of the year whose receipt came later: another edition would sum it up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LateGift)]
pub struct LateBody {
    /// Number of its own receipt.
    #[schema(pattern = "^[0-9]{1,4}-[0-9]{1,10}$", example = "2027-16")]
    number: String,
    /// Day of the capture, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    given_on: Date,
    amount: MoneyBody,
}

impl From<Late> for LateBody {
    fn from(it: Late) -> LateBody {
        LateBody { number: it.number.to_string(), given_on: it.given_on, amount: it.amount.into() }
    }
}

/// The receipt of what a donor gave to a custodian in a calendar year. It sums up the receipts of the single charges, and is of the same gifts:
/// whoever adds up receipts counts either this or those. What it says never changes; what has changed since stands in `now` and `late`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearlyReceipt)]
pub struct YearlyReceiptBody {
    #[schema(value_type = String)]
    id: YearlyReceiptId,
    /// Year of the payments, and number within the book and the year, without a gap; from the second edition on its number behind it.
    #[schema(pattern = "^[0-9]{1,4}-Y[0-9]{1,10}(/[0-9]{1,10})?$", example = "2027-Y15")]
    number: String,
    /// The calendar year, in the zone of the book.
    year: i32,
    /// From 1.
    edition: i32,
    /// The donor's pseudonym.
    #[schema(value_type = String)]
    donor: DonorId,
    custodian: CustodianBody,
    /// What it says of its use before the tax office: the custodian's own text, or that it is no certificate.
    tax_text: String,
    /// As of when it speaks, by the book's clock.
    issued_at: Timestamp,
    /// What the single receipts come to, by currency.
    sums: Vec<SumBody>,
    /// How many single receipts it sums up.
    receipt_count: i64,
    /// The single receipts that it sums up, by their numbers: the first 1,000.
    receipts: Vec<ItemBody>,
    /// Payments of the year whose receipts were issued later, and that are in none of the sums: the first 1,000.
    late: Vec<LateBody>,
}

impl From<ShownYear> for YearlyReceiptBody {
    fn from(ShownYear { receipt: it, count, items, sums, late }: ShownYear) -> YearlyReceiptBody {
        YearlyReceiptBody {
            id: it.id,
            number: it.number.to_string(),
            year: it.number.year,
            edition: it.number.edition,
            donor: it.donor,
            custodian: it.custodian.into(),
            tax_text: it.tax_text,
            issued_at: it.issued_at,
            sums: sums.into_iter().map(SumBody::from).collect(),
            receipt_count: count,
            receipts: items.into_iter().map(ItemBody::from).collect(),
            late: late.into_iter().map(LateBody::from).collect(),
        }
    }
}

/// The receipts of one year of a donor: one for each custodian.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearlyReceipts)]
pub struct YearlyReceiptsBody {
    receipts: Vec<YearlyReceiptBody>,
}

async fn bodies(client: &impl GenericClient, receipts: Vec<YearlyReceipt>) -> Result<Vec<YearlyReceiptBody>, Error> {
    let mut bodies = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        bodies.push(operations::shown(client, receipt).await?.into());
    }
    Ok(bodies)
}

/// The year whose receipts are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewYearlyReceipt {
    /// The calendar year, in the zone of the book. It must be over.
    #[schema(minimum = 1, maximum = 9999, example = 2027)]
    year: i32,
}

/// Issues the receipts of a year of a donor, one for each custodian that took their payments, and mails them if there is an address. One that
/// was issued before is answered as it is. On 6 January the receipts of the year before are issued by themselves to donors with an address who
/// gave to a custodian at least twice.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The donor")), request_body = NewYearlyReceipt,
    responses((status = 201, description = "Issued, now or before", body = YearlyReceiptsBody)))]
#[post("/v1/donors/{id}/yearly-receipts")]
pub(crate) async fn request_yearly(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
    request: Keyed<NewYearlyReceipt>,
) -> Result<HttpResponse, Problem> {
    let year = checked(request.body.year)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "donor").await?;
        known(tx, &caller, &book, *id).await?;
        let receipts = operations::request(tx, *id, year, ledger::calendar::now()).await?;
        Ok(Reply::created(&YearlyReceiptsBody { receipts: bodies(tx, receipts).await? }))
    })
    .await
}

/// Why another edition is issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReissueYearlyReceipt {
    /// The calendar year, in the zone of the book.
    #[schema(minimum = 1, maximum = 9999, example = 2027)]
    year: i32,
    /// For the list of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Issues another edition of the receipts of a year of which something has changed since: a payment came in late, or money went back. It
/// has the same number and that of the edition, and is mailed. The earlier editions stay as they are.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The donor")),
    request_body = ReissueYearlyReceipt,
    responses((status = 201, description = "The new editions", body = YearlyReceiptsBody)))]
#[post("/v1/donors/{id}/yearly-receipts:reissue")]
pub(crate) async fn reissue_yearly(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
    request: Keyed<ReissueYearlyReceipt>,
) -> Result<HttpResponse, Problem> {
    let year = checked(request.body.year)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "donor").await?;
        known(tx, &caller, &book, *id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let receipts = operations::reissue(tx, *id, year, change, ledger::calendar::now()).await?;
        Ok(Reply::created(&YearlyReceiptsBody { receipts: bodies(tx, receipts).await? }))
    })
    .await
}

/// Lists the receipts of years of a donor, with all editions.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The donor"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<YearlyReceiptBody>)))]
#[get("/v1/donors/{id}/yearly-receipts")]
pub(crate) async fn list_yearly(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "donor").await?;
    known(&client, &caller, &book, *id).await?;
    let rows = store::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        shown.push(operations::shown(&client, row).await?);
    }
    Ok(window.page(shown, |row| row.receipt.id.object, YearlyReceiptBody::from).respond(&http))
}

/// Shows the receipt of a year to which the link of a mail leads, by the last part of that link. Asked too often, it answers 429, as
/// somebody may be guessing.
#[utoipa::path(tag = "pledges",
    params(("token" = String, Path, description = "The last part of the link",
            pattern = "^[0-9a-f]{1,8}-[A-Za-z0-9_-]{1,100}$")),
    responses((status = 200, description = "The receipt", body = YearlyReceiptBody)))]
#[get("/v1/yearly-receipts/{token}")]
pub(crate) async fn show_yearly(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let id = donor_links::yearly_receipt(&client, &token, ledger::calendar::now()).await?;
    let shown = operations::shown(&client, store::get(&client, id).await?).await?;
    Ok(HttpResponse::Ok().json(YearlyReceiptBody::from(shown)))
}

fn checked(year: i32) -> Result<i32, Problem> {
    if (1..=9999).contains(&year) { Ok(year) } else { Err(Problem::invalid("/year", "1 to 9999")) }
}
