//! What a bank says of what it was ordered, as the file that it answers with.

use crate::auth::Caller;
use crate::extract::{KeyedXml, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, kept};
use crate::wire::parse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, block};
use actix_web::{HttpResponse, post};
use ledger::id::{BookRef, OrganisationId, PayoutFileId};
use ledger::payouts::files::pain002::{self, Report};
use ledger::payouts::operations::payout_statuses::{self as operations, PAGE, Taken, Untouched};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A payment that the bank rejects, and whose payout did not fail by that.
#[derive(Debug, Serialize, ToSchema)]
pub struct UntouchedPayment {
    /// How the bank names it.
    end_to_end_id: String,
    /// Why the bank rejects it, as a code; empty when it gives none.
    reason: String,
    /// Where its payout stands; null when this custodian has none of that id.
    state: Option<String>,
}

impl From<Untouched> for UntouchedPayment {
    fn from(it: Untouched) -> UntouchedPayment {
        UntouchedPayment {
            end_to_end_id: it.reference,
            reason: it.reason,
            state: it.state.map(|state| state.to_string()),
        }
    }
}

/// What came of a status report.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutStatusReport {
    /// The payout file that it is about; null when it names none of this custodian's.
    #[schema(value_type = Option<String>)]
    file: Option<PayoutFileId>,
    /// What the bank says of the whole file, four letters; empty when it says nothing.
    file_status: String,
    /// Whether the bank rejected all of the file: its payouts fail meanwhile.
    file_rejected: bool,
    /// How many payments it rejects whose payouts have failed, by it or before.
    failed: usize,
    /// How many payments it says something else of: only the line of a statement settles those.
    noted: usize,
    /// How many it rejects whose payouts did not fail.
    untouched_count: usize,
    /// The first 1,000 of those.
    untouched: Vec<UntouchedPayment>,
}

/// Whose bank it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfCustodian {
    /// The organisation from whose cash was paid: the host when it is left out, or a partner platform.
    #[param(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
}

/// Takes a payment status report of ISO 20022 (pain.002.001.03 or .10, without a document type, of 8 MiB at most). A payment that it
/// rejects (`RJCT`) fails, and what is owed is owed again; of its reason the code is kept. A file of which it rejects all fails whole.
/// Whatever else it says changes nothing: a payout settles by the line of a statement alone. The same report twice changes nothing more.
#[utoipa::path(tag = "payout-files", params(("book" = String, Path, description = "The book"), OfCustodian),
    request_body(content = String, content_type = "application/xml", description = "The report, as the bank gave it"),
    responses((status = 200, description = "Taken, now or before", body = PayoutStatusReport)))]
#[post("/v1/books/{book}/payout-status-files")]
pub(crate) async fn take(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<OfCustodian>,
    request: KeyedXml,
) -> Result<HttpResponse, Problem> {
    let custodian: Option<OrganisationId> = query.0.custodian.map(|id| parse("/custodian", &id)).transpose()?;
    let of = kept(&state.client().await?, &caller, *book).await?;
    let custodian = custodian.unwrap_or(of.organisation);
    let report = read(request.body).await?;
    let rejected = report.payments.iter().filter(|(_, status)| status.is_rejected());
    let rejected: Vec<(&str, &str)> = rejected.map(|(id, status)| (id.as_str(), status.reason.as_str())).collect();
    // Pages of their own: each may be done twice, and none keeps others who post waiting for long.
    for page in rejected.chunks(PAGE) {
        let fail = async |tx: &deadpool_postgres::Transaction<'_>| {
            operations::fail(tx, of.id, custodian, page, actor(&caller), ledger::calendar::now()).await
        };
        state.in_transaction(fail).await?;
    }
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, &caller, *book).await?;
        let taken = operations::take(tx, of.id, custodian, &report, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&told(&report, taken)))
    })
    .await
}

fn told(report: &Report, taken: Taken) -> PayoutStatusReport {
    PayoutStatusReport {
        file_status: report.group.code.clone(),
        file_rejected: report.group.is_rejected() && taken.file.is_some(),
        file: taken.file.map(|file| file.id),
        failed: taken.failed,
        noted: taken.noted,
        untouched_count: taken.untouched_count,
        untouched: taken.untouched.into_iter().map(UntouchedPayment::from).collect(),
    }
}

async fn read(body: actix_web::web::Bytes) -> Result<Report, Problem> {
    let read = block(move || pain002::read(&body)).await.map_err(|_| Problem::internal())?;
    read.map_err(|wrong| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(status, "payout-status-unreadable", "No status report", wrong.to_string())
    })
}
