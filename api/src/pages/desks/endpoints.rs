//! The endpoints of a partner platform in a book, on the desk of its owners.

use super::secret::shown_once;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::partners::endpoints::{NewWebhookEndpoint, create_once, holder};
use crate::pages::forms::{Fields, Filled, is_for_form};
use crate::pages::page;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::engine::store::books;
use ledger::id::{BookRef, OrganisationId, WebhookEndpointId};
use ledger::partners::rules::endpoint::{Disabled, Endpoint, EndpointState};
use ledger::partners::store::endpoints;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "desks/endpoints.html")]
struct EndpointsPage {
    partner: OrganisationId,
    book: BookRef,
    name: String,
    endpoints: Vec<Row>,
    next: Option<String>,
    form: Filled,
}

/// An endpoint of the list.
struct Row {
    id: WebhookEndpointId,
    url: String,
    description: String,
    standing: Said,
    failures: i32,
}

/// How an endpoint stands, in words.
pub(super) fn standing(it: &Endpoint) -> Said {
    match (it.state, it.reason) {
        (EndpointState::Active, _) => say("endpoint-is-active"),
        (EndpointState::Paused, _) => say("endpoint-is-paused"),
        (EndpointState::Disabled, Some(Disabled::Gone)) => say("endpoint-is-gone"),
        (EndpointState::Disabled, Some(Disabled::Failing)) => say("endpoint-is-failing"),
        (EndpointState::Disabled, None) => say("endpoint-is-disabled"),
    }
}

impl From<Endpoint> for Row {
    fn from(it: Endpoint) -> Row {
        let (standing, failures) = (standing(&it), it.health.failures);
        Row { id: it.id, url: it.url, description: it.description, standing, failures }
    }
}

/// What a path names.
fn of_path(path: &(String, String)) -> Result<(OrganisationId, BookRef), Problem> {
    let missing = |_| Problem::not_found("page");
    Ok((path.0.parse().map_err(missing)?, path.1.parse().map_err(missing)?))
}

async fn shown(
    state: &State,
    caller: &Caller,
    (partner, reference): (OrganisationId, BookRef),
    query: &PageQuery,
    form: Filled,
) -> Result<EndpointsPage, Problem> {
    let window = query.window::<Uuid>()?;
    let client = state.client().await?;
    let book = books::resolve(&client, reference).await?;
    let of = holder(&client, caller, &book, Some(partner), "book").await?.organisation;
    let after = window.after.unwrap_or_default();
    let rows = endpoints::list(&client, book.id, of, after, window.fetch()).await?;
    let found = window.page(rows, |row| row.id.object, Row::from);
    Ok(EndpointsPage {
        partner,
        book: book.reference(),
        name: book.name,
        endpoints: found.items,
        next: found.next_cursor,
        form,
    })
}

/// The endpoints, for owners of the partner.
#[route("/desk/partners/{id}/books/{book}/endpoints", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn list(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, of_path(&path)?, &query.0, Filled::fresh(&[])).await?)
}

/// Makes an endpoint, and shows its secret once.
#[post("/desk/partners/{id}/books/{book}/endpoints")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (of, sent) = (of_path(&path)?, Fields::new(form.0));
    let (partner, book) = of;
    let leads_to = format!("/desk/partners/{partner}/books/{book}/endpoints");
    let asked = NewWebhookEndpoint {
        book: book.to_string(),
        partner: Some(partner.to_string()),
        url: sent.get("url").trim().to_owned(),
        description: sent.get("description").trim().to_owned(),
        kinds: sent.get("kinds").split_whitespace().map(str::to_owned).collect(),
    };
    let made = match sent.key(&leads_to) {
        Ok(key) => create_once(&state, &caller, &key, asked).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(made) => shown_once(made, say("secret-of-endpoint"), &leads_to).await,
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent, &problem, |pointer| {
                let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
                ["url", "description", "kinds"].contains(&name).then(|| name.to_owned())
            });
            let first = PageQuery { limit: None, cursor: None };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(&state, &caller, of, &first, again).await?)
        }
        Err(problem) => Err(problem),
    }
}
