//! A partner platform on the desk of its owners: its credentials, which are made, given another secret and revoked here; and where its
//! endpoints and what it asked stand.

use super::named;
use super::secret::shown_once;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::parties::credentials::{NewCredential, create_once, revoke_once, rotate_once};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::shown::moment;
use crate::pages::twins::Asked;
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::say;
use crate::second_factor;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::Timestamp;
use ledger::Error;
use ledger::book::Mode;
use ledger::engine::store::books;
use ledger::id::{BookId, BookRef, CredentialId, OrganisationId};
use ledger::parties::rules::credential::Credential;
use ledger::parties::rules::role::Scope;
use ledger::parties::store::{credentials, organisations};
use uuid::Uuid;

const CREATE: &str = "/desk/partners/{id}/credentials";

/// So many books are shown.
const BOOKS_SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "desks/partner.html")]
struct PartnerPage {
    id: OrganisationId,
    name: String,
    credentials: Vec<Row>,
    next: Option<String>,
    books: Vec<(BookRef, String)>,
    scopes: Vec<(String, Said)>,
    asks_code: bool,
    /// The form for a new credential.
    new: Filled,
    /// The forms of those that there are.
    acts: Filled,
}

/// A credential.
struct Row {
    id: CredentialId,
    name: String,
    mode: Said,
    scopes: String,
    made: String,
    used: String,
    /// The secret before this one, while it goes on.
    old: Option<Said>,
    /// When it was revoked; empty while it is good.
    revoked: String,
}

/// Which books a token sees.
pub(super) fn mode_in_words(mode: Mode) -> Said {
    match mode {
        Mode::Sandbox => say("partner-sandbox"),
        Mode::Live => say("partner-live"),
    }
}

/// What a scope lets a token do.
fn in_words(scope: Scope) -> Said {
    match scope {
        Scope::CampaignsRead => say("partner-may-campaigns-read"),
        Scope::PledgesRead => say("partner-may-pledges-read"),
        Scope::PledgesWrite => say("partner-may-pledges-write"),
        Scope::ChargesRead => say("partner-may-charges-read"),
        Scope::ChargesWrite => say("partner-may-charges-write"),
        Scope::ContributionsRead => say("partner-may-contributions-read"),
        Scope::ContributionsWrite => say("partner-may-contributions-write"),
        Scope::SettlementsRead => say("partner-may-settlements-read"),
        Scope::ClockWrite => say("partner-may-clock-write"),
        Scope::RequestsRead => say("partner-may-requests-read"),
        Scope::WebhooksWrite => say("partner-may-webhooks-write"),
    }
}

/// The box of a scope.
fn scope_field(scope: Scope) -> String {
    format!("scope-{}", scope.as_str().replace(':', "-"))
}

impl Row {
    fn of(it: Credential, wall: Timestamp) -> Row {
        let day = |day: Option<jiff::civil::Date>| {
            day.map_or_else(|| say("partner-never").to_string(), |day| Day(day).to_string())
        };
        let old = it
            .living_old_secret(wall)
            .map(|old| say("partner-old").with("moment", moment(old.ends_at)).with("day", day(old.used_on)));
        Row {
            id: it.id,
            mode: mode_in_words(it.mode),
            scopes: it.scopes.join(", "),
            made: moment(it.created_at),
            used: day(it.last_used_on),
            old,
            revoked: it.revoked_at.map(moment).unwrap_or_default(),
            name: it.name,
        }
    }
}

/// The two kinds of forms of the page.
struct Forms {
    new: Filled,
    acts: Filled,
}

impl Forms {
    fn fresh() -> Forms {
        Forms { new: Filled::fresh(&[("mode", "sandbox".to_owned())]), acts: Filled::fresh(&[]) }
    }
}

async fn shown(
    state: &State,
    caller: &Caller,
    id: OrganisationId,
    query: &PageQuery,
    forms: Forms,
) -> Result<PartnerPage, Problem> {
    let window = query.window::<Uuid>()?;
    let client = state.client().await?;
    caller.require_role(&client, id, "partner").await?;
    let partner = organisations::find(&client, id).await?.ok_or(Error::NotFound("partner"))?;
    let rows = credentials::list(&client, id, window.after.unwrap_or_default(), window.fetch()).await?;
    let books = books::list_admitting(&client, id, BookId(0), BOOKS_SHOWN).await?;
    drop(client);
    let wall = ledger::calendar::now();
    let found = window.page(rows, |row| row.id.0, |row| Row::of(row, wall));
    Ok(PartnerPage {
        id,
        name: partner.name,
        credentials: found.items,
        next: found.next_cursor,
        books: books.into_iter().map(|book| (book.reference(), book.name)).collect(),
        scopes: Scope::ALL.iter().map(|scope| (scope_field(*scope), in_words(*scope))).collect(),
        asks_code: second_factor::is_asked(state, caller, CREATE).await?,
        new: forms.new,
        acts: forms.acts,
    })
}

