//! Whether a form comes from a page of this service, so that no other site acts in the name of who is signed in.
//!
//! Browsers say so in `Sec-Fetch-Site`, which no page can set. Where a browser does not, its `Origin` must be this service; our
//! own pages are shown without a referrer, for which it sends `null`, and that is refused: any page could have it sent.

use crate::problem::Problem;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a form that comes from elsewhere is answered.
pub const FOREIGN: &str = "this form came from another site, or its browser does not say";

/// Refuses a form that does not come from this service.
pub fn check(headers: &HeaderMap, public_url: Option<&Url>) -> Result<(), Problem> {
    let is_own = match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).is_some_and(|origin| {
            public_url.is_some_and(|url| url.origin().ascii_serialization() == origin) || is_host(headers, origin)
        }),
    };
    if is_own { Ok(()) } else { Err(Problem::forbidden(FOREIGN)) }
}

/// Whether an origin is the host that was asked for.
fn is_host(headers: &HeaderMap, origin: &str) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, of_origin)| of_origin == host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn only_forms_of_this_service_pass() {
        let public: Url = "https://purse.example".parse().unwrap();
        for (site, origin, passes) in [
            (Some("same-origin"), Some("null"), true),
            (Some("same-origin"), None, true),
            (Some("same-site"), Some("https://purse.example"), false),
            (Some("cross-site"), Some("https://purse.example"), false),
            (Some("none"), None, false),
            (None, Some("https://purse.example"), true),
            (None, Some("http://127.0.0.1:8080"), true),
            (None, Some("https://purse.example.evil.example"), false),
            (None, Some("http://127.0.0.1:9090"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:8080"));
            for (name, value) in [(SEC_FETCH_SITE, site), (ORIGIN, origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(check(&headers, Some(&public)).is_ok(), passes, "{site:?} {origin:?}");
        }
    }
}
