//! What people are told of share plans, and who.
//!
//! | the plan is | told to | what they can do |
//! |---|---|---|
//! | proposed | the people of the teams that it names, but of the one that proposes | attest or object |
//! | objected | the people of the team that proposes, the owners of the host | propose anew; decide |
//! | fixed, lapsed | the people of all its teams | nothing |

use crate::challenges::rules::share_plan::{PlanState, SharePlan};
use crate::challenges::store::{challenges, news, share_plans};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{OrganisationId, SharePlanId};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Asks the worker to tell how a plan stands, once for each of its lists of parts.
pub(super) async fn tell(tx: &Transaction<'_>, plan: &SharePlan, now: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{} {} {}", plan.id, plan.revision, plan.state);
    let job = Job::SendShareNotice { plan: plan.id, revision: plan.revision, state: plan.state.as_str().to_owned() };
    jobs::enqueue(tx, &NewJob { book: plan.id.book, due_at: now, dedupe, job }).await?;
    Ok(())
}

/// What a mail about a plan needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The book of the challenge.
    pub book: Book,
    /// The plan.
    pub plan: SharePlan,
    /// What people call the challenge.
    pub challenge: String,
    /// Name of the host.
    pub host: String,
    /// Addresses, each once.
    pub recipients: Vec<String>,
}

/// The facts of the mail that a plan stands so; none when it stands otherwise by now.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown plan.
pub async fn notice(
    client: &impl GenericClient,
    id: SharePlanId,
    (revision, state): (i32, PlanState),
) -> Result<Option<Notice>, Error> {
    let plan = share_plans::get(client, id).await?;
    if (plan.revision, plan.state) != (revision, state) {
        return Ok(None);
    }
    let book = books::get(client, id.book).await?;
    let challenge = challenges::get(client, plan.challenge).await?.title;
    let host = news::name_of(client, book.organisation).await?;
    let all = plan.parts.iter().map(|part| part.share.team);
    let teams: Vec<OrganisationId> = match state {
        PlanState::Proposed => all.filter(|team| *team != plan.team).collect(),
        PlanState::Objected => vec![plan.team],
        PlanState::Fixed | PlanState::Lapsed => all.chain([plan.team]).collect(),
    };
    let mut recipients = share_plans::addresses(client, &teams).await?;
    if state == PlanState::Objected {
        recipients.extend(organisations::list_emails_with(client, book.organisation, Role::Owner).await?);
        recipients.sort_unstable();
        recipients.dedup();
    }
    Ok(Some(Notice { book, plan, challenge, host, recipients }))
}
