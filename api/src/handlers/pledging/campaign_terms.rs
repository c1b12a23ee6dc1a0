//! Versions of a campaign's terms: who pledged before keeps what they agreed to.

use super::campaigns::FeeBody;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, book_of};
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::CampaignId;
use ledger::money::Currency;
use ledger::pledging::operations::terms as operations;
use ledger::pledging::rules::terms::TermsVersion;
use ledger::pledging::store::{campaigns, terms};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What donors shall agree to from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTerms {
    /// What they agree to. To the terms of a campaign with a last day it is added how the campaign ends.
    #[schema(min_length = 1, max_length = 50000)]
    terms: String,
    /// What these terms take of each captured charge. A payee has one at most.
    #[serde(default)]
    #[schema(max_items = 3)]
    fees: Vec<FeeBody>,
    /// The first day on which new pledges agree to them, in the zone of the book; today when it is left out, or when the version
    /// before takes effect.
    #[schema(value_type = Option<String>, format = "date", example = "2027-03-01")]
    effective_on: Option<Date>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// A version of what donors agree to. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignTerms)]
pub struct CampaignTermsBody {
    /// From 1.
    version: i32,
    terms: String,
    /// SHA-256 of the terms and the fees behind them, in hexadecimal: what a pledge repeats, and is bound to.
    terms_sha256: String,
    /// What they take of each captured charge.
    fees: Vec<FeeBody>,
    /// The first day on which new pledges agree to them, in the zone of the book; null for the first version.
    #[schema(value_type = Option<String>, format = "date")]
    effective_on: Option<Date>,
    /// When they were written, by the book's clock.
    created_at: Timestamp,
}

impl CampaignTermsBody {
    fn new(it: TermsVersion, currency: Currency) -> CampaignTermsBody {
        CampaignTermsBody {
            version: it.version,
            terms: it.terms,
            terms_sha256: hex::encode(it.digest),
            fees: it.fees.iter().map(|term| FeeBody::new(term, currency)).collect(),
            effective_on: it.effective_on,
            created_at: it.created_at,
        }
    }
}

/// Writes the next version of a campaign's terms, for those who pledge from a day on. Pledges that were made before stay bound to the
/// version that they agreed to, and bear its fees alone.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    request_body = NewTerms,
    responses((status = 201, description = "Written", body = CampaignTermsBody)))]
#[post("/v1/campaigns/{id}/terms")]
pub(crate) async fn write_terms(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<NewTerms>,
) -> Result<HttpResponse, Problem> {
    let given = paragraphs("/terms", &request.body.terms, text::TERMS)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    caller.require_role(&client, book.organisation, "campaign").await?;
    let currency = campaigns::get(&client, *id).await?.currency;
    drop(client);
    let fees = FeeBody::parse_all(&request.body.fees, currency)?;
    let asked = operations::NewTerms { terms: given, fees, effective_on: request.body.effective_on };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let written = operations::write(tx, *id, asked.clone(), change, ledger::calendar::now()).await?;
        Ok(Reply::created(&CampaignTermsBody::new(written, currency)))
    })
    .await
}

/// Lists the versions of a campaign's terms.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<CampaignTermsBody>)))]
#[get("/v1/campaigns/{id}/terms")]
pub(crate) async fn list_terms(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
    let campaign = campaigns::get(&client, *id).await?;
    let after = window.after.unwrap_or_default();
    let mut rows: Vec<TermsVersion> = (after == 0).then(|| TermsVersion::first(&campaign)).into_iter().collect();
    rows.extend(terms::list_later(&client, *id, after.max(1), window.fetch()).await?);
    rows.truncate(usize::try_from(window.fetch()).unwrap_or(usize::MAX));
    Ok(window.page(rows, |row| row.version, |row| CampaignTermsBody::new(row, campaign.currency)).respond(&http))
}
