//! What the problems mean: one list, as JSON for programs and as pages for people.

use crate::problem::Problem;
use crate::refusals::{self, Kind};
use crate::say;
use actix_web::http::header::{Accept, CONTENT_SECURITY_POLICY, Header as _, VARY};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// What the pages may load: nothing but the service's styles. Their one form chooses the language.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The routes.
pub(crate) fn routes(routes: &mut ServiceConfig<'_>) {
    routes.service(problem_kinds).service(problem_kind);
}

/// What a kind of problem means.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The `type` of such problems.
    #[serde(rename = "type")]
    #[schema(example = "/problems/fund-short")]
    kind: String,
    /// The status that it comes with.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What it means.
    description: &'static str,
    /// What to do about it.
    what_to_do: &'static str,
    /// The operations that answer it, by method and path; empty when any may.
    operations: &'static [&'static str],
}

impl From<&Kind> for ProblemKind {
    fn from(kind: &Kind) -> ProblemKind {
        ProblemKind {
            kind: kind.type_(),
            status: kind.status,
            description: kind.meaning,
            what_to_do: kind.remedy,
            operations: kind.operations(),
        }
    }
}

/// All kinds of problems.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKinds {
    /// By code.
    items: Vec<ProblemKind>,
}

#[derive(Template)]
#[template(path = "problems.html")]
struct Page<'a> {
    title: &'a str,
    /// Whether it shows one kind, with the operations that answer it.
    is_one: bool,
    kinds: &'a [Kind],
}

/// The parts of a text, and which of them stood between backticks.
fn marked(text: &str) -> Vec<(&str, bool)> {
    text.split('`').enumerate().map(|(index, part)| (part, index % 2 == 1)).collect()
}

/// Lists all kinds of problems that this service answers; as a page where `Accept` prefers HTML.
#[utoipa::path(tag = "contract", responses((status = 200, description = "All kinds, by code",
    content((ProblemKinds = "application/json"), (String = "text/html")))))]
#[get("/problems")]
pub(crate) async fn problem_kinds(http: HttpRequest) -> Result<HttpResponse, Problem> {
    if prefers_html(&http) {
        return page(&Page { title: &say("problems-title").to_string(), is_one: false, kinds: &refusals::ALL });
    }
    let items = refusals::ALL.iter().map(ProblemKind::from).collect();
    Ok(HttpResponse::Ok().insert_header((VARY, "Accept")).json(ProblemKinds { items }))
}

/// Explains a kind of problem; as a page where `Accept` prefers HTML.
#[utoipa::path(tag = "contract",
    params(("code" = String, Path, description = "The end of the problem's type", max_length = 60, pattern = "^[a-z0-9-]+$")),
    responses((status = 200, description = "What it means",
        content((ProblemKind = "application/json"), (String = "text/html")))))]
#[get("/problems/{code}")]
pub(crate) async fn problem_kind(http: HttpRequest, code: Path<String>) -> Result<HttpResponse, Problem> {
    let kind = refusals::find(&code).ok_or_else(|| Problem::not_found("kind of problem"))?;
    if prefers_html(&http) {
        return page(&Page { title: kind.code, is_one: true, kinds: std::slice::from_ref(kind) });
    }
    Ok(HttpResponse::Ok().insert_header((VARY, "Accept")).json(ProblemKind::from(kind)))
}

/// Whether a page is asked for before JSON.
fn prefers_html(http: &HttpRequest) -> bool {
    let ranked = Accept::parse(http).map(|accept| accept.ranked()).unwrap_or_default();
    let first = ranked.iter().find(|kind| ["text/html", "application/json"].contains(&kind.essence_str()));
    first.is_some_and(|kind| kind.essence_str() == "text/html")
}

fn page(page: &Page<'_>) -> Result<HttpResponse, Problem> {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be made");
        Problem::internal()
    })?;
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, "Accept")).insert_header((CONTENT_SECURITY_POLICY, POLICY));
    Ok(response.content_type("text/html; charset=utf-8").body(text))
}
