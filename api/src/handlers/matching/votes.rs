//! What partners say for their donors: who is behind them, and for which campaigns they vote.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, require_admitted};
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::id::{BookId, CampaignId, DonorId, MatchingRoundId, OrganisationId};
use ledger::matching::operations::votes as operations;
use ledger::matching::operations::votes::{Cast, Voted};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The partner that asks, which the book has admitted.
async fn partner(
    client: &impl GenericClient,
    caller: &Caller,
    book: BookId,
    what: &'static str,
) -> Result<OrganisationId, Error> {
    let partner = caller.partner().ok_or(Error::NotFound(what))?;
    let book = book_of(client, book, what).await?;
    require_admitted(client, partner, &book, what).await?;
    Ok(partner.organisation)
}

/// Who is behind a donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateIdentityRequest {
    /// Keyed digest of the person, in hexadecimal: the same for the same person, such as an HMAC-SHA-256 whose key partners of the
    /// book share. No name, number or address, and no digest of one without a key.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    identity: String,
    /// Whether the partner has verified the person. What one gives who is not verified stays a gift, and is not matched.
    verified: bool,
}

/// What is stated of a donor. The identity itself is not shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DonorIdentity)]
pub struct DonorIdentityBody {
    #[schema(value_type = String)]
    donor: DonorId,
    verified: bool,
}

/// States who is behind a donor whom the partner has brought, so that one person counts once in matching rounds. Stated again, it
/// takes the place of what was stated before, for what is counted from then on.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The donor")),
    request_body = StateIdentityRequest,
    responses((status = 200, description = "Stated", body = DonorIdentityBody)))]
#[post("/v1/donors/{id}/identity")]
pub(crate) async fn state_identity(
    state: Data<State>,
    caller: Caller,
    id: Path<DonorId>,
    request: Keyed<StateIdentityRequest>,
) -> Result<HttpResponse, Problem> {
    let identity: Digest = parse("/identity", &request.body.identity)?;
    let verified = request.body.verified;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let partner = partner(tx, &caller, id.book, "donor").await?;
        operations::state_identity(tx, *id, (identity, verified), partner, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DonorIdentityBody { donor: *id, verified }))
    })
    .await
}

/// Votes of a donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVotes {
    /// A donor whom the partner has brought.
    #[schema(min_length = 36, max_length = 36, pattern = "^dnr_[a-z2-7]{32}$")]
    donor: String,
    /// A campaign of the round.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: String,
    /// How many votes more.
    #[schema(minimum = 1, maximum = 1000000)]
    votes: i32,
}

/// What came of votes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Votes)]
pub struct VotesBody {
    /// Counts the votes of the round, from 1.
    number: i32,
    /// What the person has spent of the allowance by now, through all donors that stand for them.
    spent: i32,
    /// What each person may spend.
    allowance: i32,
}

impl From<Voted> for VotesBody {
    fn from(it: Voted) -> VotesBody {
        VotesBody { number: it.number, spent: it.spent, allowance: it.allowance }
    }
}

/// Gives votes of a donor to a campaign, in an open round by votes. More than the allowance bears is refused (`votes-used-up`).
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")), request_body = NewVotes,
    responses((status = 201, description = "Given", body = VotesBody)))]
#[post("/v1/matching-rounds/{id}/votes")]
pub(crate) async fn cast(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<NewVotes>,
) -> Result<HttpResponse, Problem> {
    let donor: DonorId = parse("/donor", &request.body.donor)?;
    let campaign: CampaignId = parse("/campaign", &request.body.campaign)?;
    let votes = request.body.votes;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let partner = partner(tx, &caller, id.book, "matching round").await?;
        let cast = Cast { round: *id, donor, campaign, votes };
        let voted = operations::cast(tx, cast, partner, ledger::calendar::now()).await?;
        Ok(Reply::created(&VotesBody::from(voted)))
    })
    .await
}
