//! An organisation on the desk of its people: who belongs to it; and how somebody founds one.

use super::join_request::standing;
use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::parties::organisations::{NewOrganisation, create_once};
use crate::pages::forms::{Fields, Filled, answered, done, is_for_form};
use crate::pages::page;
use crate::pages::shown::{kind_in_words, role_in_words};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::id::{JoinRequestId, OrganisationId, PersonId};
use ledger::parties::rules::invitation::{Invitation, InvitationState};
use ledger::parties::rules::join_request::JoinRequest;
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::parties::store::{invitations, join_requests, organisations};
use serde::Deserialize;
use uuid::Uuid;

/// How many roles the page lists; the list of the API has all.
const ROLES_MAX: i64 = 200;

/// How many requests to join and how many invitations the page lists, the newest; the lists of the API have all.
const COMING_MAX: i64 = 20;

/// Kinds that everybody may found, and what they are.
const FOUNDED: [OrganisationKind; 4] = [
    OrganisationKind::ProjectTeam,
    OrganisationKind::Cooperative,
    OrganisationKind::Enterprise,
    OrganisationKind::Sponsor,
];

#[derive(Template)]
#[template(path = "desks/organisation_new.html")]
struct FoundPage {
    kinds: Vec<(String, String)>,
    form: Filled,
}

impl FoundPage {
    fn new(form: Filled) -> FoundPage {
        let kind = |kind: OrganisationKind| (kind.as_str().to_owned(), kind_in_words(kind).to_string());
        FoundPage { kinds: FOUNDED.into_iter().map(kind).collect(), form }
    }
}

/// Asks what shall be founded.
#[route("/desk/organisations/new", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn ask(caller: Caller) -> Result<HttpResponse, Problem> {
    caller.person()?;
    page(StatusCode::OK, &FoundPage::new(Filled::fresh(&[])))
}

/// The organisation that was made.
#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Founds it.
#[post("/desk/organisations")]
pub(in crate::pages) async fn found(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let new = NewOrganisation { name: sent.get("name").trim().to_owned(), kind: sent.get("kind").to_owned() };
    let made = async { create_once(&state, &caller, &sent.key("/desk/organisations")?, &new).await };
    match made.await {
        Ok(answer) => Ok(done(&format!("/desk/organisations/{}", answered::<Made>(answer)?.id))),
        Err(problem) if is_for_form(&problem) => {
            let field = |pointer: &str| pointer.strip_prefix('/').map(str::to_owned);
            let again = FoundPage::new(Filled::again(sent, &problem, field));
            page(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(problem) => Err(problem),
    }
}

/// Who has which role.
struct Holder {
    person: PersonId,
    email: String,
    role: Said,
}

#[derive(Template)]
#[template(path = "desks/organisation.html")]
struct OrganisationPage {
    id: OrganisationId,
    name: String,
    kind: Said,
    /// Whether people may ask to join it.
    takes_requests: bool,
    holders: Vec<Holder>,
    /// Whether there are more than stand here.
    has_more: bool,
    /// Who asks to join, for owners: the newest.
    requests: Vec<Asking>,
    /// Who was invited, for owners: the newest.
    invited: Vec<Invited>,
}

/// Who asks to join, and how that stands.
struct Asking {
    id: JoinRequestId,
    who: String,
    standing: Said,
}

/// Who was invited to which role, and how that stands.
struct Invited {
    email: String,
    role: Said,
    standing: Said,
}

/// How an invitation stands, in words.
fn invited_in_words(state: InvitationState) -> Said {
    match state {
        InvitationState::Open => say("organisation-invited-open"),
        InvitationState::Accepted => say("organisation-invited-accepted"),
        InvitationState::Declined => say("organisation-invited-declined"),
        InvitationState::Withdrawn => say("organisation-invited-withdrawn"),
        InvitationState::Lapsed => say("organisation-invited-lapsed"),
    }
}

/// Who asks to join an organisation, and who was invited to it.
async fn coming(client: &impl GenericClient, id: OrganisationId) -> Result<(Vec<Asking>, Vec<Invited>), Error> {
    let wall = ledger::calendar::now();
    let requests = join_requests::list_of_organisation(client, id, Uuid::max(), COMING_MAX).await?;
    let asking = |it: JoinRequest| Asking { id: it.id, who: it.called().to_owned(), standing: standing(&it, wall) };
    let invitations = invitations::list_newest(client, id, COMING_MAX).await?;
    let invited = |it: Invitation| {
        let standing = invited_in_words(it.state(wall));
        Invited { email: it.email, role: role_in_words(it.role), standing }
    };
    Ok((requests.into_iter().map(asking).collect(), invitations.into_iter().map(invited).collect()))
}

/// The organisation, for its people.
#[route("/desk/organisations/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
) -> Result<HttpResponse, Problem> {
    let id = named(asked)?;
    let client = state.client().await?;
    caller.require_role(&client, id, "organisation").await?;
    let it = organisations::find(&client, id).await?.ok_or(Error::NotFound("organisation"))?;
    let mut roles = organisations::list_memberships(&client, id, (Uuid::nil(), ""), ROLES_MAX + 1).await?;
    let has_more = i64::try_from(roles.len()).is_ok_and(|count| count > ROLES_MAX);
    roles.truncate(usize::try_from(ROLES_MAX).unwrap_or(usize::MAX));
    let holder = |it: ledger::parties::rules::organisation::Membership| Holder {
        person: it.person,
        email: it.email,
        role: role_in_words(it.role),
    };
    let (requests, invited) = if caller.has_role(&client, id, &[Role::Owner]).await? {
        coming(&client, id).await?
    } else {
        (Vec::new(), Vec::new())
    };
    let shown = OrganisationPage {
        id,
        name: it.name,
        kind: kind_in_words(it.kind),
        takes_requests: it.kind.takes_join_requests(),
        holders: roles.into_iter().map(holder).collect(),
        has_more,
        requests,
        invited,
    };
    page(StatusCode::OK, &shown)
}
