//! A secret that was made just now, shown once: on the page that answers the form, in no address, and nowhere kept.

use super::answered;
use crate::idempotency::REPLAYED;
use crate::pages::page;
use crate::problem::Problem;
use crate::texts::Said;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

#[derive(Template)]
#[template(path = "desks/secret.html")]
struct SecretPage<'a> {
    /// Whose secret it is.
    title: Said,
    id: &'a str,
    /// The secret; empty when the form was sent before, as it was shown then.
    secret: &'a str,
    /// Where it goes on.
    back: &'a str,
}

/// Shows the secret in what an operation has answered. Whoever sends the form once more is told that it was shown.
pub(super) async fn shown_once(response: HttpResponse, title: Said, back: &str) -> Result<HttpResponse, Problem> {
    let replayed = response.headers().get(REPLAYED).cloned();
    let said = answered(response).await?;
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let mut shown = page(StatusCode::OK, &SecretPage { title, id: text("id"), secret: text("secret"), back })?;
    // What was done before asks for no role again, and shows no secret.
    if let Some(replayed) = replayed {
        shown.headers_mut().insert(REPLAYED, replayed);
    }
    Ok(shown)
}