/// The partner, for its owners and for operators.
#[route("/desk/partners/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, &query.0, Forms::fresh()).await?)
}

/// Shows the page again with what was refused, or answers what went wrong.
async fn refused(
    state: &State,
    caller: &Caller,
    id: OrganisationId,
    problem: Problem,
    forms: impl FnOnce(&Problem) -> Forms,
) -> Result<HttpResponse, Problem> {
    if !is_for_form(&problem) {
        return Err(problem);
    }
    let first = PageQuery { limit: None, cursor: None };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, id, &first, forms(&problem)).await?)
}

/// What somebody has filled in, as a request of the API.
fn new_credential(sent: &Fields) -> NewCredential {
    let scopes = Scope::ALL.iter().filter(|scope| sent.get(&scope_field(**scope)) == "yes");
    NewCredential {
        name: sent.get("name").trim().to_owned(),
        mode: sent.get("mode").to_owned(),
        scopes: scopes.map(ToString::to_string).collect(),
    }
}

/// The field that a JSON Pointer of a new credential means.
fn field_of(pointer: &str) -> Option<String> {
    match pointer.trim_start_matches('/') {
        name @ ("name" | "mode") => Some(name.to_owned()),
        scopes if scopes.starts_with("scopes") => Some("scopes".to_owned()),
        _ => None,
    }
}

/// Makes a credential, and shows its secret once.
#[post("/desk/partners/{id}/credentials")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let made = match sent.key(&format!("/desk/partners/{id}/credentials")) {
        Ok(key) => create_once(&state, &caller, id, &key, &new_credential(&sent)).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(made) => shown_once(made, say("secret-of-credential"), &format!("/desk/partners/{id}")).await,
        Err(problem) => {
            let forms = |problem: &Problem| Forms { new: Filled::again(sent, problem, field_of), ..Forms::fresh() };
            refused(&state, &caller, id, problem, forms).await
        }
    }
}

/// What a path names.
fn of_path(path: &(String, String)) -> Result<(OrganisationId, CredentialId), Problem> {
    let missing = |_| Problem::not_found("page");
    Ok((path.0.parse().map_err(missing)?, path.1.parse().map_err(missing)?))
}

/// Gives a credential another secret, and shows it once.
#[post("/desk/partners/{id}/credentials/{credential}/rotate")]
pub(in crate::pages) async fn rotate(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let ((id, credential), sent) = (of_path(&path)?, Fields::new(form.0));
    let rotated = async {
        let key = sent.key(&format!("/desk/partners/{id}/credentials/{credential}/rotate"))?;
        let hours = sent.get("hours").parse();
        let hours = hours.map_err(|_| wrong("", say("secret-how-long")))?;
        rotate_once(&state, &caller, (id, credential), &key, hours).await
    };
    match rotated.await {
        Ok(rotated) => shown_once(rotated, say("secret-of-credential"), &format!("/desk/partners/{id}")).await,
        Err(problem) => {
            let forms = |problem: &Problem| Forms { acts: Filled::again(sent, problem, |_| None), ..Forms::fresh() };
            refused(&state, &caller, id, problem, forms).await
        }
    }
}

/// Revokes a credential.
#[post("/desk/partners/{id}/credentials/{credential}/revoke")]
pub(in crate::pages) async fn revoke(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let ((id, credential), sent) = (of_path(&path)?, Fields::new(form.0));
    let revoked = match sent.key(&format!("/desk/partners/{id}/credentials/{credential}/revoke")) {
        Ok(key) => revoke_once(&state, &caller, (id, credential), &key).await,
        Err(problem) => Err(problem),
    };
    match revoked {
        Ok(_) => Ok(done(&format!("/desk/partners/{id}"))),
        Err(problem) => {
            let forms = |problem: &Problem| Forms { acts: Filled::again(sent, problem, |_| None), ..Forms::fresh() };
            refused(&state, &caller, id, problem, forms).await
        }
    }
}
