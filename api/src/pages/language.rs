//! In which language pages are: as a browser was told here, else as it asks, else in English.

use super::cookies::{self, kept_language};
use super::forms::done;
use crate::auth::MaybeCaller;
use crate::extract::Form;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::{self, Language, Reader};
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{AcceptLanguage, CONTENT_LANGUAGE, Header as _, HeaderMap, HeaderValue, Quality, VARY};
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use ledger::parties::operations::persons;
use serde::Deserialize;

/// No address to which one comes back is longer.
const ADDRESS_MAX: usize = 2_000;

/// Who asks for something. What is no page is in English.
pub(crate) fn reader(request: &ServiceRequest, reads_a_page: bool) -> Reader {
    if !reads_a_page {
        return Reader::new(Language::English, None);
    }
    let told = cookies::told_language(request);
    let address = request.uri().path_and_query().map(|address| address.as_str().to_owned());
    let can_come_back = matches!(*request.method(), Method::GET | Method::HEAD);
    Reader::new(told.unwrap_or_else(|| asked(request)), address.filter(|_| can_come_back))
}

/// The first language of ours that a browser asks for (RFC 9110, 12.5.4).
fn asked(request: &ServiceRequest) -> Language {
    let Ok(languages) = AcceptLanguage::parse(request) else { return Language::English };
    let mut wanted: Vec<_> = languages
        .iter()
        .filter(|one| one.quality > Quality::ZERO)
        .filter_map(|one| Some((one.quality, Language::of(one.item.item()?.primary_language())?)))
        .collect();
    // Of those that are wanted as much, the first.
    wanted.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    wanted.first().map_or(Language::English, |(_, language)| *language)
}

/// Says in which language a page is, and on what that hangs.
pub(crate) fn mark(headers: &mut HeaderMap) {
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(texts::read().tag()));
    headers.append(VARY, HeaderValue::from_static("accept-language, cookie"));
}

/// What is chosen, and where.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    language: String,
    #[serde(default)]
    back: String,
}

/// Pages are in this language from now on: for this browser, and for who is signed in with it wherever they sign in again.
#[post("/language")]
pub(super) async fn choose(
    state: Data<State>,
    caller: MaybeCaller,
    form: Form<Choice>,
) -> Result<HttpResponse, Problem> {
    let Choice { language, back } = form.0;
    let Some(language) = Language::of(&language) else {
        return Err(Problem::invalid("/language", "is none of the languages that pages are written in"));
    };
    if let Some(person) = caller.0.as_ref().and_then(|caller| caller.person().ok()) {
        let id = person.id;
        state.in_transaction(async |tx| persons::choose_language(tx, id, language).await).await?;
    }
    let mut response = done(if is_ours(&back) { &back } else { "/" });
    response.add_cookie(&kept_language(&state, language)).map_err(|_| Problem::internal())?;
    Ok(response)
}

/// Whether it is an address of this service, which names no other.
fn is_ours(address: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_graphic() && letter != b'\\';
    address.len() <= ADDRESS_MAX && address.starts_with('/') && !address.starts_with("//") && address.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE};
    use actix_web::test::TestRequest;

    async fn read(asked: &'static str, told: Option<&'static str>, reads_a_page: bool) -> Language {
        let mut request = TestRequest::get().uri("/check").insert_header((ACCEPT_LANGUAGE, asked));
        if let Some(told) = told {
            request = request.insert_header((COOKIE, format!("commonpurse-language={told}")));
        }
        reader(&request.to_srv_request(), reads_a_page).during(async { texts::read() }).await
    }

    #[actix_web::test]
    async fn a_page_is_in_the_language_that_was_chosen_or_is_asked_for_first() {
        use Language::{English, German};
        for (asked, told, expected) in [
            ("", None, English),
            ("de", None, German),
            ("de-AT, en;q=0.9", None, German),
            ("fr, de;q=0.4, en;q=0.6", None, English),
            ("en, de", None, English),
            ("de;q=0, en;q=0.1", None, English),
            ("fr", None, English),
            ("*", None, English),
            ("de;;;q=x", None, English),
            ("de", Some("en"), English),
            ("en", Some("de"), German),
            ("de", Some("xx"), German),
        ] {
            assert_eq!(read(asked, told, true).await, expected, "{asked} {told:?}");
            assert_eq!(read(asked, told, false).await, English, "{asked}: programs read English");
        }
    }

    #[test]
    fn one_comes_back_to_addresses_of_this_service_only() {
        for (address, ours) in [
            ("/", true),
            ("/campaigns/cmp_1?x=%20y", true),
            ("//elsewhere.example/", false),
            ("/\\elsewhere.example/", false),
            ("https://elsewhere.example/", false),
            ("/a\r\nSet-Cookie: a", false),
            ("", false),
            ("/\u{fc}", false),
        ] {
            assert_eq!(is_ours(address), ours, "{address}");
        }
    }
}
