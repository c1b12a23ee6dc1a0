//! What providers tell by themselves, in calls that they sign.

use crate::extract::Raw;
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use ledger::pledging::operations::provider_reports;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::store::webhooks::Webhook;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The header of the signature.
const SIGNATURE: &str = "Stripe-Signature";

/// What is read of an event: nothing of what it says is believed.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: String,
}

/// Takes an event of Stripe, which signs it (`Stripe-Signature`, of the last five minutes): it is kept once and answered at once.
/// Whatever it says, Stripe is asked what is so. Events of other kinds are kept, and nothing follows.
#[utoipa::path(tag = "charges", responses((status = 200, description = "Kept, now or before")))]
#[post("/v1/provider-events/stripe")]
pub(crate) async fn take_stripe_event(
    state: Data<State>,
    http: HttpRequest,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let wall = ledger::calendar::now();
    let header = http.headers().get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = state.webhook_secrets.verify(header, &body.0, wall.as_second());
    signed.map_err(|wrong| {
        Problem::new(StatusCode::BAD_REQUEST, "signature-invalid", "The signature does not count", wrong.to_string())
    })?;
    let told = read(&body.0)?;
    state.in_transaction(async |tx| provider_reports::receive(tx, &told, wall).await).await?;
    Ok(HttpResponse::Ok().finish())
}

/// The event of a body.
fn read(body: &[u8]) -> Result<Webhook, Problem> {
    let odd = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "malformed-json", "Not JSON", detail);
    let event: Event = serde_json::from_slice(body).map_err(|_| odd("this is no event of Stripe".into()))?;
    let is_plain = |text: &str, max: usize| text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic());
    let Event { id, kind, data } = event;
    let object = data.object.id;
    if id.is_empty() || kind.is_empty() || !is_plain(&id, 200) || !is_plain(&kind, 100) || !is_plain(&object, 200) {
        return Err(odd("this is no event of Stripe".into()));
    }
    let provider = Rail::Stripe.as_str().to_owned();
    Ok(Webhook { provider, event_id: id, kind, object, digest: Sha256::digest(body).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_event_only_its_names_are_kept() {
        let body = br#"{"id":"evt_1","type":"payment_intent.succeeded","livemode":true,"data":{"object":{"id":"pi_1",
            "receipt_email":"ada@example.org","last4":"4242"}}}"#;
        let told = read(body).unwrap();
        assert_eq!((told.event_id.as_str(), told.kind.as_str()), ("evt_1", "payment_intent.succeeded"));
        assert_eq!((told.provider.as_str(), told.object.as_str()), ("stripe", "pi_1"));
        assert!(!format!("{told:?}").contains("ada"));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in [
            "{}",
            "[]",
            "",
            r#"{"id":"","type":"a","data":{"object":{}}}"#,
            r#"{"id":"evt 1","type":"a","data":{"object":{}}}"#,
            r#"{"id":"evt_1","type":"a","data":{"object":{"id":"pi\u0000"}}}"#,
        ] {
            assert_eq!(read(body.as_bytes()).unwrap_err().body().status, 400, "{body}");
        }
        assert!(
            read(br#"{"id":"evt_1","type":"balance.available","data":{"object":{}}}"#).is_ok(),
            "an object without id"
        );
    }
}
