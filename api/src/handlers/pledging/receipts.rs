//! Receipts: of a pledge for those whom it concerns, and one by the link of its mail for whoever has that.

use super::pledges::collected;
use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{CampaignId, ChargeId, DonorId, OrganisationId, PledgeId, ReceiptId};
use ledger::money::Currency;
use ledger::pledging::operations::donor_links;
use ledger::pledging::rules::conversion;
use ledger::pledging::rules::receipt::{Custodian, Shown};
use ledger::pledging::store::issued_receipts;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A part of the amount of a receipt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptLine)]
pub struct LineBody {
    /// What it is: `gift`, what goes to the campaign, or a fee that its terms name, such as `fee of the host`.
    label: String,
    amount: BalanceBody,
}

impl LineBody {
    pub(super) fn new(label: String, minor: impl Into<i128>, currency: Currency) -> LineBody {
        LineBody { label, amount: BalanceBody::new(minor, currency) }
    }
}

/// Who took the money, as named when the receipt was issued.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Custodian)]
pub struct CustodianBody {
    #[schema(value_type = String)]
    id: OrganisationId,
    name: String,
    /// Its postal address; empty when it gave none.
    address: String,
    /// Its number in a public register; empty when it gave none.
    registration: String,
}

impl From<Custodian> for CustodianBody {
    fn from(Custodian { id, name, address, registration }: Custodian) -> CustodianBody {
        CustodianBody { id, name, address, registration }
    }
}

/// What has changed since a receipt was issued.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptChanges)]
pub struct SinceBody {
    /// What went back to the donor.
    refunded: BalanceBody,
    /// What is under dispute.
    disputed: BalanceBody,
}

/// The receipt of a charge, as it was issued: one a charge. It names the donor by the pseudonym.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptBody {
    #[schema(value_type = String)]
    id: ReceiptId,
    /// Year of the payment, and number within the book and the year, without a gap.
    #[schema(pattern = "^[0-9]{1,4}-[0-9]{1,10}$", example = "2027-15")]
    number: String,
    #[schema(value_type = String)]
    charge: ChargeId,
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// The donor's pseudonym.
    #[schema(value_type = String)]
    donor: DonorId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// Name of the campaign when it was issued.
    campaign_title: String,
    /// What was given, in the currency of the campaign.
    amount: MoneyBody,
    /// What the donor paid, when that was in another currency; null otherwise.
    original: Option<MoneyBody>,
    /// What one of the original's currency came to on that day, to ten digits, half up; null without one.
    #[schema(pattern = r"^[0-9]+\.[0-9]{10}$", example = "1.0750000000")]
    rate: Option<String>,
    /// What the amount is made of; they add up to it.
    lines: Vec<LineBody>,
    /// Day of the capture, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    given_on: Date,
    /// Record number of the journal entry of the capture.
    entry: i64,
    custodian: CustodianBody,
    /// What it says of its use before the tax office: the custodian's own text, or that it is no certificate.
    tax_text: String,
    /// SHA-256 of the terms that the donor agreed to, in hexadecimal.
    terms_sha256: String,
    /// When it was issued, by the book's clock.
    issued_at: Timestamp,
    since: SinceBody,
}

impl From<Shown> for ReceiptBody {
    fn from(Shown { receipt: it, refunded, disputed }: Shown) -> ReceiptBody {
        let currency = it.amount.currency();
        let balance = |minor: i64| BalanceBody::new(minor, currency);
        ReceiptBody {
            id: it.id,
            number: it.number.to_string(),
            charge: it.charge,
            pledge: it.pledge,
            donor: it.donor,
            campaign: it.campaign,
            campaign_title: it.campaign_title,
            amount: it.amount.into(),
            original: it.original.map(Into::into),
            rate: it.original.map(|original| conversion::rate(original, it.amount)),
            lines: it.lines.into_iter().map(|line| LineBody::new(line.label, line.amount, currency)).collect(),
            given_on: it.given_on,
            entry: it.entry,
            custodian: it.custodian.into(),
            tax_text: it.tax_text,
            terms_sha256: hex::encode(it.terms_digest),
            issued_at: it.issued_at,
            since: SinceBody { refunded: balance(refunded), disputed: balance(disputed) },
        }
    }
}

/// Lists the receipts of a pledge's payments; for a partner, of those that it collected. One is issued when its charge is captured, and never changes: what happened to the
/// money later stands in `since`.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ReceiptBody>)))]
#[get("/v1/pledges/{id}/receipts")]
pub(crate) async fn list_receipts(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    collected(&client, &caller, &book, *id).await?;
    let only = caller.partner().map(|partner| partner.organisation);
    let rows = issued_receipts::list(&client, *id, only, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.receipt.id.object, ReceiptBody::from).respond(&http))
}

/// Shows the receipt to which the link of a mail leads, by the last part of that link. Asked too often, it answers 429, as
/// somebody may be guessing.
#[utoipa::path(tag = "pledges",
    params(("token" = String, Path, description = "The last part of the link",
            pattern = "^[0-9a-f]{1,8}-[A-Za-z0-9_-]{1,100}$")),
    responses((status = 200, description = "The receipt", body = ReceiptBody)))]
#[get("/v1/receipts/{token}")]
pub(crate) async fn show_receipt(state: Data<State>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let id = donor_links::receipt(&client, &token, ledger::calendar::now()).await?;
    Ok(HttpResponse::Ok().json(ReceiptBody::from(issued_receipts::get(&client, id).await?)))
}
