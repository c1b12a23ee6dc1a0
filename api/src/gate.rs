//! Before any handler: how often, who, and whether the table of [`crate::who_may`] lets them in. What it needs of the
//! service is then counted for its caller and its book.

use crate::auth::{self, Caller, Who};
use crate::extract::with_all_errors;
use crate::idempotency::REPLAYED;
use crate::keys::Subject;
use crate::limits::rate::Standing;
use crate::limits::shares::{Holder, Share};
use crate::limits::{address, place};
use crate::pages::{cookies, origin};
use crate::problem::Problem;
use crate::request_log::Asker;
use crate::second_factor;
use crate::state::State;
use crate::who_may::{self, Access, Found, ONE_CLICK, RouteName};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use ledger::id::book_in;

/// The middleware.
pub async fn gate(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Admitted { standing, holders, in_work } = match admit(&request).await {
        Ok(admitted) => admitted,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let mut response = place::within(holders, next.call(request)).await?;
    drop(in_work);
    if response.status() == StatusCode::UNPROCESSABLE_ENTITY {
        response = explained(response).await;
    }
    standing.write(response.headers_mut());
    let unchecked = response.request().extensions().get::<Caller>().is_some_and(Caller::went_unchecked);
    // The first answer again is the caller's own: the role was looked for when it was made.
    let replayed = response.headers().contains_key(REPLAYED);
    if unchecked && !replayed && response.status().is_success() {
        tracing::error!(path = response.request().path(), "the handler of this route never looked for the role");
        return Ok(response.error_response(Problem::internal()));
    }
    Ok(response)
}

/// A refusal of a body with every field that breaks the contract.
async fn explained(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    let route = response.request().extensions().get::<RouteName>().copied();
    let (Some(problem), Some(RouteName(route))) = (problem, route) else { return response };
    let problem = with_all_errors(problem, response.request(), route).await;
    response.error_response(problem)
}

/// A request that is let in.
struct Admitted {
    standing: Standing,
    holders: Vec<Holder>,
    /// What it takes of the requests that may be in work. What asks how the service is takes nothing, as everything else that is
    /// everybody's.
    in_work: Option<Share>,
}

/// Lets a request in, or says why not.
async fn admit(request: &ServiceRequest) -> Result<Admitted, Problem> {
    let state = request.app_data::<Data<State>>().ok_or_else(Problem::internal)?;
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = address::network(address::client(request.headers(), peer, state.config.trusted_hops));
    request.extensions_mut().insert(Holder::Network(address));
    let mut standing = state.limits.address(address)?;
    // No name of anything holds U+0000, and PostgreSQL takes none: a path with it leads nowhere.
    if request.path().contains('\0') || request.uri().path().contains("%00") {
        return Err(Problem::not_found("path"));
    }
    if is_encoded(request.headers()) {
        let detail = "send the body as it is, without Content-Encoding";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let problem = Problem::new(status, "content-encoding", "The body is encoded", detail);
        return Err(problem.with_header(ACCEPT_ENCODING, "identity"));
    }
    // The path as the router sees it, decoded: the two must mean the same route.
    let path = request.match_info().unprocessed();
    let access = match who_may::find(request.method().as_str(), path) {
        Found::Route(name, access) => {
            request.extensions_mut().insert(RouteName(name));
            access
        }
        Found::OtherMethods(methods) => {
            // HEAD is answered wherever GET is.
            let head = methods.contains(&"GET").then_some("HEAD");
            let methods = methods.into_iter().chain(head).collect::<Vec<_>>().join(", ");
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let detail = format!("this path takes {methods}");
            let problem = Problem::new(status, "method-not-allowed", "Method not allowed", detail);
            return Err(problem.with_header(ALLOW, &methods));
        }
        Found::Nothing => return Err(Problem::not_found("path")),
    };
    let name = request.extensions().get::<RouteName>().map_or("", |RouteName(name)| name);
    if access == Access::Guessable || second_factor::TAKES_CODES.contains(&name) {
        standing = state.limits.guess(address)?;
    }
    let is_page = who_may::is_page(path);
    let subject = if is_page { None } else { auth::subject(&state.keys, request.headers())? };
    let in_work = in_work(state, request, access, subject.as_ref())?;
    match who_asks(state, request, is_page, subject).await? {
        Some(who) => {
            let caller = Caller::new(who, access);
            standing = state.limits.caller(caller.id(), caller.partner().map(|partner| partner.mode))?;
            // What comes faster than that is not kept for the partner to read: nobody fills the list of the others.
            if let Some(partner) = caller.partner() {
                request.extensions_mut().insert(Asker::from(partner));
            }
            caller.check_access()?;
            request.extensions_mut().insert(Holder::Caller(caller.id()));
            let demand = who_may::second_factor(request.method().as_str(), name, access);
            place::within(holders(request), second_factor::check(state, &caller, demand)).await?;
            request.extensions_mut().insert(caller);
        }
        None if access.is_open() => {}
        None => return Err(auth::no_token()),
    }
    Ok(Admitted { standing, holders: holders(request), in_work })
}

/// A place among the requests in work, before anything is asked of the database: a refusal must cost little.
fn in_work(
    state: &State,
    request: &ServiceRequest,
    access: Access,
    subject: Option<&Subject>,
) -> Result<Option<Share>, Problem> {
    if access == Access::Public {
        return Ok(None);
    }
    let mut holders = holders(request);
    if let Some(subject) = subject {
        let id = match subject {
            Subject::Person(id, ..) => id.0,
            Subject::Partner(id, _) => id.0,
        };
        // In place of the network, from which others may come as well.
        holders.pop();
        holders.push(Holder::Token(id));
    }
    Ok(Some(state.in_work.at_once(holders).ok_or(ledger::Error::Overloaded)?))
}

/// Whether a body comes in another form than its own, such as compressed: nothing here unfolds one.
fn is_encoded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(CONTENT_ENCODING);
    codings.into_iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Who asks: for a page by the browser's cookie, and a form must come from a page; for anything else by a token.
async fn who_asks(
    state: &State,
    request: &ServiceRequest,
    is_page: bool,
    subject: Option<Subject>,
) -> Result<Option<Who>, Problem> {
    if is_page {
        let route = request.extensions().get::<RouteName>().copied();
        let is_one_click = route.is_some_and(|RouteName(route)| route == ONE_CLICK);
        if !request.method().is_safe() && !is_one_click {
            origin::check(request.headers(), state.config.public_url.as_ref())?;
        }
        return Ok(cookies::person(state, request.request()).await?.map(Who::Person));
    }
    match subject {
        Some(subject) => auth::load(&state.reads, subject).await.map(Some),
        None => Ok(None),
    }
}

/// For whom what a request needs is counted: the book that its path names, however it is written, and its caller.
fn holders(request: &ServiceRequest) -> Vec<Holder> {
    let book = request.match_info().unprocessed().split(['/', ':']).find_map(book_in).map(Holder::Book);
    let caller = request.extensions().get::<Holder>().copied();
    book.into_iter().chain(caller).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who_may::TABLE;
    use actix_web::http::Uri;
    use actix_web::test::TestRequest;
    use ledger::id::{BookId, BookRef, CallerId};
    use std::fmt::Write as _;
    use uuid::Uuid;

    /// A path with some of its letters and colons as their codes in hex.
    fn encoded(path: &str, every: usize) -> String {
        let mut written = String::new();
        for (place, letter) in path.chars().enumerate() {
            if letter != '/' && place % every == 0 {
                write!(written, "%{:02X}", u32::from(letter)).unwrap();
            } else {
                written.push(letter);
            }
        }
        written
    }

    #[test]
    fn h6_a_request_counts_for_its_book_and_has_its_route_however_its_path_is_written() {
        let caller = Holder::Caller(CallerId(3));
        let book = BookRef::new(BookId(7), Uuid::now_v7()).to_string();
        let mut seen = 0;
        for (method, template, _) in TABLE.iter().filter(|(_, template, _)| template.contains("{book}")) {
            let path = template.replace("{book}", &book).replace("{", "").replace("}", "");
            for every in [1, 2, 3, 5, 1_000] {
                let path = if every == 1_000 { path.clone() } else { encoded(&path, every) };
                let request = TestRequest::default().uri(&path).to_srv_request();
                assert_eq!(request.uri().path(), path.parse::<Uri>().unwrap().path());
                request.extensions_mut().insert(caller);
                assert_eq!(holders(&request), [Holder::Book(BookId(7)), caller], "{method} {path}");
                let found = who_may::find(method, request.match_info().unprocessed());
                assert!(matches!(found, Found::Route(name, _) if name == *template), "{method} {path}: {found:?}");
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
