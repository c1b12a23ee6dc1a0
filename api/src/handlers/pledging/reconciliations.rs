//! Reconciliation: a partner's list of what it collected, compared with what it reported.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::require_admitted;
use crate::wire::parse;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use jiff::civil::Date;
use ledger::engine::store::books;
use ledger::id::{BookRef, ChargeId};
use ledger::parties::rules::role::Scope as Permission;
use ledger::pledging::operations::reconciliations::{self as operations, CHARGES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a partner collected on a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReconciliation {
    /// In which book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// The day of the captures, in the zone of the book.
    #[schema(value_type = String, format = "date", example = "2027-03-04")]
    day: Date,
    /// All charges that the partner collected on it, as its provider lists them.
    #[schema(max_items = 10_000)]
    charges: Vec<String>,
}

/// What two lists of a day say differently.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub struct ReconciliationBody {
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// How many charges both have.
    matched: usize,
    /// Reported as captured on that day and owed, and not on the list. They are doubted (`doubted_at` of the charge): they do not settle by the
    /// clock, and people of the host have a task, until the partner lists them, pays them over, or reports that they went back. At most 10,000.
    #[schema(value_type = Vec<String>)]
    missing: Vec<ChargeId>,
    /// On the list, and not captured on that day here. Nothing is posted of them: report their captures.
    unknown: Vec<UnknownChargeBody>,
}

/// A charge of the list that was not captured on the day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownCharge)]
pub struct UnknownChargeBody {
    #[schema(value_type = String)]
    charge: ChargeId,
    /// How it stands here.
    reason: String,
}

/// Compares the partner's list of what it collected on a day with what it reported, and answers what each has that the other does not.
/// Nothing is posted: a charge that is only on the list stays as it is, and one that was only reported is doubted.
#[utoipa::path(tag = "settlements", request_body = NewReconciliation,
    responses((status = 200, description = "What differs", body = ReconciliationBody)))]
#[post("/v1/reconciliations")]
pub(crate) async fn reconcile(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewReconciliation>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?;
    let book: BookRef = parse("/book", &request.body.book)?;
    let day = request.body.day;
    if request.body.charges.len() > CHARGES_MAX {
        return Err(Problem::invalid("/charges", format!("at most {CHARGES_MAX}")));
    }
    let charges = request.body.charges.iter().enumerate();
    let charges = charges.map(|(place, charge)| parse(&format!("/charges/{place}"), charge));
    let mut charges: Vec<ChargeId> = charges.collect::<Result<_, _>>()?;
    charges.sort_unstable();
    charges.dedup();
    if charges.iter().any(|charge| charge.book != book.book) {
        return Err(Problem::invalid("/charges", "one of them is in another book"));
    }
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        require_admitted(tx, partner, &book, "book").await?;
        let found =
            operations::reconcile(tx, book.id, partner.organisation, day, &charges, ledger::calendar::now()).await?;
        let unknown = found.unknown.into_iter().map(|(charge, reason)| UnknownChargeBody { charge, reason });
        let (matched, missing, unknown) = (found.matched, found.missing, unknown.collect());
        Ok(Reply::ok(&ReconciliationBody { day, matched, missing, unknown }))
    })
    .await
}
