//! What people are told of claims and disputes: the facts of each message, and to whom it goes, by the table of `rules/notice.rs`.

use super::{claims::addresses, milestones as access, revocations};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{ClaimId, DisputeId, PersonId};
use crate::milestones::rules::claim::Claim;
use crate::milestones::rules::clawback::{Clawback, Request};
use crate::milestones::rules::dispute::Dispute;
use crate::milestones::rules::milestone::Milestone;
use crate::milestones::rules::notice::{Audience, Event};
use crate::milestones::store::{claims, clawbacks, disputes, milestones, requests};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What a message needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What has happened.
    pub event: Event,
    /// The claim, as it stands now.
    pub claim: Claim,
    /// Its milestone.
    pub milestone: Milestone,
    /// The name of the team.
    pub team: String,
    /// The dispute, where the message is about one.
    pub dispute: Option<Dispute>,
    /// The request that waits for somebody to confirm it, where the message is about one.
    pub request: Option<Request>,
    /// What had been released of a revoked claim.
    pub clawback: Option<Clawback>,
    /// Addresses, each once.
    pub recipients: Vec<String>,
}

/// The facts of the message about an event; none when that is no longer how the claim or the dispute stands.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown claim or dispute.
pub async fn notice(
    client: &impl GenericClient,
    id: ClaimId,
    dispute: Option<DisputeId>,
    event: Event,
    wall: Timestamp,
) -> Result<Option<Notice>, Error> {
    let book = books::get(client, id.book).await?;
    let claim = claims::get(client, id).await?;
    let currency = claim.content.amount.currency();
    let dispute = match dispute {
        Some(of) => Some(disputes::get(client, of, currency).await?),
        None => None,
    };
    let request = match event {
        Event::RevocationAsked => waiting(client, &claim, "revocation", book.now(wall)).await?,
        Event::WriteOffAsked => waiting(client, &claim, "write_off", book.now(wall)).await?,
        Event::Approved
        | Event::ChangesAsked
        | Event::Rejected
        | Event::Expired
        | Event::Revoked
        | Event::PaidBack
        | Event::DisputeOpened
        | Event::DisputeAnswered
        | Event::DisputeReplied
        | Event::DisputeDecided
        | Event::DisputeAppealed
        | Event::DisputeUpheld
        | Event::DisputeUpheldPart
        | Event::DisputeDismissed => None,
    };
    let clawback = clawbacks::find(client, id).await?;
    let paid = clawback.as_ref().map_or(0, |clawback| clawback.recovered);
    if !stands(event, &claim, dispute.as_ref(), request.as_ref(), paid) {
        return Ok(None);
    }
    let told = told(client, &book, &claim, (event, dispute.as_ref(), request.as_ref())).await?;
    let recipients = addresses(client, &told.into_iter().collect::<Vec<_>>()).await?;
    let milestone = milestones::get(client, claim.milestone).await?;
    let team = organisations::find(client, claim.team).await?.map(|team| team.name).unwrap_or_default();
    Ok(Some(Notice { event, claim, milestone, team, dispute, request, clawback, recipients }))
}

async fn waiting(
    client: &impl GenericClient,
    claim: &Claim,
    what: &str,
    now: Timestamp,
) -> Result<Option<Request>, Error> {
    let open = requests::list_open(client, claim.id, claim.content.amount.currency()).await?;
    Ok(open.into_iter().find(|open| open.asked.as_str() == what && revocations::waits(open, now)))
}

/// Whether an event is how things stand.
fn stands(event: Event, claim: &Claim, dispute: Option<&Dispute>, request: Option<&Request>, paid: i64) -> bool {
    match event {
        // An approval stands while its window runs, whatever is objected to meanwhile.
        Event::Approved => claim.state.decision().is_some() && claim.state.is_in_play(),
        Event::ChangesAsked | Event::Rejected | Event::Expired | Event::Revoked => {
            Event::of_claim(&claim.state) == Some(event)
        }
        Event::RevocationAsked | Event::WriteOffAsked => request.is_some(),
        Event::PaidBack => paid > 0,
        Event::DisputeOpened
        | Event::DisputeAnswered
        | Event::DisputeReplied
        | Event::DisputeDecided
        | Event::DisputeAppealed
        | Event::DisputeUpheld
        | Event::DisputeUpheldPart
        | Event::DisputeDismissed => dispute.is_some_and(|dispute| Event::of_dispute(&dispute.state) == event),
    }
}

/// The people to whom it is told.
async fn told(
    client: &impl GenericClient,
    book: &Book,
    claim: &Claim,
    (event, dispute, request): (Event, Option<&Dispute>, Option<&Request>),
) -> Result<BTreeSet<PersonId>, Error> {
    let mut told = BTreeSet::new();
    for audience in event.told() {
        match audience {
            Audience::Team => {
                told.extend(organisations::list_persons_with(client, claim.team, Role::Owner).await?);
                told.insert(claim.claimant);
            }
            Audience::Objector => told.extend(dispute.map(|dispute| dispute.opened_by)),
            Audience::Host => told.extend(of_host(client, book, &[Role::Owner, Role::Approver, Role::Reviewer]).await?),
            Audience::Deciders => {
                let parties = access::parties(client, book, claim.team, claim.claimant).await?;
                let first = dispute.and_then(|dispute| dispute.decision.as_ref()).map(|decision| decision.said.by);
                let kept_from = [dispute.map(|dispute| dispute.opened_by), first, request.map(|it| it.requested_by)];
                let deciders = of_host(client, book, &[Role::Owner, Role::Approver]).await?;
                let may = |person: &PersonId| parties.admit(*person).is_ok() && !kept_from.contains(&Some(*person));
                told.extend(deciders.into_iter().filter(may));
            }
        }
    }
    Ok(told)
}

async fn of_host(client: &impl GenericClient, book: &Book, roles: &[Role]) -> Result<Vec<PersonId>, Error> {
    let mut found = Vec::new();
    for role in roles {
        found.extend(organisations::list_persons_with(client, book.organisation, *role).await?);
    }
    Ok(found)
}
