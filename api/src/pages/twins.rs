//! Pages whose figures a program may have as well: the same address with `.json` or `.csv` behind it, answered by the same handler
//! of the same values, so that the three cannot differ.

use super::rendered;
use crate::auth::Caller;
use crate::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use csv::{Terminator, WriterBuilder};
use ledger::export::neutral;
use rust_decimal::Decimal;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::future::{Ready, ready};
use std::str::FromStr;

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8";

/// What a picture for other sites may load, which is nothing, and who may frame it, which is everybody.
const FRAMED: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors *");

/// How long everybody may keep a page that everybody reads.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// What somebody wants to have of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The page.
    Html,
    /// All that stands on it.
    Json,
    /// Its table.
    Csv,
}

/// What the last part of an address, `{id}`, names, and in which form it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<T> {
    pub(super) id: T,
    pub(super) form: Form,
}

/// The name before the ending, and what the ending asks for.
pub(super) fn split(name: &str) -> (&str, Form) {
    match name.rsplit_once('.') {
        Some((name, "json")) => (name, Form::Json),
        Some((name, "csv")) => (name, Form::Csv),
        Some(_) | None => (name, Form::Html),
    }
}

impl<T: FromStr> FromRequest for Asked<T> {
    type Error = Problem;
    type Future = Ready<Result<Asked<T>, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (name, form) = split(request.match_info().get("id").unwrap_or_default());
        ready(name.parse().map(|id| Asked { id, form }).map_err(|_| Problem::not_found("page")))
    }
}

/// The table of a page.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// As RFC 4180 has it. No cell but a number is taken for a formula.
    fn csv(&self) -> Result<Vec<u8>, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a table cannot be written");
            Problem::internal()
        };
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&self.columns).map_err(|error| failed(&error))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| shielded(cell).into_owned())).map_err(|error| failed(&error))?;
        }
        writer.into_inner().map_err(|error| failed(&error))
    }
}

/// A negative amount begins as a formula does, and is none.
fn shielded(cell: &str) -> Cow<'_, str> {
    if cell.parse::<Decimal>().is_ok() { Cow::Borrowed(cell) } else { neutral(cell) }
}

/// A page that programs may have as well.
pub(super) trait Twinned: Template + Serialize {
    /// The table of it that spreadsheets want.
    fn sheet(&self) -> Sheet;
}

/// The page in the form that was asked for. What everybody may read may be kept for a minute by whoever comes without a sign-in, and
/// is not sent again to who has it.
pub(super) fn respond(
    request: &HttpRequest,
    form: Form,
    shown: &impl Twinned,
    is_for_everybody: bool,
) -> Result<HttpResponse, Problem> {
    let (kind, body) = match form {
        Form::Html => (HTML, rendered(shown)?.into_bytes()),
        Form::Json => (JSON, json(shown)?),
        Form::Csv => (CSV, shown.sheet().csv()?),
    };
    Ok(sent(request, kind, body, is_for_everybody))
}

/// A feed, kept as a page is.
pub(super) fn feed(request: &HttpRequest, written: String, is_for_everybody: bool) -> HttpResponse {
    sent(request, ATOM, written.into_bytes(), is_for_everybody)
}

fn sent(request: &HttpRequest, kind: &'static str, body: Vec<u8>, is_for_everybody: bool) -> HttpResponse {
    if !is_for_everybody || request.extensions().get::<Caller>().is_some() {
        return HttpResponse::Ok().content_type(kind).body(body);
    }
    kept(request, kind, body)
}

/// A picture that everybody reads, which the sites of others may show, alone or in a frame.
pub(super) fn embedded(request: &HttpRequest, picture: &impl Template) -> Result<HttpResponse, Problem> {
    let mut response = kept(request, SVG, rendered(picture)?.into_bytes());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, FRAMED);
    Ok(response)
}

/// What everybody may keep for a while, and is not sent again to who has it.
fn kept(request: &HttpRequest, kind: &'static str, body: Vec<u8>) -> HttpResponse {
    let tag = format!("\"{}\"", &hex::encode(Sha256::digest(&body))[..32]);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, KEPT)).insert_header((VARY, "cookie"));
    if is_known { response.finish() } else { response.content_type(kind).body(body) }
}

fn json(shown: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(shown).map_err(|error| {
        tracing::error!(%error, "a page cannot be written as JSON");
        Problem::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;

    #[derive(Template, Serialize)]
    #[template(source = "<p>{{ what }}</p>", ext = "html")]
    struct Shown {
        what: &'static str,
    }

    impl Twinned for Shown {
        fn sheet(&self) -> Sheet {
            Sheet { columns: vec!["what"], rows: vec![vec![self.what.to_owned()]] }
        }
    }

    #[test]
    fn an_address_names_a_thing_and_the_form_in_which_it_is_wanted() {
        for (name, expected) in [
            ("chl_x", ("chl_x", Form::Html)),
            ("chl_x.json", ("chl_x", Form::Json)),
            ("chl_x.csv", ("chl_x", Form::Csv)),
            ("chl_x.exe", ("chl_x.exe", Form::Html)),
            (".json", ("", Form::Json)),
        ] {
            assert_eq!(split(name), expected);
        }
    }

    #[actix_web::test]
    async fn the_three_forms_say_the_same_and_who_has_one_is_not_sent_it_again() {
        let shown = Shown { what: "=1+1 < 3" };
        for (form, body) in [
            (Form::Html, "<p>=1+1 &#60; 3</p>"),
            (Form::Json, r#"{"what":"=1+1 < 3"}"#),
            (Form::Csv, "what\r\n'=1+1 < 3\r\n"),
        ] {
            let answer = respond(&TestRequest::get().to_http_request(), form, &shown, true).unwrap();
            let tag = answer.headers().get(ETAG).unwrap().clone();
            assert_eq!((answer.status(), answer.headers().get(CACHE_CONTROL)), (StatusCode::OK, Some(&KEPT)));
            assert_eq!(to_bytes(answer.into_body()).await.unwrap(), body);
            let again = TestRequest::get().insert_header((IF_NONE_MATCH, tag)).to_http_request();
            let again = respond(&again, form, &shown, true).unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            assert!(to_bytes(again.into_body()).await.unwrap().is_empty());
            let private = respond(&TestRequest::get().to_http_request(), form, &shown, false).unwrap();
            assert!(!private.headers().contains_key(ETAG) && !private.headers().contains_key(CACHE_CONTROL));
        }
    }
}
