//! Donors: what is stored of one, and the erasure.

use super::pledges::require_concerned;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{DonorId, PledgeId};
use ledger::parties::rules::privacy::Privacy;
use ledger::pledging::operations::erasure::{self, Erased, KEPT};
use ledger::pledging::rules::donor::Donor;
use ledger::pledging::store::donors;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The donor, for the partner that knows them and for people of the host with a role of the route's row.
pub(super) async fn known(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    id: DonorId,
) -> Result<Donor, Error> {
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "donor").await?;
    }
    let donor = donors::get(client, id).await?;
    require_concerned(client, caller, book, donor.partner, "donor").await?;
    Ok(donor)
}

/// Who is told of a donor, and what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DataRecipient)]
pub struct RecipientBody {
    /// Who gets it.
    who: &'static str,
    /// What they get.
    what: &'static str,
}

/// All that is stored of a donor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DonorData)]
pub struct DonorDataBody {
    /// The pseudonym.
    #[schema(value_type = String)]
    donor: DonorId,
    /// Who is told what of it.
    received_by: Vec<RecipientBody>,
    /// The rows as they are stored, by what they are: `donor`, `pledges`, `plan_changes`, `moves`, `charges`, `attempts`, `receipts`, `yearly_receipts`,
    /// `links`, `mails` of a sandbox book, `activities` and `answers` that are kept for repetitions. Secrets, of which digests are kept, are
    /// left out, and so is what a provider charges.
    #[schema(value_type = Object)]
    stored: Value,
}

/// All that is stored of a donor, and who is told of it.
pub(crate) async fn data_of(client: &impl GenericClient, donor: &Donor) -> Result<DonorDataBody, Error> {
    let host = match donor.privacy {
        Privacy::Public | Privacy::HostOnly => "pseudonym and name, pledges, charges and receipts",
        Privacy::Anonymous => "pseudonym, pledges, charges and receipts; not the name",
    };
    let recipient = |who, what| RecipientBody { who, what };
    let mut received_by = vec![
        recipient("the partner platform where the donor gave", "all of it: it brought it"),
        recipient("owner, treasurers and auditors of the host", host),
        recipient("the payment provider", "amounts, and the token of the means of payment"),
    ];
    if !donor.email.is_empty() {
        received_by.push(recipient("the mail server of this service", "the address, and the mails to it"));
    }
    let stored = donors::data(client, donor.id).await?;
    let has_moved = |it: &Value| it["from_partner"] != it["to_partner"] && !it["consented_at"].is_null();
    if stored["moves"].as_array().is_some_and(|moves| moves.iter().any(has_moved)) {
        let what = "pseudonym, amounts and days of that plan, and the means of payment there; not the name";
        received_by.push(recipient("the partner platform to which a plan has moved", what));
    }
    Ok(DonorDataBody { donor: donor.id, received_by, stored })
}

/// Shows all that is stored of a donor whom you brought, and who is told of it. The donor's own link leads to the same, as
/// `data.json`.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The donor")),
    responses((status = 200, description = "What is stored", body = DonorDataBody)))]
#[get("/v1/donors/{id}/data")]
pub(crate) async fn show_donor_data(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "donor").await?;
    let donor = known(&client, &caller, &book, *id).await?;
    Ok(HttpResponse::Ok().json(data_of(&client, &donor).await?))
}

/// Why a donor is erased.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseDonorRequest {
    /// For the list of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// What stays of a donor who was erased.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptData)]
pub struct KeptBody {
    /// What it is.
    what: &'static str,
    /// Why it stays.
    why: &'static str,
    /// The last day on which it is kept; null for as long as the book.
    #[schema(value_type = Option<String>, format = "date")]
    until: Option<Date>,
}

/// A donor who was erased.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErasedDonor)]
pub struct ErasedBody {
    /// The pseudonym, which stays.
    #[schema(value_type = String)]
    id: DonorId,
    /// When it was erased, by the wall clock.
    erased_at: Option<Timestamp>,
    /// The pledges that ran, and were cancelled with the erasure.
    #[schema(value_type = Vec<String>)]
    cancelled: Vec<PledgeId>,
    /// What stays; none of it says who it was.
    kept: Vec<KeptBody>,
}

impl From<Erased> for ErasedBody {
    fn from(Erased { donor, cancelled }: Erased) -> ErasedBody {
        let kept = KEPT.iter().map(|(what, why)| KeptBody { what, why, until: None }).collect();
        ErasedBody { id: donor.id, erased_at: donor.erased_at, cancelled, kept }
    }
}

/// Erases a donor: name, address, references, reasons, links, kept answers and mails go, and the means of payment too. Plans
/// that run are cancelled with it; sums and proofs stay under the pseudonym, as `kept` says. It cannot be undone. Erased a second time,
/// the donor stays as they are. Whoever gives again is a new donor.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The donor")), request_body = EraseDonorRequest,
    responses((status = 200, description = "Erased", body = ErasedBody)))]
#[post("/v1/donors/{id}:erase")]
pub(crate) async fn erase_donor(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
    request: Keyed<EraseDonorRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "donor").await?;
        known(tx, &caller, &book, *id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let erased = erasure::erase(tx, *id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ErasedBody::from(erased)))
    })
    .await
}
